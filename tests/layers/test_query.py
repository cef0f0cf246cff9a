"""What the screen asks: counts equal the lists behind them, reasons come with remedies, and nothing personal leaves unmasked."""

import json
from datetime import timedelta
from typing import Any

import pytest
from small_town import AS_OF, FRESH, LAYERS, Town, add_house, add_person, empty_town, with_areas

from data.errors import LayerError, PolicyError, StoreError
from layers.core import query
from layers.core.query import MASKED, Suppressed, Viewer

LEADER, OFFICER = Viewer("leader"), Viewer("officer")
SECRETS = ("990115195003010018", "secret-person", "13900001111", "王小明", "3组12号")


@pytest.fixture(scope="module")
def lived_in() -> Town:
    """A town of its own, painted once and only read.

    House H1 red with an open case, H2 green, H3 grey; five people in H1, one in H2; a parcel, a stand, a camera, a zone.
    """
    town = with_areas(empty_town())
    owner = {
        "owner_name": "王小明",
        "owner_phone": "13900001111",
        "address": "示范镇V1村3组12号",
        "chief": "张建明",
        "chief_phone": "13812345678",
    }
    add_house(town, "H1", occupancy="own", danger_grade="D", ebike_indoor=True, storeys=2, **owner)
    add_house(town, "H2", occupancy="own", name="陆家宅", storeys=1, verified_on=AS_OF - timedelta(days=30))
    add_house(town, "H3", verified_on=None, area_code="D3")
    case = {"opened_on": FRESH, "due_on": AS_OF - timedelta(days=3), "responsible": "陈大力", "responsible_phone": "13700002222"}
    town.add("casework", case_id="C1", object_table="house", object_id="H1", event_type="0651", grade="3", state="open", **case)
    for number in range(5):
        add_person(
            town,
            f"secret-person-{number}",
            house_id="H1",
            category="migrant" if number == 0 else "registered",
            attention="01" if number == 0 else None,
            phone="13900001111",
        )
    add_person(town, "secret-person-5", house_id="H2")
    town.add("parcel", parcel_id="L1", status="in_use", class_name="水田", verified_on=FRESH, area_code="D1")
    town.add("stand", stand_id="S1", condition="healthy", species="香樟", verified_on=FRESH, area_code="D1")
    town.add("facility", facility_id="F1", kind="camera", state="working", name="村口摄像机", area_code="D1")
    town.add("zone", zone_id="Z1", class_code="R1", class_name="Single family", area_code="D1")
    dataset = {"name": "people", "table_name": "person", "file": "p.csv", "rows": 6, "refused": 1}
    town.add("dataset", **dataset)
    town.add(
        "fault",
        dataset="people",
        file="p.csv",
        row=7,
        column_name="id_number",
        value="990115195003010018",
        code="id_check",
        severity="refused",
        reason_zh="身份证号“990115195003010018”的校验码不符",
        reason_en="The check digit of the ID number “990115195003010018” is wrong",
        remedy_zh="请核对990115195003010018。",
        remedy_en="Check 990115195003010018.",
    )
    town.add("contradiction", kind="resident_in_vacant", table_name="person", key="secret-person-0", area_code="D1")
    town.number()
    town.paint()
    return town


def answers(town: Town, viewer: Viewer) -> list[Any]:
    """Every question that the screen can ask, answered for `viewer`."""
    store = town.store()
    out: list[Any] = [query.town(store), query.layer_list(store), query.datasets(store), query.fault_counts(store, viewer)]
    for area in ("T", "V1", "D1"):
        out += [query.breadcrumb(store, area), query.children(store, viewer, area), query.headline(store, viewer, area)]
        out += [query.contradictions(store, viewer, area)]
        for layer in LAYERS:
            out.append(query.legend(store, viewer, layer.name, area))
            if not layer.personal:
                out.append(query.listing(store, viewer, layer.name, area))
    for table, key in [("house", "H1"), ("area", "D1"), ("parcel", "L1"), ("stand", "S1"), ("facility", "F1"), ("zone", "Z1")]:
        out.append(query.card(store, viewer, table, key))
    for layer in LAYERS:
        out.append(query.tooltip(store, viewer, layer.name, 0))
    out += [query.search(store, viewer, text) for text in ("12", "H", "王小明", "3组12号")]
    return [*out, query.compare(store, viewer, "T", ("V1", "V2")), query.faults(store, viewer, "people")]


