"""`python bench/soak.py [--days 7] [--home HOME]`: an accelerated week of the wall, in one tab, while incidents come and go.

At least 600 000 events a week, and a change of scene every 15 s of simulated time, as fast as the browser paints. Measured after every
twelfth of a day: heap, nodes and listeners of the page after its garbage has been collected, and memory of the server. Flat means: over
what follows the warm-up (the first tenth) the ends differ by at most 10 %, and the slope of a straight line is within two standard errors
of 0 or makes less than 5 % from end to end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness import ROOT, machine, say
from bench.live import fresh, health, places
from bench.serving import CHROMIUM, Served, small_town
from bench.wall import RUN, measure

EVENTS_A_DAY = 86_000
CHANGES_A_DAY = 86_400 // 15
PARTS_A_DAY = 12
EVERY = 10  # changes after which another scene is called by its button
WARM_UP = 0.1
MOST = 0.10  # between the ends
FIGURES = ("heap MB", "nodes", "listeners", "server MB")


def soak(page: Page, server: Served, days: float) -> np.ndarray:
    """The figures after each part, one row a part."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    maker = subprocess.Popen(
        [sys.executable, "-m", "bench.live_job.week", server.url, json.dumps(places(server.url))],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    rows: list[list[float]] = []
    parts = round(days * PARTS_A_DAY)
    started, events = time.monotonic(), 0
    for part in range(1, parts + 1):
        events = _part(page, maker)
        size = measure(session)
        rows.append([size.heap_mb, size.nodes, size.listeners, server.memory_mb])
        if part % max(1, parts // 14) == 0:
            figures = " | ".join(f"{value:.1f}" for value in rows[-1])
            changes, took_s = part * CHANGES_A_DAY // PARTS_A_DAY, time.monotonic() - started
            say(f"| {part / PARTS_A_DAY:.2f} | {events} | {changes} | {figures} | {took_s:.0f} |")
    maker.terminate()
    maker.wait()
    return np.array(rows)


def _part(page: Page, maker: Any) -> int:
    """A part's events and changes of scene, side by side."""
    maker.stdin.write(f"{EVENTS_A_DAY // PARTS_A_DAY}\n")
    maker.stdin.flush()
    page.evaluate(RUN, [CHANGES_A_DAY // PARTS_A_DAY, EVERY])
    return int(maker.stdout.readline())


def slope(values: Sequence[float]) -> tuple[float, float]:
    """Slope of a straight line through values at equal distances, and its standard error."""
    x = np.arange(len(values)) - (len(values) - 1) / 2
    y = np.asarray(values) - np.mean(values)
    found = float(x @ y / (x @ x))
    rest = y - found * x
    return found, float(np.sqrt(rest @ rest / max(1, len(values) - 2) / (x @ x)))


def judge(rows: np.ndarray) -> bool:
    """Print each figure's course; whether all are flat."""
    say("\n| after warm-up | first | last | change | slope a day | two standard errors | flat |\n|---|---|---|---|---|---|---|")
    kept = rows[round(len(rows) * WARM_UP) :]
    good = True
    for name, values in zip(FIGURES, kept.T, strict=True):
        found, error = slope(values)
        first, last = values[:3].mean(), values[-3:].mean()
        change = (last - first) / first
        flat = abs(change) <= MOST and (abs(found) <= 2 * error or abs(change) <= MOST / 2)
        good &= bool(flat)
        say(
            f"| {name} | {first:.1f} | {last:.1f} | {100 * change:+.1f} % | {found * PARTS_A_DAY:+.3f} | {2 * error * PARTS_A_DAY:.3f} | "
            f"{'yes' if flat else 'NO'} |"
        )
    return good


def main() -> int:
    """Run, print, say whether everything is flat and the tab holds what the server has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--home", type=Path)
    told = parser.parse_args()
    say(f"{machine()}\n\n| day | events | changes | {' | '.join(FIGURES)} | s |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = told.home or small_town(Path(folder))
        with fresh(home) as server:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(f"{server.url}/wall")
            page.wait_for_function("document.documentElement.dataset.live === 'live'", timeout=60_000)
            page.wait_for_timeout(3_000)
            rows = soak(page, server, told.days)
            page.wait_for_timeout(3_000)
            same = page.evaluate("onescreen.live.page.state.digest") == health(server.url)["digest"]
            browser.close()
    say(f"\nThe tab holds what the server has: {'yes' if same else 'NO'}.")
    return 0 if judge(rows) and same else 1


if __name__ == "__main__":
    sys.exit(main())
