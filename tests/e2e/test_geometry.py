"""The checks of the matrix see every fault that is put in front of them, name it, and leave a sound page alone."""

import pytest
from geometry import faults
from playwright.sync_api import Browser

SOUND = """<!doctype html><html lang="en"><style>
  body { margin: 0; font: 16px/1.2 sans-serif; background: #fff; color: #111 } .row { display: flex; gap: 8px }
  .roll { height: 60px; width: 300px; overflow: auto } .tight { line-height: 1 }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
</style>
<main>
  <h1>A sound page</h1><p class="row"><span>One</span><span>Two</span></p>
  <p class="tight">Lines that lie<br>close together</p>
  <div class="roll"><p>What is further down can be reached by scrolling.</p><p>So</p><p>nothing</p><p>is</p><p>cut.</p></div>
  <button>Save<span class="hidden">the whole of what has been written so far</span></button>
  <div class="panel-head" style="height: 30px"><b>A tab</b></div><input type="search" style="width: 140px" placeholder="Name">
  <p><svg width="200" height="40"><text x="10" y="20">Ten</text><text x="60" y="20">Twenty</text></svg></p>
</main>"""
SEEDED = {
    "a page wider than the screen": ("<p style='width: 900px'>wide</p>", "wide", "900 px"),
    "text cut at the side": ("<p style='width: 40px; overflow: hidden; white-space: nowrap'>a long name</p>", "cut", "a long name"),
    "text with an ellipsis": (
        "<p style='width: 60px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis'>another long name</p>",
        "cut", "another long",
    ),
    "a line cut below": ("<p style='height: 24px; overflow: hidden; width: 90px'>first line and the second</p>", "cut", "first line"),
    "a label beyond its plot": ("<svg width='60' height='20'><text x='30' y='15'>38,591</text></svg>", "cut", "38,591"),
    "text beyond the side": ("<p style='position: fixed; left: 480px; top: 0; width: 9em'>out of sight</p>", "cut", "beyond the side"),
    "text below the screen that stays there": ("<p style='position: fixed; top: 600px'>too low</p>", "cut", "beyond the edge"),
    "two texts on each other": ("<p style='position: absolute; top: 30px; left: 9px; margin: 0'>On top</p>", "overlap", "On top"),
    "two labels of a plot": (
        "<svg width='200' height='40'><text x='10' y='20'>first</text><text x='20' y='22'>second</text></svg>", "overlap", "second",
    ),
    "two labels of a plot that no gap tells apart": (
        "<svg width='200' height='40'><text x='100' y='20' text-anchor='end'>23 Oct</text><text x='101' y='20'>22 Nov</text></svg>",
        "overlap", "22 Nov",
    ),
    "a panel on a text": (
        "<div style='position: absolute; top: 0; left: 0; width: 200px; height: 60px; background: #eee'></div>", "covered", "A sound page",
    ),
    "grey on white": ("<p style='color: #888'>hard to read</p>", "contrast", "3.5"),
    "a head lower than what stands in it": (
        "<div class='panel-head' style='height: 20px; margin-top: 40px'><b style='display: block; height: 44px'>Tall tab</b></div>",
        "head", "Tall tab",
    ),
    "a placeholder wider than its field": (
        "<input type='search' style='width: 120px' placeholder='Name, code, address or person'>", "placeholder", "code, address",
    ),
    "faded text": ("<p style='opacity: 0.5'>faded</p>", "contrast", "faded"),
}  # fmt: skip
SIZE = {"width": 500, "height": 560}


def test_a_sound_page_is_left_alone(chromium: Browser) -> None:
    page = chromium.new_page(viewport=SIZE)
    page.set_content(SOUND)
    assert faults(page) == {}
    page.close()


@pytest.mark.parametrize("fault", SEEDED)
def test_a_fault_is_seen_as_what_it_is(chromium: Browser, fault: str) -> None:
    seed, kind, said = SEEDED[fault]
    page = chromium.new_page(viewport=SIZE)
    page.set_content(SOUND.replace("</main>", f"</main>{seed}"))
    found = faults(page)
    assert any(said in finding for finding in found.get(kind, [])), found
    page.close()


def test_a_page_without_any_text_is_no_proof(chromium: Browser) -> None:
    page = chromium.new_page(viewport=SIZE)
    page.set_content("<main></main>")
    with pytest.raises(AssertionError, match="no text"):
        faults(page)
    page.close()
