"""The wall at work: scenes by key and address, carousel and pause, a new snapshot, a lost server, the night; and nobody's name."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Open, Server, ready
from geometry import SHIFTED
from playwright.sync_api import Browser, Page, expect

from bench.wall import soak, warm

PANELS_FILLED = "**/_dash-update-component*"
LATE_IN_THE_EVENING = "2026-11-22T16:30:00Z"  # half past midnight in the town's own zone
A_QUARTER_LATER = "2026-11-22T16:45:00Z"
CHANGES = 60
HEAP_MB = 0.5


def scene_of(page: Page) -> str | None:
    return page.locator(".wall").get_attribute("data-scene")


@pytest.fixture
def timed(chromium: Browser) -> Iterator[Page]:
    """A page whose time can be made to pass."""
    page = chromium.new_page(viewport={"width": 1920, "height": 1080})
    page.clock.install(time=LATE_IN_THE_EVENING)
    yield page
    page.close()


def test_a_key_calls_a_scene_the_address_keeps_it_and_back_comes_back(open_page: Open) -> None:
    page = open_page("/wall", size=(1920, 1080))
    ready(page)
    page.keyboard.press("2")
    page.wait_for_url("**/wall?scene=emergency")
    page.keyboard.press("4")
    page.wait_for_url("**/wall?scene=flood")
    expect(page.locator(".wall-scene[data-target=flood]")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page.locator(".wall")).to_have_attribute("data-scene", "emergency")
    page.keyboard.press("0")
    page.wait_for_url("**/wall")
    expect(page.locator(".wall-every")).to_have_attribute("aria-pressed", "true")


def test_a_deep_link_opens_its_scene_and_an_unknown_one_the_carousel(open_page: Open) -> None:
    page = open_page("/wall?scene=holiday", size=(1920, 1080))
    ready(page)
    assert scene_of(page) == "holiday"
    other = open_page("/wall?scene=nothing", size=(1920, 1080))
    ready(other)
    assert scene_of(other) == "daily"


def test_pictures_go_on_by_themselves_and_the_space_bar_holds_them(server: Server, timed: Page) -> None:
    timed.goto(f"{server.url}/wall")
    ready(timed)
    timed.clock.pause_at(A_QUARTER_LATER)  # from here time passes only where the test says so, however slow the machine
    title = timed.locator("#wall-picture")
    first = title.inner_text()
    timed.clock.fast_forward(31_000)
    expect(title).not_to_have_text(first)
    second = title.inner_text()
    timed.keyboard.press(" ")
    expect(timed.locator(".wall")).to_have_attribute("data-paused", "true")
    timed.clock.fast_forward(120_000)
    assert title.inner_text() == second
    timed.keyboard.press("ArrowLeft")
    expect(title).to_have_text(first)


def test_a_tour_flies_from_village_to_village_and_tells_each_ones_figures(open_page: Open) -> None:
    page = open_page("/wall?scene=briefing", size=(1920, 1080))
    ready(page)
    page.keyboard.press(" ")
    named = set()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        stop = page.locator(".wall-stop:not([hidden]) h3")
        named.add(stop.inner_text())
        expect(page.locator("#wall-picture")).to_contain_text(stop.inner_text())
    assert len(named) == 3


def test_the_pointer_hides_after_five_seconds_and_comes_back(server: Server, timed: Page) -> None:
    timed.goto(f"{server.url}/wall")
    ready(timed)
    timed.clock.fast_forward(5_100)
    expect(timed.locator("html")).to_have_class(re.compile("wall-idle"))
    timed.mouse.move(300, 300)
    expect(timed.locator("html")).not_to_have_class(re.compile("wall-idle"))


def test_the_page_is_loaded_anew_at_night_only_while_the_server_answers(server: Server, timed: Page) -> None:
    timed.goto(f"{server.url}/wall?scene=flood")
    ready(timed)
    timed.evaluate("window.kept = true")
    timed.context.set_offline(True)
    timed.clock.fast_forward(160 * 60_000)
    timed.evaluate("onescreen.wallTime.beat()")
    assert timed.evaluate("window.kept"), "without a server the picture stays"
    timed.context.set_offline(False)
    timed.clock.fast_forward(61_000)
    timed.wait_for_function("window.kept === undefined")
    ready(timed)
    assert scene_of(timed) == "flood"


def on_show(told: Path, home: Path) -> None:
    """Let `home` show the snapshot that `told` shows."""
    pointer = Path(shutil.copy(told / "serving" / "current.json", home / "serving" / "current.new"))
    pointer.replace(home / "serving" / "current.json")


def test_a_new_snapshot_fills_the_panels_without_a_reload_and_the_trend_grows(
    chromium: Browser, home: Path, updated: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(updated, tmp_path / "home")
    on_show(home, own)  # what a load moves at its end; test_new_snapshot.py loads under the eyes of a page
    server = Server(own, tmp_path / "server.log")
    page = chromium.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{server.url}/wall?scene=daily")
    ready(page)
    expect(page.locator(".wall-trend")).to_contain_text("只有一次交付")
    page.evaluate("window.kept = true")
    on_show(updated, own)
    page.evaluate("onescreen.watch.look()")
    expect(page.locator(".wall-trend .plot")).to_be_visible()
    expect(page.locator(".wall-trend .key-change").first).to_be_visible()
    ready(page)
    assert page.evaluate("window.kept"), "the page was reloaded"
    page.close()
    server.stop()


def test_panels_that_could_not_be_filled_stay_as_they_are_and_are_asked_for_again(open_page: Open) -> None:
    page = open_page("/wall?scene=daily", size=(1920, 1080), watched=False)
    ready(page)
    before = page.locator(".wall-place:not([hidden])").count()
    page.route(PANELS_FILLED, lambda route: route.fulfill(status=503, body="away"))
    page.context.set_offline(True)
    page.evaluate("onescreen.watch.look()")
    expect(page.locator(".wall")).to_have_attribute("data-lost", "true")
    expect(page.locator("#wall-said")).to_have_text("连接已断，正在重连")
    page.evaluate("document.dispatchEvent(new CustomEvent('onescreen:snapshot', {detail: 'new'}))")
    assert page.locator(".wall-place:not([hidden])").count() == before
    assert page.locator(".state-failed").count() == 0
    page.unroute(PANELS_FILLED)
    with page.expect_response(PANELS_FILLED):
        page.context.set_offline(False)  # which the page notices by itself
        page.evaluate("onescreen.watch.look()")
    expect(page.locator(".wall")).to_have_attribute("data-lost", "false")
    expect(page.locator("#wall-said")).to_have_text("连接正常")


def test_no_name_phone_or_address_of_a_person_is_on_the_wall(open_page: Open) -> None:
    page = open_page("/wall?scene=emergency", size=(1920, 1080))
    ready(page)
    who = [text.removeprefix("责任人 ") for text in page.locator(".wall-red-who").all_inner_texts() if text.startswith("责任人")]
    assert who and all("*" in name for name in who)
    text = page.evaluate("document.body.textContent + JSON.stringify(onescreen.wall.state.plan)")
    assert not re.search(r"(?<![\d.])(1[3-9]\d{9}|\d{17}[\dXx])(?!\d)", text)
    assert not re.search(r"组\d+号|弄\d+", text), "addresses end at the team"


def test_scenes_leave_the_page_as_large_as_it_was(open_page: Open) -> None:
    page = open_page("/wall", size=(1280, 720))
    ready(page)
    warm(page)
    _first, half, end = soak(page, CHANGES, parts=2)
    # Caches fill in the first half; what grows in the second would grow all day.
    assert end.heap_mb - half.heap_mb < HEAP_MB, (half, end)
    assert end.nodes - half.nodes < 100, (half, end)
    assert end.listeners - half.listeners < 10, (half, end)


def test_keys_change_look_and_language_fill_the_screen_and_lead_to_the_door(open_page: Open) -> None:
    page = open_page("/wall?scene=flood", size=(1920, 1080))
    ready(page)
    html = page.locator("html")
    expect(html).to_have_attribute("data-look", "dark")
    page.keyboard.press("d")
    expect(html).to_have_attribute("data-look", "light")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement === document.documentElement")
    page.keyboard.press("F")
    page.wait_for_function("document.fullscreenElement === null")
    page.keyboard.press("l")
    expect(html).to_have_attribute("lang", "en")
    ready(page)
    assert scene_of(page) == "flood"
    expect(html).to_have_attribute("data-look", "light")
    page.keyboard.press("H")
    page.wait_for_url(re.compile(r"//[^/]+/$"))
    expect(page.locator("h1")).to_be_visible()


def test_nothing_of_the_wall_jumps_while_it_opens(open_page: Open) -> None:
    page = open_page("/wall", size=(1920, 1080))
    ready(page)
    expect(page.locator(".wall-map")).to_be_visible()
    assert page.evaluate(SHIFTED) < 0.02
