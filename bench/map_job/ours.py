"""The canvas layer measured: one browser, one page at a time, each answer looked at before its time counts."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Browser, CDPSession, Page

from bench.map_job.district import CLASSES, District
from bench.map_job.page import Site

DESK, WALL = (1920, 1080), (7680, 2160)
READY = "document.documentElement.dataset.mapReady === '1'"
WAIT_MS = 120_000
HOUSES = "houses"
DOTS_TO = 14  # the last map zoom at which a house is a dot
# From the call of `act`, at any moment between two frames, until the frame that shows all of it has been made, in ms.
TIMED = """async (act) => {
  const frame = () => new Promise(requestAnimationFrame), run = new Function(act);
  await new Promise((done) => setTimeout(done, 30 + Math.random() * 17));
  const from = performance.now();
  run();
  do { await frame(); } while (document.documentElement.dataset.mapReady !== "1");
  await new Promise((done) => { const {port1, port2} = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); });
  return performance.now() - from;
}"""
# How many pixels of the screen's canvases have each colour, as [R << 16 | G << 8 | B, count].
COUNTED = """() => {
  const out = new Map(), view = document.getElementById("map").getBoundingClientRect();
  for (const {canvas} of handle.layer.records.values()) {
    const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
    const x0 = Math.max(0, view.left - box.left) * scale, x1 = Math.min(box.width, view.right - box.left) * scale;
    const y0 = Math.max(0, view.top - box.top) * scale, y1 = Math.min(box.height, view.bottom - box.top) * scale;
    if (x1 <= x0 || y1 <= y0) continue;
    const {data} = canvas.getContext("2d").getImageData(x0, y0, x1 - x0, y1 - y0), words = new Uint32Array(data.buffer);
    for (let p = 0, last = -1, n = 0; p <= words.length; p++) {
      if (p < words.length && words[p] === last) { n++; continue; }
      if (n && last >>> 24 > 200) {
        const key = ((last & 255) << 16) | (last & 0xff00) | ((last >> 16) & 255);
        out.set(key, (out.get(key) || 0) + n);
      }
      last = words[p]; n = 1;
    }
  }
  return [...out];
}"""
# Notes how long each frame takes while `panning`.
FRAMES = """() => {
  window.moves = 0; map.on("move", () => { moves++; });
  window.frames_ = []; let last = performance.now(); window.panning = true;
  const tick = (now) => { frames_.push(now - last); last = now; if (panning) requestAnimationFrame(tick); };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick); });
}"""
# MB of JavaScript heaps and their buffers, the workers' too, and of canvases.
MEMORY = """async () => {
  const {breakdown} = await performance.measureUserAgentSpecificMemory();
  const sum = (some) => some.reduce((bytes, one) => bytes + one.bytes, 0) / 2 ** 20;
  const script = ({types}) => types.includes("JavaScript") || types.includes("Shared");
  return [sum(breakdown.filter(script)), sum(breakdown.filter(({types}) => types.includes("Canvas")))];
}"""


@contextmanager
def opened(browser: Browser, address: str, size: tuple[int, int] = DESK) -> Iterator[Page]:
    """A page in a browser that has never been here."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address, wait_until="commit")
    try:
        yield page
        if wrong:
            raise AssertionError(f"the page failed: {wrong[:3]}")
    finally:
        context.close()


def settle(page: Page) -> None:
    page.wait_for_function(READY)


def first_view(browser: Browser, site: Site, path: str) -> tuple[float, float, float, int]:
    """Seconds from the address to the first complete view, those since the map was attached, the browser's processor seconds, and bytes."""
    site.sent.clear()
    session = browser.new_browser_cdp_session()
    before = _processor_s(session)
    with opened(browser, site.url + path) as page:
        settle(page)
        worked = _processor_s(session) - before
        marked, attached = page.evaluate(
            "['first', 'attach'].map((one) => performance.getEntriesByName('onescreen-map-' + one)[0].startTime)"
        )
        page.wait_for_timeout(300)  # names of the view, which come beside it
    session.detach()
    return marked / 1000, (marked - attached) / 1000, worked, sum(size for path, size in site.sent if path.startswith("/pack/"))


def _processor_s(session: CDPSession) -> float:
    """Processor seconds of all processes of the browser; those of a page that is closed are gone, so ask while it is open."""
    total: float = sum(one["cpuTime"] for one in session.send("SystemInfo.getProcessInfo")["processInfo"])
    return total


