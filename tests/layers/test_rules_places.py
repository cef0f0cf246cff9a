"""Rules of land, forest and facilities; layers without rules."""

from datetime import timedelta
from typing import Any

import pytest
from small_town import AS_OF, FRESH, Town

from data.codes import code_list


def age(days: int) -> Any:
    return AS_OF - timedelta(days=days)


@pytest.mark.parametrize(
    ("column", "level", "code"),
    [
        ({"status": "illegal_use"}, 1, "illegal_use"),
        ({"status": "farmland_occupied"}, 1, "farmland_occupied"),
        ({"status": "abandoned"}, 2, "abandoned"),
        ({"status": "non_grain"}, 2, "non_grain"),
        ({"status": "change_unverified"}, 3, "change_unverified"),
        ({"status": "approved_idle"}, 3, "approved_idle"),
        ({"status": "approved_project"}, 4, "approved_project"),
        ({"status": "temporary"}, 4, "temporary"),
        ({"status": "transferred"}, 4, "transferred"),
        ({"status": "in_use"}, 5, "as_surveyed"),
        ({"status": "in_use", "verified_on": age(365)}, 0, "not_surveyed"),
        ({"status": "in_use", "verified_on": None, "surveyed_year": 2025}, 5, "as_surveyed"),
        ({"status": "in_use", "verified_on": None, "surveyed_year": 2024}, 0, "not_surveyed"),
        ({"status": "in_use", "verified_on": None}, 0, "not_surveyed"),
        ({"class_code": "0101"}, 0, "no_data"),
    ],
)
def test_a_parcel_has_the_colour_of_its_use(town: Town, column: dict[str, Any], level: int, code: str) -> None:
    town.add("parcel", **({"parcel_id": "L1", "verified_on": FRESH} | column))
    town.paint("land")
    assert town.colour("land", "L1")[0] == level
    assert code in town.colour("land", "L1")[1]


@pytest.mark.parametrize(
    ("column", "level", "code"),
    [
        ({"condition": "fire"}, 1, "fire"),
        ({"condition": "illegal_cutting"}, 1, "illegal_cutting"),
        ({"condition": "occupied"}, 1, "occupied"),
        ({"condition": "pest"}, 2, "pest"),
        ({"condition": "healthy", "canopy": 0.5, "canopy_before": 0.7}, 2, "canopy_loss"),
        ({"condition": "healthy", "canopy": 0.51, "canopy_before": 0.7}, 5, "healthy"),
        ({"condition": "healthy", "verified_on": age(121)}, 3, "patrol_overdue"),
        ({"condition": "poor"}, 3, "poor_growth"),
        ({"condition": "litter"}, 3, "litter"),
        ({"condition": "healthy", "verified_on": age(365)}, 0, "not_surveyed"),
        ({"condition": "healthy", "verified_on": None}, 0, "not_surveyed"),
        ({"condition": "healthy", "planted_year": 2024}, 4, "young_planting"),
        ({"condition": "healthy", "planted_year": 2023}, 5, "healthy"),
        ({"condition": "healthy", "land_class": "0141"}, 4, "young_planting"),
        ({"condition": "healthy", "use_type": "251"}, 4, "economic"),
        ({"condition": "healthy"}, 5, "healthy"),
        ({"species": "Platanus", "verified_on": None, "use_type": "251"}, 0, "no_data"),
    ],
)
def test_a_stand_has_the_colour_of_its_health(town: Town, column: dict[str, Any], level: int, code: str) -> None:
    town.add("stand", **({"stand_id": "S1", "verified_on": FRESH} | column))
    town.paint("forest")
    assert town.colour("forest", "S1")[0] == level
    assert code in town.colour("forest", "S1")[1]


@pytest.mark.parametrize(("state", "level"), [("open", 3), (None, 3), ("closed", 5)])
def test_a_case_of_unknown_state_is_open_on_land_and_in_the_forest_too(town: Town, state: str | None, level: int) -> None:
    town.add("parcel", parcel_id="L1", status="in_use", verified_on=FRESH)
    town.add("stand", stand_id="S1", condition="healthy", verified_on=FRESH)
    for table, key in (("parcel", "L1"), ("stand", "S1")):
        town.add("casework", case_id=key, object_table=table, object_id=key, state=state, opened_on=FRESH)
    town.paint("land", "forest")
    assert (town.colour("land", "L1")[0], town.colour("forest", "S1")[0]) == (level, level)


