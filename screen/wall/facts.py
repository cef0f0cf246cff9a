"""What all panels of the wall stand on: one snapshot, read once however many panels ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from data.policy import Suppressed
from data.schema import TABLES
from layers.core import query, query_wall
from layers.core.freshness import worst
from screen import html
from screen.components import icon, panel
from screen.figures import M2_PER_MU, age
from screen.freshness import Freshness, read_freshness
from screen.freshness import mark as fresh_mark
from screen.html import Node
from screen.page import Screen
from screen.text import Words

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Facts:
    """A snapshot as the wall asks it. What was asked once is kept for the length of the request."""

    screen: Screen
    words: Words
    store: query.Store
    town: Row
    layers: dict[str, Row]  # those with data, by name
    fresh: Freshness
    stops: int = 0  # areas that tours go through
    known: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, ask: Callable[[], T]) -> T:
        """The answer of `ask`, asked at most once a request."""
        if name not in self.known:
            self.known[name] = ask()
        found: T = self.known[name]
        return found

    @property
    def root(self) -> str:
        """Code of the town."""
        return str(self.town["root"])

    @property
    def villages(self) -> list[Row]:
        """The areas below the town, most reds first."""
        return self.once("villages", lambda: query_wall.villages(self.store, self.screen.viewer))

    @property
    def trend(self) -> list[Row]:
        """Reds and oranges at each delivery."""
        return self.once("trend", lambda: query_wall.trend(self.store))

    @property
    def cases(self) -> Row:
        """Open, late and closed cases."""
        return self.once("cases", lambda: query_wall.cases(self.store))

    def legend(self, layer: str) -> Row:
        """Counts of a layer in the whole town."""
        return self.once(f"legend {layer}", lambda: query.legend(self.store, self.screen.viewer, layer, self.root))

    @property
    def judged(self) -> bool:
        """Whether any object of the town has been judged: without that no red is no good news."""
        names = (layer.name for layer in query_wall.judged_layers(self.store) if layer.name in self.layers)
        return any(row["level"] and row["n"] for name in names for row in self.legend(name)["levels"])

    @property
    def standing(self) -> Row:
        """Reds and oranges of the town as of this snapshot."""
        names = [layer.name for layer in query_wall.judged_layers(self.store) if layer.name in self.layers]
        levels = [row for name in names for row in self.legend(name)["levels"]]
        return {name: sum(row["n"] for row in levels if row["level"] == level) for name, level in (("reds", 1), ("oranges", 2))}

    @property
    def people(self) -> int | Suppressed:
        """The town's people as the wall may say it."""
        return self.once("people", lambda: query.headline(self.store, self.screen.viewer, self.root)["people"])

    def unit(self, layer: str) -> str:
        """Counting word of a layer."""
        return self.words.pick(self.layers[layer]["unit_zh"], self.layers[layer]["unit_en"])

    def foot(self, *sources: str) -> dict[str, Node]:
        """Source, age and state of a panel that shows some layers or tables. Of several the names, and the age of the oldest."""
        told = [row for name in sources for row in self._delivered(name)]
        ages = [row["age_days"] for row in told if row["age_days"] is not None]
        state = worst(row["state"] for row in told)
        between = "、" if self.words.language == "zh-CN" else ", "
        oldest = html.Span(age(max(ages, default=None), self.words))
        return {
            "source": self.words("source", what=between.join(map(self.words.of, told)) or self.words("age.unknown")),
            "age": html.Span([fresh_mark(state, self.words), oldest], className="fresh-line"),
            "fresh": state,
        }

    def _delivered(self, name: str) -> list[Row]:
        """Age and state of a layer with data; else of the oldest dataset of a table."""
        if name in self.layers and name in self.fresh.layers:
            return [self.fresh.layers[name]]
        rows = [row for row in self.fresh.datasets if row["table"] == name]
        return [max(rows, key=lambda row: row["age_days"] or 0) | {"zh": TABLES[name].zh, "en": TABLES[name].en}] if rows else []

    def panel(self, name: str, picture: str, question: str, body: Node, layers: tuple[str, ...], actions: Node = None) -> Node:
        """A panel of the wall under its question."""
        title = [icon(picture), question]
        return panel(title, body, kind=f"wall-panel wall-{name}", actions=actions, label=question, **self.foot(*layers))


def read_facts(screen: Screen, store: query.Store, words: Words) -> Facts:
    """The facts of the snapshot that `store` reads. Raises StoreError while nothing is loaded."""
    town = query.town(store)
    layers = {layer["name"]: layer for layer in query.layer_list(store)}
    return Facts(screen, words, store, town, layers, read_freshness(screen, store, words))


def in_areas(area_m2: float, words: Words) -> float:
    """Square metres in mu or hectares, whole."""
    return float(round(area_m2 / (M2_PER_MU if words.mu else 10_000)))


def area_unit(words: Words) -> str:
    """The unit of `in_areas`."""
    return "亩" if words.mu else "ha"
