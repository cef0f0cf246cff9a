"""Polygons of one ring straight out of DuckDB's bytes: of a hundred thousand houses no object is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from layers.core.tiles import Floats, Ints, Shapes, world

_HEAD = 13  # byte order, type, rings, vertices of the ring
_PLAIN = np.frombuffer(b"\x01\x03\x00\x00\x00\x01\x00\x00\x00", dtype=np.uint8)  # little-endian, a polygon, one ring


def plain(column: Any) -> npt.NDArray[np.bool_]:
    """Which geometries of an Arrow column of WKB are polygons of one ring; the column has no gaps."""
    at, own = _bytes_of(column)
    long_enough = np.diff(at) > _HEAD
    out = long_enough.copy()
    out[long_enough] = (own[at[:-1][long_enough, None] + np.arange(len(_PLAIN))] == _PLAIN).all(axis=1)
    return out


def rings(column: Any) -> tuple[Floats, Ints]:
    """Vertices [V, 2] of all rings and where each begins, of a column of polygons of one ring."""
    at, own = _bytes_of(column)
    keep = np.ones(len(own), dtype=bool)
    keep[at[:-1, None] + np.arange(_HEAD)] = False
    return own[keep].view("<f8").reshape(-1, 2), np.r_[0, np.cumsum((np.diff(at) - _HEAD) // 16)]


def _bytes_of(column: Any) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """Where each value begins, and the bytes of all."""
    _, offsets, content = column.buffers()
    at = np.frombuffer(offsets, dtype="<i4")[column.offset : column.offset + len(column) + 1].astype(np.int64)
    return at - at[0], np.frombuffer(content, dtype=np.uint8)[at[0] : at[-1]]


def shapes_of_rings(ids: Ints, lonlat: Floats, ring_at: Ints, z: int) -> Shapes:
    """The rings as shapes in world units of z, each turned as `shapely.orient_polygons` turns outer rings; they stay closed."""
    xy = np.rint(world(lonlat, z)).astype(np.int64)
    n = np.diff(ring_at)
    near = (xy - np.repeat(xy[ring_at[:-1]], n, axis=0)).astype(np.float64)
    cross = np.zeros(len(xy))
    cross[:-1] = near[:-1, 0] * near[1:, 1] - near[1:, 0] * near[:-1, 1]
    cross[ring_at[1:] - 1] = 0.0  # from one ring to the next there is no edge
    wrong = np.repeat(np.add.reduceat(cross, ring_at[:-1]) < 0, n)
    mirrored = np.repeat(ring_at[:-1] + ring_at[1:] - 1, n) - np.arange(len(xy))
    return Shapes("polygon", ids, np.arange(len(ids) + 1), ring_at, xy[np.where(wrong, mirrored, np.arange(len(xy)))])
