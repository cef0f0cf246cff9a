"""What steps leave in the row of an incident so that figures can be told later: deadlines, and what was done on time."""

from datetime import timedelta
from typing import Any

import pytest
from hands import MORNING, Hands

from incidents.core.spec import ms

HOUR = timedelta(hours=1)


def kept(hands: Hands, number: str, *columns: str) -> tuple[Any, ...]:
    row = hands.row(number)
    return tuple(row[column] for column in columns)


def dispatched(hands: Hands) -> str:
    number = hands.report().incident
    hands.walk(number, "accept", "file", "dispatch")
    return number


def test_the_deadline_of_handling_stays_after_it_was_handled(hands: Hands) -> None:
    number = dispatched(hands)  # 4 work hours from 09:00: until 14:30, noon left out
    hands.walk(number, "start")
    hands.later(hours=2)
    hands.walk(number, "handled")
    assert kept(hands, number, "handle_due_at", "due_at", "on_time") == (ms(MORNING + 5.5 * HOUR), None, 1)


def test_a_suspension_moves_the_deadline_and_a_rework_of_what_was_late_does_not(hands: Hands) -> None:
    number = dispatched(hands)
    hands.walk(number, "start", "suspend")
    hands.later(hours=24)
    hands.walk(number, "resume")
    assert kept(hands, number, "handle_due_at") == (ms(MORNING + 29.5 * HOUR),)
    hands.later(hours=72)
    hands.walk(number, "handled", "check", "rework")
    assert kept(hands, number, "handle_due_at", "on_time", "reworks") == (ms(MORNING + 29.5 * HOUR), None, 1)


@pytest.mark.parametrize(("hours", "on_time"), [(1, 1), (6, 0)])
def test_verifying_within_its_limit_is_on_time_and_later_is_not(hands: Hands, hours: int, on_time: int) -> None:
    number = hands.report().incident
    hands.step(number, "verify", "acceptor")
    hands.later(hours=hours)  # the limit: 2 work hours
    hands.step(number, "exist", "grid_member")
    assert kept(hands, number, "verify_on_time", "verified") == (on_time, "exist")


def test_a_check_counts_when_it_was_told_even_if_closing_waits(hands: Hands) -> None:
    number = dispatched(hands)
    hands.walk(number, "start", "handled", "check")
    hands.later(hours=1)
    hands.walk(number, "pass")
    hands.later(hours=48)
    hands.walk(number, "close")
    assert kept(hands, number, "check_on_time", "state") == (1, "closed")


def test_a_late_check_is_late_and_the_next_one_is_judged_anew(hands: Hands) -> None:
    number = dispatched(hands)
    hands.walk(number, "start", "handled", "check")
    hands.later(hours=30)
    hands.walk(number, "rework")
    assert kept(hands, number, "check_on_time") == (0,)
    hands.walk(number, "handled", "check")
    assert kept(hands, number, "check_on_time") == (None,)
    hands.walk(number, "pass")
    assert kept(hands, number, "check_on_time") == (1,)


@pytest.mark.parametrize(("hours", "on_time"), [(23, 1), (25, 0)])
def test_the_first_call_is_on_time_within_one_work_day_and_a_second_call_changes_nothing(hands: Hands, hours: int, on_time: int) -> None:
    number = hands.report(source="hotline").incident
    hands.later(hours=hours)
    hands.step(number, "contact", "acceptor")
    first = kept(hands, number, "contacted_at", "contact_on_time")
    assert first == (ms(MORNING + hours * HOUR), on_time)
    hands.later(hours=48)
    hands.step(number, "contact", "acceptor")
    assert kept(hands, number, "contacted_at", "contact_on_time") == first


def test_giving_a_case_to_another_unit_is_counted(hands: Hands) -> None:
    number = dispatched(hands)
    assert hands.step(number, "redispatch", "dispatcher", unit="enforcement", note="wrong unit").error is None
    assert kept(hands, number, "redispatched", "unit", "returns") == (1, "enforcement", 0)


def test_a_change_of_type_that_gives_more_time_is_counted_and_one_that_does_not_is_not(hands: Hands) -> None:
    number = dispatched(hands)  # exposed garbage, 4 work hours
    hands.step(number, "retype", "dispatcher", type="0104", note="2 work hours")
    assert kept(hands, number, "retyped", "lengthened") == (1, 0)
    hands.step(number, "retype", "dispatcher", type="0103", note="2 work days")
    assert kept(hands, number, "retyped", "lengthened") == (2, 1)


def test_who_gave_a_case_back_answers_for_it_not_who_got_it_then(hands: Hands) -> None:
    number = dispatched(hands)
    hands.walk(number, "return")
    assert kept(hands, number, "returned_by", "unit", "returns") == ("sanitation", None, 1)
    hands.step(number, "dispatch", "dispatcher", unit="enforcement")
    assert kept(hands, number, "returned_by", "unit") == ("sanitation", "enforcement")
