"""The life cycle: one table says who may do what from where; clocks are fair; everything can be read back."""

from datetime import timedelta

import pytest
from hands import MORNING, Hands

from data.errors import NetworkError, OneScreenError, PolicyError
from data.policy import DUTIES, Actor
from incidents.core import lifecycle
from incidents.core.books import instant
from incidents.core.lifecycle import ENDED, FORMER, OPEN, RULES, SAME, STAGE, STATES, check, possible
from incidents.core.query import card
from incidents.core.spec import Command, Report, Step

FIELDS = {
    "note": "x", "value": 1, "level": 2, "type": "0505", "grade": 2, "lon": 121.7, "lat": 31.2, "parent": "p", "photos": ["a"], "share": 1,
    "satisfied": 1, "solved": 1, "unit": "u",
}  # fmt: skip


def row(state: str) -> dict:
    return {
        "id": "20261123-000001", "state": state, "path": "/t/v/", "checked": "pass", "ai": "pending", "asked": "extend",
        "last_step": "report", "last_by": "陆某", "last_at": 0,
    }  # fmt: skip


def test_every_step_from_every_state_by_every_duty_is_judged_by_the_one_table() -> None:
    allowed = 0
    for rule in RULES.values():
        for state in STATES:
            for duty in DUTIES:
                legal = duty in rule.duties and state in rule.source
                try:
                    check(rule, row(state), Actor(duty), FIELDS)
                    assert legal, (rule.step, state, duty)
                    allowed += 1
                except OneScreenError as error:
                    assert not legal, (rule.step, state, duty, error)
                    assert isinstance(error, PolicyError) == (duty not in rule.duties)
                    assert all(error.said("zh")) and all(error.said("en"))
    assert allowed == sum(len(rule.duties) * len(rule.source) for rule in RULES.values())


def test_the_table_names_states_and_duties_that_exist_and_every_open_state_leads_on() -> None:
    for rule in RULES.values():
        assert set(rule.source) <= set(STATES) and set(rule.duties) <= set(lifecycle.DUTIES) and rule.to in {*STATES, SAME, FORMER}
    for state in OPEN:
        assert any(state in rule.source and rule.to != SAME for rule in RULES.values()), state
    reached = {rule.to for rule in RULES.values()} | {"reported"}
    assert set(STATES) <= reached, "a state that no step leads to is none"
    assert set(STAGE) <= set(OPEN) and set(lifecycle.DUTIES) == set(DUTIES)


def test_a_step_without_what_it_needs_is_refused_naming_it(hands: Hands) -> None:
    number = hands.report().incident
    refused = hands.step(number, "reject", "acceptor")
    assert isinstance(refused.error, NetworkError) and refused.error.field == "note"
    unknown = hands.step(number, "acept", "acceptor")
    assert "'accept'" in str(unknown.error)
    assert hands.step("20261123-999999", "accept", "acceptor").error.field == "incident"


def test_a_case_goes_its_whole_way_and_a_screen_can_tell_it(hands: Hands) -> None:
    number = hands.report().incident
    hands.walk(number, "accept", "file", "dispatch", "start", "handled", "check")
    early = hands.step(number, "close", "shift_leader")
    assert early.error is not None and "核查" in early.error.said("zh")[0]
    done = hands.walk(number, "pass", "close")
    assert done.state == "closed" and hands.row(number)["on_time"] == 1
    network = hands.network
    told = network.asked(lambda c: card(c, number, network.sight(Actor("acceptor").viewer), Actor("shift_leader")))
    assert [one["step"] for one in told["history"]] == [
        "report",
        "accept",
        "file",
        "dispatch",
        "start",
        "handled",
        "check",
        "pass",
        "close",
    ]
    assert {one["step"] for one in told["steps"]} == {"note", "attach"}
    assert told["incident"]["unit"], "the responsible unit was found by the table"


def test_what_may_be_done_next_is_what_would_be_taken(hands: Hands) -> None:
    number = hands.report().incident
    for step in ("accept", "file", "dispatch", "start"):
        for duty in DUTIES:
            found = hands.row(number)
            offered = {rule.step for rule in possible(found, Actor(duty))}
            for rule in RULES.values():
                try:
                    check(rule, found, Actor(duty), FIELDS)
                    taken = True
                except OneScreenError:
                    taken = False
                assert taken == (rule.step in offered), (rule.step, duty)
        hands.walk(number, step)


