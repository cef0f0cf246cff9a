"""OneScreen: `create_app(settings)` wires the rooms together; `python app.py` serves and prints the addresses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import AsyncIterator

import uvicorn
from dash import Dash
from fastapi import FastAPI

from data.errors import OneScreenError, SettingsError
from data.policy import Viewer
from data.settings import REPOSITORY, Settings, load_settings
from data.store.serving import ServingStore
from incidents.api import add_network
from incidents.core.network import Network
from incidents.live import add_live
from layers.core.registry import load_layers
from screen.basemap import load_basemaps
from screen.compress import Compress
from screen.frame import INDEX
from screen.guard import OnlyHere, at_this_machine, check_host
from screen.page import Page, Screen
from screen.pages import load_pages
from screen.routes import add_not_found, add_routes
from screen.scene import make_scene
from screen.shell import layout, register
from screen.text import words
from screen.view import View

# Until accounts exist: names and work phones of the people in charge, residents masked (data/policy.py).
VIEWER = Viewer("leader")
OPENAPI = "/api/openapi.json"
# Assets that pages of Dash fetch themselves (workers, and fonts where the system has none), and those of /report, which has no Dash.
NOT_IN_PAGE = r"(\.worker\.js|\.v[\d.]+|^report[.-])"


def create_app(settings: Settings) -> FastAPI:
    """The whole application as an ASGI app. Raises SettingsError when real data would be served beyond this machine."""
    store = ServingStore(settings)
    network = Network(settings, store, here=lambda asked: at_this_machine(settings, asked))
    screen = Screen(settings, store, VIEWER, load_layers(settings.layers), load_basemaps(settings.basemaps), network)
    check_host(screen)
    pages = load_pages()
    server = FastAPI(
        title="OneScreen", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", lifespan=lambda _server: _living(network)
    )
    add_network(server, network, VIEWER)
    add_live(server, network, VIEWER)
    dash_app = _dash(server, screen, pages)
    add_not_found(server)
    server.add_middleware(Compress)
    server.add_middleware(OnlyHere, screen=screen)
    server.state.screen, server.state.dash = screen, dash_app
    return server


@contextlib.asynccontextmanager
async def _living(network: Network) -> AsyncIterator[None]:
    """Follow the log while the server runs, from before the first request on; write what has come in before it ends."""
    with contextlib.suppress(Exception):  # the tail tries again by itself, and says why
        await network.tail.begin()
    following = asyncio.create_task(network.tail.run())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await asyncio.to_thread(network.stop)


def _dash(server: FastAPI, screen: Screen, pages: dict[str, Page]) -> Dash:
    built: list[Dash] = []
    add_routes(server, screen, pages, lambda: built[0])
    dash_app = Dash(
        "onescreen",
        server=server,
        assets_folder=str(REPOSITORY / "assets"),
        assets_path_ignore=[NOT_IN_PAGE],
        assets_ignore=NOT_IN_PAGE,
        index_string=INDEX,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1, viewport-fit=cover"}],
        update_title=None,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        enable_mcp=False,
    )
    dash_app.backend.websocket_capability = False  # our live channel is our own; Dash would open one for callbacks that we do not have
    built.append(dash_app)
    dash_app.layout = layout
    register(dash_app, screen, pages)
    dash_app._setup_server()  # Dash would do it on the first request to an address of its own, and ours may come before
    return dash_app


def warm(screen: Screen) -> None:
    """Read one scene before the first visitor comes: the first bound query of a process imports pandas, about a second."""
    with contextlib.suppress(OneScreenError), screen.reading() as store:
        make_scene(screen, store, View(), words(screen.settings.language))


def main() -> int:
    """Serve until interrupted."""
    try:
        settings = load_settings()
        server = create_app(settings)
        listening = listen(settings)
    except OneScreenError as error:
        print("OneScreen 未能启动。", *error.said("zh"), file=sys.stderr)
        print(f"OneScreen did not start. {error}", file=sys.stderr)
        return 2
    root = address(settings)
    print(f"OneScreen  {root}/\n  town     {root}/town\n  wall     {root}/wall\n  health   {root}/health", flush=True)
    threading.Thread(target=warm, args=(server.state.screen,), daemon=True).start()
    config = uvicorn.Config(
        server, log_level="warning", timeout_graceful_shutdown=2, access_log=False, ws_per_message_deflate=False, ws_max_size=2**20
    )
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def address(settings: Settings) -> str:
    """Where the server is reached; an IPv6 address stands in brackets."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def listen(settings: Settings) -> socket.socket:
    """The bound socket, before any address is printed. Raises SettingsError when the port is taken or the address is not ours."""
    try:
        return socket.create_server((settings.host, settings.port), family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            f"{address(settings)} cannot be listened on ({error.strerror}).",
            remedy="Set ONESCREEN_PORT or ONESCREEN_HOST.",
            zh=f"无法在 {address(settings)} 上监听（{error.strerror}）。",
            zh_remedy="请设置 ONESCREEN_PORT 或 ONESCREEN_HOST。",
        ) from error


if __name__ == "__main__":
    sys.exit(main())
