"""Every trigger of the house layer, alone on an otherwise good house."""

from datetime import timedelta
from typing import Any

import pytest
from small_town import AS_OF, FRESH, Town, add_house, add_person

from data.policy import Viewer
from layers.core import query, query_wall

GOOD_SCORES = {"registration": 20, "fire": 25, "security": 15, "structure": 15, "sanitation": 10, "neighbours": 10, "landlord": 5}


def let(town: Town, key: str = "H1", points: float | None = 85, house: dict[str, Any] | None = None, **rental: Any) -> None:
    """A house that is let, with a rental row that scores `points` of 100 in all."""
    add_house(town, key, **({"occupancy": "let"} | (house or {})))
    scores = {} if points is None else {f"score_{item}": most * points / 100 for item, most in GOOD_SCORES.items()}
    town.add("rental", **({"house_id": key, "hazard": "00", "inspected_on": FRESH} | scores | rental))


def add_room(town: Town, key: str, people: int, area: float, designed: int = 1, household: str | None = None, use: str = "let") -> None:
    town.add("room", room_id=key, house_id="H1", room_use=use, living_area_m2=area, designed_rooms=designed)
    for number in range(people):
        add_person(town, f"{key}-{number}", room_id=key, category="migrant", household_no=household, relation="02" if number == 0 else "10")


@pytest.mark.parametrize(
    ("column", "level", "code"),
    [
        ({"live_work_store": True}, 1, "live_work_store"),
        ({"coloured_steel": True}, 1, "coloured_steel"),
        ({"danger_grade": "D"}, 1, "danger_d"),
        ({"gas_hazard": "major"}, 1, "gas_major"),
        ({"ebike_indoor": True}, 2, "ebike_indoor"),
        ({"exit_blocked": True}, 2, "exit_blocked"),
        ({"danger_grade": "C"}, 2, "danger_c"),
        ({"gas_hazard": "ordinary"}, 3, "open_hazard"),
        ({"illegal_addition": True}, 3, "illegal_addition"),
        ({"danger_grade": "A"}, 5, "owner_occupied"),
    ],
)
def test_what_is_found_at_an_own_house_gives_its_colour(town: Town, column: dict[str, Any], level: int, code: str) -> None:
    add_house(town, "H1", occupancy="own", **column)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == level
    assert code in town.colour("houses", "H1")[1]


@pytest.mark.parametrize(
    ("points", "level", "code"),
    [
        (59.5, 1, "score_red"),
        (60, 2, "score_orange"),
        (69.9, 2, "score_orange"),
        (70, 3, "score_yellow"),
        (80, 4, "compliant_rental"),
        (90, 5, "rental_excellent"),
    ],
)
def test_the_score_of_a_rental_gives_its_colour(town: Town, points: float, level: int, code: str) -> None:
    let(town, points=points)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == level
    assert code in town.colour("houses", "H1")[1]


def test_a_score_with_items_missing_is_judged_by_the_items_there(town: Town) -> None:
    let(town, points=None, score_fire=10, score_security=15)
    town.paint("houses")
    assert town.colour("houses", "H1") == (2, ["score_orange", "compliant_rental"])  # 25 of 40 is 62.5


@pytest.mark.parametrize(
    ("rental", "level", "code"),
    [
        ({"yellow_streak": 3}, 1, "third_yellow"),
        ({"fire_exit": False}, 2, "exit_blocked"),
        ({"rooms_let": 10, "alarms_ok": False}, 2, "large_unmanaged"),
        ({"rooms_let": 10, "alarms_ok": True, "manager_named": False}, 2, "large_unmanaged"),
        ({"hazard": "01"}, 3, "open_hazard"),
        ({"unregistered_days": 8}, 3, "tenant_unregistered"),
        ({"rooms_let": 9, "alarms_ok": False, "unregistered_days": 7, "yellow_streak": 2}, 4, "compliant_rental"),
        ({"rooms_let": 10, "alarms_ok": True, "manager_named": True}, 4, "compliant_rental"),
        ({"rooms_let": 12}, 4, "compliant_rental"),  # nothing known about alarms is no evidence against them
    ],
)
def test_what_the_register_says_gives_the_colour_of_a_rental(town: Town, rental: dict[str, Any], level: int, code: str) -> None:
    let(town, **rental)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == level
    assert code in town.colour("houses", "H1")[1]


