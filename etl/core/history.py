"""How the colours stood at every delivery: a small table that each serving file takes over from the one before it."""

from __future__ import annotations

import duckdb

from data.settings import Settings
from data.store.duck import text
from data.store.serving import Serving, kept

HISTORY = (
    "snapshot BIGINT, as_of DATE, published_at TIMESTAMPTZ, rule_version VARCHAR, "
    "area_code VARCHAR, layer VARCHAR, level UTINYINT, n BIGINT"
)


def write_history(connection: duckdb.DuckDBPyConnection, settings: Settings, before: Serving | None) -> None:
    """Fill `history` of the serving file in use: what the snapshot on show knew, and this snapshot's own roll-up of town and villages.

    It follows what was on show: a snapshot that was taken back is not in it, one that was pruned stays. Of several snapshots for one
    day the last one counts. Serving files from before this table give what their own roll-ups say.
    """
    if before and _has_history(connection, "previous"):
        connection.execute("CREATE TABLE history AS FROM previous.history")
    else:
        _from_kept_files(connection, settings, before)
    _add_this_snapshot(connection)


def extend_history(connection: duckdb.DuckDBPyConnection, settings: Settings, before: Serving) -> None:
    """The same for a copy of the file on show that has been painted anew: its history goes on."""
    if not _has_history(connection, "serve"):
        _from_kept_files(connection, settings, before)
    _add_this_snapshot(connection)


def _add_this_snapshot(connection: duckdb.DuckDBPyConnection) -> None:
    _add_snapshot(connection, "serve")
    connection.execute("DELETE FROM history WHERE (as_of, snapshot) NOT IN (SELECT (as_of, max(snapshot)) FROM history GROUP BY as_of)")


def _has_history(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    try:
        connection.execute(f"SELECT 1 FROM {database}.history LIMIT 0")
    except duckdb.CatalogException:
        return False
    return True


def _from_kept_files(connection: duckdb.DuckDBPyConnection, settings: Settings, before: Serving | None) -> None:
    connection.execute(f"CREATE TABLE history ({HISTORY})")
    attached = {name for (name,) in connection.execute("SELECT database_name FROM duckdb_databases()").fetchall()}
    for snapshot in (number for number in kept(settings) if before and number <= before.snapshot):
        if before and snapshot == before.snapshot and "previous" in attached:  # a file can be attached once only
            _add_snapshot(connection, "previous")
            continue
        connection.execute(f"ATTACH {text(settings.serving / f'v{snapshot}.duckdb')} AS earlier (READ_ONLY)")
        try:
            _add_snapshot(connection, "earlier")
        finally:
            connection.execute("DETACH earlier")


def _add_snapshot(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """The roll-up of `database` for the town and the areas one level below it."""
    connection.execute(f"""
        WITH fact AS (SELECT key, value->>'$' AS value FROM {database}.town),
        root AS (SELECT area_code FROM {database}.tree GROUP BY 1 HAVING count(*) = 1 LIMIT 1)
        INSERT INTO history
        SELECT (SELECT value::BIGINT FROM fact WHERE key = 'snapshot'), (SELECT value::DATE FROM fact WHERE key = 'as_of'),
            (SELECT value::TIMESTAMPTZ FROM fact WHERE key = 'published_at'), (SELECT value FROM fact WHERE key = 'rule_version'),
            r.area_code, r.layer, r.level, r.n
        FROM {database}.rollup r JOIN {database}.tree t ON t.area_code = r.area_code AND t.depth <= 1
        WHERE t.ancestor_code = (SELECT area_code FROM root) ORDER BY r.layer, r.area_code, r.level""")
