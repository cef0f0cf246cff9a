"""JSON for machines of the town: one report or a list; camera recognition with its label, confidence and still."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from data.errors import NetworkError, OneScreenError, PolicyError, advice, advice_zh
from data.policy import Actor
from incidents.core.spec import (
    LONGEST,
    Command,
    Feed,
    Intake,
    Outcome,
    Report,
    Route,
    answer,
    content_of,
    json_of,
    refusal,
    told,
    wrong,
    yes,
)

NAME = "native"
MOST_BYTES = 32_000_000
MOST_ITEMS = 1000
_TEXTS = {"type": 64, "area": 32, "address": 300, "description": LONGEST, "reporter": 60, "phone": 40, "external_id": 128, "camera": 64,
          "vendor": 64, "label": 64, "source": 32}  # fmt: skip
_NUMBERS = {"lon": (-180.0, 180.0), "lat": (-90.0, 90.0), "confidence": (0.0, 1.0)}
_OTHERS = ("at", "grade", "still", "photos", "more")
_KNOWN = (*_TEXTS, *_NUMBERS, *_OTHERS)


async def post(request: Request, intake: Intake) -> Response:
    """`POST /api/incidents`."""
    try:
        actor = intake.actor(request, NAME)
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise _not_json(request)
        told_all = json_of(await content_of(request, MOST_BYTES))
        items = _items(told_all)
    except PolicyError as error:
        return refusal(error, 401)
    except NetworkError as error:
        return refusal(error)
    if items is None:
        return await _one(told_all, actor, intake)
    return await _many(items, actor, intake)


def _items(body: Any) -> list[Any] | None:
    """The items of a list, None for a single report."""
    items = body.get("items") if isinstance(body, dict) and "items" in body else body
    if isinstance(items, dict):
        return None
    if not isinstance(items, list) or not items:
        raise wrong("items", type(items).__name__, "this is no list of reports.", 'Send {"items": [{…}, …]} or one report {…}.',
                    "不是事件列表。", '请发送 {"items": [{…}, …]} 或单个事件 {…}。')  # fmt: skip
    if len(items) > MOST_ITEMS:
        raise wrong("items", len(items), f"a list may hold {MOST_ITEMS} reports.", "Send several lists.",
                    f"每批最多 {MOST_ITEMS} 件。", "请分批发送。")  # fmt: skip
    return items


async def _one(item: dict[str, Any], actor: Actor, intake: Intake) -> Response:
    try:
        report = await _report(item, actor, intake)
    except OneScreenError as error:
        return refusal(error)
    outcome = (await intake.submit([Command(report, actor)]))[0]
    if outcome.error is not None:
        return refusal(outcome.error)
    return answer(_taken(outcome), 200 if outcome.known else 201)


async def _many(items: list[Any], actor: Actor, intake: Intake) -> Response:
    """One line an item, in order; what is wrong with one hinders no other."""
    lines: list[dict[str, Any] | None] = [None] * len(items)
    commands: list[tuple[int, Command]] = []
    for n, item in enumerate(items):
        try:
            commands.append((n, Command(await _report(item, actor, intake), actor)))
        except OneScreenError as error:
            lines[n] = {"item": n, "status": 400, "error": told(error)}
    outcomes = await intake.submit([command for _, command in commands]) if commands else []
    for (n, _), outcome in zip(commands, outcomes, strict=True):
        lines[n] = {"item": n, **_line(outcome)}
    return answer({"items": lines}, 207)


def _line(outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None:
        return {"status": 403 if isinstance(outcome.error, PolicyError) else 400, "error": told(outcome.error)}
    return {"status": 200 if outcome.known else 201, **_taken(outcome)}


def _taken(outcome: Outcome) -> dict[str, Any]:
    return {"incident": outcome.incident, "seq": outcome.seq, "state": outcome.state, "known": outcome.known}


async def _report(item: Any, actor: Actor, intake: Intake) -> Report:
    """The report that an item tells. Raises NetworkError for the first field that is wrong."""
    if not isinstance(item, dict):
        raise wrong("item", item, "this is no report.", "Send an object {…}.", "不是事件对象。", "请发送对象 {…}。")
    values = _checked(item)
    kind = values.pop("type", "") or _type_of(values, intake)
    still = values.pop("still", None)
    photos = tuple(values.pop("photos", ()))
    if still is not None:
        photos = (*photos, (await intake.keep_photo(still, "still", actor)).id)
    values.setdefault("source", "camera" if values.get("camera") or values.get("label") else "patrol")
    return Report(feed=NAME, type=kind, photos=photos, **_own(values, actor))


def _own(values: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Two senders may use the same numbers: each counts by itself."""
    number = values.get("external_id")
    if number and actor.by == "key" and actor.name:
        values["external_id"] = f"{actor.name}/{number}"
    return values


