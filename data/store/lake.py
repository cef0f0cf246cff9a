"""The lake: DuckLake with its catalog and Parquet files, the record and its history. Written by the ETL alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from data.schema import GEOMETRY_COLUMNS, TABLES, Table
from data.settings import Settings
from data.store.duck import connect, text

EXTENSIONS = ("spatial", "sqlite_scanner", "ducklake")
ROW_HASH = "row_hash"
SHADOW = "shadow_"  # `shadow_<table>`: rows that lost their key to a row of another dataset

# Tables beside the contract, as (column, type); the first columns named in KEYS identify a row.
REPORTS: dict[str, tuple[tuple[str, str], ...]] = {
    "receipt": (
        ("layer", "VARCHAR"), ("object_id", "VARCHAR"), ("level", "INTEGER"), ("reasons", "VARCHAR[]"), ("rule_version", "VARCHAR"),
        ("computed_at", "TIMESTAMPTZ"), ("valid_until", "DATE"), ("next_visit_due", "DATE"),
        ("override_by", "VARCHAR"), ("override_why", "VARCHAR"), ("override_until", "DATE"),
    ),
    "town": (("key", "VARCHAR"), ("value", "VARCHAR")),
    "dataset": (
        ("name", "VARCHAR"), ("table_name", "VARCHAR"), ("file", "VARCHAR"), ("fingerprint", "VARCHAR"), ("delivered_at", "DATE"),
        ("rows", "BIGINT"), ("refused", "BIGINT"), ("message", "VARCHAR"), ("declaration", "VARCHAR"), ("code_version", "VARCHAR"),
        ("links", "VARCHAR[]"),  # link columns that the sender filled
    ),
    "coverage_qa": (
        ("finding_id", "VARCHAR"), ("kind", "VARCHAR"), ("level", "INTEGER"), ("area_code", "VARCHAR"), ("other_code", "VARCHAR"),
        ("area_m2", "DOUBLE"), ("lon", "DOUBLE"), ("lat", "DOUBLE"), ("reason_zh", "VARCHAR"), ("reason_en", "VARCHAR"), *GEOMETRY_COLUMNS,
    ),
    "contradiction": (
        ("kind", "VARCHAR"), ("table_name", "VARCHAR"), ("key", "VARCHAR"), ("other_table", "VARCHAR"), ("other_key", "VARCHAR"),
        ("area_code", "VARCHAR"), ("detail_zh", "VARCHAR"), ("detail_en", "VARCHAR"),
    ),
    "unlinked": (("table_name", "VARCHAR"), ("key", "VARCHAR"), ("reason", "VARCHAR"), ("area_code", "VARCHAR")),
    "fault": (
        ("dataset", "VARCHAR"), ("file", "VARCHAR"), ("sheet", "VARCHAR"), ("row", "BIGINT"), ("column_name", "VARCHAR"),
        ("value", "VARCHAR"), ("code", "VARCHAR"), ("reason_zh", "VARCHAR"), ("reason_en", "VARCHAR"), ("remedy_zh", "VARCHAR"),
        ("remedy_en", "VARCHAR"), ("severity", "VARCHAR"),
    ),
}  # fmt: skip


def columns_of(table: Table) -> tuple[tuple[str, str], ...]:
    """Columns and DuckDB types of a contract table, geometry last."""
    own = tuple((column.name, column.duckdb_type) for column in table.all_columns)
    return (*own, *GEOMETRY_COLUMNS) if table.geometry else own


def lake_columns(table: Table) -> tuple[tuple[str, str], ...]:
    """`columns_of` and the hash of the row as delivered, by which the next delivery tells what has changed."""
    return (*columns_of(table), (ROW_HASH, "UBIGINT"))


def lake_tables() -> dict[str, tuple[tuple[str, str], ...]]:
    """Every table of the lake with its columns: the contract's tables, then the reports."""
    return {**{name: lake_columns(table) for name, table in TABLES.items()}, **REPORTS}


