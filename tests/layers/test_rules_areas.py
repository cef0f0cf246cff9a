"""The composite of areas, its parts, and the colours of grid QA."""

from datetime import timedelta

import pytest
from small_town import AS_OF, FRESH, Town, add_house, add_person


def add_case(
    town: Town, key: str, house: str, opened: int, due: int, closed: int | None = None, passed: bool = True, grade: str = "4"
) -> None:
    """A case on a house; days before today."""
    day = {name: AS_OF - timedelta(days=ago) for name, ago in (("opened_on", opened), ("due_on", due))}
    end = {} if closed is None else {"closed_on": AS_OF - timedelta(days=closed), "passed_check": passed}
    town.add(
        "casework",
        case_id=key,
        object_table="house",
        object_id=house,
        state="open" if closed is None else "closed",
        grade=grade,
        **day,
        **end,
    )


def parts(town: Town, area: str) -> dict[str, tuple[float | None, float | None, float | None]]:
    return {row[0]: row[1:] for row in town.all(f"SELECT part, value, bad, n FROM score WHERE object_id = '{area}'")}


def test_an_area_without_any_data_is_grey(town: Town) -> None:
    town.paint()
    assert town.colour("areas", "T") == town.colour("areas", "D1") == (0, ["no_data"])


def test_parts_without_data_are_left_out_and_the_weights_shared_among_the_rest(town: Town) -> None:
    add_house(town, "H1", occupancy="own")
    town.paint("houses", "areas")
    found = parts(town, "D1")
    assert {name for name, (value, *_) in found.items() if value is not None} == {"objects", "visits", "freshness"}
    assert found["objects"] == (100.0, 0.0, 1.0)
    assert town.colour("areas", "D1") == (5, ["score_green"])
    assert town.colour("areas", "D3") == (0, ["no_data"])


def test_every_part_counts_what_lies_in_the_area_and_below(town: Town) -> None:
    for number in range(4):
        add_house(town, f"H{number}", occupancy="own", ebike_indoor=number == 0, area_code="D1" if number < 3 else "D3")
    add_case(town, "C1", "H0", opened=60, due=30, closed=40)
    add_case(town, "C2", "H1", opened=60, due=30, closed=20)
    add_case(town, "C3", "H3", opened=60, due=30)
    town.paint("houses", "areas")
    assert parts(town, "T")["objects"][1:] == (1.0, 4.0)
    assert parts(town, "V1")["objects"][1:] == (1.0, 3.0)
    assert parts(town, "T")["closing"][1:] == (2.0, 3.0)  # one late, one still open
    assert parts(town, "V2")["closing"][1:] == (1.0, 1.0)
    assert parts(town, "T")["rectification"][1:] == (1.0, 3.0)


def test_a_small_area_is_topped_up_at_the_town_s_rate_and_scaled_against_the_median(town: Town) -> None:
    for number in range(10):
        add_house(town, f"H{number}", occupancy="own", ebike_indoor=number == 0, area_code="D1" if number < 5 else "D3")
    town.paint("houses", "areas")
    # D1: (1 + 0.1 x 15) / 20 = 0.125; D3: (0 + 0.1 x 15) / 20 = 0.075. Micro-grid G1 stands on the level of team D3: their median is 0.1.
    assert round(parts(town, "D3")["objects"][0] or 0, 2) == round(100 - 15 * 0.075 / 0.1, 2)
    assert round(parts(town, "G1")["objects"][0] or 0, 2) == round(100 - 15 * 0.125 / 0.1, 2)


def test_three_red_houses_uncorrected_for_over_thirty_days_make_an_area_red(town: Town) -> None:
    for number in range(3):
        add_house(town, f"H{number}", occupancy="own", danger_grade="D")
        add_case(town, f"C{number}", f"H{number}", opened=31 if number else 30, due=-10)
    town.paint("houses", "areas")
    assert "old_red_houses" not in town.colour("areas", "V1")[1]
    town.con.execute("UPDATE casework SET opened_on = opened_on - 1")
    town.paint("houses", "areas")
    assert town.colour("areas", "V1")[0] == town.colour("areas", "D1")[0] == 1
    assert "old_red_houses" in town.colour("areas", "V1")[1]
    assert "old_red_houses" not in town.colour("areas", "T")[1] + town.colour("areas", "V2")[1]


