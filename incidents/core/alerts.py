"""Alerts of weather and emergencies (CAP 1.2) as the log keeps them: taken, replaced, cancelled, and those in force."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data.policy import Actor
from incidents.core import schema
from incidents.core.spec import ms

EXERCISE = "【演练 EXERCISE】"
_alert, _event = schema.alert, schema.event


def take(connection: sa.Connection, told: Sequence[Mapping[str, Any]], actor: Actor, at: int) -> int:
    """Write alerts, each with an event of its own (which has no incident). The number of those that were new."""
    seq = connection.execute(sa.select(sa.func.coalesce(sa.func.max(_event.c.seq), 0))).scalar_one()
    new = 0
    for one in told:
        if connection.execute(sa.select(_alert.c.seq).where(_alert.c.identifier == one["identifier"])).scalar() is not None:
            continue
        new, seq = new + 1, seq + 1
        _end(connection, one, at)
        body = json.dumps(_plain(one), ensure_ascii=False)
        connection.execute(_event.insert(), [_entry(seq, at, actor, str(one.get("kind") or "Alert"), body)])
        ended = at if one.get("kind") == "Cancel" else None
        expires = one.get("expires")
        row = {"identifier": one["identifier"], "seq": seq, "sent": ms(one["sent"]), "ended": ended, "body": body}
        connection.execute(_alert.insert(), [row | {"expires": ms(expires) if expires else None}])
    return new


def _end(connection: sa.Connection, one: Mapping[str, Any], at: int) -> None:
    """What an update or a cancellation refers to is over."""
    references = list(one.get("references") or ())
    if one.get("kind") in ("Update", "Cancel") and references:
        connection.execute(_alert.update().where(_alert.c.identifier.in_(references), _alert.c.ended.is_(None)).values(ended=at))


def _entry(seq: int, at: int, actor: Actor, kind: str, body: str) -> dict[str, Any]:
    return {
        "seq": seq, "at": at, "incident": "", "step": f"alert_{kind.lower()}", "duty": actor.duty, "actor": actor.name, "feed": "cap",
        "state": "", "body": body,
    }  # fmt: skip


def _plain(one: Mapping[str, Any]) -> dict[str, Any]:
    """An alert with its instants as milliseconds."""
    return {name: ms(value) if isinstance(value, datetime) else value for name, value in one.items()}


def in_force(connection: sa.Connection, now: int) -> list[dict[str, Any]]:
    """Alerts that are effective, neither ended nor expired, and not for elsewhere alone, gravest and newest first.

    One whose event begins later (`onset`) is in force from `effective` on: that is what a warning is for. An exercise says that it is one.
    """
    alive = sa.and_(_alert.c.ended.is_(None), sa.or_(_alert.c.expires.is_(None), _alert.c.expires > now))
    bodies = connection.execute(sa.select(_alert.c.body).where(alive).order_by(_alert.c.sent.desc())).scalars()
    found = (json.loads(body) for body in bodies)
    here = [_marked(one) for one in found if (one.get("effective") or 0) <= now and not _elsewhere(one)]
    grave = {"Extreme": 0, "Severe": 1, "Moderate": 2, "Minor": 3}
    return sorted(here, key=lambda one: grave.get(str(one.get("severity")), 4))


def _elsewhere(one: Mapping[str, Any]) -> bool:
    """Whether all its areas are named by codes of divisions (GB/T 2260) alone, and none of them is the town, in it or above it."""
    areas = list(one.get("areas") or ())
    return bool(areas) and all(not area.get("geometry") and _divisions(area) for area in areas)


def _divisions(area: Mapping[str, Any]) -> bool:
    codes = [str(code.get("value", "")) for code in area.get("geocodes") or ()]
    return bool(codes) and all(code.isascii() and code.isdigit() for code in codes)


def _marked(one: dict[str, Any]) -> dict[str, Any]:
    """An exercise with the word in its headline, so that no screen can show it as real."""
    headline = str(one.get("headline") or one.get("event") or "")
    return one | {"headline": f"{EXERCISE}{headline}"} if one.get("status") == "Exercise" else one
