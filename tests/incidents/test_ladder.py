"""The escalation ladder: everybody who is late is told of, however many are late already, and told of once."""

from hands import Hands, Make

from incidents.core import ladder
from incidents.core.spec import ms


def due(hands: Hands) -> list[str]:
    tables = hands.network.tables()
    found = hands.network.asked(lambda c: ladder.due(c, tables, hands.at, ms(hands.at)))
    return [command.what.incident for command in found]


def test_who_is_late_is_told_of_however_many_stand_on_the_last_rung_already(make: Make, monkeypatch) -> None:
    monkeypatch.setattr(ladder, "PAGE", 2)
    hands = make()
    numbers = [hands.report().incident for _ in range(5)]
    for number in numbers:
        hands.walk(number, "accept", "file", "dispatch", "start")
    hands.later(days=30)
    assert due(hands) == sorted(numbers)
    hands.network.take(hands.network.asked(lambda c: ladder.due(c, hands.network.tables(), hands.at, ms(hands.at))))
    assert due(hands) == [], "told of once"
    late = hands.report().incident
    hands.walk(late, "accept", "file", "dispatch", "start")
    hands.later(days=30)
    assert due(hands) == [late]


def test_of_two_servers_that_see_the_same_case_one_escalates_it(make: Make) -> None:
    one, other = make(), make()
    number = one.report().incident
    one.walk(number, "accept", "file", "dispatch", "start")
    for hands in (one, other):
        hands.later(days=30)
    steps = [hands.network.asked(lambda c, h=hands: ladder.due(c, h.network.tables(), h.at, ms(h.at))) for hands in (one, other)]
    outcomes = [hands.network.take(found)[0] for hands, found in zip((one, other), steps, strict=True)]
    assert [bool(outcome.error) for outcome in outcomes] == [False, True]
