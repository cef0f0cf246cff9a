"""The words of the screen: both languages say everything, and numbers are said as people say them."""

import ast
import re
import string
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data.errors import SettingsError, StoreError
from data.policy import Suppressed
from data.schema import table as contract_table
from screen.card import BUILT, _value
from screen.compare import compare_unit, measures
from screen.figures import age, area, change, day, figure, moment, said
from screen.html import written
from screen.panels import _class_rows as class_rows
from screen.panels import _total as legend_total
from screen.text import EN, TABLES, ZH, Words, words
from screen.view import View, parse

ROOT = Path(__file__).resolve().parents[2]
ZH_WORDS, EN_WORDS = words("zh-CN"), words("en")
ASKING = {"words", "say"}  # what the screen calls a `Words`
OF_SCRIPTS = ("desk.", "case.", "report.", "live.")  # words that scripts ask for


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert set(ZH) == set(EN)


@pytest.mark.parametrize("key", sorted(ZH))
def test_a_sentence_has_the_same_holes_in_both_languages_and_is_not_empty(key: str) -> None:
    assert holes(ZH[key]) == holes(EN[key])
    assert ZH[key].strip() and EN[key].strip()


def test_every_key_that_the_screen_asks_for_exists() -> None:
    asked = set()
    for file in (ROOT / "screen").rglob("*.py"):
        asked |= set(re.findall(r"\b(?:words|say|self\.words|scene\.words)\(\"([a-z_0-9.]+)\"", file.read_text(encoding="utf-8")))
    assert len(asked) > 40
    assert asked <= set(ZH), sorted(asked - set(ZH))


def shapes_of(asked: ast.expr, literals: set[str]) -> set[str]:
    """Regular expressions of the keys that an expression can give: literals, both ways of a choice, and f-strings.

    A hole stands for one part of a key between dots; one at the beginning for a literal of the code that goes before it.
    """
    if isinstance(asked, ast.IfExp):
        return shapes_of(asked.body, literals) | shapes_of(asked.orelse, literals)
    if isinstance(asked, ast.Constant) and isinstance(asked.value, str):
        return {re.escape(asked.value)}
    if not isinstance(asked, ast.JoinedStr):
        return set()
    told = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[^.]+" for part in asked.values]
    heads = [re.escape(one) for one in literals if "." in one] if told[0] == "[^.]+" else [told[0]]
    return {"".join([head, *told[1:]]) for head in heads}


def keys_used(sources: Iterable[str], keys: Iterable[str]) -> set[str]:
    """Keys of the text table that the code can ask for: in a call of `words`, or as a literal with a dot that is handed on to one."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    literals = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    shapes = {re.escape(one) for one in literals if "." in one}
    for node in nodes:
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in ASKING:
            shapes |= shapes_of(node.args[0], literals)
    wanted = re.compile("|".join(sorted(shapes)))
    return {key for key in keys if wanted.fullmatch(key)}


def test_nothing_stands_in_the_text_tables_that_no_code_asks_for() -> None:
    files = [file for file in (ROOT / "screen").rglob("*.py") if file.parent.name != "text"]
    used = keys_used((file.read_text(encoding="utf-8") for file in files), ZH)
    asked_by_python = set(ZH) - {key for key in ZH if key.startswith(OF_SCRIPTS)}  # those: test_script_text.py
    assert len(used) > 300 and not asked_by_python - used, sorted(asked_by_python - used)


def test_a_key_that_is_asked_for_by_no_way_is_found_and_no_other() -> None:
    code = """
def told(words, way, n, all):
    return words("none"), words("a.all" if all else f"level.{n}"), self.words(f"{way.place}.note"), say(f"part.{n}.n")
