"""One vector tile of a layer, made when it is asked for: of features of chosen levels only, for other tools (docs/pack.md section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

import duckdb
import numpy as np
import numpy.typing as npt

from data.errors import LayerError, advice, advice_zh
from data.store.memory import Memory
from data.store.serving import memory_of
from layers.core.arrays import drawn_table
from layers.core.bands import DOTS_THEN_POLYGONS
from layers.core.blocks import Block, Blocks, by_kind
from layers.core.coats import LEVELS, Coat, coat_of
from layers.core.mvt import Written, gathered, layer, written
from layers.core.query_store import Store
from layers.core.spec import Layer
from layers.core.tiles import EXTENT, MARGIN, Ints, cut_one
from layers.core.tilesets import PLANS

SHALLOWEST, DEEPEST = 8, 22
_LONG = 10  # digits that no number of an address has
_POLYGONS_FROM = DOTS_THEN_POLYGONS[0].first
Wanted = Callable[[Ints], npt.NDArray[np.bool_]]
# Both go with the snapshot's file.
_coats: WeakKeyDictionary[Memory, dict[str, Coat]] = WeakKeyDictionary()
_blocks: WeakKeyDictionary[Memory, Blocks] = WeakKeyDictionary()


def tile(
    store: Store, name: str, z: int, x: int, y: int, levels: frozenset[int] | None = None, depth: int | None = None, dots: bool = True
) -> bytes | None:
    """Tile z/x/y of the layer `name`, uncompressed; None where it has no feature there.

    `levels` are the levels wanted (None: all), `depth` the level of the tree of layers over areas (None: all). Houses are points until
    zoom 14, as on the map; without `dots` they are not. Everybody may see all of it (`layers.core.coats`). Raises LayerError for a layer or
    a tile that there is not.
    """
    asked = _asked(store, name)
    _check(z, x, y)
    coat = _coat(store, asked)
    table = drawn_table(asked)
    wanted = _wanted(store, coat, levels, depth if table == "area" else None)
    dotted = dots and z < _POLYGONS_FROM and PLANS[table].polygon_bands is DOTS_THEN_POLYGONS
    found: dict[str, list[Written]] = {}
    for block in _meeting(store, table, z, x, y, dotted):
        for pieces in _pieces(block, wanted, z, x, y):
            found.setdefault(pieces.kind, []).append(pieces)
    together = {kind: gathered(pieces) for kind, pieces in found.items()}
    main = PLANS[table].main  # features of another kind are a layer beside it, as in the archive
    named = {kind: name if dotted or kind == main else f"{name}-{kind}" for kind in together}
    return b"".join(layer(named[kind], pieces, coat.tags(pieces.ids), x, y) for kind, pieces in together.items()) or None


def levels_of(told: str) -> frozenset[int] | None:
    """Levels out of an address, `1,2`; None (all) when there are none. Raises LayerError for what is not a level."""
    for one in told.split(",") if told else ():
        if one not in {str(level) for level in LEVELS}:
            raise LayerError(f"{one!r} is not a level.", remedy="Levels are 0 to 5, with commas between them.",
                             zh=f"{one!r} 不是等级。", zh_remedy="等级为 0 到 5，用逗号分隔。")  # fmt: skip
    return frozenset(map(int, told.split(","))) if told else None


def depth_of(told: str) -> int | None:
    """Level of the tree out of an address; None (all) when there is none. Raises LayerError for what is no number."""
    if told and not _whole(told):
        raise LayerError(f"{told!r} is not a level of the tree of areas.", remedy="It is a whole number; 0 is the town.",
                         zh=f"{told!r} 不是网格层级。", zh_remedy="应为整数，0 表示全镇。")  # fmt: skip
    return int(told) if told else None


def place_of(z: str, x: str, y: str) -> tuple[int, int, int]:
    """Zoom, column and row out of an address. Raises LayerError for what are no numbers."""
    if not all(map(_whole, (z, x, y))):
        raise _no_tile(z, x, y)
    return int(z), int(x), int(y)


def _whole(told: str) -> bool:
    return told.isascii() and told.isdigit() and len(told) < _LONG


def _asked(store: Store, name: str) -> Layer:
    """The layer called `name`, of those that have features to colour. The backdrop's have none: it is a ground, and in the archive."""
    offered = {layer.name: layer for layer in store.layers if layer.geometry is not None and drawn_table(layer) in PLANS}
    if name not in offered:
        raise LayerError(f"There is no layer {name!r} in vector tiles.", remedy=advice(name, offered),
                         zh=f"矢量瓦片中没有图层 {name!r}。", zh_remedy=advice_zh(name, offered))  # fmt: skip
    return offered[name]