def definition(name: str, columns: tuple[tuple[str, str], ...]) -> str:
    """CREATE TABLE text; `name` may be qualified."""
    body = ", ".join(f'"{column}" {kind}' for column, kind in columns)
    return f"CREATE TABLE {name} ({body})"


def attach_lake(connection: duckdb.DuckDBPyConnection, settings: Settings, *, catalog: str | None = None, read_only: bool = False) -> None:
    """Attach the lake as `lake`, creating an empty one where there is none.

    `catalog` is what follows `ducklake:`; the default is a SQLite file in WAL mode, and `postgres:dbname=…` takes its place
    when one host is outgrown. The spatial, sqlite_scanner (or postgres_scanner) and ducklake extensions must be loaded.
    """
    settings.lake.mkdir(parents=True, exist_ok=True)
    options = [f"DATA_PATH {text(settings.lake / 'data')}", "OVERRIDE_DATA_PATH true", "DATA_INLINING_ROW_LIMIT 0"]
    if catalog is None:
        catalog = f"sqlite:{settings.lake / 'catalog.sqlite'}"
        # Without WAL and a busy timeout a reader beside the writer meets "database is locked".
        options += ["META_BUSY_TIMEOUT 10000"] + ([] if read_only else ["META_JOURNAL_MODE 'WAL'"])
    if read_only:
        options.append("READ_ONLY")
    connection.execute(f"ATTACH {text(f'ducklake:{catalog}')} AS lake ({', '.join(options)})")


def open_lake(settings: Settings, *, catalog: str | None = None, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """An instance of its own with the lake attached as `lake`."""
    connection = connect(extensions=EXTENSIONS, threads=settings.threads, memory_limit=settings.memory_limit)
    attach_lake(connection, settings, catalog=catalog, read_only=read_only)
    return connection


def has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the lake has the table `name`; asking its catalog as a whole would cost ten times as much."""
    try:
        connection.execute(f"SELECT 1 FROM lake.{name} LIMIT 0")
    except duckdb.CatalogException:
        return False
    return True


def has_tables(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a first load has been committed."""
    return has_table(connection, "town")


def town_facts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What the lake knows of the town as a whole; nothing before the first load."""
    if not has_tables(connection):
        return {}
    return {key: json.loads(value) for key, value in connection.execute("SELECT key, value FROM lake.town").fetchall()}


def table_sizes(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Tables of the lake with their rows, deleted ones that still lie in files included."""
    found = connection.execute("SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = 'lake'").fetchall()
    return {name: int(rows or 0) for name, rows in found}


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing of `lake_tables()`; a column that the contract has gained is added. Call inside the run's transaction."""
    known: dict[str, set[str]] = {}
    for name, column in connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'lake' AND schema_name = 'main'"
    ).fetchall():
        known.setdefault(name, set()).add(column)
    shadows = {name: lake_columns(TABLES[name.removeprefix(SHADOW)]) for name in known if name.startswith(SHADOW)}
    for name, columns in {**lake_tables(), **shadows}.items():
        if name not in known:
            connection.execute(definition(f"lake.{name}", columns))
        for column, kind in columns:
            if name in known and column not in known[name]:
                connection.execute(f'ALTER TABLE lake.{name} ADD COLUMN "{column}" {kind}')


def renew_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a lake that an older version of the product wrote the tables and columns of today; an empty lake is left empty.

    It makes a snapshot without a message, as other upkeep does, and none where nothing is missing.
    """
    if has_tables(connection):
        with transaction(connection):
            create_tables(connection)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of what is done within, or nothing of it."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def last_load(connection: duckdb.DuckDBPyConnection, before: int | None = None) -> int | None:
    """Number of the newest snapshot that a load committed (the newest below `before`). Maintenance makes snapshots without a message."""
    loads = "SELECT max(snapshot_id) FROM lake.snapshots() WHERE commit_message IS NOT NULL"
    row = connection.execute(f"{loads} AND snapshot_id < {before}" if before is not None else loads).fetchone()
    return int(row[0]) if row and row[0] is not None else None