def test_an_actor_of_one_area_acts_there_alone(hands: Hands) -> None:
    number = hands.report().incident
    there, elsewhere = Actor("acceptor", "a", areas=("990115103200",)), Actor("acceptor", "b", areas=("990115103201",))
    refused = hands.network.take([Command(Step(number, "accept"), elsewhere)])[0]
    assert isinstance(refused.error, PolicyError) and "990115103201" in str(refused.error)
    assert not hands.network.take([Command(Step(number, "accept"), there)])[0].error


def test_suspension_stops_the_clock_and_a_check_does_not_cost_the_unit_time(hands: Hands) -> None:
    number = hands.report().incident  # 0102: four work hours
    hands.walk(number, "accept", "file", "dispatch", "start")
    due = instant(hands.row(number)["due_at"])
    hands.later(hours=1)
    hands.walk(number, "suspend")
    resting = hands.row(number)
    assert (resting["paused"], resting["due_at"], resting["clock_used"]) == (1, None, pytest.approx(1.0))
    hands.later(days=3)
    hands.walk(number, "resume")
    assert instant(hands.row(number)["due_at"]) == due + timedelta(days=3), "three working days later, at the same hour"
    hands.later(minutes=30)
    hands.walk(number, "handled")
    hands.later(hours=2)
    hands.walk(number, "check", "rework")
    again = hands.row(number)
    assert (again["reworks"], again["on_time"], again["clock_used"]) == (1, None, pytest.approx(1.5))


def test_overdue_is_told_when_it_is_handled_and_an_extension_moves_the_limit(hands: Hands) -> None:
    late, extended = hands.report().incident, hands.report().incident
    for number in (late, extended):
        hands.walk(number, "accept", "file", "dispatch", "start")
    before = hands.row(extended)["due_at"]
    assert not hands.step(extended, "extend", "dispatcher", value=4, note="缺料").error
    assert hands.row(extended)["due_at"] > before and hands.row(extended)["extensions"] == 1
    assert hands.step(extended, "extend", "dispatcher", value=-1, note="x").error.field == "value"
    hands.later(hours=9)  # 18:00: more than four hours of working time
    hands.walk(late, "handled")
    hands.walk(extended, "handled")
    assert [hands.row(number)["on_time"] for number in (late, extended)] == [0, 1]


def test_a_running_case_keeps_the_limits_that_it_was_filed_under(hands: Hands) -> None:
    from incidents.core import tables_store

    number, later = hands.report().incident, hands.report().incident
    hands.walk(number, "accept", "file")
    network = hands.network
    rows = [dict(row) | {"limit_value": 1 if row["code"] == "0102" else row["limit_value"]} for row in network.tables().rows("types")]
    version = network.journal.do(lambda c: tables_store.save(c, "types", rows, "值班长", "更严", network.now())).result(10)
    assert version == 2
    hands.walk(number, "dispatch")
    hands.walk(later, "accept", "file", "dispatch")
    assert [hands.row(one)["clock_limit"] for one in (number, later)] == [4, 1]
    assert [hands.row(one)["version"] for one in (number, later)] == [1, 2]


def test_merging_hangs_a_child_on_its_parent_and_can_be_undone(hands: Hands) -> None:
    parent, child = hands.report().incident, hands.report().incident
    hands.walk(child, "accept")
    assert hands.step(child, "merge", "acceptor", parent=child).error.field == "parent"
    assert hands.step(child, "merge", "acceptor", parent=parent).state == "merged"
    network = hands.network
    told = network.asked(lambda c: card(c, parent, network.sight(Actor("acceptor").viewer), Actor("acceptor")))
    assert told["children"] == [child] and hands.row(child)["closed_at"] is not None
    other = hands.report().incident
    onward = hands.step(parent, "merge", "acceptor", parent=other)
    assert onward.error is not None and child in str(onward.error) and hands.row(parent)["state"] == "reported"
    late, later = hands.report().incident, hands.report().incident
    both = [Command(Step(one, "merge", {"parent": to}), Actor("acceptor")) for one, to in ((late, later), (later, other))]
    assert [bool(one.error) for one in network.take(both)] == [False, True], "also within one transaction"
    assert hands.step(child, "unmerge", "acceptor").state == "accepted"
    assert hands.step(parent, "merge", "acceptor", parent=other).state == "merged"
    back = hands.row(child)
    assert (back["parent"], back["closed_at"], back["paused"], back["stage"]) == (None, None, 0, "file") and back["due_at"] is not None