@pytest.mark.parametrize("said", ["办理中", "处理中", "整改中", "处置中", "未办结"])
def test_the_words_of_departments_for_the_state_of_a_case_are_known(said: str) -> None:
    (code,) = (code.code for code in code_list("case_state") if said in (code.zh, *code.aliases))
    assert code == "open"


@pytest.mark.parametrize("said", ["已办结", "已整改", "办结", "已结案"])
def test_the_words_of_departments_for_a_closed_case_are_known(said: str) -> None:
    (code,) = (code.code for code in code_list("case_state") if said in (code.zh, *code.aliases))
    assert code == "closed"


@pytest.mark.parametrize(
    ("column", "level", "code"),
    [
        ({"kind": "camera", "state": "alarming"}, 1, "alarming"),
        ({"kind": "station", "state": "closed"}, 1, "closed"),
        ({"kind": "camera", "state": "offline", "state_since": age(2)}, 2, "offline_day"),
        ({"kind": "camera", "state": "offline", "state_since": age(1)}, 3, "offline"),
        ({"kind": "camera", "state": "offline"}, 3, "offline"),
        ({"kind": "station", "state": "open_late"}, 2, "open_late"),
        ({"kind": "station", "state": "short_service"}, 3, "short_service"),
        ({"kind": "station", "state": "open"}, 4, "open"),
        ({"kind": "station", "state": "open", "functions": ["a", "b", "c"], "opening_hours": "8–18"}, 5, "full_service"),
        ({"kind": "camera", "state": "idle"}, 4, "idle"),
        ({"kind": "camera", "state": "working"}, 5, "working"),
        ({"kind": "camera", "state": "not_installed"}, 0, "not_installed"),
        ({"kind": "hydrant"}, 0, "no_data"),
    ],
)
def test_a_facility_has_the_colour_of_its_state(town: Town, column: dict[str, Any], level: int, code: str) -> None:
    town.add("facility", facility_id="F1", **column)
    town.paint("facilities")
    assert town.colour("facilities", "F1")[0] == level
    assert code in town.colour("facilities", "F1")[1]


def test_a_layer_without_rules_is_drawn_by_its_theme_and_leaves_no_receipts(town: Town) -> None:
    for number, code in enumerate(["R1", "R1", "C2"]):
        town.add("zone", zone_id=f"Z{number}", class_code=code, class_name=f"Zone {code}", area_code="D1")
    town.paint("zones")
    assert town.all("SELECT count(*) FROM receipt") == [(0,)]
    assert town.all("SELECT c.code, c.en, c.n FROM theme_class c ORDER BY c.index") == [("C2", "Zone C2", 1), ("R1", "Zone R1", 2)]
    assert town.all("""SELECT object_id, "class" FROM paint_zones ORDER BY 1""") == [("Z0", 2), ("Z1", 2), ("Z2", 1)]


def test_land_classes_have_the_official_colours_and_strange_ones_a_colour_of_their_own(town: Town) -> None:
    for number, (scheme, code) in enumerate(
        [("sandiao", "0101"), ("sandiao", "0101K"), (None, "0101"), ("osm", "residential"), ("local", "42"), ("local", "43")]
    ):
        town.add("parcel", parcel_id=f"L{number}", scheme=scheme, class_code=code, class_name=f"Class {code}")
    town.paint("land")
    found = town.all("SELECT code, hex, n FROM theme_class WHERE layer = 'land' AND theme = 'class' AND n > 0 ORDER BY index")
    assert found[:2] == [("0101", "#F8D072", 3), ("osm:residential", "#EC898A", 1)]
    assert [row[0] for row in found[2:]] == ["local:42", "local:43"]
    assert len({row[1] for row in found}) == 4
