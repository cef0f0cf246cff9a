"""Panels about the whole: the town at a glance, the place that a tour has reached, the age of the data, and the legend of the map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash import html

from layers.core import query
from screen.components import Node, key_figure, keys, level_bar, level_tag, mark, swatch
from screen.figures import age, exact, figure, said
from screen.view import LEVELS
from screen.wall.facts import Facts
from screen.wall.scenes import Picture

Row = dict[str, Any]
MOST_CLASSES = 8


def head(facts: Facts) -> Node:
    """The town at a glance: people, houses, reds, oranges, cases. Only what is known."""
    words, found = facts.words, []
    if "people" in facts.layers:
        found.append(key_figure(words("figures.people"), said(facts.people, "人", words)))
    if "houses" in facts.layers:
        found.append(key_figure(words("figures.houses"), figure(facts.legend("houses")["total"], "栋", words)))
    if facts.judged:
        found.append(key_figure(words("wall.red"), figure(facts.standing["reds"], "处", words), level=1))
        found.append(key_figure(words("wall.orange"), figure(facts.standing["oranges"], "处", words), level=2))
    if facts.cases["total"]:
        found.append(key_figure(words("wall.open"), figure(facts.cases["open"], "件", words)))
        found.append(key_figure(words("wall.overdue"), figure(facts.cases["late"], "件", words), level=1 if facts.cases["late"] else None))
    if len(found) < 3:  # little is delivered: the other registers fill the row
        rest = ("land", "forest", "facilities")
        found += [
            key_figure(words.of(facts.layers[name]), figure(facts.legend(name)["total"], facts.unit(name), words))
            for name in rest
            if name in facts.layers
        ]
    return html.Section(keys(found), className="wall-headline", **{"aria-label": words("wall.head")})


def village(facts: Facts) -> Node:
    """The places that a tour goes through, of which the script shows the one it has reached."""
    if not facts.villages:
        return None
    words = facts.words
    stops = [
        html.Div(_stop(facts, row), className="wall-stop", hidden=i > 0, **{"data-stop": row["code"]})
        for i, row in enumerate(facts.villages)
    ]
    return facts.panel("village", "pin", words("wall.village"), html.Div(stops, className="wall-stops"), ("houses", "people"))


def _stop(facts: Facts, row: Row) -> Node:
    words = facts.words
    found = []
    if "people" in facts.layers:
        found.append(key_figure(words("figures.people"), said(row["people"], "人", words)))
    if "houses" in facts.layers:
        found.append(key_figure(words("figures.houses"), figure(row["houses"], "栋", words)))
    if facts.judged:
        found.append(key_figure(words("wall.red"), figure(row["reds"], "处", words), level=1))
        found.append(key_figure(words("wall.orange"), figure(row["oranges"], "处", words), level=2))
    known = row["level"] is not None and row["score"] is not None
    score = html.Span([words("wall.score"), " ", html.B(f"{row['score']:.1f}"), " ", level_tag(row["level"], words)]) if known else None
    bar = (
        level_bar({1: row["reds"], 2: row["oranges"], 5: max(row["houses"] - row["reds"] - row["oranges"], 0)}, words)
        if facts.judged
        else None
    )
    return [html.Div([html.H3(row["name"]), score], className="wall-stop-name"), keys(found), bar]


def freshness(facts: Facts) -> Node:
    """How fresh are the data? The oldest first."""
    told = [row for row in query.datasets(facts.store) if row["delivered_at"]]
    if not told:
        return None
    words = facts.words
    by_table: dict[str, str] = {}
    for row in told:
        by_table[row["table_name"]] = max(by_table.get(row["table_name"], ""), row["delivered_at"][:10])
    names = {layer["table"]: words.of(layer) for layer in facts.layers.values()}
    rows = sorted((when, names[table]) for table, when in by_table.items() if table in names)
    items = [
        html.Li(
            [html.Span(name), html.Span(when), html.Span(age((facts.today - date.fromisoformat(when)).days, words))], className="wall-age"
        )
        for when, name in rows
    ]
    return facts.panel("freshness", "check", words("wall.freshness"), html.Ol(items, className="wall-ages"), tuple(facts.layers)[:0])


def legend(facts: Facts, picture: Picture) -> Node:
    """What the colours of a picture mean, with counts."""
    words, found = facts.words, facts.legend(picture.layer)
    if picture.theme == "level":
        rows = _level_rows(facts, picture, found)
    else:
        theme = next(theme for theme in found["themes"] if theme["name"] == picture.theme)
        classes = [row for row in theme["classes"] if row["n"]]
        if len(classes) > MOST_CLASSES:
            classes = sorted(classes, key=lambda row: -row["n"])[:MOST_CLASSES]
        rows = [_row(swatch(row["hex"]), words.of(row), exact(row["n"])) for row in classes]
    return html.Ul(rows)


def _level_rows(facts: Facts, picture: Picture, found: Row) -> list[Node]:
    counts = {row["level"]: row["n"] for row in found["levels"]}
    wanted: Sequence[int] = picture.levels or LEVELS
    return [_row(mark(level), facts.words(f"level.{level}"), exact(counts.get(level, 0))) for level in LEVELS if level in wanted]


def _row(sign: Node, name: str, count: str) -> Node:
    return html.Li([sign, html.Span(name), html.Span(count, className="wall-legend-count")])


def title_of(facts: Facts, picture: Picture) -> str:
    """What a picture shows, in words."""
    words, layer = facts.words, facts.layers[picture.layer]
    how = words("legend.levels")
    if picture.theme != "level":
        how = words.of(next(theme for theme in layer["themes"] if theme["name"] == picture.theme))
    elif picture.levels:
        between = "、" if words.language == "zh-CN" else ", "
        how = words("wall.only", levels=between.join(words(f"level.{level}") for level in picture.levels))
    return words("wall.picture", layer=words.of(layer), how=how)
