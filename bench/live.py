"""`python bench/live.py [--part intake|paint|late|peers] [--seconds 20] [--home HOME]`: from an incident to the pixel.

A real server with durable commits, a real Chromium on its wall, followers that check every frame, and senders that keep to their rate.
Everything runs on this one machine, so the followers and the browser take part of what the server could have.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.cluster import postgres
from bench.harness import ROOT, machine, say
from bench.live_job.peers import compare
from bench.serving import CHROMIUM, Served, served, small_town

RATES = ((100, 200, 1, 100), (1_000, 500, 10, 150))  # reports a second, followers, reports a request, aim of the 99th percentile in ms
KEPT, LATE_MS, DRAG_MS = (
    1_000,
    1_000,
    20,
)  # aims: single reports a second; ms until a newcomer has seen all; ms between frames while dragging
DRAG = """async () => {
    const map = onescreen.live.shown.map, frames = [];
    for (const zoom of [13, 15]) {
        map.setZoom(zoom, { animate: false });
        await new Promise((done) => setTimeout(done, 1500));
        let before = 0;
        for (let i = 0; i < 120; i++) {
            const now = await new Promise(requestAnimationFrame);
            if (before) frames.push(now - before);
            before = now;
            map.panBy([i % 60 < 30 ? 9 : -9, i % 40 < 20 ? 4 : -4], { animate: false });
        }
    }
    return frames;
}"""
# Every incident with the moment at which the frame that shows it had been painted.
RECORD = """() => {
    window.painted = {};
    document.addEventListener("onescreen:live", ({ detail }) => {
        const fresh = [...detail.changed].filter((id) => !(id in window.painted));
        setTimeout(() => { const now = Date.now(); for (const id of fresh) window.painted[id] = now; }, 0);
    });
}"""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a sender tells: moment of each acknowledgement (ms since 1970), latency of each request, refused reports."""

    acks: dict[str, float]
    latency_ms: list[float]
    refused: int
    seconds: float


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def places(url: str) -> list[list[float]]:
    """Places within the town: where its cameras are."""
    with urlopen(f"{url}/api/network/cameras", timeout=30) as answer:
        return [[row["lon"], row["lat"]] for row in json.load(answer)["rows"]]


def health(url: str) -> dict[str, Any]:
    """What the server says of the network."""
    with urlopen(f"{url}/health", timeout=30) as answer:
        return dict(json.load(answer)["network"])


def send(url: str, rate: int, seconds: float, batch: int) -> Sent:
    """A sender as a process of its own."""
    words = [sys.executable, "-m", "bench.live_job.sender", url, str(rate), str(seconds), str(batch), json.dumps(places(url))]
    started = time.perf_counter()
    done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return Sent(told["acks"], told["latency_ms"], told["refused"], time.perf_counter() - started)


@contextmanager
def crowd(url: str, clients: int) -> Iterator[Any]:
    """Followers as a process of their own: call what is yielded for their verdict."""
    words = [sys.executable, "-m", "bench.live_job.crowd", url, str(clients)]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    process.stdout.readline()

    def verdict() -> dict[str, Any]:
        told = health(url)
        assert process.stdin and process.stdout
        process.stdin.write(f"{told['seq']} {told['digest']}\n")
        process.stdin.flush()
        return dict(json.loads(process.stdout.readline()))

    try:
        yield verdict
    finally:
        process.terminate()
        process.wait()


