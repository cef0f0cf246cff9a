"""What screens ask of the log. Everything about a person passes `data.policy`.

Leaders and up see the exact place of an incident about a person: they lead the town, and until accounts exist the anonymous viewer at this
machine is a leader. For walls, keys of feeds and the public it is the middle of its area, its camera is not told, and nothing that is
measured from the true place, or found by that camera, reaches them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data.errors import NetworkError, advice, advice_zh
from data.policy import Actor, Viewer, release_one
from data.schema.network import INCIDENT
from incidents.core import schema
from incidents.core.geometry import box, metres
from incidents.core.lifecycle import ENDED, OPEN, RULES, STATES, possible
from incidents.core.spec import ms
from incidents.core.tables import Tables

Row = dict[str, Any]
PAGE = 50  # rows of a list at once
MOST = 1_000
HIGHEST = 1_000_000_000  # whole number of a filter: the databases' own have an end
SECRET_NUMBERS = "report"  # the feed whose external numbers are secrets
_table = schema.incident
_SORTS = {
    "left": (_table.c.paused, _table.c.due_at.is_(None), _table.c.due_at, _table.c.id),
    "newest": (_table.c.reported_at.desc(), _table.c.id.desc()),
    "grade": (_table.c.grade, _table.c.reported_at.desc()),
    "updated": (_table.c.seq.desc(),),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks, and what hides a place: the types about persons, and the middle of an area."""

    viewer: Viewer
    tables: Tables
    middle: Callable[[str], tuple[float, float] | None]
    areas: tuple[str, ...] = ()  # codes that a key is limited to; none: the whole town

    @property
    def places(self) -> bool:
        """Whether the viewer sees where incidents about persons are."""
        return self.viewer.reaches("leader")

    @property
    def plain(self) -> frozenset[str] | None:
        """The types whose places the viewer may be told, where that is not all of them."""
        return None if self.places else frozenset(code for code, kind in self.tables.types.items() if not kind.personal)


def within(areas: Sequence[str]) -> list[Any]:
    """SQL conditions that an incident lies in one of the areas; none for the whole town."""
    return [sa.or_(*(_table.c.path.contains(f"/{code}/", autoescape=True) for code in areas))] if areas else []


def shown(row: Row, viewer: Viewer, tables: Tables, middle: Callable[[str], tuple[float, float] | None]) -> Row:
    """The live columns of an incident as `viewer` may see them: below leader one about persons is at the middle of its area."""
    if viewer.reaches("leader") or not about_persons(tables, row["type"]):
        return row
    lon, lat = middle(row["area"]) or (None, None)
    return {**row, "lon": lon, "lat": lat}


def about_persons(tables: Tables, code: str) -> bool:
    """Whether incidents of a type are about persons; one that the table no longer knows is taken to be."""
    kind = tables.types.get(code)
    return kind is None or kind.personal


def released(row: Mapping[str, Any], sight: Sight) -> Row:
    """A whole row as the viewer may see it. The number that a phone gave its report opens it for whoever knows it: nobody is told."""
    found = shown(dict(row), sight.viewer, sight.tables, sight.middle)
    if not sight.places and about_persons(sight.tables, row["type"]):
        found["camera"] = None  # the register says where it stands
    if row["feed"] == SECRET_NUMBERS:
        found["external_id"] = None
    return release_one(INCIDENT, found, sight.viewer)


def find(connection: sa.Connection, filters: Mapping[str, Any], sight: Sight, now: datetime, more: Sequence[Any] = ()) -> Row:
    """A page of incidents: `{"total", "page", "pages", "rows"}`. Raises NetworkError for a filter that does not exist or cannot be.

    `more` are conditions of SQL that the incidents must meet as well.
    """
    condition = sa.and_(*conditions(filters, now), *within(sight.areas), *_by_camera(filters, sight), *more)
    total = connection.execute(sa.select(sa.func.count()).select_from(_table).where(condition)).scalar_one()
    size = min(_whole("size", filters.get("size") or PAGE, 1), MOST)
    page = _whole("page", filters.get("page") or 1, 1)
    order = _SORTS[_one_of("sort", filters.get("sort") or "newest", _SORTS)]
    rows = connection.execute(sa.select(_table).where(condition).order_by(*order).limit(size).offset((page - 1) * size)).mappings()
    return {"total": total, "page": page, "pages": max(1, math.ceil(total / size)), "rows": [released(dict(row), sight) for row in rows]}


