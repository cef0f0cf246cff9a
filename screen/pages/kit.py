"""`/kit`: every component in all its states, with sample figures, for whoever builds a page and for the tests that photograph it."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import Dash

from data.policy import Suppressed
from layers.core.freshness import STATES
from screen import html, plots
from screen.components import (
    Rank,
    breadcrumb,
    button,
    call_link,
    card,
    drawer,
    empty,
    facts,
    failed,
    icon,
    key_figure,
    keys,
    legend_row,
    level_bar,
    level_tag,
    link,
    loading,
    mark,
    note,
    panel,
    ranking,
    roll_button,
    roll_list,
    search,
    swatch,
    tag,
)
from screen.figures import area, change, day, figure, said
from screen.freshness import mark as fresh_mark
from screen.header import share, toast, tools
from screen.html import Element, Node
from screen.page import Page, Screen
from screen.text import Words
from screen.view import LEVELS

COUNTS = {1: 31, 2: 58, 3: 164, 4: 402, 5: 1210, 0: 77}
DAYS = tuple(date(2026, month, 20) for month in range(4, 12))


def layout(_screen: Screen, words: Words, _search: str) -> Any:
    """All of it, one section a kind."""
    home = html.A(icon("home"), href="/", className="button bare", **{"aria-label": words("door.back")})
    brand = html.Div([home, html.H1(words("kit.title"))], className="brand")
    skip = html.A(words("skip"), href="#kit", className="skip")
    head = html.Header([skip, brand, tools(words, share(words))], className="page-top kit-top")
    parts = [_ground, _figures, _panels, _lists, _plots, _ways, _states]
    main = html.Main([html.P(words("kit.note"), className="kit-note"), *(part(words) for part in parts)], id="kit", className="kit-main")
    aside = drawer("kit-drawer", words("kit.drawer"), [html.P(words("kit.drawer.text")), facts(_facts(words))], words)
    return html.Div([head, main, aside, toast(words)], className="kit")


def _section(title: str, *parts: Node) -> Element:
    return html.Section([html.H2(title), html.Div(list(parts), className="kit-grid")], className="kit-section")


def _cell(name: str, *parts: Node, wide: bool = False) -> Element:
    """One specimen with its name in the code."""
    return html.Div([html.P(html.Code(name), className="kit-name"), *parts], className="kit-cell kit-wide" if wide else "kit-cell")


def _ground(words: Words) -> Node:
    colours = ["ground", "panel-solid", "line", "accent", "text", "text-2", "better", "worse", *(f"series-{i}" for i in range(1, 9))]
    patches = [html.Li([html.Span(style={"background": f"var(--{name})"}, className="kit-patch"), html.Code(name)]) for name in colours]
    sizes = [
        html.P([html.Code(name), words("kit.sample")], style={"fontSize": f"var(--text-{name})"})
        for name in ("xs", "s", "m", "l", "xl", "title")
    ]
    icons = [
        icon(name)
        for name in ("house", "people", "land", "forest", "device", "grid", "zone", "lot", "phone", "search", "link", "table", "chart")
    ]
    return _section(
        words("kit.ground"),
        _cell("tokens.css · colour", html.Ul(patches, className="kit-patches"), wide=True),
        _cell("tokens.css · type", html.Div(sizes, className="kit-sizes")),
        _cell(
            "level_tag, mark",
            html.Ul([html.Li([level_tag(i, words), html.Span(words(f"meaning.{i}"))]) for i in LEVELS], className="kit-levels"),
        ),
        _cell(
            "tag",
            html.Div([tag(words("synthetic")), tag(words("kit.late"), "tag-late"), tag([mark(3), words("level.3")])], className="kit-row"),
        ),
        _cell("icon", html.Div(icons, className="kit-row kit-icons")),
    )


def _figures(words: Words) -> Node:
    since = words("since.delivery")
    reds = change(31, 43, "处", words, good="less", since=since)
    more = change(58, 44, "处", words, good="less", since=since)
    people = change(41_262, 40_118, "人", words, good="neither", since=words("since.month"))
    same = change(1_214, 1_214, "户", words, good="more", since=since)
    shown = [
        key_figure(words("figures.reds"), figure(31, "处", words), level=1, change=reds),
        key_figure(words("level.2"), figure(58, "处", words), level=2, change=more),
        key_figure(words("figures.people"), figure(41_262, "人", words), change=people),
    ]
    rest = [
        key_figure(words("kit.households"), figure(1_214, "户", words), change=same),
        key_figure(words("kit.land"), area(28_600_000, words)),
        key_figure(
            words("kit.hidden"),
            said(Suppressed(), "人", words),
            words("kit.hidden.note"),
            change=change(Suppressed(), 4, "人", words, good="less", since=since),
        ),
        key_figure(words("kit.unknown"), figure(None, "件", words), words("figures.unjudged")),
    ]
    bars = [level_bar(COUNTS, words), level_bar({1: 3, 2: 1}, words), level_bar({}, words)]
    return _section(
        words("kit.figures"),
        _cell("keys, key_figure(change=…)", keys(shown), wide=True),
        _cell("key_figure", keys(rest), wide=True),
        _cell("level_bar", html.Div(bars, className="kit-stack")),
        _cell("facts", facts(_facts(words))),
    )


def _facts(words: Words) -> list[tuple[str, Node]]:
    return [
        (words("kit.land"), str(area(12_400, words))),
        (words("figures.houses"), str(figure(8, "栋", words))),
        (words("card.next_visit"), day(date(2026, 12, 1), words)),
    ]


def _panels(words: Words) -> Node:
    cells = []
    for state in STATES:
        body = keys([key_figure(words("figures.reds"), figure(31, "处", words), level=1)])
        made = panel(
            words("kit.panel"),
            html.Div([body, level_bar(COUNTS, words)], className="kit-stack"),
            source=words("source", what=words("kit.source")),
            age=html.Span(fresh_mark(state, words), className="fresh-line"),
            fresh=state,
            actions=button(icon("link"), "share", label=words("share"), kind="bare"),
            label=f"{words('kit.panel')} {words(f'fresh.{state}')}",
        )
        cells.append(_cell(f"panel(fresh={state!r})", made))
    return _section(words("kit.panels"), *cells)


def _lists(words: Words) -> Node:
    villages = _villages(words)
    ranks = [
        Rank(name, 31 - 6 * i, str(figure(31 - 6 * i, "处", words)), "/kit" if i < 3 else "", level=1) for i, name in enumerate(villages)
    ]
    hidden = Rank(words("kit.hidden"), Suppressed(), str(said(Suppressed(), "处", words)))
    rows = [
        html.Div([level_tag(i % 3 + 1, words), html.Span(f"{name} · {words('kit.event')} {i + 1}")], className="kit-roll")
        for i, name in enumerate(villages * 3)
    ]
    rolling = panel(
        words("kit.roll"),
        roll_list(rows, words("kit.roll"), seconds=3),
        actions=roll_button(words),
        kind="kit-rolling",
        label=words("kit.roll"),
    )
    legend = html.Ul(
        [
            legend_row(
                words(f"level.{i}"),
                str(COUNTS[i]),
                "/kit",
                swatch=mark(i),
                pressed=i == 1,
                label=words("legend.only", level=words(f"level.{i}")),
                note=words(f"meaning.{i}"),
            )
            for i in (1, 2, 3)
        ]
        + [legend_row(words("kit.class"), "120", "", swatch=swatch("#8fb3d9"), pressed=None, label="")]
    )
    return _section(
        words("kit.lists"),
        _cell("ranking", ranking([*ranks, hidden], words("kit.ranking"))),
        _cell("roll_list, roll_button", rolling),
        _cell("legend_row", legend),
        _cell("card", html.Div(_cards(words), className="kit-stack")),
    )


def _cards(words: Words) -> list[Node]:
    call = call_link("021-55550123", words("kit.person"), words)
    late = tag(words("card.case.overdue", days=3), "tag-late")
    return [
        card(words("kit.case"), words("kit.case.text"), level=1, tags=[late], href="/kit", actions=[html.Span(words("kit.person")), call]),
        card(words("kit.visit"), words("kit.visit.text"), level=4),
        card(words("kit.plain"), words("kit.plain.text")),
    ]


def _villages(words: Words) -> list[str]:
    return words("kit.villages").split("|")


def _plots(words: Words) -> Node:
    names = _villages(words)
    rows = [plots.AreaLevels(name, {1: 12 - 2 * i, 2: 9 + 3 * i, 3: 30 - 4 * i}, "/kit") for i, name in enumerate(names)]
    lines = [
        plots.Line(words("level.1"), [52, 50, 47, 49, 43, 38, 43, 31], "@level-1"),
        plots.Line(words("level.2"), [40, 41, 44, None, 52, 50, 44, 58], "@level-2"),
    ]
    uses = [plots.Part(name, n) for name, n in zip(words("kit.uses").split("|"), (1204, 402, 188, 61), strict=True)]
    ages = ["0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80+"]
    bands = [plots.Band(name, 900 + 310 * i - 45 * i * i, 860 + 300 * i - 41 * i * i) for i, name in enumerate(ages)]
    small = [*uses, plots.Part(words("kit.hidden"), Suppressed())]
    shown = [
        ("bars_by_area", plots.bars_by_area(words("kit.q.reds"), rows, "处", words)),
        ("trend", plots.trend(words("kit.q.trend"), DAYS, lines, "处", words)),
        ("age_pyramid", plots.age_pyramid(words("kit.q.ages"), bands, words)),
        ("bars", plots.bars(words("kit.q.uses"), small, "栋", words)),
        ("treemap", plots.treemap(words("kit.q.uses"), small, "栋", words)),
        ("shares", plots.shares(words("kit.q.shares"), small, "栋", words)),
        ("bars_by_area(…, [])", plots.bars_by_area(words("kit.q.reds"), [], "处", words)),
    ]
    return _section(words("kit.plots"), *(_cell(name, html.Div(plot, className="panel kit-plot")) for name, plot in shown))


def _ways(words: Words) -> Node:
    names = _villages(words)
    steps = [(words("kit.town"), "/kit"), (names[0], "/kit")]
    buttons = [
        button(words("kit.drawer.open"), "drawer", target="kit-drawer"),
        button(words("kit.pressed"), "none", pressed=True),
        button(icon("plus"), "none", label=words("map.zoom_in"), kind="bare"),
        html.Button(words("kit.disabled"), className="button", disabled=True),
        link([icon("back"), words("back")], "/kit", kind="button back"),
        call_link("021-55550123", words("kit.person"), words),
    ]
    return _section(
        words("kit.ways"),
        _cell("breadcrumb", breadcrumb(steps, words("kit.grid"), words)),
        _cell("search", search(words, field="kit-query", hits="kit-hits")),
        _cell("button, link, call_link, drawer", html.Div(buttons, className="kit-row"), wide=True),
    )


def _states(words: Words) -> Node:
    pop = html.Button(words("kit.toast"), type="button", className="button", **{"data-act": "say", "data-said": words("shared")})
    return _section(
        words("kit.states"),
        _cell("empty", empty(words("list.empty", layer=words("figures.houses")))),
        _cell("loading", loading(3, words)),
        _cell("failed", failed(words("failed.title"), words("failed.unknown"), words)),
        _cell(
            "note, toast",
            html.Div([note(words("kit.told")), note(words("failed.offline", when="09:42"), "late"), pop], className="kit-stack"),
        ),
    )


def register(_app: Dash, _screen: Screen) -> None:
    """The kit has no callbacks."""


PAGE = Page("/kit", "kit.title", layout, register)
