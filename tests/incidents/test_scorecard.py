"""The scorecard: parts that add up, bunching that is told of when it is there and not when it is not; the day's curve and rankings."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from log_rows import NOW, TABLES, VILLAGES, ZONE, fill, rows, settings_of

from data.settings import Settings
from incidents.core import figures, kpi, scorecard
from incidents.core.kpi_declared import Asked
from incidents.core.period import period
from incidents.core.schema import open_engine
from incidents.core.spec import ms

MADE = rows(4000, 70)
QUARTER = Asked(period("quarter", NOW, ZONE), TABLES, ms(NOW))
GAMER = "enforcement"


def backdated(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One unit handles on paper, just before the limit, most of what it is late with."""
    made = copy.deepcopy(made)
    late = [row for row in made if row["unit"] == GAMER and row["on_time"] == 0]
    for n, row in enumerate(late):
        if n % 4:
            used = row["handle_limit"] * (0.955 + 0.04 * (n % 9) / 9)
            row.update(on_time=1, handle_used=used, handled_at=row["handle_due_at"] - 60_000)
    return made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Connection]:
    engine = open_engine(settings_of(request, tmp_path_factory.mktemp("scorecard"), "scorecard"))
    fill(engine, backdated(MADE))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


# ── bunching ──


def shares(seed: int, count: int = 400) -> np.ndarray[Any, Any]:
    return 0.35 * np.exp(0.75 * np.random.default_rng(seed).standard_normal(count))


def bunch(used: np.ndarray[Any, Any]) -> scorecard.Bunch:
    return scorecard.bunching(int(((used > 0.95) & (used <= 1)).sum()), list(used), 0.05)


@pytest.mark.parametrize("count", [60, 400, 3000])
def test_honest_units_are_hardly_ever_told_of(count: int) -> None:
    told = [bunch(shares(seed, count)).suspicious for seed in range(200)]
    assert sum(told) <= 4


