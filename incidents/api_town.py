"""Addresses that set incidents beside the town: who could be sent, cameras, where incidents gather, the editable tables."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from data.errors import NetworkError, PolicyError
from data.policy import Viewer, permit
from incidents.core import devices, hotspots, near, positions, query, tables_store
from incidents.core.network import Network
from incidents.core.spec import answer, content_of, json_of, ms
from incidents.core.tables_read import declared, plain

Handler = Callable[[Request], Awaitable[Response]]
NO_STORE = {"Cache-Control": "no-store"}
EDITORS = ("shift_leader", "leader")
LARGEST = 4_000_000  # bytes of a table


class TownApi:
    """Handlers; `routes` says where they belong."""

    def __init__(self, network: Network, default: Viewer) -> None:
        self._network, self._default = network, default

    def routes(self) -> tuple[tuple[str, str, Handler, str], ...]:
        """Method, path, handler, and what it does."""
        return (
            ("GET", "/api/network/near", self.near, "Who could be sent to an incident, best first"),
            ("GET", "/api/network/responders", self.responders, "Everybody who can be sent, with the last position"),
            ("GET", "/api/network/cameras", self.cameras, "Cameras with stream and last still"),
            ("GET", "/api/network/heat", self.heat, "Points of the last hours"),
            ("GET", "/api/network/hotspots", self.hotspots, "The same type again and again at one spot"),
            ("GET", "/api/network/tables", self.tables, "Versions of the editable tables"),
            ("GET", "/api/network/tables/{name}", self.table, "One editable table, as JSON or ?format=csv"),
            ("PUT", "/api/network/tables/{name}", self.save, "A new version of a table: JSON rows or CSV, with ?why="),
        )

    def _viewer(self, request: Request) -> Viewer:
        return Viewer("wall") if request.query_params.get("page_role") == "wall" else self._network.viewer(request, self._default)

    async def near(self, request: Request) -> Response:
        sight = await self._sight(request)
        _permit_people(sight.viewer)
        number = request.query_params.get("incident", "")

        def question(connection: Any) -> Any:
            case = query.seen(connection, number, sight)
            return near.nearest(case, self._people(connection, sight), near.hands(connection), sight.tables, sight.viewer)

        return answer({"rows": await self._network.ask(question)}, headers=NO_STORE)

    def _people(self, connection: Any, sight: query.Sight) -> list[dict[str, Any]]:
        """Everybody who can be sent, where they are; of a key that is limited to areas those who are there."""
        moved = {row[0]: row[1:] for row in positions.read(connection)}
        with self._network.store.read() as cursor:
            people = near.placed(near.register(cursor), moved, self._network.now())
        return [row for row in people if not sight.areas or self._there(row, sight.areas)]

    def _there(self, row: dict[str, Any], areas: tuple[str, ...]) -> bool:
        path = "" if row["lon"] is None else self._network.places.path_at(row["lon"], row["lat"])
        return any(f"/{code}/" in path for code in areas)

    async def responders(self, request: Request) -> Response:
        sight = await self._sight(request)
        viewer = sight.viewer
        if not sight.places:
            return answer({"rows": []}, headers=NO_STORE)

        def question(connection: Any) -> Any:
            load = near.hands(connection)
            return [near.shown(row | {"load": load.get(row["responder_id"], 0)}, viewer) for row in self._people(connection, sight)]

        return answer({"rows": await self._network.ask(question)}, headers=NO_STORE)

    async def cameras(self, request: Request) -> Response:
        sight = await self._sight(request)

        def question(connection: Any) -> Any:
            with self._network.store.read() as cursor:
                found = devices.cameras(cursor, connection, sight)
            return [row for row in found if not sight.areas or self._there(row, sight.areas)]

        return answer({"rows": await self._network.ask(question)}, headers=NO_STORE)

    async def heat(self, request: Request) -> Response:
        sight, now = await self._sight(request), ms(self._network.now())
        hours = _number(request, "hours", 24.0, 24.0 * 366)
        return answer({"rows": await self._network.ask(lambda c: hotspots.heat(c, sight, now, hours))}, headers=NO_STORE)

    async def hotspots(self, request: Request) -> Response:
        sight, now = await self._sight(request), ms(self._network.now())
        figures = sight.tables.figures
        around, days = _number(request, "m", figures["repeat_m"], 2_000), _number(request, "days", figures["repeat_days"], 366)
        return answer({"rows": await self._network.ask(lambda c: hotspots.hotspots(c, sight, now, around, days))}, headers=NO_STORE)

    async def _sight(self, request: Request) -> query.Sight:
        return await asyncio.to_thread(self._network.sight, self._viewer(request), self._network.areas(request))

    async def tables(self, _request: Request) -> Response:
        rows = await self._network.ask(tables_store.history)
        return answer({"version": max((row["version"] for row in rows), default=1), "history": rows}, headers=NO_STORE)

    async def table(self, request: Request) -> Response:
        name = declared(request.path_params["name"]).name
        known = await asyncio.to_thread(self._network.tables)
        rows = plain(name, known.rows(name))
        if request.query_params.get("format") == "csv":
            return Response(_csv(rows), media_type="text/csv; charset=utf-8", headers=NO_STORE)
        return answer({"name": name, "version": known.version, "rows": rows}, headers=NO_STORE)

    async def save(self, request: Request) -> Response:
        network = self._network
        actor = network.actor(request, "tables")
        permit(actor, EDITORS, "change the town's tables", "修改标准表")
        name, content = request.path_params["name"], await content_of(request, LARGEST)
        if request.headers.get("content-type", "").startswith("text/csv"):
            rows: Any = content.decode("utf-8-sig")
        else:
            asked = json_of(content)
            rows = asked.get("rows") if isinstance(asked, dict) else asked
        if not isinstance(rows, str | list):
            raise NetworkError(
                "The table has no rows.",
                remedy='Send {"rows": […]} or CSV.',
                zh="没有表格内容。",
                zh_remedy='请发送 {"rows": […]} 或 CSV。',
            )
        by, why = actor.name or actor.duty, request.query_params.get("why", "")
        version = await network.write(lambda connection: tables_store.save(connection, name, rows, by, why, network.now()))
        return JSONResponse({"version": version}, 201, headers=NO_STORE)


def _permit_people(viewer: Viewer) -> None:
    """Staff numbers, places and loads of responders are for leaders and up."""
    if not viewer.reaches("leader"):
        raise PolicyError(
            "Who could be sent, and where they are, is for leaders and up.", remedy="Ask at a desk of the town.",
            zh="处置人员及其位置仅限领导及以上岗位查看。", zh_remedy="请在指挥席位上查看。",
        )  # fmt: skip


def _csv(rows: list[dict[str, Any]]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + written.getvalue()  # spreadsheets take a file without the mark for GBK


def _number(request: Request, name: str, default: float, most: float) -> float:
    given = request.query_params.get(name)
    if given is None:
        return default
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if not 0 < value <= most:
        raise NetworkError(
            f"{name} = {given!r} is no number over 0 and up to {most:g}.", remedy="Correct it.",
            zh=f"{name} = {given!r} 应为大于 0 且不超过 {most:g} 的数。", zh_remedy="请更正。",
        ).at(name)  # fmt: skip
    return value
