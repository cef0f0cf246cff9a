"""Rows of incidents as months of work leave them, straight into the table: for figures, which read nothing else. Seeded."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa

from data.settings import Settings
from incidents.core import schema
from incidents.core.spec import ms
from incidents.core.tables import Tables

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 3, 20, tzinfo=UTC)  # a Wednesday, 11:20 in the town
TABLES = Tables.shipped(ZONE)
TOWN = "990115103"
VILLAGES = [f"{TOWN}{200 + n}" for n in range(4)]
TYPES = ("0102", "0104", "0151", "0505", "0551", "0552", "0101", "0402", "0652", "0951", "0657", "1051")
SOURCES = ("patrol", "camera", "hotline", "public", "iot", "department")
COUNTS = (
    "supervised", "rung", "urged", "returns", "redispatched", "reworks", "extensions", "retyped", "lengthened", "reopened", "paused",
)  # fmt: skip
MINUTE = timedelta(minutes=1)


def rows(count: int, days: int, seed: int = 7, now: datetime = NOW, slow: float = 0.35, spread: float = 0.75) -> list[dict[str, Any]]:
    """`count` incidents of the `days` before `now`, in every state. Handling takes `slow` of its limit in the median, log-normal."""
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.uniform(0, days * 1440, count))
    return [_one(rng, n, now - timedelta(days=days) + float(minute) * MINUTE, now, slow, spread) for n, minute in enumerate(starts)]


def settings_of(request: pytest.FixtureRequest, home: Path, name: str) -> Settings:
    """Settings of an empty database: SQLite, or one called `name` in the PostgreSQL of the session, as the fixture's parameter says."""
    if request.param == "sqlite":
        return Settings(home=home)
    server = request.getfixturevalue("database_server")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    return Settings(home=home, ops=server.rsplit("/", 1)[0].replace("postgresql:", "postgresql+psycopg:") + f"/{name}")


def fill(engine: sa.Engine, made: list[dict[str, Any]]) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        for first in range(0, len(made), 200):
            connection.execute(schema.incident.insert(), made[first : first + 200])


def _one(rng: np.random.Generator, n: int, at: datetime, now: datetime, slow: float, spread: float) -> dict[str, Any]:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    village, source = VILLAGES[int(rng.choice(4, p=(0.4, 0.3, 0.2, 0.1)))], str(rng.choice(SOURCES, p=(0.45, 0.2, 0.2, 0.08, 0.03, 0.04)))
    team = f"{village}0{rng.integers(1, 4)}"
    row = schema.NOTHING | {
        "id": f"{at:%Y%m%d}-{n + 1:06d}", "seq": n + 1, "feed": "test", "external_id": str(n), "source": source,
        "type": str(rng.choice(TYPES)), "state": "reported", "lon": 121.7 + rng.uniform(0, 0.01), "lat": 31.2 + rng.uniform(0, 0.01),
        "area": team, "path": f"/{TOWN}/{village}/{team}/", "reported_at": ms(at), "version": 1, "photos": 0,
        **dict.fromkeys(COUNTS, 0),
    }  # fmt: skip
    kind = TABLES.type(row["type"])
    row["grade"] = kind.grade
    if source == "camera":
        row.update(camera=f"SB-{rng.integers(1, 6)}", label="x", confidence=0.8, ai="pending")
    _live(rng, row, at, now, slow, spread)
    return row


def _live(rng: np.random.Generator, row: dict[str, Any], at: datetime, now: datetime, slow: float, spread: float) -> None:
    """Lead the case on until the present."""

    def passes(minutes: float) -> bool:
        nonlocal at
        at += timedelta(milliseconds=int(minutes * 60_000))
        return at <= now

    if not passes(rng.exponential(12)):
        return
    if row["source"] == "hotline" and rng.random() < 0.9:
        row.update(contacted_at=ms(at), contact_on_time=int(rng.random() < 0.9))
    if row["ai"]:
        row["ai"] = "confirmed" if rng.random() < 0.83 else "false"
        if row["ai"] == "false":
            row.update(state="false_alarm", closed_at=ms(at))
            return
    fate = rng.random()
    if fate < 0.04:
        row.update(state="rejected", closed_at=ms(at), verify_on_time=int(rng.random() < 0.8))
        return
    if fate < 0.09:
        row.update(state="self_closed", closed_at=ms(at), handled_at=ms(at), on_time=1)
        return
    row.update(state="accepted", accepted_at=ms(at), verify_on_time=int(rng.random() < 0.9) if rng.random() < 0.4 else None)
    if not passes(rng.exponential(8)):
        return
    row.update(state="filed", filed_at=ms(at))
    if rng.random() < 0.03:
        row.update(state="void", closed_at=ms(at))
        return
    if passes(rng.exponential(10)):
        _handle(rng, row, at, now, slow, spread, passes)


def _handle(rng: np.random.Generator, row: dict[str, Any], at: datetime, now: datetime, slow: float, spread: float, passes: Any) -> None:
    limit, unit = TABLES.limit("handle", row["type"])
    at = NOW.fromtimestamp(_latest(row) / 1000, UTC) + timedelta(milliseconds=int(rng.exponential(10) * 60_000))
    if at > now:
        return
    calendar = TABLES.calendar
    yellow, due = calendar.after(at, limit * 0.8, unit), calendar.after(at, limit, unit)
    unit_code = TABLES.unit_for(row["type"], row["path"])
    row.update(
        state="handling", dispatched_at=ms(at), unit=unit_code, stage="handle", clock_from=ms(at), clock_used=0.0, clock_limit=limit,
        clock_unit=unit, yellow_at=ms(yellow), due_at=ms(due), handle_due_at=ms(due), returns=int(rng.random() < 0.04),
        redispatched=int(rng.random() < 0.03),
        lengthened=int(rng.random() < 0.02), extensions=int(rng.random() < 0.03), supervised=int(rng.choice(4, p=(0.95, 0.02, 0.02, 0.01))),
    )  # fmt: skip
    if row["returns"]:
        row["returned_by"] = sorted(TABLES.units)[row["seq"] % len(TABLES.units)]
    if rng.random() < 0.01:
        row.update(state="suspended", paused=1, yellow_at=None, due_at=None, clock_from=None)
        return
    share = float(slow * np.exp(spread * rng.standard_normal()))
    done = calendar.after(at, limit * share, unit)
    if done > now:
        return
    row.update(
        state="handled", handled_at=ms(done), on_time=int(share <= 1), handle_used=limit * share, handle_limit=limit,
        yellow_at=None, due_at=None, clock_from=None, reworks=int(rng.random() < 0.02),
    )  # fmt: skip
    end = done + timedelta(milliseconds=int(rng.exponential(90) * 60_000))
    if end <= now and rng.random() < 0.98:
        row.update(
            state="closed", closed_at=ms(end), reopened=int(rng.random() < 0.01), check_on_time=int(rng.random() < 0.9), checked="pass"
        )
        if rng.random() < 0.5:
            row.update(satisfied=int(rng.random() < 0.93), solved=int(rng.random() < 0.82))
    elif rng.random() < 0.3:
        row.update(
            state="handling",
            on_time=None,
            reworks=1,
            clock_from=ms(done),
            clock_used=limit * share,
            due_at=ms(max(due, done)),
            yellow_at=ms(done),
        )


def _latest(row: dict[str, Any]) -> int:
    return int(row["filed_at"])
