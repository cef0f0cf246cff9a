"""The escalation ladder: cases that reach a share of their limit tell the next one up, by steps of the system in the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data.policy import Actor
from incidents.core import clocks, schema
from incidents.core.clock_row import clock_of
from incidents.core.clocks import YELLOW
from incidents.core.lifecycle import OPEN
from incidents.core.spec import Command, Step
from incidents.core.tables import Tables

SYSTEM = Actor("system", "ladder", "program")
MOST = 500  # at a time


def due(connection: sa.Connection, tables: Tables, now: datetime, at: int) -> list[Command]:
    """The steps that are due now: of every case whose clock runs and has passed a rung that nobody was told of."""
    table = schema.incident
    passed = sa.and_(table.c.state.in_(OPEN), table.c.stage == "handle", table.c.yellow_at <= at)
    rows = connection.execute(sa.select(table).where(passed).order_by(table.c.due_at).limit(MOST * 4)).mappings()
    found = [step for row in rows if (step := _step(dict(row), tables, now)) is not None]
    return found[:MOST]


def _step(row: dict[str, Any], tables: Tables, now: datetime) -> Command | None:
    clock = clock_of(row)
    if clock is None:
        return None
    share = clocks.share(clock, now, tables.calendar)
    rung = tables.rung(row["grade"], share + 1e-9) if share >= YELLOW - 1e-9 else None
    if rung is None or rung.share <= (row["rung"] or 0):
        return None
    told = {"share": rung.share, "level": rung.card, "tell": list(rung.tell)}
    return Command(Step(row["id"], "escalate", told), SYSTEM)
