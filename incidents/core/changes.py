"""What has happened since somebody last looked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from data.policy import release_one
from data.schema.network import INCIDENT
from incidents.core import schema
from incidents.core.lifecycle import RULES
from incidents.core.query import Sight, within

Row = dict[str, Any]
MOST = 500  # events of one answer
_event, _incident = schema.event.c, schema.incident.c


def changes(connection: sa.Connection, since: int, most: int, sight: Sight) -> Row:
    """Events with a number over `since`, newest first, at most `most` of them; `total` counts them all, `seq` is the last of the log."""
    after, here = _event.seq > since, within(sight.areas)
    last = connection.execute(sa.select(sa.func.max(_event.seq)).where(after)).scalar()
    whole = schema.event.join(schema.incident, _incident.id == _event.incident) if here else schema.event
    total = connection.execute(sa.select(sa.func.count()).select_from(whole).where(after, *here)).scalar_one()
    asked = (
        sa.select(schema.event, _incident.type, _incident.area).join(schema.incident, _incident.id == _event.incident)
        .where(after, *here).order_by(_event.seq.desc()).limit(min(most, MOST))
    )  # fmt: skip
    rows = [_told(dict(row), sight) for row in connection.execute(asked).mappings()]
    return {"total": total, "seq": last or since, "rows": rows}


def _told(row: Mapping[str, Any], sight: Sight) -> Row:
    note = release_one(INCIDENT, {"description": json.loads(row["body"]).get("note")}, sight.viewer).get("description")
    by = release_one(INCIDENT, {"last_by": row["actor"]}, sight.viewer)["last_by"]
    rule = RULES.get(row["step"])
    zh, en = (rule.zh, rule.en) if rule else ("上报", "Reported")
    return {
        "seq": row["seq"], "at": row["at"], "incident": row["incident"], "step": row["step"], "zh": zh, "en": en, "state": row["state"],
        "duty": row["duty"], "by": by, "type": row["type"], "area": row["area"], "note": note,
    }  # fmt: skip
