"""From delivered coordinates to lon/lat (WGS84) and to the town's own plane, for arrays and for geometries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyproj
import pyproj.exceptions
import shapely

from data.errors import SourceError
from data.geo import LocalSystem, Similarity, bd09_to_wgs84, gcj02_to_wgs84, parse_local

Datum = Literal["wgs84", "gcj02", "bd09", "local"]
Coordinates = npt.NDArray[np.float64]
Pair = tuple[Coordinates, Coordinates]
LONLAT = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class System:
    """How delivered numbers are to be read: a CRS (authority code, WKT, PROJ text or "local:…"), the datum shift of map apps, whether
    the two axes are swapped against x = east, and a fit to control points, which leads to `crs` then."""

    crs: str
    datum: Datum = "wgs84"
    swapped: bool = False
    fit: Similarity | None = None

    @property
    def plain(self) -> bool:
        """Whether any GIS can do it: a CRS alone, so that DuckDB's ST_Transform(geom, crs, town) gives the same."""
        return self.datum == "wgs84" and not self.swapped and self.fit is None and not self.crs.startswith("local:")


def to_lonlat(system: System, x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    """Delivered numbers to WGS84 degrees; infinite where the system cannot hold them."""
    east, north = _plane(system, x, y)
    lon, lat = _to_degrees(system.crs, east, north)
    if system.datum == "gcj02":
        return _finite_only(gcj02_to_wgs84, lon, lat)
    if system.datum == "bd09":
        return _finite_only(bd09_to_wgs84, lon, lat)
    return lon, lat


def _plane(system: System, x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    if system.fit is not None:
        return system.fit.apply(x, y)
    first, second = np.asarray(x, float), np.asarray(y, float)
    return (second, first) if system.swapped else (first, second)


def _to_degrees(crs: str, east: Coordinates, north: Coordinates) -> Pair:
    if crs.startswith("local:"):
        return local_system(crs).to_lonlat(east, north)
    if is_degrees(crs):
        outside = (np.abs(east) > 180) | (np.abs(north) > 90)
        east, north = np.where(outside, np.inf, east), np.where(outside, np.inf, north)
    lon, lat = _transformer(crs, LONLAT).transform(east, north)
    return np.asarray(lon), np.asarray(lat)


def _finite_only(unshift: Callable[[npt.ArrayLike, npt.ArrayLike], Pair], lon: Coordinates, lat: Coordinates) -> Pair:
    good = np.isfinite(lon) & np.isfinite(lat)
    there = unshift(np.where(good, lon, 0.0), np.where(good, lat, 0.0))
    return np.where(good, there[0], np.inf), np.where(good, there[1], np.inf)


@cache
def local_system(text: str) -> LocalSystem:
    """The local system that a "local:…" text describes."""
    return parse_local(text)


@cache
def crs_of(text: str) -> pyproj.CRS:
    """pyproj's CRS of an authority code, WKT or PROJ text. Raises SourceError when PROJ does not understand it."""
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        raise SourceError(
            f"The coordinate system {text[:80]!r} is unknown.", remedy="Give a code such as EPSG:4549, a PROJ text or local:lon_0=….",
            zh=f"坐标系 {text[:80]!r} 无法识别。", zh_remedy="请给出代码（如 EPSG:4549）、PROJ 文本或 local:lon_0=…。",
        ) from error  # fmt: skip


@cache
def is_degrees(text: str) -> bool:
    """Whether coordinates in that CRS are degrees."""
    return not text.startswith("local:") and bool(crs_of(text).is_geographic)


@cache
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs_of(source), crs_of(target), always_xy=True)


@dataclass(frozen=True, slots=True)
class Placed:
    """Geometries in both systems (two-dimensional, None where there is none) and which ones could not be placed although delivered."""

    lonlat: npt.NDArray[Any]
    town: npt.NDArray[Any]
    unplaced: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Transform:
    """The way from one dataset's coordinates to lon/lat and to the town's plane."""

    system: System
    town_crs: str

    def lonlat(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
        """Delivered numbers to WGS84 degrees."""
        return to_lonlat(self.system, x, y)

    def town(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
        """Delivered numbers to the town's plane; without rounding when they are in it already."""
        return self._both(np.asarray(x, float), np.asarray(y, float))[1]

    def place(self, wkb: npt.ArrayLike) -> Placed:
        """Geometries (array of WKB bytes or of shapely geometries, None where missing) in both systems. Heights are dropped."""
        given = np.asarray(wkb, dtype=object)
        delivered = np.array([item is not None for item in given], bool)
        geometries = shapely.force_2d(_geometries(given))
        coordinates = shapely.get_coordinates(geometries)
        lonlat, town = self._both(coordinates[:, 0], coordinates[:, 1])
        degrees = shapely.set_coordinates(geometries.copy(), np.column_stack(lonlat))
        metres = shapely.set_coordinates(geometries.copy(), np.column_stack(town))
        lost = ~np.isfinite(shapely.bounds(degrees)).all(axis=1) | shapely.is_empty(degrees)
        degrees[lost], metres[lost] = None, None
        return Placed(degrees, metres, delivered & lost)

    def _both(self, x: Coordinates, y: Coordinates) -> tuple[Pair, Pair]:
        lonlat = to_lonlat(self.system, x, y)
        if self.system.fit is not None:
            plane = _plane(self.system, x, y)
            return lonlat, plane if self.system.crs == self.town_crs else _to_plane(lonlat, self.town_crs)
        if self.system.datum in ("gcj02", "bd09") or self.system.crs.startswith("local:"):
            return lonlat, _to_plane(lonlat, self.town_crs)
        return lonlat, _direct(_plane(self.system, x, y), self.system.crs, self.town_crs)


def _geometries(given: npt.NDArray[Any]) -> npt.NDArray[Any]:
    first = next((item for item in given if item is not None), None)
    if isinstance(first, bytes | memoryview | bytearray):
        return np.asarray(shapely.from_wkb(given, on_invalid="ignore"), dtype=object)
    return given


def _to_plane(lonlat: Pair, town_crs: str) -> Pair:
    return _direct(lonlat, LONLAT, town_crs)


def _direct(pair: Pair, source: str, target: str) -> Pair:
    if source == target:
        return pair
    if target.startswith("local:"):
        return local_system(target).from_lonlat(*_transformer(source, LONLAT).transform(*pair))
    x, y = _transformer(source, target).transform(*pair)
    return np.asarray(x), np.asarray(y)
