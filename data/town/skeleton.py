"""The inner lines of one village or committee: its micro-grids and teams, the creeks and lanes between and inside them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town import cuts
from data.town.cuts import Cut, Floats, Style
from data.town.network import ROAD, WATER, Network
from data.town.terrain import AXIS

Widths = dict[tuple[int, int], tuple[float, float]]
INNER_WIDTH_M: Widths = {(WATER, 4): (15, 25), (WATER, 5): (9, 15.5), (ROAD, 4): (5.5, 7.5), (ROAD, 5): (3.6, 4.6)}
STREET_WIDTH_M: Widths = {(WATER, 4): (12, 22), (WATER, 5): (8, 12), (ROAD, 4): (19, 27), (ROAD, 5): (9, 13)}
MOST_PARTS = 12  # estates of a committee
VILLAGE_WET, TOWN_WET = 0.66, 0.1  # chance that a doubtful border becomes a canal


@dataclass(frozen=True, slots=True)
class Inner:
    """An inner line: `purpose` "border" parts two areas, "lane" and "creek" lie inside one."""

    kind: int
    rank: int
    width_m: float
    path: Floats
    purpose: str


@dataclass(frozen=True, slots=True)
class Part:
    """A micro-grid, estate or team: code relative to its unit ("02", "0213") and ring."""

    code: str
    ring: Floats


@dataclass
class Skeleton:
    """Areas and lines of one unit. `loose`: places where a road stops at a bank."""

    parts: list[Part] = field(default_factory=list)
    lines: list[Inner] = field(default_factory=list)
    loose: Floats = field(default_factory=lambda: np.zeros((0, 2)))

    @property
    def leaves(self) -> list[Part]:
        """The deepest parts, which tile the unit."""
        longest = max(len(part.code) for part in self.parts)
        return [part for part in self.parts if len(part.code) == longest]


class _Drawer(Network):
    """The network of one unit; starts with what passes its border."""

    def __init__(self, ring: Floats, bits: NDArray[np.uint8], widths: Widths, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.widths = widths
        self.bits.update(zip(cuts.keys(ring), (int(bit) for bit in bits), strict=True))
        self.inner: list[Inner] = []

    def part(self, ring: Floats, share: float, rank: int, style: Style, wet: float) -> Cut:
        """Part two areas by a canal or road."""
        made = self.cut(ring, share, style)
        self.add(self.kind_between(made.path, wet), rank, made.path, "border")
        return made

    def lane(self, ring: Floats, share: float, style: Style) -> Cut:
        """Lead a lane through an area."""
        made = self.cut(ring, share, style, lane=True)
        self.add(ROAD, 5, made.path, "lane")
        return made

    def add(self, kind: int, rank: int, path: Floats, purpose: str) -> None:
        width = round(float(self.rng.uniform(*self.widths[kind, rank])), 1)
        self.inner.append(Inner(kind, rank, width, path, purpose))
        self.draw(kind, path)


def village_skeleton(ring: Floats, bits: NDArray[np.uint8], teams: int, lanes_per_km2: float, rng: np.random.Generator) -> Skeleton:
    """Micro-grids of about three teams, teams, lanes for the houses and dead-end creeks."""
    drawer = _Drawer(ring, bits, INNER_WIDTH_M, rng)
    groups = np.array_split(np.arange(teams), int(np.clip(round(teams / 2.9), 3, 6)))
    rings = cuts.partition(ring, [float(len(g)) for g in groups], lambda r, s, n: drawer.part(r, s, 4, Style(0.045, AXIS), VILLAGE_WET))
    made = Skeleton()
    for g, (grid, group) in enumerate(zip(rings, groups, strict=True), 1):
        made.parts.append(Part(f"{g:02d}", grid))
        weights = [float(w) for w in rng.uniform(0.7, 1.35, len(group))]
        inner = cuts.partition(grid, weights, lambda r, s, n: drawer.part(r, s, 5, Style(0.05, AXIS), VILLAGE_WET))
        made.parts += [Part(f"{g:02d}{t:02d}", team) for t, team in enumerate(inner, 1)]
    for team in made.leaves:
        _furnish(team.ring, lanes_per_km2, drawer)
    made.lines, made.loose = drawer.inner, drawer.loose_ends()
    return made


def _furnish(ring: Floats, lanes_per_km2: float, drawer: _Drawer) -> None:
    """Lanes through a team, and now and then a creek that ends blind inside it."""
    rng = drawer.rng
    count = max(1, int(cuts.ring_area(ring) / 1e6 * lanes_per_km2 + rng.random()))
    weights = [float(w) for w in rng.uniform(0.6, 1.6, count + 1)]
    style = Style(0.035, AXIS, axis_weight=1.4, clearance_m=24.0, share_tolerance=0.12)
    cuts.partition(ring, weights, lambda r, s, n: drawer.lane(r, s, style))
    if rng.random() < 0.6:
        _creek(ring, drawer)


def _creek(ring: Floats, drawer: _Drawer) -> None:
    """A blind creek from a water at the edge of the team to about its middle."""
    wet = [k for k, key in enumerate(cuts.keys(ring)) if drawer.bits.get(key, 0) == WATER]
    if not wet:
        return
    start = ring[wet[int(drawer.rng.integers(len(wet)))]]
    middle = np.asarray(shapely.get_coordinates(shapely.point_on_surface(shapely.Polygon(ring))))[0]
    path = cuts.wiggly(start, start + (middle - start) * float(drawer.rng.uniform(0.6, 1.1)), 0.07, drawer.rng, 10.0)
    if shapely.Polygon(ring).contains(shapely.LineString(path[1:])):
        drawer.add(WATER, 5, path, "creek")


def town_skeleton(ring: Floats, bits: NDArray[np.uint8], rng: np.random.Generator) -> Skeleton:
    """Estates and micro-grids of a committee between streets, and the lanes inside them."""
    drawer = _Drawer(ring, bits, STREET_WIDTH_M, rng)
    count = int(np.clip(round(cuts.ring_area(ring) / 75_000), 3, MOST_PARTS))
    weights = [float(w) for w in rng.uniform(0.7, 1.4, count)]

    def street(r: Floats, share: float, pieces: int) -> Cut:
        return drawer.part(r, share, 4, Style(0.018, AXIS, axis_weight=1.2), TOWN_WET)

    made = Skeleton([Part(f"{k:02d}", piece) for k, piece in enumerate(cuts.partition(ring, weights, street), 1)])
    for part in made.parts:
        if cuts.ring_area(part.ring) > 35_000:
            drawer.lane(part.ring, 0.5, Style(0.012, AXIS, share_tolerance=0.1, clearance_m=24.0))
    made.lines, made.loose = drawer.inner, drawer.loose_ends()
    return made
