"""What the browser shows is what the data say, pixel by pixel: its canvas beside a plain renderer, on a real town and on our own."""

from base64 import b64decode, b64encode
from collections.abc import Callable

import numpy as np
import pytest
from ground import Ground, open_map, show
from playwright.sync_api import Browser, Page
from reference import View, filled

AGREE = 0.995  # of all pixels
AGREE_PAINTED = 0.98  # of those on which anything is: at zoom 13 a parcel is a few pixels wide, and its edge has been simplified
SIZE = (480, 360)
ZOOMS = {"houses": (15, 16, 18), "land": (13, 15, 17), "areas": (12, 14, 16)}  # houses are dots up to zoom 14
COLOURS = 6  # the levels', given out anew so that neighbours differ


# The pixels of a PNG, which the browser decodes: R, G, B, A of each, as a data address.
DECODED = """async (png) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const {data} = pen.getImageData(0, 0, image.width, image.height), reader = new FileReader();
  await new Promise((done) => { reader.onload = done; reader.readAsDataURL(new Blob([data])); });
  return [image.height, image.width, reader.result.split(",")[1]];
}"""


def seen(page: Page) -> np.ndarray:
    """The screen as it is, as numbers R << 16 | G << 8 | B by row and column."""
    height, width, raw = page.evaluate(DECODED, b64encode(page.screenshot()).decode())
    red, green, blue, _ = np.frombuffer(b64decode(raw), dtype=np.uint8).reshape(height, width, 4).astype(np.int64).transpose(2, 0, 1)
    return red << 16 | green << 8 | blue


def expected(ground: Ground, layer: str, view: View, values: np.ndarray) -> np.ndarray:
    """The same by the plain renderer; `values` is the level of each ordinal."""
    shapes, ordinals = ground.polygons(layer, view.zoom)
    ids = filled(shapes, ordinals, view, ground.tileset(layer, view.zoom)["keep"])
    colours = np.array([int(hex_[1:], 16) for hex_ in ground.manifest["palettes"]["level"]["dark"]])
    return np.where(ids > 0, colours[values[ids - 1]], paper(ground))


def paper(ground: Ground) -> int:
    """The colour of the map where nothing is."""
    return int(ground.manifest["palettes"]["ink"]["dark"]["paper"][1:], 16)


def recoloured(page: Page, ground: Ground, layer: str) -> np.ndarray:
    """Show one layer alone, solid, without the dots that make small reds seen, each object in a colour drawn by lot."""
    size = ground.manifest["tilesets"][ground.layer(layer)["draws"][0]["tileset"]]["size"]
    values = np.random.default_rng(len(layer)).integers(0, COLOURS, size)
    page.evaluate("(name) => handle.set({layers: [{name, opacity: 100}], larger: {}})", layer)
    change = {"ordinals": list(range(size)), "levels": values.tolist()}
    page.wait_for_function("([name, change]) => handle.patch(name, change)", arg=[layer, change])
    return values


def middle(ground: Ground, layer: str, zoom: int) -> tuple[float, float]:
    """A place with things around it: inside the middle one of the objects by ordinal, which lie along a curve."""
    shapes, _ = ground.polygons(layer, zoom)
    place = shapes[len(shapes) // 2].representative_point()
    return place.x, place.y


@pytest.mark.parametrize("dpr", [1, 2])
@pytest.mark.parametrize("town", ["porto", "demonstration"])
@pytest.mark.parametrize("layer", ZOOMS)
def test_the_canvas_shows_what_a_plain_renderer_shows(
    chromium: Browser, ground: Callable[[str], Ground], town: str, layer: str, dpr: int
) -> None:
    here = ground(town)
    page = open_map(chromium, here, SIZE, dpr)
    show(page, middle(here, layer, ZOOMS[layer][0]), ZOOMS[layer][0])
    values = recoloured(page, here, layer)
    for zoom in ZOOMS[layer]:
        view = show(page, middle(here, layer, zoom), zoom)
        ours, plain = seen(page), expected(here, layer, view, values)
        assert ours.shape == plain.shape
        painted = (plain != paper(here)) | (ours != paper(here))
        assert len(np.unique(plain)) >= 3 and painted.sum() > 1000, "too little is in view to prove anything"
        of_all, of_painted = float((ours == plain).mean()), float((ours == plain)[painted].mean())
        print(f"{town} {layer} zoom {zoom} dpr {dpr}: {of_all:.3%} of all pixels, {of_painted:.3%} of {painted.sum():,} painted ones")
        assert of_all >= AGREE and of_painted >= AGREE_PAINTED, f"zoom {zoom}: {of_all:.3%}, {of_painted:.3%}"
    assert page.evaluate("errors") == []
    page.close()
