"""Cutting a ring in two along a wiggling path between two of its own vertices.

Because every cut starts and ends at a vertex that already exists, and both halves take the same path, areas that come from
cuts form an exact coverage: shared vertices, no gap, no overlap, without any overlay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Key = tuple[int, int]

MAX_CANDIDATES = 170  # vertices tried as ends of a cut; the pairs are scored as one matrix
STEP_M = 18.0  # spacing of the vertices of a new path


@dataclass(frozen=True, slots=True)
class Style:
    """How a family of cuts looks. `wiggle` is the amplitude as a share of the length; `axis` the favoured direction (radians)."""

    wiggle: float = 0.045
    axis: float = 0.15
    axis_weight: float = 0.8
    clearance_m: float = 14.0
    share_tolerance: float = 0.045


@dataclass(frozen=True, slots=True)
class Cut:
    """`path` runs from a vertex of the ring to another; `first` holds about the asked share of the area, `second` the rest."""

    path: Floats
    first: Floats
    second: Floats


def keys(points: Floats) -> list[Key]:
    """Integer centimetre keys of points that lie on the 0.01 m grid."""
    return [(int(x), int(y)) for x, y in np.rint(points * 100).astype(np.int64)]


def ring_area(ring: Floats) -> float:
    """Area of an open ring, positive when it runs anticlockwise."""
    x, y = (ring - ring[0]).T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def wiggly(start: Floats, end: Floats, amplitude: float, rng: np.random.Generator, step_m: float = STEP_M) -> Floats:
    """A path from `start` to `end` bent by a few sine waves of falling amplitude (`amplitude` times its length), on the 0.01 m grid."""
    chord = end - start
    length = float(np.hypot(*chord))
    s = np.linspace(0.0, 1.0, max(3, int(length / step_m) + 1))
    waves = np.arange(1, 6 + int(length / 700))
    weights = rng.normal(size=len(waves)) / waves**1.15
    offset = amplitude * length * np.sin(np.pi * np.outer(s, waves)) @ weights
    normal = np.array([-chord[1], chord[0]]) / max(length, 1e-9)
    path = start + np.outer(s, chord) + np.outer(offset, normal)
    path[0], path[-1] = start, end
    return np.asarray(np.round(path, 2))


def cut(ring: Floats, share: float, rng: np.random.Generator, style: Style, node: NDArray[np.bool_], end_cost: Floats) -> Cut:
    """Cut `ring` (open, anticlockwise) so that one half holds about `share` of its area.

    Vertices marked as `node` are always tried as ends; `end_cost` says for every vertex how ill it suits as one.
    """
    pairs = _ranked_pairs(ring, share, rng, style, node, end_cost)
    polygon = shapely.Polygon(ring)
    shapely.prepare(polygon)
    edge = polygon.exterior
    fallback: Cut | None = None
    for i, j, swap in pairs:
        for wiggle in (style.wiggle, style.wiggle * 0.5, style.wiggle * 0.2, 0.0):
            path = wiggly(ring[i], ring[j], wiggle, rng)
            if not polygon.contains(shapely.LineString(path)):
                continue
            made = _halves(ring, i, j, path, swap)
            if _is_clear(path, edge, style.clearance_m):
                return made
            fallback = fallback or made
    if fallback is None:
        raise ValueError("no chord of this ring stays inside it")
    return fallback


def _halves(ring: Floats, i: int, j: int, path: Floats, swap: bool) -> Cut:
    near = np.vstack([ring[i : j + 1], path[-2:0:-1]])
    far = np.vstack([ring[j:], ring[: i + 1], path[1:-1]])
    return Cut(path, far, near) if swap else Cut(path, near, far)


def _is_clear(path: Floats, edge: shapely.LinearRing, clearance_m: float) -> bool:
    inner = path[3:-3]
    return len(inner) == 0 or bool(np.min(shapely.distance(shapely.points(inner), edge)) >= clearance_m)


def _ranked_pairs(
    ring: Floats, share: float, rng: np.random.Generator, style: Style, node: NDArray[np.bool_], end_cost: Floats
) -> list[tuple[int, int, bool]]:
    """The best pairs of vertices (i < j) for a cut, best first, and whether the second half is the one with `share`."""
    n = len(ring)
    index = np.unique(np.linspace(0, n - 1, min(n, MAX_CANDIDATES)).astype(int))
    index = np.union1d(index, np.flatnonzero(node))
    local = ring - ring.mean(axis=0)
    following = np.roll(local, -1, axis=0)
    cross = local[:, 0] * following[:, 1] - following[:, 0] * local[:, 1]
    total = np.concatenate([[0.0], np.cumsum(cross)])
    p, c = local[index], total[index]
    a, b = np.triu_indices(len(index), k=2)
    area = 0.5 * (c[b] - c[a] + p[b, 0] * p[a, 1] - p[a, 0] * p[b, 1])
    whole = 0.5 * total[-1]
    part = area / whole
    swap = np.abs(part - share) > np.abs(1 - part - share)
    error = np.where(swap, np.abs(1 - part - share), np.abs(part - share))
    chord = p[b] - p[a]
    length = np.hypot(chord[:, 0], chord[:, 1])
    tangent = _tangents(local)[index]
    score = (
        (error / style.share_tolerance) ** 2 + 1.6 * (length / np.sqrt(whole)) ** 2 + _end_angle_cost(chord, length, tangent[a], tangent[b])
    )
    score += style.axis_weight * np.sin(2 * (np.arctan2(chord[:, 1], chord[:, 0]) - style.axis)) ** 2
    score += rng.random(len(score)) * 0.5
    score += end_cost[index[a]] + end_cost[index[b]]
    best = np.argsort(score, kind="stable")[:14]
    return [(int(index[a[k]]), int(index[b[k]]), bool(swap[k])) for k in best]


def _tangents(ring: Floats) -> Floats:
    delta = np.roll(ring, -2, axis=0) - np.roll(ring, 2, axis=0)
    return np.asarray(delta / np.maximum(np.hypot(delta[:, 0], delta[:, 1]), 1e-9)[:, None])


def _end_angle_cost(chord: Floats, length: Floats, at_start: Floats, at_end: Floats) -> Floats:
    """Lines meet at right angles rather than at a graze."""
    unit = chord / np.maximum(length, 1e-9)[:, None]
    return np.asarray(0.9 * (np.sum(unit * at_start, axis=1) ** 2 + np.sum(unit * at_end, axis=1) ** 2))


def partition(ring: Floats, weights: list[float], make: Callable[[Floats, float, int], Cut]) -> list[Floats]:
    """Cut `ring` into as many pieces as there are `weights`, sized by them, in order. `make(ring, share, pieces)` does one cut."""
    if len(weights) == 1:
        return [ring]
    split = _halving_point(weights)
    made = make(ring, sum(weights[:split]) / sum(weights), len(weights))
    return partition(made.first, weights[:split], make) + partition(made.second, weights[split:], make)


def _halving_point(weights: list[float]) -> int:
    sums = np.cumsum(weights)
    return int(np.clip(np.argmin(np.abs(sums - sums[-1] / 2)) + 1, 1, len(weights) - 1))
