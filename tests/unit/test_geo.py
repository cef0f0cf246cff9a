"""Offsets, zones, local systems, angles, areas and tiles against published vectors and the worked values of the field report."""

from __future__ import annotations

import json
import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shared_data import SHARED

from data.errors import SettingsError
from data.geo import (
    LocalSystem,
    area_m2,
    bd09_to_gcj02,
    bd09_to_wgs84,
    fit_similarity,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    lonlat_to_mercator,
    mercator_to_lonlat,
    parse_angle,
    parse_local,
    parse_pair,
    tile_bounds,
    tile_of,
    wgs84_to_bd09,
    wgs84_to_gcj02,
    zone_of_easting,
    zones,
)

VECTORS = json.loads((SHARED / "conformance/gcj_bd_vectors.json").read_text(encoding="utf-8"))
CHUANSHA = (121.70, 31.20)


def cities() -> list[object]:
    return [pytest.param(vector, id=vector["name"]) for vector in (*VECTORS["gcoord"], *VECTORS["eviltransform"])]


@pytest.mark.parametrize("vector", cities())
def test_published_vectors_hold_in_every_direction(vector: dict[str, list[float]]) -> None:
    assert wgs84_to_gcj02(*vector["WGS84"]) == pytest.approx(vector["GCJ02"], abs=1e-5)
    assert gcj02_to_wgs84(*vector["GCJ02"]) == pytest.approx(vector["WGS84"], abs=1e-5)
    if "BD09" in vector:
        assert wgs84_to_bd09(*vector["WGS84"]) == pytest.approx(vector["BD09"], abs=1e-5)
        assert bd09_to_wgs84(*vector["BD09"]) == pytest.approx(vector["WGS84"], abs=1e-5)
        assert gcj02_to_bd09(*vector["GCJ02"]) == pytest.approx(vector["BD09"], abs=1e-5)
        assert bd09_to_gcj02(*vector["BD09"]) == pytest.approx(vector["GCJ02"], abs=1e-5)


def test_the_worked_point_of_chuansha_is_where_the_report_puts_it() -> None:
    assert wgs84_to_gcj02(*CHUANSHA) == pytest.approx((121.704339, 31.197926), abs=1e-6)
    assert wgs84_to_bd09(*CHUANSHA) == pytest.approx((121.710809, 31.204032), abs=1e-6)
    assert lonlat_to_mercator(*CHUANSHA) == pytest.approx((13_547_582, 3_658_750), abs=1)


@pytest.mark.parametrize(("point", "east_m", "north_m"), [(CHUANSHA, 413, -230), ((113.95, 22.74), 503, -329)])
def test_the_shift_has_the_size_that_the_report_states(point: tuple[float, float], east_m: float, north_m: float) -> None:
    lon, lat = wgs84_to_gcj02(*point)
    assert (float(lon) - point[0]) * 111_320 * math.cos(math.radians(point[1])) == pytest.approx(east_m, abs=3)
    assert (float(lat) - point[1]) * 110_900 == pytest.approx(north_m, abs=3)


@given(st.floats(74, 134), st.floats(4, 53))
def test_there_and_back_is_exact_to_a_tenth_of_a_millimetre(lon: float, lat: float) -> None:
    assert gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat)) == pytest.approx((lon, lat), abs=1e-9)
    assert bd09_to_wgs84(*wgs84_to_bd09(lon, lat)) == pytest.approx((lon, lat), abs=1e-9)


def test_outside_china_nothing_is_shifted_and_arrays_keep_their_missing_points() -> None:
    assert wgs84_to_gcj02(-8.61, 41.15) == pytest.approx((-8.61, 41.15))
    lon, lat = gcj02_to_wgs84([121.7, np.nan], [31.2, np.nan])
    assert np.isnan(lon[1]) and np.isnan(lat[1])
    assert lon[0] == pytest.approx(121.6957, abs=1e-3)