WAY = Way(place="door.town", picture="grid")
"""
    used = {"none", "a.all", "level.1", "door.town", "door.town.note", "part.x.n"}
    assert keys_used([code], used | {"grid", "level", "level.1.n", "part.x", "door.desk.note", "a"}) == used


def test_no_word_of_the_demonstration_town_stands_in_a_text_table() -> None:
    for table in TABLES.values():
        assert not [text for text in table.values() if "示范镇" in text or "Model Town" in text or "川沙" in text]


def test_an_unknown_key_names_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match=r"'card\.close'"):
        ZH_WORDS("card.clsoe")


def test_an_error_is_told_in_the_visitors_language_and_in_english_where_it_has_no_other() -> None:
    both = StoreError("No town.", remedy="Load one.", zh="没有数据。", zh_remedy="请先入库。")
    assert (words("zh-CN").error(both), words("en").error(both)) == ("没有数据。 请先入库。", "No town. Load one.")
    assert words("zh-CN").error(StoreError("No town.", remedy="Load one.")) == "No town. Load one."


def test_a_value_with_two_languages_falls_back_to_the_one_that_is_there() -> None:
    assert EN_WORDS.of({"zh": "波尔图", "en": ""}) == "波尔图"
    assert ZH_WORDS.of({"zh": "", "en": "Porto"}) == "Porto"


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (296_143, "人", "29.6 万人", "296k people"),
        (3_000_000, "人", "300 万人", "3 million people"),
        (10_000, "人", "1 万人", "10,000 people"),
        (9_999, "户", "9,999 户", "9,999 households"),
        (0, "件", "0 件", "0 cases"),
        (12.345, "%", "12.3 %", "12.3 %"),
        (None, "人", "— 人", "— people"),
    ],
)
def test_a_figure_is_said_with_its_unit(value: float | None, unit: str, zh: str, en: str) -> None:
    assert str(figure(value, unit, ZH_WORDS)) == zh
    assert str(figure(value, unit, EN_WORDS)) == en


def test_land_is_measured_in_mu_here_and_in_hectares_abroad_and_a_house_in_square_metres() -> None:
    assert str(area(2000 / 3 * 15, ZH_WORDS)) == "15 亩"
    assert str(area(25_000, EN_WORDS)) == "2.5 ha"
    assert str(area(96.4, ZH_WORDS)) == "96 m²"
    for say in (ZH_WORDS, EN_WORDS):
        assert str(area(5533.4, say, land=False)) == "5,533 m²", "floors of whatever size are no land"


@pytest.mark.parametrize(
    ("language", "units", "land", "people", "mu"),
    [
        ("zh-CN", "", "4.3 万亩", "29.6 万人", "28.4 亩"),
        ("zh-CN", "local", "4.3 万亩", "29.6 万人", "28.4 亩"),
        ("zh-CN", "si", "2,860 公顷", "296,143 人", "1.9 公顷"),
        ("en", "", "2,860 ha", "296k people", "28.4 mu"),
        ("en", "local", "42,900 mu", "296k people", "28.4 mu"),
        ("en", "si", "2,860 ha", "296,143 people", "1.9 ha"),
        ("en", "nonsense", "2,860 ha", "296k people", "28.4 mu"),
    ],
)
def test_units_are_those_of_the_place_or_si_as_the_visitor_chose(language: str, units: str, land: str, people: str, mu: str) -> None:
    say = words(language, units)
    assert (str(area(28_600_000, say)), str(figure(296_143, "人", say)), str(figure(28.4, "亩", say))) == (land, people, mu)


@pytest.mark.parametrize(
    ("now", "before", "good", "digits", "tone"),
    [
        (31, 43, "less", "−12 处", "better"),
        (58, 44, "less", "+14 处", "worse"),
        (58, 44, "more", "+14 处", "better"),
        (10, 12, "more", "−2 处", "worse"),
        (58, 44, "neither", "+14 处", "same"),
        (7, 7, "less", "0", "same"),
        (7, None, "less", "—", "unknown"),
        (Suppressed(), 4, "less", "—", "unknown"),
        (4, Suppressed(), "less", "—", "unknown"),
        (30_000, 10_000, "more", "+2 万处", "better"),
    ],
)
def test_a_change_says_how_much_since_when_and_whether_it_is_good(now: Any, before: Any, good: Any, digits: str, tone: str) -> None:
    made = change(now, before, "处", ZH_WORDS, good=good, since="较上期")
    assert (made.digits, made.tone) == (digits, tone)
    assert "较上期" in made.said
    known = isinstance(now, int) and isinstance(before, int)
    assert made.direction == ((now > before) - (now < before) if known else 0)


def test_a_hidden_count_is_said_as_hidden_and_never_as_a_number() -> None:
    assert said(Suppressed(), "人", ZH_WORDS).digits == "<3"
    assert said(Suppressed(small=False), "人", ZH_WORDS).digits == "*"


def test_days_ages_and_moments_are_said_in_the_towns_own_zone() -> None:
    assert day(date(2026, 9, 23), ZH_WORDS) == "2026年9月23日" and day(date(2026, 9, 23), EN_WORDS) == "23 Sep 2026"
    assert [age(days, ZH_WORDS) for days in (None, 0, 3)] == ["时间不详", "今天", "3 天前"]
    assert moment(datetime(2026, 11, 21, 23, 42, tzinfo=UTC), "Asia/Shanghai", ZH_WORDS) == "11月22日 07:42"


@pytest.mark.parametrize(
    "view",
    [View(), View(area="990115103001", layer="houses", level=0), View(theme="use", list="objects", rows=150, object="house:FW 01/甲")],
)
def test_a_view_survives_the_address(view: View) -> None:
    assert parse(view.search()) == view


@pytest.mark.parametrize("search", ["", None, "?", "?level=9&rows=x&list=all", "?level=²&rows=-3", "?nonsense"])
def test_an_address_that_says_nothing_useful_opens_the_default_view(search: str | None) -> None:
    assert parse(search) == View()


def test_the_card_of_a_house_tells_floors_in_square_metres_and_that_of_a_parcel_in_mu() -> None:
    told = {name: _value({"name": name, "value": 5533.0, "unit": "m²"}, ZH_WORDS) for name in ("floor_area_m2", "footprint_m2", "area_m2")}
    assert told == {"floor_area_m2": "5,533 m²", "footprint_m2": "5,533 m²", "area_m2": "8.3 亩"}


def test_every_area_of_a_house_or_a_room_is_told_in_square_metres() -> None:
    assert {column.name for name in ("house", "room") for column in contract_table(name).all_columns if column.unit == "m²"} == BUILT


@pytest.mark.parametrize(
    ("say", "heads"),
    [
        (ZH_WORDS, ["综合得分（分）", "实有人口（人）", "房屋（栋）", "林地（小班）", "林地（小班）", "案件（分）"]),
        (EN_WORDS, ["Score (points)", "People", "Houses", "Forest (stands)", "Forest (stands)", "Cases (points)"]),
    ],
    ids=lambda value: getattr(value, "language", ""),
)
def test_every_line_of_a_comparison_says_its_unit_unless_its_name_is_the_unit(say: Words, heads: list[str]) -> None:
    woods = {"layer": "forest", "zh": "林地", "en": "Forest", "levels": {1: 3, 2: 4}}
    part = {"part": "closing", "zh": "案件", "en": "Cases", "value": 80.0}
    row = {"score": 71.5, "people": 12, "houses": 5, "layers": [woods], "parts": [part]}
    scene: Any = SimpleNamespace(words=say, layers=[{"name": "forest", "unit_zh": "个小班", "unit_en": "stands"}])
    assert [measure.name + (compare_unit(measure, say) or "") for measure in measures([row, row], scene)] == heads


@pytest.mark.parametrize(("personal", "total", "row"), [(False, "共 1,085 栋", "1,006 栋"), (True, "共 1,006 个网格", "1,006 个网格")])
def test_the_legend_says_its_unit_at_its_head_and_aloud_with_each_number(personal: bool, total: str, row: str) -> None:
    house = {"zh": "住宅", "en": "residential", "code": "01", "n": 1006, "hex": "#D8BFA3"}
    scene: Any = SimpleNamespace(
        words=ZH_WORDS, view=View(), personal=personal, unpainted=False, unit="栋", theme="use", chosen=None,
        theme_facts={"classes": [house]}, legend={"total": 1085},
    )  # fmt: skip
    assert legend_total(scene) == total
    assert row in re.sub("<[^>]+>", "", written(class_rows(scene)[0]))