@pytest.mark.parametrize("viewer", [MASKED, LEADER, Viewer("analyst"), Viewer("admin")], ids=lambda viewer: viewer.role)
def test_no_answer_below_officer_holds_anything_about_a_resident_in_clear(lived_in: Town, viewer: Viewer) -> None:
    text = json.dumps(answers(lived_in, viewer), ensure_ascii=False, default=str)
    assert "王*明" in text  # the owner is there, masked
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("role", ["wall", "leader", "officer", "analyst", "admin"])
def test_person_ids_and_id_numbers_leave_to_nobody(lived_in: Town, role: Any) -> None:
    found = answers(lived_in, Viewer(role))
    if Viewer(role).reaches("officer"):
        found += [query.listing(lived_in.store(), Viewer(role), "people", "T"), query.residents(lived_in.store(), Viewer(role), "H1")]
    text = json.dumps(found, ensure_ascii=False, default=str)
    assert "secret-person" not in text and "990115195003010018" not in text


def test_the_duty_phone_is_masked_on_the_wall_and_clear_to_a_leader(lived_in: Town) -> None:
    assert query.card(lived_in.store(), MASKED, "house", "H1")["in_charge"]["phone"] == "138****5678"
    assert query.card(lived_in.store(), LEADER, "house", "H1")["in_charge"] == {
        "zh": "小房长",
        "en": "House chief",
        "name": "张建明",
        "phone": "13812345678",
    }


def test_a_card_says_why_it_is_red_and_what_would_turn_it_green(lived_in: Town) -> None:
    card = query.card(lived_in.store(), LEADER, "house", "H1")
    receipt = card["receipt"]
    assert receipt["colour"]["code"] == "red" and receipt["next_visit_due"] == (FRESH + timedelta(days=7)).isoformat()
    assert [(reason["code"], reason["level"]) for reason in receipt["reasons"][:3]] == [
        ("danger_d", 1),
        ("ebike_indoor", 2),
        ("open_hazard", 3),
    ]
    assert [reason["remedy_en"] for reason in receipt["remedies"]] == [
        "Vacate; strengthen or demolish, and have it graded anew", "Charge outside", "Remove the hazard and close the case"
    ]  # fmt: skip
    assert card["path"][0]["code"] == "T" and card["path"][-1]["code"] == "D1"
    assert card["source"] == {
        "dataset": "houses", "delivered_at": FRESH.isoformat(), "verified_on": FRESH.isoformat(), "age_days": 10, "stale": False,
    }  # fmt: skip


def test_a_card_shows_open_cases_with_who_and_how_late(lived_in: Town) -> None:
    (case,) = query.card(lived_in.store(), LEADER, "house", "H1")["cases"]
    assert (case["event_zh"], case["late_days"], case["responsible"]) == ("群租", 3, "陈大力")
    assert query.card(lived_in.store(), MASKED, "house", "H1")["cases"][0]["responsible"] == "陈*力"


def test_fields_of_a_card_come_with_words_and_units(lived_in: Town) -> None:
    fields = {field["name"]: field for field in query.card(lived_in.store(), MASKED, "house", "H1")["fields"]}
    assert (fields["occupancy"]["text_zh"], fields["occupancy"]["text_en"]) == ("自住", "Owner-occupied")
    assert (fields["storeys"]["value"], fields["storeys"]["unit"]) == (2, "层")
    assert fields["owner_name"]["masked"] and not fields["storeys"]["masked"]
    assert (fields["people"]["value"], str(fields["migrants"]["value"])) == (5, "<3")
    assert fields["built_year"]["text_en"] == "—"


def test_small_counts_of_people_on_a_card_are_exact_for_an_officer(lived_in: Town) -> None:
    fields = {field["name"]: field["value"] for field in query.card(lived_in.store(), OFFICER, "house", "H1")["fields"]}
    assert (fields["people"], fields["migrants"]) == (5, 1)


