"""A view made complete: an address may leave out or misspell anything, a scene has an area, a layer and a colouring that exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from layers.core import query
from screen.freshness import Freshness, read_freshness
from screen.page import Screen
from screen.text import Words
from screen.view import UNSTATED, View

Row = dict[str, Any]
NOT_SWITCHED = {"backdrop"}  # drawn under everything; there is nothing to switch or to count
AROUND = 0.6  # of the width of all areas: what is seen of a larger town on each side of them
FIRST, LAST = (
    ("areas", "houses", "people", "land", "forest", "facilities"),
    ("grid_qa",),
)  # as people ask; a town's own layers stand between


@dataclass(frozen=True, slots=True)
class Scene:
    """A view with what all panels need of it. `theme` is "levels" or the name of a nominal theme."""

    screen: Screen
    words: Words
    view: View  # area and layer are filled in and exist
    town: Row
    path: list[Row]  # from the town down to the area
    layers: list[Row]
    layer: Row
    legend: Row
    theme: str
    chosen_for_want_of_levels: bool
    below: dict[str, dict[int, Any]]  # level counts of the layer in each area one level down
    fresh: Freshness

    @property
    def name(self) -> str:
        """Name of the area looked at."""
        return self.name_of(self.path[-1])

    def name_of(self, step: Row) -> str:
        """Name of an area on the path; the town by its own name in the reader's language."""
        return self.words.of(step) or str(step["code"])

    def has(self, name: str) -> bool:
        """Whether the town has anything on a layer."""
        return any(layer["name"] == name for layer in self.layers)

    @property
    def unit(self) -> str:
        """Counting word of the layer."""
        return self.words.pick(self.layer["unit_zh"], self.layer["unit_en"])

    @property
    def theme_facts(self) -> Row | None:
        """The nominal theme in use, with its classes."""
        return next((theme for theme in self.legend["themes"] if theme["name"] == self.theme), None)

    @property
    def chosen(self) -> tuple[str, int] | None:
        """Theme and index of the one class that is to be seen alone, where the address names one that exists."""
        classes = self.theme_facts["classes"] if self.theme_facts else []
        if classes and self.view.chosen == UNSTATED:
            return self.theme, 0
        return next(((self.theme, row["index"]) for row in classes if self.view.chosen and row["code"] == self.view.chosen), None)

    @property
    def unpainted(self) -> bool:
        """Whether the snapshot was not painted with the layer: it has no counts then, which is not the same as zeros."""
        return self.fresh.state(self.layer["name"]) == "unpainted"

    @property
    def personal(self) -> bool:
        """Whether the layer counts persons: its legend is no filter of the map, which shows areas."""
        return bool(self.layer["table"] == "person")

    @property
    def has_objects(self) -> bool:
        """Whether the layer's own objects can be listed: areas are in the list of areas anyway, people are counts only."""
        return self.layer["table"] not in ("area", "person")

    @property
    def lists_objects(self) -> bool:
        """A filter or the last area of the tree leads to the objects; else the areas below are listed."""
        return self.has_objects and (not self.below or self.view.list == "objects" or self.filtered)

    @property
    def filtered(self) -> bool:
        """Whether one level or one class is looked at alone."""
        return self.view.level is not None or self.chosen is not None

    def foot(self, *layers: str, coloured: bool = False) -> dict[str, Any]:
        """`source`, `age` and `fresh` of a panel that shows these of the layers that the town has."""
        return self.fresh.foot(*(name for name in layers if self.has(name)), coloured=coloured)


def make_scene(screen: Screen, store: query.Store, view: View, words: Words) -> Scene:
    """The scene of a view. Raises StoreError while nothing is loaded."""
    town = query.town(store)
    path = query.breadcrumb(store, view.area) if view.area else []
    path = path or query.breadcrumb(store, town["root"]) or [{"code": town["root"], **town["name"], "level": 0, "box": None}]
    layers = sorted((layer for layer in query.layer_list(store) if layer["name"] not in NOT_SWITCHED), key=_as_people_ask)
    name = view.layer if any(layer["name"] == view.layer for layer in layers) else first_layer(screen, store, layers, town["root"])
    layer = next(layer for layer in layers if layer["name"] == name)
    area = path[-1]["code"]
    legend = query.legend(store, screen.viewer, name, area)
    levels = says_something(legend if area == town["root"] else query.legend(store, screen.viewer, name, town["root"]))
    theme = choose_theme(view.theme, layer, legend, levels)
    return Scene(
        screen=screen, words=words, view=view.with_(area=area, layer=name), town=town, path=path, layers=layers, layer=layer, legend=legend,
        theme=theme, chosen_for_want_of_levels=not view.theme and theme != "levels" and bool(legend["levels"]),
        below=query.child_levels(store, screen.viewer, name, area), fresh=read_freshness(screen, store, words),
    )  # fmt: skip


def _as_people_ask(layer: Row) -> tuple[bool, int]:
    name = layer["name"]
    return name in LAST, FIRST.index(name) if name in FIRST else len(FIRST)


def first_layer(screen: Screen, store: query.Store, layers: list[Row], root: str) -> str:
    """The layer that a visitor sees first: areas by their composite where that can be judged, else objects that are, else any objects."""
    asked = [layer for layer in layers if layer["name"] not in LAST] or layers
    judged = (layer["name"] for layer in asked if says_something(query.legend(store, screen.viewer, layer["name"], root)))
    return str(next(judged, None) or next((layer["name"] for layer in asked if layer["table"] != "area"), asked[0]["name"]))


def box_of(scene: Scene, store: query.Store) -> list[float] | None:
    """Where to look: west, south, east, north. A town may be declared far larger than its areas: then around those."""
    own = scene.path[-1]["box"]
    if own and own[0] is not None and len(scene.path) > 1:
        return list(own)
    below = query.box_below(store, scene.view.area)
    if below is None:
        return list(own) if own and own[0] is not None else scene.town.get("bounds")
    west, south, east, north = below
    wide, high = (east - west) * AROUND, (north - south) * AROUND
    outer = own if own and own[0] is not None else [west - wide, south - high, east + wide, north + high]
    return [max(outer[0], west - wide), max(outer[1], south - high), min(outer[2], east + wide), min(outer[3], north + high)]


def judges(scene: Scene, store: query.Store) -> bool:
    """Whether any object of the town has been judged at all: without that, no red is no good news."""
    root = scene.town["root"]
    asked = (layer["name"] for layer in scene.layers if layer["table"] not in ("area", "person"))
    return any(says_something(query.legend(store, scene.screen.viewer, name, root)) for name in asked)


def says_something(legend: Row) -> bool:
    """Whether any object of the layer has a level other than grey."""
    return any(row["level"] and row["n"] for row in legend["levels"])


def choose_theme(asked: str, layer: Row, legend: Row, levels_speak: bool) -> str:
    """What was asked for, where it exists; else the levels where they say something, else the layer's own or fullest nominal theme."""
    themes = [theme["name"] for theme in legend["themes"] if theme["classes"]]
    if asked in themes or (asked == "levels" and legend["levels"]):
        return asked
    if levels_speak or not themes:
        return "levels"
    return str(layer["default_theme"]) if layer["default_theme"] in themes else themes[0]
