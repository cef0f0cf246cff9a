"""Until accounts exist, real people's data stay on this machine: at start, and when a real town is published later."""

from __future__ import annotations

import ipaddress
from typing import Any

from fastapi.responses import PlainTextResponse

from data.errors import SettingsError, StoreError
from layers.core import query
from screen.page import Screen

REASON = "Real data is loaded, and without accounts it is served on this machine only."
REMEDY = "Set ONESCREEN_HOST to 127.0.0.1, or load a town with `synthetic = true` in its town.toml."


def loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def real_data(screen: Screen) -> bool:
    """Whether the snapshot on show holds data of real people; False while nothing is loaded."""
    try:
        with screen.reading() as store:
            return not query.town(store)["synthetic"]
    except StoreError:
        return False


def check_host(screen: Screen) -> None:
    """Raises SettingsError when real data would be served beyond this machine."""
    host = screen.settings.host
    if not loopback(host) and real_data(screen):
        raise SettingsError(f"ONESCREEN_HOST is {host!r}. {REASON}", remedy=REMEDY)


class OnlyHere:
    """ASGI middleware for a server that others can reach: from the moment a real town is published, every answer is a refusal."""

    def __init__(self, app: Any, screen: Screen) -> None:
        self.app, self.screen = app, screen
        self._checked: tuple[int | None, bool] = (None, False)  # snapshot, whether it is real

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket") and self._real():
            await PlainTextResponse(f"{REASON} {REMEDY}", status_code=403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _real(self) -> bool:
        try:
            snapshot = self.screen.store.serving().snapshot
        except StoreError:
            return False
        if self._checked[0] != snapshot:
            self._checked = (snapshot, real_data(self.screen))
        return self._checked[1]
