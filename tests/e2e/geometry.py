"""What is wrong with the text that a page shows, found by geometry and not by eye: each finding is a sentence.

`wide`: the page scrolls sideways. `cut`: glyphs beyond a box that hides them, or beyond the screen where nothing scrolls.
`overlap`: glyphs of two texts on each other, both seen. `covered`: something opaque lies on a text. `contrast`: under 4.5 against
the colours behind it, large text too. `head`: something reaches beyond the head of its panel. `placeholder`: wider than its field.
What the map draws into its canvas is no text of the page; text in a box that scrolls can be reached.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def faults(page: Page) -> dict[str, list[str]]:
    """Findings by kind, kinds without any left out. Raises AssertionError on a page that shows no text at all."""
    found: dict[str, Any] = page.evaluate(SCRIPT)
    assert found["texts"], "the page shows no text"
    return {kind: said for kind, said in found["faults"].items() if said}


# How far what is in sight has moved by itself since the page was opened, as browsers count it (cumulative layout shift).
SHIFTED = """() => new Promise((done) => {
    let sum = 0;
    const count = (list) => list.getEntries().forEach((one) => (sum += one.value));
    new PerformanceObserver(count).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 500);
})"""
