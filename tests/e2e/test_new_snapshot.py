"""A new delivery is loaded while somebody looks: the page takes it up without a reload, and the server stays on the address."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Server, ready, run
from playwright.sync_api import Browser, expect


@pytest.fixture
def growing(home: Path, tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A server on a copy of the town, which a test may load into."""
    own = shutil.copytree(home, tmp_path / "home")
    running = Server(own, tmp_path / "server.log")
    yield running, own
    running.stop()


def test_an_open_page_takes_up_a_new_snapshot_by_itself(chromium: Browser, growing: tuple[Server, Path], deliveries: Path) -> None:
    server, home = growing
    page = chromium.new_page()
    page.goto(f"{server.url}/town?layer=houses")
    ready(page)
    before = page.locator("#stamp").inner_text()
    page.evaluate("window.kept = true")
    run("-m", "etl", "load", str(deliveries / "2-update" / "town.toml"), home=home)
    page.evaluate("onescreen.watch.look()")
    expect(page.locator("#stamp")).not_to_have_text(before)
    ready(page)
    assert page.evaluate("window.kept") is True, "the page was reloaded"
    expect(page.locator(".panel-legend .legend-row")).to_have_count(6)
    page.close()


def test_an_empty_installation_says_how_to_load_and_shows_the_town_once_it_is_loaded(chromium: Browser, home: Path, tmp_path: Path) -> None:
    own = tmp_path / "home"
    own.mkdir()
    server = Server(own, tmp_path / "server.log")
    page = chromium.new_page()
    page.goto(f"{server.url}/town")
    expect(page.locator("h1")).to_have_text("还没有装入任何镇的数据")
    expect(page.locator("code").nth(1)).to_contain_text("python -m etl load")
    for part in ("pack", "serving"):
        shutil.copytree(home / part, own / part)
    page.evaluate("onescreen.watch.look()")
    ready(page)
    expect(page.locator("h1")).to_have_text("示范镇")
    page.close()
    server.stop()
