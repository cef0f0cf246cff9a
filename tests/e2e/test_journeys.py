"""The door and where it leads; all main tasks by keyboard alone; the map by two fingers. Taps are counted in test_town_journeys.py."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import Open, Server, ready
from playwright.sync_api import CDPSession, Locator, Page, expect
from test_town_journeys import SETTLED
from test_town_page import TOWN, children, number, pixels

from data.policy import Viewer
from data.settings import Settings
from data.store.serving import ServingStore
from layers.core import query
from layers.core.registry import load_layers
from screen.pages import load_pages
from screen.pages.door import WAYS

RED_HOUSES = "/town?layer=houses&level=1"
# Whether a map has painted anything near a colour.
PAINTED = """([map, [r, g, b]]) => [...document.querySelectorAll(`#${map} canvas`)].some(canvas => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const near = i => Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 60;
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && near(i)) return true;
})"""


def colour(patch: Locator) -> tuple[int, int, int]:
    """The colour of a patch of a legend."""
    red, green, blue = patch.evaluate("e => getComputedStyle(e).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    return red, green, blue


# ── the door ──
def test_the_door_shows_the_town_as_it_stands(open_page: Open, home: Path) -> None:
    page = open_page("/")
    ready(page)
    serving = ServingStore(Settings(home=home))
    with serving.read() as cursor:
        store = query.Store(cursor, load_layers())
        known = query.headline(store, Viewer("leader"), query.root_of(store))
        houses = query.legend(store, Viewer("leader"), "houses", query.root_of(store))
    serving.close()
    expect(page.locator("h1")).to_have_text(TOWN)
    assert number(page.locator(".key-digits").first.inner_text()) == known["reds"]
    shown = [number(text) for text in page.locator(".door-legend li > span:last-child").all_inner_texts()]
    assert shown == [row["n"] for row in houses["levels"] if row["n"]]
    assert page.evaluate(PAINTED, ["door-map", colour(page.locator(".door-legend .mark").first)]), "the picture shows the reds"


def test_the_door_leads_to_every_place_that_exists_and_to_none_that_does_not(open_page: Open, server: Server) -> None:
    page = open_page("/")
    page.locator(".door-card").first.wait_for()
    paths = {way.path for way in WAYS}
    links = set(page.locator("a.door-card").evaluate_all("links => links.map(a => a.getAttribute('href'))"))
    assert links == paths & set(load_pages()) and "/town" in links
    expect(page.locator(".door-shut")).to_have_count(len(paths - links))
    for path in links:
        answer = page.request.get(server.url + path)
        assert answer.status == 200


def test_the_last_view_is_offered_in_words_and_the_back_button_comes_back_to_the_door(open_page: Open) -> None:
    page = open_page(RED_HOUSES)
    page.goto(page.url.split("/town")[0] + "/")
    last = page.locator(".door-continue")
    expect(last).to_contain_text("房屋")
    last.click()
    page.wait_for_url("**/town?*")
    ready(page)
    assert "layer=houses" in page.url and "level=1" in page.url
    expect(page.locator(".panel-list .tag")).to_contain_text("红色")
    page.go_back()
    expect(page.locator(".door-continue")).to_be_visible()
    page.locator("[data-act=language]").click()
    expect(page.locator(".door-continue")).to_contain_text("Houses")


@pytest.mark.parametrize("kept", ["", "/nowhere", "https://elsewhere.example/town", "//elsewhere.example", "/", "/town?x=" + "9" * 1600])
def test_nothing_is_offered_that_is_no_page_of_ours(open_page: Open, server: Server, kept: str) -> None:
    page = open_page("/kit")
    page.context.add_cookies([{"name": "onescreen-last", "value": quote(kept, safe=""), "url": server.url}])
    page.goto(server.url + "/")
    page.locator(".door-card").first.wait_for()
    expect(page.locator(".door-continue")).to_have_count(0)


def test_a_view_of_a_place_that_is_gone_leads_to_its_page_and_names_no_more(open_page: Open, server: Server) -> None:
    page = open_page("/kit")
    page.context.add_cookies([{"name": "onescreen-last", "value": quote("/town?area=gone&layer=gone", safe=""), "url": server.url}])
    page.goto(server.url + "/")
    expect(page.locator(".door-continue strong")).to_have_text("看全镇")
    page.locator(".door-continue").click()
    ready(page)
    expect(page.locator("h1")).to_have_text(TOWN)


# ── by keyboard alone ──
# What has the focus: whether it shows that, on itself or on what frames it, and whether it stands on the screen.
FOCUS = """(wanted) => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const framed = [at, at.parentElement, at.closest("section, [role=search]")].filter(Boolean).map(e => getComputedStyle(e));
    const box = at.getBoundingClientRect();
    return {
        shows: framed.some(s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2),
        seen: box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
        what: at.outerHTML.slice(0, 120),
        reached: at.matches(wanted),
    };
}"""


def tab_to(page: Page, selector: str, most: int = 150) -> None:
    """Press Tab until `selector` has the focus; every stop on the way shows that it has it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS, selector)
        assert focus is None or (focus["shows"] and focus["seen"]), f"the focus cannot be seen: {focus}"
        if focus and focus["reached"]:
            return
    raise AssertionError(f"{selector} is not reached by {most} presses of Tab")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def test_everything_that_a_leader_does_can_be_done_by_keyboard(open_page: Open) -> None:
    page = open_page("/")
    page.locator(".door-card").first.wait_for()
    press(page, "a.door-card[href='/town']")
    page.wait_for_url("**/town")
    ready(page)
    press(page, ".layers a[href*='layer=houses']")
    expect(page.locator(".layers a[href*='layer=houses']")).to_have_attribute("aria-current", "true")
    village = children(page).first.locator(".list-name").inner_text()
    press(page, ".panel-list .list-row")
    expect(page.locator(".crumb-here")).to_have_text(village)
    press(page, ".legend-levels a.legend-row")
    expect(page.locator(".panel-list .tag")).to_contain_text("红色")
    press(page, ".panel-list .list-row")
    expect(page.locator(".panel-card .card-level .level-tag")).to_have_attribute("data-level", "1")
    tab_to(page, ".panel-card a[href^='tel:']")
    press(page, ".back")
    expect(page.locator(".crumb-here")).to_have_count(0)


