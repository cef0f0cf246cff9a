"""How houses are used and divided into rooms, before anybody moves in.

Village archetypes (domain report, section 8.2): A near the town and inverted, B mixed, C rural, D relocating. A town building is
divided into flats. Every function takes the houses of one batch and returns new columns or rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

OCCUPANCY = ("own", "part_let", "let", "vacant", "other")
OWN, PART_LET, LET, VACANT, OTHER = range(5)
ROOM_USE = ("own", "let", "vacant", "storage")
R_OWN, R_LET, R_VACANT, R_STORAGE = range(4)


@dataclass(frozen=True, slots=True)
class Archetype:
    """Ranges of one kind of village: share of houses let, share vacant, migrants per local."""

    rental: tuple[float, float]
    vacant: tuple[float, float]
    migrants: tuple[float, float]


ARCHETYPES = {
    "A": Archetype((0.55, 0.70), (0.04, 0.07), (1.2, 1.6)),
    "B": Archetype((0.30, 0.50), (0.06, 0.09), (0.5, 1.0)),
    "C": Archetype((0.05, 0.20), (0.07, 0.11), (0.03, 0.35)),
    "D": Archetype((0.08, 0.16), (0.30, 0.60), (0.1, 0.3)),
}
WHOLLY_LET = 8 / 35  # of the rented houses
SECOND_HOUSEHOLD = 0.18  # of the inhabited village houses
DORMITORY = 0.35  # of the wholly let houses and buildings


def occupancy(rng: np.random.Generator, houses: pd.DataFrame) -> np.ndarray:
    """Use of every house: village houses by archetype, clustered by team; town buildings by the flats that are let."""
    use = np.full(len(houses), OTHER, np.int8)
    home = houses["home"].to_numpy()
    for _, rows in houses[home & ~houses["flats"].to_numpy()].groupby("village_code", sort=True):
        use[rows.index.to_numpy()] = _village_use(rng, rows)
    flats = np.flatnonzero(houses["flats"])
    draw = rng.random(len(flats))
    use[flats] = np.select([draw < 0.14, draw < 0.98], [OWN, PART_LET], LET)
    return use


def _village_use(rng: np.random.Generator, houses: pd.DataFrame) -> np.ndarray:
    archetype = ARCHETYPES[houses["archetype"].iloc[0]]
    rental, vacant = rng.uniform(*archetype.rental), rng.uniform(*archetype.vacant)
    _, team = np.unique(houses["area_code"], return_inverse=True)
    rank = _rank(rng.normal(0, 0.7, team.max() + 1)[team] + rng.normal(0, 1, len(houses)))
    shares = np.cumsum([rental * WHOLLY_LET, rental * (1 - WHOLLY_LET), 0.02])
    use = np.array([LET, PART_LET, OTHER, OWN])[np.searchsorted(shares, rank)]
    settled = np.flatnonzero(use == OWN)
    use[rng.permutation(settled)[: round(vacant * len(houses))]] = VACANT
    return np.asarray(use, np.int8)


def _rank(values: np.ndarray) -> np.ndarray:
    """Rank of every value as a share of the whole, 0 to 1."""
    order = np.empty(len(values))
    order[np.argsort(values, kind="stable")] = np.arange(len(values))
    return (order + 0.5) / max(len(values), 1)


def divide(rng: np.random.Generator, houses: pd.DataFrame) -> pd.DataFrame:
    """Columns floor_area_m2, living_m2 (all living rooms together) and room_count (flats in a town building)."""
    floor = np.round((houses["footprint_m2"] * houses["storeys"]).to_numpy() * rng.uniform(0.93, 0.99, len(houses)), 1)
    living = 0.62 * floor
    rooms = np.clip(living // rng.uniform(12, 17, len(houses)), 1, 14)
    needed = houses["people_per_m2"].to_numpy() * floor / 1.81  # people a flat holds on average, the vacant ones included
    flats = np.clip(np.round(needed), 1, np.maximum(1, floor * 0.6 // 26))
    count = np.where(houses["flats"], flats, rooms)
    count = np.where(houses["home"], count, 0)
    return pd.DataFrame(
        {"floor_area_m2": floor, "living_m2": np.round(living, 1), "room_count": count.astype(np.int32)}, index=houses.index
    )


def flats_by_use(rng: np.random.Generator, houses: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Flats lived in by their owners, and flats let, of every town building; zeros for other houses. A building partly let has both."""
    count, use = houses["room_count"].to_numpy(), houses["occupancy"].to_numpy()
    share = np.select([use == PART_LET, use == LET], [rng.uniform(0.22, 0.75, len(houses)), 0.95], 0.0)
    let = np.where(share > 0, np.clip(np.round(share * count), 1, None), 0)
    own = np.round((count - let) * np.where(use == OWN, 0.9, 0.86))
    own = np.where(use == LET, 0, np.minimum(np.maximum(own, 1), count - let))
    flats = houses["flats"].to_numpy()
    return np.where(flats, own, 0).astype(int), np.where(flats, let, 0).astype(int)


