"""The socket `/live`: a snapshot, then deltas by sequence (docs/network.md section 5)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, WebSocket
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocketDisconnect

from data.errors import OneScreenError, PolicyError
from data.policy import Viewer
from incidents.core.hub import Audience, Client
from incidents.core.network import Network, key_of
from incidents.core.spec import ms

TOO_SLOW, REFUSED = 4008, 4003
LONGEST = 16_384  # characters of what a client says
ABOUT = """A WebSocket of JSON text frames. Query: `since` and `epoch` (to go on where one was), `area` (a code), `key`.

First comes `{"kind":"snapshot","epoch","seq","at","digest","columns":[…],"rows":[[…]],"alerts","positions","feeds"}`, then at most
every 50 ms `{"kind":"delta","from","seq","at","rows":[[…]],"gone":[id]}`, every 2 s `{"kind":"beat","seq","at","digest","feeds"}`, and
`positions`. Rows are open incidents in the order of `columns`; the light is green before `yellow_at`, yellow before `due_at`, red from
then on, by the server's clock `at`. Where `from` is not the `seq` of the frame before, or the digest of a beat of the same `seq` is not
the sum modulo 2^32 over all rows of FNV-1a (32 bits) of `id:seq`, close and join without `since`. Who does not keep up is closed with
4008 and joins again."""


def same_origin(asked: HTTPConnection) -> bool:
    """Whether a browser's page of this very server asks, or no browser at all: another site may open sockets and send forms in its name."""
    origin = asked.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == asked.headers.get("host")


def add_live(server: FastAPI, network: Network, viewer: Viewer) -> None:
    """Attach the socket."""

    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            audience = _audience(network, websocket, viewer)
            since = _number(websocket.query_params.get("since"))
        except OneScreenError as error:
            await websocket.close(REFUSED, str(error)[:120])
            return
        client = Client(audience)
        tail = network.tail
        more = {"alerts": tail.alerts, "positions": tail.positions, "feeds": tail.feeds}
        tail.hub.join(client, ms(network.now()), more, since, websocket.query_params.get("epoch", ""))
        name = f"{websocket.client.host if websocket.client else ''}:{id(client)}"
        try:
            await _serve(websocket, client, lambda told: network.screens.tell(name, told, ms(network.now())))
        finally:
            tail.hub.leave(client)
            network.screens.forget(name)

    server.add_api_websocket_route("/live", live)
    server.add_api_route("/live", upgrade, methods=["GET"], summary="Follow incidents by WebSocket", description=ABOUT, tags=["network"])


async def upgrade() -> Response:
    """What a request without a WebSocket gets; its description stands in the OpenAPI document, which knows no sockets."""
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    return JSONResponse({"error": "This address is a WebSocket.", "zh": "此地址为 WebSocket。", "see": "/api/openapi.json"}, 426, headers)


def _audience(network: Network, asked: WebSocket, default: Viewer) -> Audience:
    if not same_origin(asked):
        raise PolicyError(
            "Another site may not follow in the name of who sits here.", remedy="Open it from this server.",
            zh="不接受其他网站的连接。", zh_remedy="请从本服务器打开。",
        )  # fmt: skip
    actor = network.actor(asked, "live") if key_of(asked) else None
    viewer = actor.viewer if actor else network.viewer(asked, default)
    if asked.query_params.get("page") == "wall":  # a page may only mask further
        viewer = Viewer("wall")
    area = asked.query_params.get("area", "")
    if area:
        place = network.places.in_area(area)
        if actor and not actor.reaches_area(place.path):
            raise PolicyError(
                f"{actor.name} may follow {', '.join(actor.areas)} only.", zh=f"{actor.name} 只能查看 {'、'.join(actor.areas)}。"
            )
    return Audience(viewer, area, actor.areas if actor else ())


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdigit() and len(value) < 16 else None


async def _serve(websocket: WebSocket, client: Client, hear: Callable[[dict[str, Any]], None]) -> None:
    """Send what the hub puts, hear what the client says, until either ends."""
    both = {asyncio.create_task(_listen(websocket, hear)), asyncio.create_task(_send(websocket, client))}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()


async def _send(websocket: WebSocket, client: Client) -> None:
    """Who does not keep up is cut off."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while not client.lost:
            await websocket.send_text(await client.frames.get())
        await websocket.close(TOO_SLOW, "too slow: join again")


async def _listen(websocket: WebSocket, hear: Callable[[dict[str, Any]], None]) -> None:
    """Without listening nobody learns that a client has gone."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, KeyError):
        while True:
            said = await websocket.receive_text()
            if len(said) > LONGEST:
                continue
            with contextlib.suppress(ValueError, RecursionError):
                told = json.loads(said)
                if isinstance(told, dict) and told.get("kind") == "health":
                    hear(told)
