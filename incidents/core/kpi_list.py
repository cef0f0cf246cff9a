"""The list behind a declared figure, as an address asks for it: `list=close&period=month&part=denominator&unit=…`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data.errors import NetworkError, advice, advice_zh
from incidents.core import kpi
from incidents.core.kpi_declared import Asked
from incidents.core.period import period
from incidents.core.query import Row, Sight
from incidents.core.spec import ms

SCOPE = ("area", "type", "unit", "source", "camera")
PAGED = ("sort", "page", "size")
PERIOD = ("list", "period", "part", "first", "last")


def behind(connection: sa.Connection, filters: Mapping[str, str], sight: Sight, now: datetime, zone: ZoneInfo) -> Row:
    """A page of the incidents that a figure counts. Raises NetworkError for a figure, period or filter that does not exist."""
    known = (*PERIOD, *SCOPE, *PAGED)
    for name in sorted(set(filters) - set(known)):
        raise _unknown(name, known)
    part = filters.get("part") or "numerator"
    if part not in get_args(kpi.Part):
        raise _unknown(part, get_args(kpi.Part))
    paged = {name: filters[name] for name in PAGED if name in filters}
    return kpi.listed(connection, filters["list"], asked_of(filters, sight, now, zone), sight, part, **paged)  # type: ignore[arg-type]


def asked_of(filters: Mapping[str, str], sight: Sight, now: datetime, zone: ZoneInfo) -> Asked:
    """What a figure is asked for: the period (today unless named) and the part of the town."""
    days = {name: _day(name, filters[name]) for name in ("first", "last") if filters.get(name)}
    start = int(sight.tables.figures.get("assessment_day", 1))
    when = period(filters.get("period") or "today", now, zone, start, **days)
    area, kind, unit, source, camera = (filters.get(name, "") for name in SCOPE)
    return Asked(when, sight.tables, ms(now), area, kind, unit, source, camera, areas=sight.areas, plain=sight.plain)


def _day(name: str, given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise NetworkError(
            f"{name} = {given!r} is no day.",
            remedy="Such as 2026-11-22.",
            zh=f"{name} = {given!r} 不是日期。",
            zh_remedy="例如 2026-11-22。",
        ).at(name) from error


def _unknown(name: str, known: Any) -> NetworkError:
    return NetworkError(
        f"{name!r} does not exist for the list of a figure.", remedy=advice(name, known),
        zh=f"指标名单没有 {name!r} 这一项。", zh_remedy=advice_zh(name, known),
    ).at(name)  # fmt: skip
