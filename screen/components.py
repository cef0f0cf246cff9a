"""Small parts of every page: each a function that returns one piece of the page, with one block in `assets/components-*.css`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.policy import Suppressed
from screen import html
from screen.drawn import slot
from screen.figures import Change, Figure
from screen.html import Element, Node
from screen.search_field import SearchField
from screen.text import Words
from screen.view import LEVELS


def icon(name: str) -> Element:
    """One of `assets/icons`, in the colour of the text around it; the meaning must stand in words beside it."""
    return html.Span(className=f"icon icon-{name}", **{"aria-hidden": "true"})


def mark(level: int) -> Element:
    """The level's own shape in its colour: square, triangle, diamond, disc, ring, dash."""
    return html.Span(className="mark", **{"data-level": str(level), "aria-hidden": "true"})


def level_tag(level: int, words: Words) -> Element:
    """Shape and name of a level."""
    return html.Span([mark(level), words(f"level.{level}")], className="level-tag", **{"data-level": str(level)})


def panel(
    title: Node,
    children: Node,
    *,
    source: Node = None,
    age: Node = None,
    fresh: str = "",
    kind: str = "",
    actions: Node = None,
    label: str = "",
) -> Element:
    """A titled area of the page; at its foot the source of what it shows and its age.

    `fresh` is a state of `layers.core.freshness`: the panel shows that it ages. `age` says so in words.
    """
    head = html.Div([html.H2(title, className="panel-title"), actions], className="panel-head")
    told = [html.Span(part, className="panel-told") for part in (source, age) if part]
    foot = html.Div(told, className="panel-source") if told else None
    extra = ({"aria-label": label} if label else {}) | ({"data-fresh": fresh} if fresh else {})
    return html.Section([head, html.Div(children, className="panel-body"), foot], className=f"panel {kind}".strip(), **extra)


def key_figure(label: Node, number: Figure, note: Node = None, *, level: int | None = None, change: Change | None = None) -> Element:
    """One number that says how things stand, its unit, what has changed, and a line of context."""
    digits = html.Span([mark(level) if level is not None else None, number.digits], className="key-digits")
    value = html.Dd([digits, html.Span(number.unit, className="key-unit")], className="key-value")
    below = [html.Dd(changed(change), className="key-change") if change else None, html.Dd(note, className="key-note") if note else None]
    tone = {} if level is None else {"data-level": str(level)}
    return html.Div([html.Dt(label, className="key-label"), value, *below], className="key", **tone)


def keys(figures: Sequence[Node]) -> Element:
    """Key figures side by side, on a second row where there is no room."""
    return html.Dl(list(figures), className="keys keys-wrap")


def changed(change: Change) -> Element:
    """Arrow, signed number, and in words since when and whether that is good: `figures.change` makes the value."""
    arrow = icon({1: "rise", -1: "fall"}.get(change.direction, "same"))
    inside = [arrow, html.Span(change.digits, className="change-digits"), html.Span(change.said, className="change-said")]
    return html.Span(inside, className="change", **{"data-tone": change.tone})


def level_bar(counts: Mapping[int, int], words: Words) -> Element:
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


def legend_row(name: Node, count: Node, href: str, *, swatch: Node, pressed: bool | None, label: str, note: str = "") -> Element:
    """A line of the legend. With `pressed` not None it is a switch that filters by this line; `label` says what it does."""
    inside = [
        swatch,
        html.Span([name, html.Span(note, className="legend-note") if note else None], className="legend-name"),
        html.Span(count, className="legend-count"),
    ]
    if pressed is None:
        return html.Li(html.Div(inside, className="legend-row"))
    inside.append(html.Span(label, className="visually-hidden"))
    return html.Li(link(inside, href, kind="legend-row", current=pressed))


def swatch(colour: str) -> Element:
    """A patch of a nominal colour."""
    return html.Span(className="swatch", style={"background": colour}, **{"aria-hidden": "true"})


def link(children: Node, href: str, *, kind: str = "", current: bool | str = False, label: str = "", level: int | None = None) -> Element:
    """A link inside the page: no reload (assets/app/address.js), the back button comes back, and it can be opened in a new tab."""
    extra: dict[str, str] = {"data-in": "", **_level(level)}
    if current:
        extra["aria-current"] = "true" if current is True else current
    if label:
        extra["aria-label"] = label
    return html.A(children, href=href, className=kind or None, **extra)


def breadcrumb(steps: Sequence[tuple[str, str]], here: str, words: Words) -> Element:
    """The way down to `here`; each step before it is a link."""
    items = [html.Li(link(name, href, kind="crumb")) for name, href in steps]
    items.append(html.Li(html.Span(here, className="crumb crumb-here", **{"aria-current": "page"})))
    return html.Nav(html.Ol(items, className="crumbs"), className="crumbs-nav", **{"aria-label": words("crumbs")})


