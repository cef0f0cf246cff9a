"""The shipped Chinese font is there for machines that have none, and costs nothing where the system has one."""

from collections.abc import Callable

from playwright.sync_api import Page


def test_the_shipped_font_can_be_shown_and_is_not_fetched_while_the_system_has_one(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.wait_for_function("[...document.styleSheets].some(sheet => (sheet.href || '').includes('/fonts/'))")
    assert page.evaluate("[...document.fonts].filter(face => face.status === 'loaded').length") == 0
    faces = page.evaluate("document.fonts.load('16px \"Noto Sans SC Variable\"', '镇村网格').then(faces => faces.length)")
    assert faces >= 1