def test_the_card_of_an_area_shows_the_parts_of_its_score(lived_in: Town) -> None:
    card = query.card(lived_in.store(), MASKED, "area", "D1")
    parts = {part["part"]: part for part in card["parts"]}
    assert parts["objects"]["weight"] == 25 and parts["objects"]["bad"] == 1 and parts["complaints"]["value"] is None
    assert {receipt["layer"] for receipt in card["receipts"]} == {"people", "areas", "grid_qa"}
    assert card["people"] == 6


def test_every_count_equals_the_list_behind_it(lived_in: Town) -> None:
    store = lived_in.store()
    for layer in LAYERS:
        if not layer.rollup:
            continue
        for area in ("T", "V1", "G1", "D1", "V2"):
            legend = query.legend(store, OFFICER, layer.name, area)
            assert query.listing(store, OFFICER, layer.name, area)["total"] == legend["total"], (layer.name, area)
            for level in legend["levels"]:
                assert query.listing(store, OFFICER, layer.name, area, level["level"])["total"] == level["n"], (layer.name, area)
            assert not legend["levels"] or sum(level["n"] for level in legend["levels"]) == legend["total"]


def test_a_list_begins_with_the_reds_and_comes_in_pages(lived_in: Town) -> None:
    rows = query.listing(lived_in.store(), MASKED, "houses", "T")["rows"]
    assert [(row["key"], row["level"]) for row in rows] == [("H1", 1), ("H3", 0), ("H2", 5)]
    assert rows[0]["title"] == "示范镇V1村3组**" and rows[2]["title"] == "陆家宅"
    assert [row["key"] for row in query.listing(lived_in.store(), MASKED, "houses", "T", limit=1, offset=1)["rows"]] == ["H3"]


def test_people_are_listed_to_officers_alone(lived_in: Town) -> None:
    with pytest.raises(PolicyError, match="counts only"):
        query.listing(lived_in.store(), LEADER, "people", "T")
    with pytest.raises(PolicyError, match="counts only"):
        query.residents(lived_in.store(), LEADER, "H1")
    listed = query.listing(lived_in.store(), OFFICER, "people", "D1")
    assert listed["total"] == 6 and listed["rows"][0]["title"] == "王小明" and listed["rows"][0]["key"] is None
    assert query.residents(lived_in.store(), OFFICER, "H1")["total"] == 5


def test_a_person_has_no_card(lived_in: Town) -> None:
    with pytest.raises(PolicyError, match="no card"):
        query.card(lived_in.store(), OFFICER, "person", "secret-person-0")


def test_the_legend_hides_small_counts_of_people_and_one_more_beside_a_single_one(lived_in: Town) -> None:
    levels = {level["code"]: str(level["n"]) for level in query.legend(lived_in.store(), LEADER, "people", "T")["levels"]}
    assert levels == {"red": "<3", "orange": "0", "yellow": "0", "blue": "0", "green": "*", "grey": "0"}
    assert query.legend(lived_in.store(), OFFICER, "people", "T")["levels"][0]["n"] == 1


def test_the_same_cell_is_hidden_in_the_legend_and_in_the_bars_of_the_parent(lived_in: Town) -> None:
    store = lived_in.store()
    bars = query.child_levels(store, LEADER, "people", "G1")
    for code in ("D1", "D2"):
        legend = {level["level"]: level["n"] for level in query.legend(store, LEADER, "people", code)["levels"]}
        assert {level: n for level, n in legend.items() if isinstance(n, Suppressed)} == {
            level: n for level, n in bars[code].items() if isinstance(n, Suppressed)
        }


def test_headline_gives_people_houses_and_reds(lived_in: Town) -> None:
    assert query.headline(lived_in.store(), MASKED, "T") == {"people": 6, "houses": 3, "reds": 1, "oranges": 0}
    assert str(query.headline(lived_in.store(), MASKED, "V2")["people"]) == "0"


