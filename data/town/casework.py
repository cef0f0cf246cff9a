"""The ledger of rectification cases: every red house, parcel and stand has an open case with a limit and somebody responsible."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.town.calendar import Calendar

HOUSE_EVENTS = {  # codes of event_types.csv
    "group": "0651", "gas_major": "0654", "gas_ordinary": "0654", "danger_d": "0656", "danger_c": "0656", "coloured_steel": "0652",
    "live_work_store": "0655",
    "low_score": "0652", "yellow_streak": "0652", "unmanaged": "0652", "ebike": "0653", "exit_blocked": "0652", "score_60s": "0652",
    "hazard": "0652", "illegal_addition": "0101", "score_70s": "0652",
}  # fmt: skip
FOUND_LATER = {"unregistered": "0657"}  # a case only where an update finds it: registering is pursued without one
PARCEL_EVENTS = {"illegal_use": "0854", "farmland_occupied": "0854", "abandoned": "0855", "non_grain": "0855"}
STAND_EVENTS = {"occupied": "0852", "illegal_cutting": "0852", "fire": "0451", "pest": "0851"}
LATE_SHARE = 0.1  # of the cases have a short limit, which has passed by the third delivery
# Grades of the incident (I to IV), not of the object's colour: one open case of grade I or II makes all areas around it red, and a town
# on an ordinary day has none. What is wrong with a red house is a larger incident (III), the rest are ordinary (IV).
GRADES = {1: "3", 2: "4", 3: "4"}


def case_objects(houses: pd.DataFrame) -> pd.DataFrame:
    """The columns that `open_cases` wants."""
    return pd.DataFrame({
        "object_id": houses["house_id"].to_numpy(), "level": houses["level"].to_numpy(),
        "event": houses["trouble"].map(HOUSE_EVENTS | FOUND_LATER).fillna("").to_numpy(),
        "responsible": houses["chief"].to_numpy(), "phone": houses["chief_phone"].to_numpy(),
    })  # fmt: skip


def open_cases(rng: np.random.Generator, table: str, objects: pd.DataFrame, calendar: Calendar, delivery: int, oldest: int) -> pd.DataFrame:
    """A case for every row of `objects` (object_id, level, event, responsible, phone), filed up to `oldest` days before the delivery."""
    count = len(objects)
    opened = calendar.before(rng, count, oldest, 1, delivery)
    limit = np.where(rng.random(count) < LATE_SHARE, rng.integers(15, 50, count), rng.integers(95, 150, count))
    frame = objects.assign(
        object_table=table, state="open", opened=opened, due=opened + limit, closed=np.datetime64("NaT", "D"), passed=False
    )
    return frame.assign(grade=objects["level"].map(GRADES).fillna("4").to_numpy())


def close(rng: np.random.Generator, cases: pd.DataFrame, rows: np.ndarray, calendar: Calendar, delivery: int) -> pd.DataFrame:
    """The cases with `rows` (positions) closed, the check passed, in the days before the delivery."""
    closed = cases["closed"].to_numpy(copy=True)
    closed[rows] = np.maximum(calendar.before(rng, len(rows), 20, 1, delivery), cases["opened"].to_numpy()[rows])
    state, passed = cases["state"].to_numpy(copy=True).astype(object), cases["passed"].to_numpy(copy=True)
    state[rows], passed[rows] = "closed", True
    return cases.assign(closed=closed, state=state, passed=passed)


def numbered(cases: pd.DataFrame) -> pd.DataFrame:
    """Cases in a stable order with their numbers: kind of object, object and running number of the object's cases."""
    running = cases.groupby(["object_table", "object_id"]).cumcount() + 1
    prefix = cases["object_table"].map({"house": "F", "parcel": "T", "stand": "L", "facility": "S", "area": "W"})
    return cases.assign(case_id="AJ" + prefix + cases["object_id"] + "-" + running.astype(str))
