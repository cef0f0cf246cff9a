"""People of one batch of villages, each in exactly one room of one house, and the rooms that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.town import dwellings, grading
from data.town.dwellings import ARCHETYPES, LET, OWN, PART_LET, R_LET, R_OWN
from data.town.households import ALONE, CROWD_SIZES, CROWDS, LOCAL, MIGRANT_KINDS, SHARED, draw_kinds, mean_size, members

RENTED, DORMITORY, BOUGHT, BORROWED = 2, 5, 1, 4  # code list dwelling_type
LODGERS = 0.05  # of the owner-occupied village houses, a relative or friend stays
BUYERS = 0.05  # of the owner-occupied flats, a migrant household has bought
OCCUPIED = 0.95  # of the rooms offered for rent


@dataclass(frozen=True, slots=True)
class Settlement:
    """Houses, rooms and people of one batch. `rooms.house`, `people.room` and `people.house` are positions in the frames."""

    houses: pd.DataFrame
    rooms: pd.DataFrame
    people: pd.DataFrame


def settle(rng: np.random.Generator, houses: pd.DataFrame) -> Settlement:
    """Decide the use of houses, divide them, and let people in."""
    houses = houses.assign(occupancy=dwellings.occupancy(rng, houses))
    houses = houses.join(dwellings.divide(rng, houses))
    houses, locals_ = _local_households(rng, houses)
    houses = grading.grade(rng, houses)
    rooms = dwellings.rooms_of(rng, houses)
    homes = _seat_locals(rng, houses, rooms, locals_)
    tenants = _tenants(rng, houses, rooms)
    people = pd.concat([homes, tenants, _lodgers(rng, houses, rooms)], ignore_index=True)
    people["house"] = rooms["house"].to_numpy()[people["room"]]
    return Settlement(houses, _fit_rooms(rng, houses, rooms, people), people)


def _local_households(rng: np.random.Generator, houses: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Households of village houses (house, kind, slot of the first room), and the rooms that owners keep and let."""
    lived_in = houses["occupancy"].isin((OWN, PART_LET)) & houses["home"] & ~houses["flats"]
    first = np.flatnonzero(lived_in)
    kind = draw_kinds(rng, LOCAL, len(first))
    takes = np.array([kind.rooms for kind in LOCAL])
    kind = np.where(takes[kind] <= houses["room_count"].to_numpy()[first], kind, 1)
    roomy = np.flatnonzero(houses["room_count"].to_numpy()[first] >= takes[kind] + 4)
    second = rng.permutation(roomy)[: round(dwellings.SECOND_HOUSEHOLD * len(first))]
    other = draw_kinds(rng, LOCAL, len(second))
    households = pd.DataFrame(
        {"house": np.r_[first, first[second]], "kind": np.r_[kind, other], "slot": np.r_[0 * first, takes[kind[second]]]}
    )
    own = np.bincount(households["house"], takes[households["kind"]], len(houses)).astype(int)
    lodger = (houses["occupancy"] == OWN) & lived_in & (houses["room_count"] > own) & (rng.random(len(houses)) < LODGERS)
    houses = houses.assign(lodger=lodger, own_rooms=own + lodger)
    return _let_rooms(rng, houses, households), households


def _let_rooms(rng: np.random.Generator, houses: pd.DataFrame, households: pd.DataFrame) -> pd.DataFrame:
    sizes = np.array([len(kind.members) for kind in LOCAL])[households["kind"]]
    people = pd.Series(sizes).groupby(houses["village_code"].to_numpy()[households["house"]]).sum()
    archetype = houses.groupby("village_code")["archetype"].first()
    people = people.sort_index()
    ratio = [rng.uniform(*ARCHETYPES[archetype.loc[village]].migrants) for village in people.index]
    wanted = dict(zip(people.index, people.to_numpy() * ratio / mean_size(MIGRANT_KINDS) / OCCUPIED, strict=True))
    own_flats, let_flats = dwellings.flats_by_use(rng, houses)
    let = dwellings.rooms_to_let(rng, houses, houses["own_rooms"].to_numpy(), wanted) + let_flats
    use = houses["occupancy"].to_numpy().copy()
    use[(use == PART_LET) & (let == 0)] = OWN
    dormitory = (use == LET) & (rng.random(len(houses)) < dwellings.DORMITORY)
    return houses.assign(occupancy=use, own_rooms=houses["own_rooms"] + own_flats, let_rooms=let, dormitory=dormitory)


