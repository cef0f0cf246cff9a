"""Nothing is cut, overlaps, scrolls sideways or is too small for a finger: at every size, in both looks and languages."""

from collections.abc import Sequence

import pytest
from conftest import Open
from geometry import faults
from playwright.sync_api import Page, expect

SIZES = [(1920, 1080), (3840, 2160), (1024, 768), (820, 1180), (390, 844)]
RED_HOUSE = "/town?layer=houses&level=1"
# Text that is wider or higher than what shows of it, where the box does not scroll.
CUT = """() => [...document.querySelectorAll("body *")].filter(e => {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest(".visually-hidden, .skip, .leaflet-container") || !e.offsetParent) return false;
    const style = getComputedStyle(e);
    if (style.visibility === "hidden") return false;
    const hides = /hidden|clip/.test(style.overflowX + style.overflowY);
    if (hides && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)) return true;
    const box = e.getBoundingClientRect();
    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
}).map(e => e.className + ": " + e.textContent.slice(0, 40))"""
# Panels that lie on each other although neither is inside the other.
OVERLAP = """() => {
    const shown = [...document.querySelectorAll(".panel, .top, .zoom")]
        .filter(e => e.offsetParent || getComputedStyle(e).position === "absolute");
    const clip = e => {
        let box = e.getBoundingClientRect(), out = {l: box.left, t: box.top, r: box.right, b: box.bottom};
        for (let p = e.parentElement; p; p = p.parentElement) {
            if (!/auto|hidden|scroll/.test(getComputedStyle(p).overflowY)) continue;
            const edge = p.getBoundingClientRect();
            out = {l: Math.max(out.l, edge.left), t: Math.max(out.t, edge.top),
                r: Math.min(out.r, edge.right), b: Math.min(out.b, edge.bottom)};
        }
        return out;
    };
    const found = [];
    for (const [i, one] of shown.entries()) for (const other of shown.slice(i + 1)) {
        if (one.contains(other) || other.contains(one)) continue;
        const a = clip(one), b = clip(other);
        const wide = Math.min(a.r, b.r) - Math.max(a.l, b.l), high = Math.min(a.b, b.b) - Math.max(a.t, b.t);
        if (wide > 1 && high > 1) found.push(one.className + " × " + other.className);
    }
    return found;
}"""
# Rows of text inside a panel that run into each other.
COLLIDE = """() => {
    const found = [];
    for (const panel of document.querySelectorAll(".panel")) {
        const parts = [...panel.children].map(e => [e, e.getBoundingClientRect()]).filter(([, box]) => box.height);
        for (let i = 1; i < parts.length; i++) if (parts[i][1].top < parts[i - 1][1].bottom - 1) found.push(panel.className);
    }
    return found;
}"""
SMALL = """() => [...document.querySelectorAll("a[href], button, input")].filter(e => {
    const box = e.getBoundingClientRect();
    if (getComputedStyle(e).visibility === "hidden") return false;
    return e.offsetParent && box.width && !e.closest(".skip, .leaflet-container") && (box.height < 43.5 || box.width < 43.5)
        && !(e.tagName === "INPUT" && e.parentElement.getBoundingClientRect().height >= 43.5);
}).map(e => e.outerHTML.slice(0, 90))"""


def check(page: Page, at: str = "") -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{at}the page scrolls sideways"
    for name, script in {"cut": CUT, "overlap": OVERLAP, "collide": COLLIDE, "small": SMALL}.items():
        assert not (found := page.evaluate(script)), f"{at}{name}: {found}"


def check_at_every_size(page: Page, sizes: Sequence[tuple[int, int]] = SIZES) -> None:
    """`check` at each of `sizes`: the window is made larger and smaller, nothing is loaded again."""
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("([w, h]) => innerWidth === w && innerHeight === h", arg=[width, height])
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        check(page, f"{width}x{height} ")


