"""Addresses for machines: health, the map pack, small reads; pages for people as HTML; everything else is a real 404."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dash import Dash
from dash.backends._fastapi import reset_current_request, set_current_request
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from data import clock
from data.errors import LayerError, OneScreenError, StoreError
from data.settings import LANGUAGES, REPOSITORY
from data.store.serving import failures
from layers.core import query
from layers.core.blobs import blob_file
from layers.core.loads import archive_of
from screen.cases import add_cases
from screen.frame import light_html, page_html
from screen.map_tools import add_map_tools
from screen.page import LANGUAGE, LOOK, Page, Screen
from screen.steward.workbooks import add_workbooks
from screen.text import words

READ_AT_ONCE = 256 * 1024  # bytes of a blob that is read in a fraction of a millisecond
FOREVER = "public, max-age=31536000, immutable"
_NO_ARCHIVE = StoreError(
    "There are no vector tiles of what is on show.", remedy="python -m layers pmtiles",
    zh="尚未生成当前数据的矢量瓦片。", zh_remedy="请运行 python -m layers pmtiles",
)  # fmt: skip
KINDS = {".labels": "application/json", ".days": "application/json"}


def add_routes(server: FastAPI, screen: Screen, pages: Mapping[str, Page], dash_app: Callable[[], Dash]) -> None:
    """Attach all addresses but Dash's own. Call before Dash is built: the first route that fits wins."""
    both = ["GET", "HEAD"]
    server.add_api_route("/health", _health(screen), methods=both)
    server.add_api_route("/pack/manifest.json", _manifest(screen), methods=both)
    server.add_api_route("/pack/town.pmtiles", _archive(screen), methods=both)
    server.add_api_route("/pack/{name}", _blob(screen), methods=both)
    server.add_api_route("/mvt/{layer}/{z}/{x}/{y}", _tile(screen))
    server.add_api_route("/api/object/{layer}/{ordinal}", _object(screen))
    server.add_api_route("/favicon.ico", _favicon, methods=both)
    add_workbooks(server, screen)
    add_map_tools(server, screen)
    add_cases(server, screen)
    for path, page in pages.items():
        server.add_api_route(path, _page(screen, page, dash_app), methods=both)


def add_not_found(server: FastAPI) -> None:
    """Answer 404 where Dash's catch-all would answer 200 with a page. Call after Dash is built."""
    server.add_api_route("/{unknown:path}", not_found)


def not_found(unknown: str) -> Response:
    """What an unknown address gets."""
    return JSONResponse({"error": "not found", "path": f"/{unknown}", "see": "/"}, status_code=404)


def _favicon() -> Response:
    return FileResponse(REPOSITORY / "assets" / "icons" / "favicon.svg", media_type="image/svg+xml")


def health(screen: Screen) -> dict[str, Any]:
    """State of the installation, ages in seconds; of each dataset and layer its state of freshness (`layers.core.freshness`).

    ok; empty: nothing is published; stale: a newer snapshot cannot be taken up, or no dataset is young any more. `problem` says why, or
    which layers wait for a repaint.
    """
    about: dict[str, Any] = {"state": "empty", "version": _version()}
    now = clock.now(screen.settings)
    try:
        serving = screen.store.serving()
        with screen.reading() as store:
            town, fresh = query.town(store), query.freshness(store, now, failures(screen.settings))
    except StoreError as error:
        return about | {"message": error.message, "remedy": error.remedy}
    ages = {row["name"]: _age_s(row["delivered_at"], now) for row in fresh["datasets"] if row["delivered_at"]}
    unpainted = [row["name"] for row in fresh["layers"] if row["state"] == "unpainted"]
    old = bool(ages) and all(row["state"] in ("stale", "failed") for row in fresh["datasets"])
    return about | {
        "state": "stale" if old or screen.store.problem else "ok", "town": town["name"], "code": town["code"], "snapshot": serving.snapshot,
        "published_at": serving.published_at.isoformat(), "age_s": _age_s(serving.published_at.isoformat(), now), "datasets_age_s": ages,
        **{kind: {row["name"]: row["state"] for row in fresh[kind]} for kind in ("datasets", "layers")}, "colours": fresh["colours"],
        "problem": screen.store.problem or _said_of(unpainted), "network": screen.network.health() if screen.network else None,
    }  # fmt: skip


def _said_of(unpainted: list[str]) -> str | None:
    """What is to be done about layers that the snapshot was not painted with, in both languages."""
    how = " / ".join(words(language)("fresh.unpainted.how") for language in LANGUAGES)
    return f"{', '.join(unpainted)}: {how}" if unpainted else None


def _version() -> str:
    try:
        return version("onescreen")
    except PackageNotFoundError:
        return "source"


