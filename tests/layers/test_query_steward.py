"""Quality figures count what they say; contradictions and coverage equal their tables; no resident can be told from any of them."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from small_town import AS_OF, FRESH, Town, add_house, add_person, empty_town, with_areas

from data import policy
from data.policy import Suppressed, Viewer
from layers.core import query
from layers.core import query_steward as steward
from layers.core.query_steward import Quality, of_persons

LEADER, OFFICER = Viewer("leader"), Viewer("officer")
OLD = AS_OF - timedelta(days=400)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Two houses, three rooms of which one is empty and one vacant, ten people of whom four hang on no room; faults and contradictions."""
    made = with_areas(empty_town())
    add_house(made, "H1", address="示范镇V1村3组12号")
    add_house(made, "H2", address=" ", verified_on=OLD)
    for room, use in (("R1", "own"), ("R2", "let"), ("R3", "vacant")):
        made.add("room", room_id=room, house_id="H1", room_use=use)
    for i in range(10):
        add_person(made, f"secret-{i}", room_id=("R1" if i < 6 else "R9" if i < 8 else None))
    made.add("rental", house_id="H1", verified_on=OLD, inspected_on=FRESH)
    made.add("dataset", name="people", table_name="person", file="p.csv", rows=12, refused=2)
    made.add("dataset", name="houses", table_name="house", file="h.csv", rows=8, refused=0)
    for i in range(5):
        code, severity = ("id_check_digit", "refused") if i < 2 else ("not_a_date", "warning")
        made.add("fault", dataset="people", file="p.csv", row=i, column_name="phone", value=f"1390000111{i}", code=code, severity=severity)
    detail = {"detail_zh": "登记为空置，却有{n}人居住", "detail_en": "Recorded as vacant, yet {n} people live here"}
    for key, n, area in (("H1", 2, "D1"), ("H2", 5, "D3")):
        said = {name: text.format(n=n) for name, text in detail.items()}
        made.add("contradiction", kind="resident_in_vacant_house", table_name="house", key=key, other_table="person", other_key="secret-1",
                 area_code=area, **said)  # fmt: skip
    made.add("contradiction", kind="case_on_missing_object", table_name="casework", key="C9", other_table="house", other_key="H99")
    made.add("contradiction", kind="override_on_missing_object", table_name="override", key="990115199112160018", other_table="area",
             other_key="people")  # fmt: skip
    for i in range(4):
        made.add("unlinked", table_name="person", key=f"secret-{i + 6}", reason="no_house", area_code="D1" if i else "D3")
    for i, kind in enumerate(("gap", "overlap", "gap")):
        made.add("coverage_qa", finding_id=str(i), kind=kind, level=3, area_code="D1", other_code="D2" if kind == "overlap" else None,
                 area_m2=10.0 * (i + 1), lon=121.7, lat=31.2, reason_zh=kind, reason_en=kind)  # fmt: skip
    made.number()
    made.paint()
    yield made
    made.con.close()


def figures(town: Town, viewer: Viewer = LEADER) -> dict[str, Quality]:
    return {figure.name: figure for figure in steward.quality(town.store(), viewer)}


def test_the_link_rate_counts_people_with_a_room_that_exists(town: Town) -> None:
    figure = figures(town)["person_house"]
    assert (figure.share, figure.bad, figure.total, figure.met) == (0.6, 4, 10, False)


def test_rooms_in_use_count_and_vacant_ones_do_not(town: Town) -> None:
    figure = figures(town)["house_person"]
    assert (figure.share, figure.bad, figure.total) == (0.5, 1, 2)


def test_a_blank_address_is_none_and_an_inspection_counts_as_a_check(town: Town) -> None:
    found = figures(town)
    assert (found["address"].bad, found["address"].total) == (1, 2)
    by_table = {row["table"]: (row["good"], row["total"]) for row in steward.verified(town.store())}
    assert by_table == {"house": (1, 2), "person": (10, 10), "rental": (1, 1)}
    assert (found["verified"].bad, found["verified"].total) == (1, 13)


def test_refused_rows_are_those_of_the_datasets_and_less_of_them_is_better(town: Town) -> None:
    figure = figures(town)["refused"]
    assert (figure.share, figure.bad, figure.total, figure.met) == (0.1, 2, 20, False)
    assert Quality("refused", 0.005, 1, 200).met and Quality("person_house", 0.99, 1, 100).met


def test_where_there_is_nothing_to_count_there_is_no_share_and_no_verdict() -> None:
    bare = with_areas(empty_town())
    bare.paint()
    for figure in steward.quality(bare.store(), LEADER):
        assert (figure.share, figure.total, figure.met) == (None, 0, None)
    add_house(bare, "H1", verified_on=None)
    told = figures(bare)
    assert [(told[name].share, told[name].met, told[name].total) for name in ("address", "verified")] == [(None, None, 1)] * 2
    assert steward.contradiction_kinds(bare.store(), LEADER) == []
    bare.con.close()


