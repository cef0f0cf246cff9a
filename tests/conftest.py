"""What tests of several folders share: one browser a worker (synchronous Playwright starts once in a process), and real towns."""

import fcntl
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NOW = datetime.fromisoformat("2026-11-22T09:42:00+00:00")
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def real_town(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`real_town("porto")`: the home into which `examples/porto.toml` has been loaded, once for all workers. Only to be read."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if folder.name.startswith("popen-") else folder  # workers of xdist have folders of their own below a common one

    def loaded(name: str) -> Path:
        from rich.console import Console

        from data.settings import Settings
        from etl.core.run import load  # half a second that only tests of real towns should pay

        home = shared / f"home-{name}"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (home / "serving" / "current.json").exists():
                load(Settings(home=home, now=NOW), EXAMPLES / f"{name}.toml", Console(quiet=True))
        return home

    return loaded
