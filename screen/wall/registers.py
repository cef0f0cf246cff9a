"""Panels of the registers: people, housing, land, forest, devices. Each answers the question in its title, or is not there at all."""

from __future__ import annotations

from typing import Any

from data.policy import Suppressed
from layers.core import query, query_wall
from screen import html
from screen.components import key_figure, keys
from screen.figures import Figure, figure, said
from screen.html import Node
from screen.plots import Band, Part, age_pyramid, bars
from screen.wall.facts import Facts, area_unit, in_areas

Row = dict[str, Any]
MOST = 5  # bars of a small panel
GREY = "@level-0"


def people(facts: Facts) -> Node:
    """Who lives here? By age and sex where persons are known, else where."""
    if "people" not in facts.layers:
        return None
    words = facts.words
    kinds = query_wall.categories(facts.store, facts.screen.viewer)
    # The total stands above the map; here are its largest parts, where they are known.
    figures = [key_figure(words.of(kind), said(kind["n"], "人", words)) for kind in kinds[:3]]
    figures = figures or [key_figure(words("wall.all"), said(facts.people, "人", words))]
    bands = [Band(_age(facts, row), row["men"], row["women"]) for row in query_wall.pyramid(facts.store, facts.screen.viewer)]
    if bands:
        question, plot = words("wall.people"), age_pyramid(words("wall.people"), bands, words, heading=False, height="fill")
    else:
        question = words("wall.people.where")
        plot = _by_area(facts, question, [(row["name"], row["people"]) for row in facts.villages], "人")
    return facts.panel("people", "people", question, _register(figures, plot), ("people",))


def _age(facts: Facts, row: Row) -> str:
    return facts.words("wall.age", low=row["low"], high=row["high"]) if row["high"] else facts.words("wall.age.older", low=row["low"])


def houses(facts: Facts) -> Node:
    """How are houses used? By the first theme that says something of them, else where they stand."""
    if "houses" not in facts.layers:
        return None
    words, found = facts.words, facts.legend("houses")
    theme = _telling(found, ("occupancy", "building_use", "storeys", "structure"))
    figures = [*_reds(facts, "houses", "栋"), key_figure(words("wall.all"), figure(found["total"], "栋", words))]
    question = words("wall.houses")
    if theme is None:
        question = words("wall.houses.where")
        plot = _by_area(facts, question, [(row["name"], row["houses"]) for row in facts.villages], "栋")
    else:
        plot = bars(question, _classes(facts, theme, found["total"]), "栋", words, heading=False, height="fill", axis=False)
    return facts.panel("houses", "house", question, _register(figures, plot), ("houses",))


def _telling(found: Row, themes: tuple[str, ...]) -> Row | None:
    """The first of `themes` that is known of a twentieth of the objects at least."""
    by_name = {theme["name"]: theme for theme in found["themes"]}
    for name in themes:
        theme = by_name.get(name)
        if theme and sum(row["n"] for row in theme["classes"]) * 20 >= found["total"] > 0:
            return theme
    return None


