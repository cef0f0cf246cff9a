"""How well the forecast of breaches has done: run as of past instants, with what was known then, against what became of the cases.

Beside it two forecasts that need no model: that every case whose limit ends soon will pass it, and that as many of them will as did in the
weeks before. A forecast that is no better than those is not worth showing, and the figures say so.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from data.calendar import Calendar
from incidents.core.forecast import HORIZONS, MINUTE_MS, WEEKS, Case, lives, pace_at, read_cases, risks
from incidents.core.hazard import Rates, learn
from incidents.core.kpi_declared import DAY_MS, Asked
from incidents.core.tables import Tables

DAYS = 14  # that are looked at
EVERY_MIN = 60  # between the instants
LEAST = 30  # cases without which nothing is said
BANDS = 5  # of probability, in which told and true are compared


@dataclass(frozen=True, slots=True)
class Told:
    """One case at one past instant: what was told, what "as usual" would have told, and what came."""

    at: int
    late: float
    usual: float
    true: bool


@dataclass(frozen=True, slots=True)
class Band:
    """Cases that were given about the same probability: how many, the mean of it, and the part that did pass the limit."""

    cases: int
    told: float
    true: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """For one horizon, over `instants` past instants and `cases` cases.

    `brier`: mean squared error of the probabilities (0 best), beside that of "as usual" and of "all of them"; `skill`: how much of the
    error of "as usual" is gone (0 no better, 1 perfect). `hit`: part of the breaches that were told with a half or more; `precision`: part
    of those told so that were. `error`: mean absolute error of the number told, beside that of "as usual"; `bias`: told minus true.
    """

    minutes: int
    instants: int
    cases: int
    breaches: int
    brier: float
    brier_usual: float
    brier_all: float
    hit: float | None
    precision: float | None
    error: float
    error_usual: float
    bias: float
    bands: tuple[Band, ...]

    @property
    def skill(self) -> float | None:
        """Part of the error of "as usual" that the forecast does away with; None where that had no error."""
        return 1 - self.brier / self.brier_usual if self.brier_usual else None


def backtest(connection: sa.Connection, asked: Asked, horizons: Sequence[int] = HORIZONS, days: int = DAYS) -> dict[int, Accuracy | None]:
    """Accuracy by horizon over the `days` before now; None where fewer than 30 cases came to their limit. Learned anew for each day."""
    first = asked.now - days * DAY_MS
    cases = read_cases(connection, asked.tables, first - WEEKS * 7 * DAY_MS)
    told = {minutes: _run(cases, asked.tables, first, asked.now, minutes) for minutes in horizons}
    return {minutes: accuracy(minutes, *run) for minutes, run in told.items()}


def accuracy(minutes: int, told: Sequence[Told], instants: Sequence[int]) -> Accuracy | None:
    """The figures of what was told. Instants at which no case was near its limit count in the errors of numbers."""
    if len(told) < LEAST:
        return None
    sure = [one.true for one in told if one.late >= 0.5]
    breaches = sum(one.true for one in told)
    errors = _by_instant(told, instants)
    return Accuracy(
        minutes, len(instants), len(told), breaches,
        brier=_mean((one.late - one.true) ** 2 for one in told), brier_usual=_mean((one.usual - one.true) ** 2 for one in told),
        brier_all=_mean(1 - one.true for one in told), hit=sum(sure) / breaches if breaches else None,
        precision=sum(sure) / len(sure) if sure else None, error=_mean(abs(mine) for mine, _ in errors),
        error_usual=_mean(abs(usual) for _, usual in errors), bias=_mean(mine for mine, _ in errors), bands=_bands(told),
    )  # fmt: skip


def _run(cases: Sequence[Case], tables: Tables, first: int, now: int, minutes: int) -> tuple[list[Told], list[int]]:
    """What would have been told at each instant of which the outcome is known by now."""
    calendar, steady = tables.calendar, sorted((case for case in cases if case.steady), key=lambda case: case.due)
    dues = [case.due for case in steady]
    instants = list(range(first, now - minutes * MINUTE_MS + 1, EVERY_MIN * MINUTE_MS))
    told: list[Told] = []
    day, rates, usual = -1, learn([]), 0.5
    for at in instants:
        if (at - first) // DAY_MS != day:
            day = (at - first) // DAY_MS
            rates, usual = learn(lives(_lately(cases, at), at, calendar)), _usual(steady, at, minutes)
        soon = steady[bisect_right(dues, at) : bisect_right(dues, at + minutes * MINUTE_MS)]
        if soon:
            told += _told(soon, cases, rates, usual, at, minutes, calendar)
    return told, instants


def _told(soon: Sequence[Case], cases: Sequence[Case], rates: Rates, usual: float, at: int, minutes: int, calendar: Calendar) -> list[Told]:
    speed = pace_at(_lately(cases, at, days=7), rates, at, calendar)
    found = risks(soon, rates, speed, at, minutes, calendar)
    return [Told(at, risk.late, usual, risk.case.handled is None or risk.case.handled > risk.case.due) for risk in found]


def _lately(cases: Sequence[Case], at: int, days: int = WEEKS * 7) -> list[Case]:
    return [case for case in cases if at - days * DAY_MS <= case.since <= at]


def _usual(steady: Sequence[Case], at: int, minutes: int) -> float:
    """Of the cases that stood so near their limit in the weeks before, the part that passed it: the simplest honest forecast."""
    dues = [case.due for case in steady]
    lately = steady[bisect_left(dues, at - WEEKS * 7 * DAY_MS) : bisect_right(dues, at)]
    near = [case for case in lately if case.handled is None or case.handled > case.due - minutes * MINUTE_MS // 2]
    return sum(case.handled is None or case.handled > case.due for case in near) / len(near) if near else 0.5


def _by_instant(told: Sequence[Told], instants: Sequence[int]) -> list[tuple[float, float]]:
    """Told minus true number at each instant: of the forecast, and of "as usual"."""
    sums = {at: [0.0, 0.0] for at in instants}
    for one in told:
        sums[one.at][0] += one.late - one.true
        sums[one.at][1] += one.usual - one.true
    return [(mine, usual) for mine, usual in sums.values()]


def _bands(told: Sequence[Told]) -> tuple[Band, ...]:
    found = []
    for band in range(BANDS):
        inside = [one for one in told if min(int(one.late * BANDS), BANDS - 1) == band]
        if inside:
            found.append(Band(len(inside), _mean(one.late for one in inside), _mean(float(one.true) for one in inside)))
    return tuple(found)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found) if found else 0.0
