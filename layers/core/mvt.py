"""Mapbox Vector Tiles 2.1 from the pack's own pieces, for other tools (docs/pack.md section 3).

Steps from vertex to vertex are the same in every tile of a zoom, so they are written once (`written`); a tile adds to each feature its
place, id and properties (`layer`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from layers.core.tiles import EXTENT as FINE
from layers.core.tiles import MARGIN, Ints, Shapes, boxes, select

EXTENT = 4096  # units a tile side
_FEWEST = {"polygon": 3, "line": 2, "point": 1}  # vertices of a part
_TYPES = {"point": 1, "line": 2, "polygon": 3}
_MOVE, _LINE, _CLOSE = 1 << 3 | 1, 2, 1 << 3 | 7
_MARGIN = MARGIN * EXTENT // FINE
_NOTHING = pa.BinaryArray.from_buffers(pa.binary(), 1, [None, pa.py_buffer(bytes(8)), pa.py_buffer(b"")])[0]  # pa.scalar brings in pandas
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


@dataclass(frozen=True, slots=True)
class Written:
    """Features of one kind at one zoom, each written but for its place in a tile, its id and its properties.

    `at` int64 [F, 2]: first vertex, in units of the world; `box` int16 [F, 4]: west, north, east, south from there, within units that are
    wholly inside; `rest`: the geometry's bytes behind the first vertex, which are the same in every tile.
    """

    kind: str
    ids: Ints
    at: Ints
    box: npt.NDArray[np.int16]
    rest: Any

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self.ids.nbytes + self.at.nbytes + self.box.nbytes + self.rest.nbytes)

    def of(self, rows: Ints | slice) -> Written:
        """Some of the features."""
        rest = self.rest.slice(rows.start, rows.stop - rows.start) if isinstance(rows, slice) else self.rest.take(_arrow(rows))
        return replace(self, ids=self.ids[rows], at=self.at[rows], box=self.box[rows], rest=rest)

    def near(self, x: int, y: int) -> npt.NDArray[np.bool_]:
        """Which features come within the pack's margin of tile x/y."""
        low = self.at + self.box[:, :2] <= np.array([x + 1, y + 1]) * EXTENT + _MARGIN
        high = self.at + self.box[:, 2:] >= np.array([x, y]) * EXTENT - _MARGIN
        inside: npt.NDArray[np.bool_] = low[:, 0] & low[:, 1] & high[:, 0] & high[:, 1]
        return inside