def timed(page: Page, act: str) -> float:
    took: float = page.evaluate(TIMED, act)
    return took


@dataclass(frozen=True, slots=True)
class Taken:
    """What some runs took: the median, the best, and where it was asked processor ms of the page's own thread at the median."""

    median: float
    best: float
    cpu: float | None = None


def taken(times: Sequence[float], cpu: float | None = None) -> Taken:
    return Taken(statistics.median(times), min(times), cpu)


@contextmanager
def thread(page: Page) -> Iterator[Callable[[], float]]:
    """A function that says how many ms of processor time the page's thread has used so far."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    yield lambda: 1000 * next(one["value"] for one in session.send("Performance.getMetrics")["metrics"] if one["name"] == "TaskDuration")
    session.detach()


def repeated(page: Page, acts: Sequence[str], times: int = 12) -> Taken:
    """Do the acts in turn, so often after two that nobody counts."""
    with thread(page) as cpu_ms:
        found: list[tuple[float, float]] = []
        for i in range(times + 2):
            before = cpu_ms()
            found.append((timed(page, acts[i % len(acts)]), cpu_ms() - before))
    return taken([ms for ms, _ in found[2:]], statistics.median(cpu for _, cpu in found[2:]))


def recolours(page: Page) -> tuple[Taken, Taken]:
    """A recolour of everything in view, between two themes that are at hand, and its painting alone."""
    page.evaluate("performance.clearMeasures()")
    chosen = "handle.set({{layers: LAYERS.map((one) => one.name === '{0}' ? {{...one, theme: '{1}'}} : one)}})"
    whole = repeated(page, [chosen.format(HOUSES, theme) for theme in ("use", "level")])
    paints = page.evaluate("performance.getEntriesByName('onescreen-map-paint').map((one) => one.duration)")
    return whole, taken(paints[2:])


def colours(page: Page) -> dict[int, int]:
    """Pixels by colour."""
    return dict(page.evaluate(COUNTED))


def check_recolour(page: Page, made: District) -> None:
    """After a recolour as many pixels wear each class as the data say: houses are small squares at this zoom, the least class above."""
    classes = page.evaluate(f"handle.manifest.layers.find((one) => one.name === '{HOUSES}').themes[0].classes")
    hexes = [int(one["hex"][1:], 16) for one in classes]
    zoom = page.evaluate("map.getZoom()")
    page.evaluate("(zoom) => map.setZoom(zoom, {animate: false})", min(zoom, DOTS_TO))
    settle(page)
    alone = f"handle.set({{{{layers: [{{{{name: '{HOUSES}', theme: '{{}}', opacity: 2}}}}], backdrop: false, boundaries: false}}}})"
    counts = []
    for theme in ("level", "use"):
        timed(page, alone.format(theme))
        found = colours(page)
        counts.append(np.array([found.get(hex_, 0) for hex_ in hexes]))
    timed(page, "handle.set({layers: LAYERS, backdrop: true, boundaries: true})")
    expected = squares(page, made)
    page.evaluate("(zoom) => map.setZoom(zoom, {animate: false})", zoom)
    settle(page)
    if counts[0].any() or (np.abs(counts[1] - expected) > 0.03 * expected + 50).any():
        raise AssertionError(f"a recolour painted {counts[1]} pixels of the classes where {expected} are right, and {counts[0]} before it")


def squares(page: Page, made: District) -> npt.NDArray[np.int64]:
    """Pixels of each class in view, from the data alone."""
    zoom, left, top, width, height = page.evaluate(
        "(({min, max}) => [map.getZoom(), min.x, min.y, max.x - min.x, max.y - min.y])(map.getPixelBounds())"
    )
    sql = "SELECT ST_X(ST_Centroid(lonlat)) AS x, ST_Y(ST_Centroid(lonlat)) AS y, use FROM house JOIN paint_houses ON object_id = house_id"
    rows = {name: np.asarray(column) for name, column in made.connection.execute(sql).fetchnumpy().items()}
    x = (rows["x"] / 360 + 0.5) * 256 * 2**zoom - left
    y = (0.5 - np.arctanh(np.sin(np.radians(rows["y"]))) / (2 * np.pi)) * 256 * 2**zoom - top
    stops = page.evaluate("handle.manifest.tilesets.house.bands.find((one) => one.size_px).size_px")
    across = max(1, int(2 * np.interp(zoom, [at for at, _ in stops], [px for _, px in stops]) + 0.5))
    least = np.full((height + 2 * across, width + 2 * across), 255)
    for dy in range(across):
        for dx in range(across):
            shift = across - (across - 1) // 2
            column, row = np.floor(x).astype(int) + dx + shift, np.floor(y).astype(int) + dy + shift
            inside = (column >= 0) & (row >= 0) & (column < least.shape[1]) & (row < least.shape[0])
            np.minimum.at(least, (row[inside], column[inside]), rows["use"][inside])
    seen = least[across : across + height, across : across + width]
    return np.array([(seen == index).sum() for index in range(1, len(CLASSES) + 1)])


def theme_from_server(browser: Browser, address: str, times: int = 5) -> Taken:
    """A change of theme whose array has to be fetched first."""
    found = []
    for _ in range(times):
        with opened(browser, address) as page:
            settle(page)
            prepare(page)
            found.append(
                timed(page, f"handle.set({{layers: LAYERS.map((one) => one.name === '{HOUSES}' ? {{...one, theme: 'use'}} : one)}})")
            )
    return taken(found)


def prepare(page: Page) -> None:
    """All layers by name, as a page would name them."""
    page.evaluate("window.LAYERS = handle.manifest.layers.map(({name}) => ({name})); handle.set({layers: LAYERS})")
    settle(page)


def pan(page: Page) -> tuple[Taken, Taken]:
    """Frames while the map is dragged about for some seconds, and our painting in those that paint: for once the 95th percentile, and as
    the best the median."""
    page.evaluate("performance.clearMeasures('onescreen-map-paint')")
    x, y = page.viewport_size["width"] // 2, page.viewport_size["height"] // 2  # type: ignore[index]
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(FRAMES)
    for i in range(120):
        page.mouse.move(x + 5 * (60 - abs(i - 60)), y + 2 * (60 - abs(i - 60)))
    page.mouse.up()
    frames: list[float] = page.evaluate("(panning = false, frames_)")
    paints: list[float] = page.evaluate("performance.getEntriesByName('onescreen-map-paint').map((one) => one.duration)")
    settle(page)
    if (moves := page.evaluate("moves")) < 20:
        raise AssertionError(f"the map was dragged and moved {moves} times")
    return _worst(frames), _worst(paints or [0.0])


def _worst(times: list[float]) -> Taken:
    return Taken(sorted(times)[int(0.95 * len(times))], statistics.median(times))


def tour(page: Page, box: tuple[float, float, float, float], views: int = 30) -> list[float]:
    """MB of JavaScript heap and buffers, the worker's too, and of canvases, after so many views at different zooms."""
    west, south, east, north = box
    for i in range(views):
        lon, lat = west + (east - west) * (i * 0.618 % 1), south + (north - south) * (i * 0.381 % 1)
        page.evaluate("([lat, lon, zoom]) => map.setView([lat, lon], zoom, {animate: false})", [lat, lon, (13, 15, 16, 17)[i % 4]])
        settle(page)
    page.wait_for_timeout(1000)
    used: list[float] = page.evaluate(MEMORY)
    return used


