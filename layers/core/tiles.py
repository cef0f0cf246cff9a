"""Geometry tiles: flat arrays of vertices in, bytes out (format: docs/pack.md section 4).

Everything is arrays over all features at once; the only loops run over tiles.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

EXTENT = 32768  # units a tile side
HALF = EXTENT // 2
MARGIN = EXTENT // 32  # a feature belongs to each tile that it comes this near to: lines and dots have a width
BLOCK_VERTICES = 1_000_000  # of which the tiles are made at once
BLOCK_FEATURES = 20_000  # that are flattened at once
REACH = 32000  # clip box around the tile's centre; int16 ends at 32767
KINDS = {"polygon": 1, "line": 2, "point": 3}
HEADER = struct.Struct("<4sBBBBIIIIII")
MAX_LATITUDE = 85.0511287798066

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Shaped = npt.NDArray[Any]  # objects, or of points alone their coordinates, Floats [F, 2]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Features as flat arrays: feature i has parts `part_at[i]:part_at[i+1]`, part j has vertices `vertex_at[j]:vertex_at[j+1]` of `xy`.

    `ids` int64 [F]: row of the geometry until the tile is encoded, then the id that the tile stores; `xy` int64 [V, 2] in world
    units of one zoom (2^z · 32768 a side, y south).
    """

    kind: str
    ids: Ints
    part_at: Ints
    vertex_at: Ints
    xy: Ints


