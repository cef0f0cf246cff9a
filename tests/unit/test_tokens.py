"""The colours of the style sheets: those of the map, and readable on what they lie on."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from layers.core.difference import APART, Lab, difference, difference_of, like_level
from layers.core.palette import INK, LIGHT, LIGHT_EDGE
from layers.core.registry import load_layers
from layers.core.spec import LEVELS
from layers.core.themes import MOST, OTHER, stable_colours

ASSETS = Path(__file__).resolve().parents[2] / "assets"
RULE = re.compile(r"(--[\w-]+):\s*(#[0-9a-fA-F]{6}|rgba\([^)]*\));")


def tokens(look: str) -> dict[str, str]:
    css = (ASSETS / "tokens.css").read_text(encoding="utf-8")
    blocks = re.findall(r"([^{}]+)\{([^{}]*)\}", css)
    return dict(pair for head, body in blocks if f'[data-look="{look}"]' in head for pair in RULE.findall(body))


def rgb(colour: str, under: tuple[float, ...] = (0, 0, 0)) -> tuple[float, ...]:
    """Of an opaque colour, or of a translucent one as it lies on `under`."""
    if colour.startswith("#"):
        return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    *parts, alpha = (float(part) for part in re.findall(r"[\d.]+", colour))
    return tuple(part * alpha + below * (1 - alpha) for part, below in zip(parts, under, strict=True))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours."""
    lights = [sum(w * _linear(part / 255) for w, part in zip((0.2126, 0.7152, 0.0722), colour, strict=True)) for colour in (one, other)]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def test_level_colours_of_the_sheets_are_those_of_the_map() -> None:
    dark, light = tokens("dark"), tokens("light")
    assert {level.level: dark[f"--level-{level.level}"].upper() for level in LEVELS} == {level.level: level.hex.upper() for level in LEVELS}
    assert {level: light[f"--level-{level}"].upper() for level in LIGHT} == {level: colour.upper() for level, colour in LIGHT.items()}
    assert {level: light[f"--level-{level}-edge"].upper() for level in LIGHT_EDGE} == LIGHT_EDGE


@pytest.mark.parametrize(("sheet", "part"), [("components-basics.css", ".mark"), ("components-figures.css", ".bar-part")])
def test_what_is_yellow_draws_the_edge_that_makes_it_seen(sheet: str, part: str) -> None:
    rule = (ASSETS / sheet).read_text(encoding="utf-8").split(f'{part}[data-level="3"] {{')[1].split("}")[0]
    assert "var(--level-3-edge)" in rule


def test_yellow_looks_yellow_in_both_looks() -> None:
    for look in ("dark", "light"):
        red, green, blue = rgb(tokens(look)["--level-3"])
        assert min(red, green) > 180 and blue < 60


def test_no_yellow_is_seen_on_paper_by_itself_so_its_edge_has_to_be() -> None:
    """What makes a colour yellow (as above) keeps it under 3 on the light map: only an outline can carry that contrast."""
    paper, white = rgb(INK["light"]["paper"]), rgb(tokens("light")["--panel-solid"])
    yellows = [(red, green, blue) for red in range(181, 256, 6) for green in range(181, 256, 6) for blue in range(0, 60, 12)]
    assert max(contrast(yellow, paper) for yellow in yellows) < 3
    assert all(contrast(rgb(LIGHT_EDGE[3]), ground) > 4.5 for ground in (paper, white))
    assert contrast(rgb(LIGHT_EDGE[3]), rgb(LIGHT[3])) > 3


@pytest.mark.parametrize("look", ["dark", "light"])
def test_every_text_colour_reaches_4_5_on_every_panel(look: str) -> None:
    found = tokens(look)
    ground = rgb(found["--ground"])
    panel = rgb(found["--panel"], ground)
    lying = [
        panel,
        rgb(found["--panel-solid"]),
        rgb(found["--panel-2"], panel),
        rgb(found["--accent-soft"], panel),
        rgb(found["--field"], panel),
    ]
    inks = ["--text", "--text-2", "--accent-ink", "--better", "--worse", *(f"--level-{level}-ink" for level in range(6))]
    weak = {
        (ink, i): round(contrast(rgb(found[ink]), on), 2)
        for ink in inks
        for i, on in enumerate(lying)
        if contrast(rgb(found[ink]), on) < 4.5
    }
    assert not weak


