"""What surrounds every page in Dash: the address, the page that belongs to it, and the cookies of language and look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, html

from data.errors import OneScreenError
from screen import html as plain
from screen.components import failed
from screen.drawn import Drawn, whole
from screen.page import LANGUAGE, UNITS, Page, Screen, offload
from screen.text import Words, words


def layout() -> html.Div:
    """The frame that is the same for every address; the page itself comes by the callback below."""
    return html.Div([dcc.Location(id="url", refresh="callback-nav"), html.Div(id="page")])


def register(app: Dash, screen: Screen, pages: Mapping[str, Page]) -> None:
    """Attach the router and every page's own callbacks."""

    @app.callback(
        output={"page": Output("page", "children")}, inputs={"path": Input("url", "pathname")}, state={"search": State("url", "search")}
    )
    @offload
    def route(path: str, search: str | None) -> dict[str, Any]:
        page = pages.get(path.rstrip("/") or "/") if path else None
        return {"page": drawn(page, screen, search or "") if page else None}

    for page in pages.values():
        page.register(app, screen.seen_on(page))


def drawn(page: Page, screen: Screen, search: str) -> Drawn:
    """The page's layout, or what went wrong in words."""
    say = visitor(screen)
    try:
        return whole(page.layout(screen.seen_on(page), say, search))
    except OneScreenError as error:
        return whole(plain.Main(failed(say("failed.title"), say.error(error), say), className="door"))


def visitor(screen: Screen) -> Words:
    """Words in the language, and with the units, of whoever sent this callback."""
    return words(ctx.cookies.get(LANGUAGE, screen.settings.language), ctx.cookies.get(UNITS, ""))