def world(lonlat: Floats, z: int) -> Floats:
    """Web Mercator in units of tile/32768 at zoom z, origin north-west. `lonlat` is [V, 2] in degrees."""
    side = float(EXTENT << z)
    latitude = np.radians(np.clip(lonlat[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    out = np.empty_like(lonlat)
    out[:, 0] = (lonlat[:, 0] / 360.0 + 0.5) * side
    out[:, 1] = (0.5 - np.arctanh(np.sin(latitude)) / (2.0 * np.pi)) * side
    return out


def scaled(geometries: Shaped, zooms: int) -> Shaped:
    """World units of another zoom."""
    if geometries.dtype != object:
        return geometries * 2.0**zooms
    out: Shaped = shapely.transform(geometries, lambda xy: xy * 2.0**zooms) if zooms else geometries
    return out


def flatten(kind: str, geometries: Shaped, zooms: int = 0) -> Shapes:
    """Shapes of geometries, ids being their rows. Vertices are rounded, repeated ones dropped; empty features vanish.

    The geometries are in world units of a zoom, the shapes in those of so many `zooms` below. Points may be coordinates [F, 2], NaN where
    there is none. Block by block, for rings, floats and indices take several times the memory of what comes out.
    """
    if geometries.dtype != object:
        rows = np.flatnonzero(~np.isnan(geometries).any(axis=1))
        at = np.arange(len(rows) + 1)
        return Shapes(kind, rows, at, at, np.rint(scaled(geometries[rows], zooms)).astype(np.int64))
    starts = range(0, max(len(geometries), 1), BLOCK_FEATURES)
    return _joined([_flattened(kind, geometries[start : start + BLOCK_FEATURES], start, zooms) for start in starts])


def _flattened(kind: str, geometries: Objects, first: int, zooms: int) -> Shapes:
    """`flatten` of some geometries, the first of which is row `first`."""
    parts, row_of = _parts(kind, geometries)
    coordinates, part_of = shapely.get_coordinates(parts, return_index=True)
    xy = np.rint(coordinates * 2.0**zooms).astype(np.int64)
    keep = _distinct(kind, part_of, xy)
    return _regroup(kind, row_of + first, part_of[keep], xy[keep])


def _joined(blocks: list[Shapes]) -> Shapes:
    if len(blocks) == 1:
        return blocks[0]
    return Shapes(
        blocks[0].kind,
        np.concatenate([block.ids for block in blocks]),
        _offsets([block.part_at for block in blocks]),
        _offsets([block.vertex_at for block in blocks]),
        np.concatenate([block.xy for block in blocks]),
    )


def _offsets(blocks: list[Ints]) -> Ints:
    """Offsets of groups that stand one after another."""
    out: Ints = np.r_[0, np.cumsum(np.concatenate([np.diff(block) for block in blocks]))].astype(np.int64)
    return out


def _distinct(kind: str, part_of: Ints, xy: Ints) -> npt.NDArray[np.bool_]:
    """True for vertices that differ from the one before; the closing vertex of a ring goes, but a ring keeps at least one vertex."""
    keep = np.ones(len(xy), dtype=bool)
    if kind == "point" or not len(xy):
        return keep
    same_part = part_of[1:] == part_of[:-1]
    keep[1:] = ~(same_part & (xy[1:] == xy[:-1]).all(axis=1))
    if kind == "polygon":
        first = np.flatnonzero(np.r_[True, ~same_part])
        last = np.r_[first[1:], len(xy)] - 1
        keep[last[last > first]] = False
    return keep


def _parts(kind: str, geometries: Objects) -> tuple[Objects, Ints]:
    """Rings, lines or points of the geometries, and the index of the geometry that each belongs to."""
    plain = kind != "line" and bool((shapely.get_type_id(geometries) == (3 if kind == "polygon" else 0)).all())
    singles, origin = (geometries, np.arange(len(geometries))) if plain else shapely.get_parts(geometries, return_index=True)
    if kind != "polygon":
        return singles, origin
    rings, single_of = shapely.get_rings(singles, return_index=True)
    return rings, origin[single_of]


def _regroup(kind: str, row_of: Ints, part_of: Ints, xy: Ints) -> Shapes:
    """Offsets from index arrays; parts and features without a vertex are left out. Each point of a multipoint is a feature of its own."""
    starts = np.flatnonzero(_changes(part_of))  # part_of ascends, so a part begins where it changes
    owner = row_of[part_of[starts]]
    firsts = np.arange(len(owner)) if kind == "point" else np.flatnonzero(_changes(owner))
    return Shapes(kind, owner[firsts].astype(np.int64), np.r_[firsts, len(owner)], np.r_[starts, len(xy)], xy)


def _changes(values: Ints) -> npt.NDArray[np.bool_]:
    """True where a value differs from the one before, and at the first."""
    out = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=out[1:])
    return out


def boxes(shapes: Shapes) -> Ints:
    """Bounding box of each feature, [F, 4] west, north, east, south in world units."""
    if not len(shapes.ids):
        return np.empty((0, 4), dtype=np.int64)
    starts = shapes.vertex_at[shapes.part_at[:-1]]
    return np.hstack([np.minimum.reduceat(shapes.xy, starts, axis=0), np.maximum.reduceat(shapes.xy, starts, axis=0)])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which feature goes into which tile: index of the feature, tile column and row."""

    feature: Ints
    x: Ints
    y: Ints


def pair(box: Ints, z: int) -> Pairs:
    """All pairs of feature and tile whose boxes come within MARGIN of each other."""
    low = np.clip((box[:, :2] - MARGIN) >> 15, 0, (1 << z) - 1)
    high = np.clip((box[:, 2:] + MARGIN) >> 15, 0, (1 << z) - 1)
    across, down = (high - low + 1).T
    count = across * down
    feature = np.repeat(np.arange(len(box)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return Pairs(feature, low[feature, 0] + nth % across[feature], low[feature, 1] + nth // across[feature])


def _take(at: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    """Members of the chosen groups, in order, and the offsets of the new groups."""
    count = at[chosen + 1] - at[chosen]
    out = np.r_[0, np.cumsum(count)]
    members = np.arange(out[-1]) + np.repeat(at[chosen] - out[:-1], count)
    return members, out


def select(shapes: Shapes, chosen: Ints) -> Shapes:
    """The chosen features, in that order, repeats allowed."""
    parts, part_at = _take(shapes.part_at, chosen)
    vertices, vertex_at = _take(shapes.vertex_at, parts)
    return Shapes(shapes.kind, shapes.ids[chosen], part_at, vertex_at, shapes.xy[vertices])


def join(first: Shapes, second: Shapes) -> Shapes:
    """Features of both."""
    return Shapes(
        first.kind,
        np.r_[first.ids, second.ids],
        np.r_[first.part_at, second.part_at[1:] + first.part_at[-1]],
        np.r_[first.vertex_at, second.vertex_at[1:] + first.vertex_at[-1]],
        np.vstack([first.xy, second.xy]),
    )


@dataclass(frozen=True, slots=True)
class Tile:
    """One encoded tile."""

    x: int
    y: int
    n: int
    raw: bytes


def tile(kind: str, ids: Ints, geometries: Shaped, z: int, zooms: int = 0) -> Iterator[Tile]:
    """Encoded tiles of zoom z, in row order. `geometries` are all of the one kind and in units as for `cut`; `ids` their ids, below 2^32."""
    for pieces, place in cut(kind, geometries, z, zooms=zooms):
        yield from _encode_all(replace(pieces, ids=ids[pieces.ids]), place, z)


def cut(kind: str, geometries: Shaped, z: int, turn: bool = False, zooms: int = 0) -> Iterator[tuple[Shapes, Ints]]:
    """Pieces of the geometries, their ids being rows, and the tile of each; whole tiles, some at a time, in row order.

    The geometries are in world units of zoom z − `zooms`: of a million no copy is made for each zoom.
    With `turn` clipped polygons are turned as `shapely.orient_polygons` turns whole ones, for formats in which a ring's sense tells holes.
    """
    shapes = flatten(kind, geometries, zooms)
    if not len(shapes.ids):
        return
    box = boxes(shapes)
    pairs = pair(box, z)
    order = np.lexsort((pairs.feature, pairs.x, pairs.y))
    pairs = Pairs(pairs.feature[order], pairs.x[order], pairs.y[order])
    for start, end in _blocks(pairs, shapes):
        some = Pairs(pairs.feature[start:end], pairs.x[start:end], pairs.y[start:end])
        yield _pieces(kind, geometries, shapes, box, some, turn, zooms)


def cut_one(kind: str, geometries: Objects, z: int, x: int, y: int) -> Shapes:
    """Pieces in one tile alone, turned as `cut` turns them, their ids being rows; `geometries` are in world units of z."""
    shapes = flatten(kind, geometries)
    if not len(shapes.ids):
        return shapes
    box = boxes(shapes)
    near = np.flatnonzero(touches(box, np.array([x, y])))
    pieces, _ = _pieces(kind, geometries, shapes, box, Pairs(near, np.full(len(near), x), np.full(len(near), y)), True)
    return pieces


def _blocks(pairs: Pairs, shapes: Shapes) -> Iterator[tuple[int, int]]:
    """Runs of whole tiles with some `BLOCK_VERTICES` each, so that the pieces of a large town are never in memory at once."""
    vertices = np.diff(shapes.vertex_at[shapes.part_at])[pairs.feature]
    done = np.cumsum(vertices)
    ends = np.r_[np.flatnonzero((np.diff(pairs.x) != 0) | (np.diff(pairs.y) != 0)) + 1, len(pairs.feature)]
    last = np.flatnonzero(np.diff(done[ends - 1] // BLOCK_VERTICES, append=-1) != 0)
    cuts = [0, *ends[last].tolist()]
    yield from pairwise(cuts)


def _pieces(kind: str, geometries: Shaped, shapes: Shapes, box: Ints, pairs: Pairs, turn: bool, zooms: int = 0) -> tuple[Shapes, Ints]:
    """The features of `pairs`, clipped where they do not fit into their tile whole, and the tile of each."""
    centre = np.stack([pairs.x, pairs.y], axis=1) * EXTENT + HALF
    far = (np.abs(box[pairs.feature].reshape(-1, 2, 2) - centre[:, None, :]) > REACH).any(axis=(1, 2))
    pieces = select(shapes, pairs.feature[~far])
    place = np.stack([pairs.x, pairs.y], axis=1)[~far]
    if far.any():
        clipped, there = _clip(kind, geometries, Pairs(shapes.ids[pairs.feature[far]], pairs.x[far], pairs.y[far]), turn, zooms)
        pieces, place = join(pieces, clipped), np.vstack([place, there])
    return pieces, place


def _clip(kind: str, geometries: Shaped, pairs: Pairs, turn: bool, zooms: int) -> tuple[Shapes, Ints]:
    """What lies within reach of its tile, for each pair of row and tile that does not fit whole; with the tiles' places."""
    clipped = np.empty(len(pairs.feature), dtype=object)
    keys, inverse = np.unique(np.stack([pairs.x, pairs.y], axis=1), axis=0, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    ends = np.searchsorted(inverse[order], np.arange(len(keys) + 1))
    for (x, y), start, end in zip(keys.tolist(), ends[:-1], ends[1:], strict=True):  # tile by tile: the box is one for all
        rows = order[start:end]
        west, north = x * EXTENT + HALF - REACH, y * EXTENT + HALF - REACH
        clipped[rows] = shapely.clip_by_rect(
            scaled(geometries[pairs.feature[rows]], zooms), west, north, west + 2 * REACH, north + 2 * REACH
        )
    whole = _of_kind(kind, clipped)
    shapes = flatten(kind, shapely.orient_polygons(whole) if turn else whole)
    there = np.stack([pairs.x, pairs.y], axis=1)[shapes.ids]
    near = np.flatnonzero(touches(boxes(shapes), there))
    shapes = select(shapes, near)
    return replace(shapes, ids=pairs.feature[shapes.ids]), there[near]


def _of_kind(kind: str, geometries: Objects) -> Objects:
    """Clipping may leave points and lines where a polygon only touched the box: keep the parts of the kind."""
    dimension = {"polygon": 2, "line": 1, "point": 0}[kind]
    mixed = shapely.get_type_id(geometries) == 7
    if mixed.any():
        parts, origin = shapely.get_parts(geometries[mixed], return_index=True)
        good = shapely.get_dimensions(parts) == dimension
        rebuilt = [shapely.GeometryCollection(list(parts[good & (origin == i)])) for i in range(int(mixed.sum()))]
        geometries[mixed] = rebuilt
    wrong = shapely.get_dimensions(geometries) != dimension
    geometries[wrong] = None
    return geometries


def touches(box: Ints, place: Ints) -> npt.NDArray[np.bool_]:
    """Whether each box comes within MARGIN of its tile; `place` is one tile or one a box."""
    low, high = place * EXTENT - MARGIN, (place + 1) * EXTENT + MARGIN
    inside = (box[:, :2] <= high) & (box[:, 2:] >= low)
    near: npt.NDArray[np.bool_] = inside[:, 0] & inside[:, 1]
    return near


def runs(shapes: Shapes, place: Ints) -> tuple[Shapes, list[tuple[int, int, int, int]]]:
    """Pieces sorted by tile and id, and of each tile x, y and the pieces `start:end` that it holds."""
    order = np.lexsort((shapes.ids, place[:, 0], place[:, 1]))
    shapes, place = select(shapes, order), place[order]
    starts = np.flatnonzero(np.r_[True, (place[1:] != place[:-1]).any(axis=1)]) if len(place) else np.empty(0, dtype=np.int64)
    ends = [*starts[1:].tolist(), len(place)]
    return shapes, [(*place[start].tolist(), start, end) for start, end in zip(starts.tolist(), ends[: len(starts)], strict=True)]


def _encode_all(shapes: Shapes, place: Ints, z: int) -> Iterator[Tile]:
    shapes, tiles = runs(shapes, place)
    for x, y, start, end in tiles:
        yield Tile(x, y, int(_changes(shapes.ids[start:end]).sum()), encode(shapes, start, end, x, y, z))


def encode(shapes: Shapes, start: int, end: int, x: int, y: int, z: int) -> bytes:
    """Bytes of features `start:end` as tile z/x/y."""
    parts = slice(shapes.part_at[start], shapes.part_at[end])
    vertices = slice(shapes.vertex_at[parts.start], shapes.vertex_at[parts.stop])
    local = (shapes.xy[vertices] - np.array([x * EXTENT + HALF, y * EXTENT + HALF])).astype("<i2")
    steps = np.diff(local, axis=0, prepend=np.zeros((1, 2), dtype="<i2")).astype("<i2").view(np.uint8).reshape(-1, 4)
    sections = [_steps(shapes.ids[start:end])]
    if shapes.kind != "point":
        sections.append(np.diff(shapes.part_at[start : end + 1]).astype("<u4").tobytes())
        sections.append(np.diff(shapes.vertex_at[parts.start : parts.stop + 1]).astype("<u4").tobytes())
    sections.append(steps.T.tobytes())  # rows of the transpose: low dx, high dx, low dy, high dy
    body = b"".join(sections)
    head = HEADER.pack(
        b"OSMT", 1, KINDS[shapes.kind], z, 0, x, y, end - start, parts.stop - parts.start, len(local), zlib.crc32(body)
    )  # fmt: skip
    return head + body


def _steps(ids: Ints) -> bytes:
    return np.diff(ids, prepend=0).astype("<u4").tobytes()
