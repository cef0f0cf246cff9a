"""A click on an object finds that object: places that the data say lie in it, on real ground, at every size of screen."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import shapely
from ground import Ground, open_map, show
from playwright.sync_api import Browser, Page
from reference import View

# Screens and their device pixels to a CSS pixel; the last two are touched.
SCREENS = [(3840, 2160, 1, False), (1920, 1080, 1, False), (1024, 768, 1, False), (768, 1024, 2, True), (390, 844, 3, True)]
LAYERS = ("houses", "land", "areas")
ZOOMS = (16, 17, 18)
PLACES = 1000  # at each size, half of them in each town
TAPPED = 10  # of them by a real click or tap
ENOUGH = 400  # of a layer in one view, for a screen of 3840 pixels sees thousands
AWAY_PX = 1.5  # from the edge of the object, in CSS pixels
Place = tuple[str, int, float, float]  # layer, ordinal, longitude, latitude


def places(ground: Ground, view: View) -> Iterator[Place]:
    """A place well inside each object in view, if it has such a place that no other object of the layer covers."""
    room = shapely.box(1, 1, view.width * view.dpr - 1, view.height * view.dpr - 1)
    for layer in LAYERS:
        lonlat, ordinals = ground.polygons(layer, view.zoom)
        moved = view.pixels(lonlat)
        near = np.flatnonzero(shapely.intersects(shapely.envelope(moved), room))
        near = near[:: max(1, len(near) // ENOUGH)]
        inner = shapely.intersection(shapely.make_valid(shapely.buffer(moved[near], -AWAY_PX * view.dpr)), room)
        spots = shapely.point_on_surface(inner)
        there = ~shapely.is_empty(spots) & (shapely.area(inner) > 0)
        hit, _ = shapely.STRtree(moved).query(spots[there], predicate="intersects")
        alone = np.bincount(hit, minlength=there.sum()) == 1
        for row, spot in zip(near[there][alone], spots[there][alone], strict=True):
            yield layer, int(ordinals[row]), *lonlat_of(view, spot)


def lonlat_of(view: View, spot: shapely.Point) -> tuple[float, float]:
    """Where on earth a place in device pixels of the view is."""
    world = 256.0 * 2.0**view.zoom
    x, y = (view.left + spot.x / view.dpr) / world, (view.top + spot.y / view.dpr) / world
    return x * 360 - 180, float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y)))))


def sights(page: Page, ground: Ground, wanted: int, seed: int) -> Iterator[list[Place]]:
    """View after view around objects drawn by lot, and its places, `wanted` of them in all."""
    rng, shapes = np.random.default_rng(seed), ground.polygons("houses", ZOOMS[0])[0]
    most = -(-wanted // len(ZOOMS))  # so that several zooms have their turn
    for i in range(60):
        around = shapes[rng.integers(len(shapes))].representative_point()
        found = list(places(ground, show(page, (around.x, around.y), ZOOMS[i % len(ZOOMS)])))
        chosen = [found[k] for k in rng.permutation(len(found))[: min(most, wanted)]]
        yield chosen
        wanted -= len(chosen)
        if not wanted:
            return
    raise AssertionError("too little lies in view")


def picked(page: Page, some: list[Place]) -> list[list[dict[str, Any]]]:
    """What the map says lies at each of the places, no pixel around it searched."""
    hits: list[list[dict[str, Any]]] = page.evaluate("(some) => some.map(([, , lon, lat]) => handle.pickAt(lon, lat, 0))", some)
    return hits


def tapped(page: Page, place: Place, touch: bool) -> list[dict[str, Any]]:
    """What the page is told when somebody clicks or taps there."""
    x, y = page.evaluate("([, , lon, lat]) => { const {x, y} = map.latLngToContainerPoint([lat, lon]); return [x, y]; }", place)
    page.evaluate("picked.length = 0")
    (page.touchscreen.tap if touch else page.mouse.click)(x, y)
    page.wait_for_function("picked.length === 1")
    hits: list[dict[str, Any]] = page.evaluate("picked[0]")
    return hits


def right(hits: list[dict[str, Any]], place: Place) -> bool:
    """The object, and of its layer no other."""
    return [hit["ordinal"] for hit in hits if hit["layer"] == place[0]] == [place[1]]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen[0]}x{screen[1]}")
def test_a_thousand_clicks_of_a_thousand_hit_what_they_aim_at(
    chromium: Browser, ground: Callable[[str], Ground], screen: tuple[int, int, int, bool]
) -> None:
    width, height, dpr, touch = screen
    missed, aimed, layers = [], 0, set()
    for town in ("porto", "demonstration"):
        here = ground(town)
        page = open_map(chromium, here, (width, height), dpr, has_touch=touch)
        page.evaluate("(names) => { map.doubleClickZoom.disable(); handle.set({layers: names.map((name) => ({name}))}); }", LAYERS)
        for n, some in enumerate(sights(page, here, PLACES // 2, seed=width)):
            missed += [place for place, hits in zip(some, picked(page, some), strict=True) if not right(hits, place)]
            by_hand = some[: TAPPED // 2] if n == 0 else []
            missed += [place for place in by_hand if not right(tapped(page, place, touch), place)]
            aimed += len(some)
            layers |= {place[0] for place in some}
        assert page.evaluate("errors") == []
        page.close()
    assert (aimed, layers) == (PLACES, {*LAYERS})
    assert missed == []
