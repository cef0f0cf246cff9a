"""Addresses of the network for pages and machines: reports, steps, cards, lists, photos, tables (docs/network.md section 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import starlette.routing
from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from data.errors import NetworkError, OneScreenError, PolicyError
from data.policy import Actor, Viewer, permit
from incidents.api_desk import DeskApi
from incidents.api_figures import FiguresApi
from incidents.api_town import TownApi
from incidents.core import alerts, handover, kpi_list, lifecycle, near, photos, positions, query, sound, spec
from incidents.core.network import Network
from incidents.core.spec import Command, Outcome, Route, Step, content_of, json_of, ms, refusal, told
from incidents.live import same_origin

MOST = 1_000  # incidents of one request
LARGEST = 64 * 2**20  # bytes of one request
MOVERS = ("feed", "grid_member", "unit", "dispatcher", "shift_leader")  # who may tell where responders are
Handler = Callable[[Request], Awaitable[Response]]
NO_STORE = {"Cache-Control": "no-store"}


def guarded(handler: Handler) -> Handler:
    """Refuse what another site sends in a visitor's name, and say errors in words."""

    async def answer(request: Request) -> Response:
        if request.method != "GET" and not same_origin(request):
            return refusal(_stranger())
        try:
            _whole_characters(request)
            return await handler(request)
        except OneScreenError as error:
            return refusal(error)

    return answer


def _whole_characters(request: Request) -> None:
    """Raises NetworkError for an address with NUL in it, which no database takes."""
    if "\0" in request.url.path + str(request.path_params) or any("\0" in value for value in request.query_params.values()):
        raise NetworkError(
            "The address contains a NUL character (%00).", remedy="Leave it out.", zh="地址中含有空字符（%00）。", zh_remedy="请删除。"
        )


def _stranger() -> PolicyError:
    return PolicyError(
        "Another site may not act in the name of who sits here.",
        remedy="Open the page from this server, or send an API key without Origin.",
        zh="不接受其他网站发来的请求。", zh_remedy="请从本服务器打开页面，或在不带 Origin 的请求中使用 API 密钥。",
    )  # fmt: skip


