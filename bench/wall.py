"""`python bench/wall.py [--changes 3800] [--home HOME]`: an accelerated day of the wall.

Scene after scene as fast as the browser paints, and by what the page has grown: heap, nodes and listeners after garbage collection.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness import machine, say
from bench.serving import CHROMIUM, served, small_town

# Of the shipped carousel at scale 1: 6 pictures of 30 s and 13 of 20 s, 19 in 440 s.
A_DAY = 3800
EVERY = 10  # changes after which another scene is called by its button; between them the pictures of the carousel go on
# Goes on by `changes` pictures, each painted before the next.
RUN = """async ([changes, every]) => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const scenes = [...document.querySelectorAll(".wall-scene[data-target]")].map((one) => one.dataset.target);
    for (let i = 1; i <= changes; i++) {
        if (i % every) onescreen.wall.step(1);
        else onescreen.acts["wall-scene"]({ dataset: { target: scenes[(i / every) % scenes.length] } });
        await painted();
    }
}"""


@dataclass(frozen=True, slots=True)
class Size:
    """What a page holds once its garbage is collected: JavaScript heap in MB, DOM nodes, event listeners."""

    heap_mb: float
    nodes: int
    listeners: int


def measure(session: CDPSession) -> Size:
    """Collect garbage twice, then count."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    counters = session.send("Memory.getDOMCounters")
    return Size(heap / 2**20, counters["nodes"], counters["jsEventListeners"])


def soak(page: Page, changes: int, parts: int = 4) -> list[Size]:
    """Sizes of the page before and after each of `parts` equal parts of `changes`. The page must be ready and warm."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    sizes = [measure(session)]
    for _ in range(parts):
        page.evaluate(RUN, [changes // parts, EVERY])
        page.wait_for_selector("html[data-map-ready]", state="attached")
        sizes.append(measure(session))
    session.detach()
    return sizes


def warm(page: Page) -> None:
    """Every picture of every scene once, so that all layers and plots have been drawn."""
    for key in "12345":
        page.keyboard.press(key)
        page.wait_for_selector("html[data-map-ready]", state="attached")
    page.keyboard.press("0")
    page.evaluate(RUN, [60, EVERY])
    page.wait_for_selector("html[data-map-ready]", state="attached")


def main() -> int:
    """Build or take a town, run the scenes, print how the page has grown."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--changes", type=int, default=A_DAY, help=f"changes of picture; default {A_DAY}, a whole day")
    options.add_argument("--home", type=Path, help="a loaded ONESCREEN_HOME; default: a small demonstration town is made")
    chosen = options.parse_args()
    say(f"wall: {chosen.changes} changes of picture at 1920×1080; {machine()}")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(chosen.home or small_town(Path(folder))) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"{server.url}/wall")
        page.wait_for_selector("html[data-map-ready]", state="attached", timeout=60_000)
        warm(page)
        started = time.perf_counter()
        sizes = soak(page, chosen.changes)
        took_s = time.perf_counter() - started
        browser.close()
    _report(sizes, chosen.changes, took_s)
    return 0


def _report(sizes: list[Size], changes: int, took_s: float) -> None:
    say("| changes | heap MB | nodes | listeners |\n|---|---|---|---|")
    for i, size in enumerate(sizes):
        say(f"| {changes // (len(sizes) - 1) * i} | {size.heap_mb:.1f} | {size.nodes} | {size.listeners} |")
    say(f"{changes / took_s:.1f} changes a second; grown by {sizes[-1].heap_mb - sizes[0].heap_mb:+.2f} MB of heap")


if __name__ == "__main__":
    sys.exit(main())
