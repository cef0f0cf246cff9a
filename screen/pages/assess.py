"""`/desk/figures`: every figure of incidents with its formula and its list, and the scorecard of units and villages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, State

from data.errors import OneScreenError, StoreError
from layers.core import query
from screen import html, live
from screen.assess.asked import OF, PERIODS, Desk, make_desk
from screen.assess.parts import cameras, card, figures
from screen.components import empty, failed, icon, loading, panel
from screen.drawn import slot
from screen.figures import moment
from screen.header import share, toast, tools
from screen.html import Element, Node
from screen.page import Page, Screen, offload
from screen.pages.door import how_to_load
from screen.shell import visitor
from screen.steward.tables import pills
from screen.text import Words

Row = dict[str, Any]


def layout(screen: Screen, words: Words, search: str) -> Node:
    """The whole page, filled; without a town, how to load one."""
    try:
        with screen.reading() as store:
            town = query.town(store)
        filled = read_figures(screen, words, search)
    except StoreError:
        return html.Main([html.H1(words("empty.title")), how_to_load(words), toast(words)], className="door")
    home = html.A(icon("phone"), href="/desk", className="button bare", **{"aria-label": words("door.desk")})
    skip = html.A(words("assess.skip"), href="#assess-body", className="skip")
    stamp = slot("assess-stamp", html.Div(filled["stamp"], className="desk-stamp"))
    brand = html.Div([home, html.Div([html.H1(words("assess.title")), stamp], className="desk-name")], className="brand")
    top = html.Header([skip, brand, tools(words, live.light(words), share(words))], className="page-top desk-top")
    way = slot("assess-way", html.Div(filled["way"], className="desk-way assess-way"))
    body = slot("assess-body", html.Main(filled["body"], className="desk-main", tabIndex="-1"))
    follows = live.attributes(words, "figures", zone=town["timezone"])
    return html.Div([top, way, body, live.drawer(words), toast(words)], className="desk", **follows)


def first(words: Words, town: Row) -> Node:
    """The places of the page until it comes."""
    named = html.Div([html.H1(words("assess.title")), html.Div(words.of(town["name"]), className="desk-stamp")], className="desk-name")
    brand = html.Div([html.Span(icon("phone"), className="button bare"), named], className="brand")
    ghosts = [html.Section(html.Div(loading(12, words), className="panel-body"), className="panel")]
    head = html.Header([brand, tools(words, share(words))], className="page-top desk-top")
    return html.Div([head, html.Div(className="desk-way"), html.Main(ghosts, className="desk-main")], className="desk")


def read_figures(screen: Screen, words: Words, search: str) -> Row:
    """Everything that changes with the address. Raises StoreError while nothing has been published."""
    if screen.network is None:
        return {"stamp": [], "way": [], "body": [empty(words("assess.none"))]}
    desk = make_desk(screen, screen.network, words, search)
    return {"stamp": _stamp(desk), "way": _way(desk), "body": [_guarded(desk, read) for read in (card, figures, cameras)]}


def _guarded(desk: Desk, read: Callable[[Desk], Node]) -> Node:
    """A part that fails says so in its own place; the others stay."""
    try:
        return read(desk)
    except OneScreenError as error:
        return panel("", failed(desk.words("failed.title"), desk.words.error(error), desk.words))


def _stamp(desk: Desk) -> list[Node]:
    period, words = desk.asked.period, desk.words
    days = words("assess.from_to", first=period.first.isoformat(), last=period.last.isoformat())
    return [html.Span(f"{days} · {words('wall.n.at', when=moment(desk.now, desk.zone.key, words))}")]


def _way(desk: Desk) -> list[Element]:
    """Which period, and what is compared."""
    words, here = desk.words, desk.asked.period.name
    periods = [(words(f"assess.period.{name}"), desk.to(period=name), name == here) for name in PERIODS]
    compared = [(words(f"assess.of.{by}"), desk.to(by=by), by == desk.by) for by in OF]
    return [pills(words("assess.period"), periods), pills(words("assess.of"), compared)]


def register(app: Dash, screen: Screen) -> None:
    """The address chooses what is read."""

    @app.callback(
        output={name: Output(f"assess-{name}", "content") for name in ("stamp", "way", "body")},
        inputs={"search": Input("url", "search")}, state={"path": State("url", "pathname")}, prevent_initial_call=True,
    )  # fmt: skip
    @offload
    def read(search: str | None, path: str) -> Row:
        return read_figures(screen, visitor(screen), search or "")


PAGE = Page("/desk/figures", "assess.title", layout, register, look="light", first=first)
