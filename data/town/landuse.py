"""Land of a unit: how open ground is split into fields and lots, and which class each face gets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town.coverage import Shapes, polygons, shrunk
from data.town.cuts import Floats

FIELD_WIDTH_M, FIELD_LENGTH_M = 22.0, 78.0  # between two ditches, and from the ditch to the lane: a plot of 1 to 3 mu
# Shares of a village's whole land for what is dealt to open ground (domain 8.2); the rest is cropland.
VILLAGE_QUOTA = {
    "0601": 0.055, "05H1": 0.010, "0508": 0.004, "08H1": 0.006, "08H2": 0.010, "0809": 0.006, "0301": 0.064, "0307": 0.036,
    "0201": 0.050, "0204": 0.013, "0404": 0.011, "1104": 0.018, "1104A": 0.008, "1202": 0.019, "1201": 0.004, "1206": 0.002,
}  # fmt: skip
ARCHETYPE_FACTOR = {
    "A": {"0601": 2.1, "05H1": 2.0, "0201": 0.6},
    "B": {"0601": 1.1},
    "C": {"0601": 0.35, "0201": 1.3},
    "D": {"0601": 0.8, "1201": 4.0},
}
TOWN_QUOTA = {
    "0701": 0.34, "05H1": 0.08, "0508": 0.02, "0601": 0.10, "08H1": 0.022, "08H2": 0.075, "0809": 0.015, "0810": 0.036,
    "0810A": 0.004, "0301": 0.03, "1005": 0.012, "1201": 0.01, "0404": 0.012,
}  # fmt: skip
BUILT = frozenset({"0601", "05H1", "0508", "08H1", "08H2", "0809", "0701"})
PADDY_SHARE = 14 / 23
# How many neighbouring lots of a town one draw takes: from, below. Of the smaller plots of a village it takes PLOTS_A_LOT times as many.
RUN = {"0301": (6, 18), "0307": (7, 18), "0201": (8, 20), "0810": (4, 9), "0601": (2, 10), "0701": (3, 14)}
PLOTS_A_LOT = 5
CROP_RUN = 12  # plots side by side that one farmer sows alike


@dataclass(frozen=True, slots=True)
class Plan:
    """How ground is split: width and length of a strip in metres, and by how much lines swing from parallel (radians).

    `many` multiplies the numbers of RUN.
    """

    width_m: float = FIELD_WIDTH_M
    length_m: float = FIELD_LENGTH_M
    swing: float = 0.05
    many: int = PLOTS_A_LOT


TOWN_PLAN = Plan(width_m=72.0, length_m=105.0, swing=0.02, many=1)


def ponds(pieces: Shapes, area_m2: float, rng: np.random.Generator) -> list[shapely.Geometry]:
    """Small rounded ponds well inside open ground, about `area_m2` together."""
    if not len(pieces) or area_m2 <= 0:
        return []
    made: list[shapely.Geometry] = []
    size = shapely.area(pieces)
    picks = rng.choice(len(pieces), min(len(pieces), int(area_m2 / 700) + 1), replace=False, p=size / size.sum())
    for pick in sorted(int(k) for k in picks):
        inner = shrunk(pieces[pick], 22.0)
        if not inner.is_empty:
            corner = shapely.get_coordinates(inner)[0]
            made += list(polygons(_blob(corner, rng).intersection(shrunk(pieces[pick], 1.0)), least_m2=120.0))
    return made


def _blob(middle: Floats, rng: np.random.Generator) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    stretch, turn = rng.uniform(1.0, 1.9), rng.uniform(0, np.pi)
    radius = rng.uniform(8, 17) * (1 + 0.14 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.1 * np.sin(3 * angle + rng.uniform(0, 6)))
    x, y = radius * np.cos(angle) * stretch, radius * np.sin(angle)
    return shapely.Polygon(np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)]) + middle)


def split_lines(pieces: Shapes, plan: Plan, rng: np.random.Generator) -> list[shapely.Geometry]:
    """Lines that cut each piece of ground into strips across its longer direction, and across again where strips get too long."""
    lines: list[shapely.Geometry] = []
    owners: list[int] = []
    for number, piece in enumerate(pieces):
        if piece.area > 1.4 * plan.width_m * 40:
            made = _piece_lines(shapely.get_coordinates(shapely.minimum_rotated_rectangle(piece)), plan, rng)
            lines += made
            owners += [number] * len(made)
    cut = shapely.intersection(np.array(lines, dtype=object), pieces[owners]) if lines else np.array([], dtype=object)
    parts = shapely.get_parts(cut)
    return list(parts[shapely.length(parts) > 1.0])


def _piece_lines(corners: Floats, plan: Plan, rng: np.random.Generator) -> list[shapely.Geometry]:
    a, b = corners[1] - corners[0], corners[2] - corners[1]
    origin, long, short = (corners[0], a, b) if np.hypot(*a) >= np.hypot(*b) else (corners[1], b, -a)
    length, depth = float(np.hypot(*long)), float(np.hypot(*short))
    lines = []
    for start, stop in _ranges(length, plan, rng):
        lines.append(_across(origin, long, short, start / length, stop / length))
    for k in range(1, int(depth / plan.length_m + 0.5)):
        at = k / int(depth / plan.length_m + 0.5) + float(rng.uniform(-0.08, 0.08))
        lines.append(_across(origin, short, long, at, at + float(rng.normal(0, 0.03))))
    return lines


def _ranges(length: float, plan: Plan, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Where strip borders start and end along the two long sides; spacing is log-normal, the swing shared by the piece."""
    count = int(length / plan.width_m * 2.2) + 2
    gaps = plan.width_m * np.exp(rng.normal(-0.05, 0.38, count))
    at = np.cumsum(np.maximum(gaps, 0.55 * plan.width_m))
    at = at[at < length - 0.5 * plan.width_m]
    lean = float(rng.normal(0, plan.swing)) * length * 0.4
    return [(float(x), float(x + lean + rng.normal(0, 1.5))) for x in at]