def test_three_strangers_in_one_living_room_are_a_group_rental(town: Town) -> None:
    let(town)
    add_room(town, "R1", people=3, area=40)
    town.paint("houses")
    assert town.colour("houses", "H1")[:1] == (1,)
    assert "group_rental_persons" in town.colour("houses", "H1")[1]


def test_two_strangers_or_one_family_of_four_in_a_room_are_not(town: Town) -> None:
    let(town)
    add_room(town, "R1", people=2, area=40)
    add_room(town, "R2", people=4, area=40, household="F1")
    town.paint("houses")
    assert town.colour("houses", "H1") == (4, ["compliant_rental"])


def test_a_flat_of_two_living_rooms_holds_four(town: Town) -> None:
    let(town)
    add_room(town, "R1", people=4, area=40, designed=2)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 4


def test_under_five_square_metres_a_person_is_a_group_rental_even_among_kin(town: Town) -> None:
    let(town)
    add_room(town, "R1", people=4, area=19.9, household="F1")
    town.paint("houses")
    assert town.colour("houses", "H1")[1][0] == "group_rental_area"


def test_a_crowded_room_of_the_owner_is_no_group_rental(town: Town) -> None:
    let(town, house={"occupancy": "part_let"})
    add_room(town, "R1", people=5, area=20, use="own")
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 4


def test_without_room_rows_the_house_is_judged_by_its_number_of_rooms(town: Town) -> None:
    let(town, rooms_let=2)
    for number in range(5):
        add_person(town, f"P{number}", category="migrant")
    town.paint("houses")
    assert town.colour("houses", "H1")[1][0] == "group_rental_persons"


def add_roomless(town: Town, people: int, household: str | None = None, relation: str = "10") -> None:
    """People of H1 of whom no register says in which room they live."""
    for number in range(people):
        add_person(town, f"N{household}-{number}", category="migrant", household_no=household, relation=relation)


@pytest.mark.parametrize(("people", "level"), [(6, 4), (7, 1), (14, 1)])
def test_people_without_a_room_are_counted_against_all_rooms_of_a_let_house(town: Town, people: int, level: int) -> None:
    let(town)
    for room in range(3):
        add_room(town, f"R{room}", people=0, area=40)
    add_roomless(town, people)
    town.paint("houses")
    assert town.colour("houses", "H1") == (level, ["group_rental_persons"] * (level == 1) + ["compliant_rental"])


def test_people_without_a_room_share_with_those_who_have_one(town: Town) -> None:
    let(town)
    add_room(town, "R1", people=2, area=40)
    add_room(town, "R2", people=2, area=40)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 4
    add_roomless(town, 1)
    town.paint("houses")
    assert town.colour("houses", "H1")[1][0] == "group_rental_persons"


@pytest.mark.parametrize(("area", "level"), [(20, 4), (19.9, 1)])
def test_kin_without_a_room_may_share_one_but_need_their_five_square_metres(town: Town, area: float, level: int) -> None:
    let(town)
    add_room(town, "R1", people=0, area=area)
    add_roomless(town, 4, household="F1")
    town.paint("houses")
    assert town.colour("houses", "H1") == (level, ["group_rental_area"] * (level == 1) + ["compliant_rental"])


def test_one_household_book_with_somebody_who_is_not_kin_is_no_family(town: Town) -> None:
    let(town)
    add_room(town, "R1", people=0, area=40)
    add_roomless(town, 3, household="F1", relation="99")
    town.paint("houses")
    assert town.colour("houses", "H1")[1][0] == "group_rental_persons"


def test_the_landlord_s_family_without_a_room_makes_no_group_rental_of_a_house_partly_let(town: Town) -> None:
    let(town, house={"occupancy": "part_let"})
    add_room(town, "R1", people=2, area=20)
    add_room(town, "R2", people=0, area=20, use="own")
    add_room(town, "R3", people=0, area=20, use="storage")
    add_roomless(town, 5, household="F1")
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 4


