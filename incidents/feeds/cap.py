"""Alerts of weather and emergencies: CAP 1.2 (OASIS) in XML, with the values that Chinese issuers write."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from defusedxml import DefusedXmlException
from defusedxml import ElementTree as Xml
from starlette.requests import Request
from starlette.responses import Response

from data.errors import NetworkError, OneScreenError, PolicyError, advice, advice_zh
from data.policy import permit
from incidents.core.spec import Feed, Intake, Route, answer, content_of, refusal, told, when, wrong

NAME = "cap"
MOST_BYTES = 5_000_000
_DUTIES = ("feed", "system", "shift_leader", "leader")
_NAMESPACE = re.compile(r"\{urn:oasis:names:tc:emergency:cap:1\.[12]\}|\{\}")
_ROOT = '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
_CORNERS = 64  # of a circle drawn as a polygon
_METRES = 111_320.0  # of a degree of latitude

# What Chinese issuers write → the word of CAP. Colours are those of 突发事件应对法: red is the gravest.
_SEVERITY = {
    "红色": "Extreme", "橙色": "Severe", "黄色": "Moderate", "蓝色": "Minor", "特别重大": "Extreme", "重大": "Severe", "较大": "Moderate",
    "一般": "Minor", "Ⅰ级": "Extreme", "Ⅱ级": "Severe", "Ⅲ级": "Moderate", "Ⅳ级": "Minor", "Red": "Extreme", "Orange": "Severe",
    "Yellow": "Moderate", "Blue": "Minor", "未知": "Unknown",
}  # fmt: skip
_URGENCY = {"立即": "Immediate", "预期": "Expected", "将来": "Future", "未来": "Future", "过去": "Past", "未知": "Unknown"}
_CERTAINTY = {"已发生": "Observed", "观测到": "Observed", "很可能": "Likely", "可能": "Possible", "不大可能": "Unlikely", "未知": "Unknown",
              "Very Likely": "Likely"}  # fmt: skip
_KIND = {"首次": "Alert", "发布": "Alert", "更新": "Update", "变更": "Update", "解除": "Cancel", "取消": "Cancel"}
_STATUS = {"实际": "Actual", "演练": "Exercise", "测试": "Test", "系统": "System", "草稿": "Draft"}
_WORDS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "severity": (("Extreme", "Severe", "Moderate", "Minor", "Unknown"), _SEVERITY),
    "urgency": (("Immediate", "Expected", "Future", "Past", "Unknown"), _URGENCY),
    "certainty": (("Observed", "Likely", "Possible", "Unlikely", "Unknown"), _CERTAINTY),
    "msgType": (("Alert", "Update", "Cancel", "Ack", "Error"), _KIND),
    "status": (("Actual", "Exercise", "System", "Test", "Draft"), _STATUS),
    "scope": (("Public", "Restricted", "Private"), {"公开": "Public"}),
}


async def post(request: Request, intake: Intake) -> Response:
    """`POST /api/alerts`: one CAP alert, or several in one element."""
    try:
        actor = intake.actor(request, NAME)
        permit(actor, _DUTIES, "send alerts", "发送预警")
        content = await content_of(request, MOST_BYTES)
        zone = ZoneInfo(str(intake.town().get("timezone") or "UTC"))
        items = list(parse(content, zone))
    except PolicyError as error:
        return refusal(error, 403)
    except NetworkError as error:
        return refusal(error)
    alerts = [item for item in items if isinstance(item, dict)]
    taken = [alert for alert in alerts if not alert["ignored"]]
    if taken:
        await intake.alert([{name: value for name, value in alert.items() if name != "ignored"} for alert in taken], actor)
    return _answered(items, len(taken))


def _answered(items: list[dict[str, Any] | NetworkError], taken: int) -> Response:
    lines = [told(item) if isinstance(item, OneScreenError) else _line(item) for item in items]
    if len(items) == 1 and isinstance(items[0], NetworkError):
        return refusal(items[0])
    failed = any(isinstance(item, OneScreenError) for item in items)
    return answer({"taken": taken, "items": lines}, 207 if failed else 200)


def _line(alert: Mapping[str, Any]) -> dict[str, Any]:
    line = {"identifier": alert["identifier"], "kind": alert["kind"]}
    return line | {"ignored": alert["ignored"]} if alert["ignored"] else line


def parse(content: bytes, zone: ZoneInfo) -> Iterable[dict[str, Any] | NetworkError]:
    """Alerts of a document, or the error of each that is wrong. Raises NetworkError for what is no XML or holds no alert.

    `ignored` says why an alert is not to be shown ("Test", "Ack", …), else is empty.
    """
    try:
        root = Xml.fromstring(content)
    except (Xml.ParseError, DefusedXmlException, ValueError) as error:
        raise wrong(
            "body", "", f"this is no XML that is taken ({error}).", "Send CAP 1.2.", f"不是可接受的 XML（{error}）。", "请发送 CAP 1.2。"
        ) from error
    found = [root] if _local(root) == "alert" else [one for one in root.iter() if _local(one) == "alert"]
    if not found:
        raise wrong("alert", _local(root), "the document holds no alert.", f"Send CAP 1.2: {_ROOT}.",
                    "文档中没有 alert 元素。", f"请发送 CAP 1.2：{_ROOT}。")  # fmt: skip
    for one in found:
        try:
            yield _alert(one, zone)
        except NetworkError as error:
            yield error


def _local(element: Any) -> str:
    return _NAMESPACE.sub("", element.tag)


def _all(element: Any, name: str) -> list[Any]:
    return [child for child in element if _local(child) == name]


def _text(element: Any, name: str) -> str:
    return next(((child.text or "").strip() for child in element if _local(child) == name), "")


def _alert(element: Any, zone: ZoneInfo) -> dict[str, Any]:
    for name in ("identifier", "sender", "sent", "status", "msgType", "scope"):
        if not _text(element, name):
            raise wrong(name, "", "CAP requires it.", "Give it.", "CAP 必填项为空。", "请填写。")
    if re.search(r"[\s,<&]", _text(element, "identifier")):
        raise wrong("identifier", _text(element, "identifier"), "it may hold no space, comma, < or &.", "Give another.",
                    "不得含空格、逗号、< 或 &。", "请更换。")  # fmt: skip
    kind, status = _word(element, "msgType"), _word(element, "status")
    _word(element, "scope")
    references = _references(element)
    if kind in ("Update", "Cancel") and not references:
        raise wrong("references", "", f"an {kind} says what it refers to.", "Give sender,identifier,sent of each.",
                    "更新或解除须注明所引用的预警。", "请按“sender,identifier,sent”填写。")  # fmt: skip
    ignored = status if status in ("Test", "System", "Draft") else kind if kind in ("Ack", "Error") else ""
    alert = {
        "identifier": _text(element, "identifier"), "sender": _text(element, "sender"), "kind": kind, "status": status,
        "references": references, "sent": when("sent", _text(element, "sent"), zone), "ignored": ignored,
    }  # fmt: skip
    return alert | _info(element, zone, required=kind in ("Alert", "Update") and not ignored)


def _references(element: Any) -> list[str]:
    """Identifiers of the alerts referred to: "sender,identifier,sent", several between spaces."""
    found: list[str] = []
    for triple in _text(element, "references").split():
        parts = triple.split(",")
        if len(parts) != 3:
            raise wrong("references", triple, "a reference has three parts.", "Give sender,identifier,sent.",
                        "引用应为三部分。", "请按“sender,identifier,sent”填写。")  # fmt: skip
        found.append(parts[1])
    return found


_EMPTY: dict[str, Any] = {
    "event": "", "severity": "Unknown", "urgency": "Unknown", "certainty": "Unknown", "headline": "", "description": "",
    "instruction": "", "effective": None, "onset": None, "expires": None, "areas": [],
}  # fmt: skip


def _info(element: Any, zone: ZoneInfo, *, required: bool) -> dict[str, Any]:
    """The Chinese information, else the first."""
    infos = _all(element, "info")
    if not infos:
        if required:
            raise wrong("info", "", "an alert says what it is about.", "Give an <info>.", "预警缺少 info。", "请填写 info。")
        return dict(_EMPTY)
    info = next((one for one in infos if _text(one, "language").lower().startswith("zh")), infos[0])
    if not _text(info, "event"):
        raise wrong("event", "", "CAP requires it.", "Name the event, such as 暴雨.", "缺少事件名称。", "请填写，例如“暴雨”。")
    times = {name: _optional(info, name, zone) for name in ("effective", "onset", "expires")}
    start = times["onset"] or times["effective"] or when("sent", _text(element, "sent"), zone)
    if times["expires"] and times["expires"] <= start:
        raise wrong("expires", _text(info, "expires"), "it lies before the beginning.", "Correct it.", "早于开始时间。", "请更正。")
    return {
        "event": _text(info, "event"), "severity": _severity(info), "urgency": _word(info, "urgency", "Unknown"),
        "certainty": _word(info, "certainty", "Unknown"), "headline": _text(info, "headline")[:300],
        "description": _text(info, "description")[:4000], "instruction": _text(info, "instruction")[:4000], **times,
        "areas": [_area(one) for one in _all(info, "area")],
    }  # fmt: skip


def _severity(info: Any) -> str:
    """The severity; where the issuer leaves it unknown, the colour of the headline or event, 暴雨橙色预警, says it."""
    found = _word(info, "severity", "Unknown")
    if found != "Unknown":
        return found
    title = f"{_text(info, 'headline')} {_text(info, 'event')}"
    return next((_SEVERITY[colour] for colour in ("红色", "橙色", "黄色", "蓝色") if colour in title), "Unknown")


def _word(element: Any, name: str, default: str = "") -> str:
    """A word of CAP, whatever the language. Raises NetworkError naming the known ones."""
    known, chinese = _WORDS[name]
    said = _text(element, name)
    if not said and default:
        return default
    found = chinese.get(said) or next((word for word in known if word.lower() == said.lower()), None)
    if found is None:
        raise wrong(name, said, "CAP knows no such value.", advice(said, known), "CAP 没有这个值。", advice_zh(said, [*known, *chinese]))
    return found


def _optional(info: Any, name: str, zone: ZoneInfo) -> datetime | None:
    text = _text(info, name)
    return when(name, text, zone) if text else None


# ── areas ──


def _area(element: Any) -> dict[str, Any]:
    """Name, GeoJSON geometry (None where only codes are given), and the codes."""
    shapes = [_polygon(one.text or "") for one in _all(element, "polygon")] + [_circle(one.text or "") for one in _all(element, "circle")]
    codes = [{"name": _text(one, "valueName"), "value": _text(one, "value")} for one in _all(element, "geocode")]
    name = _text(element, "areaDesc")
    if not name:
        raise wrong("areaDesc", "", "CAP requires it.", "Name the area.", "缺少区域描述。", "请填写。")
    return {"name": name, "geometry": _geojson(shapes), "geocodes": codes}


def _geojson(shapes: list[list[list[float]]]) -> dict[str, Any] | None:
    if not shapes:
        return None
    if len(shapes) == 1:
        return {"type": "Polygon", "coordinates": [shapes[0]]}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in shapes]}


def _polygon(text: str) -> list[list[float]]:
    """A ring of [lon, lat] of "lat,lon lat,lon …". Raises NetworkError: not closed, too short, crossing itself."""
    ring = [_pair("polygon", pair) for pair in text.split()]
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise wrong("polygon", text, "a polygon has at least four points, the last one being the first.", "Close it.",
                    "多边形至少四点且首尾相同。", "请闭合。")  # fmt: skip
    shape = shapely.Polygon(ring)
    if not shape.is_valid or shape.area == 0:
        raise wrong("polygon", text, "its line crosses itself.", "Correct the order of its points.", "多边形自相交。", "请更正顶点顺序。")
    return [list(point) for point in ring]


def _pair(field: str, text: str) -> tuple[float, float]:
    """(lon, lat) of CAP's "lat,lon"."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError as error:
        raise wrong(field, text, "this is no lat,lon.", "Write 31.20,121.70.", "不是“纬度,经度”。", "请写 31.20,121.70 的形式。") from error
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise wrong(field, text, "this lies on no globe.", "CAP writes the latitude first.", "坐标超出范围。", "CAP 先写纬度。")
    return lon, lat


def _circle(text: str) -> list[list[float]]:
    """A circle "lat,lon radius" (km) as a ring."""
    centre, _, size = text.strip().partition(" ")
    lon, lat = _pair("circle", centre)
    try:
        radius = float(size)
    except ValueError:
        radius = math.nan
    if not 0 < radius < 5000:
        raise wrong(
            "circle", text, "this has no radius in km.", "Write 31.20,121.70 5.0.", "缺少半径（公里）。", "请写 31.20,121.70 5.0 的形式。"
        )
    north = radius * 1000 / _METRES
    east = north / max(math.cos(math.radians(lat)), 0.01)
    turns = (2 * math.pi * k / _CORNERS for k in range(_CORNERS))
    ring = [[round(lon + east * math.cos(turn), 6), round(lat + north * math.sin(turn), 6)] for turn in turns]
    return [*ring, ring[0]]


FEED = Feed(
    NAME, "预警信息", "Alerts",
    routes=(Route("POST", "/api/alerts", post, "Alerts of weather and emergencies: CAP 1.2 XML (Alert, Update, Cancel)."),),
)  # fmt: skip
