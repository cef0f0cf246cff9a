"""Values in every form in which departments write them: read right, or refused with the very reason."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from delivered import TODAY, checked, dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from data.codes import code_lists
from data.errors import ContractError
from data.schema import TABLES, Column
from data.store.duck import connect
from etl.core import id_number
from etl.core.contract import CheckResult, enforce
from etl.core.fault import FAULT_COLUMNS, FAULTS
from etl.core.parse import cause_sql, code_spellings, filled, folded, parse_sql
from etl.core.spec import Damaged

VECTORS = Path(__file__).resolve().parents[3] / "shared/data/conformance/cn_id_vectors.json"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(extensions=())
    yield connection
    connection.close()


def read(con: duckdb.DuckDBPyConnection, kind: str, texts: list[str], **more: Any) -> list[Any]:
    """What each text is as a value of `kind`; a fault code in place of a value that cannot be read."""
    column = Column("some", kind, "某", "Some", **more)  # type: ignore[arg-type]
    con.execute("CREATE OR REPLACE TABLE texts AS SELECT unnest(?::VARCHAR[]) AS t, unnest(range(?)) AS n", [texts, len(texts)])
    layers = f"SELECT n, {filled('f', column)} AS v FROM (SELECT n, {folded('t')} AS f FROM texts)"
    query = f"SELECT {parse_sql(column, 'v')}, v IS NULL, {cause_sql(column, 'v')} FROM ({layers}) ORDER BY n"
    return [cause if value is None and not empty else value for value, empty, cause in con.execute(query).fetchall()]


# --- kinds


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-05-01", date(2023, 5, 1)),
        ("2023/5/1", date(2023, 5, 1)),
        ("2023.5.1", date(2023, 5, 1)),
        ("1985.03.05", date(1985, 3, 5)),
        ("２０２３年５月１日", date(2023, 5, 1)),
        ("2023 年 5 月 1 日", date(2023, 5, 1)),
        ("2023年5月1号", date(2023, 5, 1)),
        ("2023年5月", date(2023, 5, 1)),
        ("1985.3", date(1985, 3, 1)),
        ("1985-12", date(1985, 12, 1)),
        ("198503", date(1985, 3, 1)),
        ("20230501", date(2023, 5, 1)),
        ("45047", date(2023, 5, 1)),
        ("45047.75", date(2023, 5, 1)),
        ("7306", date(1920, 1, 1)),
        ("2023-05-01 10:30", date(2023, 5, 1)),
        ("2023/5/1 0:00:00", date(2023, 5, 1)),
        ("2023-05-01T23:59:59.123", date(2023, 5, 1)),
        ("2023-05-01T20:00:00Z", date(2023, 5, 2)),  # 04:00 of the next day in Shanghai
        ("2023-05-01T20:00:00+0800", date(2023, 5, 1)),
        ("2023-05-01 20:00:00+08", date(2023, 5, 1)),
        ("2023年5月1日 10时30分", date(2023, 5, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2023-02-29", "date_impossible"),
        ("2023年13月1日", "date_impossible"),
        ("20230532", "date_impossible"),
        ("23-05-01", "date_two_digit_year"),
        ("85.3", "date_two_digit_year"),
        ("850305", "date_two_digit_year"),
        ("1985", "date_year_only"),
        ("1985年", "date_year_only"),
        ("5/1/2023", "not_a_date"),
        ("去年", "not_a_date"),
        ("#REF!", "spreadsheet_error"),
        ("-", None),
        ("无", None),
        (" ", None),
    ],
)
def test_dates(con: duckdb.DuckDBPyConnection, text: str, day: object) -> None:
    assert read(con, "date", [text]) == [day]


@pytest.mark.parametrize(
    ("kind", "more", "text", "value"),
    [
        ("number", {}, "1,234.5", 1234.5),
        ("number", {}, "１２，３４５", 12345.0),
        ("number", {}, "4.5万", 45000.0),
        ("number", {"unit": "元"}, "450元/月", 450.0),
        ("number", {"unit": "元"}, "1.2万元", 12000.0),
        ("number", {"unit": "m"}, "0.5km", 500.0),
        ("number", {"unit": "m"}, "6米", 6.0),
        ("number", {"high": 1}, "85%", 0.85),
        ("number", {}, "-.5", -0.5),
        ("number", {}, "1e3", 1000.0),
        ("number", {}, "1,5", "not_a_number"),
        ("number", {}, "约120", "not_a_number"),
        ("number", {}, "nan", None),
        ("number", {}, "1_000", "not_a_number"),
        ("integer", {"unit": "层"}, "3层", 3),
        ("integer", {"unit": "层"}, "三层", 3),
        ("integer", {}, "两", 2),
        ("integer", {}, "3.0", 3),
        ("integer", {}, "-2", -2),
        ("integer", {}, "4.5万", 45000),
        ("integer", {}, "3.7", "not_an_integer"),
        ("integer", {}, "3-5层", "not_a_number"),
        ("area_m2", {}, "120㎡", 120.0),
        ("area_m2", {}, "120 平方米", 120.0),
        ("area_m2", {}, "120m²", 120.0),
        ("area_m2", {}, "1.5亩", 1000.0),
        ("area_m2", {}, "0.5公顷", 5000.0),
        ("area_m2", {}, "2HA", 20000.0),
        ("area_m2", {}, "0.02平方公里", 20000.0),
        ("area_m2", {}, "1,200.5", 1200.5),
        ("area_m2", {}, "120间", "not_a_number"),
        ("year", {}, "1985", 1985),
        ("year", {}, "1985年", 1985),
        ("year", {}, "1985.3", 1985),
        ("year", {}, "1985.0", 1985),
        ("year", {}, "1985-03-05", 1985),
        ("year", {}, "1985年3月", 1985),
        ("year", {}, "80年代", "not_a_year"),
        ("year", {}, "1985-1990", "not_a_year"),
        ("key", {}, " 00123 ", "00123"),
        ("key", {}, "310115103.0", "310115103"),
        ("key", {}, "'0012", "0012"),
        ("key", {}, "3.10115E+17", "number_as_float"),
        ("key", {}, "A1.50", "A1.50"),
        ("text", {}, "　张\u00a0三\u200b ", "张 三"),
        ("text", {}, "川沙路１２３号（东）", "川沙路123号(东)"),
        ("text", {}, "无", "无"),
        ("text", {}, "NULL", None),
        ("text", {}, "#REF!", "spreadsheet_error"),
        ("text", {}, "#3楼", "#3楼"),
        ("phone", {}, "13812345678", "13812345678"),
        ("phone", {}, "138 1234-5678", "13812345678"),
        ("phone", {}, "+86 138 1234 5678", "13812345678"),
        ("phone", {}, "8613812345678", "13812345678"),
        ("phone", {}, "13812345678.0", "13812345678"),
        ("phone", {}, "（021）5812 0000", "02158120000"),
        ("phone", {}, "58120000", "58120000"),
        ("phone", {}, "1381234567", "phone_invalid"),
        ("phone", {}, "138****5678", "phone_invalid"),
        ("phone", {}, "13812345678/13912345678", "phone_invalid"),
        ("phone", {}, "1.38123E+10", "number_as_float"),
        ("list", {}, "张三、李四，王五; 赵六/钱七\n孙八", ["张三", "李四", "王五", "赵六", "钱七", "孙八"]),
        ("list", {}, "张三", ["张三"]),
        ("list", {}, "无", None),
    ],
)
def test_values(con: duckdb.DuckDBPyConnection, kind: str, more: dict[str, Any], text: str, value: object) -> None:
    (found,) = read(con, kind, [text], **more)
    assert found == (pytest.approx(value) if isinstance(value, float) else value)


def test_yes_and_no_in_every_spelling(con: duckdb.DuckDBPyConnection) -> None:
    assert read(con, "yes_no", ["是", "有", "√", "Y", "1", "TRUE", "已", "已签订", "✓", "1.0"]) == [True] * 10
    assert read(con, "yes_no", ["否", "无", "×", "n", "0", "False", "未", "未安装", "没有", "X"]) == [False] * 10
    assert read(con, "yes_no", ["", "/", "未知", "也许"]) == [None, None, "not_yes_no", "not_yes_no"]


def test_codes_by_code_name_and_alias_whatever_their_case(con: duckdb.DuckDBPyConnection) -> None:
    assert read(con, "code", ["1", "男", "MALE", "男性", "1.0", "1-男", "１", "雄"], codes="sex") == ["1"] * 7 + ["unknown_code"]
    assert read(con, "code", ["1", "01", "中共党员", "党员"], codes="political") == ["01"] * 4
    assert read(con, "code", ["无", "none", "一般隐患"], codes="hazard_degree") == ["none", "none", "ordinary"]


def test_every_entry_of_every_code_list_can_be_delivered_by_code_and_by_its_names(con: duckdb.DuckDBPyConnection) -> None:
    for name, entries in code_lists().items():
        assert read(con, "code", [entry.code for entry in entries], codes=name) == [entry.code for entry in entries], name
        for entry in entries:
            assert code_spellings(name)[entry.zh.lower()] == entry.code, (name, entry)


@settings(max_examples=12, deadline=None)
@given(days=st.lists(st.dates(date(1900, 1, 1), date(2099, 12, 31)), min_size=20, max_size=60))
def test_every_day_comes_back_from_every_way_of_writing_it(con: duckdb.DuckDBPyConnection, days: list[date]) -> None:
    ways = (
        lambda d: d.isoformat(),
        lambda d: f"{d.year}/{d.month}/{d.day}",
        lambda d: f"{d.year}.{d.month}.{d.day}",
        lambda d: f"{d.year}年{d.month}月{d.day}日",
        lambda d: f"{d:%Y%m%d}",
        lambda d: f"{d.isoformat()} 08:00:00",
    )
    for way in ways:
        assert read(con, "date", [way(day) for day in days]) == days
    late = [day for day in days if day >= date(1910, 1, 1)]  # smaller serials could be years
    assert read(con, "date", [str((day - date(1899, 12, 30)).days) for day in late]) == late


# --- citizens' numbers


def number(day: date = date(1985, 3, 5), sequence: int = 123, area: str = "310115") -> str:
    first = f"{area}{day:%Y%m%d}{sequence:03d}"
    return first + id_number.check_character(first)


def people(con: duckdb.DuckDBPyConnection, *numbers: str, synthetic: bool = False) -> list[str | None]:
    """Fault code of each number, None where it is accepted."""
    found = checked(con, "person", ["姓名", "身份证号"], [("某人", each) for each in numbers], synthetic=synthetic)
    return [found.codes().get((row + 2, "id_number")) for row in range(len(numbers))]


def test_the_published_numbers_of_the_conformance_file(con: duckdb.DuckDBPyConnection) -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    expected = {"610104620927690": "id_15_digits"}  # valid until 2013: refused with the advice to take the present one
    assert people(con, *vectors["valid"]) == [expected.get(each) for each in vectors["valid"]]
    causes = {"bad check digit": "id_check_digit", "bad length": "id_length", "unknown address code": "id_check_digit"}
    assert people(con, *vectors["invalid"]) == [causes[why] for why in vectors["invalid"].values()]


def test_the_reason_of_a_damaged_number_is_the_specific_one(con: duckdb.DuckDBPyConnection) -> None:
    good = number()
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    numbers = {
        good: None,
        number(sequence=21).lower(): None,
        f" {good[:6]}{good[6:]} ": "duplicate_id_number",
        wrong: "id_check_digit",
        "3.10115E+17": "id_scientific",
        "3.10115198503051E+17": "id_scientific",
        "310115198503051000": "id_float",
        "310115850305123": "id_15_digits",
        good[:-1]: "id_length",
        good[:10] + "********": "id_masked",
        "31011519850305ABCD": "id_characters",
        number(area="090115"): "id_area",
        number(area="990115"): "id_area",
        "310115198502301234": "id_date",
        number(day=TODAY + timedelta(days=1)): "id_date",
        "": "required_missing",
    }
    assert people(con, *numbers) == list(numbers.values())


def test_numbers_with_the_unissued_prefix_are_only_for_synthetic_towns(con: duckdb.DuckDBPyConnection) -> None:
    assert people(con, number(area="990115"), synthetic=True) == [None]
    assert people(con, number(area="990115")) == ["id_area"]


def test_other_documents_are_taken_as_delivered(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con, "person", ["姓名", "证件类型", "证件号码"], [("A", "普通护照", "e12345678"), ("B", "身份证", "E12345678")])
    assert [row["id_number"] for row in found.rows] == ["E12345678"]
    assert found.codes() == {(3, "id_number"): "id_length"}


def test_sex_and_birth_must_agree_with_the_number(con: duckdb.DuckDBPyConnection) -> None:
    man, woman = number(sequence=123), number(sequence=124)
    found = checked(
        con, "person", ["姓名", "身份证号", "性别", "出生日期"],
        [("甲", man, "男", "1985-03-05"), ("乙", woman, "男", "1985-03-05"), ("丙", number(sequence=125), "男", "1985-03-06"),
         ("丁", number(sequence=127), "未知", "1985.3"), ("戊", number(sequence=128), "", ""),
         ("己", number(sequence=129), "男", "1985.4")],
    )  # fmt: skip
    assert found.codes() == {(3, "sex"): "id_sex_mismatch", (4, "birth_date"): "id_birth_mismatch", (7, "birth_date"): "id_birth_mismatch"}
    assert {row["name"]: row["birth_date"] for row in found.rows} == dict.fromkeys("甲丁戊", date(1985, 3, 5))
    assert {row["id_type"] for row in found.rows} == {"111"}


def test_the_october_that_a_spreadsheet_has_cut_to_one_digit_is_no_contradiction(con: duckdb.DuckDBPyConnection) -> None:
    october, november = number(day=date(1985, 10, 7)), number(day=date(1985, 11, 7))
    found = checked(con, "person", ["姓名", "身份证号", "出生日期"], [("甲", october, "1985.1"), ("乙", november, "1985.1")])
    assert [row["birth_date"] for row in found.rows] == [date(1985, 10, 7)]
    assert found.codes() == {(3, "birth_date"): "id_birth_mismatch"}


@settings(max_examples=8, deadline=None)
@given(
    numbers=st.lists(st.tuples(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999)), min_size=20, max_size=60, unique=True),
    place=st.integers(0, 16), shift=st.integers(1, 9),
)  # fmt: skip
def test_a_right_number_passes_and_one_wrong_digit_never_does(
    con: duckdb.DuckDBPyConnection, numbers: list[tuple[date, int]], place: int, shift: int
) -> None:
    right = [number(day, sequence) for day, sequence in numbers]
    wrong = [each[:place] + str((int(each[place]) + shift) % 10) + each[place + 1 :] for each in right]
    assert people(con, *right) == [None] * len(right)
    assert None not in people(con, *wrong)


# --- rows


def test_good_rows_are_typed_and_complete(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(
        con,
        "house",
        ["FWBH", "JZMJ", "ZCS", "JCNF", "SFWJ", "JZYT", "核实日期"],
        [("007", "120㎡", "2层", "1985年", "否", "住宅", "2026/9/1")],
    )
    assert found.faults == []
    (row,) = found.rows
    assert list(row)[:-4] == [column.name for column in TABLES["house"].all_columns]
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
