"""Tools on the map: a basemap in shifted coordinates lies under our data, and what is measured by finger is what is there."""

import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from axe import serious
from conftest import Open, Server, opening, ready
from playwright.sync_api import Browser, Page, Route, expect
from test_layout import check_at_every_size
from test_town_journeys import SETTLED

from data.geo import lonlat_to_mercator, wgs84_to_bd09, wgs84_to_gcj02

ZOOMS = (13, 15, 17)
CENTRE = (121.7080, 31.1940)  # in the demonstration town
SIZES = [(1920, 1080), (3840, 2160), (1024, 768), (768, 1024), (390, 844)]
DOT_PX = 6.0
HALF_WORLD = math.pi * 6378137
FAR = "https://tiles.example"
KEEP_MAP = "document.addEventListener('onescreen:on-map', (event) => { window.handle = event.detail; })"


def png(alpha: npt.NDArray[np.uint8]) -> bytes:
    """A picture of red dots, as opaque as `alpha` says."""
    rows = np.zeros((256, 256, 4), np.uint8)
    rows[..., 0], rows[..., 3] = 255, alpha
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    parts = [(b"IHDR", struct.pack(">2I5B", 256, 256, 8, 6, 0, 0, 0)), (b"IDAT", zlib.compress(raw, 1)), (b"IEND", b"")]
    body = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def marks(zoom: int) -> list[tuple[float, float]]:
    """Known places in WGS84 some 90 pixels apart, in no step with the tiles."""
    step = 90 * 360 / (256 * 2**zoom)
    return [(CENTRE[0] + i * step * 1.013, CENTRE[1] + j * step * 0.87) for i in (-2, -1, 0, 1, 2) for j in (-1, 0, 1)]


def pixels_of(zoom: int, shift: Any) -> list[tuple[float, float]]:
    """The marks in pixels of the world at a zoom, each where `shift` puts it."""
    found = [lonlat_to_mercator(*shift(*mark)) for mark in marks(zoom)]
    return [((float(x) / HALF_WORLD + 1) * 128 * 2**zoom, (1 - float(y) / HALF_WORLD) * 128 * 2**zoom) for x, y in found]


def picture(pixels: list[tuple[float, float]], left: float, top: float) -> bytes:
    """The tile whose corner is at these pixels of the world, with the marks on it, to a fraction of a pixel."""
    down, across = np.mgrid[0:256, 0:256] + 0.5
    cover = np.zeros((256, 256))
    for x, y in pixels:
        cover = np.maximum(cover, np.clip(DOT_PX + 0.5 - np.hypot(across + left - x, down + top - y), 0, 1))
    return png((cover * 255).astype(np.uint8))


