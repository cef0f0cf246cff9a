"""When panels are filled anew one still knows where one is: what was tapped is in sight, lists start at the top, keys keep their place."""

import pytest
from conftest import Open
from playwright.sync_api import Page, expect

PHONE, TABLET, DESK = (390, 844), (768, 1024), (1024, 768)
REDS = "/town?layer=houses&theme=levels&level=1"
FOCUSED = "document.activeElement.matches(%r)"


def top(page: Page, scroller: str) -> float:
    return float(page.locator(scroller).evaluate("e => e.scrollTop"))


@pytest.mark.parametrize("size", [PHONE, TABLET])
def test_the_card_of_any_row_comes_into_sight_and_closing_it_leads_back_to_the_row(open_page: Open, size: tuple[int, int]) -> None:
    page = open_page(REDS, size=size, has_touch=True)
    row = page.locator(".list-row[href*='object=']").nth(9)
    address = row.get_attribute("href")
    row.scroll_into_view_if_needed()
    row.tap()
    expect(page.locator(".panel-card .panel-title")).to_be_in_viewport()
    expect(page.locator(".panel-card .card-level")).to_be_in_viewport()
    page.locator(".panel-card .card-actions a").tap()
    expect(page.locator(".panel-card")).to_have_count(0)
    expect(page.locator(f".list-row[href='{address}']")).to_be_in_viewport()


@pytest.mark.parametrize(("size", "scroller"), [(DESK, ".panel-list .panel-body"), (PHONE, ".sheet-inner")])
def test_another_question_starts_at_the_top_and_the_way_back_where_one_was(open_page: Open, size: tuple[int, int], scroller: str) -> None:
    page = open_page("/town?layer=houses&theme=levels&list=objects", size=size)
    page.locator(scroller).evaluate("e => e.scrollTop = 700")
    page.evaluate("document.querySelector('.legend-levels a').click()")
    page.wait_for_function("(document.querySelector('.list')?.dataset.question || '').includes('level=1')")
    page.wait_for_function("s => document.querySelector(s)?.scrollTop === 0", arg=scroller)
    page.go_back()
    page.wait_for_function("s => document.querySelector(s)?.scrollTop === 700", arg=scroller)


def test_keys_go_down_and_come_back_without_losing_their_place(open_page: Open) -> None:
    page = open_page("/town?layer=houses&theme=levels", size=DESK)
    page.locator(".list-row").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".crumb-here")).to_be_visible()
    page.wait_for_function("document.activeElement === document.querySelector('.list-row')")
    page.goto(page.url.split("?")[0] + REDS.removeprefix("/town"))
    row = page.locator(".list-row[href*='object=']").nth(2)
    address = row.get_attribute("href")
    row.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(FOCUSED % ".panel-card")
    page.keyboard.press("Escape")
    expect(page.locator(".panel-card")).to_have_count(0)
    page.wait_for_function(FOCUSED % f'.list-row[href="{address}"]')


def test_more_rows_leave_the_open_card_open(open_page: Open) -> None:
    page = open_page("/town?layer=houses&theme=levels&list=objects", size=DESK)
    page.locator(".list-row[href*='object=']").first.click()
    expect(page.locator(".panel-card")).to_be_visible()
    page.locator("a.list-more").click()
    expect(page.locator(".list-row[href*='object=']")).to_have_count(200)
    expect(page.locator(".panel-card")).to_be_visible()
