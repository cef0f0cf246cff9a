"""Which colour each house shall earn, and by which trouble, so that the rules of the house layer paint the shares of the domain report.

All houses: green 58, blue 24, yellow 12, orange 4, red 1.2, grey 0.8 %. Rented houses alone: red 3, orange 9, yellow 22 %.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.town.dwellings import OWN, VACANT

RED, ORANGE, YELLOW, BLUE, GREEN, GREY = 1, 2, 3, 4, 5, 0
SHARES = {RED: 0.012, ORANGE: 0.04, YELLOW: 0.12, GREY: 0.008}
RENTAL_SHARES = {RED: 0.03, ORANGE: 0.09, YELLOW: 0.22, GREY: 0.008}
TYPICAL_RENTAL_SHARE = 0.35  # for which both lists of shares agree
BLUE_SHARE = 0.24

RENTAL_TROUBLES = {
    RED: ("group", "group", "group", "gas_major", "danger_d", "coloured_steel", "live_work_store", "low_score", "yellow_streak"),
    ORANGE: ("ebike", "ebike", "exit_blocked", "danger_c", "score_60s", "score_60s"),
    YELLOW: ("hazard", "hazard", "gas_ordinary", "unregistered", "unregistered", "illegal_addition", "score_70s", "score_70s"),
}
OWN_TROUBLES = {
    RED: ("gas_major", "danger_d", "live_work_store"),
    ORANGE: ("ebike", "exit_blocked", "danger_c"),
    YELLOW: ("illegal_addition", "illegal_addition", "gas_ordinary"),
}
VACANT_TROUBLES = {RED: ("danger_d",), ORANGE: ("danger_c",), YELLOW: ("illegal_addition",)}
LARGE_ROOMS = 10  # from here on a rental needs alarms and a manager


def grade(rng: np.random.Generator, houses: pd.DataFrame) -> pd.DataFrame:
    """Columns level and trouble ("" where nothing is wrong)."""
    rented = houses["let_rooms"].to_numpy() > 0
    level = np.full(len(houses), GREEN, np.int8)
    scale = min(1.0, TYPICAL_RENTAL_SHARE / max(rented.mean(), 1e-9))
    quota = {lv: round(share * scale * rented.sum()) for lv, share in RENTAL_SHARES.items()}
    rest = {lv: max(0, round(share * len(houses)) - quota[lv]) for lv, share in SHARES.items()}
    _deal(rng, level, np.flatnonzero(rented), quota | {BLUE: round(BLUE_SHARE * len(houses))})
    _deal(rng, level, np.flatnonzero(~rented), rest)
    return houses.assign(level=level, trouble=_troubles(rng, houses, level, rented))


def _deal(rng: np.random.Generator, level: np.ndarray, houses: np.ndarray, quota: dict[int, int]) -> None:
    order, start = rng.permutation(houses), 0
    for value, count in quota.items():
        level[order[start : start + count]] = value
        start += count


def _troubles(rng: np.random.Generator, houses: pd.DataFrame, level: np.ndarray, rented: np.ndarray) -> np.ndarray:
    empty = houses["occupancy"].isin((VACANT,)).to_numpy() | ~houses["home"].to_numpy()
    trouble = np.full(len(houses), "", object)
    for troubles, mask in ((RENTAL_TROUBLES, rented), (OWN_TROUBLES, ~rented & ~empty), (VACANT_TROUBLES, ~rented & empty)):
        for lv, choices in troubles.items():
            rows = rng.permutation(np.flatnonzero(mask & (level == lv)))
            trouble[rows] = np.array(choices, object)[np.arange(len(rows)) % len(choices)]
    large = (level == ORANGE) & (houses["let_rooms"].to_numpy() >= LARGE_ROOMS) & ~houses["flats"].to_numpy()
    trouble[large] = "unmanaged"
    return trouble


__all__ = ["BLUE", "GREEN", "GREY", "LARGE_ROOMS", "ORANGE", "OWN", "RED", "YELLOW", "grade"]
