"""The town as a region of the Earth, and how well points fit it and the things known in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from etl.core.transform import Coordinates, crs_of

Box = tuple[float, float, float, float]  # west, south, east, north in degrees
Score = Callable[[Coordinates], float]  # (n, 2) lon/lat points → how well they fit known things, 0 to 1

CHINA: Box = (73.0, 3.0, 136.0, 54.0)
_EARTH: Box = (-180.0, -90.0, 180.0, 90.0)


class Place:
    """The town as a region of the Earth; without an outline the area of use of its CRS, a little widened."""

    def __init__(self, town: Box | Any | None, town_crs: str) -> None:
        self.known = town is not None
        region = town if town is not None else _area_of_use(town_crs)
        self.box: Box | None = tuple(float(v) for v in region) if isinstance(region, tuple | list) else None  # type: ignore[assignment]
        self.polygon = None if self.box else region
        if self.polygon is not None:
            shapely.prepare(self.polygon)

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of the box around it."""
        west, south, east, north = self.box or self.polygon.bounds  # type: ignore[union-attr]
        return (west + east) / 2, (south + north) / 2

    def inside(self, lon: Coordinates, lat: Coordinates) -> npt.NDArray[np.bool_]:
        """Mask of the points inside; infinite or missing ones are not."""
        if self.box:
            west, south, east, north = self.box
            return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
        good = np.isfinite(lon) & np.isfinite(lat)
        within = shapely.intersects_xy(self.polygon, np.where(good, lon, 0.0), np.where(good, lat, 0.0))
        inside: npt.NDArray[np.bool_] = good & np.asarray(within, bool)
        return inside


def _area_of_use(town_crs: str) -> Box:
    area = None if town_crs.startswith("local:") else crs_of(town_crs).area_of_use
    if area is None:
        return CHINA if town_crs.startswith("local:") else _EARTH
    return area.west - 1.5, area.south - 1.5, area.east + 1.5, area.north + 1.5


def sample_points(sample: Any, limit: int = 200_000) -> Coordinates:
    """Finite points (n, 2) of an array of points, WKB bytes or geometries: one vertex of each, evenly thinned to `limit`."""
    if isinstance(sample, np.ndarray) and sample.ndim == 2 and sample.dtype != object:
        points = sample.astype(float)
    else:
        items = np.asarray([item for item in sample if item is not None], dtype=object)
        items = items[:: max(len(items) // limit, 1)]
        geometries = shapely.from_wkb(items, on_invalid="ignore") if len(items) and isinstance(items[0], bytes) else items
        coordinates, index = shapely.get_coordinates(geometries, return_index=True)
        points = coordinates[np.unique(index, return_index=True)[1]] if len(coordinates) else np.empty((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    thinned: Coordinates = points[:: max(len(points) // limit, 1)]
    return thinned


def nearness(known: Any, within_m: float = 10.0, limit: int = 2_000) -> Score:
    """A score for `detect`: the share of points within `within_m` of `known` geometries (lon/lat), such as houses or roads."""
    geometries = np.asarray([g for g in known if g is not None], dtype=object)
    middle = float(np.radians(np.nanmean(shapely.bounds(geometries)[:, [1, 3]])))
    metres = np.array([111_320.0 * np.cos(middle), 110_574.0])
    tree = shapely.STRtree(shapely.transform(geometries, lambda c: c * metres))

    def near(points: Coordinates) -> float:
        good = points[np.isfinite(points).all(axis=1)]
        thinned = shapely.points(good[:: max(len(good) // limit, 1)] * metres)
        return len(np.unique(tree.query(thinned, predicate="dwithin", distance=within_m)[0])) / max(len(thinned), 1)

    return near
