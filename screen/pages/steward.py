"""`/steward`: how good the data are, what came, what was refused and why, and what to put right. A desk, so it opens in light."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import Dash, Input, Output, State, dcc

from data.errors import OneScreenError, StoreError
from screen import html
from screen.components import failed, icon, link, loading, panel, tag
from screen.drawn import slot
from screen.figures import plain
from screen.header import share, toast, tools
from screen.html import Node
from screen.page import Page, Screen, offload
from screen.pages.door import how_to_load
from screen.shell import visitor
from screen.steward.contradictions import contradictions
from screen.steward.coverage import coverage
from screen.steward.desk import Desk, make_desk
from screen.steward.figures import figures
from screen.steward.files import failures, files
from screen.steward.history import history
from screen.steward.refused import refused
from screen.steward.runs import runs
from screen.steward.view import PARTS, parse, to
from screen.text import Words

Row = dict[str, Any]
READ: Mapping[str, Callable[[Desk], Node]] = {
    "files": files, "runs": runs, "refused": refused, "contradictions": contradictions, "coverage": coverage, "history": history,
}  # fmt: skip


def layout(screen: Screen, words: Words, search: str) -> Node:
    """The whole page, filled; without a town, how to load one."""
    try:
        filled = read_desk(screen, words, search)
    except StoreError:
        return html.Main([html.H1(words("empty.title")), how_to_load(words), toast(words)], className="door")
    home = html.A(icon("home"), href="/", className="button bare", **{"aria-label": words("door.back")})
    name = html.Div(
        [html.H1(words("door.steward")), slot("steward-stamp", html.Div(filled["stamp"], className="desk-stamp"))], className="desk-name"
    )
    skip = html.A(words("steward.skip"), href="#steward-body", className="skip")
    top = html.Header([skip, html.Div([home, name], className="brand"), tools(words, share(words))], className="page-top desk-top")
    way = slot("steward-way", html.Div(filled["way"], className="desk-way"))
    body = slot("steward-body", html.Main(filled["body"], className="desk-main", tabIndex="-1"))
    return html.Div([top, way, body, dcc.Store(id="snapshot"), toast(words)], className="desk")


def first(words: Words, town: Row) -> Node:
    """The places of the page until it comes."""
    home = html.Span(icon("home"), className="button bare")
    named = html.Div([html.H1(words("door.steward")), html.Div(words.of(town["name"]), className="desk-stamp")], className="desk-name")
    head = html.Header([html.Div([home, named], className="brand"), tools(words, share(words))], className="page-top desk-top")
    ghosts = [html.Section(html.Div(loading(lines, words), className="panel-body"), className="panel") for lines in (5, 12)]
    return html.Div([head, html.Div(className="desk-way"), html.Main(ghosts, className="desk-main")], className="desk")


def read_desk(screen: Screen, words: Words, search: str) -> Row:
    """Everything that changes with the address or with a snapshot. Raises StoreError while nothing has been published."""
    with screen.reading() as store:
        desk = make_desk(screen, store, parse(search), words)
        body = [_guarded(desk, READ[desk.view.part])]
        if desk.view.part == PARTS[0]:
            body = [_guarded(desk, failures), _guarded(desk, figures), *body]
        return {"stamp": _stamp(desk), "way": _way(desk), "body": body}


def _guarded(desk: Desk, read: Callable[[Desk], Node]) -> Node:
    """A part that fails says so in its own place; the others stay."""
    try:
        return read(desk)
    except OneScreenError as error:
        return panel("", failed(desk.words("failed.title"), desk.words.error(error), desk.words))


def _stamp(desk: Desk) -> list[Node]:
    words, serving = desk.words, desk.screen.store.serving()
    synthetic = tag(words("synthetic")) if desk.town["synthetic"] else None
    told = [words("published", when=desk.when(serving.published_at)), words("snapshot", n=serving.snapshot)]
    return [html.Span(words.of(desk.town["name"])), html.Span(" · ".join(told)), synthetic]


def _way(desk: Desk) -> Node:
    """The parts of the page, each with the number that says whether to go there."""
    bad = sum(row["state"] not in ("current", "unset") for row in desk.datasets)
    told = {
        "files": bad, "runs": sum(run.result == "failed" for run in desk.runs), "refused": sum(row["refused"] for row in desk.datasets),
        "contradictions": desk.now.contradictions, "coverage": desk.now.findings, "history": 0,
    }  # fmt: skip
    items = [html.Li(_part(desk, part, told[part])) for part in PARTS]
    return html.Nav(html.Ul(items, className="desk-parts"), **{"aria-label": desk.words("steward.parts.label")})


def _part(desk: Desk, part: str, n: int) -> Node:
    words = desk.words
    text = words(f"steward.part.{part}")
    count = (
        html.Span([plain(n), html.Span(words(f"steward.part.{part}.n"), className="visually-hidden")], className="pill-n") if n else None
    )
    keep = {"dataset": desk.view.dataset} if part in ("refused", "history") else {}
    return link([text, count], to(part, **keep), kind="desk-part", current="page" if part == desk.view.part else False)


def register(app: Dash, screen: Screen) -> None:
    """The address chooses what is read; a new snapshot reads it again."""

    @app.callback(
        output={name: Output(f"steward-{name}", "content") for name in ("stamp", "way", "body")},
        inputs={"search": Input("url", "search"), "_snapshot": Input("snapshot", "data")},
        state={"path": State("url", "pathname")},
        prevent_initial_call=True,
    )
    @offload
    def read(search: str | None, _snapshot: str | None, path: str) -> Row:
        return read_desk(screen, visitor(screen), search or "")


PAGE = Page("/steward", "door.steward", layout, register, look="light", first=first)
