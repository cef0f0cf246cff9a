"""The canvas layer in a real Chromium, on the Leaflet that dash-leaflet brings: right pixels, right picks, clean removal."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dash
import dash_leaflet
import numpy as np
import pytest
import shapely
from pack_town import BOX, CORNER, LAYERS, town
from playwright.sync_api import Browser, Page

from layers.core.blobs import blob_file
from layers.core.pack import build_pack

ASSETS = Path(__file__).resolve().parents[2] / "assets"
DEPS, LEAFLET = Path(dash.__file__).parent / "deps", Path(dash_leaflet.__file__).parent
SCRIPTS = [
    *(f"/deps/{max(p.name for p in DEPS.glob(pattern))}" for pattern in ("react@18*.min.js", "react-dom@18*.min.js")),
    "/leaflet/dash_leaflet.js",
    *(f"/assets/map/{path.name}" for path in sorted((ASSETS / "map").glob("*.js"))),  # the order in which Dash loads them
]
PAGE = f"""<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>html,body,#map{{margin:0;height:100%}}
.leaflet-pane,.leaflet-tile,.leaflet-layer,.leaflet-zoom-animated{{position:absolute;left:0;top:0}}
.leaflet-container{{overflow:hidden}} .leaflet-zoom-animated{{transform-origin:0 0}}</style><div id="map"></div>
{"".join(f'<script src="{script}"></script>' for script in SCRIPTS)}
<script>
window.picked = []; window.errors = [];
window.handle = onescreen.map.attach("map", {{onPick: (hits) => picked.push(hits), onError: (message) => errors.push(message)}});
window.open_ = () => {{ window.map = L.map("map", {{zoomControl: false, attributionControl: false}}); }};
open_();
</script>"""


class Site(BaseHTTPRequestHandler):
    """The page, the assets and a pack. What is in `fail_first` goes wrong at its first request, what is in `lost` at each."""

    pack: Path
    asked: list[str]
    fail_first: set[str]
    lost: set[str]

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.asked.append(path)
        if path in self.fail_first | self.lost:
            self.fail_first.discard(path)
            return self.answer(503, b"", "text/plain")
        if path == "/":
            return self.answer(200, PAGE.encode(), "text/html")
        if path.startswith("/pack/") and not path.endswith("manifest.json"):
            file, encoding = blob_file(self.pack, path.removeprefix("/pack/"), self.headers["Accept-Encoding"])
            return self.answer(200, file.read_bytes(), "application/octet-stream", encoding)
        roots = {"/pack/": self.pack, "/assets/": ASSETS, "/deps/": DEPS, "/leaflet/": LEAFLET}
        file = next(root / path.removeprefix(prefix) for prefix, root in roots.items() if path.startswith(prefix))
        return self.answer(200, file.read_bytes(), "application/json" if file.suffix == ".json" else "text/javascript")

    def answer(self, status: int, body: bytes, kind: str, encoding: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], np.ndarray, bytes]:
    """Folder, manifest, houses by ordinal and their levels."""
    folder = tmp_path_factory.mktemp("pack")
    con = town()
    manifest = build_pack(con, LAYERS, folder)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    rows = con.execute("SELECT ST_AsWKB(lonlat), level FROM house JOIN paint_houses ON object_id = house_id ORDER BY ordinal").fetchall()
    con.close()
    return folder, manifest, shapely.from_wkb([bytes(wkb) for wkb, _ in rows]), bytes(level for _, level in rows)


@pytest.fixture
def site(made: tuple[Any, ...]) -> Iterator[tuple[str, type[Site]]]:
    handler = type("Here", (Site,), {"pack": made[0], "asked": [], "fail_first": set(), "lost": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", handler
    server.shutdown()
    server.server_close()


def opened(chromium: Browser, address: str, dpr: float = 1) -> Page:
    page = chromium.new_page(viewport={"width": 900, "height": 600}, device_scale_factor=dpr)
    page.on("pageerror", lambda error: page.evaluate("(text) => errors.push(text)", str(error)))
    page.goto(address)
    return page


def look(page: Page, lon: float, lat: float, zoom: int) -> None:
    page.evaluate("([lat, lon, zoom]) => map.setView([lat, lon], zoom, {animate: false})", [lat, lon, zoom])
    ready(page)


def ready(page: Page) -> None:
    page.wait_for_function("document.documentElement.dataset.mapReady === '1'")


# The colour at a place, read from the canvas that is on the screen there.
COLOUR_AT = """([lon, lat]) => {
  const {x, y} = onescreen.map.tile.mercator(lon, lat), across = 2 ** (map.getZoom() - 1);
  for (const {coords, canvas} of handle.layer.records.values()) {
    const u = (x * across - coords.x) * canvas.width, v = (y * across - coords.y) * canvas.height;
    if (Math.min(u, v) >= 0 && Math.max(u, v) < canvas.width)
      return [...canvas.getContext("2d").getImageData(Math.floor(u), Math.floor(v), 1, 1).data];
  }
}"""
PICK_ALL = f"(spots) => spots.map(([lon, lat]) => [handle.pickAt(lon, lat, 0), ({COLOUR_AT})([lon, lat])])"


def in_view(page: Page, houses: np.ndarray) -> list[tuple[int, float, float]]:
    """Ordinal, longitude and latitude of a place inside each house that is well inside the view."""
    west, south, east, north = page.evaluate("handle.view().box")
    spots = shapely.point_on_surface(houses)
    lon, lat = shapely.get_x(spots), shapely.get_y(spots)
    inside = (lon > west) & (lon < east) & (lat > south) & (lat < north)
    return [(int(i), float(lon[i]), float(lat[i])) for i in np.flatnonzero(inside)]


@pytest.mark.parametrize(("dpr", "zoom"), [(1, 16), (1, 17), (1.5, 17), (2, 18), (3, 17)])
def test_every_house_in_view_is_picked_where_it_stands_and_wears_its_colour(chromium, site, made, dpr, zoom):
    _, manifest, houses, levels = made
    page = opened(chromium, site[0], dpr)
    page.evaluate("handle.set({layers: [{name: 'houses'}], labels: false, backdrop: false, boundaries: false})")
    look(page, *CORNER, zoom)
    seen = in_view(page, houses)
    assert len(seen) >= 8
    wanted, right = manifest["palettes"]["level"]["dark"], 0
    for (ordinal, _, _), (hits, colour) in zip(seen, page.evaluate(PICK_ALL, [spot[1:] for spot in seen]), strict=True):
        assert [(hit["layer"], hit["ordinal"], hit["level"]) for hit in hits] == [("houses", ordinal, levels[ordinal])]
        right += close(colour[:3], wanted[levels[ordinal]])
    assert right >= 0.9 * len(seen)  # the rest stand on their outline, which is darker
    assert page.evaluate("errors") == []
    page.close()


def close(colour: list[int], hex_: str) -> bool:
    return all(abs(channel - int(hex_[i : i + 2], 16)) <= 3 for channel, i in zip(colour, (1, 3, 5), strict=True))


def test_filter_theme_scheme_and_patch_repaint_without_fetching_geometry(chromium, site, made):
    address, handler = site
    page = opened(chromium, address)
    look(page, *CORNER, 17)
    ordinal, lon, lat = in_view(page, made[2])[0]
    fetched = [path for path in handler.asked if path.endswith(".tile")]
    look_of = {}
    for change in ("levels: [1]", "levels: null", "scheme: 'light'", "layers: [{name: 'houses', theme: 'use'}]"):
        page.evaluate(f"handle.set({{{change}}})")
        ready(page)
        look_of[change] = tuple(page.evaluate(COLOUR_AT, [lon, lat]))
    assert len(set(look_of.values())) == 4
    page.evaluate("handle.set({layers: [{name: 'houses'}], scheme: 'dark'})")
    ready(page)
    page.evaluate("(ordinal) => handle.patch('houses', {ordinals: [ordinal], levels: [1]})", ordinal)
    page.wait_for_function(f"(([r, g, b]) => r > 200 && g < 110 && b < 110)(({COLOUR_AT})([{lon}, {lat}]))")
    assert [path for path in handler.asked if path.endswith(".tile")] == fetched
    page.close()


# Resolves when nothing has been fetched, neither by the page nor by the worker, and no raster has been made for a while.
RESTED = """async () => {
  const count = () => performance.getEntriesByType("resource").length + handle.rasters.bytes;
  for (let before = -1, quiet = 0; quiet < 5; ) {
    await new Promise((done) => setTimeout(done, 60));
    quiet = count() === before ? quiet + 1 : 0;
    before = count();
  }
}"""


def test_once_the_view_stands_another_layer_or_theme_of_it_is_a_matter_of_painting(chromium, site, made):
    address, handler = site
    page = opened(chromium, address)
    page.evaluate("handle.set({layers: [{name: 'houses'}]})")
    look(page, *CORNER, 17)
    _, lon, lat = in_view(page, made[2])[0]
    page.evaluate(RESTED)
    asked, colours = len(handler.asked), set()
    for layers in ("{name: 'land'}", "{name: 'areas'}", "{name: 'houses', theme: 'use'}"):
        asked_to_paint = page.evaluate(f"handle.set({{layers: [{layers}]}}); [handle.layer._dirty.size, handle.layer.records.size]")
        assert asked_to_paint[0] == asked_to_paint[1] > 0  # all of it in the next frame
        ready(page)
        colours.add(tuple(page.evaluate(COLOUR_AT, [lon, lat])))
    assert len(colours) == 3
    assert len(handler.asked) == asked
    page.close()


def test_names_are_written_again_only_where_others_are_to_be_read(chromium, site, made):
    page = opened(chromium, site[0])
    page.evaluate("handle.set({layers: [{name: 'houses'}]})")
    look(page, *CORNER, 15)
    page.evaluate(RESTED)
    page.evaluate(
        """() => {
          const redraw = handle.overlay.redraw;
          window.written = 0;
          handle.overlay.redraw = function () { written++; redraw.call(this); };
        }"""
    )
    for change, times in (
        ("levels: [1]", 0),
        ("layers: [{name: 'houses', theme: 'use'}]", 0),
        ("scheme: 'light'", 1),
        ("labels: false", 2),
        ("labels: true", 3),
    ):
        page.evaluate(f"handle.set({{{change}}})")
        ready(page)
        assert page.evaluate("written") == times, change
    page.close()


def test_nothing_is_fetched_ahead_where_that_is_not_wanted(chromium, site, made):
    address, handler = site
    page = opened(chromium, address)
    page.evaluate("handle.remove(); handle = onescreen.map.attach(map, {aheadMB: 0}); handle.set({layers: [{name: 'houses'}]})")
    look(page, *CORNER, 17)
    page.evaluate(RESTED)
    land = next(layer for layer in made[1]["layers"] if layer["name"] == "land")
    assert f"/pack/{land['array']['name']}" not in handler.asked
    page.close()


def test_the_last_of_several_changes_is_what_is_seen_whatever_comes_late(chromium, site, made):
    page = opened(chromium, site[0])
    page.evaluate("handle.remove(); handle = onescreen.map.attach(map, {aheadMB: 0}); handle.set({layers: [{name: 'houses'}]})")
    look(page, *CORNER, 17)
    _, lon, lat = in_view(page, made[2])[0]
    before = page.evaluate(COLOUR_AT, [lon, lat])
    for layer in ("{name: 'land'}", "{name: 'houses', theme: 'use'}", "{name: 'houses'}"):
        page.evaluate(f"handle.set({{layers: [{layer}]}})")
    ready(page)
    page.evaluate(RESTED)
    assert page.evaluate(COLOUR_AT, [lon, lat]) == before
    page.close()


def test_tiles_of_the_place_that_the_map_moves_to_are_asked_for_before_it_is_there(chromium, site, made):
    page = opened(chromium, site[0])
    look(page, *CORNER, 14)
    asked_at_once = page.evaluate(
        """async () => {
          let during = 0;
          const request = handle.rasters.request;
          handle.rasters.request = (...rest) => { during += map._animatingZoom ? 1 : 0; return request(...rest); };
          map.setView(map.getCenter(), 16);
          await new Promise((done) => map.once("zoomend", done));
          return during;
        }"""
    )
    ready(page)
    assert asked_at_once > 0
    assert page.evaluate("handle.expected.length") == 0
    page.close()


def test_a_click_tells_all_objects_there_topmost_first(chromium, site, made):
    page = opened(chromium, site[0])
    look(page, *CORNER, 17)
    ordinal, lon, lat = in_view(page, made[2])[0]
    x, y = page.evaluate("([lat, lon]) => { const p = map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }", [lat, lon])
    page.mouse.click(x, y)
    page.wait_for_function("picked.length === 1")
    hits = page.evaluate("picked[0]")
    assert [hit["layer"] for hit in hits] == ["houses", "land", "areas"]
    assert hits[0]["ordinal"] == ordinal
    page.close()


def house_tiles(made: tuple[Any, ...]) -> set[str]:
    return {f"/pack/{name}.tile" for _, _, name, *_ in made[1]["tilesets"]["house"]["bands"][-1]["tiles"]}


def test_a_failed_fetch_is_tried_again(chromium, site, made):
    address, handler = site
    handler.fail_first = house_tiles(made) | {"/pack/manifest.json"}
    page = opened(chromium, address)
    look(page, *CORNER, 17)
    assert page.evaluate("[errors, handle.view().features.houses > 0]") == [[], True]
    page.close()


def test_a_tile_that_is_lost_is_said_and_does_not_end_the_map(chromium, site, made):
    address, handler = site
    handler.lost = house_tiles(made)
    page = opened(chromium, address)
    look(page, *CORNER, 17)
    errors, features = page.evaluate("[errors, handle.view().features]")
    assert all("map tiles not loaded" in error for error in errors)
    assert errors
    assert features["houses"] == 0 < features["land"]
    page.close()


def test_the_map_is_drawn_again_after_the_page_makes_it_anew(chromium, site, made):
    page = opened(chromium, site[0])
    look(page, *CORNER, 15)
    page.evaluate("map.remove(); open_()")
    look(page, *CORNER, 16)
    assert page.evaluate("document.querySelectorAll('#map canvas').length") > 2
    page.close()


def test_removal_leaves_nothing_behind(chromium, site, made):
    page = opened(chromium, site[0])
    look(page, *CORNER, 15)
    assert page.evaluate("Object.values(map._events).flat().length > 0")
    page.evaluate("handle.remove()")
    assert page.evaluate("document.querySelectorAll('#map canvas').length") == 0
    assert page.evaluate("document.documentElement.dataset.mapReady") is None
    assert page.evaluate("map.getContainer().style.background") == ""
    assert page.evaluate("[map.getPane('onescreen'), map._fadeAnimated, document.querySelectorAll('[class*=onescreen]').length]") == [
        None,
        True,
        0,
    ]
    page.evaluate("map.setView([31, 121], 9, {animate: false})")
    assert page.evaluate("errors") == []
    page.close()


def test_an_observer_that_fails_stops_neither_the_map_nor_the_others(chromium, site, made):
    page = opened(chromium, site[0])
    page.evaluate("window.told = 0; handle.observe({painted() { throw new Error('of somebody else'); }}); null")
    page.evaluate("handle.observe({painted() { told++; }}); null")
    look(page, *CORNER, 16)
    assert page.evaluate("[told > 0, errors]") == [True, ["painted: of somebody else"]]
    page.close()


def test_the_rasters_kept_stay_under_the_stated_limit(chromium, site, made):
    page = opened(chromium, site[0])
    page.evaluate("handle.remove(); handle = onescreen.map.attach(map, {cacheMB: 1, onError: (message) => errors.push(message)})")
    for i in range(8):
        look(page, BOX[0] + 0.004 * i, CORNER[1], 17)
    assert 0 < page.evaluate("handle.rasters.bytes") <= 2**20
    page.close()
