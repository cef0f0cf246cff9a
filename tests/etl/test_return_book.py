"""What goes back looks as it came: titles, two-row headers, merged cells, columns, sheet names; corrected, it loads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyogrio
import pytest
import xlsxwriter
from delivered import DELIVERED, TODAY, dataset, dicts
from geopandas import GeoDataFrame
from rich.console import Console
from shapely import Point

from data.schema import TABLES
from data.store.duck import connect
from etl.core import return_book
from etl.core.contract import check, create_fault_table
from etl.core.id_number import check_character
from etl.core.intake import Intake, read_into
from etl.core.mapping import map_headers
from etl.core.quarantine import write_quarantine
from etl.core.report import Report
from etl.core.town_file import Dataset

TITLE = "陆家村流动人口登记表"
GROUPS = {"基本信息": ["姓名", "性别", "身份证号码"], "居住信息": ["房屋编号", "来本地日期"]}
MERGES = {"A1:G1", "A2:A3", "B2:D2", "E2:F2", "G2:G3"}
GOOD, SECOND, THIRD = (f"{first}{check_character(first)}" for first in ("99011519800307123", "99011519911123649", "99011519830210651"))
PEOPLE = [
    (1, "金琪语", "男", GOOD, "007", "2025-03-07", ""),
    (2, "韩宁斌", "男", "9.90115198911236E+17", "008", "2025/9/24", "急"),
    (3, "邓志斌", "男", THIRD[:-1] + "?", "009", "2024-12-18", "缺"),
]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(extensions=())
    yield connection
    connection.close()


def register(path: Path, sheets: dict[str, list[tuple[Any, ...]]], left: int = 0) -> None:
    """A register as villages send it: merged title, header of two rows with merged groups, serial number, total row."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.merge_range(0, left, 0, left + 6, TITLE)
            sheet.merge_range(1, left, 2, left, "*序号")
            at = left + 1
            for group, columns in GROUPS.items():
                sheet.merge_range(1, at, 1, at + len(columns) - 1, group)
                sheet.write_row(2, at, columns)
                at += len(columns)
            sheet.merge_range(1, at, 2, at, "备注")
            for index, row in enumerate(rows, 3):
                sheet.write_row(index, left, row)
            sheet.write_row(len(rows) + 3, left, ["合计", f"共{len(rows)}条"])


def migrants(file: str, **more: Any) -> Dataset:
    return dataset("person", name="migrants", file=file, constants={"category": "migrant", "id_type": "111"}, **more)


def returned(
    con: duckdb.DuckDBPyConnection, folder: Path, given: Dataset, max_rows: int = 1_000_000
) -> tuple[list[Path], list[dict[str, Any]]]:
    """Read, check and give back; what was written, and the rows that stay."""
    with Report(Console(file=io.StringIO())).stage("read", given.name) as stage:
        intake: Intake = read_into(con, given, folder, stage)
    table = TABLES[given.table]
    mapping = map_headers(intake.headers, given, table)
    check(con, intake.raw, "clean", given, table, mapping, TODAY, DELIVERED, synthetic=True, damaged=intake.damaged)
    written = write_quarantine(con, given, table, intake.raw, folder / "back", intake.sheets, max_rows=max_rows)
    con.execute(f"DROP TABLE {intake.raw}")
    return written, dicts(con, "FROM clean ORDER BY __row")


def merges(sheet: Any) -> set[str]:
    return {str(found) for found in sheet.merged_cells.ranges}


def top(sheet: Any, rows: int) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(max_row=rows)]


