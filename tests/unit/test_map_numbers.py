"""What the browser works out by itself, against PROJ and the published vectors: shifts, lengths, areas, the town's plane."""

import json
import shutil
import subprocess
from typing import Any

import numpy as np
import pyproj
import pytest
from shared_data import SHARED

from data.geo import gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from data.geo.planefit import fit_plane, plane_of
from data.settings import REPOSITORY

VECTORS = SHARED / "conformance/gcj_bd_vectors.json"
LOCAL = "local:lon_0=121.4667,x_0=-500,y_0=-3457147,ellps=krass,rotation=0.2,towgs84=15.8/-154.4/-82.3"
RNG = np.random.default_rng(7)


def node(script: str, given: Any) -> Any:
    """What `script` answers, with `given` parsed from its standard input; `map` and `app` are the folders of the modules."""
    at = json.dumps(str(REPOSITORY / "assets"))
    frame = f"const map = {at} + '/map/', app = {at} + '/app/', given = JSON.parse(require('fs').readFileSync(0)); {script}"
    done = subprocess.run([shutil.which("node") or "node", "-e", frame], input=json.dumps(given), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SHIFT = "const d = require(map + 'datum.js'); console.log(JSON.stringify(given.map(([how, name, x, y]) => d[how](name, x, y))))"


def test_both_programs_shift_alike_all_over_china_and_back() -> None:
    lon, lat = RNG.uniform(70, 140, 400), RNG.uniform(0, 57, 400)
    asked = [
        [*how, x, y] for how in (("fromWgs84", "gcj02"), ("fromWgs84", "bd09"), ("toWgs84", "gcj02")) for x, y in zip(lon, lat, strict=True)
    ]
    found = np.array(node(SHIFT, asked)).reshape(3, 400, 2)
    for there, ours in zip(found, (wgs84_to_gcj02, wgs84_to_bd09, gcj02_to_wgs84), strict=True):
        assert np.abs(there - np.column_stack(ours(lon, lat))).max() < 1e-9  # a tenth of a millimetre


def test_the_browser_agrees_with_the_published_vectors() -> None:
    published = json.loads(VECTORS.read_text(encoding="utf-8"))
    cities = [*published["gcoord"], *published["eviltransform"]]
    asked = [("fromWgs84", datum.lower(), *city["WGS84"], city[datum]) for city in cities for datum in ("GCJ02", "BD09") if datum in city]
    asked += [("toWgs84", datum.lower(), *city[datum], city["WGS84"]) for city in cities for datum in ("GCJ02", "BD09") if datum in city]
    found = node(SHIFT, [one[:4] for one in asked])
    assert len(found) > 10
    assert found == [pytest.approx(one[4], abs=1e-5) for one in asked]


def rings() -> list[list[list[float]]]:
    """Rings of seven points from ten metres to nine hundred kilometres wide, over the whole globe."""
    out = []
    for size in (1e-4, 1e-2, 0.1, 1, 8):
        for west, south in ((121.7, 31.2), (-8.6, 41.1), (100, -45), (179.99, 2), (20, 68)):
            turn = np.sort(RNG.uniform(0, 2 * np.pi, 7))
            lon = (west + size * np.cos(turn) + 180) % 360 - 180
            out.append(np.column_stack([lon, south + size * np.sin(turn)]).tolist())
    return out


def test_lengths_and_areas_are_those_of_the_ellipsoid_to_a_millionth() -> None:
    given, geod = rings(), pyproj.Geod(ellps="WGS84")
    found = node(
        "const g = require(map + 'geodesic.js'); console.log(JSON.stringify(given.map((one) => [g.length(one), g.area(one)])))", given
    )
    for ring, (length, area) in zip(given, found, strict=True):
        lon, lat = zip(*ring, strict=True)
        assert length == pytest.approx(geod.line_length(lon, lat), rel=1e-9)
        assert area == pytest.approx(abs(geod.polygon_area_perimeter(lon, lat)[0]), rel=1e-6)


def test_points_on_one_spot_and_two_points_have_no_area_and_no_length_that_is_not_there() -> None:
    asked = "[g.length(given), g.area(given), g.area(given.slice(1)), g.length([])]"
    assert node(f"const g = require(map + 'geodesic.js'); console.log(JSON.stringify({asked}))", [[121.7, 31.2]] * 3) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("crs", "box"),
    [
        ("EPSG:4550", (121.5, 31.0, 121.9, 31.4)), ("EPSG:4549", (119.0, 29.0, 121.0, 31.0)), ("EPSG:3763", (-8.7, 41.1, -8.5, 41.2)),
        (LOCAL, (121.5, 31.0, 121.9, 31.4)), ("+proj=lcc +lat_1=30 +lat_2=62 +lon_0=105 +ellps=GRS80", (121.5, 31.0, 121.9, 31.4)),
        ("EPSG:4550", (121.7, 31.2, 121.7, 31.2)),
    ],
)  # fmt: skip
def test_the_browser_knows_the_towns_plane_to_a_centimetre(crs: str, box: tuple[float, float, float, float]) -> None:
    fit = fit_plane(crs, box)
    assert fit.error_m < 0.01
    west, south, east, north = box
    lon, lat = RNG.uniform(west, east + 1e-9, 200), RNG.uniform(south, north + 1e-9, 200)
    given = {"fit": fit.plain(), "at": np.column_stack([lon, lat]).tolist()}
    found = np.array(
        node("const r = require(app + 'readout.js'); console.log(JSON.stringify(given.at.map((at) => r.plane(given.fit, ...at))))", given)
    )
    assert np.hypot(*(found - np.column_stack(plane_of(crs)(lon, lat))).T).max() < max(0.001, 2 * fit.error_m)


def test_the_error_that_is_told_is_the_error_that_is_there() -> None:
    """A box so large that the polynomials no longer do."""
    fit = fit_plane("EPSG:4550", (100.0, 10.0, 140.0, 50.0))
    lon, lat = RNG.uniform(100, 140, 2000), RNG.uniform(10, 50, 2000)
    u, v = (lon - fit.centre[0]) / fit.half[0], (lat - fit.centre[1]) / fit.half[1]
    found = [np.polynomial.polynomial.polyval2d(u, v, np.array(table)) for table in (fit.east, fit.north)]
    worst = np.hypot(*(np.array(found) - np.array(plane_of("EPSG:4550")(lon, lat)))).max()
    assert fit.error_m > 100 and worst <= fit.error_m * 1.05
