"""What all panels of the wall stand on: one snapshot, read once however many panels ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from data import clock
from data.policy import Suppressed
from layers.core import query, query_wall
from screen.components import Node, icon, panel
from screen.figures import M2_PER_MU, age
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
    today: date
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

    def source(self, *layers: str) -> str:
        """Which data and how old."""
        told = [self.layers[name] for name in layers if name in self.layers and self.layers[name]["delivered_at"]]
        parts = [
            f"{self.words.of(one)} {age((self.today - date.fromisoformat(one['delivered_at'][:10])).days, self.words)}" for one in told
        ]
        return self.words("source", what=" · ".join(parts) or self.words("age.unknown"))

    def panel(self, name: str, picture: str, question: str, body: Node, layers: tuple[str, ...], actions: Node = None) -> Node:
        """A panel of the wall under its question."""
        title = [icon(picture), question]
        return panel(title, body, kind=f"wall-panel wall-{name}", source=self.source(*layers), actions=actions, label=question)


def read_facts(screen: Screen, store: query.Store, words: Words) -> Facts:
    """The facts of the snapshot that `store` reads. Raises StoreError while nothing is loaded."""
    town = query.town(store)
    layers = {layer["name"]: layer for layer in query.layer_list(store)}
    today = clock.now(screen.settings).astimezone(ZoneInfo(town["timezone"])).date()
    return Facts(screen, words, store, town, layers, today)


def in_areas(area_m2: float, words: Words) -> float:
    """Square metres in mu or hectares, whole."""
    return float(round(area_m2 / (M2_PER_MU if words.mu else 10_000)))


def area_unit(words: Words) -> str:
    """The unit of `in_areas`."""
    return "亩" if words.mu else "ha"
