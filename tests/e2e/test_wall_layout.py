"""The wall at every size that it is made for: nothing cut, nothing on top of anything, nothing too small. The checks are wall_checks.js."""

from pathlib import Path

import pytest
from conftest import Open
from playwright.sync_api import Page

SIZES = [(1920, 1080, 1), (1920, 1080, 2), (3840, 2160, 1), (3840, 1080, 1), (5760, 1080, 1), (7680, 2160, 1)]
SCENES = "12345"
CHECKS = (Path(__file__).parent / "wall_checks.js").read_text(encoding="utf-8")
FOUND = "() => Object.fromEntries(Object.entries(wallChecks).map(([name, check]) => [name, check()]).filter(([, found]) => found.length))"
PLOTS_DRAWN = """() => [...document.querySelectorAll(".wall .plot:has(.plot-box)")]
    .every(plot => !plot.getClientRects().length || plot.dataset.state === "drawn")"""


def drawn(page: Page) -> None:
    """Until the map and every plot in sight have been drawn."""
    page.wait_for_selector("html[data-map-ready]", state="attached")
    page.wait_for_function(PLOTS_DRAWN)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}@{size[2]}")
@pytest.mark.parametrize(("look", "language"), [("dark", "zh-CN"), ("light", "en")])
def test_the_wall_holds_at_this_size_in_every_scene(open_page: Open, size: tuple[int, int, int], look: str, language: str) -> None:
    page = open_page("/wall", size=size[:2], look=look, language=language, device_scale_factor=size[2])
    drawn(page)
    page.add_script_tag(content=CHECKS)
    for key in SCENES:
        page.keyboard.press(key)
        drawn(page)
        assert page.evaluate(FOUND) == {}, f"scene {key}"


def test_the_checks_see_what_is_cut_small_and_on_top_of_each_other(open_page: Open) -> None:
    page = open_page("/wall?scene=daily", size=(1920, 1080))
    drawn(page)
    page.add_script_tag(content=CHECKS)
    broken = ".panel-title{width:2rem;overflow:hidden} .wall-time{font-size:9px!important} [data-panel=map]{margin:-2rem!important}"
    page.add_style_tag(content=broken + ".wall-headline .keys{width:20rem} .wall-reds .roll{height:5rem!important} body{height:200vh}")
    assert set(page.evaluate(FOUND)) == {"cut", "small", "places", "collide", "halfRows", "scrolls"}
