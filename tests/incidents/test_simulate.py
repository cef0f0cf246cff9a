"""The demonstration town lives as domain section 8.2 says: how much, where, when, noticed by whom, handled how."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from square_town import publish

from data.errors import NetworkError, StoreError
from data.policy import Actor
from data.settings import Settings
from data.store.duck import connect
from data.store.serving import ServingStore
from incidents.core import kpi, schema
from incidents.core.kpi_declared import Asked
from incidents.core.network import Network
from incidents.core.period import period
from incidents.core.spec import Command, Step, ms
from incidents.simulate import mix
from incidents.simulate.day import Case, Days
from incidents.simulate.engine import Simulation
from incidents.simulate.ground import Ground, Person, Team
from incidents.simulate.plan import draw

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon of a Sunday
TODAY = date(2026, 11, 22)
RATE = 700.0  # times the rate of 78 people: some 40 a day


class Living:
    """A simulation of the town of squares, with a clock that the test sets."""

    def __init__(self, home: Path, rate: float = RATE) -> None:
        self.store = ServingStore(publish(home))
        self.network = Network(Settings(home=home, now=NOW), self.store)
        self.rate = rate

    def at(self, now: datetime) -> None:
        self.network.clock.now = lambda: now  # type: ignore[method-assign]

    def simulation(self) -> Simulation:
        return Simulation(self.network, seed=3, rate=self.rate)

    def rows(self, *conditions: Any) -> list[dict[str, Any]]:
        query = sa.select(schema.incident).where(*conditions).order_by(schema.incident.c.id)
        return self.network.asked(lambda connection: [dict(row) for row in connection.execute(query).mappings()])

    def close(self) -> None:
        self.network.stop()
        self.store.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """Thirty-five days of a town."""
    living = Living(tmp_path_factory.mktemp("simulate"))
    living.simulation().begin(timedelta(days=33))
    yield living
    living.close()


@pytest.fixture(scope="module")
def ground(lived: Living) -> Ground:
    """A town of 100 teams in ten villages, without a file."""
    teams = tuple(Team(f"T{n:03d}", f"V{n // 10}", f"{n}组", np.array([(121.7 + n / 1000, 31.2)])) for n in range(100))
    return Ground(mix.PEOPLE, teams, {"T001": ("C1", "C2")}, (Person("R1", "V0", 121.7, 31.2),))


@pytest.fixture(scope="module")
def sixty(ground: Ground, lived: Living) -> tuple[Days, list[Case]]:
    days = Days(ground, lived.network.types(), ZONE, 5, TODAY)
    return days, [case for n in range(56) for case in days.cases(TODAY - timedelta(days=n + 1))]


def real(cases: list[Case]) -> list[Case]:
    return [case for case in cases if not (case.report.source == "camera" and case.plan.false)]


def shares(values: list[str]) -> dict[str, float]:
    return {name: number / len(values) for name, number in Counter(values).items()}


# ── what happens ──


def test_about_two_hundred_a_day_more_on_mondays_than_on_sundays(sixty: tuple[Days, list[Case]]) -> None:
    cases = real(sixty[1])
    assert len(cases) / 56 == pytest.approx(200, rel=0.08)  # with a storm or two
    by_weekday = Counter(case.at.astimezone(ZONE).weekday() for case in cases)
    assert by_weekday[0] / by_weekday[6] == pytest.approx(1.35 / 0.65, rel=0.2)


def test_sources_and_classes_have_the_shares_of_the_domain(sixty: tuple[Days, list[Case]]) -> None:
    cases = real(sixty[1])
    by_source = shares([case.report.source for case in cases])
    for source, share in mix.SOURCES.items():
        assert by_source[source] == pytest.approx(share, abs=0.012), source
    by_class = shares([case.report.type[:2] for case in cases])
    for name, share in mix.CLASSES.items():
        assert by_class[name] == pytest.approx(share, abs=0.015), name


def test_cameras_see_only_what_a_camera_can_see_and_are_right_in_83_of_100_cases(sixty: tuple[Days, list[Case]], lived: Living) -> None:
    seen = [case for case in sixty[1] if case.report.source == "camera"]
    can = {str(kind["code"]) for kind in lived.network.types() if kind["ai"]}
    assert {case.report.type for case in seen} <= can
    assert np.mean([not case.plan.false for case in seen]) == pytest.approx(0.83, abs=0.02)
    assert all(case.report.label and 0.6 <= (case.report.confidence or 0) <= 1 for case in seen)


def test_a_tenth_of_the_teams_carries_45_of_100_cases(sixty: tuple[Days, list[Case]]) -> None:
    columns = Counter(round((case.report.lon or 0) - 121.7, 3) for case in sixty[1])
    top = sum(number for _, number in columns.most_common(10))
    assert top / len(sixty[1]) == pytest.approx(0.45, abs=0.02)


def test_mornings_afternoons_and_evenings_have_their_peaks_and_garbage_is_seen_early(sixty: tuple[Days, list[Case]]) -> None:
    def busiest(cases: list[Case], spans: tuple[tuple[int, int], ...]) -> list[float]:
        hours = Counter(case.at.astimezone(ZONE).hour for case in cases)
        return [sum(hours[hour] for hour in range(*span)) / len(cases) for span in spans]

    others = [case for case in sixty[1] if case.report.type not in ("0102", "0103", "0104", "0155")]
    morning, noon, afternoon, evening, night = busiest(others, ((8, 10), (12, 14), (14, 16), (18, 20), (0, 6)))
    assert morning > 2 * noon and afternoon > 1.7 * noon and evening > 1.5 * noon and night < noon
    early, later = busiest([case for case in sixty[1] if case.report.type in ("0102", "0104", "0155")], ((6, 8), (10, 12)))
    assert early > 2 * later


def test_a_day_is_always_the_same_whatever_was_drawn_before(ground: Ground, lived: Living, sixty: tuple[Days, list[Case]]) -> None:
    again = Days(ground, lived.network.types(), ZONE, 5, TODAY)
    yesterday = again.cases(TODAY - timedelta(days=1))
    assert yesterday == sixty[1][: len(yesterday)] and len({case.key for case in sixty[1]}) == len(sixty[1])
    assert Days(ground, lived.network.types(), ZONE, 6, TODAY).cases(TODAY)[:3] != again.cases(TODAY)[:3]
    case = yesterday[0]
    assert again.plan(case.key, "V0") is not None and again.plan("sim-9-20261121-0001", "V0") is None and again.plan("x", "V0") is None


def test_some_villages_are_stubborn(sixty: tuple[Days, list[Case]], lived: Living) -> None:
    assert len(sixty[0].stubborn) == 1 and sixty[0].stubborn <= {f"V{n}" for n in range(10)}
    village = next(iter(sixty[0].stubborn))
    case = sixty[1][0]
    slow, usual = sixty[0].plan(case.key, village), sixty[0].plan(case.key, "V-other")
    assert slow and usual and slow.share > usual.share


def test_fates_have_the_shares_of_the_domain_and_a_year_ago_was_slower() -> None:
    plans = [draw(1, 700_000 + n // 200, n % 200, stubborn=False, months_ago=0) for n in range(20_000)]

    def share(name: str) -> float:
        return float(np.mean([getattr(plan, name) for plan in plans]))

    for name, wanted in (
        ("void", 0.03),
        ("returned", 0.04),
        ("suspended", 0.006),
        ("rework", 0.019),
        ("satisfied", 0.93),
        ("solved", 0.82),
    ):
        assert share(name) == pytest.approx(wanted, abs=0.006), name
    used = np.array([9.0 if plan.stuck_days else plan.share for plan in plans])
    assert np.median(used) == pytest.approx(0.35, abs=0.02) and np.mean(used > 1) == pytest.approx(0.10, abs=0.012)
    stubborn = [draw(1, 700_000, n, stubborn=True, months_ago=0) for n in range(4000)]
    assert 0.80 <= np.mean([plan.share <= 1 and not plan.stuck_days for plan in stubborn]) <= 0.85
    before = [draw(1, 700_000 + n // 200, n % 200, stubborn=False, months_ago=12).share for n in range(2000)]
    assert np.mean([plan.share for plan in plans[:2000]]) / np.mean(before) == pytest.approx(0.8, abs=0.001)


# ── in the log ──


def test_the_figures_of_the_filled_past_are_those_of_the_domain(lived: Living) -> None:
    asked = Asked(period("custom", NOW, ZONE, 1, TODAY - timedelta(days=31), TODAY - timedelta(days=2)), lived.network.tables(), ms(NOW))
    names = (
        "close",
        "close_on_time",
        "first_pass",
        "accurate_filing",
        "return",
        "ai_accuracy",
        "satisfied",
        "hotline_solved",
        "hotline_contact",
    )
    found = lived.network.asked(lambda connection: kpi.values(connection, names, asked))
    wanted = (("close", 0.962), ("close_on_time", 0.896), ("first_pass", 0.981), ("accurate_filing", 0.97), ("return", 0.04),
              ("ai_accuracy", 0.83), ("satisfied", 0.93), ("hotline_solved", 0.82), ("hotline_contact", 0.97))  # fmt: skip
    for name, value in wanted:
        of = found[name].denominator or 1
        tolerance = 0.01 + 3 * float(np.sqrt(value * (1 - value) / of))
        assert found[name].value == pytest.approx(value, abs=tolerance), (name, of)


def test_every_case_has_gone_its_legal_course_in_the_order_of_its_own_times(lived: Living) -> None:
    event = schema.event.c
    query = sa.select(event.incident, event.step, event.at).order_by(event.seq)
    events = lived.network.asked(lambda connection: connection.execute(query).all())
    last: dict[str, int] = {}
    for incident, step, at in events:
        assert at >= last.get(incident, 0), (incident, step)
        last[incident] = at
    assert max(last.values()) <= ms(NOW)
    states = Counter(row["state"] for row in lived.rows())
    assert states["closed"] > 800 and states["handling"] and states["void"] and states["false_alarm"] and states["self_closed"]
    assert {"verify", "exist", "rework", "return", "suspend", "contact", "revisit"} <= {step for _, step, _ in events}


def test_recent_cases_have_pictures_and_those_closed_on_the_spot_have_two(lived: Living) -> None:
    recent = lived.rows(schema.incident.c.reported_at > ms(NOW - timedelta(days=1)), schema.incident.c.source == "patrol")
    assert 0.3 < np.mean([row["photos"] > 0 for row in recent]) < 0.9
    on_the_spot = lived.rows(schema.incident.c.state == "self_closed")
    assert on_the_spot and all(row["photos"] >= 2 for row in on_the_spot)
    assert 3 <= len(list(lived.network.settings.attachments.rglob("*.jpg"))) <= 60  # each picture is kept once


def test_a_simulation_that_is_started_again_goes_on_where_it_was(tmp_path: Path) -> None:
    whole, parts = Living(tmp_path / "whole"), Living(tmp_path / "parts")
    whole.simulation().begin(timedelta(days=3))
    broken_off: list[str] = []
    for hours in (50, 0):  # the first ends on Friday at ten in the morning
        parts.at(NOW - timedelta(hours=hours))
        parts.simulation().begin(timedelta(days=3, hours=-hours))
        broken_off = broken_off or [row["external_id"] for row in parts.rows(schema.incident.c.closed_at.is_(None))]
    columns = ("external_id", "type", "state", "reported_at", "dispatched_at", "handled_at", "closed_at", "checked")

    def told(living: Living) -> dict[str, tuple[Any, ...]]:
        return {row["external_id"]: tuple(roughly(row[name]) for name in columns) for row in living.rows()}

    def roughly(value: Any) -> Any:  # the log keeps milliseconds, a plan microseconds
        return round(value / 10_000) if isinstance(value, int) and value > 10**9 else value

    one, other = told(whole), told(parts)
    assert len(one) > 60 and one.keys() == other.keys()
    assert len(broken_off) > 10 and {one[key][2] for key in broken_off} > {"closed"}
    differs = [(one[key], other[key]) for key in one if one[key] != other[key]]
    assert differs == [], differs[:4]
    whole.close()
    parts.close()


def test_what_somebody_else_does_is_heeded_and_the_live_town_goes_on(tmp_path: Path) -> None:
    living = Living(tmp_path, rate=12 * RATE)
    living.at(NOW - timedelta(hours=3))
    simulation = living.simulation()
    simulation.begin(timedelta(hours=8))
    reported = living.rows(schema.incident.c.state.in_(("filed", "dispatched", "handling")))
    mine = [Command(Step(row["id"], "note", {"note": "x"}), Actor("acceptor", "李")) for row in reported[:3]]
    mine += [
        Command(Step(row["id"], "void", {"note": "重复"}), Actor("shift_leader", "王")) for row in reported if row["state"] != "handling"
    ]
    assert any(isinstance(one.what, Step) and one.what.step == "void" for one in mine)
    ahead = [row["id"] for row in living.rows(schema.incident.c.state == "accepted")]  # these are not left to the simulation
    for duty, step in (("shift_leader", "file"), ("dispatcher", "dispatch")):
        mine += [Command(Step(number, step), Actor(duty, "张")) for number in ahead]
    assert ahead and all(outcome.error is None for outcome in living.network.take(mine))
    steps = iter(range(12))
    now = [NOW - timedelta(hours=3)]

    def sleep(_seconds: float) -> None:
        now[0] += timedelta(minutes=15)
        living.at(now[0])

    before = simulation.steps
    simulation.live(lambda: next(steps, None) is not None, sleep)
    assert simulation.steps > before + 20
    voided = {one.what.incident for one in mine if isinstance(one.what, Step) and one.what.step == "void"}
    assert {row["state"] for row in living.rows(schema.incident.c.id.in_(voided))} == {"void"}
    assert simulation.refused >= len(voided) + len(ahead)
    assert not living.rows(schema.incident.c.id.in_(ahead), schema.incident.c.state.in_(("filed", "dispatched")))
    positions = living.network.asked(lambda connection: connection.execute(sa.select(schema.position)).all())
    assert len(positions) == 4 and max(row.at for row in positions) > ms(NOW - timedelta(hours=3))
    living.close()


def test_a_database_that_is_away_for_a_while_loses_the_simulation_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    living, whole = Living(tmp_path / "a", rate=6 * RATE), Living(tmp_path / "b", rate=6 * RATE)
    start = NOW - timedelta(hours=2)
    living.at(start)
    simulation = living.simulation()
    simulation.begin(timedelta(hours=4))
    taking, calls = living.network.take, iter(range(1000))

    def away(commands: Any) -> Any:
        if next(calls) in (0, 1, 4):
            raise NetworkError("away", zh="away")
        return taking(commands)

    monkeypatch.setattr(living.network, "take", away)
    now = [start]

    def sleep(seconds: float) -> None:
        now[0] = min(NOW, now[0] + timedelta(minutes=10 if seconds < 1 else 0))
        living.at(now[0])

    turns = iter(range(20))
    simulation.live(lambda: next(turns, None) is not None, sleep)
    whole.simulation().begin(timedelta(hours=6))
    states = [{row["external_id"]: row["state"] for row in one.rows()} for one in (living, whole)]
    assert len(states[1]) > 20 and states[0] == states[1]
    living.close()
    whole.close()


def test_nothing_is_made_up_about_a_real_town(tmp_path: Path) -> None:
    living = Living(tmp_path)
    with connect(tmp_path / "serving" / "v2.duckdb") as made:
        made.execute(f"ATTACH '{tmp_path / 'serving' / 'v1.duckdb'}' AS old (READ_ONLY)")
        made.execute("COPY FROM DATABASE old TO v2")
        made.execute("UPDATE town SET value = 'false' WHERE key = 'synthetic'")
    pointer = tmp_path / "serving" / "current.json"
    told = pointer.read_text().replace("v1.", "v2.").replace('"snapshot": 1', '"snapshot": 2')
    (tmp_path / "pack" / "v2.json").write_text("{}")
    pointer.with_suffix(".new").write_text(told)
    pointer.with_suffix(".new").replace(pointer)
    with pytest.raises(StoreError, match="real one"):
        living.simulation()
    assert living.rows() == []
    living.close()
