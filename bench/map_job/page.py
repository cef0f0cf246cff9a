"""The canvas layer alone: a page that holds nothing but a Leaflet map and `onescreen.map`, and a server for it, a pack and whatever else.

The Leaflet is the one that dash-leaflet brings.
"""

from __future__ import annotations

import gzip
import json
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dash
import dash_leaflet

from bench.harness import ROOT
from layers.core.blobs import blob_file

_DEPS, _LEAFLET, _ASSETS = Path(dash.__file__).parent / "deps", Path(dash_leaflet.__file__).parent, ROOT / "assets"
LEAFLET = [
    *(f"/deps/{max(path.name for path in _DEPS.glob(pattern))}" for pattern in ("react@18*.min.js", "react-dom@18*.min.js")),
    "/leaflet/dash_leaflet.js",
]
OURS = [f"/assets/map/{path.name}" for path in sorted((_ASSETS / "map").glob("*.js"))]  # the order in which Dash loads them
FOREVER = "public, max-age=31536000, immutable"
# Leaflet's own style sheet as far as a map needs it.
STYLE = """html,body,#map{margin:0;height:100%;background:#fff}
.leaflet-pane,.leaflet-tile,.leaflet-layer,.leaflet-zoom-animated,.leaflet-pane>svg,.leaflet-pane>canvas{position:absolute;left:0;top:0}
.leaflet-container{overflow:hidden;touch-action:none} .leaflet-tile{pointer-events:none} .leaflet-zoom-animated{transform-origin:0 0}
.leaflet-map-pane{z-index:400}"""
PRELOAD = '<link rel="preload" as="fetch" href="/pack/manifest.json" crossorigin="anonymous">'  # as in screen/frame.py
MAP = 'window.map = L.map("map", {zoomControl: false, attributionControl: false, zoomSnap: 1, fadeAnimation: false, preferCanvas: true});'


def attach(options: dict[str, Any]) -> str:
    """The script that puts the canvas layer on the map, with `options` beside its defaults."""
    told = f"...{json.dumps(options)}, onPick: (hits) => picked.push(hits), onError: (message) => errors.push(message)"
    return f'window.picked = []; window.errors = []; window.handle = onescreen.map.attach("map", {{{told}}});'


def page(scripts: list[str], body: str) -> bytes:
    """A page with a map, which runs `body` once the `scripts` are there. Isolated, so that it may be told how much memory it takes."""
    loads = "".join(f'<script src="{script}"></script>' for script in scripts)
    head = f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>{STYLE}</style>{PRELOAD}'
    return f'{head}<div id="map"></div>{loads}<script>{body}</script>'.encode()


OWN_PAGE = page([*LEAFLET, *OURS], attach({}) + MAP)


@dataclass(slots=True)
class Site:
    """What is served: packs by name, pages and files by path, and the folders whose files may be had under a prefix."""

    packs: dict[str, Path]
    pages: dict[str, bytes] = field(default_factory=lambda: {"/": OWN_PAGE})
    files: dict[str, tuple[bytes, str, str]] = field(default_factory=dict)  # path → (content, media type, encoding)
    folders: dict[str, Path] = field(default_factory=lambda: {"/assets/": _ASSETS, "/deps/": _DEPS, "/leaflet/": _LEAFLET})
    sent: list[tuple[str, int]] = field(default_factory=list)  # path and bytes of each body, in the order of the answers
    url: str = ""


def _found(site: Site, path: str, accept: str) -> tuple[bytes, str, str] | None:
    """Content, media type and encoding of what lies at a path."""
    if path in site.pages:
        return site.pages[path], "text/html", ""
    if path in site.files:
        return site.files[path]
    for name, pack in site.packs.items():
        if path.startswith(f"/{name}/") and (found := blob_file(pack, path.removeprefix(f"/{name}/"), accept)):
            return found[0].read_bytes(), "application/octet-stream", found[1]
    for prefix, folder in site.folders.items():
        file = folder / path.removeprefix(prefix)
        if path.startswith(prefix) and file.is_file():
            return file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain", ""
    return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: Site

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        found = _found(self.site, path, self.headers.get("Accept-Encoding", ""))
        body, kind, encoding = found or (b"", "text/plain", "")
        head = {"Content-Type": kind, "Content-Length": str(len(body)), "Cross-Origin-Opener-Policy": "same-origin"}
        head |= {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin"}
        head |= {"Content-Encoding": encoding} if encoding else {}
        head |= {"Cache-Control": FOREVER} if path not in self.site.pages else {}
        self.send_response_only(200 if found else 404)
        for name, value in head.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.site.sent.append((path, len(body)))


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """`site` on a port of this machine, its address in `site.url`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (_Handler,), {"site": site}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def manifest_of(manifest: dict[str, Any]) -> tuple[bytes, str, str]:
    """A manifest as the site serves it."""
    return gzip.compress(json.dumps(manifest).encode(), 6, mtime=0), "application/json", "gzip"