def test_people_come_from_counts_where_no_persons_were_delivered(town: Town) -> None:
    for code, people in (("D1", 40), ("D2", 2), ("D3", 58), ("G1", 42)):
        town.add("population_cell", area_code=code, counted_on=FRESH, people=people)
    town.number()
    town.paint("people", "areas")
    store = town.store()
    assert query.headline(store, MASKED, "G1")["people"] == 42
    assert query.headline(store, MASKED, "V2")["people"] == 58
    assert {row["code"]: str(row["people"]) for row in query.children(store, MASKED, "G1")} == {"D1": "*", "D2": "<3"}


def people_of(town: Town, *codes: str) -> dict[str, int]:
    """The people of areas, exactly."""
    town.number()
    town.paint("people", "areas")
    return {code: query.headline(town.store(), OFFICER, code)["people"] for code in codes}


def test_an_unevenly_counted_town_counts_everybody_once(town: Town) -> None:
    """V1 is counted by village and by team, V2 by team alone."""
    for code, people in (("V1", 50), ("D1", 20), ("D2", 30), ("D3", 58)):
        town.add("population_cell", area_code=code, counted_on=FRESH, people=people)
    town.add("population_cell", area_code="D3", counted_on=FRESH - timedelta(days=900), people=7)
    assert people_of(town, "T", "V1", "V2", "G1", "D1", "D3") == {"T": 108, "V1": 50, "V2": 58, "G1": 50, "D1": 20, "D3": 58}


def test_a_count_of_the_area_itself_stands_before_those_below_it(town: Town) -> None:
    for code, people in (("T", 200), ("V1", 120), ("D1", 20)):
        town.add("population_cell", area_code=code, counted_on=FRESH, people=people)
    assert people_of(town, "T", "V1", "V2", "G1", "D2") == {"T": 200, "V1": 120, "V2": 0, "G1": 20, "D2": 0}


def test_where_some_villages_deliver_persons_and_others_counts_both_are_in_the_total(town: Town) -> None:
    for number in range(5):
        add_person(town, f"P{number}", area_code="D1" if number else "D2")
    for code, people in (("V1", 99), ("V2", 58), ("D3", 58)):
        town.add("population_cell", area_code=code, counted_on=FRESH, people=people)
    assert people_of(town, "T", "V1", "G1", "V2", "D3") == {"T": 63, "V1": 5, "G1": 5, "V2": 58, "D3": 58}


def people_everywhere(town: Town, code: str, parent: str) -> set[str]:
    store = town.store()
    listed = next(row["people"] for row in query.children(store, MASKED, parent) if row["code"] == code)
    return {str(n) for n in (listed, query.headline(store, MASKED, code)["people"], query.card(store, MASKED, "area", code)["people"])}


def test_a_hidden_count_of_people_is_hidden_wherever_the_area_is_shown(town: Town) -> None:
    for code, people in (("D1", 40), ("D2", 2)):
        town.add("population_cell", area_code=code, counted_on=FRESH, people=people)
    town.number()
    town.paint("people", "areas")
    assert people_everywhere(town, "D1", "G1") == {"*"} and people_everywhere(town, "D2", "G1") == {"<3"}


def test_where_a_count_is_hidden_its_parts_do_not_add_up_to_it(town: Town) -> None:
    for code, people in (("V1", 40), ("V2", 2), ("G1", 40), ("D1", 40)):
        town.add("population_cell", area_code=code, counted_on=FRESH, people=people)
    town.number()
    town.paint("people", "areas")
    for code, parent in (("V1", "T"), ("G1", "V1"), ("D1", "G1")):
        assert people_everywhere(town, code, parent) == {"*"}, code


def test_the_legend_s_total_is_hidden_where_the_sibling_s_would_follow(town: Town) -> None:
    for number in range(12):
        add_person(town, f"P{number}", area_code="D2" if number < 2 else "D1")
    town.number()
    town.paint("people", "areas")
    totals = {code: str(query.legend(town.store(), MASKED, "people", code)["total"]) for code in ("G1", "D1", "D2")}
    assert totals == {"G1": "12", "D1": "*", "D2": "<3"}
    assert people_everywhere(town, "D1", "G1") == {"*"} and people_everywhere(town, "D2", "G1") == {"<3"}
    assert query.legend(town.store(), OFFICER, "people", "D1")["total"] == 10


