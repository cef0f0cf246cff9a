"""The workbook of refused or doubted rows: the delivered sheets with titles and headers, bad cells coloured, reasons as comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from etl.core.returned import Refused, Returned, Sheet

EXPLANATION = "说明"
REASON = "退回原因"  # the column beside the rows when there are more marks than a workbook bears comments
LISTED = ("序号", "原文件", "工作表", "原行号", "本表行号", "退回列", "退回值", "退回原因", "处理办法", "级别")
MAX_COMMENTS = 20_000  # Excel opens more only after minutes
MAX_LISTED = 1_000_000
_CELL = 32_767  # characters of an Excel cell; a polygon written as text can be longer
_SHEET_NAME = 31


def write_workbook(returned: Returned, refused: Iterator[Refused]) -> list[Path]:
    """Write `refused`, sorted by sheet, to the path of `returned`, and return it as a list of one.

    Beyond 20 000 marked cells the rest is marked by colour alone, and a column at the right gives every row its reasons.
    """
    options = {"constant_memory": True, "tmpdir": str(returned.path.parent), "strings_to_formulas": False}
    with xlsxwriter.Workbook(str(returned.path), options) as book:
        _Workbook(book, returned).fill(refused)
    return [returned.path]


@dataclass
class _Page:
    """A sheet while it is written, downwards only."""

    look: Sheet
    sheet: Any
    next_row: int

    @property
    def reason_place(self) -> int:
        return self.look.head.left + len(self.look.columns)


class _Workbook:
    """One workbook while it is written."""

    def __init__(self, book: Any, returned: Returned) -> None:
        self.book, self.returned, self.layout = book, returned, returned.layout
        self.reasons_beside = returned.faults > MAX_COMMENTS
        self.text = book.add_format({"num_format": "@"})
        self.title = book.add_format({"bold": True, "font_size": 14, "align": "center", "num_format": "@"})
        self.head = book.add_format(
            {"bold": True, "bg_color": "#D9E1F2", "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True, "num_format": "@"}
        )
        self.marks = {
            "refused": book.add_format({"bg_color": "#FF6666", "num_format": "@"}),
            "warning": book.add_format({"bg_color": "#FFF2A8", "num_format": "@"}),
        }
        self.comments = 0
        self.cut = 0  # cells that were too long
        self.renamed = False  # a sheet had a name that a workbook does not take
        self.pages: dict[str | None, _Page] = {}

    def fill(self, refused: Iterator[Refused]) -> None:
        """Write every row, then the explanation."""
        listing: list[tuple[Any, ...]] = []
        for row in refused:
            number = self._row(row)
            for fault in row.faults[: MAX_LISTED - len(listing)]:
                listing.append(self.layout.entry(len(listing) + 1, row, number, fault))
        self._explain(listing)

    # --- the delivered sheets

    def _row(self, row: Refused) -> int:
        """Write one row; its number as a spreadsheet counts."""
        page = self._page(row)
        index, left = page.next_row, page.look.head.left
        page.next_row += 1
        marks = self._marks(row, page.look)
        write = page.sheet.write_string
        for place, value in enumerate(page.look.cells(row)):
            mark = marks.get(place)
            if value is None and not mark:
                continue
            self.cut += len(value or "") > _CELL
            write(index, left + place, (value or "")[:_CELL], self.marks[mark[0]] if mark else self.text)
            if mark:
                self._comment(page.sheet, index, left + place, mark[1])
        if self.reasons_beside:
            write(index, page.reason_place, "\n".join(said for _, said in marks.values())[:_CELL], self.text)
        return index + 1

    def _marks(self, row: Refused, look: Sheet) -> dict[int, tuple[str, str]]:
        """Cell → severity and comment; several faults of one cell share it, the worst giving the colour."""
        marks: dict[int, tuple[str, str]] = {}
        for column, _, reason, remedy, severity in row.faults:
            place = self.layout.place(column, row, look)
            said = f"原因：{reason}\n处理：{remedy}"
            known = marks.get(place)
            marks[place] = (known[0], f"{known[1]}\n{said}") if known else (severity, said)
        return marks

    def _comment(self, sheet: Any, index: int, place: int, said: str) -> None:
        self.comments += 1
        if self.comments <= MAX_COMMENTS:
            sheet.write_comment(index, place, said[:_CELL], {"author": "OneScreen", "x_scale": 2, "y_scale": 1.2})

    def _page(self, row: Refused) -> _Page:
        if row.sheet not in self.pages:
            wanted = row.sheet or self.layout.table.zh
            name = _sheet_name(wanted, [page.sheet for page in self.pages.values()])
            self.renamed = self.renamed or (row.sheet is not None and name != wanted)
            look = self.layout.sheet(row.file, row.sheet)
            page = _Page(look, self.book.add_worksheet(name), len(look.head.rows))
            self.pages[row.sheet] = page
            self._head(page)
        return self.pages[row.sheet]

    def _head(self, page: _Page) -> None:
        """What stood above the rows, with its merged cells. Cells go row by row: merge_range would write downwards first."""
        head, sheet = page.look.head, page.sheet
        last = page.reason_place - (not self.reasons_beside)
        sheet.set_column(head.left, last, 16)
        sheet.freeze_panes(len(head.rows), 0)
        for index, cells in enumerate(head.rows):
            is_title = index < head.first
            for place in range(last - head.left + 1):
                value = cells[place] if place < len(cells) else None
                if place + head.left == page.reason_place:
                    value = REASON if index == len(head.rows) - 1 else None
                if value:
                    sheet.write_string(index, head.left + place, value, self.title if is_title else self.head)
                elif not is_title:
                    sheet.write_blank(index, head.left + place, None, self.head)
        sheet.merge += [[top, left + head.left, bottom, right + head.left] for top, left, bottom, right in head.merges]

    # --- the explanation

    def _explain(self, listing: list[tuple[Any, ...]]) -> None:
        sheet = self.book.add_worksheet(_sheet_name(EXPLANATION, [page.sheet for page in self.pages.values()]))
        sheet.set_column(0, len(LISTED) - 1, 14)
        sheet.set_column(7, 8, 46)
        lines = list(self._how_to(len(listing)))
        for index, line in enumerate(lines):
            sheet.write_string(index, 0, line)
        for place, title in enumerate(LISTED):
            sheet.write_string(len(lines) + 1, place, title, self.head)
        for index, entry in enumerate(listing, len(lines) + 2):
            for place, value in enumerate(entry):
                if value != "":
                    (sheet.write_number if isinstance(value, int) else sheet.write_string)(index, place, value)

    def _how_to(self, listed: int) -> Iterator[str]:
        returned = self.returned
        yield from self._what_came_back()
        if self.reasons_beside:
            yield f"批注只写前 {MAX_COMMENTS} 处，每行的全部原因和处理办法见最右的“{REASON}”列，该列不入库。"
        else:
            yield "批注写明原因和处理办法。"
        yield f"下表为{'全部' if listed == returned.faults else f'前 {listed} 条（共 {returned.faults} 条）'}原因清单。"
        yield from self._about_layout()
        yield self._what_to_do()

    def _what_came_back(self) -> Iterator[str]:
        returned = self.returned
        what = f"{self.layout.table.zh}（{self.layout.dataset.name}）：{returned.file}"
        if returned.severity == "refused":
            yield f"{what} 退回 {returned.rows} 行。合格行和合计行不在本表中。"
            yield "红色单元格为退回原因所在，黄色单元格为提示，不影响入库；不在某一单元格的问题（如图形、无法读取的行）标在编号或首列。"
            return
        rest = f"，本表只列前 {returned.rows} 行" if returned.left_out else ""
        yield f"{what} 有 {returned.rows + returned.left_out} 行带提示入库{rest}。退回行、合格行和合计行不在本表中。"
        yield "黄色单元格的值无法使用，该行已入库，但没有这个值；图形已修复、号码存疑的，按修复后的图形和原号码入库。"

    def _about_layout(self) -> Iterator[str]:
        looks = [page.look for page in self.pages.values()]
        if all(look.known for look in looks):
            named = "、工作表名称" if None not in self.pages and not self.renamed else ""
            yield f"标题行、表头（含合并单元格）、列序{named}与原文件一致，请勿改动；字体、颜色、列宽等格式不保留，所有单元格为文本格式。"
        else:
            yield "列名与列序同原数据，请勿改动；所有单元格为文本格式。"
        if self.renamed:
            yield "部分工作表名称含有 Excel 不允许的字符或过长，已改名；原名见下表“工作表”列。"
        if self.cut:
            yield f"{self.cut} 个单元格超过 Excel 的长度限制（{_CELL} 字），已截断，请以原文件为准。"

    def _what_to_do(self) -> str:
        known = all(page.look.known for page in self.pages.values())
        if self.layout.table.geometry and not known:
            return "本表不含图形，请按编号在原图层中改正后整层重新报送。"
        if self.returned.severity == "warning":
            return "改正方法：在原文件中改正标黄单元格后整份重新报送。这些行已入库，本表请勿与原文件一起报送，否则编号重复。"
        return (
            "改正方法：在原文件中改正后整份重新报送；或在本表中改正标红单元格，与原文件一起报送（两个文件都要列入该数据集）。"
            "报送按整份更新，只报本表会使未列出的行被当作已删除。"
        )


def _sheet_name(name: str, taken: list[Any]) -> str:
    """`name` as Excel allows it, different from the sheets that are there."""
    allowed = re.sub(r"[\[\]:*?/\\]", "-", name).strip("'")[:_SHEET_NAME] or "Sheet"
    names = {sheet.get_name().casefold() for sheet in taken} | {"history"}
    others = (f"{allowed[: _SHEET_NAME - 5]}_{n}" for n in range(2, 10_000))
    return next(candidate for candidate in (allowed, *others) if candidate.casefold() not in names)
