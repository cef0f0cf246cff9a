"""The one door to the present. Everything else receives instants as values."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from data.settings import Settings


def now(settings: Settings) -> datetime:
    """The present in UTC, or the frozen instant of the settings."""
    return settings.now.astimezone(UTC) if settings.now else datetime.now(UTC)


class Clock:
    """The present and the passing of time, for what waits: tests give a clock of their own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def now(self) -> datetime:
        """The present in UTC."""
        return now(self._settings)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


def age_s(path: Path) -> float:
    """Seconds since the file at `path` was written, by the machine's own clock, which also dated the file."""
    return time.time() - path.stat().st_mtime
