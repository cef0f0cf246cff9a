"""Numbers as long as those of a large town, in the sheets of /town: digits and units keep their places, and nothing leaves its panel."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from screen import html
from screen.components import key_figure, legend_row, mark, panel
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
    css = "".join(
        file.read_text(encoding="utf-8") for file in sorted(ASSETS.glob("*.css")) if not file.name.startswith(("wall", "steward"))
    )
    body = html.written(html.Div([side, rail], className="town"))
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_content(f'<html lang="{language}" data-look="light" data-place="town"><style>{css}</style><body>{body}</body></html>')
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
