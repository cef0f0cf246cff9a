"""`/report`: anybody reports an incident from a phone. Served without Dash: a few small files, and it works on a weak network or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dash
from dash import Dash

from data.errors import OneScreenError, StoreError
from data.settings import REPOSITORY
from layers.core import query
from screen import html
from screen.cases import script_words
from screen.components import icon, tag
from screen.frame import versioned
from screen.header import language, look, toast
from screen.html import Node
from screen.page import Light, Page, Screen
from screen.text import Words

Row = dict[str, Any]
STYLES = ("tokens.css", "base.css", "components-basics.css", "components-parts.css", "report.css")
OFTEN = ("0102", "0505", "0551", "0152", "0155", "0404", "0653", "0751", "0951")  # shown first, as far as the town still has them
SCRIPTS = (
    "app/preferences.js", "app/elements.js", "app/outbox.js", "app/report-form.js", "app/report-store.js", "app/report-photos.js",
    "app/report-place.js", "app/report.js",
)  # fmt: skip


def layout(screen: Screen, words: Words, _search: str) -> Node:
    """The head of the page and what the scripts need to make the form."""
    try:
        with screen.reading() as store:
            town = query.town(store)
        types = public_types(screen)
    except StoreError:
        return html.Main([html.H1(words("door.report")), html.P(words("report.town"), className="state")], className="report")
    made_up = tag(words("synthetic")) if town["synthetic"] else None
    home = html.A(icon("home"), href="/", className="button bare", **{"aria-label": words("door.back")})
    name = html.Div([html.H1(words("door.report")), html.P([words.of(town["name"]), made_up])], className="report-name")
    head = html.Header([home, name, html.Div([look(words), language(words)], className="tools")], className="report-top")
    told = {
        "words": script_words(words, "report."), "language": words.language, "types": [_type(row, words) for row in types],
        "bounds": town["bounds"], "map": map_files(), "often": OFTEN, "zone": town["timezone"],
    }  # fmt: skip
    form = html.Main(
        html.P(words("report.scriptless"), className="state report-scriptless"),
        id="report",
        className="report-main",
        **{"data-told": json.dumps(told)},
    )
    return html.Div([head, form, toast(words)], className="report")


def public_types(screen: Screen) -> list[Row]:
    """The types that the town's table opens to the public. Raises StoreError where there is no log to report to."""
    if screen.network is None:
        raise StoreError("There is no log of incidents.", zh="没有事件库。")
    try:
        return [dict(row) for row in screen.network.types() if row["public"]]
    except OneScreenError as error:
        raise StoreError(error.message, remedy=error.remedy, zh=error.zh, zh_remedy=error.zh_remedy) from error


def _type(row: Row, words: Words) -> Row:
    return {"code": row["code"], "name": words.of(row), "class": words.pick(row["class_zh"], row["class_en"]), "icon": row["icon"] or "pin"}


def map_files() -> list[str]:
    """What the small map is made of, fetched when somebody opens it: Leaflet as Dash's pages have it, and the engine of assets/map."""
    react = [_newest(name) for name in ("react@18", "react-dom@18", "prop-types@15")]
    ours = sorted(file.name for file in (REPOSITORY / "assets" / "map").glob("*.js") if file.name != "worker.js")
    suites = [*(f"dash/deps/{file}" for file in react), "dash_leaflet/dash_leaflet.js"]
    return [f"/_dash-component-suites/{file}" for file in suites] + [versioned(f"map/{file}") for file in ours]


def _newest(name: str) -> str:
    return max(file.name for file in (Path(dash.__file__).parent / "deps").glob(f"{name}.*.min.js"))


def register(app: Dash, screen: Screen) -> None:
    """Nothing to call back: the page has no Dash in it."""


PAGE = Page("/report", "door.report", layout, register, look="light", light=Light(STYLES, SCRIPTS))
