"""`python bench/map.py [--features 50000] [--peers geojson protomaps maplibre deck] [--runs 5]`: the map of a district in a browser.

A headless Chromium on the processor alone, a synthetic district of so many houses with its areas, parcels, roads and devices, built and
served by our own pack. Each figure stands beside its aim, and no time counts whose picture is wrong. Peers draw the houses alone, from the
same data on the same page, in the same run; they are installed into a scratch folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness import machine, say
from bench.map_job import ours, peers
from bench.map_job.district import LAYERS, District, district
from bench.map_job.page import LEAFLET, MAP, OURS, Site, attach, manifest_of, page, serving
from bench.serving import CHROMIUM
from layers.core.pack import Manifest, build_pack

SIZES = (50_000, 1_000_000, 2_000_000)
# Aims of the three sizes: seconds, ms, ms, ms, ms, MB, MB, ms.
AIMS = {
    "first complete view, s": (0.6, 1.0, 1.4),
    "recolour of all in view, ms": (30, 30, 40),
    "the same at 7680×2160, ms": (80, 80, 80),
    "theme switch with its transfer, ms": (80, 120, 180),
    "pan, 95th percentile frame, ms": (20, 20, 25),
    "bytes of the first view, MB": (0.3, 3, 6),
    "heap and buffers after 30 views, MB": (40, 80, 120),
    "live delta of 500, ms": (16, 16, 20),
}
FLAGS = [*CHROMIUM, "--enable-blink-features=ForceEagerMeasureMemory"]


def main() -> int:
    """Build, measure, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--features", type=int, default=SIZES[0], help="houses; the aims are for 50 000, 1 000 000 and 2 000 000")
    options.add_argument("--runs", type=int, default=5, help="times that the first view is opened")
    options.add_argument(
        "--peers", nargs="*", choices=list(peers.PEERS), default=list(peers.PEERS), help="others to measure; none: name none"
    )
    options.add_argument("--only-peers", action="store_true", help="leave our own figures out")
    chosen = options.parse_args()
    say(f"map: {chosen.features:,} houses at {ours.DESK[0]}×{ours.DESK[1]}, no graphics processor; {machine()}")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        made = district(chosen.features)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        with serving(Site({"pack": Path(scratch) / "pack"})) as site:
            if not chosen.only_peers:
                site.files["/pack/manifest.json"] = manifest_of(built(made, Path(scratch) / "pack"))
                report(measured(browser, site, made, chosen.runs), made.houses)
            if chosen.peers:
                peers.compared(browser, site, made, chosen.peers, Path(scratch) / "npm", say)
        browser.close()
    return 0


def built(made: District, folder: Path) -> Manifest:
    """The manifest of the district's pack, which is written into `folder`."""
    started, worked = time.perf_counter(), time.process_time()
    manifest = build_pack(made.connection, LAYERS, folder)
    size = sum(file.stat().st_size for file in folder.glob("*.gz")) / 1e6
    say(f"pack built in {time.perf_counter() - started:.1f} s, {time.process_time() - worked:.1f} s of processor; {size:.1f} MB in gzip")
    return manifest


def measured(browser: Browser, site: Site, made: District, runs: int) -> dict[str, ours.Taken]:
    """Our figures by the names of the aims, and further ones that explain them."""
    out: dict[str, ours.Taken] = {}
    fitted(site, made)
    firsts = [ours.first_view(browser, site, "/whole") for _ in range(runs + 1)][1:]  # the first has warmed the server
    out["first complete view, s"] = ours.taken([took for took, *_ in firsts])
    out["  of that since the map was attached, s"] = ours.taken([took for _, took, *_ in firsts])
    out["  processor of the whole browser for it, s"] = ours.taken([cpu for *_, cpu, _ in firsts])
    out["bytes of the first view, MB"] = ours.taken([size / 1e6 for *_, size in firsts])
    with ours.opened(browser, site.url + "/whole") as tab:
        ours.settle(tab)
        ours.prepare(tab)
        ours.check_recolour(tab, made)
        out["recolour of all in view, ms"], out["  painting of it"] = ours.recolours(tab)
        ours.check_delta(tab)
        out["live delta of 500, ms"] = ours.delta(tab)
        tab.evaluate("map.setZoom(16, {animate: false})")
        ours.settle(tab)
        out["recolour at zoom 16, ms"], out["  painting of it, zoom 16"] = ours.recolours(tab)
        out["pan, 95th percentile frame, ms"], out["  painting in such a frame"] = ours.pan(tab)
    with ours.opened(browser, site.url + "/whole") as tab:
        ours.settle(tab)
        memory, canvases = ours.tour(tab, made.box)
        out["heap and buffers after 30 views, MB"] = ours.taken([memory])
        out["  canvases after 30 views, MB"] = ours.taken([canvases])
    out["theme switch with its transfer, ms"] = ours.theme_from_server(browser, site.url + "/bare")
    with ours.opened(browser, site.url + "/whole", ours.WALL) as tab:
        ours.settle(tab)
        ours.prepare(tab)
        out["the same at 7680×2160, ms"], out["  painting of it, 7680×2160"] = ours.recolours(tab)
        tab.evaluate("map.setZoom(16, {animate: false})")
        ours.settle(tab)
        out["recolour at 7680×2160, zoom 16, ms"], out["  painting of it, 7680×2160, zoom 16"] = ours.recolours(tab)
    return out


def fitted(site: Site, made: District) -> None:
    """Give the site its pages: `/whole` opens with the whole district in view; `/bare` fetches nothing before it is asked for."""
    west, south, east, north = made.box
    fit = f"map.fitBounds([[{south}, {west}], [{north}, {east}]], {{animate: false}});"
    site.pages["/whole"] = page([*LEAFLET, *OURS], attach({}) + MAP + fit)
    site.pages["/bare"] = page([*LEAFLET, *OURS], attach({"aheadMB": 0}) + MAP + fit)


def report(figures: dict[str, ours.Taken], houses: int) -> None:
    """The table: figure, aim where there is one for this size, and whether it is reached."""
    column = SIZES.index(houses) if houses in SIZES else None
    say(f"\n| ours, load {os.getloadavg()[0]:.1f} | median | best | processor ms of the page | aim | of aim |\n|---|---|---|---|---|---|")
    for name, found in figures.items():
        aim = AIMS[name][column] if name in AIMS and column is not None else None
        verdict = "" if aim is None else "reached" if found.median <= aim else f"{found.median / aim:.1f} times"
        cpu = "" if found.cpu is None else f"{found.cpu:.1f}"
        say(f"| {name} | {found.median:.2f} | {found.best:.2f} | {cpu} | {'' if aim is None else aim} | {verdict} |")


if __name__ == "__main__":
    sys.exit(main())
