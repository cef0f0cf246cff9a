"""Figures of incidents and the lists behind them, from the one declared condition of each (`kpi_declared`), in SQL for both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any, Literal

import sqlalchemy as sa

from data.errors import NetworkError, advice, advice_zh
from incidents.core import query, schema
from incidents.core.kpi_declared import KPIS, Asked, Kpi
from incidents.core.period import moment
from incidents.core.query import Row, Sight

Part = Literal["numerator", "denominator"]
t = schema.incident.c
COLUMNS = ("unit", "type", "source", "camera", "responder")  # by which figures are compared


@dataclass(frozen=True, slots=True)
class Value:
    """A figure: `value` (a share for rates, hours for times; None, shown as —, where there is nothing to divide by) and its parts."""

    name: str
    value: float | None
    numerator: int
    denominator: int | None = None


def kpi_of(name: str) -> Kpi:
    """The KPI called `name`. Raises NetworkError naming the nearest ones."""
    if name not in KPIS:
        raise NetworkError(
            f"There is no figure {name!r}.", remedy=advice(name, KPIS), zh=f"没有名为 {name!r} 的指标。", zh_remedy=advice_zh(name, KPIS)
        ).at("kpi")
    return KPIS[name]


def value(connection: sa.Connection, name: str, asked: Asked) -> Value:
    """One figure."""
    return values(connection, [name], asked)[name]


def values(connection: sa.Connection, names: Iterable[str], asked: Asked) -> dict[str, Value]:
    """Figures, in one pass over the incidents of the scope."""
    kpis = [kpi_of(name) for name in names]
    counts = [_sum(condition(kpi, asked, part)) for kpi in kpis for part in _PARTS]
    row = connection.execute(sa.select(*counts).select_from(schema.incident).where(_place(asked))).one()
    found = {kpi.name: _plain(kpi, asked, int(row[2 * n] or 0), int(row[2 * n + 1] or 0)) for n, kpi in enumerate(kpis)}
    return found | _times(connection, [kpi for kpi in kpis if kpi.kind in _TIMES], asked)


def grouped(connection: sa.Connection, name: str, asked: Asked, column: str) -> dict[str, Value]:
    """A rate or a count for each unit, type, source, camera or responder that has any."""
    kpi = _countable(name)
    if column not in COLUMNS:
        raise NetworkError(
            f"Figures are not compared by {column!r}.", remedy=advice(column, COLUMNS),
            zh=f"指标不能按 {column!r} 比较。", zh_remedy=advice_zh(column, COLUMNS),
        ).at("by")  # fmt: skip
    return {key: _plain(kpi, asked, *both) for key, both in _counts(connection, kpi, asked, column).items() if key}


def by_area(connection: sa.Connection, name: str, asked: Asked, depth: int) -> dict[str, Value]:
    """A rate or a count for each area `depth` levels below the town (0: the town itself)."""
    kpi = _countable(name)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, both in _counts(connection, kpi, asked, "path").items():
        codes = [code for code in (path or "").split("/") if code]
        if len(codes) > depth:
            sums[codes[depth]][0] += both[0]
            sums[codes[depth]][1] += both[1]
    return {code: _plain(kpi, asked, *both) for code, both in sums.items()}


def listed(connection: sa.Connection, name: str, asked: Asked, sight: Sight, part: Part = "numerator", **more: Any) -> Row:
    """The incidents behind a figure, as a page of `query.find`: `sort`, `page` and `size` as there."""
    return query.find(connection, more, sight, moment(asked.now), (_place(asked), condition(kpi_of(name), asked, part)))


def ids(connection: sa.Connection, name: str, asked: Asked, part: Part = "numerator") -> list[str]:
    """The numbers of the incidents behind a figure."""
    found = sa.select(t.id).where(_place(asked), condition(kpi_of(name), asked, part)).order_by(t.id)
    return list(connection.execute(found).scalars())


def condition(kpi: Kpi, asked: Asked, part: Part) -> Any:
    """What an incident must be to count, its unit included. A numerator lies within its denominator; a count has one for both."""
    mine = kpi.owner == asked.unit if asked.unit else sa.true()
    if kpi.denominator is None:
        return sa.and_(mine, kpi.numerator(asked))
    under = sa.and_(mine, kpi.denominator(asked))
    return under if part == "denominator" else sa.and_(under, kpi.numerator(asked))


def scope(asked: Asked) -> Any:
    """The part of the town that is asked for; of a figure the unit is that which answers for a case, see `condition`."""
    return sa.and_(_place(asked), t.unit == asked.unit) if asked.unit else _place(asked)


def _place(asked: Asked) -> Any:
    wanted = {"type": asked.type, "source": asked.source, "camera": asked.camera}
    found = [t[column] == value for column, value in wanted.items() if value]
    if asked.area:
        found.append(t.path.contains(f"/{asked.area}/", autoescape=True))
    if asked.camera:
        found += _plain_types(asked)
    return sa.and_(sa.true(), *found, *query.within(asked.areas))


def _plain_types(asked: Asked) -> list[Any]:
    """Who may not know where incidents about persons are is not told by the cameras that saw them."""
    return [] if asked.plain is None else [t.type.in_(sorted(asked.plain))]


_PARTS: Sequence[Part] = ("numerator", "denominator")
_TIMES: Mapping[str, Callable[[list[float]], float]] = {"mean": fmean, "median": median}


def _sum(wanted: Any) -> Any:
    return sa.func.sum(sa.case((wanted, 1), else_=0))


def _counts(connection: sa.Connection, kpi: Kpi, asked: Asked, column: str) -> Mapping[str, tuple[int, int]]:
    parts = [_sum(condition(kpi, asked, part)) for part in _PARTS]
    under = sa.and_(condition(kpi, asked, "denominator"), *(_plain_types(asked) if column == "camera" else ()))
    key = kpi.owner if column == "unit" else t[column]
    rows = connection.execute(sa.select(key, *parts).where(_place(asked), under).group_by(key))
    return {key: (int(above), int(under)) for key, above, under in rows}


def _countable(name: str) -> Kpi:
    kpi = kpi_of(name)
    if kpi.kind in ("mean", "median", "per_10000"):
        raise NetworkError(
            f"{name} is not compared in one go.", remedy="Ask for it once for each scope.",
            zh=f"“{kpi.zh}”不能一次性分组。", zh_remedy="请按范围逐个查询。",
        ).at("kpi")  # fmt: skip
    return kpi


def _times(connection: sa.Connection, kpis: Sequence[Kpi], asked: Asked) -> dict[str, Value]:
    """Mean and median of one list; the list is measured once where both are asked for."""
    found, measured = {}, dict[Any, list[float]]()
    for kpi in kpis:
        if kpi.numerator not in measured:
            measured[kpi.numerator] = working_hours(connection, kpi, asked)
        hours = measured[kpi.numerator]
        found[kpi.name] = Value(kpi.name, _TIMES[kpi.kind](hours) if hours else None, len(hours))
    return found


def _plain(kpi: Kpi, asked: Asked, above: int, under: int) -> Value:
    if kpi.kind == "per_10000":
        return Value(kpi.name, above * 10_000 / asked.people if asked.people else None, above, asked.people)
    if kpi.denominator is None:
        return Value(kpi.name, float(above), above)
    return Value(kpi.name, above / under if under else None, above, under)


def working_hours(connection: sa.Connection, kpi: Kpi, asked: Asked) -> list[float]:
    """Working time from dispatch to handled of the cases of a KPI, by the calendar in force."""
    rows = connection.execute(sa.select(t.dispatched_at, t.handled_at).where(_place(asked), condition(kpi, asked, "numerator")))
    calendar = asked.tables.calendar
    return [calendar.spent(moment(first), moment(last), "work_hour") for first, last in rows]
