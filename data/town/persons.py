"""What is known of each person beside the room: names, numbers, work, care, permits; columns are small integers and days until written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.town import identity, visitors
from data.town.calendar import Calendar
from data.town.households import DAUGHTER, GRANDCHILD, HEAD, NOT_KIN, SON, SPOUSE
from data.town.population import DORMITORY, RENTED, Settlement

ORIGINS = ("安徽", "江苏", "河南", "江西", "四川", "山东", "浙江", "湖北", "贵州", "湖南", "福建", "甘肃", "陕西", "云南")
_ORIGIN_SHARES = (0.30, 0.18, 0.11, 0.07, 0.06, 0.05, 0.05, 0.05, 0.03, 0.03, 0.02, 0.02, 0.02, 0.01)
WORK, TRADE, STUDY, FOLLOW, RELATIVES, OTHER = "01", "03", "04", "06", "08", "99"  # code list inflow_reason
ALONE, DISABLED, CHILD = "01", "02", "04"  # code list care_group
LINKED, HOMELESS, BY_ADDRESS, LOST = range(4)  # how a person's row names the house
DAY = np.timedelta64(1, "D")
UNLINKED_SHARE, BY_ADDRESS_SHARE = 0.026, 0.003


@dataclass(frozen=True, slots=True)
class Numbering:
    """Identity numbers that this batch may give: area prefix and its block of the sequence numbers of every birthday."""

    prefix: int
    block: int
    blocks: int
    batch: int = 0


def describe(rng: np.random.Generator, town: Settlement, calendar: Calendar, numbering: Numbering) -> pd.DataFrame:
    """All people with all their columns."""
    people = _born(rng, town.people, calendar)
    people = _named(rng, people)
    people["sequence"] = identity.sequences(people["birth"].to_numpy(), people["male"].to_numpy(), numbering.block, numbering.blocks)
    people["prefix"] = numbering.prefix
    people = people.assign(**_schooling(rng, people), **_care(rng, people, calendar), **_migration(rng, people, calendar))
    people["verified"] = calendar.before(rng, len(people), 104)
    stale = rng.permutation(len(people))[: round(0.007 * len(people))]
    people.loc[stale, "verified"] = calendar.before(rng, len(stale), 340, 130)
    people["verified"] = people["verified"].where(people["local"] | (people["verified"] > people["arrived"]), people["arrived"] + DAY)
    first, crowded = _first_tenants(people), (town.houses["trouble"].to_numpy() == "group")[people["house"]]
    people["link"] = _links(rng, people, ~first & ~crowded)
    register = visitors.registers(rng, town, people, (people["link"] == LINKED).to_numpy() & ~first & ~crowded)
    return people.assign(register=register, **visitors.documents(rng, register, numbering.batch))


def _born(rng: np.random.Generator, people: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    days = (people["age"].to_numpy() * 365.2425).astype(int) + rng.integers(1, 365, len(people))
    return people.assign(birth=calendar.delivered(1) - days)


def _named(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Children and grandchildren carry the head's family name."""
    local = people["local"].to_numpy()
    own = np.where(local, identity.surnames(rng, len(people), True), identity.surnames(rng, len(people), False))
    head = people["household"].map(_heads(people, own))
    family = people["relation"].isin((HEAD, SON, DAUGHTER, GRANDCHILD)).to_numpy()
    first, second = identity.given_names(rng, people["male"].to_numpy(), people["birth"].dt.year.to_numpy())
    phone = np.where((people["age"].to_numpy() >= 12) & (rng.random(len(people)) < 0.92), identity.resident_phones(rng, len(people)), 0)
    return people.assign(surname=np.where(family, head, own).astype(np.int16), given1=first, given2=second, phone=phone)


def _heads(people: pd.DataFrame, surname: np.ndarray) -> pd.Series:
    first = ~people["household"].duplicated().to_numpy()
    return pd.Series(surname[first], index=people["household"].to_numpy()[first])


def _schooling(rng: np.random.Generator, people: pd.DataFrame) -> dict[str, np.ndarray]:
    age, draw = people["age"].to_numpy(), rng.random(len(people))
    local = people["local"].to_numpy()
    old = np.select([draw < 0.12, draw < 0.55, draw < 0.88, draw < 0.97], ["90", "80", "70", "60"], "30")
    young = np.select([draw < 0.05, draw < 0.33, draw < 0.52, draw < 0.78], ["10", "20", "30", "60"], "70")
    worker = np.select([draw < 0.10, draw < 0.22, draw < 0.34, draw < 0.52, draw < 0.92], ["20", "30", "40", "60", "70"], "80")
    education = np.select([age < 13, age < 16, age >= 55], ["80", "70", old], np.where(local, young, worker))
    party = local & (draw < np.where(age >= 60, 0.053, np.where(age >= 20, 0.028, 0)))
    league = (age >= 14) & (age <= 27) & (rng.random(len(people)) < 0.25)
    return {"education": education, "political": np.select([party, league], ["01", "03"], "13"), "marital": _marital(rng, people)}


