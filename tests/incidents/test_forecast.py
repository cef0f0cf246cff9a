"""The forecast of breaches: rates that are learned right, told probabilities that come true, and no look into the future."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from hands import Hands
from log_rows import NOW, TABLES, TOWN, VILLAGES, ZONE, fill, rows, settings_of

from data.settings import Settings
from incidents.core import forecast as forecasts
from incidents.core.backtest import Told, accuracy, backtest
from incidents.core.hazard import Life, learn, pace
from incidents.core.kpi_declared import Asked
from incidents.core.period import period
from incidents.core.schema import open_engine
from incidents.core.spec import ms

MADE = rows(7000, 75, slow=0.6)
ASKED = Asked(period("today", NOW, ZONE), TABLES, ms(NOW))
HOUR = 3_600_000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Connection]:
    yield from _opened(settings_of(request, tmp_path_factory.mktemp("forecast"), "forecast"))


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Connection]:
    yield from _opened(Settings(home=tmp_path_factory.mktemp("forecast")))


def _opened(settings: Settings) -> Iterator[sa.Connection]:
    engine = open_engine(settings)
    fill(engine, MADE)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


# ── rates ──


def handled(kind: str, shares: np.ndarray) -> list[Life]:
    return [Life(kind, float(share), True) for share in shares]


def test_the_probability_of_being_late_is_that_of_cases_which_came_as_far() -> None:
    shares = 0.6 * np.exp(0.7 * np.random.default_rng(3).standard_normal(20_000))
    rates = learn(handled("01", shares))
    for used in (0.0, 0.2, 0.5, 0.8, 0.93):
        assert rates.late("01", used) == pytest.approx((shares > 1).sum() / (shares > used).sum(), abs=0.02)
    assert rates.late("01", 1.0) == rates.late("01", 1.7) == 1


def test_cases_still_in_hand_count_with_what_they_have_used_so_far() -> None:
    rng = np.random.default_rng(5)
    shares, seen = rng.exponential(0.5, 20_000), rng.uniform(0, 1, 20_000)
    lives = [Life("01", float(min(share, until)), bool(share <= until)) for share, until in zip(shares, seen, strict=True)]
    assert learn(lives).late("01", 0.0) == pytest.approx(np.exp(-2), abs=0.02)
    forgotten = learn([life for life in lives if life.handled])
    assert forgotten.late("01", 0.0) < 0.05, "without them handling looks quicker than it is"


def test_a_class_with_few_cases_goes_by_the_town_and_one_with_many_by_itself() -> None:
    rng = np.random.default_rng(7)
    town = handled("01", rng.exponential(0.3, 5000))
    few, many = handled("02", np.full(3, 2.0)), handled("02", np.full(2000, 2.0))
    usual = learn(town).late("01", 0.5)
    assert learn(town + few).late("02", 0.5) < 0.75
    assert learn(town + many).late("02", 0.5) > 0.99
    assert learn(town).late("09", 0.5) == pytest.approx(usual, abs=0.02), "a class never seen"


def test_without_experience_one_case_in_two_is_late() -> None:
    assert learn([]).late("01", 0.0) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("seen", "expected", "found"), [(30, 30, 1), (0, 0, 1), (0, 10, 0.5), (0, 1000, 0.5), (500, 10, 2), (15, 10, 1.25)]
)
def test_the_pace_is_what_was_handled_to_what_was_to_be_expected_drawn_to_the_usual(seen: int, expected: int, found: float) -> None:
    assert pace(seen, expected) == found


# ── the forecast ──


def test_the_forecast_is_the_sum_of_the_cases_in_hand_whose_limit_ends_soon(either: sa.Connection) -> None:
    found = forecasts.forecast(either, ASKED, (30, 240))
    for minutes, one in found.items():
        soon = [r for r in MADE if r["due_at"] and ms(NOW) < r["due_at"] <= ms(NOW) + minutes * 60_000 and not r["paused"]]
        assert sorted(risk.case.id for risk in one.risks) == sorted(row["id"] for row in soon)
        assert one.expected == pytest.approx(sum(risk.late for risk in one.risks))
        for depth in (0, 1, 2):
            assert sum(one.by_area(depth).values()) == pytest.approx(one.expected)
    assert len(found[240].risks) > 5
    assert list(found[240].by_area(0)) == [TOWN]
    assert [risk.late for risk in found[240].risks] == sorted((risk.late for risk in found[240].risks), reverse=True)


def test_the_forecast_of_a_village_is_its_part_of_the_towns(connection: sa.Connection) -> None:
    town = forecasts.forecast(connection, ASKED, (240,))[240].by_area(1)
    for village in VILLAGES:
        part = forecasts.forecast(connection, replace(ASKED, area=village), (240,))[240]
        assert part.expected == pytest.approx(town.get(village, 0))


def test_when_handling_slows_down_more_cases_are_expected_to_be_late(connection: sa.Connection) -> None:
    cases = forecasts.read_cases(connection, TABLES, 0)
    rates = learn(forecasts.lives(cases, ms(NOW), TABLES.calendar))
    lately = [case for case in cases if case.handled is None or case.handled > ms(NOW) - 3 * HOUR]
    standstill = [replace(case, handled=None, end=None) if case.handled else case for case in lately]
    assert forecasts.pace_at(standstill, rates, ms(NOW), TABLES.calendar) < forecasts.pace_at(lately, rates, ms(NOW), TABLES.calendar)
    slow, usual = (sum(r.late for r in forecasts.risks(cases, rates, speed, ms(NOW), 240, TABLES.calendar)) for speed in (0.5, 1.0))
    assert slow > usual


# ── its past ──


def test_what_is_told_comes_true_as_often_as_it_is_told_and_better_than_as_usual(connection: sa.Connection) -> None:
    for minutes, found in backtest(connection, ASKED).items():
        assert found is not None
        assert found.instants == 14 * 24  # the hours of which the outcome is known by now
        assert found.brier < found.brier_usual < found.brier_all, minutes
        assert found.skill == pytest.approx(1 - found.brier / found.brier_usual)
        assert found.error < found.error_usual
        assert sum(band.cases for band in found.bands) == found.cases
        for band in found.bands:
            if band.cases >= 40:
                assert band.told == pytest.approx(band.true, abs=0.13)


def test_nothing_after_an_instant_changes_what_is_told_at_it(connection: sa.Connection, tmp_path) -> None:
    at = ms(NOW - timedelta(days=2))
    changed = copy.deepcopy(MADE)
    for row in changed:
        if row["handled_at"] and row["handled_at"] > at:  # everything that was open then is still open, and nothing was ever late
            row.update(state="handling", on_time=None, handled_at=None, handle_used=None, clock_limit=row["handle_limit"], clock_used=0.0)
            row.update(clock_from=row["dispatched_at"], due_at=row["handle_due_at"], handle_limit=None)
    engine = open_engine(Settings(home=tmp_path))
    fill(engine, changed)
    with engine.connect() as other:
        told = [_told(one, at) for one in (connection, other)]
    engine.dispose()
    assert len(told[0]) > 10
    assert told[0] == told[1]


def _told(connection: sa.Connection, at: int) -> list[tuple[str, float]]:
    """What is told at an instant, of the cases whose course can be told."""
    cases = [case for case in forecasts.read_cases(connection, TABLES, 0) if case.steady and case.since <= at]
    rates = learn(forecasts.lives(cases, at, TABLES.calendar))
    speed = forecasts.pace_at(cases, rates, at, TABLES.calendar)
    found = forecasts.risks(cases, rates, speed, at, 600, TABLES.calendar)
    return [(risk.case.id, round(risk.late, 9)) for risk in found]


def test_too_few_cases_give_no_accuracy_instead_of_a_bad_one() -> None:
    assert accuracy(30, [Told(0, 0.5, 0.5, True)] * 29, [0]) is None


def test_the_figures_of_accuracy_are_what_they_say() -> None:
    told = [Told(0, 0.9, 0.5, True)] * 20 + [Told(1, 0.6, 0.5, False)] * 10 + [Told(1, 0.2, 0.5, True)] * 10
    found = accuracy(30, told, [0, 1, 2])
    assert found is not None
    assert (found.cases, found.breaches, found.instants) == (40, 30, 3)
    assert found.brier == pytest.approx((20 * 0.01 + 10 * 0.36 + 10 * 0.64) / 40)
    assert (found.brier_usual, found.brier_all) == (0.25, 0.25)
    assert (found.hit, found.precision) == (pytest.approx(20 / 30), pytest.approx(20 / 30))
    assert found.error == pytest.approx((2 + 2 + 0) / 3)
    assert found.bias == pytest.approx((-2 - 2) / 3)
    assert [(band.cases, round(band.told, 3), band.true) for band in found.bands] == [(10, 0.2, 1), (10, 0.6, 0), (20, 0.9, 1)]


# ── with the real log ──


def test_a_case_that_was_paused_goes_on_from_where_it_stood_and_is_left_out_of_the_past(hands: Hands) -> None:
    numbers = [hands.report().incident for _ in range(2)]
    for number in numbers:
        hands.walk(number, "accept", "file", "dispatch")
    hands.later(minutes=30)
    hands.walk(numbers[0], "start")
    hands.walk(numbers[1], "start", "suspend")
    hands.later(hours=2)
    hands.walk(numbers[1], "resume")
    tables = hands.network.tables()
    cases = {case.id: case for case in hands.network.asked(lambda connection: forecasts.read_cases(connection, tables, 0))}
    straight, paused = cases[numbers[0]], cases[numbers[1]]
    assert (straight.steady, paused.steady) == (True, False)
    assert straight.share(ms(hands.at), tables.calendar) == pytest.approx(2.5 / 4)
    assert paused.share(ms(hands.at), tables.calendar) == pytest.approx(0.5 / 4)
