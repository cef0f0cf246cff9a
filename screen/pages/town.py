"""`/town`: the map first; around it where one is, three numbers, layers, legend, the list below, and the card of what was tapped."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import dash_leaflet as dl
from dash import ClientsideFunction, Dash, Input, Output, State, dcc

from data.errors import OneScreenError, StoreError
from layers.core import query
from screen import days, html, map_tools, panels, town_cases
from screen.card import card
from screen.compare import compare
from screen.components import button, empty, failed, icon, loading, panel, search, tag
from screen.drawn import slot
from screen.figures import moment
from screen.freshness import read_freshness
from screen.header import share, toast, tools
from screen.html import Element, Node
from screen.page import Page, Screen, offload
from screen.pages.door import how_to_load
from screen.scene import Scene, box_of, make_scene
from screen.shell import visitor
from screen.text import Words
from screen.view import View, parse

Row = dict[str, Any]
CHINA: list[list[float]] = [[18.0, 73.0], [54.0, 135.0]]  # south-west, north-east: only until a town has bounds
HITS = 12  # answers of a search
HALF_KM_DEG = 0.005  # an object is shown with this much of its surroundings at least
# Panels that every view has and about how many lines each: figures, layers, list; legend.
GHOSTS = (("panel-figures", 4), ("panel-layers", 3), ("panel-list", 24), ("panel-legend", 9))


def layout(screen: Screen, words: Words, search: str) -> Node:
    """The whole page, filled; without a town, how to load one."""
    try:
        with screen.reading() as store:
            scene = make_scene(screen, store, parse(search), words)
            filled = read_place(scene, store)
            opened = read_object(screen, store, parse(search).with_(layer=scene.view.layer), words)
    except StoreError:
        return html.Main([html.H1(words("empty.title")), how_to_load(words), toast(words)], className="door")
    return html.Div(
        [
            _header(scene, filled, opened),
            _map(screen, scene, filled),
            _sheet(scene, filled, opened),
            *([town_cases.strip(words), *town_cases.parts(words, scene.town)] if screen.network else []),
            *_state(search, filled, opened),
            toast(words),
        ],
        className="town",
        **town_cases.follows(screen, words, scene.town),
    )


def first(words: Words, town: Row) -> Node:
    """The head of the page and the places of the panels, until they come."""
    ghosts = [html.Section(html.Div(loading(lines, words), className="panel-body"), className=f"panel {kind}") for kind, lines in GHOSTS]
    columns = [html.Aside(ghosts[:3], className="side"), html.Aside(ghosts[3:], className="rail")]
    sheet = html.Div([_grip(words), html.Div(columns, className="sheet-inner")], className="sheet")
    field = html.Div([icon("search"), html.Span(className="search-field")], className="search")
    said = html.P(stamp(town, words), className="stamp")
    top = html.Header([_brand(words, town), html.Div(className="where"), field, tools(words, said, share(words))], className="top")
    return html.Div([top, sheet], className="town")


def _header(scene: Scene, filled: Row, opened: Row) -> Element:
    words = scene.words
    said = slot("stamp", html.P(filled["stamp"], className="stamp"))
    steps = {"where": filled["where"], "trail": opened["trail"]}
    where = html.Div([slot(name, html.Div(part, className="slot")) for name, part in steps.items()], className="where")
    skip = html.A(words("skip"), href="#list", className="skip")
    return html.Header([skip, _brand(words, scene.town), where, search(words), tools(words, said, share(words))], className="top")


def _brand(words: Words, town: Row) -> Element:
    """The way home, the town's name, and that it is made up where it is."""
    home = html.A(icon("home"), href="/", className="button bare", **{"aria-label": words("door.back")})
    made_up = tag(words("synthetic")) if town["synthetic"] else None
    return html.Div([home, html.Div([html.H1(words.of(town["name"])), made_up], className="brand-name")], className="brand")


