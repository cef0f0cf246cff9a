"""Until accounts exist, real people's data stay on this machine: at start, and when a real town is published later."""

from __future__ import annotations

import ipaddress
from typing import Any

from fastapi.responses import PlainTextResponse

from data.errors import SettingsError
from data.store.serving import current
from layers.core import query
from screen.page import Screen

REASON = "Real data is loaded (or what is loaded cannot be read), and without accounts it is served on this machine only."
REMEDY = "Set ONESCREEN_HOST to 127.0.0.1, or load a town with `synthetic = true` in its town.toml."


def loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def real_data(screen: Screen) -> bool:
    """Whether the snapshot on show must be taken to hold data of real people: also while that cannot be told, not while it is empty."""
    return _told(screen) is not False


def _told(screen: Screen) -> bool | None:
    """Real or not; None when the snapshot cannot be read."""
    try:
        with screen.reading() as store:
            return query.town(store)["synthetic"] is not True
    except Exception:  # whatever the reason is, it is none to show people's data to others
        return False if _nothing_published(screen) else None


def _nothing_published(screen: Screen) -> bool:
    try:
        return current(screen.settings) is None
    except Exception:  # a damaged pointer points at something
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
        except Exception:  # as in _told: asked anew with every request until it can be told
            return real_data(self.screen)
        if self._checked[0] != snapshot:
            found = _told(self.screen)
            if found is None:
                return True
            self._checked = (snapshot, found)
        return self._checked[1]
