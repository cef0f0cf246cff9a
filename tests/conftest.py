"""What tests of several folders share: one browser a worker (synchronous Playwright starts once in a process), and towns."""

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bench.serving import CHROMIUM

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NOW = datetime.fromisoformat("2026-11-22T09:42:00+00:00")


SLOW_FIRST = ("e2e", "map", "faults", "etl", "layers")  # folders; whatever else is quick fills what time is left


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long begin first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: next((n for n, name in enumerate(SLOW_FIRST) if name in item.path.parts), len(SLOW_FIRST)))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """`once("home", build)`: a folder that `build` has filled, once for all workers. Only to be read."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if folder.name.startswith("popen-") else folder  # workers of xdist have folders of their own below a common one

    def filled(name: str, build: Callable[[Path], object]) -> Path:
        place, done = shared / f"once-{name}", shared / f"once-{name}.done"
        with (shared / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                place.mkdir()
                build(place)
                done.touch()
        return place

    return filled


@pytest.fixture(scope="session")
def real_town(once: Callable[[str, Callable[[Path], object]], Path]) -> Callable[[str], Path]:
    """`real_town("porto")`: the home into which `examples/porto.toml` has been loaded."""

    def loaded(name: str) -> Path:
        from rich.console import Console

        from data.settings import Settings
        from etl.core.run import load  # half a second that only tests of real towns should pay

        return once(name, lambda home: load(Settings(home=home, now=NOW), EXAMPLES / f"{name}.toml", Console(quiet=True)))

    return loaded


@pytest.fixture(scope="session")
def deliveries(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The raw files of a small demonstration town, by the real command: a base and two updates."""

    def generate(folder: Path) -> None:
        command = [sys.executable, "-m", "data.town", str(folder), "--scale", "0.02", "--seed", "7", "--today", f"{NOW:%F}"]
        done = subprocess.run(command, cwd=EXAMPLES.parent, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr or done.stdout

    return once("deliveries", generate)
