"""Addresses of the duty desk alone: what has changed since one looked, and that a hand-over note has been read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from data.policy import Viewer, permit
from incidents.core import handover
from incidents.core.changes import MOST, changes
from incidents.core.network import Network
from incidents.core.spec import answer, content_of, json_of, ms, wrong

Handler = Callable[[Request], Awaitable[Response]]
NO_STORE = {"Cache-Control": "no-store"}
LARGEST = 10_000  # bytes of a request
LONGEST_NUMBER = 15  # digits


class DeskApi:
    """Handlers; `routes` says where they belong."""

    def __init__(self, network: Network, default: Viewer) -> None:
        self._network, self._default = network, default

    def routes(self) -> tuple[tuple[str, str, Handler, str], ...]:
        """Method, path, handler, and what it does."""
        return (
            ("GET", "/api/network/changes", self.changes, "What has happened since a number of the log"),
            ("POST", "/api/network/handover/read", self.read, "A hand-over note has been read"),
        )

    async def changes(self, request: Request) -> Response:
        since, most = _whole(request, "since", 0), _whole(request, "size", 200)
        viewer = self._network.viewer(request, self._default)
        sight = await asyncio.to_thread(self._network.sight, viewer, self._network.areas(request))
        found = await self._network.ask(lambda connection: changes(connection, since, min(most, MOST), sight))
        return answer(found, headers=NO_STORE)

    async def read(self, request: Request) -> Response:
        actor = self._network.actor(request, "")
        permit(actor, handover.READERS, "read hand-over notes", "查看交接班记录")
        told: Any = json_of(await content_of(request, LARGEST))
        written = told.get("at") if isinstance(told, dict) else None
        if not isinstance(written, int):
            raise wrong("at", written, "which note has been read?", "Send the `at` of the note.", "读的是哪一条？", "请提供该记录的 at。")
        now = ms(self._network.now())
        await self._network.write(lambda connection: handover.read(connection, actor, written, now))
        return answer({"at": written, "read_at": now}, headers=NO_STORE)


def _whole(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not given.isdecimal() or len(given) > LONGEST_NUMBER:
        raise wrong(name, given, "this is no whole number.", "Correct it.", "应为整数。", "请更正。")
    return int(given)
