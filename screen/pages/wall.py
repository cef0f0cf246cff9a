"""`/wall`: the whole town from five metres. Scenes, carousel and map run in the browser; the server fills panels, once a snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dash_leaflet as dl
from dash import ClientsideFunction, Dash, Input, Output, dcc

from data.errors import StoreError
from layers.core import query
from screen import html, live
from screen.components import button, icon, link, tag
from screen.drawn import slot
from screen.header import language, look, toast
from screen.html import Element, Node
from screen.page import Page, Screen, offload
from screen.pages.door import how_to_load
from screen.shell import visitor
from screen.text import Words
from screen.wall.about import head
from screen.wall.facts import Facts, read_facts
from screen.wall.network import read_live, read_network
from screen.wall.panels import read_panels
from screen.wall.places import HEAD, MAP
from screen.wall.plan import legends, plan, published, scenes_of
from screen.wall.scenes import Mistake, Scene

Row = dict[str, Any]


def layout(screen: Screen, words: Words, _search: str) -> Node:
    """The whole page, filled; without a town, how to load one."""
    try:
        with screen.reading() as store:
            facts = read_facts(screen, store, words)
            filled = read_wall(facts)
    except StoreError:
        return html.Main([html.H1(words("empty.title")), how_to_load(words), toast(words)], className="door")
    return html.Div(
        [
            slot("wall-bar", html.Header(filled["bar"], className="wall-bar")),
            slot("wall-network", html.Div(filled["network"], className="wall-slot")),
            slot("wall-panels", html.Div(filled["panels"], className="wall-slot")),
            _map(words, filled, followed(screen)),
            dcc.Store(id="wall-plan", data=filled["plan"]),
            dcc.Store(id="wall-snapshot"),
            dcc.Store(id="wall-tick"),
            dcc.Store(id="wall-taken"),
            toast(words),
            live.drawer(words) if followed(screen) else None,
        ],
        className="wall",
        **{"data-shape": "", "aria-label": words("door.wall")},
        **(live.attributes(words, "wall", map_id="wall-map", zone=facts.town["timezone"]) if followed(screen) else {}),
    )


def followed(screen: Screen) -> bool:
    """Whether there is a log of incidents that the wall can follow."""
    return getattr(screen, "network", None) is not None


def first(words: Words, town: Row) -> Node:
    """The title bar, until the page comes."""
    title = html.H1([html.Span(words.of(town["name"])), html.Span(words("product"))], className="wall-name")
    return html.Div(html.Header(title, className="wall-bar"), className="wall")


def read_wall(facts: Facts) -> Row:
    """Everything that changes with a snapshot."""
    scenes, mistakes = scenes_of(facts)
    facts = replace(facts, stops=max((picture.most for scene in scenes for picture in scene.pictures if picture.tour), default=0))
    panels, network = read_panels(facts), network_of(facts)
    return {
        "bar": _bar(facts, scenes),
        "panels": [_slot(HEAD, head(facts)), *(_slot(name, node) for name, node in panels.items())],
        "legends": [_mistakes(facts.words, mistakes), *legends(facts, scenes)],
        "network": [_slot(name, node) for name, node in network.items()],
        "plan": plan(facts, scenes, panels.keys() | network.keys()),
    }


def network_of(facts: Facts) -> dict[str, Node]:
    """The panels of the log of incidents; none where there is no log."""
    found = read_live(facts.screen, facts.store, facts.town, facts.words)
    return read_network(found) if found else {}


def _slot(name: str, node: Node) -> Element:
    """The place of a panel on the grid, found by the script; nothing shows before it has been given its place."""
    return html.Div(node, className="wall-place", hidden=True, **{"data-panel": name})


def _bar(facts: Facts, scenes: list[Scene]) -> list[Node]:
    """Scenes left, the town's name in the middle with its two halves left and right of the seam, time and connection right."""
    words = facts.words
    synthetic = tag(words("synthetic")) if facts.town["synthetic"] else None
    name = html.H1([html.Span(words.of(facts.town["name"])), html.Span(words("product"))], className="wall-name")
    state = html.Span(
        [html.Span(className="wall-dot"), html.Span(words("wall.online"), id="wall-said")], className="wall-link", role="status"
    )
    fresh = html.Span(words("wall.fresh", when=published(facts)), id="wall-fresh")
    clock = [html.Span(id="wall-day", className="wall-day"), html.Span(id="wall-time", className="wall-time")]
    left = [_scenes(words, scenes), _playing(words)]
    right = [
        html.Div([fresh, html.Span([state, synthetic], className="wall-state-line")], className="wall-state"),
        html.Div(clock, className="wall-clock"),
    ]
    return [
        html.Div(left, className="wall-half wall-half-left"),
        name,
        html.Div([*right, _tools(words)], className="wall-half wall-half-right"),
    ]


