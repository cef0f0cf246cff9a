"""What a page gives the live scripts: words that they ask for, and places that they fill."""

import json
import re
from pathlib import Path

import pytest

from screen import live
from screen.html import Element, Node, written
from screen.text import words
from screen.text.network import NETWORK

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "assets" / "live").glob("*.js")))
PYTHON = (ROOT / "screen" / "live.py").read_text(encoding="utf-8") + (ROOT / "screen" / "header.py").read_text(encoding="utf-8")
LIVE = {key.removeprefix("live.") for key in NETWORK if key.startswith("live.")}
ZH, EN = words("zh-CN"), words("en")


def test_every_word_that_the_live_scripts_ask_for_is_there() -> None:
    asked = set(re.findall(r"\bsay\(\"(\w+)\"", SCRIPTS)) | set(re.findall(r"\bwords\.(\w+)", SCRIPTS)) - {"between"}
    assert len(asked) > 25
    assert asked <= LIVE, sorted(asked - LIVE)


def test_no_word_is_handed_to_the_live_scripts_that_nobody_asks_for() -> None:
    prefixes = set(re.findall(r"`(\w+_)\$\{", SCRIPTS))
    python = set(re.findall(r"words\(f?\"live\.([\w.]+?)(?:\{|\")", PYTHON))
    literals = set(re.findall(r"\"(\w+)\"", SCRIPTS)) | set(re.findall(r"\bwords\.(\w+)", SCRIPTS))
    known = literals | python
    unused = {key for key in LIVE if key not in known and not key.startswith((*prefixes, *(one for one in python if one.endswith("."))))}
    assert not unused, sorted(unused)


@pytest.mark.parametrize("say", [ZH, EN], ids=["zh", "en"])
def test_the_element_that_starts_the_client_names_page_map_area_and_zone_in_the_language_of_the_visitor(say: object) -> None:
    told = json.loads(live.attributes(say, "desk", map_id="desk-map", area="990115103200", zone="Europe/Lisbon")["data-live"])  # type: ignore[arg-type]
    assert (told["page"], told["map"], told["area"], told["zone"]) == ("desk", "desk-map", "990115103200", "Europe/Lisbon")
    assert told["words"]["left"] == ("剩 {t}" if say is ZH else "{t} left")


def elements(node: Node) -> list[Element]:
    if isinstance(node, list | tuple):
        return [found for one in node for found in elements(one)]
    return [node, *elements(node.get("children"))] if isinstance(node, dict) else []


def test_every_switch_of_the_map_says_what_it_turns_and_has_a_picture() -> None:
    buttons = [one for one in elements(live.switches(ZH)) if one["tag"] == "button"]
    assert [one["data-target"] for one in buttons if one["data-act"] == "live-layer"] == list(live.LAYERS)
    assert all(one.get("aria-label") for one in buttons)
    icons = set(re.findall(r"icon-([\w-]+)", written(live.switches(ZH))))
    assert icons <= {file.stem for file in (ROOT / "assets" / "icons").glob("*.svg")}


def test_layers_of_the_switches_are_those_that_the_overlay_draws() -> None:
    overlay = (ROOT / "assets" / "live" / "overlay.js").read_text(encoding="utf-8")
    declared = re.search(r"const ON = \{(.*?)\};", overlay)
    assert declared and set(re.findall(r"(\w+):", declared[1])) == set(live.LAYERS)


def test_a_wall_has_no_switch_for_responders_whose_places_it_is_not_told() -> None:
    desk, wall = (written(live.switches(ZH, people=people)) for people in (True, False))
    assert "responders" in desk and "responders" not in wall and "cameras" in wall