def conditions(filters: Mapping[str, Any], now: datetime) -> list[Any]:
    """SQL conditions of filters; values of one filter, between commas, are alternatives."""
    unknown = set(filters) - set(_FILTERS) - {"sort", "page", "size"}
    for name in sorted(unknown):
        raise NetworkError(
            f"There is no filter {name!r}.", remedy=advice(name, _FILTERS),
            zh=f"没有名为 {name!r} 的筛选项。", zh_remedy=advice_zh(name, _FILTERS),
        ).at(name)  # fmt: skip
    return [
        _FILTERS[name](_listed(value), ms(now)) for name, value in filters.items() if name in _FILTERS and value not in (None, "", [])
    ] or [sa.true()]


def _by_camera(filters: Mapping[str, Any], sight: Sight) -> list[Any]:
    """Who may not be told the camera of an incident about a person does not find it by trying cameras either."""
    return [_table.c.type.in_(sorted(sight.plain))] if filters.get("camera") and sight.plain is not None else []


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else str(value).split(",")
    return [str(one).strip() for one in values if str(one).strip()]


def _equal(column: str) -> Callable[[list[str], int], Any]:
    return lambda values, _now: _table.c[column].in_(values)


def _number(column: str) -> Callable[[list[str], int], Any]:
    return lambda values, _now: _table.c[column].in_([_whole(column, value) for value in values])


def _state(values: list[str], _now: int) -> Any:
    names: set[str] = set()
    for value in values:
        names |= set(OPEN) if value == "open" else set(ENDED) if value == "ended" else {_one_of("state", value, STATES)}
    return _table.c.state.in_(sorted(names))


def _area(values: list[str], _now: int) -> Any:
    return sa.or_(*(_table.c.path.contains(f"/{value}/", autoescape=True) for value in values))


def _light(values: list[str], now: int) -> Any:
    table = _table.c
    runs = table.due_at.is_not(None)
    lights = {
        "red": sa.and_(runs, table.due_at <= now), "yellow": sa.and_(runs, table.yellow_at <= now, table.due_at > now),
        "green": sa.and_(runs, table.yellow_at > now), "paused": table.paused == 1,
    }  # fmt: skip
    return sa.or_(*(lights[_one_of("light", value, lights)] for value in values))


def _instant(column: str, *, after: bool) -> Callable[[list[str], int], Any]:
    def condition(values: list[str], _now: int) -> Any:
        bound = _milliseconds(column, values[0])
        return _table.c[column] >= bound if after else _table.c[column] < bound

    return condition


def _text(values: list[str], _now: int) -> Any:
    """The number, whole or its end, or words of the place; never names and phones, so that nobody finds a person by trying."""
    words = ",".join(values)
    return sa.or_(_table.c.id == words, _table.c.id.endswith(words, autoescape=True), _table.c.external_id == words)


_FILTERS: Mapping[str, Callable[[list[str], int], Any]] = {
    "id": _equal("id"), "external_id": _equal("external_id"), "feed": _equal("feed"), "source": _equal("source"), "type": _equal("type"),
    "unit": _equal("unit"), "responder": _equal("responder"), "camera": _equal("camera"), "parent": _equal("parent"),
    "asked": _equal("asked"),
    "grade": _number("grade"), "supervised": _number("supervised"), "state": _state, "area": _area, "light": _light, "text": _text,
    "since": _instant("reported_at", after=True), "until": _instant("reported_at", after=False),
    "closed_since": _instant("closed_at", after=True), "closed_until": _instant("closed_at", after=False),
}  # fmt: skip