@pytest.mark.parametrize(("look", "language"), [pytest.param("dark", "zh-CN", marks=pytest.mark.matrix), ("light", "en")])
def test_the_page_holds_at_every_size(open_page: Open, look: str, language: str) -> None:
    page = open_page(RED_HOUSE, size=SIZES[0], look=look, language=language)
    check_at_every_size(page)
    page.locator(".panel-list .list-row").first.evaluate("row => row.click()")
    page.locator(".panel-card").wait_for()
    check_at_every_size(page)


WHOLE_ROWS = """() => {
    const panel = document.querySelector(".panel-list"), side = document.querySelector(".side").getBoundingClientRect();
    const body = panel.querySelector(".panel-body").getBoundingClientRect(), bottom = Math.min(body.bottom, side.bottom, innerHeight);
    return [...panel.querySelectorAll(".list-row")].map(row => row.getBoundingClientRect())
        .filter(row => row.top >= body.top - 1 && row.bottom <= bottom + 1).length;
}"""
SCROLLERS = """() => [".side", ".panel-list .panel-body"].map(name => document.querySelector(name))
    .filter(e => /auto|scroll/.test(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight + 1).length"""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_small_screen_shows_three_reds_whole_and_scrolls_one_thing(open_page: Open, language: str) -> None:
    page = open_page(RED_HOUSE, size=(1024, 768), language=language)
    assert page.evaluate(WHOLE_ROWS) >= 3
    assert page.evaluate(SCROLLERS) == 1
    assert page.locator(".panel-list .panel-source").evaluate("e => e.getBoundingClientRect().bottom <= innerHeight")
    assert not (found := faults(page)), found
    page.set_viewport_size({"width": 1024, "height": 560})
    assert page.evaluate(SCROLLERS) == 1


def test_an_open_house_stands_at_the_end_of_the_way_to_it_also_on_a_phone(open_page: Open) -> None:
    page = open_page(RED_HOUSE, size=(390, 844))
    steps = page.locator(".where .crumb")
    expect(steps).to_have_count(0)
    page.locator(".panel-list .list-row").first.evaluate("row => row.click()")
    expect(page.locator(".crumb-object")).to_be_visible()
    title = page.locator(".panel-card .panel-title").evaluate("title => title.firstChild.textContent")
    assert steps.count() >= 3 and steps.first.text_content() == page.locator("h1").text_content()
    assert steps.last.text_content() == title
    assert not (found := faults(page)), found
    steps.first.evaluate("step => step.click()")
    expect(steps).to_have_count(0)


def test_counts_keep_their_unit_beside_them_on_a_small_screen(open_page: Open) -> None:
    page = open_page("/town", size=(1024, 768))
    apart = """() => [...document.querySelectorAll(".panel-figures .key-value")].filter(value => {
        const [digits, unit] = [...value.children].map(e => e.getBoundingClientRect());
        return unit.top >= digits.bottom - 2;
    }).length"""
    assert page.evaluate(apart) == 0


def test_the_sheet_of_a_phone_opens_and_closes_by_a_tap(open_page: Open) -> None:
    page = open_page("/town", size=(390, 844), has_touch=True)
    heights = []
    for _ in range(3):
        heights.append(page.locator(".sheet").bounding_box()["height"])  # type: ignore[index]
        page.locator(".grip").tap()
    assert heights[1] > heights[0] > heights[2] > 40
    check(page)


def test_the_door_and_its_ways_hold_on_a_phone(open_page: Open) -> None:
    page = open_page("/", size=(390, 844))
    page.locator(".door-card").first.wait_for()
    check(page)
    page.locator(".door-card[href='/town']").click()
    page.wait_for_selector("html[data-map-ready]", state="attached")


def test_the_checks_see_what_is_cut_small_and_on_top_of_each_other(open_page: Open) -> None:
    page = open_page("/town?layer=houses")
    narrow = ".panel-title{width:1rem;overflow:hidden;white-space:nowrap}"
    page.add_style_tag(content=narrow + ".legend-row{min-height:0!important} .panel-layers{margin-top:-4rem}")
    assert page.evaluate(CUT) and page.evaluate(SMALL) and page.evaluate(OVERLAP)
