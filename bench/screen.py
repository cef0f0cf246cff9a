"""`python bench/screen.py [--runs 5] [--home HOME]`: what a visitor waits for, in a real browser.

Bytes and time until each page can be used (cold browser, warm server); time of each main interaction from the tap to its answer and to
the painted map, each answer compared with what it must be; what people come for, from a cold start, in taps and seconds; memory of the
server with 50 open pages.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, Page, Request, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness import machine, say
from bench.serving import CHROMIUM, Served, served, small_town
from data.settings import Settings
from data.store.serving import on_show

SIZE = {"width": 1024, "height": 768}  # a tablet
PAGES = {"/": "door", "/town": "town", "/wall": "wall", "/steward": "steward"}
PAINTED = "html[data-map-ready]"
VIEWERS = 50
# When the page could be used, in ms since 1970: what it fetches afterwards, ahead of the next tap, nobody waits for.
USABLE = """() => performance.timeOrigin +
    (performance.getEntriesByName("onescreen-map-first")[0] || { startTime: performance.now() }).startTime"""
# Does `act` and says after how many ms `told` held, and after how many the map had painted that and stood still for a tenth of a second.
TIMED = """async ([act, told]) => {
    const frame = () => new Promise(requestAnimationFrame), asked = new Function("return " + told);
    const until = async (holds) => { while (!holds()) await frame(); };
    const started = performance.now();
    new Function(act)();
    await until(asked);
    const answered = performance.now() - started;
    const rests = () => document.documentElement.dataset.mapReady && !document.querySelector(".leaflet-zoom-anim, .leaflet-pan-anim");
    let since = performance.now();
    while (performance.now() - since < 100) { await frame(); if (!rests()) since = performance.now(); }
    return [answered, since - started];
}"""


@dataclass(frozen=True, slots=True)
class Act:
    """An interaction: from which address, what is done, when it has been answered, and whether the answer is right."""

    name: str
    start: str
    do: str
    told: str
    right: Callable[[Page], bool]


def number(text: str) -> int:
    """The digits of a text as one number."""
    return int("".join(c for c in text if c.isdecimal()) or 0)


def total(page: Page) -> int:
    return number(page.locator(".panel-total").inner_text())


def counts(page: Page) -> list[int]:
    return [number(text) for text in page.locator(".legend-count").all_inner_texts()]


LAYER = """document.querySelector('.layers a[href*="layer=land"]')"""
OBJECTS = """document.querySelector('.panel-list .list-row[href*="object="]')"""
ROW = "document.querySelector('.panel-list .list-row')"
ACTS = (
    Act(
        "switch layer", "/town?layer=houses", f"{LAYER}.click()",
        f"""{LAYER}.matches('[aria-current="true"]')""",
        lambda page: sum(counts(page)) == total(page) > 0,
    ),
    Act(
        "filter by level", "/town?layer=houses&theme=levels", "document.querySelector('.legend-levels a.legend-row').click()",
        OBJECTS,
        lambda page: number(page.locator("#list-total").inner_text()) == counts(page)[0],
    ),
    Act(
        "open a card", "/town?layer=houses&theme=levels&level=1", f"{ROW}.click()", "document.querySelector('.panel-card .card-level')",
        lambda page: page.locator(".panel-card .level-tag").first.get_attribute("data-level") == "1",
    ),
    Act(
        "drill down", "/town?layer=houses&theme=levels", f"window.wanted = {ROW}.querySelector('.list-name').textContent; {ROW}.click()",
        "(document.querySelector('.crumb-here') || {}).textContent === window.wanted",
        lambda page: sum(counts(page)) == total(page) > 0,
    ),
)  # fmt: skip


def main() -> int:
    """Take or build a town, measure, print; ends with 1 where an answer was wrong."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5, help="times that each interaction is done")
    options.add_argument("--home", type=Path, help="a loaded ONESCREEN_HOME; default: a small demonstration town is made")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_things:
        server = open_things.enter_context(served(chosen.home or small_town(Path(folder))))
        browser = open_things.enter_context(sync_playwright()).chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        say(f"screen: {SIZE['width']}×{SIZE['height']}, {chosen.runs} runs; {machine()}")
        arrivals(browser, server, chosen.runs)
        wrong = interactions(browser, server, chosen.runs)
        wrong += journeys(browser, server, a_resident(server), chosen.runs)
        viewers(browser, server)
        browser.close()
    return report_wrong(wrong)


def report_wrong(wrong: Sequence[str]) -> int:
    for line in wrong:
        say(f"WRONG: {line}")
    return 1 if wrong else 0


