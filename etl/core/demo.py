"""The demonstration town from nothing: its raw files when they are absent, then its deliveries, oldest first."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from rich.console import Console

from data.settings import Settings
from data.town.deliveries import write_town
from etl.core import run

SEED = 7


def load_demo(settings: Settings, console: Console, *, scale: float, today: date) -> None:
    """Write the raw files of the town at `scale` below `settings.home` unless they are there, and load every delivery of them.

    A half-written town is never mistaken for a whole one: it is written aside and moved into place.
    """
    raw = settings.home / "demo" / f"scale-{scale:g}"
    if not raw.exists():
        console.print("Generating the demonstration town 正在生成示范镇", highlight=False)
        _write_aside(raw, scale, today)
    for delivery in sorted(path.parent for path in raw.glob("*/town.toml")):
        run.load(settings, delivery / "town.toml", console)


def _write_aside(raw: Path, scale: float, today: date) -> None:
    aside = raw.with_name(f"{raw.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    write_town(aside, scale, SEED, today)
    aside.rename(raw)
