"""Areas side by side say what their own pages say, the worst first; what is hidden of persons stays hidden."""

from datetime import timedelta

import pytest
from small_town import AS_OF, FRESH, Town, add_house, add_person, empty_town, with_areas

from layers.core import query
from layers.core.query import MASKED, Suppressed, Viewer

LEADER = Viewer("leader")


@pytest.fixture(scope="module")
def town() -> Town:
    """V1 has a red and a green house and four people, V2 three red houses open for long and two people."""
    made = with_areas(empty_town())
    add_house(made, "H1", occupancy="own", danger_grade="D", storeys=2)
    add_house(made, "H2", occupancy="own", storeys=1)
    for key in ("H3", "H4", "H5"):
        add_house(made, key, occupancy="own", danger_grade="D", storeys=2, area_code="D3")
        opened = AS_OF - timedelta(days=60)
        made.add("casework", case_id=key, object_table="house", object_id=key, event_type="0651", grade="3", state="open", opened_on=opened)
    for number in range(6):
        first = number < 4
        add_person(made, f"P{number}", house_id="H1" if first else "H3", area_code="D1" if first else "D3")
    made.add("parcel", parcel_id="L1", status="in_use", class_name="水田", verified_on=FRESH, area_code="D1")
    made.number()
    made.paint()
    return made


def test_areas_stand_side_by_side_the_worst_first(town: Town) -> None:
    rows = query.compare(town.store(), LEADER, "T", ("V1", "V2"))
    assert [row["code"] for row in rows] == ["V2", "V1"]
    assert rows[0]["level"] == 1, "three reds that nobody puts right make a village red"
    assert [(row["houses"], row["reds"]) for row in rows] == [(3, 3), (2, 1)]


def test_every_layer_that_judges_says_how_many_of_each_level(town: Town) -> None:
    rows = query.compare(town.store(), LEADER, "T", ("V1", "V2"))
    for row in rows:
        told = {one["layer"]: one["levels"] for one in row["layers"]}
        assert set(told) == {"houses", "people", "land"}, "only layers that the town has something on"
        legend = query.legend(town.store(), LEADER, "houses", row["code"])
        assert told["houses"] == {level["level"]: level["n"] for level in legend["levels"] if level["n"]}


def test_the_parts_of_the_score_are_those_of_the_card(town: Town) -> None:
    (row,) = query.compare(town.store(), LEADER, "T", ("V2",))
    card = query.card(town.store(), LEADER, "area", "V2")
    assert [(part["part"], part["value"]) for part in row["parts"]] == [(part["part"], part["value"]) for part in card["parts"]]
    assert any(part["value"] is not None for part in row["parts"])


def test_what_is_no_child_of_the_area_is_left_out(town: Town) -> None:
    assert query.compare(town.store(), LEADER, "T", ("D1", "nowhere")) == []
    assert [row["code"] for row in query.compare(town.store(), LEADER, "T", ("V1", "D1"))] == ["V1"]


def test_few_people_stay_hidden_and_cannot_be_worked_out(town: Town) -> None:
    people = {row["code"]: row["people"] for row in query.compare(town.store(), MASKED, "T", ("V1", "V2"))}
    assert isinstance(people["V2"], Suppressed) and isinstance(people["V1"], Suppressed)
    officer = {row["code"]: row["people"] for row in query.compare(town.store(), Viewer("officer"), "T", ("V1", "V2"))}
    assert officer == {"V1": 4, "V2": 2}
