"""The demonstration town from nothing: its raw files when they are absent, then its deliveries, oldest first.

Generator and pipeline are imported where they are used: at every later start of `make run` there is nothing to do for either.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from rich.console import Console

from data.settings import Settings
from data.store.serving import on_show
from etl.core.town_file import load_town_file

SEED = 7


def load_demo(settings: Settings, console: Console, *, scale: float, today: date, first_only: bool = False) -> None:
    """Write the raw files of the town at `scale` below `settings.home` unless they are there, and load its deliveries, or only the first.

    A half-written town is never mistaken for a whole one: it is written aside and moved into place.
    """
    raw = settings.home / "demo" / f"scale-{scale:g}"
    if not raw.exists():
        console.print("Generating the demonstration town 正在生成示范镇", highlight=False)
        _write_aside(raw, scale, today)
    from etl.core import run

    deliveries = _deliveries(raw)
    for delivery in deliveries[:1] if first_only else deliveries:
        run.load(settings, delivery, console)
    if not first_only:
        _prune(settings)


def load_rest(settings: Settings, console: Console, *, scale: float) -> None:
    """Load the deliveries of the demonstration town at `scale` that are later than what is on show; nothing when there is no such town."""
    shown = _last_delivery(settings)
    if shown is None:
        return
    for delivery in _deliveries(settings.home / "demo" / f"scale-{scale:g}"):
        delivered_at = load_town_file(delivery).town.delivered_at
        if delivered_at and delivered_at > shown:
            from etl.core import run

            run.load(settings, delivery, console)
    _prune(settings)


def _deliveries(raw: Path) -> list[Path]:
    return sorted(raw.glob("*/town.toml"))


def _last_delivery(settings: Settings) -> date | None:
    """The day of the last delivery on show; its colours may be of a later one."""
    rows = on_show(settings, "SELECT max(delivered_at) FROM dataset")
    day = rows[0][0] if rows else None
    return day if isinstance(day, date) else None


def _prune(settings: Settings) -> None:
    """The lake has every delivery: raw files, of whatever scale, are needed no longer once the last one is loaded."""
    shutil.rmtree(settings.home / "demo", ignore_errors=True)


def _write_aside(raw: Path, scale: float, today: date) -> None:
    from data.town.deliveries import write_town

    aside = raw.with_name(f"{raw.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    write_town(aside, scale, SEED, today)
    aside.rename(raw)
