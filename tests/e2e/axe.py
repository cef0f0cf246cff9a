"""Accessibility findings of a page by axe-core (tests/vendor), as short sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core.v4.14.1" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "([parts, tags]) => axe.run(parts || document, {runOnly: tags, resultTypes: ['violations']})"


def serious(page: Page, impacts: tuple[str, ...] = ("serious", "critical"), within: Sequence[str] = ()) -> list[str]:
    """Every finding of these impacts: rule, what it asks, and the first elements that break it. Empty for a good page.

    `within` names the parts to look at where the rest of the page has been looked at already.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN, [list(within), WCAG] if within else [None, WCAG])["violations"]
    return [_said(rule) for rule in found if rule["impact"] in impacts]


def _said(rule: dict[str, Any]) -> str:
    where = "; ".join(node["html"][:140] for node in rule["nodes"][:4])
    return f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])}×): {rule['help']}: {where}"
