"""The tree of areas: levels, parents found by place, and the town itself where nobody delivered it."""

from __future__ import annotations

import math
from typing import Any

import duckdb
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data.errors import ContractError, SettingsError
from data.store.duck import identifier, text
from data.store.lake import ROW_HASH
from etl.core.assemble import MADE
from etl.core.evidence import Evidence
from etl.core.shape import LONLAT, box_columns, transformed
from etl.core.town_file import Town

# Smaller holes in the union of areas are gaps between neighbours, which coverage QA reports; larger ones may be another town's ground.
ENCLAVE_M2 = 10_000.0
# A district of six million has 8 000 km². A box of the whole world would be cut into hundreds of millions of tiles.
LARGEST_KM2 = 20_000.0
EARTH_KM = 6_371.0


def require_sane_extent(town: Town) -> None:
    """Raises SettingsError when the declared extent is larger than any town or district."""
    if town.extent is None:
        return
    west, south, east, north = (math.radians(degrees) for degrees in town.extent)
    size_km2 = (east - west) * (math.sin(north) - math.sin(south)) * EARTH_KM**2
    if size_km2 > LARGEST_KM2:
        raise SettingsError(
            f"extent of [town] is {list(town.extent)}: {size_km2:,.0f} km², and a town has at most {LARGEST_KM2:,.0f} km².",
            remedy="Give [west, south, east, north] of the town in degrees, such as [121.5, 31.0, 121.9, 31.4], or leave extent out.",
            zh=f"[town] 的 extent 为 {list(town.extent)}，合 {size_km2:,.0f} 平方公里，而一个镇最多 {LARGEST_KM2:,.0f} 平方公里。",
            zh_remedy="请按 [西, 南, 东, 北] 以度给出全镇范围，如 [121.5, 31.0, 121.9, 31.4]，或去掉 extent。",
        )


def build_areas(connection: duckdb.DuckDBPyConnection, town: Town) -> None:
    """`next.area` from `stage_area`: every area has a level and, below the town, a parent one level up where there is one."""
    _find_levels(connection)
    if not _one(connection, "SELECT count(*) FROM stage_area WHERE level = 0"):
        _make_town(connection, town)
    _require_one_town(connection)
    _forget_unknown_parents(connection)
    _find_parents(connection)
    connection.execute("CREATE TABLE next.area AS SELECT * FROM stage_area ORDER BY level, code")


def build_closure(connection: duckdb.DuckDBPyConnection) -> None:
    """`closure(area_code, ancestor_code, depth)`: each area with all its ancestors, itself at depth 0. A loop of parents ends itself."""
    connection.execute("""
        CREATE TABLE main.closure AS
        WITH RECURSIVE up(area_code, ancestor_code, depth) AS (
            SELECT code, code, 0 FROM area
            UNION
            SELECT up.area_code, a.parent_code, up.depth + 1 FROM up JOIN area a ON a.code = up.ancestor_code
            WHERE a.parent_code IS NOT NULL AND up.depth < 8
        ) SELECT * FROM up""")


def another_code(connection: duckdb.DuckDBPyConnection, town: Town) -> Evidence | None:
    """What to say when the delivered area of the town has another code than the town file: no fault, but perhaps a slip.

    Registers write codes at different lengths; and what is loaded under a wrong code refuses later deliveries under the right one.
    """
    found = connection.execute("SELECT code FROM next.area WHERE level = 0 AND source <> ?", [MADE]).fetchone()
    if found is None or found[0] == town.code:
        return None
    return Evidence(
        f"[town] has the code {town.code!r}, and the delivered area of level 0 has {found[0]!r}: the area keeps its own. "
        "Check the code in the town file; later deliveries have to give the same one.",
        f"[town] 的 code 为 {town.code!r}，而交付的 0 级区划编码为 {found[0]!r}：区划沿用自身编码。"
        "请核对配置文件中的 code；以后的交付须与之一致。",
    )


def _find_levels(connection: duckdb.DuckDBPyConnection) -> None:
    """A level that is not given follows from the parent's; where no parent is known either, areas stand right below the town."""
    for _ in range(7):
        connection.execute("""
            UPDATE stage_area s SET level = p.level + 1 FROM stage_area p
            WHERE s.level IS NULL AND p.code = s.parent_code AND p.level IS NOT NULL""")
    connection.execute("""
        UPDATE stage_area s SET level = c.level - 1 FROM (SELECT parent_code, min(level) AS level FROM stage_area GROUP BY ALL) c
        WHERE s.level IS NULL AND c.parent_code = s.code AND c.level > 0""")
    connection.execute("UPDATE stage_area SET level = 1 WHERE level IS NULL")