def facts(pairs: Sequence[tuple[str, Node]]) -> Element:
    """Names and values, two columns."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs], className="facts")


@dataclass(frozen=True, slots=True)
class Rank:
    """A row of a ranking. `value` sets the length of its bar, `figure` is what is read; `level` colours it, `href` leads on."""

    name: str
    value: float | Suppressed | None
    figure: str
    href: str = ""
    level: int | None = None


def ranking(rows: Sequence[Rank], label: str, *, first: int = 1) -> Element:
    """Who has most, in the order given: rank, name, bar, figure."""
    sizes = [_size(row.value) for row in rows]
    most = max(sizes, default=0.0) or 1.0
    items = [html.Li(_rank(row, first + i, sizes[i] / most)) for i, row in enumerate(rows)]
    return html.Ol(items, className="ranking", **{"aria-label": label})


def _size(value: float | Suppressed | None) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _rank(row: Rank, place: int, share: float) -> Node:
    bar = html.Span(html.Span(style={"width": f"{share:.1%}"}), className="rank-bar", **{"aria-hidden": "true"})
    inside = [
        html.Span(str(place), className="rank-place"),
        html.Span([mark(row.level) if row.level is not None else None, row.name], className="rank-name"),
        html.Span(row.figure, className="rank-figure"),
        bar,
    ]
    if row.href:
        return link(inside, row.href, kind="rank", level=row.level)
    return html.Div(inside, className="rank", **_level(row.level))


def _level(level: int | None) -> dict[str, str]:
    return {} if level is None else {"data-level": str(level)}


def roll_list(rows: Sequence[Node], label: str, *, seconds: float = 4) -> Element:
    """A list that moves on by one row every so many seconds when not all of it can be seen, and starts again at its end.

    It rests while it is pointed at, touched or holds the focus, while its panel is paused (`roll_button`), and always where motion is
    not wanted. Each row is a component; the height is set by whoever places it.
    """
    items = html.Ul([html.Li(row, className="roll-row") for row in rows], className="roll-rows")
    more = {"role": "region", "tabIndex": "0", "aria-label": label, "data-roll": f"{seconds:g}"}
    return html.Div(items, className="roll", **more)


def roll_button(words: Words) -> Element:
    """For the `actions` of a panel: stops and starts its roll lists."""
    inside = [html.Span(icon("pause"), className="only-moving"), html.Span(icon("play"), className="only-resting")]
    return button(inside, "roll", label=words("roll.pause"), kind="bare", pressed=False)


def tag(text: Node, kind: str = "") -> Element:
    """A short word in a frame."""
    return html.Span(text, className=f"tag {kind}".strip())


def card(title: Node, body: Node, *, level: int | None = None, tags: Sequence[Node] = (), href: str = "", actions: Node = None) -> Element:
    """One thing in a list of things: title, tags, what is said about it, what can be done. With `href` the title leads on."""
    name = link(title, href, kind="card-link") if href else title
    head = html.Div(
        [html.H3(name, className="card-title"), html.Span(list(tags), className="card-tags") if tags else None], className="card-head"
    )
    parts = [head, html.Div(body, className="card-body"), html.Div(actions, className="card-foot") if actions else None]
    return html.Article(parts, className="card-box", **_level(level))


def drawer(name: str, title: str, children: Node, words: Words, *, opened: bool = False, close_href: str = "") -> Element:
    """A sheet at the edge of the page, called `name`. Opened by `button(…, "drawer", target=name)` or, with `close_href`, by the address.

    Escape and its own button close it, and the focus goes back to where it was.
    """
    label = words("close.what", what=title)
    close = link(icon("close"), close_href, kind="button bare", label=label) if close_href else None
    close = close or button(icon("close"), "drawer", label=label, kind="bare", target=name)
    head = html.Div([html.H2(title, className="panel-title", id=f"{name}-title"), close], className="panel-head")
    more = {"role": "dialog", "aria-labelledby": f"{name}-title", "data-open": str(opened).lower(), "tabIndex": "-1"}
    return html.Aside([head, html.Div(children, className="drawer-body", tabIndex="0")], id=name, className="drawer", **more)


def search(words: Words, *, field: str = "query", hits: str = "hits", label: str = "") -> Element:
    """A field that asks while one types; the page's callback fills `hits` from the value of `field`."""
    said = label or words("search.label")
    name = html.Label(html.Span(said, className="visually-hidden"), htmlFor=field)
    entry = SearchField(id=field, placeholder=words("search.hint"))
    return html.Div([icon("search"), name, entry, slot(hits, html.Div(className="hits"))], className="search", role="search")


def note(text: Node, kind: str = "") -> Element:
    """A short message that stays in the page; `header.toast` is the place of those that pass. `kind` "late" for what is wrong."""
    return html.Div(text, className="note", **({"data-kind": kind} if kind else {}))


def empty(text: Node) -> Element:
    """Nothing to show, and why."""
    return html.P(text, className="state state-empty")


def failed(title: str, what: str, words: Words) -> Element:
    """What went wrong and what to do now; never a stack trace."""
    retry = html.Button(words("failed.retry"), type="button", className="button", **{"data-act": "retry"})
    return html.Div([html.P(title, className="state-title"), html.P(what), retry], className="state state-failed", role="alert")


def loading(lines: int, words: Words) -> Element:
    """Keeps the place of what is being read, so that nothing jumps when it comes."""
    return html.Div(
        [html.Span(className="ghost") for _ in range(lines)], className="state-loading", role="status", **{"aria-label": words("loading")}
    )


def button(text: Node, act: str, *, label: str = "", kind: str = "", pressed: bool | None = None, target: str = "") -> Element:
    """A button that the page's own script handles (`data-act`); `target` names what it acts on, for a drawer its id."""
    extra = {} if pressed is None else {"aria-pressed": str(pressed).lower()}
    if target:
        extra |= {"data-target": target} | ({"aria-controls": target} if act == "drawer" else {})
    return html.Button(text, type="button", className=f"button {kind}".strip(), **{"data-act": act, "aria-label": label or None, **extra})


def call_link(number: str, name: str, words: Words) -> Element:
    """A phone number that calls when tapped."""
    return html.A(
        [icon("phone"), html.Span(number)],
        href=f"tel:{number}",
        className="button call",
        **{"aria-label": f"{name} {words('card.call', phone=number)}".strip()},
    )
