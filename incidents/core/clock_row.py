"""The clock in the row of an incident: which stage it measures, how it starts, stands and goes on as the state changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from incidents.core import clocks
from incidents.core.books import Books, Row, instant
from incidents.core.clocks import Running
from incidents.core.lifecycle import STAGE
from incidents.core.spec import ms

AT_REST = ("suspended", "merged")  # states in which the clock only pauses


def clock_of(row: Mapping[str, Any]) -> Running | None:
    """The clock of a row, None where no stage has run yet."""
    if not row["stage"]:
        return None
    since = instant(row["clock_from"])
    return Running(row["stage"], since, row["clock_used"] or 0.0, row["clock_limit"], row["clock_unit"], bool(row["paused"]))


def turn_clock(books: Books, row: Row, state: str, at: datetime) -> None:
    """Stop or pause what runs, and start what `state` measures. `row` is still in its former state."""
    _stop(books, row, at, pausing=state in AT_REST)
    if state in STAGE and state not in AT_REST:
        _start(books, row, STAGE[state], at, again=row["state"] == "checking")


def keep(books: Books, row: Row, clock: Running) -> None:
    """Write a clock into its row, with the instants at which its light changes."""
    calendar = books.tables_of(row["version"]).calendar
    yellow, due = clocks.yellow_at(clock, calendar), clocks.due_at(clock, calendar)
    row.update(
        stage=clock.stage, clock_from=None if clock.since is None else ms(clock.since), clock_used=clock.used, clock_limit=clock.limit,
        clock_unit=clock.unit, paused=int(clock.paused), yellow_at=None if yellow is None else ms(yellow),
        due_at=None if due is None else ms(due),
    )  # fmt: skip
    if clock.stage == "handle" and due is not None:  # what is overdue already stays due when it was, also after a rework
        was = row["handle_due_at"]
        row["handle_due_at"] = ms(due) if clock.used < clock.limit or was is None else min(was, ms(due))


def in_time(books: Books, row: Row, at: datetime) -> int:
    """1 when the stage that runs is within its limit at `at`, 0 when it is over it."""
    clock = clock_of(row)
    return int(clock is None or clocks.light(clock, at, books.tables_of(row["version"]).calendar) != "red")


def relimit(books: Books, row: Row, at: datetime, before: str) -> None:
    """After a change of type from `before` the handling clock gets the new limit. What was spent stays spent and what was granted stays
    granted; in another unit, the share of the limit."""
    clock = clock_of(row)
    if clock is None or clock.stage != "handle":
        return
    tables = books.tables_of(row["version"])
    limit, unit = tables.limit("handle", row["type"])
    plain = tables.types[before].limit_value if before in tables.types else clock.limit
    limit = limit + clock.limit - plain if unit == clock.unit else limit * clock.limit / plain
    spent = clocks.used(clock, at, tables.calendar)
    used = spent if unit == clock.unit else spent / clock.limit * limit
    keep(books, row, Running("handle", at if clock.since else None, used, limit, unit, clock.paused))


def _stop(books: Books, row: Row, at: datetime, *, pausing: bool) -> None:
    clock = clock_of(row)
    if clock is None or clock.since is None:
        return
    at = max(at, clock.since)
    calendar = books.tables_of(row["version"]).calendar
    stood = clocks.pause(clock, at, calendar) if pausing else clocks.stop(clock, at, calendar)
    if stood.stage == "handle":
        row.update(handle_used=stood.used, handle_limit=stood.limit)
    keep(books, row, stood)


def _start(books: Books, row: Row, stage: str, at: datetime, *, again: bool) -> None:
    """Within a stage the clock goes on; a rework goes on where handling had stopped; else a new clock."""
    clock = clock_of(row)
    if clock is not None and clock.stage == stage:
        going = Running(stage, at, clock.used, clock.limit, clock.unit)
    else:
        limit, unit = books.tables_of(row["version"]).limit(stage, row["type"])
        rework = again and stage == "handle" and row["handle_limit"] is not None
        going = clocks.start(stage, row["handle_limit"] if rework else limit, unit, at, row["handle_used"] if rework else 0.0)
    keep(books, row, going)
