"""What changes between deliveries: troubles put right and new ones found, inspections, people who come and go, births and deaths."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.town import identity
from data.town.calendar import Calendar
from data.town.casework import case_objects, close, open_cases
from data.town.dwellings import VACANT
from data.town.grading import BLUE, GREEN, GREY, ORANGE, OWN_TROUBLES, RED, RENTAL_TROUBLES, YELLOW
from data.town.households import GRANDCHILD, HEAD, NOT_KIN, SON
from data.town.persons import LINKED, Numbering
from data.town.population import DORMITORY, RENTED
from data.town.register import found
from data.town.visitors import MIGRANTS

FIXED = {RED: 0.9, ORANGE: 0.1, YELLOW: 0.04}  # share of each colour that is put right between two deliveries; as many are new
CROWD_MARGIN = 5  # a group rental declares more places than it has room for
MOVES, DEATHS, BIRTHS = 0.01, 0.002, 0.001


@dataclass(frozen=True, slots=True)
class State:
    """A batch as it is at one delivery."""

    houses: pd.DataFrame
    rooms: pd.DataFrame
    people: pd.DataFrame
    cases: pd.DataFrame


def step(rng: np.random.Generator, state: State, calendar: Calendar, delivery: int, numbering: Numbering) -> State:
    """The state at delivery 2 or 3, from the one before."""
    state = _check_houses(rng, state, calendar, delivery)
    people = _move(rng, state, calendar, delivery)
    if delivery == 3:
        people = _live_on(rng, people, calendar)
    return replace(state, people=_numbered(people, replace(numbering, block=numbering.block + delivery - 1)))


def _numbered(people: pd.DataFrame, numbering: Numbering) -> pd.DataFrame:
    """New people (sequence below 0) get identity numbers."""
    new = np.flatnonzero(people["sequence"] < 0)
    sequence = people["sequence"].to_numpy(copy=True)
    born, male = people["birth"].to_numpy()[new], people["male"].to_numpy()[new]
    sequence[new] = identity.sequences(born, male, numbering.block, numbering.blocks)
    return people.assign(sequence=sequence)


def _check_houses(rng: np.random.Generator, state: State, calendar: Calendar, delivery: int) -> State:
    """Some troubles are put right and as many new ones found; all rentals are inspected."""
    houses, put_right, found_now = _turn(rng, state.houses)
    changed = np.r_[put_right, found_now]
    crowded = found_now[houses["trouble"].to_numpy()[found_now] == "group"]
    verified, places = houses["verified"].to_numpy(copy=True), houses["max_occupants"].to_numpy(copy=True)
    verified[changed] = calendar.before(rng, len(changed), 12, 1, delivery)
    places[crowded] += CROWD_MARGIN
    houses = found(rng, houses.assign(verified=verified, max_occupants=places), changed, calendar, delivery)
    houses = _inspect(rng, houses, calendar, delivery)
    cases = _update_cases(rng, state.cases, houses, put_right, found_now, calendar, delivery)
    people = _crowd(rng, _evict(state, put_right), state.rooms, crowded, calendar, delivery)
    return replace(state, houses=houses, cases=cases, people=people)


def _turn(rng: np.random.Generator, houses: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Houses with new level and trouble, the positions of those put right, and of those found wrong (rentals in place of rentals)."""
    level, trouble = houses["level"].to_numpy(copy=True), houses["trouble"].to_numpy(copy=True).astype(object)
    rented, flats = (houses["let_rooms"] > 0).to_numpy(), houses["flats"].to_numpy()
    lived_in = houses["home"].to_numpy() & (houses["occupancy"] != VACANT).to_numpy() & ~houses["new"].to_numpy()
    sound = rng.permutation(np.flatnonzero((trouble == "") & (level != GREY) & lived_in))
    mended, worse = [], []
    for colour, share in FIXED.items():
        wrong = rng.permutation(np.flatnonzero(level == colour))
        wrong = wrong[: max(1, round(share * len(wrong)))]
        chosen = np.r_[sound[rented[sound]][: rented[wrong].sum()], sound[~rented[sound]][: (~rented[wrong]).sum()]]
        sound = sound[~np.isin(sound, chosen)]
        mended.append(wrong)
        worse.append(chosen)
        new = np.array([rng.choice((RENTAL_TROUBLES if let else OWN_TROUBLES)[colour]) for let in rented[chosen]], object)
        level[chosen], trouble[chosen] = colour, np.where((new == "group") & flats[chosen], "gas_major", new)
    put_right, found_now = np.concatenate(mended), np.concatenate(worse)
    level[put_right], trouble[put_right] = np.where(rented[put_right], BLUE, GREEN), ""
    return houses.assign(level=level, trouble=trouble), put_right, found_now


def _inspect(rng: np.random.Generator, houses: pd.DataFrame, calendar: Calendar, delivery: int) -> pd.DataFrame:
    """Every rental that is not grey is inspected once between two deliveries; only the rental register records it."""
    seen = ((houses["let_rooms"] > 0) & (houses["level"] != GREY)).to_numpy()
    inspected = houses["inspected"].to_numpy(copy=True)
    inspected[seen] = calendar.before(rng, int(seen.sum()), 14, 1, delivery)
    return houses.assign(inspected=inspected)