# ── pages ──
def arrivals(browser: Browser, server: Served, runs: int) -> None:
    """Bytes over the wire and seconds until a page can be used, each time in a browser that has never been here."""
    arrive(browser, server, "/town")  # the server is warm
    say("\n| page | KB before it can be used | seconds, median | worst |\n|---|---|---|---|")
    for path, name in PAGES.items():
        seen = [arrive(browser, server, path) for _ in range(min(runs, 5))]
        times = [s for _, s in seen]
        kilobytes = statistics.median(size for size, _ in seen) / 1024
        say(f"| {name} `{path}` | {kilobytes:,.0f} | {statistics.median(times):.2f} | {max(times):.2f} |")


def arrive(browser: Browser, server: Served, path: str) -> tuple[int, float]:
    """(bytes, seconds) from an empty cache until the content has come and the map, where there is one, is painted."""
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    came = noted(page, "requestfinished")
    started = time.perf_counter()
    page.goto(server.url + path, wait_until="commit")
    page.wait_for_selector("#page > *", timeout=60_000)
    if page.locator(".leaflet-container").count():
        page.wait_for_selector(PAINTED, state="attached", timeout=60_000)
    took_s = time.perf_counter() - started
    size = transferred(waited_for(page, came))
    context.close()
    return size, took_s


def noted(page: Page, event: Literal["request", "requestfinished"]) -> list[Request]:
    """The requests of a page from now on, as they are sent or answered."""
    came: list[Request] = []

    def note(one: Request) -> None:  # a bound method of a list is no handler to Playwright
        came.append(one)

    page.on(event, note)  # type: ignore[call-overload]
    return came


def waited_for(page: Page, came: Sequence[Request]) -> list[Request]:
    """Those of the requests that were sent before the page could be used."""
    usable_ms = float(page.evaluate(USABLE))
    return [one for one in came if one.timing["startTime"] <= usable_ms]


def transferred(came: Sequence[Request]) -> int:
    """Bytes over the wire of answered requests, the worker's for tiles among them: page and resource timing do not see those."""
    sizes = [one.sizes() for one in came]
    return sum(one["responseHeadersSize"] + one["responseBodySize"] for one in sizes)


# ── interactions ──
def interactions(browser: Browser, server: Served, runs: int) -> list[str]:
    """Print p50 and p95 of each; returns what was answered wrongly."""
    wrong: list[str] = []
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    say("\n| interaction, from the tap | p50 ms | p95 ms |\n|---|---|---|")
    for act in ACTS:
        times = [done(page, server, act, wrong) for _ in range(runs)]
        row(f"{act.name}: the answer", [answered for answered, _ in times])
        row(f"{act.name}: the map beside it painted", [painted for _, painted in times])
    row("search, from the pause in typing", [searched(page, server, wrong) for _ in range(runs)])
    row("switch language (the page loads again)", [spoken(page, server, wrong) for _ in range(runs)])
    context.close()
    return sorted(set(wrong))


def row(name: str, times_ms: Sequence[float]) -> None:
    ordered = sorted(times_ms)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    say(f"| {name} | {statistics.median(ordered):.0f} | {p95:.0f} |")


def at(page: Page, server: Served, address: str) -> None:
    """Open an address and wait until it stands still."""
    page.goto(server.url + address)
    page.wait_for_selector(PAINTED, state="attached", timeout=60_000)
    page.wait_for_load_state("networkidle")


def done(page: Page, server: Served, act: Act, wrong: list[str]) -> tuple[float, float]:
    """Milliseconds until the answer stands in the page, and until the map has painted it and rests."""
    at(page, server, act.start)
    answered_ms, painted_ms = page.evaluate(TIMED, [act.do, act.told])
    if not act.right(page):
        wrong.append(f"{act.name} from {act.start}: shown {counts(page)}, total {total(page)}")
    return float(answered_ms), float(painted_ms)


def searched(page: Page, server: Served, wrong: list[str]) -> float:
    """Milliseconds from the question leaving the browser until its answer stands in the page: the wait while somebody types is not ours."""
    at(page, server, "/town?layer=houses&theme=levels")
    wanted = page.locator(".panel-list .list-row .list-name").first.inner_text()
    page.locator("#query").fill(wanted)
    page.locator(".hit").first.wait_for()
    took_ms = float(
        page.evaluate(
            "() => { const asked = performance.getEntriesByType('resource').filter(e => e.name.includes('_dash-update')).at(-1);"
            " return asked.responseEnd - asked.startTime; }"
        )
    )
    if wanted not in page.locator(".hits").inner_text():
        wrong.append(f"search for {wanted}: {page.locator('.hits').inner_text()[:80]}")
    return took_ms


