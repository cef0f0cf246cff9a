"""kill -9 in the middle of a load: readers keep the snapshot before, and the next run is healthy."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from data.settings import REPOSITORY, Settings
from data.store.lake import open_lake
from data.store.serving import ServingStore, current
from etl.core.run import load

NOW = "2026-11-22T09:42:00+08:00"  # when the base was loaded


@pytest.fixture(scope="module")
def update(deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second delivery of the small demonstration town: of it the houses and the cases."""
    folder = shutil.copytree(deliveries / "2-update", tmp_path_factory.mktemp("town") / "2-update")
    update = folder / "town.toml"
    town, *datasets = update.read_text(encoding="utf-8").split("[[dataset]]")
    chosen = [text for text in datasets if 'name = "houses"' in text or 'name = "casework"' in text]
    update.write_text("[[dataset]]".join([town, *chosen]), encoding="utf-8")
    return update


@dataclass(frozen=True)
class Unhindered:
    """A second delivery that nobody disturbed: what readers see then, the lines printed before the publish, and how long that took."""

    seen: str
    lines: int
    publish_s: float


@pytest.fixture(scope="module")
def after(update: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Unhindered:
    own = shutil.copytree(home, tmp_path_factory.mktemp("after") / "home")
    said = _python("-m", "etl", "load", str(update), home=own).splitlines()
    report = json.loads(max((own / "runs").glob("*/report.json"), key=lambda file: file.stat().st_mtime).read_text())
    publish_s = next(stage["wall_s"] for stage in report["stages"] if stage["name"] == "publish")
    return Unhindered(seen(own), next(number for number, line in enumerate(said) if line.startswith("publish")), publish_s)


def test_a_load_killed_at_any_moment_leaves_the_snapshot_before_and_the_next_run_healthy(
    home: Path, update: Path, after: Unhindered, tmp_path: Path
) -> None:
    before = seen(home)
    assert before != after.seen
    for line, delay_s in moments(after):
        own = shutil.copytree(home, tmp_path / f"killed-{line}-{delay_s:.3f}")
        kill(own, update, line, delay_s)
        shown = seen(own)
        assert shown in (before, after.seen), f"killed {delay_s:.3f} s after line {line}: readers see something in between"
        assert delay_s or shown == before
        load(settings_of(own), update, Console(file=io.StringIO()))
        assert seen(own) == after.seen, f"killed {delay_s:.3f} s after line {line}: the next run came to something else"
        assert not [path for place in ("serving", "pack", "runs") for path in (own / place).rglob("*") if path.name.startswith(".")]
        assert orphans(own) == 0
        shutil.rmtree(own)


def moments(after: Unhindered) -> Iterator[tuple[int, float]]:
    """(lines printed, seconds after that): while datasets are taken in, linked, painted, committed, and twice while publishing."""
    seeded = random.Random(20261122)
    yield seeded.randrange(1, after.lines - 5), 0.0
    yield after.lines - seeded.randrange(2, 6), 0.0  # assemble … compare
    yield after.lines - 1, 0.0  # the commit is under way
    for part in range(2):
        yield after.lines, after.publish_s * (part + seeded.random()) / 2


def kill(home: Path, town: Path, line: int, delay_s: float) -> None:
    """Start a load and kill it once it has printed `line` lines and `delay_s` seconds have passed."""
    command = [sys.executable, "-u", "-m", "etl", "load", str(town)]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=_environment(home), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(line):
        assert process.stdout.readline(), "the load ended before it could be killed"
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(delay_s)
    process.kill()  # nothing where it has ended already
    process.communicate()


def seen(home: Path) -> str:
    """Digest of every table that readers see, the moment of publishing aside."""
    shown = current(settings_of(home))
    assert shown is not None
    store = ServingStore(settings_of(home))
    try:
        with store.read() as cursor:
            names = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY 1").fetchall()
            parts = [str(cursor.execute(_digest(name)).fetchone()) for (name,) in names]
    finally:
        store.close()
    return f"{shown.snapshot} {' '.join(parts)}"


def _digest(table: str) -> str:
    where = "WHERE key <> 'published_at'" if table == "town" else ""
    return f"SELECT '{table}', count(*), bit_xor(hash(t)) FROM {table} t {where}"


def orphans(home: Path) -> int:
    """Parquet files that no snapshot of the lake knows."""
    with open_lake(settings_of(home), read_only=False) as lake:
        return len(lake.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true, dry_run => true)").fetchall())


def settings_of(home: Path) -> Settings:
    """The settings that `_environment` gives to a process."""
    return Settings(home=home, threads=1, now=datetime.fromisoformat(NOW))


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "ONESCREEN_HOME": str(home), "ONESCREEN_THREADS": "1", "ONESCREEN_NOW": NOW}


def _python(*arguments: str, home: Path) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, env=_environment(home), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout
