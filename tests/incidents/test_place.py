"""Every incident is placed in exactly one area, or refused with the reason."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely.geometry import shape
from square_town import SIDE, SOUTH, WEST, publish

from data.errors import NetworkError
from data.geo.gcj import wgs84_to_bd09, wgs84_to_gcj02
from data.store.serving import ServingStore
from incidents.core.place import Places
from incidents.core.spec import Report


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    store = ServingStore(publish(tmp_path_factory.mktemp("place")))
    yield Places(store)
    store.close()


def at(column: float, row: float) -> tuple[float, float]:
    return WEST + column * SIDE, SOUTH + row * SIDE


def refused(places: Places, **report: object) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        places.place(Report("f", "s", **report))  # type: ignore[arg-type]
    assert caught.value.zh and caught.value.zh_remedy and caught.value.remedy and caught.value.field
    return caught.value


def test_a_point_is_placed_in_the_deepest_area_with_the_path_from_the_town_down(places: Places) -> None:
    place = places.locate(*at(2.5, 1.5))
    assert place.area == "99011510320103" and place.path == "/990115103/990115103201/99011510320103/"
    assert place.names == ("示范镇", "栾汀村", "3组") and place.by == "point"


def test_a_point_on_a_boundary_is_in_exactly_one_area_and_always_the_same(places: Places) -> None:
    corner = at(2, 1)  # four teams of two villages meet here
    assert {places.locate(*corner).area for _ in range(5)} == {"99011510320002"}
    assert places.locate(*at(0, 0)).area == "99011510320001"  # the town's own corner is still the town


def test_every_point_of_the_town_is_in_the_area_that_the_squares_say(places: Places) -> None:
    rng = np.random.default_rng(7)
    for column, row in rng.uniform((0, 0), (4, 2), (300, 2)):
        village, n = 200 + int(column) // 2, int(column) % 2 + 2 * int(row)
        assert places.locate(*at(column, row)).area == f"990115103{village}0{n + 1}"


def test_outside_is_refused_with_the_distance_and_the_field(places: Places) -> None:
    error = refused(places, lon=WEST - 0.001, lat=SOUTH + 0.005)
    assert error.field == "lon" and "95 m outside" in error.message and "95 米" in error.zh
    assert "km outside" in refused(places, lon=-73.65, lat=34.24).message


def test_swapped_shifted_missing_and_impossible_coordinates_are_named_in_the_remedy(places: Places) -> None:
    lon, lat = at(0.1, 1.9)
    assert "swapped" in refused(places, lon=lat, lat=lon).remedy and "写反" in refused(places, lon=lat, lat=lon).zh_remedy
    east = at(3.9, 0.05)  # the shift of some 450 m to the east leaves the town there
    assert "GCJ-02" in refused(places, **dict(zip(("lon", "lat"), map(float, wgs84_to_gcj02(*east)), strict=True))).remedy
    east = at(3.2, 0.5)
    assert "BD-09" in refused(places, **dict(zip(("lon", "lat"), map(float, wgs84_to_bd09(*east)), strict=True))).remedy
    assert "no position" in refused(places, lon=0.0, lat=0.0).remedy
    assert refused(places, lon=121.7).field == "lat"
    assert refused(places, lon=float("nan"), lat=31.2).field == "lon"
    assert "swapped" in refused(places, lon=31.2, lat=121.7).remedy
    assert refused(places, lon="121.7", lat=31.2).field == "lon"
    assert refused(places).field == "lon"


def test_where_both_orders_are_on_the_globe_a_swapped_point_is_still_known(tmp_path: Path) -> None:
    store = ServingStore(publish(tmp_path, west=-8.6, south=41.1))
    error = refused(Places(store), lon=41.105, lat=-8.595)
    assert "exchange" in error.remedy and "写反" in error.zh_remedy and "km outside" in error.message
    store.close()


def test_an_area_code_and_a_camera_are_places_and_an_unknown_one_names_the_nearest(places: Places) -> None:
    assert places.place(Report("f", "s", area="99011510320103")).area == "99011510320103"
    camera = places.place(Report("f", "s", camera="SB-1"))
    assert camera.area == "99011510320001" and camera.by == "camera"
    assert "99011510320103" in refused(places, area="9901151032103").remedy
    assert "SB-1" in refused(places, camera="SB-11").remedy


@pytest.mark.parametrize(
    ("said", "area", "by"),
    [
        ("示范镇苇圩村3组32号", "99011510320003", "house"),
        ("某市某区示范镇 苇圩村 ３组３２号", "99011510320003", "house"),
        ("苇圩村三组32号", "99011510320003", "house"),
        ("苇圩村3队32号门口", "99011510320003", "house"),
        ("安穗苑4栋301室", "99011510320001", "house"),
        ("示范镇苇圩村安穗苑4号楼2单元", "990115103200", "area"),
        ("栾汀村4组河边", "99011510320104", "area"),
        ("栾汀村", "990115103201", "area"),
    ],
)
def test_an_address_is_found_as_people_write_it(places: Places, said: str, area: str, by: str) -> None:
    place = places.place(Report("f", "s", address=said))
    assert (place.area, place.by) == (area, by)


def test_an_address_that_fits_twice_or_nowhere_says_what_is_near(places: Places) -> None:
    assert refused(places, address="3组").message.count("different places") == 1
    error = refused(places, address="苇汙村2组22号甲")
    assert error.field == "address" and "苇圩村2组22号" in error.remedy
    assert "different places" not in refused(places, address="13组").message  # 3组 is not in it
    assert refused(places, address="qqqq").remedy.startswith("Send lon and lat")


def test_the_middle_of_an_area_lies_in_it(places: Places) -> None:
    for code in ("990115103", "990115103201", "99011510320104"):
        middle = places.middle(code)
        assert middle and code in places.locate(*middle).path
    assert places.middle("nowhere") is None


def test_an_alert_that_names_codes_gets_their_outline(places: Places) -> None:
    def bounds(*codes: str) -> Any:
        areas = [{"name": "x", "geometry": None, "geocodes": [{"name": "GB", "value": code} for code in codes]}]
        geometry = places.outlined({"areas": areas})["areas"][0]["geometry"]
        return geometry and tuple(round(side, 3) for side in shape(geometry).bounds)

    town = (121.70, 31.20, 121.74, 31.22)
    assert bounds("990115103") == bounds("990115") == bounds("990115000000") == bounds("990115103000") == bounds("1", "990115") == town
    assert bounds("99011510320103") == (121.72, 31.21, 121.73, 31.22) and bounds("310000") is None
    drawn = {"areas": [{"name": "x", "geometry": {"type": "Point"}, "geocodes": []}]}
    assert places.outlined(drawn) == drawn and places.outlined({})["areas"] == []


def test_a_new_snapshot_is_taken_up_by_itself(tmp_path: Path) -> None:
    store = ServingStore(publish(tmp_path))
    places = Places(store)
    assert places.locate(*at(0.5, 0.5)).area == "99011510320001"
    publish(tmp_path, 2, west=WEST + 2 * SIDE)
    assert places.locate(*at(2.5, 0.5)).area == "99011510320001"
    with pytest.raises(NetworkError):
        places.locate(*at(0.5, 0.5))
    store.close()


def test_placing_is_quick_enough_for_a_thousand_reports_a_second(places: Places) -> None:
    points = np.random.default_rng(1).uniform((0.01, 0.01), (3.99, 1.99), (2000, 2))
    took = []
    for _ in range(3):
        start = time.perf_counter()
        for column, row in points:
            places.locate(WEST + column * SIDE, SOUTH + row * SIDE)
        took.append((time.perf_counter() - start) / len(points))
    assert min(took) < 150e-6, f"{min(took) * 1e6:.0f} µs a point"  # 25 µs on a quiet machine; the limit is for a busy one
