"""The wall at every size that it is made for: nothing cut, nothing on top of anything, nothing too small, no gap in the grid."""

import pytest
from conftest import Open
from playwright.sync_api import Page

SIZES = [(1920, 1080, 1), (1920, 1080, 2), (3840, 2160, 1), (3840, 1080, 1), (5760, 1080, 1), (7680, 2160, 1)]
SCENES = "12345"
# Text that is wider or higher than its own box, than the panel that holds it, or than the screen.
CUT = """() => [...document.querySelectorAll(".wall *")].filter(e => {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const hidden = ".visually-hidden, .leaflet-container, .plot-table, .plot-switch, .roll, [hidden]";
    if (!own || e.closest(hidden) || !e.getClientRects().length) return false;
    if (e.scrollWidth > e.clientWidth + 2 && /hidden|clip/.test(getComputedStyle(e).overflowX)) return true;
    const box = e.getBoundingClientRect();
    const own_frame = e.closest(".plot-head") ? ".panel" : ".panel-body, .panel-source, .panel-head, .wall-headline, .wall-bar, .wall-map";
    const frame = (e.closest(own_frame) || document.body).getBoundingClientRect();
    return box.width > 0 && (box.right > frame.right + 2 || box.left < frame.left - 2 || box.bottom > frame.bottom + 3 || box.top < frame.top - 3);
}).map(e => (e.closest("[data-panel]") || e).dataset.panel + " " + e.className + ": " + e.textContent.slice(0, 40))"""
# Places of panels and of the map: no two meet, and together they fill the grid under the title bar.
PLACES = """() => {
    const places = [...document.querySelectorAll("[data-panel]")].filter(e => !e.hidden).map(e => [e.dataset.panel, e.getBoundingClientRect()]);
    const meet = [];
    for (const [i, [one, a]] of places.entries()) for (const [other, b] of places.slice(i + 1)) {
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1) meet.push(one + " × " + other);
    }
    return meet;
}"""
# Texts of one row or panel that lie on each other.
COLLIDE = """() => {
    const found = [];
    for (const group of document.querySelectorAll(".wall-bar, .wall-headline, .panel-head, .panel-source, .wall-rank, .wall-red-line, .wall-register, .keys, .wall-stop-name")) {
        if (group.closest("[hidden]") || !group.getClientRects().length) continue;
        const texts = [...group.querySelectorAll("*")].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
            && !e.closest("svg, .plot-table, .plot-switch, .visually-hidden") && e.getClientRects().length);
        const boxes = texts.map(e => {
            const range = document.createRange();
            range.selectNodeContents(e);
            const {left, right, top, bottom, height} = range.getBoundingClientRect(); // as high as the font's tallest glyphs, not as these
            return [e, {left, right, top: top + height / 5, bottom: bottom - height / 5}];
        });
        for (const [i, [one, a]] of boxes.entries()) for (const [other, b] of boxes.slice(i + 1)) {
            if (one.contains(other) || other.contains(one)) continue;
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
                found.push(one.textContent.slice(0, 20) + " × " + other.textContent.slice(0, 20));
        }
    }
    return found;
}"""
# Body text is at least 16 px at 1080 lines and 32 at 2160, key figures 36 and 72.
SMALL = """() => {
    const rem = innerHeight / 1080;
    const size = e => parseFloat(getComputedStyle(e).fontSize);
    const text = [...document.querySelectorAll(".wall *, .wall svg text")].filter(e => !e.closest(".visually-hidden, .leaflet-container, .plot-switch, .wall-pause, [hidden]")
        && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && e.getClientRects().length);
    return [...text.filter(e => size(e) < 16 * rem - 0.1).map(e => e.tagName + "." + (e.className.baseVal ?? e.className) + ": " + e.textContent.slice(0, 30)),
        ...[...document.querySelectorAll(".key-digits")].filter(e => e.getClientRects().length && size(e) < 36 * rem - 0.1).map(e => "figure " + e.textContent)];
}"""
SCROLLS = "() => document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight"
CHECKS = {"cut": CUT, "places": PLACES, "collide": COLLIDE, "small": SMALL}


def drawn(page: Page) -> None:
    """Until the map and every plot in sight have been drawn."""
    page.wait_for_selector("html[data-map-ready]", state="attached")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.wall .plot:has(.plot-box)')].every(e => !e.getClientRects().length || e.dataset.state === 'drawn')"
    )


def check(page: Page, where: str) -> None:
    assert not page.evaluate(SCROLLS), f"{where}: the page scrolls"
    for name, script in CHECKS.items():
        assert not (found := page.evaluate(script)), f"{where}, {name}: {found}"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}@{size[2]}")
@pytest.mark.parametrize(("look", "language"), [("dark", "zh-CN"), ("light", "en")])
def test_the_wall_holds_at_this_size_in_every_scene(open_page: Open, size: tuple[int, int, int], look: str, language: str) -> None:
    page = open_page("/wall", size=size[:2], look=look, language=language, device_scale_factor=size[2])
    for key in SCENES:
        page.keyboard.press(key)
        drawn(page)
        check(page, f"scene {key}")


def test_the_checks_see_what_is_cut_small_and_on_top_of_each_other(open_page: Open) -> None:
    page = open_page("/wall", size=(1920, 1080))
    drawn(page)
    page.add_style_tag(
        content=".panel-title{width:2rem;overflow:hidden} .wall-time{font-size:9px!important}"
        " .wall-place:nth-child(2){margin-right:-4rem} .wall-headline .keys{width:20rem}"
    )
    for name, script in CHECKS.items():
        assert page.evaluate(script), name
