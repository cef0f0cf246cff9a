"""Which cases will pass their limit of handling in the next 30 and 60 minutes if all goes on at the present pace, and where.

Every case in hand whose limit ends within the horizon counts with the probability that it is not handled by then (`hazard`). The accuracy
that is shown beside the figure comes from the same code, run as of past instants with what was known then (`backtest`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from data.calendar import Calendar, Unit
from incidents.core import kpi, schema
from incidents.core.hazard import Life, Rates, learn, pace
from incidents.core.kpi_declared import DAY_MS, WITHOUT_LIMIT, Asked
from incidents.core.period import moment
from incidents.core.tables import Tables

HORIZONS = (30, 60)  # minutes
WEEKS = 8  # of experience
PACE_MS = 3 * 3_600_000  # how far back the present pace is looked at
MINUTE_MS = 60_000
t = schema.incident.c


@dataclass(frozen=True, slots=True)
class Case:
    """One case of handling: when it began, when its limit ends, when it was handled (None: not yet), and how its clock measures."""

    id: str
    path: str
    kind: str
    unit: Unit
    limit: float
    used: float  # before `since`
    since: int
    due: int
    handled: int | None
    end: float | None  # share of the limit that was used when it was handled
    steady: bool  # its course can be told for any past instant: neither extended nor paused nor reworked

    def share(self, at: int, calendar: Calendar) -> float:
        """Part of the limit that was used at an instant."""
        return (self.used + calendar.spent(moment(self.since), moment(at), self.unit)) / self.limit

    def known(self, at: int, calendar: Calendar) -> tuple[float, bool]:
        """What was known at an instant: the share of the limit used so far or in all, and whether it was handled."""
        if self.handled is not None and self.end is not None and self.handled <= at:
            return self.end, True
        return self.share(at, calendar), False

    def open_at(self, at: int) -> bool:
        """Whether it was in hand at an instant."""
        return self.since <= at and (self.handled is None or self.handled > at)


@dataclass(frozen=True, slots=True)
class Risk:
    """A case whose limit ends within the horizon, and how likely it passes it."""

    case: Case
    late: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """For one horizon: cases at risk, the likeliest first; `expected` of them pass their limit. `known`: cases that it was learned from."""

    minutes: int
    risks: tuple[Risk, ...]
    pace: float
    known: int

    @property
    def expected(self) -> float:
        """How many cases will pass their limit."""
        return sum(risk.late for risk in self.risks)

    def by_area(self, depth: int) -> dict[str, float]:
        """The expected number in each area `depth` levels below the town."""
        found: dict[str, float] = {}
        for risk in self.risks:
            codes = [code for code in risk.case.path.split("/") if code]
            if len(codes) > depth:
                found[codes[depth]] = found.get(codes[depth], 0.0) + risk.late
        return found


def forecast(connection: sa.Connection, asked: Asked, horizons: Sequence[int] = HORIZONS) -> dict[int, Forecast]:
    """Forecasts by horizon in minutes, of the scope; learned from the whole town."""
    cases = read_cases(connection, asked.tables, asked.now - WEEKS * 7 * DAY_MS)
    within = set(connection.execute(sa.select(t.id).where(kpi.scope(asked), t.stage == "handle", t.due_at > asked.now)).scalars())
    rates = learn(lives(cases, asked.now, asked.tables.calendar))
    speed = pace_at(cases, rates, asked.now, asked.tables.calendar)
    calendar = asked.tables.calendar
    return {
        minutes: Forecast(
            minutes, risks((one for one in cases if one.id in within), rates, speed, asked.now, minutes, calendar), speed, rates.cases
        )
        for minutes in horizons
    }


def risks(cases: Iterable[Case], rates: Rates, speed: float, at: int, minutes: int, calendar: Calendar) -> tuple[Risk, ...]:
    """The cases in hand at an instant whose limit ends within so many minutes, the likeliest to pass it first."""
    soon = [case for case in cases if at < case.due <= at + minutes * MINUTE_MS and case.open_at(at)]
    found = [Risk(case, rates.late(case.kind, case.share(at, calendar), speed)) for case in soon]
    return tuple(sorted(found, key=lambda risk: (-risk.late, risk.case.id)))


def lives(cases: Iterable[Case], at: int, calendar: Calendar) -> list[Life]:
    """What was known of the cases at an instant."""
    found = []
    for case in cases:
        if case.since > at:
            continue
        share, done = case.known(at, calendar)
        found.append(Life(case.kind, share, done))
    return found


def pace_at(cases: Iterable[Case], rates: Rates, at: int, calendar: Calendar) -> float:
    """How quick handling was in the hours before an instant, against what the rates give for the cases that were in hand."""
    seen, expected, begin = 0, 0.0, at - PACE_MS
    for case in cases:
        if case.since > at or case.due <= begin or (case.handled is not None and case.handled <= begin):
            continue  # it was not in hand, or so late already that it tells nothing
        end, done = case.known(at, calendar)
        expected += rates.between(case.kind, min(case.share(max(begin, case.since), calendar), 1.0), min(end, 1.0))
        seen += int(done and end <= 1)
    return pace(seen, expected)


def read_cases(connection: sa.Connection, tables: Tables, since: int) -> list[Case]:
    """Cases of handling that began since an instant, or are in hand."""
    columns = (t.id, t.path, t.type, t.state, t.stage, t.dispatched_at, t.handled_at, t.handle_due_at, t.handle_used, t.handle_limit)
    clock = (t.clock_from, t.clock_used, t.clock_limit, t.clock_unit, t.extensions, t.reworks, t.reopened, t.retyped, t.on_time)
    wanted = sa.and_(
        t.dispatched_at.is_not(None), t.handle_due_at.is_not(None), t.state.not_in((*WITHOUT_LIMIT, "appealed")),
        sa.or_(t.dispatched_at >= since, t.on_time.is_(None)),
    )  # fmt: skip
    rows = connection.execute(sa.select(*columns, *clock).where(wanted)).mappings()
    return [case for row in rows if (case := _case(dict(row), tables)) is not None]


def _case(row: Mapping[str, Any], tables: Tables) -> Case | None:
    """One case; None for one whose type or clock cannot be told any more."""
    kind = tables.types.get(row["type"])
    running = row["on_time"] is None
    if kind is None or (running and (row["clock_from"] is None or row["stage"] != "handle")):
        return None
    unit = row["clock_unit"] if running else kind.limit_unit
    limit = row["clock_limit"] if running else row["handle_limit"] or kind.limit_value
    used, known_at = (row["clock_used"], row["clock_from"]) if running else (row["handle_used"] or 0.0, row["handled_at"])
    spent = tables.calendar.spent(moment(row["dispatched_at"]), moment(known_at), unit)
    straight = abs(spent - used) <= 0.01 * limit  # since it was dispatched its clock has never stood
    changed = row["extensions"] or row["reworks"] or row["reopened"] or row["retyped"]
    begun = (row["clock_from"], used) if running and not straight else (row["dispatched_at"], 0.0)
    return Case(
        row["id"], row["path"], kind.class_, unit, limit, begun[1], begun[0], row["handle_due_at"],
        None if running else row["handled_at"], None if running else used / limit, straight and not changed,
    )  # fmt: skip