@pytest.mark.parametrize("zone", zones(), ids=lambda zone: f"EPSG:{zone.epsg}")
def test_every_zone_agrees_with_the_registry_about_meridian_and_false_easting(zone: object) -> None:
    operation = pyproj.CRS.from_epsg(zone.epsg).coordinate_operation  # type: ignore[attr-defined]
    values = {parameter.name: parameter.value for parameter in operation.params}
    assert values["Longitude of natural origin"] == zone.meridian  # type: ignore[attr-defined]
    assert values["False easting"] == (zone.number * 1_000_000 if zone.prefixed else 0) + 500_000  # type: ignore[attr-defined]


def test_the_zones_give_the_worked_values_of_the_report() -> None:
    codes = {(zone.width, zone.meridian, zone.prefixed): zone.epsg for zone in zones()}
    assert codes[3, 120, False] == 4549 and codes[3, 120, True] == 4528 and codes[6, 123, False] == 4510
    for meridian, expected in ((120, (662_028.5, 3_454_394.0)), (123, (376_099.4, 3_453_876.8))):
        crs = f"EPSG:{codes[3, meridian, False]}"
        there = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(*CHUANSHA)
        assert there == pytest.approx(expected, abs=0.06)


def test_the_zone_number_is_read_from_eight_digit_eastings_only() -> None:
    assert zone_of_easting([40_662_028.5, 40_500_000.0]) == 40
    assert zone_of_easting([662_028.5]) is None
    assert zone_of_easting([40_662_028.5, 41_376_099.4]) is None


@pytest.mark.parametrize(
    "text",
    [
        "121°42′00.5″E", "121°42'00.5\"", "121度42分0.5秒", "121 42 0.5", "121-42-0.5", "E121°42.00833′", "1214200.5",
        "１２１°４２′００．５″", "东经121度42分0.5秒", "121.70013889", "经度：121.70013889", "E 121°42′0.5″", "121º42’0.5”",
    ],
)  # fmt: skip
def test_an_angle_is_understood_in_every_form_of_the_field(text: str) -> None:
    assert parse_angle(text) == pytest.approx(121.70013889, abs=2e-7)


@pytest.mark.parametrize("text", ["", "abc", "121°72′", "121°42′61″", "无", "1,2", "999999999", "12.5°30′"])
def test_what_is_no_angle_is_not_taken_for_one(text: str) -> None:
    assert parse_angle(text) is None


@pytest.mark.parametrize(("text", "degrees"), [("W118°28′", -118.466667), ("-118.48", -118.48), ("S33.5", -33.5), ("南纬33.5度", -33.5)])
def test_west_and_south_are_negative(text: str, degrees: float) -> None:
    assert parse_angle(text) == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "31.2,121.7",
        "121.7,31.2",
        "121.7，31.2",
        "(31.2, 121.7)",
        "121°42′E 31°12′N",
        "31°12′N,121°42′E",
        "北纬31.2，东经121.7",
        "31.2 121.7",
    ],
)
def test_a_pair_is_lon_lat_whatever_its_order(text: str) -> None:
    assert parse_pair(text) == pytest.approx(CHUANSHA)


def test_a_pair_outside_china_reads_as_latitude_first_unless_one_exceeds_ninety() -> None:
    assert parse_pair("(41.15, -8.61)") == (-8.61, 41.15)
    assert parse_pair("(34.01, -118.49)") == (-118.49, 34.01)
    assert parse_pair("川沙路1号") is None


def test_a_local_system_by_parameters_gives_the_offsets_of_the_report() -> None:
    """Central meridian 121°28′, origin at the Park Hotel: 121.70 E 31.20 N lies some 22.2 km east and 3.9 km south of it."""
    system = LocalSystem(central_meridian=121 + 28 / 60, origin_latitude=31.235, ellipsoid="krass")
    east, north = system.from_lonlat(*CHUANSHA)
    assert float(east) == pytest.approx(22_200, abs=60) and float(north) == pytest.approx(-3_850, abs=100)
    assert system.to_lonlat(east, north) == pytest.approx(CHUANSHA, abs=1e-9)


