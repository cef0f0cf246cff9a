"""What tests of several folders share: one browser a worker (Playwright's synchronous interface starts once in a process)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

BROWSER_TESTS = ("tests/e2e", "tests/layers/test_map_in_browser.py")
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all that needs a browser: it is started once, and the town of the pages is built once."""
    root = Path(__file__).resolve().parent.parent
    for item in items:
        if any(item.path.is_relative_to(root / place) for place in BROWSER_TESTS):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()
