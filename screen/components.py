"""Small parts of every page: each a function that returns one piece of the page, with one block in `assets/components.css`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from screen.figures import Figure
from screen.text import Words
from screen.view import LEVELS

Node = Any  # a Dash component, a string, or a list of them


def icon(name: str) -> html.Span:
    """One of `assets/icons`, in the colour of the text around it; the meaning must stand in words beside it."""
    return html.Span(className=f"icon icon-{name}", **{"aria-hidden": "true"})


def mark(level: int) -> html.Span:
    """The level's own shape in its colour: square, triangle, diamond, disc, ring, dash."""
    return html.Span(className="mark", **{"data-level": str(level), "aria-hidden": "true"})


def level_tag(level: int, words: Words) -> html.Span:
    """Shape and name of a level."""
    return html.Span([mark(level), words(f"level.{level}")], className="level-tag", **{"data-level": str(level)})


def panel(title: Node, children: Node, *, source: Node = None, kind: str = "", actions: Node = None, label: str = "") -> html.Section:
    """A titled area of the page with the source and age of what it shows at its foot."""
    head = html.Div([html.H2(title, className="panel-title"), actions], className="panel-head")
    foot = html.P(source, className="panel-source") if source else None
    named = {"aria-label": label} if label else {}
    return html.Section([head, html.Div(children, className="panel-body"), foot], className=f"panel {kind}".strip(), **named)


def key_figure(label: str, number: Figure, note: Node = None, *, level: int | None = None) -> html.Div:
    """One number that says how things stand, its unit, and a line of context."""
    digits = html.Span([mark(level) if level is not None else None, number.digits], className="key-digits")
    value = html.Dd([digits, html.Span(number.unit, className="key-unit")], className="key-value")
    tone = {} if level is None else {"data-level": str(level)}
    return html.Div(
        [html.Dt(label, className="key-label"), value, html.Dd(note, className="key-note") if note else None], className="key", **tone
    )


def level_bar(counts: Mapping[int, int], words: Words) -> html.Div:
    """Shares of the six levels as one bar; read aloud as numbers."""
    total = sum(counts.values())
    said = "，" if words.language == "zh-CN" else ", "
    spoken = said.join(f"{words(f'level.{level}')} {counts[level]:,}" for level in LEVELS if counts.get(level))
    parts = [
        html.Span(style={"flexGrow": counts[level]}, className="bar-part", **{"data-level": str(level)})
        for level in LEVELS
        if counts.get(level)
    ]
    return html.Div(
        parts if total else [html.Span(className="bar-none")], className="bar", role="img", **{"aria-label": spoken or words("none")}
    )


def legend_row(name: Node, count: str, href: str, *, swatch: Node, pressed: bool | None, label: str, note: str = "") -> html.Li:
    """A line of the legend. With `pressed` not None it is a switch that filters by this line."""
    inside = [
        swatch,
        html.Span([name, html.Span(note, className="legend-note") if note else None], className="legend-name"),
        html.Span(count, className="legend-count"),
    ]
    if pressed is None:
        return html.Li(html.Div(inside, className="legend-row"))
    return html.Li(link(inside, href, kind="legend-row", current=pressed, label=label))


def swatch(colour: str) -> html.Span:
    """A patch of a nominal colour."""
    return html.Span(className="swatch", style={"background": colour}, **{"aria-hidden": "true"})


def link(children: Node, href: str, *, kind: str = "", current: bool | str = False, label: str = "") -> html.A:
    """A link inside the page: no reload (assets/app/address.js), the back button comes back, and it can be opened in a new tab."""
    extra: dict[str, str] = {"data-in": ""}
    if current:
        extra["aria-current"] = "true" if current is True else current
    if label:
        extra["aria-label"] = label
    return html.A(children, href=href, className=kind or None, **extra)


def breadcrumb(steps: Sequence[tuple[str, str]], here: str, words: Words) -> html.Nav:
    """The way down to `here`; each step before it is a link."""
    items = [html.Li(link(name, href, kind="crumb")) for name, href in steps]
    items.append(html.Li(html.Span(here, className="crumb crumb-here", **{"aria-current": "page"})))
    return html.Nav(html.Ol(items, className="crumbs"), className="crumbs-nav", **{"aria-label": words("crumbs")})


def facts(pairs: Sequence[tuple[str, Node]]) -> html.Dl:
    """Names and values, two columns."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs], className="facts")


def tag(text: Node, kind: str = "") -> html.Span:
    """A short word in a frame."""
    return html.Span(text, className=f"tag {kind}".strip())


def empty(text: Node) -> html.P:
    """Nothing to show, and why."""
    return html.P(text, className="state state-empty")


def failed(title: str, what: str, words: Words) -> html.Div:
    """What went wrong and what to do now; never a stack trace."""
    retry = html.Button(words("failed.retry"), type="button", className="button", **{"data-act": "retry"})
    return html.Div([html.P(title, className="state-title"), html.P(what), retry], className="state state-failed", role="alert")


def loading(lines: int, words: Words) -> html.Div:
    """Keeps the place of what is being read, so that nothing jumps when it comes."""
    return html.Div(
        [html.Span(className="ghost") for _ in range(lines)], className="state-loading", role="status", **{"aria-label": words("loading")}
    )


def button(text: Node, act: str, *, label: str = "", kind: str = "", pressed: bool | None = None) -> html.Button:
    """A button that the page's own script handles (`data-act`)."""
    extra = {} if pressed is None else {"aria-pressed": str(pressed).lower()}
    return html.Button(text, type="button", className=f"button {kind}".strip(), **{"data-act": act, "aria-label": label or None, **extra})


def call_link(number: str, name: str, words: Words) -> html.A:
    """A phone number that calls when tapped."""
    return html.A(
        [icon("phone"), html.Span(number)],
        href=f"tel:{number}",
        className="button call",
        **{"aria-label": f"{name} {words('card.call', phone=number)}".strip()},
    )
