"""Notes that a shift leaves for the next one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from data.policy import Actor
from incidents.core import schema
from incidents.core.spec import LONGEST, wrong

READERS = ("acceptor", "shift_leader", "dispatcher")
KEPT = 20  # that are shown


def write(connection: sa.Connection, actor: Actor, note: str, at: int) -> None:
    """Keep a note, with the number of the log at which it was written. Raises NetworkError for an empty or endless one."""
    if not 0 < len(note) <= LONGEST:
        raise wrong("note", note, f"a note has 1 to {LONGEST} characters.", "Write what the next shift must know.",
                    f"记录应为 1 至 {LONGEST} 字。", "请写明下一班需要知道的事。")  # fmt: skip
    seq = connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.event.c.seq), 0))).scalar_one()
    row = {"at": at, "by": actor.name, "duty": actor.duty, "seq": seq, "note": note, "read_by": None, "read_at": None}
    connection.execute(schema.handover.insert(), [row])


def latest(connection: sa.Connection) -> list[dict[str, Any]]:
    """The last notes, newest first."""
    table = schema.handover
    return [dict(row) for row in connection.execute(sa.select(table).order_by(table.c.at.desc()).limit(KEPT)).mappings()]
