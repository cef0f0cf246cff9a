"""One vector tile of a layer, made when it is asked for: of features of chosen levels only, for other tools (docs/pack.md section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import shapely

from data.errors import LayerError
from data.store.memory import Memory
from data.store.serving import memory_of
from layers.core.arrays import drawn_table
from layers.core.bands import DOTS_THEN_POLYGONS, KINDS
from layers.core.coats import LEVELS, Coat, coat_of
from layers.core.mvt import layer
from layers.core.query_store import Store
from layers.core.spec import Layer
from layers.core.tiles import EXTENT, HALF, MARGIN, REACH, Ints, Objects, Shapes, boxes, cut_one, join, select, touches, world
from layers.core.tilesets import PLANS
from layers.core.wkb import plain, rings, shapes_of_rings

SHALLOWEST, DEEPEST = 8, 22
_POLYGONS_FROM = DOTS_THEN_POLYGONS[0].first
# The numbers of a row group tell whether it can hold a feature of the tile: rows lie along the Hilbert curve.
_IN_BOX = """SELECT ordinal, ST_AsWKB(lonlat) AS wkb FROM {table}
WHERE west <= $east AND east >= $west AND south <= $north AND north >= $south AND lonlat IS NOT NULL{and_depth}"""
_coats: WeakKeyDictionary[Memory, dict[str, Coat]] = WeakKeyDictionary()  # goes with the snapshot's file


def tile(
    store: Store, name: str, z: int, x: int, y: int, levels: frozenset[int] | None = None, depth: int | None = None, dots: bool = True
) -> bytes | None:
    """Tile z/x/y of the layer `name`, uncompressed; None where it has no feature there.

    `levels` are the levels wanted (None: all), `depth` the level of the tree of layers over areas (None: all). Houses are points until
    zoom 14, as on the map; without `dots` they are not. Everybody may see all of it (`layers.core.coats`). Raises LayerError for a layer or
    a tile that there is not.
    """
    asked = store.layer(name)
    _check(asked, z, x, y)
    coat = _coat(store, asked)
    ordinals, wkb = _found(store, drawn_table(asked), z, x, y, depth)
    chosen = _wanted(coat, ordinals, levels)
    if len(chosen) < len(ordinals):
        ordinals, wkb = ordinals[chosen], wkb.take(chosen)
    dotted = dots and z < _POLYGONS_FROM and PLANS[drawn_table(asked)].polygon_bands is DOTS_THEN_POLYGONS
    by_kind: dict[str, Shapes] = {}
    for pieces in _pieces(ordinals, wkb, dotted, z, x, y) if len(ordinals) else ():
        by_kind[pieces.kind] = join(by_kind[pieces.kind], pieces) if pieces.kind in by_kind else pieces
    main = PLANS[drawn_table(asked)].main  # features of another kind are a layer beside it, as in the archive
    named = {kind: name if dotted or kind == main else f"{name}-{kind}" for kind in by_kind}
    return b"".join(layer(named[kind], pieces, coat.tags(pieces.ids), x, y) for kind, pieces in by_kind.items()) or None


def levels_of(told: str) -> frozenset[int] | None:
    """Levels out of an address, `1,2`; None (all) when there are none. Raises LayerError for what is not a level."""
    for one in told.split(",") if told else ():
        if one not in {str(level) for level in LEVELS}:
            raise LayerError(f"{one!r} is not a level.", remedy="Levels are 0 to 5, with commas between them.",
                             zh=f"{one!r} 不是等级。", zh_remedy="等级为 0 到 5，用逗号分隔。")  # fmt: skip
    return frozenset(map(int, told.split(","))) if told else None


def _check(asked: Layer, z: int, x: int, y: int) -> None:
    if asked.geometry is None:
        raise LayerError(f"The layer {asked.name!r} has no geometry.", remedy="Ask for another layer.",
                         zh=f"图层 {asked.name!r} 没有图形。", zh_remedy="请换一个图层。")  # fmt: skip
    if not (SHALLOWEST <= z <= DEEPEST and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise LayerError(f"There is no tile {z}/{x}/{y}.", remedy=f"Zooms go from {SHALLOWEST} to {DEEPEST}, columns and rows from 0 to 2^zoom − 1.",
                         zh=f"没有瓦片 {z}/{x}/{y}。", zh_remedy=f"级别为 {SHALLOWEST} 到 {DEEPEST}，行列号为 0 到 2^级别 − 1。")  # fmt: skip


def _coat(store: Store, asked: Layer) -> Coat:
    """Levels and classes by ordinal, read once a snapshot."""
    memory = memory_of(store.cursor)
    if memory is None:
        return coat_of(store.cursor, asked)
    known = _coats.setdefault(memory, {})
    if asked.name not in known:
        known[asked.name] = coat_of(store.cursor, asked)
    return known[asked.name]


def _found(store: Store, table: str, z: int, x: int, y: int, depth: int | None) -> tuple[Ints, Any]:
    """Ordinals and geometries (WGS84, an Arrow column of WKB) whose boxes meet the tile with its margin."""
    west, north = _corner(x - MARGIN / EXTENT, y - MARGIN / EXTENT, z)
    east, south = _corner(x + 1 + MARGIN / EXTENT, y + 1 + MARGIN / EXTENT, z)
    and_depth = " AND level = $depth" if depth is not None and table == "area" else ""
    values = {"west": west, "south": south, "east": east, "north": north} | ({"depth": depth} if and_depth else {})
    found = store.cursor.execute(_IN_BOX.format(table=table, and_depth=and_depth), values).to_arrow_table()
    return found.column("ordinal").to_numpy().astype(np.int64), found.column("wkb").combine_chunks()


def _corner(x: float, y: float, z: int) -> tuple[float, float]:
    """Longitude and latitude of a place in tiles of zoom z."""
    side = float(1 << z)
    return x / side * 360.0 - 180.0, float(np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * y / side)))))


def _wanted(coat: Coat, ordinals: Ints, levels: frozenset[int] | None) -> Ints:
    level = coat.columns["level"].index[ordinals]
    return np.flatnonzero(level >= 0 if levels is None else np.isin(level, list(levels)))


def _pieces(ordinals: Ints, wkb: Any, dotted: bool, z: int, x: int, y: int) -> Iterator[Shapes]:
    """What of the features lies in the tile, by kind, the ids being ordinals."""
    if not dotted:
        simple = plain(wkb)
        if simple.any():
            shapes = shapes_of_rings(ordinals[simple], *rings(_of(wkb, simple)), z)
            box, place = boxes(shapes), np.array([x, y])
            whole = (np.abs(box.reshape(-1, 2, 2) - (place * EXTENT + HALF)) <= REACH).all(axis=(1, 2))
            simple[simple] = whole  # the others are clipped, as objects
            near = whole & touches(box, place)
            yield shapes if near.all() else select(shapes, np.flatnonzero(near))
        ordinals, wkb = ordinals[~simple], _of(wkb, ~simple)
    if len(ordinals):
        geometries = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
        yield from _cut(ordinals, shapely.centroid(geometries) if dotted else geometries, z, x, y)


def _of(wkb: Any, some: Any) -> Any:
    return wkb if some.all() else wkb.take(np.flatnonzero(some))


def _cut(ordinals: Ints, geometries: Objects, z: int, x: int, y: int) -> Iterator[Shapes]:
    """Parts of mixed collections are taken apart; what does not fit whole is clipped."""
    if (shapely.get_type_id(geometries) == 7).any():
        geometries, origin = shapely.get_parts(geometries, return_index=True)
        ordinals = ordinals[origin]
    placed = shapely.transform(geometries, lambda xy: world(xy, z))
    dimension = shapely.get_dimensions(placed)
    for number, kind in enumerate(KINDS):
        rows = np.flatnonzero(dimension == 2 - number)
        if len(rows):
            some = shapely.orient_polygons(placed[rows]) if kind == "polygon" else placed[rows]
            pieces = cut_one(kind, some, z, x, y)
            yield replace(pieces, ids=ordinals[rows][pieces.ids])
