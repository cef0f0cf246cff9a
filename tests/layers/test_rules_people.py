"""Service colours of persons, and the colours of areas by their share of people who need help."""

from datetime import date, timedelta
from typing import Any

import pytest
from small_town import AS_OF, FRESH, Town, add_house, add_person


@pytest.fixture
def housed(town: Town) -> Town:
    add_house(town, "H1", occupancy="own")
    return town


@pytest.mark.parametrize(
    ("column", "level", "code"),
    [
        ({"attention": "01"}, 1, "attention_high"),
        ({"care_group": "01", "last_check_in": AS_OF - timedelta(days=90)}, 1, "missing_check_in"),
        ({"attention": "02"}, 2, "attention_medium"),
        ({"care_group": "01", "birth_date": date(1946, 11, 22)}, 2, "alone_80"),
        ({"care_group": "03"}, 2, "in_treatment"),
        ({"attention": "03"}, 3, "attention_low"),
        ({"care_group": "01", "birth_date": date(1946, 11, 23)}, 3, "alone_70"),
        ({"care_group": "01"}, 3, "alone_70"),
        ({"low_income": True}, 3, "low_income"),
        ({"care_group": "04"}, 3, "child_in_difficulty"),
        ({"care_group": "02"}, 3, "disabled"),
        ({"care_group": "01", "birth_date": date(1960, 1, 1)}, 5, "registered"),
        ({"category": "migrant"}, 4, "not_registered_here"),
        ({"category": "migrant", "arrived_on": AS_OF - timedelta(days=29)}, 4, "new_arrival"),
        ({"house_id": None}, 0, "unlinked"),
        ({"house_id": "nowhere"}, 0, "unlinked"),
        ({"verified_on": None}, 0, "not_verified"),
        ({"verified_on": AS_OF - timedelta(days=180)}, 0, "not_verified"),
        ({"verified_on": AS_OF - timedelta(days=180), "last_check_in": FRESH}, 5, "registered"),
        ({"category": None}, 0, "no_data"),
        ({}, 5, "registered"),
    ],
)
def test_a_person_has_the_colour_of_the_service_needed(housed: Town, column: dict[str, Any], level: int, code: str) -> None:
    add_person(housed, "P1", **column)
    housed.paint("people")
    assert housed.colour("people", "P1")[0] == level
    assert code in housed.colour("people", "P1")[1]


def test_an_elder_living_alone_whom_nobody_ever_visited_is_missed_where_visits_are_recorded(housed: Town) -> None:
    add_person(housed, "never", care_group="01", birth_date=date(1960, 1, 1), source="residents")
    add_person(housed, "not alone", source="residents")
    add_person(housed, "elsewhere", care_group="01", birth_date=date(1960, 1, 1), source="migrants")
    housed.paint("people")
    assert housed.colour("people", "never") == (5, ["registered"]), "a register without a single visit does not record visits"
    add_person(housed, "visited", care_group="01", birth_date=date(1960, 1, 1), source="residents", last_check_in=FRESH)
    housed.paint("people")
    assert housed.colour("people", "never") == (1, ["never_visited", "registered"])
    assert {housed.colour("people", key)[0] for key in ("not alone", "elsewhere", "visited")} == {5}


def crowd(town: Town, n: int, serious: int, area: str = "D1") -> None:
    for number in range(n):
        add_person(town, f"{area}-{number}", area_code=area, attention="01" if number < serious else None)


@pytest.mark.parametrize(
    ("n", "serious", "level", "code"),
    [
        (60, 3, 1, "serious_5"),
        (80, 3, 2, "serious_3"),
        (150, 3, 3, "serious_2"),
        (290, 3, 4, "serious_1"),
        (10, 0, 5, "serious_few"),
        (2, 0, 0, "too_few"),
    ],
)
def test_an_area_has_the_colour_of_its_share_of_red_and_orange_people(housed: Town, n: int, serious: int, level: int, code: str) -> None:
    crowd(housed, n, serious)
    housed.paint("people")
    assert housed.all("SELECT level FROM paint_people WHERE object_id = 'D1'") == [(level,)]
    assert code in housed.colour("people_area", "D1")[1]


def test_one_or_two_people_in_need_never_colour_an_area(housed: Town) -> None:
    crowd(housed, 12, 2)
    housed.paint("people")
    assert housed.colour("people_area", "D1") == (5, ["serious_few"])


def test_an_area_without_persons_is_grey_for_want_of_data(housed: Town) -> None:
    crowd(housed, 10, 0)
    housed.paint("people")
    assert housed.colour("people_area", "V2") == (0, ["no_data"])
    assert housed.colour("people_area", "T")[0] == 5


def test_people_are_painted_on_areas_and_never_as_objects_of_their_own(housed: Town) -> None:
    crowd(housed, 5, 0)
    housed.paint("people")
    assert housed.all("SELECT count(*) FROM paint_people p ANTI JOIN area a ON a.code = p.object_id") == [(0,)]


def test_density_comes_from_census_counts_where_no_persons_were_delivered(town: Town) -> None:
    town.add("population_cell", area_code="V1", counted_on=date(2020, 1, 1), people=9)
    town.add("population_cell", area_code="V1", counted_on=date(2025, 1, 1), people=4000)  # 4 km²
    town.paint("people")
    sql = "SELECT c.code FROM paint_people p JOIN theme_class c ON c.layer = 'people' AND c.theme = 'density' AND c.index = p.density"
    assert town.all(f"{sql} WHERE object_id = 'V1'") == [("500",)]
    assert town.all("SELECT density FROM paint_people WHERE object_id = 'V2'") == [(0,)]


def test_the_largest_category_of_a_tiny_area_is_not_told(housed: Town) -> None:
    crowd(housed, 9, 0)
    housed.paint("people")
    assert housed.all("SELECT category, migrants FROM paint_people WHERE object_id = 'D1'") == [(0, 0)]
