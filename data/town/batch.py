"""One batch of villages: its people and houses, and their three states. Batches are independent, so that they run in parallel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.town.calendar import FOLDERS, Calendar
from data.town.casework import HOUSE_EVENTS, case_objects, open_cases
from data.town.dwellings import OWN
from data.town.evolve import State, step
from data.town.faults import Fault
from data.town.files import Job, Writer
from data.town.grading import ORANGE, RED, YELLOW
from data.town.persons import describe
from data.town.population import settle
from data.town.register import describe_houses

NUMBER_BLOCKS = 3  # of identity numbers: one for those present from the start, one for each update
NEW_HOUSES = 0.0015  # of all, finished only at the third delivery


@dataclass(frozen=True, slots=True)
class Outcome:
    """`cases` of each delivery, number of rows by delivery folder and dataset, and the faults."""

    cases: tuple[pd.DataFrame, ...]
    rows: dict[tuple[str, str], int]
    faults: list[Fault]


def make(job: Job) -> Outcome:
    """Write the files of the batch for all deliveries."""
    rng = np.random.default_rng([job.seed, 100, job.number])
    town = settle(rng, job.houses)
    people = describe(rng, town, job.calendar, job.numbering)
    houses = describe_houses(rng, town, people, job.calendar)
    houses["new"] = _withheld(rng, houses)
    state = State(houses, town.rooms, people, _first_cases(rng, houses, job.calendar))
    outcome = Outcome((), {}, [])
    for delivery, folder in enumerate(FOLDERS, start=1):
        if delivery > 1:
            state = step(rng, state, job.calendar, delivery, job.numbering)
        written = Writer(job, state, delivery, np.random.default_rng([job.seed, 300 + delivery, job.number])).write()
        rows = {(folder, name): count for name, count in written.rows.items()}
        outcome = Outcome((*outcome.cases, state.cases), outcome.rows | rows, outcome.faults + written.faults)
    return outcome


def _withheld(rng: np.random.Generator, houses: pd.DataFrame) -> np.ndarray:
    """Houses that are finished only at the third delivery: sound, lived in by their owners."""
    sound = np.flatnonzero((houses["trouble"] == "") & (houses["setting"] == "village") & (houses["occupancy"] == OWN))
    new = np.zeros(len(houses), bool)
    new[rng.permutation(sound)[: max(1, round(NEW_HOUSES * len(houses)))]] = True
    return new


def _first_cases(rng: np.random.Generator, houses: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Cases of all red houses, most orange and some yellow ones; and the closed ones of the past half year."""
    chance = houses["level"].map({RED: 1.0, ORANGE: 0.7, YELLOW: 0.3}).fillna(0.0) * houses["trouble"].isin(list(HOUSE_EVENTS))
    wrong = houses[rng.random(len(houses)) < chance]
    current = open_cases(rng, "house", case_objects(wrong), calendar, 1, 28)
    past = houses[(houses["trouble"] == "") & ~houses["new"] & (rng.random(len(houses)) < 0.02)]
    closed = open_cases(rng, "house", case_objects(past).assign(level=3, event="0652"), calendar, 1, 180)
    end = np.minimum(closed["opened"].to_numpy() + rng.integers(1, 40, len(closed)), calendar.delivered(1) - 1)
    return pd.concat([current, closed.assign(state="closed", closed=end, passed=True)], ignore_index=True)
