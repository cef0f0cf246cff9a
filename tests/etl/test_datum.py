"""In which system coordinates came: the decision and its evidence on the outline of a real town, and the way from there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyogrio
import pyproj
import pytest
import shapely
from shared_data import SHARED

from data.errors import SettingsError, SourceError
from data.geo import parse_local, wgs84_to_bd09, wgs84_to_gcj02
from etl.core.coordinates import CoordinateColumns, find_coordinates, points_of
from etl.core.datum import DatumDecision, detect, nearness, outsiders, require_inside, transformer

PUDONG = SHARED / "nasty/derived_formats/pudong_4490.geojson"
TOWN_CRS = "EPSG:4550"
Points = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def town() -> Any:
    frame = pyogrio.read_dataframe(PUDONG)
    return frame[frame.Name == "川沙新镇"].geometry.iloc[0]


@pytest.fixture(scope="module")
def points(town: Any) -> Points:
    """10 000 points all over the town, lon/lat."""
    west, south, east, north = town.bounds
    tried = np.random.default_rng(7).uniform((west, south), (east, north), (25_000, 2))
    return np.asarray(tried[shapely.contains_xy(town, tried[:, 0], tried[:, 1])][:10_000])


def projected(points: Points, crs: str) -> Points:
    return np.column_stack(pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(*points.T))


def decide(sample: Any, town: Any, crs: str | None = None, file_crs: str | None = None, **more: Any) -> DatumDecision:
    return detect(sample, crs, file_crs, town, TOWN_CRS, **more)


def text(decision: DatumDecision) -> str:
    assert all(line.zh for line in decision.evidence)  # type: ignore[attr-defined]
    return " | ".join(decision.evidence)


# --- one system at a time


@pytest.mark.parametrize(
    ("crs", "width"),
    [("EPSG:4549", "3° CM 120E"), ("EPSG:4550", "3° CM 123E"), ("EPSG:4529", "3° CM 123E (zone 41, prefixed"),
     ("EPSG:4528", "3° CM 120E (zone 40, prefixed"), ("EPSG:4499", "6° CM 123E (zone 21, prefixed"),
     ("EPSG:3857", "Web Mercator")],
)  # fmt: skip
@pytest.mark.parametrize("swapped", [False, True])
def test_a_plane_system_is_recognised_by_where_its_points_fall(points: Points, town: Any, crs: str, width: str, swapped: bool) -> None:
    delivered = projected(points[:3000], crs)
    found = decide(delivered[:, ::-1] if swapped else delivered, town)
    assert (found.crs, found.swapped, found.datum, found.sure) == (crs, swapped, "wgs84", True)
    assert width in found.label and found.inside_share > 0.999
    assert "of 3 000 points fall inside the town" in text(found) and ("axes are swapped" in text(found)) == swapped


def test_a_six_degree_zone_reads_as_the_three_degree_zone_of_the_same_meridian_which_is_the_same_place(points: Points, town: Any) -> None:
    delivered = projected(points[:500], "EPSG:4509")
    found = decide(delivered, town)
    assert "CM 117E" in found.label and found.sure
    assert transformer(found, TOWN_CRS).lonlat(*delivered.T)[0] == pytest.approx(points[:500, 0], abs=1e-9)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("datum", "shift"), [("wgs84", None), ("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_degrees_and_their_map_app_shifts_are_told_by_the_outline(points: Points, town: Any, datum: str, shift: Any, swapped: bool) -> None:
    delivered = np.column_stack(shift(*points.T)) if shift else points
    found = decide(delivered[:, ::-1] if swapped else delivered, town)
    assert (found.datum, found.swapped, found.sure) == (datum, swapped, True) and found.inside_share > 0.999
    assert text(found).count("% as") == 2, "the alternatives are printed with their shares"


def test_an_outline_that_does_not_tell_the_shift_is_said_to_be_unsure(points: Points, town: Any) -> None:
    """Sixty cameras in the middle of the town lie inside whether shifted or not."""
    middle = points[np.hypot(*(points - np.array(town.centroid.coords[0])).T) < 0.01][:60]
    found = decide(np.column_stack(wgs84_to_gcj02(*middle.T)), town)
    assert found.datum == "wgs84" and not found.sure and 'declare datum = "gcj02"' in text(found)


def test_few_points_are_enough_for_a_shift_where_they_do_not_fit_without_it(points: Points, town: Any) -> None:
    """Sixty cameras of a map app along the border, where the shift carries a part of them out of the town."""
    shifted = np.column_stack(wgs84_to_gcj02(*points.T))
    outside = ~shapely.contains_xy(town, shifted[:, 0], shifted[:, 1])
    few = np.vstack([shifted[outside][:10], shifted[~outside][:50]])
    found = decide(few, town)
    assert found.datum == "gcj02" and found.inside_share == 1.0


def test_what_the_headers_say_of_the_system_decides_where_the_outline_cannot(points: Points, town: Any) -> None:
    middle = points[np.hypot(*(points - np.array(town.centroid.coords[0])).T) < 0.01][:60]
    shifted = np.column_stack(wgs84_to_bd09(*middle.T))
    found = decide(shifted, town, header_datum="bd09")
    assert found.datum == "bd09" and found.sure and "the headers say BD-09" in text(found)
    assert decide(shifted, town, header_datum="wgs84").sure, "the headers say that it is not shifted"


def test_headers_that_the_points_contradict_are_not_believed(points: Points, town: Any) -> None:
    assert decide(np.column_stack(wgs84_to_bd09(*points.T)), town, header_datum="wgs84").datum == "bd09"


def test_known_houses_tell_the_shift_where_the_outline_cannot(points: Points, town: Any) -> None:
    middle = points[np.hypot(*(points - np.array(town.centroid.coords[0])).T) < 0.01][:60]
    houses = shapely.buffer(shapely.points(points[:4000]), 0.00005)
    score = nearness(houses, within_m=20)
    shifted = decide(np.column_stack(wgs84_to_gcj02(*middle.T)), town, score=score)
    assert shifted.datum == "gcj02" and shifted.sure and "points that fit known things" in text(shifted)
    straight = decide(middle, town, score=score)
    assert straight.datum == "wgs84" and straight.sure


def test_what_the_file_says_stands_when_it_fits_and_is_overruled_when_not(points: Points, town: Any) -> None:
    delivered = projected(points[:2000], "EPSG:4549")
    assert "the file says CGCS2000 3° CM 120E" in text(decide(delivered, town, file_crs="EPSG:4549"))
    overruled = decide(delivered, town, file_crs="EPSG:4550")
    assert overruled.crs == "EPSG:4549" and "puts only 0.0 % inside: overruled" in text(overruled)


def test_geojson_that_is_really_in_metres_is_not_believed_to_be_degrees(points: Points, town: Any) -> None:
    assert decide(projected(points[:500], "EPSG:4549"), town, file_crs="EPSG:4326").crs == "EPSG:4549"


def test_a_town_outside_china_knows_no_map_app_shift() -> None:
    box = (-8.64, 41.13, -8.57, 41.17)
    inside = np.random.default_rng(1).uniform((-8.63, 41.14), (-8.58, 41.16), (500, 2))
    found = detect(inside, None, "EPSG:4326", box, "EPSG:3763")
    assert found.crs == "EPSG:4326" and found.sure and "GCJ" not in text(found)


# --- declared systems, refusal


def test_a_declaration_is_followed_and_its_axes_are_turned_when_that_helps(points: Points, town: Any) -> None:
    delivered = projected(points[:1000], "EPSG:4549")
    assert decide(delivered, town, crs="EPSG:4549").crs == "EPSG:4549"
    turned = decide(delivered[:, ::-1], town, crs="EPSG:4549")
    assert turned.swapped and "declared as CGCS2000" in text(turned)
    assert decide(np.column_stack(wgs84_to_gcj02(*points.T)), town, declared_datum="GCJ-02").datum == "gcj02"


def test_under_ninety_five_percent_inside_is_refused_with_what_would_fit_unless_forced(points: Points, town: Any) -> None:
    found = decide(np.column_stack(wgs84_to_bd09(*points.T)), town, crs="EPSG:4326")
    with pytest.raises(SourceError, match=r"摄像头: only 8\d\.\d % of 10000 points .* as BD-09 100\.0 %") as refused:
        require_inside(found, "摄像头")
    assert 'datum = "gcj02" or "bd09"' in refused.value.remedy
    require_inside(found, "摄像头", force=True)


def test_coordinates_of_nowhere_are_refused_not_forced_into_a_system(points: Points, town: Any) -> None:
    local = np.column_stack(parse_local("local:lon_0=121.4667,lat_0=31.235,ellps=krass").from_lonlat(*points[:500].T))
    with pytest.raises(SourceError, match="no other known system fits better"):
        require_inside(decide(local, town), "房屋")


def test_an_unknown_declaration_names_itself(points: Points, town: Any) -> None:
    with pytest.raises(SourceError, match="'EPSG:99999999' is unknown"):
        decide(points, town, crs="EPSG:99999999")
    with pytest.raises(SourceError, match="datum 'gcj2' is unknown"):
        decide(points, town, declared_datum="gcj2")
    with pytest.raises(SourceError, match="without parameters"):
        decide(points, town, declared_datum="local")
    with pytest.raises(SettingsError, match="'lon0'"):
        decide(points, town, crs="local:lon0=121")


# --- local systems


LOCAL = "local:lon_0=121.4667,lat_0=31.235,x_0=200,ellps=krass,rotation=0.4"


def test_a_local_system_by_parameters_places_its_points(points: Points, town: Any) -> None:
    delivered = np.column_stack(parse_local(LOCAL).from_lonlat(*points[:500].T))
    found = decide(delivered, town, crs=LOCAL)
    assert found.datum == "local" and found.inside_share == 1.0
    assert transformer(found, TOWN_CRS).lonlat(*delivered.T)[0] == pytest.approx(points[:500, 0], abs=1e-9)
    assert transformer(found, TOWN_CRS).town(*delivered.T)[1] == pytest.approx(projected(points[:500], TOWN_CRS)[:, 1], abs=1e-3)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_local_system_by_control_points_is_fitted_with_residuals(points: Points, town: Any, swapped: bool) -> None:
    delivered = np.column_stack(parse_local(LOCAL).from_lonlat(*points[:500].T))
    delivered = delivered[:, ::-1] if swapped else delivered
    controls = [(*delivered[n], *points[n]) for n in (0, 100, 250, 400)]
    found = decide(delivered, town, control_points=controls)
    assert found.datum == "local" and found.inside_share > 0.999 and "4 control points fit with residuals 0.0" in text(found)
    town_x, town_y = transformer(found, TOWN_CRS).town(*delivered.T)
    expected = projected(points[:500], TOWN_CRS)
    assert np.hypot(town_x - expected[:, 0], town_y - expected[:, 1]).max() < 1.0


def test_control_points_that_contradict_each_other_are_refused_with_their_residuals(points: Points, town: Any) -> None:
    delivered = np.column_stack(parse_local(LOCAL).from_lonlat(*points[:10].T))
    controls = [(*delivered[n], *points[n]) for n in range(3)] + [(*delivered[4], *points[9])]
    with pytest.raises(SourceError, match="do not fit together: residuals"):
        decide(delivered, town, control_points=controls)


# --- before the areas are known


def test_without_an_outline_the_file_and_the_area_of_use_decide_and_doubt_is_stated(points: Points) -> None:
    assert decide(points, None, file_crs="EPSG:4490").crs == "EPSG:4490"
    assert "cannot be told apart" in text(decide(points, None))
    plane = decide(projected(points, "EPSG:4550"), None)
    assert plane.crs == "EPSG:4550" and not plane.sure and "declare crs if it is" in text(plane)
    assert decide(projected(points, "EPSG:4528"), None).crs == "EPSG:4528"


def test_no_coordinates_at_all_are_no_reason_to_fail(town: Any) -> None:
    found = decide(np.empty((0, 2)), town, file_crs="EPSG:4549")
    assert found.crs == "EPSG:4549" and found.inside_share == 1.0


# --- single rows


def test_a_few_rows_with_swapped_axes_are_found_among_the_right_ones(points: Points, town: Any) -> None:
    delivered = points[:400].copy()
    delivered[5:9] = delivered[5:9, ::-1]
    delivered[20], delivered[30] = (0.0, 0.0), (np.nan, np.nan)
    found = decide(delivered, town)
    assert not found.swapped
    outside, turned = outsiders(delivered, found, town, TOWN_CRS)
    assert np.flatnonzero(outside).tolist() == [5, 6, 7, 8, 20]
    assert np.flatnonzero(turned).tolist() == [5, 6, 7, 8]


# --- the way from there


def test_geometries_reach_both_systems_and_stay_exact_where_they_are_already(points: Points, town: Any) -> None:
    shape = shapely.transform(town, lambda c: projected(c, TOWN_CRS))
    found = decide([shapely.to_wkb(shape)] * 3, town, file_crs=TOWN_CRS)
    placed = transformer(found, TOWN_CRS).place([shapely.to_wkb(shape), None, shapely.to_wkb(shapely.force_3d(shape, 5.0))])
    assert placed.town[0].equals_exact(shape, 0) and placed.town[1] is None and not placed.town[2].has_z
    assert placed.lonlat[0].equals_exact(town, 1e-8)
    assert placed.unplaced.tolist() == [False, False, False]


def test_shifted_and_swapped_polygons_come_back_to_where_they_are(town: Any) -> None:
    shifted = shapely.transform(town, lambda c: np.column_stack(wgs84_to_gcj02(*c.T))[:, ::-1])
    found = decide([shifted] * 2, town, declared_datum="gcj02")
    placed = transformer(found, TOWN_CRS).place([shapely.to_wkb(shifted)])
    assert found.swapped and placed.lonlat[0].equals_exact(town, 1e-9)
    assert placed.town[0].area == pytest.approx(94.49e6, rel=0.01), "Chuansha has 94.49 km²"


def test_rubbish_among_the_geometries_is_reported_not_placed(points: Points, town: Any) -> None:
    found = decide(points, town)
    wkb = [shapely.to_wkb(shapely.Point(*points[0])), b"rubbish", shapely.to_wkb(shapely.Point(400, 400)), None]
    placed = transformer(found, TOWN_CRS).place(wkb)
    assert placed.unplaced.tolist() == [False, True, True, False] and placed.lonlat[2] is None


# --- tables with coordinates in their cells


def columns(headers: dict[str, list[str | None]], **declared: str) -> CoordinateColumns | None:
    return find_coordinates(list(headers), lambda header: headers[header], declared or None)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"名称": ["a"], "经度": ["121.7"], "纬度": ["31.2"]}, CoordinateColumns("xy", "经度", "纬度")),
        ({"LNG": ["121.7"], "Lat": ["31.2"]}, CoordinateColumns("xy", "LNG", "Lat")),
        ({"X坐标": ["3454394"], "Y坐标": ["662028"]}, CoordinateColumns("xy", "X坐标", "Y坐标")),
        ({"东坐标": ["1"], "北坐标": ["2"]}, CoordinateColumns("xy", "东坐标", "北坐标")),
        ({"横坐标": ["1"], "纵坐标": ["2"]}, CoordinateColumns("xy", "横坐标", "纵坐标")),
        ({"经度（°）": ["121°42′"], "纬度（°）": ["31°12′"]}, CoordinateColumns("xy", "经度（°）", "纬度（°）")),
        ({"the_geom": ["MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"], "x": ["1"], "y": ["2"]}, CoordinateColumns("wkt", "the_geom")),
        ({"Location": ["(34.01, -118.49)"]}, CoordinateColumns("pair", "Location")),
        ({"坐标": ["31.2,121.7"]}, CoordinateColumns("pair", "坐标")),
        ({"位置": ["川沙路1号"], "location": ["川沙路1号"]}, None),
        ({"x": ["甲"], "y": ["乙"]}, None),
        ({"X Coordinate (State Plane)": ["1"], "Y Coordinate (State Plane)": ["2"]},
         CoordinateColumns("xy", "X Coordinate (State Plane)", "Y Coordinate (State Plane)")),
    ],
)  # fmt: skip
def test_coordinate_columns_are_found_by_header_and_content(
    headers: dict[str, list[str | None]], expected: CoordinateColumns | None
) -> None:
    assert columns(headers) == expected


@pytest.mark.parametrize(
    ("x", "y", "datum"),
    [
        ("坐标/经度", "坐标/纬度", None), ("坐标/X(m)", "坐标/Y(m)", None), ("X坐标（米）", "Y坐标（米）", None), ("X(m)", "Y(m)", None),
        ("经度（E）", "纬度（N）", None), ("经度(WGS84)", "纬度(WGS84)", "wgs84"), ("Ｘ坐标", "Ｙ坐标", None),
        ("高德经度", "高德纬度", "gcj02"), ("lon(GCJ-02)", "lat(GCJ-02)", "gcj02"), ("百度经度", "百度纬度", "bd09"),
        ("CGCS2000_X", "CGCS2000_Y", "wgs84"), ("横坐标(Y)", "纵坐标(X)", None), ("安装点经度", "安装点纬度", None),
    ],
)  # fmt: skip
def test_headers_with_units_brackets_groups_or_a_system_are_coordinates(x: str, y: str, datum: Any) -> None:
    assert columns({y: ["31.2"], "名称": ["a"], x: ["121.7"]}) == CoordinateColumns("xy", x, y, datum)


def test_the_axes_of_two_systems_are_not_mixed_and_unshifted_ones_go_first() -> None:
    mixed = {name: ["1.5"] for name in ("高德经度", "百度纬度", "百度经度", "高德纬度")}
    found = columns(dict(mixed))
    assert found and found.y and found.x[:2] == found.y[:2]
    assert columns({"高德经度": ["121.7"], "百度纬度": ["31.2"]}) is None
    assert columns({**mixed, "经度(WGS84)": ["121.7"], "纬度(WGS84)": ["31.2"]}) == CoordinateColumns(
        "xy", "经度(WGS84)", "纬度(WGS84)", "wgs84"
    )


def test_declared_coordinate_columns_win() -> None:
    headers: dict[str, list[str | None]] = {"经度": ["121.7"], "纬度": ["31.2"], "a": ["1"], "b": ["2"]}
    assert columns(headers, x="a", y="b") == CoordinateColumns("xy", "a", "b")


def test_cells_become_points_whatever_their_notation_and_bad_ones_are_marked() -> None:
    x = pa.array(["121.7", "121°42′0″", " 121.7 ", None, "无", "1.217e2", "121.7"])
    y = pa.array(["31.2", "31度12分", "31.2", None, "31.2", "31.2", None])
    found = points_of(CoordinateColumns("xy", "a", "b"), x, y)
    shapes = shapely.from_wkb(found.wkb.to_pylist())
    placed = [index for index, shape in enumerate(shapes) if shape is not None]
    assert placed == [0, 1, 2, 5] and found.unreadable.tolist() == [False, False, False, False, True, False, True]
    assert all(shapes[index].distance(shapely.Point(121.7, 31.2)) < 1e-9 for index in placed)


def test_packed_degrees_are_unpacked_and_eastings_are_not() -> None:
    packed = points_of(CoordinateColumns("xy", "a", "b"), pa.array(["1214200.5"] * 6), pa.array(["311200"] * 6))
    assert shapely.from_wkb(packed.wkb[0].as_py()).equals_exact(shapely.Point(121 + 42 / 60 + 0.5 / 3600, 31.2), 1e-9)
    eastings = points_of(
        CoordinateColumns("xy", "a", "b"), pa.array([f"{376_099.4 + n * 137}" for n in range(6)]), pa.array(["3453876.8"] * 6)
    )
    assert shapely.get_x(shapely.from_wkb(eastings.wkb[0].as_py())) == 376_099.4


def test_wkt_and_pairs_become_geometries() -> None:
    wkt = points_of(CoordinateColumns("wkt", "g"), pa.array(["POINT (1 2)", "SRID=4326;POINT (3 4)", "POLYGON ((0 0", None]))
    assert [w is not None for w in wkt.wkb.to_pylist()] == [True, True, False, False] and wkt.unreadable.tolist() == [
        False,
        False,
        True,
        False,
    ]
    pairs = points_of(CoordinateColumns("pair", "g"), pa.array(["(41.15, -8.61)", "无", None]))
    assert shapely.from_wkb(pairs.wkb[0].as_py()).equals(shapely.Point(-8.61, 41.15)) and pairs.unreadable.tolist() == [False, True, False]
    assert math.isfinite(shapely.get_x(shapely.from_wkb(pairs.wkb[0].as_py())))
