"""Cameras of the town's register, with their stream and the last still that one of them sent."""

from __future__ import annotations

from typing import Any

import duckdb
import sqlalchemy as sa

from data.policy import Viewer
from incidents.core import schema

_CAMERAS = (
    "SELECT facility_id AS id, name, state, stream, area_code AS area, (west + east) / 2 AS lon, (south + north) / 2 AS lat "
    "FROM facility WHERE kind = 'camera' ORDER BY facility_id"
)


def cameras(cursor: duckdb.DuckDBPyConnection, connection: sa.Connection, viewer: Viewer) -> list[dict[str, Any]]:
    """Every camera. Its stream is given to leaders and up, its last still to officers: both may show people."""
    found = cursor.execute(_CAMERAS)
    names = [column[0] for column in found.description or ()]
    stills = last_stills(connection) if viewer.reaches("officer") else {}
    rows = (dict(zip(names, row, strict=True)) for row in found.fetchall())
    return [row | {"stream": row["stream"] if viewer.reaches("leader") else None, "still": stills.get(row["id"])} for row in rows]


def last_stills(connection: sa.Connection) -> dict[str, str]:
    """Of each camera the newest still that came with an incident."""
    incident, photo = schema.incident, schema.attachment
    joined = photo.join(incident, incident.c.id == photo.c.incident)
    asked = sa.select(incident.c.camera, photo.c.id).select_from(joined)
    asked = asked.where(photo.c.kind == "still", incident.c.camera.is_not(None)).order_by(photo.c.at, photo.c.id)
    return {row.camera: row.id for row in connection.execute(asked)}  # the newest of each comes last
