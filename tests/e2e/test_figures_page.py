"""The page of figures in a real browser: numbers that open lists as long as they say, periods, both languages, small screens."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import serious
from conftest import Server, opening
from playwright.sync_api import Browser, Page, expect

from data.settings import Settings
from incidents.core.kpi_declared import KPIS
from incidents.core.schema import open_engine
from tests.incidents.log_rows import fill, rows


@pytest.fixture(scope="module")
def page(chromium: Browser, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("figures")
    town = Path(shutil.copytree(home, folder / "home", ignore=shutil.ignore_patterns("ops")))
    engine = open_engine(Settings(home=town))
    fill(engine, rows(600, 60))
    engine.dispose()
    running = Server(town, folder / "server.log")
    with opening(chromium, running) as opened:
        page = opened("/desk/figures?period=quarter")
        expect(page.locator(".desk-table")).to_have_count(3)
        yield page
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


def test_every_figure_is_there_with_its_formula_and_every_number_opens_a_list_as_long_as_it_says(page: Page) -> None:
    figures = page.locator(".desk-table").nth(1).locator("tbody tr")
    expect(figures).to_have_count(len(KPIS))
    found = page.evaluate(
        """async () => {
          const asked = [...document.querySelectorAll("[data-act=live-list]")].filter((b) => /^[\\d,]+$/.test(b.textContent));
          const length = async (address) => (await (await fetch(address)).json()).total;
          const told = (b) => Number(b.textContent.replace(",", ""));
          return Promise.all(asked.map(async (b) => [b.dataset.title, told(b), await length(b.dataset.list)]));
        }"""
    )
    assert len(found) > 40
    assert [one for one in found if one[1] != one[2]] == []


def test_every_number_of_a_camera_opens_the_recognitions_that_it_counts(page: Page) -> None:
    cameras = page.locator(".desk-table").nth(2).locator("tbody tr")
    lists_of = "row => [...row.querySelectorAll('[data-list]')].map(one => one.dataset.list)"
    rows = cameras.evaluate_all(f"all => all.map(row => [row.querySelector('th, td').textContent, ({lists_of})(row)])")
    assert len(rows) > 1 and all(len(lists) == 3 and all(f"camera={code}&" in one for one in lists) for code, lists in rows), rows[:2]


def test_a_number_opens_its_list_in_the_drawer_with_its_formula(page: Page) -> None:
    row = page.locator(".desk-table").nth(1).locator("tbody tr").filter(has_text="结案率").first
    numerator = row.locator("td:nth-of-type(2) button").first
    numerator.click()
    drawer = page.locator("#live-drawer")
    expect(drawer).to_contain_text("结案数 ÷ 应结案数")
    expect(drawer).to_contain_text(re.compile(rf"\b{numerator.text_content()}\b"))
    page.keyboard.press("Escape")


def test_periods_and_what_is_compared_are_addresses(page: Page) -> None:
    page.get_by_role("link", name="村居", exact=True).click()
    expect(page).to_have_url(re.compile("by=area"))
    expect(page.locator(".desk-table").first.locator("thead th").first).to_have_text("村居")
    page.get_by_role("link", name="本月", exact=True).click()
    expect(page).to_have_url(re.compile("period=month&by=area"))
    expect(page.locator(".desk-stamp")).to_contain_text("2026-11-01")
    page.go_back()
    page.go_back()
    expect(page.locator(".desk-table").first.locator("thead th").first).to_have_text("处置单位")


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (390, 844)])
def test_on_small_screens_only_tables_scroll_sideways(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_can_be_read_by_all(page: Page) -> None:
    assert serious(page) == []


def test_the_dialog_of_the_desk_leads_to_the_page(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(page.url.split("/desk")[0] + "/desk")
    page.locator("[data-act=case-figures]").click()
    page.locator(".figures-bar a").click()
    expect(page).to_have_url(re.compile("/desk/figures"))
    expect(page.locator(".desk-table").first).to_be_visible()
