"""The layers of a snapshot as vector tiles for other tools: the shapes that the map draws, zoom by zoom, in one PMTiles archive.

Only what everybody may see goes in (`layers.core.coats`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import shapely

from layers.core.arrays import drawn_table, size_of
from layers.core.bands import ARCHIVED, Band, Geometries, box_of, read, shapes_of
from layers.core.coats import Coat, coat_of, text_column
from layers.core.mvt import Tags, layer, written
from layers.core.pmtiles import Archive, Zoom, write
from layers.core.spec import Layer
from layers.core.tiles import Ints, Objects, Shapes, cut, runs
from layers.core.tilesets import PLANS

ZOOMS = range(12, 17)
_BACKDROP = ("kind", "rank", "width_m", "name")


@dataclass(frozen=True, slots=True)
class Ground:
    """Geometries of one kind in world units of the deepest zoom, outer rings turned as vector tiles want them."""

    kind: str
    ids: Ints
    world: Objects
    box: list[float]

    def of(self, rows: Any) -> Ground:
        """Some of them."""
        return replace(self, ids=self.ids[rows], world=self.world[rows])


@dataclass(frozen=True, slots=True)
class Drawn:
    """What becomes one layer of the tiles."""

    name: str
    ground: Ground
    bands: tuple[Band, ...]
    coverage: bool
    coat: Coat


@dataclass(slots=True)
class Pile:
    """Layers of tiles in a file of their own until all layers of a tile are there; `at` are z, x, y, offset and length of each."""

    file: IO[bytes]
    at: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    end: int = 0

    def put(self, z: int, x: int, y: int, raw: bytes) -> None:
        self.at.append((z, x, y, self.end, len(raw)))
        self.end += self.file.write(raw)

    def zooms(self) -> Iterator[Zoom]:
        """The tiles, each with its layers in the order in which they were put."""
        self.file.flush()
        rows = np.array(self.at, dtype=np.int64).reshape(-1, 5)
        for z in np.unique(rows[:, 0]).tolist():
            yield self._zoom(z, rows[rows[:, 0] == z, 1:])

    def _zoom(self, z: int, rows: Ints) -> Zoom:
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]  # stable: layers stay in their order
        starts = np.flatnonzero(np.r_[True, (rows[1:, :2] != rows[:-1, :2]).any(axis=1)])
        pieces = [block[:, 2:].tolist() for block in np.split(rows, starts[1:])]
        number = self.file.fileno()
        return Zoom(z, rows[starts, 0], rows[starts, 1], lambda row: b"".join(os.pread(number, size, at) for at, size in pieces[row]))


def write_pyramid(
    connection: duckdb.DuckDBPyConnection, layers: Iterable[Layer], out: Path, name: str, zooms: range = ZOOMS, dots: bool = True
) -> Archive:
    """Write the snapshot that `connection` shows to `out`. `name` stands in the metadata; without `dots` houses are polygons at all zooms."""
    about: list[dict[str, Any]] = []
    boxes: list[list[float]] = []
    with tempfile.TemporaryFile(dir=out.parent) as file:
        pile = Pile(file)
        for drawn in _drawn(connection, tuple(layers), dots):
            _pile(drawn, zooms, pile)
            boxes.append(drawn.ground.box)
            fields = {column: told.kind for column, told in drawn.coat.columns.items()}
            about.append({"id": drawn.name, "fields": fields, "minzoom": zooms.start, "maxzoom": zooms.stop - 1})
            del drawn  # before the next is read
        west, south, east, north = np.array(boxes or [[0.0, 0.0, 0.0, 0.0]]).T
        box = [float(side) for side in (west.min(), south.min(), east.max(), north.max())]
        return write(out, pile.zooms(), box, {"name": name, "type": "overlay", "vector_layers": about})


def _drawn(connection: duckdb.DuckDBPyConnection, layers: tuple[Layer, ...], dots: bool) -> Iterator[Drawn]:
    """From the ground up; memory holds the geometries of one table, if the caller keeps none."""
    present = {name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    if "backdrop" in present:
        yield from _backdrop(connection)
    painted = [one for one in layers if one.geometry is not None and f"paint_{one.name}" in present]
    for table in [table for table in PLANS if table in present]:
        found = _ground(connection, table) if any(drawn_table(one) == table for one in painted) else []
        for one in (one for one in painted if drawn_table(one) == table):
            coat = coat_of(connection, one)
            for ground in found:
                shown = ground.of(coat.drawn[ground.ids])  # the map does not draw what has no level either
                bands = PLANS[table].polygon_bands if ground.kind == "polygon" and dots else ARCHIVED[ground.kind]
                for name, some in _parts(connection, table, one.name, shown):
                    yield Drawn(name, some, bands, PLANS[table].coverage, coat)


def _ground(connection: duckdb.DuckDBPyConnection, table: str) -> list[Ground]:
    """Geometries of a table by kind; those in degrees are let go, for a million of them take half a gigabyte."""
    found = read(connection, table)
    return [_turned(found.pop(kind)) for kind in list(found)]


def _turned(geometries: Geometries) -> Ground:
    kind, ids, world, box = geometries.kind, geometries.ids, geometries.world, box_of(geometries.lonlat)
    del geometries
    # y points south, so what is counter-clockwise here is clockwise on the map.
    return Ground(kind, ids, shapely.orient_polygons(world) if kind == "polygon" else world, box)


def _parts(connection: duckdb.DuckDBPyConnection, table: str, name: str, ground: Ground) -> Iterator[tuple[str, Ground]]:
    """Names and geometries: areas level by level of the tree, for only areas of one level are a coverage; other tables by kind."""
    if table != "area":
        yield name if ground.kind == PLANS[table].main else f"{name}-{ground.kind}", ground
        return
    rows = connection.execute("SELECT ordinal, level FROM area WHERE level IS NOT NULL").fetchnumpy()
    level_of = np.full(size_of(connection, "area"), -1)
    level_of[np.asarray(rows["ordinal"], dtype=np.int64)] = np.asarray(rows["level"], dtype=np.int64)
    own = level_of[ground.ids]
    for level in np.unique(own[own >= 0]).tolist():
        yield f"{name}-{level}", ground.of(own == level)


def _backdrop(connection: duckdb.DuckDBPyConnection) -> Iterator[Drawn]:
    columns = {column: text_column(connection, "backdrop", column) for column in _BACKDROP}
    coat = Coat(columns, np.ones(size_of(connection, "backdrop"), dtype=bool))
    for ground in _ground(connection, "backdrop"):
        if ground.kind != "point":
            yield Drawn("backdrop" if ground.kind == "polygon" else f"backdrop-{ground.kind}", ground, ARCHIVED[ground.kind], False, coat)


def _pile(drawn: Drawn, zooms: range, pile: Pile) -> None:
    """All tiles of one layer."""
    ground = drawn.ground
    geometries = Geometries(ground.kind, ground.ids, ground.world, ground.world)
    for band, shapes, made_for in shapes_of(geometries, drawn.bands, drawn.coverage):
        if band.kind == "polygon" and made_for < drawn.bands[0].z:
            shapes = shapely.orient_polygons(shapes)  # simplifying a coverage turns rings as it likes
        for z in (z for z in zooms if band.first <= z <= band.last):
            for pieces, place in cut(band.kind, shapes, z, turn=True, zooms=z - made_for):
                _encode(drawn, *runs(pieces, place), z, pile)


def _encode(drawn: Drawn, pieces: Shapes, tiles: list[tuple[int, int, int, int]], z: int, pile: Pile) -> None:
    rows = pieces.ids
    features = written(replace(pieces, ids=np.arange(len(rows))))
    starts = np.searchsorted(features.ids, [start for *_, start, _ in tiles] + [len(rows)]).tolist()
    features = replace(features, ids=drawn.ground.ids[rows[features.ids]])
    tags: Tags = drawn.coat.tags(features.ids)
    for (x, y, *_), start, end in zip(tiles, starts, starts[1:], strict=False):
        some = slice(start, end)
        raw = layer(drawn.name, features.of(some), tags.of(some), x, y)
        if raw:
            pile.put(z, x, y, raw)
