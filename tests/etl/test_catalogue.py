"""The real files of the reference data: each reads right, or is refused with its cause."""

from __future__ import annotations

import csv
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Loads:
    """What a file holds: rows, encoding, and a value of a header in one of its rows."""

    rows: int
    encoding: str | None = "utf-8"
    header: str = ""
    value: str | None = None


@dataclass(frozen=True)
class Refused:
    """Why a file is refused, and how it reads when the remedy is followed."""

    cause: str
    declared: str = ""
    header: str = ""
    value: str = ""


@pytest.mark.parametrize("file", shared("nasty"))
def test_every_nasty_file_reads_right_or_is_refused_with_its_cause(file: str) -> None:
    expected = NASTY[file.removeprefix("nasty/")]  # a file that nobody has looked at fails here
    options = {"layer": "*"} if file.endswith(".gpkg") else {}
    if isinstance(expected, Refused):
        with pytest.raises(SourceError, match=expected.cause) as refused:
            read(SHARED, file, **options)
        assert Path(file).name in str(refused.value) and refused.value.remedy
        expected, options = Loads(0, expected.declared, expected.header, expected.value), {"encoding": expected.declared}
    found = read(SHARED, file, **options)
    assert len(found.rows) == expected.rows or not expected.rows
    assert found.encoding == expected.encoding and not found.damaged
    if expected.header:
        assert expected.header in found.headers
        assert expected.value is None or expected.value in {row[expected.header] for row in found.rows}


