"""The real files of the reference data: each reads right, or is refused with its cause."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from readings import read
from shared_data import SHARED

from data.errors import SourceError
from etl.core.read import sources

READABLE = {suffix for source in sources() for suffix in source.suffixes}

SIDECARS = {".md", ".prj", ".cpg", ".shx", ".sbn", ".sbx", ".map", ".id", ".dat", ".mid"}


def shared(*folders: str) -> list[Any]:
    """Every file of the catalogue's folders that is data of its own."""
    files = [path for folder in folders for path in sorted((SHARED / folder).rglob("*")) if path.is_file() and path.suffix not in SIDECARS]
    return [pytest.param(path.relative_to(SHARED).as_posix(), id=path.relative_to(SHARED).as_posix()) for path in files]


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
