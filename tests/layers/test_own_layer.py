"""The example of the README: a layer of one's own is one file in a folder."""

from pathlib import Path

import pytest
from small_town import Town, add_house

from data.errors import LayerError
from data.settings import load_settings
from layers.core.query import MASKED, legend, listing
from layers.core.registry import load_layers

EXAMPLE = """
from layers.core.spec import Layer, Rule

LAYER = Layer(
    name="old_houses", table="house", zh="老旧房屋", en="Old houses", order=45,
    rules=(
        Rule(2, "before_1980", "o.built_year < 1980", "1980年以前建成", "Built before 1980", "安排鉴定", "Have it surveyed"),
        Rule(5, "later", "o.built_year >= 1980", "1980年以后建成", "Built in 1980 or later"),
    ),
    tooltip=("built_year",),
    card=("built_year", "structure", "verified_on"),
)
"""


def folder_with(tmp_path: Path, text: str) -> Path:
    (tmp_path / "old_houses.py").write_text(text, encoding="utf-8")
    settings = load_settings({"ONESCREEN_LAYERS": str(tmp_path)})
    assert settings.layers is not None
    return settings.layers


def test_a_file_in_the_folder_is_a_layer_like_any_other(town: Town, tmp_path: Path) -> None:
    layers = load_layers(folder_with(tmp_path, EXAMPLE))
    assert [layer.name for layer in layers].index("old_houses") == [layer.name for layer in layers].index("houses") + 1
    for key, year in (("H1", 1975), ("H2", 1996), ("H3", None)):
        add_house(town, key, built_year=year)
    town.number()
    town.paint(layers=layers)
    assert [town.colour("old_houses", key)[0] for key in ("H1", "H2", "H3")] == [2, 5, 0]
    assert town.all("SELECT object_id, level FROM paint_old_houses ORDER BY 1") == [("H1", 2), ("H2", 5), ("H3", 0)]
    store = town.store(layers)
    assert {row["code"]: row["n"] for row in legend(store, MASKED, "old_houses", "V1")["levels"] if row["n"]} == {
        "orange": 1,
        "green": 1,
        "grey": 1,
    }
    assert listing(store, MASKED, "old_houses", "V1")["rows"][0]["reasons"][0]["en"] == "Built before 1980"


@pytest.mark.parametrize(
    ("right", "wrong", "advice"),
    [
        ("o.built_year < 1980", "o.build_year < 1980", "'built_year'"),
        ("o.built_year < 1980", "built_yaer < 1980", "'built_year'"),
        ("o.built_year < 1980", "o.house_id IN (SELECT house_id FROM person WHERE categry = 'x')", "'category'"),
        ('card=("built_year"', 'card=("buildyear"', "'built_year'"),
        ("tooltip=", "tooltips=", "'tooltip'"),
        ('table="house"', 'table="houses"', "'house'"),
    ],
)
def test_a_misspelt_field_is_an_error_that_names_the_nearest_right_one(tmp_path: Path, right: str, wrong: str, advice: str) -> None:
    folder = folder_with(tmp_path, EXAMPLE.replace(right, wrong))
    with pytest.raises(LayerError, match=rf"(?s)old_houses\.py.*Did you mean.*{advice}"):
        load_layers(folder)


def test_a_file_of_the_same_name_replaces_the_product_s_layer(tmp_path: Path) -> None:
    folder_with(tmp_path, EXAMPLE.replace('name="old_houses"', 'name="houses"'))
    assert next(layer for layer in load_layers(tmp_path) if layer.name == "houses").en == "Old houses"


def test_a_column_without_alias_is_checked_when_the_file_is_read_and_the_rule_is_named_in_both_languages(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, EXAMPLE.replace("o.built_year < 1980", "built_yaer < 1980"))
    with pytest.raises(LayerError) as raised:
        load_layers(folder)
    assert "rule 'before_1980' reads 'built_yaer'" in raised.value.message
    said = " ".join(raised.value.said("zh"))
    assert "不是任何列" in said and "是否要写 'built_year'" in said
    assert load_layers(folder_with(tmp_path, EXAMPLE.replace("o.built_year < 1980", "built_year < 1980")))


@pytest.mark.parametrize(
    ("right", "wrong", "zh"),
    [
        ("o.built_year < 1980", "o.build_year < 1980", "没有列 'build_year'"),
        ("tooltip=", "tooltips=", "是否要写 'tooltip'"),
        ('table="house"', 'table="houses"', "没有表 'houses'"),
        ("Rule(2", "Rule(9", "等级为 9"),
        ("LAYER =", "OTHER =", "没有声明 LAYER"),
        ("o.built_year < 1980", "o.built_year <", "无法读取"),
        ("o.built_year < 1980", "o.house_id IN (SELECT house_id FROM persn)", "'persn' 不是表"),
        ("rules=(", "checked='(SELECT max(birth_date) FROM person)', rules=(", "个人信息列 'birth_date'"),
    ],
)
def test_a_bad_layer_file_is_refused_in_chinese_too(tmp_path: Path, right: str, wrong: str, zh: str) -> None:
    folder = folder_with(tmp_path, EXAMPLE.replace(right, wrong))
    with pytest.raises(LayerError) as raised:
        load_layers(folder)
    said = " ".join(raised.value.said("zh"))
    assert zh in said and "old_houses.py" in said and raised.value.zh_remedy