def _make_town(connection: duckdb.DuckDBPyConnection, town: Town) -> None:
    """The town's own area: its declared extent, with the union of its highest areas."""
    shape = _town_shape(connection, town)
    if shape is None:
        raise ContractError(
            "The delivery has no areas, and the town has no extent.", remedy="Deliver a dataset for table area, or give [town] extent.",
            zh="交付中没有区划数据，town.toml 也没有给出全镇范围。", zh_remedy="请交付 area 表的数据集，或在 [town] 中给出 extent。",
        )  # fmt: skip
    code = town.code if not _one(connection, "SELECT count(*) FROM stage_area WHERE code = ?", town.code) else f"{town.code}-0"
    columns = {
        "code": text(code), "name": text(town.name.zh), "level": "0", "kind": "'town'", "source": text(MADE),
        "delivered_at": "(SELECT max(delivered_at) FROM stage_area)", ROW_HASH: "hash(ST_AsWKB(geom))",
        "geom": "geom", "lonlat": "lonlat", **box_columns("lonlat"),
    }  # fmt: skip
    connection.execute(
        f"""INSERT INTO stage_area BY NAME SELECT {", ".join(f"{value} AS {identifier(name)}" for name, value in columns.items())}
        FROM (SELECT geom, {transformed("geom", town.crs, LONLAT)} AS lonlat FROM (SELECT ST_GeomFromWKB(?) AS geom))""",
        [shapely.to_wkb(shape)],
    )


def _town_shape(connection: duckdb.DuckDBPyConnection, town: Town) -> BaseGeometry | None:
    top = connection.execute("SELECT ST_AsWKB(geom) FROM stage_area WHERE level = (SELECT min(level) FROM stage_area)").fetchall()
    parts = list(shapely.from_wkb([bytes(wkb) for (wkb,) in top]))
    if town.extent:
        # Densified, or the box's straight sides in degrees would cut off what bends outwards in metres.
        box = shapely.segmentize(shapely.box(*town.extent), 0.01)
        moved = transformed("ST_GeomFromWKB(?)", LONLAT, town.crs)
        (wkb,) = connection.execute(f"SELECT ST_AsWKB({moved})", [shapely.to_wkb(box)]).fetchall()[0]
        parts.append(shapely.from_wkb(bytes(wkb)))
    if not parts:
        return None
    return without_small_holes(shapely.union_all(parts))


def without_small_holes(shape: BaseGeometry) -> BaseGeometry:
    """`shape` with the gaps between its parts filled, and true enclaves left open."""
    polygons = []
    for polygon in shapely.get_parts(shape):
        rings = [ring for ring in polygon.interiors if shapely.Polygon(ring).area >= ENCLAVE_M2]
        polygons.append(shapely.Polygon(polygon.exterior, rings))
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _require_one_town(connection: duckdb.DuckDBPyConnection) -> None:
    towns = [code for (code,) in connection.execute("SELECT code FROM stage_area WHERE level = 0 ORDER BY code").fetchall()]
    if len(towns) > 1:
        raise ContractError(
            f"There are {len(towns)} areas of level 0: {', '.join(towns[:5])}.",
            remedy="One of them is the town; give the others level 1 or deeper.",
            zh=f"有 {len(towns)} 个 0 级区划：{'、'.join(towns[:5])}。",
            zh_remedy="其中只有一个是本镇，请把其余的改为 1 级或更低级别。",
        )


def _forget_unknown_parents(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        INSERT INTO next.unlinked SELECT 'area', code, 'parent_unknown', NULL FROM stage_area s
        WHERE parent_code IS NOT NULL AND NOT EXISTS (FROM stage_area p WHERE p.code = s.parent_code)""")
    connection.execute("""
        UPDATE stage_area SET parent_code = NULL
        WHERE level = 0 OR parent_code = code OR parent_code NOT IN (SELECT code FROM stage_area)""")


def _find_parents(connection: duckdb.DuckDBPyConnection) -> None:
    """The parent is the deepest shallower area that shares most ground; the town when none shares any."""
    orphans = connection.execute(
        "SELECT code, level, ST_AsWKB(geom) FROM stage_area WHERE parent_code IS NULL AND level > 0 ORDER BY code"
    ).fetchall()
    if not orphans:
        return
    areas = connection.execute("SELECT code, level, ST_AsWKB(geom) FROM stage_area ORDER BY code").fetchall()
    shelf = _Shelf(areas)
    found = [(code, _parent_of(int(level), shapely.from_wkb(bytes(wkb)), shelf)) for code, level, wkb in orphans]
    connection.execute("CREATE TABLE main.parent_by_place (code VARCHAR, parent_code VARCHAR)")
    connection.executemany("INSERT INTO main.parent_by_place VALUES (?, ?)", found)
    connection.execute("UPDATE stage_area s SET parent_code = p.parent_code FROM main.parent_by_place p WHERE p.code = s.code")


class _Shelf:
    """Areas by level, with a tree of their boxes."""

    def __init__(self, areas: list[tuple[Any, ...]]) -> None:
        levels = sorted({int(level) for _, level, _ in areas})
        self.codes: dict[int, list[str]] = {at: [code for code, level, _ in areas if level == at] for at in levels}
        self.shapes = {at: shapely.from_wkb([bytes(wkb) for _, level, wkb in areas if level == at]) for at in levels}
        self.trees = {at: shapely.STRtree(shapes) for at, shapes in self.shapes.items()}


def _parent_of(level: int, shape: BaseGeometry, shelf: _Shelf) -> str:
    for above in sorted((at for at in shelf.codes if at < level), reverse=True):
        near = shelf.trees[above].query(shape, predicate="intersects")
        shared = shapely.area(shapely.intersection(shelf.shapes[above][near], shape))
        if len(near) and shared.max() > 0:
            return shelf.codes[above][int(near[int(np.argmax(shared))])]
    return shelf.codes[0][0]


def _one(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> int:
    row = connection.execute(query, list(values)).fetchone()
    return int(row[0]) if row else 0
