"""Templates: what a sender sees, and that a filled one loads without any mapping."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from delivered import checked, dataset

from data.codes import code_list
from data.errors import SettingsError
from data.schema import TABLES
from data.store.duck import connect
from etl.core import id_number
from etl.core.mapping import map_headers
from etl.core.read import read_dataset
from etl.core.template import FIRST_ROW, template_columns, write_template


def template(folder: Path, table: str) -> Any:
    path = folder / f"{table}.xlsx"
    write_template(TABLES[table], path)
    return openpyxl.load_workbook(path)


def headers(sheet: Any) -> list[str]:
    return [str(cell.value) for cell in sheet[3]]


def test_a_sender_sees_title_explanation_headers_and_an_example(tmp_path: Path) -> None:
    book = template(tmp_path, "rental")
    sheet = book.worksheets[0]
    assert (sheet.title, sheet["A1"].value) == ("出租房台账", "出租房台账采集表")
    assert {str(merged).split(":")[0] for merged in sheet.merged_cells.ranges} == {"A1", "A2"}
    assert headers(sheet)[:3] == ["序号", "*房屋编号", "房屋地址"]
    assert "月租金(元)" in headers(sheet)
    assert sheet["A4"].value == "示例"
    assert [book["代码"].sheet_state, book["填写说明"].sheet_state] == ["hidden", "visible"]


def test_a_template_is_not_written_under_a_name_that_is_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"suffix \.csv.*house\.xlsx") as error:
        write_template(TABLES["house"], tmp_path / "house.csv")
    assert "后缀是 .csv" in error.value.said("zh")[0] and "house.xlsx" in error.value.said("zh")[1]
    assert not list(tmp_path.iterdir())


def test_comments_tell_meaning_unit_bounds_and_choices(tmp_path: Path) -> None:
    sheet = template(tmp_path, "house").worksheets[0]
    told = {header: sheet.cell(3, place + 1).comment.text for place, header in enumerate(headers(sheet)) if place}
    assert "（必填）" in told["*房屋编号"]
    assert "单位 层" in told["层数(层)"] and "范围：1–120" in told["层数(层)"]
    assert "可选：砖混、砖木" in told["房屋结构"]
    assert "Load-bearing structure" in told["房屋结构"]


def test_code_columns_offer_exactly_their_list(tmp_path: Path) -> None:
    book = template(tmp_path, "person")
    sheet, lists = book.worksheets[0], book["代码"]
    rules = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    for place, column in enumerate(template_columns(TABLES["person"]), 2):
        rule = rules.get(f"{openpyxl.utils.get_column_letter(place)}{FIRST_ROW + 1}")
        if column.codes:
            cells = lists[rule.split("!")[1].replace("$", "")]
            assert [cell[0].value for cell in cells] == [code.zh for code in code_list(column.codes)], column.name
        else:
            assert rule == ('"是,否"' if column.kind == "yes_no" else None), column.name


@pytest.mark.parametrize("table", sorted(TABLES))
def test_an_empty_template_of_any_table_reads_back_as_its_columns_and_no_rows(tmp_path: Path, table: str) -> None:
    template(tmp_path, table)
    (reading,) = read_dataset(tmp_path, f"{table}.xlsx")
    rows = [tuple(row[header] for header in reading.headers) for batch in reading.batches for row in batch.to_pylist()]
    with connect(extensions=()) as con:
        found = checked(con, table, list(reading.headers), rows)
        assert (found.result.rows, found.faults) == (0, [])


def test_a_filled_template_loads_without_any_mapping(tmp_path: Path) -> None:
    book = template(tmp_path, "person")
    sheet = book.worksheets[0]
    number = "31011519850305123" + id_number.check_character("31011519850305123")
    given = {
        "*姓名": "张三",
        "*公民身份号码": number,
        "性别": "男",
        "出生日期": "1985年3月5日",
        "民族": "汉族",
        "学历": "初中",
        "低保": "否",
        "核实日期": "2026/9/1",
    }
    for header, value in given.items():
        sheet.cell(5, headers(sheet).index(header) + 1).value = value
    book.save(tmp_path / "filled.xlsx")
    (reading,) = read_dataset(tmp_path, "filled.xlsx")
    rows = [tuple(row[header] for header in reading.headers) for batch in reading.batches for row in batch.to_pylist()]
    with connect(extensions=()) as con:
        found = checked(con, "person", list(reading.headers), rows)
    assert found.faults == []
    (row,) = found.rows
    assert (row["name"], row["id_number"], row["sex"], row["education"], row["low_income"]) == ("张三", number, "1", "70", False)


def test_every_delivered_column_of_every_table_is_recognised_by_its_template_header(tmp_path: Path) -> None:
    for name, table in TABLES.items():
        found = map_headers(headers(template(tmp_path, name).worksheets[0]), dataset(name), table, ("经度", "纬度"))
        hashed = set(table.key) if table.key_from else set()
        assert {column.name for column in table.columns} - hashed <= set(found.columns), name
        assert (found.unmapped, found.ambiguous) == ((), ()), name
