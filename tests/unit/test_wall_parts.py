"""What the wall says: shares of a theme add up, nothing twice, things by their names in its language, numbers with their units."""

from __future__ import annotations

import json
import re
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from data.town import land
from layers.core import query_wall
from layers.core.registry import load_layers
from layers.core.rules import awaiting_rule
from screen.pages import wall
from screen.text import words
from screen.text.words import TABLES
from screen.wall import attention
from screen.wall.registers import MOST, _classes, forest


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


def test_trees_are_named_in_the_language_of_the_wall_and_a_kind_that_the_legend_lacks_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grown = [{"name": name, "area_m2": 9e6 - i, "n": 20} for i, name in enumerate(("香樟", "无名树"))]
    monkeypatch.setattr(query_wall, "species", lambda _store: grown)
    theme = {"name": "species", "classes": [{"code": "香樟", "zh": "香樟", "en": "Camphor", "hex": "#fff", "n": 20}]}
    legend = {"themes": [theme], "levels": [], "total": 40}
    facts: Any = SimpleNamespace(
        words=words("en"), store=None, layers={"forest": {"zh": "林地", "en": "Forest"}}, unit=lambda _layer: "stands",
        legend=lambda _layer: legend, panel=lambda *told: told,
    )  # fmt: skip
    said = json.dumps(forest(facts), ensure_ascii=False)
    assert "Camphor" in said and "香樟" not in said and "无名树" in said


def test_every_tree_of_the_demonstration_town_has_a_class_and_a_name_in_both_languages() -> None:
    theme = next(theme for layer in load_layers() if layer.name == "forest" for theme in layer.themes if theme.name == "species")
    named = {one.code: one for one in theme.classes}
    grown = {*land._SPECIES, *land._FRUIT, "毛竹"}
    assert grown <= set(named) and all(named[kind].en.isascii() for kind in grown)
    assert len({one.hex for one in theme.classes}) == len(theme.classes)


def test_every_class_of_the_density_of_people_says_its_unit_and_writes_thousands_as_the_rest_of_the_screen_does() -> None:
    theme = next(theme for layer in load_layers() if layer.name == "people" for theme in layer.themes if theme.name == "density")
    for one in theme.classes:
        assert "人/km²" in one.zh and "people/km²" in one.en
        numbers = re.findall(r"\d[\d,]*", f"{one.zh} {one.en}")
        assert numbers and all(number == f"{int(number.replace(',', '')):,}" for number in numbers)


def test_the_questions_of_the_wall_name_what_they_ask_about() -> None:
    asked = {key: text for key, text in TABLES["en"].items() if key.startswith("wall.") and text.endswith("?")}
    assert len(asked) > 10
    assert not {key for key, text in asked.items() if re.search(r"\bthey\b|\bit used\b|^Which (are|score)\b", text)}


def ranking(language: str, *before: int | None) -> list[Any]:
    """The list and the head of the wall's ranking of places with 10 reds each."""
    villages = [{"name": f"V{i}", "reds": 10, "oranges": 0, "before": n} for i, n in enumerate(before)]
    days = [{"as_of": "2026-09-23"}, {"as_of": "2026-11-22"}]
    facts: Any = SimpleNamespace(
        words=words(language), villages=villages, judged=True, trend=days, fresh=SimpleNamespace(today=date(2026, 11, 22)),
        panel=lambda *told: told,
    )  # fmt: skip
    _name, _icon, _question, body, _layers, head = cast("tuple[Any, ...]", attention.ranked(facts))
    return [json.dumps(part, ensure_ascii=False) for part in (body, head)]


def test_arrows_of_the_ranking_are_explained_where_there_are_any_and_no_dash_stands_for_no_change() -> None:
    rows, head = ranking("en", 7, 12, 10)
    assert "since 23 Sep · worse" in rows and "since 23 Sep · better" in rows and "–" not in rows
    assert "icon-rise" in head and "since 23 Sep" in head
    assert "较 9月23日" in ranking("zh-CN", 7)[1]
    rows, head = ranking("en", 10, None)
    assert "since" not in rows + head and "–" not in rows


def test_the_map_of_the_wall_zooms_in_steps_so_small_that_the_town_fills_its_panel() -> None:
    filled = {"legends": [], "plan": {"scenes": [{"pictures": [{"box": [121.5, 31.0, 121.9, 31.4]}]}]}}
    page = json.dumps(wall._map(words("en"), filled), default=lambda part: part.to_plotly_json())
    (step,) = re.findall(r'"zoomSnap": ([\d.]+)', page)
    assert 2 ** -float(step) > 0.9, "of the height that it could fill"
