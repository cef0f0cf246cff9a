"""Which files a dataset means, and what is refused before anything is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio
import pytest
from readings import delivered, houses, read

from data.errors import SourceError
from etl.core.read import read_dataset, sources


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
