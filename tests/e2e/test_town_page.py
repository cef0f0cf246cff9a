"""The first page: see the town, go down to a house, learn why it is red and whom to call."""

import re

import pytest
from conftest import Open, Server, ready
from playwright.sync_api import Browser, Locator, Page, expect

from bench.screen import noted, transferred, waited_for

TOWN = "示范镇"


def number(text: str | None) -> int:
    return int(re.sub(r"\D", "", text or "") or 0)


def children(page: Page) -> Locator:
    return page.locator(".panel-list .list-row")


# Points of the map whose colour is near another, as `pixels` tells them.
PIXELS = """([r, g, b, most, every]) => {
    const out = [];
    for (const canvas of document.querySelectorAll("#map canvas")) {
        const box = canvas.getBoundingClientRect();
        if (!box.width || !canvas.width) continue;
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < data.length; i += 4 * every) {
            if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) > 40 || data[i + 3] < 100) continue;
            const pixel = i / 4;
            const x = box.left + (pixel % canvas.width + 0.5) * box.width / canvas.width;
            const y = box.top + (Math.floor(pixel / canvas.width) + 0.5) * box.height / canvas.height;
            const top = document.elementFromPoint(x, y);
            if (top && top.closest("#map") && out.push([x, y]) === most) return out;
        }
    }
    return out;
}"""


def pixels(page: Page, near: tuple[int, int, int], most: int = 10_000_000, every: int = 1) -> list[list[int]]:
    """Points of the map, in CSS pixels of the page, whose colour is near `near`; none under a panel, and no more than `most`.

    Of many, one in `every` will do to know how many they are.
    """
    found: list[list[int]] = page.evaluate(PIXELS, [*near, most, every])
    return found


def wait_for_fewer(page: Page, near: tuple[int, int, int], than: float) -> None:
    """Until the map shows fewer such points: what was painted before is taken away a moment after the panels have changed."""
    fewer = f"([than, ...asked]) => document.documentElement.dataset.mapReady && ({PIXELS})(asked).length < than"
    page.wait_for_function(fewer, arg=[than, *near, int(than) + 1, 1])


def test_the_town_opens_with_its_own_name_its_numbers_and_a_painted_map(open_page: Open) -> None:
    page = open_page("/town")
    assert page.title().startswith(TOWN)
    expect(page.locator("h1")).to_have_text(TOWN)
    assert [number(digits) > 0 for digits in page.locator(".key-digits").all_inner_texts()] == [True] * 3
    assert page.locator(".panel").count() == page.locator(".panel-source").count() + 1, (
        "every panel but the layer switch says source and age"
    )
    assert page.locator(".leaflet-tile-loaded, #map canvas").count() > 0


def test_one_goes_down_by_clicks_and_back_by_breadcrumb_and_by_the_browser(open_page: Open) -> None:
    page = open_page("/town?layer=houses")
    names = []
    while page.locator(".panel-list a[href*='area='] .bar").count():
        row = children(page).first
        names.append(row.locator(".list-name").inner_text())
        row.click()
        expect(page.locator(".crumb-here")).to_have_text(names[-1])
    assert len(names) == 3, "village, micro-grid, team"
    children(page).first.click()
    expect(page.locator(".panel-card .panel-title")).not_to_be_empty()
    page.locator(".crumbs").get_by_text(names[0], exact=True).click()
    expect(page.locator(".crumb-here")).to_have_text(names[0])
    expect(page.locator(".panel-card")).to_have_count(0)
    page.go_back()
    expect(page.locator(".crumb-here")).to_have_text(names[-1])
    expect(page.locator(".panel-card")).to_be_visible()
    page.locator(".back").click()
    expect(page.locator(".crumb-here")).to_have_text(names[-2])