def _seat_locals(rng: np.random.Generator, houses: pd.DataFrame, rooms: pd.DataFrame, households: pd.DataFrame) -> pd.DataFrame:
    """Owners' families in their own rooms: several rooms of a village house, or one flat."""
    start = _first_row(houses)
    flats = np.flatnonzero(houses["flats"].to_numpy()[rooms["house"]] & (rooms["use"].to_numpy() == R_OWN))
    bought = rng.random(len(flats)) < BUYERS
    in_flats = members(rng, LOCAL, draw_kinds(rng, LOCAL, (~bought).sum()), 0.475)
    in_houses = members(rng, LOCAL, households["kind"].to_numpy(), 0.475)
    buyers = members(rng, MIGRANT_KINDS, draw_kinds(rng, MIGRANT_KINDS, bought.sum()), 0.565)
    place = start[households["house"]] + households["slot"].to_numpy()
    in_houses["room"] += place[in_houses["household"]]
    in_flats["room"] = flats[~bought][in_flats["household"]]
    buyers["room"] = flats[bought][buyers["household"]]
    in_flats["household"] += len(households)
    buyers["household"] += len(households) + len(flats)
    parts = [in_houses.assign(local=True, dwelling=0), in_flats.assign(local=True, dwelling=0), buyers.assign(local=False, dwelling=BOUGHT)]
    return pd.concat(parts, ignore_index=True)


def _first_row(houses: pd.DataFrame) -> np.ndarray:
    count = houses["room_count"].to_numpy()
    return np.asarray(np.cumsum(count) - count)


def _tenants(rng: np.random.Generator, houses: pd.DataFrame, rooms: pd.DataFrame) -> pd.DataFrame:
    """Migrants in the let rooms. The first let room of a house is never empty; it is the crowded one of a group rental."""
    let = np.flatnonzero(rooms["use"].to_numpy() == R_LET)
    house = rooms["house"].to_numpy()[let]
    first = np.r_[True, house[1:] != house[:-1]] if len(house) else np.zeros(0, bool)
    occupied = first | (rng.random(len(let)) < OCCUPIED)
    kind = draw_kinds(rng, MIGRANT_KINDS, len(let))
    dormitory = houses["dormitory"].to_numpy()[house]
    kind[dormitory] = np.where(rng.random(dormitory.sum()) < 0.8, SHARED, ALONE)
    crowded = first & (houses["trouble"].to_numpy()[house] == "group")
    least = np.where(houses["flats"].to_numpy()[house], 2, 0)  # crowds of a flat with two living rooms have five or six people
    kind[crowded] = len(MIGRANT_KINDS) + rng.integers(least, len(CROWD_SIZES))[crowded]
    people = members(rng, MIGRANT_KINDS + CROWDS, kind[occupied], 0.565)
    people["room"] = let[occupied][people["household"]]
    people["dwelling"] = np.where(dormitory[occupied][people["household"]], DORMITORY, RENTED)
    people["household"] += 10_000_000
    return people.assign(local=False)


def _lodgers(rng: np.random.Generator, houses: pd.DataFrame, rooms: pd.DataFrame) -> pd.DataFrame:
    hosts = np.flatnonzero(houses["lodger"])
    people = members(rng, MIGRANT_KINDS[:1], np.zeros(len(hosts), int), 0.565)
    people["room"] = (_first_row(houses) + houses["own_rooms"].to_numpy() - 1)[hosts]
    people["household"] += 20_000_000
    return people.assign(local=False, dwelling=BORROWED)


def _fit_rooms(rng: np.random.Generator, houses: pd.DataFrame, rooms: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Rooms large enough for those who live in them (at most 2 a designed living room, at least 5.6 m² each), group rentals apart."""
    count = np.bincount(people["room"], minlength=len(rooms))
    designed, area = rooms["designed"].to_numpy().astype(int), rooms["living_m2"].to_numpy()
    crowded = (count > 2) & (houses["trouble"].to_numpy()[rooms["house"]] == "group") & (rooms["use"].to_numpy() == R_LET)
    crowded &= count == pd.Series(count).groupby(rooms["house"].to_numpy()).transform("max").to_numpy()
    designed = np.where(crowded, np.minimum(designed, (count - 1) // 2), np.maximum(designed, -(-count // 2)))
    tight = np.where(rng.random(len(rooms)) < 0.5, np.minimum(area, 4.5 * count), area)
    area = np.where(crowded, tight, np.maximum(area, 5.6 * count))
    return rooms.assign(designed=designed.astype(np.int8), living_m2=np.round(np.maximum(area, 6.0), 1), people=count)
