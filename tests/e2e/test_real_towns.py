"""Towns that nobody here made, opened in a browser: their own names, figures and coordinates, and not a word of the demonstration town."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Open, Server, opening, ready
from playwright.sync_api import Browser, Page, expect
from test_layout import check_at_every_size
from test_town_page import number, pixels

SIZES = [(1920, 1080), (390, 844)]
LANGUAGES = ["zh-CN", "en"]
# What only the demonstration town says, and what only a page that is not finished says.
STRANGE = re.compile(r"示范|演示|占位|Model Town|Demo(?:nstration)?\b|990115|[Ll]orem ipsum|\b(?:undefined|NaN|null|None|TODO)\b|\{\w*\}")
NAMES = {"porto": {"zh-CN": "波尔图", "en": "Porto"}, "santa-monica": {"zh-CN": "圣莫尼卡", "en": "Santa Monica"}}
CRS = {"porto": "EPSG:3763", "santa-monica": "EPSG:26911"}


@pytest.fixture
def open_porto(chromium: Browser, porto: Server) -> Iterator[Open]:
    with opening(chromium, porto) as opened:
        yield opened


@pytest.fixture
def open_santa_monica(chromium: Browser, santa_monica: Server) -> Iterator[Open]:
    with opening(chromium, santa_monica) as opened:
        yield opened


@pytest.fixture
def open_real(request: pytest.FixtureRequest) -> Callable[[str], Open]:
    """The opener of a town by its name, so that one test may be told which."""
    return lambda name: request.getfixturevalue(f"open_{name.replace('-', '_')}")


# Everything that a page says in its own language, the hidden labels too.
SAID = """() => {
    const named = [...document.querySelectorAll(":is([aria-label], [placeholder], [title]):not([lang])")];
    return [document.title, document.body.innerText, ...named.map(e => e.ariaLabel || e.placeholder || e.title)].join(" ");
}"""


def said(page: Page) -> str:
    text: str = page.evaluate(SAID)
    return text


def own_colour(page: Page) -> tuple[int, int, int]:
    """Colour of the legend's first class."""
    colour = page.locator(".legend .swatch").first.evaluate("e => getComputedStyle(e).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
    return red, green, blue


@pytest.mark.parametrize(
    ("town", "language"),
    [pytest.param(town, language, marks=[] if (i + j) % 2 == 0 else pytest.mark.matrix)
     for i, town in enumerate(NAMES) for j, language in enumerate(LANGUAGES)],
)  # fmt: skip
def test_a_real_town_opens_under_its_own_name_and_holds_at_every_size(open_real: Callable[[str], Open], town: str, language: str) -> None:
    page = open_real(town)("/town", size=SIZES[0], language=language)
    name = NAMES[town][language]
    assert page.title().startswith(name)
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator(".panel-figures .panel-title")).to_have_text(name)
    expect(page.locator("#stamp")).to_contain_text(CRS[town])
    check_at_every_size(page, SIZES)
    page.locator(".panel-list .list-row").first.evaluate("row => row.click()")
    expect(page.locator(".crumb-here")).to_be_visible()
    check_at_every_size(page, SIZES)
    assert not (strange := STRANGE.findall(said(page))), strange
    if language == "en":
        assert not re.findall(r"[\u4e00-\u9fff]{2,}", said(page).replace("中文", "")), "Chinese on an English page"


def test_porto_has_its_four_parishes_and_all_its_buildings(open_porto: Open) -> None:
    page = open_porto("/town?layer=houses", language="en")
    names = [name.strip() for name in page.locator(".panel-list .list-name").all_inner_texts()]
    assert sorted(names) == sorted(["Miragaia", "São Nicolau", "Sé", "Vitória"])
    assert number(page.locator(".panel-total").inner_text()) == 11_393
    assert sum(number(count) for count in page.locator(".legend-count").all_inner_texts()) == 11_393
    assert "11,393" in page.locator(".panel-figures").inner_text()
    page.locator(".themes a").first.click()
    expect(page.locator(".legend-levels")).to_be_visible()
    assert sum(number(count) for count in page.locator(".legend-count").all_inner_texts()) == 11_393


def test_a_building_of_porto_opens_by_a_tap_on_the_map(open_porto: Open) -> None:
    page = open_porto("/town?layer=houses&theme=use&area=r5936098", size=(1600, 900), language="en")
    painted = pixels(page, own_colour(page), most=400)
    assert len(painted) > 200, "no dwelling is painted"
    page.mouse.click(*painted[-1])
    card = page.locator(".panel-card")
    expect(card.locator(".panel-title")).not_to_be_empty()
    assert "object=house:" in page.url
    expect(card).to_contain_text("residential")


def people_of(page: Page) -> list[int]:
    return [number(count) for count in page.locator(".panel-list .list-people").all_inner_texts()]


def test_santa_monica_counts_the_same_people_in_the_city_its_tracts_and_its_block_groups(open_santa_monica: Open) -> None:
    page = open_santa_monica("/town?layer=people", language="en")
    assert "89,736" in page.locator(".panel-figures").inner_text()
    rows = page.locator(".panel-list .list-row")
    addresses, names = rows.evaluate_all("rows => rows.map(row => row.getAttribute('href'))"), page.locator(".list-name").all_inner_texts()
    by_tract = people_of(page)
    assert len(by_tract) == 20 and sum(by_tract) == 89_736
    by_group = []
    for address, name in zip(addresses, names, strict=True):
        page.evaluate("address => onescreen.go(address)", address)
        expect(page.locator(".crumb-here")).to_have_text(name.strip())
        by_group.append(people_of(page))
    assert [sum(groups) for groups in by_group] == by_tract


def test_tapping_santa_monica_opens_what_lies_there(open_santa_monica: Open) -> None:
    page = open_santa_monica("/town?layer=land", size=(1600, 900), language="en")
    painted = pixels(page, own_colour(page), most=400)
    assert len(painted) > 200, "no land is painted"
    page.mouse.click(*painted[-1])
    expect(page.locator(".panel-card .panel-title")).not_to_be_empty()
    assert "object=parcel:" in page.url


def test_every_layer_of_a_real_town_is_drawn_and_says_nothing_of_another(open_real: Callable[[str], Open]) -> None:
    for town in NAMES:
        page = open_real(town)("/town", language="en")
        for href in page.locator(".layers a").evaluate_all("links => links.map(a => a.getAttribute('href'))"):
            page.evaluate("href => onescreen.go(href)", href)
            expect(page.locator(f".layers a[href='{href}']")).to_have_attribute("aria-current", "true")
            ready(page)
            assert not (strange := STRANGE.findall(said(page))), f"{town} {href}: {strange}"


def test_the_search_for_strange_words_finds_them(open_porto: Open) -> None:
    page: Any = open_porto("/town")
    assert not STRANGE.findall(said(page))
    page.locator("h1").evaluate("title => title.setAttribute('aria-label', '示范镇')")
    assert STRANGE.findall(said(page)) == ["示范"]
