"""The same houses drawn by others, on the same Leaflet and in the same browser.

Each peer's page says when its first view is complete (`peer.ready`) and recolours all houses from an array of one byte each
(`peer.recolour(k)`, two arrays at hand). They draw houses alone: no areas, no parcels, no roads, no names.
"""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import shapely
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError

from bench.map_job.district import District
from bench.map_job.ours import FRAMES, MEMORY, Taken, opened, taken, thread
from bench.map_job.page import LEAFLET, MAP, Site, page

WAIT_S = 150  # after which a peer counts as broken
MVT_ZOOMS = range(10, 15)
# Two colourings of five shades: reds, and blues.
SHADES = [[f"#{r:02x}2010" for r in range(180, 255, 15)], [f"#1020{b:02x}" for b in range(180, 255, 15)]]
COMMON = f"""const SHADES = {json.dumps(SHADES)}; let current = 0;
const frame = () => new Promise(requestAnimationFrame), two = async () => {{ await frame(); await frame(); }};
const array = (length, k) => Uint8Array.from({{length}}, (_, i) => ((i * 2654435761) >>> (k ? 7 : 3)) % 5);
const ARRAYS = [0, 1].map((k) => array(HOUSES, k)), colour = (id) => SHADES[current][ARRAYS[current][id]];
"""
GEOJSON = """window.peer = {ready: (async () => {
  const data = await (await fetch("/peer/houses.geojson")).json();
  const style = (one) => ({stroke: false, fillOpacity: 1, fillColor: colour(one.id)});
  const layer = L.geoJSON(data, {renderer: L.canvas(), style}).addTo(map);
  peer.recolour = async (k) => { current = k; layer.setStyle(style); await two(); };
  await two();
})()};"""
PROTOMAPS = """const symbolizer = new protomapsL.PolygonSymbolizer({fill: (zoom, one) => colour(one.id), perFeature: true});
const rules = {paintRules: [{dataLayer: "houses", symbolizer}], labelRules: []};
const layer = protomapsL.leafletLayer({url: "/peer/{z}/{x}/{y}.mvt", maxDataZoom: 14, noWrap: true, ...rules});
window.peer = {ready: new Promise((done) => layer.once("load", () => two().then(done))),
  recolour: async (k) => { current = k;
    await Promise.all(Object.values(layer._tiles).map(({coords, el}) => layer.renderTile(coords, el, layer._tileCoordsToKey(coords))));
    await two(); }};
layer.addTo(map);"""
MAPLIBRE = """const source = {type: "vector", tiles: [location.origin + "/peer/{z}/{x}/{y}.mvt"], minzoom: 10, maxzoom: 14};
const shades = Array.from({length: 10}, (_, i) => [i, SHADES[i / 5 | 0][i % 5]]).flat();
const shade = ["match", ["coalesce", ["feature-state", "k"], 0], ...shades, "#000"];
const style = {version: 8, sources: {houses: source}, layers: [{id: "houses", type: "fill", source: "houses", "source-layer": "houses",
  paint: {"fill-color": shade}}]};
const binding = L.maplibreGL({style, interactive: false, fadeDuration: 0}).addTo(map), gl = binding.getMaplibreMap();
const rest = () => new Promise((done) => gl.once("idle", done));
window.peer = {ready: rest().then(() => peer.recolour(0)),
  recolour: async (k) => {
    for (let id = 0; id < HOUSES; id++) gl.setFeatureState({source: "houses", sourceLayer: "houses", id}, {k: 5 * k + ARRAYS[k][id]});
    gl.triggerRepaint(); await rest(); }};"""
DECK = """const root = document.createElement("div"), {lat, lng} = map.getCenter();
root.style.cssText = "position:absolute;inset:0;z-index:999;background:#fff";
document.body.append(root);
const bytes = SHADES.map((some) => some.map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))));
let drawn = () => {}, data = [];
const layer = () => new deck.SolidPolygonLayer({id: "houses", data, getPolygon: (one) => one.geometry.coordinates, extruded: false,
  getFillColor: (one) => bytes[current][ARRAYS[current][one.id]], updateTriggers: {getFillColor: current}});
const shown = new deck.Deck({parent: root, controller: true, useDevicePixels: 1,
  initialViewState: {longitude: lng, latitude: lat, zoom: map.getZoom() - 1}, layers: [],
  onAfterRender: ({gl}) => { if (gl) gl.finish(); drawn(); }});
const recolour = async (k) => { current = k;
  const done = new Promise((yes) => { drawn = yes; });
  shown.setProps({layers: [layer()]});
  await done; await two(); };
window.peer = {recolour, ready: (async () => {
  data = (await (await fetch("/peer/houses.geojson")).json()).features;
  await new Promise((yes) => { const wait = setInterval(() => { if (shown.isInitialized) { clearInterval(wait); yes(); } }, 10); });
  await recolour(0);
})()};"""

