"""The job with OneScreen's readers and DuckDB on disk, without what the peers do not do (contract, lake, publish)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa

from bench.etl_job import files
from bench.etl_job.watch import Watch
from data.store.duck import connect
from etl.core.read import read_dataset
from etl.core.spec import ReadOptions

VALID = "CASE WHEN ST_IsValid(g) THEN g ELSE ST_CollectionExtract(ST_MakeValid(g), 3) END"


def read(run: duckdb.DuckDBPyConnection, table: str, path: Path, columns: str, options: ReadOptions) -> None:
    """Stream one file into `table`, row groups kept small so that both cores work on them."""
    for reading in read_dataset(path.parent, path.name, options):
        batches = iter(reading.batches)
        first = next(batches, None)
        if first is None:
            continue
        run.register("batches", pa.RecordBatchReader.from_batches(first.schema, chained(first, batches)))
        known = run.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [table]).fetchone()[0]
        run.execute(f"{f'INSERT INTO {table} BY NAME' if known else f'CREATE TABLE {table} AS'} SELECT {columns} FROM batches")
        run.unregister("batches")


def chained(first: pa.RecordBatch, rest):
    yield first
    yield from rest


def main(base: Path) -> None:
    watch, found = Watch(), files(base)
    folder = Path(tempfile.mkdtemp(prefix="onescreen-bench-"))
    run = connect(memory_limit="2GB")
    run.execute(f"ATTACH '{folder}/work.duckdb' AS work (ROW_GROUP_SIZE 8192); USE work; SET preserve_insertion_order = false")
    with watch.stage("read"):
        for layer in ("村居", "微网格", "队组"):
            read(run, "grid_raw", found["grid"][0], "WGBM AS id, SJBM AS parent, __wkb", ReadOptions(layer=layer))
        for kind, key, layer in (("house", "FWBH", None), ("parcel", "BSM", "DLTB"), ("stand", "XBBH", None)):
            for path in found[kind]:
                read(run, f"{kind}_raw", path, f"{key} AS id, __wkb", ReadOptions(layer=layer))
        for path in found["person"]:
            read(run, "person", path, "* EXCLUDE (__wkb)", ReadOptions())
    with watch.stage("transform"):
        for kind, more in (("grid", ", parent"), ("house", ""), ("parcel", ""), ("stand", "")):
            run.execute(
                f"CREATE TABLE {kind} AS SELECT id{more}, {VALID} AS geom, ST_Transform(geom, 'EPSG:4550', 'EPSG:4326') AS lonlat "
                f"FROM (SELECT *, ST_GeomFromWKB(__wkb) AS g FROM {kind}_raw)"
            )
    with watch.stage("place"):
        run.execute("CREATE TABLE leaf AS SELECT * FROM grid WHERE id NOT IN (SELECT parent FROM grid WHERE parent IS NOT NULL)")
        run.execute("CREATE TABLE point AS SELECT id, ST_PointOnSurface(geom) AS pt FROM house")
        for name, other in (("area", "leaf"), ("land", "parcel")):
            run.execute(
                f"CREATE TABLE on_{name} AS SELECT p.id, min(o.id) AS code FROM point p JOIN {other} o "
                "ON ST_Within(p.pt, o.geom) GROUP BY p.id"
            )
    with watch.stage("link"):
        run.execute('CREATE TABLE linked AS SELECT p.*, a.code AS area_code FROM person p LEFT JOIN on_area a ON a.id = p."房屋编号"')
    with watch.stage("roll up"):
        run.execute(
            "CREATE TABLE rolled AS WITH RECURSIVE tree AS (SELECT id AS code, id AS ancestor FROM grid UNION "
            "SELECT t.code, g.parent FROM tree t JOIN grid g ON g.id = t.ancestor WHERE g.parent IS NOT NULL), "
            "people AS (SELECT area_code, count(*) AS n FROM linked GROUP BY 1), "
            "houses AS (SELECT code, count(*) AS n FROM on_area GROUP BY 1) "
            "SELECT t.ancestor, sum(p.n) AS people, sum(h.n) AS houses FROM tree t "
            "LEFT JOIN people p ON p.area_code = t.code LEFT JOIN houses h ON h.code = t.code GROUP BY 1"
        )
    with watch.stage("overlay"):
        run.execute(
            "CREATE TABLE forest AS SELECT s.id, g.id AS code, ST_Intersection(s.geom, g.geom) AS geom FROM stand s "
            "JOIN (SELECT * FROM grid WHERE length(id) = 12) g ON ST_Intersects(s.geom, g.geom)"
        )
        area_m2 = run.execute("SELECT sum(ST_Area(geom)) FROM forest").fetchone()[0]
    placed, landed, linked, areas = run.execute(
        "SELECT (SELECT count(*) FROM on_area), (SELECT count(*) FROM on_land), (SELECT count(area_code) FROM linked), "
        "(SELECT count(DISTINCT code) FROM on_area)"
    ).fetchone()
    names = ("houses placed", "houses on a parcel", "people linked", "forest in villages, ha", "areas")
    watch.finish(dict(zip(names, (placed, landed, linked, round(area_m2 / 1e4, 1), areas), strict=True)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
