"""`/desk`: the duty officer's place. Queue, map and card; the scripts `assets/app/desk*.js` fill them from the live log, keyboard first."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import dash_leaflet as dl
from dash import Dash

from data.errors import StoreError
from layers.core import query
from screen import html, live
from screen.cases import for_scripts
from screen.components import button, icon, loading, tag
from screen.header import language, look, share, toast
from screen.html import Element, Node
from screen.page import Page, Screen
from screen.pages.door import how_to_load
from screen.text import Words

Row = dict[str, Any]


def layout(screen: Screen, words: Words, search: str) -> Node:
    """The places of the desk; without a town, how to load one."""
    try:
        with screen.reading() as store:
            town = query.town(store)
            box = query.box_below(store, query.root_of(store)) or town["bounds"]
    except StoreError:
        return html.Main([html.H1(words("empty.title")), how_to_load(words), toast(words)], className="door")
    heard = html.P(id="duty-said", className="visually-hidden", role="status", **{"aria-live": "polite"})
    state = [heard, for_scripts(words, town, "desk.", "case."), live.drawer(words), toast(words)]
    asked = "incident" in parse_qs(search.lstrip("?"))
    follows = live.attributes(words, "desk", map_id="desk-map", zone=town["timezone"])
    return html.Div([_header(words, town), _queue(words), _map(words, box), _card(words, asked), *state], className="duty", **follows)


def first(words: Words, town: Row) -> Node:
    """The head of the desk and its places, until they come."""
    ghosts = html.Div(loading(12, words), className="duty-queue")
    return html.Div([_header(words, town), ghosts], className="duty")


def _header(words: Words, town: Row) -> Element:
    home = html.A(icon("home"), href="/", className="button bare", **{"aria-label": words("door.back")})
    made_up = tag(words("synthetic")) if town["synthetic"] else None
    name = html.Div(
        [html.H1(words("door.desk")), html.Span([words.of(town["name"]), made_up], className="duty-town")], className="duty-name"
    )
    skip = html.A(words("desk.skip"), href="#queue", className="skip")
    brand = html.Div([home, name], className="brand")
    return html.Header([skip, brand, html.Div(id="duty-acting", className="duty-acting"), _tools(words)], className="duty-top")


def _tools(words: Words) -> Element:
    changed = html.Button(id="duty-changed", type="button", className="button", **{"data-act": "desk-changed", "aria-keyshortcuts": "w"})
    over = button([icon("table"), html.Span(words("desk.handover"))], "desk-handover", label=words("desk.handover"), kind="duty-handover")
    keys = button(html.Kbd("?"), "desk-help", label=words("desk.help"))
    kpis = button(icon("chart"), "case-figures", label=words("case.figures"))
    return html.Div([live.light(words), changed, over, kpis, keys, share(words), look(words), language(words)], className="tools")


def _queue(words: Words) -> Element:
    """Filters, what is selected, and the list; the scripts fill all three."""
    filters = html.Div(id="duty-filters", className="duty-filters", role="search", **{"aria-label": words("desk.filters")})
    chosen = html.Div(id="duty-chosen", className="duty-chosen", hidden=True)
    waits = html.P(id="duty-waits", className="duty-waits", role="status")
    more = {
        "role": "listbox",
        "tabIndex": "0",
        "aria-multiselectable": "true",
        "aria-label": words("desk.queue"),
        "aria-describedby": "duty-count",
    }
    rows = html.Div(html.P(words("desk.queue.coming"), className="state", role="presentation"), id="queue", className="duty-list", **more)
    count = html.P(id="duty-count", className="duty-count")
    return html.Section([filters, count, waits, chosen, rows], className="duty-queue", **{"aria-label": words("desk.queue")})


def _map(words: Words, box: list[float] | None) -> Element:
    west, south, east, north = box or (73.0, 18.0, 135.0, 54.0)
    leaflet = dl.Map(
        id="desk-map", children=[], bounds=[[south, west], [north, east]], zoomControl=False, attributionControl=False, trackViewport=False,
        zoomSnap=0.5, maxZoom=20, style={"height": "100%"},
    )  # fmt: skip
    note = html.P(words("desk.map.loading"), className="map-note", role="status")
    area = html.Div([leaflet, note], className="town-map")
    over = html.Div(live.switches(words), className="duty-overlays")
    return html.Section([area, over], className="duty-map", **{"aria-label": words("desk.map")})


def _card(words: Words, asked: bool) -> Element:
    """The place of the card. One that the address asks for has its room from the beginning (`data-asked`, assets/desk.css)."""
    empty = html.P(words("desk.card.none"), className="state", **({"data-asked": ""} if asked else {}))
    inside = html.Div(empty, id="duty-card", className="duty-card-body", tabIndex="-1")
    return html.Main(inside, className="duty-card", **{"aria-label": words("desk.card")})


def register(app: Dash, screen: Screen) -> None:
    """Nothing to call back: the desk follows the log, not Dash."""


PAGE = Page("/desk", "door.desk", layout, register, first=first)
