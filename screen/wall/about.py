"""Panels about the whole: the town at a glance, the place that a tour has reached, the age of the data, and the legend of the map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from data.policy import Suppressed
from layers.core.freshness import STATES
from screen import html
from screen.components import key_figure, keys, level_tag, mark, swatch
from screen.figures import age, exact, said, short_day
from screen.freshness import mark as state_mark
from screen.html import Node
from screen.view import LEVELS
from screen.wall.facts import Facts
from screen.wall.scenes import Picture

Row = dict[str, Any]
MOST_CLASSES = 8


def head(facts: Facts) -> Node:
    """The town at a glance: people, houses, reds, oranges, cases. Only what is known."""
    found = [*_registered(facts), *_attention(facts)]
    if len(found) < 3:  # little is delivered: the other registers fill the row
        names = [name for name in ("land", "forest", "facilities") if name in facts.layers]
        found += [_count(facts, facts.words.of(facts.layers[name]), facts.legend(name)["total"], facts.unit(name)) for name in names]
    return html.Section(keys(found), className="wall-headline", **{"aria-label": facts.words("wall.head")})


def _registered(facts: Facts) -> list[Node]:
    words, found = facts.words, []
    if "people" in facts.layers:
        found.append(_count(facts, words("figures.people"), facts.people, "人"))
    if "houses" in facts.layers:
        found.append(_count(facts, words("figures.houses"), facts.legend("houses")["total"], "栋"))
    return found


def _attention(facts: Facts) -> list[Node]:
    words, found = facts.words, []
    if facts.judged:
        found.append(_count(facts, words("wall.red"), facts.standing["reds"], "处", 1))
        found.append(_count(facts, words("wall.orange"), facts.standing["oranges"], "处", 2))
    if facts.cases["total"]:
        found.append(_count(facts, words("wall.open"), facts.cases["open"], "件"))
        found.append(_count(facts, words("wall.overdue"), facts.cases["late"], "件", 1 if facts.cases["late"] else None))
    return found


def _count(facts: Facts, label: str, n: int | Suppressed, unit: str, level: int | None = None) -> Node:
    """A key figure of the whole. In English its label is the unit, and saying it twice would cost the room of a digit."""
    return key_figure(label, said(n, "" if facts.words.language == "en" else unit, facts.words), level=level)


def village(facts: Facts) -> Node:
    """The places that a tour goes through, of which the script shows the one it has reached."""
    if not facts.villages or not facts.stops:
        return None
    words = facts.words
    stops = [
        html.Div(_stop(facts, row), className="wall-stop", hidden=i > 0, **{"data-stop": row["code"]})
        for i, row in enumerate(facts.villages[: facts.stops])
    ]
    return facts.panel("village", "pin", words("wall.village"), html.Div(stops, className="wall-stops"), ("houses", "people"))


def _stop(facts: Facts, row: Row) -> Node:
    words, found = facts.words, []
    if "people" in facts.layers:
        found.append(_count(facts, words("figures.people"), row["people"], "人"))
    if "houses" in facts.layers:
        found.append(_count(facts, words("figures.houses"), row["houses"], "栋"))
    if facts.judged:
        found += [_count(facts, words("wall.red"), row["reds"], "处", 1), _count(facts, words("wall.orange"), row["oranges"], "处", 2)]
    known = row["level"] is not None and row["score"] is not None
    score = html.Span([words("wall.score"), html.B(f"{row['score']:.1f}"), level_tag(row["level"], words)]) if known else None
    return [html.Div([html.H3(row["name"]), score], className="wall-stop-name"), keys(found)]


def freshness(facts: Facts) -> Node:
    """How fresh are the data? What is latest for its delivery stands first."""
    rows = [facts.fresh.layers[name] for name in facts.layers if name in facts.fresh.layers and name != "backdrop"]
    if not rows:
        return None
    words = facts.words
    rows.sort(key=lambda row: (-STATES.index(row["state"]), -(row["age_days"] or 0)))
    items = [
        html.Li([html.Span(words.of(row)), state_mark(row["state"], words), html.Span(age(row["age_days"], words))], className="wall-age")
        for row in rows
    ]
    names = tuple(row["name"] for row in rows[:1])
    return facts.panel("freshness", "check", words("wall.freshness"), html.Ol(items, className="wall-ages"), names)


def legend(facts: Facts, picture: Picture, found: Row) -> Node:
    """What the colours of a picture mean, with the counts of `found`, the legend of a place."""
    words = facts.words
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
    title = words("wall.picture", layer=words.of(layer), how=how)
    return f"{title} · {colours_of(facts)}" if picture.theme == "level" and facts.fresh.colours["state"] != "current" else title


def colours_of(facts: Facts) -> str:
    """The day of the colours, said where it is not today."""
    when = short_day(date.fromisoformat(facts.fresh.colours["as_of"]), facts.fresh.today, facts.words)
    return facts.words("fresh.colours", when=when)
