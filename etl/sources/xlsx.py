"""Spreadsheets as people fill them: .xlsx, .xlsm, .xlsb, .xls, .et, .ods; title rows, two-row headers, merged cells, totals, notes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from etl.core.spec import (
    Delivered,
    Evidence,
    Head,
    HeaderPlan,
    Reading,
    ReadOptions,
    Source,
    SourceError,
    advice,
    advice_zh,
    find_header,
    is_note,
    is_total,
    tidy,
)

Cells = list[str | None]


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading for each sheet that holds a table: the named one, or all visible ones whose header is like the first's."""
    with path.open("rb") as handle:
        try:
            book = calamine.CalamineWorkbook.from_filelike(handle)
        except calamine.PasswordError as error:
            raise SourceError(
                f"{path.name} is protected by a password.", remedy="Ask for it without one.",
                zh=f"{path.name} 设有密码保护。", zh_remedy="请提供不设密码的文件。",
            ) from error  # fmt: skip
        except calamine.CalamineError as error:
            raise _no_workbook(path, error) from error
        yield from _sheets(path, book, options)


def _no_workbook(path: Delivered, error: Exception) -> SourceError:
    with path.open("rb") as handle:
        head = handle.read(200).lstrip().lower()
    page = head.startswith((b"<", b"\xef\xbb\xbf<"))
    kind, kind_zh = ("a web page", "其实是网页") if page else (f"no workbook ({error})", f"不是工作簿（{error}）")
    return SourceError(
        f"{path.name} is {kind}, whatever its name says.", remedy="Open it in Excel or WPS and save it as .xlsx.",
        zh=f"{path.name} {kind_zh}，与文件名不符。", zh_remedy="请用 Excel 或 WPS 打开后另存为 .xlsx。",
    )  # fmt: skip


def _sheets(path: Delivered, book: Any, options: ReadOptions) -> Iterator[Reading]:
    first: set[str] | None = None
    passed: list[str] = []
    found: list[Reading] = []
    for name in _wanted(path, book, options.sheet):
        reading = _sheet(path, book.get_sheet_by_name(name), options)
        if reading is None or (first is not None and len(first & set(reading.headers)) * 2 < len(first)):
            passed.append(name)
            continue
        first = first or set(reading.headers)
        found.append(reading)
    if not found:
        raise SourceError(
            f"{path.name} holds no table.", remedy="Check the sheet, or give header_row.",
            zh=f"{path.name} 中没有找到表格。", zh_remedy="请检查工作表，或给出 header_row。",
        )  # fmt: skip
    if passed:
        names = ", ".join(passed)
        found[0].notes.append(Evidence(f"sheets without the same table were left out: {names}", f"以下工作表内容不同，未读取：{names}"))
    yield from found


