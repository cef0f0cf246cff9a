"""Geometry tiles of a running server, one after another over one connection, as a browser fetches them."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from statistics import median, quantiles
from urllib.parse import urlsplit

import zstandard

ROUNDS = 5
ACCEPT = {"Accept-Encoding": "zstd"}


def fetch(url: str) -> dict[str, float]:
    """Times in milliseconds. Each tile's name must be that of its content."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    manifest = json.loads(get(connection, "/pack/manifest.json", {})[1])
    names = [tile[2] for tileset in manifest["tilesets"].values() for band in tileset["bands"] for tile in band["tiles"]][:200]
    times = []
    for _ in range(ROUNDS):
        for name in names:
            started = time.perf_counter()
            encoding, body = get(connection, f"/pack/{name}.tile", ACCEPT)
            times.append(1000 * (time.perf_counter() - started))
            if encoding == "zstd" and hashlib.blake2b(zstandard.ZstdDecompressor().decompress(body), digest_size=8).hexdigest() != name:
                raise SystemExit(f"wrong answer: {name} has another content")
    floor = []
    for _ in range(200):
        started = time.perf_counter()
        get(connection, "/pack/0000000000000000.tile", ACCEPT)
        floor.append(1000 * (time.perf_counter() - started))
    return {
        "median_ms": median(times),
        "p95_ms": quantiles(times, n=20)[-1],
        "tiles": len(names),
        "rounds": ROUNDS,
        "floor_ms": median(floor),
    }


def get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> tuple[str, bytes]:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.headers.get("content-encoding", ""), answer.read()
