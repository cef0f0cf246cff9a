"""The job in PostGIS: files streamed in by COPY, then SQL with GiST indexes and unlogged tables, as a database engineer would tune it."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv as pc
import pyogrio

from bench.cluster import postgres
from bench.etl_job import DATASETS, files
from bench.etl_job.watch import Watch

SETTINGS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=2GB", "work_mem=256MB",
    "maintenance_work_mem=1GB", "max_wal_size=16GB", "max_parallel_workers_per_gather=2",
)  # fmt: skip


ENCODINGS = {"house": "gb18030", "stand": "gb18030"}


def quoted(name: str) -> str:
    return f'"{name.lower() if name.isascii() else name}"'


def copy_layer(connection: psycopg.Connection, table: str, path: Path, layer: str | None) -> None:
    """Stream one layer in with all its attributes, as CSV that Arrow writes (rows through the driver would be several times slower)."""
    options = {"layer": layer, "encoding": ENCODINGS.get(table), "batch_size": 20_000, "use_pyarrow": True}
    with pyogrio.open_arrow(path, **options) as (meta, reader):
        geometry = meta["geometry_name"] or "wkb_geometry"
        names = [name for name in reader.schema.names if name not in (geometry, "OGC_FID")]
        columns = ", ".join(f"{quoted(name)} text" for name in names)
        connection.execute(f"CREATE UNLOGGED TABLE IF NOT EXISTS {table} ({columns}, geom geometry(Geometry, 4550))")
        listed = ", ".join(map(quoted, names))
        with connection.cursor().copy(f"COPY {table} ({listed}, geom) FROM STDIN (FORMAT csv)") as copy:
            for batch in reader:
                shapes = [None if wkb is None else wkb.hex() for wkb in batch.column(geometry).to_pylist()]
                arrays = [*(batch.column(name).cast(pa.string()) for name in names), pa.array(shapes, pa.string())]
                block = pa.BufferOutputStream()
                pc.write_csv(pa.RecordBatch.from_arrays(arrays, names=[*names, "geom"]), block, pc.WriteOptions(include_header=False))
                copy.write(block.getvalue().to_pybytes())


def load(connection: psycopg.Connection, found: dict[str, list[Path]]) -> None:
    run = connection.execute
    for kind, _, layers in DATASETS:
        if kind == "person":
            continue
        for path in found[kind]:
            for layer in layers:
                copy_layer(connection, kind, path, layer)
    for number, path in enumerate(found["person"]):
        header = pc.open_csv(path, read_options=pc.ReadOptions(encoding="gb18030")).schema.names
        if number == 0:
            run(f"CREATE UNLOGGED TABLE person ({', '.join(chr(34) + name + chr(34) + ' text' for name in header)})")
        with connection.cursor().copy("COPY person FROM STDIN (FORMAT csv, HEADER, ENCODING 'GB18030')") as copy, path.open("rb") as source:
            while block := source.read(1 << 20):
                copy.write(block)


def main(base: Path) -> None:
    watch, found = Watch(), files(base)
    with postgres(settings=SETTINGS) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        run = connection.execute
        with watch.stage("read"):
            load(connection, found)
        with watch.stage("transform"):
            for table in ("grid", "house", "parcel", "stand"):
                run(
                    f"CREATE UNLOGGED TABLE {table}_2 AS SELECT *, ST_Transform(valid, 4326) lonlat FROM "
                    f"(SELECT *, CASE WHEN ST_IsValid(geom) THEN geom ELSE ST_MakeValid(geom) END valid FROM {table}) checked"
                )
                run(f"CREATE INDEX ON {table}_2 USING gist (valid)")
                run(f"ANALYZE {table}_2")
        with watch.stage("place"):
            run("CREATE UNLOGGED TABLE leaf AS SELECT * FROM grid_2 g WHERE NOT EXISTS (SELECT FROM grid_2 c WHERE c.sjbm = g.wgbm)")
            run("CREATE INDEX ON leaf USING gist (valid); ANALYZE leaf")
            run(
                "CREATE UNLOGGED TABLE placed AS WITH p AS MATERIALIZED ("
                "SELECT fwbh id, ST_PointOnSurface(valid) pt FROM house_2 WHERE fwbh <> '') "
                "SELECT DISTINCT ON (p.id) p.id, l.wgbm code, b.bsm parcel FROM p "
                "LEFT JOIN leaf l ON ST_Within(p.pt, l.valid) LEFT JOIN parcel_2 b ON ST_Within(p.pt, b.valid) ORDER BY p.id, l.wgbm, b.bsm"
            )
            run("CREATE INDEX ON placed (id); ANALYZE placed; ANALYZE person")
        with watch.stage("link"):
            run(
                'CREATE UNLOGGED TABLE linked AS SELECT p."公民身份号码", h.code AS area_code FROM person p '
                'LEFT JOIN placed h ON h.id = p."房屋编号"'
            )
        with watch.stage("roll up"):
            run(
                "CREATE UNLOGGED TABLE rolled AS WITH RECURSIVE tree AS (SELECT wgbm code, wgbm ancestor FROM grid UNION "
                "SELECT t.code, g.sjbm FROM tree t JOIN grid g ON g.wgbm = t.ancestor WHERE g.sjbm IS NOT NULL), "
                "people AS (SELECT area_code, count(*) n FROM linked GROUP BY 1), "
                "houses AS (SELECT code, count(*) n FROM placed GROUP BY 1) "
                "SELECT t.ancestor, sum(p.n) people, sum(h.n) houses FROM tree t "
                "LEFT JOIN people p ON p.area_code = t.code LEFT JOIN houses h ON h.code = t.code GROUP BY 1"
            )
        with watch.stage("overlay"):
            run(
                "CREATE UNLOGGED TABLE forest AS SELECT s.xbbh, g.wgbm, ST_Intersection(s.valid, g.valid) geom FROM stand_2 s "
                "JOIN (SELECT * FROM grid_2 v WHERE NOT EXISTS (SELECT FROM grid_2 p WHERE p.wgbm = v.sjbm)) g "
                "ON ST_Intersects(s.valid, g.valid)"
            )
            area_m2 = run("SELECT sum(ST_Area(geom)) FROM forest").fetchone()[0]
        one = run(
            "SELECT count(code), count(parcel), (SELECT count(area_code) FROM linked), "
            "(SELECT count(DISTINCT code) FROM placed) FROM placed"
        )
        placed, landed, linked, areas = one.fetchone()
    names = ("houses placed", "houses on a parcel", "people linked", "forest in villages, ha", "areas")
    watch.finish(dict(zip(names, (placed, landed, linked, round(area_m2 / 1e4, 1), areas), strict=True)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
