"""Before the page's script has an answer to draw: the town's name and the places of the panels, and nothing moves when they are filled."""

import pytest
from conftest import Server
from geometry import SHIFTED
from playwright.sync_api import Browser, Route, expect

ANSWERS = "**/_dash-update-component*"
# What stands where it will stand.
PARTS = {
    "/town": ["h1", ".search", ".tools", ".panel-figures", ".panel-layers", ".panel-list", ".panel-legend"],
    "/steward": ["h1", ".tools"],
    "/wall": ["h1"],
}
GOOD = 0.1  # of Core Web Vitals: what moves less does not disturb


TABLET, TURNED, DESK = (1024, 768), (768, 1024), (1920, 1080)


@pytest.mark.parametrize(
    ("path", "size"),
    [("/town", TABLET), ("/town", TURNED), pytest.param("/town", DESK, marks=pytest.mark.matrix), ("/steward", TABLET), ("/wall", DESK)],
)
def test_a_page_has_its_places_before_its_first_answer_and_keeps_them(
    chromium: Browser, server: Server, path: str, size: tuple[int, int]
) -> None:
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(ANSWERS, hold)
    with page.expect_request(ANSWERS):
        page.goto(server.url + path)
    before = {part: page.locator(f"#first {part}").bounding_box() for part in PARTS[path]}
    held[0].continue_()
    expect(page.locator("#page h1")).to_be_visible()
    expect(page.locator("#first")).to_have_count(0)
    for part, place in before.items():
        after = page.locator(f"#page {part}").bounding_box()
        sides = ("x", "width") if part.startswith(".panel") else ("x", "y")  # panels are as high as what is in them
        assert place and after and all(abs(place[side] - after[side]) < 2 for side in sides), f"{part} was {place}, is {after}"
    assert page.evaluate(SHIFTED) < GOOD
    page.close()
