"""What the wall's script is told: the scenes that this town can show, what the map shows in each, and where every panel lies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, replace
from datetime import datetime
from typing import Any

from layers.core import query, query_wall
from screen import html
from screen.figures import moment
from screen.html import Node
from screen.scene import choose_theme, says_something
from screen.wall.about import legend, title_of
from screen.wall.facts import Facts
from screen.wall.panels import NAMES, SIZES
from screen.wall.places import SHAPES, place
from screen.wall.scenes import Box, Known, Mistake, Picture, Scene, load_scenes

Row = dict[str, Any]
AROUND = 0.02  # of a box: what is seen beyond its edge
AREA_OPACITY = 1.8  # times the pack's own: where areas are the picture and not the ground of one, they must carry across a room


def known_of(facts: Facts) -> Known:
    """What scene files may name in this town."""
    themes = {}
    for layer in facts.layers.values():
        levels = {"level"} if layer["levels"] else set()
        filled = {theme["name"] for theme in facts.legend(layer["name"])["themes"] if any(row["n"] for row in theme["classes"])}
        themes[layer["name"]] = frozenset(levels | filled)
    themes.pop("backdrop", None)
    return Known(themes, frozenset(NAMES), frozenset(query_wall.area_codes(facts.store)))


def scenes_of(facts: Facts) -> tuple[list[Scene], list[Mistake]]:
    """The scenes of this town and what is wrong with its files."""
    scenes, mistakes = load_scenes(known_of(facts), facts.screen.settings.scenes)
    return [
        replace(scene, pictures=_different(tuple(_telling(facts, picture) for picture in scene.pictures))) for scene in scenes
    ], mistakes


def _telling(facts: Facts, picture: Picture) -> Picture:
    """Where nothing of a layer has been judged, all of it would be grey: then its own theme, as on /town."""
    found = facts.legend(picture.layer)
    if picture.theme != "level" or says_something(found):
        return picture
    theme = choose_theme("", facts.layers[picture.layer], found, levels_speak=False)
    return picture if theme == "levels" else replace(picture, theme=theme, levels=())


def _different(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    return tuple(dict.fromkeys(pictures))


def plan(facts: Facts, scenes: list[Scene], shown: Collection[str]) -> Row:
    """Everything that the script needs: plain values, nothing about persons. `shown` are the panels that are there."""
    words = facts.words
    return {
        "scenes": [_scene(facts, scene, shown) for scene in scenes],
        "snapshot": facts.town["snapshot"],
        "published": words("wall.fresh", when=published(facts)),
        "late": words("wall.late", when=published(facts)),
        "words": {"online": words("wall.online"), "offline": words("wall.offline")},
        "zone": facts.town["timezone"],
    }


def published(facts: Facts) -> str:
    """When the snapshot on show was published, in the town's own time."""
    return moment(datetime.fromisoformat(str(facts.town["published_at"])), facts.town["timezone"], facts.words)


def _scene(facts: Facts, scene: Scene, shown: Collection[str]) -> Row:
    panels = {side: [name for name in names if name in shown] for side, names in scene.panels.items()}
    if not any(picture.tour for picture in scene.pictures):
        panels = {side: [name for name in names if name != "village"] for side, names in panels.items()}
    rects = {shape.name: place(panels, SIZES, shape) for shape in SHAPES}
    return {
        "id": scene.id, "name": facts.words.pick(scene.zh, scene.en), "key": scene.key, "carousel": scene.carousel, "dwell": scene.dwell_s,
        "pictures": [told for i, picture in enumerate(scene.pictures) for told in _pictures(facts, scene, picture, i)],
        "places": {name: {panel: astuple(rect) for panel, rect in found.items()} for name, found in rects.items()},
    }  # fmt: skip


def _pictures(facts: Facts, scene: Scene, picture: Picture, number: int) -> list[Row]:
    """One picture, or as many as its tour has stops."""
    title = title_of(facts, picture)
    told = {
        "layers": _drawn(facts, picture), "levels": list(picture.levels) or None, "legend": f"{scene.id}-{number}", "title": title,
        "aged": facts.fresh.aged,
    }  # fmt: skip
    if not picture.tour:
        return [told | {"box": box_of(facts, scene.viewport), "stop": None, "spot": None}]
    under = [{"name": "areas", "theme": "level", "level": 1, "opacity": 0.4}] if "areas" in facts.layers else []
    told["layers"] = [*under, *(drawn for drawn in told["layers"] if drawn["name"] != "areas")]
    return [
        told
        | {
            "legend": f"{told['legend']}-{row['code']}",
            "box": row["box"],
            "stop": row["code"],
            "spot": row["ordinal"],
            "title": f"{row['name']} · {title}",
        }
        for row in facts.villages[: picture.most]
        if row["box"][0] is not None
    ]


def _drawn(facts: Facts, picture: Picture) -> list[Row]:
    """What the map draws; areas and people are coloured on the areas right below what is looked at."""
    layer = facts.layers[picture.layer]
    drawn: Row = {"name": picture.layer, "theme": picture.theme}
    if layer["geometry"] == "area" or layer["table"] == "area":
        drawn |= {"level": 1 if facts.villages else 0, "opacity": AREA_OPACITY}
    return [drawn]


def box_of(facts: Facts, viewport: str | Box) -> list[float] | None:
    """West, south, east, north of a viewport. A town may be declared far larger than its areas: then around these."""
    if not isinstance(viewport, str):
        return list(viewport)
    code = facts.root if viewport == "town" else viewport
    boxes = [row["box"] for row in facts.villages if row["box"][0] is not None] if code == facts.root else []
    if not boxes:
        path = query.breadcrumb(facts.store, code)
        own = path[-1]["box"] if path else None
        return own if own and own[0] is not None else facts.town.get("bounds")
    west, south, east, north = (edge(side) for edge, side in zip((min, min, max, max), zip(*boxes, strict=True), strict=True))
    wide, high = (east - west) * AROUND, (north - south) * AROUND
    return [west - wide, south - high, east + wide, north + high]


def legends(facts: Facts, scenes: list[Scene]) -> list[Node]:
    """One legend a picture or stop of a tour, of which the script shows one."""
    found: list[Node] = []
    for scene in scenes:
        for i, picture in enumerate(scene.pictures):
            name = f"{scene.id}-{i}"
            if not picture.tour:
                found.append(_legend(name, legend(facts, picture, facts.legend(picture.layer))))
                continue
            for row in facts.villages[: picture.most]:
                counts = query.legend(facts.store, facts.screen.viewer, picture.layer, row["code"])
                found.append(_legend(f"{name}-{row['code']}", legend(facts, picture, counts)))
    return found


def _legend(name: str, rows: Node) -> Node:
    return html.Section(rows, className="wall-legend", hidden=True, **{"data-legend": name})
