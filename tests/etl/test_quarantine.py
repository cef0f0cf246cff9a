"""Refused rows come back in the layout of their sender, marked and explained, and can be corrected and delivered again."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from delivered import checked, dataset, make_raw

from data.schema import TABLES
from data.store.duck import connect
from etl.core import quarantine
from etl.core.quarantine import write_quarantine
from etl.core.read import read_dataset
from etl.core.spec import Damaged

HEADERS = ["序号", "房屋编号", "基本信息/地址", "层数", "备注"]
ROWS = [
    ("1", "007", "甲路1号", "2", None),
    ("2", "", "乙路2号", "130", "=1+1"),
    ("3", "007", "丙路3号", "3", "310115198503051234"),
    ("4", "008", "丁路4号", "x", None),
]
FILES: list[tuple[str, str | None]] = [
    ("房屋/甲村.xlsx", "一组"),
    ("房屋/甲村.xlsx", "一组"),
    ("房屋/甲村.xlsx", "二组"),
    ("房屋/乙村.xlsx", "表"),
]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(extensions=())
    yield connection
    connection.close()


@pytest.fixture
def book(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Any:
    checked(con, "house", HEADERS, ROWS, files=FILES, name="houses")
    path, _ = write_quarantine(con, dataset("house", name="houses"), TABLES["house"], "raw", tmp_path)
    assert path.name == "houses-房屋-甲村-退回.xlsx"
    return openpyxl.load_workbook(path)


def cells(sheet: Any) -> list[list[str | None]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_refused_rows_come_back_alone_with_their_sheets_headers_and_order(book: Any) -> None:
    assert book.sheetnames == ["一组", "二组", "说明"]
    assert cells(book["一组"]) == [HEADERS, ["2", "", "乙路2号", "130", "=1+1"]]
    assert cells(book["二组"]) == [HEADERS, ["3", "007", "丙路3号", "3", "310115198503051234"]]


def test_every_cell_is_text_so_that_nothing_is_damaged_twice(book: Any) -> None:
    for row in book["二组"].iter_rows(min_row=2):
        assert all(cell.number_format == "@" and cell.data_type == "s" for cell in row)
    assert book["一组"]["E2"].data_type == "s"  # what looks like a formula stays text


def test_cells_to_blame_are_red_with_reason_and_remedy_and_doubtful_ones_yellow(book: Any) -> None:
    missing = book["一组"]["B2"]
    assert missing.fill.fgColor.rgb == "FFFF6666"
    assert missing.comment.text == "原因：必填项“房屋编号”为空\n处理：请补填。"
    doubtful = book["一组"]["D2"]
    assert doubtful.fill.fgColor.rgb == "FFFFF2A8"
    assert "超出范围1–120 层" in doubtful.comment.text
    assert book["一组"]["C2"].comment is None
    assert "与一组 第2行重复" in book["二组"]["B2"].comment.text


def test_the_list_names_file_sheet_row_header_value_reason_and_remedy(book: Any) -> None:
    rows = cells(book["说明"])
    start = next(number for number, row in enumerate(rows) if row[0] == "序号")
    assert rows[start] == ["序号", "原文件", "工作表", "原行号", "本表行号", "退回列", "退回值", "退回原因", "处理办法", "级别"]
    assert [row[1:7] + row[9:] for row in rows[start + 1 :]] == [
        ["房屋/甲村.xlsx", "一组", 3, 2, "房屋编号", None, "退回"],
        ["房屋/甲村.xlsx", "一组", 3, 2, "层数", "130", "提示"],
        ["房屋/甲村.xlsx", "二组", 4, 2, "房屋编号", "007", "退回"],
    ]
    assert "退回 2 行" in str(rows[0][0])


def test_rows_that_were_loaded_without_a_value_come_back_in_a_workbook_of_their_own_marked_yellow(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    checked(con, "house", HEADERS, [*ROWS, ("5", "009", "戊路5号", "4", None)], files=[*FILES, FILES[-1]], name="houses")
    _, path = write_quarantine(con, dataset("house", name="houses"), TABLES["house"], "raw", tmp_path)
    assert path.name == "houses-房屋-乙村-提示.xlsx"
    book = openpyxl.load_workbook(path)
    assert cells(book["表"]) == [HEADERS, ["4", "008", "丁路4号", "x", None]]
    assert book["表"]["D2"].fill.fgColor.rgb == "FFFFF2A8" and "不是数值" in book["表"]["D2"].comment.text
    told = "\n".join(str(row[0]) for row in cells(book["说明"]))
    assert "有 1 行带提示入库。" in told and "该行已入库，但没有这个值" in told
    assert "标红" not in told


def test_a_slip_that_doubts_a_whole_register_comes_back_with_its_first_rows_and_says_how_many_there_are(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MAX_DOUBTED", 2)
    rows = [(str(n), f"H{n}", "路", "x" if n else "2", None) for n in range(6)] + [("9", "", "路", "2", None)]
    checked(con, "house", HEADERS, rows, name="houses")
    refused, doubted = (
        openpyxl.load_workbook(path) for path in write_quarantine(con, dataset("house", name="houses"), TABLES["house"], "raw", tmp_path)
    )
    assert [row[0] for row in cells(doubted["房屋"])[1:]] == ["1", "2"]
    told = [row[0] for row in cells(doubted["说明"])]
    assert "有 5 行带提示入库，本表只列前 2 行" in str(told[0]) and "全部原因清单" in "".join(map(str, told))
    assert [row[0] for row in cells(refused["房屋"])[1:]] == ["9"] and "退回 1 行" in str(refused["说明"]["A1"].value)


def test_a_corrected_workbook_can_be_delivered_again(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    checked(con, "house", HEADERS, ROWS, files=FILES, name="houses")
    path, _ = write_quarantine(con, dataset("house", name="houses"), TABLES["house"], "raw", tmp_path)
    book = openpyxl.load_workbook(path)
    book["一组"]["B2"], book["一组"]["D2"], book["二组"]["B2"] = "009", "3", "010"
    book.save(path)
    readings = [
        (reading.headers, [row for batch in reading.batches for row in batch.to_pylist()]) for reading in read_dataset(tmp_path, path.name)
    ]
    assert [headers for headers, _ in readings] == [tuple(HEADERS)] * 2  # the list of reasons is no data
    rows = [tuple(row[header] for header in HEADERS) for _, batch in readings for row in batch]
    found = checked(con, "house", HEADERS, rows, name="again")
    assert [(row["house_id"], row["address"]) for row in found.rows] == [("009", "乙路2号"), ("010", "丙路3号")]
    assert found.faults == []


def test_a_file_without_refused_rows_gets_no_workbook(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    checked(con, "house", HEADERS, ROWS[:1], name="houses")
    assert write_quarantine(con, dataset("house", name="houses"), TABLES["house"], "raw", tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_a_line_that_could_not_be_read_comes_back_as_its_text(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    line = Damaged(row=9, text='5,"未完', reason_en="the quote is never closed", reason_zh="引号没有闭合")
    checked(con, "house", HEADERS, ROWS[:1], name="houses", damaged=[("表.csv", None, line)])
    (path,) = write_quarantine(con, dataset("house", name="houses"), TABLES["house"], "raw", tmp_path)
    sheet = openpyxl.load_workbook(path)["房屋"]
    assert sheet["A2"].value == '5,"未完'
    assert "引号没有闭合" in sheet["A2"].comment.text


def test_the_cell_of_the_header_that_was_used_is_marked(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    headers = ["案件编号", "对象编号", "对象类别", "立案日期", "日期"]
    fields = {"opened_on": ("立案日期", "日期")}
    checked(con, "casework", headers, [("1", "H1", "房屋", "", "26.1.5")], name="cases", fields=fields)
    (path,) = write_quarantine(con, dataset("casework", name="cases", fields=fields), TABLES["casework"], "raw", tmp_path)
    sheet = openpyxl.load_workbook(path)["处置台账"]
    assert sheet["D2"].comment is None
    assert "年份只有两位" in sheet["E2"].comment.text


def test_more_rows_than_a_sheet_holds_become_csv(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    checked(con, "house", HEADERS, ROWS, files=FILES, name="houses")
    *sheets, reasons, _ = write_quarantine(con, dataset("house", name="houses"), TABLES["house"], "raw", tmp_path, max_rows=1)
    assert [path.name for path in sheets] == ["houses-房屋-甲村-退回.csv", "houses-房屋-甲村-退回-2.csv"]
    found = []
    for path in sheets:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            found.append(list(csv.reader(handle)))
    assert found == [[HEADERS, ["2", "", "乙路2号", "130", "=1+1"]], [HEADERS, ["3", "007", "丙路3号", "3", "310115198503051234"]]]
    with reasons.open(encoding="utf-8-sig", newline="") as handle:
        assert [row[3] for row in csv.reader(handle)] == ["原行号", "3", "3", "4"]


def test_a_fault_of_another_stage_without_a_cell_is_put_on_the_key(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    make_raw(con, HEADERS, ROWS)
    checked(con, "house", HEADERS, ROWS[:1], name="houses")
    texts = "'没有图形', 'no shape', '补画', 'draw'"
    con.execute(f"INSERT INTO fault VALUES ('houses', '表.csv', NULL, 2, 'geom', NULL, 'geometry_missing', {texts}, 'refused')")
    (path,) = write_quarantine(con, dataset("house", name="houses"), TABLES["house"], "raw", tmp_path)
    assert "没有图形" in openpyxl.load_workbook(path)["房屋"]["B2"].comment.text
