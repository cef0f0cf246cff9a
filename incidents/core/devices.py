"""Cameras of the town's register, with their stream and the last still that one of them sent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import duckdb
import sqlalchemy as sa

from incidents.core import schema
from incidents.core.query import Sight

_CAMERAS = (
    "SELECT facility_id AS id, name, state, stream, area_code AS area, (west + east) / 2 AS lon, (south + north) / 2 AS lat "
    "FROM facility WHERE kind = 'camera' ORDER BY facility_id"
)


def cameras(cursor: duckdb.DuckDBPyConnection, connection: sa.Connection, sight: Sight) -> list[dict[str, Any]]:
    """Every camera. Its stream is given to leaders and up, its last still to officers: both may show people. Recognitions about
    persons are not counted below leader: a count that moves would tell which camera saw the last one."""
    viewer = sight.viewer
    found = cursor.execute(_CAMERAS)
    names = [column[0] for column in found.description or ()]
    stills = last_stills(connection) if viewer.reaches("officer") else {}
    judged = recognitions(connection, sight.plain)
    rows = (dict(zip(names, row, strict=True)) for row in found.fetchall())
    return [
        row | judged.get(row["id"], {"judged": 0, "confirmed": 0})
        | {"stream": row["stream"] if viewer.reaches("leader") else None, "still": stills.get(row["id"])}
        for row in rows
    ]  # fmt: skip


def recognitions(connection: sa.Connection, types: Collection[str] | None = None) -> dict[str, dict[str, int]]:
    """Of each camera how many of its recognitions (of some types, or all) were judged, and how many of them confirmed: its accuracy."""
    column = schema.incident.c
    asked = sa.select(column.camera, column.ai, sa.func.count().label("n")).where(column.ai.in_(("confirmed", "false")))
    asked = asked if types is None else asked.where(column.type.in_(sorted(types)))
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(asked.where(column.camera.is_not(None)).group_by(column.camera, column.ai)):
        one = found.setdefault(row.camera, {"judged": 0, "confirmed": 0})
        one["judged"] += row.n
        one["confirmed"] += row.n if row.ai == "confirmed" else 0
    return found


def last_stills(connection: sa.Connection) -> dict[str, str]:
    """Of each camera the newest still that came with an incident."""
    incident, photo = schema.incident, schema.attachment
    joined = photo.join(incident, incident.c.id == photo.c.incident)
    asked = sa.select(incident.c.camera, photo.c.id).select_from(joined)
    asked = asked.where(photo.c.kind == "still", incident.c.camera.is_not(None)).order_by(photo.c.at, photo.c.id)
    return {row.camera: row.id for row in connection.execute(asked)}  # the newest of each comes last
