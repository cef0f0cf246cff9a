"""Who belongs where, what belongs nowhere, and what cannot both be true: one town with one of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from data.errors import SettingsError
from data.settings import Settings
from tests.etl.tiny_town import (
    Feature,
    TinyTown,
    X,
    Y,
    areas,
    box,
    home_of,
    houses,
    id_number,
    on_show,
    parcels,
    people,
    quietly,
    tiny_town,
)


def _house(name: str, place: shapely.Geometry, **values: Any) -> Feature:
    return {"house_id": name, "address": f"{name}宅", "occupancy": "自住", "storeys": 2, "verified_on": "2026-09-01", **values}, place


def _crooked(town: TinyTown) -> None:
    """Grids that do not tile: V1T1 lacks a strip of 50 m, V0T0 reaches 40 m into V1T0; a sliver of 5 mm between V0T0 and V0T1."""
    shapes = {"V1T1": box(2000, 1000, 2000, 950), "V0T0": box(0, 0, 2040, 1000), "V0T1": box(0, 1000.005, 2000, 999.995)}
    town.change("areas", lambda rows: [(values, shapes.get(values["code"], shape)) for values, shape in rows])
    # The parents of the teams of V0 are left to be found by place.
    town.change("areas", lambda rows: [({**v, "parent_code": None} if v["code"].startswith("V0T") else v, shape) for v, shape in rows])


def _extra_houses() -> list[Feature]:
    bow_tie = shapely.Polygon([(X + 300, Y + 300), (X + 320, Y + 320), (X + 320, Y + 300), (X + 300, Y + 322)])
    return [
        _house("ON-BORDER", box(2995, 995, 10, 10)),  # its point on surface lies on the line between V1T0 and V1T1
        _house("NO-TEAM", box(3000, 1970, 10, 9)),  # in the strip that V1T1 lacks: the village has it
        _house("TOLD", box(500, 500, 10, 9), area_code="V1T0"),  # its sender says another team than where it stands
        _house("TOLD-VILLAGE", box(600, 500, 10, 9), area_code="V0"),  # its sender says the village: the team inside is meant
        _house("TOLD-NOTHING", box(700, 500, 10, 9), area_code="XX"),
        _house("BOW-TIE", bow_tie),
        _house("SWAPPED", shapely.box(Y + 100, X + 100, Y + 110, X + 110)),
        _house("FAR", box(90_000, 0, 10, 9)),
        _house("NOWHERE", None),
        _house("POINT", shapely.Point(X + 10, Y + 10)),
        _house("IN-WOOD", box(3950, 500, 10, 9)),
        _house("EMPTY", box(3500, 500, 10, 9), occupancy="空置"),
        _house("OWN", box(3300, 500, 10, 9)),
        _house("LET-UNLISTED", box(3100, 500, 10, 9), occupancy="全部出租"),
        _house("CROWDED", box(2900, 500, 10, 9), occupancy="全部出租"),
    ]


def _person(number: int, house: str, **values: str) -> dict[str, Any]:
    return {**people(1)[0], "姓名": f"沈{number}", "公民身份号码": id_number(number), "房屋编号": house, "住所类型": "", **values}


def _extra_people() -> list[dict[str, Any]]:
    migrant = {"人口类别": "流动人口", "住所类型": "租赁房屋"}
    return [
        _person(900, "EMPTY"), _person(901, "OWN", **migrant), *(_person(910 + i, "CROWDED", **migrant) for i in range(3)),
        _person(902, "", 现住址="第０村 5号 301室"), _person(903, "", 现住址="没有这个地方"), _person(904, "H999"),
        _person(905, "H001", 室号="101室"), _person(906, "H001", 室号="909"),
    ]  # fmt: skip


def _registers(town: TinyTown) -> None:
    town.datasets["rooms"] = (
        "room",
        [
            {"房间编号": "H001-101", "房屋编号": "H001", "室号": "101"},
            {"房间编号": "Z-1", "房屋编号": "Z", "室号": "1"},
            {"房间编号": "CROWDED-1", "房屋编号": "CROWDED", "室号": "1"},
        ],
    )
    let = [f"H{i:03}" for i in range(40) if i % 4 == 3]
    rentals = [{"房屋编号": name, "承租人": "甲、乙", "限住人数": 9} for name in let]
    town.datasets["rentals"] = ("rental", [
        *rentals, {"房屋编号": "CROWDED", "承租人": "", "限住人数": 2}, {"房屋编号": "H000", "承租人": "丙", "限住人数": 4},
        {"房屋编号": "TOLD", "承租人": "", "限住人数": 4},
    ])  # fmt: skip
    case = {"案件编号": "C1", "对象类别": "房屋", "立案日期": "2026-09-01"}
    town.datasets["cases"] = ("casework", [{**case, "对象编号": "H001"}, {**case, "案件编号": "C2", "对象编号": "GONE"}])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("linked")
    settings, town = home_of(folder), tiny_town(folder / "in")
    _crooked(town)
    town.change("houses", lambda rows: [*rows, *_extra_houses()])
    wood = ({"parcel_id": "WOOD", "class_code": "0301", "class_name": "乔木林地", "scheme": "sandiao"}, box(3900, 0, 100, 2000))
    town.change("parcels", lambda rows: [*rows[:9], (rows[9][0], box(3600, 0, 300, 2000)), wood])
    town.change("people", lambda rows: [*({**row, "住所类型": ""} for row in rows), *_extra_people()])
    _registers(town)
    town.options["houses"] = "max_bad_share = 0.5"
    quietly(settings, town.write())
    return settings


def _area(town: Settings, house: str) -> str:
    return str(on_show(town, f"SELECT area_code FROM house WHERE house_id = '{house}'")[0][0])


def test_a_house_belongs_to_the_deepest_area_that_holds_it(town: Settings) -> None:
    assert _area(town, "H000") == "V0T0"
    assert _area(town, "H019") == "V1T0"
    assert _area(town, "NO-TEAM") == "V1", "no team has this ground, so the village has the house"


def test_a_house_on_the_line_belongs_to_the_area_with_the_smaller_code(town: Settings) -> None:
    assert _area(town, "ON-BORDER") == "V1T0"


def test_the_area_that_a_sender_names_stands_and_is_refined_to_what_lies_inside(town: Settings) -> None:
    assert _area(town, "TOLD") == "V1T0"
    assert _area(town, "TOLD-VILLAGE") == "V0T0"
    assert _area(town, "TOLD-NOTHING") == "V0T0"
    found = on_show(town, "SELECT key, other_key, area_code FROM contradiction WHERE kind = 'area_disagrees'")
    assert found == [("TOLD", "V0T0", "V1T0")]


def test_a_parent_that_is_not_given_is_found_by_place(town: Settings) -> None:
    parents = dict(on_show(town, "SELECT code, parent_code FROM area"))
    assert parents == {"T": None, "V0": "T", "V1": "T", "V0T0": "V0", "V0T1": "V0", "V1T0": "V1", "V1T1": "V1"}


def test_gaps_overlaps_and_overhang_of_the_grid_are_shown_with_their_ground_and_slivers_are_not(town: Settings) -> None:
    found = on_show(town, "SELECT kind, area_code, other_code, round(area_m2), level FROM coverage_qa ORDER BY ALL")
    assert found == [
        ("gap", "V1", None, 100_000.0, 2), ("outside_parent", "V0T0", "V0", 40_000.0, 2), ("overlap", "V0T0", "V1T0", 40_000.0, 2),
    ]  # fmt: skip
    inside = on_show(town, "SELECT bool_and(lon BETWEEN west AND east AND lat BETWEEN south AND north) FROM coverage_qa")
    assert inside == [(True,)]


def test_a_house_knows_its_parcel_and_its_footprint(town: Settings) -> None:
    assert on_show(town, "SELECT parcel_id, round(footprint_m2) FROM house WHERE house_id = 'H000'") == [("P0", 90.0)]


def test_people_hang_on_rooms_of_houses_by_number_or_by_address(town: Settings) -> None:
    rows = {name: rest for name, *rest in on_show(town, "SELECT name, house_id, room_id, area_code FROM person WHERE name LIKE '沈%'")}
    assert rows["沈902"] == ["H005", None, "V0T0"], "found by address, in full-width figures and with a flat"
    assert rows["沈905"] == ["H001", "H001-101", "V0T0"]
    assert rows["沈906"] == ["H001", None, "V0T0"]
    assert rows["沈904"] == ["H999", None, None], "what the sender says is kept, though there is no such house"


def test_what_hangs_on_nothing_is_listed_with_its_reason(town: Settings) -> None:
    rows = on_show(town, "SELECT table_name, reason, count(*) FROM unlinked GROUP BY ALL ORDER BY ALL")
    assert rows == [
        ("person", "house_unknown", 1), ("person", "no_house", 1), ("person", "no_room", 3), ("person", "room_unknown", 1),
        ("room", "house_unknown", 1),
    ]  # fmt: skip


def test_only_people_of_let_houses_with_rooms_are_missed_in_a_room(town: Settings) -> None:
    homes = "SELECT DISTINCT p.house_id FROM unlinked u JOIN person p ON p.person_id = u.key WHERE u.reason = 'no_room'"
    assert on_show(town, homes) == [("CROWDED",)]
    assert on_show(town, "SELECT count(*) FROM person WHERE house_id = 'H001' AND room_no IS NULL AND room_id IS NULL")[0][0] > 0


def test_geometry_is_repaired_in_kind_or_refused_with_advice(town: Settings) -> None:
    faults = dict(on_show(town, "SELECT code, severity FROM fault WHERE dataset = 'houses' AND column_name = 'geom'"))
    assert faults == {
        "geometry_repaired": "warning", "geometry_swapped": "refused", "geometry_outside": "refused", "geometry_missing": "refused",
        "geometry_kind": "refused",
    }  # fmt: skip
    (said,) = on_show(town, "SELECT value, reason_zh, reason_en FROM fault WHERE code = 'geometry_kind'")
    assert said == ("POINT", "图形类型为点，应为面", "The geometry is a POINT; a polygon is wanted")
    kind, valid, area = on_show(
        town, "SELECT ST_GeometryType(geom)::VARCHAR, ST_IsValid(geom), ST_Area(geom) FROM house WHERE house_id = 'BOW-TIE'"
    )[0]
    assert "POLYGON" in kind
    assert valid
    assert area > 0
    reason = on_show(town, "SELECT value, reason_en, remedy_en FROM fault WHERE code = 'geometry_repaired'")[0]
    assert "Self-intersection" in reason[0]
    assert "Check the repaired geometry" in reason[2]
    assert on_show(town, "SELECT remedy_en FROM fault WHERE code = 'geometry_swapped'") == [("Exchange the two coordinates.",)]


def test_lon_lat_and_the_box_agree_with_the_metres(town: Settings) -> None:
    wrong = """SELECT count(*) FROM house WHERE ST_Distance(ST_Transform(lonlat, 'EPSG:4326', 'EPSG:4550'), geom) > 0.001
        OR west <> ST_XMin(lonlat) OR north <> ST_YMax(lonlat) OR NOT ST_X(ST_Centroid(lonlat)) BETWEEN 121.6 AND 121.8"""
    assert on_show(town, wrong) == [(0,)]


def test_each_kind_of_contradiction_is_found_once_and_names_no_person(town: Settings) -> None:
    rows = on_show(
        town, "SELECT kind, table_name, key, detail_zh, detail_en FROM contradiction WHERE kind <> 'area_disagrees' ORDER BY ALL"
    )
    assert [(kind, table, key) for kind, table, key, *_ in rows] == [
        ("case_on_missing_object", "casework", "C2"),
        ("house_on_forest_land", "house", "IN-WOOD"),
        ("let_house_without_register", "house", "LET-UNLISTED"),
        ("let_house_without_tenants", "rental", "TOLD"),
        ("occupants_over_limit", "rental", "CROWDED"),
        ("rental_of_own_use_house", "rental", "H000"),
        ("rental_of_own_use_house", "rental", "TOLD"),
        ("resident_in_vacant_house", "house", "EMPTY"),
        ("tenant_in_own_use_house", "house", "OWN"),
    ]
    told = "".join(f"{zh}{en}" for *_, zh, en in rows)
    assert not any(part in told for part in ("990115", "沈", "陆"))


def test_without_a_town_among_the_areas_it_is_made_of_its_villages(tmp_path: Path) -> None:
    settings, town = home_of(tmp_path), tiny_town(tmp_path / "in")
    town.datasets = {"areas": ("area", [pair for pair in areas() if pair[0]["code"].startswith("V")]), "houses": ("house", houses(2))}
    town.change("areas", lambda rows: [({**values, "parent_code": None}, shape) for values, shape in rows])
    quietly(settings, town.write())
    assert on_show(settings, "SELECT code, name, round(ST_Area(geom)) FROM area WHERE level = 0") == [("T", "小镇", 8_000_000.0)]
    assert on_show(settings, "SELECT count(*) FROM area WHERE parent_code = 'T'") == [(2,)]


def test_a_declared_extent_is_the_town_where_no_area_was_delivered(tmp_path: Path) -> None:
    settings, town = home_of(tmp_path), tiny_town(tmp_path / "in")
    town.datasets = {"houses": ("house", houses(2)), "parcels": ("parcel", parcels())}
    town.town["extent"] = "[121.69, 31.19, 121.75, 31.24]"
    quietly(settings, town.write())
    assert on_show(settings, "SELECT code, level, round(west, 3), round(north, 3) FROM area") == [("T", 0, 121.69, 31.24)]
    assert on_show(settings, "SELECT DISTINCT area_code FROM house") == [("T",)]


@pytest.mark.parametrize("extent", ["[-180.0, -90.0, 180.0, 90.0]", "[21.5, 31.0, 121.9, 31.4]", "[121.5, 3.0, 121.9, 31.4]"])
def test_an_extent_with_a_mistyped_number_is_refused_before_anything_is_read(tmp_path: Path, extent: str) -> None:
    settings, town = home_of(tmp_path), tiny_town(tmp_path / "in")
    town.town["extent"] = extent
    with pytest.raises(SettingsError, match=r"(?s)extent of \[town\] is .*km².*leave extent out"):
        quietly(settings, town.write())
    assert not settings.serving.exists()


def test_a_dataset_may_be_called_as_its_table(tmp_path: Path) -> None:
    settings, town = home_of(tmp_path), tiny_town(tmp_path / "in")
    town.datasets = {
        name: town.datasets[given] for name, given in (("area", "areas"), ("house", "houses"), ("parcel", "parcels"), ("person", "people"))
    }
    quietly(settings, town.write())
    assert on_show(settings, "SELECT DISTINCT source FROM house") == [("house",)]
    assert on_show(settings, "SELECT count(*), count(h.area_code), count(h.parcel_id) FROM person JOIN house h USING (house_id)") == [
        (60, 60, 60)
    ]
