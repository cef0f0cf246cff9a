"""Ribbon settlement of a village: rows of small houses along lanes, homestead land around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town.coverage import Shapes, owner, polygons, shrunk
from data.town.cuts import Floats
from data.town.network import ROAD
from data.town.ribbons import Stretch, Track, boxes, ells, stretches, without_overlap
from data.town.skeleton import Inner

PLOT_DEPTH_M = 23.0  # from the lane to the back of a homestead
SECOND_ROW_SHARE = 0.34
ELL_SHARE = 0.22
GAP_M = 1.2


@dataclass(frozen=True, slots=True)
class Row:
    """One run of plots: `depth_m` is where its homestead land ends, counted from the edge of the lane."""

    stretch: Stretch
    near_m: float
    depth_m: float
    hamlet: int


@dataclass(frozen=True, slots=True)
class Buildings:
    """Footprints with what is known of each; arrays of equal length. `group` numbers the hamlet, estate or lot of the unit."""

    shapes: Shapes
    block: NDArray[np.int64]
    group: NDArray[np.int64]
    storeys: NDArray[np.int64]
    setting: NDArray[np.str_]


def settle(lines: list[Inner], blocks: Shapes, wanted: int, rng: np.random.Generator) -> tuple[Buildings, shapely.Geometry]:
    """About `wanted` houses in rows along the small roads, and the homestead land under and around them."""
    tracks = [Track(line.path) for line in lines]
    rows = _rows(lines, tracks, rng)
    shapes, row = _houses(lines, tracks, rows, rng)
    shapely.prepare(blocks)
    block = owner(shapes, blocks)
    keep = block >= 0
    shapes, row, block = shapes[keep], row[keep], block[keep]
    keep = without_overlap(shapes, GAP_M)
    shapes, row, block = shapes[keep], row[keep], block[keep]
    chosen = _rows_until(np.bincount(row, minlength=len(rows)), np.array([r.near_m > 0 for r in rows]), wanted, rng)
    keep = chosen[row]
    shapes, row, block = shapes[keep], row[keep], block[keep]
    land = _land(lines, tracks, [rows[k] for k in np.unique(row)], shapes, blocks)
    hamlet = np.array([rows[k].hamlet for k in row], dtype=np.int64)
    storeys = rng.choice([2, 3, 1], len(shapes), p=[0.62, 0.30, 0.08])
    return Buildings(shapes, block, hamlet, storeys, np.full(len(shapes), "village")), land


def _rows(lines: list[Inner], tracks: list[Track], rng: np.random.Generator) -> list[Row]:
    """Runs of plots along both sides of the lanes; some with a second row behind."""
    rows = []
    for number, (line, track) in enumerate(zip(lines, tracks, strict=True)):
        if line.kind != ROAD:
            continue
        for side in (1, -1):
            for start, stop in stretches(track.length, rng, (55.0, 260.0), (9.0, 60.0)):
                stretch = Stretch(number, side, start, stop)
                rows.append(Row(stretch, 0.0, PLOT_DEPTH_M, number))
                if rng.random() < SECOND_ROW_SHARE:
                    rows.append(Row(stretch, PLOT_DEPTH_M + 2.0, 2 * PLOT_DEPTH_M, number))
    return rows


def _houses(lines: list[Inner], tracks: list[Track], rows: list[Row], rng: np.random.Generator) -> tuple[Shapes, NDArray[np.int64]]:
    """Candidate footprints and the row of each, in order along their rows."""
    plans = [_row_plan(row, lines[row.stretch.line], tracks[row.stretch.line], rng) for row in rows]
    middle, along, size = (np.concatenate([np.zeros((0, 2)), *(plan[k] for plan in plans)]) for k in range(3))
    number = np.repeat(np.arange(len(rows)), [len(plan[0]) for plan in plans])
    return _footprints(middle, along, size[:, 0], size[:, 1], rng), number


def _row_plan(row: Row, line: Inner, track: Track, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Middles, directions along the lane, and widths and depths of the houses of one row; each (n, 2)."""
    stretch = row.stretch
    count = int((stretch.stop - stretch.start) / 13.4) + 1
    width = np.clip(rng.normal(11.0, 1.0, count), 9.2, 13.5)
    at = stretch.start + np.cumsum(width + 1.6 + rng.exponential(0.9, count)) - width / 2
    width, at = width[at < stretch.stop - 5], at[at < stretch.stop - 5]
    depth = np.clip(rng.uniform(80, 110, len(at)) / width, 7.0, 11.0)
    setback = row.near_m + rng.uniform(4.6, 6.2) + rng.normal(0, 0.35, len(at)) + depth / 2
    normal = track.normals(at)
    middle = track.at(at) + normal * (stretch.side * (line.width_m / 2 + setback))[:, None]
    along = np.column_stack([normal[:, 1], -normal[:, 0]]) * stretch.side
    return middle, along, np.column_stack([width, depth])


def _footprints(middle: Floats, along: Floats, width: Floats, depth: Floats, rng: np.random.Generator) -> Shapes:
    made = boxes(middle, along, width, depth)
    bent = rng.random(len(made)) < ELL_SHARE
    wing = rng.uniform(0.35, 0.45, len(made)) * rng.choice([-1, 1], len(made))
    made[bent] = ells(middle[bent], along[bent], width[bent], depth[bent] * 0.84, wing[bent])
    return made


def _rows_until(houses: NDArray[np.int64], behind: NDArray[np.bool_], wanted: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Rows taken in random order until they hold the wanted number of houses; a second row comes after the one before it.

    `houses` is the number of houses of each row; a row `behind` stands behind its predecessor in the list.
    """
    turn = rng.random(len(houses))
    turn[behind] = turn[np.flatnonzero(behind) - 1] + 0.12
    order = np.argsort(turn, kind="stable")
    taken = np.cumsum(houses[order]) - houses[order] / 2 < wanted
    chosen = np.zeros(len(houses), dtype=bool)
    chosen[order[taken]] = True
    return chosen


def _land(lines: list[Inner], tracks: list[Track], rows: list[Row], houses: Shapes, blocks: Shapes) -> shapely.Geometry:
    """Homestead land: the houses and the bands under the rows, without strips; clearings too small to farm are closed."""
    bands = []
    for row in rows:
        half = lines[row.stretch.line].width_m / 2 - 0.5
        near, far = (row.near_m - 3.0 if row.near_m else 0.0) + half, row.depth_m + half + 0.5
        side = row.stretch.side
        bands.append(tracks[row.stretch.line].band(row.stretch.start, row.stretch.stop + 1.0, side * near, side * far))
    whole = shrunk(shapely.union_all(bands).buffer(4.0, join_style="mitre"), 4.0, "mitre")
    shapely.prepare(whole)
    yards = shapely.buffer(houses, 1.5, join_style="mitre")
    whole = shapely.union_all([whole, *yards[~shapely.contains(whole, yards)]])
    return shapely.union_all(polygons(whole.intersection(shapely.multipolygons(list(blocks))), least_m2=150.0))