def _map(screen: Screen, scene: Scene, filled: Row) -> Element:
    words = scene.words
    west, south, east, north = filled["focus"]["box"] or (CHINA[0][1], CHINA[0][0], CHINA[1][1], CHINA[1][0])
    leaflet = dl.Map(
        id="map", children=[], bounds=[[south, west], [north, east]], zoomControl=False, attributionControl=False, trackViewport=False,
        zoomSnap=0.5, maxZoom=20, style={"height": "100%"},
    )  # fmt: skip
    zoom = [button(icon("plus"), "zoom-in", label=words("map.zoom_in")), button(icon("minus"), "zoom-out", label=words("map.zoom_out"))]
    fit = button(icon("fit"), "fit", label=words("map.fit"))
    controls = html.Div([*zoom, fit, *map_tools.buttons(words, screen.basemaps)], className="zoom")
    foot = map_tools.foot(words, crs_name(scene.town, words))
    note = html.P(words("map.loading"), className="map-note", role="status")
    drawn = html.Div([leaflet, note], className="town-map")
    return html.Main([drawn, controls, foot], className="map-area", **{"aria-label": words("map")})


def _sheet(scene: Scene, filled: Row, opened: Row) -> Element:
    words = scene.words
    side = html.Aside(
        [slot(name, html.Div(filled[name], className=f"slot slot-{name}")) for name in ("figures", "layers", "list")],
        className="side", **{"aria-label": words("panels")},
    )  # fmt: skip
    shown = {"legend": filled["legend"], "compare": filled["compare"], "card": opened["card"]}
    rail = html.Aside(
        [slot(name, html.Div(part, className=f"slot slot-{name}")) for name, part in shown.items()],
        className="rail", **{"aria-label": words("legend")},
    )  # fmt: skip
    return html.Div([_grip(words), html.Div([side, rail], className="sheet-inner")], className="sheet")


def _grip(words: Words) -> Element:
    """Of a phone's sheet: low, half, full."""
    return html.Button(icon("up"), type="button", className="grip", **{"data-act": "sheet", "aria-label": words("sheet.toggle")})


def _state(search: str, filled: Row, opened: Row) -> list[Node]:
    """Addresses and small facts only: the map fetches its own data."""
    return [
        dcc.Store(id="place", data=search), dcc.Store(id="object", data=search), dcc.Store(id="snapshot"),
        days.view(), dcc.Store(id="focus", data=filled["focus"]), dcc.Store(id="spot", data=opened["spot"]), dcc.Store(id="drawn"),
    ]  # fmt: skip


def read_place(scene: Scene, store: query.Store) -> Row:
    """Everything but the card. A panel that fails says so in its own place; the others stay."""
    return {
        "where": _guarded(scene, lambda: panels.where(scene)),
        "figures": _guarded(scene, lambda: panels.figures(scene, store)),
        "layers": _guarded(scene, lambda: panels.layers(scene)),
        "legend": _guarded(scene, lambda: panels.legend(scene)),
        "list": _guarded(scene, lambda: panels.listing(scene, store)),
        "compare": _guarded(scene, lambda: compare(scene, store)),
        "stamp": stamp(scene.town, scene.words),
        "focus": focus(scene, box_of(scene, store)),
    }


def _guarded(scene: Scene, read: Callable[[], Node]) -> Node:
    try:
        return read()
    except OneScreenError as error:
        return panel("", failed(scene.words("failed.title"), scene.words.error(error), scene.words))


def stamp(town: Row, words: Words) -> Node:
    """Which version is on show, since when, and in which coordinate system the town measures."""
    when = moment(datetime.fromisoformat(str(town["published_at"])), town["timezone"], words)
    version = words("snapshot", n=town["snapshot"])
    return [html.Span(words("published", when=when)), html.Span(f"{version} · {crs_name(town, words)}")]


def crs_name(town: Row, words: Words) -> str:
    """The town's own coordinate system by its code; one written out as WKT or PROJ text has no short name."""
    code = str(town["crs"])
    return code if re.fullmatch(r"[A-Z]+:\d+", code) else words("crs.own")


