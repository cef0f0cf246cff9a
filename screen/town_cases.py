"""Incidents on /town: figures over the map, each the way to its list, and a drawer; `assets/app/town-cases.js` fills them."""

from __future__ import annotations

from typing import Any

from screen import html, live
from screen.cases import for_scripts
from screen.components import button, drawer, icon
from screen.html import Element, Node
from screen.page import Screen
from screen.text import Words

Row = dict[str, Any]
FIGURES = ("open", "red", "yellow", "supervised")
DRAWER = "town-cases"


def strip(words: Words) -> Element:
    """What is open in the place looked at, what of it is late or nearly, what is supervised: each number opens the list behind it."""
    figures = [_figure(name, words) for name in FIGURES]
    kpis = button(icon("chart"), "case-figures", label=words("case.figures"), kind="bare")
    return html.Section([icon("bell"), *figures, kpis, live.light(words)], className="town-cases", **{"aria-label": words("case.panel")})


def _figure(name: str, words: Words) -> Element:
    inside = [html.Span(words(f"case.panel.{name}")), html.B("—", **{"data-count": name})]
    more = {"data-act": "town-cases", "data-list": name, "data-light": name if name in ("red", "yellow") else None}
    return html.Button(inside, type="button", className="town-cases-figure", **more)


def parts(words: Words, town: Row) -> list[Node]:
    """The drawer and what the scripts need to know."""
    switches = html.Div(live.switches(words), className="town-cases-switches")
    inside = html.Div([switches, html.Div(id="town-cases-body")])
    return [drawer(DRAWER, words("case.panel"), inside, words), live.drawer(words), for_scripts(words, town, "desk.", "case.")]


def follows(screen: Screen, words: Words, town: Row) -> dict[str, str]:
    """Attributes of the page's outermost element: where there is a log, the live scripts follow it."""
    return live.attributes(words, "town", map_id="map", zone=town["timezone"]) if screen.network else {}
