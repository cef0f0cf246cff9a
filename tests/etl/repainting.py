"""What tests of repaints share: days on which houses of the tiny town change colour, and how to see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console

from data.settings import Settings
from data.store.serving import kept, on_show
from etl.core.repaint import Repainted, repaint
from layers.core.loads import load_of
from tests.etl.tiny_town import few_layers

# The houses were seen on 1 September. A let one is overdue after 84 days and grey after 90; all others are grey after 180 days.
QUIET, OVERDUE, EXPIRED, ALL_EXPIRED = (date(2026, 9, 1) + timedelta(days=days) for days in (83, 84, 90, 180))


def at(day: date | str, hour: int = 9) -> datetime:
    """An hour of a day in the town, which lies eight hours east."""
    return datetime.fromisoformat(f"{day}T{hour:02}:00:00+08:00")


def painted(settings: Settings, day: date, **options: Any) -> Repainted:
    return repaint(replace(settings, now=at(day)), Console(quiet=True), layers=few_layers(), **options)


def colours(settings: Settings) -> dict[str, int]:
    return dict(on_show(settings, "SELECT object_id, level FROM receipt WHERE layer = 'houses'") or ())


def loads_shown(settings: Settings) -> dict[int, int]:
    return {number: load_of(settings.pack / f"v{number}.json") for number in kept(settings)}
