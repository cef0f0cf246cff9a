"""Refused rows go back to their sender: a workbook of the delivered layout, bad cells red with reason and remedy as a comment."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import duckdb
import xlsxwriter

from data.schema import Table
from etl.core.contract import ident
from etl.core.mapping import Mapping_, map_headers
from etl.core.town_file import Dataset

EXPLANATION = "说明"
LISTED = ("序号", "原文件", "工作表", "原行号", "本表行号", "退回列", "退回值", "退回原因", "处理办法", "级别")
SEVERITIES = {"refused": "退回", "warning": "提示"}
MAX_ROWS = 1_000_000  # a sheet holds 1 048 576 rows
MAX_COMMENTS = 20_000  # Excel opens more only after minutes; the list has them all
_BATCH = 10_000
_CELL = 32_767  # characters of an Excel cell; a polygon written as text can be longer


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused row: its place, its delivered cells, and (column, value, reason, remedy, severity) of each fault."""

    sheet: str | None
    row: int
    cells: tuple[str | None, ...]
    faults: tuple[tuple[str, str | None, str, str, str], ...]


def write_quarantine(
    con: duckdb.DuckDBPyConnection, dataset: Dataset, table: Table, raw: str, out_folder: Path, *, max_rows: int = MAX_ROWS
) -> list[Path]:
    """One workbook for each delivered file with refused rows (two CSV files when there are more than `max_rows`); the paths written.

    The workbook can be corrected and delivered again: same headers, order and sheet names. Every cell is text, so that nothing is
    damaged twice. Raises ContractError as `map_headers` does.
    """
    headers = [row[0] for row in con.execute(f"DESCRIBE {ident(raw)}").fetchall() if not row[0].startswith("__")]
    mapping = map_headers(headers, dataset, table)
    written: list[Path] = []
    for file, rows in _files(con, dataset):
        out_folder.mkdir(parents=True, exist_ok=True)
        refused = _refused(con, dataset, raw, headers, file)
        layout = _Layout(dataset, table, mapping, tuple(headers), file)
        written += _write_csv(out_folder, layout, refused) if rows > max_rows else [_write_workbook(out_folder, layout, refused)]
    return written


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one delivered file looks."""

    dataset: Dataset
    table: Table
    mapping: Mapping_
    headers: tuple[str, ...]
    file: str

    def path(self, folder: Path, ending: str) -> Path:
        stem = "-".join(PurePath(self.file).with_suffix("").parts)
        return folder / re.sub(r'[\\/:*?"<>|\s]+', "-", f"{self.dataset.name}-{stem}-{ending}").lstrip("-.")

    def header(self, column: str | None, cells: Sequence[str | None]) -> str:
        """The header whose cell is to blame: the filled one of those that feed `column`, else the first.

        What no cell holds (a geometry, a constant, a line that could not be read) is put on the key, else on the first cell.
        """
        sources = [source.header for source in self.mapping.sources.get(column or "", ()) if source.header in self.headers]
        by_header = dict(zip(self.headers, cells, strict=False))
        key = self.mapping.columns.get(self.table.key[0], "") if column else ""
        return next((header for header in (*filter(by_header.get, sources), *sources, key) if header in self.headers), self.headers[0])

    def title(self, column: str) -> str:
        """What the sender calls `column`."""
        return self.mapping.columns.get(column) or next((c.zh for c in self.table.all_columns if c.name == column), "")


def _files(con: duckdb.DuckDBPyConnection, dataset: Dataset) -> list[tuple[str, int]]:
    """Files with refused rows, and how many."""
    return con.execute(
        "SELECT file, count(DISTINCT (sheet, row)) FROM fault WHERE dataset = ? AND severity = 'refused' GROUP BY file ORDER BY file",
        [dataset.name],
    ).fetchall()


def _refused(con: duckdb.DuckDBPyConnection, dataset: Dataset, raw: str, headers: Sequence[str], file: str) -> Iterator[Refused]:
    """Refused rows of `file` in its order. A line that could not be read has its text in the first cell."""
    cells = ", ".join('r."' + header.replace('"', '""') + '"' for header in headers) or "NULL"
    cursor = con.execute(
        f"""
        WITH broken AS (
            SELECT sheet, row, list((column_name, value, reason_zh, remedy_zh, severity) ORDER BY severity, column_name) AS faults,
                bool_or(column_name IS NULL) AS unread
            FROM fault WHERE dataset = $dataset AND file = $file GROUP BY sheet, row HAVING bool_or(severity = 'refused'))
        SELECT b.sheet, b.row, b.faults, b.unread, {cells}
        FROM broken AS b LEFT JOIN (SELECT * FROM {ident(raw)} WHERE __file = $file) AS r
            ON r.__row = b.row AND coalesce(r.__sheet, '') = coalesce(b.sheet, '')
        ORDER BY b.sheet, b.row""",
        {"dataset": dataset.name, "file": file},
    )
    while batch := cursor.fetchmany(_BATCH):
        for sheet, row, faults, unread, *values in batch:
            given = (faults[0][1], *values[1:]) if unread else tuple(values)
            yield Refused(sheet, row, given, tuple(tuple(fault) for fault in faults))


# --- the workbook


def _write_workbook(folder: Path, layout: _Layout, refused: Iterator[Refused]) -> Path:
    path = layout.path(folder, "退回.xlsx")
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(folder), "strings_to_formulas": False}) as book:
        _Workbook(book, layout).fill(refused)
    return path


class _Workbook:
    """One workbook while it is written: rows must be written downwards, sheet by sheet."""

    def __init__(self, book: Any, layout: _Layout) -> None:
        self.layout = layout
        self.book = book
        self.text = book.add_format({"num_format": "@"})
        self.head = book.add_format({"bold": True, "bg_color": "#D9E1F2", "border": 1, "text_wrap": True, "num_format": "@"})
        self.marks = {
            "refused": book.add_format({"bg_color": "#FF6666", "num_format": "@"}),
            "warning": book.add_format({"bg_color": "#FFF2A8", "num_format": "@"}),
        }
        self.comments = 0
        self.listed = 0
        self.sheets: dict[str | None, Any] = {}
        self.next_row: dict[str | None, int] = {}

    def fill(self, refused: Iterator[Refused]) -> None:
        listing: list[tuple[Any, ...]] = []
        for row in refused:
            number = self._row(row)
            listing += [self._entry(row, number, fault) for fault in row.faults]
        self._explain(listing)

    def _row(self, row: Refused) -> int:
        """Write one row; its number as a spreadsheet counts."""
        sheet = self._sheet(row.sheet)
        index = self.next_row[row.sheet]
        self.next_row[row.sheet] += 1
        marks = self._marks(row)
        for place, value in enumerate(row.cells):
            mark = marks.get(place)
            if mark:
                sheet.write_string(index, place, (value or "")[:_CELL], self.marks[mark[0]])
                self._comment(sheet, index, place, mark[1])
            elif value is not None:
                sheet.write_string(index, place, value[:_CELL], self.text)
        return index + 1

    def _marks(self, row: Refused) -> dict[int, tuple[str, str]]:
        """Cell → severity and comment; several faults of one cell share it, the worst giving the colour."""
        marks: dict[int, tuple[str, str]] = {}
        for column, _, reason, remedy, severity in row.faults:
            place = self.layout.headers.index(self.layout.header(column, row.cells))
            said = f"原因：{reason}\n处理：{remedy}"
            known = marks.get(place)
            marks[place] = (known[0], f"{known[1]}\n{said}") if known else (severity, said)
        return marks

    def _comment(self, sheet: Any, index: int, place: int, said: str) -> None:
        self.comments += 1
        if self.comments <= MAX_COMMENTS:
            sheet.write_comment(index, place, said, {"author": "OneScreen", "x_scale": 2, "y_scale": 1.2})

    def _sheet(self, name: str | None) -> Any:
        if name not in self.sheets:
            sheet = self.book.add_worksheet(_sheet_name(name or self.layout.table.zh, self.sheets.values()))
            sheet.set_column(0, len(self.layout.headers) - 1, 16)
            sheet.freeze_panes(1, 0)
            for place, header in enumerate(self.layout.headers):
                sheet.write_string(0, place, header, self.head)
            self.sheets[name], self.next_row[name] = sheet, 1
        return self.sheets[name]

    def _entry(self, row: Refused, number: int, fault: tuple[str, str | None, str, str, str]) -> tuple[Any, ...]:
        column, value, reason, remedy, severity = fault
        self.listed += 1
        title = self.layout.title(column) if column else ""
        return (self.listed, self.layout.file, row.sheet or "", row.row, number, title, value or "", reason, remedy, SEVERITIES[severity])

    def _explain(self, listing: Sequence[tuple[Any, ...]]) -> None:
        sheet = self.book.add_worksheet(_sheet_name(EXPLANATION, self.sheets.values()))
        sheet.set_column(0, len(LISTED) - 1, 14)
        sheet.set_column(7, 8, 46)
        rows = sum(count - 1 for count in self.next_row.values())
        for index, line in enumerate(_how_to(self.layout, rows, self.comments)):
            sheet.write_string(index, 0, line)
        for place, title in enumerate(LISTED):
            sheet.write_string(6, place, title, self.head)
        for index, entry in enumerate(listing[: MAX_ROWS - 7], 7):
            sheet.write_row(index, 0, entry)


def _how_to(layout: _Layout, rows: int, comments: int) -> tuple[str, ...]:
    shape = (
        "本表不含图形，请按编号在原图层中改正后整层重新报送。"
        if layout.table.geometry
        else "请在本表中改正标红单元格后重新报送，或在原文件中改正。"
    )
    more = f"批注只写前{MAX_COMMENTS}处，其余见下表。" if comments > MAX_COMMENTS else "批注写明原因和处理办法，下表为全部清单。"
    return (
        f"{layout.table.zh}（{layout.dataset.name}）：{layout.file} 有 {rows} 行未能入库。",
        "红色单元格为退回原因所在，黄色单元格为提示。" + more,
        shape,
        "表头、列序、工作表名称与原文件一致，请勿改动表头。",
    )


def _sheet_name(name: str, taken: Any) -> str:
    """`name` as Excel allows it, different from the sheets that are there."""
    allowed = re.sub(r"[\[\]:*?/\\']", "-", name)[:28] or "Sheet"
    names = {sheet.get_name().casefold() for sheet in taken}
    return next(candidate for candidate in (allowed, *(f"{allowed}_{n}" for n in range(2, 1000))) if candidate.casefold() not in names)


# --- CSV for what no workbook holds


def _write_csv(folder: Path, layout: _Layout, refused: Iterator[Refused]) -> list[Path]:
    rows, reasons = layout.path(folder, "退回.csv"), layout.path(folder, "退回说明.csv")
    with rows.open("w", encoding="utf-8-sig", newline="") as first, reasons.open("w", encoding="utf-8-sig", newline="") as second:
        row_writer, reason_writer = csv.writer(first), csv.writer(second)
        row_writer.writerow(layout.headers)
        reason_writer.writerow(LISTED)
        listed = 0
        for number, row in enumerate(refused, 2):
            row_writer.writerow([cell or "" for cell in row.cells])
            for column, value, reason, remedy, severity in row.faults:
                listed += 1
                title = layout.title(column) if column else ""
                reason_writer.writerow(
                    [listed, layout.file, row.sheet or "", row.row, number, title, value or "", reason, remedy, SEVERITIES[severity]]
                )
    return [rows, reasons]
