"""Names to write on the map: where, from which zoom on, how important (docs/pack.md section 5)."""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import shapely

from layers.core.bands import Geometries
from layers.core.tiles import EXTENT, Floats, Ints, Objects

TEXT_PX = 13.0  # width of one Chinese character as the map writes it; Latin letters are about half
UNITS_PER_PX = EXTENT / 256.0 * 2.0**14  # world units of zoom 14 in one CSS pixel at map zoom 0
POINT_ZOOM = 17.5  # at 16 the names of a street of cameras hide the street
NEAREST = 20.0  # a name whose object never gets large enough is written from here on
CELL = EXTENT * 2  # a road's name is written once in each square of two tiles of zoom 14 (about 4 km)

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Names:
    """Features with their names and how important they are (lower first)."""

    geometries: Geometries
    text: Texts
    priority: Ints


def names_of(connection: duckdb.DuckDBPyConnection, relation: str, column: str, geometries: Geometries, priority: str = "0") -> Names:
    """Names of the features whose `column` is not empty. `geometries` must carry ordinals."""
    query = f"SELECT ordinal, {column}::VARCHAR AS text, ({priority})::BIGINT AS priority FROM {relation} WHERE length(trim({column}::VARCHAR)) > 0"
    rows = connection.execute(query).fetchnumpy()
    ordinals = np.asarray(rows["ordinal"], dtype=np.int64)
    order = np.argsort(ordinals)
    ordinals, text = ordinals[order], np.asarray(rows["text"], dtype=object)[order]
    importance = np.asarray(rows["priority"], dtype=np.int64)[order]
    at = np.searchsorted(ordinals, geometries.ids)
    at[at == len(ordinals)] = 0
    named = ordinals[at] == geometries.ids if len(ordinals) else np.zeros(len(geometries.ids), dtype=bool)
    chosen = Geometries(geometries.kind, geometries.ids[named], geometries.lonlat[named], geometries.world[named])
    return Names(chosen, text[at[named]] if len(ordinals) else text, importance[at[named]] if len(ordinals) else importance)


def labels(names: Names) -> bytes:
    """JSON columns of the labels; points are labelled from POINT_ZOOM on, others from where the name fits. Empty without names."""
    found = names.geometries
    if not len(found.ids):
        return b""
    if found.kind == "line":
        names = _one_a_cell(names)
        found = names.geometries
    place, angle = _line_places(found) if found.kind == "line" else (_places(found), np.zeros(len(found.ids)))
    zoom = np.full(len(found.ids), POINT_ZOOM) if found.kind == "point" else _fitting_zoom(found, names.text)
    return _json(found.ids, place, names.text, zoom, names.priority, angle)


def _places(found: Geometries) -> Floats:
    points = found.lonlat if found.kind == "point" else shapely.point_on_surface(found.lonlat)
    return np.stack([shapely.get_x(shapely.centroid(points)), shapely.get_y(shapely.centroid(points))], axis=1)


def _line_places(found: Geometries) -> tuple[Floats, Floats]:
    """Middle of each line, and its direction there in degrees clockwise on the screen, so turned that the text stands upright."""
    longest = _longest_part(found.lonlat)
    before, after = (shapely.line_interpolate_point(longest, at, normalized=True) for at in (0.45, 0.55))
    middle = shapely.line_interpolate_point(longest, 0.5, normalized=True)
    stretch = np.cos(np.radians(shapely.get_y(middle)))
    east = (shapely.get_x(after) - shapely.get_x(before)) * stretch
    north = shapely.get_y(after) - shapely.get_y(before)
    angle = -np.degrees(np.arctan2(north, east))
    upright = (angle + 90.0) % 180.0 - 90.0
    return np.stack([shapely.get_x(middle), shapely.get_y(middle)], axis=1), upright


def _longest_part(lines: Objects) -> Objects:
    parts, origin = shapely.get_parts(lines, return_index=True)
    order = np.lexsort((shapely.length(parts), origin))
    last = np.r_[origin[order][1:] != origin[order][:-1], True]
    chosen: Objects = parts[order[last]]
    return chosen


def _one_a_cell(names: Names) -> Names:
    """The longest piece of each name in each cell: a road is many pieces, but reads as one."""
    found = names.geometries
    middle = shapely.get_coordinates(shapely.centroid(found.world)) // CELL
    _, text = np.unique(names.text.astype(str), return_inverse=True)
    length = shapely.length(found.world)
    order = np.lexsort((-length, middle[:, 1], middle[:, 0], text))
    group = np.stack([text, middle[:, 0], middle[:, 1]], axis=1)[order]
    rows = np.sort(order[np.r_[True, (group[1:] != group[:-1]).any(axis=1)]])
    chosen = Geometries(found.kind, found.ids[rows], found.lonlat[rows], found.world[rows])
    return Names(chosen, names.text[rows], names.priority[rows])


def _fitting_zoom(found: Geometries, text: Texts) -> Floats:
    """Lowest map zoom at which the name is no wider than its object."""
    size = shapely.length(found.world) if found.kind == "line" else 1.3 * np.sqrt(shapely.area(found.world))
    width = np.array([sum(1.0 if ord(letter) > 0x2E7F else 0.55 for letter in name) for name in text]) * TEXT_PX
    zoom: Floats = np.clip(np.log2(width * UNITS_PER_PX / np.maximum(size, 1.0)), 0.0, NEAREST)
    return zoom


def _json(ids: Ints, place: Floats, text: Texts, zoom: Floats, priority: Ints, angle: Floats) -> bytes:
    columns = {
        "id": ids.tolist(),
        "lon": np.round(place[:, 0], 6).tolist(),
        "lat": np.round(place[:, 1], 6).tolist(),
        "text": text.tolist(),
        "from": np.round(zoom, 1).tolist(),
        "priority": priority.tolist(),
        "angle": np.round(angle).astype(int).tolist(),
    }
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()