def test_own_rooms_that_are_taken_and_store_rooms_are_not_for_people_without_a_room(town: Town) -> None:
    let(town, house={"occupancy": "part_let"})
    add_room(town, "R1", people=0, area=20)
    add_room(town, "R2", people=4, area=20, use="own")
    add_room(town, "R3", people=0, area=20, use="storage")
    add_roomless(town, 2)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 4
    add_person(town, "one more", category="migrant")
    town.paint("houses")
    assert town.colour("houses", "H1")[1][0] == "group_rental_persons"


def test_fifteen_occupants_without_a_manager_are_orange(town: Town) -> None:
    let(town, manager_named=False)
    for room in range(8):
        add_room(town, f"R{room}", people=2, area=40)
    town.paint("houses")
    assert town.colour("houses", "H1")[:1] == (2,)


def test_an_open_case_makes_a_house_yellow(town: Town) -> None:
    add_house(town, "H1", occupancy="own")
    town.add("casework", case_id="C1", object_table="house", object_id="H1", state="open", opened_on=FRESH)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 3


@pytest.mark.parametrize(
    ("case", "level"),
    [
        ({"state": None}, 3),  # a word that nobody understood
        ({"state": None, "closed_on": FRESH + timedelta(days=1)}, 5),
        ({"state": None, "closed_on": AS_OF + timedelta(days=1)}, 3),
        ({"state": "closed"}, 5),
        ({"state": "closed", "closed_on": AS_OF + timedelta(days=1)}, 3),
        ({"state": "open", "closed_on": FRESH}, 3),
    ],
)
def test_a_case_is_open_until_something_says_that_it_is_closed(town: Town, case: dict[str, Any], level: int) -> None:
    add_house(town, "H1", occupancy="own")
    town.add("casework", case_id="C1", object_table="house", object_id="H1", opened_on=FRESH, **case)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == level


def test_a_case_of_unknown_state_that_colours_a_house_is_on_its_card_and_on_the_wall(town: Town) -> None:
    add_house(town, "H1", occupancy="own")
    town.add("casework", case_id="C1", object_table="house", object_id="H1", event_type="0652", opened_on=FRESH)
    town.paint("houses")
    assert [case["case_id"] for case in query.card(town.store(), Viewer("leader"), "house", "H1")["cases"]] == ["C1"]
    wall = query_wall.cases(town.store())
    assert (wall["open"], [kind["n"] for kind in wall["kinds"]]) == (1, [1])


@pytest.mark.parametrize(("age", "level"), [(83, 4), (84, 3), (89, 3), (90, 0)])
def test_a_rental_grows_overdue_and_then_grey(town: Town, age: int, level: int) -> None:
    seen = AS_OF - timedelta(days=age)
    let(town, house={"verified_on": seen}, inspected_on=seen)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == level


@pytest.mark.parametrize(("age", "occupancy", "level"), [(179, "own", 5), (180, "own", 0), (179, "vacant", 5), (180, "vacant", 0)])
def test_an_own_house_expires_after_180_days(town: Town, age: int, occupancy: str, level: int) -> None:
    add_house(town, "H1", occupancy=occupancy, verified_on=AS_OF - timedelta(days=age))
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == level


def test_red_stays_red_however_old_the_check_is(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="D", verified_on=AS_OF - timedelta(days=900))
    town.paint("houses")
    assert town.colour("houses", "H1") == (1, ["danger_d", "not_verified", "owner_occupied"])


def test_a_bare_footprint_is_grey_and_says_no_data(town: Town) -> None:
    add_house(town, "H1", verified_on=None)
    add_house(town, "H2", storeys=4, building_use="01", verified_on=None)
    town.paint("houses")
    assert town.colour("houses", "H1") == town.colour("houses", "H2") == (0, ["no_data"])


def test_a_vacant_house_that_nobody_verified_is_grey(town: Town) -> None:
    add_house(town, "H1", occupancy="vacant", verified_on=None)
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 0
    assert "vacant_unverified" in town.colour("houses", "H1")[1]