def test_what_is_typed_stays_in_order_while_the_page_is_busy(open_page: Open) -> None:
    page = open_page("/town")
    tab_to(page, "#query")
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 8})
    typed = "黄若雅一二三四五六七八九"
    page.keyboard.type(typed, delay=130)
    expect(page.locator("#query")).to_have_value(typed)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    expect(page.locator(".hits .state")).to_contain_text(typed)


def test_searching_comparing_and_preferences_need_no_mouse(open_page: Open) -> None:
    page = open_page("/town?layer=houses")
    name = children(page).first.locator(".list-name").inner_text()
    tab_to(page, "#query")
    page.keyboard.type(name)
    page.locator(".hit").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".crumb-here")).to_have_text(name)
    tab_to(page, "#query")
    page.keyboard.type(name)
    page.locator(".hit").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator(".hit")).to_have_count(0)
    press(page, ".back")
    expect(page.locator(".crumb-here")).to_have_count(0)
    press(page, ".compare-switch")
    expect(page.locator(".panel-compare")).to_be_visible()
    for n in (1, 2):
        press(page, ".panel-list .list-row:not(.picked)")
        expect(page.locator(".list-row.picked")).to_have_count(n)
    expect(page.locator(".compare thead .compare-name")).to_have_count(2)
    press(page, "[data-act=look]")
    expect(page.locator("html")).to_have_attribute("data-look", "light")
    press(page, "[data-act=language]")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_wall_and_the_steward_are_worked_by_keyboard(open_page: Open) -> None:
    page = open_page("/wall")
    ready(page)
    page.keyboard.press("2")
    expect(page.locator(".wall-scene[data-target]").nth(1)).to_have_attribute("aria-pressed", "true")
    page = open_page("/steward")
    parts = page.locator("#steward-way a")
    parts.first.wait_for()
    wanted = parts.nth(2).get_attribute("href") or ""
    press(page, f"#steward-way a[href='{wanted}']")
    expect(page.locator(f"#steward-way a[href='{wanted}']")).to_have_attribute("aria-current", re.compile("."))


def test_the_focus_that_does_not_show_is_noticed(open_page: Open) -> None:
    page = open_page("/town?layer=houses")
    page.add_style_tag(content="* { outline: none !important }")
    with pytest.raises(AssertionError, match="cannot be seen"):
        tab_to(page, ".layers a")


# ── by touch ──
def fingers(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    touched = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})


def pinch(page: Page, middle: tuple[float, float], start: float, end: float) -> None:
    """Two fingers around `middle`, from `start` to `end` pixels apart."""
    session = page.context.new_cdp_session(page)
    x, y = middle

    def apart(distance: float) -> list[tuple[float, float]]:
        return [(x - distance / 2, y), (x + distance / 2, y)]

    fingers(session, "touchStart", *apart(start))
    for step in range(1, 9):
        fingers(session, "touchMove", *apart(start + (end - start) * step / 8))
        page.evaluate("new Promise(requestAnimationFrame)")
    fingers(session, "touchEnd")
    session.detach()
    page.wait_for_function(SETTLED)


def zoom(page: Page) -> float:
    return float(page.evaluate("onescreen.where().zoom"))


def test_two_fingers_zoom_the_map_and_a_tap_opens_what_lies_there(open_page: Open) -> None:
    page = open_page("/town?layer=houses&theme=occupancy", size=(820, 1180), has_touch=True)
    box = page.locator("#map").bounding_box()
    assert box
    middle = (box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)
    far = zoom(page)
    pinch(page, middle, 80, 320)
    near = zoom(page)
    pinch(page, middle, 320, 120)
    back = zoom(page)
    assert near > far + 0.9 and back < near - 0.9
    pinch(page, middle, 60, 400)
    ready(page)
    assert zoom(page) > back + 0.9 and page.evaluate("visualViewport.scale") == 1, "the map zooms, not the page"
    painted = pixels(page, colour(page.locator(".legend .swatch").first))
    assert painted, "no house is painted"
    page.touchscreen.tap(*painted[len(painted) // 2])
    expect(page.locator(".panel-card .panel-title")).not_to_be_empty()
    assert "object=house:" in page.url
