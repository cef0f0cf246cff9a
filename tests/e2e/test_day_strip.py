"""Colours of earlier days on the map: a slider and a play button over what each snapshot showed on its day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe import serious
from conftest import Open, Server, opening, ready, served
from playwright.sync_api import Browser, Page, expect

from data.settings import Settings
from data.store.duck import connect
from data.store.serving import current

FIRST_DAY, LAST_DAY = "2026年9月23日", "2026年10月23日"


@pytest.fixture(scope="module")
def twice(updated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from served("days", updated, tmp_path_factory.mktemp("days"))


@pytest.fixture
def open_twice(chromium: Browser, twice: Server) -> Iterator[Open]:
    with opening(chromium, twice) as opened:
        yield opened


def town(open_twice: Open, **more: Any) -> Page:
    page = open_twice("/town?layer=houses", **more)
    page.evaluate("window.handle = onescreen.map.shown('map'); null")
    page.locator('[data-act="days"]').click()
    expect(page.locator(".days-day")).to_contain_text(LAST_DAY if more.get("language") != "en" else "23 Oct 2026")
    return page


def turned(home: Path) -> list[tuple[float, float, int, int]]:
    """Houses whose level is another one since the first day: lon, lat, level then and now."""
    shown = current(Settings(home=home))
    assert shown
    with connect(shown.file, read_only=True) as con:
        con.execute(f"ATTACH '{shown.file.parent / 'v1.duckdb'}' AS before (READ_ONLY)")
        return con.execute("""
            SELECT ST_X(p), ST_Y(p), t.level, n.level FROM (SELECT house_id, ST_PointOnSurface(lonlat) AS p FROM house) h
            JOIN before.receipt t ON t.layer = 'houses' AND t.object_id = h.house_id
            JOIN receipt n ON n.layer = 'houses' AND n.object_id = h.house_id
            WHERE n.level <> t.level ORDER BY h.house_id LIMIT 5""").fetchall()


def levels_at(page: Page, places: list[tuple[float, float, int, int]]) -> list[int]:
    """What the map says of these places, each in the middle of it."""
    found = []
    for lon, lat, *_ in places:
        page.evaluate("([lon, lat]) => handle.map.setView([lat, lon], 18, {animate: false})", [lon, lat])
        ready(page)
        found.append(page.evaluate("([lon, lat]) => handle.pickAt(lon, lat, 0).find(hit => hit.layer === 'houses').level", [lon, lat]))
    return found


def test_the_map_has_the_colours_of_the_day_that_the_slider_is_on(open_twice: Open, updated: Path) -> None:
    page, places = town(open_twice), turned(updated)
    assert len(places) == 5
    assert levels_at(page, places) == [now for *_, now in places]
    page.locator(".days-bar").press("Home")
    expect(page.locator(".days-day")).to_have_text(FIRST_DAY)
    expect(page.locator(".days-said")).to_contain_text("图例、列表为最新")
    assert levels_at(page, places) == [then for *_, then, _ in places]
    page.locator(".days-bar").press("Escape")
    expect(page.locator(".days")).to_be_hidden()
    expect(page.locator('[data-act="days"]')).to_be_focused()
    assert levels_at(page, places) == [now for *_, now in places]


def test_playing_goes_from_the_first_day_to_the_last_and_stops_there(open_twice: Open) -> None:
    page = town(open_twice, language="en")
    page.evaluate("window.seen = []; handle.observe({state: (state) => seen.push(state.asOf)}); null")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(page.locator(".days-day")).to_have_text("23 Sep 2026")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert page.evaluate("seen") == ["2026-09-23", None]


@pytest.mark.parametrize(("size", "look"), [((1024, 768), "light"), ((390, 844), "dark")])
def test_the_strip_lies_whole_on_the_map_and_is_readable(open_twice: Open, size: tuple[int, int], look: str) -> None:
    page = town(open_twice, size=size, look=look, has_touch=True)
    page.locator(".days-bar").press("Home")
    expect(page.locator(".days-said")).not_to_be_empty()
    strip = page.locator(".days").bounding_box()
    assert strip and strip["x"] >= 0 and strip["x"] + strip["width"] <= size[0]
    for other in (".zoom", *([".sheet"] if size[0] < 800 else [".side", ".rail"])):
        box = page.locator(other).bounding_box()
        apart = box and (box["x"] >= strip["x"] + strip["width"] or box["x"] + box["width"] <= strip["x"])
        assert box and (apart or box["y"] >= strip["y"] + strip["height"] or box["y"] + box["height"] <= strip["y"]), other
    targets = [page.locator(name).bounding_box() for name in ('[data-act="days-play"]', '[data-act="days-close"]', ".days-bar")]
    assert all(box and box["height"] >= 44 for box in targets)
    assert not serious(page, within=[".days"])


def test_on_a_phone_the_sheet_stays_down_until_the_last_tool_has_let_go(open_twice: Open) -> None:
    page = town(open_twice, size=(390, 844), has_touch=True)
    expect(page.locator(".town")).to_have_attribute("data-sheet", "low")
    page.locator('[data-act="measure"]').tap()
    page.locator('[data-act="days-close"]').tap()
    expect(page.locator(".days")).to_be_hidden()
    expect(page.locator(".town")).to_have_attribute("data-sheet", "low")
    said, end = page.locator(".measure-said").bounding_box(), page.locator('[data-act="measure-end"]').bounding_box()
    assert said and end and said["x"] + said["width"] <= end["x"]
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.measure-said'))"), "no word runs out of its place"
    page.locator('[data-act="measure-clear"]').tap()
    expect(page.locator(".town")).to_have_attribute("data-sheet", "half")


def test_without_an_earlier_day_nothing_is_offered(open_page: Open) -> None:
    page = open_page("/town")
    expect(page.locator('[data-act="days"]')).to_be_attached()
    expect(page.locator('[data-act="days"]')).to_be_hidden()
