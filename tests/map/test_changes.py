"""What is painted in part is what would be painted whole: after live changes, and after recolours that keep what lies below."""

from collections.abc import Callable

import pytest
from ground import Ground, open_map, show
from playwright.sync_api import Browser

ACTS = {
    "use": "{layers: LAYERS.map((one) => one.name === 'houses' ? {...one, theme: THEME} : one)}",
    "levels": "{layers: LAYERS}",
    "worst": "{levels: [1, 2, 3]}",
    "all": "{levels: null}",
    "land": "{layers: LAYERS.map((one) => one.name === 'land' ? {...one, opacity: 0.5} : one)}",
    "larger": "{larger: {1: 3}, stale: ['land']}",
}
# After each turn houses change, or land, in turn.
TURNS = ("use", "levels", "use", "levels", "use", "worst", "all", "land", "larger", "use", "levels", "use", "levels")
CHECKED = (4, 7, 12)  # turns that come after a change of what lies below, or of how it looks
# Change a dozen objects of a layer that are in view; how many tiles were to be painted in part.
CHANGED = """async ([name, level]) => {
  const frame = () => new Promise(requestAnimationFrame), records = [...handle.layer.records.values()];
  const drawn = records.flatMap(({parts}) => parts.filter(({item, raster}) => raster && item.layer && item.layer.name === name));
  const seen = drawn.flatMap(({raster}) => [...raster.present]);
  const ordinals = Array.from({length: 12}, (_, k) => seen[Math.floor((seen.length * k) / 12)]);
  handle.patch(name, {ordinals, levels: ordinals.map(() => level)});
  const parts = records.filter(({region}) => region).length;
  await frame(); await frame();
  return parts;
}"""
# Pixels that a repaint of everything from nothing changes, and pixels on which anything is.
DIFFERENT = """async () => {
  const frame = () => new Promise(requestAnimationFrame), records = [...handle.layer.records.values()];
  const data = ({canvas}) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const pixels = () => records.map((record) => new Uint32Array(data(record).buffer));
  const before = pixels();
  records.forEach((record) => { record.shown = []; onescreen.map.below.drop(record); });
  handle.layer.repaintAll();
  await frame(); await frame();
  const after = pixels(), sum = (test) => after.reduce((n, tile, i) => n + tile.filter((pixel, p) => test(pixel, before[i][p])).length, 0);
  return [sum((a, b) => a !== b), sum((a) => a)];
}"""


@pytest.mark.parametrize("zoom", [14, 16])
def test_what_is_painted_in_part_is_what_is_painted_whole(chromium: Browser, ground: Callable[[str], Ground], zoom: int) -> None:
    here = ground("demonstration")
    page = open_map(chromium, here, (480, 360))
    page.evaluate(
        "window.LAYERS = handle.manifest.layers.map(({name}) => ({name}));"
        "window.THEME = handle.manifest.layers.find(({name}) => name === 'houses').themes[0].name;"
        "handle.set({layers: LAYERS, backdrop: true, boundaries: true})"
    )
    show(page, ((here.manifest["box"][0] + here.manifest["box"][2]) / 2, (here.manifest["box"][1] + here.manifest["box"][3]) / 2), zoom)
    partly = kept = 0
    for turn, act in enumerate(TURNS):
        page.evaluate(f"handle.set({ACTS[act]})")
        page.wait_for_function("document.documentElement.dataset.mapReady === '1'")
        kept += page.evaluate("[...handle.layer.records.values()].filter(({below}) => below).length")
        if turn in CHECKED:
            wrong, painted = page.evaluate(DIFFERENT)
            assert wrong == 0 and painted > 1000, f"turn {turn}, {act}: {wrong} of {painted} pixels"
        partly += page.evaluate(CHANGED, ["land" if turn % 2 else "houses", turn % 6])
    wrong, painted = page.evaluate(DIFFERENT)
    assert wrong == 0, f"in the end: {wrong} of {painted} pixels"
    assert partly > 6 and kept > 6, "nothing was painted in part, so nothing is proved"
    assert page.evaluate("errors") == []
    page.close()