def test_a_turned_local_system_comes_back_and_its_text_names_what_is_wrong() -> None:
    system = parse_local("local:lon_0=121.4667,x_0=500,y_0=-3000,ellps=krass,rotation=0.5")
    assert system.rotation == 0.5
    assert system.to_lonlat(*system.from_lonlat(*CHUANSHA)) == pytest.approx(CHUANSHA, abs=1e-9)
    straight = parse_local("local:lon_0=121.4667,x_0=500,y_0=-3000,ellps=krass")
    moved = np.subtract(straight.from_lonlat(*CHUANSHA), system.from_lonlat(*CHUANSHA))
    assert np.hypot(*moved) == pytest.approx(math.radians(0.5) * 3_453_300, rel=1e-3)  # turned about the origin on the equator
    with pytest.raises(SettingsError, match="'lon_0'"):
        parse_local("local:lon0=121")
    with pytest.raises(SettingsError, match="central meridian"):
        parse_local("local:x_0=3")


@pytest.mark.parametrize("swapped", [False, True])
def test_three_control_points_fix_rotation_scale_and_shift(swapped: bool) -> None:
    source = [(0.0, 0.0), (1000.0, 0.0), (0.0, 800.0), (700.0, 900.0)]
    turn = 1.0002 * np.exp(1j * math.radians(2.5))
    target = [((complex(*point) * turn).real + 350_000, (complex(*point) * turn).imag + 3_450_000) for point in source]
    given = [(y, x) for x, y in source] if swapped else source
    fit = fit_similarity(given, target)
    assert fit.swapped is swapped and fit.rms_m < 1e-6
    assert fit.rotation_deg == pytest.approx(2.5) and fit.scale == pytest.approx(1.0002)
    assert fit.apply(*given[3]) == pytest.approx(target[3])


def test_a_wrong_control_point_shows_in_its_residual_and_two_are_not_enough() -> None:
    target = [(0.0, 0.0), (1000.0, 0.0), (0.0, 800.0), (730.0, 900.0)]
    fit = fit_similarity([(0, 0), (1000, 0), (0, 800), (700, 900)], target)
    assert max(fit.residuals_m) > 8
    with pytest.raises(SettingsError, match="2 control points"):
        fit_similarity([(0, 0), (1, 1)], [(0, 0), (1, 1)])
    with pytest.raises(SettingsError, match="one spot"):
        fit_similarity([(5, 5)] * 3, [(0, 0), (1, 1), (2, 2)])


def test_area_is_measured_on_the_ellipsoid_with_holes_left_out() -> None:
    """One degree by one degree at the equator is 12 308.8 km² (Karney)."""
    square = shapely.box(0, 0, 1, 1)
    assert area_m2(square) == pytest.approx(12_308_778_361, rel=1e-9)
    holed = square.difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    assert area_m2(square) - area_m2(holed) == pytest.approx(area_m2(shapely.box(0.4, 0.4, 0.6, 0.6)), rel=1e-9)
    assert area_m2(shapely.MultiPolygon([square, shapely.box(2, 0, 3, 1)])) == pytest.approx(2 * area_m2(square), rel=1e-9)
    assert area_m2(shapely.Point(1, 1)) == 0


@given(st.floats(-179.9, 179.9), st.floats(-85, 85), st.integers(0, 20))
def test_a_point_lies_in_the_tile_that_is_said_to_hold_it(lon: float, lat: float, zoom: int) -> None:
    x, y = lonlat_to_mercator(lon, lat)
    west, south, east, north = tile_bounds(*tile_of(lon, lat, zoom), zoom)
    assert west - 1e-6 <= x <= east + 1e-6 and south - 1e-6 <= y <= north + 1e-6
    assert mercator_to_lonlat(x, y) == pytest.approx((lon, lat), abs=1e-9)


def test_tiles_count_from_the_north_west() -> None:
    assert tile_of(-180, 85.06, 3) == (0, 0) and tile_of(179.999, -85.06, 3) == (7, 7)
    assert tile_of(121.7, 31.2, 12) == (3432, 1674)
