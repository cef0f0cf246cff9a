"""kill -9 in the middle of a repaint: readers see the colours of one day, whole, and the next repaint is healthy."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from data.settings import REPOSITORY, Settings
from data.store.serving import ServingStore, current
from etl.core.repaint import repaint
from etl.core.run import load
from tests.etl.tiny_town import home_of, tiny_town

LATER = "2026-11-30T09:00:00+08:00"  # ninety days after the houses were seen
LINES = 3  # that a repaint prints of its stages: paint, merge, publish


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    settings = home_of(folder)
    load(settings, tiny_town(folder / "in").write(), Console(quiet=True))
    return settings.home


def test_a_repaint_killed_at_any_moment_leaves_whole_colours_and_the_next_one_healthy(base: Path, tmp_path: Path) -> None:
    unhindered = copied(base, tmp_path / "unhindered")
    repaint(unhindered, Console(quiet=True))
    before, after = seen(replace(unhindered, home=base)), seen(unhindered)
    assert before != after
    for number, (lines, delay_s) in enumerate(moments()):
        settings = copied(base, tmp_path / str(number))
        kill(settings, lines, delay_s)
        assert seen(settings) in (before, after), f"killed {delay_s:.3f} s after line {lines}: something in between is on show"
        repaint(settings, Console(quiet=True))
        assert seen(settings) == after, f"killed {delay_s:.3f} s after line {lines}: the next repaint came to something else"
        assert not [path for place in ("serving", "pack", "runs") for path in (settings.home / place).rglob(".*")]
        shutil.rmtree(settings.home)


def moments() -> Iterator[tuple[int, float]]:
    """(lines printed, seconds after that): after painting, after the commit, and while publishing."""
    seeded = random.Random(20261130)
    yield 1, 0.0
    yield LINES - 1, 0.0
    yield LINES - 1, seeded.random() / 10


def kill(settings: Settings, lines: int, delay_s: float) -> None:
    """Start a repaint and kill it once it has printed `lines` lines and `delay_s` seconds have passed."""
    env = {**os.environ, "ONESCREEN_HOME": str(settings.home), "ONESCREEN_THREADS": "1", "ONESCREEN_NOW": LATER}
    command = [sys.executable, "-u", "-m", "etl", "repaint"]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(lines):
        assert process.stdout.readline(), "the repaint ended before it could be killed"
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(delay_s)
    process.kill()  # nothing where it has ended already
    process.communicate()


def copied(base: Path, home: Path) -> Settings:
    """An installation of its own, three months later."""
    shutil.copytree(base, home)
    return Settings(home=home, threads=1, now=datetime.fromisoformat(LATER))


def seen(settings: Settings) -> str:
    """Digest of the colours and of the day that readers see."""
    shown, store = current(settings), ServingStore(settings)
    assert shown is not None
    try:
        with store.read() as cursor:
            questions = (
                "SELECT count(*), bit_xor(hash(layer, object_id, level, reasons)) FROM receipt",
                "SELECT count(*), bit_xor(hash(r)) FROM rollup r",
                "SELECT count(*), bit_xor(hash(h)) FROM house h",
                "SELECT value FROM town WHERE key = 'as_of'",
            )
            return str([shown.snapshot, *(cursor.execute(question).fetchall() for question in questions)])
    finally:
        store.close()