def _marital(rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    age, draw = people["age"].to_numpy(), rng.random(len(people))
    paired = people["household"].isin(people["household"][people["relation"] == SPOUSE]).to_numpy()
    married = (paired & people["relation"].isin((HEAD, SPOUSE)).to_numpy()) | ((age >= 27) & (draw < 0.55))
    return np.select([age < 22, married, age >= 65, draw > 0.9], ["10", "20", "30", "40"], "10")


def _care(rng: np.random.Generator, people: pd.DataFrame, calendar: Calendar) -> dict[str, np.ndarray]:
    """Care groups of locals: elders alone, 2 % disabled, 1 % on low income; attention only where somebody is in a care group."""
    age, local = people["age"].to_numpy(), people["local"].to_numpy()
    size = people.groupby("household")["age"].transform("size").to_numpy()
    draw = rng.random((3, len(people)))
    alone = local & (size == 1) & (age >= 60)
    disabled, child = local & (draw[0] < 0.02), local & (age < 18) & (draw[0] > 0.99)
    care = np.select([alone, disabled, child], [ALONE, DISABLED, CHILD], "")
    attention = np.where(care != "", np.select([draw[1] < 0.012, draw[1] < 0.05, draw[1] < 0.15], ["01", "02", "03"], ""), "")
    visited = np.where(care != "", calendar.before(rng, len(people), 13), np.datetime64("NaT"))
    return {"care": care, "attention": attention, "low_income": local & (draw[2] < 0.01), "visited": visited}


def _migration(rng: np.random.Generator, people: pd.DataFrame, calendar: Calendar) -> dict[str, np.ndarray]:
    age, count = people["age"].to_numpy(), len(people)
    draw, family = rng.random((3, count)), ~people["relation"].isin((HEAD, NOT_KIN)).to_numpy()
    old = age >= 65
    follow = (age < 16) | (family & (draw[0] < 0.12)) | (old & (draw[1] < 0.5))
    reason = np.select(
        [follow, old & (draw[1] > 0.7), draw[1] < 0.76, draw[1] < 0.92, draw[1] < 0.955, draw[1] < 0.978],
        [FOLLOW, RELATIVES, WORK, TRADE, RELATIVES, STUDY],
        OTHER,
    )
    stay = np.select(
        [draw[2] < 0.06, draw[2] < 0.44], [rng.integers(1, 30, count), rng.integers(30, 365, count)], rng.integers(365, 5000, count)
    )
    stay = np.minimum(stay, np.maximum(age * 365, 1))
    permit = np.where((stay > 30) & (rng.random(count) < 0.66), np.where(draw[0] < 0.9, "01", "02"), "")
    return {
        "reason": reason,
        "arrived": calendar.delivered(1) - stay,
        "permit": permit,
        "permit_until": calendar.today + rng.integers(20, 700, count),
        "origin": rng.choice(len(ORIGINS), count, p=_ORIGIN_SHARES).astype(np.int8),
        "matched": rng.random(count) > 0.21,
    }


def _first_tenants(people: pd.DataFrame) -> np.ndarray:
    """The first person and the first tenant of every house."""
    tenant = people["dwelling"].isin((RENTED, DORMITORY))
    first = ~people["house"].duplicated().to_numpy()
    return np.asarray(first | (tenant & ~people["house"].where(tenant, -1).duplicated()).to_numpy())


def _links(rng: np.random.Generator, people: pd.DataFrame, free_to_lose: np.ndarray) -> np.ndarray:
    """Which people cannot be tied to a house: never the first tenant of a house, nor anybody of a group rental."""
    free = rng.permutation(np.flatnonzero(free_to_lose))
    link = np.full(len(people), LINKED, np.int8)
    unlinked, addressed = round(UNLINKED_SHARE * len(people)), round(BY_ADDRESS_SHARE * len(people))
    link[free[:unlinked]] = np.where(np.arange(min(unlinked, len(free))) % 5 < 3, HOMELESS, LOST)
    link[free[unlinked : unlinked + addressed]] = BY_ADDRESS
    return link
