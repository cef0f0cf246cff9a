"""Until accounts exist, real people's data stay on this machine: at start, and when a real town is published later.

Listening on loopback alone does not keep other sites out: a page elsewhere may have its own name point here (DNS rebinding), and then the
browser of whoever opens it reads for it. So real data are given out under this machine's own names only.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from fastapi.concurrency import run_in_threadpool
from fastapi.requests import HTTPConnection
from fastapi.responses import PlainTextResponse

from data.errors import SettingsError
from data.settings import Settings
from data.store.serving import current
from layers.core import query
from screen.page import Screen

REASON = "Real data is loaded (or what is loaded cannot be read), and without accounts it is served on this machine only."
REMEDY = "Set ONESCREEN_HOST to 127.0.0.1, or load a town with `synthetic = true` in its town.toml."
REASON_ZH = "已装入真实数据（或无法读取所装入的数据）；在有账号之前，只在本机提供。"
REMEDY_ZH = "请把 ONESCREEN_HOST 设为 127.0.0.1，或装入 town.toml 中 `synthetic = true` 的镇。"
NAME = "This address is not a name of this machine's own."
NAME_ZH = "此地址不是本机自己的名称。"
PROXIED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")  # headers of a request that came through a proxy
_HOST = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")


def loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def named_here(asked: HTTPConnection) -> bool:
    """Whether a request names this machine as only this machine does."""
    # Not `asked.url`: where the header is no proper host, that says the server's own name.
    named = _HOST.fullmatch(asked.headers.get("host", ""))
    return named is not None and loopback(named[1].strip("[]"))


def at_this_machine(settings: Settings, asked: HTTPConnection) -> bool:
    """Whether whoever sits at this machine asks: it listens here alone, and the request came from here, under its own name, by no proxy."""
    near = asked.client is not None and loopback(asked.client.host) and named_here(asked)
    return loopback(settings.host) and near and not any(name in asked.headers for name in PROXIED)


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
        zh = f"ONESCREEN_HOST 为 {host!r}。{REASON_ZH}"
        raise SettingsError(f"ONESCREEN_HOST is {host!r}. {REASON}", remedy=REMEDY, zh=zh, zh_remedy=REMEDY_ZH)


class OnlyHere:
    """ASGI middleware: while a real town is published, what others could read is refused.

    Of a server that others can reach that is every answer (403), of one for this machine alone what is asked for under another name (421).
    """

    def __init__(self, app: Any, screen: Screen) -> None:
        self.app, self.screen = app, screen
        self.reached = not loopback(screen.settings.host)
        self._checked: tuple[int | None, bool] = (None, False)  # snapshot, whether it is real

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        web = scope["type"] in ("http", "websocket")
        if web and (self.reached or not named_here(HTTPConnection(scope))) and await run_in_threadpool(self._real):
            await self._refusal()(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refusal(self) -> PlainTextResponse:
        if self.reached:
            return PlainTextResponse(f"{REASON_ZH}{REMEDY_ZH}\n{REASON} {REMEDY}\n", status_code=403)
        here = f"http://127.0.0.1:{self.screen.settings.port}/"
        said = f"{NAME_ZH}{REASON_ZH}请打开 {here}\n{NAME} {REASON} Open {here}\n"
        return PlainTextResponse(said, status_code=421)

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