def _wanted(path: Delivered, book: Any, sheet: str | None) -> list[str]:
    sheets = [meta for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    names = [meta.name for meta in sheets]
    if sheet == "*" or sheet is None:
        return [meta.name for meta in sheets if meta.visible == calamine.SheetVisibleEnum.Visible] or names
    if sheet not in names:
        raise SourceError(
            f"{path.name} has no sheet {sheet!r}.", remedy=advice(sheet, names),
            zh=f"{path.name} 没有工作表 {sheet!r}。", zh_remedy=advice_zh(sheet, names),
        )  # fmt: skip
    return [sheet]


def _sheet(path: Delivered, sheet: Any, options: ReadOptions) -> Reading | None:
    left = sheet.start[1] if sheet.start else 0  # empty columns at the left are not handed out, empty rows at the top are
    merges = [(a[0], max(a[1] - left, 0), b[0], b[1] - left) for a, b in sheet.merged_cell_ranges or () if b[1] >= left]
    leading = _leading(sheet)
    plan = find_header(leading, merges=merges, header_row=options.header_row, header_rows=options.header_rows)
    if plan is None:
        return None
    notes: list[str] = []
    place = f"{plan.first + 1}" if plan.rows == 1 else f"{plan.first + 1}–{plan.data}"
    stands = Evidence(f"header in row {place}", f"表头位于第 {place} 行")
    return Reading(
        file=path.name, sheet=sheet.name, headers=plan.headers, crs=None, encoding=None, evidence=(stands,),
        batches=_batches(sheet, plan, _fills(merges, plan), options.batch_rows, notes),
        rows=max(sheet.total_height - plan.data, 0), notes=notes,
        head=Head(tuple(leading[: plan.data]), plan.first, tuple(merge for merge in merges if merge[2] < plan.data), left),
    )  # fmt: skip


def _leading(sheet: Any) -> list[Cells]:
    rows: list[Cells] = []
    for row in sheet.iter_rows():
        rows.append([cell_text(value) for value in row])
        if len(rows) == 40:
            break
    return rows


def _fills(merges: Sequence[tuple[int, int, int, int]], plan: HeaderPlan) -> dict[tuple[int, int], tuple[int, int]]:
    """Cells below the header that a merged range covers → the cell that holds its value."""
    below = [merge for merge in merges if merge[0] >= plan.data and merge[2] > merge[0]]
    return {(r, c): (top, left) for top, left, bottom, right in below for r in range(top, bottom + 1) for c in range(left, right + 1)}


def _batches(
    sheet: Any, plan: HeaderPlan, fills: dict[tuple[int, int], tuple[int, int]], size: int, notes: list[str]
) -> Iterator[pa.RecordBatch]:
    width = len(plan.headers)
    titles = [header.split("/")[-1] for header in plan.headers]
    rows: list[Cells] = []
    numbers: list[int] = []
    dropped: Counter[str] = Counter()
    for number, cells in _filled(sheet, plan, fills, width):
        reason = _no_data(cells, titles)
        if reason:
            dropped[reason] += 1
            continue
        rows.append(cells)
        numbers.append(number + 1)
        if len(rows) == size:
            yield _batch(rows, numbers, plan.headers)
            rows, numbers = [], []
    yield _batch(rows, numbers, plan.headers)
    notes.extend(_said(dropped, bool(fills)))


def _filled(sheet: Any, plan: HeaderPlan, fills: dict[tuple[int, int], tuple[int, int]], width: int) -> Iterator[tuple[int, Cells]]:
    """(row index, cells) below the header, merged ranges filled into every row that they cover."""
    held: dict[tuple[int, int], str | None] = {}
    anchors = set(fills.values())
    for index, row in enumerate(sheet.iter_rows()):
        if index < plan.data:
            continue
        cells = [cell_text(value) for value in row[:width]]
        for column in range(len(cells)) if fills else ():
            if (index, column) in anchors:
                held[index, column] = cells[column]
            if (index, column) in fills:
                cells[column] = held.get(fills[index, column])
        yield index, cells + [None] * (width - len(cells))


def _no_data(cells: Cells, titles: Sequence[str]) -> str | None:
    """Why a row is no data: blank, total, remark, or the header repeated on a new page; None for data."""
    first = next((index for index, cell in enumerate(cells) if cell), None)
    if first is None:
        return "blank"
    if is_total(cells):
        return "total"
    if cells[first] == titles[first] and all(not cell or tidy(cell) == title for cell, title in zip(cells, titles, strict=True)):
        return "header"
    return "note" if is_note(cells) else None


def _said(dropped: Counter[str], filled: bool) -> Iterator[Evidence]:
    if dropped["total"]:
        yield Evidence(f"{dropped['total']} total rows (合计, 小计) left out", f"{dropped['total']} 个合计/小计行未读取")
    if dropped["note"]:
        yield Evidence(f"{dropped['note']} remark rows below the table left out", f"{dropped['note']} 个表尾说明行未读取")
    if dropped["header"]:
        yield Evidence(f"{dropped['header']} repeated header rows left out", f"{dropped['header']} 个重复表头行未读取")
    if filled:
        yield Evidence("merged cells count for every row that they cover", "合并单元格的值适用于其覆盖的每一行")


def _batch(rows: list[Cells], numbers: list[int], headers: Sequence[str]) -> pa.RecordBatch:
    columns = [pa.array([row[index] for row in rows], pa.string()) for index in range(len(headers))]
    arrays = [*columns, pa.array(numbers, pa.int64()), pa.nulls(len(rows), pa.binary())]
    return pa.RecordBatch.from_arrays(arrays, names=[*headers, "__row", "__wkb"])


def cell_text(value: Any) -> str | None:
    """A cell as text: integers without ".0", dates in ISO form, numbers beyond Excel's 15 digits visibly damaged (3.10115E+17)."""
    if isinstance(value, str):
        return None if value == "" or value.isspace() else value
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float | int):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.15G}"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    return None if value is None else value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


SOURCE = Source(name="xlsx", zh="电子表格", suffixes=(".xlsx", ".xlsm", ".xlsb", ".xls", ".et", ".ett", ".xlt", ".ods"), read=read)
