"""Figures and the lists behind them, on generated data, against formulas written out in plain Python; on SQLite and on PostgreSQL."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from log_rows import NOW, TABLES, VILLAGES, ZONE, fill, rows, settings_of

from data.errors import NetworkError
from data.policy import Viewer
from incidents.core import kpi
from incidents.core.kpi_declared import KPIS, Asked
from incidents.core.period import period
from incidents.core.query import Sight
from incidents.core.schema import open_engine
from incidents.core.spec import ms

Row = dict[str, Any]
MADE = rows(2500, 70)
MONTH = Asked(period("month", NOW, ZONE), TABLES, ms(NOW), people=13_000)
SCOPES = {
    "month": MONTH,
    "today": replace(MONTH, period=period("today", NOW, ZONE)),
    "quarter of a village": replace(MONTH, period=period("quarter", NOW, ZONE), area=VILLAGES[1]),
    "a custom fortnight of one unit": replace(
        MONTH, period=period("custom", NOW, ZONE, first=date(2026, 10, 1), last=date(2026, 10, 14)), unit="enforcement"
    ),
    "a type": replace(MONTH, type="0505"),
    "nothing": replace(MONTH, area="1"),
}  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Connection]:
    engine = open_engine(settings_of(request, tmp_path_factory.mktemp("kpi"), "kpi"))
    fill(engine, MADE)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


# ── the formulas again, in words of Python ──

BAD = ("void", "merged", "rejected", "false_alarm")
AUTO = ("patrol", "camera", "iot", "drone", "inspection")
ENDED = (*BAD, "closed", "self_closed")


def within(column: str) -> Callable[[Row, Asked], bool]:
    return lambda r, a: r[column] is not None and a.period.start <= r[column] < a.period.end


def due(r: Row, a: Asked) -> bool:
    if r["state"] in (*BAD, "suspended", "returned") or r["handle_due_at"] is None:
        return False
    return a.period.start <= r["handle_due_at"] < a.period.end and r["handle_due_at"] <= a.now


def vendor(r: Row, a: Asked) -> bool:
    handled = within("handled_at")(r, a) and r["on_time"] is not None and r["state"] not in BAD
    waiting = r["on_time"] is None and r["state"] not in (*BAD, "suspended", "returned") and r["handle_due_at"] is not None
    return handled or (waiting and r["handle_due_at"] <= a.now and r["handle_due_at"] < a.period.end)


def metres(r: Row, o: Row) -> float:
    return math.hypot((o["lat"] - r["lat"]) * 111_320, (o["lon"] - r["lon"]) * 111_320 * math.cos(math.radians(r["lat"])))


def repeated(r: Row, _a: Asked) -> bool:
    return any(
        o["type"] == r["type"] and o["filed_at"] and 0 < r["reported_at"] - o["reported_at"] <= 30 * 86_400_000 and metres(r, o) <= 50
        for o in MADE
    )


def again(r: Row) -> bool:
    return any(
        o["type"] == r["type"] and o["filed_at"] and 0 < o["reported_at"] - r["closed_at"] <= 7 * 86_400_000 and metres(r, o) <= 50
        for o in MADE
    )


def hotline(r: Row, a: Asked) -> bool:
    return within("reported_at")(r, a) and r["source"] == "hotline" and r["state"] not in BAD


def closed(r: Row, a: Asked) -> bool:
    return r["state"] == "closed" and within("closed_at")(r, a)


def worked(r: Row, a: Asked) -> bool:
    return within("handled_at")(r, a) and r["on_time"] is not None and r["dispatched_at"] is not None


ENDS = ("dispatched_at", "handled_at")
FILED, REPORTED, DISPATCHED = within("filed_at"), within("reported_at"), within("dispatched_at")
RATES: dict[str, tuple[Callable[[Row, Asked], bool], Callable[[Row, Asked], bool]]] = {
    "handling": (lambda r, a: r["on_time"] is not None, due), "handling_on_time": (lambda r, a: r["on_time"] == 1, due),
    "close": (lambda r, a: r["state"] == "closed", due), "close_on_time": (lambda r, a: r["state"] == "closed" and r["on_time"] == 1, due),
    "first_pass": (lambda r, a: r["reworks"] == 0, closed), "rework": (lambda r, a: r["reworks"] > 0, due),
    "overdue": (lambda r, a: r["on_time"] != 1, due), "return": (lambda r, a: r["returns"] > 0, DISPATCHED),
    "accurate_dispatch": (lambda r, a: r["returns"] == 0 and r["redispatched"] == 0, DISPATCHED),
    "accurate_filing": (lambda r, a: r["state"] != "void", FILED),
    "valid_report": (lambda r, a: r["state"] not in ("rejected", "false_alarm", "void"),
                     lambda r, a: REPORTED(r, a) and r["state"] not in ("reported", "verifying")),
    "miss": (lambda r, a: r["source"] in ("public", "hotline", "media", "petition"), FILED),
    "verify_on_time": (lambda r, a: r["verify_on_time"] == 1, lambda r, a: REPORTED(r, a) and r["verify_on_time"] is not None),
    "check_on_time": (lambda r, a: r["check_on_time"] == 1, lambda r, a: within("handled_at")(r, a) and r["check_on_time"] is not None),
    "auto_discovery": (lambda r, a: r["source"] in AUTO, FILED),
    "ai_accuracy": (lambda r, a: r["ai"] == "confirmed", lambda r, a: REPORTED(r, a) and r["ai"] in ("confirmed", "false")),
    "loop": (lambda r, a: r["state"] in ("closed", "self_closed"), lambda r, a: REPORTED(r, a) and r["state"] not in BAD),
    "repeat": (repeated, FILED),
    "again": (lambda r, a: r["reopened"] > 0 or again(r), closed),
    "bunched": (lambda r, a: 0.95 < r["handle_used"] / r["handle_limit"] <= 1,
                lambda r, a: within("handled_at")(r, a) and r["on_time"] is not None and r["handle_limit"] is not None),
    "lengthened": (lambda r, a: r["lengthened"] > 0, DISPATCHED), "extended": (lambda r, a: r["extensions"] > 0, DISPATCHED),
    "hotline_on_time": (lambda r, a: r["on_time"] == 1, lambda r, a: due(r, a) and r["source"] == "hotline"),
    "hotline_contact": (lambda r, a: r["contact_on_time"] == 1, hotline),
    "hotline_solved": (lambda r, a: r["solved"] == 1, lambda r, a: hotline(r, a) and r["solved"] is not None),
    "hotline_satisfied": (lambda r, a: r["satisfied"] == 1, lambda r, a: hotline(r, a) and r["satisfied"] is not None),
    "satisfied": (lambda r, a: r["satisfied"] == 1, lambda r, a: within("closed_at")(r, a) and r["satisfied"] is not None),
}  # fmt: skip
COUNTS: dict[str, Callable[[Row, Asked], bool]] = {
    "reported": REPORTED, "filed": FILED, "per_10000": FILED, "open": lambda r, a: r["state"] not in ENDED, "should_close": due,
    "should_close_vendor": vendor, "overdue_now": lambda r, a: r["state"] not in ENDED and r["due_at"] is not None and r["due_at"] <= a.now,
    "closed": lambda r, a: within("closed_at")(r, a) and r["state"] in ("closed", "self_closed"),
    "supervised": lambda r, a: REPORTED(r, a) and r["supervised"] > 0, "yellow_card": lambda r, a: REPORTED(r, a) and r["supervised"] == 2,
    "red_card": lambda r, a: REPORTED(r, a) and r["supervised"] == 3,
    "mean_hours": worked, "median_hours": worked,
}  # fmt: skip


def in_scope(r: Row, a: Asked, name: str) -> bool:
    owner = r["returned_by"] or r["unit"] if name == "return" else r["unit"]
    return (not a.area or a.area in r["path"].split("/")) and a.type in ("", r["type"]) and a.unit in ("", owner)


def expected(name: str, a: Asked) -> tuple[list[str], list[str] | None]:
    """Numbers of the incidents of numerator and denominator."""
    mine = [r for r in MADE if in_scope(r, a, name)]
    if name in COUNTS:
        return sorted(r["id"] for r in mine if COUNTS[name](r, a)), None
    above, under = RATES[name]
    below = [r for r in mine if under(r, a)]
    return sorted(r["id"] for r in below if above(r, a)), sorted(r["id"] for r in below)


def test_every_figure_has_its_formula_written_out_here_as_well():
    assert set(KPIS) == set(RATES) | set(COUNTS)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_every_figure_equals_its_list_and_what_plain_python_finds(connection: sa.Connection, scope: str) -> None:
    asked = SCOPES[scope]
    found = kpi.values(connection, KPIS, asked)
    for name in KPIS:
        above, under = expected(name, asked)
        assert kpi.ids(connection, name, asked) == above, name
        assert found[name].numerator == len(above), name
        if under is not None:
            assert kpi.ids(connection, name, asked, "denominator") == under, name
            assert found[name].value == (len(above) / len(under) if under else None), name
            assert found[name].denominator == len(under), name


def test_the_generated_data_moves_every_figure(connection: sa.Connection) -> None:
    year = kpi.values(connection, KPIS, replace(MONTH, period=period("year", NOW, ZONE)))
    flat = {name for name, found in year.items() if found.value in (None, 0) or (KPIS[name].kind == "rate" and found.value == 1)}
    assert flat == set()


def test_times_are_working_hours_from_dispatch_to_handled(connection: sa.Connection) -> None:
    cases = [tuple(datetime.fromtimestamp(r[column] / 1000, UTC) for column in ENDS) for r in MADE if worked(r, MONTH)]
    hours = [TABLES.calendar.spent(*case, "work_hour") for case in cases]
    assert kpi.value(connection, "mean_hours", MONTH).value == pytest.approx(mean(hours), abs=1e-6)
    assert kpi.value(connection, "median_hours", MONTH).value == pytest.approx(median(hours), abs=1e-6)


def test_cases_per_ten_thousand_people_need_people(connection: sa.Connection) -> None:
    found = kpi.value(connection, "per_10000", MONTH)
    assert found.value == pytest.approx(found.numerator * 10_000 / 13_000)
    assert kpi.value(connection, "per_10000", replace(MONTH, people=None)).value is None


def test_nothing_to_divide_by_gives_no_value_instead_of_nought(connection: sa.Connection) -> None:
    empty = kpi.values(connection, KPIS, replace(SCOPES["nothing"], people=None))
    assert {name for name, found in empty.items() if found.value is not None} == {name for name, one in KPIS.items() if one.kind == "count"}


@pytest.mark.parametrize(
    ("name", "column"), [("close", "unit"), ("return", "unit"), ("ai_accuracy", "camera"), ("reported", "source"), ("filed", "type")]
)
def test_groups_add_up_to_the_whole_and_each_equals_its_own_question(connection: sa.Connection, name: str, column: str) -> None:
    parts = kpi.grouped(connection, name, MONTH, column)
    assert len(parts) > 2
    assert sum(part.numerator for part in parts.values()) == kpi.value(connection, name, MONTH).numerator
    if column != "responder":
        key, part = next(iter(parts.items()))
        assert kpi.value(connection, name, replace(MONTH, **{column: key})) == part


def test_areas_add_up_to_the_town(connection: sa.Connection) -> None:
    for depth, count in ((0, 1), (1, 4), (2, 12)):
        parts = kpi.by_area(connection, "close_on_time", MONTH, depth)
        assert len(parts) == count
        assert sum(part.denominator or 0 for part in parts.values()) == kpi.value(connection, "close_on_time", MONTH).denominator
    assert kpi.by_area(connection, "close_on_time", MONTH, 1)[VILLAGES[0]] == kpi.value(
        connection, "close_on_time", replace(MONTH, area=VILLAGES[0])
    )


def test_the_list_behind_a_figure_is_a_page_of_released_incidents(connection: sa.Connection) -> None:
    sight = Sight(Viewer("wall"), TABLES, lambda _area: (121.7, 31.2))
    page = kpi.listed(connection, "reported", MONTH, sight, size=10, page=2, sort="newest")
    assert (page["total"], len(page["rows"]), page["page"]) == (len(expected("reported", MONTH)[0]), 10, 2)
    assert all(row["reporter"] is None for row in page["rows"])


def test_what_does_not_exist_is_refused_naming_the_nearest(connection: sa.Connection) -> None:
    for ask, word in (
        (lambda: kpi.value(connection, "closing", MONTH), "close"),
        (lambda: kpi.grouped(connection, "close", MONTH, "untis"), "unit"),
        (lambda: kpi.grouped(connection, "mean_hours", MONTH, "unit"), "once for each"),
        (lambda: period("fortnight", NOW, ZONE), "month"),
        (lambda: period("custom", NOW, ZONE, first=date(2026, 2, 1), last=date(2026, 1, 1)), "in order"),
    ):
        with pytest.raises(NetworkError) as refused:
            ask()
        assert word in refused.value.remedy
        assert refused.value.zh
        assert refused.value.zh_remedy


@pytest.mark.parametrize(("name", "first", "last"), [
    ("today", "2026-11-18", "2026-11-18"), ("week", "2026-11-16", "2026-11-22"), ("month", "2026-11-01", "2026-11-30"),
    ("quarter", "2026-10-01", "2026-12-31"), ("year", "2026-01-01", "2026-12-31"), ("assessment", "2026-10-21", "2026-11-20"),
])  # fmt: skip
def test_periods_begin_and_end_where_the_town_says(name: str, first: str, last: str) -> None:
    found = period(name, NOW, ZONE, assessment_day=21)
    assert (str(found.first), str(found.last)) == (first, last)
    assert datetime.fromtimestamp(found.start / 1000, ZONE).isoformat() == f"{first}T00:00:00+08:00"


def test_an_assessment_month_that_begins_on_the_31st_begins_on_the_last_day_of_a_shorter_month() -> None:
    assert str(period("assessment", datetime(2026, 3, 15, tzinfo=UTC), ZONE, 31).first) == "2026-02-28"


def test_a_day_begins_at_midnight_of_the_town_not_of_greenwich() -> None:
    late = datetime(2026, 11, 18, 17, tzinfo=UTC)  # 01:00 of the 19th in the town
    assert str(period("today", late, ZONE).first) == "2026-11-19"
    assert str(period("today", late, ZoneInfo("America/New_York")).first) == "2026-11-18"
