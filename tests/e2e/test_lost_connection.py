"""The server goes away while somebody looks: the page says so loudly, and catches up by itself when it is back."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Server, environment, ready
from playwright.sync_api import Browser, Page, Request, expect

TWO_PERIODS_MS = 10_000  # twice EVERY_MS of assets/app/watch.js
MANIFEST = "**/pack/manifest.json"


class Mortal(Server):
    """A server that can be killed, and started again on the same port."""

    def __init__(self, home: Path, log: Path) -> None:
        super().__init__(home, log)
        self._home = home

    def kill(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def start_again(self) -> None:
        env = environment(self._home, ONESCREEN_PORT=self.url.rsplit(":", 1)[-1])
        self._process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=env, stdout=self._output, stderr=subprocess.STDOUT)


@pytest.fixture
def mortal(home: Path, tmp_path: Path) -> Iterator[Mortal]:
    running = Mortal(home, tmp_path / "server.log")
    yield running
    running.stop()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page whose time can be made to pass."""
    opened = chromium.new_page(viewport={"width": 1280, "height": 800})
    opened.clock.install()
    yield opened
    opened.close()


def test_a_killed_server_is_told_within_two_periods_and_the_page_catches_up_when_it_is_back(page: Page, mortal: Mortal) -> None:
    page.goto(f"{mortal.url}/town?layer=houses")
    ready(page)
    expect(page.locator("#connection")).to_have_count(0)
    page.evaluate("window.kept = true")
    mortal.kill()
    page.clock.fast_forward(TWO_PERIODS_MS)
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("与服务器的连接断了")
    assert re.search(r"\d\d:\d\d:\d\d", banner.inner_text()), "it says since when nothing is known"
    assert page.evaluate("(document.elementFromPoint(640, 10) || {}).id") == "connection", "it lies over everything"
    page.get_by_role("link", name="土地", exact=False).first.click()  # asked while nobody answers
    mortal.start_again()
    for _ in range(60):
        page.clock.fast_forward(TWO_PERIODS_MS // 2)
        if not banner.count():
            break
    expect(banner).to_have_count(0)
    expect(page.locator(".panel-legend .panel-title")).to_contain_text("土地")
    assert page.evaluate("document.documentElement.dataset.connection") == "live"
    assert page.evaluate("window.kept") is True, "the page was reloaded"


def test_a_server_that_takes_the_question_and_never_answers_is_lost_as_well(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/town")
    ready(page)
    page.route(MANIFEST, lambda route: None)
    page.evaluate("void onescreen.watch.look()")
    expect(page.get_by_role("alert")).to_be_visible(timeout=TWO_PERIODS_MS)
    page.unroute(MANIFEST)
    page.evaluate("onescreen.watch.look()")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_hidden_tab_asks_nothing_and_asks_at_once_when_it_is_looked_at_again(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/town")
    ready(page)
    page.evaluate("onescreen.watch.look()")
    asked: list[str] = []

    def count(request: Request) -> None:
        if request.url.endswith("/pack/manifest.json"):
            asked.append(request.url)

    page.on("request", count)
    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.away })")
    page.evaluate("window.away = true")
    page.clock.run_for(12 * TWO_PERIODS_MS)
    assert asked == []
    with page.expect_request(MANIFEST):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert len(asked) == 1
