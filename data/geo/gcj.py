"""GCJ-02 and BD-09, the shifted coordinates of Chinese map apps, both ways.

The forward formulas are the published ones (constants a = 6378245.0, ee = 0.00669342162296594323). The inverses iterate the forward
formula, so that going there and back is exact to under 1e-9 degree (0.1 mm); the usual one-step inverse is off by 1 to 2 m.
Arrays or numbers of degrees in, arrays of float64 out. Outside the box of China GCJ-02 equals WGS84.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Degrees = npt.NDArray[np.float64]
Pair = tuple[Degrees, Degrees]

_A = 6378245.0
_EE = 0.00669342162296594323
_X_PI = np.pi * 3000.0 / 180.0
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
_ROUNDS = 30
_ENOUGH = 1e-11


def wgs84_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Shift to the coordinates of AMap and Tencent; some 500 m in the Yangtze and Pearl deltas."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    d_lon, d_lat = _shift(x, y)
    inside = (x > _CHINA[0]) & (x < _CHINA[2]) & (y > _CHINA[1]) & (y < _CHINA[3])
    return np.where(inside, x + d_lon, x), np.where(inside, y + d_lat, y)


def gcj02_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Undo `wgs84_to_gcj02`, by iteration."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Shift to the coordinates of Baidu Maps."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    z = np.hypot(x, y) + 0.00002 * np.sin(y * _X_PI)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * _X_PI)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def bd09_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Undo `gcj02_to_bd09`, by iteration."""
    return _inverse(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Both shifts; some 1 km in all."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Undo `wgs84_to_bd09`."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _inverse(forward: Callable[[Degrees, Degrees], Pair], lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """The pair that `forward` takes to (lon, lat): the shift is nearly constant, so a few corrections suffice."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    guess_x, guess_y = x.copy(), y.copy()
    for _ in range(_ROUNDS):
        there_x, there_y = forward(guess_x, guess_y)
        miss_x, miss_y = x - there_x, y - there_y
        guess_x, guess_y = guess_x + miss_x, guess_y + miss_y
        if max(_largest(miss_x), _largest(miss_y)) < _ENOUGH:
            break
    return guess_x, guess_y


def _shift(lon: Degrees, lat: Degrees) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = lat / 180.0 * np.pi
    magic = 1.0 - _EE * np.sin(phi) ** 2
    meridian = (_A * (1.0 - _EE)) / (magic * np.sqrt(magic)) * np.pi
    parallel = _A / np.sqrt(magic) * np.cos(phi) * np.pi
    return east * 180.0 / parallel, north * 180.0 / meridian


def _largest(miss: Degrees) -> float:
    return float(np.nanmax(np.abs(miss), initial=0.0))
