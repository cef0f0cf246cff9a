"""Web-mercator (EPSG:3857) and its tiles. Scalars or arrays; metres; tile rows count from the north."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

RADIUS_M = 6378137.0
HALF_M = math.pi * RADIUS_M  # half the width of the world, 20 037 508.34 m
MAX_LATITUDE = 85.0511287798066

Metres = npt.NDArray[np.float64]


def lonlat_to_mercator(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Metres, Metres]:
    """Metres east and north on the sphere; latitudes beyond ±85.0511° are clamped."""
    phi = np.radians(np.clip(np.asarray(lat, float), -MAX_LATITUDE, MAX_LATITUDE))
    return RADIUS_M * np.radians(np.asarray(lon, float)), RADIUS_M * np.log(np.tan(np.pi / 4 + phi / 2))


def mercator_to_lonlat(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Metres, Metres]:
    """Degrees of metres on the sphere."""
    lat = np.degrees(2 * np.arctan(np.exp(np.asarray(y, float) / RADIUS_M)) - np.pi / 2)
    return np.degrees(np.asarray(x, float) / RADIUS_M), lat


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile at `zoom` that holds the point."""
    x, y = lonlat_to_mercator(lon, lat)
    count = 1 << zoom
    column = int((float(x) + HALF_M) / (2 * HALF_M) * count)
    row = int((HALF_M - float(y)) / (2 * HALF_M) * count)
    return min(max(column, 0), count - 1), min(max(row, 0), count - 1)


def tile_bounds(column: int, row: int, zoom: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile in metres."""
    side = 2 * HALF_M / (1 << zoom)
    west, north = column * side - HALF_M, HALF_M - row * side
    return west, north - side, west + side, north


def tile_number(column: npt.ArrayLike, row: npt.ArrayLike, zoom: int) -> npt.NDArray[np.int64]:
    """Number of tiles in a PMTiles file: zoom by zoom, along the Hilbert curve of each."""
    x, y = np.asarray(column, np.int64), np.asarray(row, np.int64)
    number = np.zeros_like(x)
    for bit in range(zoom - 1, -1, -1):
        side = 1 << bit
        right, down = (x & side) > 0, (y & side) > 0
        number = number + side * side * ((3 * right) ^ down)
        flip, turn = ~down & right, ~down
        x, y = np.where(flip, side - 1 - (x & (side - 1)), x & (side - 1)), np.where(flip, side - 1 - (y & (side - 1)), y & (side - 1))
        x, y = np.where(turn, y, x), np.where(turn, x, y)
    return number + ((1 << 2 * zoom) - 1) // 3
