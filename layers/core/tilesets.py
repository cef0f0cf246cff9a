"""Tilesets: sets of geometries of one kind, written as tiles in zoom bands (docs/pack.md sections 4 and 6)."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import shapely

from layers.core import backdrop
from layers.core.arrays import size_of
from layers.core.bands import DOTS_THEN_POLYGONS, LAST, SHAPES, Band, Geometries, box_of, read, shapes_of
from layers.core.blobs import Blob, store
from layers.core.labels import labels, names_of
from layers.core.tiles import EXTENT, Shaped, Tile, tile

VERSION = 1  # raised when the same geometry comes to other tiles, so that no former pack is taken over
READABLE_PX = 56.0  # areas of a tree level are shown once the middle one of them is this wide
Found = dict[str, Geometries]
_WAITING = 8  # tiles to be packed
_AT_ONCE = 20_000  # geometries whose bytes are in memory beside them


@dataclass(frozen=True, slots=True)
class Plan:
    """How the geometries of a table are drawn. `keep`: no feature is ever smaller than a pixel. `outline`: map zoom from which edges show."""

    main: str = "polygon"
    coverage: bool = True
    keep: bool = True
    outline: int = 13
    polygon_bands: tuple[Band, ...] = SHAPES["polygon"]


# Points: radius in CSS pixels by map zoom.
SIZE_PX = [[8, 1.0], [12, 1.5], [14, 2.5], [16, 4.0], [18, 6.0]]
DOT_PX = [[8, 0.5], [12, 0.75], [14, 1.5]]
PLANS: dict[str, Plan] = {
    "area": Plan(keep=False, outline=0),
    "zone": Plan(outline=0),
    "parcel": Plan(outline=14),
    "lot": Plan(outline=15),
    "stand": Plan(outline=13),
    "house": Plan(coverage=False, outline=16, polygon_bands=DOTS_THEN_POLYGONS),
    "facility": Plan(main="point"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where blobs lie, the tiles of the former pack by the geometry that they were made of, and by name its tilesets of tables that are
    known to be as they were."""

    folder: Path
    former: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unchanged: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, table: str) -> dict[str, Mapping[str, Any]]:
        """The tilesets of a table that is as it was; none where it may have changed."""
        return {name: tileset for name, tileset in self.unchanged.items() if tileset["table"] == table}


def shelf_of(folder: Path, previous: Mapping[str, Any] | None, same: Collection[str] = ()) -> Shelf:
    """The shelf of `folder` with what the manifest `previous` has, as far as its blobs are still there; `same` are tables without a change."""
    tilesets = (previous or {}).get("tilesets", {})
    there = {path.name for path in folder.glob("*.gz")}
    whole = {name: tileset for name, tileset in tilesets.items() if all(f"{blob}.gz" in there for blob in _blob_names(tileset))}
    broken = {tileset["table"] for name, tileset in tilesets.items() if name not in whole or "source" not in tileset}
    usable = {*same} - broken if (previous or {}).get("version") == VERSION else set()
    return Shelf(
        folder,
        {tileset["source"]: tileset for tileset in whole.values() if "source" in tileset},
        {name: tileset for name, tileset in whole.items() if tileset["table"] in usable},
    )


