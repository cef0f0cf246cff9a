"""Ordinals: the dense number of a feature, the same in every snapshot (docs/pack.md section 2)."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

MAPPING = "ordinals"
_CREATE = f"CREATE TABLE IF NOT EXISTS {MAPPING}(table_name VARCHAR, key VARCHAR, ordinal BIGINT, live BOOLEAN)"
_FORMER = """
INSERT INTO {mapping}
SELECT table_name, key, ordinal, key IN (SELECT {key} FROM {table})
FROM {previous} WHERE table_name = $name
"""
_APPEND = """
INSERT INTO {mapping}
SELECT $name, {key}, (SELECT coalesce(max(ordinal) + 1, 0) FROM {mapping} WHERE table_name = $name) + row_number() OVER (ORDER BY rowid) - 1, true
FROM {table} WHERE {key} NOT IN (SELECT key FROM {mapping} WHERE table_name = $name)
"""
_FILL = """
UPDATE {table} SET ordinal = m.ordinal FROM {mapping} m WHERE m.table_name = $name AND m.key = {table}.{key}
"""
_COUNT = f"SELECT count(*) FILTER (live), count(*) FILTER (NOT live) FROM {MAPPING} WHERE table_name = $name"


@dataclass(frozen=True, slots=True)
class Ordinals:
    """What happened to the ordinals of one table: features alive, of them new, and ordinals whose feature is gone."""

    live: int
    appended: int
    dead: int


def assign_ordinals(connection: duckdb.DuckDBPyConnection, table: str, key: str, previous: str | None = None) -> Ordinals:
    """Add and fill `table.ordinal` and the rows of `table` in `ordinals`.

    New keys are numbered in the physical order of `table` (Hilbert). `previous` is the qualified name of the former `ordinals`
    table (such as "previous.ordinals") or None: number afresh, which also compacts. Keys must be unique and not NULL.
    """
    names = {"table": table, "key": key, "mapping": MAPPING, "previous": previous}
    bound = {"name": table}
    connection.execute(_CREATE)
    connection.execute(f"DELETE FROM {MAPPING} WHERE table_name = $name", bound)
    if previous:
        connection.execute(_FORMER.format(**names), bound)
    known = connection.execute(_COUNT, bound).fetchone() or (0, 0)
    connection.execute(_APPEND.format(**names), bound)
    connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS ordinal BIGINT")
    connection.execute(_FILL.format(**names), bound)
    live, dead = connection.execute(_COUNT, bound).fetchone() or (0, 0)
    return Ordinals(live, live - known[0], dead)
