"""What all parts of the steward's page stand on: the datasets with their ages, the runs, the figures now and at the delivery before."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from data.errors import StoreError
from data.policy import Viewer
from data.schema import TABLES
from data.store.runs import Run, runs
from data.store.serving import ServingStore, kept
from layers.core import query, query_steward
from layers.core.freshness import STATES
from layers.core.query_steward import Quality
from screen.figures import moment
from screen.freshness import Freshness, read_freshness
from screen.page import Screen
from screen.steward.view import View
from screen.text import Words

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one snapshot: shares, contradictory objects (residents are the link rate's), findings about the ground."""

    shares: Mapping[str, Quality]
    verified: list[Row]
    contradictions: int
    findings: int
    findings_m2: float


@dataclass(frozen=True, slots=True)
class Desk:
    """One look at the steward's page."""

    screen: Screen
    store: query.Store
    words: Words
    view: View
    town: Row
    fresh: Freshness
    datasets: list[Row]  # name, table, file, rows, refused, warnings with state, age and failure; the worst first
    runs: list[Run]  # the newest first
    now: Summary

    def before(self) -> Summary | None:
        """The figures at the load before the one on show; None where there was none or its serving file is not kept any more."""
        shown = self.town["snapshot"]
        published = [run.snapshot for run in self.runs if run.kind == "load" and run.result == "published" and run.snapshot]
        loads = [snapshot for snapshot in published if snapshot <= shown]
        if len(loads) < 2 or loads[1] not in kept(self.screen.settings):
            return None
        with contextlib.suppress(StoreError):  # tidied away just now
            return summary(self.screen.store, self.screen.viewer, loads[1])
        return None

    def table_name(self, table: str) -> str:
        """A table of the contract as people call it."""
        found = TABLES.get(table)
        return self.words.pick(found.zh, found.en) if found else table

    def dataset(self, name: str) -> Row | None:
        """The dataset called `name`."""
        return next((row for row in self.datasets if row["name"] == name), None)

    def last(self, dataset: str, *, failed: bool = False) -> Run | None:
        """The last run that loaded the dataset, or that failed at it."""
        for run in self.runs:
            if run.kind == "load" and dataset in run.touched and (run.result == "failed") == failed:
                return run
        return None

    def when(self, instant: datetime) -> str:
        """An instant in the town's zone, with its year where that is not this one."""
        told = moment(instant, self.town["timezone"], self.words)
        year = instant.astimezone(ZoneInfo(self.town["timezone"])).year
        return told if year == self.fresh.today.year else f"{year} · {told}"


def make_desk(screen: Screen, store: query.Store, view: View, words: Words) -> Desk:
    """Reads what every part needs. Raises StoreError while nothing has been published."""
    fresh, told = read_freshness(screen, store, words), runs(screen.settings)
    ages = {row["name"]: row for row in fresh.datasets}
    datasets = [row | ages[row["name"]] | {"table": row["table_name"]} for row in query.datasets(store)]
    datasets.sort(key=lambda row: (-STATES.index(row["state"]), -row["refused"], row["table"], row["name"]))
    town = query.town(store)
    return Desk(screen, store, words, view, town, fresh, datasets, told, summary(screen.store, screen.viewer, town["snapshot"]))


@lru_cache(maxsize=8)
def summary(serving: ServingStore, viewer: Viewer, snapshot: int) -> Summary:
    """The figures of a snapshot, which never changes: at scale 1 they cost a quarter of a second, and every part of the page asks."""
    with serving.read(snapshot) as cursor:
        store = query.Store(cursor, ())
        shares = {figure.name: figure for figure in query_steward.quality(store, viewer)}
        kinds, ground = query_steward.contradiction_kinds(store, viewer), query_steward.coverage(store, limit=0)
        objects = sum(row["n"] for row in kinds if row["listed"])
        area_m2 = sum(row["area_m2"] for row in ground["kinds"])
        return Summary(shares, query_steward.verified(store), objects, ground["total"], area_m2)


def delivered(row: Mapping[str, Any]) -> date | None:
    """Day of a dataset's delivery."""
    return date.fromisoformat(row["delivered_at"][:10]) if row["delivered_at"] else None
