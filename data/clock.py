"""The one door to the present. Everything else receives instants as values."""

from __future__ import annotations

from datetime import UTC, datetime

from data.settings import Settings


def now(settings: Settings) -> datetime:
    """The present in UTC, or the frozen instant of the settings."""
    return settings.now.astimezone(UTC) if settings.now else datetime.now(UTC)
