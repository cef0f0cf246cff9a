"""Where responders are: the last position of each. It is no event; who was where when is nobody's business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from incidents.core import schema, sound
from incidents.core.place import Places
from incidents.core.spec import wrong

LONGEST_NUMBER = 64  # characters of a staff number
DUTIES = ("on", "busy", "off")
Moved = tuple[str, float, float, int, str]  # responder, lon, lat, at (ms), duty


def checked(items: Iterable[Mapping[str, Any]], places: Places, at: int) -> list[dict[str, Any]]:
    """Rows of `position`. Raises NetworkError naming what is wrong; a place outside the town is an error, too."""
    return [_row(_object(item), places, at) for item in items]


def _object(item: Any) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise wrong(
            "items", item, "a position is an object.", 'Send {"responder": …, "lon": …, "lat": …}.',
            "每条位置应为对象。", '请发送 {"responder": …, "lon": …, "lat": …}。',
        )  # fmt: skip
    return item


def _row(item: Mapping[str, Any], places: Places, at: int) -> dict[str, Any]:
    responder, duty = item.get("responder") or "", str(item.get("duty") or "on")
    sound.text("responder", responder, LONGEST_NUMBER)
    if not responder:
        raise wrong("responder", None, "a position belongs to somebody.", "Give the staff number.", "缺少人员工号。", "请填写工号。")
    if duty not in DUTIES:
        raise wrong(
            "duty", duty, "this is no state of duty.", f"Known: {', '.join(DUTIES)}.", "没有这种在岗状态。", f"可用：{'、'.join(DUTIES)}。"
        )
    place = places.locate(item.get("lon"), item.get("lat"))
    return {"responder": responder, "lon": place.lon, "lat": place.lat, "at": at, "duty": duty}


def write(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Replace the positions of those who have moved."""
    if rows:
        connection.execute(schema.upsert(connection, schema.position), rows)


def read(connection: sa.Connection) -> list[Moved]:
    """Every last position."""
    table = schema.position.c
    found = connection.execute(sa.select(table.responder, table.lon, table.lat, table.at, table.duty).order_by(table.responder))
    return [(row.responder, row.lon, row.lat, row.at, row.duty) for row in found]
