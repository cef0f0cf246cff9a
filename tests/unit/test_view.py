"""The address is the view: what is written is read back, and what nobody understands does no harm."""

import pytest

from data.policy import Suppressed
from screen.compare import Measure
from screen.view import MOST_COMPARED, View, parse


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View(area="990115103", layer="houses", theme="occupancy", chosen="let", list="objects", rows=150),
        View(layer="land", theme="levels", level=0, object="parcel:a:b"),
        View(layer="houses", theme="use", chosen="商住 & 其他"),
        View(area="1", compare=("2", "3")),
    ],
    ids=lambda view: view.href(),
)
def test_a_view_is_read_back_from_its_address(view: View) -> None:
    assert parse(view.search()) == view


def test_what_an_address_cannot_mean_is_left_at_its_default() -> None:
    assert parse("?level=9&rows=x&list=all&compare=,&unknown=1&at=1,2,3") == View()
    assert parse(None) == parse("") == View()
    assert parse("?rows=100000").rows == 500


def test_areas_to_compare_are_taken_once_and_not_without_end() -> None:
    assert parse("?compare=a,b,a").compare == ("a", "b")
    assert len(parse("?compare=" + ",".join("abcdefgh")).compare) <= MOST_COMPARED + 1


def test_the_worst_value_of_a_line_is_marked_by_what_is_worse() -> None:
    assert Measure("reds", (3, 5, 1), worse=1).worst == 5
    assert Measure("score", (90.0, 85.0), worse=-1).worst == 85.0
    assert Measure("people", (3, 5)).worst is None, "more people are no worse"
    assert Measure("reds", (4, 4), worse=1).worst is None, "where all are equal none is the worst"


def test_how_far_apart_is_said_only_where_all_values_are_known() -> None:
    assert Measure("reds", (3, 5, 1)).apart == 4
    assert Measure("people", (3, Suppressed())).apart is None
    assert Measure("score", (90.0, None)).apart is None
