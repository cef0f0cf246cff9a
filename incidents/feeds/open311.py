"""Open311 GeoReport v2 under /open311/v2/, in JSON and XML, read and write.

The public reads what is public: types that the town has opened, none about persons, words without what tells a person, and only of
incidents that came in this way, whose senders know that it is published.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from data.errors import OneScreenError, PolicyError, advice, advice_zh
from data.plain import TOLD, public_words
from data.policy import MASKED, release
from data.schema.network import INCIDENT
from data.xml import element
from incidents.core.spec import (
    LONGEST,
    Command,
    Feed,
    Intake,
    Report,
    Route,
    answer,
    content_of,
    degree,
    iso,
    json_of,
    ms,
    one_of,
    when,
    whole,
    wrong,
    yes,
)

NAME = "open311"
BASE = "/open311/v2"
SPAN = timedelta(days=90)
MOST = 1000
MOST_BYTES = 1_000_000
_SHOWN = ("id", "seq", "feed", "type", "state", "lon", "lat", "address", "description", "reported_at", "stage", "due_at", "closed_at",
          "area")  # fmt: skip
_INCIDENT = sa.table("incident", *(sa.column(name) for name in _SHOWN))
_EVENT = sa.table("event", sa.column("seq"), sa.column("at"))
Row = Mapping[str, Any]


class _NotFoundError(Exception):
    """What is asked for does not exist: zh, en."""


# ── answers ──


def _format(request: Request) -> str:
    """The ending of the address decides, else what the sender accepts; JSON when it says nothing."""
    path = request.url.path
    if path.endswith((".json", ".xml")):
        return path.rpartition(".")[2]
    accept = request.headers.get("accept", "")
    return "xml" if "xml" in accept and "json" not in accept and "html" not in accept else "json"


_CHILD = {"attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format"}  # what a list holds


def _say(request: Request, name: str, child: str, value: Any, status: int = 200) -> Response:
    """A list of `child` elements, or one object, called `name`."""
    if _format(request) == "json":
        return answer(value, status)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n{element(name, value, {name: child, **_CHILD})}'
    return Response(text, status, media_type="text/xml; charset=utf-8")


def _errors(request: Request, status: int, description: str) -> Response:
    return _say(request, "errors", "error", [{"code": str(status), "description": description}], status)


def _said(error: OneScreenError) -> str:
    """What is wrong and what to do, in both languages: GeoReport has one text for it."""
    return " / ".join(" ".join(part for part in error.said(language) if part) for language in ("zh", "en"))


Plain = Callable[[Request, Intake], Awaitable[Response]]


def _guarded(handler: Plain) -> Plain:
    """Errors as GeoReport words them: 400 what is wrong, 403 who may not, 404 what is not there."""

    async def guarded(request: Request, intake: Intake) -> Response:
        try:
            return await handler(request, intake)
        except PolicyError as error:
            return _errors(request, 403, _said(error))
        except _NotFoundError as error:
            return _errors(request, 404, str(error))
        except OneScreenError as error:
            return _errors(request, 400, _said(error))

    return guarded


def _asked(request: Request, intake: Intake) -> dict[str, str]:
    """Parameters of a query; one given several times is a list with commas. Raises for another jurisdiction than this town."""
    asked = {name: ",".join(request.query_params.getlist(name)) for name in request.query_params}
    _of_here(asked.get("jurisdiction_id"), intake)
    return asked


def _of_here(jurisdiction: str | None, intake: Intake) -> None:
    code = str(intake.town().get("code", ""))
    if jurisdiction and jurisdiction != code:
        raise _NotFoundError(
            f"没有辖区 {jurisdiction!r}，本镇为 {code}。 / There is no jurisdiction {jurisdiction!r}; this town is {code}."
        )


# ── what there is ──


async def discovery(request: Request, intake: Intake) -> Response:
    """`GET /open311/v2/discovery.json`."""
    town = intake.town()
    endpoint = {
        "specification": "http://wiki.open311.org/GeoReport_v2", "url": str(request.base_url).rstrip("/") + BASE,
        "changeset": "2026-11-22T00:00:00Z", "type": "production", "formats": ["application/json", "text/xml"],
    }  # fmt: skip
    told = {
        "changeset": "2026-11-22T00:00:00Z", "contact": " ".join((town.get("name") or {}).values()),
        "key_service": "POST needs an api_key, which the town gives. / 提交需要本镇发放的 api_key。",
        "jurisdiction_id": town.get("code", ""), "endpoints": [endpoint],
    }  # fmt: skip
    return _say(request, "discovery", "item", told)


def _public(intake: Intake) -> dict[str, Row]:
    """Types open to the public, by code."""
    return {str(one["code"]): one for one in intake.types() if yes(one.get("public"))}


def _readable(intake: Intake) -> dict[str, Row]:
    """Types whose incidents anybody may read: open to the public, and not about persons."""
    return {code: one for code, one in _public(intake).items() if not yes(one.get("personal"))}


async def services(request: Request, intake: Intake) -> Response:
    """`GET /open311/v2/services.json`."""
    _asked(request, intake)
    return _say(request, "services", "service", [_service(one) for one in _public(intake).values()])


def _service(one: Row) -> dict[str, Any]:
    return {
        "service_code": str(one["code"]), "service_name": f"{one['zh']} {one['en']}", "description": f"{one['zh']} / {one['en']}",
        "metadata": True, "type": "realtime", "keywords": f"{one['zh']},{one['en']}", "group": str(one.get("class", "")),
    }  # fmt: skip


async def definition(request: Request, intake: Intake) -> Response:
    """`GET /open311/v2/services/{code}.json`."""
    _asked(request, intake)
    code = request.path_params["code"].removesuffix(".json").removesuffix(".xml")
    one = _public(intake).get(code)
    if one is None:
        raise _NotFoundError(f"没有编码为 {code!r} 的服务。 / There is no service {code!r}. {advice(code, _public(intake))}")
    return _say(request, "service_definition", "item", {"service_code": code, "attributes": _attributes(one)})


def _attributes(one: Row) -> list[dict[str, Any]]:
    unit = {"urgent_hour": "小时 hours", "work_hour": "工作小时 work hours", "work_day": "工作日 work days", "natural_day": "日 days"}
    limit = f"{one.get('limit_value')} {unit.get(str(one.get('limit_unit')), '')}".strip()
    return [
        {
            "variable": False, "code": "limit", "datatype": "text", "required": False, "datatype_description": "", "order": 1,
            "description": f"处置时限 / to be handled within: {limit}", "values": [],
        },
        {
            "variable": True, "code": "callback", "datatype": "singlevaluelist", "required": False,
            "datatype_description": "选择一项 / choose one", "order": 2, "description": "是否希望回访 / Would you like to be called back?",
            "values": [{"key": "yes", "name": "是 / yes"}, {"key": "no", "name": "否 / no"}],
        },
    ]  # fmt: skip


# ── reading ──


async def requests(request: Request, intake: Intake) -> Response:
    """`GET /open311/v2/requests.json` with all filters of GeoReport, `updated_after`, `page` and `page_size`."""
    asked, types = _asked(request, intake), _readable(intake)
    rows = await _rows(_query(asked, types, _zone(intake), intake.now()), intake)
    return _say(request, "service_requests", "request", [_request(row, types, _zone(intake)) for row in rows])


async def request_one(request: Request, intake: Intake) -> Response:
    """`GET /open311/v2/requests/{id}.json`."""
    _asked(request, intake)
    number = request.path_params["id"].removesuffix(".json").removesuffix(".xml")
    types = _readable(intake)
    rows = await _rows(_selected(types).where(_INCIDENT.c.id == number), intake)
    if not rows:
        raise _NotFoundError(f"没有编号为 {number!r} 的公开事件。 / There is no public request {number!r}.")
    return _say(request, "service_requests", "request", [_request(row, types, _zone(intake)) for row in rows])


async def _rows(query: Any, intake: Intake) -> list[Row]:
    return list(await intake.ask(lambda connection: [dict(row) for row in connection.execute(query).mappings()]))


async def token(request: Request, intake: Intake) -> Response:
    """`GET /open311/v2/tokens/{token}.json`: numbers are given at once, so a token is the number."""
    number = request.path_params["token"].removesuffix(".json").removesuffix(".xml")
    query = sa.select(_INCIDENT.c.id).where(_INCIDENT.c.id == number, _INCIDENT.c.feed == NAME)
    if not await intake.ask(lambda connection: connection.execute(query).scalar()):
        raise _NotFoundError(f"没有 token {number!r}。 / There is no token {number!r}.")
    return _say(request, "service_requests", "request", [{"service_request_id": number, "token": number}])


def _selected(types: Mapping[str, Row]) -> Any:
    updated = _EVENT.c.at.label("updated_at")
    joined = _INCIDENT.join(_EVENT, _EVENT.c.seq == _INCIDENT.c.seq)
    return sa.select(_INCIDENT, updated).select_from(joined).where(_INCIDENT.c.type.in_(sorted(types)))


def _query(asked: Mapping[str, str], types: Mapping[str, Row], zone: ZoneInfo, now: datetime) -> Any:
    """The requests that are asked for, newest first. Raises NetworkError for a filter that cannot be."""
    query = _selected(types).order_by(_INCIDENT.c.reported_at.desc(), _INCIDENT.c.id.desc())
    numbers = _split(asked, "service_request_id")
    if numbers:  # overrides all others
        return query.where(_INCIDENT.c.id.in_(numbers[:MOST])).limit(MOST)
    codes = _split(asked, "service_code")
    if codes:
        query = query.where(_INCIDENT.c.type.in_(codes))
    states = {one_of("status", state, ("open", "closed")) for state in _split(asked, "status")}
    if len(states) == 1:
        query = query.where(_INCIDENT.c.closed_at.is_(None) if states == {"open"} else _INCIDENT.c.closed_at.is_not(None))
    if "updated_after" in asked:
        query = query.where(_EVENT.c.at > ms(when("updated_after", asked["updated_after"], zone)))
    for condition in _within(asked, zone, now):
        query = query.where(condition)
    size = whole("page_size", asked.get("page_size", str(MOST)), MOST)
    return query.limit(size).offset((whole("page", asked.get("page", "1"), 1_000_000) - 1) * size)


def _split(asked: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in asked.get(name, "").split(",") if part.strip()]


def _within(asked: Mapping[str, str], zone: ZoneInfo, now: datetime) -> Iterable[Any]:
    """The dates asked for: at most 90 days; without any the last 90 (an open end is 90 days from the other)."""
    start = when("start_date", asked["start_date"], zone) if "start_date" in asked else None
    end = when("end_date", asked["end_date"], zone) if "end_date" in asked else None
    if start and end and end < start:
        raise wrong("end_date", asked["end_date"], "it lies before start_date.", "Exchange them.", "早于 start_date。", "请对调。")
    if start and end and end - start > SPAN:
        raise wrong("end_date", asked["end_date"], "the dates span more than 90 days.", "Ask in parts.", "跨度超过 90 天。", "请分段查询。")
    if start is None and end is None:
        if "updated_after" not in asked:
            yield _INCIDENT.c.reported_at >= ms(now - SPAN)
        return
    yield _INCIDENT.c.reported_at >= ms(start or (end or now) - SPAN)
    yield _INCIDENT.c.reported_at <= ms(end or (start or now) + SPAN)


def _request(row: Row, types: Mapping[str, Row], zone: ZoneInfo) -> dict[str, Any]:
    """One request as the public may see it."""
    known = {name: value for name, value in row.items() if name != "updated_at"}
    seen = release(INCIDENT, [known], MASKED)[0]
    kind = types[str(row["type"])]
    zh, en = TOLD.get(str(row["state"]), ("", ""))
    due = row["due_at"] if row["stage"] == "handle" and row["closed_at"] is None else None
    return {
        "service_request_id": str(row["id"]), "status": "open" if row["closed_at"] is None else "closed",
        "status_notes": f"{zh} / {en}", "service_name": f"{kind['zh']} {kind['en']}", "service_code": str(row["type"]),
        "description": public_words(str(row["description"])) if row["feed"] == NAME and row["description"] else None,
        "agency_responsible": None, "service_notice": None,
        "requested_datetime": iso(row["reported_at"], zone), "updated_datetime": iso(row["updated_at"], zone),
        "expected_datetime": iso(due, zone), "address": seen.get("address"), "address_id": seen.get("area"), "zipcode": None,
        "lat": seen.get("lat"), "long": seen.get("lon"), "media_url": None,
    }  # fmt: skip


# ── writing ──


async def post(request: Request, intake: Intake) -> Response:
    """`POST /open311/v2/requests.json`: a form, or the same fields in JSON."""
    sent = await _sent(request)
    actor = intake.actor(_with_key(request, sent.get("api_key", "")), NAME)
    _of_here(sent.get("jurisdiction_id"), intake)
    report = _report(sent, intake, actor.name)
    outcome = (await intake.submit([Command(report, actor)]))[0]
    if outcome.error is not None:
        raise outcome.error
    notice = "已收到。 / Received." if not outcome.known else "此前已收到。 / Received before."
    told = {"service_request_id": outcome.incident, "service_notice": notice, "account_id": sent.get("account_id") or None}
    return _say(request, "service_requests", "request", [told], 200 if outcome.known else 201)


async def _sent(request: Request) -> dict[str, str]:
    """The fields that were sent, as text. Raises NetworkError for another kind of body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await content_of(request, MOST_BYTES)
    if kind == "application/json":
        told = json_of(content)
        if not isinstance(told, dict):
            raise wrong("body", told, "this is no object.", "Send {…}.", "不是对象。", "请发送 {…}。")
        return {name: str(value) for name, value in told.items() if value is not None}
    if kind != "application/x-www-form-urlencoded":
        raise wrong("Content-Type", kind, "GeoReport takes forms and JSON.", "Send application/x-www-form-urlencoded or application/json.",
                    "只接受表单或 JSON。", "请使用 application/x-www-form-urlencoded 或 application/json。")  # fmt: skip
    try:
        return dict(parse_qsl(content.decode("utf-8"), keep_blank_values=True, max_num_fields=200)) | dict(request.query_params)
    except ValueError as error:
        raise wrong(
            "body", "", f"this is no form in UTF-8 ({error}).", "Send UTF-8.", "不是 UTF-8 表单。", "请使用 UTF-8 编码。"
        ) from error


