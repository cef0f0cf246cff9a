"""An empty workbook to fill in: Chinese headers, lists to choose from, units and meanings as comments; `etl load` reads it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from data.codes import code_list
from data.errors import SettingsError
from data.schema import Column, Table
from etl.core.mapping import required_names

GUIDE, LISTS = "填写说明", "代码"
SERIAL, EXAMPLE = "序号", "示例"
FIRST_ROW, LAST_ROW = 4, 20_004  # rows (from 0) that validation covers; row 3 holds the example
_HEADER_ROW = 2
_EXAMPLES = {
    "text": "示例文字", "integer": "3", "number": "1.5", "area_m2": "120", "year": "1985", "date": "2023-05-01", "yes_no": "是",
    "id_number": "（18位，文本格式）", "phone": "13800000000", "list": "甲、乙", "key": "A0001", "code": "",
}  # fmt: skip
_KINDS = {
    "text": "文字", "code": "从列表中选择", "key": "编号，文本格式，保留前导零", "integer": "整数", "number": "数值",
    "area_m2": "数值，平方米", "year": "四位年份", "date": "日期，如 2023-05-01", "yes_no": "是 或 否", "id_number": "18位，文本格式",
    "phone": "11位手机号码或带区号的固定电话", "list": "多个值以顿号分隔",
}  # fmt: skip
# A table of points is placed by these; the header names are those that the readers look for.
_POINT = (
    Column("lon", "number", "经度", "Longitude", "大地经度，十进制度（CGCS2000）"),
    Column("lat", "number", "纬度", "Latitude", "大地纬度，十进制度（CGCS2000）"),
)


def write_template(table: Table, path: Path) -> None:
    """Write an empty .xlsx for `table`: title, explanation, header, one example row that the check leaves out.

    Raises SettingsError when `path` has another suffix: what is written is a workbook, and no program would open it as anything else.
    """
    if path.suffix.lower() != ".xlsx":
        whole = path.with_suffix(".xlsx")
        raise SettingsError(
            f"A template is a workbook, and {path} has the suffix {path.suffix or '(none)'}.", remedy=f"Give a name such as {whole}.",
            zh=f"模板是 .xlsx 工作簿，而 {path} 的后缀是 {path.suffix or '（无）'}。", zh_remedy=f"请改用如 {whole} 的文件名。",
        )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"tmpdir": str(path.parent)}) as book:
        _Template(book, table).fill()


def template_columns(table: Table) -> tuple[Column, ...]:
    """Columns that a sender fills in: the delivered ones, the place of a point, the day of verification."""
    hashed = set(table.key) if table.key_from else set()
    verified = tuple(column for column in table.all_columns if column.name == "verified_on")
    return (*(c for c in table.columns if c.name not in hashed), *(_POINT if table.geometry == "point" else ()), *verified)


@dataclass(frozen=True)
class _Template:
    book: Any
    table: Table

    def fill(self) -> None:
        sheet = self.book.add_worksheet(self.table.zh)
        guide = self.book.add_worksheet(GUIDE)
        lists = self.book.add_worksheet(LISTS)
        columns = template_columns(self.table)
        places = self._lists(lists, columns)
        self._head(sheet, columns)
        for place, column in enumerate(columns, 1):
            self._column(sheet, place, column, places.get(column.codes or ""))
        self._guide(guide, columns)
        lists.hide()
        sheet.activate()

    def _format(self, **more: Any) -> Any:
        return self.book.add_format({"num_format": "@", "valign": "vcenter", **more})

    def _head(self, sheet: Any, columns: tuple[Column, ...]) -> None:
        last = len(columns)
        sheet.merge_range(0, 0, 0, last, f"{self.table.zh}采集表", self._format(bold=True, font_size=16, align="center"))
        told = "带 * 的列必填；编号、身份证号、电话均为文本格式；鼠标停在表头上可看含义和单位；示例行不会入库，可保留。"
        if self.table.geometry not in (None, "point"):
            told += "图形另以矢量文件（shp、gpkg 等）报送，按编号对应。"
        sheet.merge_range(1, 0, 1, last, told, self._format(font_color="#666666", text_wrap=True))
        sheet.set_row(1, 30)
        sheet.write_string(_HEADER_ROW, 0, SERIAL, self._format(bold=True, bg_color="#D9E1F2", border=1))
        sheet.write_string(_HEADER_ROW + 1, 0, EXAMPLE, self._format(italic=True, font_color="#888888"))
        sheet.freeze_panes(_HEADER_ROW + 1, 1)

    def _column(self, sheet: Any, place: int, column: Column, source: str | None) -> None:
        required = column.name in required_names(self.table)
        fill = "#FCE4D6" if required else "#D9E1F2"
        sheet.set_column(place, place, max(12, 2 * len(_header(column)) + 4), self._format())
        sheet.write_string(
            _HEADER_ROW,
            place,
            ("*" if required else "") + _header(column),
            self._format(bold=True, bg_color=fill, border=1, text_wrap=True),
        )
        sheet.write_comment(
            _HEADER_ROW, place, "\n".join(_explained(column, required)), {"author": "OneScreen", "x_scale": 2, "y_scale": 1.5}
        )
        sheet.write_string(_HEADER_ROW + 1, place, _example(column), self._format(italic=True, font_color="#888888"))
        if rule := _validation(column, source):
            sheet.data_validation(FIRST_ROW, place, LAST_ROW, place, rule)

    def _lists(self, sheet: Any, columns: tuple[Column, ...]) -> dict[str, str]:
        """Write each code list down one column of the hidden sheet; list → its cells, for validation (255 characters fit in no rule)."""
        places: dict[str, str] = {}
        for place, codes in enumerate(dict.fromkeys(column.codes for column in columns if column.codes)):
            names = [code.zh for code in code_list(codes)]
            sheet.write_string(0, place, codes)
            sheet.write_column(1, place, names)
            letter = xlsxwriter.utility.xl_col_to_name(place)
            places[codes] = f"='{LISTS}'!${letter}$2:${letter}${len(names) + 1}"
        return places

    def _guide(self, sheet: Any, columns: tuple[Column, ...]) -> None:
        sheet.set_column(0, 5, 20)
        sheet.set_column(5, 5, 80)
        for place, title in enumerate(("列名", "必填", "怎么填", "单位", "英文名", "可选值或含义")):
            sheet.write_string(0, place, title, self._format(bold=True, bg_color="#D9E1F2"))
        for row, column in enumerate(columns, 1):
            required = "是" if column.name in required_names(self.table) else ""
            sheet.write_row(row, 0, (column.zh, required, _KINDS[column.kind], column.unit, column.en, _choices(column) or column.meaning))


def _header(column: Column) -> str:
    return f"{column.zh}({column.unit})" if column.unit and column.unit[0] != "/" else column.zh


def _explained(column: Column, required: bool) -> Iterator[str]:
    yield f"{column.zh} / {column.en}" + ("（必填）" if required else "")
    yield f"填写：{_KINDS[column.kind]}" + (f"，单位 {column.unit}" if column.unit else "")
    if column.low is not None or column.high is not None:
        span = f"{_plain(column.low)}–{_plain(column.high)}"
        yield f"范围：起始日期后 {span} 天" if column.after else f"范围：{span}"
    if choices := _choices(column):
        yield f"可选：{choices}"
    if column.meaning:
        yield column.meaning


def _choices(column: Column) -> str:
    return "、".join(code.zh for code in code_list(column.codes)) if column.codes else ""


def _example(column: Column) -> str:
    if column.codes:
        return code_list(column.codes)[0].zh
    return {"lon": "121.70000", "lat": "31.20000"}.get(column.name, _EXAMPLES[column.kind])


def _validation(column: Column, source: str | None) -> dict[str, Any] | None:
    """The rule for the cells of `column`. Dates and numbers are text cells and checked on loading, where more spellings are understood."""
    chosen: dict[str, Any]
    if source:
        chosen = {"validate": "list", "source": source}
    elif column.kind == "yes_no":
        chosen = {"validate": "list", "source": ["是", "否"]}
    else:
        return None
    return {**chosen, "error_title": "不在列表中", "error_message": f"请从列表中选择{column.zh}。", "error_type": "stop"}


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