def test_a_red_house_says_why_what_would_turn_it_green_and_whom_to_call(open_page: Open) -> None:
    page = open_page("/town?layer=houses&level=1")
    children(page).first.click()
    card = page.locator(".panel-card")
    expect(card.locator(".card-level .level-tag")).to_have_attribute("data-level", "1")
    assert card.locator("#card-why li").count() >= 1
    assert card.locator("#card-why li").first.locator(".mark").get_attribute("data-level") == "1"
    assert card.locator("#card-remedy li").first.inner_text().strip()
    assert re.fullmatch(r"tel:\d{7,}", card.locator("a[href^='tel:']").first.get_attribute("href") or "")
    assert card.locator(".cases li").count() >= 1, "every red has an open case"
    assert card.locator(".panel-source").inner_text().strip()
    assert card.locator(".card-path a").count() >= 3


def test_residents_stay_masked_for_a_leader(open_page: Open) -> None:
    page = open_page("/town?layer=houses&level=1")
    shown = page.locator(".panel-list .list-name").all_inner_texts()
    assert any("**" in name for name in shown)
    assert not any(re.search(r"\d+号\d+室", name) for name in shown)


@pytest.mark.parametrize("layer", ["houses", "land", "forest", "facilities"])
def test_legend_counts_equal_the_list_and_add_up_to_the_total(open_page: Open, layer: str) -> None:
    page = open_page(f"/town?layer={layer}&theme=levels")
    rows = page.locator(".panel-legend .legend-row")
    expect(rows).to_have_count(6)
    counts = [number(count) for count in page.locator(".legend-count").all_inner_texts()]
    assert sum(counts) == number(page.locator(".panel-total").inner_text())
    for index, count in list(enumerate(counts))[:3]:
        rows.nth(index).click()
        expect(page.locator(".panel-legend .legend-row[aria-current]")).to_have_count(1)
        expect(page.locator("#list-total")).to_have_text(f"{count:,}")
        rows.nth(index).click()
        expect(page.locator(".panel-legend .legend-row[aria-current]")).to_have_count(0)


def test_a_level_alone_is_kept_in_the_address_the_list_and_on_the_map(open_page: Open) -> None:
    page = open_page("/town?layer=land&theme=levels")
    green = (43, 196, 107)
    before = 11 * len(pixels(page, green, every=11))
    page.locator("a.legend-row", has_text="红色").click()
    expect(page.locator(".panel-list .tag")).to_contain_text("红色")
    ready(page)
    assert "level=1" in page.url
    levels = {mark.get_attribute("data-level") for mark in page.locator(".panel-list .list-name .mark").all()}
    assert levels == {"1"}
    assert before > 1000
    wait_for_fewer(page, green, before / 20)
    page.reload()
    ready(page)
    expect(page.locator(".legend-row[aria-current]")).to_contain_text("红色")


def test_a_tap_on_the_map_opens_the_card_of_what_lies_there(open_page: Open) -> None:
    page = open_page("/town?layer=houses&level=1", size=(1600, 900))
    reds = pixels(page, (255, 77, 79))
    assert reds, "no red house is painted"
    x, y = reds[len(reds) // 2]
    page.mouse.click(x, y)
    expect(page.locator(".panel-card .card-level .level-tag")).to_have_attribute("data-level", "1")
    assert "object=house:" in page.url


def test_a_tap_on_an_area_enters_it(open_page: Open) -> None:
    page = open_page("/town?layer=areas", size=(1600, 900))
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".crumb-here")).to_be_visible()
    assert "area=" in page.url and "object=area:" in page.url


