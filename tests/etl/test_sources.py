"""Every kind of delivered file: real files of the catalogue, and small ones made here with the faults that departments make."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
import xlsxwriter

from data.errors import SourceError
from etl.core.read import delivered_files, read_dataset, sources
from etl.core.spec import Damaged, ReadOptions, header_names

SHARED = Path("/work/shared/data")
READABLE = {suffix for source in sources() for suffix in source.suffixes}


@dataclass(frozen=True)
class Read:
    """All readings of a dataset, put together."""

    rows: list[dict[str, Any]]
    headers: tuple[str, ...]
    crs: str | None
    encoding: str | None
    evidence: str
    damaged: list[Damaged]
    sheets: list[str | None]

    @property
    def shapes(self) -> int:
        return sum(row["__wkb"] is not None for row in self.rows)


def read(base: Path, file: str, **options: Any) -> Read:
    rows: list[dict[str, Any]] = []
    readings = []
    for reading in read_dataset(base, file, ReadOptions(**options)):
        for batch in reading.batches:
            assert batch.schema.names == [*reading.headers, "__row", "__wkb"]
            assert all(kind == pa.string() for kind in batch.schema.types[:-2])
            batch.validate(full=True)
            rows += batch.to_pylist()
        readings.append(reading)
    evidence = " | ".join(line for reading in readings for line in (*reading.evidence, *reading.notes))
    damaged = [item for reading in readings for item in reading.damaged]
    last = readings[-1]
    return Read(rows, last.headers, last.crs, last.encoding, evidence, damaged, [reading.sheet for reading in readings])


SIDECARS = {".md", ".prj", ".cpg", ".shx", ".sbn", ".sbx", ".map", ".id", ".dat", ".mid"}


def shared(*folders: str) -> list[Any]:
    """Every file of the catalogue's folders that is data of its own."""
    files = [path for folder in folders for path in sorted((SHARED / folder).rglob("*")) if path.is_file() and path.suffix not in SIDECARS]
    return [pytest.param(path.relative_to(SHARED).as_posix(), id=path.relative_to(SHARED).as_posix()) for path in files]


# --- real files


@pytest.mark.parametrize("file", shared("nasty", "conformance/geoparquet", "santa_monica", "sz_taz"))
def test_every_file_of_the_catalogue_reads_or_is_refused_by_name(file: str) -> None:
    try:
        found = read(SHARED, file, layer="*" if file.endswith(".gpkg") else None)
    except SourceError as refused:
        assert Path(file).name in str(refused) and refused.remedy
        assert Path(file).suffix not in READABLE or file in REFUSED, f"{file} is refused: {refused}"
        return
    assert file not in REFUSED
    assert len(found.rows) == COUNTS.get(file, len(found.rows))
    assert len(found.rows) > 0 or file in EMPTY


REFUSED = {
    "nasty/encodings/big5.dbf", "nasty/encodings/shiftjis.dbf", "nasty/encodings/latin1.dbf",
    "conformance/geoparquet/examples/example_metadata.json", "conformance/geoparquet/examples/example_metadata_point.json",
    "conformance/geoparquet/format-specs/schema.json",
}  # fmt: skip
EMPTY = {"nasty/fgb_misc/empty.fgb", "nasty/encodings/cpg/utf16.dbf"}
COUNTS = {
    "nasty/derived_formats/pudong.dxf": 52, "nasty/derived_formats/pudong.fgb": 39, "nasty/derived_formats/pudong.kml": 39,
    "nasty/derived_formats/pudong_4490.geojson": 39, "nasty/derived_formats/pudong_4549.parquet": 39,
    "nasty/derived_formats/pudong_cgcs2000_4549_utf8.shp": 39, "nasty/derived_formats/pudong_gbk.tab": 39,
    "nasty/derived_formats/pudong_gbk.mif": 39, "nasty/fgb_misc/Albania.kmz": 63, "nasty/fgb_misc/countries.fgb": 179,
    "nasty/gpkg/Oregon.gpkg": 122, "nasty/gpkg/shared_vs_unshared_paths.gpkg": 158,
    "santa_monica/administrative-boundaries/census/100-00.geojson": 1467, "santa_monica/administrative-boundaries/census/100-00.kml": 1467,
    "santa_monica/administrative-boundaries/census/150-00.geojson": 74, "santa_monica/administrative-boundaries/census/158-00.geojson": 20,
    "santa_monica/administrative-boundaries/rent-control-areas.topojson": 7, "santa_monica/environmental/watersheds.zip": 15,
    "santa_monica/history/dtparcels.geojson": 480, "santa_monica/history/fire-hydrants.geojson": 1376,
    "santa_monica/history/land-use.geojson": 1790, "santa_monica/history/parking-meters.tsv": 5920, "santa_monica/history/signs.csv": 16165,
    "santa_monica/history/zoning.geojson": 1846, "santa_monica/services/bicycle/parking.zip": 721,
    "santa_monica/services/tree-maintenance-cycles.geojson": 402, "sz_taz/SZ_districts.shp": 491,
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "crs"),
    [
        ("pudong_cgcs2000_4549_utf8.shp", "EPSG:4549"), ("pudong_4490.geojson", "EPSG:4490"), ("pudong.kml", "EPSG:4326"),
        ("pudong.fgb", "EPSG:4326"), ("pudong_4549.parquet", "EPSG:4549"), ("pudong_gbk.tab", "EPSG:4326"), ("pudong_gbk.mif", "EPSG:4326"),
    ],
)  # fmt: skip
def test_pudong_is_the_same_in_every_format(file: str, crs: str) -> None:
    found = read(SHARED / "nasty/derived_formats", file)
    town = next(row for row in found.rows if row["code"] == "310115103000")
    assert (found.crs, town["Name"], town["grade"], found.shapes) == (crs, "川沙新镇", "4", 39)
    assert sorted(row["__row"] for row in found.rows) == list(range(2, 41))


