"""The phone page /report: anybody reports, without a key. The page's own number makes a repeated sending the same incident.

Who sent it can look at its state with that number, which only the phone knows; nobody else can.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import math
import re
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from data.errors import NetworkError, OneScreenError, advice, advice_zh
from data.plain import TOLD
from data.policy import Actor
from incidents.core.spec import Command, Feed, Intake, Report, Route, answer, content_of, iso, json_of, refusal, told, wrong, yes

NAME = "report"
MOST_BYTES = 34_000_000  # three pictures of 8 MB in base64
MOST_PHOTOS = 3
WORDS = 1000
PER_HOUR = 60  # reports from one address, behind which a carrier may put many phones
_REMEMBERED = 10_000  # addresses
_CLIENT = re.compile(r"[A-Za-z0-9_-]{16,64}")
_PUBLIC = Actor("public", "", "program")
_FIELDS = ("client", "type", "lon", "lat", "accuracy_m", "address", "description", "name", "phone", "photos")
_TEXTS = {"address": 300, "description": WORDS, "name": 60, "phone": 40}
_incident = sa.table(
    "incident", *(sa.column(name) for name in ("id", "feed", "external_id", "state", "type", "reported_at", "closed_at", "seq"))
)


class Limiter:
    """How often one address may send: at most `most` in `span_s` seconds, of a clock that never goes back."""

    def __init__(self, most: int = PER_HOUR, span_s: float = 3600.0) -> None:
        self._most, self._span = most, span_s
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str, now: float) -> float:
        """0 when `address` may send now, which is counted; else the seconds until it may."""
        times = self._times.setdefault(address, deque())
        self._times.move_to_end(address)
        while len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        while times and now - times[0] >= self._span:
            times.popleft()
        if len(times) >= self._most:
            return self._span - (now - times[0])
        times.append(now)
        return 0.0


_LIMITER = Limiter()


async def post(request: Request, intake: Intake) -> Response:
    """`POST /api/report`."""
    wait = _LIMITER.wait_s(request.client.host if request.client else "", time.monotonic())
    if wait > 0:
        return _too_often(wait)
    try:
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise wrong("Content-Type", request.headers.get("content-type", ""), "a report is JSON.", "Send application/json.",
                        "须为 JSON。", "请使用 application/json。")  # fmt: skip
        sent = json_of(await content_of(request, MOST_BYTES))
        report = await _report(sent, intake)
        outcome = (await intake.submit([Command(report, _PUBLIC)]))[0]
        if outcome.error is not None:
            raise outcome.error
    except OneScreenError as error:
        return refusal(error)
    zh, en = TOLD.get(outcome.state, TOLD["reported"])
    value = {
        "incident": outcome.incident, "token": report.external_id, "known": outcome.known, "state": outcome.state,
        "said_zh": f"编号 {outcome.incident}：{zh}可随时在本页查看进展。",
        "said_en": f"Number {outcome.incident}: {en} You can follow it on this page.",
    }  # fmt: skip
    return answer(value, 200 if outcome.known else 201)


async def state(request: Request, intake: Intake) -> Response:
    """`GET /api/report/{id}?token=`: how far it is, for whoever sent it."""
    number, token = request.path_params["id"], request.query_params.get("token", "")
    query = sa.select(_incident).where(_incident.c.id == number, _incident.c.feed == NAME)
    row = await intake.ask(lambda connection: connection.execute(query).mappings().first())
    # The same answer for one that does not exist and one of somebody else: numbers can be guessed.
    if row is None or not hmac.compare_digest(str(row["external_id"]).encode(), token.encode()):
        error = wrong("id", number, "you have sent no report of this number.", "Open it on the phone that sent it.",
                      "没有您上报的这个编号。", "请在上报时使用的手机上查看。")  # fmt: skip
        return refusal(error, 404)
    zh, en = TOLD.get(row["state"], ("", ""))
    return answer(_shown(dict(row), zh, en, intake), headers={"Cache-Control": "no-store"})


def _shown(row: Mapping[str, Any], zh: str, en: str, intake: Intake) -> dict[str, Any]:
    zone = ZoneInfo(str(intake.town().get("timezone") or "UTC"))
    return {
        "incident": row["id"], "state": row["state"], "open": row["closed_at"] is None, "type": row["type"], "said_zh": zh, "said_en": en,
        "reported_at": iso(row["reported_at"], zone), "closed_at": iso(row["closed_at"], zone),
    }  # fmt: skip


def _too_often(wait: float) -> Response:
    minutes = math.ceil(wait / 60)
    error = NetworkError(
        f"Too many reports from this address: {PER_HOUR} an hour.",
        remedy=f"It is kept on your phone; it can be sent again in {minutes} min.",
        zh=f"该地址上报过于频繁（每小时最多 {PER_HOUR} 件）。", zh_remedy=f"内容已保存在手机上，{minutes} 分钟后可再次发送。",
    )  # fmt: skip
    return answer(told(error), 429, {"Retry-After": str(math.ceil(wait))})


async def _report(sent: Any, intake: Intake) -> Report:
    """The report that a phone sent. Raises NetworkError for the first field that is wrong."""
    if not isinstance(sent, dict):
        raise wrong("body", sent, "this is no report.", "Send an object {…}.", "不是上报对象。", "请发送对象 {…}。")
    for name in sent:
        if name not in _FIELDS:
            raise wrong(name, sent[name], "a report has no such field.", advice(name, _FIELDS), "没有这个字段。", advice_zh(name, _FIELDS))
    client, kind = sent.get("client"), sent.get("type")
    if not isinstance(client, str) or not _CLIENT.fullmatch(client):
        raise wrong("client", client, "it takes 16 to 64 letters or digits that only this phone knows.", "Send a random UUID.",
                    "须为本机独有的 16 至 64 位字母或数字。", "请发送随机 UUID。")  # fmt: skip
    _check_type(kind, intake)
    texts = {name: _text(name, sent.get(name), most) for name, most in _TEXTS.items()}
    lon, lat, accuracy = (_number(name, sent.get(name)) for name in ("lon", "lat", "accuracy_m"))
    photos = await _photos(sent.get("photos") or [], intake)
    return Report(
        feed=NAME, source="public", type=str(kind), lon=lon, lat=lat, address=texts["address"], description=texts["description"],
        reporter=texts["name"], phone=texts["phone"], external_id=client, photos=photos,
        more={} if accuracy is None else {"accuracy_m": accuracy},
    )  # fmt: skip


def _check_type(kind: Any, intake: Intake) -> None:
    known = {str(one["code"]): str(one["zh"]) for one in intake.types() if yes(one.get("public"))}
    if kind not in known:
        raise wrong("type", kind, "this type is not open to the public.", advice(str(kind), known)[:300],
                    "不是对公众开放的类型。", advice_zh(str(kind), known)[:300])  # fmt: skip


def _text(name: str, value: Any, most: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise wrong(
            name, value, f"this is no text of at most {most} characters.", "Make it shorter.", f"不是 {most} 字以内的文本。", "请缩短。"
        )
    return value.strip()


def _number(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong(name, value, "this must be a number.", "Send it without quotes.", "必须是数值。", "请不加引号发送。")
    return float(value)


async def _photos(sent: Any, intake: Intake) -> tuple[str, ...]:
    """Pictures in base64 are stored; all are read before the first one is."""
    if not isinstance(sent, list) or len(sent) > MOST_PHOTOS or not all(isinstance(one, str) for one in sent):
        raise wrong("photos", type(sent).__name__, f"at most {MOST_PHOTOS} pictures in base64.", "Leave some out.",
                    f"最多 {MOST_PHOTOS} 张照片（base64）。", "请减少照片。")  # fmt: skip
    contents = [_bytes(one) for one in sent]
    return tuple([(await intake.keep_photo(content, "before", _PUBLIC)).id for content in contents])


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise wrong("photos", text[:20], f"this is no base64 ({error}).", "Send the picture's bytes in base64.",
                    "不是有效的 base64。", "请以 base64 发送图片内容。") from error  # fmt: skip


_BODY = {
    "type": "object", "required": ["client", "type"], "additionalProperties": False,
    "properties": {
        "client": {"type": "string", "pattern": f"^{_CLIENT.pattern}$"}, "type": {"type": "string"},
        "lon": {"type": "number"}, "lat": {"type": "number"}, "accuracy_m": {"type": "number"},
        **{name: {"type": "string", "maxLength": most} for name, most in _TEXTS.items()},
        "photos": {"type": "array", "maxItems": MOST_PHOTOS, "items": {"type": "string", "contentEncoding": "base64"}},
    },
}  # fmt: skip

FEED = Feed(
    NAME, "公众随手拍", "Public reports",
    routes=(
        Route("POST", "/api/report", post, "Report from the phone page, without a key.", _BODY),
        Route("GET", "/api/report/{id}", state, "How far a report is, for whoever sent it (token = the client id it was sent with)."),
    ),
)  # fmt: skip