def spoken(page: Page, server: Served, wrong: list[str]) -> float:
    at(page, server, "/town?layer=houses")
    wanted = page.locator("[data-act=language]").get_attribute("data-language") or ""
    started = time.perf_counter()
    page.locator("[data-act=language]").click()
    page.wait_for_selector(f"html[lang='{wanted}'][data-map-ready]", state="attached")
    took_ms = (time.perf_counter() - started) * 1000
    if ("Houses" in page.locator(".panel-legend").inner_text()) != (wanted == "en"):
        wrong.append(f"language {wanted}: {page.locator('.panel-legend .panel-title').inner_text()}")
    return took_ms


# ── journeys ──
class Finger:
    """Counts what a finger does on a page."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def on(self, selector: str) -> None:
        self.taps += 1
        self.page.locator(selector).first.tap()


def whom_to_call(finger: Finger, _who: str) -> None:
    """The reds of a village and whom they concern; the last tap is the call."""
    finger.on(".panel-list .list-row")
    finger.page.locator(".crumb-here").wait_for()
    finger.on(".key-link")
    finger.page.locator(".panel-list .list-row[href*='object=']").first.wait_for()
    finger.on(".panel-list .list-row")
    finger.page.locator(".panel-card .card-level .level-tag[data-level='1']").wait_for()
    finger.page.locator(".panel-card a[href^='tel:']").first.wait_for()
    finger.taps += 1


def side_by_side(finger: Finger, _who: str) -> None:
    """Two villages compared."""
    finger.on(".compare-switch")
    finger.page.locator(".panel-compare").wait_for()
    for picked in (1, 2):
        finger.on(".panel-list .list-row:not(.picked)")
        finger.page.locator(".list-row.picked").nth(picked - 1).wait_for()
    finger.page.locator(".compare thead .compare-name").nth(1).wait_for()


def house_of(finger: Finger, who: str) -> None:
    """A person's house by the whole name."""
    finger.on("#query")
    finger.page.keyboard.type(who)
    finger.on(".hit[href*='object=house']")
    finger.page.locator(".panel-card .card-level").wait_for()


# What, how, and in how many taps at most.
JOURNEYS = (
    ("reds of a village, and whom to call", whom_to_call, 4), ("two villages side by side", side_by_side, 3),
    ("a house by a name", house_of, 3),
)  # fmt: skip


def a_resident(server: Served) -> str:
    """Name of a person who lives in a house of the town."""
    sql = "SELECT name FROM person SEMI JOIN house USING (house_id) WHERE length(name) > 2 ORDER BY person_id LIMIT 1"
    rows = on_show(Settings(home=server.home), sql)
    return str(rows[0][0]) if rows else ""


def journeys(browser: Browser, server: Served, who: str, runs: int) -> list[str]:
    """Print taps and seconds of each, from an empty cache: the browser is a machine and reads at once. Returns what took too many taps."""
    wrong: list[str] = []
    say("\n| journey, from a cold start on a tablet | taps | seconds, median | worst |\n|---|---|---|---|")
    for name, go, most in JOURNEYS:
        times, taps = [], 0
        for _ in range(min(runs, 5)):
            context = browser.new_context(viewport=SIZE, has_touch=True)
            finger, started = Finger(context.new_page()), time.perf_counter()
            finger.page.goto(server.url + "/town")
            go(finger, who)
            times.append(time.perf_counter() - started)
            taps = finger.taps
            context.close()
        if taps > most:
            wrong.append(f"{name}: {taps} taps, more than {most}")
        say(f"| {name} | {taps} | {statistics.median(times):.2f} | {max(times):.2f} |")
    return wrong


# ── open pages ──
def viewers(browser: Browser, server: Served) -> None:
    """Memory of the server before and after 50 viewers have opened the town page and kept their connections."""
    asked = recorded(browser, server)
    before = server.memory_mb
    with ExitStack() as connections, ThreadPoolExecutor(8) as threads:
        clients = [connections.enter_context(httpx.Client(base_url=server.url, timeout=60)) for _ in range(VIEWERS)]
        list(threads.map(lambda client: replay(client, asked), clients))
        with_all = server.memory_mb
    grown = (with_all - before) / VIEWERS
    say(f"\nserver: {before:.0f} MB with one open page, {with_all:.0f} MB with {VIEWERS}: {grown:+.1f} MB each ({len(asked)} requests)")


def recorded(browser: Browser, server: Served) -> list[dict[str, Any]]:
    """Every request that a real browser sends for the town page."""
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    asked = noted(page, "request")
    at(page, server, "/town")
    kept = [
        {"method": one.method, "url": one.url, "content": one.post_data_buffer, "headers": {"content-type": "application/json"}}
        for one in asked
        if one.url.startswith(server.url)
    ]
    context.close()
    return kept


def replay(client: httpx.Client, asked: Sequence[dict[str, Any]]) -> None:
    """Send the same; anything but a good answer ends the benchmark."""
    for one in asked:
        client.request(**one).raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