@pytest.mark.parametrize(
    ("town", "layer", "where", "count"),
    [
        ("porto", "multipolygons", {"building": ("*",)}, 11_393), ("porto", "multipolygons", {"landuse": ("*",)}, 1_975),
        ("porto", "points", {"natural": ("tree",)}, 4_079), ("porto", "multipolygons", {"boundary": ("administrative",)}, 4),
        ("monaco", "multipolygons", {"building": ("*",)}, 1_151),
    ],
)  # fmt: skip
def test_an_osm_extract_gives_the_counts_of_the_catalogue(town: str, layer: str, where: dict[str, tuple[str, ...]], count: int) -> None:
    found = read(SHARED / "osm_towns", f"{town}.osm.pbf", layer=layer, where=where)
    assert len(found.rows) == found.shapes == count
    assert len({row["osm_id"] for row in found.rows}) == count, "osm_id is the key"


def test_osm_tags_beside_the_usual_ones_come_out_when_they_are_wanted() -> None:
    options = {"layer": "multipolygons", "where": {"building": ("*",)}}
    found = read(SHARED / "osm_towns", "porto.osm.pbf", **options, wanted=("building:levels", "building:colour", "ine:code"))
    assert sum(row["building:levels"] is not None for row in found.rows) == 667
    coloured = [row for row in found.rows if row["building:colour"]]
    assert coloured and all(f'"building:colour"=>"{row["building:colour"]}"' in row["other_tags"] for row in coloured)
    parishes = read(SHARED / "osm_towns", "porto.osm.pbf", layer="multipolygons", where={"ine:code": ("*",)}, wanted=("ine:code",))
    assert {row["ine:code"] for row in parishes.rows} >= {"131208", "131213"}


def test_an_osm_extract_without_a_layer_asks_for_one_by_name() -> None:
    with pytest.raises(SourceError, match="multipolygons") as refused:
        read(SHARED / "osm_towns", "monaco.osm.pbf")
    assert 'layer = "…"' in refused.value.remedy


def test_santa_monicas_population_is_the_same_at_all_three_levels() -> None:
    for level in ("100-00", "150-00", "158-00"):
        found = read(SHARED / "santa_monica/administrative-boundaries/census/population", f"{level}.csv")
        assert sum(int(row["DATA_VALUE"]) for row in found.rows) == 89_736
    blocks = read(SHARED / "santa_monica/administrative-boundaries/census", "100-00.geojson")
    assert {row["STATE"] for row in blocks.rows} == {"06"}, "leading zeros stay"


@pytest.mark.parametrize("file", ["santa_monica/history/signs.csv", "nyc311/311_Animals_short.csv", "cn_codes/streets.csv"])
def test_a_csv_is_cut_into_the_cells_that_pythons_reader_finds(file: str) -> None:
    found = read(SHARED, file)
    with (SHARED / file).open(encoding="utf-8-sig", newline="") as handle:
        expected = list(csv.DictReader(handle))
    assert len(found.rows) == len(expected) and not found.damaged
    for row, wanted in zip(found.rows[::97], expected[::97], strict=True):
        assert {key: value or "" for key, value in row.items() if not key.startswith("__")} == wanted


