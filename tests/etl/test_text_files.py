"""Delimited text with the faults of saved spreadsheets: any encoding, any delimiter, nothing lost silently."""

from __future__ import annotations

from pathlib import Path

import pytest
from readings import delivered, read

from data.errors import SourceError


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_reads_alike_in_any_encoding_with_any_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [["编号", "姓名", "备注"], ["001", "张三", ""], ["002", "李四", '"甲\n乙"'], ["003", "王五", f'"a{delimiter}b"']]
    delivered(tmp_path, "a.txt", "\r\n".join(delimiter.join(line) for line in lines) + "\r\n", encoding)
    found = read(tmp_path, "a.txt")
    assert [row["编号"] for row in found.rows] == ["001", "002", "003"]
    assert [row["备注"] for row in found.rows] == [None, "甲\n乙", f"a{delimiter}b"]
    assert [row["__row"] for row in found.rows] == [2, 3, 5], "the line on which a row starts"


def test_ragged_lines_are_handed_out_with_line_text_and_reason(tmp_path: Path) -> None:
    delivered(tmp_path, "a.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12,,\n\n13,14,15\n")
    found = read(tmp_path, "a.csv")
    assert [row["a"] for row in found.rows] == ["1", "10", "13"], "empty cells at the end are no fault"
    assert [(item.row, item.text) for item in found.damaged] == [(3, "4,5"), (4, "6,7,8,9")]
    assert found.damaged[0].reason == "2 cells where the header has 3" and "3 列" in found.damaged[0].reason_zh


def test_nothing_is_lost_between_blocks_of_a_large_file(tmp_path: Path) -> None:
    rows = [f'{n:07d},"街道{n}号\n{n}楼",x{n},' for n in range(150_000)]
    delivered(tmp_path, "a.csv", "编号,地址,值,备注\n" + "\n".join(rows) + "\n", "gb18030")
    found = read(tmp_path, "a.csv")
    assert [row["编号"] for row in found.rows] == [f"{n:07d}" for n in range(150_000)]
    assert [row["__row"] for row in found.rows[:3]] == [2, 4, 6] and found.rows[-1]["地址"] == "街道149999号\n149999楼"


def test_nul_bytes_are_removed_and_undecodable_lines_go_to_quarantine(tmp_path: Path) -> None:
    text = "编号,姓名\n1,张三\x00\n2,李四\n".encode("gbk") + b"3,\xff\xff\n" + "4,王五\n".encode("gbk")
    (tmp_path / "a.csv").write_bytes(text * 1)
    found = read(tmp_path, "a.csv", encoding="gbk")
    assert [row["姓名"] for row in found.rows] == ["张三", "李四", "王五"]
    assert [item.row for item in found.damaged] == [4] and "NUL" in found.evidence


def test_title_total_and_empty_rows_of_a_saved_spreadsheet_are_no_data(tmp_path: Path) -> None:
    delivered(tmp_path, "a.csv", "示范镇人口表,,,\n编号,姓名,面积,备注\n1,张三,80,\n,,,\n2,李四,90,好\n合计,,170,\n", "gbk")
    found = read(tmp_path, "a.csv")
    assert found.headers == ("编号", "姓名", "面积", "备注")
    assert [(row["__row"], row["编号"]) for row in found.rows] == [(3, "1"), (5, "2")]
    assert "1 total rows" in found.evidence and "1 rows without any value" in found.evidence


def test_duplicate_and_missing_headers_are_numbered_without_regard_to_case(tmp_path: Path) -> None:
    delivered(tmp_path, "a.csv", "name,Name,,电话,电话\n1,2,3,4,5\n")
    assert read(tmp_path, "a.csv").headers == ("name", "Name_2", "column_3", "电话", "电话_2")


def test_rows_that_end_in_more_cells_than_the_header_give_nameless_columns(tmp_path: Path) -> None:
    delivered(tmp_path, "a.csv", "a,b\n1,2,3\n4,5,6\n")
    assert read(tmp_path, "a.csv").headers == ("a", "b", "column_3")


def test_a_header_of_years_is_not_passed_over_for_a_row_of_words(tmp_path: Path) -> None:
    delivered(tmp_path, "a.csv", "编号,2019,2020,2021\n甲,好,中,差\n乙,中,中,好\n")
    found = read(tmp_path, "a.csv")
    assert found.headers == ("编号", "2019", "2020", "2021") and len(found.rows) == 2


def test_a_header_without_rows_is_read_as_empty_and_nothing_at_all_is_refused(tmp_path: Path) -> None:
    delivered(tmp_path, "a.csv", "a,b\n")
    delivered(tmp_path, "b.csv", "")
    assert read(tmp_path, "a.csv").rows == [] and read(tmp_path, "a.csv").headers == ("a", "b")
    with pytest.raises(SourceError, match=r"b\.csv is empty"):
        read(tmp_path, "b.csv")


@pytest.mark.parametrize(
    ("name", "content", "zh"),
    [
        ("空.csv", b"\n", "空.csv 是空的"), ("a.geojson", b'{"a": 1}', "没有要素"), ("a.xls", b"<html></html>", "其实是网页"),
        ("a.parquet", b"PAR", "不是 Parquet"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_its_name_says_is_refused_in_both_languages(tmp_path: Path, name: str, content: bytes, zh: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=name) as error:
        read(tmp_path, name)
    message, remedy = error.value.said("zh")
    assert zh in message and remedy.startswith("请")


def test_a_row_filter_keeps_the_wanted_values_and_a_wrong_header_dies_with_advice(tmp_path: Path) -> None:
    delivered(tmp_path, "a.csv", "kind,n\ntree,1\nbush,2\n,3\nreed,4\n")
    assert [row["n"] for row in read(tmp_path, "a.csv", where={"kind": ("tree", "reed")}).rows] == ["1", "4"]
    assert [row["n"] for row in read(tmp_path, "a.csv", where={"kind": ("*",)}).rows] == ["1", "2", "4"]
    with pytest.raises(SourceError, match="'knd', which is no header") as refused:
        read(tmp_path, "a.csv", where={"knd": ("*",)})
    assert "'kind'" in refused.value.remedy
