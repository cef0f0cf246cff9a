"""A scorecard that resists gaming: beside the rate what a rate can be made with, for each area and each unit.

Bunching: the shares of the limit at which cases are handled have a smooth distribution. Many more in the last 5 % than the shares before
foretell is what hurried, or backdated, closing leaves behind. Each part is a figure with its own list (`kpi_declared`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from incidents.core import kpi, schema
from incidents.core.figures import ENOUGH
from incidents.core.kpi import Value
from incidents.core.kpi_declared import KPIS, Asked

WATCHED = ("bunched", "again", "return", "rework", "lengthened", "extended")  # beside the rate
FITTED = 6  # stretches before the last one from which the smooth course is told
UNLIKELY = 0.01  # a bunch is told of when chance would do it less often than this
CLEAR = 1.3  # … and when there are clearly more than expected: no course is quite smooth, and with many cases chance explains little
GRADES = ((90, "A"), (80, "B"), (70, "C"), (60, "D"))
VOLUME = ((50, 10.0), (100, 9.0), (200, 7.5), (500, 6.0), (1000, 4.0))  # should-close up to → points (domain section 7, [S3])
t = schema.incident.c


@dataclass(frozen=True, slots=True)
class Bunch:
    """Cases handled in the last stretch before the limit: how many, how many the course before foretells, and how likely chance is."""

    found: int
    expected: float
    chance: float

    @property
    def suspicious(self) -> bool:
        """Whether somebody should look at the list."""
        return self.found >= 5 and self.found > CLEAR * self.expected and self.chance < UNLIKELY


@dataclass(frozen=True, slots=True)
class Score:
    """Points of a unit with all their parts, 100 at most; grade A to E. None of it where nothing was due."""

    volume: float
    close: float
    on_time: float
    rework: float

    @property
    def total(self) -> float:
        """Sum of the parts, at most 100."""
        return min(100.0, self.volume + self.close + self.on_time + self.rework)

    @property
    def grade(self) -> str:
        """A from 90, B from 80, C from 70, D from 60, else E."""
        return next((grade for least, grade in GRADES if self.total >= least), "E")


@dataclass(frozen=True, slots=True)
class Line:
    """One area or unit: the rate, what stands beside it, and the score. `weighs`: enough cases were due for a rate to say something."""

    key: str
    rate: Value
    watched: Mapping[str, Value]
    bunch: Bunch
    score: Score | None

    @property
    def weighs(self) -> bool:
        """At least 20 cases were due."""
        return (self.rate.denominator or 0) >= ENOUGH


def scorecard(connection: sa.Connection, asked: Asked, by: str = "unit", depth: int = 1) -> list[Line]:
    """Lines of all units, or of the areas `depth` levels below the town, by score, those with too few cases last."""
    names = ("close_on_time", "close", "handling_on_time", *WATCHED)
    found = {name: _grouped(connection, name, asked, by, depth) for name in names}
    used = shares(connection, asked, by, depth)
    keys = set(found["close_on_time"]) | set(used)
    lines = [_line(key, {name: found[name].get(key, Value(name, None, 0, 0)) for name in names}, used.get(key, []), asked) for key in keys]
    return sorted(lines, key=lambda line: (not line.weighs, -(line.score.total if line.score else 0), line.key))


def score_of(should_close: int, close: float | None, on_time: float | None, rework: float | None) -> Score | None:
    """Volume points (few cases are no fault) + 0.3 × closing % + 0.3 × handled on time % + 0.3 × (100 − rework %)."""
    if close is None or on_time is None or rework is None:
        return None
    volume = next((points for most, points in VOLUME if should_close <= most), 0.0)
    return Score(volume, 30 * close, 30 * on_time, 30 * (1 - rework))


def bunching(found: int, used: Sequence[float], stretch: float) -> Bunch:
    """Whether the `found` cases in the last `stretch` before the limit are more than a smooth course of the shares in `used` gives.

    The counts of the six stretches before decline (or grow) by a constant factor, told by Poisson regression, and that is led on. The
    chance is that of a Poisson count as large as the one found, its mean raised by the standard error there: few cases do not cry wolf.
    """
    before = np.histogram(np.asarray(used, dtype=float), bins=1 - stretch * np.arange(FITTED + 1, 0, -1))[0].astype(float)
    expected, error = _led_on(before)
    return Bunch(found, expected, _poisson_tail(found, expected + error))


def _led_on(counts: np.ndarray[Any, Any]) -> tuple[float, float]:
    """The next count after a row of them and its standard error, by log-linear Poisson regression (iterated weighted least squares).

    Half a case is added to each count, so that a row of noughts has a course as well.
    """
    counts = counts + 0.5
    design = np.column_stack((np.ones(len(counts)), np.arange(len(counts)) - len(counts)))  # the intercept is the next one's logarithm
    fitted = counts
    for _ in range(12):
        inverse = np.linalg.inv(design.T @ (design * fitted[:, None]))
        course = inverse @ (design.T @ (fitted * np.log(fitted) + counts - fitted))
        fitted = np.exp(np.clip(design @ course, -7, 14))
    following = float(np.exp(np.clip(course[0], -7, 14)))
    return following, following * float(np.sqrt(inverse[0, 0]))


def shares(connection: sa.Connection, asked: Asked, by: str, depth: int) -> dict[str, list[float]]:
    """Shares of the limit that the cases handled in the period had used, of each unit or area."""
    column = t.path if by == "area" else t[by]
    handled = kpi.condition(KPIS["bunched"], asked, "denominator")
    found: dict[str, list[float]] = {}
    for key, used, limit in connection.execute(sa.select(column, t.handle_used, t.handle_limit).where(kpi.scope(asked), handled)):
        code = _at_depth(key, depth) if by == "area" else key
        if code:
            found.setdefault(code, []).append(used / limit)
    return found


def _line(key: str, values: Mapping[str, Value], used: Sequence[float], asked: Asked) -> Line:
    rate = values["close_on_time"]
    rates = [values[name].value for name in ("close", "handling_on_time", "rework")]
    watched = {name: values[name] for name in WATCHED}
    bunch = bunching(values["bunched"].numerator, used, asked.tables.figures["bunch_share"])
    return Line(key, rate, watched, bunch, score_of(rate.denominator or 0, *rates))


def _grouped(connection: sa.Connection, name: str, asked: Asked, by: str, depth: int) -> dict[str, Value]:
    return kpi.by_area(connection, name, asked, depth) if by == "area" else kpi.grouped(connection, name, asked, by)


def _at_depth(path: str | None, depth: int) -> str:
    codes = [code for code in (path or "").split("/") if code]
    return codes[depth] if len(codes) > depth else ""


def _poisson_tail(count: int, mean: float) -> float:
    """Chance that a Poisson count of this mean is at least `count`."""
    below = sum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(count))
    return max(0.0, 1 - below)
