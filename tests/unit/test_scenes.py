"""Scenes of the wall: what a file says, what is wrong with it in words, and where its panels lie at every shape."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data.schema import TABLES
from layers.core.registry import load_layers
from screen.wall.panels import PANELS, SIZES
from screen.wall.places import HEAD, MAP, ROWS, SHAPES, Rect, Shape, place
from screen.wall.scenes import SHIPPED, Known, Mistake, Scene, load_scenes, read_scene

THEMES = {
    layer.name: frozenset({"level", *(theme.name for theme in layer.themes)} if layer.rules else {theme.name for theme in layer.themes})
    for layer in load_layers()
}
KNOWN = Known(THEMES, frozenset(PANELS), frozenset({"990115103", "990115103101"}))
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


@pytest.mark.parametrize(
    ("wrong", "right", "said", "remedy"),
    [
        ('layer = "houses"', 'layer = "hoses"', "no layer 'hoses'", "'houses'"),
        ('layer = "houses"', 'layer = "houses"\ntheme = "ocupancy"', "no theme 'ocupancy'", "'occupancy'"),
        ('layer = "houses"', 'layer = "houses"\nlevels = [1, 9]', "no level 9", "1 red"),
        ('layer = "houses"', 'layer = "houses"\nlevel = 1', "Unknown key 'level' of a picture", "'levels'"),
        ('left = ["houses"]', 'left = ["houses", "peple"]', "no panel 'peple'", "'people'"),
        ("left =", "dwell = 5\nleft =", "Unknown key 'dwell'", "'dwell_s'"),
        ("left =", "dwell_s = 2\nleft =", "dwell_s = 2", "from 5 to 600"),
        ("left =", 'viewport = "990115103102"\nleft =', "'990115103102'", "'990115103101'"),
        ("left =", "viewport = [121.9, 31.2, 121.8, 31.1]\nleft =", "121.9", "[west, south, east, north]"),
        ("left =", "left [", "cannot be read", "Correct that place"),
        ('key = "6"', 'key = "f"', "'f'", "other than"),
        ('key = "6"', 'key = "T"', "'T'", "other than"),
        ('key = "6"', 'key = "l"', "'l'", "other than"),
        ('key = "6"', 'key = "D"', "'D'", "other than"),
        ('key = "6"', 'key = "h"', "'h'", "other than"),
        ('name = { zh = "夜间", en = "Night" }', "", "no name", "zh"),
    ],
)
def test_a_mistake_names_the_file_the_value_and_the_nearest_right_one(
    tmp_path: Path, wrong: str, right: str, said: str, remedy: str
) -> None:
    assert wrong in GOOD
    _, mistakes = read(tmp_path, GOOD.replace(wrong, right, 1))
    assert any(said in mistake.message and remedy in mistake.remedy and mistake.file == "night.toml" for mistake in mistakes), mistakes


def test_a_key_of_the_walls_own_is_refused_in_both_languages(tmp_path: Path) -> None:
    scene, mistakes = read(tmp_path, GOOD.replace('"6"', '"t"'))
    assert scene is None
    assert mistakes[0].said("zh-CN").startswith("night.toml：按键 't' 不能用来切换场景。请改用")
    assert mistakes[0].said("en").startswith("night.toml: The key 't' cannot call a scene. Give one character")


def test_what_is_right_in_a_file_with_mistakes_is_shown(tmp_path: Path) -> None:
    text = GOOD.replace('["houses"]', '["houses", "peple"]') + '[[picture]]\nlayer = "hoses"\n'
    scene, mistakes = read(tmp_path, text)
    assert scene is not None and len(mistakes) == 2
    assert scene.panels["left"] == ("houses",) and [picture.layer for picture in scene.pictures] == ["houses"]


def test_a_file_of_the_town_replaces_the_shipped_one_and_a_taken_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "daily.toml").write_text(GOOD.replace('"6"', '"1"'), encoding="utf-8")
    (tmp_path / "other.toml").write_text(GOOD.replace('"6"', '"2"'), encoding="utf-8")
    scenes, mistakes = load_scenes(KNOWN, own=tmp_path)
    assert next(scene for scene in scenes if scene.id == "daily").en == "Night"
    assert [scene.id for scene in scenes if scene.key == "2"] == ["emergency"]
    assert list(map(str, mistakes)) == ["other.toml: The key '2' belongs to emergency.toml. Give it another key."]


def test_a_folder_that_does_not_exist_is_told_and_the_shipped_scenes_stay(tmp_path: Path) -> None:
    scenes, mistakes = load_scenes(KNOWN, own=tmp_path / "none")
    assert len(scenes) == 5 and "does not exist" in mistakes[0].message


def cells(rect: Rect) -> set[tuple[int, int]]:
    return {(column, row) for column in range(rect.column, rect.column + rect.columns) for row in range(rect.row, rect.row + rect.rows)}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("scene", load_scenes(KNOWN)[0], ids=lambda scene: scene.id)
@pytest.mark.parametrize("missing", [(), ("people", "forest", "reds", "reasons"), tuple(set(PANELS) - {"houses"}), tuple(PANELS)], ids=len)
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
