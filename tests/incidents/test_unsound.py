"""What the log cannot hold is refused by its field, alone; nobody who goes away takes the writer along."""

import threading

import pytest
import sqlalchemy as sa
from hands import HERE, Hands, Make

from data.errors import NetworkError
from data.policy import Actor
from incidents.core import journal, positions, schema
from incidents.core.sound import flaw
from incidents.core.spec import LONGEST, Command, Report, Step

FEED = Actor("feed", "k")


def seen(**more: object) -> Command:
    return Command(Report(**{"feed": "native", "source": "patrol", "type": "0102", "lon": HERE[0], "lat": HERE[1], **more}), FEED)  # type: ignore[arg-type]


def done(number: str, step: str, **fields: object) -> Command:
    return Command(Step(number, step, fields), Actor("acceptor", "a"))


def test_a_character_that_cannot_be_stored_is_refused_by_its_field_and_the_rest_of_the_batch_goes_in(make: Make) -> None:
    hands = make()
    number = hands.report().incident
    bad = [
        (seen(description="好\ud83d"), "description"), (seen(external_id="\ud83d"), "external_id"), (seen(reporter="a\0b"), "reporter"),
        (seen(more={"deep": [{"x": "\0"}]}), "more.x"), (seen(more={"\ud83d": 1}), "more"), (seen(photos=("\0",)), "photos"),
        (Command(Step("\0", "accept"), FEED), "incident"), (done(number, "note", note="\udc00"), "note"),
        (done(number, "note", note="x", extra="\0"), "extra"), (Command(seen().what, Actor("feed", "\ud83d")), "actor"),
    ]  # fmt: skip
    outcomes = hands.network.take([seen(), *(command for command, _field in bad), seen(), done(number, "accept")])
    assert [bool(one.error) for one in outcomes] == [False, *[True] * len(bad), False, False]
    for outcome, (_command, field) in zip(outcomes[1:], bad, strict=False):
        assert getattr(outcome.error, "field", "") == field and all(outcome.error.said("zh"))  # type: ignore[union-attr]
    assert "U+D83D" in str(outcomes[1].error) and "第 2 个字符" in outcomes[1].error.said("zh")[0]  # type: ignore[union-attr]
    with hands.network.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.event)).scalar_one() == 4


def test_fields_of_a_step_that_are_of_no_kind_of_theirs_are_refused_by_name(hands: Hands) -> None:
    number = hands.report().incident
    for step, fields, field in (
        ("retype", {"type": {}, "note": "x"}, "type"), ("attach", {"photos": 5}, "photos"), ("attach", {"photos": [{}]}, "photos"),
        ("attach", {"photos": ["x"] * 51}, "photos"), ("note", {"note": {"a": 1}}, "note"),
        ("note", {"note": "很" * (LONGEST + 1)}, "note"),
        ("merge", {"parent": ["x"]}, "parent"), ("supervise", {"level": [1], "note": "x"}, "level"),
        ("relocate", {"lon": float("nan"), "lat": 1}, "lon"), ("note", {"note": "x", "more": {"a": 1}}, "more"),
        ("regrade", {"grade": 10**400, "note": "x"}, "grade"), ("note", {f"f{k}": k for k in range(31)}, "fields"),
    ):  # fmt: skip
        (outcome,) = hands.network.take([done(number, step, **fields)])
        assert outcome.error is not None and getattr(outcome.error, "field", "") == field, (step, outcome)
        assert outcome.incident == number and len(str(outcome.error)) < 300
    assert not hands.step(number, "note", "acceptor", note="很" * LONGEST).error
    assert hands.row(number)["seq"] == 2


def test_a_command_that_the_program_cannot_judge_is_refused_alone(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    real = journal.apply

    def broken(books: object, command: Command) -> object:
        if isinstance(command.what, Report) and command.what.description == "bad":
            raise TypeError("a fault of ours")
        return real(books, command)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "apply", broken)
    first, bad, last = hands.network.take([seen(), seen(description="bad"), seen()])
    assert not first.error and not last.error and "TypeError" in str(bad.error) and bad.error.said("zh")[0]  # type: ignore[union-attr]
    assert (first.seq, last.seq) == (1, 2)


def test_who_goes_away_while_the_writer_works_or_waits_does_not_end_it(hands: Hands) -> None:
    hands.report()
    writing, go_on = threading.Event(), threading.Event()

    def slow(_connection: sa.Connection) -> None:
        writing.set()
        assert go_on.wait(10)

    log = hands.network.journal
    taken = log.do(slow)
    assert writing.wait(10)
    assert not taken.cancel(), "what is being written is written"
    waiting = log.submit([seen(description="gone")])
    assert waiting.cancel()
    go_on.set()
    (after,) = log.submit([seen(description="after")]).result(10)
    assert not after.error and after.seq == 2 and hands.row(after.incident)["description"] == "after"
    assert taken.result(10) is None


def test_ordinary_chinese_and_emoji_are_sound() -> None:
    assert flaw(seen(description="道路破损😀", more={"a": ["二", 2, None]})) is None


def test_a_position_of_nobody_or_of_an_endless_name_is_refused(hands: Hands) -> None:
    places, here = hands.network.places, {"lon": HERE[0], "lat": HERE[1]}
    for responder in (None, "", "x" * 65, "a\0", {"a": 1}):
        with pytest.raises(NetworkError) as refused:
            positions.checked([{"responder": responder, **here}], places, 0)
        assert getattr(refused.value, "field", "") == "responder"
    assert positions.checked([{"responder": "R0", **here}], places, 5)[0]["at"] == 5