def _blob_names(tileset: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{tile[2]}.tile" for band in tileset["bands"] for tile in band["tiles"])
    if "labels" in tileset:
        yield tileset["labels"]["name"]


def build_tilesets(
    connection: duckdb.DuckDBPyConnection, tables: set[str], shelf: Shelf
) -> Iterator[tuple[str, dict[str, Any], Found | None]]:
    """Table by table: its tilesets by name, blobs written to the shelf, and the geometries read; None where the shelf has it as it was.

    Memory holds the geometries of one table, if the caller keeps none.
    """
    for table in [name for name in ("backdrop", *PLANS) if name in tables]:
        if kept := shelf.of(table):
            yield table, kept, None
        else:
            yield table, *_drawn(connection, table, shelf)


def _drawn(connection: duckdb.DuckDBPyConnection, table: str, shelf: Shelf) -> tuple[dict[str, Any], Found]:
    if table == "backdrop":
        return _backdrop(connection, shelf), {}
    found = read(connection, table)
    if table == "area":
        return _areas(connection, shelf, found), found
    return {_name(table, kind): _tileset(connection, table, kind, geometries, shelf) for kind, geometries in found.items()}, found


def _name(table: str, kind: str) -> str:
    return table if kind == PLANS[table].main else f"{table}-{kind}"


def _tileset(connection: duckdb.DuckDBPyConnection, table: str, kind: str, geometries: Geometries, shelf: Shelf) -> dict[str, Any]:
    plan = PLANS[table]
    bands = plan.polygon_bands if kind == "polygon" else SHAPES[kind]
    out = _written(geometries, bands, plan.coverage, shelf)
    return {
        "table": table,
        "kind": kind,
        "ids": "ordinal",
        "size": size_of(connection, table),
        "keep": plan.keep,
        "outline": plan.outline,
        **out,
    }


def _written(geometries: Geometries, bands: tuple[Band, ...], coverage: bool, shelf: Shelf) -> dict[str, Any]:
    """Counts, box and bands of a tileset; its tiles are written, unless the former pack was made of the same geometry in the same way."""
    source = _source(geometries, bands, coverage)
    if source in shelf.former:
        return {key: shelf.former[source][key] for key in ("n", "box", "bands", "source")}
    made = [_band(band, geometries, shapes, z, shelf.folder) for band, shapes, z in shapes_of(geometries, bands, coverage)]
    bands_made = sorted(made, key=lambda band: int(band["z"]))
    return {"n": len(geometries.ids), "box": box_of(geometries.lonlat), "bands": bands_made, "source": source}


def _source(geometries: Geometries, bands: tuple[Band, ...], coverage: bool) -> str:
    """Digest of all that decides what the tiles are."""
    total = hashlib.blake2b(repr((VERSION, geometries.kind, bands, coverage)).encode(), digest_size=12)
    total.update(np.ascontiguousarray(geometries.ids).tobytes())
    for start in range(0, len(geometries.lonlat), _AT_ONCE):
        total.update(b"".join(shapely.to_wkb(geometries.lonlat[start : start + _AT_ONCE])))
    return total.hexdigest()


def _band(band: Band, geometries: Geometries, shapes: Shaped, z: int, folder: Path) -> dict[str, Any]:
    tiles = [
        [made.x, made.y, blob.name.split(".")[0], blob.size, made.n]
        for made, blob in _stored(folder, tile(band.kind, geometries.ids, shapes, band.z, band.z - z))
    ]
    out: dict[str, Any] = {"z": band.z, "kind": band.kind, "from": band.first, "to": band.last, "tiles": tiles}
    if band.kind == "point":
        out["size_px"] = SIZE_PX if geometries.kind == "point" else DOT_PX
    return out


def _stored(folder: Path, tiles: Iterator[Tile]) -> Iterator[tuple[Tile, Blob]]:
    """Tiles and their blobs, written while the next ones are made: packing leaves the interpreter to others. A few wait at a time."""
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[tuple[Tile, Future[Blob]]] = deque()
        for made in tiles:
            waiting.append((made, pool.submit(store, folder, made.raw, "tile")))
            if len(waiting) > _WAITING:
                first, blob = waiting.popleft()
                yield first, blob.result()
        for made, blob in waiting:
            yield made, blob.result()


def _areas(connection: duckdb.DuckDBPyConnection, shelf: Shelf, found: Found) -> dict[str, Any]:
    """One tileset a tree level; the zooms at which each reads best stand in `show`."""
    if "polygon" not in found:
        return {}
    polygons = found["polygon"]
    rows = connection.execute("SELECT ordinal, level FROM area WHERE lonlat IS NOT NULL AND level IS NOT NULL").fetchnumpy()
    level_of = np.full(size_of(connection, "area"), -1)
    level_of[np.asarray(rows["ordinal"], dtype=np.int64)] = np.asarray(rows["level"], dtype=np.int64)
    levels = {int(level): _rows(polygons, np.flatnonzero(level_of[polygons.ids] == level)) for level in np.unique(level_of[level_of >= 0])}
    show = dict(_readable(levels))
    tilesets = {}
    for level, some in levels.items():
        tileset = _tileset(connection, "area", "polygon", some, shelf) | {"level": level, "show": show.get(level)}
        named = _labelled(labels(names_of(connection, "area", "name", some, priority="level")), shelf.folder)
        tilesets[f"area-{level}"] = tileset | named
    return tilesets


def _rows(geometries: Geometries, rows: Any) -> Geometries:
    return Geometries(geometries.kind, geometries.ids[rows], geometries.lonlat[rows], geometries.world[rows])


def _readable(levels: Mapping[int, Geometries]) -> Iterator[tuple[int, list[int]]]:
    """Map zooms of each tree level below the town: from where its areas are large enough until the next level's are."""
    drawn = [level for level in sorted(levels) if level > 0] or sorted(levels)
    first = [0]
    for level in drawn[1:]:
        side = float(np.median(np.sqrt(shapely.area(levels[level].world)))) / (EXTENT << 14)
        zoom = int(np.ceil(np.log2(READABLE_PX / 256.0 / max(side, 1e-9))))
        first.append(max(first[-1] + 1, min(zoom, 18)))
    for level, start, end in zip(drawn, first, [*(zoom - 1 for zoom in first[1:]), LAST], strict=True):
        yield level, [start, end]


def _backdrop(connection: duckdb.DuckDBPyConnection, shelf: Shelf) -> dict[str, Any]:
    """Water and green as `backdrop`, roads, rail and canals as `backdrop-line`; ids are classes. Single points are not drawn."""
    classes = backdrop.classify(connection)
    styles = backdrop.styles(classes)
    by_ordinal = read(connection, "backdrop")
    tilesets = {}
    for kind, geometries in read(connection, backdrop.RELATION, "class").items():
        if kind == "point":
            continue
        common = {"table": "backdrop", "kind": kind, "ids": "class", "size": len(classes), "keep": False, "outline": 15, "classes": styles}
        names = names_of(connection, "backdrop", "name", by_ordinal[kind], priority="10 + coalesce(rank, 3)")
        written = _written(geometries, SHAPES[kind], False, shelf)
        tilesets["backdrop" if kind == "polygon" else f"backdrop-{kind}"] = common | written | _labelled(labels(names), shelf.folder)
    return tilesets


def _labelled(raw: bytes, folder: Path) -> dict[str, Any]:
    if not raw:
        return {}
    blob = store(folder, raw, "labels")
    return {"labels": {"name": blob.name, "bytes": blob.size}}


def layer_labels(connection: duckdb.DuckDBPyConnection, found: Found, table: str, column: str, folder: Path) -> dict[str, Any]:
    """Labels of a layer that names its features by `column`; the caller has made sure that it is not personal."""
    for kind in ("polygon", "point", "line"):
        if kind in found:
            return _labelled(labels(names_of(connection, table, column, found[kind], priority="20")), folder)
    return {}
