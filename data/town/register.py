"""Attributes of houses and the rental register; the trouble of a house decides what is found wrong with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.town import identity
from data.town.calendar import Calendar
from data.town.dwellings import R_LET
from data.town.grading import BLUE, GREEN, GREY, LARGE_ROOMS, ORANGE, RED, YELLOW
from data.town.population import Settlement

SCORES = ("registration", "fire", "security", "structure", "sanitation", "neighbours", "landlord")
_SCORE_MAX = np.array([20, 25, 15, 15, 10, 10, 5], float)
_SCORE_RANGE = {RED: (62, 86), ORANGE: (62, 86), YELLOW: (71, 88), BLUE: (80.6, 89.3), GREEN: (90.6, 98.5), GREY: (81, 89)}
_TROUBLE_SCORE = {"low_score": (41, 58), "score_60s": (60.6, 69.3), "score_70s": (70.6, 79.3), "yellow_streak": (71, 79)}
MANY_OCCUPANTS = 15
_BUILDING_USE = {"village": "01", "flat": "01", "shop": "02", "factory": "04", "public": "03"}


def describe_houses(rng: np.random.Generator, town: Settlement, people: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Houses with every column of the house table and, where let, of the rental register."""
    houses = town.houses.assign(**_building(rng, town.houses), **_owners(rng, town.houses, people), **_letting(rng, town))
    houses["occupants"] = np.bincount(people["house"], minlength=len(houses))
    houses["verified"] = calendar.before(rng, len(houses), 108)
    rented = houses["let_rooms"].to_numpy() > 0
    houses.loc[rented, "verified"] = calendar.before(rng, int(rented.sum()), 17)
    grey = np.flatnonzero(houses["level"] == GREY)
    houses.loc[grey, "verified"] = calendar.before(rng, len(grey), 340, 140)
    tenants = np.bincount(people["house"][~people["local"]], minlength=len(houses))
    houses["max_occupants"] = np.maximum(houses["max_occupants"], tenants)
    return found(rng, houses, np.arange(len(houses)), calendar, 1)


def _building(rng: np.random.Generator, houses: pd.DataFrame) -> dict[str, np.ndarray]:
    draw, count = rng.random((2, len(houses))), len(houses)
    decade = np.select([draw[0] < 0.06, draw[0] < 0.50, draw[0] < 0.80, draw[0] < 0.91], [1968, 1980, 1990, 2000], 2010)
    span = np.select([decade == 1968, decade == 2010], [12, 12], 10)
    village = (houses["setting"] == "village").to_numpy()
    use = houses["setting"].map(_BUILDING_USE).fillna("99").to_numpy().astype(object)
    use[village & (draw[1] > 0.985)] = "06"
    year = np.where(village, decade + (rng.random(count) * span).astype(int), 1984 + (rng.random(count) * 36).astype(int))
    structure = np.select([draw[1] < 0.86, draw[1] < 0.94], ["砖混", "砖木"], "框架")
    return {
        "building_use": use,
        "built_year": year,
        "structure": np.where(village, structure, np.where(houses["storeys"] > 6, "框架", "砖混")),
    }


def _owners(rng: np.random.Generator, houses: pd.DataFrame, people: pd.DataFrame) -> dict[str, np.ndarray]:
    """The head of the first local household owns a village house; somebody who lives elsewhere owns one that is let or empty."""
    owner = np.array(identity.random_names(rng, len(houses)), object)
    phone = identity.resident_phones(rng, len(houses))
    heads = people[people["local"] & (people["seat"] == 0)].drop_duplicates("house")
    owner[heads["house"]] = np.array(identity.full_names(heads), object)
    phone[heads["house"]] = np.where(heads["phone"] > 0, heads["phone"], phone[heads["house"]])
    single = (houses["setting"] == "village").to_numpy()
    return {"owner": np.where(single, owner, ""), "owner_phone": np.where(single, phone, 0), "landlord": owner, "landlord_phone": phone}


