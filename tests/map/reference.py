"""A plain renderer to hold the browser against: shapely asks of each pixel's centre which polygon it lies in. Slow, and easy to believe.

The rule of edges: no pixel is half of anything. A pixel belongs to the polygon that holds its centre; of several, to the one with the
greater ordinal. A polygon that holds no centre at all gets the one pixel in which the middle of its box lies, where its tileset keeps such.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows: map zoom, its corner in CSS pixels of the world at that zoom, its size, and device pixels to a CSS pixel."""

    zoom: int
    left: float
    top: float
    width: int
    height: int
    dpr: float

    def pixels(self, lonlat: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Geometries in device pixels from the view's corner."""
        world = 256.0 * 2.0**self.zoom * self.dpr
        corner = np.array([self.left, self.top]) * self.dpr
        moved: npt.NDArray[np.object_] = shapely.transform(lonlat, lambda xy: mercator(xy) * world - corner)
        return moved


def mercator(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Web Mercator as a share of the world, y south."""
    latitude = np.radians(lonlat[:, 1])
    return np.stack([lonlat[:, 0] / 360 + 0.5, 0.5 - np.log(np.tan(np.pi / 4 + latitude / 2)) / (2 * np.pi)], axis=1)


def filled(lonlat: npt.NDArray[np.object_], ordinals: Ids, view: View, keep: bool) -> Ids:
    """Ordinal + 1 by pixel of the view, row by row; 0 where nothing is."""
    out = np.zeros((round(view.height * view.dpr), round(view.width * view.dpr)), dtype=np.int64)
    moved = view.pixels(lonlat)
    near = shapely.intersects(shapely.envelope(moved), shapely.box(-1, -1, out.shape[1] + 1, out.shape[0] + 1))
    for polygon, ordinal in zip(moved[near], ordinals[near], strict=True):
        x0, y0, x1, y1 = polygon.bounds
        columns = np.arange(max(0, int(x0 - 1)), min(out.shape[1], int(x1 + 2)))
        rows = np.arange(max(0, int(y0 - 1)), min(out.shape[0], int(y1 + 2)))
        if not len(columns) or not len(rows):
            continue
        shapely.prepare(polygon)
        inside = shapely.contains_xy(polygon, *np.meshgrid(columns + 0.5, rows + 0.5))
        if inside.any():
            out[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][inside] = ordinal + 1
        elif keep and holds_no_centre(polygon):
            _mark(out, int(np.floor((x0 + x1) / 2)), int(np.floor((y0 + y1) / 2)), ordinal + 1)
    return out


def holds_no_centre(polygon: shapely.Geometry) -> bool:
    """True for a polygon in which no pixel's centre lies, in the view or out of it."""
    x0, y0, x1, y1 = polygon.bounds
    if max(x1 - x0, y1 - y0) > 16:
        return False
    columns, rows = np.arange(np.floor(x0), np.ceil(x1) + 1), np.arange(np.floor(y0), np.ceil(y1) + 1)
    return not shapely.contains_xy(polygon, *np.meshgrid(columns + 0.5, rows + 0.5)).any()


def _mark(out: Ids, column: int, row: int, value: int) -> None:
    if 0 <= row < out.shape[0] and 0 <= column < out.shape[1]:
        out[row, column] = value
