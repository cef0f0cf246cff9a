"""Figures made of many: the day's curve against the usual, top types, sources, rankings, the months. Each part knows the list behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median, quantiles
from typing import Literal

import sqlalchemy as sa

from data.calendar import Calendar
from incidents.core import kpi, schema
from incidents.core.kpi import Value
from incidents.core.kpi_declared import KPIS, Asked
from incidents.core.period import midnight, moment, period

WEEKS = 8  # how far back the usual goes
ENOUGH = 20  # cases under which a rate says little and no place in a ranking is given (domain section 3.2)
HOUR_MS = 3_600_000
t = schema.incident.c


@dataclass(frozen=True, slots=True)
class Hour:
    """Reports of one hour of the day: today's (None while it lies ahead), and the usual: median and the middle half of `days` days like it.

    The list behind it: incidents reported from `since` on and before `until` (milliseconds).
    """

    hour: int
    n: int | None
    usual: float | None
    low: float | None
    high: float | None
    days: int
    since: int
    until: int


def curve(connection: sa.Connection, asked: Asked) -> list[Hour]:
    """Reports by the hour of the town's clock, today against days of the same kind (working day or day off) in the last 8 weeks."""
    calendar = asked.tables.calendar
    today = moment(asked.now).astimezone(calendar.zone).date()
    counts = _by_hour(connection, asked, today - timedelta(weeks=WEEKS), today)
    alike = [day for n in range(1, 7 * WEEKS + 1) if bool(calendar.spans(day := today - timedelta(n))) == bool(calendar.spans(today))]
    began = connection.execute(sa.select(sa.func.min(t.reported_at))).scalar_one() or asked.now
    kept = [day for day in alike if midnight(day, calendar.zone) >= began]  # before the log began there were no days without reports
    return [_hour(hour, today, kept, counts, calendar, asked.now) for hour in range(24)]


@dataclass(frozen=True, slots=True)
class Share:
    """One of several: `key` is its code; `n` incidents, `part` of all. The list behind it is that of the figure, narrowed to the key."""

    key: str
    n: int
    part: float


def split(connection: sa.Connection, asked: Asked, column: Literal["type", "source"], most: int | None = None) -> list[Share]:
    """How the incidents reported in the period divide among types or sources, most first."""
    found = kpi.grouped(connection, "reported", asked, column)
    total = sum(one.numerator for one in found.values())
    rows = sorted(found.items(), key=lambda item: (-item[1].numerator, item[0]))
    return [Share(key, one.numerator, one.numerator / total) for key, one in rows[:most]]


@dataclass(frozen=True, slots=True)
class Rank:
    """A place in a ranking; None where there are too few cases for one. `before`: the value in the stretch of the same length before."""

    key: str
    place: int | None
    value: Value
    before: float | None


def ranking(connection: sa.Connection, asked: Asked, name: str, by: str = "area", depth: int = 1) -> list[Rank]:
    """Areas `depth` levels below the town, or units, by a figure, best first; those under 20 cases last and without a place."""
    now, then = (_compared(connection, name, one, by, depth) for one in (asked, earlier(asked)))
    best = 1 if KPIS[name].better == "down" else -1
    ranked = sorted((key for key, value in now.items() if _weighs(value)), key=lambda key: (best * (now[key].value or 0), key))
    rest = sorted(key for key, value in now.items() if not _weighs(value))
    places: dict[float, int | None] = {}
    for place, key in enumerate(ranked, 1):
        places.setdefault(now[key].value or 0, place)  # equals share a place
    placed = [(key, places[now[key].value or 0]) for key in ranked] + [(key, None) for key in rest]
    return [Rank(key, place, now[key], then[key].value if key in then else None) for key, place in placed]


def trend(connection: sa.Connection, asked: Asked, name: str, months: int = 12) -> list[tuple[date, Value]]:
    """A figure month by month, the present one last: first day and value."""
    zone = asked.tables.zone
    found, now = [], moment(asked.now)
    for _ in range(months):
        month = period("month", now, zone)
        found.append((month.first, kpi.value(connection, name, replace(asked, period=month))))
        now = moment(month.start - HOUR_MS)
    return found[::-1]


def earlier(asked: Asked) -> Asked:
    """The same question for the stretch of as many days right before, as far into it as the period has come by now."""
    zone, days = asked.tables.zone, (asked.period.last - asked.period.first).days + 1
    first, last = asked.period.first - timedelta(days), asked.period.first - timedelta(1)
    before = replace(asked.period, name="custom", first=first, last=last, start=midnight(first, zone), end=asked.period.start)
    return replace(asked, period=replace(before, end=min(before.end, before.start + max(asked.now - asked.period.start, 0))))


def _compared(connection: sa.Connection, name: str, asked: Asked, by: str, depth: int) -> Mapping[str, Value]:
    return kpi.by_area(connection, name, asked, depth) if by == "area" else kpi.grouped(connection, name, asked, by)


def _weighs(value: Value) -> bool:
    return value.value is not None and (value.denominator is None or value.denominator >= ENOUGH)


def _by_hour(connection: sa.Connection, asked: Asked, first: date, last: date) -> dict[tuple[date, int], int]:
    zone = asked.tables.zone
    counts: dict[tuple[date, int], int] = {}
    wanted = sa.and_(kpi.scope(asked), t.reported_at >= midnight(first, zone), t.reported_at < midnight(last + timedelta(1), zone))
    slot = t.reported_at - t.reported_at % 900_000  # quarters: every offset of a zone is made of them
    for quarter, n in connection.execute(sa.select(slot, sa.func.count()).where(wanted).group_by(slot)):
        local = moment(quarter).astimezone(zone)
        key = (local.date(), local.hour)
        counts[key] = counts.get(key, 0) + n
    return counts


def _hour(hour: int, today: date, alike: list[date], counts: Mapping[tuple[date, int], int], calendar: Calendar, now: int) -> Hour:
    since = int(_clock(today, hour, calendar).timestamp() * 1000)
    usual = [counts.get((day, hour), 0) for day in alike]
    low, _, high = quantiles(usual, n=4, method="inclusive") if len(usual) > 1 else (None, None, None)
    n = counts.get((today, hour), 0) if since <= now else None
    until = int(_clock(today, hour + 1, calendar).timestamp() * 1000)
    return Hour(hour, n, median(usual) if usual else None, low, high, len(usual), since, until)


def _clock(day: date, hour: int, calendar: Calendar) -> datetime:
    """When the town's clock shows the hour; 24 is the next midnight."""
    return datetime(day.year, day.month, day.day, hour % 24, tzinfo=calendar.zone) + timedelta(hour // 24)
