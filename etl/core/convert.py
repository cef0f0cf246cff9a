"""Where the rows lie: coordinates from any system into the town's own, repaired where they are invalid, refused where they are nowhere.

`locate` turns `clean_<dataset>` into `placed_<dataset>`: the same rows with `geom` (metres), `lonlat` and the lon/lat box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from data.schema import Table
from data.store.duck import identifier, text
from etl.core.fault import FaultText
from etl.core.shape import LONLAT, box_columns, transformed
from etl.core.transform import System, Transform

BATCH_ROWS = 50_000
# Tables whose rows may be without a place: people on duty need not have reported one.
PLACE_OPTIONAL = frozenset({"responder"})
_DIMENSION = {"point": 0, "line": 1, "polygon": 2}
_KINDS = {
    "point": "点",
    "line": "线",
    "polygon": "面",
    "linestring": "线",
    "multipoint": "多点",
    "multilinestring": "多线",
    "multipolygon": "多面",
}
_IN_CHINESE = " ".join(f"WHEN {text(kind)} THEN {text(zh)}" for kind, zh in _KINDS.items())

FAULTS: dict[str, FaultText] = {
    "geometry_missing": FaultText(
        "没有图形或坐标", "There is no geometry and no coordinates",
        "请补充图形或坐标。", "Add the geometry or the coordinates.",
    ),
    "geometry_kind": FaultText(
        "图形类型为{value}，应为{more}", "The geometry is a {value}; a {more} is wanted",
        "请按要求的图形类型重新导出。", "Export it again as the kind that is wanted.",
    ),
    "geometry_lost": FaultText(
        "图形无效且无法修复：{value}", "The geometry is invalid and cannot be repaired: {value}",
        "请重新绘制。", "Draw it again.",
    ),
    "geometry_repaired": FaultText(
        "图形无效，已自动修复：{value}", "The geometry was invalid and has been repaired: {value}",
        "请核对修复后的图形。", "Check the repaired geometry.",
    ),
    "geometry_outside": FaultText(
        "位置在镇域以外：{value}", "The position lies outside the town: {value}",
        "请核对坐标和坐标系。", "Check the coordinates and their system.",
    ),
    "geometry_swapped": FaultText(
        "X、Y坐标颠倒：{value}", "X and Y are swapped: {value}",
        "请将两个坐标对调。", "Exchange the two coordinates.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placement:
    """What came of locating: rows that are placed, refused, repaired."""

    relation: str
    placed: int
    refused: int
    repaired: int


@dataclass(frozen=True)
class Locator:
    """One dataset on its way. `clean` numbers its rows by `__rid`.

    `frame` is the town with a margin, in lon/lat, or None when nobody knows yet where the town is.
    """

    connection: duckdb.DuckDBPyConnection
    dataset: str
    table: Table
    clean: str
    system: System
    town_crs: str
    frame: BaseGeometry | None
    accept_outside: bool = False

    def run(self) -> Placement:
        """Create `placed_<dataset>` and append to `fault`."""
        before = self._count(self.clean)
        self._transform()
        self._refuse("geometry_missing", self._missing(), "NULL")
        self._refuse_outsiders()
        repaired = self._repair()
        wanted = self.table.geometry or "any"
        if wanted != "any":
            self._refuse(
                "geometry_kind",
                f"geom IS NOT NULL AND ST_Dimension(geom) <> {_DIMENSION[wanted]}",
                "ST_GeometryType(geom)::VARCHAR",
                wanted,
            )
        relation = self._finish()
        placed = self._count(relation)
        return Placement(relation, placed, before - placed, repaired)

    @property
    def _moved(self) -> str:
        return identifier(f"moved_{self.dataset}")

    def _missing(self) -> str:
        """Nothing was delivered. What was delivered and cannot be placed has no `geom` either: it lies outside."""
        return "FALSE" if self.table.name in PLACE_OPTIONAL else "(NOT __given OR coalesce(ST_IsEmpty(geom), FALSE))"

    # --- coordinates

    def _transform(self) -> None:
        """`moved_<dataset>`: number and lineage of the rows, whether a geometry was delivered, and `geom` in the town's CRS.

        The attributes stay where they are until the end, so that wide rows are written once.
        """
        geom, source = "ST_GeomFromWKB(v.wkb)", f"{self.clean} c LEFT JOIN main.converted v ON v.id = c.__rid"
        if self.system.plain:
            geom, source = transformed("ST_Force2D(ST_GeomFromWKB(c.__wkb))", self.system.crs, self.town_crs), f"{self.clean} c"
        else:
            self._convert()
        self.connection.execute(f"""
            CREATE TABLE {self._moved} AS
            SELECT c.__rid AS __id, c.__file, c.__sheet, c.__row, c.__wkb IS NOT NULL AS __given, {geom} AS geom FROM {source}""")
        self.connection.execute("DROP TABLE IF EXISTS main.converted")

    def _convert(self) -> None:
        """`converted(id, wkb)`: the town's metres of systems that ST_Transform does not know, batch by batch."""
        way = Transform(self.system, self.town_crs)
        self.connection.execute("CREATE TABLE main.converted (id BIGINT, wkb BLOB)")
        for batch in self._batches(f"SELECT __rid AS id, __wkb AS wkb FROM work.main.{self.clean} WHERE __wkb IS NOT NULL"):
            placed = way.place(np.array(batch.column("wkb").to_pylist(), dtype=object))
            self._insert("main.converted", {"id": batch.column("id"), "wkb": pa.array(shapely.to_wkb(placed.town), pa.binary())})

    # --- validity

    def _repair(self) -> int:
        """Make invalid geometries valid and collections one shape, kind kept; what is left of other kinds is dropped. Returns how many."""
        self.connection.execute("CREATE TABLE main.repaired (id BIGINT, wkb BLOB, reason VARCHAR)")
        unfit = "NOT ST_IsValid(geom) OR ST_GeometryType(geom)::VARCHAR = 'GEOMETRYCOLLECTION'"
        for batch in self._batches(f"SELECT __id AS id, ST_AsWKB(geom) AS wkb FROM work.main.{self._moved} WHERE {unfit}"):
            shapes = _shapes(batch)
            reasons = [_reason(shape) for shape in shapes]
            mended = [shapely.to_wkb(shape) if shape is not None else None for shape in map(repaired, shapes)]
            self._insert(
                "main.repaired", {"id": batch.column("id"), "wkb": pa.array(mended, pa.binary()), "reason": pa.array(reasons, pa.string())}
            )
        self._report("geometry_repaired", "main.repaired r JOIN {moved} m ON m.__id = r.id WHERE r.wkb IS NOT NULL", "r.reason", "warning")
        self._report("geometry_lost", "main.repaired r JOIN {moved} m ON m.__id = r.id WHERE r.wkb IS NULL", "r.reason", "refused")
        self.connection.execute(
            f"UPDATE {self._moved} m SET geom = ST_GeomFromWKB(r.wkb) FROM main.repaired r WHERE r.id = m.__id AND r.wkb IS NOT NULL"
        )
        count = self._count("main.repaired WHERE wkb IS NOT NULL")
        self.connection.execute(f"DELETE FROM {self._moved} m USING main.repaired r WHERE r.id = m.__id AND r.wkb IS NULL")
        self.connection.execute("DROP TABLE main.repaired")
        return count

    # --- inside the town

    def _refuse_outsiders(self) -> None:
        """Rows that lie outside the frame, or nowhere at all; those that would lie inside with X and Y exchanged are told so."""
        outside = "NOT (isfinite(ST_XMin(geom)) AND isfinite(ST_YMin(geom)) AND isfinite(ST_XMax(geom)) AND isfinite(ST_YMax(geom)))"
        if self.frame is not None and not self.accept_outside:
            hull = transformed(f"ST_GeomFromWKB(from_hex({text(shapely.to_wkb(self.frame, hex=True))}))", LONLAT, self.town_crs)
            outside = f"CASE WHEN {outside} THEN TRUE ELSE NOT ST_Intersects((SELECT {hull}), ST_Envelope(geom)) END"
        self.connection.execute(f"""
            CREATE TABLE main.outside AS SELECT m.__id AS id, c.__wkb AS wkb FROM {self._moved} m JOIN {self.clean} c ON c.__rid = m.__id
            WHERE CASE WHEN geom IS NULL THEN __given ELSE {outside} END""")
        self.connection.register("swapped", pa.table({"id": pa.array(self._swapped(), pa.int64())}))
        place = "printf('%.6f, %.6f', ST_X(ST_Centroid(ST_GeomFromWKB(o.wkb))), ST_Y(ST_Centroid(ST_GeomFromWKB(o.wkb))))"
        for code, join in (("geometry_swapped", "SEMI"), ("geometry_outside", "ANTI")):
            self._report(code, f"(FROM main.outside {join} JOIN swapped USING (id)) o JOIN {{moved}} m ON m.__id = o.id", place, "refused")
        self.connection.unregister("swapped")
        self.connection.execute(f"DELETE FROM {self._moved} m USING main.outside o WHERE o.id = m.__id")
        self.connection.execute("DROP TABLE main.outside")

    def _swapped(self) -> list[int]:
        """Ids of the outsiders that the frame would hold with X and Y exchanged."""
        if self.frame is None:
            return []
        way = Transform(replace(self.system, swapped=not self.system.swapped), self.town_crs)
        found: list[int] = []
        for batch in self._batches("SELECT id, wkb FROM work.main.outside"):
            placed = way.place(np.array(batch.column("wkb").to_pylist(), dtype=object))
            found += np.asarray(batch.column("id"))[shapely.intersects(self.frame, placed.lonlat)].tolist()
        return found

    # --- the end

    def _finish(self) -> str:
        relation = identifier(f"placed_{self.dataset}")
        box = ", ".join(f"{value} AS {name}" for name, value in box_columns("lonlat").items())
        self.connection.execute(f"""
            CREATE TABLE {relation} AS SELECT c.* EXCLUDE (__wkb, __rid), m.geom, m.lonlat, {box}
            FROM (SELECT __id, geom, {transformed("geom", self.town_crs, LONLAT)} AS lonlat FROM {self._moved}) m
            JOIN {self.clean} c ON c.__rid = m.__id""")
        self.connection.execute(f"DROP TABLE {self._moved}")
        return relation

    # --- small things

    def _refuse(self, code: str, where: str, value: str, more: str = "") -> None:
        self._report(code, f"{{moved}} m WHERE {where}", value, "refused", more)
        self.connection.execute(f"DELETE FROM {self._moved} WHERE {where}")

    def _report(self, code: str, source: str, value: str, severity: str, more: str = "") -> None:
        told = FAULTS[code]
        texts = ", ".join(
            f"replace(replace({text(word)}, '{{value}}', coalesce({said}, '')), '{{more}}', {text(wanted)})"
            for word, said, wanted in ((told.zh, f"CASE lower(v) {_IN_CHINESE} ELSE v END", _KINDS.get(more, more)), (told.en, "v", more))
        )
        self.connection.execute(f"""
            INSERT INTO fault SELECT {text(self.dataset)}, __file, __sheet, __row, 'geom', v, {text(code)}, {texts},
                {text(told.remedy_zh)}, {text(told.remedy_en)}, {text(severity)}
            FROM (SELECT m.__file, m.__sheet, m.__row, {value} AS v FROM {source.format(moved=self._moved)})""")

    def _batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """Results of a query on a cursor of its own, so that the connection is free to write meanwhile."""
        with self.connection.cursor() as cursor:
            yield from cursor.execute(query).to_arrow_reader(BATCH_ROWS)

    def _insert(self, target: str, columns: dict[str, pa.Array]) -> None:
        self.connection.register("batch", pa.table(columns))
        self.connection.execute(f"INSERT INTO {target} FROM batch")
        self.connection.unregister("batch")

    def _count(self, relation: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
        return int(row[0]) if row else 0


def repaired(shape: BaseGeometry) -> BaseGeometry | None:
    """`shape` made valid, of the same kind (polygon, line, point); None when nothing of that kind is left."""
    dimension = shapely.get_dimensions(shape)
    parts = [part for part in shapely.get_parts(shapely.make_valid(shape)) if not part.is_empty]
    parts = [inner for part in parts for inner in shapely.get_parts(part)]
    kept = [part for part in parts if shapely.get_dimensions(part) == dimension]
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else shapely.multilinestrings(kept) if dimension == 1 else shapely.union_all(kept)


def _reason(shape: BaseGeometry) -> str:
    if shapely.is_valid(shape):
        return f"GeometryCollection ({shapely.get_num_geometries(shape)})"
    return str(shapely.is_valid_reason(shape))


def _shapes(batch: pa.RecordBatch) -> np.ndarray:
    shapes: np.ndarray = shapely.from_wkb(np.array(batch.column("wkb").to_pylist(), dtype=object), on_invalid="ignore")
    return shapes
