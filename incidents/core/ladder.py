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
MOST = 500  # steps at a time
PAGE = 2_000  # cases that are read at once


def due(connection: sa.Connection, tables: Tables, now: datetime, at: int) -> list[Command]:
    """The steps that are due now: of every case whose clock runs and has passed a rung that nobody was told of."""
    table = schema.incident
    passed = sa.and_(table.c.state.in_(OPEN), table.c.stage == "handle", table.c.yellow_at <= at)
    # Who is on the last rung already is looked at no more: else they would be all that is ever looked at.
    last = {grade: max((rung.share for rung in tables.ladder(grade)), default=0.0) for grade in (1, 2, 3, 4)}
    higher = sa.or_(*(sa.and_(table.c.grade == grade, sa.func.coalesce(table.c.rung, 0) < share) for grade, share in last.items()))
    found: list[Command] = []
    after: sa.ColumnElement[bool] = sa.true()
    while len(found) < MOST:
        page = connection.execute(sa.select(table).where(passed, higher, after).order_by(table.c.due_at, table.c.id).limit(PAGE))
        rows = [dict(row) for row in page.mappings()]
        found += [step for row in rows if (step := _step(row, tables, now)) is not None]
        if len(rows) < PAGE:
            break
        after = sa.tuple_(table.c.due_at, table.c.id) > sa.tuple_(sa.literal(rows[-1]["due_at"]), sa.literal(rows[-1]["id"]))
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
    return Command(Step(row["id"], "escalate", told, row["seq"]), SYSTEM)  # of two servers one is enough
