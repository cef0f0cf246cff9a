"""Colours of earlier days on the map of /town: a strip to play them, and what was red then. Drawn by `assets/app/days.js`."""

from __future__ import annotations

import json

from dash import Dash, Input, Output

from data.errors import StoreError
from layers.core import query
from screen import html
from screen.components import button, icon
from screen.drawn import slot
from screen.figures import plain
from screen.html import Element, Node
from screen.map_view import MapView
from screen.page import Screen, offload
from screen.shell import visitor
from screen.text import Words

VIEW = "map-view"  # the component that tells which day is on show
SAID = "day-said"


def opener(words: Words) -> Element:
    """The button of the strip; hidden until the map knows of an earlier day."""
    return html.Button(
        icon("clock"), type="button", className="button", title=words("map.days"), hidden=True,
        **{"data-act": "days", "aria-label": words("map.days"), "aria-pressed": "false"},
    )  # fmt: skip


def strip(words: Words) -> Element:
    """Play, a slider over the days, the day on show, what was red on it, and the way back to today."""
    play = button(icon("play"), "days-play", label=words("map.days.play"))
    bar = html.Input(type="range", className="days-bar", min=0, step=1, **{"aria-label": words("map.days.which")})
    close = button(icon("close"), "days-close", label=words("map.days.close"))
    said = html.Div([html.Strong(className="days-day"), slot(SAID, html.P(className="days-said", role="status"))], className="days-text")
    told = {"play": words("map.days.play"), "pause": words("map.days.pause"), "today": words("map.days.today")}
    return html.Div([play, said, close, bar], className="days", hidden=True, **{"data-words": json.dumps(told, ensure_ascii=False)})


def view() -> MapView:
    """The map's own report of the day that it shows."""
    return MapView(target="map", id=VIEW, count=False)


def register_days(app: Dash, screen: Screen) -> None:
    """What is said of a day, whenever the map shows another one."""

    @app.callback(output={"said": Output(SAID, "content")}, inputs={"day": Input(VIEW, "as_of")}, prevent_initial_call=True)
    @offload
    def said(day: str | None) -> dict[str, Node]:
        try:
            with screen.reading() as store:
                return {"said": said_of(store, day, visitor(screen))}
        except StoreError:
            return {"said": None}


def said_of(store: query.Store, day: str | None, words: Words) -> str | None:
    """Reds and oranges of the town on a day against those of today, and that everything but the map is of today; None for today itself."""
    if day is None:
        return None
    rows = {str(row["as_of"]): row for row in query.trend(store)}
    then, now = rows.get(day), rows.get(str(query.today_of(store)))
    if then is None or now is None:
        return words("map.days.rest")
    counts = {
        name: plain(row[key])
        for row, end in ((then, ""), (now, "_now"))
        for key, name in (("reds", f"reds{end}"), ("oranges", f"oranges{end}"))
    }
    return words("map.days.said", **counts)