OBJECTS = {"house": "house_id", "parcel": "parcel_id", "stand": "stand_id", "facility": "facility_id", "area": "code"}


@pytest.mark.parametrize("grade", ["1", "2"])
@pytest.mark.parametrize("table", list(OBJECTS))
def test_an_open_incident_of_the_two_highest_grades_makes_the_areas_around_any_object_red(town: Town, table: str, grade: str) -> None:
    key = "D1" if table == "area" else "X1"
    if table != "area":
        town.add(table, **{OBJECTS[table]: key, "area_code": "D1"})
    town.add("casework", case_id="C1", object_table=table, object_id=key, state="open", grade=grade, opened_on=FRESH)
    town.paint("houses", "areas")
    assert [town.colour("areas", code)[1][0] for code in ("T", "V1", "D1")] == ["grave_incident"] * 3
    assert "grave_incident" not in town.colour("areas", "V2")[1] + town.colour("areas", "D2")[1]


@pytest.mark.parametrize(("grade", "closed"), [("3", None), ("2", 1)])
def test_lower_grades_and_closed_incidents_leave_areas_to_their_score(town: Town, grade: str, closed: int | None) -> None:
    add_house(town, "H1", occupancy="own")
    add_case(town, "C1", "H1", opened=2, due=-10, closed=closed, grade=grade)
    town.paint("houses", "areas")
    assert "grave_incident" not in town.colour("areas", "D1")[1]


def test_complaints_are_counted_per_person_only_where_a_town_records_them(town: Town) -> None:
    add_house(town, "H1", occupancy="own")
    for number in range(40):
        add_person(town, f"P{number}")
    add_case(town, "C1", "H1", opened=5, due=-5)
    town.paint("houses", "areas")
    assert parts(town, "D1")["complaints"] == (None, None, None)
    town.con.execute("UPDATE casework SET event_type = '1051'")
    town.paint("houses", "areas")
    assert parts(town, "D1")["complaints"][1:] == (1.0, 40.0)


def test_freshness_counts_objects_that_nobody_confirmed_in_time(town: Town) -> None:
    add_house(town, "H1", occupancy="own", verified_on=FRESH)
    add_house(town, "H2", occupancy="own", verified_on=AS_OF - timedelta(days=180))
    add_house(town, "H3", occupancy="own", verified_on=None)
    town.paint("houses", "areas")
    assert parts(town, "D1")["freshness"][1:] == (2.0, 3.0)


def test_gaps_and_overlaps_colour_the_areas_that_they_touch(town: Town) -> None:
    town.add("coverage_qa", finding_id="1", kind="gap", level=3, area_code="G1", area_m2=50_000.0)  # of 4 km²: 1.25 %
    town.add("coverage_qa", finding_id="2", kind="overlap", level=3, area_code="D1", other_code="D2", area_m2=1500.0)  # of 1 km²: 0.15 %
    town.add("coverage_qa", finding_id="3", kind="outside_parent", level=1, area_code="V2", area_m2=120.0)
    town.add("coverage_qa", finding_id="4", kind="outside_parent", level=2, area_code="D3", area_m2=2.0)
    town.paint("grid_qa")
    assert {code: town.colour("grid_qa", code)[0] for code in ("G1", "D1", "D2", "V2", "D3", "V1")} == {
        "G1": 1,
        "D1": 2,
        "D2": 2,
        "V2": 3,
        "D3": 4,
        "V1": 5,
    }


def test_reasons_of_one_scale_exclude_each_other(town: Town) -> None:
    for number in range(30):
        add_house(town, f"H{number}", occupancy="own", ebike_indoor=number < 20)
        add_person(town, f"P{number}", attention="01" if number < 3 else None)
    town.add("coverage_qa", finding_id="1", kind="overlap", level=3, area_code="D1", other_code="D2", area_m2=50_000.0)
    town.paint()
    assert town.colour("grid_qa", "D1")[1] == ["faults_1_percent"]
    assert town.colour("people_area", "D1")[1] == ["serious_5"]
    assert len(town.colour("areas", "D1")[1]) == 1