def delta(page: Page) -> Taken:
    """From 500 changed levels to the painted map; each time another 500, all over the district."""
    size = page.evaluate(f"handle.manifest.layers.find((one) => one.name === '{HOUSES}').array.bytes")
    page.evaluate(
        """(size) => { window.changed = 0; window.redden = () => {
          const start = (++changed * 104729) % size, ordinals = Array.from({length: 500}, (_, k) => (start + k * 7919) % size);
          return {ordinals, levels: Array(500).fill(1)}; }; }""",
        size,
    )
    return repeated(page, [f"delete document.documentElement.dataset.mapReady; handle.patch('{HOUSES}', redden())"])


def check_delta(page: Page) -> None:
    """500 houses that turn red are seen: there is more red afterwards."""
    red = int(page.evaluate("handle.manifest.palettes.level.dark[1]")[1:], 16)
    timed(page, f"handle.set({{layers: [{{name: '{HOUSES}', opacity: 2}}], backdrop: false, boundaries: false}})")
    before = colours(page).get(red, 0)
    delta(page)
    after = colours(page).get(red, 0)
    timed(page, "handle.set({layers: LAYERS, backdrop: true, boundaries: true})")
    if after <= before:
        raise AssertionError(f"500 houses turned red and {after} pixels are, {before} were")
