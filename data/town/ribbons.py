"""Things laid out along a line: bands beside it and boxes facing it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town.cuts import Floats


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a line between the measures `start` and `stop`, on its left (side +1) or right (side -1)."""

    line: int
    side: int
    start: float
    stop: float


class Track:
    """A line that can be asked for places and directions by measure along it."""

    def __init__(self, points: Floats) -> None:
        self._points = points
        self._measure = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        self.length = float(self._measure[-1])

    def at(self, measure: Floats) -> Floats:
        """Places (n, 2) at the measures."""
        return np.column_stack([np.interp(measure, self._measure, column) for column in self._points.T])

    def normals(self, measure: Floats, reach_m: float = 9.0) -> Floats:
        """Unit normals to the left (n, 2), smoothed over `reach_m` on either side."""
        delta = self.at(np.minimum(measure + reach_m, self.length)) - self.at(np.maximum(measure - reach_m, 0.0))
        delta /= np.maximum(np.hypot(delta[:, 0], delta[:, 1]), 1e-9)[:, None]
        return np.column_stack([-delta[:, 1], delta[:, 0]])

    def band(self, start: float, stop: float, near: float, far: float) -> shapely.Geometry:
        """The polygon between two offsets (signed, left positive) from `start` to `stop`."""
        measure = np.linspace(start, stop, max(2, int((stop - start) / 14) + 1))
        place, normal = self.at(measure), self.normals(measure)
        return shapely.Polygon(np.vstack([place + near * normal, (place + far * normal)[::-1]])).buffer(0)


def stretches(length: float, rng: np.random.Generator, run: tuple[float, float], gap: tuple[float, float]) -> list[tuple[float, float]]:
    """Runs and gaps along a length, each log-uniform between its bounds."""
    made, at = [], float(rng.uniform(0.0, gap[1]))
    while at < length - run[0] * 0.6:
        stop = min(at + float(np.exp(rng.uniform(np.log(run[0]), np.log(run[1])))), length)
        made.append((at, stop))
        at = stop + float(np.exp(rng.uniform(np.log(gap[0]), np.log(gap[1]))))
    return made


def boxes(middle: Floats, along: Floats, width: Floats, depth: Floats) -> NDArray[np.object_]:
    """Rectangles around `middle` (n, 2), `width` along the unit vectors `along`, `depth` across; corners on the 0.01 m grid."""
    across = np.column_stack([-along[:, 1], along[:, 0]])
    u, v = along * (width / 2)[:, None], across * (depth / 2)[:, None]
    corners = np.stack([middle - u - v, middle + u - v, middle + u + v, middle - u + v], axis=1)
    return np.asarray(shapely.polygons(np.round(corners, 2)), dtype=object)


def ells(middle: Floats, along: Floats, width: Floats, depth: Floats, wing: Floats) -> NDArray[np.object_]:
    """L shapes: a box whose left `wing` (share of the width, negative for the right one) reaches a third of the depth further back."""
    across = np.column_stack([-along[:, 1], along[:, 0]])
    u, v = along * (width / 2 * np.sign(wing))[:, None], across * (depth / 2)[:, None]
    inner, back = u * (2 * np.abs(wing) - 1)[:, None], v * 1.7
    corners = np.stack(
        [middle - u - v, middle + u - v, middle + u + v, middle + inner + v, middle + inner + back, middle - u + back], axis=1
    )
    return np.asarray(shapely.normalize(shapely.polygons(np.round(corners, 2))), dtype=object)


def without_overlap(shapes: NDArray[np.object_], gap_m: float) -> NDArray[np.bool_]:
    """Keep the earlier of any two shapes nearer than `gap_m`."""
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=gap_m)
    keep = np.ones(len(shapes), dtype=bool)
    pairs = np.column_stack([first, second])[first < second]
    for early, late in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]:
        if keep[early]:
            keep[late] = False
    return keep
