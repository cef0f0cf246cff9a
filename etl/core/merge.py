"""From the town as it will be to the lake: only what differs is written, in one transaction with its message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from data.schema import TABLES, Table
from data.store.duck import identifier, text
from data.store.lake import REPORTS, create_tables, lake_columns, table_sizes, transaction
from etl.core.assemble import Plan

# Columns that say when something was found out and not what: they do not make a row different.
CLOCKS: Mapping[str, tuple[str, ...]] = {"receipt": ("computed_at",)}
# Columns that identify a row of a report table; the others are sets of whole rows.
KEYS: Mapping[str, tuple[str, ...]] = {
    "receipt": ("layer", "object_id"), "town": ("key",), "dataset": ("name",), "coverage_qa": ("finding_id",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """Rows of one table that the run inserts, updates and deletes."""

    inserted: int
    updated: int
    deleted: int

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


@dataclass(frozen=True, slots=True)
class Message:
    """What the lake remembers about a commit."""

    author: str
    text: str
    extra: Mapping[str, object]


def find_changes(connection: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, Change]:
    """Compare `next` with the lake; leaves `delta_<table>` (rows to write) and `gone_<table>` (keys to delete) for `commit`."""
    known = set(table_sizes(connection))
    changes: dict[str, Change] = {}
    for name in plan.touched:
        columns = [column for column, _ in lake_columns(TABLES[name])]
        if name in plan.steady:
            changes[name] = _count_changed(connection, TABLES[name], columns)
        elif name in plan.partial:
            changes[name] = _compare(connection, name, f"main.relinked_{name}", columns, TABLES[name].key, True, whole=False)
        else:
            changes[name] = _compare(connection, name, f"next.{name}", columns, TABLES[name].key, name in known)
        _compare_shadow(connection, name, columns, known, changes)
    changes |= {name: _compare_report(connection, name, name in known) for name in REPORTS}
    return {name: change for name, change in changes.items() if change}


def find_changed_reports(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, Change]:
    """The same for some tables of `REPORTS` alone, which the lake has."""
    changes = {name: _compare_report(connection, name, True) for name in names}
    return {name: change for name, change in changes.items() if change}


def _compare_report(connection: duckdb.DuckDBPyConnection, name: str, in_lake: bool) -> Change:
    return _compare(connection, name, f"next.{name}", [column for column, _ in REPORTS[name]], KEYS.get(name, ()), in_lake)


def commit(connection: duckdb.DuckDBPyConnection, changes: Mapping[str, Change], message: Message) -> int:
    """Write `changes` in one transaction; returns the number of the new snapshot. A reader sees all of it or nothing."""
    with transaction(connection):
        create_tables(connection)
        for name, change in changes.items():
            _apply(connection, name, change)
        connection.execute(
            f"CALL lake.set_commit_message({text(message.author)}, {text(message.text)}, "
            f"extra_info => {text(json.dumps(message.extra, ensure_ascii=False, default=str))})"
        )
    row = connection.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
    return int(row[0]) if row else 0


def repainted_load(connection: duckdb.DuckDBPyConnection, snapshot: int) -> int | None:
    """The load that `snapshot` of the lake holds in other colours or numbers; None where it is a load itself."""
    rows = connection.execute("SELECT snapshot_id, commit_extra_info FROM lake.snapshots() WHERE commit_extra_info IS NOT NULL").fetchall()
    before = {number: json.loads(extra).get("repaint_of") for number, extra in rows}
    load = before.get(snapshot)
    while before.get(load) is not None:  # a repaint of a repaint
        load = before[load]
    return load


def changes_by_source(connection: duckdb.DuckDBPyConnection, plan: Plan, changes: Mapping[str, Change]) -> dict[str, Change]:
    """`changes` of the contract's tables by the dataset to which the rows belong."""
    found: dict[str, Change] = {}
    for name in (name for name in plan.touched if name in changes):
        first = not changes[name].updated and not changes[name].deleted and not _exists(connection, f"gone_{name}")
        known = "FALSE" if first else "__known"
        rows = connection.execute(
            f"SELECT source, count(*) FILTER (NOT {known}), count(*) FILTER ({known}), 0 FROM main.delta_{name} GROUP BY 1"
        )
        totals = {source: [new, changed, gone] for source, new, changed, gone in rows.fetchall()}
        if not first:
            for source, gone in connection.execute(f"SELECT source, count(*) FROM main.gone_{name} GROUP BY 1").fetchall():
                totals.setdefault(source, [0, 0, 0])[2] = gone
        found.update({source: Change(*numbers) for source, numbers in totals.items()})
    return found


