"""A table or view of a PostGIS (or plain PostgreSQL) database: `file = "postgresql://host/db"`, `layer = "schema.table"`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from etl.core.spec import Dsn, Evidence, Reading, ReadOptions, Source, SourceError, advice, advice_zh, number_duplicates

_COLUMNS = """
SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_TABLES = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'topology', 'tiger')
AND c.relname NOT IN ('spatial_ref_sys', 'geometry_columns', 'geography_columns', 'raster_columns', 'raster_overviews') ORDER BY 1
"""
_SPATIAL = ("geometry", "geography")


@dataclass(frozen=True, slots=True)
class _Table:
    name: sql.Identifier
    columns: tuple[tuple[str, str], ...]  # name, type
    geometry: str | None
    crs: str | None
    rows: int


def read(dsn: Dsn, options: ReadOptions) -> Iterator[Reading]:
    """One Reading of the table, through a server-side cursor in a read-only transaction, so that memory stays flat."""
    with _connected(dsn) as connection:
        table = _table(connection, dsn, options.layer)
    plain = [column for column in table.columns if column[1] not in _SPATIAL]
    headers = number_duplicates(name for name, _ in plain)
    yield Reading(
        file=dsn.name, sheet=options.layer, headers=headers, crs=table.crs, encoding="utf-8", rows=table.rows,
        batches=_batches(dsn, table, plain, headers, options.batch_rows), evidence=_about(table),
    )  # fmt: skip


@contextmanager
def _connected(dsn: Dsn) -> Iterator[psycopg.Connection[Any]]:
    """A read-only connection; failures of the server become SourceErrors without user and password."""
    try:
        with psycopg.connect(str(dsn), connect_timeout=10) as connection:
            connection.read_only = True
            yield connection
    except psycopg.Error as error:
        raise SourceError(
            f"{dsn.name} cannot be read: {_cause(error)}", remedy="Check address, user, password and table.",
            zh=f"无法读取 {dsn.name}：{_cause(error)}", zh_remedy="请检查地址、用户、密码和表名。",
        ) from error  # fmt: skip


def _cause(error: psycopg.Error) -> str:
    """The first line of the error; a connection error may quote the address, which never holds the password."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _about(table: _Table) -> tuple[Evidence, ...]:
    others = [name for name, kind in table.columns if kind in _SPATIAL and name != table.geometry]
    if not others:
        return ()
    return (Evidence(f"further geometry columns left out: {', '.join(others)}", f"其他图形字段未读取：{'、'.join(others)}"),)


def _table(connection: psycopg.Connection[Any], dsn: Dsn, layer: str | None) -> _Table:
    tables = [row[0] for row in connection.execute(_TABLES).fetchall()]
    wanted = layer if layer in tables else f"public.{layer}"
    if layer is None or wanted not in tables:
        problem = f"{dsn.name}: no table was named." if layer is None else f"{dsn.name} has no table {layer!r}."
        problem_zh = f"{dsn.name}：未指明表。" if layer is None else f"{dsn.name} 没有表 {layer!r}。"
        known, known_zh = advice(layer or "", tables or ["none"]), advice_zh(layer or "", tables or ["无"])
        raise SourceError(
            problem, remedy=f'Give layer = "schema.table". {known}', zh=problem_zh, zh_remedy=f'请填 layer = "模式.表"。{known_zh}'
        )
    name = sql.Identifier(*wanted.split(".", 1))
    columns = tuple(connection.execute(_COLUMNS, [name.as_string(connection)]).fetchall())
    geometry = next((column for column, kind in columns if kind in _SPATIAL), None)
    rows = connection.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [name.as_string(connection)])
    return _Table(name, columns, geometry, _crs(connection, name, geometry), rows.fetchone()[0])  # type: ignore[index]


def _crs(connection: psycopg.Connection[Any], table: sql.Identifier, geometry: str | None) -> str | None:
    """Authority code (or WKT) of the first geometry's SRID; None for SRID 0."""
    if geometry is None:
        return None
    column = sql.Identifier(geometry)
    first = sql.SQL("SELECT ST_SRID({c}::geometry) FROM {t} WHERE {c} IS NOT NULL LIMIT 1").format(c=column, t=table)
    row = connection.execute(first).fetchone()
    if row is None or row[0] == 0:
        return None
    found = connection.execute("SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s", [row[0]]).fetchone()
    if found is None:
        return f"EPSG:{row[0]}"
    return f"{found[0]}:{found[1]}" if found[0] else str(found[2])


def _batches(dsn: Dsn, table: _Table, plain: list[tuple[str, str]], headers: tuple[str, ...], size: int) -> Iterator[pa.RecordBatch]:
    shape = sql.SQL("ST_AsBinary({}::geometry)").format(sql.Identifier(table.geometry)) if table.geometry else sql.SQL("NULL::bytea")
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join([*(_text(*column) for column in plain), shape]), table.name)
    row = 2
    with _connected(dsn) as connection, connection.cursor(name="onescreen_read", binary=True) as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(size):
            columns = list(zip(*rows, strict=True))
            texts = [pa.array(column, pa.string()) for column in columns[:-1]]
            numbers = pa.array(range(row, row + len(rows)), pa.int64())
            yield pa.RecordBatch.from_arrays([*texts, numbers, pa.array(columns[-1], pa.binary())], names=[*headers, "__row", "__wkb"])
            row += len(rows)


def _text(name: str, kind: str) -> sql.Composed:
    """A column as the text that other sources give: Y and N, ISO dates, NULL for empty."""
    column = sql.Identifier(name)
    if kind == "bool":
        return sql.SQL("CASE {c} WHEN true THEN 'Y' WHEN false THEN 'N' END").format(c=column)
    if kind.startswith("_"):
        return sql.SQL("array_to_string({c}, '、')").format(c=column)
    return sql.SQL("nullif({c}::text, '')").format(c=column)


SOURCE = Source(name="postgis", zh="PostGIS", suffixes=("postgresql://", "postgres://"), read=read)
