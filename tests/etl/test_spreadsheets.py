"""Workbooks as people fill them: titles, two-row headers, merged cells, totals, several sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from readings import read

from data.errors import SourceError
from etl.core.spec import header_names


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """A rental register as villages fill it: title, two-row header with merged cells, hidden column, total, signature."""
    book = xlsxwriter.Workbook(tmp_path / "登记表.xlsx")
    sheet = book.add_worksheet("陆家村")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range("A1:H1", "示范镇陆家村租赁户登记表")
    for column, title in zip("ADEFGH", ["序号", "身份证号", "登记日期", "面积", "户号", "住址"], strict=True):
        sheet.merge_range(f"{column}2:{column}3", title)
    sheet.merge_range("B2:C2", "户主")
    sheet.write_row("B3", ["姓名", "电话"])
    sheet.write_row("A4", [1, "张三", 13812345678, "310115198001011234"])
    sheet.write_datetime("E4", dt.date(2023, 5, 1), day)
    sheet.write_row("F4", [120.5, "007"])
    sheet.write_row("A5", [2, "李四", "138 1234 5678", 310115198001011234, 45047, "120㎡", "008"])
    sheet.merge_range("H4:H5", "陆家宅1号")
    sheet.write_row("A7", ["合计", None, None, None, None, 240.5])
    sheet.write("A9", "填表人：王五　审核人：赵六")
    sheet.set_column("C:C", None, None, {"hidden": True})
    book.add_worksheet("代码").hide()
    book.close()
    return tmp_path


def test_a_register_with_title_two_row_header_and_total_reads_as_its_rows(register: Path) -> None:
    found = read(register, "登记表.xlsx")
    assert found.headers == ("序号", "户主/姓名", "户主/电话", "身份证号", "登记日期", "面积", "户号", "住址")
    assert [row["__row"] for row in found.rows] == [4, 5]
    assert found.rows[0] | {"__wkb": None, "__row": 4} == {
        "序号": "1", "户主/姓名": "张三", "户主/电话": "13812345678", "身份证号": "310115198001011234", "登记日期": "2023-05-01",
        "面积": "120.5", "户号": "007", "住址": "陆家宅1号", "__row": 4, "__wkb": None,
    }  # fmt: skip
    assert "header in row 2–3" in found.evidence and "1 total rows" in found.evidence and "1 remark rows" in found.evidence


def test_a_damaged_id_number_stays_visibly_damaged_and_a_serial_stays_a_number(register: Path) -> None:
    second = read(register, "登记表.xlsx").rows[1]
    assert second["身份证号"] == "3.10115198001011E+17"
    assert second["登记日期"] == "45047" and second["面积"] == "120㎡"


def test_a_vertically_merged_cell_counts_for_every_row_that_it_covers(register: Path) -> None:
    found = read(register, "登记表.xlsx")
    assert [row["住址"] for row in found.rows] == ["陆家宅1号"] * 2 and "merged cells" in found.evidence


def test_a_joined_header_is_recognised_by_its_parts() -> None:
    assert header_names("户主/姓名") == ("户主/姓名", "户主姓名", "姓名") and header_names("姓名") == ("姓名",)


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> None:
    book = xlsxwriter.Workbook(path)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    book.close()


def test_sheets_with_the_same_header_are_read_and_others_are_named(tmp_path: Path) -> None:
    header = ["编号", "姓名", "电话"]
    sheets = {"一村": [header, ["1", "张三", "a"]], "二村": [header, ["2", "李四", "b"]], "填表说明": [["说明", "内容"], ["x", "y"]]}
    workbook(tmp_path / "a.xlsx", sheets)
    found = read(tmp_path, "a.xlsx")
    assert [row["编号"] for row in found.rows] == ["1", "2"] and found.sheets == ["一村", "二村"]
    assert "填表说明" in found.evidence
    assert [row["说明"] for row in read(tmp_path, "a.xlsx", sheet="填表说明").rows] == ["x"]
    with pytest.raises(SourceError, match="no sheet '三村'"):
        read(tmp_path, "a.xlsx", sheet="三村")


def test_a_sheet_that_starts_below_and_beside_the_corner_keeps_its_row_numbers(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", {"表": [[], [], [None, None, "编号", "名称"], [None, None, "001", "甲"], [], [None, None, "002", "乙"]]})
    found = read(tmp_path, "a.xlsx")
    assert [(row["__row"], row["编号"]) for row in found.rows] == [(4, "001"), (6, "002")]


def test_a_header_repeated_on_every_page_is_no_data(tmp_path: Path) -> None:
    header = ["编号", "姓名"]
    workbook(tmp_path / "a.xlsx", {"表": [header, ["1", "张三"], header, ["2", "李四"]]})
    assert [row["编号"] for row in read(tmp_path, "a.xlsx").rows] == ["1", "2"]


def test_a_web_page_called_xls_is_refused_for_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "导出.xls").write_text("<html><table><tr><td>1</td></tr></table></html>", encoding="utf-8")
    with pytest.raises(SourceError, match="is a web page"):
        read(tmp_path, "导出.xls")
