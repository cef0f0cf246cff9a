"""Features of a table, some thousand at a time, as tiles of one zoom have them: made when first asked for, and kept within a limit.

A block is a run of ordinals, so of neighbours. What differs from tile to tile, place and properties, is not in it (`layers.core.mvt`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import shapely

from layers.core.bands import DEEPEST, KINDS
from layers.core.mvt import Written, written
from layers.core.tiles import HALF, MARGIN, REACH, Floats, Ints, Objects, boxes, flatten, scaled, select, world
from layers.core.wkb import plain, rings, shapes_of_rings

MOST_BYTES = 96 * 2**20  # of one snapshot: a million houses take 50 MB a zoom
ROWS = 2048
_SMALL = REACH - HALF - MARGIN  # what is no wider than this fits whole into each tile that it touches
_OBJECT = 200  # bytes of a geometry object, roughly, beside 16 a vertex
_SPANS = """SELECT ordinal // {rows} AS block, min(west), min(south), max(east), max(north) FROM {table}
WHERE west IS NOT NULL GROUP BY block ORDER BY block"""
_ROWS = """SELECT ordinal, ST_AsWKB(lonlat) AS wkb FROM {table}
WHERE ordinal BETWEEN $first AND $last AND lonlat IS NOT NULL ORDER BY ordinal"""


@dataclass(frozen=True, slots=True)
class Spans:
    """Blocks of a table and the box of each in degrees."""

    number: Ints
    box: Floats

    def meeting(self, west: float, south: float, east: float, north: float) -> list[int]:
        """Numbers of the blocks that may have something there."""
        box = self.box
        found = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
        chosen: list[int] = self.number[found].tolist()
        return chosen


@dataclass(frozen=True, slots=True)
class Block:
    """Features of a run of ordinals at one zoom: small ones ready, kind by kind; large ones as objects in world units of the zoom, to be clipped."""

    small: tuple[Written, ...]
    large: Ints
    objects: Objects

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return (
            sum(piece.size for piece in self.small) + len(self.large) * _OBJECT + 16 * int(shapely.get_num_coordinates(self.objects).sum())
        )


class Blocks:
    """Blocks of one snapshot, the least lately used forgotten first. Safe for threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int, bool], tuple[Block, int]] = OrderedDict()
        self._spans: dict[str, Spans] = {}
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes in use."""
        return self._bytes

    def meeting(
        self, cursor: duckdb.DuckDBPyConnection, table: str, z: int, box: tuple[float, float, float, float], dotted: bool
    ) -> Iterator[Block]:
        """Blocks at zoom z that may have something within a box in degrees; with `dotted` each feature is its centre."""
        if table not in self._spans:
            self._spans[table] = spans(cursor, table)
        for number in self._spans[table].meeting(*box):
            key = (table, number, z, dotted)
            yield self._look(key) or self._keep(key, block(cursor, table, number, z, dotted))

    def _look(self, key: tuple[str, int, int, bool]) -> Block | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def _keep(self, key: tuple[str, int, int, bool], made: Block) -> Block:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made, made.size
                self._bytes += self._kept[key][1]
            while self._bytes > self._most:
                self._bytes -= self._kept.popitem(last=False)[1][1]
        return made


def spans(cursor: duckdb.DuckDBPyConnection, table: str) -> Spans:
    """Where the blocks of a table are: one look at four columns."""
    rows = np.array(cursor.execute(_SPANS.format(table=table, rows=ROWS)).fetchall(), dtype=np.float64).reshape(-1, 5)
    return Spans(rows[:, 0].astype(np.int64), rows[:, 1:])


def block(cursor: duckdb.DuckDBPyConnection, table: str, number: int, z: int, dotted: bool) -> Block:
    """One block, read and made."""
    first = number * ROWS
    found = cursor.execute(_ROWS.format(table=table), {"first": first, "last": first + ROWS - 1}).to_arrow_table()
    ordinals, wkb = found.column("ordinal").to_numpy().astype(np.int64), found.column("wkb").combine_chunks()
    simple = np.zeros(len(ordinals), dtype=bool) if dotted else plain(wkb)
    small: list[Written] = []
    if simple.any():
        shapes = shapes_of_rings(ordinals[simple], *rings(wkb.take(np.flatnonzero(simple))), z)
        fits = _fits(boxes(shapes))
        small.append(written(shapes if fits.all() else select(shapes, np.flatnonzero(fits))))
        simple[simple] = fits
    ordinals, placed = _placed(ordinals[~simple], wkb.take(np.flatnonzero(~simple)), z, dotted)
    fits = _fits(shapely.bounds(placed))
    small += _written(ordinals[fits], placed[fits])
    return Block(tuple(small), ordinals[~fits], placed[~fits])


def by_kind(objects: Objects) -> Iterator[tuple[str, Ints]]:
    """Polygons, lines and points: rows of each."""
    dimension = shapely.get_dimensions(objects)
    for number, kind in enumerate(KINDS):
        rows = np.flatnonzero(dimension == 2 - number)
        if len(rows):
            yield kind, rows


def _fits(box: Any) -> npt.NDArray[np.bool_]:
    small: npt.NDArray[np.bool_] = (np.rint(box[:, 2:]) - np.rint(box[:, :2]) <= _SMALL).all(axis=1)
    return small


def _placed(ordinals: Ints, wkb: Any, z: int, dotted: bool) -> tuple[Ints, Objects]:
    """Geometries in world units of z, outer rings turned as vector tiles want them. Mixed collections are taken apart."""
    geometries = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
    if (shapely.get_type_id(geometries) == 7).any() and not dotted:
        geometries, origin = shapely.get_parts(geometries, return_index=True)
        ordinals = ordinals[origin]
    placed = shapely.transform(geometries, lambda xy: world(xy, DEEPEST))
    placed = scaled(shapely.centroid(placed) if dotted else placed, z - DEEPEST)
    areas = np.flatnonzero(shapely.get_dimensions(placed) == 2)
    placed[areas] = shapely.orient_polygons(placed[areas])
    return ordinals, placed


def _written(ordinals: Ints, placed: Objects) -> Iterator[Written]:
    for kind, rows in by_kind(placed):
        shapes = flatten(kind, placed[rows])
        yield written(replace(shapes, ids=ordinals[rows][shapes.ids]))
