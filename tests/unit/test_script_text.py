"""The words that scripts of incidents ask for: every one exists, and none stands in the table that no script asks for."""

import json
import re
from pathlib import Path

from screen.cases import for_scripts, script_words
from screen.text import words
from screen.text.desk import DESK

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("desk", "case", "report")
_SAID = re.compile(r"""(["'`])((?:desk|case|report)\.[a-z$][^"'`\s]*)\1""")
_OF_PYTHON = re.compile(r"""(["'])((?:desk|case|report)\.[a-z_.{}]+)\1""")
TOWN = {"name": {"zh": "镇", "en": "Town"}, "timezone": "Asia/Shanghai", "root": "1"}


def asked() -> set[str]:
    """Keys as regular expressions: a hole of a template stands for one part."""
    files = [*(ROOT / "assets").rglob("*.js")]
    found = {text for file in files for _quote, text in _SAID.findall(file.read_text(encoding="utf-8"))}
    pages = [file for file in (ROOT / "screen").rglob("*.py") if file.parent.name != "text"]
    found |= {text for file in pages for _quote, text in _OF_PYTHON.findall(file.read_text(encoding="utf-8"))}
    found -= {f"{room}.{kind}" for room in ROOMS for kind in ("css", "js")}
    return {re.sub(r"\\?\$?\\{.*?\\}", "[^.]+", re.escape(text)) for text in found}


def test_every_word_that_a_script_asks_for_exists() -> None:
    shapes = asked()
    assert len(shapes) > 100
    assert not [shape for shape in sorted(shapes) if not any(re.fullmatch(shape, key) for key in DESK)]


def test_no_word_stands_in_the_table_that_nobody_asks_for() -> None:
    wanted = re.compile("|".join(sorted(asked())))
    assert not [key for key in DESK if not wanted.fullmatch(key)]


def test_scripts_get_their_rooms_alone_with_the_holes_left_to_fill() -> None:
    for language in ("zh-CN", "en"):
        told = script_words(words(language), "report.")
        assert told and all(key.startswith("report.") for key in told)
        assert "{id}" in told["report.sent"]


def test_the_scripts_know_the_life_cycle_as_far_as_somebody_at_a_screen_may_act() -> None:
    told = json.loads(for_scripts(words("en"), TOWN, "case.")["data-told"])
    rules = {rule["step"]: rule for rule in told["rules"]}
    assert rules["dispatch"]["duties"] == ["dispatcher", "shift_leader"] and rules["dispatch"]["name"] == "Dispatch"
    assert "escalate" not in rules and "system" not in told["duties"]
    assert not [rule for rule in told["rules"] if not set(rule["source"]) <= set(told["states"])]