def _check(z: int, x: int, y: int) -> None:
    if not (SHALLOWEST <= z <= DEEPEST and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise _no_tile(z, x, y)


def _no_tile(z: object, x: object, y: object) -> LayerError:
    return LayerError(f"There is no tile {z}/{x}/{y}.", remedy=f"Zooms go from {SHALLOWEST} to {DEEPEST}, columns and rows from 0 to 2^zoom − 1.",
                      zh=f"没有瓦片 {z}/{x}/{y}。", zh_remedy=f"级别为 {SHALLOWEST} 到 {DEEPEST}，行列号为 0 到 2^级别 − 1。")  # fmt: skip


def _coat(store: Store, asked: Layer) -> Coat:
    """Levels and classes by ordinal, read once a snapshot."""
    memory = memory_of(store.cursor)
    known = _coats.setdefault(memory, {}) if memory is not None else {}
    if asked.name not in known:
        try:
            known[asked.name] = coat_of(store.cursor, asked)
        except duckdb.CatalogException as error:  # its file is newer than the snapshot
            raise LayerError(f"The layer {asked.name!r} is not painted in this snapshot.", remedy="Run `python -m etl repaint`.",
                             zh=f"当前快照中图层 {asked.name!r} 尚未着色。", zh_remedy="请运行 `python -m etl repaint`。") from error  # fmt: skip
    return known[asked.name]


def _corner(x: float, y: float, z: int) -> tuple[float, float]:
    """Longitude and latitude of a place in tiles of zoom z."""
    side = float(1 << z)
    return x / side * 360.0 - 180.0, float(np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * y / side)))))


def _meeting(store: Store, table: str, z: int, x: int, y: int, dotted: bool) -> Iterator[Block]:
    """Blocks that may reach the tile with its margin."""
    west, north = _corner(x - MARGIN / EXTENT, y - MARGIN / EXTENT, z)
    east, south = _corner(x + 1 + MARGIN / EXTENT, y + 1 + MARGIN / EXTENT, z)
    memory = memory_of(store.cursor)
    blocks = _blocks.setdefault(memory, Blocks()) if memory is not None else Blocks()
    return blocks.meeting(store.cursor, table, z, (west, south, east, north), dotted)


def _wanted(store: Store, coat: Coat, levels: frozenset[int] | None, depth: int | None) -> Wanted:
    """Which of some ordinals are asked for."""
    level = coat.columns["level"].index
    allowed = np.zeros(256, dtype=bool)
    allowed[list(range(len(LEVELS)) if levels is None else levels)] = True  # −1, not on the map, is 255
    if depth is None:
        return lambda ordinals: allowed[level[ordinals].view(np.uint8)]
    rows = store.cursor.execute("SELECT ordinal FROM area WHERE level = ?", [depth]).fetchnumpy()
    of_depth = np.zeros(len(level), dtype=bool)
    of_depth[np.asarray(rows["ordinal"], dtype=np.int64)] = True
    return lambda ordinals: allowed[level[ordinals].view(np.uint8)] & of_depth[ordinals]


def _pieces(block: Block, wanted: Wanted, z: int, x: int, y: int) -> Iterator[Written]:
    """What of a block lies in the tile and is asked for, by kind."""
    for piece in block.small:
        rows = np.flatnonzero(wanted(piece.ids) & piece.near(x, y))
        if len(rows):
            yield piece.of(rows) if len(rows) < len(piece.ids) else piece
    chosen = np.flatnonzero(wanted(block.large))
    for kind, rows in by_kind(block.objects[chosen]):
        pieces = cut_one(kind, block.objects[chosen[rows]], z, x, y)
        yield written(replace(pieces, ids=block.large[chosen[rows]][pieces.ids]))
