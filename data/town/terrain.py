"""The skeleton of the town: rivers, trunk roads, and the cells between them cut down to villages and committees.

Two families of winding lines cross each other; the cells between them are cut (`cuts`) into villages and committees of given
areas. Every cut becomes a canal or a road, so that borders follow features as they do in the delta.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town import cuts
from data.town.cuts import Cut, Floats, Style
from data.town.names import road_names, water_names
from data.town.network import ROAD, WATER, Network

ORIGIN = (376_100.0, 3_453_400.0)  # about 121.70 E 31.20 N in EPSG:4550
VILLAGE_KM2, COMMITTEE_KM2 = 75.0 / 42, 22.0 / 46
CELL_KM2 = 6.5
AXIS = 0.14  # the tilt of the whole network, radians
NORTHWARD = ((WATER, 2), (ROAD, 2), (WATER, 1), (ROAD, 1), (WATER, 2), (ROAD, 2))  # kind, rank of the lines from west to east
EASTWARD = ((ROAD, 2), (WATER, 2), (ROAD, 2), (WATER, 1), (ROAD, 2), (WATER, 2))
WIDTH_M = {(WATER, 1): (58, 82), (WATER, 2): (34, 48), (WATER, 3): (23, 36), (ROAD, 1): (52, 60), (ROAD, 2): (36, 46), (ROAD, 3): (18, 28)}


@dataclass(frozen=True, slots=True)
class Feature:
    """A canal or road by its centre line; `kind` is WATER or ROAD, `rank` 1 to 5."""

    kind: int
    rank: int
    width_m: float
    line: shapely.LineString
    name: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A village or committee: open anticlockwise ring on the 0.01 m grid; `bits` says which kinds of feature pass each vertex."""

    kind: Literal["village", "committee"]
    ring: Floats
    bits: NDArray[np.uint8]
    nearness: float  # 0 at a town centre, growing outwards, in metres


@dataclass(frozen=True, slots=True)
class Terrain:
    """`features` of town rank; `units` in reading order; `loose` are road ends that stop at a bank instead of crossing."""

    units: list[Unit]
    features: list[Feature]
    loose: Floats