def _scenes(words: Words, scenes: list[Scene]) -> Element:
    found = [
        button([html.Kbd(scene.key), words.pick(scene.zh, scene.en)], "wall-scene", kind="wall-scene", target=scene.id) for scene in scenes
    ]
    every = button([html.Kbd("0"), words("wall.carousel")], "wall-carousel", kind="wall-scene wall-every")
    return html.Nav([*found, every], className="wall-scenes", **{"aria-label": words("wall.scenes")})


def _playing(words: Words) -> Element:
    """What is going on, and the button that holds it."""
    moving = html.Span([icon("pause"), words("wall.playing")], className="only-playing")
    resting = html.Span([icon("play"), words("wall.paused")], className="only-paused")
    told = html.Span(words("wall.pause"), className="visually-hidden")
    pause = button([moving, resting, told], "wall-pause", kind="bare wall-pause", pressed=False)
    return html.Div([pause, html.Span(className="wall-progress", **{"aria-hidden": "true"})], className="wall-playing")


def _tools(words: Words) -> Element:
    """What the keys H, D, L and F do too; the pointer resting on it tells all keys."""
    home = link(icon("home"), "/", kind="button bare", label=words("wall.home"))
    full = button(icon("fit"), "wall-full", label=words("wall.full"), kind="bare wall-full")
    return html.Div([home, look(words), language(words), full], className="wall-tools", title=words("wall.keys"))


def _map(words: Words, filled: Row, followed: bool = False) -> Element:
    first = next((picture["box"] for scene in filled["plan"]["scenes"] for picture in scene["pictures"] if picture["box"]), None)
    west, south, east, north = first or (73.0, 18.0, 135.0, 54.0)
    leaflet = dl.Map(
        id="wall-map", children=[], bounds=[[south, west], [north, east]], zoomControl=False, attributionControl=False, trackViewport=False,
        keyboard=False, zoomSnap=0.1, maxZoom=20, style={"height": "100%"},
    )  # fmt: skip
    title = html.P(id="wall-picture", className="wall-picture", **{"aria-live": "polite"})
    shown = slot("wall-legends", html.Div(filled["legends"], className="wall-legends"))
    over = [html.Div(live.switches(words, people=False), className="wall-switches"), live.alarm(words)] if followed else []
    inside = [
        html.Div(leaflet, className="wall-leaflet"),
        title,
        shown,
        *over,
        html.P(words("map.loading"), className="map-note", role="status"),
    ]
    return html.Main(inside, className="wall-map", **{"data-panel": MAP, "aria-label": words("map")})


def _mistakes(words: Words, mistakes: list[Mistake]) -> Node:
    """What is wrong with the town's own scene files, for those who wrote them."""
    if not mistakes:
        return None
    told = [
        html.P(words("wall.mistakes", n=len(mistakes)), className="state-title"),
        *(html.P(mistake.said(words.language)) for mistake in mistakes),
    ]
    return html.Div(told, className="wall-mistakes", role="status", tabIndex="0")


def register(app: Dash, screen: Screen) -> None:
    """The plan goes to the script; a new snapshot fills the panels anew without a reload."""
    app.clientside_callback(ClientsideFunction("wall", "take"), Output("wall-taken", "data"), [Input("wall-plan", "data")])
    filled = {"bar": "content", "panels": "content", "network": "content", "legends": "content", "plan": "data"}

    @app.callback(
        output={name: Output(f"wall-{name}", part) for name, part in filled.items()},
        inputs={"_snapshot": Input("wall-snapshot", "data")},
        prevent_initial_call=True,
    )
    @offload
    def renew(_snapshot: str | None) -> Row:
        with screen.reading() as store:
            return read_wall(read_facts(screen, store, visitor(screen)))

    @app.callback(
        output={"network": Output("wall-network", "content", allow_duplicate=True)},
        inputs={"_tick": Input("wall-tick", "data")},
        prevent_initial_call=True,
    )
    @offload
    def go_on(_tick: float | None) -> Row:
        with screen.reading() as store:
            found = read_live(screen, store, query.town(store), visitor(screen))
        panels = read_network(found) if found else {}
        return {"network": [_slot(name, node) for name, node in panels.items()]}


PAGE = Page("/wall", "door.wall", layout, register, role="wall", place="wall", first=first)