def focus(scene: Scene, box: list[float] | None) -> Row:
    """What the map shall show: which layers in which colours, filtered how, and where."""
    levels = scene.theme == "levels"
    drawn: Row = {"name": scene.view.layer, "theme": "level" if levels else scene.theme}
    if scene.layer["geometry"] == "area" or scene.layer["table"] == "area":
        drawn["level"] = (scene.path[-1]["level"] or 0) + (1 if scene.below else 0)
    only = [scene.view.level] if levels and scene.view.level is not None else None
    return {
        "layers": [scene.view.layer],
        "draw": [drawn],
        "levels": only,
        "classes": [scene.chosen[1]] if scene.chosen else None,
        "stale": scene.fresh.aged,
        "box": box,
        "area": scene.view.area,
        "place": scene.view.with_(object="").search(),
        "question": panels.question(scene.view),
    }


def read_object(screen: Screen, store: query.Store, view: View, words: Words) -> Row:
    """The card of the object that the address names, the way to it, and where the map marks it; nothing when it names none."""
    if view.opened is None:
        return {"card": None, "trail": None, "spot": None}
    try:
        found = query.card(store, screen.viewer, *view.opened, view.layer)
    except OneScreenError as error:
        return {"card": panel(words("card"), empty(words.error(error)), kind="panel-card"), "trail": None, "spot": None}
    datasets = read_freshness(screen, store, words).datasets
    fresh = next((row["state"] for row in datasets if row["name"] == found["source"]["dataset"]), None)
    return {"card": card(found, view, words, fresh), "trail": panels.trail(found, view, words), "spot": spot(found)}


def spot(found: Row) -> Row | None:
    """Tileset, ordinal and box of an object for the map, the box wide enough to see what is around it."""
    west, south, east, north = found["box"]
    if found["ordinal"] is None or west is None:
        return None
    pad = max(0.0, HALF_KM_DEG - max(east - west, north - south)) / 2
    box = [west - pad, south - pad, east + pad, north + pad]
    return {"object": f"{found['table']}:{found['key']}", "table": found["table"], "ordinal": found["ordinal"], "box": box}


def register(app: Dash, screen: Screen) -> None:
    """The address is split in the browser, place and object are read here, the map is drawn in the browser.

    Dash takes named outputs only for callbacks on the server.
    """
    app.clientside_callback(
        ClientsideFunction("town", "split"),
        [Output("place", "data"), Output("object", "data")],
        [Input("url", "search")],
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("town", "draw"),
        Output("drawn", "data"),
        [Input("focus", "data"), Input("spot", "data")],
    )
    _register_reads(app, screen)
    _register_search(app, screen)
    days.register_days(app, screen)


def _register_reads(app: Dash, screen: Screen) -> None:
    parts = {name: Output(name, "content") for name in ("where", "figures", "layers", "legend", "list", "compare", "stamp")}

    @app.callback(
        output={**parts, "focus": Output("focus", "data")},
        inputs={"place": Input("place", "data"), "_snapshot": Input("snapshot", "data")},
        prevent_initial_call=True,
    )
    @offload
    def place(place: str, _snapshot: str | None) -> Row:
        with screen.reading() as store:
            return read_place(make_scene(screen, store, parse(place), visitor(screen)), store)

    @app.callback(
        output={"card": Output("card", "content"), "trail": Output("trail", "content"), "spot": Output("spot", "data")},
        inputs={"object": Input("object", "data"), "_snapshot": Input("snapshot", "data")},
        state={"place": State("place", "data"), "focus": State("focus", "data")},
        prevent_initial_call=True,
    )
    @offload
    def opened(object: str, _snapshot: str | None, place: str, focus: Row) -> Row:
        asked = parse(object)
        view = parse(place).with_(object=asked.object, layer=asked.layer or focus["layers"][0])
        with screen.reading() as store:
            return read_object(screen, store, view, visitor(screen))


def _register_search(app: Dash, screen: Screen) -> None:
    @app.callback(
        output={"hits": Output("hits", "content")},
        inputs={"text": Input("query", "value")},
        state={"place": State("place", "data")},
        prevent_initial_call=True,
    )
    @offload
    def hits(text: str | None, place: str) -> Row:
        if not (text or "").strip():
            return {"hits": []}
        with screen.reading() as store:
            found = query.search(store, screen.viewer, text or "", HITS + 1, parse(place).area or query.root_of(store))
        return {"hits": panels.hits(found[:HITS], text or "", parse(place), visitor(screen), more=len(found) > HITS)}


PAGE = Page("/town", "door.town", layout, register, first=first)
