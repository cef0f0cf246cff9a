"""What will become of a case, drawn when it happens: the outcomes and times of domain section 8.2.

Handling takes a share of the limit: log-normal with a median of 35 %, and about one case in ten beyond the limit, some of them long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

MEDIAN, MEDIAN_STUBBORN = 0.345, 0.492  # of the limit; a few villages keep their limits in 80 to 85 % of the cases only
SIGMA = 0.566  # of the logarithm
STUCK = 0.070  # cases that wait for weeks
STUCK_DAYS, STUCK_MOST = 26.0, 45.0  # mean of an exponential, cut off; a third of it where the limit is one of hours
STUBBORN = 0.07  # share of the villages
IMPROVED = 0.25  # a year ago handling took so much longer: 20 % less in twelve months
VERIFIED = 0.25  # of what people tell
REJECTED, SELF_CLOSED = 0.03, 0.06
VOID, RETURNED, SUSPENDED, REWORK = 0.03, 0.04, 0.006, 0.019
SUPERVISED, URGED, EXTENDED = 0.016, 0.02, 0.015
SATISFIED, SOLVED, CONTACTED = 0.93, 0.82, 0.97
ACCURACY = 0.83


@dataclass(frozen=True, slots=True)
class Plan:
    """One case's fate. Shares are of limits; times in the unit that their names say."""

    share: float
    stuck_days: float
    verify: float
    check: float
    accept_min: float
    file_min: float
    dispatch_min: float
    check_min: float
    false: bool
    to_verify: bool
    rejected: bool
    on_the_spot: bool
    void: bool
    returned: bool
    suspended: bool
    rework: bool
    supervised: bool
    urged: bool
    extended: bool
    contacted: bool
    satisfied: bool
    solved: bool
    photo: bool
    pick: float  # decides whatever else is to be chosen, 0 to 1


def draw(seed: int, ordinal: int, number: int, *, stubborn: bool, months_ago: float) -> Plan:
    """The plan of the case `number` of a day: always the same for the same numbers, whatever else has changed."""
    rng = np.random.default_rng([seed, ordinal, number, 7])
    chances = rng.random(16)
    median = (MEDIAN_STUBBORN if stubborn else MEDIAN) * (1 + IMPROVED * min(max(months_ago, 0.0), 12.0) / 12)
    share, verify, check, *minutes = rng.standard_normal(7)
    return Plan(
        share=median * math.exp(SIGMA * share), stuck_days=_stuck(chances[0]), verify=0.3 * math.exp(0.6 * verify),
        check=0.3 * math.exp(0.6 * check), accept_min=_minutes(minutes[0]), file_min=_minutes(minutes[1]),
        dispatch_min=_minutes(minutes[2]), check_min=2 * _minutes(minutes[3]),
        false=chances[1] > ACCURACY, to_verify=chances[2] < VERIFIED, rejected=chances[3] < REJECTED, on_the_spot=chances[4] < SELF_CLOSED,
        void=chances[5] < VOID, returned=chances[6] < RETURNED, suspended=chances[7] < SUSPENDED, rework=chances[8] < REWORK,
        supervised=chances[9] < SUPERVISED, urged=chances[10] < URGED, extended=chances[11] < EXTENDED,
        contacted=chances[13] < CONTACTED, satisfied=chances[14] < SATISFIED, solved=chances[15] < SOLVED,
        photo=rng.random() < 0.6, pick=float(rng.random()),
    )  # fmt: skip


def _stuck(chance: float) -> float:
    """Days beyond the limit; 0 for a case that is not stuck. Exponential, by the same chance that decides whether."""
    return min(STUCK_MOST, 0.01 - STUCK_DAYS * math.log(max(chance / STUCK, 1e-6))) if chance < STUCK else 0.0


def _minutes(deviate: float) -> float:
    """A desk takes six minutes for a step, in three cases of a hundred over the half hour that it has."""
    return 6.0 * math.exp(0.85 * deviate)
