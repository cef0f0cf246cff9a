"""`/`: who are you and where do you want to go."""

from __future__ import annotations

from typing import Any

from dash import Dash, html

from data.errors import StoreError
from layers.core import query
from screen.components import icon
from screen.header import tools
from screen.page import Page, Screen
from screen.text import Words


def layout(screen: Screen, words: Words, _search: str) -> Any:
    """The doors of this installation; without a town, how to load one."""
    try:
        with screen.reading() as store:
            town = query.town(store)
    except StoreError:
        return html.Main(
            [html.Div([_head(words("product"), words("empty.title"), words), how_to_load(words)], className="door-inner")], className="door"
        )
    inside = [_head(words.of(town["name"]), words("door.title"), words), _doors(words)]
    return html.Main(html.Div(inside, className="door-inner"), className="door")


def how_to_load(words: Words) -> html.Div:
    """The two commands that bring a town onto the screen."""
    steps = html.Dl(
        [
            html.Div([html.Dt(words("empty.demo")), html.Dd(html.Code("make demo", tabIndex="0"))]),
            html.Div([html.Dt(words("empty.own")), html.Dd(html.Code("python -m etl load TOWN.toml", tabIndex="0"))]),
        ],
        className="empty-steps",
    )
    return html.Div([html.P(words("empty.what")), steps, html.P(words("empty.after"), className="state")], className="door-card door-wide")


def _head(title: str, note: str, words: Words) -> html.Header:
    return html.Header([html.Div([html.H1(title), html.P(note)]), tools(words)])


def _doors(words: Words) -> html.Nav:
    town = _door("layer", words("door.town"), words("door.town.note"), "/town")
    wall = _door("map", words("door.wall"), words("door.wall.note"), "/wall")
    state = _door("check", words("door.health"), words("door.health.note"), "/health")
    return html.Nav([town, wall, state], className="doors", **{"aria-label": words("door.title")})


def _door(picture: str, title: str, note: str, href: str) -> html.A:
    return html.A([icon(picture), html.Strong(title), html.Span(note)], href=href, className="door-card")


def register(_app: Dash, _screen: Screen) -> None:
    """The door has no callbacks."""


PAGE = Page("/", "product", layout, register)
