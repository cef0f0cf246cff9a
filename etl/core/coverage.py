"""Does the grid tile its ground? Gaps inside a parent, overlaps between neighbours, children that reach outside their parent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import duckdb
import numpy as np
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from etl.core.areas import without_small_holes
from etl.core.assemble import MADE
from etl.core.shape import LONLAT, box_columns, transformed

# A piece smaller or narrower than this is rounding of coordinates, counted but not reported.
SLIVER_M2 = 1.0
SLIVER_WIDTH_M = 0.01

REASONS = {
    "gap": ("上级网格内有无人覆盖的缝隙", "Ground of the parent that no area covers"),
    "overlap": ("两个同级网格重叠", "Two areas of one level overlap"),
    "outside_parent": ("网格超出上级范围", "The area reaches outside its parent"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of ground that belongs to nobody, to two, or to the wrong parent. `geom` is a polygon in the town's CRS."""

    kind: str  # gap, overlap, outside_parent
    level: int
    area_code: str  # gap: the parent; overlap: the first area; outside_parent: the child
    other_code: str | None  # overlap: the second area; outside_parent: the parent
    geom: BaseGeometry


@dataclass(frozen=True, slots=True)
class Family:
    """A parent and its children on the next level, as polygons in metres."""

    parent: str
    shape: BaseGeometry
    level: int
    codes: tuple[str, ...]
    shapes: np.ndarray  # of shapely polygons


@dataclass(frozen=True, slots=True)
class Slivers:
    """What was left out as too small."""

    count: int
    area_m2: float


def audit_coverage(connection: duckdb.DuckDBPyConnection, crs: str) -> Slivers:
    """Fill `next.coverage_qa` from `next.area`; returns what stayed under the tolerance of 1 m² or 1 cm mean width."""
    families = list(_families(connection))
    pieces = [piece for family in families for piece in (*_gaps(family), *_outsiders(family))]
    pieces += list(_overlaps(connection))
    kept = [piece for piece in pieces if not _is_sliver(piece.geom)]
    _store(connection, kept, crs)
    slivers = [piece.geom.area for piece in pieces if _is_sliver(piece.geom)]
    return Slivers(len(slivers), float(sum(slivers)))


def _families(connection: duckdb.DuckDBPyConnection) -> Iterator[Family]:
    rows = connection.execute("""
        SELECT p.code, ST_AsWKB(p.geom), p.source, c.level, c.code, ST_AsWKB(c.geom) FROM area c JOIN area p ON p.code = c.parent_code
        ORDER BY p.code, c.code""").fetchall()
    for parent, group in groupby(rows, key=itemgetter(0)):
        members = list(group)
        _, wkb, source, level, *_ = members[0]
        shapes = shapely.from_wkb([bytes(row[5]) for row in members])
        # A town that nobody delivered has no border of its own to hold its areas against.
        shape = without_small_holes(shapely.union_all(shapes)) if source == MADE else shapely.from_wkb(bytes(wkb))
        yield Family(parent, shape, int(level), tuple(row[4] for row in members), shapes)


def _gaps(family: Family) -> Iterator[Finding]:
    rest = shapely.difference(family.shape, shapely.union_all(family.shapes))
    return (Finding("gap", family.level, family.parent, None, piece) for piece in _polygons(rest))


def _outsiders(family: Family) -> Iterator[Finding]:
    shapely.prepare(family.shape)
    outside = ~shapely.contains_properly(family.shape, family.shapes)
    for index in np.flatnonzero(outside):
        rest = shapely.difference(family.shapes[index], family.shape)
        for piece in _polygons(rest):
            yield Finding("outside_parent", family.level, family.codes[index], family.parent, piece)


def _overlaps(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Pairs of one level that share ground. Only areas with an edge that breaks the coverage are intersected."""
    for (level,) in connection.execute("SELECT DISTINCT level FROM area ORDER BY level").fetchall():
        rows = connection.execute("SELECT code, ST_AsWKB(geom) FROM area WHERE level = ? ORDER BY code", [level]).fetchall()
        shapes = shapely.from_wkb([bytes(wkb) for _, wkb in rows])
        suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
        if not len(suspects):
            continue
        tree = shapely.STRtree(shapes[suspects])
        for one, other in tree.query(shapes[suspects], predicate="intersects").T:
            if one < other:
                first, second = suspects[one], suspects[other]
                for piece in _polygons(shapely.intersection(shapes[first], shapes[second])):
                    yield Finding("overlap", int(level), rows[first][0], rows[second][0], piece)


def _polygons(shape: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]


def _is_sliver(shape: BaseGeometry) -> bool:
    return bool(shape.area < SLIVER_M2 or 2 * shape.area / shape.length < SLIVER_WIDTH_M)


def _store(connection: duckdb.DuckDBPyConnection, findings: list[Finding], crs: str) -> None:
    table = pa.table(
        {
            "finding_id": pa.array([_name(finding) for finding in findings], pa.string()),
            "kind": pa.array([finding.kind for finding in findings], pa.string()),
            "level": pa.array([finding.level for finding in findings], pa.int32()),
            "area_code": pa.array([finding.area_code for finding in findings], pa.string()),
            "other_code": pa.array([finding.other_code for finding in findings], pa.string()),
            "area_m2": pa.array([finding.geom.area for finding in findings], pa.float64()),
            "reason_zh": pa.array([REASONS[finding.kind][0] for finding in findings], pa.string()),
            "reason_en": pa.array([REASONS[finding.kind][1] for finding in findings], pa.string()),
            "wkb": pa.array([shapely.to_wkb(finding.geom) for finding in findings], pa.binary()),
        }
    )
    connection.register("findings", table)
    box = ", ".join(f"{value} AS {name}" for name, value in box_columns("lonlat").items())
    connection.execute(f"""
        INSERT INTO next.coverage_qa BY NAME
        SELECT * EXCLUDE (wkb, point), ST_X(point) AS lon, ST_Y(point) AS lat, {box} FROM (
            SELECT *, {transformed("geom", crs, LONLAT)} AS lonlat, {transformed("ST_PointOnSurface(geom)", crs, LONLAT)} AS point
            FROM (SELECT *, ST_GeomFromWKB(wkb) AS geom FROM findings))""")
    connection.unregister("findings")


def _name(finding: Finding) -> str:
    """A key that is the same for the same finding in the next run."""
    ground = hashlib.sha256(shapely.to_wkb(shapely.normalize(finding.geom))).hexdigest()[:12]
    return f"{finding.kind}-{finding.area_code}-{finding.other_code or ''}-{ground}"