def test_a_unit_that_closes_on_paper_what_is_late_is_told_of() -> None:
    told = []
    for seed in range(50):
        used = shares(seed)
        late = np.flatnonzero(used > 1)
        used[late[: len(late) // 2]] = 0.98
        told.append(bunch(used).suspicious)
    assert sum(told) >= 45


def test_what_is_expected_follows_a_falling_course_and_is_never_below_nought() -> None:
    places = (0.66, 0.71, 0.76, 0.81, 0.86, 0.91)
    halving = [place for n, place in enumerate(places) for _ in range(640 >> n)]
    assert scorecard.bunching(0, halving, 0.05).expected == pytest.approx(10, rel=0.1)
    assert scorecard.bunching(12, places * 10, 0.05).expected == pytest.approx(10.5, rel=0.01)
    assert 0 < scorecard.bunching(0, [], 0.05).expected < 1
    assert not scorecard.bunching(9, [0.91] * 9, 0.05).suspicious


# ── the card ──


def test_the_score_is_the_sum_of_the_parts_that_it_shows() -> None:
    full = scorecard.score_of(80, 0.9, 0.8, 0.1)
    assert (full.volume, full.close, full.on_time, full.rework) == (9, 27, 24, 27)
    assert (full.total, full.grade) == (87, "B")
    assert scorecard.score_of(10, 1, 1, 0).total == 100
    assert scorecard.score_of(5000, 0.5, 0.5, 0).grade == "D"
    assert scorecard.score_of(0, None, None, None) is None


def test_a_card_shows_beside_each_rate_what_the_rate_was_made_with(connection: sa.Connection) -> None:
    card = {line.key: line for line in scorecard.scorecard(connection, QUARTER)}
    gamer = card[GAMER]
    assert gamer.bunch.suspicious
    assert [key for key, line in card.items() if line.bunch.suspicious] == [GAMER]
    assert gamer.rate.value == max(line.rate.value for line in card.values() if line.weighs), "the rate alone would praise it"
    scope = replace(QUARTER, unit=GAMER)
    for name, value in (*gamer.watched.items(), ("close_on_time", gamer.rate)):
        assert len(kpi.ids(connection, name, scope)) == value.numerator, name
        assert kpi.value(connection, name, scope) == value, name
    assert gamer.bunch.found == gamer.watched["bunched"].numerator
    assert gamer.score.close == pytest.approx(30 * kpi.value(connection, "close", scope).value)
    assert gamer.score.rework == pytest.approx(30 - 30 * kpi.value(connection, "rework", scope).value)


def test_a_card_of_areas_goes_by_area_and_leaves_those_with_few_cases_last(connection: sa.Connection) -> None:
    card = scorecard.scorecard(connection, replace(QUARTER, period=period("today", NOW, ZONE)), "area", 2)
    weighs = [line.weighs for line in card]
    assert {line.key[: len(VILLAGES[0])] for line in card} <= set(VILLAGES)
    assert weighs == sorted(weighs, reverse=True)
    assert False in weighs
    towns = scorecard.scorecard(connection, QUARTER, "area", 0)
    assert [(line.key, line.rate) for line in towns] == [("990115103", kpi.value(connection, "close_on_time", QUARTER))]


# ── curve, shares, rankings, months ──


def test_the_curve_compares_today_with_the_middle_half_of_days_of_its_kind(connection: sa.Connection) -> None:
    hours = figures.curve(connection, replace(QUARTER, period=period("today", NOW, ZONE)))
    local = [datetime.fromtimestamp(row["reported_at"] / 1000, UTC).astimezone(ZONE) for row in MADE]
    today = NOW.astimezone(ZONE).date()
    work = [today - timedelta(n) for n in range(1, 57) if TABLES.calendar.spans(today - timedelta(n))]
    for hour in hours:
        counts = sorted(sum(one.date() == day and one.hour == hour.hour for one in local) for day in work)
        assert hour.n == (sum(one.date() == today and one.hour == hour.hour for one in local) if hour.hour <= 11 else None)
        assert (hour.usual, hour.low, hour.high) == tuple(pytest.approx(np.percentile(counts, at)) for at in (50, 25, 75))
        assert hour.days == len(work)
        listed = sum(hour.since <= row["reported_at"] < hour.until for row in MADE)
        assert listed == (hour.n or 0)


def test_days_before_the_log_began_are_not_days_without_reports(tmp_path: Any) -> None:
    engine = open_engine(Settings(home=tmp_path))
    fill(engine, rows(300, 10))
    with engine.connect() as connection:
        assert figures.curve(connection, QUARTER)[10].days == 7  # since Sunday the 8th, 11:20: seven whole working days
    engine.dispose()


def test_shares_are_of_all_and_the_most_come_first(connection: sa.Connection) -> None:
    sources = figures.split(connection, QUARTER, "source")
    assert sum(one.part for one in sources) == pytest.approx(1)
    assert [one.n for one in sources] == sorted((one.n for one in sources), reverse=True)
    assert sources[0].key == "patrol"
    assert len(figures.split(connection, QUARTER, "type", 3)) == 3


def test_a_ranking_gives_places_to_those_with_enough_cases_and_equals_share_one(connection: sa.Connection) -> None:
    ranks = figures.ranking(connection, QUARTER, "overdue", depth=2)
    placed = [rank for rank in ranks if rank.place]
    assert [rank.value.value for rank in placed] == sorted(rank.value.value for rank in placed), "of overdue the least is best"
    assert all((rank.value.denominator >= 20) == bool(rank.place) for rank in ranks)
    small = figures.ranking(connection, replace(QUARTER, period=period("today", NOW, ZONE)), "close", "unit")
    assert None in {rank.place for rank in small}
    best = figures.ranking(connection, QUARTER, "close", "unit")
    assert best[0].value.value == max(rank.value.value for rank in best if rank.place)


def test_the_stretch_before_is_as_long_as_the_present_one_has_come(connection: sa.Connection) -> None:
    week = replace(QUARTER, period=period("week", NOW, ZONE))
    before = figures.earlier(week).period
    assert (str(before.first), str(before.last)) == ("2026-11-09", "2026-11-15")
    assert before.end - before.start == ms(NOW) - week.period.start
    ranks = figures.ranking(connection, week, "close")
    assert ranks[0].before == kpi.value(connection, "close", replace(figures.earlier(week), area=ranks[0].key)).value


def test_the_months_are_those_of_the_calendar_the_present_one_last(connection: sa.Connection) -> None:
    months = figures.trend(connection, QUARTER, "filed", 3)
    assert [str(first) for first, _ in months] == ["2026-09-01", "2026-10-01", "2026-11-01"]
    assert months[-1][1] == kpi.value(connection, "filed", replace(QUARTER, period=period("month", NOW, ZONE)))