@pytest.mark.parametrize("look", ["dark", "light"])
def test_every_colour_of_a_plot_reaches_3_on_its_panel(look: str) -> None:
    found = tokens(look)
    panel = rgb(found["--panel-solid"])
    names = [name for name in found if re.fullmatch(r"--(series|level)-\d", name)]
    edges = {name: found.get(f"{name}-edge", found[name]) for name in names}  # a yellow that is seen on paper is brown: its edge is seen
    marks = {name: contrast(rgb(found[name] if edges[name].startswith("var") else edges[name]), panel) for name in names}
    assert len(marks) == 14
    assert not {name: round(ratio, 2) for name, ratio in marks.items() if ratio < 3}


def test_colours_of_a_series_can_be_told_apart_beside_each_other() -> None:
    for look in ("dark", "light"):
        series = [rgb(tokens(look)[f"--series-{i}"]) for i in range(1, 9)]
        for one, other in pairwise(series):
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 60


def test_on_a_wall_no_text_is_smaller_than_the_root_and_a_key_figure_is_twice_and_a_quarter_of_it() -> None:
    css = (ASSETS / "tokens.css").read_text(encoding="utf-8")
    wall = css.split('[data-place="wall"] {')[1].split("}")[0]
    sizes = {name: float(size) for name, size in re.findall(r"--text-([\w-]+): ([\d.]+)rem", wall)}
    assert set(sizes) == set(re.findall(r"--text-([\w-]+): [\d.]+rem", css.split("}")[0]))  # a size of the desk does not slip through
    assert min(sizes.values()) >= 1 and sizes["figure"] >= 2.25


THEMES = {(layer.name, theme.name): theme.classes for layer in load_layers() for theme in layer.themes}
STANDARD = ("land", "class")  # the colours of the national land survey (data/reference/landuse_sandiao.csv) and their families


@pytest.mark.parametrize("theme", sorted(set(THEMES) - {STANDARD}), ids="-".join)
def test_no_class_of_a_layer_could_be_taken_for_a_level_in_either_look(theme: tuple[str, str]) -> None:
    assert not {cls.code: (cls.hex, like_level(cls.hex)) for cls in THEMES[theme] if like_level(cls.hex) is not None}


@pytest.mark.parametrize("theme", sorted(set(THEMES) - {STANDARD}), ids="-".join)
def test_classes_of_a_theme_can_be_told_apart(theme: tuple[str, str]) -> None:
    shown = {cls.hex for cls in THEMES[theme]}
    assert not [(one, other) for one, other in combinations(sorted(shown), 2) if difference(one, other) < 8]


def test_no_class_that_a_town_brings_along_could_be_taken_for_a_level() -> None:
    shown = [*stable_colours([str(number) for number in range(MOST - 1)]).values(), OTHER.hex]
    assert not [colour for colour in shown if like_level(colour) is not None] and len(set(shown)) == MOST


def test_a_colour_that_could_be_taken_for_a_level_is_found_in_either_look() -> None:
    assert [like_level(colour) for colour in ("#EF5350", "#D9643A", "#F2C14E", "#4F86C6", "#4C9F70", "#8E95A5", "#B0408F")] == [
        1, 2, 3, 4, 5, 0, None,
    ]  # fmt: skip
    assert all(like_level(colour) == level for level, colour in LIGHT.items())


@pytest.mark.parametrize(
    ("one", "other", "away"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_those_of_the_published_pairs(one: Lab, other: Lab, away: float) -> None:
    """Sharma, Wu, Dalal: The CIEDE2000 color-difference formula, table 1."""
    assert round(difference_of(one, other), 4) == round(difference_of(other, one), 4) == away
    assert difference("#FF4D4F", "#FF4D4F") == 0 and APART > 10


def test_black_on_white_is_21_and_the_checker_sees_a_weak_pair() -> None:
    assert round(contrast((0, 0, 0), (255, 255, 255))) == 21
    assert contrast(rgb("#8FB3D9"), rgb("#FFFFFF")) < 4.5


def test_english_units_of_the_three_figures_stand_below_their_digits_at_every_width() -> None:
    """Beside digits of any length they would wrap in one figure and not in the next."""
    sheet = (ASSETS / "components-figures.css").read_text(encoding="utf-8")
    rule = sheet.split(":lang(en) .panel-figures .key-value {")[1].split("}")[0]
    assert "flex-direction: column" in rule
    assert "nowrap" in sheet.split("\n.key-digits {")[1].split("}")[0]


def test_every_icon_that_a_style_names_exists_and_the_other_way_round() -> None:
    named = set(re.findall(r"icons/([\w-]+\.svg)", (ASSETS / "components-basics.css").read_text(encoding="utf-8")))
    assert named == {file.name for file in (ASSETS / "icons").iterdir()} - {"favicon.svg"}


def test_no_style_asks_another_machine() -> None:
    for file in ASSETS.rglob("*.css"):
        assert not re.search(r"(?:https?:)?//[a-z]", re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.S)), file
