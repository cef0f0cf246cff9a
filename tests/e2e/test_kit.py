"""`/kit` in a real browser: every component whole, readable and reachable by keys; plots drawn from our own library at the right size."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe import serious
from playwright.sync_api import Locator, Page, Request, expect
from test_layout import CUT, SMALL

Open = Callable[..., Page]
LOOKS = [("dark", "zh-CN"), ("light", "en")]
SIZES = [
    ((1920, 1080), "dark", "zh-CN"), ((1920, 1080), "light", "en"), ((3840, 2160), "dark", "en"), ((1024, 768), "light", "zh-CN"),
    ((820, 1180), "dark", "en"), ((390, 844), "light", "en"), ((390, 844), "dark", "zh-CN"),
]  # fmt: skip
# Specimens, and parts of a specimen, that lie on each other.
OVERLAP = """() => {
    const found = [];
    const frames = ".kit-grid, .kit-cell, .keys, .key, .panel, .card-box, .rank, .plot, .plot-head, .kit-row";
    for (const grid of document.querySelectorAll(frames)) {
        const boxes = [...grid.children].map(e => [e, e.getBoundingClientRect()])
            .filter(([e, box]) => box.width > 1 && box.height > 1 && getComputedStyle(e).visibility === "visible");
        for (const [i, [one, a]] of boxes.entries()) for (const [other, b] of boxes.slice(i + 1)) {
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (wide > 1 && high > 1) found.push(`${one.className} × ${other.className} ${one.textContent.slice(0, 20)}`);
        }
    }
    return found;
}"""
# Texts of a plot that leave it or run into each other.
PLOT_TEXT = """() => [...document.querySelectorAll(".plot-box")].flatMap(box => {
    const edge = box.getBoundingClientRect(), found = [];
    const texts = [...box.querySelectorAll("svg text")].filter(t => t.textContent.trim() && getComputedStyle(t).visibility === "visible")
        .map(t => [t, t.getBoundingClientRect()]).filter(([, at]) => at.width > 1);
    for (const [i, [text, a]] of texts.entries()) {
        if (a.left < edge.left - 1 || a.right > edge.right + 1) found.push("cut: " + text.textContent);
        if (a.top < edge.top - 1 || a.bottom > edge.bottom + 1) found.push("cut: " + text.textContent);
        for (const [other, b] of texts.slice(i + 1)) {
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (wide > 2 && high > 4) found.push(text.textContent + " × " + other.textContent);
        }
    }
    return found;
})"""
# Contrast of the texts in plots against what lies behind them: the tile of a treemap, else the panel.
PLOT_CONTRAST = """() => {
    const light = said => {
        const linear = p => p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4;
        const [r, g, b] = said.match(/[\\d.]+/g).map(n => linear(n / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const probe = document.createElement("i");
    document.body.append(probe);
    probe.style.color = "var(--panel-solid)";
    const panel = getComputedStyle(probe).color;
    probe.remove();
    return [...document.querySelectorAll(".plot-box svg text")].filter(t => t.textContent.trim()).map(t => {
        const tile = t.closest(".slice") && t.closest(".slice").querySelector("path.surface");
        const a = light(getComputedStyle(t).fill), b = light(tile ? getComputedStyle(tile).fill : panel);
        return [t.textContent, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    });
}"""

FOCUSED = """() => {
    const e = document.activeElement, ringed = one => getComputedStyle(one).outlineStyle !== "none";
    if (e === document.body) return null;
    return {at: [...document.querySelectorAll("*")].indexOf(e), ring: ringed(e) || ringed(e.parentElement), html: e.outerHTML.slice(0, 80)};
}"""


@pytest.fixture
def open_kit(open_page: Open) -> Open:
    """The kit with all its plots drawn (each is drawn when it comes into view), unless a test asks nothing of them."""

    def opened(place: str = "desk", drawn: bool = True, **more: Any) -> Page:
        page = open_page("/kit", **more)
        page.locator(".kit-main").wait_for()
        page.evaluate("place => document.documentElement.dataset.place = place", place)
        if drawn:
            draw_all(page)
        return page

    return opened


def draw_all(page: Page) -> None:
    page.wait_for_selector(".plot-box", state="attached")
    draw(page, *page.locator(".plot-box").all())
    page.evaluate("scrollTo(0, 0)")


def draw(page: Page, *boxes: Locator) -> None:
    """Have plots drawn by bringing them into view."""
    for box in boxes:
        box.scroll_into_view_if_needed()
        expect(box.locator("xpath=ancestor::figure")).to_have_attribute("data-state", "drawn")
        expect(box.locator("svg.main-svg").first).to_have_attribute("width", re.compile(r"\d"))
    page.evaluate("scrollTo(0, 0)")


def px(page: Page, selector: str) -> float:
    return float(page.locator(selector).first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)"))


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("size", "look", "language"), SIZES, ids=lambda value: f"{value[0]}x{value[1]}" if isinstance(value, tuple) else value
)
def test_every_component_is_whole_at_this_size(open_kit: Open, home: Path, size: tuple[int, int], look: str, language: str) -> None:
    page = open_kit(size=size, look=look, language=language)
    if size[0] <= 1920:
        pictures = home / "pictures"
        pictures.mkdir(exist_ok=True)
        page.screenshot(path=pictures / f"kit-{size[0]}x{size[1]}-{look}-{language}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    for name, script in {"cut": CUT, "overlap": OVERLAP, "small": SMALL, "plot": PLOT_TEXT}.items():
        assert not (found := page.evaluate(script)), f"{name}: {found}"


@pytest.mark.parametrize(("look", "language"), LOOKS)
def test_axe_finds_nothing_serious_and_plots_are_readable(open_kit: Open, look: str, language: str) -> None:
    page = open_kit(look=look, language=language)
    assert not serious(page)
    weak = [(text, round(ratio, 2)) for text, ratio in page.evaluate(PLOT_CONTRAST) if ratio < 4.5]
    assert not weak
    page.locator(".plot-switch").first.click()
    page.locator(".kit-main [data-act=drawer]").click()
    expect(page.locator("#kit-drawer")).to_be_visible()
    assert not serious(page, within=["figure.plot[data-view=table]", "#kit-drawer"])  # what was hidden before


def test_axe_and_the_geometry_see_what_is_broken(open_kit: Open) -> None:
    page = open_kit(drawn=False)
    draw(page, *page.locator(".plot-box").all()[:3])
    page.add_style_tag(
        content=".kit-note{color:#16233d!important} .rank-bar{margin-top:-1rem} .plot-box svg text{transform:translateX(-40px)}"
    )
    assert any("color-contrast" in found for found in serious(page, within=[".kit-note"]))
    assert page.evaluate(OVERLAP) and page.evaluate(PLOT_TEXT)


# Whether every plot has been drawn with letters no smaller than what is asked, and for the width that it has.
LETTERS = """least => [...document.querySelectorAll(".plot-box")].every(box => {
    const drawn = box.querySelector(".main-svg"), texts = [...box.querySelectorAll("svg text")];
    const tall = texts.every(t => parseFloat(getComputedStyle(t).fontSize) >= least);
    return drawn && tall && Math.abs(box.clientWidth - drawn.clientWidth) < 2;
})"""


def test_on_a_wall_type_follows_the_height(open_kit: Open) -> None:
    page = open_kit(place="wall", size=(5760, 1080))
    for size, least in (((5760, 1080), 16), ((3840, 2160), 32)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        draw_all(page)
        for selector in (".key-note", ".panel-source", ".rank-name", ".tag", ".plot-legend", ".figures-table"):
            assert px(page, selector) >= least, selector
        assert px(page, ".key-digits") >= least * 2.25
        page.wait_for_function(LETTERS, arg=least)
        assert not page.evaluate(PLOT_TEXT)


def test_a_desk_keeps_its_type_whatever_the_wall_has(open_kit: Open) -> None:
    page = open_kit(size=(1366, 768), drawn=False)
    assert (px(page, "body"), px(page, ".key-digits"), px(page, ".panel-source")) == (16, 30, 12)


# Colour of the first text of a plot; none for the moment in which it is drawn anew.
INK = """() => {
    const text = document.querySelector(".plot-box .ytick text, .plot-box svg text");
    return text && getComputedStyle(text).fill;
}"""


def test_a_plot_follows_the_look_without_asking_the_server(open_kit: Open) -> None:
    page = open_kit(look="dark", drawn=False)
    draw(page, page.locator(".plot-box").first)
    before = page.evaluate(INK)
    assert before
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("[data-act=look]").click()
    page.locator(".plot-box").first.scroll_into_view_if_needed()
    page.wait_for_function(f"before => {{ const now = ({INK})(); return now && now !== before; }}", arg=before)
    assert not [url for url in asked if "/_dash-" in url]


def test_the_plotting_library_is_fetched_once_compressed_and_only_where_plots_are(open_page: Open) -> None:
    asked: list[Request] = []
    page = open_page("/town")
    page.on("request", lambda request: asked.extend([request]))
    page.reload()
    page.wait_for_selector("html[data-map-ready]", state="attached")
    assert asked and not [request.url for request in asked if "plotly" in request.url]
    page.goto(page.url.split("/town")[0] + "/kit")
    draw_all(page)
    fetched = [request for request in asked if "plotly" in request.url]
    assert len(fetched) == 1
    answer = fetched[0].response()
    assert answer and answer.headers["content-encoding"] in ("gzip", "zstd") and int(answer.headers["content-length"]) < 1_600_000


def test_the_figures_of_a_plot_are_one_key_away(open_kit: Open) -> None:
    page = open_kit(drawn=False)
    figure = page.locator("figure.plot").first
    draw(page, figure.locator(".plot-box"))
    assert not figure.get_by_role("table").count()  # hidden from everybody until asked for
    figure.locator(".plot-switch").focus()
    page.keyboard.press("t")
    expect(figure.get_by_role("table")).to_be_visible()
    expect(figure.locator("caption")).to_have_text(figure.locator("figcaption").inner_text())
    expect(figure.locator(".plot-switch")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("figure.plot[data-view=table]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(figure.locator(".plot-box")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    expect(page.locator("figure.plot[data-view=table]")).to_have_count(page.locator(".plot-box").count())


def test_a_plot_that_cannot_be_drawn_shows_its_table_and_says_why(open_page: Open) -> None:
    page = open_page("/", watched=False)
    page.route("**/plotly.*.js", lambda route: route.abort())
    page.goto(page.url + "kit")
    figure = page.locator("figure.plot").first
    figure.evaluate("figure => figure.scrollIntoView()")
    expect(figure).to_have_attribute("data-state", "failed")
    expect(figure.locator(".plot-failed")).to_be_visible()
    expect(figure.get_by_role("table")).to_be_visible()


def test_a_list_rolls_rests_when_it_is_looked_at_and_can_be_stopped(open_kit: Open) -> None:
    page = open_kit(drawn=False)
    page.locator(".roll").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.roll')?.scrollTop > 20")
    assert not rests(page)
    page.locator("[data-act=roll]").click()
    page.evaluate("document.activeElement.blur()")
    assert rests(page), "stopped by its button"
    page.locator("[data-act=roll]").click()
    page.locator(".roll").focus()
    assert rests(page), "it holds the focus"
    page.evaluate("document.activeElement.blur()")
    page.locator(".roll").hover()
    assert rests(page), "it is pointed at"
    page.mouse.move(5, 5)
    assert not rests(page)


def rests(page: Page) -> bool:
    return bool(page.evaluate("onescreen.roll.rests(document.querySelector('.roll'))"))


def test_a_list_does_not_roll_where_motion_is_not_wanted(open_kit: Open) -> None:
    page = open_kit(reduced_motion="reduce", drawn=False)
    assert rests(page)


def test_at_its_end_a_rolling_list_starts_again(open_kit: Open) -> None:
    page = open_kit(drawn=False)
    assert page.evaluate("() => { const list = document.querySelector('.roll'); return onescreen.roll.onward(list) }") > 20
    assert (
        page.evaluate("() => { const list = document.querySelector('.roll'); list.scrollTop = 1e6; return onescreen.roll.onward(list) }")
        == 0
    )


def test_a_drawer_opens_and_escape_gives_the_focus_back(open_kit: Open) -> None:
    page = open_kit(drawn=False)
    drawer = page.locator("#kit-drawer")
    expect(drawer).to_be_hidden()
    opener = page.locator(".kit-main [data-act=drawer]")
    opener.press("Enter")
    expect(drawer).to_be_visible()
    expect(drawer).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()


def test_units_are_chosen_with_one_button_and_remembered(open_kit: Open) -> None:
    page = open_kit(language="zh-CN", drawn=False)
    land = page.locator(".key", has_text="耕地面积").locator(".key-value")
    people = page.locator(".key", has_text="实有人口").locator(".key-value")
    assert (land.inner_text(), people.inner_text()) == ("4.3\n万亩", "4.1\n万人")
    page.locator("[data-act=units]").click()
    expect(land).to_have_text("2,860公顷")
    expect(people).to_have_text("41,262人")
    page.goto(page.url)
    expect(land).to_have_text("2,860公顷")
    page.locator("[data-act=units]").click()
    expect(land).to_have_text("4.3万亩")


def test_the_keyboard_reaches_every_control_and_the_focus_can_be_seen(open_kit: Open) -> None:
    page = open_kit(drawn=False)
    shown = "e => getComputedStyle(e).visibility === 'visible' && e.offsetParent && !e.disabled && e.getBoundingClientRect().width > 0"
    wanted = page.evaluate(f"[...document.querySelectorAll('a[href], button, input, [tabindex=\"0\"]')].filter({shown}).length")
    seen = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found:
            seen.add(found["at"])
            assert found["ring"], f"no focus ring: {found['html']}"
    assert len(seen) >= wanted
