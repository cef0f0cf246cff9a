"""What a page may show at most: the wall masks, and no page opens up what the viewer may not see."""

from pathlib import Path

import pytest

from data.policy import Viewer
from data.schema.model import Role
from data.settings import Settings
from data.store.serving import ServingStore
from screen.page import Page, Screen


@pytest.mark.parametrize(
    ("viewer", "page", "seen"),
    [
        ("leader", None, "leader"), ("leader", "wall", "wall"), ("officer", "leader", "leader"),
        ("wall", "officer", "wall"), ("analyst", "officer", "analyst"), ("steward", "wall", "wall"),
    ],
)  # fmt: skip
def test_a_page_masks_down_to_its_role_and_never_opens_up(tmp_path: Path, viewer: Role, page: Role | None, seen: Role) -> None:
    screen = Screen(Settings(home=tmp_path), ServingStore(Settings(home=tmp_path)), Viewer(viewer), ())
    shown = screen.seen_on(Page("/x", "x", lambda *_: None, lambda *_: None, role=page))
    assert shown.viewer == Viewer(seen)
