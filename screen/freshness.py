"""The foot of a panel: which data it shows, since when, and whether that is still new enough. Design section 9, in words and shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from data import clock
from data.store.serving import failures
from layers.core import query
from layers.core.freshness import STATES, State, worst
from screen import html
from screen.figures import age, short_day
from screen.html import Element, Node
from screen.page import Screen
from screen.text import Words

Row = dict[str, Any]
# A shape of its own for each state, since colour alone says nothing to one man in twelve.
SHAPES: dict[State, str] = {"current": "●", "late": "◐", "stale": "▨", "unpainted": "□", "failed": "×", "unset": "○"}


@dataclass(frozen=True, slots=True)
class Freshness:
    """Ages and states of all that is on show, at one instant; made by `read_freshness`."""

    words: Words
    today: date
    layers: dict[str, Row]  # by name, those of `query.freshness`
    datasets: list[Row]
    colours: Row

    def state(self, *layers: str) -> State:
        """The worst state of some layers."""
        return worst(self.layers[name]["state"] for name in layers if name in self.layers)

    @property
    def aged(self) -> list[str]:
        """Layers that the map draws hatched."""
        return [name for name, row in self.layers.items() if row["state"] in ("stale", "failed")]

    def foot(self, *layers: str, coloured: bool = False) -> dict[str, Node]:
        """`source`, `age` and `fresh` of a panel (`screen.components.panel`) that shows these layers, and, if `coloured`, their levels."""
        told = [self.layers[name] for name in layers if name in self.layers]
        state = self.state(*layers)
        one = len(told) == 1
        what = " · ".join(self.words.of(row) if one else f"{self.words.of(row)} {age(row['age_days'], self.words)}" for row in told)
        line = [mark(state, self.words), self._since(told[0]) if one else None, self._colours() if coloured else None]
        line.append(html.Span(self.words("fresh.unpainted.how")) if state == "unpainted" else None)
        return {
            "source": self.words("source", what=what or self.words("age.unknown")),
            "age": html.Span([part for part in line if part], className="fresh-line"),
            "fresh": state,
        }

    def _since(self, row: Row) -> Node:
        if row["delivered_at"] is None:
            return None
        when = short_day(date.fromisoformat(row["delivered_at"][:10]), self.today, self.words)
        return html.Span(self.words("fresh.since", when=when, age=age(row["age_days"], self.words)))

    def _colours(self) -> Node:
        """The day of the colours, where it is not today: a check may have expired since."""
        if self.colours["state"] == "current":
            return None
        when = short_day(date.fromisoformat(self.colours["as_of"]), self.today, self.words)
        return html.Span(self.words("fresh.colours", when=when), className="fresh", **{"data-fresh": self.colours["state"]})


def read_freshness(screen: Screen, store: query.Store, words: Words) -> Freshness:
    """Ages and states now."""
    found = query.freshness(store, clock.now(screen.settings), failures(screen.settings))
    as_of = date.fromisoformat(found["colours"]["as_of"])
    today = date.fromordinal(as_of.toordinal() + found["colours"]["age_days"])
    return Freshness(words, today, {row["name"]: row for row in found["layers"]}, found["datasets"], found["colours"])


def mark(state: State, words: Words) -> Element:
    """Shape and word of a state."""
    shape = html.Span(SHAPES[state], className="fresh-shape", **{"aria-hidden": "true"})
    return html.Span([shape, words(f"fresh.{state}")], className="fresh", **{"data-fresh": state})


def counts(rows: Sequence[Row]) -> dict[State, int]:
    """How many datasets or layers are in each state, for a page that shows all of them."""
    return {state: sum(row["state"] == state for row in rows) for state in STATES}