def _with_key(request: Request, key: str) -> Request:
    """The same request, with the key of its form where keys are looked for."""
    if not key:
        return request
    return Request({**request.scope, "headers": [*request.scope["headers"], (b"x-api-key", key.encode())]})


def _report(sent: Mapping[str, str], intake: Intake, sender: str) -> Report:
    code = sent.get("service_code", "").strip()
    if not code:
        raise wrong(
            "service_code", "", "it was not provided.", f"See {BASE}/services.json.", "缺少 service_code。", f"见 {BASE}/services.json。"
        )
    if code not in _public(intake):
        raise wrong("service_code", code, "it is no service open to the public.", advice(code, _public(intake)),
                    "不是对公众开放的服务。", advice_zh(code, _public(intake)))  # fmt: skip
    if len(sent.get("description", "")) > LONGEST:
        raise wrong(
            "description", sent["description"], f"over {LONGEST} characters.", "Make it shorter.", f"超过 {LONGEST} 个字符。", "请缩短。"
        )
    names = (sent.get("last_name", ""), sent.get("first_name", ""))
    number = sent.get("external_id", "").strip()
    return Report(
        feed=NAME, source="public", type=code, lon=degree("long", sent.get("long")), lat=degree("lat", sent.get("lat")),
        area=sent.get("address_id", "").strip(), address=sent.get("address_string", "").strip(),
        description=sent.get("description", "").strip(), reporter=" ".join(name.strip() for name in names if name.strip()),
        phone=sent.get("phone", "").strip(), external_id=f"{sender}/{number}" if number else "", more=_more(sent),
    )  # fmt: skip


