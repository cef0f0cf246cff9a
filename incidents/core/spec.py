"""What feeds and commands are made of. A feed, `incidents/feeds/*.py`, imports this and `data`, nothing else of this room."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from data.errors import NetworkError, OneScreenError, PolicyError
from data.policy import Actor

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 4000  # characters of a description (GeoReport v2)


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody, or something, reports an incident.

    The place is a point (`lon`, `lat`, WGS 84), else an `area` code, else an `address`. `type` is a code of the town's table of types; a
    machine may give `label` of its `vendor` instead. `external_id` is the number at whoever sent it: the same one again, in the same
    `feed`, is the same incident. `at` is when it was noticed, if that is not now. `grade` 1 to 4 overrides that of the type.
    """

    feed: str
    source: str
    type: str = ""
    lon: float | None = None
    lat: float | None = None
    area: str = ""
    address: str = ""
    description: str = ""
    reporter: str = ""
    phone: str = ""
    external_id: str = ""
    at: datetime | None = None
    grade: int | None = None
    camera: str = ""
    vendor: str = ""
    label: str = ""
    confidence: float | None = None
    photos: tuple[str, ...] = ()  # ids of attachments that are stored already
    more: Mapping[str, Any] = field(default_factory=dict)  # what else the sender told; kept in the log


@dataclass(frozen=True, slots=True)
class Step:
    """Something is done to an incident: `step` of the life cycle with what it needs (`fields`).

    With `if_seq` the step is taken only while the incident's last event is that one. `at` is for replay and simulation, which bring
    their own time; it may not lie before the incident's last event.
    """

    incident: str
    step: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    if_seq: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A report or a step, and who gives it."""

    what: Report | Step
    actor: Actor


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: the incident, the number of the event and the state after it; or `error`. `known`: it was there already."""

    incident: str = ""
    seq: int = 0
    state: str = ""
    known: bool = False
    error: OneScreenError | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A stored attachment."""

    id: str
    media_type: str
    size: int
    sha256: str


class Intake(Protocol):
    """What a feed may ask of the network."""

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Take the commands; one outcome each, in order, once everything accepted is on disk."""

    async def keep_photo(self, content: bytes, kind: str, actor: Actor) -> Photo:
        """Store a picture. Raises NetworkError: too large, no picture, damaged."""

    async def ask(self, question: Callable[[Any], Any]) -> Any:
        """Answer a question to the log, in a thread: `question` is given the open database connection of `incidents.core.query`."""

    def actor(self, request: Request, feed: str) -> Actor:
        """Who is asking: by key, else by the chooser. Raises PolicyError without either."""

    def now(self) -> datetime:
        """The present in UTC."""

    def town(self) -> Mapping[str, Any]:
        """The town on show: code, name ({"zh", "en"}), timezone, synthetic."""

    def types(self) -> Sequence[Mapping[str, Any]]:
        """The town's table of types: code, class, zh, en, limit_value, limit_unit, grade, ai, personal, public, …"""

    def label(self, vendor: str, label: str) -> str | None:
        """Our type for what a vendor's recognition says, if the town's table knows it."""

    async def find(self, filters: Mapping[str, Any], actor: Actor) -> list[dict[str, Any]]:
        """Incidents as the actor may see them, newest first (`incidents.core.query.find`)."""

    async def alert(self, alerts: Sequence[Mapping[str, Any]], actor: Actor) -> None:
        """Take alerts: identifier, kind (Alert, Update, Cancel), references, event, severity, urgency, headline, description, sent,
        effective, expires (aware datetimes), areas (GeoJSON geometries with names)."""


