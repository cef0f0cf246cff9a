"""Scenes of the wall: what a file says, what is wrong with it in words, and where its panels lie at every shape."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from data.schema import TABLES
from layers.core.registry import load_layers
from screen.wall.panels import NAMES, SIZES
from screen.wall.places import HEAD, MAP, ROWS, SHAPES, Rect, Shape, place
from screen.wall.scenes import SHIPPED, Known, Mistake, Scene, load_scenes, read_scene

THEMES = {
    layer.name: frozenset({"level", *(theme.name for theme in layer.themes)} if layer.rules else {theme.name for theme in layer.themes})
    for layer in load_layers()
}
KNOWN = Known(THEMES, frozenset(NAMES), frozenset({"990115103", "990115103101"}))
GOOD = """
name = { zh = "夜间", en = "Night" }
key = "6"
left = ["houses"]
[[picture]]
layer = "houses"
"""


def read(tmp_path: Path, text: str, known: Known = KNOWN) -> tuple[Scene | None, list[Mistake]]:
    mistakes: list[Mistake] = []
    file = tmp_path / "night.toml"
    file.write_text(text, encoding="utf-8")
    return read_scene(file, known, mistakes), mistakes


def test_the_shipped_scenes_are_right_have_a_key_each_and_ask_for_what_exists() -> None:
    scenes, mistakes = load_scenes(KNOWN)
    assert not mistakes
    assert {scene.key: scene.id for scene in scenes} == {"1": "daily", "2": "emergency", "3": "briefing", "4": "flood", "5": "holiday"}
    assert any(picture.tour for scene in scenes if scene.id == "briefing" for picture in scene.pictures)
    told = {file.stem: file.read_text(encoding="utf-8").count("[[picture]]") for file in SHIPPED.glob("*.toml")}
    assert {scene.id: len(scene.pictures) for scene in scenes} == told, "no picture was left out"


def test_a_town_without_forest_keeps_the_scenes_and_loses_the_pictures_in_silence() -> None:
    poor = replace(KNOWN, themes={"houses": THEMES["houses"]})
    scenes, mistakes = load_scenes(poor)
    assert not mistakes and scenes
    assert {picture.layer for scene in scenes for picture in scene.pictures} == {"houses"}


def test_a_good_file_is_read_as_it_stands(tmp_path: Path) -> None:
    scene, mistakes = read(tmp_path, GOOD.replace("left", 'dwell_s = 12\ncarousel = false\nviewport = "990115103101"\nleft'))
    assert not mistakes and scene is not None
    assert (scene.zh, scene.key, scene.dwell_s, scene.carousel, scene.viewport) == ("夜间", "6", 12, False, "990115103101")
    assert scene.panels["left"] == ("houses",) and scene.pictures[0].theme == "level"


MISTAKES = [
    ('layer = "houses"', 'layer = "hoses"', 'layer = "hoses"', "没有这个图层", "'houses'"),
    ('layer = "houses"', 'layer = "houses"\ntheme = "ocupancy"', 'theme = "ocupancy"', '图层 "houses" 在本镇没有', "'occupancy'"),
    ('layer = "houses"', 'layer = "houses"\nlevels = [1, 9]', "levels = 9", "没有这个等级", "1 "),
    ('layer = "houses"', 'layer = "houses"\nlevels = [true]', "levels = true", "没有这个等级", "1 "),
    ('layer = "houses"', 'layer = "houses"\nlevel = 1', "level = 1", "画面没有这个键", "'levels'"),
    ('layer = "houses"', 'layer = "houses"\ntour = "no"', 'tour = "no"', "按 false", "true"),
    ('layer = "houses"', 'layer = "houses"\nmost = 900', "most = 900", "按 12", "200"),
    ('left = ["houses"]', 'left = ["houses", "peple"]', 'left = "peple"', "没有这个面板", "'people'"),
    ("left =", "dwell = 5\nleft =", "dwell = 5", "场景没有这个键", "'dwell_s'"),
    ("left =", "dwell_s = 2\nleft =", "dwell_s = 2", "按 30", "600"),
    ("left =", 'carousel = "off"\nleft =', 'carousel = "off"', "按 true", "false"),
    ("left =", 'viewport = "990115103102"\nleft =', 'viewport = "990115103102"', "显示全镇", "'990115103101'"),
    ("left =", "viewport = 990115103101\nleft =", "viewport = 990115103101", "显示全镇", "'990115103101'"),
    ("left =", 'viewport = "?"\nleft =', 'viewport = "?"', "显示全镇", '"town"'),
    ("left =", "viewport = [121.9, 31.2, 121.8, 31.1]\nleft =", "viewport = [121.9, 31.2", "显示全镇", "["),
    ("[[picture]]", "[picture.one]", "layer", "没有这个图层", "houses"),
    ("[[picture]]\nlayer", "picture = 7\n[name2]\nlayer", "picture = 7", "须是一节", "[[picture]]"),
    ("[[picture]]\nlayer", "[name2]\nlayer", "picture", "没有可显示的画面", "[[picture]]"),
    *(('key = "6"', f'key = "{key}"', f'key = "{key}"', "不能用来切换场景", "0") for key in "fTlDh"),
    ('name = { zh = "夜间", en = "Night" }', 'name = { zh = "夜间" }', 'name = { zh = "夜间" }', "没有中英文名称", "en ="),
]


@pytest.mark.parametrize(("wrong", "right", "told", "zh", "remedy"), MISTAKES, ids=[right for _, right, *_ in MISTAKES])
def test_a_mistake_names_file_key_value_and_remedy_in_both_languages(
    tmp_path: Path, wrong: str, right: str, told: str, zh: str, remedy: str
) -> None:
    assert wrong in GOOD
    _, mistakes = read(tmp_path, GOOD.replace(wrong, right, 1))
    found = next(mistake for mistake in mistakes if mistake.message.startswith(told) and zh in mistake.zh)
    english, chinese = found.said("en"), found.said("zh-CN")
    assert english.startswith(f"night.toml: {told}") and remedy in found.remedy and english.isprintable()
    assert chinese.startswith(f"night.toml：{told}") and remedy in found.zh_remedy
    assert not re.search(r"[\u4e00-\u9fff]", found.remedy.replace("夜间", "")), "English only"
    assert all(re.search(r"[\u4e00-\u9fff]", part) for part in (found.zh.replace("夜间", ""), found.zh_remedy))


def test_a_file_that_is_no_toml_or_no_utf_8_is_told_with_the_place_in_both_languages(tmp_path: Path) -> None:
    _, (mistake,) = read(tmp_path, GOOD.replace("left =", "left ["))
    assert (
        "at line 4" in mistake.said("en")
        and mistake.said("zh-CN") == "night.toml：文件读不出来：第 4 行第 6 列不合 TOML 的写法。请改正该处。"
    )
    mistakes: list[Mistake] = []
    (tmp_path / "night.toml").write_bytes(GOOD.encode("gb18030"))
    assert read_scene(tmp_path / "night.toml", KNOWN, mistakes) is None
    assert "UTF-8" in mistakes[0].remedy and "UTF-8" in mistakes[0].zh_remedy


def test_what_is_right_in_a_file_with_mistakes_is_shown(tmp_path: Path) -> None:
    text = GOOD.replace('["houses"]', '["houses", "peple"]') + '[[picture]]\nlayer = "hoses"\n'
    scene, mistakes = read(tmp_path, text)
    assert scene is not None and len(mistakes) == 2
    assert scene.panels["left"] == ("houses",) and [picture.layer for picture in scene.pictures] == ["houses"]


def test_every_cause_is_told_once_and_all_at_once_also_where_no_scene_is_left(tmp_path: Path) -> None:
    scene, mistakes = read(tmp_path, GOOD.replace('["houses"]', '["nonsense"]').replace('layer = "houses"', 'layer = "nope"'))
    assert scene is None
    assert sorted(mistake.message.split(":")[0] for mistake in mistakes) == ['layer = "nope"', 'left = "nonsense"']
    _, mistakes = read(tmp_path, 'left = ["nonsense"]\ndwell_s = 2\npicture = [{ layer = "nope", levels = [1] }]')
    assert [mistake.message.split(":")[0] for mistake in mistakes] == ["name", "key", 'layer = "nope"', "dwell_s = 2", 'left = "nonsense"']
    _, (mistake,) = read(tmp_path, GOOD.replace('{ zh = "夜间", en = "Night" }', '[true, 1.5, { zh = "夜间" }]'))
    assert mistake.message.startswith('name = [true, 1.5, { zh = "夜间" }]: ')


def test_a_file_of_the_town_replaces_the_shipped_one_and_a_taken_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "daily.toml").write_text(GOOD.replace('"6"', '"1"'), encoding="utf-8")
    (tmp_path / "other.toml").write_text(GOOD.replace('"6"', '"2"'), encoding="utf-8")
    scenes, mistakes = load_scenes(KNOWN, own=tmp_path)
    assert next(scene for scene in scenes if scene.id == "daily").en == "Night"
    assert [scene.id for scene in scenes if scene.key == "2"] == ["emergency"]
    (mistake,) = mistakes
    assert mistake.said("en") == 'other.toml: key = "2": this key belongs to emergency.toml. Give it another key.'
    assert mistake.said("zh-CN") == 'other.toml：key = "2"：这个按键已归 emergency.toml。请换一个按键。'


def test_a_folder_that_does_not_exist_is_told_and_the_shipped_scenes_stay(tmp_path: Path) -> None:
    scenes, mistakes = load_scenes(KNOWN, own=tmp_path / "none")
    assert len(scenes) == 5 and "does not exist" in mistakes[0].said("en")
    assert mistakes[0].said("zh-CN") == f"{tmp_path / 'none'}：这个场景文件夹不存在。请建立该文件夹，或更正设置 `scenes`。"


def cells(rect: Rect) -> set[tuple[int, int]]:
    return {(column, row) for column in range(rect.column, rect.column + rect.columns) for row in range(rect.row, rect.row + rect.rows)}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("scene", load_scenes(KNOWN)[0], ids=lambda scene: scene.id)
@pytest.mark.parametrize("missing", [(), ("people", "forest", "reds", "reasons"), tuple(set(NAMES) - {"houses"}), tuple(NAMES)], ids=len)
def test_panels_fill_the_grid_and_never_meet_whatever_a_town_lacks(shape: Shape, scene: Scene, missing: tuple[str, ...]) -> None:
    panels = {side: [name for name in names if name not in missing] for side, names in scene.panels.items()}
    placed = place(panels, SIZES, shape)
    seen: set[tuple[int, int]] = set()
    for name, rect in placed.items():
        assert not seen & cells(rect), f"{name} lies on another"
        seen |= cells(rect)
    assert seen == {(column, row) for column in range(1, shape.units + 1) for row in range(1, ROWS + 1)}, "there is a gap"
    assert {HEAD, MAP} <= set(placed) and placed[MAP].rows >= ROWS // 2


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_panel_has_the_rows_that_it_needs(shape: Shape) -> None:
    for scene in load_scenes(KNOWN)[0]:
        placed = place(scene.panels, SIZES, shape)
        for side in ("left", "right"):
            for name in set(scene.panels[side]) & set(placed) - set(scene.panels["below"]):
                assert placed[name].rows >= SIZES[name].rows[shape.needs], f"{scene.id}: {name}"


def test_no_edge_of_a_side_panel_is_off_the_seams_of_common_walls() -> None:
    """A unit is a quarter of 16:9: the seams of screens in a row lie on edges of units, and in the middle only the map may cross."""
    for shape in SHAPES:
        assert shape.units % 2 == 0
        placed = place(load_scenes(KNOWN)[0][0].panels, SIZES, shape)
        middle = shape.units // 2 + 1
        assert all(
            rect.column >= middle or rect.column + rect.columns <= middle for name, rect in placed.items() if name not in (HEAD, MAP)
        )


def test_known_tables_stand_behind_the_panels() -> None:
    assert {"house", "parcel", "stand", "facility", "casework", "person"} <= set(TABLES)