def _update_cases(
    rng: np.random.Generator,
    cases: pd.DataFrame,
    houses: pd.DataFrame,
    put_right: np.ndarray,
    found_now: np.ndarray,
    calendar: Calendar,
    delivery: int,
) -> pd.DataFrame:
    done = set(houses["house_id"].to_numpy()[put_right])
    rows = np.flatnonzero((cases["state"] == "open") & cases["object_id"].isin(done))
    worse = houses.iloc[found_now]
    worse = worse[(worse["level"] == RED) | (rng.random(len(worse)) < 0.5)]
    return pd.concat(
        [close(rng, cases, rows, calendar, delivery), open_cases(rng, "house", case_objects(worse), calendar, delivery, 12)],
        ignore_index=True,
    )


def _evict(state: State, put_right: np.ndarray) -> pd.DataFrame:
    """People above the limits leave the let rooms of group rentals that were put right."""
    people = state.people
    cured = put_right[state.houses["trouble"].to_numpy()[put_right] == "group"]
    inside = np.isin(people["house"].to_numpy(), cured) & people["dwelling"].isin((RENTED, DORMITORY)).to_numpy()
    place = people.groupby("room").cumcount().to_numpy()
    designed, area = state.rooms["designed"].to_numpy()[people["room"]], state.rooms["living_m2"].to_numpy()[people["room"]]
    allowed = np.maximum(1, np.minimum(2 * designed.astype(int), area // 5))
    staying: pd.DataFrame = people[~(inside & (place >= allowed))]
    return staying.reset_index(drop=True)


def _crowd(
    rng: np.random.Generator, people: pd.DataFrame, rooms: pd.DataFrame, houses: np.ndarray, calendar: Calendar, delivery: int
) -> pd.DataFrame:
    """Strangers move into a let room of each of these houses, until more than two share each designed living room."""
    tenants = people[people["house"].isin(houses) & people["dwelling"].isin((RENTED, DORMITORY)) & (people["link"] == LINKED)]
    hosts = tenants.drop_duplicates("house")
    count = people["room"].value_counts().reindex(hosts["room"]).to_numpy()
    more = 2 * rooms["designed"].to_numpy()[hosts["room"]].astype(int) + rng.integers(1, 3, len(hosts)) - count
    return pd.concat(
        [people, _arrived(rng, hosts.loc[hosts.index.repeat(np.maximum(more, 1))].assign(relation=NOT_KIN), calendar, delivery)],
        ignore_index=True,
    )


def _move(rng: np.random.Generator, state: State, calendar: Calendar, delivery: int) -> pd.DataFrame:
    """Some migrants who live for themselves leave; others, newly arrived, take their places."""
    people = state.people.copy()
    single = people["relation"].isin((HEAD, NOT_KIN)) & (people.groupby("household")["age"].transform("size") <= 2)
    settled = ~people["local"] & single & (people["link"] == LINKED) & (people["sequence"] >= 0) & (people["register"] == MIGRANTS)
    movers = rng.permutation(np.flatnonzero(settled))[: round(MOVES * (~people["local"]).sum())]
    people.iloc[movers] = _arrived(rng, people.iloc[movers], calendar, delivery)
    return people


def _arrived(rng: np.random.Generator, places: pd.DataFrame, calendar: Calendar, delivery: int) -> pd.DataFrame:
    """New people in the rooms of others; they have no identity number yet."""
    fresh = places.copy()
    fresh["age"] = rng.integers(18, 55, len(fresh))
    fresh["birth"] = calendar.delivered(delivery) - (fresh["age"].to_numpy() * 365.2425).astype(int) - rng.integers(1, 365, len(fresh))
    fresh["surname"] = identity.surnames(rng, len(fresh), False)
    fresh["given1"], fresh["given2"] = identity.given_names(rng, fresh["male"].to_numpy(), fresh["birth"].dt.year.to_numpy())
    fresh["phone"] = identity.resident_phones(rng, len(fresh))
    fresh["arrived"] = calendar.before(rng, len(fresh), 25, 2, delivery)
    fresh["verified"] = fresh["arrived"] + np.timedelta64(1, "D")
    return fresh.assign(permit="", sequence=np.int16(-1), register=np.int8(MIGRANTS))


def _live_on(rng: np.random.Generator, people: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Deaths of the old, births, and a visit to everyone in a care group."""
    local = people["local"].to_numpy()
    old = rng.permutation(np.flatnonzero(local & (people["age"] >= 75)))[: round(DEATHS * local.sum())]
    size = people.groupby("room")["age"].transform("size").to_numpy()
    parents = rng.permutation(np.flatnonzero(local & (people["relation"] == SON) & people["age"].between(22, 40) & (size == 1)))
    parents = parents[: max(1, round(BIRTHS * local.sum()))]
    born = (
        people.iloc[parents]
        .copy()
        .assign(relation=GRANDCHILD, age=0, education="", political="13", marital="10", care="", attention="", phone=0)
    )
    born["male"] = rng.random(len(born)) < 0.51
    born["birth"] = calendar.before(rng, len(born), 40, 3, 3)
    born["given1"], born["given2"] = identity.given_names(rng, born["male"].to_numpy(), born["birth"].dt.year.to_numpy())
    born["sequence"] = np.int16(-1)
    born["verified"], born["visited"] = calendar.before(rng, len(born), 2, 1, 3), pd.NaT
    people = pd.concat([people.drop(index=people.index[old]), born], ignore_index=True)
    cared = np.flatnonzero(people["care"] != "")
    visited = people["visited"].to_numpy(copy=True)
    visited[cared] = calendar.before(rng, len(cared), 13, 1, 3)
    return people.assign(visited=visited)
