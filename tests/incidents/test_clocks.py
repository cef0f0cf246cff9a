"""Calendars and clocks against a reference that looks at the wall clock once a minute."""

from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.calendar import UNITS, Calendar, Day
from data.errors import NetworkError
from incidents.core import clocks
from tests.incidents.slow_clock import MINUTE, SlowClock, Watch, utc

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = ((time(8, 30), time(11, 30)), (time(13), time(17)))
WEEK = (OFFICE,) * 5 + ((), ())
TOWN = Calendar(SHANGHAI, WEEK)
# Days around which the clocks are set: forward and back, at night and (Lord Howe) by half an hour.
ZONES = {
    "Asia/Shanghai": (date(2026, 2, 13),),
    "Europe/Lisbon": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
}
QUICK = settings(max_examples=45, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@st.composite
def hours_of_a_day(draw):
    marks = sorted(draw(st.sets(st.integers(0, 95), min_size=0, max_size=4)))
    spans = [(at(a), at(b)) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    if len(marks) % 2:  # the last one runs over midnight
        spans.append((at(marks[-1]), at(draw(st.integers(0, min(marks[0], marks[-1]))))))
    return tuple(spans)


def at(quarter: int) -> time:
    return time(quarter // 4, quarter % 4 * 15)


@st.composite
def calendars(draw):
    zone = draw(st.sampled_from(sorted(ZONES)))
    around = draw(st.sampled_from(ZONES[zone]))
    hours = tuple(draw(hours_of_a_day()) for _ in range(7))
    near = [around + timedelta(n) for n in range(-3, 5)]
    special = st.one_of(
        st.just(Day("holiday")),
        st.builds(Day, st.just("workday"), like=st.integers(0, 6)),
        st.builds(Day, st.just("workday"), hours=hours_of_a_day()),
    )
    days = draw(st.dictionaries(st.sampled_from(near), special, max_size=4))
    start = datetime.combine(around, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(days=2)
    return Calendar(ZoneInfo(zone), hours, days), start


@QUICK
@given(calendars(), st.sampled_from(UNITS), st.integers(0, 4000), st.integers(0, 3000))
def test_time_spent_is_what_counting_minutes_gives_and_after_leads_back_to_it(made, unit, wait, length):
    calendar, first = made
    start, end = first + wait * MINUTE, first + (wait + length) * MINUTE
    watch = Watch(calendar, first, 6)
    counted = sum(watch.worth(start + n * MINUTE, unit) for n in range(length))
    assert calendar.spent(start, end, unit) == pytest.approx(counted, abs=1e-6)
    if counted:
        back = calendar.after(start, counted, unit)
        assert back <= end + timedelta(milliseconds=1)
        assert calendar.spent(start, back, unit) == pytest.approx(counted, abs=1e-6)
        assert calendar.spent(start, back - timedelta(seconds=1), unit) < counted - 1e-7, "earliest"


EVENTS = st.lists(
    st.tuples(st.sampled_from(("pause", "resume", "extend", "stop")), st.integers(0, 900), st.sampled_from((0.25, 1, 3))), max_size=6
)


@QUICK
@given(calendars(), st.sampled_from(UNITS), st.sampled_from((0.5, 1, 2, 4, 7.5)), st.integers(0, 2000), EVENTS)
def test_any_sequence_of_events_leaves_the_clock_where_counting_minutes_leaves_it(made, unit, limit, wait, events):
    calendar, first = made
    moment = first + wait * MINUTE
    slow = SlowClock(Watch(calendar, first, 8), unit, limit)
    clock = clocks.start("handle", limit, unit, moment)
    for event, after, more in events:
        moment = run(slow, clock, calendar, moment, after)
        clock = happen(slow, clock, calendar, moment, event, more)
    run(slow, clock, calendar, moment, 900)


def run(slow: SlowClock, clock: clocks.Running, calendar: Calendar, moment: datetime, minutes: int) -> datetime:
    """Let both pass the time, comparing share and light every so often, and the instants at which the light changes."""
    yellow, red = (
        clocks.yellow_at(clock, calendar) if able(calendar, clock) else None,
        clocks.due_at(clock, calendar) if able(calendar, clock) else None,
    )
    for n in range(minutes):
        if n % 97 == 0:
            assert clocks.share(clock, moment, calendar) == pytest.approx(slow.spent / slow.limit, abs=1e-6)
            assert clocks.light(clock, moment, calendar) == slow.light
        before = slow.light
        slow.minute(moment)
        moment += MINUTE
        for turned, when in (("yellow", yellow), ("red", red)):
            if slow.light != before and slow.light == turned:
                assert when is not None
                assert moment - MINUTE <= when <= moment + timedelta(seconds=1)
    return moment


def able(calendar: Calendar, clock: clocks.Running) -> bool:
    """Whether the clock can ever end: a week without any working time is refused elsewhere."""
    return clock.unit in ("urgent_hour", "natural_day") or any(calendar.hours)


def happen(slow: SlowClock, clock: clocks.Running, calendar: Calendar, moment: datetime, event: str, more: float) -> clocks.Running:
    """Do what happens to both, where the state allows it; elsewhere the clock must refuse it."""
    allowed = {"pause": ("runs",), "resume": ("paused",), "extend": ("runs", "paused"), "stop": ("runs", "paused")}[event]
    act = {
        "pause": lambda: clocks.pause(clock, moment, calendar), "resume": lambda: clocks.resume(clock, moment),
        "extend": lambda: clocks.extend(clock, more), "stop": lambda: clocks.stop(clock, moment, calendar),
    }[event]  # fmt: skip
    if slow.state not in allowed:
        with pytest.raises(NetworkError):
            act()
        return clock
    slow.state = {"pause": "paused", "resume": "runs", "stop": "stopped"}.get(event, slow.state)
    slow.limit += more if event == "extend" else 0
    return act()


def test_a_limit_in_work_hours_waits_over_night_weekend_and_noon():
    friday = local("2026-11-20T16:00")
    assert TOWN.after(friday, 2, "work_hour") == local("2026-11-23T09:30")
    assert TOWN.after(local("2026-11-20T11:00"), 1, "work_hour") == local("2026-11-20T13:30")
    assert TOWN.after(local("2026-11-21T03:00"), 0.5, "work_hour") == local("2026-11-23T09:00")


def test_a_limit_that_ends_with_the_day_does_not_leap_to_the_next_morning_by_rounding():
    assert TOWN.after(local("2026-11-16T08:30"), 5 * 0.8, "work_day") == local("2026-11-19T17:00")
    assert TOWN.after(local("2026-11-16T08:30"), 15 * 0.8, "work_day") == local("2026-12-01T17:00")
    assert TOWN.after(local("2026-11-16T08:30"), 3 * (0.1 + 0.2) / 0.3 * 7, "work_hour") == local("2026-11-18T17:00")


def test_a_half_day_is_a_whole_work_day_but_only_its_hours():
    eve = date(2026, 12, 31)
    town = Calendar(SHANGHAI, WEEK, {eve: Day("workday", hours=((time(8, 30), time(11, 30)),))})
    whole = local("2026-12-31T00:00"), local("2027-01-01T00:00")
    assert town.spent(*whole, "work_day") == 1
    assert town.spent(*whole, "work_hour") == 3


def test_a_make_up_day_works_by_the_hours_of_the_weekday_that_it_stands_for():
    hours = (OFFICE, *(((time(9), time(12)),),) * 4, (), ())
    sunday = date(2026, 9, 20)
    assert Calendar(SHANGHAI, hours, {sunday: Day("workday", like=2)}).spans(sunday) == ((time(9), time(12)),)
    assert Calendar(SHANGHAI, hours, {sunday: Day("workday")}).spans(sunday) == OFFICE


def test_a_night_counts_for_the_day_on_which_it_begins_and_once():
    nights = Calendar(SHANGHAI, (((time(22), time(6)),),) * 7)
    assert nights.spent(local("2026-01-01T00:00"), local("2026-01-02T00:00"), "work_hour") == 8
    assert nights.spent(local("2025-12-31T22:00"), local("2026-01-01T06:00"), "work_day") == 1
    overlapping = Calendar(SHANGHAI, (((time(5), time(7)), (time(22), time(6))),) * 7)
    assert overlapping.spent(local("2026-01-05T05:00"), local("2026-01-06T05:00"), "work_hour") == 9


def test_a_night_that_runs_into_the_new_year_goes_on_there():
    nights = Calendar(SHANGHAI, (((time(22), time(6)),),) * 7)
    assert nights.after(local("2026-01-01T02:00"), 3, "work_hour") == local("2026-01-01T05:00")
    assert nights.spent(local("2026-01-01T02:00"), local("2026-01-01T12:00"), "work_day") == 0.5


def test_a_time_that_the_clock_jumps_over_is_the_jump_so_that_spans_still_meet():
    hours = ((time(1), time(2, 30)), (time(2, 30), time(4)))
    town = Calendar(ZoneInfo("America/New_York"), (hours,) * 7)
    day = local("2026-03-08T00:00", town.zone), local("2026-03-09T00:00", town.zone)
    assert town.spent(*day, "work_hour") == 2
    early = Calendar(town.zone, (hours[:1],) * 7)
    assert early.spent(*day, "work_hour") == 1
    assert early.after(day[0], 1, "work_hour") == utc("2026-03-08T07:00")


def test_a_natural_day_is_one_day_even_where_it_has_23_or_25_hours():
    lisbon = Calendar(ZoneInfo("Europe/Lisbon"), WEEK)
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        start = local(day + "T00:00", lisbon.zone).astimezone(UTC)
        assert lisbon.after(start, 1, "natural_day") - start == timedelta(hours=hours)


def test_a_day_whose_midnight_does_not_exist_begins_when_the_clock_has_jumped():
    beirut = Calendar(ZoneInfo("Asia/Beirut"), WEEK)  # 2026-03-29: from 00:00 to 01:00
    assert beirut.after(utc("2026-03-28T10:00"), 12 / 24, "natural_day") == utc("2026-03-28T22:00")
    assert beirut.after(utc("2026-03-28T22:00"), 1, "natural_day") == utc("2026-03-29T21:00")


def test_a_calendar_without_working_time_says_so_instead_of_searching_for_ever():
    idle = Calendar(SHANGHAI, ((),) * 7)
    with pytest.raises(NetworkError, match="no working time"):
        idle.after(utc("2026-01-01T00:00"), 1, "work_hour")
    with pytest.raises(NetworkError, match="100 years"):
        TOWN.after(utc("2026-01-01T00:00"), 1e6, "work_day")


def test_ten_thousand_deadlines_take_about_a_second():
    starts = [utc("2026-01-01T00:00") + timedelta(minutes=37 * n) for n in range(2500)]
    began = perf_counter()
    for start in starts:
        for unit in UNITS:
            TOWN.after(start, 15, unit)
    assert perf_counter() - began < 3


def test_used_time_adds_up_over_pauses_and_an_extension_moves_the_lights():
    clock = clocks.start("handle", 4, "work_hour", local("2026-11-16T08:30"))
    clock = clocks.pause(clock, local("2026-11-16T10:30"), TOWN)
    assert (clocks.due_at(clock, TOWN), clock.used, clock.paused) == (None, 2, True)
    clock = clocks.resume(clock, local("2026-11-17T13:00"))
    assert clocks.due_at(clock, TOWN) == local("2026-11-17T15:00")
    clock = clocks.extend(clock, 4)
    assert clocks.yellow_at(clock, TOWN) == local("2026-11-18T08:54")
    assert clocks.due_at(clock, TOWN) == local("2026-11-18T10:30")


def test_a_light_turns_at_its_own_instant_and_not_a_millisecond_before():
    clock = clocks.start("handle", 4, "work_hour", local("2026-11-16T08:30"))
    tick = timedelta(milliseconds=1)
    for when, before, after in ((clocks.yellow_at(clock, TOWN), "green", "yellow"), (clocks.due_at(clock, TOWN), "yellow", "red")):
        assert when is not None
        assert clocks.light(clock, when - tick, TOWN) == before
        assert clocks.light(clock, when, TOWN) == after


def test_a_clock_that_was_yellow_before_its_pause_is_yellow_from_where_it_goes_on():
    clock = clocks.start("handle", 1, "urgent_hour", utc("2026-01-01T00:00"), used=0.9)
    assert clocks.yellow_at(clock, TOWN) == utc("2026-01-01T00:00")
    assert clocks.due_at(clock, TOWN) == utc("2026-01-01T00:06")


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_is_refused(limit):
    with pytest.raises(NetworkError, match="over 0"):
        clocks.start("file", limit, "work_hour", utc("2026-01-01T00:00"))
