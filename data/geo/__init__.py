"""Geometry of the ground floor: map-app offsets, CGCS2000 zones, local systems, angles as text, areas, tiles. lon, lat everywhere."""

from __future__ import annotations

from data.geo.angle import parse_angle, parse_pair
from data.geo.area import area_m2
from data.geo.gcj import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from data.geo.local import LocalSystem, Similarity, fit_similarity, parse_local
from data.geo.tiles import lonlat_to_mercator, mercator_to_lonlat, tile_bounds, tile_number, tile_of
from data.geo.zones import Zone, zone_of_easting, zones

__all__ = [
    "LocalSystem", "Similarity", "Zone", "area_m2", "bd09_to_gcj02", "bd09_to_wgs84", "fit_similarity", "gcj02_to_bd09", "gcj02_to_wgs84",
    "lonlat_to_mercator", "mercator_to_lonlat", "parse_angle", "parse_local", "parse_pair", "tile_bounds", "tile_number", "tile_of",
    "wgs84_to_bd09",
    "wgs84_to_gcj02", "zone_of_easting", "zones",
]  # fmt: skip
