"""Rows against the contract: what stays, what is refused, what is only doubted, and what the sender is told."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from delivered import checked, dataset, number

from data.errors import ContractError
from data.schema import TABLES
from data.store.duck import connect
from etl.core.fault import FAULT_COLUMNS, FAULTS
from etl.core.spec import Damaged
from etl.core.verdict import CheckResult, enforce


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(extensions=())
    yield connection
    connection.close()


def test_good_rows_are_typed_and_complete(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(
        con,
        "house",
        ["FWBH", "JZMJ", "ZCS", "JCNF", "SFWJ", "JZYT", "核实日期"],
        [("007", "120㎡", "2层", "1985年", "否", "住宅", "2026/9/1")],
    )
    assert found.faults == []
    (row,) = found.rows
    assert list(row)[:-5] == [column.name for column in TABLES["house"].all_columns]
    assert (row["house_id"], row["floor_area_m2"], row["storeys"], row["built_year"]) == ("007", 120.0, 2, 1985)
    assert (row["illegal_addition"], row["building_use"], row["verified_on"]) == (False, "01", date(2026, 9, 1))
    assert (row["source"], row["delivered_at"], row["__file"], row["__row"]) == ("some_house", date(2026, 9, 23), "表.csv", 2)
    types = {name: kind for name, kind, *_ in con.execute("DESCRIBE clean").fetchall()}
    assert {column.name: types[column.name] for column in TABLES["house"].all_columns} == {
        column.name: column.duckdb_type for column in TABLES["house"].all_columns
    }


def test_a_bad_optional_value_is_left_out_with_a_warning_and_the_row_stays(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "house", ["FWBH", "层数", "建成年份"], [("1", "三十层", "2985年"), ("2", "130", "1985")])
    assert [(row["storeys"], row["built_year"]) for row in found.rows] == [(None, None), (None, 1985)]
    assert found.codes() == {(2, "storeys"): "not_a_number", (2, "built_year"): "out_of_range", (3, "storeys"): "out_of_range"}
    assert {fault["severity"] for fault in found.faults} == {"warning"}
    assert (found.result.rows, found.result.good, found.result.refused, found.result.warnings) == (2, 2, 0, 3)


def test_a_fault_names_place_value_reason_and_remedy_in_both_languages(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "house", ["FWBH", "层数"], [("1", "130 ")], files=[("房屋/甲.xlsx", "一组")])
    (fault,) = found.faults
    assert list(fault) == [name for name, _ in FAULT_COLUMNS]
    assert (fault["dataset"], fault["file"], fault["sheet"], fault["row"]) == ("some_house", "房屋/甲.xlsx", "一组", 2)
    assert (fault["column_name"], fault["value"], fault["code"], fault["severity"]) == ("storeys", "130", "out_of_range", "warning")
    assert fault["reason_zh"] == "“层数”的值“130”超出范围1–120 层"
    assert fault["reason_en"] == "Storeys holds “130”, outside of 1–120 层"
    assert fault["remedy_zh"] and fault["remedy_en"]


def test_an_unknown_code_comes_with_the_list_of_known_ones(con: duckdb.DuckDBPyConnection) -> None:
    (fault,) = checked(con, "house", ["FWBH", "房屋结构"], [("1", "竹木")]).faults
    assert fault["code"] == "unknown_code"
    assert fault["remedy_zh"] == "请改为：砖混、砖木、框架、钢结构、其他。"
    assert "Brick and concrete" in fault["remedy_en"]


def test_a_missing_or_unreadable_required_value_refuses_the_row(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(
        con, "casework", ["案件编号", "对象类别", "对象编号", "立案日期"],
        [("1", "房屋", "H1", "2026-01-05"), ("", "房屋", "H1", "2026-01-05"), ("3", "船", "H1", "2026-01-05"),
         ("4", "房屋", "H1", "26.1.5"), ("5", "房屋", "H1", "2027-01-05")],
    )  # fmt: skip
    assert [row["case_id"] for row in found.rows] == ["1"]
    assert found.codes() == {
        (3, "case_id"): "required_missing", (4, "object_table"): "unknown_code", (5, "opened_on"): "date_two_digit_year",
        (6, "opened_on"): "date_future",
    }  # fmt: skip
    assert {fault["severity"] for fault in found.faults} == {"refused"}


def test_second_and_later_rows_of_a_key_are_refused_and_name_the_first(con: duckdb.DuckDBPyConnection) -> None:
    files: list[tuple[str, str | None]] = [("a.csv", None), ("a.csv", None), ("b.csv", None), ("b.csv", None)]
    found = checked(con, "house", ["FWBH", "地址"], [("1", "x"), ("2", "x"), ("1", "y"), ("1.0", "z")], files=files)
    assert [(row["house_id"], row["address"]) for row in found.rows] == [("1", "x"), ("2", "x")]
    assert found.codes() == {(4, "house_id"): "duplicate_key", (5, "house_id"): "duplicate_key"}
    assert [fault["reason_zh"] for fault in found.faults] == ["“房屋编号”的值“1”与a.csv 第2行重复"] * 2
    assert found.faults[0]["reason_en"].endswith("is already in a.csv row 2")


def test_a_key_of_two_columns_repeats_only_as_a_whole(con: duckdb.DuckDBPyConnection) -> None:
    rows = [("G1", "2020-11-01", 5), ("G1", "2021-11-01", 6), ("G1", "2020年11月1日", 7)]
    found = checked(con, "population_cell", ["网格编码", "统计日期", "人口数"], rows)
    assert [row["people"] for row in found.rows] == [5, 6]
    assert found.codes() == {(4, "area_code"): "duplicate_key"}


def test_a_refused_row_does_not_make_a_good_one_its_duplicate(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "person", ["姓名", "身份证号"], [("", number()), ("甲", number())])
    assert [row["name"] for row in found.rows] == ["甲"]
    assert found.codes() == {(2, "name"): "required_missing"}


def test_a_person_without_a_number_of_its_own_gets_a_key_from_the_document_that_stays(con: duckdb.DuckDBPyConnection) -> None:
    (first,) = checked(con, "person", ["姓名", "身份证号"], [("甲", number())]).rows
    (again,) = checked(con, "person", ["姓名", "证件类型", "身份证号"], [("乙", "身份证", f"{number()} ")], key_prefix="m-").rows
    assert len(first["person_id"]) == 20 and number() not in first["person_id"]
    assert again["person_id"] == f"m-{first['person_id']}"
    (own,) = checked(con, "person", ["人员编号", "姓名", "身份证号"], [("P1", "甲", number())]).rows
    assert own["person_id"] == "P1"


def test_a_unit_in_the_header_applies_to_its_values_but_not_to_those_with_their_own(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "parcel", ["BSM", "图斑面积（亩）"], [("1", "3"), ("2", "2000㎡"), ("3", "1公顷")])
    assert [row["area_m2"] for row in found.rows] == pytest.approx([2000.0, 2000.0, 10000.0])
    several = checked(con, "parcel", ["BSM", "图斑面积（亩）", "面积"], [("1", "3", "7"), ("2", "", "7")])
    assert [row["area_m2"] for row in several.rows] == pytest.approx([2000.0, 7.0])
    rent = checked(con, "rental", ["房屋编号", "月租金（万元）"], [("1", "0.12")])
    assert rent.rows[0]["monthly_rent"] == pytest.approx(1200.0)


def test_the_first_filled_of_several_headers_counts(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(
        con, "house", ["FWBH", "地址", "坐落"], [("1", "甲路1号", "乙路1号"), ("2", " ", "乙路2号")], fields={"address": ("坐落", "地址")}
    )
    assert [row["address"] for row in found.rows] == ["乙路1号", "乙路2号"]


def test_the_row_number_makes_keys_that_differ_between_files(con: duckdb.DuckDBPyConnection) -> None:
    fields = {"parcel_id": ("@row",)}
    one = checked(con, "parcel", ["landuse"], [("a",), ("b",)], fields=fields)
    assert [row["parcel_id"] for row in one.rows] == ["2", "3"]
    two = checked(con, "parcel", ["landuse"], [("a",), ("b",)], files=[("x.shp", None), ("y.shp", None)], fields=fields)
    assert [row["parcel_id"] for row in two.rows] == ["x.shp#2", "y.shp#3"]


def test_a_town_translates_its_own_words_and_empties_those_that_say_nothing(con: duckdb.DuckDBPyConnection) -> None:
    rows = [("1", "house"), ("2", "yes"), ("3", "办公"), ("4", "castle")]
    found = checked(con, "house", ["FWBH", "JZYT"], rows, values={"building_use": {"house": "01", "yes": ""}})
    assert [row["building_use"] for row in found.rows] == ["01", None, "03", None]
    assert found.codes() == {(5, "building_use"): "unknown_code"}


def test_constants_fill_their_column_and_a_wrong_one_stops_at_once(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "parcel", ["BSM", "分类体系"], [("1", "三调")], constants={"scheme": "OpenStreetMap", "surveyed_year": "2023"})
    assert (found.rows[0]["scheme"], found.rows[0]["surveyed_year"]) == ("osm", 2023)
    with pytest.raises(ContractError, match=r"constant scheme = 'sandiap' is no code.*Third survey"):
        checked(con, "parcel", ["BSM"], [("1",)], constants={"scheme": "sandiap"})


def test_lines_that_the_reader_gave_up_count_as_refused(con: duckdb.DuckDBPyConnection) -> None:
    line = Damaged(row=7, text='"未完', reason_en="the quote is never closed", reason_zh="引号没有闭合")
    found = checked(con, "house", ["FWBH"], [("1",)], damaged=[("表.csv", None, line)])
    (fault,) = found.faults
    assert (fault["row"], fault["code"], fault["severity"], fault["value"]) == (7, "damaged_row", "refused", '"未完')
    assert "引号没有闭合" in fault["reason_zh"] and "never closed" in fault["reason_en"]
    assert (found.result.rows, found.result.good, found.result.refused) == (2, 1, 1)


def test_the_example_row_of_a_template_is_no_data(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "house", ["序号", "FWBH"], [("示例", "A0001"), ("1", "H1"), (None, "H2")])
    assert [row["house_id"] for row in found.rows] == ["H1", "H2"]
    assert found.result.rows == 2


def test_checking_again_replaces_the_faults_of_the_dataset_and_keeps_others(con: duckdb.DuckDBPyConnection) -> None:
    checked(con, "house", ["FWBH"], [("",)], name="others")
    for _ in range(2):
        found = checked(con, "house", ["FWBH"], [("",), ("",)], name="mine")
    assert len(found.faults) == 2
    assert con.execute("SELECT count(*) FROM fault WHERE dataset = 'others'").fetchone() == (1,)


def test_too_many_refused_rows_stop_the_run_with_counts_by_reason(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "house", ["FWBH"], [("",), ("1",), ("1",), ("3",)])
    with pytest.raises(ContractError, match=r"2 of 4 rows were refused \(50.0%; the limit is 5.0%\): duplicate_key 1, required_missing 1"):
        enforce(dataset("house"), found.result)
    enforce(dataset("house", max_bad_share=0.5), found.result)
    enforce(dataset("area"), CheckResult("empty", 0, 0, 0, 0))


def test_a_column_that_came_but_cannot_be_used_stops_the_run_and_names_its_header_values_and_remedy(con: duckdb.DuckDBPyConnection) -> None:
    rows = [(str(n), "竹木" if n < 4 else "土坯" if n < 7 else "砖混") for n in range(60)]
    found = checked(con, "house", ["FWBH", "房屋结构"], rows)
    assert (found.result.refused, found.result.good) == (0, 60)
    with pytest.raises(ContractError) as stopped:
        enforce(dataset("house"), found.result)
    message, remedy = stopped.value.said("en")
    assert "'some_house' (表.csv; the limit is 5.0%): 7 of 60 values of the column '房屋结构' (structure)" in message
    assert "(11.7%), most often '竹木' (4), '土坯' (3)." in message
    assert "values = { structure = { … } }" in remedy and "max_bad_share" in remedy
    zh, zh_remedy = stopped.value.said("zh")
    assert "“房屋结构”列（structure）的 60 个值中有 7 个无法使用（11.7%），最多的是“竹木”（4）、“土坯”（3）。" in zh
    assert "values = { structure = { … } }" in zh_remedy and "屏幕上仍是上一版数据" in zh_remedy
    enforce(dataset("house", max_bad_share=0.12), found.result)


def test_empty_cells_are_no_bad_values_and_a_column_is_judged_by_those_that_came(con: duckdb.DuckDBPyConnection) -> None:
    rows = [(str(n), "x" if n < 3 else "2" if n < 10 else "", "x" if n < 3 else "2") for n in range(60)]
    found = checked(con, "house", ["FWBH", "层数", "房间数"], rows)
    assert {one.column: (one.delivered, one.unusable) for one in found.result.unusable} == {"storeys": (10, 3), "room_count": (60, 3)}
    with pytest.raises(ContractError, match=r"3 of 10 values of the column '层数'") as stopped:
        enforce(dataset("house"), found.result)
    assert "房间数" not in stopped.value.message, "5 % is not over 5 %"


def test_one_or_two_bad_values_of_a_tiny_file_stop_nothing_but_a_column_lost_whole_does(con: duckdb.DuckDBPyConnection) -> None:
    enforce(dataset("house"), checked(con, "house", ["FWBH", "层数"], [("1", "x"), ("2", "2"), ("3", "y")]).result)
    with pytest.raises(ContractError, match=r"3 of 3 values"):
        enforce(dataset("house"), checked(con, "house", ["FWBH", "层数"], [("1", "x"), ("2", "y"), ("3", "z")]).result)


def test_an_error_about_a_column_holds_no_value_that_may_be_a_persons(con: duckdb.DuckDBPyConnection) -> None:
    rows = [(f"甲{n}", number(sequence=2 * n + 1), "139", f"乙{n}") for n in range(10)]
    found = checked(con, "person", ["姓名", "身份证号", "联系电话", "人口类别"], rows)
    assert {one.column: one.values for one in found.result.unusable} == {"phone": (), "category": ()}
    with pytest.raises(ContractError) as stopped:
        enforce(dataset("person"), found.result)
    assert "the workbook lists the values" in stopped.value.message and "各值见工作簿" in stopped.value.zh
    assert "139" not in stopped.value.message and "乙" not in stopped.value.message


def test_a_house_of_a_year_that_has_not_come_is_out_of_range(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "house", ["FWBH", "建成年份"], [("1", "2099"), ("2", "2027"), ("3", "2028")])
    assert [row["built_year"] for row in found.rows] == [None, 2027, None]
    assert found.codes() == {(2, "built_year"): "out_of_range", (4, "built_year"): "out_of_range"}
    assert "超出范围1700–2027" in found.faults[0]["reason_zh"], "the day of delivery bounds it, not the list of columns"


def test_quotes_and_odd_names_in_headers_and_values_are_only_text(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(
        con,
        "house",
        ['房屋"编号', "地'址"],
        [("1'; DROP TABLE raw; --", '"x"')],
        fields={"house_id": ('房屋"编号',), "address": ("地'址",)},
    )
    assert (found.rows[0]["house_id"], found.rows[0]["address"]) == ("1'; DROP TABLE raw; --", '"x"')


def test_every_fault_says_in_both_languages_what_to_do() -> None:
    for code, text in FAULTS.items():
        assert all((text.zh, text.en, text.remedy_zh, text.remedy_en)), code
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in text.en), code
