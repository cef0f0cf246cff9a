"""Nasty files with a town around them: contract, datum, repair; the same shapes come out of every format and every system."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from shared_data import SHARED
from tiny_town import home_of

from data.clock import now
from data.errors import OneScreenError
from etl.core.deliver import Delivery
from etl.core.report import Report
from etl.core.run import Run
from etl.core.scratch import scratch
from etl.core.town_file import load_town_file

NASTY = SHARED / "nasty"
INVALID = sorted((NASTY / "invalid").iterdir())
PUDONG = "[121.4, 30.8, 122.0, 31.5]"
LINES = {"ex20_ogc_line": 1, "ex21_crossed_lines": 2}
BROKEN = {
    *("ex10_bowtie", "ex12_ogc", "ex13_ogc", "ex14_ogc", "ex15_ogc", "ex17_ogc", "ex18_ogc", "ex19_ogc", "ex1_invalid_rings"),
    *("ex3", "ex4", "ex6"),  # valid collections: one parcel is one shape
}


@dataclass(frozen=True)
class Came:
    """What came of a dataset: rows, refused, faults by code, kinds of the shapes, all valid, their area, and that of one key."""

    rows: int
    refused: int
    faults: dict[str, int]
    kinds: set[str]
    valid: bool
    area_m2: float
    areas: dict[str, float]


def town(path: Path, crs: str, extent: str, datasets: list[dict[str, Any]]) -> Path:
    """A town file whose datasets lie in the folder of the nasty files; any share of their rows may be refused."""
    lines = ["[town]", 'name = { zh = "某镇", en = "Some" }', 'code = "T"', f'crs = "{crs}"', f"extent = {extent}"]
    lines += ["synthetic = true", "delivered_at = 2026-09-23"]
    for given in datasets:
        lines += ["[[dataset]]", "max_bad_share = 1.0", f'key_prefix = "{given["name"]}-"']
        lines += [f"{key} = {value if key == 'fields' else repr(value)}" for key, value in given.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def parcels(name: str, file: str, **more: str) -> dict[str, Any]:
    return {"name": name, "table": "parcel", "file": str(NASTY / file), "fields": '{ parcel_id = "@row" }', **more}


def taken(folder: Path, crs: str, extent: str, datasets: list[dict[str, Any]]) -> dict[str, Came]:
    """Read, check and locate; nothing is published."""
    file = load_town_file(town(folder / "town.toml", crs, extent, datasets))
    settings = home_of(folder)
    delivery = Delivery(file, folder, date(2026, 11, 22), date(2026, 9, 23), frozenset())
    found: dict[str, Came] = {}
    with scratch(settings, now(settings)) as work:
        run = Run(settings, work, Report(Console(file=io.StringIO())), delivery, [], delivery.today, everything=True)
        for one in run.take_in():
            key = f"{one.dataset.table}_id"
            rows = work.connection.execute(
                f"SELECT {key}, ST_GeometryType(geom)::VARCHAR, ST_IsValid(geom), ST_Area(geom) FROM {one.placed.relation}"
            ).fetchall()
            keys = {str(key).removeprefix(f"{one.dataset.name}-"): float(area) for key, _, _, area in rows}
            kinds, valid = {kind for _, kind, *_ in rows}, all(ok for *_, ok, _ in rows)
            found[one.dataset.name] = Came(one.result.rows, one.result.refused, one.result.by_code, kinds, valid, sum(keys.values()), keys)
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Came]:
    """The invalid polygons and the odd packages, in a town as large as the world."""
    systems = {"ex7_britain": "EPSG:27700", "ex8_britain": "EPSG:27700"}  # their files say WGS84 and hold metres
    datasets = [
        parcels(file.stem, f"invalid/{file.name}", **({"crs": systems[file.stem]} if file.stem in systems else {})) for file in INVALID
    ]
    datasets += [
        parcels("feet", "gpkg/mixed_crs.gpkg", layer="oregon_2269"), parcels("degrees", "gpkg/mixed_crs.gpkg", layer="oregon_4326"),
        parcels("custom", "gpkg/Oregon_customCRS.gpkg"), parcels("unsaid", "gpkg/null_crs_gdal.gpkg"),
        parcels("states", "fgb_misc/two_states_mercator.shp"), parcels("empty", "fgb_misc/empty.fgb"),
        parcels("land", "gpkg/Oregon.gpkg", layer="land"),
        {**parcels("tables", "gpkg/data_only_tables.gpkg", layer="*"), "table": "facility", "fields": '{ facility_id = "@row" }'},
        {**parcels("points", "gpkg/same_crs_points.gpkg", layer="*"), "table": "facility", "fields": '{ facility_id = "@row" }'},
    ]  # fmt: skip
    return taken(tmp_path_factory.mktemp("world"), "EPSG:3857", "[-179.0, -85.0, 179.0, 85.0]", datasets)


@pytest.mark.parametrize("name", [file.stem for file in INVALID])
def test_every_invalid_shape_is_repaired_in_its_kind_or_refused_for_its_kind(name: str, world: dict[str, Came]) -> None:
    came = world[name]
    if name in LINES:
        assert came.faults == {"geometry_kind": LINES[name]} and came.refused == came.rows == LINES[name]
        return
    assert came.refused == 0 and came.rows > 0 and came.area_m2 > 0
    assert came.kinds <= {"POLYGON", "MULTIPOLYGON"} and came.valid
    assert came.faults.get("geometry_repaired", 0) == 1 or name not in BROKEN


def test_a_bow_tie_keeps_both_wings(world: dict[str, Came]) -> None:
    """Of OGC's examples: the area of the repaired shape is that of the drawn one, in the stretched metres of the equator."""
    assert world["ex15_ogc"].area_m2 == pytest.approx(2 * 111_319.49**2, rel=0.002)
    assert world["ex13_ogc"].area_m2 == pytest.approx(8 * 111_319.49**2, rel=0.002)


