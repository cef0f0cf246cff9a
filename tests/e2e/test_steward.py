"""`/steward` in a real browser: its figures are those of the tables, a failed dataset leads to its workbook, and it holds at every size."""

import csv
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from axe import serious
from conftest import ROOT, TODAY, Open, Server, environment, opening
from playwright.sync_api import Browser, Page, expect
from test_layout import COLLIDE, CUT, OVERLAP, SMALL
from test_town_page import number

from data.policy import Viewer
from data.settings import Settings
from data.store.runs import LEDGER, runs
from data.store.serving import ServingStore, on_show
from layers.core.registry import load_layers
from screen.page import Screen
from screen.pages.steward import read_desk
from screen.text import words

SIZES = [(1920, 1080), (1024, 768), (390, 844)]
PARTS = ("files", "runs", "refused", "contradictions", "coverage", "history")
ID = re.compile(r"\d{17}[\dX]")
BAD = "出租房.csv"


@pytest.fixture(scope="module")
def failed_home(home: Path, deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town after a second delivery, of rentals alone, in which most rows name no house: nothing of it was loaded."""
    folder = tmp_path_factory.mktemp("steward") / "home"
    shutil.copytree(home, folder)
    bad = tmp_path_factory.mktemp("bad")
    head = (deliveries / "1-base" / "town.toml").read_text(encoding="utf-8").partition("[[dataset]]")[0]
    (bad / "town.toml").write_text(f'{head}\n[[dataset]]\nname = "rentals"\ntable = "rental"\nfile = "{BAD}"\n', encoding="utf-8")
    with (bad / BAD).open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([["房屋编号", "出租人姓名"], *([f"F{i}" if i < 5 else "", f"陆小{i}"] for i in range(20))])
    command = [sys.executable, "-m", "etl", "load", str(bad / "town.toml")]
    done = subprocess.run(command, cwd=ROOT, env=environment(folder), capture_output=True, text=True)
    assert done.returncode == 1 and "15 of 20" in done.stderr, done.stderr
    return folder


@pytest.fixture(scope="module")
def desk_server(failed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(failed_home, tmp_path_factory.mktemp("log") / "steward.log")
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


@pytest.fixture
def open_desk(chromium: Browser, desk_server: Server) -> Iterator[Open]:
    with opening(chromium, desk_server) as opened:

        def page(search: str = "", **more: object) -> Page:
            found = opened(f"/steward{search}", **more)
            found.locator("#steward-body .panel").first.wait_for()
            return found

        yield page


@pytest.fixture(scope="module")
def facts(failed_home: Path) -> Settings:
    return Settings(home=failed_home)


def one(facts: Settings, sql: str) -> int:
    found = on_show(facts, sql)
    assert found is not None
    return int(found[0][0])


def opened_book(path: Path) -> openpyxl.Workbook:
    """A workbook that the browser has saved under a name of its own, without an ending."""
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def tab(page: Page, part: str) -> int:
    """The number on a tab, 0 where there is none."""
    pill = page.locator(f".desk-part[href$='part={part}'] .pill-n")
    return number(pill.first.inner_text().split("\n")[0]) if pill.count() else 0


def test_the_counts_on_the_page_are_those_of_the_tables(open_desk: Open, facts: Settings) -> None:
    page = open_desk()
    assert page.locator(".desk-table tbody tr").count() == one(facts, "SELECT count(*) FROM dataset")
    assert tab(page, "refused") == one(facts, "SELECT sum(refused) FROM dataset") > 0
    found = "FROM contradiction WHERE table_name <> 'person'", "FROM unlinked WHERE table_name <> 'person'"
    assert tab(page, "contradictions") == sum(one(facts, f"SELECT count(*) {source}") for source in found)
    assert tab(page, "coverage") == one(facts, "SELECT count(*) FROM coverage_qa")
    assert tab(page, "runs") == 1
    people, rooms = one(facts, "SELECT count(*) FROM person"), one(facts, "SELECT count(*) FROM person SEMI JOIN room USING (room_id)")
    shown = page.locator(".key", has_text="人房关联率")
    assert float(shown.locator(".key-digits").inner_text()) == int(rooms / people * 1000) / 10
    assert str(people - rooms) in shown.locator(".key-note").inner_text()


def test_every_run_has_its_line_and_the_failed_one_its_cause(open_desk: Open, facts: Settings) -> None:
    page = open_desk("?part=runs")
    lines = page.locator(".desk-table tbody tr")
    expect(lines).to_have_count(len(runs(facts)))
    expect(lines.first).to_have_attribute("data-state", "failed")
    lines.first.locator(".cell-long summary").click()
    expect(lines.first).to_contain_text("20 行中有 15 行退回")


def test_refused_rows_and_their_reasons_add_up(open_desk: Open, facts: Settings) -> None:
    page = open_desk("?part=refused&severity=refused")
    counts = [number(text) for text in page.locator(".desk-table tbody td:last-child").all_inner_texts()]
    assert sum(counts) == one(facts, "SELECT count(*) FROM fault WHERE severity = 'refused'") > 0
    page.locator(".desk-table .cell-link").first.click()
    expect(page.locator(".desk-table tbody tr")).to_have_count(min(counts[0], 50))
    assert not ID.search(page.locator("#steward-body").inner_text()), "personal values are masked"


def test_from_a_failed_dataset_to_its_workbook_in_two_clicks(open_desk: Open) -> None:
    page = open_desk()
    page.get_by_role("link", name="看 rentals 退回的行").click()
    book = page.locator(".note .desk-book")
    expect(book).to_have_count(1)
    with page.expect_download() as download:
        book.click()
    sheet = opened_book(download.value.path()).worksheets[0]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert sum("陆小" in cell for cell in cells) == 15, "every refused row, unmasked"
    assert download.value.suggested_filename.startswith("rentals-")


def test_a_workbook_of_rows_refused_long_ago_is_still_to_be_had(open_desk: Open) -> None:
    page = open_desk()
    page.locator(".desk-table .cell-n a[href*='severity=refused']").first.click()
    expect(page.locator(".desk-book").first).to_be_visible()
    with page.expect_download() as download:
        page.locator(".desk-book").first.click()
    assert opened_book(download.value.path()).worksheets


def test_a_contradiction_opens_the_card_of_its_object(open_desk: Open) -> None:
    page = open_desk("?part=contradictions")
    name = page.locator(".desk-columns tbody a.cell-link").first
    key = (name.get_attribute("href") or "").partition("object=")[2]
    name.click()
    page.wait_for_url("**/town?*")
    expect(page.locator(".panel-card .panel-title")).not_to_be_empty()
    assert key and key in page.url


def test_a_gap_is_shown_on_the_map(open_desk: Open) -> None:
    page = open_desk("?part=coverage")
    page.locator(".desk-table a[href^='/town']").first.click()
    page.wait_for_selector("html[data-map-ready]", state="attached")
    assert "at=" in page.url and "layer=grid_qa" in page.url


def test_the_history_of_a_dataset_lists_its_loads_and_the_failed_one(open_desk: Open) -> None:
    page = open_desk()
    page.locator(".desk-table tbody th a", has_text="rentals").click()
    expect(page.locator(".desk-table tbody tr")).to_have_count(2)
    expect(page.locator(".desk-table tbody tr").first).to_contain_text("失败")
    assert page.url.endswith("part=history&dataset=rentals")


def test_parts_are_addresses_and_the_back_button_goes_back(open_desk: Open) -> None:
    page = open_desk()
    for part in PARTS[1:]:
        page.locator(f".desk-part[href*='part={part}']").click()
        expect(page.locator(".desk-part[aria-current]")).to_have_attribute("href", re.compile(f"part={part}"))
    for part in (*reversed(PARTS[1:-1]), ""):
        page.go_back()
        expect(page.locator(".desk-part[aria-current]")).to_have_attribute("href", re.compile(f"part={part}" if part else "/steward$"))


def test_by_keys_alone_one_comes_to_the_workbook(open_desk: Open) -> None:
    page = open_desk()
    page.evaluate("document.activeElement.blur()")
    for wanted in (".desk-ways a", ".note .desk-book"):
        page.locator(wanted).first.wait_for()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
                break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        if wanted == ".desk-ways a":
            page.keyboard.press("Enter")
    with page.expect_download():
        page.keyboard.press("Enter")


@pytest.mark.parametrize(("look", "language"), [("", "zh-CN"), pytest.param("dark", "en", marks=pytest.mark.matrix)])
def test_every_part_holds_at_every_size(open_desk: Open, look: str, language: str) -> None:
    page = open_desk(size=SIZES[0], look=look, language=language)
    cut = CUT.replace(".leaflet-container", ".leaflet-container, .desk-box, .plot-box")
    small = SMALL.replace('"a[href], button, input"', '"a[href], button, input, summary"')
    checks = {"cut": cut, "overlap": OVERLAP, "collide": COLLIDE, "small": small}
    for part in PARTS:
        link = page.locator(".desk-part").nth(PARTS.index(part))
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        assert not serious(page), part
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_function("([w, h]) => innerWidth === w && innerHeight === h", arg=[width, height])
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{part} scrolls sideways at {width}"
            for name, script in checks.items():
                assert not (found := page.evaluate(script)), f"{part} at {width}, {name}: {found}"


def test_a_town_loaded_before_runs_were_recorded_says_so(failed_home: Path, tmp_path: Path) -> None:
    shutil.copytree(failed_home / "serving", tmp_path / "serving")
    shutil.copytree(failed_home / "pack", tmp_path / "pack")
    settings = Settings(home=tmp_path, now=datetime.fromisoformat(f"{TODAY}T09:42:00+08:00"))
    assert not (settings.runs / LEDGER).exists()
    screen = Screen(settings, ServingStore(settings), Viewer("leader"), load_layers(None))
    said = {part: str(read_desk(screen, words("zh-CN"), f"?part={part}")["body"]) for part in PARTS}
    assert "还没有运行记录" in said["runs"] and "开始记录之前" in said["history"]
    assert "desk-table" in said["files"] and "desk-table" in said["coverage"]
