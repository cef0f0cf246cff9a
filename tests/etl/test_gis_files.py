"""GIS files as departments write them: encodings, cut names, deleted rows, archives, layers, curved shapes."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from readings import delivered, houses, read
from shared_data import SHARED

from data.errors import SourceError
from etl.core.read import delivered_files


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
