"""Areas side by side: the worst first, one line a measure, the worst value marked, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.policy import Suppressed
from layers.core import query
from screen import html
from screen.components import empty, icon, level_tag, link, mark, panel
from screen.figures import exact, plain, unit_name
from screen.html import Element, Node
from screen.scene import Scene
from screen.text import Words
from screen.view import MOST_COMPARED, PICKING

Row = dict[str, Any]
Value = int | float | Suppressed | None
DIFFERENCE_UP_TO = 3  # areas: beside four there is no room for another column


@dataclass(frozen=True, slots=True)
class Measure:
    """A line of the table: a value of each area; `worse` is 1 where more is worse, -1 where less is, 0 where neither is."""

    name: str
    values: tuple[Value, ...]
    worse: int = 0
    level: int | None = None  # the level that is counted, for its shape
    unit: str = ""  # what the values count or measure; "" where the name says it

    @property
    def apart(self) -> float | None:
        """The largest value less the smallest; None while one of them is hidden or unknown."""
        known = [value for value in self.values if isinstance(value, (int, float))]
        return max(known) - min(known) if len(known) == len(self.values) else None

    @property
    def worst(self) -> Value:
        """The value to mark; None where all are equal or none is worse than another."""
        known = [value for value in self.values if isinstance(value, (int, float))]
        if not self.worse or len(set(known)) < 2:
            return None
        return max(known) if self.worse > 0 else min(known)


def toggled(scene: Scene, code: str) -> str:
    """The address with an area taken into the comparison or out of it; the first one makes room for a fifth."""
    picked = tuple(one for one in scene.view.compare if one != PICKING)
    picked = tuple(one for one in picked if one != code) if code in picked else (*picked, code)[-MOST_COMPARED:]
    return scene.view.with_(compare=picked or (PICKING,)).href()


def switch(scene: Scene) -> Node:
    """Starts and ends comparing; only where there is something to compare."""
    if len(scene.below) < 2:
        return None
    on = bool(scene.view.compare)
    words = scene.words
    href = scene.view.with_(compare=() if on else (PICKING,), list="", level=None, chosen="").href()
    return link([icon("chart"), html.Span(words("compare"))], href, kind="theme compare-switch", current=on)


def compare(scene: Scene, store: query.Store) -> Node:
    """The areas that were picked, side by side; what to do while fewer than two are."""
    words = scene.words
    if not scene.view.compare:
        return None
    close = link(icon("close"), scene.view.with_(compare=()).href(), kind="button bare", label=words("compare.close"))
    rows = query.compare(store, scene.screen.viewer, scene.view.area, scene.view.compare)
    body = _table(scene, rows) if len(rows) > 1 else empty(words("compare.pick", most=MOST_COMPARED))
    title = [words("compare"), html.Small(scene.name)]
    foot = scene.foot(*(layer["name"] for layer in scene.layers if layer["levels"])) if len(rows) > 1 else {}
    return panel(title, body, kind="panel-compare", actions=close, **foot, label=words("compare"))


def _table(scene: Scene, rows: list[Row]) -> Node:
    words = scene.words
    apart = len(rows) <= DIFFERENCE_UP_TO
    heads = [html.Th(_name(scene, row), scope="col") for row in rows]
    last = [html.Th(words("compare.apart"), scope="col", className="compare-apart")] if apart else []
    lines = [_line(measure, words, apart) for measure in measures(rows, scene)]
    levels = [html.Td(_level(row, words)) for row in rows]
    level = html.Tr([html.Th(words("compare.level"), scope="row"), *levels, *([html.Td()] if apart else [])])
    caption = html.Caption(words("compare.caption"), className="visually-hidden")
    return html.Table([caption, html.Thead(html.Tr([html.Td(), *heads, *last])), html.Tbody([level, *lines])], className="compare")


def _name(scene: Scene, row: Row) -> Node:
    return link(row["name"] or row["code"], scene.view.with_(area=row["code"], object="", compare=()).href(), kind="compare-name")


def _level(row: Row, words: Words) -> Node:
    return level_tag(row["level"], words) if row["level"] is not None else words("none")


def measures(rows: list[Row], scene: Scene) -> list[Measure]:
    """The lines of the table in the order in which a leader asks; `rows` are those of `query.compare`."""
    words, points = scene.words, unit_name("分", scene.words)
    own = [
        Measure(words("compare.score"), tuple(row["score"] for row in rows), worse=-1, unit=points),
        Measure(words("figures.people"), tuple(row["people"] for row in rows), unit=unit_name("人", words)),
        Measure(words("figures.houses"), tuple(row["houses"] for row in rows), unit=unit_name("栋", words)),
    ]
    counted = [_counted(rows, i, level, scene) for i in range(len(rows[0]["layers"])) for level in (1, 2)]
    parts = [
        Measure(words.of(part), tuple(row["parts"][i]["value"] for row in rows), worse=-1, unit=points)
        for i, part in enumerate(rows[0]["parts"])
    ]
    return [measure for measure in [*own, *counted, *parts] if any(value is not None for value in measure.values)]


def _counted(rows: list[Row], i: int, level: int, scene: Scene) -> Measure:
    """Reds or oranges of one layer, in its own counting word."""
    told = rows[0]["layers"][i]
    unit = next((scene.words.pick(one["unit_zh"], one["unit_en"]) for one in scene.layers if one["name"] == told["layer"]), "")
    values = tuple(row["layers"][i]["levels"].get(level, 0) for row in rows)
    return Measure(scene.words.of(told), values, worse=1, level=level, unit=unit)


def compare_unit(measure: Measure, words: Words) -> str:
    """The unit behind the name of a line; "" where the name is the unit: Houses count houses."""
    unit = measure.unit.removeprefix("个") or measure.unit  # 个 of 8 个小班 belongs to the number
    return words("compare.unit", unit=unit) if unit and unit != measure.name.lower() else ""


def _line(measure: Measure, words: Words, apart: bool) -> Element:
    cells = [_cell(value, value is not None and value == measure.worst, words) for value in measure.values]
    last = [html.Td(_said(measure.apart, words), className="compare-apart")] if apart else []
    shape = [] if measure.level is None else [mark(measure.level), html.Span(words(f"level.{measure.level}"), className="visually-hidden")]
    return html.Tr(
        [html.Th([*shape, measure.name, html.Span(compare_unit(measure, words), className="compare-unit")], scope="row"), *cells, *last]
    )


def _cell(value: Value, worst: bool, words: Words) -> Element:
    told = [_said(value, words), html.Span(words("compare.worst"), className="visually-hidden")] if worst else _said(value, words)
    return html.Td(told, className="compare-worst" if worst else None)


def _said(value: Value, words: Words) -> str:
    if value is None:
        return words("none")
    return exact(value) if isinstance(value, (int, Suppressed)) else plain(round(value, 1))
