"""`/`: who are you and where do you want to go; how the town stands now, and where one was last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import dash_leaflet as dl
from dash import ClientsideFunction, Dash, Input, Output, ctx, dcc

from data.errors import StoreError
from layers.core import query
from screen import html, pages, panels
from screen.components import icon, level_bar, level_tag, swatch, tag
from screen.drawn import slot
from screen.figures import moment, plain
from screen.freshness import mark as fresh_mark
from screen.header import toast, tools
from screen.html import Element, Node
from screen.page import LAST, Page, Screen, offload
from screen.scene import Scene, box_of, make_scene
from screen.shell import visitor
from screen.text import Words
from screen.view import LEVELS, View, parse

Row = dict[str, Any]
LONGEST = 1500  # characters of an address that is remembered
MOST_CLASSES = 6


@dataclass(frozen=True, slots=True)
class Way:
    """Who comes here and where that leads: keys of the text tables. A place without a page yet is named, and is no link."""

    who: str
    place: str
    path: str
    picture: str


WAYS = (
    Way("door.who.leader", "door.town", "/town", "layer"),
    Way("door.who.officer", "door.wall", "/wall", "map"),
    Way("door.who.officer", "door.desk", "/desk", "phone"),
    Way("door.who.steward", "door.steward", "/steward", "table"),
    Way("door.who.analyst", "door.analyst", "/analyst", "chart"),
    Way("door.who.patrol", "door.report", "/report", "pin"),
)


def layout(screen: Screen, words: Words, _search: str) -> Node:
    """The doors of this installation; without a town, how to load one."""
    try:
        filled = read_door(screen, words, unquote(ctx.cookies.get(LAST, "")))
    except StoreError:
        head = html.Header([html.Div([html.H1(words("product")), html.P(words("empty.title"))]), tools(words)])
        return html.Main([html.Div([head, how_to_load(words)], className="door-inner"), toast(words)], className="door")
    hero = html.Section(
        [_map(words, filled["focus"]), slot("door-told", html.Div(filled["told"], className="door-told"))],
        className="door-hero", **{"aria-label": words("door.now")},
    )  # fmt: skip
    top = html.Header([html.P(words("product"), className="door-brand"), tools(words)], className="door-top")
    state = [dcc.Store(id="door-focus", data=filled["focus"]), dcc.Store(id="door-snapshot"), dcc.Store(id="door-drawn")]
    return html.Div([top, html.Main([hero, _ways(words)]), *state, toast(words)], className="door-town")


def how_to_load(words: Words) -> Element:
    """The two commands that bring a town onto the screen."""
    steps = html.Dl(
        [
            html.Div([html.Dt(words("empty.demo")), html.Dd(html.Code("make demo", tabIndex="0"))]),
            html.Div([html.Dt(words("empty.own")), html.Dd(html.Code("python -m etl load TOWN.toml", tabIndex="0"))]),
        ],
        className="empty-steps",
    )
    return html.Div([html.P(words("empty.what")), steps, html.P(words("empty.after"), className="state")], className="door-card door-wide")


def read_door(screen: Screen, words: Words, last: str) -> Row:
    """What changes with a snapshot: name, figures and freshness of the town, where one was last, and what the picture shows."""
    with screen.reading() as store:
        scene = make_scene(screen, store, View(layer=_reddest(store)), words)
        told = [_name(scene), panels.keys(scene, store), _legend(scene), _continue(store, words, last)]
        return {"told": told, "focus": _focus(scene, store)}


def _reddest(store: query.Store) -> str:
    """The layer that has most reds: the picture shows where they are. "" where nothing is red, and the page chooses."""
    reds = query.reds_by_layer(store, query.root_of(store))
    return max(reds, key=lambda name: reds[name], default="")


def _name(scene: Scene) -> Node:
    """The town's name, that it is made up where it is, and since when this is known."""
    words = scene.words
    published = moment(datetime.fromisoformat(str(scene.town["published_at"])), scene.town["timezone"], words)
    made_up = tag(words("synthetic")) if scene.town["synthetic"] else None
    state = [made_up, fresh_mark(scene.fresh.state(*scene.fresh.layers), words), html.Span(words("published", when=published))]
    return html.Div([html.H1(scene.name), html.P(state, className="door-state")], className="door-name")


