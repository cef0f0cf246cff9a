"""A long list shows its first rows and the way to the rest; a list that goes on is the same list."""

from types import SimpleNamespace
from typing import Any

import pytest

from screen.panels import _further, _list
from screen.text import words
from screen.view import MOST, PAGE, View


def scene(**view: Any) -> Any:
    return SimpleNamespace(view=View(area="1", **view), words=words("en"))


@pytest.mark.parametrize("total", [0, PAGE])
def test_a_list_that_is_all_there_leads_nowhere(total: int) -> None:
    assert _further(scene(), total) == []


def test_a_longer_list_says_how_many_are_left_and_leads_to_more_of_them() -> None:
    (item,) = _further(scene(), PAGE + 1660)
    assert item["children"]["children"] == "Show more (1,660 left)" and item["children"]["href"] == f"/town?area=1&rows={PAGE + 100}"
    assert item["children"]["data-change"] == f"rows={PAGE + 100}", "an open card stays open"


def test_at_the_end_of_what_is_listed_one_is_sent_a_level_down() -> None:
    (item,) = _further(scene(rows=MOST), 1760)
    assert item["children"] == "1,260 more; go one level down to see them"


def test_more_rows_another_pick_or_an_open_object_keep_the_list_and_another_question_does_not() -> None:
    def key(**view: Any) -> Any:
        return _list(scene(**view), [])["data-question"]

    assert key() == key(rows=200) == key(compare=("2",)) == key(object="house:H1")
    assert len({key(), key(level=1), key(layer="land"), key(list="objects")}) == 4
