"""Mapbox Vector Tiles 2.1 from the pack's own pieces, for other tools (docs/pack.md section 3).

A feature of a tile is a run of whole numbers, geometry and all, so a layer is one array that is written as varints at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from layers.core.tiles import EXTENT as FINE
from layers.core.tiles import Ints, Shapes, select

EXTENT = 4096  # units a tile side
_FEWEST = {"polygon": 3, "line": 2, "point": 1}  # vertices of a part
_TYPES = {"point": 1, "line": 2, "polygon": 3}
_MOVE, _LINE, _CLOSE = 1 << 3 | 1, 2, 1 << 3 | 7
Value = str | int


@dataclass(frozen=True, slots=True)
class Tags:
    """Properties of features: `index` int64 [F, columns] points into `values`, −1 where a feature does not have the column."""

    columns: tuple[str, ...]
    values: tuple[Value, ...]
    index: Ints

    def of(self, rows: Ints | slice) -> Tags:
        """The tags of some features."""
        return replace(self, index=self.index[rows])


def layer(name: str, shapes: Shapes, tags: Tags, x: int, y: int) -> bytes:
    """One layer of tile x/y, ready to be joined with others; empty when nothing of the shapes is left at this scale.

    `shapes` hold the pieces of the tile in world units of its zoom, `ids` being the ids, and `tags` has a row for each.
    """
    local, kept = _coarse(shapes, x, y)
    if not len(local.ids):
        return b""
    tags = tags.of(kept)
    used, index = np.unique(tags.index, return_inverse=True)
    has_gap = len(used) > 0 and used[0] < 0
    values = [tags.values[i] for i in used[int(has_gap) :]]
    body = _bytes(1, name.encode()) + _features(local, index.reshape(tags.index.shape) - int(has_gap))
    body += b"".join(_bytes(3, column.encode()) for column in tags.columns)
    body += b"".join(_bytes(4, _value(value)) for value in values)
    return _bytes(3, body + bytes((5 << 3,)) + _varint(EXTENT) + bytes((15 << 3, 2)))


def _coarse(shapes: Shapes, x: int, y: int) -> tuple[Shapes, Ints]:
    """The shapes in units of the tile, and which of them are left: vertices that fall together are one, parts with too few of them go."""
    xy = (shapes.xy - np.array([x * FINE, y * FINE])) * EXTENT // FINE
    part_of = np.repeat(np.arange(len(shapes.vertex_at) - 1), np.diff(shapes.vertex_at))
    keep = np.ones(len(xy), dtype=bool)
    if shapes.kind != "point":
        keep[1:] = (xy[1:] != xy[:-1]).any(axis=1) | (part_of[1:] != part_of[:-1])
    if shapes.kind == "polygon":
        first, last = shapes.vertex_at[:-1], shapes.vertex_at[1:] - 1
        keep[last[(xy[last] == xy[first]).all(axis=1) & (last > first)]] = False
    count = np.bincount(part_of[keep], minlength=len(shapes.vertex_at) - 1)
    thin = Shapes(shapes.kind, shapes.ids, shapes.part_at, np.r_[0, np.cumsum(count)], xy[keep])
    return _without(thin, count >= _FEWEST[shapes.kind])


def _without(shapes: Shapes, good: npt.NDArray[np.bool_]) -> tuple[Shapes, Ints]:
    """The shapes with their good parts alone, and which of them have one."""
    done = np.r_[0, np.cumsum(good)]
    parts = np.diff(done[shapes.part_at])
    vertices = np.diff(shapes.vertex_at)
    left = Shapes(
        shapes.kind, shapes.ids, np.r_[0, np.cumsum(parts)], np.r_[0, np.cumsum(vertices[good])], shapes.xy[np.repeat(good, vertices)]
    )
    kept = np.flatnonzero(parts)
    return (left if len(kept) == len(parts) else select(left, kept)), kept


def _features(shapes: Shapes, index: Ints) -> bytes:
    """The features, each a message of its own."""
    geometry, geometry_at = _geometry(shapes)
    some = index >= 0
    columns = np.broadcast_to(np.arange(index.shape[1]), index.shape)
    tags = np.stack([columns[some], index[some]], axis=1).ravel()
    tag_at = np.r_[0, np.cumsum(2 * some.sum(axis=1))]
    parts = [(tags, tag_at), (geometry, geometry_at)]
    tag_bytes, geometry_bytes = (_sums(_lengths(values), at) for values, at in parts)
    ids = shapes.ids
    size = 5 + _lengths(ids) + _lengths(tag_bytes) + tag_bytes + _lengths(geometry_bytes) + geometry_bytes
    n = np.ones(len(ids), dtype=np.int64)
    head = np.stack([n * 0x12, size, n * 0x08, ids, n * 0x12, tag_bytes], axis=1)
    middle = np.stack([n * 0x18, n * _TYPES[shapes.kind], n * 0x22, geometry_bytes], axis=1)
    return varints(_interleaved([(head.ravel(), 6 * np.arange(len(ids) + 1)), parts[0],
                                 (middle.ravel(), 4 * np.arange(len(ids) + 1)), parts[1]]))  # fmt: skip


def _interleaved(groups: Sequence[tuple[Ints, Ints]]) -> Ints:
    """Values of all groups feature by feature: of each group `values[at[i]:at[i+1]]` belong to feature i."""
    counts = np.stack([np.diff(at) for _, at in groups], axis=1)
    start = np.r_[0, np.cumsum(counts.ravel())][:-1].reshape(counts.shape)
    out = np.empty(int(counts.sum()), dtype=np.int64)
    for (values, at), count, first in zip(groups, counts.T, start.T, strict=True):
        out[np.arange(len(values)) + np.repeat(first - at[:-1], count)] = values
    return out


def _geometry(shapes: Shapes) -> tuple[Ints, Ints]:
    """Commands of all features, and where those of each begin."""
    n = np.diff(shapes.vertex_at)
    closed = int(shapes.kind == "polygon")
    part_at = np.r_[0, np.cumsum(1 + 2 * n + (n > 1) + closed)]
    steps = np.diff(shapes.xy, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    first = shapes.vertex_at[shapes.part_at[:-1]]
    steps[first] = shapes.xy[first]  # the pen starts at the corner of the tile again
    nth = np.arange(len(steps)) - np.repeat(shapes.vertex_at[:-1], n)
    place = np.repeat(part_at[:-1], n) + 1 + 2 * nth + (nth > 0)
    out = np.empty(part_at[-1], dtype=np.int64)
    out[part_at[:-1]] = _MOVE
    out[place], out[place + 1] = ((steps << 1) ^ (steps >> 63)).T
    out[part_at[:-1][n > 1] + 3] = (n[n > 1] - 1) << 3 | _LINE
    if closed:
        out[part_at[1:] - 1] = _CLOSE
    return out, part_at[shapes.part_at]


def _lengths(values: Ints) -> Ints:
    """Bytes that each takes as a varint; values are below 2^35."""
    out = np.ones(len(values), dtype=np.int64)
    for bits in (7, 14, 21, 28):
        out += values >= 1 << bits
    return out


def _sums(values: Ints, at: Ints) -> Ints:
    done = np.r_[0, np.cumsum(values)]
    out: Ints = np.diff(done[at])
    return out


def varints(values: Ints) -> bytes:
    """All values as varints, one after another."""
    lengths = _lengths(values)
    place = np.cumsum(lengths) - lengths
    out = np.empty(int(lengths.sum()), dtype=np.uint8)
    for nth in range(int(lengths.max(initial=0))):
        some = np.flatnonzero(lengths > nth) if nth else slice(None)
        more = (lengths[some] > nth + 1) * 128
        out[place[some] + nth] = (values[some] >> (7 * nth)) & 127 | more
    return out.tobytes()


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _value(value: Value) -> bytes:
    """A text, or a whole number from 0."""
    return _bytes(1, value.encode()) if isinstance(value, str) else bytes((5 << 3,)) + _varint(value)


def properties(columns: Mapping[str, Sequence[Value | None]]) -> Tags:
    """Tags of columns of equal length; None is no property."""
    values: dict[Value, int] = {}
    index = [[-1 if value is None else values.setdefault(value, len(values)) for value in column] for column in columns.values()]
    return Tags(tuple(columns), tuple(values), np.array(index, dtype=np.int64).reshape(len(columns), -1).T)
