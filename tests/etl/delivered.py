"""Small deliveries for the tests of the contract: raw tables as the readers make them, checked, with what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from data.schema import TABLES
from etl.core import id_number
from etl.core.contract import check
from etl.core.mapping import map_headers
from etl.core.town_file import Dataset
from etl.core.verdict import CheckResult

TODAY, DELIVERED = date(2026, 11, 22), date(2026, 9, 23)


@dataclass(frozen=True)
class Checked:
    result: CheckResult
    rows: list[dict[str, Any]]
    faults: list[dict[str, Any]]

    def codes(self) -> dict[tuple[int, str], str]:
        """(row, column) → fault code."""
        return {(fault["row"], fault["column_name"]): fault["code"] for fault in self.faults}


def dataset(table: str, **more: Any) -> Dataset:
    return Dataset(**{"name": f"some_{table}", "table": table, "file": "表.csv", "max_bad_share": TABLES[table].max_bad_share, **more})


def make_raw(
    con: duckdb.DuckDBPyConnection, headers: list[str], rows: list[tuple[Any, ...]], files: list[tuple[str, str | None]] | None = None
) -> None:
    """The table `raw`; row n of the list is row n + 2 of its file, as the header is row 1."""
    columns = ", ".join('"' + header.replace('"', '""') + '" VARCHAR' for header in headers)
    con.execute(f"CREATE OR REPLACE TABLE raw ({columns}, __file VARCHAR, __sheet VARCHAR, __row BIGINT, __wkb BLOB)")
    cells = [pa.array([None if row[place] is None else str(row[place]) for row in rows], pa.string()) for place in range(len(headers))]
    places = files or [("表.csv", None)] * len(rows)
    lineage = [
        pa.array([file for file, _ in places]),
        pa.array([sheet for _, sheet in places], pa.string()),
        pa.array(range(2, len(rows) + 2)),
    ]
    con.register("given", pa.table([*cells, *lineage, pa.nulls(len(rows), pa.binary())], names=[f"c{n}" for n in range(len(headers) + 4)]))
    con.execute("INSERT INTO raw SELECT * FROM given")
    con.unregister("given")


def checked(
    con: duckdb.DuckDBPyConnection, table: str, headers: list[str], rows: list[tuple[Any, ...]],
    files: list[tuple[str, str | None]] | None = None, synthetic: bool = False, damaged: Any = (), **more: Any,
) -> Checked:  # fmt: skip
    """Rows through mapping and check."""
    given = dataset(table, **more)
    make_raw(con, headers, rows, files)
    mapping = map_headers(headers, given, TABLES[table])
    result = check(con, "raw", "clean", given, TABLES[table], mapping, TODAY, DELIVERED, synthetic=synthetic, damaged=damaged)
    faults = f"SELECT * FROM fault WHERE dataset = '{given.name}' ORDER BY row, column_name"
    return Checked(result, dicts(con, "SELECT * FROM clean ORDER BY __row"), dicts(con, faults))


def dicts(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def number(day: date = date(1985, 3, 5), sequence: int = 123, area: str = "310115") -> str:
    """A valid citizen number."""
    first = f"{area}{day:%Y%m%d}{sequence:03d}"
    return first + id_number.check_character(first)
