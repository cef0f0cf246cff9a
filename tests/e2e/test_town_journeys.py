"""What people come for, counted in taps from a cold start; and views that are handed on, compared and filtered."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Open, ready
from playwright.sync_api import Locator, Page, expect
from test_layout import check, check_at_every_size
from test_town_page import TOWN, children, number, pixels, wait_for_fewer

from data.policy import Viewer, mask_name
from data.settings import Settings
from data.store.serving import ServingStore
from layers.core import query
from layers.core.registry import load_layers

SIZES = [(1920, 1080), (1024, 768), (820, 1180), (390, 844)]
LOOKS = "onescreen.view.written(onescreen.where())"
SETTLED = f"new URLSearchParams(location.search).get('at') === {LOOKS}"  # not while the map still glides


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[query.Store]:
    serving = ServingStore(Settings(home=home))
    with serving.read() as cursor:
        yield query.Store(cursor, load_layers())
    serving.close()


class Taps:
    """Counts what a finger does."""

    def __init__(self) -> None:
        self.n = 0

    def on(self, place: Locator) -> None:
        self.n += 1
        place.tap()


def test_the_reds_of_a_village_and_whom_to_call_are_four_taps_away(open_page: Open, store: query.Store) -> None:
    """The fourth tap is the call itself."""
    village = max(query.children(store, Viewer("leader"), query.root_of(store)), key=lambda row: row["reds"])
    page, taps = open_page("/town", size=(820, 1180), has_touch=True), Taps()
    taps.on(children(page).filter(has_text=village["name"]))
    expect(page.locator(".crumb-here")).to_have_text(village["name"])
    taps.on(page.locator(".key-link"))
    expect(page.locator(".panel-list .tag")).to_contain_text("红色")
    expect(page.locator(".crumb-here")).to_have_text(village["name"])
    taps.on(children(page).first)
    expect(page.locator(".panel-card .card-level .level-tag")).to_have_attribute("data-level", "1")
    call = page.locator(".panel-card a[href^='tel:']").first
    expect(call).to_be_visible()
    assert taps.n + 1 <= 4


def test_a_persons_house_is_found_by_the_whole_name_and_the_name_stays_masked(open_page: Open, store: query.Store) -> None:
    name, house = store.cursor.execute(
        "SELECT p.name, p.house_id FROM person p JOIN house h USING (house_id) ORDER BY person_id LIMIT 1"
    ).fetchone() or ("", "")
    page, taps = open_page("/town", size=(390, 844), has_touch=True), Taps()
    taps.on(page.locator("#query"))
    page.keyboard.type(name)
    hit = page.locator(f".hit[href*='house:{house}']").first
    expect(hit).to_contain_text(mask_name(name))
    expect(hit).to_contain_text("居民住所")
    assert name not in page.locator(".hits").inner_text()
    taps.on(hit)
    expect(page.locator(".panel-card")).to_contain_text(house)
    assert taps.n <= 3
    page.locator("#query").fill(name[:1])
    expect(page.locator(".hits .state, .hit").first).to_be_visible()
    assert mask_name(name) not in page.locator(".hits").inner_text(), "a part of a name finds nobody"


def test_a_house_is_found_by_a_part_of_its_address(open_page: Open, store: query.Store) -> None:
    address, house = store.cursor.execute("SELECT address, house_id FROM house WHERE address LIKE '%号' ORDER BY 2 LIMIT 1").fetchone() or (
        "",
        "",
    )
    page = open_page("/town")
    page.locator("#query").fill(address)
    expect(page.locator(f".hit[href*='house:{house}']")).to_be_visible()
    assert address not in page.locator(".hits").inner_text()


def picked(page: Page, n: int) -> list[str]:
    """Start comparing and pick the first `n` areas of the list; their names."""
    page.locator(".compare-switch").click()
    expect(page.locator(".panel-compare")).to_be_visible()
    for i in range(n):
        children(page).nth(i).click()
        expect(page.locator(".list-row.picked")).to_have_count(i + 1)
    return [text.strip() for text in page.locator(".list-row.picked .list-name").all_inner_texts()]


def test_two_villages_stand_side_by_side_with_their_own_figures_and_the_address_keeps_them(open_page: Open, store: query.Store) -> None:
    page = open_page("/town?layer=houses")
    names = picked(page, 2)
    heads = page.locator(".compare thead .compare-name")
    expect(heads).to_have_count(2)
    assert sorted(heads.all_inner_texts()) == sorted(names)
    asked = re.search(r"compare=([^&]+)", page.url)
    assert asked
    rows = query.compare(store, Viewer("leader"), query.root_of(store), tuple(asked[1].split(",")))
    assert heads.all_inner_texts() == [row["name"] for row in rows], "the worst first"
    houses = page.locator(".compare tr", has=page.locator("th", has_text=re.compile("^房屋（栋）$"))).first.locator("td")
    shown = [number(text) for text in houses.all_inner_texts()]
    assert shown == [*(row["houses"] for row in rows), abs(rows[0]["houses"] - rows[1]["houses"])]
    page.reload()
    ready(page)
    expect(heads).to_have_count(2)
    page.go_back()
    expect(page.locator(".list-row.picked")).to_have_count(1)
    page.locator(".panel-compare .panel-head a").click()
    expect(page.locator(".panel-compare")).to_have_count(0)
    assert "compare" not in page.url


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_four_villages_side_by_side_hold_at_every_size(open_page: Open, store: query.Store, language: str) -> None:
    codes = [row["code"] for row in query.children(store, Viewer("leader"), query.root_of(store))][:4]
    page = open_page(f"/town?compare={','.join(codes)}", size=SIZES[0], language=language)
    expect(page.locator(".compare thead .compare-name")).to_have_count(len(codes))
    check_at_every_size(page, SIZES)


def test_one_class_alone_is_listed_drawn_and_kept_in_the_address(open_page: Open) -> None:
    page = open_page("/town?layer=houses&theme=occupancy", size=(1600, 900))
    first, second = (page.locator(".legend-classes a.legend-row").nth(i) for i in (0, 1))
    colour = second.locator(".swatch").evaluate("e => getComputedStyle(e).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    before = len(pixels(page, colour))
    n = number(first.locator(".legend-count").inner_text())
    first.click()
    expect(page.locator("#list-total")).to_have_text(f"{n:,}")
    expect(page.locator(".tag-class")).to_have_text(first.locator(".legend-name").inner_text())
    ready(page)
    assert before > 20
    wait_for_fewer(page, colour, before / 10)  # houses of the other class are not drawn
    assert "class=" in page.url
    page.locator(".legend-classes a.legend-row[aria-current]").click()
    expect(page.locator(".tag-class")).to_have_count(0)
    assert "class=" not in page.url


def pan(page: Page, by: int = 160) -> None:
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - by, y - by / 2, steps=8)
    page.mouse.up()
    page.wait_for_function(SETTLED)


def test_a_shared_link_shows_another_person_the_same_view(open_page: Open) -> None:
    page = open_page("/town?layer=houses&level=1", permissions=["clipboard-read", "clipboard-write"])
    pan(page)
    page.locator("[data-act=zoom-in]").click()
    page.wait_for_function(SETTLED)
    ready(page)
    page.locator("[data-act=share]").click()
    expect(page.locator("#toast")).to_have_text("链接已复制")
    link = page.evaluate("navigator.clipboard.readText()")
    looked = page.evaluate(LOOKS)
    other = open_page(re.sub(r"^https?://[^/]+", "", link))
    assert other.evaluate(LOOKS) == looked
    expect(other.locator(".panel-list .tag")).to_contain_text("红色")


def test_where_the_clipboard_is_closed_the_link_is_shown_selected(open_page: Open) -> None:
    page = open_page("/town?layer=houses")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.locator("[data-act=share]").click()
    field = page.locator(".share-dialog input")
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString() || document.activeElement.value") == field.input_value()
    assert "layer=houses" in field.input_value() and "at=" in field.input_value()
    check(page)
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)


def test_moving_the_map_does_not_fill_the_history_and_going_back_returns_to_where_one_was(open_page: Open) -> None:
    page = open_page("/town?layer=houses")
    pan(page)
    entries = page.evaluate("history.length")
    pan(page, 60)
    assert page.evaluate("history.length") == entries
    looked = page.evaluate(LOOKS)
    children(page).first.click()
    expect(page.locator(".crumb-here")).to_be_visible()
    page.wait_for_function(f"before => {LOOKS} !== before", arg=looked)
    page.go_back()
    expect(page.locator(".crumb-here")).to_have_count(0)
    expect(page.locator("h1")).to_have_text(TOWN)
    page.wait_for_function(f"before => {LOOKS} === before", arg=looked)
