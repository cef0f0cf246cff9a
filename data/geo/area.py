"""Area on the ellipsoid, as land surveys state it: independent of any projection."""

from __future__ import annotations

from functools import cache
from typing import Any

import pyproj
import shapely


@cache
def _ellipsoid() -> pyproj.Geod:
    return pyproj.Geod(a=6378137.0, rf=298.257222101)  # CGCS2000; differs from WGS84 by 0.1 mm in the minor axis


def area_m2(lonlat: Any) -> float:
    """Area of a polygon or multipolygon in degrees (lon, lat), in m², always positive; 0 for points and lines."""
    return sum(_ring_m2(part.exterior) - sum(map(_ring_m2, part.interiors)) for part in _polygons(lonlat))


def _polygons(geometry: Any) -> list[Any]:
    return [part for part in shapely.get_parts([geometry], return_index=False) for part in _flat(part)]


def _flat(part: Any) -> list[Any]:
    if part.geom_type == "Polygon":
        return [part] if not part.is_empty else []
    return [inner for each in getattr(part, "geoms", ()) for inner in _flat(each)]


def _ring_m2(ring: Any) -> float:
    lon, lat = ring.xy
    area, _ = _ellipsoid().polygon_area_perimeter(lon, lat)
    return abs(float(area))