@pytest.mark.parametrize("good", [98, 99])
def test_one_and_two_people_without_a_room_look_the_same_below_officer(good: int) -> None:
    figure = of_persons("person_house", good, 100, LEADER)
    assert (figure.share, figure.bad, figure.bounded) == (0.98, Suppressed(), True)
    assert of_persons("person_house", good, 100, OFFICER).bad == 100 - good
    assert of_persons("person_house", 1, 2, LEADER) == Quality("person_house", None, Suppressed(), Suppressed(), bounded=True)


def test_kinds_add_up_to_the_tables(town: Town) -> None:
    kinds = steward.contradiction_kinds(town.store(), OFFICER)
    rows = town.con.execute("SELECT (SELECT count(*) FROM contradiction) + (SELECT count(*) FROM unlinked)").fetchall()[0][0]
    assert sum(row["n"] for row in kinds) == rows == 8
    assert {row["kind"]: row["listed"] for row in kinds} == {
        "resident_in_vacant_house": True, "case_on_missing_object": True, "override_on_missing_object": True, "unlinked_no_house": False,
    }  # fmt: skip


def test_each_kind_by_village_adds_up_and_its_list_has_as_many(town: Town) -> None:
    store = town.store()
    for kind in steward.contradiction_kinds(store, OFFICER):
        villages = steward.contradiction_villages(store, OFFICER, kind["kind"], kind["table"])
        assert sum(row["n"] for row in villages) == kind["n"]
        for village in villages if kind["listed"] else []:
            found = steward.contradictory(store, OFFICER, kind["kind"], kind["table"], village["code"])
            assert found["total"] == len(found["rows"]) == village["n"]


def test_a_row_leads_to_an_object_that_exists_and_says_so_when_it_does_not(town: Town) -> None:
    store = town.store()
    houses = steward.contradictory(store, LEADER, "resident_in_vacant_house", "house")["rows"]
    assert [(row["key"], row["there"]) for row in houses] == [("H1", True), ("H2", True)]
    assert query.card(store, LEADER, "house", houses[0]["key"])["key"] == "H1"


def test_the_key_that_a_case_names_and_nobody_knows_is_masked_for_it_may_be_a_person_s_number(town: Town) -> None:
    for viewer, shown in ((LEADER, policy.mask_id("H99")), (Viewer("steward"), "H99")):
        (case,) = steward.contradictory(town.store(), viewer, "case_on_missing_object", "casework")["rows"]
        assert (case["title"], case["there"], case["other_key"]) == ("C9", False, shown)
    assert policy.mask_id("H99") != "H99"


def test_what_somebody_typed_as_the_key_of_a_level_by_hand_is_masked_for_it_may_be_a_person_s_number(town: Town) -> None:
    for viewer, shown in ((LEADER, "990***********0018"), (Viewer("steward"), "990115199112160018")):
        (row,) = steward.contradictory(town.store(), viewer, "override_on_missing_object", "override")["rows"]
        assert (row["key"], row["title"], row["there"]) == (shown, shown, False)


def test_numbers_of_persons_in_a_detail_pass_the_policy(town: Town) -> None:
    store = town.store()
    masked, clear = (
        [row["detail_zh"] for row in steward.contradictory(store, viewer, "resident_in_vacant_house", "house")["rows"]]
        for viewer in (LEADER, OFFICER)
    )
    assert masked == ["登记为空置，却有<3人居住", "登记为空置，却有5人居住"]
    assert clear[0] == "登记为空置，却有2人居住"


def test_residents_are_counted_never_listed_and_a_small_village_is_hidden(town: Town) -> None:
    store = town.store()
    assert steward.contradictory(store, OFFICER, "unlinked_no_house", "person") == {"total": 0, "rows": []}
    counts = [row["n"] for row in steward.contradiction_villages(store, LEADER, "unlinked_no_house", "person")]
    assert not [n for n in counts if n in (1, 2)]
    told = json.dumps([steward.contradiction_kinds(store, LEADER), counts], default=str)
    told += json.dumps(steward.contradictory(store, LEADER, "resident_in_vacant_house", "house"), default=str)
    assert "secret" not in told and "12号" not in told


def test_coverage_adds_up_and_one_kind_alone_can_be_asked_for(town: Town) -> None:
    found = steward.coverage(town.store())
    assert [(row["kind"], row["n"], row["area_m2"]) for row in found["kinds"]] == [("gap", 2, 40.0), ("overlap", 1, 20.0)]
    assert [row["area_m2"] for row in found["rows"]] == [30.0, 20.0, 10.0] and found["total"] == 3
    only = steward.coverage(town.store(), "overlap")
    assert only["total"] == 1 and [row["kind"] for row in only["rows"]] == ["overlap"]


def test_faults_of_one_reason_or_outcome_alone_are_as_many_as_counted(town: Town) -> None:
    store = town.store()
    for row in query.fault_counts(store, LEADER):
        found = query.faults(store, LEADER, row["dataset"], code=row["code"], severity=row["severity"])
        assert found["total"] == len(found["rows"]) == row["n"]
        assert {fault["value"] for fault in found["rows"]} == {"****"}
