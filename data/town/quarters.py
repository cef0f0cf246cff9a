"""Larger buildings in lots: blocks of flats, shops, factories, schools and offices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town.coverage import Shapes, shrunk
from data.town.cuts import Floats
from data.town.ribbons import boxes
from data.town.settlement import Buildings


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a lot is built up; pairs are from-to in metres. `most` limits the buildings of one lot."""

    setting: str
    width: tuple[float, float]
    depth: tuple[float, float]
    gap: tuple[float, float]
    row: tuple[float, float]
    storeys: tuple[int, ...]
    most: int
    fill: float


_NONE: Shapes = np.array([], dtype=object)
SLABS = Pattern("flat", (46, 70), (13, 15), (12, 20), (33, 42), (6, 6, 6, 5, 6, 7), 60, 0.95)
TOWERS = Pattern("flat", (26, 38), (16, 19), (22, 32), (48, 60), (11, 14, 18, 18, 24), 40, 0.92)
PATTERNS: dict[str, tuple[Pattern, ...]] = {
    "0701": (SLABS, SLABS, TOWERS),
    "05H1": (Pattern("shop", (20, 46), (13, 20), (8, 16), (30, 44), (2, 3, 4, 3, 5), 4, 0.6),),
    "0601": (Pattern("factory", (38, 84), (20, 34), (12, 20), (36, 48), (1, 1, 2, 3), 3, 0.85),),
    "0508": (Pattern("factory", (50, 90), (26, 38), (16, 24), (48, 60), (1, 1, 2), 3, 0.9),),
    "08H1": (Pattern("public", (26, 44), (13, 16), (16, 26), (34, 44), (2, 3, 4, 6), 1, 1.0),),
    "08H2": (Pattern("public", (34, 60), (13, 17), (16, 24), (34, 46), (3, 4, 4, 5), 3, 0.8),),
    "0809": (Pattern("public", (12, 24), (9, 14), (14, 24), (28, 36), (1, 1, 2), 1, 0.9),),
}


def build_lots(lots: Shapes, codes: NDArray[np.str_], rng: np.random.Generator) -> Buildings:
    """Buildings in the lots whose class code has a pattern; `group` and `block` are the number of the lot."""
    shapes: list[Shapes] = []
    lot_of: list[int] = []
    storeys: list[int] = []
    setting: list[str] = []
    for number, (lot, code) in enumerate(zip(lots, codes, strict=True)):
        options = PATTERNS.get(str(code), ())
        if not options or lot.area < 500:
            continue
        pattern = options[int(rng.integers(len(options)))]
        made = next((found for size in (1.0, 0.72, 0.5) if len(found := _fill(lot, _shrunk(pattern, size), rng))), _NONE)
        shapes.append(made)
        lot_of += [number] * len(made)
        storeys += [int(pattern.storeys[int(rng.integers(len(pattern.storeys)))])] * len(made)
        setting += [pattern.setting] * len(made)
    every = np.concatenate(shapes) if shapes else np.array([], dtype=object)
    of = np.array(lot_of, dtype=np.int64)
    return Buildings(every, of, of, np.array(storeys, dtype=np.int64), np.array(setting, dtype=np.str_))


def _shrunk(pattern: Pattern, size: float) -> Pattern:
    """The pattern for a lot that is too narrow for it."""
    width, depth, row = (
        (low * factor, high * factor)
        for (low, high), factor in ((pattern.width, size), (pattern.depth, (1 + size) / 2), (pattern.row, size))
    )
    return replace(pattern, width=width, depth=depth, row=row)


def _fill(lot: shapely.Polygon, pattern: Pattern, rng: np.random.Generator) -> Shapes:
    """Rows of boxes in the frame of the lot, from edge to edge of it."""
    inner = shrunk(lot, 5.0)
    if inner.geom_type != "Polygon" or inner.is_empty:
        return _NONE
    turn = _frame(lot)
    frame = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    middle, size = _rows(shapely.transform(inner, lambda points: points @ frame.T), pattern, rng)
    if not len(middle):
        return _NONE
    made = boxes(middle @ frame, np.tile(frame[0], (len(middle), 1)), size[:, 0], size[:, 1])
    made = made[shapely.contains(lot, made) & (rng.random(len(made)) < pattern.fill)]
    return np.asarray(made[: pattern.most])


def _frame(lot: shapely.Polygon) -> float:
    """The direction of the lot nearest to east-west, so that windows face south."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(lot))
    side = corners[1] - corners[0]
    angle = float(np.arctan2(side[1], side[0]))
    return (angle + np.pi / 4) % (np.pi / 2) - np.pi / 4


def _rows(inner: shapely.Polygon, pattern: Pattern, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Middles and sizes of boxes in rows from south to north; `inner` is already turned so that rows run along x."""
    middles: list[tuple[float, float]] = []
    sizes: list[tuple[float, float]] = []
    depth, pitch = float(rng.uniform(*pattern.depth)), float(rng.uniform(*pattern.row))
    width, gap = float(rng.uniform(*pattern.width)), float(rng.uniform(*pattern.gap))
    pitch = max(pitch, depth + 9.0)
    _, low, _, high = inner.bounds
    y = low + depth / 2 + 0.5
    while y + depth / 2 < high:
        x, stop = _room(inner, y - depth / 2, y + depth / 2)
        count = int((stop - x + gap) / (width + gap))
        spare = max(0.0, stop - x - count * width) / max(count, 1)
        for k in range(count):
            middles.append((x + (k + 0.5) * (width + spare), y))
            sizes.append((width, depth))
        y += pitch if count else 6.0
    return np.array(middles).reshape(-1, 2), np.array(sizes).reshape(-1, 2)


def _room(inner: shapely.Polygon, low: float, high: float) -> tuple[float, float]:
    """From where to where a row between two heights fits; empty (start = stop) where it does not."""
    west, _, east, _ = inner.bounds
    chords = shapely.intersection(inner, [shapely.LineString([(west - 1, y), (east + 1, y)]) for y in (low, high)])
    if shapely.is_empty(chords).any():
        return 0.0, 0.0
    bounds = shapely.bounds(chords)
    start, stop = float(bounds[:, 0].max()), float(bounds[:, 2].min())
    return (start, stop) if stop > start else (0.0, 0.0)
