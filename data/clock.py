"""The one door to the present. Everything else receives instants as values."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from data.settings import Settings


def now(settings: Settings) -> datetime:
    """The present in UTC, or the frozen instant of the settings."""
    return settings.now.astimezone(UTC) if settings.now else datetime.now(UTC)


def age_s(path: Path) -> float:
    """Seconds since the file at `path` was written, by the machine's own clock, which also dated the file."""
    return time.time() - path.stat().st_mtime