def _exists(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    row = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'work' AND table_name = ?", [name]).fetchone()
    return bool(row and row[0])


def _compare_shadow(
    connection: duckdb.DuckDBPyConnection, name: str, columns: list[str], known: set[str], changes: dict[str, Change]
) -> None:
    """Rows that lost their key live in a table of their own, which exists only where there are any."""
    shadow = f"shadow_{name}"
    (rows,) = connection.execute(f"SELECT count(*) FROM main.{shadow}").fetchall()[0]
    if rows or shadow in known:
        changes[shadow] = _compare(connection, shadow, f"main.{shadow}", columns, (*TABLES[name].key, "source"), shadow in known)


def _compare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    relation: str,
    columns: list[str],
    keys: tuple[str, ...],
    in_lake: bool,
    *,
    whole: bool = True,
) -> Change:
    """`delta_<name>` and `gone_<name>` of `relation` against the lake's table; nothing is gone unless `relation` is the `whole` table."""
    if not in_lake:
        connection.execute(f"CREATE VIEW main.delta_{name} AS SELECT {_listed(columns)} FROM {relation}")
        return Change(_count(connection, f"main.delta_{name}"), 0, 0)
    told = [column for column in columns if column not in CLOCKS.get(name, ())]
    matched = keys or tuple(told)
    on = " AND ".join(f"o.{identifier(key)} {'=' if keys else 'IS NOT DISTINCT FROM'} n.{identifier(key)}" for key in matched)
    rest = [column for column in told if column not in matched]
    differs = " OR ".join(f"n.{identifier(column)} IS DISTINCT FROM o.{identifier(column)}" for column in rest) or "FALSE"
    connection.execute(f"""
        CREATE TABLE main.delta_{name} AS SELECT {_listed(columns, "n.")}, o.__here IS NOT NULL AS __known
        FROM {relation} n LEFT JOIN (SELECT *, TRUE AS __here FROM lake.{name}) o ON {on} WHERE o.__here IS NULL OR {differs}""")
    left = list(dict.fromkeys((*matched, "source"))) if "source" in columns else list(matched)
    connection.execute(f"""
        CREATE TABLE main.gone_{name} AS SELECT {_listed(left, "o.")} FROM lake.{name} o
        WHERE {f"NOT EXISTS (FROM {relation} n WHERE {on})" if whole else "FALSE"}""")
    updated = _count(connection, f"main.delta_{name} WHERE __known")
    return Change(_count(connection, f"main.delta_{name}") - updated, updated, _count(connection, f"main.gone_{name}"))


def _count_changed(connection: duckdb.DuckDBPyConnection, table: Table, columns: list[str]) -> Change:
    """`delta_<name>` of a steady table: every linked row differs from the lake's, or is new. `gone_<name>` is there already."""
    keys = ", ".join(map(identifier, table.key))
    connection.execute(f"""
        CREATE TABLE main.delta_{table.name} AS SELECT {_listed(columns, "n.")}, o.__here IS NOT NULL AS __known
        FROM main.relinked_{table.name} n LEFT JOIN (SELECT {keys}, TRUE AS __here FROM lake.{table.name}) o USING ({keys})""")
    updated = _count(connection, f"main.delta_{table.name} WHERE __known")
    return Change(_count(connection, f"main.delta_{table.name}") - updated, updated, _count(connection, f"main.gone_{table.name}"))


def _apply(connection: duckdb.DuckDBPyConnection, name: str, change: Change) -> None:
    columns, keys = _shape(name)
    if name.startswith("shadow_"):
        connection.execute(f"CREATE TABLE IF NOT EXISTS lake.{name} AS FROM lake.{name.removeprefix('shadow_')} LIMIT 0")
    matched = keys or tuple(columns)
    on = " AND ".join(f"o.{identifier(key)} {'=' if keys else 'IS NOT DISTINCT FROM'} n.{identifier(key)}" for key in matched)
    if change.deleted:
        connection.execute(f"DELETE FROM lake.{name} o USING main.gone_{name} n WHERE {on}")
    if change.updated:
        rest = [column for column in columns if column not in matched]
        assignments = ", ".join(f"{identifier(column)} = n.{identifier(column)}" for column in rest)
        connection.execute(f"""
            MERGE INTO lake.{name} o USING main.delta_{name} n ON {on}
            WHEN MATCHED THEN UPDATE SET {assignments}
            WHEN NOT MATCHED THEN INSERT ({_listed(columns)}) VALUES ({_listed(columns, "n.")})""")
    elif change.inserted:
        connection.execute(f"INSERT INTO lake.{name} ({_listed(columns)}) SELECT {_listed(columns)} FROM main.delta_{name}")


def _shape(name: str) -> tuple[list[str], tuple[str, ...]]:
    """Columns and key of a lake table."""
    if name in REPORTS:
        return [column for column, _ in REPORTS[name]], KEYS.get(name, ())
    table = TABLES[name.removeprefix("shadow_")]
    key = (*table.key, "source") if name.startswith("shadow_") else table.key
    return [column for column, _ in lake_columns(table)], key


def _listed(columns: list[str], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{identifier(column)}" for column in columns)


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(row[0]) if row else 0