def _checked(item: Mapping[str, Any]) -> dict[str, Any]:
    """Known fields with values of the right kind; empty ones are left out."""
    values: dict[str, Any] = {}
    for name, value in item.items():
        if value is None or value == "":
            continue
        if name in _TEXTS:
            values[name] = _text(name, value)
        elif name in _NUMBERS:
            values[name] = _number(name, value)
        elif name in _READ:
            values[name] = _READ[name](value)
        else:
            raise wrong(name, value, "a report has no such field.", advice(name, _KNOWN), "没有这个字段。", advice_zh(name, _KNOWN))
    return values


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise wrong(name, value, "this must be text.", "Send it in quotes.", "必须是文本。", "请用引号发送。")
    if len(value) > _TEXTS[name]:
        raise wrong(name, value, f"over {_TEXTS[name]} characters.", "Make it shorter.", f"超过 {_TEXTS[name]} 个字符。", "请缩短。")
    return value.strip()


def _number(name: str, value: Any) -> float:
    low, high = _NUMBERS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong(name, value, "this must be a number.", "Send it without quotes.", "必须是数值。", "请不加引号发送。")
    if not low <= value <= high:
        raise wrong(name, value, f"it must lie between {low:g} and {high:g}.", _RANGE.get(name, ("",))[0],
                    f"必须在 {low:g} 至 {high:g} 之间。", _RANGE.get(name, ("", ""))[1])  # fmt: skip
    return float(value)


_RANGE = {
    "lon": ("Send degrees of WGS 84.", "请提供 WGS 84 度数。"),
    "lat": ("Send degrees of WGS 84; are lon and lat swapped?", "请提供 WGS 84 度数；经纬度是否写反？"),
    "confidence": ("Send 0.83 for 83 %.", "83 % 请写 0.83。"),
}


def _instant(value: Any) -> datetime:
    try:
        if not isinstance(value, str):
            raise ValueError
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        return at
    except ValueError as error:
        raise wrong("at", value, "this is no instant.", "Send ISO 8601 with offset: 2026-11-22T09:42:00+08:00.",
                    "不是时刻。", "请用带时区的 ISO 8601：2026-11-22T09:42:00+08:00。") from error  # fmt: skip


def _grade(value: Any) -> int:
    if isinstance(value, bool) or value not in (1, 2, 3, 4):
        raise wrong("grade", value, "a grade is 1 (gravest) to 4.", "Send 1, 2, 3 or 4, or leave it out.",
                    "等级为 1（最重）至 4。", "请提供 1、2、3、4，或不填。")  # fmt: skip
    return int(value)


def _still(value: Any) -> bytes:
    try:
        if not isinstance(value, str):
            raise ValueError("no text")
        return base64.b64decode(value.partition("base64,")[2] or value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise wrong("still", str(value)[:20], f"this is no base64 ({error}).", "Send the picture's bytes in base64.",
                    "不是有效的 base64。", "请以 base64 发送图片内容。") from error  # fmt: skip


def _photos(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or len(value) > 9:
        raise wrong("photos", value, "this is no list of at most 9 photo ids.", "Send ids that POST /api/photos answered with.",
                    "不是照片编号列表（最多 9 个）。", "请提供 POST /api/photos 返回的编号。")  # fmt: skip
    return value


def _more(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong("more", value, "this is no object.", "Send {…}.", "不是对象。", "请发送 {…}。")
    return value


_READ = {"at": _instant, "grade": _grade, "still": _still, "photos": _photos, "more": _more}


def _type_of(values: Mapping[str, Any], intake: Intake) -> str:
    """Our type for a vendor's label. Raises NetworkError naming the nearest of what is known."""
    label = values.get("label")
    if not label:
        raise wrong("type", "", "a report needs a type, or the label of a recognition.", "Send a code of the town's table of types.",
                    "缺少事件类型或识别标签。", "请提供本镇事件类型编码。")  # fmt: skip
    found = intake.label(values.get("vendor", ""), label)
    if found is None:
        known = [str(one["zh"]) for one in intake.types() if yes(one.get("ai", True))]
        raise wrong("label", label, "no type of the town belongs to it.", f"{advice(label, known)} Or enter it into the table `labels`.",
                    "本镇没有对应的事件类型。", f"{advice_zh(label, known)}也可在“labels”表中登记。")  # fmt: skip
    return found


def _not_json(request: Request) -> NetworkError:
    kind = request.headers.get("content-type", "")
    return wrong("Content-Type", kind, "reports are JSON.", "Send Content-Type: application/json.",
                 "须为 JSON。", "请使用 Content-Type: application/json。")  # fmt: skip


_ITEM = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "string", "maxLength": most} for name, most in _TEXTS.items()},
        **{name: {"type": "number", "minimum": low, "maximum": high} for name, (low, high) in _NUMBERS.items()},
        "at": {"type": "string", "format": "date-time"},
        "grade": {"enum": [1, 2, 3, 4]},
        "still": {"type": "string", "description": "JPEG, PNG or WebP in base64"},
        "photos": {"type": "array", "items": {"type": "string"}, "maxItems": 9},
        "more": {"type": "object"},
    },
}

FEED = Feed(
    NAME, "智能识别与系统对接", "Recognition and systems",
    routes=(
        Route(
            "POST", "/api/incidents", post,
            "Report one incident, or at most 1000. The place is lon and lat (WGS 84), else the camera's, an area code or an address.",
            {"oneOf": [_ITEM, {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": _ITEM}}}]},
        ),
    ),
)  # fmt: skip
