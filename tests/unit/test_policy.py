"""Masks, roles and small counts: what may leave, and in which form."""

import json
from datetime import date
from itertools import product

import pytest
from shared_data import SHARED

from data.errors import PolicyError
from data.policy import (
    MASKED,
    Suppressed,
    Viewer,
    age_band,
    breakdown,
    count,
    mask_address,
    mask_id,
    mask_name,
    mask_phone,
    matrix,
    release,
    release_one,
    search_by,
)
from data.schema import TABLES
from data.schema.model import Role

VECTORS = SHARED / "conformance/cn_id_vectors.json"
ROLES: tuple[Role, ...] = ("wall", "leader", "officer", "analyst", "steward", "admin")
PERSON = {
    "person_id": "a1b2c3d4e5f6a7b8", "name": "张晓明", "id_number": "31011519490102002X", "sex": "1", "birth_date": date(1949, 1, 2),
    "phone": "13812345678", "address": "上海市浦东新区川沙新镇示范村3组12号", "room_no": "201", "ethnicity": "汉", "household_no": "F-17",
    "attention": "01", "care_group": "01", "low_income": True, "category": "registered", "verified_on": date(2026, 11, 1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张明", "张*"), ("张晓明", "张*明"), ("欧阳娜娜", "欧阳**"), ("买买提艾力", "买买***"), ("Anna Lee", "A***"), ("王", "王*")],
)
def test_a_name_keeps_the_family_name(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(("phone", "masked"), [("13812345678", "138****5678"), ("021-58981234", "021****1234"), ("12345", "****")])
def test_a_phone_keeps_three_and_four_digits(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("川沙新镇示范村3组12号", "川沙新镇示范村3组**"),
        ("上海市浦东新区川沙新镇示范村3组(队)陆家宅12号201室", "上海市浦东新区川沙新镇示范村3组(队)**"),
        ("川沙路500弄明珠新村8号", "川沙路**弄明珠新村**"),
        ("川沙新镇华夏社区", "川沙新镇华夏社区"),
        ("川沙路500弄8号", "川沙路**弄**号"),
        ("1234 Main St Apt 5B", "** Main St Apt **"),
        ("201", "**"),
        ("Rose Cottage", "**"),
    ],
)
def test_an_address_ends_at_village_or_team(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@pytest.mark.parametrize("number", ["440308199901101512", "610104620927690", "810000199408230021", "830000199201300022", "G1234567"])
def test_an_id_number_keeps_at_most_three_and_four_characters(number: str) -> None:
    masked = mask_id(number)
    assert len(masked) >= 4 and sum(a == b != "*" for a, b in zip(masked, number, strict=False)) <= 7
    assert number[3:-4] not in masked


def test_the_numbers_here_are_the_published_vectors() -> None:
    published = json.loads(VECTORS.read_text(encoding="utf-8"))["valid"] if VECTORS.exists() else ["440308199901101512"]
    assert mask_id(published[0]) == "440***********1512"


def test_a_birth_date_becomes_an_age_band_or_a_decade() -> None:
    assert age_band(date(1949, 11, 22), date(2026, 11, 22)) == "70–79"
    assert age_band(date(1946, 11, 23), date(2026, 11, 22)) == "70–79"
    assert age_band(date(1946, 11, 22), date(2026, 11, 22)) == "80–89"
    assert age_band("1949-11-22", None) == "1940–1949"


def test_the_default_viewer_is_the_masked_one() -> None:
    assert Viewer() == MASKED
    assert release_one("person", PERSON, MASKED, date(2026, 11, 22)) == {
        "name": "张*明", "id_number": "310***********002X", "sex": "1", "birth_date": "70–79", "phone": "138****5678",
        "address": "上海市浦东新区川沙新镇示范村3组**", "room_no": "**", "category": "registered", "verified_on": date(2026, 11, 1),
    }  # fmt: skip


def test_an_officer_sees_residents_but_no_one_sees_id_number_or_person_id() -> None:
    shown = release_one("person", PERSON, Viewer("officer"))
    assert shown["name"] == "张晓明" and shown["phone"] == "13812345678" and shown["attention"] == "01"
    for role in ROLES:
        text = str(release_one("person", PERSON, Viewer(role)))
        assert PERSON["id_number"] not in text and PERSON["person_id"] not in text


def test_a_leader_sees_the_duty_phone_and_not_the_owner_s() -> None:
    house = {"house_id": "H1", "owner_name": "李四", "owner_phone": "13900001111", "chief": "张建明", "chief_phone": "13812345678"}
    assert release_one("house", house, Viewer("leader")) == house | {"owner_name": "李*", "owner_phone": "139****1111"}
    assert release_one("house", house, MASKED)["chief_phone"] == "138****5678"
    assert release_one("house", house, Viewer("officer")) == house


def test_every_personal_column_of_the_contract_is_masked_or_dropped_for_the_wall() -> None:
    for table in TABLES.values():
        personal = [column for column in table.columns if column.personal]
        row = {column.name: ["王小明明"] if column.kind == "list" else "19490102123456789X" for column in personal}
        released = release_one(table, row, MASKED)
        assert not [name for name, value in released.items() if value == row[name]], table.name


def test_lists_are_masked_item_by_item_and_empty_stays_empty() -> None:
    assert release_one("rental", {"tenants": ["张明", "欧阳娜娜"], "landlord_name": None}, MASKED) == {
        "tenants": ["张*", "欧阳**"],
        "landlord_name": None,
    }


def test_a_column_that_the_contract_does_not_know_never_slips_through() -> None:
    with pytest.raises(PolicyError, match=r"no column 'nmae'.*'name'"):
        release("person", [{"nmae": "张晓明"}], MASKED)


def test_a_role_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"no role 'ofcer'.*'officer'"):
        Viewer("ofcer")  # type: ignore[arg-type]


def test_roles_are_a_partial_order() -> None:
    reaches = {(a, b) for a, b in product(ROLES, ROLES) if Viewer(a).reaches(b)}
    assert all((role, role) in reaches and (role, "wall") in reaches for role in ROLES)
    assert all(a == b or (b, a) not in reaches for a, b in reaches)
    assert all((a, c) in reaches for a, b in reaches for b2, c in reaches if b == b2)
    assert ("steward", "officer") in reaches and ("analyst", "leader") not in reaches and ("admin", "officer") not in reaches


def test_one_and_two_persons_are_hidden_below_officer_and_nobody_is_not_a_person() -> None:
    assert [str(count(n, MASKED)) for n in (0, 1, 2, 3)] == ["0", "<3", "<3", "3"]
    assert [count(n, Viewer("leader")) for n in (1, 2)] == [Suppressed(), Suppressed()]
    assert [count(n, Viewer("officer")) for n in (1, 2)] == [1, 2]


def test_a_single_hidden_cell_takes_the_next_smallest_with_it() -> None:
    shown = breakdown({"red": 1, "orange": 7, "green": 40, "grey": 0}, MASKED)
    assert {key: str(value) for key, value in shown.items()} == {"red": "<3", "orange": "*", "green": "40", "grey": "0"}


def test_two_hidden_cells_need_no_third_and_none_needs_no_first() -> None:
    assert {key: str(n) for key, n in breakdown({"a": 1, "b": 2, "c": 9}, MASKED).items()} == {"a": "<3", "b": "<3", "c": "9"}
    assert breakdown({"a": 3, "b": 0}, MASKED) == {"a": 3, "b": 0}
    assert breakdown({"a": 2, "b": 0}, MASKED)["b"] == 0
    assert breakdown({"a": 1, "b": 9}, Viewer("officer")) == {"a": 1, "b": 9}


def test_no_hidden_cell_of_a_table_can_be_worked_out_from_its_totals() -> None:
    rows = [{1: 1, 4: 20, 5: 30}, {1: 5, 4: 21, 5: 31}, {1: 9, 4: 22, 5: 32}]
    shown = matrix(rows, MASKED)
    hidden = {(i, key) for i, row in enumerate(shown) for key, value in row.items() if isinstance(value, Suppressed)}
    assert (0, 1) in hidden
    for i in range(3):
        assert len([cell for cell in hidden if cell[0] == i]) != 1
    for key in (1, 4, 5):
        assert len([cell for cell in hidden if cell[1] == key]) != 1
    assert len(hidden) == 4
    assert matrix(rows, Viewer("officer")) == rows


def test_where_the_total_of_a_column_is_hidden_not_all_of_its_cells_are_shown() -> None:
    shown = matrix([{"a": 40}, {"a": 7}, {"a": 0}], Viewer("wall"), frozenset({"a"}))
    assert [str(row["a"]) for row in shown] == ["40", "*", "0"]


def test_who_leads_a_town_looks_for_a_person_by_the_whole_name_and_for_an_address_by_a_part() -> None:
    name, address, phone = (TABLES["person"].column(column) for column in ("name", "address", "phone"))
    assert [search_by(column, Viewer("leader")) for column in (name, address, phone)] == ["whole", "part", "no"]
    assert [search_by(column, Viewer("officer")) for column in (name, address)] == ["part", "part"]


@pytest.mark.parametrize("role", ["wall", "analyst", "admin"])
def test_nobody_else_looks_for_anything_personal(role: Role) -> None:
    personal = [column for table in TABLES.values() for column in table.all_columns if column.personal and column.unmasked_for != "wall"]
    assert personal and {search_by(column, Viewer(role)) for column in personal} == {"no"}
