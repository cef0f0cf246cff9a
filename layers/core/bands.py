"""Zoom bands: which geometry of a table is drawn at which map zoom, and how it is simplified (docs/pack.md section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import shapely

from layers.core.tiles import EXTENT, Floats, Ints, Objects, Shaped, scaled, world

DEEPEST = 14  # data zoom of the last band; overzoomed above
BATCH_ROWS = 20_000
LAST = 24  # greatest map zoom
# Simplification stays under this share of a CSS pixel at the highest zoom of its band, so not even a 3x screen shows it.
TOLERANCE_PX = 0.3
KINDS = ("polygon", "line", "point")


@dataclass(frozen=True, slots=True)
class Band:
    """Map zooms `first … last` are drawn from data zoom `z` as `kind`."""

    z: int
    first: int
    last: int
    kind: str

    @property
    def tolerance(self) -> float:
        """Allowed shift in world units of z."""
        return TOLERANCE_PX * EXTENT / 256.0 * 2.0 ** (self.z - self.last)


# A screen of 1920 × 1080 at zoom 14 touches four tiles of zoom 11, and would touch a dozen of zoom 14, in each of ten tilesets: requests are
# what a first view waits for.
SHAPES = {kind: (Band(14, 15, LAST, kind), Band(11, 11, 14, kind), Band(8, 0, 10, kind)) for kind in KINDS}
# Archives for other tools have the tiles of each zoom anyway, so zoom 14 has its geometries whole.
ARCHIVED = {kind: (Band(14, 14, LAST, kind), Band(11, 11, 13, kind), Band(8, 0, 10, kind)) for kind in KINDS}
# A house of 10 m is 1.2 pixels wide at zoom 14: until there it is a dot, and the worst level of a pixel wins.
DOTS_THEN_POLYGONS = (Band(14, 15, LAST, "polygon"), Band(11, 11, 14, "point"), Band(8, 0, 10, "point"))


@dataclass(frozen=True, slots=True)
class Geometries:
    """Features of one kind in world units of the deepest zoom; `ids` int64 [F], `lonlat` and `world` object [F]."""

    kind: str
    ids: Ints
    lonlat: Objects
    world: Objects


def read(connection: duckdb.DuckDBPyConnection, relation: str, value: str = "ordinal") -> dict[str, Geometries]:
    """Geometries of `relation` by kind, ordered by ordinal; `value` is the SQL of the id. Mixed collections are taken apart."""
    query = f"SELECT {value} AS id, ST_AsWKB(lonlat) AS wkb FROM {relation} WHERE lonlat IS NOT NULL ORDER BY ordinal"
    # Batch by batch, so that the bytes of all are never in memory beside their geometries.
    batches = [
        (batch.column("id").to_numpy(zero_copy_only=False), shapely.from_wkb(np.array(batch.column("wkb").to_pylist(), dtype=object)))
        for batch in connection.execute(query).to_arrow_reader(BATCH_ROWS)
    ]
    ids: Ints = np.concatenate([np.empty(0, dtype=np.int64), *(part for part, _ in batches)]).astype(np.int64)
    geometries = np.concatenate([np.empty(0, dtype=object), *(part for _, part in batches)])
    del batches
    collected = shapely.get_type_id(geometries) == 7
    if collected.any():
        parts, origin = shapely.get_parts(geometries, return_index=True)
        ids, geometries = ids[origin], parts
    dimension = shapely.get_dimensions(geometries)
    found = {kind: np.flatnonzero(dimension == 2 - number) for number, kind in enumerate(KINDS)}
    return {kind: projected(kind, ids[rows], geometries[rows]) for kind, rows in found.items() if len(rows)}


def projected(kind: str, ids: Ints, lonlat: Objects) -> Geometries:
    """Geometries with their world coordinates."""
    return Geometries(kind, ids, lonlat, shapely.transform(lonlat, lambda xy: world(xy, DEEPEST)))


def shapes_of(geometries: Geometries, bands: tuple[Band, ...], coverage: bool) -> Iterator[tuple[Band, Shaped, int]]:
    """World geometries of each band and the zoom in whose units they are, deepest first; each band is simplified from the one before.

    Dots are coordinates, and what is not simplified is not copied either.
    """
    current, z = geometries.world, DEEPEST
    dotted = geometries.kind != "point" and any(band.kind == "point" for band in bands)
    dots = _centres(current) if dotted else np.empty((0, 2))
    for band in bands:
        if band.kind == "point" and geometries.kind != "point":
            yield band, dots, DEEPEST
            continue
        if band.z < DEEPEST and (band.kind == "line" or (band.kind == "polygon" and coverage)):
            current, z = simplified(scaled(current, band.z - z), band), band.z
        yield band, current, z


def _centres(geometries: Objects) -> Floats:
    """Centroids as coordinates, some at a time: a million points as objects take a quarter of a gigabyte."""
    starts = range(0, len(geometries), BATCH_ROWS)
    blocks = (shapely.centroid(geometries[start : start + BATCH_ROWS]) for start in starts)
    out: Floats = np.vstack([np.empty((0, 2)), *(np.stack([shapely.get_x(block), shapely.get_y(block)], axis=1) for block in blocks)])
    return out


def simplified(geometries: Objects, band: Band) -> Objects:
    """Fewer vertices. Polygons are a coverage: neighbours keep their common edge, so no gap opens between them."""
    if band.kind == "polygon":
        out: Objects = shapely.coverage_simplify(geometries, band.tolerance)
        # Of an invalid coverage (overlaps) GEOS may lose a polygon: such a one stays as it was.
        lost = shapely.is_empty(out) | shapely.is_missing(out)
        return np.where(lost, geometries, out)
    lines: Objects = shapely.simplify(geometries, band.tolerance, preserve_topology=False)
    return lines


def box_of(lonlat: Objects) -> list[float]:
    """West, south, east, north in degrees, rounded to 1 cm so that equal data give equal text."""
    return [round(float(value), 7) for value in shapely.total_bounds(lonlat)]