def wall(browser: Browser, url: str) -> Page:
    """The wall, following."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{url}/wall?page=wall")
    page.wait_for_function("document.documentElement.dataset.live === 'live'", timeout=60_000)
    page.wait_for_timeout(3_000)
    page.evaluate(RECORD)
    return page


def paint(browser: Browser, server: Served, seconds: float) -> bool:
    """Event to pixel, beside a crowd: from the moment the acknowledgement arrived to the moment the frame had been painted."""
    good = True
    for rate, clients, batch, aim_ms in RATES:
        page = wall(browser, server.url)
        with crowd(server.url, clients) as verdict:
            before = cpu_s(server.pid)
            sent = send(server.url, rate, seconds, batch)
            used = (cpu_s(server.pid) - before) / sent.seconds
            page.wait_for_timeout(2_000)
            told = verdict()
        painted = page.evaluate("window.painted")
        page.close()
        waits = [painted[one] - at for one, at in sent.acks.items() if one in painted]
        p99 = percentile(waits, 0.99)
        right = len(waits) == len(sent.acks) and told["there"] == clients and not told["wrong"] and not told["gaps"] and not sent.refused
        good &= right and p99 <= aim_ms
        say(
            f"| {rate}/s, {clients} followers, {batch} a request | {statistics.median(waits):.0f} | {p99:.0f} | {aim_ms} | "
            f"{percentile(sent.latency_ms, 0.99):.0f} | {len(sent.acks)} of {len(sent.acks) + sent.refused} | "
            f"{len(sent.acks) - len(waits)} | "
            f"{told['gaps']} gaps, {told['wrong']} of {clients} differ | {100 * used:.0f} % |"
        )
    return good


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / 100


def intake(server: Served, seconds: float, name: str) -> bool:
    """Single reports, one a request, at the rate that is asked for; whether the aim of a thousand a second is kept."""
    good = True
    for rate in (1_000, 1_500):
        before = cpu_s(server.pid)
        sent = send(server.url, rate, seconds, 1)
        done = len(sent.acks) / max(seconds, sent.seconds - 1.0)
        used = (cpu_s(server.pid) - before) / sent.seconds
        say(
            f"| {name} | {rate} | {done:.0f} | {statistics.median(sent.latency_ms):.0f} | {percentile(sent.latency_ms, 0.99):.0f} | "
            f"{sent.refused} | {100 * used:.0f} % |"
        )
        good &= not sent.refused and (rate > KEPT or done >= 0.98 * KEPT)
    return good


def late(browser: Browser, server: Served) -> bool:
    """Somebody joins while ten thousand incidents are open: until the last of them has been painted."""
    missing = 10_000 - int(health(server.url)["open"])
    if missing > 0:
        send(server.url, 2_000, missing / 2_000, 50)
    waits = []
    for _ in range(5):
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.add_init_script(
            "document.addEventListener('onescreen:live-begun', () => (window.begun = performance.now()));"
            "document.addEventListener('onescreen:live', () => setTimeout(() => (window.whole = window.whole || performance.now()), 0));"
        )
        page.goto(f"{server.url}/wall")
        page.wait_for_function("window.whole")
        waits.append(page.evaluate("window.whole - window.begun"))
        assert page.evaluate("onescreen.live.page.state.rows.size") >= 10_000
        page.close()
    say(f"| {health(server.url)['open']} open | {statistics.median(waits):.0f} | {max(waits):.0f} | {LATE_MS} |")
    return statistics.median(waits) <= LATE_MS


def moving(browser: Browser, server: Served) -> bool:
    """The map is dragged to and fro over ten thousand open incidents: time between frames."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{server.url}/desk")
    page.wait_for_function("window.onescreen.live && onescreen.live.page && onescreen.live.page.state.rows.size >= 10000", timeout=60_000)
    page.wait_for_timeout(3_000)
    frames = page.evaluate(DRAG)
    page.close()
    p95 = percentile(frames, 0.95)
    say(f"| {len(frames)} frames | {statistics.median(frames):.1f} | {p95:.1f} | {DRAG_MS} |")
    return p95 <= DRAG_MS


def main() -> int:
    """Run the parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["intake", "paint", "late", "peers"], action="append")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--home", type=Path)
    told = parser.parse_args()
    parts = told.part or ["intake", "paint", "late", "peers"]
    say(machine())
    with tempfile.TemporaryDirectory() as folder:
        home = told.home or small_town(Path(folder))
        good = run(home, parts, told.seconds)
    return 0 if good else 1


def run(home: Path, parts: Sequence[str], seconds: float) -> bool:
    """The parts, each with a server and a log of its own."""
    good = True
    if "intake" in parts:
        say("\n| intake, one report a request | asked/s | done/s | p50 ms | p99 ms | refused | server |\n|---|---|---|---|---|---|---|")
        with fresh(home) as server:
            good &= intake(server, seconds, "SQLite, synchronous=FULL")
        with postgres() as address, fresh(home, ONESCREEN_OPS=address.replace("postgresql://", "postgresql+psycopg://")) as server:
            good &= intake(server, seconds, "PostgreSQL, fsync=on")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        if "paint" in parts:
            say("\n| acknowledged → painted | p50 ms | p99 ms | aim | request p99 ms | taken | not painted | followers | server |")
            say("|---|---|---|---|---|---|---|---|---|")
            with fresh(home) as server:
                good &= paint(browser, server, seconds)
        if "late" in parts:
            say("\n| late joiner, socket opened → painted | p50 ms | worst of 5 | aim |\n|---|---|---|---|")
            with fresh(home) as server:
                good &= late(browser, server)
                say("\n| dragging the map over them | p50 ms | p95 ms | aim |\n|---|---|---|---|")
                good &= moving(browser, server)
        if "peers" in parts:
            compare(browser, seconds)
        browser.close()
    return good


@contextmanager
def fresh(home: Path, **more: str) -> Iterator[Served]:
    """A server with an empty log and the machine's own clock."""
    for file in (home / "ops").glob("*"):
        file.unlink()
    with served(home, now="", **more) as server:
        yield server


if __name__ == "__main__":
    sys.exit(main())