class _Sketch(Network):
    """The network of the terrain, with the rank of each line."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.ranks: list[int] = []

    def add(self, kind: int, rank: int, path: Floats) -> None:
        self.draw(kind, path)
        self.ranks.append(rank)


def unit_counts(scale: float) -> tuple[int, int]:
    """Number of villages and of committees at `scale`."""
    return max(2, round(42 * scale)), max(1, round(46 * scale))


def build_terrain(seed: int, scale: float) -> Terrain:
    """Rivers, roads, villages and committees of the town."""
    rng = np.random.default_rng([seed, 1])
    villages, committees = unit_counts(scale)
    shrink = 0.62 if scale < 0.06 else 1.0  # a test town has small villages
    sizes = {
        "village": _sizes(villages, VILLAGE_KM2 * shrink, (0.6, 4.9), rng),
        "committee": _sizes(committees, COMMITTEE_KM2, (0.2, 1.2), rng),
    }
    sketch = _Sketch(rng)
    cells = _cells(sum(map(sum, sizes.values())), sketch)
    centres = _centres(cells, max(1, round(scale)))
    town, country = _town_cells(cells, sum(sizes["committee"]), centres, sketch)
    units = [*_units("village", country, sizes["village"], sketch), *_units("committee", town, sizes["committee"], sketch)]
    features = _features(sketch)
    made = [Unit(kind, ring, sketch.bits_of(ring), _nearness(ring, centres)) for kind, ring in units]
    return Terrain(sorted(made, key=_reading_order), features, sketch.loose_ends())


def _sizes(count: int, mean_km2: float, bounds: tuple[float, float], rng: np.random.Generator) -> list[float]:
    """Log-normal areas in m² with the wanted sum."""
    raw = np.exp(rng.normal(0.0, 0.45, count))
    sizes = raw / raw.mean() * mean_km2
    for _ in range(20):
        sizes = np.clip(sizes, *bounds)
        sizes *= mean_km2 / sizes.mean()
    return [float(size) for size in sizes * 1e6]


def _cells(area_m2: float, sketch: _Sketch) -> list[Floats]:
    """The cells between the main rivers and roads, nearest the middle, scaled to `area_m2` in all."""
    count = max(1, round(area_m2 / 1e6 / CELL_KM2))
    side = int(np.ceil(np.sqrt(count * 1.02)))
    spacing = np.sqrt(area_m2 / count)
    north, east = (_family(side, spacing, pattern, sketch.rng) for pattern in (NORTHWARD, EASTWARD))
    middle = (side - 1) / 2
    jitter = sketch.rng.random((side, side)) * 0.9
    order = sorted(((i - middle) ** 2 * 1.2 + (j - middle) ** 2 + jitter[i, j], i, j) for i in range(side) for j in range(side))
    chosen = sorted((i, j) for _, i, j in order[:count])
    mesh = _Mesh(north, east)
    factor = np.sqrt(area_m2 / sum(shapely.Polygon(mesh.ring(i, j)).area for i, j in chosen))
    mesh = _Mesh([line * factor for line in north], [line * factor for line in east])
    for (family, k, _), path in mesh.used_sides(chosen).items():
        kind, rank = (NORTHWARD, EASTWARD)[family][k % 6]
        sketch.add(kind, rank, path)
    return [mesh.ring(i, j) for i, j in chosen]


def _family(side: int, spacing: float, pattern: tuple[tuple[int, int], ...], rng: np.random.Generator) -> list[Floats]:
    """`side` + 1 winding lines along the second axis, not yet warped; columns are across and along."""
    along = np.arange(-0.8 * spacing, (side + 0.8) * spacing, 18.0) - side * spacing / 2
    gaps = np.exp(rng.normal(0, 0.16, side)) if side > 1 else np.ones(side)
    at = np.concatenate([[0.0], np.cumsum(gaps / gaps.mean())]) * spacing - side * spacing / 2
    return [np.column_stack([x + _meander(along, spacing, *pattern[k % 6], rng), along]) for k, x in enumerate(at)]


def _meander(along: Floats, spacing: float, kind: int, rank: int, rng: np.random.Generator) -> Floats:
    """Rivers wind at several wavelengths, expressways hardly."""
    strength = 0.04 if kind == WATER else 0.012 * rank
    lengths = np.array([2.3, 1.1, 0.55, 0.3]) * spacing
    sizes = np.array([1.0, 0.6, 0.35 * (kind == WATER), 0.16 * (kind == WATER)]) * strength * spacing
    phases = rng.random(4) * 2 * np.pi
    return np.asarray(np.sin(2 * np.pi * along[:, None] / lengths * np.exp(rng.normal(0, 0.15, 4)) + phases) @ sizes)


def _warp(points: Floats) -> Floats:
    """A smooth deformation of the whole plane: tilt, and slow waves that keep any two lines from being parallel."""
    x, y = points.T
    dx = 330 * np.sin(y / 2100 + 0.7) + 140 * np.sin(y / 900 + x / 2900)
    dy = 290 * np.sin(x / 1900 + 2.1) + 150 * np.sin(x / 800 - y / 3100)
    c, s = np.cos(AXIS), np.sin(AXIS)
    return np.column_stack([c * (x + dx) - s * (y + dy), s * (x + dx) + c * (y + dy)])


class _Mesh:
    """Crossings of the two families and the sides between them, on the 0.01 m grid."""

    def __init__(self, north: list[Floats], east: list[Floats]) -> None:
        self._north = [shapely.LineString(_warp(line)) for line in north]
        self._east = [shapely.LineString(_warp(line[:, ::-1])) for line in east]
        self._sides: dict[tuple[int, int, int], Floats] = {}

    def _crossing(self, i: int, j: int) -> shapely.Point:
        hit = self._north[i].intersection(self._east[j])
        return hit if hit.geom_type == "Point" else shapely.get_geometry(hit, 0)

    def side(self, family: int, k: int, m: int) -> Floats:
        """Side `m` of line `k`: between its crossings with lines `m` and `m` + 1 of the other family."""
        if (family, k, m) not in self._sides:
            line = (self._north, self._east)[family][k]
            ends = [self._crossing(k, m + d) if family == 0 else self._crossing(m + d, k) for d in (0, 1)]
            at = np.linspace(line.project(ends[0]), line.project(ends[1]), 2 + int(abs(line.project(ends[1]) - line.project(ends[0])) / 18))
            path = shapely.get_coordinates(shapely.line_interpolate_point(line, at)) + ORIGIN
            path[0], path[-1] = (shapely.get_coordinates(end)[0] + ORIGIN for end in ends)
            self._sides[family, k, m] = np.round(path, 2)
        return self._sides[family, k, m]

    def ring(self, i: int, j: int) -> Floats:
        """The cell between northward lines i, i+1 and eastward lines j, j+1, anticlockwise."""
        south, north = self.side(1, j, i), self.side(1, j + 1, i)
        west, east = self.side(0, i, j), self.side(0, i + 1, j)
        return np.vstack([south[:-1], east[:-1], north[::-1][:-1], west[::-1][:-1]])

    def used_sides(self, cells: list[tuple[int, int]]) -> dict[tuple[int, int, int], Floats]:
        """The sides of the given cells, each once."""
        used = {side for i, j in cells for side in ((0, i, j), (0, i + 1, j), (1, j, i), (1, j + 1, i))}
        return {key: self.side(*key) for key in sorted(used)}


def _centres(cells: list[Floats], count: int) -> Floats:
    """One town centre a town's worth of cells, spread over them: farthest-first from a place beside the middle."""
    middles = np.array([cell.mean(axis=0) for cell in cells])
    chosen = [int(np.argmin(np.sum((middles - middles.mean(axis=0) - (150.0, 250.0)) ** 2, axis=1)))]
    while len(chosen) < min(count, len(cells)):
        gaps = np.min(np.linalg.norm(middles[:, None] - middles[None, chosen], axis=2), axis=1)
        chosen.append(int(np.argmax(gaps)))
    return middles[chosen]


