"""Where incidents gather: the same type again and again at one spot, and how thick all of them lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from scipy.spatial import cKDTree

from incidents.core import schema
from incidents.core.geometry import METRES
from incidents.core.query import Sight, about_persons, within

DAY_MS = 86_400_000
LEAST = 3  # of one type at one spot, to be one
_UNREAL = ("false_alarm", "rejected", "void", "merged")
_table = schema.incident


def hotspots(connection: sa.Connection, sight: Sight, now: int, around_m: float, days: float, least: int = LEAST) -> list[dict[str, Any]]:
    """Spots with `least` or more incidents of one type within `around_m` metres in the last `days`, most first.

    Each with its middle, how many, how many of them open, the numbers, and its area. Types about persons are left out below officer.
    """
    since = now - round(days * DAY_MS)
    columns = (_table.c.id, _table.c.type, _table.c.lon, _table.c.lat, _table.c.area, _table.c.closed_at)
    asked = sa.select(*columns).where(_table.c.reported_at >= since, _table.c.state.not_in(_UNREAL), *within(sight.areas))
    asked = asked.order_by(_table.c.type, _table.c.id)
    kinds: dict[str, list[Any]] = {}
    for row in connection.execute(asked):
        kinds.setdefault(row.type, []).append(row)
    shown = [code for code in kinds if sight.viewer.reaches("officer") or not about_persons(sight.tables, code)]
    spots = [spot for code in shown for spot in _spots(code, kinds[code], around_m, least)]
    return sorted(spots, key=lambda spot: (-spot["n"], spot["type"], spot["ids"][0]))


def _spots(code: str, rows: Sequence[Any], around_m: float, least: int) -> Iterator[dict[str, Any]]:
    """The thickest spot first; what belongs to it belongs to no other."""
    if len(rows) < least:
        return
    degrees = np.array([(row.lon, row.lat) for row in rows])
    plane = degrees * (METRES * np.cos(np.radians(degrees[0, 1])), METRES)
    around = [set(found) for found in cKDTree(plane).query_ball_point(plane, around_m)]
    left = set(range(len(rows)))
    while left:
        middle = max(left, key=lambda at: (len(around[at] & left), -at))
        found = sorted(around[middle] & left)
        if len(found) < least:
            return
        left -= set(found)
        yield _told(code, [rows[at] for at in found], degrees[found].mean(axis=0), rows[middle].area)


def _told(code: str, rows: Sequence[Any], middle: Any, area: str) -> dict[str, Any]:
    return {
        "type": code, "lon": float(middle[0]), "lat": float(middle[1]), "n": len(rows), "open": sum(row.closed_at is None for row in rows),
        "area": area, "ids": [row.id for row in rows],
    }  # fmt: skip


def heat(connection: sa.Connection, sight: Sight, now: int, hours: float) -> list[tuple[float, float, int]]:
    """Longitude, latitude and grade of everything reported in the last `hours`; types about persons at the middle of their area."""
    columns = (_table.c.lon, _table.c.lat, _table.c.grade, _table.c.type, _table.c.area)
    recent = sa.and_(_table.c.reported_at >= now - round(hours * 3_600_000), _table.c.state.not_in(_UNREAL), *within(sight.areas))
    points = (_point(row, sight) for row in connection.execute(sa.select(*columns).where(recent).order_by(_table.c.id)))
    return [point for point in points if point is not None]


def _point(row: Any, sight: Sight) -> tuple[float, float, int] | None:
    hidden = about_persons(sight.tables, row.type) and not sight.places
    place = sight.middle(row.area) if hidden else (row.lon, row.lat)
    return None if place is None else (*place, row.grade)
