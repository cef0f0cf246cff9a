"""Values in every form in which departments write them: read right, or refused with the very reason."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.codes import code_lists
from data.schema import Column
from data.store.duck import connect
from etl.core.parse import cause_sql, code_spellings, filled, folded, parse_sql


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
        ("5/1/2023", "date_year_last"),
        ("01/05/2026", "date_year_last"),
        ("25.12.2026", "date_year_last"),
        ("01-05-2026 08:30", "date_year_last"),
        ("01/05/26", "date_two_digit_year"),
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
