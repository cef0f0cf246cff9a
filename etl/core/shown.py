"""The serving file on show as the source of what a run leaves alone: a question costs a tenth of what it costs in the lake."""

from __future__ import annotations

import duckdb

from data.errors import StoreError
from data.schema import Table
from data.settings import Settings
from data.store.duck import identifier, text
from data.store.lake import ROW_HASH, lake_columns, lake_tables
from data.store.serving import Serving, current

SHOWN = "previous"


def current_or_none(settings: Settings) -> Serving | None:
    """The snapshot on show, or None: a damaged pointer must not keep a new snapshot from being published."""
    try:
        return current(settings)
    except StoreError:
        return None


def attach_shown(connection: duckdb.DuckDBPyConnection, shown: Serving | None, load: int | None) -> None:
    """Attach the file on show as `previous` where it shows just what the lake holds since its snapshot `load`."""
    if shown is not None and shown.snapshot == load:
        connection.execute(f"ATTACH IF NOT EXISTS {text(shown.file)} AS {SHOWN} (READ_ONLY)")


def shows(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the file that `attach_shown` attached has the lake's table `name` with the columns of today."""
    try:
        # A look at the catalog as a whole would cost ten times as much.
        found = {column for column, *_ in connection.execute(f"SELECT * FROM {SHOWN}.{name} LIMIT 0").description or ()}
    except (duckdb.CatalogException, duckdb.BinderException):
        return False
    return {column for column, _ in lake_tables()[name]} <= {*found, ROW_HASH}


def unchanged(connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[str, str]:
    """Where the rows of `table` before this run are read best, and its columns there: the file on show has no row hashes."""
    shown = shows(connection, table.name)
    columns = ", ".join(identifier(name) for name, _ in lake_columns(table) if not (shown and name == ROW_HASH))
    return f"{SHOWN if shown else 'lake'}.{table.name}", columns