def written(shapes: Shapes) -> Written:
    """Features of shapes in world units of a zoom; those of which nothing is left at this scale are left out."""
    coarse, kept = _coarse(shapes)
    at = coarse.xy[coarse.vertex_at[coarse.part_at[:-1]]]
    box = boxes(shapes)[kept]
    # Inwards, so that a feature that ends within a unit of the margin is on the side where it is at the pack's own scale.
    inner = np.hstack([-(-box[:, :2] * EXTENT // FINE), box[:, 2:] * EXTENT // FINE]) - np.hstack([at, at])
    return Written(shapes.kind, coarse.ids, at, inner.clip(-32768, 32767).astype(np.int16), _rests(coarse))


def gathered(pieces: Sequence[Written]) -> Written:
    """Features of all, which are of one kind."""
    if len(pieces) == 1:
        return pieces[0]
    ids, at, box = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("ids", "at", "box"))
    return Written(pieces[0].kind, ids, at, box, pa.concat_arrays([piece.rest for piece in pieces]))


def layer(name: str, features: Written, tags: Tags, x: int, y: int) -> bytes:
    """One layer of tile x/y, ready to be joined with others; empty when there are no features. `tags` has a row for each."""
    if not len(features.ids):
        return b""
    used = np.zeros(len(tags.values) + 1, dtype=bool)
    used[tags.index] = True  # −1, no property, is the last
    used[-1] = False
    place = np.where(used, np.cumsum(used) - 1, -1)
    values = [tags.values[i] for i in np.flatnonzero(used).tolist()]
    head = _bytes(1, name.encode())
    told = b"".join(_bytes(3, column.encode()) for column in tags.columns) + b"".join(_bytes(4, _value(value)) for value in values)
    end = told + bytes((5 << 3,)) + _varint(EXTENT) + bytes((15 << 3, 2))
    body = _messages(features, [place[column] for column in tags.index.T], x, y)
    return b"".join((_opened(3, len(head) + len(body) + len(end)), head, body, end))


def _coarse(shapes: Shapes) -> tuple[Shapes, Ints]:
    """The shapes in tile units of the world, and which of them are left: vertices that fall together are one, parts with too few of them go."""
    xy = shapes.xy * EXTENT // FINE
    part_of = np.repeat(np.arange(len(shapes.vertex_at) - 1), np.diff(shapes.vertex_at))
    keep = np.ones(len(xy), dtype=bool)
    if shapes.kind != "point":
        keep[1:] = (xy[1:, 0] != xy[:-1, 0]) | (xy[1:, 1] != xy[:-1, 1]) | (part_of[1:] != part_of[:-1])
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


def _messages(features: Written, tags: Sequence[Ints], x: int, y: int) -> Any:
    """The features, each a message of its own; bytes of a buffer."""
    pen = features.at - np.array([x, y]) * EXTENT
    pen = (pen << 1) ^ (pen >> 63)  # zigzag
    columns = [(number, index) for number, index in enumerate(tags) if (index >= 0).any()]
    tag_bytes = sum(((index >= 0) + _lengths(index)) * (index >= 0) for _, index in columns) + np.zeros(len(pen), dtype=np.int64)
    offsets = np.frombuffer(features.rest.buffers()[1], dtype="<i4")[features.rest.offset :][: len(pen) + 1]
    geometry = 1 + _lengths(pen[:, 0]) + _lengths(pen[:, 1]) + np.diff(offsets)
    size = 5 + _lengths(features.ids) + _lengths(tag_bytes) + tag_bytes + _lengths(geometry) + geometry
    told = [part for number, index in columns for part in (np.where(index < 0, -1, number), index)]
    heads = _rows([0x12, size, 0x08, features.ids, 0x12, tag_bytes, *told, 0x18, _TYPES[features.kind], 0x22, geometry,
                   _MOVE, pen[:, 0], pen[:, 1]], len(pen))  # fmt: skip
    return memoryview(pc.binary_join_element_wise(heads, features.rest, _NOTHING).buffers()[2])


def _rests(shapes: Shapes) -> Any:
    """Commands of all features behind the first vertex, as an Arrow column of bytes."""
    values, at = _geometry(shapes)
    starts = at[:-1]
    keep = np.ones(len(values), dtype=bool)
    keep[starts], keep[starts + 1], keep[starts + 2] = False, False, False
    values, at = values[keep], at - 3 * np.arange(len(at))
    offsets = _offsets(_sums(_lengths(values), at))
    return pa.BinaryArray.from_buffers(pa.binary(), len(at) - 1, [None, offsets, pa.py_buffer(varints(values))])


def _rows(columns: Sequence[int | Ints], n: int) -> Any:
    """Of each row its values as varints, one after another, as an Arrow column of bytes; a value of −1 is left out."""
    widths = [1 if isinstance(column, int) else max(1, -(-int(column.max()).bit_length() // 7)) for column in columns]
    out = np.empty((n, sum(widths)), dtype=np.uint8)
    full = np.ones(out.shape, dtype=bool)
    byte = 0
    for column, width in zip(columns, widths, strict=True):
        for nth in range(width):
            _byte(out[:, byte], full[:, byte], column, nth, width)
            byte += 1
    return pa.BinaryArray.from_buffers(
        pa.binary(), n, [None, _offsets(np.count_nonzero(full, axis=1)), pa.py_buffer(out if full.all() else out[full])]
    )


def _byte(out: npt.NDArray[np.uint8], full: npt.NDArray[np.bool_], column: int | Ints, nth: int, width: int) -> None:
    """The nth byte of the varints of a column, and which rows have one."""
    if isinstance(column, int):
        out[:] = column
        return
    part = column >> 7 * nth
    out[:] = part & 127 if nth == width - 1 else part & 127 | (column >> 7 * nth + 7 > 0) * 128
    if nth:
        full[:] = part > 0
    elif int(column.min()) < 0:
        full[:] = column >= 0


def _arrow(rows: Ints) -> Any:
    return pa.Int64Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows)])


def _offsets(lengths: Ints) -> Any:
    return pa.py_buffer(np.r_[0, np.cumsum(lengths)].astype("<i4"))


def _geometry(shapes: Shapes) -> tuple[Ints, Ints]:
    """Commands of all features, the pen starting at the first vertex of each, and where those of each begin."""
    n = np.diff(shapes.vertex_at)
    closed = int(shapes.kind == "polygon")
    part_at = np.r_[0, np.cumsum(1 + 2 * n + (n > 1) + closed)]
    steps = np.diff(shapes.xy, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    steps[shapes.vertex_at[shapes.part_at[:-1]]] = 0
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
    """Bytes that each takes as a varint."""
    out = np.ones(len(values), dtype=np.int64)
    for bits in range(7, int(values.max(initial=0)).bit_length(), 7):
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
    return _opened(field, len(content)) + content


def _opened(field: int, length: int) -> bytes:
    """What stands before the content of a field."""
    return _varint(field << 3 | 2) + _varint(length)


def _value(value: Value) -> bytes:
    """A text, or a whole number from 0."""
    return _bytes(1, value.encode()) if isinstance(value, str) else bytes((5 << 3,)) + _varint(value)


def properties(columns: Mapping[str, Sequence[Value | None]]) -> Tags:
    """Tags of columns of equal length; None is no property."""
    values: dict[Value, int] = {}
    index = [[-1 if value is None else values.setdefault(value, len(values)) for value in column] for column in columns.values()]
    return Tags(tuple(columns), tuple(values), np.array(index, dtype=np.int64).reshape(len(columns), -1).T)
