"""What is found by whom: names, codes and addresses; a person only by the whole name, masked, and as the house that is hers."""

import json

import pytest
from small_town import FRESH, Town, add_house, add_person, empty_town, with_areas

from layers.core import query
from layers.core.query import MASKED, Viewer

LEADER, OFFICER = Viewer("leader"), Viewer("officer")


@pytest.fixture(scope="module")
def town() -> Town:
    """H1 in D1 (home to 王小明 and 李雷), H2 in D3 (home to another 王小明 and to 王小明亮), one more person without a house."""
    made = with_areas(empty_town())
    add_house(made, "H1", occupancy="own", address="示范镇V1村3组12号", name="陆家宅")
    add_house(made, "H2", occupancy="own", address="示范镇V2村1组7号", area_code="D3")
    add_person(made, "secret-1")
    add_person(made, "secret-2", name="李雷")
    add_person(made, "secret-3", house_id="H2", area_code="D3")
    add_person(made, "secret-4", name="王小明亮", house_id="H2", area_code="D3")
    add_person(made, "secret-5", house_id=None)
    made.add("facility", facility_id="F12", kind="camera", state="working", name="陆家宅摄像机", area_code="D1", verified_on=FRESH)
    made.number()
    made.paint()
    return made


def found(town: Town, viewer: Viewer, text: str, **more: str) -> list[tuple[str, str, str | None]]:
    return [(row["table"], row["key"], row["who"]) for row in query.search(town.store(), viewer, text, **more)]


def test_a_whole_name_leads_a_leader_to_the_houses_of_all_who_are_called_so(town: Town) -> None:
    assert found(town, LEADER, "王小明") == [("house", "H1", "王*明"), ("house", "H2", "王*明")]
    assert found(town, LEADER, " 王小明 ", area_code="V2")[0] == ("house", "H2", "王*明"), "those of the area looked at come first"


def test_a_leader_who_does_not_know_the_whole_name_is_told_nobody(town: Town) -> None:
    assert found(town, LEADER, "王") == found(town, LEADER, "王小") == found(town, LEADER, "小明") == []


def test_an_officer_finds_by_a_part_of_a_name_and_reads_names_in_clear(town: Town) -> None:
    assert {who for _, _, who in found(town, OFFICER, "王小")} == {"王小明", "王小明亮"}


@pytest.mark.parametrize("viewer", [MASKED, Viewer("analyst"), Viewer("admin")], ids=lambda viewer: viewer.role)
def test_whoever_neither_leads_nor_works_in_the_town_finds_no_person_and_no_address(town: Town, viewer: Viewer) -> None:
    assert found(town, viewer, "王小明") == found(town, viewer, "V1村3组12号") == []


def test_the_answer_holds_no_key_number_or_unmasked_address_of_a_person(town: Town) -> None:
    said = json.dumps(query.search(town.store(), LEADER, "王小明"), ensure_ascii=False)
    assert "王小明" not in said and "secret" not in said and "12号" not in said and "990115195003010018" not in said
    assert [row["title"] for row in query.search(town.store(), LEADER, "李雷")] == ["示范镇V1村3组**"]


def test_an_address_is_found_by_a_part_that_says_where(town: Town) -> None:
    assert found(town, LEADER, "村3组12号") == [("house", "H1", None)]
    assert found(town, LEADER, "12号") == [], "three characters are in too many addresses"
    assert found(town, OFFICER, "12号") == [("house", "H1", None)]


def test_areas_come_first_then_houses_then_things(town: Town) -> None:
    assert [table for table, _, _ in found(town, MASKED, "陆家宅")] == ["house", "facility"]
    assert [key for _, key, _ in found(town, MASKED, "f12")] == ["F12"], "codes are found in either case"
    assert found(town, MASKED, "区V")[0] == ("area", "V1", None)


def test_no_more_are_told_than_were_asked_for_and_nothing_finds_nothing(town: Town) -> None:
    assert len(query.search(town.store(), LEADER, "1", 3)) == 3
    assert len(query.search(town.store(), LEADER, "王小明", 1)) == 1
    assert query.search(town.store(), LEADER, "  ") == []