def _letting(rng: np.random.Generator, town: Settlement) -> dict[str, np.ndarray]:
    houses, rooms, count = town.houses, town.rooms, len(town.houses)
    let = rooms[rooms["use"] == R_LET]
    places = 2 * np.bincount(let["house"], let["designed"], count).astype(int)
    purpose = np.where(houses["dormitory"], "01", "02")
    draw = rng.random((3, count))
    return {
        "max_occupants": places,
        "rental_use": purpose,
        "rent": np.where(houses["flats"], rng.integers(180, 460, count) * 10, rng.integers(9, 19, count) * 50),
        "let_age": rng.integers(40, 4200, count),
        "letter": draw[0] < 0.93,
        "alarms_draw": draw[1],
    }


def found(rng: np.random.Generator, houses: pd.DataFrame, rows: np.ndarray, calendar: Calendar, delivery: int) -> pd.DataFrame:
    """Rewrite what the last check found in `rows` (positions) from their level and trouble; everything else of the row stays."""
    part = houses.iloc[rows]
    trouble, count = part["trouble"].to_numpy(), len(rows)
    rented = (part["let_rooms"] > 0).to_numpy()
    since = calendar.before(rng, count, 40, 2, delivery)
    columns = {
        "danger": np.select([trouble == "danger_d", trouble == "danger_c"], ["D", "C"], np.where(rng.random(count) < 0.06, "B", "A")),
        "illegal": trouble == "illegal_addition",
        "steel": trouble == "coloured_steel",
        "store": trouble == "live_work_store",
        "ebike": trouble == "ebike",
        "exit": trouble == "exit_blocked",
        "fire_exit": trouble != "exit_blocked",
        "gas": np.select([trouble == "gas_major", trouble == "gas_ordinary"], ["major", "ordinary"], "none"),
        "hazard": np.where(trouble == "hazard", rng.choice(["01", "02", "05"], count, p=[0.6, 0.25, 0.15]), "00"),
        "hazard_since": np.where(trouble == "hazard", since, np.datetime64("NaT")),
        "unregistered": np.where(trouble == "unregistered", rng.integers(8, 60, count), rng.integers(0, 5, count)),
        "streak": np.where(trouble == "yellow_streak", 3, np.where(part["level"] == YELLOW, rng.integers(1, 3, count), 0)),
        "inspected": part["verified"].to_numpy(),
        **_managed(part, trouble),
        **_scores(rng, part["level"].to_numpy(), trouble, rented),
    }
    if count == len(houses):
        return houses.assign(**columns)
    houses = houses.copy()
    for name, values in columns.items():
        houses[name] = _put(houses[name].to_numpy(copy=True), rows, values)
    return houses


def _put(column: np.ndarray, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    column[rows] = values
    return column


def _managed(houses: pd.DataFrame, trouble: np.ndarray) -> dict[str, np.ndarray]:
    """A large rental has alarms and a manager, unless that is its trouble; of the small ones seven in eight have alarms."""
    large = ((houses["room_count"] >= LARGE_ROOMS) | (houses["occupants"] >= MANY_OCCUPANTS)).to_numpy()
    unmanaged = trouble == "unmanaged"
    alarms = large | (houses["alarms_draw"].to_numpy() < 0.88)
    return {"alarms": alarms & ~unmanaged, "manager": large & ~unmanaged}


def _scores(rng: np.random.Generator, level: np.ndarray, trouble: np.ndarray, rented: np.ndarray) -> dict[str, np.ndarray]:
    """Seven partial scores with one decimal; their sum lies well inside the range of the level or trouble."""
    low, high = (np.array([_TROUBLE_SCORE.get(t, _SCORE_RANGE[lv])[k] for t, lv in zip(trouble, level, strict=True)]) for k in (0, 1))
    missing = 100 - rng.uniform(low, high)
    weight = rng.uniform(0.6, 1.4, (len(level), 7)) * _SCORE_MAX
    lost = weight / weight.sum(axis=1, keepdims=True) * missing[:, None]
    score = np.round(np.clip(_SCORE_MAX - lost, 0, _SCORE_MAX), 1)
    return {f"score_{name}": score[:, k] for k, name in enumerate(SCORES)}
