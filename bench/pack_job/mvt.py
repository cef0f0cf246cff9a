"""Tiles made on request, beside PostGIS in the same run: the same houses, one thread each, in turns."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import psycopg
import pyogrio
import shapely

from bench.cluster import postgres
from bench.harness import say
from bench.pack_job.houses import CENTRE, HOUSES, opened
from data.store.memory import Memory
from layers.core import query_tile
from layers.core.query_store import Store
from layers.core.tiles import world

EACH = {10: 2, 11: 3, 12: 6, 13: 12, 14: 24, 15: 40, 16: 40}  # tiles of each zoom
LEVELS = [frozenset({1, 2, 3, 4, 5}), frozenset({1, 2, 4, 5}), frozenset({1, 2, 3, 5})]  # a round each
SQL = """WITH box AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS tile, ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.03125) AS wide)
SELECT ST_AsMVT(t, 'houses', 4096, 'geom', 'ordinal') FROM (
    SELECT ordinal, level, use, ST_AsMVTGeom(house.geom, box.tile, 4096, 128, true) AS geom FROM house, box
    WHERE house.geom && box.wide AND level = ANY(%(levels)s)
) t WHERE geom IS NOT NULL"""


def compare(file: Path) -> None:
    """Print tiles a second at each zoom, and the ratio."""
    con = opened(file)
    con.execute("SET threads = 1")
    store = Store(con, (HOUSES,))
    coat = query_tile.coat_of(con, HOUSES)
    query_tile.coat_of = lambda *_: coat  # type: ignore[assignment]  # a server keeps it for as long as the snapshot
    memory = Memory()
    query_tile.memory_of = lambda _: memory  # type: ignore[assignment]  # and what it has made ready
    with (
        postgres(settings=("shared_buffers=1GB", "jit=off", "max_parallel_workers_per_gather=0", "fsync=off")) as dsn,
        psycopg.connect(dsn, autocommit=True) as peer,
    ):
        fill(peer, con)
        for z, count in EACH.items():
            tiles = [place for place in places(z) if query_tile.tile(store, "houses", z, *place, dots=False)]
            one_zoom(store, peer, z, tiles[:count])


def fill(peer: psycopg.Connection, con: object) -> None:
    peer.execute("CREATE TABLE house (ordinal bigint, level int, use text, geom geometry(Polygon, 3857))")
    rows = con.execute("""SELECT house.ordinal, level, CASE WHEN p.use > 0 THEN 'c' || p.use END,
        ST_AsHEXWKB(ST_Transform(lonlat, 'EPSG:4326', 'EPSG:3857'))
        FROM house JOIN paint_houses p ON object_id = house_id ORDER BY house.ordinal""")
    with peer.cursor().copy("COPY house FROM STDIN") as copy:
        while some := rows.fetchmany(20_000):
            for ordinal, level, use, wkb in some:
                copy.write_row((ordinal, level, use, f"SRID=3857;{wkb}"))
    peer.execute("CREATE INDEX ON house USING gist (geom)")
    peer.execute("VACUUM ANALYZE house")


def places(z: int) -> list[tuple[int, int]]:
    """Tiles around the middle of the town, from within outward."""
    x, y = (world(np.array([CENTRE]), z)[0] // 32768).astype(int).tolist()
    reach = range(-1, 2) if z < 12 else range(-4, 4)
    near = sorted((dx * dx + dy * dy, x + dx, y + dy) for dx in reach for dy in reach)
    return [(x, y) for _, x, y in near]


def one_zoom(store: Store, peer: psycopg.Connection, z: int, tiles: list[tuple[int, int]]) -> None:
    own_s, peer_s = [], []
    own = other = b""
    for levels in LEVELS:
        for x, y in tiles:  # in turns, so that both have the same neighbours on the machine
            started = time.perf_counter()
            own = query_tile.tile(store, "houses", z, x, y, levels, dots=False) or b""
            between = time.perf_counter()
            other = bytes(peer.execute(SQL, {"z": z, "x": x, "y": y, "levels": sorted(levels)}).fetchone()[0])
            own_s.append(between - started)
            peer_s.append(time.perf_counter() - between)
    n = same(own, other, z)
    a, b = 1 / median(own_s), 1 / median(peer_s)
    aim = "2.5" if z <= 14 else "1"
    say(f"z{z}: own {a:7.1f} tiles/s, PostGIS {b:7.1f}; ratio {a / b:.2f} (aim {aim}), as the first tile of a snapshot "
        f"{unready(store, z, tiles) / b:.2f}; {n:,} houses in the last tile, {len(own) / 1000:.0f} and {len(other) / 1000:.0f} kB, "
        f"load {os.getloadavg()[0]:.1f}")  # fmt: skip


def unready(store: Store, z: int, tiles: list[tuple[int, int]]) -> float:
    """Tiles a second where each is the first that a server makes of its snapshot."""
    kept, times = query_tile.memory_of, []
    for x, y in tiles:
        memory = Memory()
        query_tile.memory_of = lambda _, fresh=memory: fresh  # type: ignore[assignment]
        started = time.perf_counter()
        query_tile.tile(store, "houses", z, x, y, dots=False)
        times.append(time.perf_counter() - started)
    query_tile.memory_of = kept
    return 1 / median(times)


def same(own: bytes, other: bytes, z: int) -> int:
    """Both tiles hold the same houses in the same places, within what rounding does."""
    (ids, inner, area), (their_ids, their_inner, their_area) = decoded(own), decoded(other)
    both = np.intersect1d(ids, their_ids)
    # Below z14 a house is a few units, and each side drops other slivers.
    if len(both) < 0.9 * max(len(ids), len(their_ids)):
        raise SystemExit(f"wrong answer at z{z}: {len(ids)} houses and {len(their_ids)}, {len(both)} of them the same")
    if z >= 14 and (len(np.setdiff1d(inner, their_ids)) or len(np.setdiff1d(their_inner, ids))):
        raise SystemExit(
            f"wrong answer at z{z}: of {len(inner)} houses away from the edge {len(np.intersect1d(inner, their_inner))} are the same"
        )
    if z >= 14 and abs(area - their_area) > 0.02 * their_area:
        raise SystemExit(f"wrong answer at z{z}: areas {area} and {their_area}")
    return len(ids)


def decoded(raw: bytes) -> tuple[np.ndarray, np.ndarray, float]:
    """Houses, those of them that are two units from the edge, where each side rounds in its own way, and their area."""
    with tempfile.NamedTemporaryFile(suffix=".pbf") as file:
        file.write(raw)
        file.flush()
        found = pyogrio.read_dataframe(file.name, layer="houses")
    ids, shapes = found["mvt_id"].to_numpy(), found.geometry.to_numpy()
    within = ((shapely.bounds(shapes) > 2) & (shapely.bounds(shapes) < 4094)).all(axis=1)
    return np.unique(ids), np.unique(ids[within]), float(shapely.area(shapes).sum())
