"""Every page, at every size, in both languages and looks, in three towns: nothing cut, covered, pale, wider than the screen; no complaint.

Every run opens each page of each town in one of the languages, in both looks, and takes turns through the sizes, the largest for the wall.
`make screens` goes through the whole product and keeps a picture of each page (`Settings.home/artefacts/screens`).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from axe import serious
from conftest import Server, Trouble
from geometry import faults
from playwright.sync_api import Browser, CDPSession, Page

from data.settings import load_settings

# Width, height, device scale.
WALLS = [(1920, 1080, 1), (3840, 2160, 1), (3840, 1080, 1), (5760, 1080, 1), (7680, 2160, 1), (3840, 2160, 2)]
HANDS = [(1024, 768, 1), (390, 844, 1), (820, 1180, 1)]
SIZES = [*WALLS, *HANDS]
PAGES = ["/", "/town", "/wall", "/steward", "/kit"]
TOWNS = {"demonstration": "server", "porto": "porto", "santa-monica": "santa_monica"}
LONG_MS = 60_000
LANGUAGES = ["zh-CN", "en"]
LOOKS = ["dark", "light"]
# The kit shows no town.
OPENED = [one for one in product(TOWNS, PAGES, LANGUAGES) if one[1] != "/kit" or one[0] == "demonstration"]
EVERY_RUN = [one for i, one in enumerate(OPENED) if one[1] == "/kit" or (i + i // 2) % 2 == 0]  # the languages take turns
# Whether what the page is made of has come: its content, and the plots on the screen at the size that they have now.
STILL = """() => {
    const onScreen = e => { const box = e.getBoundingClientRect(); return e.checkVisibility() && box.top < innerHeight && box.bottom > 0; };
    const fits = e => Math.abs(e.clientWidth - (e.querySelector(".main-svg") || e.parentElement).clientWidth) < 2;
    return document.querySelector("#page > *") && document.fonts.status === "loaded"
        && [...document.querySelectorAll(".plot-box")].filter(onScreen)
            .every(e => e.closest(".plot").dataset.state === "drawn" && fits(e));
}"""
# And the map, where the page shows one.
PAINTED = "() => !document.querySelector('.leaflet-container') || document.documentElement.dataset.mapReady"
LAID_OUT = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"


class Screen:
    """One page that is stretched to any size and device scale without being loaded again."""

    def __init__(self, browser: Browser, server: Server, path: str, language: str, look: str) -> None:
        self.trouble = Trouble(server.url)
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        chosen = {"onescreen-language": language, "onescreen-look": look}
        self.context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in chosen.items()])
        self.page: Page = self.context.new_page()
        self.trouble.watch(self.page)
        self._devtools: CDPSession = self.context.new_cdp_session(self.page)
        self.page.goto(server.url + path)
        self.rest()
        self.page.wait_for_function(PAINTED, timeout=LONG_MS)

    def rest(self) -> None:
        """Until nothing of the page's own is on its way."""
        self.page.wait_for_function(STILL, timeout=LONG_MS)
        self.page.evaluate(LAID_OUT)

    def stretch(self, size: tuple[int, int, int]) -> None:
        width, height, scale = size
        self._devtools.send(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        )
        self.page.wait_for_function("([w, h]) => innerWidth === w && innerHeight === h", arg=[width, height], timeout=LONG_MS)
        self.page.evaluate(LAID_OUT)
        self.rest()

    def photograph(self, file: Path) -> None:
        """What is on the screen, by the browser's own means: Playwright's would set its own size again."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self._devtools.send("Page.captureScreenshot", {"format": "png"})["data"]))


@pytest.fixture
def show(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Callable[..., Screen]]:
    """`show("porto", "/town", "en", "dark")`: that page of that town."""
    shown: list[Screen] = []

    def opened(town: str, path: str, language: str, look: str) -> Screen:
        shown.append(Screen(chromium, request.getfixturevalue(TOWNS[town]), path, language, look))
        return shown[-1]

    yield opened
    for screen in shown:
        screen.context.close()


def turn(opened: tuple[str, str, str]) -> list[tuple[int, int, int]]:
    """Two sizes of one opened page; the times that a page is opened go through the walls, or through a desk and what hands hold."""
    number = [one for one in EVERY_RUN if one[1] == opened[1]].index(opened)
    sizes = WALLS if opened[1] == "/wall" else [*HANDS, WALLS[0]]
    return [sizes[(2 * number + i) % len(sizes)] for i in range(2)]


def test_every_size_has_its_turn_and_every_page_of_hands_all_of_theirs() -> None:
    turns = {path: {size for opened in EVERY_RUN if opened[1] == path for size in turn(opened)} for path in PAGES}
    assert set().union(*turns.values()) == set(SIZES)
    assert turns["/wall"] == set(WALLS) and all(set(HANDS) < turns[path] for path in PAGES if path != "/wall")


@pytest.mark.parametrize(("town", "path", "language"), EVERY_RUN)
def test_a_page_is_whole_in_both_looks(show: Callable[..., Screen], town: str, path: str, language: str) -> None:
    screen = show(town, path, language, "dark")
    for look, size in zip(LOOKS, turn((town, path, language)), strict=True):
        screen.page.evaluate("look => onescreen.setLook(look)", look)
        screen.stretch(size)
        assert not (found := faults(screen.page)), f"{look} {size}: {found}"
    assert not screen.trouble.found


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/kit"])  # test_kit.py asks it of the kit
def test_axe_finds_nothing_serious(show: Callable[..., Screen], path: str) -> None:
    screen = show("demonstration", path, "zh-CN", "dark")
    for look in LOOKS:
        screen.page.evaluate("look => onescreen.setLook(look)", look)
        assert not (found := serious(screen.page)), f"{look}: {found}"


@pytest.mark.matrix
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("town", "path", "language"), OPENED)
def test_every_picture_of_the_product(show: Callable[..., Screen], town: str, path: str, language: str, look: str) -> None:
    screen = show(town, path, language, look)
    folder = load_settings().home / "artefacts" / "screens" / town / (path.strip("/") or "door")
    wrong: dict[str, object] = {}
    for size in SIZES:
        screen.stretch(size)
        screen.page.wait_for_function(PAINTED, timeout=LONG_MS)
        name = f"{size[0]}x{size[1]}@{size[2]}-{language}-{look}"
        screen.photograph(folder / f"{name}.png")
        if found := faults(screen.page) | ({"axe": said} if (said := serious(screen.page)) else {}):
            wrong[name] = found
    assert not wrong
    assert not screen.trouble.found