def _across(origin: Floats, long: Floats, short: Floats, start: float, stop: float) -> shapely.LineString:
    return shapely.LineString([origin + long * start - short * 0.02, origin + long * stop + short * 1.02])


def deal(
    area: Floats, piece: NDArray[np.int64], distance: Floats, quota: dict[str, float], many: int, rng: np.random.Generator
) -> NDArray[np.str_]:
    """Land classes for open faces: each class takes runs of neighbouring faces until its quota (m²) is filled; "" for what is left.

    `piece` is the block of each face and `distance` that from the nearest street (m): built classes want to be near, forest far.
    `many` multiplies the length of runs.
    """
    result = np.full(len(area), "", dtype="<U5")
    free = area > 250
    for code, wanted in sorted(quota.items(), key=lambda item: -item[1]):
        taken = 0.0
        while taken < wanted * 0.93 and free.any():
            start = _pick(free, area, distance, code, wanted - taken, rng)
            run = _run(start, free & (piece == piece[start]), many * int(rng.integers(*RUN.get(code, (1, 6)))))
            sums = taken + np.cumsum(area[run])
            run = run[: max(1, int(np.sum(sums < wanted * 1.1)))]
            result[run], free[run] = code, False
            taken += float(area[run].sum())
    return result


def _pick(free: NDArray[np.bool_], area: Floats, distance: Floats, code: str, room: float, rng: np.random.Generator) -> int:
    """A free face that suits the class: by distance from a street and by size."""
    suits = np.exp(-distance / 120.0) if code in BUILT else 1 - np.exp(-(distance + 10) / 200.0)
    weight = np.where(free, (suits + 0.02) * np.where(area < 1.6 * room, 1.0, 0.01), 0.0)
    return int(rng.choice(len(area), p=weight / weight.sum()))


def _run(start: int, open_here: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Up to `count` open faces in a row from `start`; faces of a piece are numbered along it."""
    candidates = np.flatnonzero(open_here)
    position = int(np.searchsorted(candidates, start))
    return candidates[position : position + count]


def crops(piece: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.str_]:
    """Paddy or irrigated cropland of plots in the order of `along_order`: mostly alike within one block, and changing by runs of plots."""
    main = rng.random(int(piece.max(initial=0)) + 1) < PADDY_SHARE
    run = np.cumsum(rng.random(len(piece)) < 1 / CROP_RUN)
    other = rng.random(int(run.max(initial=0)) + 1) < 0.14
    return np.where(main[piece] ^ other[run], "0101", "0102")


def along_order(shapes: Shapes, piece: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order of faces so that those of one piece follow each other along its longer axis."""
    middle = shapely.get_coordinates(shapely.centroid(shapes)) if len(shapes) else np.zeros((0, 2))
    key = np.zeros(len(shapes))
    for number in np.unique(piece):
        mine = piece == number
        local = middle[mine] - middle[mine].mean(axis=0)
        axis = np.linalg.eigh(local.T @ local)[1][:, -1] if mine.sum() > 1 else np.array([1.0, 0.0])
        key[mine] = local @ (axis * np.sign(axis[0] + axis[1] * 1e-3 or 1.0))
    return np.lexsort((key, piece))
