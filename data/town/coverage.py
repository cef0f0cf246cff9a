"""Regions of a unit by overlay, and the exact coverage of faces that their edges make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town.cuts import Floats
from data.town.network import ROAD, WATER
from data.town.skeleton import Inner
from data.town.terrain import Feature

GRID_M = 0.01
SLIVER_M2 = 90.0
Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Strips:
    """Ground under roads and waters of one unit. `great_*` belong to town features that may lie on its border, `small_*` to inner lines.

    `blocks` are what is left between them; each lies in exactly one leaf area, because every border carries a strip.
    """

    great_road: shapely.Geometry
    great_water: shapely.Geometry
    small_road: shapely.Geometry
    small_water: shapely.Geometry
    open_water: shapely.Geometry  # all water of the unit, bridges not taken off
    blocks: Shapes


def strips(unit: shapely.Polygon, features: list[Feature], loose: Floats, inner: list[Inner], inner_loose: Floats) -> Strips:
    """Cut the ground of `unit` into strips and blocks. Roads go over water, except at `loose` ends, where they stop at the bank."""
    all_water = shapely.union_all([f.line.buffer(f.width_m / 2, cap_style="flat") for f in features if f.kind == WATER])
    all_road = shapely.union_all([f.line.buffer(f.width_m / 2, cap_style="flat") for f in features if f.kind == ROAD])
    if len(loose):
        all_road = all_road.difference(all_water.intersection(shapely.union_all(shapely.buffer(shapely.points(loose), 70.0))))
    under = all_water
    all_water = all_water.difference(all_road)
    land = unit.difference(all_road).difference(all_water)
    road = shapely.union_all(_buffers(inner, ROAD)).intersection(land)
    canals = shapely.union_all(_buffers(inner, WATER)).intersection(land)
    if len(inner_loose):
        road = road.difference(canals.intersection(shapely.union_all(shapely.buffer(shapely.points(inner_loose), 40.0))))
    water = canals.difference(road)
    blocks = polygons(land.difference(road).difference(water))
    return Strips(all_road, all_water, road, water, shapely.union_all([under.intersection(unit), canals]), blocks)


def _buffers(inner: list[Inner], kind: int) -> list[shapely.Geometry]:
    return [
        shapely.LineString(line.path).buffer(line.width_m / 2, cap_style="round" if line.purpose == "creek" else "flat")
        for line in inner
        if line.kind == kind
    ]


def polygons(geometry: shapely.Geometry, least_m2: float = 0.0) -> Shapes:
    """The polygons of any geometry, those of at least `least_m2`."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return np.asarray(parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) >= least_m2)], dtype=object)


def faces(unit: shapely.Polygon, lines: list[shapely.Geometry]) -> Shapes:
    """All faces that the lines cut out of `unit`, an exact coverage; vertices lie on the 0.01 m grid."""
    near = shapely.clip_by_rect(np.asarray(lines, dtype=object), *unit.buffer(30.0).bounds)
    noded = shapely.union_all([unit.exterior, *near[~shapely.is_empty(near)]], grid_size=GRID_M)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.point_on_surface(found)
    shapely.prepare(unit)
    return np.asarray(found[shapely.contains(unit, inside)], dtype=object)


def shrunk(geometry: shapely.Geometry, by_m: float, join: Literal["round", "mitre"] = "round") -> shapely.Geometry:
    """Polygons less a rim, repaired: about once in a thousand villages GEOS 3.14 makes a self-touching ring of a negative buffer."""
    return shapely.make_valid(geometry.buffer(-by_m, join_style=join), method="structure", keep_collapsed=False)


def edges(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """Boundary lines of a polygonal geometry."""
    return [shapely.boundary(part) for part in polygons(geometry)]


def owner(points: Shapes, shapes: Shapes) -> NDArray[np.int64]:
    """For each point the number of the first shape that holds it, -1 for none."""
    found = np.full(len(points), -1)
    if len(shapes):
        point, shape = shapely.STRtree(shapes).query(points, predicate="within")
        order = np.argsort(-shape, kind="stable")
        found[point[order]] = shape[order]
    return found


def slivers(cover: Shapes) -> NDArray[np.bool_]:
    """Tiny or hair-thin faces."""
    area = shapely.area(cover)
    return np.asarray((area < SLIVER_M2) | (area / shapely.length(cover) < 1.1))


def absorb(cover: Shapes, group: NDArray[np.int64], odd: NDArray[np.bool_], welcome: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give each `odd` face the group of the `welcome` neighbour with which it shares most border."""
    small = np.flatnonzero(odd)
    group = group.copy()
    if not len(small) or not welcome.any():
        return group
    tree = shapely.STRtree(cover)
    a, b = tree.query(cover[small], predicate="intersects")
    shared = shapely.length(shapely.intersection(cover[small][a], cover[b]))
    good = (small[a] != b) & welcome[b] & (shared > 0)
    a, b, shared = a[good], b[good], shared[good]
    for k in np.lexsort((b, shared)):
        group[small[a[k]]] = group[b[k]]
    return group


def dissolved(cover: Shapes, group: NDArray[np.int64]) -> tuple[Shapes, NDArray[np.int64]]:
    """Faces of one group joined into polygons, and the group of each polygon; still an exact coverage."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-2))
    merged = [
        (polygons(shapely.coverage_union_all(part)) if len(part) > 1 else part, int(group[order[start]]))
        for start, part in zip(starts, np.split(cover[order], starts[1:]), strict=True)
    ]
    shapes = np.concatenate([part for part, _ in merged])
    return shapes, np.repeat([number for _, number in merged], [len(part) for part, _ in merged])
