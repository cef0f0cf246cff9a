"""What tests of several folders share: one browser a worker (synchronous Playwright starts once in a process), and towns."""

import fcntl
import os
import shutil
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
MORNING = "2026-11-22T09:42:00+08:00"  # when the demonstration town is loaded and looked at
Build = Callable[[Path], object]
Once = Callable[[str, Build], Path]


ALONE = ("test_kill_repaint.py", "test_map_in_browser.py")  # files that need no town of ours, while one worker loads it for all
SLOW_FIRST = ("e2e", "map", "faults", "etl", "layers")  # folders; whatever else is quick fills what time is left


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long begin first, so that no worker is left with one at the end."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.path.name in ALONE:
        return -1
    return next((n for n, name in enumerate(SLOW_FIRST) if name in item.path.parts), len(SLOW_FIRST))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """`once("home", build)`: a folder that `build` has filled, once for all workers. Only to be read."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if folder.name.startswith("popen-") else folder  # workers of xdist have folders of their own below a common one

    def filled(name: str, build: Build) -> Path:
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
def real_town(once: Once) -> Callable[[str], Path]:
    """`real_town("porto")`: the home into which `examples/porto.toml` has been loaded."""

    def loaded(name: str) -> Path:
        from rich.console import Console

        from data.settings import Settings
        from etl.core.run import load  # half a second that only tests of real towns should pay

        return once(name, lambda home: load(Settings(home=home, now=NOW), EXAMPLES / f"{name}.toml", Console(quiet=True)))

    return loaded


@pytest.fixture(scope="session")
def deliveries(once: Once) -> Path:
    """The raw files of a small demonstration town, by the real command: a base and two updates."""
    how = ("--scale", "0.02", "--seed", "7", "--today", f"{NOW:%F}")
    return once("deliveries", lambda folder: _run("data.town", str(folder), *how, home=folder))


@pytest.fixture(scope="session")
def home(deliveries: Path, once: Once) -> Path:
    """A run-time folder into which the base of the demonstration town has been loaded, by the real command. Only to be read or copied."""
    return once("home", lambda folder: _run("etl", "load", str(deliveries / "1-base" / "town.toml"), home=folder))


@pytest.fixture(scope="session")
def updated(home: Path, deliveries: Path, once: Once) -> Path:
    """The same after its second delivery, which is on show. Only to be read or copied."""

    def update(folder: Path) -> None:
        shutil.copytree(home, folder, dirs_exist_ok=True)
        _run("etl", "load", str(deliveries / "2-update" / "town.toml"), home=folder)

    return once("updated", update)


def _run(module: str, *words: str, home: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ONESCREEN_")}
    env = kept | {"ONESCREEN_HOME": str(home), "ONESCREEN_NOW": MORNING}
    done = subprocess.run([sys.executable, "-m", module, *words], cwd=EXAMPLES.parent, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{module} {' '.join(words)} failed:\n{done.stdout[-600:]}\n{done.stderr[-1200:]}"