Handler = Callable[[Request, Intake], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """An address of a feed. `about` and `body` (JSON Schema) go into the OpenAPI document."""

    method: str
    path: str
    handler: Handler
    about: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """One way in. `every_s`: how often something is to be expected of it; after twice that it is late, after six times stale."""

    name: str
    zh: str
    en: str
    every_s: int | None = None
    routes: tuple[Route, ...] = ()
    read: Callable[[Path, Mapping[str, Any]], Iterable[Report | NetworkError]] | None = None  # a file of orders, row by row


def wrong(field: str, value: object, message: str, remedy: str, zh: str, zh_remedy: str) -> NetworkError:
    """The error of one field of one item, with the value that it had."""
    shown = repr(value) if not isinstance(value, str) or len(value) <= 60 else repr(value[:60]) + "…"
    return NetworkError(
        f"{field} = {shown}: {message}", remedy=remedy, zh=f"{field} = {shown}：{zh}", zh_remedy=zh_remedy,
    ).at(field)  # fmt: skip


def told(error: OneScreenError) -> dict[str, str]:
    """An error as machines and pages get it: the field, what is wrong and what to do, in both languages."""
    (zh, zh_remedy), (en, remedy) = error.said("zh"), error.said("en")
    return {"error": en, "remedy": remedy, "zh": zh, "zh_remedy": zh_remedy, "field": getattr(error, "field", "")}


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON, Chinese as it is. Half characters that a sender gave and an error tells back go out as JSON writes them: \\ud83d."""
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return Response(content.encode("utf-8", "backslashreplace"), status, headers, media_type="application/json")


def refusal(error: OneScreenError, status: int | None = None) -> Response:
    """The answer to a request that is refused as a whole: 403 for who may not, else 400."""
    return answer(told(error), status or (403 if isinstance(error, PolicyError) else 400))


async def content_of(request: Request, most: int) -> bytes:
    """The body of a request, at most `most` bytes of which are read. Raises NetworkError when there is more."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise wrong(
                "body", f"over {most / 1e6:g} MB", "the request is too large.", "Send it in parts.",
                "请求过大。", "请分批发送。",
            )  # fmt: skip
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def json_of(content: bytes) -> Any:
    """What a JSON body says. Raises NetworkError that says where it breaks; NaN and infinity are no JSON."""
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise wrong(
            "body", "", f"this is no JSON ({error}).", "Send UTF-8 JSON.", f"不是有效的 JSON（{error}）。", "请发送 UTF-8 编码的 JSON。"
        ) from error


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def yes(value: object) -> bool:
    """Whether a cell of the town's tables says yes."""
    return value in (True, 1, "1", "yes", "Y", "true")


def when(field: str, text: str, zone: tzinfo) -> datetime:
    """An instant of ISO 8601; without an offset it is local, and a + that an address turned into a space is one. Raises NetworkError."""
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    except ValueError as error:
        raise wrong(
            field, text, "this is no date and time.", "Send ISO 8601: 2026-11-22T09:42:00+08:00.",
            "不是日期时间。", "请用 ISO 8601：2026-11-22T09:42:00+08:00。",
        ) from error  # fmt: skip
    return found if found.tzinfo else found.replace(tzinfo=zone)


def ms(moment: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def iso(value: int | None, zone: tzinfo) -> str | None:
    """ISO 8601 in `zone` of milliseconds since 1970."""
    return None if value is None else (_EPOCH + timedelta(milliseconds=value)).astimezone(zone).isoformat(timespec="seconds")


def degree(field: str, told: Any) -> float | None:
    """Degrees as a form, a cell or a file gives them; None where there are none. Raises NetworkError."""
    if told is None or (isinstance(told, str) and not told.strip()):
        return None
    try:
        return float(told)
    except (TypeError, ValueError) as error:
        raise wrong(field, told, "this is no number of degrees.", "Send 31.2, not 31°12′.", "不是度数。", "请写 31.2 的形式。") from error


def one_of(field: str, value: str, known: Sequence[str]) -> str:
    """`value`, which is to be one of `known`. Raises NetworkError."""
    if value not in known:
        raise wrong(field, value, "there is no such value.", f"Known: {', '.join(known)}.", "没有这个值。", f"可用：{'、'.join(known)}。")
    return value


def whole(field: str, text: str, most: int) -> int:
    """A whole number from 1 to `most`. Raises NetworkError."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= most:
        raise wrong(field, text, f"this is no whole number from 1 to {most}.", "Correct it.", f"不是 1 至 {most} 的整数。", "请更正。")
    return int(text)
