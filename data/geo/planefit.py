"""A town's plane in a form that a browser can evaluate: polynomials fitted over the town's box, with the largest error that was found.

A browser has no PROJ. Two polynomials of degree 5 in the normalised longitude and latitude do for any system, a local one included, and say
nothing of its parameters beyond what they give: coordinates in this box.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from data.geo.local import parse_local

Plane = npt.NDArray[np.float64]
Forward = Callable[[Plane, Plane], tuple[Plane, Plane]]
DEGREE = 5
_FITTED, _CHECKED = 12, 33  # points a side: Chebyshev nodes for the fit, an even grid that meets none of them for its error
_LEAST_DEG = 0.01  # half a side of the smallest box
_MARGIN = 0.25  # of the box, on every side


@dataclass(frozen=True, slots=True)
class PlaneFit:
    """`east[i][j]` belongs to uⁱ·vʲ with u = (lon - centre[0]) / half[0] and v = (lat - centre[1]) / half[1], both between -1 and 1."""

    centre: tuple[float, float]
    half: tuple[float, float]
    east: list[list[float]]
    north: list[list[float]]
    error_m: float

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "centre": list(self.centre), "half": list(self.half), "east": self.east, "north": self.north, "error_m": self.error_m,
        }  # fmt: skip


def fit_plane(crs: str, box: tuple[float, float, float, float]) -> PlaneFit:
    """The fit of `crs` (authority code, WKT, PROJ text or "local:…") over a box of lon/lat with a margin around it."""
    forward = plane_of(crs)
    west, south, east, north = box
    half = tuple(max((high - low) / 2 * (1 + 2 * _MARGIN), _LEAST_DEG) for low, high in ((west, east), (south, north)))
    centre = ((west + east) / 2, (south + north) / 2)
    nodes = np.cos(np.pi * (np.arange(_FITTED) + 0.5) / _FITTED)
    x, y = _measured(forward, centre, half, nodes)
    powers = _powers(nodes)
    found = [_solved(powers, plane) for plane in (x, y)]
    return PlaneFit(centre, (half[0], half[1]), found[0].tolist(), found[1].tolist(), _error(forward, centre, half, found))


def _solved(powers: Plane, plane: Plane) -> Plane:
    return np.asarray(np.linalg.lstsq(powers, plane, rcond=None)[0], np.float64).reshape(DEGREE + 1, DEGREE + 1)


def plane_of(crs: str) -> Forward:
    """Longitude and latitude in degrees to the metres of `crs`, east before north."""
    if crs.startswith("local:"):
        return parse_local(crs).from_lonlat
    transformer = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return transformer.transform


def _measured(forward: Forward, centre: tuple[float, float], half: tuple[float, ...], steps: Plane) -> tuple[Plane, Plane]:
    u, v = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
    x, y = forward(centre[0] + u * half[0], centre[1] + v * half[1])
    return np.asarray(x), np.asarray(y)


def _powers(steps: Plane) -> Plane:
    u, v = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
    return np.column_stack([u**i * v**j for i in range(DEGREE + 1) for j in range(DEGREE + 1)])


def _error(forward: Forward, centre: tuple[float, float], half: tuple[float, ...], found: Sequence[Plane]) -> float:
    steps = np.linspace(-1, 1, _CHECKED)
    x, y = _measured(forward, centre, half, steps)
    powers = _powers(steps)
    return float(np.max(np.hypot(powers @ found[0].ravel() - x, powers @ found[1].ravel() - y)))
