"""A loaded town, its data as they were published, and pages that show its map and nothing else."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from playwright.sync_api import Browser, Page
from reference import View

from bench.map_job.page import Site
from data.store.duck import connect

NEVER = 99  # a map zoom that there is not


@dataclass
class Ground:
    """A loaded town: its manifest, its serving file, and the site that shows its pack without outlines."""

    manifest: dict[str, Any]
    file: Path
    site: Site
    _read: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def layer(self, name: str) -> dict[str, Any]:
        return next(layer for layer in self.manifest["layers"] if layer["name"] == name)

    def tileset(self, layer: str, zoom: int) -> dict[str, Any]:
        """The tileset of polygons that a layer draws at a zoom."""
        names = [draw["tileset"] for draw in self.layer(layer)["draws"] if draw["from"] <= zoom <= draw["to"]]
        return next(self.manifest["tilesets"][name] for name in names if self.manifest["tilesets"][name]["kind"] == "polygon")

    def polygons(self, layer: str, zoom: int) -> tuple[Any, Any]:
        """What the data say that a layer draws at a zoom: polygons in longitude and latitude, and their ordinals, ascending."""
        tileset = self.tileset(layer, zoom)
        one_level = f" AND level = {tileset['level']}" if "level" in tileset else ""
        sql = f"SELECT ordinal, ST_AsWKB(lonlat) FROM {tileset['table']} WHERE lonlat IS NOT NULL{one_level} ORDER BY ordinal"
        if sql not in self._read:
            with connect(self.file, read_only=True) as con:
                rows = con.execute(sql).fetchall()
            shapes, ordinals = shapely.from_wkb([bytes(wkb) for _, wkb in rows]), np.array([ordinal for ordinal, _ in rows])
            flat = shapely.get_dimensions(shapes) == 2
            self._read[sql] = (shapes[flat], ordinals[flat])
        return self._read[sql]


def open_map(chromium: Browser, ground: Ground, size: tuple[int, int], dpr: float = 1, **more: Any) -> Page:
    """A page with the map of a town on it, nothing drawn but what `set` will ask for."""
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=dpr, **more)
    page.goto(ground.site.url)
    page.evaluate("handle.set({layers: [], labels: false, backdrop: false, boundaries: false}); handle.ready.then(() => 1)")
    return page


def show(page: Page, lonlat: tuple[float, float], zoom: int) -> View:
    """Go there, wait until it is painted, and say what is seen."""
    page.evaluate("([[lon, lat], zoom]) => map.setView([lat, lon], zoom, {animate: false})", [lonlat, zoom])
    page.wait_for_function("document.documentElement.dataset.mapReady === '1'")
    left, top, width, height, dpr = page.evaluate(
        "(() => { const {min, max} = map.getPixelBounds(); return [min.x, min.y, max.x - min.x, max.y - min.y, devicePixelRatio]; })()"
    )
    return View(zoom, left, top, width, height, dpr)
