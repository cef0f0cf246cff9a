"""Refused rows go back to their sender in the layout in which they came: a workbook with the bad cells marked, or CSV for very many.

Rows that were loaded without a value go back in a workbook of their own: the one of refused rows can be delivered beside the original file,
and a row that is loaded already would then come twice.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import duckdb

from data.schema import Table
from etl.core.contract import ident
from etl.core.intake import DeliveredSheet
from etl.core.mapping import map_headers
from etl.core.return_book import LISTED, write_workbook
from etl.core.returned import Layout, Refused, Returned, Severity
from etl.core.town_file import Dataset

MAX_ROWS = 1_000_000  # a sheet holds 1 048 576 rows
MAX_DOUBTED = 10_000  # doubted rows of a file: enough to see what is wrong, while a slip in a large register may doubt millions
_BATCH = 10_000
_SEVERITY: dict[Severity, str] = {"refused": "bool_or(severity = 'refused')", "warning": "bool_and(severity = 'warning')"}
_PLACE = "row_number() OVER (PARTITION BY file ORDER BY sheet, row) AS place"
Sheets = Mapping[tuple[str, str | None], DeliveredSheet]


def write_quarantine(
    con: duckdb.DuckDBPyConnection, dataset: Dataset, table: Table, raw: str, out_folder: Path,
    sheets: Sheets | None = None, *, max_rows: int = MAX_ROWS,
) -> list[Path]:  # fmt: skip
    """A workbook for each delivered file with refused rows (CSV files when there are more than `max_rows`), and one for each with
    doubted rows (the first `MAX_DOUBTED` of them); the paths written.

    `sheets` says how each file and sheet looked; one that it does not name gets a row of the headers of `raw`. What comes back can be
    corrected and delivered again: same titles, headers, merged cells, columns and sheet names. Every cell is text, so that nothing is
    damaged twice. Raises ContractError as `map_headers` does.
    """
    headers = tuple(row[0] for row in con.execute(f"DESCRIBE {ident(raw)}").fetchall() if not row[0].startswith("__"))
    layout = Layout(dataset, table, map_headers(headers, dataset, table), headers, sheets or {})
    written: list[Path] = []
    for severity in _SEVERITY:
        counts = _counts(con, dataset, severity)
        for file, refused in groupby(_returned(con, dataset, raw, headers, severity), key=lambda row: row.file):
            out_folder.mkdir(parents=True, exist_ok=True)
            rows, faults, left_out = counts[file]
            returned = Returned(layout, file, rows, faults, layout.path(out_folder, file, written, severity), severity, left_out)
            write = _write_csv if rows > max_rows else write_workbook
            written += write(returned, refused)
    return written


def _limit(severity: Severity) -> str:
    """Condition on `place`, the place of a row in its file, and so on what is written."""
    return f"place <= {MAX_DOUBTED}" if severity == "warning" else "TRUE"


def _counts(con: duckdb.DuckDBPyConnection, dataset: Dataset, severity: Severity) -> dict[str, tuple[int, int, int]]:
    """File → how many of its rows of `severity` are written, how many faults these have, and how many rows are left out."""
    kept = _limit(severity)
    found = con.execute(
        f"""WITH broken AS (SELECT file, count(*) AS faults, {_PLACE} FROM fault WHERE dataset = ?
            GROUP BY file, sheet, row HAVING {_SEVERITY[severity]})
        SELECT file, count(*) FILTER ({kept}), sum(faults) FILTER ({kept}), count(*) FILTER (NOT ({kept})) FROM broken GROUP BY file""",
        [dataset.name],
    ).fetchall()
    return {file: (int(rows), int(faults), int(left_out)) for file, rows, faults, left_out in found}


def _returned(con: duckdb.DuckDBPyConnection, dataset: Dataset, raw: str, headers: Sequence[str], severity: Severity) -> Iterator[Refused]:
    """Rows of `severity` by file, sheet and row. A line that could not be read has its text in the first cell."""
    cells = ", ".join('r."' + header.replace('"', '""') + '"' for header in headers) or "NULL"
    cursor = con.execute(
        f"""
        WITH broken AS (
            SELECT file, sheet, row, list((column_name, value, reason_zh, remedy_zh, severity) ORDER BY severity, column_name) AS faults,
                bool_or(column_name IS NULL) AS unread, {_PLACE}
            FROM fault WHERE dataset = ? GROUP BY file, sheet, row HAVING {_SEVERITY[severity]} QUALIFY {_limit(severity)})
        SELECT b.file, b.sheet, b.row, b.faults, b.unread, {cells}
        FROM broken AS b LEFT JOIN {ident(raw)} AS r
            ON r.__file = b.file AND r.__row = b.row AND coalesce(r.__sheet, '') = coalesce(b.sheet, '')
        ORDER BY b.file, b.sheet, b.row""",
        [dataset.name],
    )
    while batch := cursor.fetchmany(_BATCH):
        for file, sheet, row, faults, unread, *values in batch:
            told = tuple(tuple(fault) for fault in faults)
            yield Refused(file, sheet, row, dict(zip(headers, values, strict=False)), told, told[0][1] if unread else None)


# --- CSV for what no workbook holds


def _write_csv(returned: Returned, refused: Iterator[Refused]) -> list[Path]:
    """A file for each sheet, and one with the reasons."""
    layout = returned.layout
    written: list[Path] = []
    reasons = returned.path.with_name(f"{returned.path.stem}说明.csv")
    with reasons.open("w", encoding="utf-8-sig", newline="") as told:
        listing = csv.writer(told)
        listing.writerow(LISTED)
        listed = 0
        for name, rows in groupby(refused, key=lambda row: row.sheet):
            sheet = layout.sheet(returned.file, name)
            path = returned.path.with_name(f"{returned.path.stem}{f'-{len(written) + 1}' if written else ''}.csv")
            written.append(path)
            with path.open("w", encoding="utf-8-sig", newline="") as handle:
                writer = csv.writer(handle)
                writer.writerows([cell or "" for cell in line] for line in sheet.head.rows)
                for number, row in enumerate(rows, len(sheet.head.rows) + 1):
                    writer.writerow([cell or "" for cell in sheet.cells(row)])
                    for fault in row.faults:
                        listed += 1
                        listing.writerow(layout.entry(listed, row, number, fault))
    return [*written, reasons]
