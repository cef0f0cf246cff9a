"""The log: one sequence, one transaction, nobody harmed by another's mistake. In SQLite and in PostgreSQL."""

import json
import threading
from collections import Counter

import pytest
import sqlalchemy as sa
from hands import HERE, Hands, Make

from data.policy import Actor
from incidents.core import schema
from incidents.core.spec import Command, Report, Step


def events(hands: Hands) -> list[dict]:
    return hands.network.asked(lambda c: [dict(row) for row in c.execute(sa.select(schema.event).order_by(schema.event.c.seq)).mappings()])


def test_a_report_is_numbered_by_the_towns_day_placed_and_on_disk_with_its_event(make: Make) -> None:
    hands = make()
    first = hands.report()
    hands.later(hours=16)  # the town's next day, still the same one in UTC
    second = hands.report()
    assert [first.incident, second.incident] == ["20261123-000001", "20261124-000001"]
    row = hands.row(first.incident)
    assert (row["area"], row["path"]) == ("990115103200" + "01", "/990115103/990115103200/99011510320001/")
    assert (row["state"], row["grade"], row["stage"], row["seq"]) == ("reported", 4, "accept", 1)
    (event, _other) = events(hands)
    assert (event["seq"], event["step"], event["state"], event["duty"]) == (1, "report", "reported", "grid_member")


def test_the_same_report_again_is_the_same_incident_also_within_one_batch(make: Make) -> None:
    hands = make()
    first = hands.report(external_id="A-1")
    again = hands.report(external_id="A-1", type="0505")
    assert again.known and again.incident == first.incident and again.state == "reported"
    assert not hands.report(external_id="A-1", feed="open311").known, "another feed counts for itself"
    told = [Command(Report("native", "patrol", type="0102", lon=HERE[0], lat=HERE[1], external_id="B"), Actor("feed", "k"))] * 3
    done = hands.network.take(told)
    assert [one.known for one in done] == [False, True, True] and len({one.incident for one in done}) == 1
    assert len(events(hands)) == 3


def test_what_is_wrong_with_one_item_is_told_and_the_others_go_in(make: Make) -> None:
    hands = make()
    good = Report("native", "patrol", type="0102", lon=HERE[0], lat=HERE[1])
    bad = [
        (Report("native", "patrol", type="0102", lon=120.0, lat=HERE[1]), "lon"),
        (Report("native", "patrol", type="9999", lon=HERE[0], lat=HERE[1]), "type"),
        (Report("native", "nobody", type="0102", lon=HERE[0], lat=HERE[1]), "source"),
        (Report("native", "camera", vendor="x", label="?", lon=HERE[0], lat=HERE[1]), "label"),
        (Report("native", "patrol", type="0102", lon=HERE[0], lat=HERE[1], photos=("none",)), "photos"),
        (Report("native", "patrol", type="0102", lon=HERE[0], lat=HERE[1], grade=7), "grade"),
    ]
    done = hands.network.take([Command(report, Actor("feed", "k")) for report in (good, *(one for one, _ in bad), good)])
    assert [bool(one.error) for one in done] == [False, *[True] * len(bad), False]
    for outcome, (_report, field) in zip(done[1:-1], bad, strict=True):
        assert outcome.error is not None and getattr(outcome.error, "field", "") == field
        assert all(outcome.error.said("zh")) and all(outcome.error.said("en"))
    assert [event["seq"] for event in events(hands)] == [1, 2]
    with hands.network.engine.connect() as connection:
        feed = connection.execute(sa.select(schema.feed)).mappings().one()
    assert (feed["items"], feed["refused"]) == (2, len(bad)) and feed["why"]


def test_of_steps_at_the_same_time_the_first_wins_and_the_others_learn_who_it_was(make: Make) -> None:
    hands, other = make(), make()
    number = hands.report().incident
    outcomes = []

    def accept(which: Hands, name: str) -> None:
        outcomes.append(which.network.take([Command(Step(number, "accept"), Actor("acceptor", name))])[0])

    threads = [threading.Thread(target=accept, args=(which, f"officer {k}")) for k, which in enumerate([hands, other] * 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [one for one in outcomes if not one.error]
    assert won.state == "accepted"
    winner = hands.row(number)["last_by"]
    for lost in (one for one in outcomes if one.error):
        assert winner in str(lost.error) and "已受理" in lost.error.said("zh")[0], lost.error


def test_two_writers_share_one_sequence_without_gap_or_repetition(make: Make) -> None:
    writers = [make(), make()]

    def rush(hands: Hands, name: str) -> None:
        for batch in range(10):
            commands = [
                Command(
                    Report("native", "patrol", type="0102", lon=HERE[0], lat=HERE[1], external_id=f"{name}-{batch}-{k}"),
                    Actor("feed", name),
                )
                for k in range(7)
            ]
            assert all(not one.error for one in hands.network.take(commands))

    threads = [threading.Thread(target=rush, args=(hands, f"w{k}")) for k, hands in enumerate(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = events(writers[0])
    assert [event["seq"] for event in found] == list(range(1, 141))
    assert sorted(event["incident"] for event in found) == [f"20261123-{k:06d}" for k in range(1, 141)]


def test_a_step_may_insist_on_what_was_seen(make: Make) -> None:
    hands = make()
    seen = hands.report()
    hands.walk(seen.incident, "accept")
    stale = hands.step(seen.incident, "note", "acceptor", if_seq=seen.seq, note="x")
    assert stale.error is not None and getattr(stale.error, "field", "") == "if_seq"
    assert not hands.step(seen.incident, "note", "acceptor", if_seq=seen.seq + 1, note="x").error


def test_an_order_that_breaks_the_transaction_harms_no_other(make: Make) -> None:
    hands = make()

    def broken(_connection: sa.Connection) -> None:
        raise ValueError("broken")

    journal = hands.network.journal
    bad, good = (
        journal.do(broken),
        journal.submit([Command(Report("native", "patrol", type="0102", lon=HERE[0], lat=HERE[1]), Actor("feed", "k"))]),
    )
    with pytest.raises(ValueError, match="broken"):
        bad.result(10)
    (done,) = good.result(10)
    assert not done.error and Counter(event["step"] for event in events(hands)) == {"report": 1}


def test_what_the_log_keeps_of_a_step_is_what_was_told(make: Make) -> None:
    hands = make()
    number = hands.report().incident
    hands.walk(number, "accept", "file", "dispatch")
    hands.step(number, "extend", "dispatcher", value=2, note="下雨")
    last = events(hands)[-1]
    assert (last["step"], last["duty"], last["actor"], last["state"]) == ("extend", "dispatcher", "dispatcher 1", "dispatched")
    assert json.loads(last["body"]) == {"value": 2, "note": "下雨", "unit": "work_hour"}