async def body_of(request: Request) -> Any:
    """The JSON of a request, which must say so: forms of another site are sent without asking us. Raises NetworkError."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise NetworkError(
            "This address takes JSON.", remedy="Send Content-Type: application/json.",
            zh="此地址只接受 JSON。", zh_remedy="请使用 Content-Type: application/json。",
        )  # fmt: skip
    return json_of(await content_of(request, LARGEST))


def outcome(one: Outcome) -> dict[str, Any]:
    """What became of a command, as JSON."""
    found: dict[str, Any] = {"incident": one.incident, "seq": one.seq, "state": one.state} if one.incident else {}
    return found | ({"error": told(one.error)} if one.error else {"known": True} if one.known else {})


def add_network(server: FastAPI, network: Network, default: Viewer) -> None:
    """Attach all addresses of the network and of its feeds. `default` is what may be seen by whoever has not said who she is."""
    api = _Api(network, default)
    for feed in network.feeds:
        for route in feed.routes:
            _add(server, route, _of_feed(network, route))
    beside = (TownApi(network, default), DeskApi(network, default), FiguresApi(network, default))
    for method, path, handler, about in (*api.routes(), *(route for one in beside for route in one.routes())):
        _add(server, Route(method, path, handler, about), guarded(handler))  # type: ignore[arg-type]


def _of_feed(network: Network, route: Route) -> Handler:
    async def handler(request: Request) -> Response:
        return await route.handler(request, network)

    return guarded(handler)


def _add(server: FastAPI, route: Route, handler: Handler) -> None:
    """Starlette answers; FastAPI, which takes twice as long to call the same handler, only documents it."""
    server.router.routes.append(starlette.routing.Route(route.path, handler, methods=[route.method]))
    more = {"requestBody": {"content": {"application/json": {"schema": dict(route.body)}}}} if route.body else None
    server.add_api_route(
        route.path, handler, methods=[route.method], summary=route.about or None, openapi_extra=more, response_model=None, tags=["network"],
    )  # fmt: skip


class _Api:
    def __init__(self, network: Network, default: Viewer) -> None:
        self._network, self._default = network, default

    def routes(self) -> Sequence[tuple[str, str, Handler, str]]:
        return (
            ("GET", "/api/incidents", self.listed, "Incidents by filters"),
            ("GET", "/api/incidents/{number}", self.card, "One incident with its history, photos, and what may be done now"),
            ("POST", "/api/incidents/{number}/steps", self.step, "Take a step of the life cycle"),
            ("POST", "/api/steps", self.steps, "Take the same step on several incidents"),
            ("GET", "/api/incidents/{number}/duplicates", self.duplicates, "Open incidents that may be the same"),
            ("POST", "/api/photos", self.photo, "Store a picture"),
            ("GET", "/api/photos/{photo}", self.picture, "A stored picture"),
            ("POST", "/api/positions", self.moved, "Where responders are"),
            ("GET", "/api/network", self.names, "States, steps, duties, types, units and sources with their names"),
            ("GET", "/api/network/feeds", self.feeds, "Age and state of every way in"),
            ("GET", "/api/network/alerts", self.alerts, "Alerts in force"),
            ("GET", "/api/network/handover", self.handovers, "Notes of the last shifts"),
            ("POST", "/api/network/handover", self.hand_over, "Leave a note for the next shift"),
        )

    def _viewer(self, request: Request) -> Viewer:
        found = self._network.viewer(request, self._default)
        return Viewer("wall") if request.query_params.get("page_role") == "wall" else found

    async def _sight(self, request: Request) -> query.Sight:
        return await asyncio.to_thread(self._network.sight, self._viewer(request), self._network.areas(request))

    async def listed(self, request: Request) -> Response:
        filters = {name: value for name, value in request.query_params.items() if name not in ("key", "api_key", "page_role")}
        sight, now = await self._sight(request), self._network.now()
        if "list" in filters:
            zone = self._network.zone()
            found = await self._network.ask(lambda connection: kpi_list.behind(connection, filters, sight, now, zone))
        else:
            found = await self._network.ask(lambda connection: query.find(connection, filters, sight, now))
        return JSONResponse(found, headers=NO_STORE)

    async def card(self, request: Request) -> Response:
        sight, number = await self._sight(request), request.path_params["number"]
        actor = self._acting(request)
        found = await self._network.ask(lambda connection: query.card(connection, number, sight, actor))
        sent = await asyncio.to_thread(self._sent, found["incident"]["responder"], sight.viewer)
        return JSONResponse(found | {"responder": sent, "at": ms(self._network.now()), "duty": actor.duty}, headers=NO_STORE)

    def _sent(self, responder: str | None, viewer: Viewer) -> dict[str, Any] | None:
        if not responder:
            return None
        with self._network.store.read() as cursor:
            return near.person(cursor, responder, viewer)

    def _acting(self, request: Request) -> Actor:
        """Who asks, or the public: who may do nothing is shown nothing to do."""
        try:
            return self._network.actor(request, "")
        except PolicyError:
            return Actor("public")

    async def duplicates(self, request: Request) -> Response:
        sight, number = await self._sight(request), request.path_params["number"]
        found = await self._network.ask(lambda connection: query.duplicates(connection, number, sight))
        return JSONResponse({"rows": found}, headers=NO_STORE)

    async def step(self, request: Request) -> Response:
        asked = _object(await body_of(request))
        (done,) = await self._take(request, [request.path_params["number"]], asked)
        return refusal(done.error, _status(done.error)) if done.error else JSONResponse(outcome(done), headers=NO_STORE)

    async def steps(self, request: Request) -> Response:
        asked = _object(await body_of(request))
        numbers = asked.pop("incidents", None)
        if not isinstance(numbers, list) or not 0 < len(numbers) <= MOST:
            raise NetworkError(
                f"incidents must be a list of 1 to {MOST} numbers.", remedy="Name them.",
                zh=f"incidents 应为 1 至 {MOST} 个编号的列表。", zh_remedy="请列出编号。",
            ).at("incidents")  # fmt: skip
        done = await self._take(request, [str(number) for number in numbers], asked, _seqs(asked.pop("if_seqs", {}), numbers))
        rows = [outcome(one) | {"incident": number} for number, one in zip(numbers, done, strict=True)]
        return spec.answer({"items": rows, "done": sum(not one.error for one in done)}, 207, NO_STORE)

    async def _take(
        self, request: Request, numbers: Sequence[str], fields: dict[str, Any], seqs: Mapping[str, int] | None = None
    ) -> list[Outcome]:
        """The step on each of `numbers`: with the number of its last event in `seqs`, else with the one `if_seq` of the request."""
        actor = self._network.actor(request, "steps")
        name, if_seq = str(fields.pop("step", "")), fields.pop("if_seq", None)
        each = [Step(number, name, fields, (seqs or {}).get(number, if_seq)) for number in numbers]
        return await self._network.submit([Command(step, actor) for step in each])

    async def photo(self, request: Request) -> Response:
        actor = self._network.actor(request, "photos")
        kind = request.query_params.get("kind", "near")
        if kind not in photos.KINDS:
            raise NetworkError(
                f"kind = {kind!r} does not exist.", remedy=f"Known: {', '.join(photos.KINDS)}.",
                zh=f"没有 {kind!r} 这种照片。", zh_remedy=f"可用：{'、'.join(photos.KINDS)}。",
            ).at("kind")  # fmt: skip
        kept = await self._network.keep_photo(await content_of(request, LARGEST), kind, actor)
        return JSONResponse({"photo": kept.id, "media_type": kept.media_type, "size": kept.size}, 201, headers=NO_STORE)

    async def picture(self, request: Request) -> Response:
        sight, photo = await self._sight(request), request.path_params["photo"]
        found = await self._network.ask(lambda connection: query.picture(connection, photo, sight))
        if found is None:
            return JSONResponse({"error": "no such photo, or not for you"}, status_code=404)
        file = photos.path_of(self._network.settings.attachments, found["sha256"], found["media_type"])
        headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return FileResponse(file, media_type=found["media_type"], headers=headers)

    async def moved(self, request: Request) -> Response:
        actor = self._network.actor(request, "positions")
        permit(actor, MOVERS, "tell positions", "上报位置")
        asked = await body_of(request)
        items = asked if isinstance(asked, list) else _object(asked).get("items", [asked])
        if not isinstance(items, list) or len(items) > MOST:
            raise NetworkError(
                f"items must be a list of up to {MOST} positions.", remedy='Send {"items": […]}.',
                zh=f"items 应为不超过 {MOST} 条位置的列表。", zh_remedy='请发送 {"items": […]}。',
            ).at("items")  # fmt: skip
        places = self._network.places
        rows = positions.checked(items, places, ms(self._network.now()))
        for row in rows if actor.areas else ():
            permit(actor, MOVERS, "tell positions", "上报位置", places.path_at(row["lon"], row["lat"]))
        await self._network.write(lambda connection: positions.write(connection, rows))
        return JSONResponse({"kept": len(rows)}, headers=NO_STORE)

    async def names(self, _request: Request) -> Response:
        tables = await asyncio.to_thread(self._network.tables)
        both = {"states": lifecycle.STATES, "duties": lifecycle.DUTIES, "stages": lifecycle.STAGES}
        found: dict[str, Any] = {name: {key: {"zh": zh, "en": en} for key, (zh, en) in table.items()} for name, table in both.items()}
        found["steps"] = {rule.step: query.step_of(rule) | {"duties": list(rule.duties)} for rule in lifecycle.RULES.values()}
        found |= {name: tables.rows(name) for name in ("types", "units", "sources", "grades")}
        return JSONResponse(found | {"version": tables.version}, headers=NO_STORE)

    async def feeds(self, request: Request) -> Response:
        now, why = self._network.now(), self._viewer(request).reaches("officer")
        found = await self._network.ask(lambda c: query.feeds(c, self._network.feeds, now, why=why))
        return JSONResponse({"feeds": found}, headers=NO_STORE)

    async def alerts(self, _request: Request) -> Response:
        now = ms(self._network.now())
        return JSONResponse({"alerts": await self._network.ask(lambda c: alerts.in_force(c, now))}, headers=NO_STORE)

    async def handovers(self, request: Request) -> Response:
        permit(self._network.actor(request, ""), handover.READERS, "read hand-over notes", "查看交接班记录")
        return JSONResponse({"notes": await self._network.ask(handover.latest)}, headers=NO_STORE)

    async def hand_over(self, request: Request) -> Response:
        actor = self._network.actor(request, "")
        permit(actor, handover.READERS, "write hand-over notes", "填写交接班记录")
        note = str(_object(await body_of(request)).get("note") or "").strip()
        sound.text("note", note)
        at = ms(self._network.now())
        await self._network.write(lambda connection: handover.write(connection, actor, note, at))
        return JSONResponse({"at": at}, 201, headers=NO_STORE)


def _object(asked: Any) -> dict[str, Any]:
    if not isinstance(asked, Mapping):
        raise NetworkError("The body must be an object.", remedy="Send {…}.", zh="请求体应为对象。", zh_remedy="请发送 {…}。")
    return dict(asked)


def _seqs(asked: Any, numbers: Sequence[Any]) -> dict[str, int]:
    """`if_seqs` of a request for several incidents: {incident: the seq that was seen}. Raises NetworkError naming what is wrong in it."""
    if not isinstance(asked, Mapping):
        raise _wrong_seqs(asked)
    for number, seq in asked.items():
        if number not in numbers or not isinstance(seq, int) or isinstance(seq, bool):
            raise _wrong_seqs({number: seq})
    return dict(asked)


def _wrong_seqs(value: Any) -> NetworkError:
    said = str(value)[:100]
    return NetworkError(
        f"if_seqs = {said} does not name incidents of this request with their seq.", remedy="Send {incident: seq}, or leave it out.",
        zh=f"if_seqs = {said} 不是本次所列事件及其 seq。", zh_remedy="请发送 {编号: seq}，或省略。",
    ).at("if_seqs")  # fmt: skip


def _status(error: OneScreenError) -> int:
    """409 where somebody was quicker, 404 for a number that does not exist, 403 for who may not."""
    field = getattr(error, "field", "")
    return (
        403 if isinstance(error, PolicyError) else 404 if field == "incident" else 409 if field in ("state", "if_seq", "checked") else 400
    )