def test_oregon_is_the_same_in_feet_in_degrees_in_a_system_without_a_name_and_without_any(world: dict[str, Came]) -> None:
    areas = [world[name].area_m2 for name in ("feet", "degrees", "custom", "unsaid", "land")]
    assert areas == pytest.approx([areas[0]] * 5, rel=1e-4)
    assert world["states"].rows == 2 and world["states"].valid and world["states"].area_m2 > areas[0]


def test_tables_without_shapes_are_placed_by_their_coordinates_and_an_empty_file_is_no_rows(world: dict[str, Came]) -> None:
    assert (world["tables"].rows, world["tables"].refused, world["tables"].kinds) == (11, 0, {"POINT"})
    assert (world["points"].rows, world["points"].refused, world["points"].kinds) == (11, 0, {"POINT"})
    assert (world["empty"].rows, world["empty"].refused) == (0, 0)


def test_pudong_has_the_same_towns_out_of_every_format(tmp_path: Path) -> None:
    formats = {
        "shp": "pudong_cgcs2000_4549_utf8.shp", "json": "pudong_4490.geojson", "kml": "pudong.kml", "fgb": "pudong.fgb",
        "parquet": "pudong_4549.parquet", "tab": "pudong_gbk.tab", "mif": "pudong_gbk.mif",
    }  # fmt: skip
    datasets = [{**parcels(name, f"derived_formats/{file}"), "fields": '{ parcel_id = "code" }'} for name, file in formats.items()]
    datasets.append(parcels("dxf", "derived_formats/pudong.dxf"))
    found = taken(tmp_path, "EPSG:4549", PUDONG, datasets)
    for name in formats:
        assert (found[name].rows, found[name].refused, found[name].valid) == (39, 0, True), name
        # 94.49 km² on the ellipsoid; 1.7 degrees beside its meridian the projection adds a thousandth.
        assert found[name].areas["310115103000"] / 1e6 == pytest.approx(94.49, rel=0.0015), name
        assert found[name].areas == pytest.approx(found["shp"].areas, rel=1e-4), name
    assert (found["dxf"].rows, found["dxf"].refused) == (52, 0)
    assert found["dxf"].area_m2 == pytest.approx(found["shp"].area_m2, rel=0.01)


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        (parcels("metres", "invalid/ex7_britain.json"), r"only 0\.0 % of 3 points fall inside the town"),
        (parcels("mixed", "gpkg/mixed_crs.gpkg", layer="*"), "different systems: EPSG:2269, EPSG:4326"),
        (parcels("several", "gpkg/Oregon.gpkg"), "holds 2 layers: 'land', 'roads'"),
        (parcels("feet", "gpkg/missing_crs_mixed_ranges.gpkg", layer="OR_land_2269"), r"only 0\.0 % of 1 points fall inside the town"),
    ],
    ids=["metres called degrees", "two systems", "two layers", "feet without a system"],
)
def test_what_cannot_be_placed_is_refused_with_its_cause(given: dict[str, Any], cause: str, tmp_path: Path) -> None:
    with pytest.raises(OneScreenError, match=cause) as refused:
        taken(tmp_path, "EPSG:4549", PUDONG, [given])
    assert refused.value.remedy


def test_metres_that_a_file_calls_degrees_are_told_by_the_town_they_fall_into(tmp_path: Path) -> None:
    came = taken(tmp_path, "EPSG:27700", "[-2.5, 52.0, -1.0, 53.0]", [parcels("metres", "invalid/ex7_britain.json")])["metres"]
    assert (came.rows, came.refused) == (3, 0) and came.area_m2 == pytest.approx(5_535_104, rel=1e-4)
