"""The GCJ-02 offset, so that devices can be delivered as phone maps show them; formula as in the domain report, section 4.1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_A, _EE = 6378245.0, 0.00669342162296594323


def to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 longitude and latitude of WGS 84 (or CGCS2000) degrees inside China."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (
        (
            waves
            + 20.0 * np.sin(y * np.pi)
            + 40.0 * np.sin(y / 3.0 * np.pi)
            + 160.0 * np.sin(y / 12.0 * np.pi)
            + 320 * np.sin(y * np.pi / 30.0)
        )
        * 2
        / 3
    )
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (
        (
            waves
            + 20.0 * np.sin(x * np.pi)
            + 40.0 * np.sin(x / 3.0 * np.pi)
            + 150.0 * np.sin(x / 12.0 * np.pi)
            + 300.0 * np.sin(x / 30.0 * np.pi)
        )
        * 2
        / 3
    )
    latitude = np.radians(lat)
    magic = 1 - _EE * np.sin(latitude) ** 2
    root = np.sqrt(magic)
    return lon + np.degrees(east / (_A / root * np.cos(latitude))), lat + np.degrees(north / (_A * (1 - _EE) / (magic * root)))