def rooms_to_let(rng: np.random.Generator, houses: pd.DataFrame, own_rooms: np.ndarray, wanted: dict[str, float]) -> np.ndarray:
    """Rooms that each rented village house lets, at least one, so that a village lets about `wanted[village_code]` rooms."""
    use, count = houses["occupancy"].to_numpy(), houses["room_count"].to_numpy()
    spare = np.where(np.isin(use, (PART_LET, LET)) & ~houses["flats"].to_numpy(), count - own_rooms, 0)
    let = np.zeros(len(houses), int)
    for village, rows in houses.groupby("village_code", sort=True).indices.items():
        rented = np.asarray(rows)[spare[rows] > 0]
        if len(rented):
            let[rented] = _share_out(rng, spare[rented], round(wanted.get(str(village), 0)))
    return let


def _share_out(rng: np.random.Generator, room: np.ndarray, total: int) -> np.ndarray:
    """`total` things over places with `room` each: at least one to every place, the rest with a long tail."""
    given = np.ones(len(room), int)
    appetite = rng.gamma(1.6, 1.0, len(room))
    for _ in range(12):
        left = total - given.sum()
        open_places = np.flatnonzero(given < room)
        if left <= 0 or not len(open_places):
            break
        weight = appetite[open_places] / appetite[open_places].sum()
        more = rng.multinomial(left, weight)
        given[open_places] = np.minimum(given[open_places] + more, room[open_places])
    return given


def rooms_of(rng: np.random.Generator, houses: pd.DataFrame) -> pd.DataFrame:
    """One row a room, ordered by house and slot: first the owner's rooms, then the let ones, then vacant and storage rooms.

    In a town building the flats are shuffled, so that let and owned flats stand on every storey.
    Column `house` is the position in `houses`.
    """
    count = houses["room_count"].to_numpy()
    house = np.repeat(np.arange(len(houses)), count)
    slot = np.arange(len(house)) - np.repeat(np.cumsum(count) - count, count)
    own, let = houses["own_rooms"].to_numpy()[house], houses["let_rooms"].to_numpy()[house]
    use = np.select([slot < own, slot < own + let], [R_OWN, R_LET], np.where(rng.random(len(house)) < 0.6, R_VACANT, R_STORAGE))
    use = np.where((use == R_STORAGE) & houses["flats"].to_numpy()[house], R_VACANT, use)
    place = np.where(houses["flats"].to_numpy()[house], _shuffled_slots(rng, house), slot)
    storeys = houses["storeys"].to_numpy()[house]
    storey = 1 + place * storeys // count[house]
    on_floor = place - -(-(storey - 1) * count[house] // storeys) + 1
    base = houses["living_m2"].to_numpy()[house] / count[house] * rng.uniform(0.88, 1.0, len(house))
    designed = np.where(houses["flats"].to_numpy()[house], np.clip(np.round(base / 14), 1, 4), 1)
    columns = {
        "house": house,
        "slot": slot,
        "use": use,
        "storey": storey,
        "number": storey * 100 + on_floor,
        "living_m2": base,
        "designed": designed,
    }
    return pd.DataFrame(columns).astype({"use": np.int8, "storey": np.int16, "designed": np.int8, "number": np.int32})


def _shuffled_slots(rng: np.random.Generator, house: np.ndarray) -> np.ndarray:
    order = np.lexsort((rng.random(len(house)), house))
    place = np.empty(len(house), int)
    starts = np.flatnonzero(np.r_[True, house[1:] != house[:-1]]) if len(house) else np.zeros(0, int)
    place[order] = np.arange(len(house)) - np.repeat(starts, np.diff(np.r_[starts, len(house)]))
    return place