def test_children_come_worst_first_with_what_lies_below(lived_in: Town) -> None:
    rows = {row["code"]: row for row in query.children(lived_in.store(), LEADER, "T")}
    assert (rows["V1"]["houses"], rows["V1"]["reds"], rows["V1"]["below"]) == (2, 1, 1)
    assert (rows["V2"]["houses"], rows["V2"]["reds"], rows["V2"]["below"]) == (1, 0, 1)
    assert query.children(lived_in.store(), LEADER, "D1") == []


def test_an_ordinal_of_the_map_leads_to_its_object(lived_in: Town) -> None:
    store = lived_in.store()
    assert query.object_by_ordinal(store, "houses", 1) == {"table": "house", "key": "H2"}
    assert query.object_by_ordinal(store, "people", 0) == {"table": "area", "key": "D1"}
    assert query.object_by_ordinal(store, "houses", 99) is None
    shown = query.tooltip(store, MASKED, "houses", 0)
    assert shown is not None and shown["colour"]["code"] == "red" and shown["reasons"][0]["zh"] == "D级危房"


def test_one_class_alone_lists_as_many_as_the_legend_counts(lived_in: Town) -> None:
    store = lived_in.store()
    legend = query.legend(store, MASKED, "houses", "T")
    theme = next(theme for theme in legend["themes"] if theme["classes"])
    for row in theme["classes"]:
        listed = query.listing(store, MASKED, "houses", "T", chosen=(theme["name"], row["index"]))
        assert listed["total"] == row["n"] == len(listed["rows"])
    unstated = query.listing(store, MASKED, "houses", "T", chosen=(theme["name"], 0))["total"]
    assert unstated == legend["total"] - sum(row["n"] for row in theme["classes"])
    with pytest.raises(LayerError, match="no theme 'nothing'"):
        query.listing(store, MASKED, "houses", "T", chosen=("nothing", 1))


def test_a_faulty_value_of_a_personal_column_is_shown_to_the_steward_alone_in_every_text(lived_in: Town) -> None:
    store, secret = lived_in.store(), "990115195003010018"
    texts = ("value", "reason_zh", "reason_en", "remedy_zh", "remedy_en")
    (masked,) = query.faults(store, OFFICER, "people")["rows"]
    assert [masked[name] for name in texts] == [
        "****", "身份证号“****”的校验码不符", "The check digit of the ID number “****” is wrong", "请核对****。", "Check ****."
    ]  # fmt: skip
    (clear,) = query.faults(store, Viewer("steward"), "people")["rows"]
    assert all(secret in clear[name] for name in texts)


def test_the_counts_of_faults_quote_no_personal_value_either(lived_in: Town) -> None:
    (row,) = query.fault_counts(lived_in.store(), OFFICER)
    assert row == {
        "dataset": "people", "code": "id_check", "severity": "refused", "n": 1, "reason_zh": "身份证号“****”的校验码不符",
        "reason_en": "The check digit of the ID number “****” is wrong",
    }  # fmt: skip
    assert "990115195003010018" in query.fault_counts(lived_in.store(), Viewer("steward"))[0]["reason_zh"]


def test_contradictions_are_counted_by_kind(lived_in: Town) -> None:
    assert [(row["kind"], str(row["n"])) for row in query.contradictions(lived_in.store(), LEADER, "V1")] == [("resident_in_vacant", "<3")]
    assert query.contradictions(lived_in.store(), OFFICER, "V2") == []


def test_what_is_not_there_is_said_with_advice(lived_in: Town) -> None:
    with pytest.raises(StoreError, match="no house 'H9'"):
        query.card(lived_in.store(), MASKED, "house", "H9")
    with pytest.raises(LayerError, match=r"no layer 'hoses'.*'houses'"):
        query.legend(lived_in.store(), MASKED, "hoses", "T")


def test_the_list_of_layers_names_those_with_something_to_show(lived_in: Town) -> None:
    names = [layer["name"] for layer in query.layer_list(lived_in.store())]
    assert names == ["land", "zones", "forest", "houses", "facilities", "people", "areas", "grid_qa"]
