"""How handling goes: the rate at which cases are handled, by the share of their limit that they have used. Pure numbers.

A case that has used the share s of its limit is handled before the limit ends with probability 1 − exp(−pace × ∫ rate from s to 1). The
rates are those seen lately in stretches of 5 % of the limit: of each class of types, drawn towards the town's where the class has few cases
(piecewise exponential survival; open cases count with what they have used so far).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BINS = 20  # stretches of the limit
PRIOR = 1.0  # limits' worth of the town's experience that a class is given: as much as 20 cases bring to one stretch
PACE_PRIOR = 10.0  # cases: how far the present pace is drawn towards the usual
Array = np.ndarray[Any, Any]
EDGES: Array = np.linspace(0, 1, BINS + 1)


@dataclass(frozen=True, slots=True)
class Life:
    """One case as far as it is known: its class, the share of the limit used, and whether it was handled then."""

    kind: str
    share: float
    handled: bool


@dataclass(frozen=True, slots=True)
class Rates:
    """What is learned: cumulative rates at the edges of the stretches, of the town ("") and of each class."""

    sums: Mapping[str, Array]
    cases: int

    def between(self, kind: str, low: float, high: float) -> float:
        """Rate, summed from one share of the limit to another; beyond the limit nothing is known."""
        sums = self.sums.get(kind, self.sums[""])
        first, last = np.interp((low, high), EDGES, sums)
        return float(max(last - first, 0.0))

    def late(self, kind: str, share: float, pace: float = 1.0) -> float:
        """Probability that a case which has used `share` of its limit passes it."""
        return float(np.exp(-pace * self.between(kind, share, 1.0)))


def learn(lives: Sequence[Life]) -> Rates:
    """Rates from cases. Without any, one case in two is handled within its limit."""
    events, exposure = _counts(lives)
    town = (events + 0.035) / (exposure + 0.05)  # a twentieth of a case with ln 2 per limit
    kinds = sorted({life.kind for life in lives})
    sums = {"": _summed(town)}
    for kind in kinds:
        own_events, own_exposure = _counts([life for life in lives if life.kind == kind])
        sums[kind] = _summed((own_events + PRIOR * town) / (own_exposure + PRIOR))
    return Rates(sums, len(lives))


def _summed(rates: Array) -> Array:
    return np.concatenate(([0.0], np.cumsum(rates / BINS)))


def _counts(lives: Sequence[Life]) -> tuple[Array, Array]:
    """Cases handled in each stretch, and limits' worth of time that cases spent in it."""
    shares = np.array([life.share for life in lives], dtype=float)
    handled = np.array([life.handled for life in lives], dtype=bool)
    exposure = np.clip(shares[:, None] - EDGES[None, :-1], 0, 1 / BINS).sum(axis=0) if len(lives) else np.zeros(BINS)
    events = np.histogram(shares[handled & (shares <= 1)], bins=EDGES)[0].astype(float) if len(lives) else np.zeros(BINS)
    return events, exposure


def pace(seen: float, expected: float) -> float:
    """How quick handling is just now against the usual: cases handled lately, to those that the rates give; between a half and two."""
    return float(np.clip((seen + PACE_PRIOR) / (expected + PACE_PRIOR), 0.5, 2.0))
