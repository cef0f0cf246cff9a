"""Who could be sent: responders by what suits the case, then by how soon they can be there and what they have in hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import sqlalchemy as sa

from data.policy import Viewer, release_one
from incidents.core import schema
from incidents.core.geometry import metres
from incidents.core.lifecycle import OPEN
from incidents.core.spec import ms
from incidents.core.tables import Tables

Row = dict[str, Any]
AWAY = 3.0  # m/s as the crow flies: an electric bicycle through a village (about 11 km/h), detours included
LOAD_S = 900.0  # what one case in hand delays the next by
OLD_S = 15 * 60  # a position older than this is told, and counts less than the place of duty
_REGISTER = (
    "SELECT responder_id, name, phone, post_type, team_kind, skills, duty, area_code, (west + east) / 2 AS lon, (south + north) / 2 AS lat "
    "FROM responder"
)


def register(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    """Everybody who can be sent, as delivered."""
    found = cursor.execute(_REGISTER)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def person(cursor: duckdb.DuckDBPyConnection, number: str, viewer: Viewer) -> Row | None:
    """Number, name and phone of who was sent, as the viewer may see them; None when the register does not know the number any more."""
    found = cursor.execute("SELECT name, phone FROM responder WHERE responder_id = ?", [number]).fetchone()
    return {"id": number} | release_one("responder", {"name": found[0], "phone": found[1]}, viewer) if found else None


def hands(connection: sa.Connection) -> dict[str, int]:
    """Cases in hand of each responder."""
    table = schema.incident
    busy = sa.and_(table.c.responder.is_not(None), table.c.state.in_(OPEN))
    found = connection.execute(sa.select(table.c.responder, sa.func.count().label("n")).where(busy).group_by(table.c.responder))
    return {row.responder: row.n for row in found}


def placed(people: Sequence[Row], moved: Mapping[str, tuple[float, float, int, str]], now: datetime) -> list[Row]:
    """People with where they are: their last position while it is young, else their place of duty; `age_s` is that of the position."""
    return [_placed(row, moved.get(row["responder_id"]), ms(now)) for row in people]


def _placed(row: Row, last: tuple[float, float, int, str] | None, now: int) -> Row:
    if last is None:
        return row | {"age_s": None, "busy": False}
    lon, lat, at, duty = last
    age = max(0, (now - at) // 1000)
    on = {"off": "off"}.get(duty, "on") if age <= OLD_S else row["duty"]
    here = {"lon": lon, "lat": lat} if age <= OLD_S else {}
    return row | here | {"age_s": age, "busy": duty == "busy", "duty": on}


def nearest(case: Row, people: Sequence[Row], load: Mapping[str, int], tables: Tables, viewer: Viewer, most: int = 8) -> list[Row]:
    """The most suitable people, best first, as the viewer may see them; each with metres, load, and why.

    On duty before off duty, a team that is sent for such a case before others, then the time until they can begin: way and cases in
    hand, halved for who has a skill that helps.
    """
    skills, teams = tables.wanted(case["type"])
    ranked = sorted((_ranked(case, row, load, skills, teams) for row in people if row["lon"] is not None), key=lambda found: found[0])
    return [shown(row, viewer) for _rank, row in ranked[:most]]


def _ranked(case: Row, row: Row, load: Mapping[str, int], skills: Sequence[str], teams: Sequence[str]) -> tuple[tuple[Any, ...], Row]:
    helps = [skill for skill in row["skills"] or () if skill in skills]
    far, n = metres(case, row), load.get(row["responder_id"], 0)
    soon = (far / AWAY + n * LOAD_S) / (2 if helps else 1)
    fits = row["team_kind"] in teams
    told = row | {"metres": round(far), "load": n, "helps": helps, "fits": fits, "eta_s": round(far / AWAY)}
    return (row["duty"] != "on", not fits, soon, row["responder_id"]), told


_MASKED = ("name", "phone")


def shown(row: Row, viewer: Viewer) -> Row:
    """Name and phone through the policy door; the rest is about the post, not the person."""
    return {**row, **release_one("responder", {name: row[name] for name in _MASKED}, viewer)}