def _whole(name: str, value: Any, low: int = 0) -> int:
    try:
        found = int(str(value))
    except ValueError:
        found = low - 1
    if not low <= found <= HIGHEST:
        told = str(value)[:60]
        raise NetworkError(
            f"{name} = {told!r} is no whole number from {low} to {HIGHEST}.", remedy="Correct it.",
            zh=f"{name} = {told!r} 应为 {low} 至 {HIGHEST} 的整数。", zh_remedy="请更正。",
        ).at(name)  # fmt: skip
    return found


def _one_of(name: str, value: str, known: Mapping[str, Any]) -> str:
    if value not in known:
        raise NetworkError(
            f"{name} = {value!r} does not exist.", remedy=advice(value, known),
            zh=f"{name} = {value!r} 不存在。", zh_remedy=advice_zh(value, known),
        ).at(name)  # fmt: skip
    return value


def _milliseconds(name: str, value: str) -> int:
    """Milliseconds, or an instant in ISO 8601 with its offset."""
    if value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise NetworkError(
            f"{name} = {value[:60]!r} is no instant with an offset.", remedy="Such as 2026-11-22T09:42:00+08:00.",
            zh=f"{name} = {value[:60]!r} 不是带时区的时刻。", zh_remedy="例如 2026-11-22T09:42:00+08:00。",
        ).at(name)  # fmt: skip
    return ms(found)


def one(connection: sa.Connection, number: str) -> Row:
    """The whole row of an incident, not yet released. Raises NetworkError when there is none."""
    row = connection.execute(sa.select(_table).where(_table.c.id == number)).mappings().first()
    if row is None:
        raise _none(number)
    return dict(row)


def _none(number: str) -> NetworkError:
    return NetworkError(
        f"There is no incident {number!r}.", remedy="Check its number.", zh=f"没有编号为 {number!r} 的事件。", zh_remedy="请核对编号。"
    ).at("incident")


def seen(connection: sa.Connection, number: str, sight: Sight) -> Row:
    """`one` for whoever is limited to areas: what lies elsewhere is not there."""
    row = one(connection, number)
    if sight.areas and not any(f"/{code}/" in row["path"] for code in sight.areas):
        raise _none(number)
    return row


def card(connection: sa.Connection, number: str, sight: Sight, actor: Actor) -> Row:
    """An incident with its history, photos, children and the steps that `actor` may take now."""
    row = seen(connection, number, sight)
    children = connection.execute(sa.select(_table.c.id).where(_table.c.parent == number).order_by(_table.c.id)).scalars().all()
    return {
        "incident": released(row, sight), "history": history(connection, number, sight), "photos": photos(connection, row, sight),
        "children": list(children), "steps": [step_of(rule) for rule in possible(row, actor)],
    }  # fmt: skip


def step_of(rule: Any) -> Row:
    """A step as a screen offers it."""
    return {"step": rule.step, "zh": rule.zh, "en": rule.en, "needs": list(rule.needs), "to": rule.to, "key": rule.key}


def history(connection: sa.Connection, number: str, sight: Sight) -> list[Row]:
    """The events of an incident, oldest first. Notes are free text, released like descriptions."""
    event = schema.event
    found = connection.execute(sa.select(event).where(event.c.incident == number).order_by(event.c.seq)).mappings()
    return [_event(dict(row), sight) for row in found]


_PLAIN = ("unit", "value", "level", "type", "grade", "before", "parent", "share", "satisfied", "solved", "photos", "source", "responder")


