"""Citizens' numbers: valid ones pass, and each damage is called by its name."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest
from delivered import TODAY, checked, number
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_data import SHARED

from data.store.duck import connect
from etl.core.id_number import check_character

VECTORS = SHARED / "conformance/cn_id_vectors.json"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(extensions=())
    yield connection
    connection.close()


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


def cut(count: int, passing: bool, area: str = "310115") -> list[str]:
    """Numbers as a spreadsheet keeps them, 15 digits and zeros, whose last zero is the check digit by accident, or is not."""
    days = (date(1960, 1, 1) + timedelta(days=n) for n in range(10_000))
    numbers = (f"{area}{day:%Y%m%d}100" for day in days)
    return [f"{n}0" for n in numbers if (check_character(n) == "0") == passing][:count]


def doubts(con: duckdb.DuckDBPyConnection, numbers: list[str], files: list[tuple[str, str | None]] | None = None) -> list[tuple[str, str]]:
    """(number, severity) of those that are told to be cut although they pass."""
    found = checked(con, "person", ["姓名", "身份证号"], [("某人", each) for each in numbers], files=files)
    told = [(fault["value"], fault["severity"]) for fault in found.faults if fault["code"] == "id_likely_float"]
    assert {value for value, _ in told} <= {row["id_number"] for row in found.rows}, "a doubted number stays"
    return told


def test_a_number_on_000_that_passes_is_doubted_where_many_others_were_cut(con: duckdb.DuckDBPyConnection) -> None:
    (lucky,) = cut(1, passing=True)
    assert people(con, lucky) == [None], "alone it is a number like any other"
    assert doubts(con, [number(), lucky, *cut(5, passing=False)]) == [(lucky, "warning")]


def test_a_number_on_000_is_not_doubted_where_few_were_cut_or_where_many_end_so_by_right(con: duckdb.DuckDBPyConnection) -> None:
    assert doubts(con, [*cut(1, passing=True), *cut(4, passing=False)]) == []
    assert doubts(con, [*cut(3, passing=True), *cut(10, passing=False)]) == []


def test_numbers_that_were_cut_in_one_file_say_nothing_of_another(con: duckdb.DuckDBPyConnection) -> None:
    numbers = [*cut(1, passing=True), *cut(5, passing=False)]
    assert doubts(con, numbers, [("a.csv", None), *[("b.csv", None)] * 5]) == []
    assert len(doubts(con, numbers, [("a.csv", None)] * 6)) == 1