def _age_s(instant: str, now: datetime) -> int:
    then = datetime.fromisoformat(instant)
    return max(0, round((now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds()))


def _health(screen: Screen) -> Callable[[], Response]:
    def answer() -> Response:
        return JSONResponse(health(screen), headers={"Cache-Control": "no-store"})

    return answer


def _manifest(screen: Screen) -> Callable[[Request], Response]:
    """The manifest of the snapshot on show, no content while there is none. Its ETag changes with every publish, even of the same pack."""

    def answer(request: Request) -> Response:
        try:
            serving = screen.store.serving()
        except StoreError:
            # No error: pages ask every few seconds for the first town, and a browser logs every 404. /health says how to load one.
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        raw = serving.manifest.read_bytes()
        etag = f'"{serving.snapshot}-{hashlib.blake2b(raw + serving.published_at.isoformat().encode(), digest_size=8).hexdigest()}"'
        headers = {"Cache-Control": "no-cache", "ETag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return _packed(raw, request, headers)

    return answer


def _packed(raw: bytes, request: Request, headers: dict[str, str], kind: str = "application/json") -> Response:
    """In gzip where the browser takes it: a manifest of a large town lists thousands of tiles."""
    headers = headers | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(gzip.compress(raw, 6, mtime=0), media_type=kind, headers=headers | {"Content-Encoding": "gzip"})
    return Response(raw, media_type=kind, headers=headers)


def _blob(screen: Screen) -> Callable[[str, Request], Awaitable[Response]]:
    """A blob of the pack. A view asks for sixty small ones at once: each way to a thread and back costs more than reading it."""

    async def answer(name: str, request: Request) -> Response:
        found = blob_file(screen.settings.pack, name, request.headers.get("accept-encoding", ""))
        if found is None:
            return not_found(f"pack/{name}")
        path, encoding = found
        kind = KINDS.get(f".{name.rsplit('.', 1)[-1]}", "application/octet-stream")
        headers = {"Cache-Control": FOREVER, "Content-Encoding": encoding, "Vary": "Accept-Encoding"}
        if path.stat().st_size > READ_AT_ONCE:
            return FileResponse(path, media_type=kind, headers=headers)
        return Response(path.read_bytes(), media_type=kind, headers=headers)

    return answer


def _archive(screen: Screen) -> Callable[[], Response]:
    """The vector tiles that `python -m layers pmtiles` made of the snapshot on show, in ranges; else the newest of the same load.

    Which snapshot they are of says `X-OneScreen-Snapshot`: after a repaint their colours are those of an earlier day.
    """

    def answer() -> Response:
        try:
            file = archive_of(screen.store.serving().manifest)
        except StoreError as error:
            return _refused(error)
        if file is None:
            return _refused(_NO_ARCHIVE)
        headers = {"Cache-Control": "no-cache", "X-OneScreen-Snapshot": file.stem.removeprefix("v")}
        return FileResponse(file, media_type="application/vnd.pmtiles", headers=headers)

    return answer


def _refused(error: OneScreenError) -> Response:
    """A 404 that says why and what to do, in both languages."""
    (zh, zh_remedy), (message, remedy) = error.said("zh"), error.said("en")
    return JSONResponse({"error": message, "remedy": remedy, "zh": zh, "zh_remedy": zh_remedy}, status_code=404)


def _tile(screen: Screen) -> Callable[[Request, str, str, str, str], Response]:
    """A vector tile for other tools: `?level=1,2` for some levels alone, `?depth=2` for one level of the tree of areas."""

    def answer(request: Request, layer: str, z: str, x: str, y: str, level: str = "", depth: str = "") -> Response:
        from layers.core import query_tile  # Arrow and pandas take half a second that the start need not wait for

        try:
            with screen.reading() as store:
                place = query_tile.place_of(z, x, y)
                raw = query_tile.tile(store, layer, *place, query_tile.levels_of(level), query_tile.depth_of(depth))
        except (StoreError, LayerError) as error:
            return _refused(error)
        if raw is None:
            return Response(status_code=204, headers={"Cache-Control": "no-cache"})
        return _packed(raw, request, {"Cache-Control": "no-cache"}, "application/vnd.mapbox-vector-tile")

    return answer


def _object(screen: Screen) -> Callable[[str, int], Response]:
    """What the map calls `ordinal`: the address part of its card, and the area to enter when it is one."""

    def answer(layer: str, ordinal: int) -> Response:
        try:
            with screen.reading() as store:
                found = query.object_by_ordinal(store, layer, ordinal)
        except (StoreError, LayerError) as error:
            return _refused(error)
        if found is None:
            return JSONResponse({"error": "no such object in this snapshot"}, status_code=404)
        enter = found["key"] if found["table"] == "area" else None
        return JSONResponse({"object": f"{found['table']}:{found['key']}", "enter": enter}, headers={"Cache-Control": "no-store"})

    return answer


def _page(screen: Screen, page: Page, dash_app: Callable[[], Dash]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        say = words(request.cookies.get(LANGUAGE, screen.settings.language))
        chosen = request.cookies.get(LOOK)
        look = chosen if chosen in ("dark", "light") else page.look
        town = await run_in_threadpool(_town, screen)
        title = f"{say.of(town['name'])} · {say(page.title)}" if town else say("product")
        if page.light:
            body = await run_in_threadpool(page.layout, screen.seen_on(page), say, request.url.query)
            return HTMLResponse(light_html(page.light, say, look, title, body), headers={"Cache-Control": "no-cache"})
        token = set_current_request(request)
        try:
            first = page.first(say, town) if page.first and town else None
            return HTMLResponse(page_html(dash_app(), say, look, title, page.place, first), headers={"Cache-Control": "no-cache"})
        finally:
            reset_current_request(token)

    return answer


def _town(screen: Screen) -> dict[str, Any] | None:
    try:
        with screen.reading() as store:
            return dict(query.town(store))
    except StoreError:
        return None