def test_what_a_machine_saw_is_confirmed_or_a_false_alarm(hands: Hands) -> None:
    seen = [
        hands.report(Actor("feed", "cam"), source="camera", camera="SB-1", label="暴露垃圾", vendor="*", confidence=0.9) for _ in range(2)
    ]
    assert all(not one.error for one in seen), seen
    yes, no = (one.incident for one in seen)
    assert hands.step(yes, "confirm", "acceptor").state == "accepted"
    assert hands.step(no, "false_alarm", "acceptor").state == "false_alarm"
    assert [hands.row(one)["ai"] for one in (yes, no)] == ["confirmed", "false"]
    by_people = hands.report().incident
    assert hands.step(by_people, "confirm", "acceptor").error.field == "ai"


def test_supervision_only_rises_and_a_change_of_type_after_filing_is_counted_and_resets_nothing(hands: Hands) -> None:
    number = hands.report().incident
    hands.walk(number, "accept", "file", "dispatch", "start")
    hands.step(number, "supervise", "leader", level=3, note="红牌")
    hands.step(number, "supervise", "shift_leader", level=1, note="普通")
    hands.later(hours=1)
    hands.step(number, "retype", "dispatcher", type="0505", note="看错")  # from four work hours to two
    found = hands.row(number)
    assert (found["supervised"], found["retyped"], found["type"]) == (3, 1, "0505")
    assert (found["clock_limit"], found["clock_used"]) == (2, pytest.approx(1.0))
    other = hands.step(number, "retype", "dispatcher", type="0201", note="又看错")  # one work day: another unit
    assert not other.error and hands.row(number)["clock_used"] == pytest.approx(0.5), "half of the limit stays used"


def test_closing_on_the_spot_needs_a_photo_before_and_one_after(hands: Hands) -> None:
    from incidents.core import schema

    network = hands.network
    rows = [
        {"id": kind, "incident": None, "kind": kind, "media_type": "image/jpeg", "size": 1, "sha256": kind, "at": 0, "by": ""}
        for kind in ("before", "after", "near", "same")
    ]
    network.journal.do(lambda c: c.execute(schema.attachment.insert(), rows)).result(10)
    network.journal.do(
        lambda c: c.execute(schema.attachment.update().where(schema.attachment.c.id == "same").values(kind="after", sha256="before"))
    ).result(10)
    number, other = hands.report().incident, hands.report().incident
    assert hands.step(number, "self_close", "grid_member", photos=["before", "near"]).error.field == "photos"
    assert hands.step(number, "self_close", "grid_member", photos=["before", "same"]).error.field == "photos", "one picture twice"
    assert hands.step(number, "attach", "grid_member", photos=["before", "before"]).error is None
    assert hands.step(number, "attach", "grid_member", photos=["before"]).error is None and hands.row(number)["photos"] == 1
    assert hands.step(number, "self_close", "grid_member", photos=["before", "after"]).state == "self_closed"
    assert hands.row(number)["photos"] == 2 and hands.row(number)["closed_at"] is not None
    assert hands.step(other, "attach", "grid_member", photos=["after"]).error.field == "photos", "it belongs to another incident"


def test_replay_brings_its_own_time_and_nobody_else_may(hands: Hands) -> None:
    then = MORNING - timedelta(days=2)
    replayed = hands.report(Actor("feed", "replay", "program"), at=then)
    pretended = hands.report(Actor("feed", "key", "key"), at=then)
    assert instant(hands.row(replayed.incident)["reported_at"]) == then and replayed.incident.startswith("20261121-")
    assert instant(hands.row(pretended.incident)["reported_at"]) == MORNING
    future = hands.network.take(
        [Command(Report("native", "patrol", type="0102", lon=121.705, lat=31.205, at=MORNING + timedelta(hours=1)), Actor("feed"))]
    )
    assert future[0].error is not None and getattr(future[0].error, "field", "") == "at"


def test_every_ended_state_takes_the_case_off_the_clock(hands: Hands) -> None:
    assert ENDED.isdisjoint(STAGE)
    number = hands.report().incident
    hands.step(number, "reject", "acceptor", note="不属实")
    assert hands.row(number)["due_at"] is None and hands.row(number)["closed_at"] is not None


