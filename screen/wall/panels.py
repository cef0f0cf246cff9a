"""All panels of the wall by the name that scene files use, with their sizes, read so that one that fails says so and the others stay."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from data.errors import OneScreenError
from screen.components import failed, panel
from screen.html import Node
from screen.wall import about, attention, network, registers
from screen.wall.facts import Facts
from screen.wall.places import LIST, SMALL, TALL, Size

Read = Callable[[Facts], Node]
PANELS: Mapping[str, Read] = {
    "people": registers.people, "houses": registers.houses, "land": registers.land, "forest": registers.forest,
    "facilities": registers.facilities, "ranking": attention.ranked, "reds": attention.reds, "trend": attention.going,
    "reasons": attention.reasons, "scores": attention.scores, "cases": attention.cases, "freshness": about.freshness,
    "village": about.village,
}  # fmt: skip
_OTHER: Mapping[str, Size] = {"ranking": LIST, "reds": TALL, "cases": Size((10, 12, 12)), "village": Size((6, 8, 12)), "roll": LIST}
NAMES = (*PANELS, *network.PANELS)
SIZES: Mapping[str, Size] = {name: _OTHER.get(name, SMALL) for name in NAMES}


def read_panels(facts: Facts) -> dict[str, Node]:
    """Every panel that has something to show, by name; one that cannot be read is there and says why."""
    found = {name: _guarded(facts, read) for name, read in PANELS.items()}
    return {name: node for name, node in found.items() if node is not None}


def _guarded(facts: Facts, read: Read) -> Node:
    words = facts.words
    try:
        return read(facts)
    except OneScreenError as error:
        return panel("", failed(words("failed.title"), words.error(error), words), kind="wall-panel wall-failed")
    except Exception:
        # A wall hangs where nobody can press a key: one broken panel may not take the others with it, and is told to the log.
        logging.getLogger(__name__).exception("A panel of the wall could not be read.")
        return panel("", failed(words("failed.title"), words("failed.unknown"), words), kind="wall-panel wall-failed")