def _classes(facts: Facts, theme: Row, total: int) -> list[Part]:
    """The largest classes, the others together with what calls itself "other", and those of which nothing is stated."""
    others = facts.words("wall.others")
    ordered = sorted((row for row in theme["classes"] if row["n"]), key=lambda row: -row["n"])
    named = [row for row in ordered if facts.words.of(row) != others]
    first = named if len(ordered) <= MOST else named[: MOST - 1]
    parts = [Part(facts.words.of(row), row["n"], row["hex"]) for row in first]
    stated = sum(row["n"] for row in ordered)
    rest, unstated = stated - sum(row["n"] for row in first), total - stated
    parts += [Part(others, rest, GREY)] if rest else []
    return parts + ([Part(facts.words("wall.unstated"), unstated, GREY)] if unstated > total // 100 else [])


def land(facts: Facts) -> Node:
    """What is land used for? By surveyed area where the survey's classes are known, else by number of parcels."""
    if "land" not in facts.layers:
        return None
    words, found = facts.words, facts.legend("land")
    use = query_wall.land_use(facts.store)
    question, unit = words("wall.land"), area_unit(words)
    if use:
        total = sum(row["area_m2"] for row in use)
        figures = [key_figure(words("wall.all"), figure(in_areas(total, words), unit, words))]
        figures += [_share(words("wall.cropland"), use, "01", total, words), *_reds(facts, "land", facts.unit("land"))]
        rows = [Part(words.of(row), in_areas(row["area_m2"], words), row["hex"]) for row in use[:MOST]]
    else:
        unit = facts.unit("land")
        figures = [key_figure(words("wall.all"), figure(found["total"], unit, words)), *_reds(facts, "land", unit)]
        theme = _telling(found, ("class",))
        rows = _classes(facts, theme, found["total"]) if theme else []
    plot = bars(question, rows, unit, words, heading=False, height="fill", axis=False) if rows else None
    return facts.panel("land", "land", question, _register(figures, plot), ("land",))


def _share(name: str, use: list[Row], code: str, total: float, words: Any) -> Node:
    part = sum(row["area_m2"] for row in use if row["code"] == code)
    return key_figure(name, Figure(f"{100 * part / total:.1f}", "%") if total else figure(None, "%", words))


def forest(facts: Facts) -> Node:
    """Which trees? By species and area, by number where no areas were delivered; else where they stand."""
    if "forest" not in facts.layers:
        return None
    words, found = facts.words, facts.legend("forest")
    kinds = query_wall.species(facts.store)
    area_m2, unit = sum(row["area_m2"] or 0 for row in kinds), facts.unit("forest")
    figures = [key_figure(words("wall.all"), figure(in_areas(area_m2, words), area_unit(words), words))] if area_m2 else []
    figures.append(key_figure(words.of(facts.layers["forest"]), figure(found["total"], unit, words)))
    figures += _reds(facts, "forest", unit)
    question = words("wall.forest")
    if sum(row["n"] for row in kinds) * 20 >= found["total"]:
        names = {row["code"]: row for theme in found["themes"] if theme["name"] == "species" for row in theme["classes"]}
        rows = [
            Part(words.of(names.get(row["name"], str(row["name"]))), in_areas(row["area_m2"], words) if area_m2 else row["n"], "@series-3")
            for row in kinds[:MOST]
        ]
        plot = bars(question, rows, area_unit(words) if area_m2 else unit, words, heading=False, height="fill", axis=False)
    else:
        question = words("wall.forest.where")
        plot = _by_area(facts, question, _counts_below(facts, "forest"), unit)
    return facts.panel("forest", "forest", question, _register(figures[:3], plot), ("forest",))


def facilities(facts: Facts) -> Node:
    """Which devices are offline?"""
    kinds = query_wall.devices(facts.store) if "facilities" in facts.layers else []
    total = sum(kind["n"] for kind in kinds)
    if not total:
        return None
    words, unit = facts.words, facts.unit("facilities")
    online = sum(kind["online"] for kind in kinds)
    figures = [
        key_figure(words("wall.working"), Figure(f"{100 * online / total:.1f}", "%")),
        key_figure(words("wall.offline_n"), figure(total - online, unit, words), level=2 if total > online else None),
        key_figure(words("wall.all"), figure(total, unit, words)),
    ]
    off = sorted(kinds, key=lambda kind: kind["online"] - kind["n"])
    rows = [Part(words.of(kind), kind["n"] - kind["online"], "@level-2") for kind in off[:MOST] if kind["n"] > kind["online"]]
    question = words("wall.facilities")
    plot = bars(question, rows, unit, words, heading=False, height="fill", axis=False) if rows else None
    return facts.panel("facilities", "device", question, _register(figures, plot), ("facilities",))


def _reds(facts: Facts, layer: str, unit: str) -> list[Node]:
    """How many of a layer are red and orange; nothing where none was judged."""
    counts = {row["level"]: row["n"] for row in facts.legend(layer)["levels"]}
    if not any(n for level, n in counts.items() if level):
        return []
    return [key_figure(facts.words(f"level.{level}"), figure(counts.get(level, 0), unit, facts.words), level=level) for level in (1, 2)]


def _counts_below(facts: Facts, layer: str) -> list[tuple[str, int]]:
    below = query.child_levels(facts.store, facts.screen.viewer, layer, facts.root)
    names = {row["code"]: str(row["name"]) for row in facts.villages}
    return [(names[code], sum(n for n in counts.values() if isinstance(n, int))) for code, counts in below.items() if code in names]


def _by_area(facts: Facts, question: str, counts: list[tuple[str, int | Suppressed]] | list[tuple[str, int]], unit: str) -> Node:
    """Bars of the areas that have most of something; None where none has anything."""
    ordered = sorted(counts, key=lambda row: -(row[1] if isinstance(row[1], int) else 0))[:MOST]
    rows = [Part(name, n) for name, n in ordered if n]
    return bars(question, rows, unit, facts.words, heading=False, height="fill", axis=False) if rows else None


def _register(figures: list[Node], plot: Node) -> Node:
    """Key figures above, the plot below them."""
    return html.Div([keys(figures), plot], className="wall-register")