def _legend(scene: Scene) -> Node:
    """What the picture's colours are and how often each occurs: the levels, or the largest classes where nothing has been judged."""
    words, theme, bar = scene.words, scene.theme_facts, None
    if theme:
        largest = sorted((row["n"] for row in theme["classes"]), reverse=True)[:MOST_CLASSES]
        classes = [row for row in theme["classes"] if row["n"] and row["n"] >= largest[-1]][:MOST_CLASSES]
        named = [html.Li([swatch(row["hex"]), html.Span(words.of(row)), html.Span(plain(row["n"]))]) for row in classes]
    else:
        counts = {row["level"]: row["n"] for row in scene.legend["levels"] if isinstance(row["n"], int) and row["n"]}
        named = [html.Li([level_tag(level, words), html.Span(plain(counts[level]))]) for level in LEVELS if level in counts]
        bar = level_bar(counts, words)
    title = f"{words.of(scene.layer)} · {words.of(theme) if theme else words('legend.levels')}"
    return html.Div([html.Span(title), bar, html.Ul(named)], className="door-legend")


def _focus(scene: Scene, store: query.Store) -> Row:
    """Which layer the picture draws in which colours, and where."""
    levels = scene.theme == "levels"
    drawn: Row = {"name": scene.layer["name"], "theme": "level" if levels else scene.theme}
    if scene.layer["table"] in ("area", "person"):
        drawn["level"] = 1
    return {"draw": [drawn], "box": box_of(scene, store), "stale": scene.fresh.aged}


def _map(words: Words, focus: Row) -> Element:
    """The town as it stands: a picture, drawn by the map itself, and a way to the map."""
    west, south, east, north = focus["box"] or (-180, -60, 180, 75)
    leaflet = dl.Map(
        id="door-map", children=[], bounds=[[south, west], [north, east]], zoomControl=False, attributionControl=False, trackViewport=False,
        dragging=False, keyboard=False, scrollWheelZoom=False, doubleClickZoom=False, touchZoom=False, boxZoom=False, zoomSnap=0.25,
        style={"height": "100%"},
    )  # fmt: skip
    picture = html.Div(leaflet, className="door-picture", **{"aria-hidden": "true"})
    enter = html.A(html.Span(words("door.enter"), className="door-enter-said"), href="/town", className="door-enter")
    return html.Div([picture, enter], className="door-map")


def _continue(store: query.Store, words: Words, last: str) -> Node:
    """The way back to the last view, named in the language of today; none where there is none or its place is gone."""
    path, mark, search = last.partition("?")
    page = pages.load_pages().get(path)
    if page is None or path == "/" or len(last) > LONGEST:
        return None
    names = [words(page.title), *(_place(store, parse(search), words) if path == "/town" else [])]
    inside = [icon("back"), html.Span([words("door.continue"), html.Strong(" · ".join(name for name in names if name))])]
    return html.A(inside, href=path + mark + search, className="door-continue")


def _place(store: query.Store, view: View, words: Words) -> list[str]:
    """Area and layer of a view, as far as they are still there."""
    steps = query.breadcrumb(store, view.area) if view.area else []
    layer = next((layer for layer in query.layer_list(store) if layer["name"] == view.layer), None)
    return [words.of(steps[-1]) if steps else "", words.of(layer) if layer else ""]


def _ways(words: Words) -> Element:
    known = pages.load_pages()
    doors = [html.Li(_door(way, words, open=way.path in known)) for way in WAYS]
    state = html.A([icon("check"), words("door.health")], href="/health", className="button bare")
    head = html.Div([html.H2(words("door.title")), html.P(words("door.accounts")), state], className="door-ask")
    return html.Nav([head, html.Ul(doors, className="doors")], className="door-ways", **{"aria-label": words("door.title")})


def _door(way: Way, words: Words, *, open: bool) -> Node:
    place = html.Strong([words(way.place), None if open else tag(words("door.soon"))])
    inside = [icon(way.picture), html.Span(words(way.who), className="door-who"), place, html.Span(words(f"{way.place}.note"))]
    return html.A(inside, href=way.path, className="door-card") if open else html.Div(inside, className="door-card door-shut")


def register(app: Dash, screen: Screen) -> None:
    """The picture is drawn in the browser; figures follow each new snapshot."""
    app.clientside_callback(ClientsideFunction("door", "draw"), Output("door-drawn", "data"), Input("door-focus", "data"))

    @app.callback(
        output={"told": Output("door-told", "content"), "focus": Output("door-focus", "data")},
        inputs={"_snapshot": Input("door-snapshot", "data")},
        prevent_initial_call=True,
    )
    @offload
    def again(_snapshot: str | None) -> Row:
        return read_door(screen, visitor(screen), unquote(ctx.cookies.get(LAST, "")))


PAGE = Page("/", "product", layout, register)
