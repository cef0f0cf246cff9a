"""The list behind a figure, as an address asks for it, is as long as the figure says."""

import pytest
from hands import Hands

from data.errors import NetworkError
from data.policy import Viewer
from incidents.core import kpi
from incidents.core.kpi_list import asked_of, behind

COUNTED = ("reported", "open", "overdue_now", "closed", "close", "close_on_time")


def filled(hands: Hands) -> None:
    """Of six incidents two are closed, one is handled late, and three lie."""
    numbers = [hands.report(external_id=str(n), type="0102" if n % 2 else "0201").incident for n in range(6)]
    for number in numbers[:3]:
        hands.walk(number, "accept", "file", "dispatch", "start")
    for number in numbers[:2]:
        hands.walk(number, "handled", "check", "pass", "close")
    hands.later(days=5)
    hands.walk(numbers[2], "handled")


@pytest.mark.parametrize("filters", [{}, {"type": "0102"}, {"period": "month"}, {"period": "month", "area": "none"}], ids=str)
def test_figures_and_their_lists_agree_for_every_part_of_the_town(hands: Hands, filters: dict[str, str]) -> None:
    filled(hands)
    network, zone = hands.network, hands.network.zone()
    sight, now = network.sight(Viewer("wall")), hands.at
    asked = asked_of(filters, sight, now, zone)
    if filters == {"period": "month"}:
        assert network.asked(lambda connection: kpi.value(connection, "close", asked)).numerator == 2, "there is something to count"
    for name in COUNTED:
        value = network.asked(lambda connection, name=name: kpi.value(connection, name, asked))
        for part, n in (
            ("numerator", value.numerator),
            ("denominator", value.denominator if value.denominator is not None else value.numerator),
        ):
            told = {**filters, "list": name, "part": part, "size": "3"}
            found = network.asked(lambda connection, told=told: behind(connection, told, sight, now, zone))
            assert found["total"] == n and len(found["rows"]) == min(3, n), (name, part)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"list": "clsoe"}, "kpi"), ({"list": "close", "part": "above"}, "above"), ({"list": "close", "stat": "1"}, "stat"),
     ({"list": "close", "period": "custom", "first": "2026-13-01"}, "first"), ({"list": "close", "period": "fortnight"}, "period")],
    ids=str,
)  # fmt: skip
def test_what_does_not_exist_is_refused_by_its_name(hands: Hands, wrong: dict[str, str], field: str) -> None:
    network = hands.network
    with pytest.raises(NetworkError) as refused:
        network.asked(lambda connection: behind(connection, wrong, network.sight(Viewer("wall")), hands.at, network.zone()))
    assert refused.value.field == field
    assert all(refused.value.said(language)[1] for language in ("zh", "en"))
