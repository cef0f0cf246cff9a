"""The lines drawn so far and where they meet: what kind of line a new one becomes, and which ends suit it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.town import cuts
from data.town.cuts import Cut, Floats, Key, Style

WATER, ROAD = 1, 2
ELBOW_M = 70.0  # two junctions nearer than this look like a mistake


class Network:
    """Lines by kind (WATER, ROAD) with the kinds that pass each vertex (`bits`) and the kinds that end there."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.lines: list[tuple[int, Floats]] = []
        self.bits: dict[Key, int] = {}
        self._ends: dict[Key, int] = {}

    def draw(self, kind: int, path: Floats) -> None:
        """Add a line."""
        self.lines.append((kind, path))
        for key in cuts.keys(path):
            self.bits[key] = self.bits.get(key, 0) | kind
        for key in cuts.keys(path[[0, -1]]):
            self._ends[key] = self._ends.get(key, 0) | kind

    def bits_of(self, ring: Floats) -> NDArray[np.uint8]:
        """Kinds that pass each vertex of the ring."""
        return np.array([self.bits.get(key, 0) for key in cuts.keys(ring)], dtype=np.uint8)

    def cut(self, ring: Floats, share: float, style: Style, lane: bool = False) -> Cut:
        """Cut a ring, with ends where lines of this network suit it; the path is not drawn yet."""
        bits = self.bits_of(ring)
        ends = np.array([self._ends.get(key, 0) for key in cuts.keys(ring)], dtype=np.uint8)
        return cuts.cut(ring, share, self.rng, style, ends > 0, _end_costs(ring, bits, ends, lane))

    def kind_between(self, path: Floats, wet: float = 0.5) -> int:
        """Kind of a new line by the kinds at its two ends: canals join waters, roads join roads. `wet` is the chance of a doubtful one."""
        start, end = (self.bits.get(key, 0) for key in cuts.keys(path[[0, -1]]))
        waters, roads = (start & WATER) + (end & WATER), ((start & ROAD) + (end & ROAD)) // 2
        return WATER if self.rng.random() < wet + 0.24 * (waters - roads) else ROAD

    def loose_ends(self) -> Floats:
        """Ends of roads at a water where no other road goes on."""
        count: dict[Key, int] = {}
        for key in (key for kind, path in self.lines if kind == ROAD for key in cuts.keys(path)):
            count[key] = count.get(key, 0) + 1
        ends = {key for kind, path in self.lines if kind == ROAD for key in cuts.keys(path[[0, -1]])}
        loose = sorted(key for key in ends if count[key] == 1 and self.bits[key] & WATER)
        return np.array(loose, dtype=float).reshape(-1, 2) / 100


def _end_costs(ring: Floats, bits: NDArray[np.uint8], ends: NDArray[np.uint8], lane: bool) -> Floats:
    """A crossing at an old junction is welcome, most of all where a road stops at a bank and could be bridged; one just beside is not."""
    cost = np.zeros(len(ring))
    if lane:
        cost += np.where(bits & ROAD, -0.35, np.where(bits & WATER, 0.35, 0.0))
    nodes = ring[ends > 0]
    if len(nodes):
        near = np.min(np.hypot(ring[:, None, 0] - nodes[None, :, 0], ring[:, None, 1] - nodes[None, :, 1]), axis=1)
        cost += np.where(near < ELBOW_M, 1.5, 0.0)
        cost[ends > 0] = np.where((ends & ROAD > 0) & (bits & WATER > 0), -1.4, -0.5)[ends > 0]
    return cost