def _event(row: Mapping[str, Any], sight: Sight) -> Row:
    body = json.loads(row["body"])
    told = {name: body[name] for name in _PLAIN if name in body}
    words = release_one(INCIDENT, {"description": body.get("note")}, sight.viewer).get("description")
    by = release_one(INCIDENT, {"last_by": row["actor"]}, sight.viewer)["last_by"]
    rule = RULES.get(row["step"])
    name = (rule.zh, rule.en) if rule else ("上报", "Reported")
    return {
        "seq": row["seq"], "at": row["at"], "step": row["step"], "zh": name[0], "en": name[1], "state": row["state"], "duty": row["duty"],
        "by": by, "feed": row["feed"], "note": words, **told,
    }  # fmt: skip


def photos(connection: sa.Connection, row: Row, sight: Sight) -> list[Row]:
    """Photos of an incident; those of one about persons for officers alone."""
    if about_persons(sight.tables, row["type"]) and not sight.viewer.reaches("officer"):
        return []
    table = schema.attachment
    found = connection.execute(sa.select(table).where(table.c.incident == row["id"]).order_by(table.c.at, table.c.id)).mappings()
    return [{"id": one["id"], "kind": one["kind"], "at": one["at"], "media_type": one["media_type"]} for one in found]


def picture(connection: sa.Connection, photo: str, sight: Sight) -> Row | None:
    """Hash and kind of a stored photo that the viewer may see; of one that hangs on no incident yet, nothing."""
    table = schema.attachment
    found = connection.execute(sa.select(table).where(table.c.id == photo, table.c.incident.is_not(None))).mappings().first()
    if found is None:
        return None
    try:
        row = seen(connection, found["incident"], sight)
    except NetworkError:
        return None
    return dict(found) if any(shown["id"] == photo for shown in photos(connection, row, sight)) else None


def duplicates(connection: sa.Connection, number: str, sight: Sight) -> list[Row]:
    """Open incidents of the same type within the distance and time that the table of types sets, nearest first, with `metres`.

    Below leader none of those about persons: that they are near each other tells more than the middle of an area.
    """
    row = seen(connection, number, sight)
    if not sight.places and about_persons(sight.tables, row["type"]):
        return []
    kind = sight.tables.type(row["type"])
    west, south, east, north = box(row["lon"], row["lat"], kind.merge_m)
    table = _table.c
    near = sa.select(_table).where(
        table.type == row["type"], table.id != number, table.state.in_(OPEN), *within(sight.areas),
        table.reported_at.between(row["reported_at"] - kind.merge_min * 60_000, row["reported_at"] + kind.merge_min * 60_000),
        table.lat.between(south, north), table.lon.between(west, east),
    )  # fmt: skip
    others = [dict(other) for other in connection.execute(near).mappings()]
    found = [released(other, sight) | {"metres": round(metres(row, other), 1)} for other in others]
    return sorted((other for other in found if other["metres"] <= kind.merge_m), key=lambda other: other["metres"])


def feeds(connection: sa.Connection, declared: Sequence[Any], now: datetime, *, why: bool = False) -> list[Row]:
    """Every feed with the age of its last item and one of the five states of design section 9.

    With `why` also what was wrong with an item that was refused, which quotes it and so may name people: for officers.
    """
    known = {row["name"]: dict(row) for row in connection.execute(sa.select(schema.feed)).mappings()}
    states = [(feed_state(feed, row, ms(now)), row) for feed in declared for row in (known.get(feed.name),)]
    return [one | ({"why": row["why"] if row and one["state"] == "failed" else None} if why else {}) for one, row in states]


def feed_state(feed: Any, row: Row | None, now: int) -> Row:
    """current; late after twice the time that it should take, stale after six times; failed: its last item was refused; unset: never."""
    age = None if row is None or row["last_at"] is None else max(0, (now - row["last_at"]) // 1000)
    if age is None:
        state = "unset"
    elif row and row["refused_at"] == row["last_at"]:
        state = "failed"
    elif feed.every_s and age > 2 * feed.every_s:
        state = "stale" if age > 6 * feed.every_s else "late"
    else:
        state = "current"
    return {"name": feed.name, "zh": feed.zh, "en": feed.en, "state": state, "age_s": age}