def test_search_finds_an_area_by_name_and_a_house_by_code(open_page: Open, server: Server) -> None:
    page = open_page("/town?layer=houses")
    name = children(page).first.locator(".list-name").inner_text()
    page.get_by_label("按名称、编号、地址或姓名全名搜索").fill(name)
    page.locator(".hit", has_text=name).first.click()
    expect(page.locator(".crumb-here")).to_have_text(name)
    page.locator(".tabs a").last.click()
    expect(page.locator(".panel-list .list-row .bar")).to_have_count(0)
    children(page).first.click()
    code = page.locator(".panel-card .facts dd").last
    key = re.search(r"object=house:([^&]+)", page.url)
    expect(code).to_be_visible()
    assert key
    page.locator("#query").fill(key[1])
    expect(page.locator(".hit")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit")).to_be_focused()
    page.locator("#query").fill("没有这样的地方")
    expect(page.locator(".hits .state")).to_contain_text("没有找到")
    page.locator("#query").press("Escape")
    expect(page.locator(".hits .state")).to_have_count(0)


def test_language_and_look_are_switched_and_remembered(open_page: Open) -> None:
    page = open_page("/town?layer=houses")
    page.locator("[data-act=look]").click()
    expect(page.locator("html")).to_have_attribute("data-look", "light")
    with page.expect_navigation():
        page.locator("[data-act=language]").click()
    ready(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-look", "light")
    expect(page.locator(".panel-legend .panel-title")).to_contain_text("Houses")
    expect(page.locator(".legend-row").first).to_contain_text("Red")
    assert "layer=houses" in page.url
    said = page.locator(".panel-title, .key-label, .legend-name, .layer").all_inner_texts()
    assert not [text for text in said if re.search(r"[红橙黄蓝绿灰]色|图层|人口", text)]


def test_a_nominal_theme_has_its_own_legend_and_the_same_total(open_page: Open) -> None:
    page = open_page("/town?layer=land")
    page.locator(".themes a", has_text="地类").first.click()
    expect(page.locator(".legend-classes")).to_be_visible()
    ready(page)
    counts = [number(count) for count in page.locator(".legend-count").all_inner_texts()]
    assert sum(counts) == number(page.locator(".panel-total").inner_text())
    assert page.locator(".legend .swatch").count() == len(counts) >= 5


def test_people_are_counts_only(open_page: Open) -> None:
    page = open_page("/town?layer=people")
    expect(children(page).first.locator(".bar")).to_be_visible()
    assert page.locator(".tabs").count() == 0
    assert not page.locator("a[href*='object=person']").count()


def test_an_address_that_names_nothing_real_still_opens_the_town(open_page: Open) -> None:
    page = open_page("/town?area=nowhere&layer=nothing&theme=x&level=77&object=house:none")
    expect(page.locator("h1")).to_have_text(TOWN)
    expect(page.locator(".panel-card")).to_contain_text("none")


def test_everything_is_reached_by_keyboard(open_page: Open) -> None:
    page = open_page("/town?layer=houses")
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.className || document.activeElement.id || document.activeElement.tagName"))
    said = " ".join(seen)
    for wanted in ("skip", "search-field", "button", "layer", "list-row", "legend-row", "leaflet-container", "theme"):
        assert wanted in said, f"{wanted} is not reached: {seen}"
    children(page).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".crumb-here")).to_be_visible()


def test_a_lost_server_is_said_at_once_and_its_return_too(open_page: Open) -> None:
    page = open_page("/town", watched=False)
    page.route("**/pack/manifest.json", lambda route: route.abort())
    page.evaluate("onescreen.watch.look()")
    expect(page.locator("#connection")).to_contain_text("断了")
    page.unroute("**/pack/manifest.json")
    page.evaluate("onescreen.watch.look()")
    expect(page.locator("#connection")).to_have_count(0)


def test_little_is_transferred_before_the_map_is_painted_and_no_plotting_library(chromium: Browser, server: Server) -> None:
    page = chromium.new_page()
    finished = noted(page, "requestfinished")
    page.goto(f"{server.url}/town")
    ready(page)
    came = waited_for(page, finished)
    assert [one for one in came if "/pack/" in one.url and "manifest" not in one.url], "what the worker fetches is counted"
    assert 200_000 < transferred(came) < 1_200_000
    assert not [one.url for one in came if "plotly" in one.url]
    page.close()