def test_a_register_comes_back_with_its_title_header_merged_cells_columns_and_sheet_name(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    register(tmp_path / "陆家村.xlsx", {"流动人口": PEOPLE})
    (path,), _ = returned(con, tmp_path, migrants("陆家村.xlsx"))
    book, sent = openpyxl.load_workbook(path), openpyxl.load_workbook(tmp_path / "陆家村.xlsx")
    assert book.sheetnames == ["流动人口", "说明"]
    sheet = book["流动人口"]
    assert top(sheet, 3) == top(sent["流动人口"], 3)
    assert merges(sheet) == merges(sent["流动人口"]) == MERGES
    assert [cell.value for cell in sheet[4]] == ["2", "韩宁斌", "男", "9.90115198911236E+17", "008", "2025/9/24", "急"]
    assert [cell.value for cell in sheet["A"][4:]] == ["3"], "refused rows follow each other, without the total"
    marked = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    assert marked == {"D4", "D5"} and sheet["D4"].fill.fgColor.rgb == "FFFF6666"
    assert "科学计数" in sheet["D4"].comment.text and "处理：" in sheet["D4"].comment.text


def test_a_corrected_register_goes_through_the_reader_and_its_rows_load(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    register(tmp_path / "陆家村.xlsx", {"流动人口": PEOPLE})
    (path,), kept = returned(con, tmp_path, migrants("陆家村.xlsx"))
    assert [row["name"] for row in kept] == ["金琪语"]
    book = openpyxl.load_workbook(path)
    book["流动人口"]["D4"], book["流动人口"]["D5"] = SECOND, THIRD
    book.save(tmp_path / "改正.xlsx")
    again, loaded = returned(con, tmp_path, migrants("改正.xlsx"))
    assert again == [] and con.execute("SELECT count(*) FROM fault").fetchone() == (0,)
    assert [(row["name"], row["house_id"], row["__sheet"], row["__row"]) for row in loaded] == [
        ("韩宁斌", "008", "流动人口", 4), ("邓志斌", "009", "流动人口", 5),
    ]  # fmt: skip


def test_every_sheet_comes_back_under_its_name_and_an_offset_table_where_it_stood(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    name = "一个长度恰好是三十一个字符的工作表名称用来检查名称不会被截断掉"
    register(tmp_path / "a.xlsx", {name: PEOPLE, "二组": [(1, "某", "男", "", "", "", "")]}, left=2)
    (path,), _ = returned(con, tmp_path, migrants("a.xlsx"))
    book = openpyxl.load_workbook(path)
    assert len(name) == 31 and book.sheetnames == [name, "二组", "说明"]
    assert book["二组"]["C2"].value == "*序号" and "C1:I1" in merges(book["二组"])
    assert book["二组"]["F4"].comment is not None, "the empty number is marked in its own column"


def test_a_csv_comes_back_with_its_title_and_header_as_delivered(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = "示范镇人口表,,,\n*编号,姓 名,身份证号,备注\n1,甲,123,\n2,乙," + GOOD + ",好\n"
    (tmp_path / "人口.csv").write_bytes(text.encode("gb18030"))
    (path,), _ = returned(con, tmp_path, migrants("人口.csv"))
    book = openpyxl.load_workbook(path)
    assert top(book["人口"], 3) == [["示范镇人口表", None, None, None], ["*编号", "姓 名", "身份证号", "备注"], ["1", "甲", "123", None]]
    back, _ = returned(con, tmp_path, migrants("人口.csv"), max_rows=0)
    assert back[0].read_text(encoding="utf-8-sig").splitlines() == ["示范镇人口表,,,", "*编号,姓 名,身份证号,备注", "1,甲,123,"]


def test_files_of_one_dataset_come_back_each_with_its_own_columns(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "甲.csv").write_text("姓名,身份证号\n甲,1\n", encoding="utf-8")
    (tmp_path / "乙.csv").write_text("身份证号,备注,姓名\n2,好,乙\n", encoding="utf-8")
    written, _ = returned(con, tmp_path, migrants("*.csv"))
    found = {path.name: top(openpyxl.load_workbook(path)["人口"], 2) for path in written}
    assert found == {
        "migrants-甲-退回.xlsx": [["姓名", "身份证号"], ["甲", "1"]],
        "migrants-乙-退回.xlsx": [["身份证号", "备注", "姓名"], ["2", "好", "乙"]],
    }


def test_two_files_whose_names_become_one_get_workbooks_of_their_own(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "甲").mkdir()
    for name in ("甲-乙.csv", "甲/乙.csv"):
        (tmp_path / name).write_text("姓名,身份证号\n甲,1\n", encoding="utf-8")
    given = migrants("**/*.csv")
    written, _ = returned(con, tmp_path, given)
    assert sorted(path.name for path in written) == ["migrants-甲-乙-2-退回.xlsx", "migrants-甲-乙-退回.xlsx"]
    assert all(path.exists() for path in written)


def test_a_shapefile_comes_back_as_the_rows_of_its_table(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    frame = GeoDataFrame({"FWBH": ["1", "1"], "DZ": ["甲", "乙"]}, geometry=[Point(0, 0).buffer(1)] * 2, crs="EPSG:4550")
    pyogrio.write_dataframe(frame, tmp_path / "房屋.shp", encoding="GBK")
    (path,), _ = returned(con, tmp_path, dataset("house", name="houses", file="房屋.shp"))
    book = openpyxl.load_workbook(path)
    assert top(book["房屋"], 2) == [["FWBH", "DZ"], ["1", "乙"]]
    told = notes(book)
    assert "不含图形" in told and "工作表名称" not in told


def notes(book: Any) -> str:
    return "\n".join(str(row[0].value or "") for row in book["说明"].iter_rows(max_row=9))


def test_the_notes_of_a_register_say_what_is_kept_what_is_not_and_what_a_partial_delivery_would_do(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    register(tmp_path / "a.xlsx", {"流动人口": PEOPLE})
    (path,), _ = returned(con, tmp_path, migrants("a.xlsx"))
    told = notes(openpyxl.load_workbook(path))
    assert "退回 2 行" in told and "合计行不在本表" in told
    assert "标题行、表头（含合并单元格）、列序、工作表名称与原文件一致" in told and "格式不保留" in told
    assert "只报本表会使未列出的行被当作已删除" in told
    assert "批注写明原因" in told and "全部原因清单" in told


def test_the_notes_of_doubted_rows_say_that_they_are_loaded_and_not_to_be_delivered_beside_the_original(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    register(tmp_path / "a.xlsx", {"流动人口": [(1, "金琪语", "未知数", GOOD, "007", "2025-03-07", "")]})
    (path,), kept = returned(con, tmp_path, migrants("a.xlsx"))
    assert [(row["name"], row["sex"]) for row in kept] == [("金琪语", None)]
    book = openpyxl.load_workbook(path)
    assert path.name == "migrants-a-提示.xlsx" and book["流动人口"]["C4"].fill.fgColor.rgb == "FFFFF2A8"
    told = notes(book)
    assert "1 行带提示入库" in told and "请勿与原文件一起报送" in told and "标红" not in told


def test_beyond_the_limit_of_comments_cells_stay_marked_and_every_row_has_its_reasons_beside_it(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(return_book, "MAX_COMMENTS", 1)
    register(tmp_path / "a.xlsx", {"流动人口": PEOPLE})
    (path,), _ = returned(con, tmp_path, migrants("a.xlsx"))
    book = openpyxl.load_workbook(path)
    sheet = book["流动人口"]
    assert sheet["D4"].comment and sheet["D5"].comment is None
    assert sheet["D4"].fill.fgColor.rgb == sheet["D5"].fill.fgColor.rgb == "FFFF6666"
    assert sheet["H3"].value == "退回原因" and merges(sheet) == MERGES
    assert "科学计数" in sheet["H4"].value and "字符" in sheet["H5"].value and "处理：" in sheet["H5"].value
    assert "批注只写前 1 处" in notes(book) and "最右的“退回原因”列" in notes(book)
    sheet["D4"], sheet["D5"] = SECOND, THIRD
    book.save(tmp_path / "改正.xlsx")
    again, loaded = returned(con, tmp_path, migrants("改正.xlsx"))
    assert again == [] and [row["name"] for row in loaded] == ["韩宁斌", "邓志斌"], "the column of reasons is nobody's data"


def test_a_list_of_reasons_that_is_cut_says_how_many_there_are(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(return_book, "MAX_LISTED", 1)
    register(tmp_path / "a.xlsx", {"流动人口": PEOPLE})
    (path,), _ = returned(con, tmp_path, migrants("a.xlsx"))
    assert "前 1 条（共 2 条）原因清单" in notes(openpyxl.load_workbook(path))


def test_a_cell_that_is_longer_than_excel_allows_is_cut_and_the_notes_say_so(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"姓名,身份证号,图形\n甲,1,{'x' * 40_000}\n", encoding="utf-8")
    (path,), _ = returned(con, tmp_path, migrants("a.csv"))
    book = openpyxl.load_workbook(path)
    assert len(book["人口"]["C2"].value) == 32_767 and "1 个单元格超过 Excel 的长度限制" in notes(book)


def test_bare_shapes_without_any_attribute_come_back_with_their_reason(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("CREATE TABLE bare (__file VARCHAR, __sheet VARCHAR, __row BIGINT, __wkb BLOB)")
    con.execute("INSERT INTO bare VALUES ('图.geojson', NULL, 2, NULL)")
    create_fault_table(con)
    texts = "'没有图形', 'no shape', '补画', 'draw'"
    con.execute(f"INSERT INTO fault VALUES ('houses', '图.geojson', NULL, 2, 'geom', NULL, 'geometry_missing', {texts}, 'refused')")
    given = dataset("house", name="houses", file="图.geojson", fields={"house_id": ("@row",)})
    (path,) = write_quarantine(con, given, TABLES["house"], "bare", tmp_path)
    assert "没有图形" in openpyxl.load_workbook(path)["房屋"]["A2"].comment.text