# A promise that gives up.
LATE = """(seconds) => { window.late = (some) => Promise.race([some,
  new Promise((_, no) => setTimeout(() => no(new Error(`no answer in ${seconds} s`)), seconds * 1000))]); }"""
RECOLOUR = """async (k) => {
  const from = performance.now();
  await late(peer.recolour(k));
  return performance.now() - from;
}"""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to draw: what npm calls it, which of its files the page loads, the script, and a word to its figures."""

    name: str
    packages: tuple[str, ...]
    scripts: tuple[str, ...]
    body: str
    tiles: bool
    note: str = ""


PEERS = {
    "geojson": Peer("Leaflet GeoJSON on canvas (dash-leaflet's)", (), (), GEOJSON, False),
    "protomaps": Peer(
        "protomaps-leaflet on MVT", ("protomaps-leaflet@5.1.0",), ("protomaps-leaflet/dist/protomaps-leaflet.js",), PROTOMAPS, True
    ),
    "maplibre": Peer(
        "MapLibre GL in Leaflet on MVT",
        ("maplibre-gl@5.24.1", "@maplibre/maplibre-gl-leaflet@0.1.4"),
        ("maplibre-gl/dist/maplibre-gl.js", "@maplibre/maplibre-gl-leaflet/leaflet-maplibre-gl.js"),
        MAPLIBRE,
        True,
        "WebGL by software",
    ),
    "deck": Peer("deck.gl", ("deck.gl@9.4.0",), ("deck.gl/dist.min.js",), DECK, False, "WebGL by software"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a peer needed: seconds to the first view, bytes of data for it, ms a recolour and a frame of a pan, MB afterwards."""

    first_s: float
    data_mb: float
    recolour: Taken
    pan: Taken
    memory_mb: float


def installed(peer: Peer, folder: Path) -> bool:
    """True when npm has put the packages of the peer into `folder`."""
    if not peer.packages:
        return True
    command = [
        "npm",
        "install",
        "--prefix",
        str(folder),
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--legacy-peer-deps",
        "--omit=optional",
    ]
    done = subprocess.run([*command, *peer.packages], check=False, capture_output=True, text=True)
    return done.returncode == 0 and all((folder / "node_modules" / script).exists() for script in peer.scripts)


def offer(site: Site, made: District, peer: Peer, folder: Path) -> None:
    """Give the site the peer's page, its scripts and the data it draws."""
    site.folders["/npm/"] = folder / "node_modules"
    west, south, east, north = made.box
    fit = f"map.fitBounds([[{south}, {west}], [{north}, {east}]], {{animate: false}});"
    body = f"const HOUSES = {made.houses}; {COMMON}{MAP}{fit}{peer.body}"
    site.pages["/peer"] = page([*LEAFLET, *(f"/npm/{script}" for script in peer.scripts)], body)
    data = tiles if peer.tiles else geojson
    if not any(path.endswith(".mvt" if peer.tiles else ".geojson") for path in site.files):
        site.files |= data(made)


def geojson(made: District) -> dict[str, tuple[bytes, str, str]]:
    """All houses as one file."""
    sql = "SELECT ordinal, ST_AsWKB(lonlat) FROM house ORDER BY ordinal"
    rows = made.connection.execute(sql).fetchall()
    shapes = shapely.set_precision(shapely.from_wkb([bytes(wkb) for _, wkb in rows]), 1e-7, mode="pointwise")
    geometries = zip(rows, shapely.to_geojson(shapes), strict=True)
    features = ",".join(f'{{"type":"Feature","id":{row[0]},"properties":{{}},"geometry":{shape}}}' for row, shape in geometries)
    raw = f'{{"type":"FeatureCollection","features":[{features}]}}'.encode()
    return {"/peer/houses.geojson": (gzip.compress(raw, 4, mtime=0), "application/json", "gzip")}


def tiles(made: District) -> dict[str, tuple[bytes, str, str]]:
    """All houses as vector tiles, each in every tile that its box touches, none left out."""
    con = made.connection
    rows = con.execute("SELECT ordinal, ST_AsWKB(lonlat) FROM house ORDER BY ordinal").fetchall()
    shapes = shapely.transform(shapely.from_wkb([bytes(wkb) for _, wkb in rows]), _world)
    west, south, east, north = shapely.bounds(shapes).T
    columns = {"w": west, "n": south, "e": east, "s": north}  # y runs south
    con.register("shares", pa.table({"id": [row[0] for row in rows], "wkb": pa.array(shapely.to_wkb(shapes), pa.binary()), **columns}))
    con.execute("CREATE TEMP TABLE share AS SELECT * EXCLUDE wkb, ST_GeomFromWKB(wkb) AS g FROM shares")
    con.unregister("shares")
    out = {
        f"/peer/{z}/{x}/{y}.mvt": (gzip.compress(tile, 4), "application/x-protobuf", "gzip")
        for z in MVT_ZOOMS
        for x, y, tile in _cut(con, z)
    }
    con.execute("DROP TABLE share")
    return out


