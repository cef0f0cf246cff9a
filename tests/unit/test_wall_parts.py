"""Shares of a theme on the wall: nothing twice, nothing lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from layers.core import query_wall
from layers.core.registry import load_layers
from layers.core.rules import awaiting_rule
from screen.text import words
from screen.wall.registers import MOST, _classes


def classes(*counts: tuple[str, int]) -> dict[str, Any]:
    return {"classes": [{"zh": name, "en": name, "n": n, "hex": "#fff"} for name, n in counts]}


def parts(*counts: tuple[str, int], total: int) -> dict[str, Any]:
    facts: Any = SimpleNamespace(words=words("zh-CN"))
    found = _classes(facts, classes(*counts), total)
    assert len({part.name for part in found}) == len(found)
    assert sum(int(str(part.value)) for part in found) == total
    return {part.name: part.value for part in found}


def test_a_class_that_is_called_other_and_the_classes_too_small_to_name_are_one_row() -> None:
    many = [(f"类{i}", 100 - i) for i in range(MOST + 2)]
    found = parts(*many, ("其他", 241), total=sum(n for _, n in many) + 241)
    assert list(found)[-1] == "其他" and found["其他"] == 241 + sum(n for _, n in many[MOST - 1 :])


def test_few_classes_keep_their_names_and_other_comes_last() -> None:
    assert parts(("其他", 50), ("住宅", 20), ("商业", 10), total=80) == {"住宅": 20, "商业": 10, "其他": 50}


def test_what_is_not_stated_is_a_row_of_its_own() -> None:
    assert list(parts(("住宅", 20), total=100)) == ["住宅", "未注明"]


def test_reasons_in_the_same_words_are_one_row_and_add_up_whatever_layers_they_come_from() -> None:
    layers = [layer for layer in load_layers() if layer.name in ("houses", "land", "forest")]
    red = {layer.name: next(rule.code for rule in layer.rules if rule.level == 1) for layer in layers}
    held = awaiting_rule(layers[0]).code
    found = [{"layer": layer.name, "code": code, "n": 10 + i} for layer in layers for i, code in enumerate((held, red[layer.name]))]
    store: Any = SimpleNamespace(layers=layers, rows=lambda _question, **_told: found)
    told = query_wall.reasons(store)
    assert len({row["en"] for row in told}) == len(told) == 4
    assert told[0]["n"] == 30 and sum(row["n"] for row in told) == sum(row["n"] for row in found)