_KEPT = ("email", "device_id", "account_id", "media_url")


def _more(sent: Mapping[str, str]) -> dict[str, Any]:
    """What has no column of its own; a media_url is kept, never fetched. Raises NetworkError for an unknown attribute."""
    more: dict[str, Any] = {name: sent[name][:500] for name in _KEPT if sent.get(name)}
    for name, value in sent.items():
        if name.startswith("attribute["):
            if name != "attribute[callback]":
                raise wrong(
                    name, value, "the service has no such attribute.", "See its service definition.", "没有这个属性。", "见该服务的定义。"
                )
            more["callback"] = one_of(name, value, ("yes", "no"))
    if more.get("media_url", "http").partition(":")[0] not in ("http", "https"):
        raise wrong(
            "media_url", more["media_url"], "this is no web address.", "Send http(s)://….", "不是网址。", "请提供 http(s):// 地址。"
        )
    return more


def _zone(intake: Intake) -> ZoneInfo:
    return ZoneInfo(str(intake.town().get("timezone") or "UTC"))


def _routes() -> Iterable[Route]:
    """GeoReport addresses end in .json or .xml; without an ending the Accept header decides."""
    for path, handler, about in (
        ("discovery", discovery, "What this Open311 server offers."),
        ("services", services, "Types of incidents that the public may report."),
        ("requests", requests, "Public requests, newest first: at most 1000, of at most 90 days."),
    ):
        for ending in ("", ".json", ".xml"):
            yield Route("GET", f"{BASE}/{path}{ending}", _guarded(handler), about)
    for ending in ("", ".json", ".xml"):
        yield Route("POST", f"{BASE}/requests{ending}", _guarded(post), "Report as GeoReport v2 does: a form or JSON, with api_key.")
    # A parameter takes its ending along.
    yield Route("GET", f"{BASE}/services/{{code}}", _guarded(definition), "Attributes of a service.")
    yield Route("GET", f"{BASE}/requests/{{id}}", _guarded(request_one), "One public request.")
    yield Route("GET", f"{BASE}/tokens/{{token}}", _guarded(token), "The number of a request by its token.")


FEED = Feed(NAME, "Open311 接口", "Open311", routes=tuple(_routes()))