def test_the_table_in_an_arcgis_balloon_becomes_columns() -> None:
    found = read(SHARED, "nasty/fgb_misc/Albania.kmz")
    assert found.rows[0]["Heat_Flow"] == "67" and found.rows[0]["Codes"] is None
    assert "21 attributes read from tables" in found.evidence


# --- delimited text


def delivered(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder


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


def test_a_row_filter_keeps_the_wanted_values_and_a_wrong_header_dies_with_advice(tmp_path: Path) -> None:
    delivered(tmp_path, "a.csv", "kind,n\ntree,1\nbush,2\n,3\nreed,4\n")
    assert [row["n"] for row in read(tmp_path, "a.csv", where={"kind": ("tree", "reed")}).rows] == ["1", "4"]
    assert [row["n"] for row in read(tmp_path, "a.csv", where={"kind": ("*",)}).rows] == ["1", "2", "4"]
    with pytest.raises(SourceError, match="'knd', which is no header") as refused:
        read(tmp_path, "a.csv", where={"knd": ("*",)})
    assert "'kind'" in refused.value.remedy


# --- spreadsheets


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


# --- GIS files


def houses(count: int = 3) -> gpd.GeoDataFrame:
    names = ["张三", "李四", "示范镇示范村"]
    return gpd.GeoDataFrame(
        {"FWBH": [f"{n:06d}" for n in range(count)], "XM": [names[n % 3] for n in range(count)], "CS": [2] * count, "MJ": [80.5] * count},
        geometry=[shapely.box(n, 0, n + 0.5, 1) for n in range(count)], crs="EPSG:4550",
    )  # fmt: skip


@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK"])
def test_a_gbk_shapefile_reads_without_cpg_and_against_a_wrong_one(tmp_path: Path, cpg: str | None) -> None:
    pyogrio.write_dataframe(houses(), tmp_path / "房屋.shp", encoding="GBK")
    (tmp_path / "房屋.cpg").unlink()
    if cpg:
        (tmp_path / "房屋.cpg").write_text(cpg)
    found = read(tmp_path, "房屋.shp")
    assert [row["XM"] for row in found.rows] == ["张三", "李四", "示范镇示范村"] and found.crs == "EPSG:4550"
    assert [row["FWBH"] for row in found.rows] == ["000000", "000001", "000002"]
    assert [(row["CS"], row["MJ"]) for row in found.rows] == [("2", "80.5")] * 3
    assert found.encoding == "gb18030" and ("overruled" in found.evidence) == (cpg == "UTF-8")


def dbase(fields: Sequence[tuple[str, str, int, int]], rows: Sequence[tuple[bytes, ...]], flags: bytes | None = None) -> bytes:
    """A dBASE table of (name, type, width, decimals) and rows of cells."""
    size = 1 + sum(width for _, _, width, _ in fields)
    head = (
        bytes([3, 126, 1, 1]) + len(rows).to_bytes(4, "little") + (33 + 32 * len(fields)).to_bytes(2, "little") + size.to_bytes(2, "little")
    )
    described = b"".join(
        name.encode("gbk")[:10].ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([width, decimals]) + bytes(14)
        for name, kind, width, decimals in fields
    )
    marks = flags or b" " * len(rows)
    body = b"".join(
        marks[n : n + 1] + b"".join(cell.ljust(field[2])[: field[2]] for cell, field in zip(row, fields, strict=True))
        for n, row in enumerate(rows)
    )
    return head + bytes(20) + described + b"\r" + body + b"\x1a"


def test_a_dbase_table_keeps_wide_numbers_dates_and_cut_names_exactly(tmp_path: Path) -> None:
    fields = [
        ("身份证号码", "N", 20, 0),
        ("姓名", "C", 5, 0),
        ("日期", "D", 8, 0),
        ("在用", "L", 1, 0),
        ("面积", "N", 12, 4),
        ("长", "F", 20, 10),
    ]
    rows = [
        (b"  310115198001011234", "张三丰".encode("gbk"), b"20230501", b"T", b"120.5000", b"1.23400000000e+003"),
        (b"   11010119900307001", "李四".encode("gbk"), b"00000000", b"?", b"************", b"5.0000"),
        (b"", b"", b"", b"N", b"80.0000", b""),
    ]
    (tmp_path / "a.dbf").write_bytes(dbase(fields, rows))
    found = read(tmp_path, "a.dbf")
    assert [tuple(row.values())[:6] for row in found.rows] == [
        ("310115198001011234", "张三", "2023-05-01", "Y", "120.5", "1234"),
        ("11010119900307001", "李四", None, None, None, "5"),
        (None, None, None, "N", "80", None),
    ]
    assert "1 values were cut" in found.evidence and "1 numbers overflowed" in found.evidence


def test_deleted_rows_of_a_dbase_table_are_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.dbf").write_bytes(dbase([("N", "C", 3, 0)], [(b"1",), (b"2",), (b"3",)], flags=b" * "))
    found = read(tmp_path, "a.dbf")
    assert [(row["__row"], row["N"]) for row in found.rows] == [(2, "1"), (4, "3")] and "1 rows are marked as deleted" in found.evidence


def test_shapes_stay_with_their_rows_when_rows_are_deleted_or_have_no_shape(tmp_path: Path) -> None:
    frame = houses(5)
    frame.loc[3, "geometry"] = None
    pyogrio.write_dataframe(frame, tmp_path / "a.shp", encoding="UTF-8")
    raw = bytearray((tmp_path / "a.dbf").read_bytes())
    start, size = int.from_bytes(raw[8:10], "little"), int.from_bytes(raw[10:12], "little")
    raw[start + size] = ord("*")
    (tmp_path / "a.dbf").write_bytes(raw)
    found = read(tmp_path, "a.shp", batch_rows=2)
    placed = {row["FWBH"]: row["__wkb"] and shapely.from_wkb(row["__wkb"]).bounds[0] for row in found.rows}
    assert placed == {"000000": 0, "000002": 2, "000003": None, "000004": 4}
    assert "have no shape" in found.evidence


def test_a_shapefile_without_its_table_gives_shapes_and_without_its_index_is_refused(tmp_path: Path) -> None:
    pyogrio.write_dataframe(houses(), tmp_path / "a.shp", encoding="UTF-8")
    (tmp_path / "a.dbf").unlink()
    found = read(tmp_path, "a.shp")
    assert found.shapes == 3 and ".dbf is missing" in found.evidence
    (tmp_path / "a.shx").unlink()
    with pytest.raises(SourceError, match=r"a\.sh[px]"):
        read(tmp_path, "a.shp")


_GDB = {"driver": "OpenFileGDB", "TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"}  # keeps 64-bit integers
FORMATS = [("a.gpkg", {}), ("a.fgb", {}), ("a.geojson", {}), ("a.geojsonl", {"driver": "GeoJSONSeq"}), ("a.gdb", _GDB)]


@pytest.mark.parametrize(("name", "options"), FORMATS, ids=[name for name, _ in FORMATS])
def test_a_written_layer_reads_with_its_values_as_text(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    frame = houses().assign(
        day=[dt.date(2023, 5, 1)] * 3, stamp=[np.datetime64("2023-05-01T08:30:00", "ms")] * 3, code=[310115103000.0, 1.5, None],
        flag=[True, False, True], wide=[310115198001011234] * 3,
    )  # fmt: skip
    pyogrio.write_dataframe(frame.to_crs(4326) if "geojson" in name else frame, tmp_path / name, **options)
    first = min(read(tmp_path, name).rows, key=lambda row: row["FWBH"])
    assert first["FWBH"] == "000000" and first["CS"] == "2" and first["MJ"] == "80.5" and first["XM"] == "张三"
    assert first["code"] == "310115103000" and first["wide"] == "310115198001011234"
    assert first["day"].startswith("2023-05-01") and len(first["day"]) == 10 and first["stamp"].startswith("2023-05-01")
    assert first["flag"] in ("Y", "1") and first["__wkb"]


def test_a_geodatabase_reads_from_a_zip_archive_with_or_without_its_folder(tmp_path: Path) -> None:
    pyogrio.write_dataframe(houses(), tmp_path / "a.gdb", layer="FW", **_GDB)
    files = [path for path in (tmp_path / "a.gdb").iterdir() if path.suffix != ".lock"]
    for name, prefix in (("with.zip", "a.gdb/"), ("flat.gdb.zip", "")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for file in files:
                archive.write(file, f"{prefix}{file.name}")
        assert len(read(tmp_path, name).rows) == 3


def test_files_in_a_zip_from_chinese_windows_are_found_by_their_names(tmp_path: Path) -> None:
    pyogrio.write_dataframe(houses(), tmp_path / "房屋.shp", encoding="GBK")
    with zipfile.ZipFile(tmp_path / "交付.zip", "w") as archive:
        for file in sorted(tmp_path.glob("房屋.*")):
            member = zipfile.ZipInfo(f"数据/{file.name}".encode("gbk").decode("cp437"))
            archive.writestr(member, file.read_bytes())
            raw = member.filename
            assert raw != file.name
        archive.writestr("readme.docx", b"x")
    shown = [name for _, name in delivered_files(tmp_path, "交付.zip")]
    assert [name.rsplit("/", 1)[-1] for name in shown] == ["房屋.shp"]
    assert [row["XM"] for row in read(tmp_path, "交付.zip").rows][:2] == ["张三", "李四"]
    assert len(read(tmp_path, "交付.zip/房屋.shp").rows) == 3


def test_a_zip_of_several_kinds_asks_which_one_is_meant(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "x,y\n1,2\n")
        archive.writestr("b.geojson", '{"type":"FeatureCollection","features":[]}')
    with pytest.raises(SourceError, match=r"several kinds of data \(csv, geojson\)"):
        read(tmp_path, "a.zip")
    assert read(tmp_path, "a.zip/a.csv").rows[0]["x"] == "1"


def test_a_geopackage_of_several_layers_asks_for_one_and_takes_a_pattern(tmp_path: Path) -> None:
    for layer in ("FW_1", "FW_2", "DL"):
        pyogrio.write_dataframe(houses(), tmp_path / "a.gpkg", layer=layer)
    with pytest.raises(SourceError, match="holds 3 layers: 'FW_1', 'FW_2', 'DL'"):
        read(tmp_path, "a.gpkg")
    assert read(tmp_path, "a.gpkg", layer="FW_*").sheets == ["FW_1", "FW_2"]
    with pytest.raises(SourceError, match="no layer 'FW_3'"):
        read(tmp_path, "a.gpkg", layer="FW_3")


def test_arcs_become_straight_lines_and_surfaces_in_space_are_counted(tmp_path: Path) -> None:
    arc = (
        "010a00000001000000010800000005000000"
        + b"".join(np.array(xy, "<f8").tobytes() for xy in [(0, 0), (1, 1), (2, 0), (1, -1), (0, 0)]).hex()
    )
    tin = "0110000000" + "01000000" + "0111000000" + "01000000" + "04000000" + np.array([0, 0, 1, 0, 0, 1, 0, 0], "<f8").tobytes().hex()
    square = shapely.to_wkb(shapely.box(0, 0, 1, 1)).hex()
    pyogrio.write_dataframe(houses(), tmp_path / "a.gpkg", SPATIAL_INDEX="NO", geometry_type="Unknown")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.gpkg")) as database, database:
        head = bytes.fromhex("47500001") + (4550).to_bytes(4, "little")
        for fid, wkb in enumerate((arc, tin, square), 1):
            database.execute("UPDATE a SET geom = ? WHERE fid = ?", (head + bytes.fromhex(wkb), fid))
    found = read(tmp_path, "a.gpkg")
    circle = shapely.from_wkb(found.rows[0]["__wkb"])
    assert circle.geom_type == "Polygon" and circle.area == pytest.approx(np.pi, rel=0.001)
    assert found.rows[1]["__wkb"] is None and shapely.from_wkb(found.rows[2]["__wkb"]).area == 1
    assert "1 shapes have arcs" in found.evidence and "1 shapes are surfaces in space" in found.evidence


def test_mapinfo_text_of_neutral_charset_is_told_by_its_bytes(tmp_path: Path) -> None:
    for suffix in ("tab", "dat", "map", "id", "mif", "mid"):
        shutil.copy(SHARED / f"nasty/derived_formats/pudong_gbk.{suffix}", tmp_path / f"a.{suffix}")
    for suffix in ("tab", "mif"):
        file = tmp_path / f"a.{suffix}"
        file.write_bytes(file.read_bytes().replace(b"WindowsSimpChinese", b"Neutral"))
        found = read(tmp_path, file.name)
        assert found.rows[0]["Name"] == "川沙新镇" and found.encoding == "gb18030"


def test_geojson_in_gbk_reads_with_evidence(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"name": "示范镇示范村"}, "geometry": {"type": "Point", "coordinates": [121.7, 31.2]}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
    delivered(tmp_path, "a.geojson", text, "gbk")
    found = read(tmp_path, "a.geojson")
    assert found.rows[0]["name"] == "示范镇示范村" and "GB18030 decodes" in found.evidence


def test_geoparquet_in_native_encoding_and_plain_parquet_read(tmp_path: Path) -> None:
    polygons = gpd.GeoDataFrame({"id": ["007", "008"]}, geometry=[shapely.box(0, 0, 1, 1), None], crs="EPSG:4549")
    polygons.to_parquet(tmp_path / "native.parquet", geometry_encoding="geoarrow", schema_version="1.1.0")
    found = read(tmp_path, "native.parquet")
    assert shapely.from_wkb(found.rows[0]["__wkb"]).equals(shapely.box(0, 0, 1, 1)) and found.rows[1]["__wkb"] is None
    assert found.crs == "EPSG:4549" and found.rows[0]["id"] == "007"
    pq.write_table(pa.table({"id": ["1"], "geom": [shapely.to_wkb(shapely.Point(1, 2))], "n": [3.0]}), tmp_path / "plain.parquet")
    plain = read(tmp_path, "plain.parquet")
    assert plain.headers == ("id", "n") and plain.shapes == 1 and plain.crs is None and plain.rows[0]["n"] == "3"


# --- finding files


def test_a_glob_takes_its_files_in_order_without_sidecars_and_names_what_it_passed_over(tmp_path: Path) -> None:
    (tmp_path / "房屋").mkdir()
    for village in ("b村", "a村"):
        pyogrio.write_dataframe(houses(), tmp_path / "房屋" / f"{village}.shp", encoding="UTF-8")
    (tmp_path / "房屋" / "说明.docx").write_bytes(b"x")
    (tmp_path / "房屋" / "~$a村.xlsx").write_bytes(b"x")
    readings = list(read_dataset(tmp_path, "房屋/*"))
    assert [reading.file for reading in readings] == ["房屋/a村.shp", "房屋/b村.shp"]
    assert any("说明.docx" in line for line in readings[0].evidence)


def test_a_missing_file_names_the_nearest_one_and_a_folder_asks_for_a_pattern(tmp_path: Path) -> None:
    delivered(tmp_path, "人口表.csv", "a\n1\n")
    (tmp_path / "房屋").mkdir()
    with pytest.raises(SourceError, match=r"人口\.csv") as refused:
        read(tmp_path, "人口.csv")
    assert "人口表.csv" in refused.value.remedy
    with pytest.raises(SourceError, match=r"kind|folder"):
        read(tmp_path, "房屋")


@pytest.mark.parametrize(("name", "hint"), [("图.dwg", "DXF"), ("表.docx", ".xlsx"), ("库.mdb", ".gdb"), ("包.rar", "zip")])
def test_what_nothing_reads_is_refused_with_what_to_ask_for(tmp_path: Path, name: str, hint: str) -> None:
    (tmp_path / name).write_bytes(b"x" * 100)
    with pytest.raises(SourceError, match=name) as refused:
        read(tmp_path, name)
    assert hint in refused.value.remedy


@pytest.mark.parametrize(
    "name", ["a.gpkg", "a.shp", "a.fgb", "a.parquet", "a.kml", "a.xlsx", "a.zip", "a.pbf", "a.tab", "a.dxf", "a.geojson", "a.dbf"]
)
def test_a_file_of_rubbish_is_refused_by_name_in_every_format(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(np.random.default_rng(1).bytes(3000))
    with pytest.raises(SourceError, match=name.replace(".", r"\.")) as refused:
        read(tmp_path, name, layer="*")
    assert refused.value.remedy


def test_a_database_address_hides_its_password() -> None:
    with pytest.raises(SourceError) as refused:
        read(Path(), "postgresql://steward:geheim@127.0.0.1:1/town", layer="public.house")
    assert "geheim" not in str(refused.value) and "127.0.0.1:1/town" in str(refused.value)


def test_every_plug_in_is_one_file_with_a_name_in_both_languages() -> None:
    assert {source.name for source in sources()} >= {
        "csv", "dxf", "filegdb", "flatgeobuf", "geojson", "geopackage", "geoparquet", "kml", "mapinfo", "osm_pbf", "postgis", "shapefile",
        "xlsx",
    }  # fmt: skip
    assert all(source.zh and source.suffixes for source in sources())
    suffixes = [suffix for source in sources() for suffix in source.suffixes]
    assert len(suffixes) == len(set(suffixes)), "two plug-ins claim one suffix"
