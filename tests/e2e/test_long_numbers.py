"""Numbers as long as those of a large town, in the sheets of /town: digits and units keep their places, and nothing leaves its panel."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from screen import html
from screen.components import Rank, icon, key_figure, legend_row, mark, panel, ranking
from screen.figures import figure
from screen.text import words
from screen.view import LEVELS

ASSETS = Path(__file__).resolve().parents[2] / "assets"
COUNTS = dict(zip(LEVELS, (461, 1_544, 4_635, 8_745, 22_916, 309), strict=True))


def shown(chromium: Browser, language: str, size: tuple[int, int]) -> Page:
    """The three figures and the legend of a town of 296 067 people, in the places that /town gives them."""
    say = words(language)
    told = [("figures.reds", 548, "处", "1,941"), ("figures.people", 296_067, "人", "296,067"), ("figures.houses", 38_610, "栋", None)]
    keys = html.Dl([key_figure(say(key), figure(n, unit, say), note) for key, n, unit, note in told], className="keys")
    rows = [
        legend_row(say(f"level.{level}"), f"{n:,}", "", swatch=mark(level), pressed=False, label="", note=say(f"meaning.{level}"))
        for level, n in COUNTS.items()
    ]
    legend = html.Ul(rows, className="legend legend-levels")
    side = html.Aside(panel("", keys, kind="panel-figures"), className="side")
    rail = html.Aside(panel("", legend, kind="panel-legend"), className="rail")
    return laid(chromium, html.Div([side, rail], className="town"), "town", language, size)


def laid(chromium: Browser, node: html.Node, place: str, language: str, size: tuple[int, int]) -> Page:
    """A piece of a place under its own sheets."""
    others = tuple({"wall", "town", "steward", "door", "kit"} - {place})
    css = "".join(file.read_text(encoding="utf-8") for file in sorted(ASSETS.glob("*.css")) if not file.name.startswith(others))
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
    body = html.written(node)
    page.set_content(f'<html lang="{language}" data-look="light" data-place="{place}"><style>{css}</style><body>{body}</body></html>')
    return page


@pytest.mark.parametrize("size", [(1024, 768), (1920, 1080), (820, 1180), (390, 844)], ids=str)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_count_of_the_legend_leaves_its_panel_or_meets_another(chromium: Browser, language: str, size: tuple[int, int]) -> None:
    page = shown(chromium, language, size)
    beyond = page.evaluate(
        """() => [...document.querySelectorAll(".legend-count")].filter((count) => {
          const at = count.getBoundingClientRect(), panel = count.closest(".panel-body").getBoundingClientRect();
          const met = [...document.querySelectorAll(".mark, .legend-name")].some((other) => {
            const box = other.getBoundingClientRect();
            return box.left < at.right && box.right > at.left && box.top < at.bottom && box.bottom > at.top;
          });
          return met || at.right > panel.right - 8;
        }).map((count) => count.textContent)"""
    )
    page.close()
    assert beyond == []


@pytest.mark.parametrize("size", [(1024, 768), (1920, 1080), (390, 844)], ids=str)
def test_units_stand_on_one_line_with_their_digits_or_all_of_them_below(chromium: Browser, size: tuple[int, int]) -> None:
    """Chinese counting words beside them, English words below."""
    places = {}
    for language in ("zh-CN", "en"):
        page = shown(chromium, language, size)
        places[language] = page.evaluate(
            """() => [...document.querySelectorAll(".key-value")].filter((value) => value.lastChild.textContent).map((value) => {
              const [digits, unit] = [...value.children].map((part) => part.getBoundingClientRect());
              return unit.top >= digits.bottom - 2 ? "below" : unit.left >= digits.right ? "beside" : "on it";
            })"""
        )
        page.close()
    assert places == {"zh-CN": ["beside"] * 3, "en": ["below"] * 2}


def test_mistakes_of_scenes_lie_in_the_corner_that_the_legend_leaves_and_not_over_the_middle_of_the_map(chromium: Browser) -> None:
    mistakes = html.Div([html.P("night.toml：" + "这个按键不能用来切换场景。" * 5)] * 9, className="wall-mistakes")
    legend = html.Div(html.Ul(html.Li([mark(1), "红色", html.Span("13", className="wall-legend-count")])), className="wall-legend")
    shown = html.Div(
        html.Div([mistakes, legend], className="wall-legends"), className="wall-map", style={"width": "940px", "height": "560px"}
    )
    wall = html.Div(shown, className="wall")
    page = laid(chromium, wall, "wall", "zh-CN", (1920, 1080))
    told, legend_box, map_box = [page.locator(one).bounding_box() for one in (".wall-mistakes", ".wall-legend", ".wall-map")]
    page.close()
    assert told and legend_box and map_box
    assert legend_box["x"] + legend_box["width"] < told["x"], "both are in sight"
    middle = map_box["x"] + map_box["width"] / 2, map_box["y"] + map_box["height"] / 2
    assert told["x"] >= middle[0] and told["y"] >= middle[1]


@pytest.mark.parametrize("place", ["wall", "town"])
def test_the_bar_of_a_ranking_runs_below_the_tails_of_the_letters_above_it(chromium: Browser, place: str) -> None:
    ranked = ranking([Rank("Group rental: many people", 107, "107"), Rank("Major gas hazard", 80, "80")], "Why?")
    page = laid(
        chromium, html.Div(html.Div(ranked, style={"width": "30rem", "height": "6rem"}), className=place), place, "en", (1920, 1080)
    )
    gaps = page.evaluate(
        """() => [...document.querySelectorAll(".rank")].map((row) => {
          const name = row.querySelector(".rank-name"), pen = document.createElement("canvas").getContext("2d");
          pen.font = getComputedStyle(name).font;
          const foot = Object.assign(document.createElement("span"), { style: "display: inline-block" });
          name.append(foot);
          const tails = foot.getBoundingClientRect().bottom + pen.measureText("gjpqy").actualBoundingBoxDescent;
          return row.querySelector(".rank-bar").getBoundingClientRect().top - tails;
        })"""
    )
    page.close()
    assert len(gaps) == 2 and min(gaps) >= 3, gaps


def test_count_and_switch_of_a_list_stand_beside_its_tabs_in_english_on_a_tablet(chromium: Browser) -> None:
    tabs = html.Span([html.A("Areas", href="#", className="theme"), html.A("Facilities", href="#", className="theme")], className="tabs")
    turn = html.A([icon("chart"), html.Span("Compare")], href="#", className="theme compare-switch")
    listed = panel([tabs, html.Small("188", id="list-total")], html.P("–"), kind="panel-list", actions=turn)
    page = laid(chromium, html.Div(html.Aside(listed, className="side"), className="town"), "town", "en", (1024, 768))
    page.add_style_tag(content=".town .side { width: 300px }")
    at = {
        name: page.locator(name).bounding_box() for name in (".tabs", "#list-total", ".compare-switch", ".compare-switch span:last-child")
    }
    page.close()
    tab, count, switch, word = (box or {} for box in at.values())
    assert tab["x"] + tab["width"] <= count["x"] and count["y"] < tab["y"] + tab["height"], "one line"
    assert count["x"] + count["width"] <= switch["x"]
    assert word["x"] - switch["x"] >= 5 and switch["x"] + switch["width"] - word["x"] - word["width"] >= 5, "clear of its border"
