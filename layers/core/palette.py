"""Colours of the map in both schemes. Python is the only place that knows a colour; legends and canvas read them from the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from layers.core.spec import LEVELS

# The dark hexes are domain section 3.2. The light ones keep the hue and reach 3:1 against the light paper (WCAG 2.2, 1.4.11), but for
# yellow: the darkest that is still yellow reaches 2.0, one that reaches 3 is brown. It stays yellow, and an edge carries the contrast.
LIGHT = {0: "#6B7788", 1: "#D9363E", 2: "#DB6400", 3: "#F2C200", 4: "#1677CC", 5: "#1A8A48"}
LIGHT_EDGE = {3: "#7A6200"}
# Leaders ask where the reds are: what is in order stands back.
ALPHA = (0.6, 1.0, 1.0, 1.0, 0.85, 0.7)
# Which level of a pixel is drawn: the worst, and not knowing is worse than being in order.
RANK = (1, 2, 3, 4, 0, 5)
INK = {
    "dark": {"paper": "#0B1420", "text": "#DCE6F2", "halo": "#0B1420", "edge": "#0B1420", "boundary": "#7FA6C9", "water": "#7FB2DC", "select": "#FFFFFF", "hover": "#BFE3FF"},
    "light": {"paper": "#F4F6F8", "text": "#243140", "halo": "#FFFFFF", "edge": "#FFFFFF", "boundary": "#48627C", "water": "#2A6A9E", "select": "#0B1420", "hover": "#005A9E"},
}  # fmt: skip

Stops = tuple[tuple[float, float], ...]  # (map zoom, CSS pixels), linear between


@dataclass(frozen=True, slots=True)
class Stroke:
    """How one kind and rank of the backdrop is drawn: fill and edge in each scheme, width by zoom (lines only)."""

    dark: tuple[str, str]
    light: tuple[str, str]
    width: Stops = ()
    first: int = 0  # map zoom from which it is drawn


_ROAD_WIDTH: Mapping[int, Stops] = {
    1: ((8, 1.0), (12, 2.2), (14, 3.5), (17, 10.0), (19, 24.0)),
    2: ((9, 0.9), (12, 1.6), (14, 2.8), (17, 8.0), (19, 20.0)),
    3: ((11, 0.9), (14, 2.0), (17, 6.5), (19, 16.0)),
    4: ((12, 0.9), (15, 1.6), (17, 4.5), (19, 11.0)),
    5: ((14, 0.9), (16, 1.4), (17, 2.5), (19, 6.0)),
}
_ROAD_FIRST = {1: 0, 2: 9, 3: 11, 4: 13, 5: 14}
_ROAD_DARK = {1: "#566A82", 2: "#475A71", 3: "#3B4C61", 4: "#304053", 5: "#2A3848"}
_ROAD_LIGHT = {1: "#F3D9A4", 2: "#F7E6C4", 3: "#FFFFFF", 4: "#FFFFFF", 5: "#FFFFFF"}
_WATER_WIDTH: Mapping[int, Stops] = {
    1: ((8, 1.2), (12, 3.0), (16, 10.0), (19, 40.0)),
    2: ((10, 1.0), (13, 2.0), (16, 6.0), (19, 24.0)),
    3: ((12, 1.0), (14, 1.4), (16, 4.0), (19, 16.0)),
    4: ((13, 1.0), (16, 2.4), (19, 9.0)),
    5: ((14, 1.0), (16, 1.6), (19, 6.0)),
}
_WATER_FIRST = {1: 0, 2: 10, 3: 12, 4: 13, 5: 14}
_RAIL_WIDTH: Stops = ((9, 0.9), (14, 1.6), (17, 3.0), (19, 5.0))
_DRAWN = ("green", "water", "waterway", "rail", "road")  # from the ground up


def stroke(kind: str, rank: int) -> Stroke:
    """Look of a backdrop feature; an unknown kind is drawn like green."""
    if kind == "road":
        return Stroke((_ROAD_DARK[rank], "#0A121C"), (_ROAD_LIGHT[rank], "#BCC6D1"), _ROAD_WIDTH[rank], _ROAD_FIRST[rank])
    if kind == "waterway":
        return Stroke(("#173A5C", "#1E4A73"), ("#BFDDF2", "#9CC6E4"), _WATER_WIDTH[rank], _WATER_FIRST[rank])
    if kind == "water":
        return Stroke(("#173A5C", "#1E4A73"), ("#BFDDF2", "#9CC6E4"), _RAIL_WIDTH)
    if kind == "rail":
        return Stroke(("#5B5470", "#0A121C"), ("#A79FB5", "#FFFFFF"), _RAIL_WIDTH, 9)
    return Stroke(("#12261F", "#17312A"), ("#DDEBDB", "#CBE0C9"), _RAIL_WIDTH)


def draw_order(kind: str, rank: int) -> tuple[int, int]:
    """Sort key: what is drawn later lies above; rank 1 above rank 5."""
    return (_DRAWN.index(kind) if kind in _DRAWN else 0, -rank)


def palettes() -> dict[str, object]:
    """The manifest's `palettes`."""
    by_level = {level.level: level for level in LEVELS}
    return {
        "level": {
            "dark": [by_level[level].hex for level in range(6)],
            "light": [LIGHT[level] for level in range(6)],
            "edge": {"dark": {}, "light": {str(level): colour for level, colour in LIGHT_EDGE.items()}},
            "alpha": list(ALPHA),
            "rank": list(RANK),
            "mark": [by_level[level].mark for level in range(6)],
        },
        "ink": INK,
    }
