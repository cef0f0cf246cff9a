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


def read(connection: sa.Connection, actor: Actor, written: int, at: int) -> None:
    """Keep who has read the note of `written` first, and when; a later reader changes nothing. Raises NetworkError when there is none."""
    table = schema.handover
    told = {"read_by": actor.name or actor.duty, "read_at": at}
    connection.execute(table.update().where(table.c.at == written, table.c.read_at.is_(None)).values(told))
    if connection.execute(sa.select(table.c.at).where(table.c.at == written)).first() is None:
        raise wrong("at", written, "there is no such note.", "Read the notes again.", "没有这条记录。", "请重新读取。")
