"""What a page gives the live scripts (`assets/live/`): an element `[data-live]` with their words, and the places that they fill.

A page that wants the live log has `attributes(...)` on one element; everything else is optional. The scripts say how the connection is in
`light`, the age of every feed in `feeds`, draw on the map that is named, switch its layers with `switches`, and open `drawer`.
"""

from __future__ import annotations

import json

from screen import html
from screen.components import button, icon
from screen.components import drawer as sheet
from screen.html import Element
from screen.text import Words
from screen.text.network import NETWORK

# Layers of assets/live/overlay.js and the icons of their switches.
LAYERS = {"incidents": "pin", "heat": "heat", "hotspots": "target", "responders": "people", "cameras": "camera", "alerts": "zone"}
DRAWER = "live-drawer"


def attributes(words: Words, page: str, *, map_id: str = "", area: str = "", zone: str = "Asia/Shanghai") -> dict[str, str]:
    """Of the element that starts the client: the name of the page, the id of its map, the area it follows, the town's zone, and words."""
    told = {"page": page, "map": map_id, "area": area, "zone": zone, "words": script_words(words)}
    return {"data-live": json.dumps(told, ensure_ascii=False)}


def script_words(words: Words) -> dict[str, str]:
    """The texts under `live.`, by the rest of their keys, their holes left for the scripts."""
    return {key.removeprefix("live."): words.pick(*both) for key, both in NETWORK.items() if key.startswith("live.")}


def light(words: Words) -> Element:
    """How the connection is, and how old what is shown."""
    inside = [html.Span(className="live-dot", **{"aria-hidden": "true"}), html.Span(words("live.live"), className="live-said")]
    return html.Span(inside, className="live-light", role="status", **{"data-live-light": "", "data-state": "trying"})


def feeds(words: Words, most: int = 12) -> Element:
    """Every feed and when it was last heard; at most so many."""
    return html.Ul(className="live-feeds", **{"data-live-feeds": str(most), "aria-label": words("live.feeds")})


def switches(words: Words, *, people: bool = True) -> Element:
    """One switch a layer of the live map, its list and the sound. Without `people` none for responders, whose places walls do not get."""
    layers = [
        button(icon(picture), "live-layer", label=words(f"live.layer.{name}"), kind="live-switch", pressed=False, target=name)
        | {"title": words(f"live.layer.{name}")}
        for name, picture in LAYERS.items()
        if people or name != "responders"
    ]
    listed = button(icon("table"), "live-seen", label=words("live.list"), kind="live-switch") | {"title": words("live.list")}
    sound = button(
        [html.Span(icon("bell"), className="only-sound"), html.Span(icon("mute"), className="only-silence")],
        "live-sound", label=words("live.sound"), kind="live-switch live-sound", pressed=False,
    )  # fmt: skip
    return html.Div([*layers, listed, sound], className="live-switches", role="group", **{"aria-label": words("live.layers")})


def drawer(words: Words) -> Element:
    """Where cards and lists open that the page does not show itself."""
    return sheet(DRAWER, words("live.drawer"), html.Div(className="live-inside"), words)


def alarm(words: Words) -> Element:
    """Where the card of a grave new incident slides in."""
    return html.Aside(className="live-alarm", hidden=True, **{"data-live-alarm": "", "aria-label": words("live.new")})
