"""The people of the demonstration town, as its raw files tell them (domain report, section 8.2)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from data.town import identity
from data.town.households import LOCAL, MIGRANT_KINDS, draw_kinds, members
from tests.unit.town.conftest import TODAY, Raw, Town

BASE = TODAY - timedelta(days=60)


def clean(town: Town, number: int, dataset: str) -> pd.DataFrame:
    """Rows of a dataset that no fault touches."""
    frame, bad = town.delivery(number).read(dataset), town.spoiled(number, dataset)
    return frame[[(file, row) not in bad for file, row in zip(frame["file"], frame["row"], strict=True)]]


@pytest.fixture(scope="session")
def residents(town: Town) -> pd.DataFrame:
    return clean(town, 1, "residents").rename(columns={"公民身份号码": "id"})


@pytest.fixture(scope="session")
def migrants(town: Town) -> pd.DataFrame:
    return clean(town, 1, "migrants").rename(columns={"身份证号码": "id", "房间号": "室号"})


@pytest.fixture(scope="session")
def rooms(town: Town) -> pd.DataFrame:
    return clean(town, 1, "rooms")


@pytest.fixture(scope="session")
def houses(town: Town) -> pd.DataFrame:
    return clean(town, 1, "houses")


def test_there_are_as_many_people_as_the_scale_says(town: Town) -> None:
    people = town.manifest.rows["1-base", "residents"] + town.manifest.rows["1-base", "migrants"]
    assert 0.7 * 5920 < people < 1.3 * 5920


def test_identity_numbers_start_with_a_prefix_that_was_never_issued_and_have_a_right_check_digit(
    residents: pd.DataFrame, migrants: pd.DataFrame
) -> None:
    weights, check = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
    for number in (*residents["id"], *migrants["id"]):
        assert number.startswith("9901")
        assert len(number) == 18
        assert check[sum(int(d) * w for d, w in zip(number[:17], weights, strict=True)) % 11] == number[17]
        assert date(int(number[6:10]), int(number[10:12]), int(number[12:14])) <= BASE


def test_no_identity_number_is_given_twice_in_any_delivery(town: Town) -> None:
    for number in (1, 3):
        both = pd.concat([clean(town, number, "residents")["公民身份号码"], clean(town, number, "migrants")["身份证号码"]])
        assert not both.duplicated().any()


def test_sex_and_birthday_agree_with_the_identity_number(residents: pd.DataFrame, migrants: pd.DataFrame) -> None:
    for people in (residents, migrants):
        assert ((people["id"].str[16].astype(int) % 2 == 1) == (people["性别"] == "男")).all()
        assert (people["出生日期"].str.replace("[-/]", "", regex=True) == people["id"].str[6:14]).all()


def test_the_check_digit_of_the_national_example_is_right() -> None:
    numbers = identity.id_numbers(110105, np.array(["1949-12-31"], "M8[D]"), np.array([2]))
    assert numbers.to_pylist() == ["11010519491231002X"]


def test_too_many_people_with_one_birthday_are_an_error_and_not_a_repeated_number() -> None:
    birth, male = np.full(200, np.datetime64("1980-01-01")), np.ones(200, bool)
    with pytest.raises(ValueError, match="share a birthday"):
        identity.sequences(birth, male, 0, 3)


def test_telephones_come_from_a_segment_that_no_operator_has(residents: pd.DataFrame, migrants: pd.DataFrame, town: Town) -> None:
    staff = clean(town, 1, "staff")["联系电话"]
    for phones in (residents["联系方式"], migrants["联系电话"], staff):
        given = phones[phones != ""]
        assert given.str.fullmatch("164[0-9]{8}").all()
    assert staff.str.startswith("1640").all()
    assert not staff.duplicated().any()


def test_every_person_with_a_house_lives_in_one_room_that_exists(
    residents: pd.DataFrame, migrants: pd.DataFrame, rooms: pd.DataFrame, town: Town
) -> None:
    known = set(zip(*(town.delivery(1).read("rooms")[header] for header in ("房屋编号", "室号")), strict=True))
    everyone = pd.concat([residents, migrants])
    housed = everyone[everyone["房屋编号"].str.startswith("F")]
    assert set(zip(housed["房屋编号"], housed["室号"], strict=True)) <= known


def test_every_room_stands_in_a_house_that_exists_and_has_a_number_of_its_own(rooms: pd.DataFrame, town: Town) -> None:
    assert set(rooms["房屋编号"]) <= set(town.delivery(1).read("houses")["FWBH"])
    assert not rooms[["房屋编号", "室号"]].duplicated().any()
    assert not rooms["房间编号"].duplicated().any()


def test_about_974_of_1000_people_are_tied_to_a_house(residents: pd.DataFrame, migrants: pd.DataFrame, town: Town) -> None:
    delivered = town.delivery(1).read("houses")
    known, places = set(delivered["FWBH"]) - {""}, set(delivered["FWDZ"])
    everyone = pd.concat([residents, migrants])
    by_address = everyone["现住门(楼)详址"].fillna(everyone["现住地址"])
    tied = everyone["房屋编号"].isin(known) | by_address.isin(places)
    assert abs(tied.mean() - 0.974) < 0.004


def test_the_rest_are_counted_in_the_manifest(town: Town) -> None:
    counts = {(f["dataset"], f["fault"]): f["count"] for f in town.faults if f["delivery"] == 1 and f["expect"] == "unlinked"}
    for dataset in ("residents", "migrants"):
        people = town.delivery(1).read(dataset)
        address = people["现住门(楼)详址" if dataset == "residents" else "现住地址"]
        nowhere = (people["房屋编号"] == "") & ((address == "无") | address.str.endswith("老宅后面"))
        assert int(nowhere.sum()) == counts[dataset, "no_house"]
        assert int(people["房屋编号"].str.contains("X").sum()) == counts[dataset, "house_unknown"]


def test_every_rented_house_has_a_migrant(town: Town, migrants: pd.DataFrame, houses: pd.DataFrame) -> None:
    let = set(clean(town, 1, "rentals")["房屋编号"])
    assert let <= set(migrants["房屋编号"])
    assert set(houses[houses["FWYT"].isin(("部分出租", "全部出租"))]["FWBH"]) <= set(town.delivery(1).read("rentals")["房屋编号"])


def test_nobody_lives_in_a_house_declared_vacant_but_where_seeded(residents: pd.DataFrame, migrants: pd.DataFrame, town: Town) -> None:
    houses = town.delivery(1).read("houses")
    vacant = set(houses[houses["FWYT"] == "空置"]["FWBH"])
    seeded = {f["key"] for f in town.faults if f["fault"] == "resident_in_vacant_house"}
    assert vacant & set(pd.concat([residents, migrants])["房屋编号"]) == seeded != set()


def over_the_limit(delivery: Raw, people: pd.DataFrame) -> set[str]:
    """Houses with a let room of more than two people a living room, or under 5 m² a person: the red flag of group rental."""
    rooms = delivery.read("rooms").drop_duplicates("房间编号")
    rooms = rooms[rooms["房间用途"] == "出租"]
    count = people.groupby(["房屋编号", "室号"]).size().rename("people")
    lived = rooms.merge(count, left_on=["房屋编号", "室号"], right_index=True)
    area = lived["使用面积"].str.rstrip("㎡").astype(float)
    crowded = (lived["people"] > 2 * lived["居室数"].astype(int)) | (area / lived["people"] < 5)
    return set(lived[crowded]["房屋编号"])


def test_group_rentals_are_the_houses_that_have_a_case_of_group_rental(migrants: pd.DataFrame, town: Town) -> None:
    cases = town.delivery(1).read("casework")
    expected = set(cases[(cases["事件类型"] == "0651") & (cases["状态"] == "处置中")]["对象编号"])
    assert over_the_limit(town.delivery(1), migrants) == expected != set()


def test_group_rentals_that_were_put_right_have_lost_their_surplus_tenants(town: Town) -> None:
    last = town.delivery(3)
    cases = last.read("casework")
    still = set(cases[(cases["事件类型"] == "0651") & (cases["状态"] == "处置中")]["对象编号"])
    assert over_the_limit(last, clean(town, 3, "migrants").rename(columns={"房间号": "室号"})) == still


def test_large_rentals_have_alarms_and_a_manager_unless_that_is_their_trouble(town: Town, migrants: pd.DataFrame) -> None:
    rentals = clean(town, 1, "rentals")
    large = rentals[rentals["出租间数"].astype(int) >= 10]
    careless = large[(large["烟感报警器"] == "无") | (large["是否有管理人"] == "否")]
    assert len(large) >= len(careless)
    people = migrants.groupby("房屋编号").size()
    many = rentals[rentals["房屋编号"].map(people).fillna(0) >= 15]
    assert set(many[many["烟感报警器"] == "无"]["房屋编号"]) <= set(careless["房屋编号"])


def test_households_are_as_large_as_in_the_report(residents: pd.DataFrame) -> None:
    size = residents.groupby("户号").size()
    shares = [(size == n).mean() for n in (1, 2, 3, 4)] + [(size >= 5).mean()]
    assert np.allclose(shares, (0.27, 0.33, 0.21, 0.11, 0.08), atol=0.04)


def test_ages_and_sexes_of_locals_are_as_in_the_report(residents: pd.DataFrame) -> None:
    born = pd.to_datetime(residents["出生日期"])
    age = (pd.Timestamp(BASE) - born).dt.days / 365.25
    shares = [((age >= low) & (age < high)).mean() for low, high in ((0, 15), (15, 60), (60, 80), (80, 120))]
    assert np.allclose(shares, (0.08, 0.52, 0.34, 0.06), atol=0.035)
    assert abs((residents["性别"] == "男").mean() - 0.495) < 0.03


def test_ages_of_drawn_households_hold_at_size() -> None:
    rng = np.random.default_rng(5)
    for kinds, expected, male in ((LOCAL, (0.08, 0.52, 0.40), 0.495), (MIGRANT_KINDS, (0.09, 0.86, 0.05), 0.55)):
        people = members(rng, kinds, draw_kinds(rng, kinds, 30_000), 0.475 if kinds is LOCAL else 0.565)
        age = people["age"].to_numpy()
        atol = 0.03 if kinds is LOCAL else 0.007
        assert np.allclose([(age < 15).mean(), ((age >= 15) & (age < 60)).mean(), (age >= 60).mean()], expected, atol=atol)
        assert abs(people["male"].mean() - male) < 0.015


def test_party_members_mismatched_registers_and_migrants_origins_have_their_shares(residents: pd.DataFrame, migrants: pd.DataFrame) -> None:
    assert 0.025 < (residents["政治面貌"] == "中共党员").mean() < 0.055
    assert 0.18 < (residents["人户一致标识"] == "不一致").mean() < 0.25
    assert 0.26 < (migrants["户籍地省份"] == "安徽").mean() < 0.34
    assert 0.60 < (migrants["流入原因"] == "务工").mean() < 0.75
    assert 0.55 < (migrants["办证类型"] != "").mean() < 0.70


def test_every_rule_of_the_register_is_kept_at_the_third_delivery_too(town: Town) -> None:
    last = town.delivery(3)
    rooms, people = last.read("rooms"), pd.concat([last.read("residents"), last.read("migrants").rename(columns={"房间号": "室号"})])
    housed = people[people["房屋编号"].str.startswith("F")]
    assert set(zip(housed["房屋编号"], housed["室号"], strict=True)) <= set(zip(rooms["房屋编号"], rooms["室号"], strict=True))
    assert set(last.read("rentals")["房屋编号"]) <= set(last.read("migrants")["房屋编号"])


def test_no_migrant_is_verified_before_the_day_of_arrival(migrants: pd.DataFrame) -> None:
    arrived = pd.Timestamp("1899-12-30") + pd.to_timedelta(migrants["来本地日期"].map(_days_since_1900), unit="D")
    verified = pd.to_datetime(migrants["登记日期"].str.replace(".", "-", regex=False), errors="coerce")
    assert len(verified.dropna()) > 0.95 * len(migrants)
    assert (verified.dropna() > arrived[verified.notna()]).all()


def _days_since_1900(cell: object) -> float:
    """A date cell, as a number or as the day that the reader made of it."""
    return float((pd.Timestamp(cell) - pd.Timestamp("1899-12-30")).days) if isinstance(cell, date) else float(str(cell))