def test_an_extension_after_the_limit_is_refused_and_the_case_stays_overdue(hands: Hands) -> None:
    number = hands.report().incident
    hands.walk(number, "accept", "file", "dispatch", "start")
    due = hands.row(number)["due_at"]
    hands.later(hours=3)  # of four
    assert not hands.step(number, "extend", "dispatcher", value=1, note="缺料").error
    assert hands.row(number)["handle_due_at"] > due
    hands.later(hours=30 * 24)
    before = hands.row(number)
    late = hands.step(number, "extend", "dispatcher", value=900, note="补办")
    assert late.error is not None and "超期" in late.error.said("zh")[0] and "overdue" in late.error.said("en")[0]
    assert hands.row(number) == before and before["extensions"] == 1
    assert hands.walk(number, "handled").error is None and hands.row(number)["on_time"] == 0


def test_a_change_of_type_keeps_an_extension_and_one_to_the_same_type_is_none(hands: Hands) -> None:
    number = hands.report().incident
    hands.walk(number, "accept", "file", "dispatch", "start")
    hands.step(number, "extend", "dispatcher", value=2, note="缺料")  # six work hours in place of four
    same = hands.step(number, "retype", "dispatcher", type="0102", note="x")
    assert same.error is not None and getattr(same.error, "field", "") == "type"
    hands.step(number, "retype", "dispatcher", type="0505", note="看错")  # two work hours
    assert (hands.row(number)["clock_limit"], hands.row(number)["retyped"]) == (4, 1)
    hands.step(number, "retype", "dispatcher", type="0201", note="看错")  # one work day, twice as long as its own limit
    assert (hands.row(number)["clock_limit"], hands.row(number)["clock_unit"]) == (2, "work_day")
    hands.step(number, "retype", "dispatcher", type="0102", note="看错")
    assert hands.row(number)["clock_limit"] == 8, "the share that was granted comes back in the unit of before"


def test_who_was_quicker_is_told_with_the_time_of_the_town(hands: Hands) -> None:
    number = hands.report().incident
    hands.walk(number, "accept")
    second = hands.step(number, "accept", "acceptor").error
    assert second is not None and all("2026-11-23 09:00:00" in second.said(word)[0] for word in ("zh", "en")) and "UTC" not in str(second)
    ahead = hands.report(at=hands.at + timedelta(days=1)).error
    assert ahead is not None and "2026-11-23T09:00:00+08:00" in ahead.said("zh")[1]


def test_a_type_stays_in_the_tables_until_no_open_incident_has_it(hands: Hands) -> None:
    from incidents.core import tables_store
    from incidents.core.tables_read import plain

    network, tables = hands.network, hands.network.tables()
    named = {row["type"] for row in tables.rows("labels")} | {
        row["what"] for name in ("responsible", "skills") for row in tables.rows(name)
    }
    free = next(code for code in tables.types if code not in named)
    rows = [row for row in plain("types", tables.rows("types")) if row["code"] != free]

    def save() -> int:
        return network.journal.do(lambda c: tables_store.save(c, "types", rows, "值班长", "不再使用", network.now())).result(10)

    number, child, closed = (hands.report(type=free).incident for _ in range(3))
    hands.walk(closed, "accept", "file", "dispatch", "start", "handled", "check", "pass", "close")
    hands.step(child, "merge", "acceptor", parent=number)
    with pytest.raises(NetworkError, match=free) as refused:
        save()
    assert getattr(refused.value, "field", "") == "code" and number in refused.value.said("zh")[0]
    assert not hands.step(number, "retype", "dispatcher", type="0102", note="x").error
    with pytest.raises(NetworkError, match=child):
        save()
    hands.step(child, "unmerge", "acceptor")
    assert not hands.step(child, "reject", "acceptor", note="x").error
    assert save() == 2 and hands.report(type=free).error is not None
    assert hands.walk(closed, "appeal", "reopen").state == "handling" and hands.row(closed)["clock_limit"] > 0
    assert not hands.step(closed, "retype", "dispatcher", type="0102", note="x").error
    waiting = hands.report().incident
    new = [*rows, next(row for row in plain("types", tables.rows("types")) if row["code"] == free)]
    network.journal.do(lambda c: tables_store.save(c, "types", new, "值班长", "又用", network.now())).result(10)
    assert not hands.step(waiting, "retype", "acceptor", type=free, note="x").error, "before filing by the tables in force"
    assert hands.walk(waiting, "accept", "file").error is None and hands.row(waiting)["version"] == 3