def _world(lonlat: Any) -> Any:
    latitude = np.radians(lonlat[:, 1])
    return np.stack([lonlat[:, 0] / 360 + 0.5, 0.5 - np.arctanh(np.sin(latitude)) / (2 * np.pi)], axis=1)


def _cut(con: duckdb.DuckDBPyConnection, z: int) -> list[tuple[int, int, bytes]]:
    n = 1 << z
    columns = f"unnest(range(floor(w * {n})::INT, floor(e * {n})::INT + 1)) AS x, floor(n * {n})::INT AS y0, floor(s * {n})::INT AS y1"
    k = f"{4096 * n}::DOUBLE"
    affine = f"ST_Affine(g, {k}, 0::DOUBLE, 0::DOUBLE, {k}, (0.5 - x * 4096)::DOUBLE, (0.5 - y * 4096)::DOUBLE)"
    sql = f"""
        SELECT x, y, ST_AsMVT(row, 'houses', 4096, 'geom', 'id') FROM (
            SELECT x, y, {{'id': id::BIGINT, 'geom': {affine}}} AS row
            FROM (SELECT *, unnest(range(y0, y1 + 1)) AS y FROM (SELECT id, g, {columns} FROM share)))
        GROUP BY x, y"""
    return [(int(x), int(y), bytes(tile)) for x, y, tile in con.execute(sql).fetchall()]


def measured(browser: Browser, site: Site, times: int = 6) -> Found | str:
    """Figures of the peer that is on offer, or why there are none."""
    site.sent.clear()
    try:
        with opened(browser, site.url + "/peer") as tab:
            tab.set_default_timeout(WAIT_S * 1000)
            tab.wait_for_function("window.peer")
            tab.evaluate(LATE, WAIT_S)
            first = tab.evaluate("late(peer.ready).then(() => performance.now())") / 1000
            size = sum(size for path, size in site.sent if path.startswith("/peer/")) / 1e6
            recolour = _recolours(tab, times)
            return Found(first, size, recolour, _dragged(tab), tab.evaluate(MEMORY)[0])
    except (BrowserError, AssertionError) as error:
        return f"broke: {str(error).splitlines()[0][:140]}"


def _recolours(tab: Page, times: int) -> Taken:
    found, cpu = [], []
    with thread(tab) as cpu_ms:
        for i in range(times):
            before = cpu_ms()
            found.append(tab.evaluate(RECOLOUR, 1 - i % 2))
            cpu.append(cpu_ms() - before)
            _check(tab, red=i % 2 == 1)
    return taken(found, statistics.median(cpu))


def _check(tab: Page, red: bool) -> None:
    """What is painted is red or blue as the last array says."""
    sums = tab.evaluate(
        """async (png) => {
          const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
          const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
          pen.drawImage(image, 0, 0);
          const {data} = pen.getImageData(0, 0, image.width, image.height), out = [0, 0];
          for (let i = 0; i < data.length; i += 4) { const d = data[i] - data[i + 2]; if (d > 20) out[0]++; if (d < -20) out[1]++; }
          return out;
        }""",
        b64encode(tab.screenshot()).decode(),
    )
    wanted, other = sums if red else reversed(sums)
    if other > 0.01 * wanted or wanted < 5000:
        raise AssertionError(f"it painted {sums[0]} reddish and {sums[1]} bluish pixels where all are to be {'red' if red else 'blue'}")


def _dragged(tab: Page) -> Taken:
    """Frames of a short drag: the 95th percentile, and as the best the median."""
    tab.mouse.move(900, 500)
    tab.mouse.down()
    tab.evaluate(FRAMES)
    for i in range(60):
        tab.mouse.move(900 + 5 * (30 - abs(i - 30)), 500 + 2 * (30 - abs(i - 30)))
    tab.mouse.up()
    frames: list[float] = tab.evaluate("(panning = false, frames_)")
    return Taken(sorted(frames)[int(0.95 * len(frames))], statistics.median(frames))


def compared(browser: Browser, site: Site, made: District, names: list[str], folder: Path, say: Callable[[str], None]) -> None:
    """Measure the peers one after another and print a line of each."""
    say(
        "\n| houses alone, by | first view s | data MB | recolour ms | best | processor ms | pan p95 ms | heap and buffers MB |\n"
        + "|---" * 8
        + "|"
    )
    for name in names:
        peer = PEERS[name]
        if not installed(peer, folder):
            say(f"| {peer.name} | could not be had | | | | | | |")
            continue
        offer(site, made, peer, folder)
        found = measured(browser, site)
        said = f"{peer.name}{f' ({peer.note})' if peer.note else ''}"
        if isinstance(found, str):
            say(f"| {said} | {found} | | | | | | |")
            continue
        one = found.recolour
        say(
            f"| {said} | {found.first_s:.2f} | {found.data_mb:.2f} | {one.median:.0f} | {one.best:.0f} | {one.cpu or 0:.0f}"
            f" | {found.pan.median:.0f} | {found.memory_mb:.0f} |"
        )