def dotted(folder: Path, shift: Any) -> None:
    """Tiles as a map app would have them."""
    for zoom in ZOOMS:
        pixels = pixels_of(zoom, shift)
        tiles = {(int(x // 256) + i, int(y // 256) + j) for x, y in pixels for i in (-1, 0, 1) for j in (-1, 0, 1)}
        for column, row in tiles:
            file = folder / str(zoom) / str(column) / f"{row}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture(pixels, column * 256, row * 256))


@pytest.fixture(scope="module")
def mapped(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with basemaps in both shifted datums, and one whose shift nobody has told it of."""
    folder = tmp_path_factory.mktemp("basemaps")
    dotted(folder / "gcj02", wgs84_to_gcj02)
    dotted(folder / "bd09", wgs84_to_bd09)
    entry = '[[basemap]]\nname = "{}"\ntitle = {{ zh = "{}", en = "{}" }}\nkind = "folder"\nfile = "{}"\nzoom = [13, 17]\ndatum = "{}"\n'
    listed = (("app", "gcj02", "gcj02"), ("search", "bd09", "bd09"), ("untold", "gcj02", "wgs84"))
    (folder / "basemaps.toml").write_text(
        "".join(entry.format(name, "底图" + name, "Map " + name, where, datum) for name, where, datum in listed)
    )
    far = '[[basemap]]\nname = "far"\nkind = "wmts"\nmatrix = "c"\n'
    far += 'url = ["{}/vec/{{TileMatrix}}/{{TileRow}}/{{TileCol}}", "{}/cva/{{z}}/{{y}}/{{x}}"]\n'
    with (folder / "basemaps.toml").open("a") as file:
        file.write(far.format(FAR, FAR))
        file.write(f'[[basemap]]\nname = "service"\nkind = "wms"\nurl = "{FAR}/wms?map=town"\nlayers = "ground"\n')
    running = Server(home, folder / "server.log", ONESCREEN_BASEMAPS=str(folder / "basemaps.toml"))
    yield running
    running.stop()


@pytest.fixture
def open_mapped(chromium: Browser, mapped: Server) -> Iterator[Open]:
    with opening(chromium, mapped) as opened:
        yield opened


# Centre of what is red around each place, against where the map puts that place, in CSS pixels: [x, y, how much red].
RESIDUALS = """(places) => {
    const map = handle.map, box = map.getContainer().getBoundingClientRect();
    const origin = map.getPixelOrigin(), pane = L.DomUtil.getPosition(map.getPane("mapPane"));
    const tiles = [...map.getPane("tilePane").querySelectorAll("canvas")].filter(one => one.width).map(canvas => {
        const at = canvas.getBoundingClientRect();
        return {at, n: canvas.width, data: canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data};
    });
    return places.map(([lon, lat]) => {
        const point = map.project([lat, lon]).subtract(origin).add(pane);
        const X = box.left + point.x, Y = box.top + point.y;
        let sum = 0, x = 0, y = 0;
        for (const {at, n, data} of tiles) {
            const px = at.width / n, from = (edge, to) => Math.max(0, Math.ceil((to - 20 - edge) / px - 0.5));
            const until = (edge, to) => Math.min(n - 1, Math.floor((to + 20 - edge) / px - 0.5));
            const [left, right, top, bottom] = [from(at.left, X), until(at.left, X), from(at.top, Y), until(at.top, Y)];
            for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) {
                const dx = at.left + (column + 0.5) * px - X, dy = at.top + (row + 0.5) * px - Y;
                const alpha = data[(row * n + column) * 4 + 3] * px * px;
                sum += alpha; x += dx * alpha; y += dy * alpha;
            }
        }
        return [x / sum, y / sum, sum / 255];
    });
}"""


def looking(open_mapped: Open, zoom: int, **more: Any) -> Page:
    page = open_mapped("/", size=(1280, 800), **more)
    page.add_init_script(KEEP_MAP)
    page.goto(f"{page.url}town?at={CENTRE[0]},{CENTRE[1]},{zoom}")
    ready(page)
    page.wait_for_function("window.handle")
    page.evaluate("([lon, lat, zoom]) => handle.map.setView([lat, lon], zoom, {animate: false})", [*CENTRE, zoom])
    return page


def choose(page: Page, name: str) -> None:
    page.locator('[data-act="basemaps"]').click()
    page.locator(f'[data-basemap="{name}"]').click()
    expect(page.locator(f'[data-basemap="{name}"]')).to_have_attribute("aria-checked", "true")
    painted(page)


# Whether one basemap lies there and has drawn all of the present view: tiles without a gap over the map, each of them done.
BASEMAP_DRAWN = """() => {
    const pane = handle.map.getPane("tilePane"), tiles = [...pane.querySelectorAll("canvas")];
    const box = handle.map.getContainer().getBoundingClientRect();
    const seen = tiles.filter(one => one.width).map(one => one.getBoundingClientRect()).map(at =>
        Math.max(0, Math.min(at.right, box.right) - Math.max(at.left, box.left))
        * Math.max(0, Math.min(at.bottom, box.bottom) - Math.max(at.top, box.top)));
    return pane.children.length === 1 && tiles.every(one => one.classList.contains("leaflet-tile-loaded"))
        && Math.abs(seen.reduce((sum, area) => sum + area, 0) / (box.width * box.height) - 1) < 0.01;
}"""


def painted(page: Page) -> None:
    page.wait_for_function(BASEMAP_DRAWN)


def metres_off(page: Page, zoom: int) -> list[tuple[float, float]]:
    """How far each mark lies from its place, in metres, and how much of it is seen, as a share."""
    metre = 2 * HALF_WORLD * math.cos(math.radians(CENTRE[1])) / (256 * 2**zoom)
    found = page.evaluate(RESIDUALS, [list(mark) for mark in marks(zoom)])
    return [(math.hypot(x or 0, y or 0) * metre, red / (math.pi * DOT_PX**2)) for x, y, red in found]


# On a screen of two pixels to one, tiles of the next zoom are asked for; after the last zoom there are none, and these are enlarged.
@pytest.mark.parametrize(("dpr", "zooms"), [(1, ZOOMS[:2]), (2, ZOOMS[2:])])
def test_a_shifted_basemap_lies_under_our_data_to_better_than_two_metres(open_mapped: Open, dpr: int, zooms: tuple[int, ...]) -> None:
    page = looking(open_mapped, zooms[0], device_scale_factor=dpr)
    for zoom in zooms:
        page.evaluate("([lon, lat, zoom]) => handle.map.setView([lat, lon], zoom, {animate: false})", [*CENTRE, zoom])
        for name in ("app", "search"):
            choose(page, name)
            found = metres_off(page, zoom)
            assert all(0.8 < seen < 1.25 for _, seen in found), f"{name} at {zoom}: {found}"
            assert max(off for off, _ in found) < 2, f"{name} at {zoom}: {found}"
        choose(page, "untold")
        there = metres_off(page, zoom)
        assert all(seen < 0.3 or off > 100 for off, seen in there), f"the marks of a basemap that is not shifted lie elsewhere: {there}"


def test_data_and_basemap_stay_together_however_one_switches_and_moves(open_mapped: Open) -> None:
    page = looking(open_mapped, 15)
    assert page.evaluate("handle.state.backdrop") is True
    for name in ("app", "untold", "search", "", "app"):
        choose(page, name) if name else page.evaluate("onescreen.acts.basemap({dataset: {basemap: ''}})")
    page.evaluate("handle.map.panBy([37, -53], {animate: false})")
    page.evaluate("handle.map.setZoom(17, {animate: false})")
    page.evaluate("([lon, lat]) => handle.map.setView([lat, lon], 17, {animate: false})", list(CENTRE))
    painted(page)
    assert max(off for off, _ in metres_off(page, 17)) < 2
    assert page.evaluate("handle.map.getPane('tilePane').children.length") == 1, "only the basemap chosen last is there"
    page.reload()
    ready(page)
    expect(page.locator('[data-basemap="app"]')).to_have_attribute("aria-checked", "true")
    assert page.evaluate("handle.state.backdrop") is False
    page.evaluate("onescreen.acts.basemap({dataset: {basemap: ''}})")
    assert page.evaluate("[handle.state.backdrop, handle.map.getPane('tilePane').children.length]") == [True, 0]


def test_another_machine_is_asked_for_nothing_but_the_basemap_that_somebody_has_chosen(open_mapped: Open) -> None:
    page = open_mapped("/", size=(1280, 800), watched=False)
    asked: list[str] = []
    page.route(
        f"{FAR}/**",
        lambda route: (
            asked.append(route.request.url),
            route.fulfill(body=png(np.full((256, 256), 99, np.uint8)), content_type="image/png"),
        ),
    )
    page.add_init_script(KEEP_MAP)
    page.goto(f"{page.url}town?at={CENTRE[0]},{CENTRE[1]},15")
    ready(page)
    assert not asked
    choose(page, "far")
    column, row = int((CENTRE[0] + 180) / 360 * 2**15), int((90 - CENTRE[1]) / 360 * 2**15)
    assert {f"{FAR}/{kind}/15/{row}/{column}" for kind in ("vec", "cva")} <= set(asked), "tiles in degrees, the names over the map"
    assert len(asked) == len(set(asked)), "each tile once"


# A test reads the pixels of pictures from elsewhere, which no page may unless it asked for them so.
READABLE = """() => {
    const {get, set} = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
    const asking = {get, set(address) { this.crossOrigin = "anonymous"; set.call(this, address); }};
    Object.defineProperty(HTMLImageElement.prototype, "src", asking);
}"""


def test_a_map_service_is_asked_for_what_a_tile_shows_and_its_picture_lies_there(open_mapped: Open) -> None:
    page = looking(open_mapped, 15, watched=False)
    pixels, asked = pixels_of(15, lambda *mark: mark), set()

    def map_of(route: Route) -> None:
        given = {key: value for key, (value,) in parse_qs(urlsplit(route.request.url).query, keep_blank_values=True).items()}
        west, south, east, north = map(float, given.pop("BBOX").split(","))
        asked.add(frozenset(given.items()))
        scale = 256 / (east - west)
        assert math.isclose(scale, 256 / (north - south)) and math.isclose(scale, 256 * 2**15 / (2 * HALF_WORLD))
        body = picture(pixels, (west + HALF_WORLD) * scale, (HALF_WORLD - north) * scale)
        route.fulfill(body=body, headers={"Access-Control-Allow-Origin": "*", "Content-Type": "image/png"})

    page.route(f"{FAR}/wms?*", map_of)
    page.evaluate(READABLE)
    choose(page, "service")
    found = metres_off(page, 15)
    assert all(0.8 < seen < 1.25 for _, seen in found) and max(off for off, _ in found) < 2, found
    assert [dict(one) for one in asked] == [
        {"map": "town", "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": "ground", "STYLES": "", "CRS": "EPSG:3857",
         "WIDTH": "256", "HEIGHT": "256", "FORMAT": "image/png", "TRANSPARENT": "TRUE"}
    ]  # fmt: skip


def test_the_tools_of_the_map_have_their_place_at_every_size(open_mapped: Open) -> None:
    for look, language in (("dark", "zh-CN"), ("light", "en")):
        page = open_mapped("/town?layer=houses", size=(1920, 1080), look=look, language=language)
        expect(page.locator(".at-plane")).not_to_be_empty()
        page.evaluate("onescreen.acts.measure()")
        for lon, lat in ((121.70, 31.19), (121.71, 31.19), (121.71, 31.20)):
            page.evaluate("(at) => onescreen.tap(at)", {"lon": lon, "lat": lat})
        for size in SIZES:
            check_at_every_size(page, [size])
            assert not page.evaluate(ON_PANELS), size
        page.set_viewport_size({"width": 3840, "height": 2160})
        page.wait_for_function(
            "document.querySelector('.scale').getBoundingClientRect().width > 2.9 * 32"
        )  # as large as the type around it


# What of the tools lies on a panel, on the buttons of the map or beyond the screen.
ON_PANELS = """() => {
    const box = (e) => e.getBoundingClientRect(), found = [];
    const others = [...document.querySelectorAll(".panel, .top, .zoom, .grip")].filter(e => box(e).width);
    for (const tool of document.querySelectorAll(".map-read, .measure")) {
        const a = box(tool);
        if (a.left < 0 || a.right > innerWidth || a.top < 0 || a.bottom > innerHeight) found.push(tool.className + " leaves the screen");
        for (const other of others) {
            const b = box(other), sheet = other.closest(".sheet-inner");
            const top = Math.max(a.top, b.top, sheet && getComputedStyle(sheet).overflowY === "auto" ? box(sheet).top : b.top);
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - top;
            if (wide > 1 && high > 1) found.push(tool.className + " × " + other.className);
        }
    }
    return found;
}"""


def test_a_finger_measures_a_way_and_an_area_and_opens_nothing(open_page: Open) -> None:
    page = open_page("/", size=(820, 1180), has_touch=True, language="en")
    page.add_init_script(KEEP_MAP)
    page.goto(page.url + "town?layer=houses")
    ready(page)
    page.locator('[data-act="measure"]').tap()
    expect(page.locator(".town")).to_have_attribute("data-sheet", "low")  # the map has the screen
    corners = [(260, 300), (420, 300), (420, 440)]
    for corner in corners:
        page.touchscreen.tap(*corner)
    page.touchscreen.tap(*corners[-1])
    expect(page.locator('[data-act="measure"]')).to_have_attribute("aria-pressed", "false")
    places = page.evaluate(
        "(all) => all.map(([x, y]) => { const p = handle.map.containerPointToLatLng([x, y]); return [p.lng, p.lat]; })", corners
    )
    lon, lat = zip(*places, strict=True)
    geod = pyproj.Geod(ellps="WGS84")
    text = " ".join(page.locator(".measure-said").inner_text().split())
    said = re.fullmatch(r"Length ([\d.,]+) km · Area ([\d.,]+) ha \(.*\) · Perimeter [\d.,]+ km", text)
    assert said, text
    assert float(said[1]) == pytest.approx(geod.line_length(lon, lat) / 1000, rel=0.01)
    assert float(said[2].replace(",", "")) == pytest.approx(abs(geod.polygon_area_perimeter(lon, lat)[0]) / 10_000, rel=0.01)
    assert "object=" not in page.url and page.locator(".panel-card").count() == 0
    page.locator('[data-act="measure-clear"]').tap()
    expect(page.locator(".measure")).to_be_hidden()
    expect(page.locator(".town")).to_have_attribute("data-sheet", "half")
    assert page.locator(".measure-point, .measure-line, .measure-area").count() == 0


def test_one_measures_by_mouse_and_by_keys_alone(open_page: Open) -> None:
    page = open_page("/town?layer=houses", size=(1280, 800))
    page.keyboard.press("m")
    page.mouse.click(600, 300)
    page.mouse.click(640, 300)
    page.mouse.dblclick(640, 360)
    expect(page.locator(".measure-said")).to_contain_text("面积")
    assert page.locator(".measure-point").count() == 3
    page.keyboard.press("m")
    page.keyboard.press("Space")
    page.locator("#map").press("ArrowRight")
    page.wait_for_function(SETTLED)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".measure-said")).to_have_text(re.compile(r"^长度\s[\d.]+\s(米|公里)$"))
    page.keyboard.press("Escape")
    expect(page.locator(".measure")).to_be_hidden()
    page.keyboard.press("m")
    page.keyboard.press("Escape")
    expect(page.locator('[data-act="measure"]')).to_have_attribute("aria-pressed", "false")


def test_the_pointer_is_read_out_in_degrees_and_in_the_towns_own_system(open_page: Open) -> None:
    page = open_page("/", size=(1280, 800))
    page.add_init_script(KEEP_MAP)
    page.goto(page.url + "town?layer=houses")
    ready(page)
    expect(page.locator(".at-plane")).not_to_be_empty()
    page.mouse.move(640, 400)
    page.mouse.move(641, 401)
    where = page.evaluate("() => { const p = handle.map.containerPointToLatLng([641, 401]); return [p.lng, p.lat]; }")
    east, north = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:4550", always_xy=True).transform(*where)
    said = page.locator(".at-plane").inner_text().replace("\u2009", "")
    found = re.fullmatch(r"东 (\d+)\s+北 (\d+)", said)
    assert found and abs(int(found[1]) - east) <= 0.6 and abs(int(found[2]) - north) <= 0.6, (said, east, north)
    lon, lat = map(float, page.locator(".at-degrees").inner_text().split(", "))
    assert (lon, lat) == pytest.approx(where, abs=1e-5)
    expect(page.locator(".at-crs")).to_have_text("EPSG:4550")
    expect(page.locator(".scale")).to_have_text(re.compile(r"^[125]0* (米|公里)$"))


@pytest.mark.parametrize(("look", "language"), [("dark", "zh-CN"), ("light", "en")])
def test_axe_finds_nothing_serious_on_the_tools_of_the_map_while_they_are_at_work(open_mapped: Open, look: str, language: str) -> None:
    page = looking(open_mapped, 15, look=look, language=language)
    page.locator('[data-act="basemaps"]').click()
    expect(page.locator(".basemaps-menu")).to_be_visible()
    assert not serious(page, within=[".zoom"])
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.keyboard.press(" ")
    expect(page.locator(".measure")).to_be_visible()
    assert not serious(page, within=[".map-foot", ".zoom"])