CHUANSHA = ("code", "310115103000")
UNTOLD = "encoding cannot be told: strict UTF-8 fails and the text is not plausible as GB18030"
NASTY: dict[str, Loads | Refused] = {
    "derived_formats/pudong.dxf": Loads(52, "utf-8", "EntityHandle", "20000"),
    **{
        f"derived_formats/pudong{name}": Loads(39, "utf-8", *CHUANSHA)
        for name in (
            ".fgb", ".kml", "_4490.geojson", "_4549.parquet", "_cgcs2000_4549_utf8.dbf", "_cgcs2000_4549_utf8.shp", "_gbk.mif", "_gbk.tab",
        )
    },
    "encodings/big5.dbf": Refused(UNTOLD, "big5", "NAME", "繁體國語"),
    "encodings/latin1.dbf": Refused(UNTOLD, "cp1252", "NAME", "Peçeña México"),
    "encodings/shiftjis.dbf": Refused(UNTOLD, "shift_jis", "NAME", "ひたちなか市"),
    "encodings/gb2312.dbf": Loads(1, "gb18030", "NAME", "简体国语"),
    "encodings/gbk.dbf": Loads(1, "gb18030", "NAME", "简体国语"),
    "encodings/utf8.dbf": Loads(1, "utf-8", "NAME", "国语國語"),
    "encodings/duplicate_fields.dbf": Loads(5, "utf-8", "unemployed_2"),
    "encodings/ldid/chinese.dbf": Loads(1, "gb18030", "NAME", "简体"),
    "encodings/ldid/chinese.shp": Loads(1, "gb18030", "NAME", "简体"),
    "encodings/cpg/big5.dbf": Loads(1, "big5", "NAME", "國語"),
    "encodings/cpg/big5.shp": Loads(1, "big5", "NAME", "國語"),
    "encodings/cpg/euckr.dbf": Loads(1, "euc_kr", "NAME", "한국말"),
    "encodings/cpg/koi8r.dbf": Loads(1, "koi8-r", "NAME", "русский"),
    "encodings/cpg/latin2.dbf": Loads(1, "iso8859-2", "NAME", "čeština"),
    "encodings/cpg/shiftjis.dbf": Loads(1, "shift_jis", "NAME", "カタカナひらがな"),
    "encodings/cpg/utf16.dbf": Loads(0, "utf-16", "N"),
    "encodings/cpg/win1251.dbf": Loads(1, "cp1251", "NAME", "РУССКИЙ"),
    "encodings/cpg/win874.dbf": Loads(1, "cp874", "NAME", "ภาษาไทย"),
    "fgb_misc/Albania.kmz": Loads(63, "utf-8", "Name", "KE-839"),
    "fgb_misc/countries.fgb": Loads(179, "utf-8", "name", "Antarctica"),
    "fgb_misc/date-property.json": Loads(3, "utf-8", "date", "20130102"),
    "fgb_misc/empty.fgb": Loads(0),
    "fgb_misc/latin1-property.dbf": Loads(1, "cp1252", "name", "México"),
    "fgb_misc/latin1-property.shp": Loads(1, "cp1252", "name", "México"),
    "fgb_misc/latin1-property.json": Loads(1, "utf-8", "name", "México"),
    "fgb_misc/poly00.fgb": Loads(10, "utf-8", "EAS_ID", "158"),
    "fgb_misc/poly01.fgb": Loads(10, "utf-8", "EAS_ID", "158"),
    "fgb_misc/two_states_mercator.dbf": Loads(2, "utf-8", "STATE_NAME", "Oregon"),
    "fgb_misc/two_states_mercator.shp": Loads(2, "utf-8", "STATE_NAME", "Oregon"),
    **{f"fgb_misc/utf8-property.{kind}": Loads(1, "utf-8", "☃", "ηελλο ςορλδ") for kind in ("dbf", "json", "shp")},
    "gpkg/Oregon.gpkg": Loads(122),
    "gpkg/Oregon_customCRS.gpkg": Loads(1, "utf-8", "STATEFP", "41"),
    "gpkg/data_only_tables.gpkg": Loads(11, "utf-8", "LAT"),
    "gpkg/missing_crs_mixed_ranges.gpkg": Loads(2, "utf-8", "STATEFP", "41"),
    "gpkg/mixed_crs.gpkg": Loads(2, "utf-8", "STATEFP", "41"),
    "gpkg/null_crs_gdal.gpkg": Loads(1, "utf-8", "STATEFP", "41"),
    "gpkg/same_crs_points.gpkg": Loads(11, "utf-8", "LAT"),
    "gpkg/shared_vs_unshared_paths.gpkg": Loads(158),
    "gpkg/world_land_robin.gpkg": Loads(1),
    "invalid/ex10_bowtie.json": Loads(1), "invalid/ex13_ogc.json": Loads(1), "invalid/ex14_ogc.json": Loads(1),
    "invalid/ex11_ogc.geojson": Loads(1, "utf-8", "Example", "Minimal"),
    "invalid/ex12_ogc.geojson": Loads(1, "utf-8", "Example", "Minimal"),
    "invalid/ex15_ogc.json": Loads(1), "invalid/ex16_ogc.json": Loads(1), "invalid/ex17_ogc.json": Loads(1),
    "invalid/ex18_ogc.json": Loads(1), "invalid/ex19_ogc.json": Loads(1), "invalid/ex20_ogc_line.json": Loads(1),
    "invalid/ex1_invalid_rings.json": Loads(1, "utf-8", "id", "16972"),
    "invalid/ex1_yemen.json": Loads(2, "utf-8", "ADM2_NAME", "Doolo"), "invalid/ex2_yemen.json": Loads(3, "utf-8", "ADM2_NAME", "Jarar"),
    "invalid/ex21_crossed_lines.json": Loads(2, "utf-8", "id", "0"),
    "invalid/ex22_three_ia_precincts.json": Loads(3, "utf-8", "NAME", "(PKV) Park View"),
    "invalid/ex23_three_ca_precincts.json": Loads(3, "utf-8", "srprec", "7023766"),
    "invalid/ex3.json": Loads(1), "invalid/ex4.json": Loads(1), "invalid/ex6.json": Loads(1),
    "invalid/ex5_three_precincts.json": Loads(3, "utf-8", "precinct", "Belcher"),
    "invalid/ex7_britain.json": Loads(3, "utf-8", "id", "1806"), "invalid/ex8_britain.json": Loads(12, "utf-8", "id", "1806"),
    "invalid/ex9_FranklinTwoPrecinctsDetail.json": Loads(2, "utf-8", "precinct", "99"),
}  # fmt: skip


def test_every_file_of_the_list_is_there() -> None:
    assert [name for name in NASTY if not (SHARED / "nasty" / name).is_file()] == []


@pytest.mark.parametrize("file", shared("conformance/geoparquet", "santa_monica", "sz_taz"))
def test_every_other_file_of_the_catalogue_reads_or_is_refused_by_name(file: str) -> None:
    try:
        found = read(SHARED, file)
    except SourceError as refused:
        assert Path(file).name in str(refused) and refused.remedy
        assert Path(file).suffix not in READABLE or file in NO_FEATURES, f"{file} is refused: {refused}"
        return
    assert file not in NO_FEATURES
    assert len(found.rows) == COUNTS.get(file, len(found.rows)) > 0


NO_FEATURES = {
    "conformance/geoparquet/examples/example_metadata.json", "conformance/geoparquet/examples/example_metadata_point.json",
    "conformance/geoparquet/format-specs/schema.json",
}  # fmt: skip
COUNTS = {
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
