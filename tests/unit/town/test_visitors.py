"""Foreigners and lodgers, as the exit-entry bureau and the police station register them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from data.town import visitors
from data.town.dwellings import R_LET
from data.town.persons import LINKED
from data.town.population import Settlement
from tests.unit.town.conftest import Town

PLACE = ["房屋编号", "室号"]


@pytest.fixture(scope="module")
def registers(town: Town) -> dict[str, pd.DataFrame]:
    names = ("residents", "migrants", "overseas", "lodging")
    return {name: town.delivery(1).read(name).rename(columns={"房间号": "室号"}) for name in names}


def crowd(houses: int) -> pd.DataFrame:
    """Four migrants, each alone in a rented flat of each house; the first one may not leave the register of migrants."""
    count = 4 * houses
    columns = {
        "local": False,
        "dwelling": 2,
        "household": np.arange(count),
        "age": 30,
        "house": np.arange(count) // 4,
        "room": np.arange(count),
    }
    return pd.DataFrame(columns).assign(link=LINKED)


def test_fifteen_of_ten_thousand_people_are_foreigners(registers: dict[str, pd.DataFrame]) -> None:
    everybody = sum(map(len, registers.values()))
    assert len(registers["overseas"]) / everybody == pytest.approx(visitors.OVERSEAS_SHARE, rel=0.15)
    assert 0.0005 < len(registers["lodging"]) / everybody < 0.005


def test_documents_cannot_exist_and_none_is_given_twice(town: Town, registers: dict[str, pd.DataFrame]) -> None:
    foreigners = registers["overseas"]
    form = {"普通护照": "ZX[0-9]{7}", "台湾居民来往大陆通行证": "9[0-9]{7}", "港澳居民来往内地通行证": "H9[0-9]{7}"}
    for kind, number in zip(foreigners["证件类型"], foreigners["证件号码"], strict=True):
        assert pd.Series([number]).str.fullmatch(form[kind]).all(), number
    for delivery in (1, 3):
        assert town.delivery(delivery).read("overseas")["证件号码"].is_unique
    assert registers["lodging"]["公民身份号码"].str.startswith("9901").all()


def test_nobody_is_in_two_registers(registers: dict[str, pd.DataFrame]) -> None:
    numbers = pd.concat([registers["residents"]["公民身份号码"], registers["migrants"]["身份证号码"], registers["lodging"]["公民身份号码"]])
    assert not set(registers["lodging"]["公民身份号码"]) & set(numbers.iloc[: -len(registers["lodging"])])


def test_foreigners_and_lodgers_live_in_a_room_that_exists(town: Town, registers: dict[str, pd.DataFrame]) -> None:
    rooms = town.delivery(1).read("rooms")
    known = set(zip(rooms["房屋编号"], rooms["室号"], strict=True))
    for name in ("overseas", "lodging"):
        assert set(registers[name][PLACE].itertuples(index=False, name=None)) <= known


def test_a_foreigner_stays_the_same_person_from_one_delivery_to_the_next(town: Town) -> None:
    first, last = (town.delivery(number).read("overseas").set_index("证件号码") for number in (1, 3))
    both = first.index.intersection(last.index)
    assert len(both) >= 0.8 * len(first)
    fixed = ["姓名", "性别", "出生日期", "国籍（地区）", *PLACE]
    pd.testing.assert_frame_equal(first.loc[both, fixed], last.loc[both, fixed])


def test_names_are_those_of_the_country(registers: dict[str, pd.DataFrame]) -> None:
    families = {nation.zh: set(nation.families.split()) for nation in visitors.NATIONS}
    for country, name in zip(registers["overseas"]["国籍（地区）"], registers["overseas"]["姓名"], strict=True):
        assert name.split()[0] in families[country] if families[country] else 2 <= len(name) <= 4, (country, name)


def test_each_house_keeps_its_first_tenant_in_the_register_of_migrants() -> None:
    people = crowd(houses=2_000)
    houses = pd.DataFrame({"flats": np.arange(2_000) % 2 == 0})
    rooms = pd.DataFrame({"use": np.full(len(people), R_LET), "house": people["house"]})
    free = np.arange(len(people)) % 4 != 0
    register = visitors.registers(np.random.default_rng(1), Settlement(houses, rooms, people), people, free)
    assert (register == visitors.OVERSEAS).sum() == round(visitors.OVERSEAS_SHARE * len(people))
    assert not register[~free].any()
    assert houses["flats"].to_numpy()[people["house"].to_numpy()[register == visitors.OVERSEAS]].mean() > 0.7


def test_the_shares_of_countries_add_up_to_all_foreigners() -> None:
    assert sum(nation.share for nation in visitors.NATIONS) == pytest.approx(1)
