"""The wall at every size that it is made for: nothing cut, nothing on top of anything, nothing too small. The checks are wall_checks.js.

One page a language and look is stretched through all sizes: type, panels and plots follow the window without a reload.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe import serious
from conftest import Open, opening
from playwright.sync_api import Browser, Page

EVERY, TOUR = "12345", "3"
# Width, height, device scale, scenes: twice the lines are the same picture twice as large, so there one scene will do.
SIZES = [
    (1920, 1080, 1, EVERY), (1920, 1080, 2, TOUR), (3840, 2160, 1, TOUR), (3840, 2160, 2, TOUR), (2560, 1440, 1, TOUR),
    (1920, 1200, 1, TOUR), (5760, 2160, 1, EVERY), (3840, 1080, 1, EVERY), (5760, 1080, 1, EVERY), (7680, 2160, 1, TOUR),
]  # fmt: skip
CHECKS = (Path(__file__).parent / "wall_checks.js").read_text(encoding="utf-8")
FOUND = """() => Object.fromEntries(Object.entries(wallChecks.all).map(([name, check]) => [name, check()])
    .filter(([, found]) => found.length))"""
# Plots in sight are drawn at the size that their places have now.
PLOTS_DRAWN = """() => [...document.querySelectorAll(".wall .plot-box")].filter(box => box.getClientRects().length)
    .every(box => box.closest(".plot").dataset.state === "drawn"
        && Math.abs(box.clientWidth - (box.querySelector(".main-svg") || {}).clientWidth) < 2)"""
LAID_OUT = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
Stretch = Callable[[int, int, int], None]


def drawn(page: Page) -> None:
    """Until every plot in sight has been drawn."""
    page.evaluate(LAID_OUT)
    page.wait_for_function(PLOTS_DRAWN)


def wall(open_page: Open, look: str = "dark", language: str = "zh-CN") -> tuple[Page, Stretch]:
    """The wall with the checks, and what gives its window another size and device scale."""
    page = open_page("/wall", size=(1920, 1080), look=look, language=language, reduced_motion="reduce")
    page.wait_for_selector("html[data-map-ready]", state="attached", timeout=60_000)
    page.add_script_tag(content=CHECKS)
    devtools = page.context.new_cdp_session(page)

    def stretch(width: int, height: int, scale: int) -> None:
        asked = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        devtools.send("Emulation.setDeviceMetricsOverride", asked)
        page.wait_for_function("([w, h]) => innerWidth === w && innerHeight === h", arg=[width, height])

    return page, stretch


@pytest.mark.parametrize(("look", "language"), [("dark", "zh-CN"), pytest.param("light", "en", marks=pytest.mark.matrix)])
def test_the_wall_holds_at_every_size_in_every_scene(open_page: Open, look: str, language: str) -> None:
    page, stretch = wall(open_page, look, language)
    wrong = {}
    for width, height, scale, scenes in SIZES:
        stretch(width, height, scale)
        for key in scenes:
            page.keyboard.press(key)
            drawn(page)
            if found := page.evaluate(FOUND):
                wrong[f"{width}x{height}@{scale} scene {key}"] = found
    assert not wrong


@pytest.mark.parametrize(("look", "language"), [pytest.param("dark", "zh-CN", marks=pytest.mark.matrix), ("light", "en")])
def test_all_rows_of_the_tables_that_t_turns_to_are_in_sight(open_page: Open, look: str, language: str) -> None:
    page, stretch = wall(open_page, look, language)
    wrong = {}
    for width, height in ((1920, 1080), (3840, 2160)):
        stretch(width, height, 1)
        for key in EVERY:
            page.keyboard.press(key)
            drawn(page)
            page.keyboard.press("t")
            assert page.locator(".wall-place:not([hidden]) .plot[data-view=table]").count()
            if found := page.evaluate(FOUND):
                wrong[f"{width}x{height} scene {key}"] = found
            page.keyboard.press("t")
    assert not wrong


def test_from_five_metres_text_is_32_px_and_key_figures_are_72_px_at_2160_lines_half_of_that_at_1080(open_page: Open) -> None:
    page, stretch = wall(open_page)
    for key in EVERY:
        page.keyboard.press(key)
        for (width, height), text, figure in (((3840, 2160), 32, 72), ((1920, 1080), 16, 36)):
            stretch(width, height, 1)
            drawn(page)
            least = page.evaluate("() => wallChecks.least()")
            assert least["text"] >= text and least["figure"] >= figure, f"scene {key}, {height} lines: {least}"


def test_a_town_that_lacks_most_of_what_the_wall_shows_has_a_whole_wall(chromium: Browser, request: pytest.FixtureRequest) -> None:
    with opening(chromium, request.getfixturevalue("santa_monica")) as open_page:
        page, stretch = wall(open_page, language="en")
        wrong = {}
        for width in (5760, 1920):
            stretch(width, 1080, 1)
            for key in page.locator(".wall-scene kbd").all_inner_texts():
                page.keyboard.press(key)
                drawn(page)
                if found := page.evaluate(FOUND):
                    wrong[f"{width}, scene {key}"] = found
        assert not wrong


def test_axe_finds_nothing_serious_in_a_scene_of_lists(open_page: Open) -> None:
    page, _stretch = wall(open_page)
    page.keyboard.press("2")
    drawn(page)
    assert not serious(page)


def test_the_checks_see_what_is_cut_small_and_on_top_of_each_other(open_page: Open) -> None:
    page, _stretch = wall(open_page)
    page.keyboard.press("1")
    drawn(page)
    broken = ".panel-title{width:2rem;overflow:hidden} .wall-time{font-size:9px!important} [data-panel=map]{margin:-2rem!important}"
    page.evaluate("""() => {
        const box = document.querySelector(".wall-people .plot-box");
        box.querySelector(".ytick").remove();
        box.querySelector(".xtick text").setAttribute("transform", "rotate(90,0,0)");
        document.querySelector(".wall-houses .plot-box .bars .point path").setAttribute("d", "M0,0V200H9V0Z");
    }""")
    page.add_style_tag(
        content=broken + ".wall-headline .key-label{margin-bottom:-2rem} .wall-reds .roll{height:5rem!important} body{height:200vh}"
    )
    assert set(page.evaluate(FOUND)) == {"cut", "small", "places", "collide", "halfRows", "scrolls", "labels", "slabs"}
    assert page.evaluate("() => wallChecks.least()")["text"] == 9
