"""Does every column that the SQL of a layer file names exist? DuckDB binds it to empty tables of the contract, before a town waits for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import duckdb

from data.errors import LayerError, advice, advice_zh
from data.schema import TABLES
from data.store.duck import connect, identifier
from data.store.lake import columns_of, definition
from layers.core.personal import DERIVED, parsed

_MISSING = re.compile(r'Referenced column "([^"]+)" not found')
_CANDIDATES = re.compile(r"Candidate bindings: (.*)")
_DAY = "DATE '2000-01-01'"


def check_bound(what: str, sql: str, aliases: Mapping[str, Iterable[str]], where: str) -> None:
    """Raise LayerError when the expression `sql` over `aliases` (columns by alias) names a column without alias that is not there."""
    parsed(f"SELECT ({sql}\n)", where)  # an unknown table, or no SQL at all
    rows = ", ".join(f"({_nulls(columns)}) {identifier(alias)}" for alias, columns in aliases.items() if columns)
    _bind(what, f"SELECT ({sql}\n)" + (f" FROM {rows}" if rows else ""), sql, where)


def check_select(what: str, sql: str, where: str) -> None:
    """The same of a query that stands alone, of a join or a part."""
    _bind(what, sql, sql, where)


def _bind(what: str, query: str, sql: str, where: str) -> None:
    try:
        _ground().cursor().execute("DESCRIBE " + query.replace("$as_of", _DAY))
    except duckdb.Error as error:  # types and functions of extensions are judged where rows and extensions are: at painting
        missing, near = _MISSING.search(str(error)), _CANDIDATES.search(str(error))
        if missing is None:
            return
        candidates = re.findall(r'"([^"]+)"', near[1]) if near else []
        raise LayerError(
            f"{where}: {what} reads {missing[1]!r}, which is no column: {sql!r}.",
            remedy=advice(missing[1], candidates),
            zh=f"{where}：{what} 读取的 {missing[1]!r} 不是任何列：{sql!r}。",
            zh_remedy=advice_zh(missing[1], candidates),
        ) from error


@cache
def _ground() -> duckdb.DuckDBPyConnection:
    """Empty tables of everything that a layer may read."""
    connection = connect(extensions=(), threads=1, memory_limit="100MB")
    for name, table in TABLES.items():
        plain = tuple((column, "BLOB" if kind.startswith("GEOMETRY") else kind) for column, kind in columns_of(table))
        connection.execute(definition(name, plain))
    for name, columns in DERIVED.items():
        connection.execute(f"CREATE VIEW {name} AS {_nulls(columns)}")
    return connection


def _nulls(columns: Iterable[str]) -> str:
    return "SELECT " + ", ".join(f"NULL AS {identifier(column)}" for column in sorted(columns))
