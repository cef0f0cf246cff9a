"""Live on the wall, in a real browser: what is reported appears, what is grave alarms, a lost server is told and heals."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ready
from playwright.sync_api import Browser, Page, expect
from test_lost_connection import Mortal

WALL = {"width": 1920, "height": 1080}
TWO_HEARTBEATS_MS = 4_000
GRAVE, USUAL = 1, 4
PULSE = """() => (({animationIterationCount: times, animationDuration: each}) => [times, each])(
    getComputedStyle(document.querySelector(".live-pulse i")))"""


@pytest.fixture(scope="module")
def town(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    """A server of its own with a log of its own."""
    folder = tmp_path_factory.mktemp("live")
    running = Mortal(Path(shutil.copytree(home, folder / "home", ignore=shutil.ignore_patterns("ops"))), folder / "server.log")
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


@pytest.fixture
def wall(chromium: Browser, town: Mortal) -> Iterator[Page]:
    """The wall, following the log; its errors fail the test."""
    page = chromium.new_page(viewport=WALL)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    open_wall(page, town)
    yield page
    page.close()
    assert not wrong


def open_wall(page: Page, town: Mortal, scene: str = "emergency") -> None:
    page.goto(f"{town.url}/wall?scene={scene}")
    ready(page)
    expect(page.locator("html")).to_have_attribute("data-live", "live")


def report(town: Mortal, grade: int = USUAL, **more: Any) -> str:
    """An incident in the first team of the town; gives its number."""
    codes = httpx.get(f"{town.url}/api/areas").json()
    told = {"type": "0102", "area": max(codes, key=len), "grade": grade, "source": "patrol", **more}
    answer = httpx.post(f"{town.url}/api/incidents", json=told, headers={"Cookie": "onescreen-duty=grid_member"}, timeout=30)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["incident"])


def knows(page: Page, number: str) -> None:
    page.wait_for_function("id => onescreen.live.now.state.rows.has(id)", arg=number, timeout=10_000)


def drawn(page: Page) -> int:
    """How many incidents the marks on the map stand for."""
    found: int = page.evaluate("onescreen.live.shown.drawn().reduce((sum, one) => sum + (one.group ? one.group.n : 0), 0)")
    return found


def test_what_is_reported_stands_on_the_map_at_once_and_in_the_figures_whose_lists_agree(wall: Page, town: Mortal) -> None:
    before = drawn(wall)
    numbers = [report(town) for _ in range(3)]
    for number in numbers:
        knows(wall, number)
    wall.wait_for_function(
        "n => onescreen.live.shown.drawn().reduce((sum, one) => sum + (one.group ? one.group.n : 0), 0) === n", arg=before + 3
    )
    button = wall.locator(".wall-n-key", has_text="在办")
    total = httpx.get(f"{town.url}/api/incidents?state=open&size=1").json()["total"]
    expect(button.locator(".key-digits")).to_have_text(str(total), timeout=10_000)
    button.click()
    drawer = wall.locator("#live-drawer")
    expect(drawer.locator(".live-count")).to_have_text(str(total))
    assert drawer.locator(".live-row").count() == total
    drawer.locator(f'[data-target="{numbers[0]}"]').click()
    expect(drawer).to_contain_text(numbers[0])
    expect(drawer).to_contain_text("暴露垃圾")
    wall.keyboard.press("Escape")
    expect(drawer).to_have_attribute("data-open", "false")


def test_a_grave_one_pulses_on_the_map_and_opens_a_card_to_which_the_map_flies_and_a_usual_one_does_neither(
    wall: Page, town: Mortal
) -> None:
    card, zoom = wall.locator("[data-live-alarm]"), "onescreen.live.shown.map.getZoom()"
    usual = report(town)
    knows(wall, usual)
    expect(card).to_be_hidden()
    assert wall.locator(".live-pulse").count() == 0
    before = wall.evaluate(zoom)
    grave = report(town, GRAVE)
    expect(card).to_be_visible()
    expect(card).to_contain_text("暴露垃圾")
    expect(card).to_contain_text(re.compile("附近摄像机：|500 米内没有摄像机"))
    expect(wall.locator(".live-pulse")).to_have_count(1)
    style = wall.evaluate(PULSE)
    assert style == ["3", "1.6s"]
    wall.wait_for_function(f"before => {zoom} > before", arg=before)
    card.locator(f'[data-target="{grave}"]').click()
    expect(wall.locator("#live-drawer")).to_contain_text(grave)
    wall.keyboard.press("Escape")
    card.get_by_role("button", name="关闭").click()
    expect(card).to_be_hidden()
    wall.wait_for_function(f"before => Math.abs({zoom} - before) < 0.3", arg=before)
    expect(wall.locator(".live-pulse")).to_have_count(0)


AT_GROUP = """() => {
    const {map} = onescreen.live.shown, one = onescreen.live.shown.drawn().filter((mark) => mark.kind === "group").pop();
    const at = map.layerPointToContainerPoint(L.point(one.x, one.y).add(L.DomUtil.getPosition(document.querySelector(".live-canvas"))));
    const {left, top} = map.getContainer().getBoundingClientRect();
    return [left + at.x, top + at.y, one.group.n];
}"""


def test_a_click_on_a_group_goes_nearer_or_lists_it_and_the_list_by_keyboard_marks_the_same_on_the_map(wall: Page, town: Mortal) -> None:
    for _ in range(2):
        knows(wall, report(town))  # at the middle of one team: no zoom tells them apart
    x, y, n = wall.evaluate(AT_GROUP)
    wall.mouse.move(x, y)
    expect(wall.locator(".leaflet-container")).to_have_class(re.compile("live-over"))
    wall.mouse.click(x, y)
    drawer = wall.locator("#live-drawer")
    expect(drawer.locator(".live-row")).to_have_count(n)
    drawer.locator(".live-row").first.focus()
    number = str(drawer.locator(".live-row").first.get_attribute("data-target"))
    wall.keyboard.press("Enter")
    expect(drawer).to_contain_text(number)
    before = wall.evaluate("document.querySelector('.live-canvas').toDataURL()")
    wall.evaluate("onescreen.live.shown.select(null)")
    assert wall.evaluate("document.querySelector('.live-canvas').toDataURL()") != before, "the one that is open is not marked"
    wall.keyboard.press("Escape")


def test_the_chime_sounds_once_for_a_grave_one_says_when_it_cannot_and_stays_muted_after_a_reload(wall: Page, town: Mortal) -> None:
    sound = wall.locator("[data-act=live-sound]")
    sound.click()  # a touch is what browsers wait for
    expect(sound).to_have_attribute("data-state", "on")
    report(town, GRAVE)
    wall.wait_for_function("onescreen.live.chimes === 1")
    sound.click()
    expect(sound).to_have_attribute("data-state", "muted")
    expect(sound).to_have_attribute("aria-pressed", "true")
    wall.reload()
    ready(wall)
    expect(sound).to_have_attribute("data-state", "muted")
    number = report(town, GRAVE)
    knows(wall, number)
    expect(wall.locator("[data-live-alarm]")).to_be_visible()
    assert not wall.evaluate("onescreen.live.chimes"), "muted, and yet it sounded"
    sound.click()
    expect(sound).to_have_attribute("data-state", "on")


def test_the_corner_tells_memory_frames_and_age_and_the_server_hears_of_it(wall: Page, town: Mortal) -> None:
    wall.keyboard.press("i")
    corner = wall.locator("#live-corner")
    expect(corner).to_contain_text("MB")
    expect(corner.locator("dd").nth(1)).to_contain_text("ms")
    wall.evaluate("onescreen.live.corner.tell()")  # as every 30 s
    wall.wait_for_timeout(1_500)  # for a sample of frames
    (screen,) = [one for one in httpx.get(f"{town.url}/health").json()["network"]["screens"] if one["page"] == "wall"]
    assert screen["heap"] > 1e6 and screen["frame_ms"] > 0 and screen["nodes"] > 500 and screen["age_s"] < 5, screen
    wall.keyboard.press("I")
    expect(corner).to_be_hidden()


def test_a_killed_server_is_told_within_two_heartbeats_keeps_what_was_known_and_heals_without_a_reload(wall: Page, town: Mortal) -> None:
    report(town)
    wall.evaluate("window.kept = true")
    before = drawn(wall)
    town.kill()
    wall.wait_for_function("document.documentElement.dataset.live === 'lost'", timeout=TWO_HEARTBEATS_MS + 2_000)
    expect(wall.locator("#connection")).to_have_count(1)
    expect(wall.locator(".wall")).to_have_attribute("data-lost", "true")
    assert drawn(wall) == before, "what was known is gone"
    town.start_again()
    expect(wall.locator("html")).to_have_attribute("data-live", "live", timeout=30_000)
    number = report(town)
    knows(wall, number)
    wall.evaluate("onescreen.watch.look()")
    expect(wall.locator("#connection")).to_have_count(0, timeout=15_000)
    assert wall.evaluate("window.kept"), "the page was reloaded"
