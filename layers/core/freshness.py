"""How old is what we see? Every dataset, every layer and the colours themselves are in one of six states (design section 9).

A dataset is expected every `every_days` of its town file. Where the sender's rhythm is not given, it is the time within which its objects must
have been seen again: `freshness_days` of the layer of its table (domain section 7: people 180 days, land and forest 365), else `TABLE_DAYS`.
Late after one such time without a delivery, stale after two. A dataset whose last load failed is failed, however young what is on show of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from layers.core.query_store import Row, Store, remembered, today_of
from layers.core.query_store import town as town_of
from layers.core.spec import Layer

State = Literal["current", "late", "stale", "unpainted", "failed", "unset"]
# From good to bad. unpainted: the layer's file came after the painting; unset: not configured, nothing feeds it.
STATES: tuple[State, ...] = ("current", "late", "stale", "unpainted", "failed", "unset")

# Days by table, where no layer says: rentals by domain section 7; rooms as houses; cases monthly; censuses every ten years; the rest yearly.
TABLE_DAYS: Mapping[str, int] = {"rental": 90, "room": 180, "responder": 90, "casework": 31, "population_cell": 3650, "backdrop": 1095}
YEARLY = 365
COLOURS_DAYS = 1  # `etl repaint` brings them to the day after every midnight


def freshness(store: Store, now: datetime, failed: Mapping[str, Mapping[str, str]] | None = None) -> Row:
    """`{"datasets": [...], "layers": [...], "colours": {...}}` at the instant `now`, each with `state`, `age_days`, `delivered_at` and `every_days`.

    A layer has the state of the worst dataset that feeds its table or a table that it joins by name, and the age of that one, or of the
    oldest of its own table while all are current; `datasets` names all of them.
    One that the snapshot was not painted with is unpainted, however young its data: it has neither colours nor counts.
    `colours` has the day that is painted (`as_of`) instead of a delivery. `failed` is what `data.store.serving.failures` returned.
    """
    today = now.astimezone(ZoneInfo(town_of(store)["timezone"])).date()
    datasets = _datasets(store, today, failed or {})
    as_of = today_of(store)
    age = (today - as_of).days
    colours = {"as_of": as_of.isoformat(), "age_days": age, "every_days": COLOURS_DAYS, "state": state_at(age, COLOURS_DAYS)}
    painted = _painted(store)
    return {"datasets": datasets, "layers": [_layer(layer, datasets, painted) for layer in store.layers], "colours": colours}


def state_at(age_days: int, every_days: int) -> State:
    """Late when a delivery has been missed, stale when two have."""
    if age_days <= every_days:
        return "current"
    return "late" if age_days <= 2 * every_days else "stale"


def worst(states: Iterable[State]) -> State:
    """The worst of what is configured; unset when nothing is."""
    known = [state for state in states if state != "unset"]
    return max(known, key=STATES.index) if known else "unset"


@remembered
def _painted(store: Store) -> frozenset[str]:
    """Names of the layers that the snapshot was painted with: each has left its table `paint_<layer>`."""
    found = store.values("SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()")
    return frozenset(name.removeprefix("paint_") for name in found if name.startswith("paint_"))


def _datasets(store: Store, today: date, failed: Mapping[str, Mapping[str, str]]) -> list[Row]:
    return [_dataset(row, _period(store, row), today, failed.get(row["name"])) for row in _delivered(store)]


@remembered
def _delivered(store: Store) -> list[Row]:
    """What the snapshot knows of its datasets; how old that is depends on the clock."""
    return store.rows(
        "SELECT name, table_name, delivered_at, (declaration ->> '$.every_days')::INTEGER AS every FROM dataset ORDER BY name"
    )


def _period(store: Store, row: Row) -> int:
    declared = [layer.freshness_days for layer in store.layers if layer.table == row["table_name"] and layer.freshness_days]
    return int(row["every"] or min(declared, default=TABLE_DAYS.get(row["table_name"], YEARLY)))


def _dataset(row: Row, every_days: int, today: date, failure: Mapping[str, Any] | None) -> Row:
    delivered_at = row["delivered_at"]
    age = (today - date.fromisoformat(delivered_at[:10])).days if delivered_at else None
    state: State = "failed" if failure else "stale" if age is None else state_at(age, every_days)
    return {
        "name": row["name"], "table": row["table_name"], "delivered_at": delivered_at, "age_days": age, "every_days": every_days,
        "state": state, "failed_at": failure["at"] if failure else None, "failed_why": failure["why"] if failure else None,
    }  # fmt: skip


def _layer(layer: Layer, datasets: list[Row], painted: frozenset[str]) -> Row:
    tables = {layer.table, *(join.table for join in layer.joins if join.table)}
    feeding = [row for row in datasets if row["table"] in tables]
    if layer.geometry == "area" and not any(row["table"] == layer.table for row in feeding):
        feeding = [row for row in datasets if row["table"] == "population_cell"]  # counts stand in for people
    state = worst(row["state"] for row in feeding)
    if state != "unset" and layer.name not in painted:
        state = "unpainted"
    own = [row for row in feeding if row["table"] == layer.table and state == "current"] or feeding
    told = max(own, key=_badness, default=None)
    return {
        "name": layer.name, "zh": layer.zh, "en": layer.en, "state": state,
        "datasets": [row["name"] for row in feeding], **{key: told[key] if told else None for key in ("delivered_at", "age_days", "every_days")},
    }  # fmt: skip


def _badness(row: Row) -> tuple[int, int]:
    return STATES.index(row["state"]), row["age_days"] or 0
