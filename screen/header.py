"""Tools that stand at the top of every page: share, look, units, language; and where messages appear."""

from __future__ import annotations

from screen import html
from screen.components import button, icon
from screen.html import Element, Node
from screen.text import Words


def tools(words: Words, *first: Node) -> Element:
    """Buttons at the right of the header; `first` stands before them."""
    return html.Div([*first, look(words), units(words), language(words)], className="tools")


def look(words: Words) -> Element:
    """Changes between dark and light."""
    inside = [html.Span(icon("sun"), className="only-dark"), html.Span(icon("moon"), className="only-light")]
    return button(inside, "look", label=words("look.switch"), kind="bare")


def language(words: Words) -> Element:
    """Changes to the other language; shows its name."""
    other = "en" if words.language == "zh-CN" else "zh-CN"
    return html.Button(
        words("language.switch"), type="button", className="button bare", lang=other,
        **{"data-act": "language", "data-language": other, "aria-label": words("language.switch.label")},
    )  # fmt: skip


def units(words: Words) -> Element:
    """Changes between the units of the place (亩, 万) and SI; shows what it changes to."""
    other = ("si", "ha") if words.mu else ("local", words("units.mu"))
    return html.Button(
        other[1],
        type="button",
        className="button bare",
        **{"data-act": "units", "data-units": other[0], "aria-label": f"{other[1]} · {words(f'units.{other[0]}')}"},
    )


def share(words: Words) -> Element:
    """Copies the address, which is the whole view."""
    return html.Button(
        icon("link"),
        type="button",
        className="button bare",
        **{
            "data-act": "share",
            "data-said": words("shared"),
            "data-title": words("share.title"),
            "data-close": words("share.close"),
            "aria-label": words("share"),
        },
    )


def toast(words: Words) -> Element:
    """Where short messages appear; carries the words of a lost connection, whose moment the script knows (`assets/app/watch.js`)."""
    offline = {"data-offline": words("failed.offline", when="{when}"), "data-live-offline": words("live.offline", when="{when}")}
    return html.Div(id="toast", className="toast", role="status", **{"aria-live": "polite", **offline})
