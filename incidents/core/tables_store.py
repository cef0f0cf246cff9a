"""Versions of the town's tables in the operational database. Nothing is changed: saving a table makes the next version of the whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data.errors import NetworkError
from incidents.core import schema, sound
from incidents.core.lifecycle import OPEN
from incidents.core.tables import Tables, mismatches
from incidents.core.tables_declared import COMPLETE, DECLARED
from incidents.core.tables_read import declared, merged, plain, read_table, shipped

_NEWEST = sa.select(sa.func.coalesce(sa.func.max(schema.version.c.version), 1))
FIRST = 1  # the tables as shipped, once `seed` has written them down
Row = Mapping[str, Any]


def seed(connection: sa.Connection, at: datetime) -> None:
    """Write the shipped tables down as version 1, so that a later program does not change the limits of cases that run under it."""
    rows = [_row(FIRST, name, "", "shipped", at, plain(name, shipped(name))) for name in DECLARED]
    connection.execute(schema.insert_new(connection, schema.version, rows))


def newest(connection: sa.Connection) -> int:
    """The number of the tables in force."""
    return int(connection.execute(_NEWEST).scalar_one())


def load(connection: sa.Connection, zone: ZoneInfo, version: int | None = None) -> Tables:
    """The tables of a version, or those in force. Raises NetworkError for a version that there never was."""
    last = newest(connection)
    number = last if version is None else version
    if not FIRST <= number <= last:
        raise NetworkError(
            f"There is no version {number} of the tables.", remedy=f"There are {FIRST} to {last}.",
            zh=f"没有第 {number} 版标准表。", zh_remedy=f"现有第 {FIRST} 至 {last} 版。",
        ).at("version")  # fmt: skip
    kept = _bodies(connection, number)
    return Tables(number, zone, {name: _read(name, json.loads(kept[name])) if name in kept else shipped(name) for name in DECLARED})


def _read(name: str, rows: Sequence[Row]) -> tuple[Row, ...]:
    """A stored table as this program knows it. One that an older program wrote lacks what has been added since: columns and rows that
    must be there come from the shipped table, columns and rows that are gone are left out. An upgrade must not stop the town."""
    table = DECLARED[name]
    fields, needed = [field.name for field in table.fields], COMPLETE.get(name)
    ours = {str(row[table.key[0]]): row for row in plain(name, shipped(name))}
    grown = [{field: row.get(field, ours.get(str(row.get(table.key[0])), {}).get(field)) for field in fields} for row in rows]
    if needed is not None:
        wanted = {str(key) for key in needed}
        grown = [row for row in grown if str(row[table.key[0]]) in wanted]
        grown += [ours[key] for key in sorted(wanted - {str(row[table.key[0]]) for row in grown})]
    return read_table(name, grown)


def save(connection: sa.Connection, name: str, content: str | Sequence[Row], by: str, why: str, at: datetime) -> int:
    """A new version with this table (CSV text or rows) in place of the one before. Returns its number.

    Raises NetworkError: unusable rows, rows that other tables do not know or still name, or nobody and no reason given.
    """
    _signed(by, why)
    rows = read_table(declared(name).name, content)
    sound.nested("rows", plain(name, rows))
    before = load(connection, ZoneInfo("UTC"))
    after = Tables(before.version + 1, before.zone, {**before.given, name: rows})
    faults = mismatches(after)
    if faults:
        raise merged(faults)
    _still_needed(connection, set(before.types) - set(after.types))
    connection.execute(sa.insert(schema.version), [_row(after.version, name, by, why, at, plain(name, rows))])
    return after.version


def history(connection: sa.Connection, name: str | None = None) -> list[dict[str, Any]]:
    """Who changed which table when and why, newest first: version, name, at (UTC), by, why."""
    columns = (schema.version.c.version, schema.version.c.name, schema.version.c.at, schema.version.c.by, schema.version.c.why)
    asked = sa.select(*columns).order_by(schema.version.c.version.desc(), schema.version.c.name)
    rows = connection.execute(asked if name is None else asked.where(schema.version.c.name == declared(name).name)).mappings()
    return [dict(row) | {"at": datetime.fromtimestamp(row["at"] / 1000, UTC)} for row in rows]


class Shelf:
    """Tables by version, read once each. Of one database; safe for threads, since a version never changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Tables] = {}

    def of(self, connection: sa.Connection, zone: ZoneInfo, version: int | None = None) -> Tables:
        """The tables of a version, or those in force."""
        key = (newest(connection) if version is None else version, zone.key)
        if key not in self._known:
            self._known[key] = load(connection, zone, key[0])
        return self._known[key]


def _bodies(connection: sa.Connection, number: int) -> dict[str, str]:
    """Of each table the newest body up to a version."""
    table = schema.version
    asked = sa.select(table.c.name, table.c.body).where(table.c.version <= number).order_by(table.c.version)
    return {name: body for name, body in connection.execute(asked)}  # noqa: C416 - later versions replace earlier ones


def _row(version: int, name: str, by: str, why: str, at: datetime, rows: list[dict[str, Any]]) -> dict[str, Any]:
    since = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return {"version": version, "name": name, "at": since, "by": by, "why": why, "body": json.dumps(rows, ensure_ascii=False)}


def _still_needed(connection: sa.Connection, gone: set[str]) -> None:
    """A type stays while an open incident has it, or one that can be taken out of its parent: nobody could take their next step.
    A closed one that is opened again goes on under the version that it was filed under."""
    table = schema.incident
    open_still = sa.and_(table.c.type.in_(gone), table.c.state.in_((*OPEN, "merged")))
    found = connection.execute(sa.select(table.c.type, table.c.id).where(open_still).limit(1)).first()
    if found is not None:
        raise NetworkError(
            f"The type {found.type!r} cannot be taken away: incident {found.id} has it.", remedy="Leave it in as long as it is open.",
            zh=f"不能删除类型 {found.type!r}：事件 {found.id} 仍属于该类型。", zh_remedy="请在其结束之前保留该类型。",
        ).at("code")  # fmt: skip


def _signed(by: str, why: str) -> None:
    for word, value, zh in (("by", by, "修改人"), ("why", why, "修改原因")):
        sound.text(word, value)
        if not value.strip():
            raise NetworkError(
                f"A change of the tables needs {word!r}.", remedy="Say who changes them and why.",
                zh=f"修改标准表须填写{zh}。", zh_remedy="请填写修改人和原因。",
            ).at(word)  # fmt: skip