def _nearness(ring: Floats, centres: Floats) -> float:
    return float(np.min(np.linalg.norm(centres - ring.mean(axis=0), axis=1)))


def _town_cells(cells: list[Floats], area_m2: float, centres: Floats, sketch: _Sketch) -> tuple[list[Floats], list[Floats]]:
    """Split the cells into town and country; the last town cell is cut so that the town gets its area."""
    ranked = sorted(cells, key=lambda ring: _nearness(ring, centres))
    town: list[Floats] = []
    country: list[Floats] = []
    for ring in ranked:
        area = cuts.ring_area(ring)
        if area_m2 > 0.92 * area:
            town.append(ring)
            area_m2 -= area
        elif area_m2 > 0.08 * area:
            made = _cut(sketch, 0.0, ring, area_m2 / area, 9)
            town.append(made.first)
            country.append(made.second)
            area_m2 = 0.0
        else:
            country.append(ring)
    return town, country


def _units(
    kind: Literal["village", "committee"], cells: list[Floats], sizes: list[float], sketch: _Sketch
) -> list[tuple[Literal["village", "committee"], Floats]]:
    """Cut the cells into as many units as there are sizes, the sizes being packed into the cells first."""
    wet = 0.5 if kind == "village" else 0.12
    made = []
    for ring, packed in zip(cells, _packed([cuts.ring_area(ring) for ring in cells], sizes), strict=True):
        order = [packed[k] for k in sketch.rng.permutation(len(packed))]
        made += [(kind, piece) for piece in cuts.partition(ring, order, partial(_cut, sketch, wet))]
    return made


def _packed(capacities: list[float], sizes: list[float]) -> list[list[float]]:
    """Each size goes to the cell with the most room left; each cell gets at least one."""
    packed: list[list[float]] = [[] for _ in capacities]
    for done, size in enumerate(sorted(sizes, reverse=True)):
        empty = [k for k, group in enumerate(packed) if not group]
        pool = empty if len(empty) >= len(sizes) - done else range(len(packed))
        packed[max(pool, key=lambda k: capacities[k] - sum(packed[k]))].append(size)
    return packed


def _cut(sketch: _Sketch, wet: float, ring: Floats, share: float, pieces: int) -> Cut:
    """One cut of the terrain; what it becomes depends on what it meets."""
    made = sketch.cut(ring, share, Style(wiggle=0.04, axis=AXIS, clearance_m=30.0))
    kind = sketch.kind_between(made.path, wet)
    sketch.add(kind, 2 if kind == ROAD and pieces >= 8 else 3, made.path)
    return made


def _features(sketch: _Sketch) -> list[Feature]:
    """Lines of one kind and rank joined end to end, each with its width."""
    features = []
    for kind, rank in sorted(WIDTH_M):
        paths = [shapely.LineString(path) for (k, path), r in zip(sketch.lines, sketch.ranks, strict=True) if (k, r) == (kind, rank)]
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(paths))) if paths else []
        named = (water_names if kind == WATER else road_names)([rank] * len(merged), sketch.rng)
        widths = np.round(sketch.rng.uniform(*WIDTH_M[kind, rank], len(merged)), 1)
        features += [Feature(kind, rank, float(width), line, name) for line, width, name in zip(merged, widths, named, strict=True)]
    return features


def _reading_order(unit: Unit) -> tuple[bool, int, int]:
    """Committees first, then from north to south and west to east."""
    x, y = unit.ring.mean(axis=0)
    return unit.kind == "village", -int(y // 1500), int(x)
