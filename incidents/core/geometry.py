"""Distances within a town."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

METRES = 111_320.0  # of a degree of latitude


def metres(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Distance of two places with `lon` and `lat`, in metres, on a sphere unrolled at their latitude: exact enough within a town."""
    north = (other["lat"] - one["lat"]) * METRES
    return math.hypot(north, (other["lon"] - one["lon"]) * METRES * math.cos(math.radians(one["lat"])))


def box(lon: float, lat: float, around_m: float) -> tuple[float, float, float, float]:
    """West, south, east, north of the box that holds everything within `around_m` metres."""
    north, east = around_m / METRES, around_m / (METRES * math.cos(math.radians(lat)))
    return lon - east, lat - north, lon + east, lat + north
