"""The job in PostGIS: files streamed in by COPY, then SQL with GiST indexes and unlogged tables, as a database engineer would tune it."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pyarrow.csv as pc
import pyogrio

from bench.cluster import postgres
from bench.etl_job import files
from bench.etl_job.watch import Watch

SETTINGS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=2GB", "work_mem=256MB",
    "maintenance_work_mem=1GB", "max_wal_size=16GB", "max_parallel_workers_per_gather=2",
)  # fmt: skip


Layer = tuple[str, list[str], str | None, str | None]  # table, columns, layer, encoding


FEATURES: tuple[Layer, ...] = (
    ("house", ["FWBH"], None, "gb18030"),
    ("parcel", ["BSM"], "DLTB", None),
    ("stand", ["XBBH"], None, "gb18030"),
)


def copy_layer(connection: psycopg.Connection, path: Path, what: Layer) -> None:
    """Stream one layer in, a block of text lines at a time (row by row through the driver would be several times slower)."""
    table, columns, layer, encoding = what
    options = {"layer": layer, "encoding": encoding, "columns": columns, "batch_size": 20_000, "use_pyarrow": True}
    with pyogrio.open_arrow(path, **options) as (meta, reader), connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        names = [*columns, meta["geometry_name"] or "wkb_geometry"]
        for batch in reader:
            keys = [batch.column(name).to_pylist() for name in names]
            copy.write(
                "".join("\t".join((*(value or "\\N" for value in row[:-1]), row[-1].hex())) + "\n" for row in zip(*keys, strict=True))
            )


def load(connection: psycopg.Connection, found: dict[str, list[Path]]) -> None:
    run = connection.execute
    run("CREATE UNLOGGED TABLE grid (code text, parent text, geom geometry(Geometry, 4550))")
    run("CREATE UNLOGGED TABLE house (id text, geom geometry(Geometry, 4550))")
    run("CREATE UNLOGGED TABLE parcel (id text, geom geometry(Geometry, 4550))")
    run("CREATE UNLOGGED TABLE stand (id text, geom geometry(Geometry, 4550))")
    for layer in ("村居", "微网格", "队组"):
        copy_layer(connection, found["grid"][0], ("grid", ["WGBM", "SJBM"], layer, None))
    for what in FEATURES:
        for path in found[what[0]]:
            copy_layer(connection, path, what)
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
            run("CREATE UNLOGGED TABLE leaf AS SELECT * FROM grid_2 g WHERE NOT EXISTS (SELECT FROM grid_2 c WHERE c.parent = g.code)")
            run("CREATE INDEX ON leaf USING gist (valid); ANALYZE leaf")
            run(
                "CREATE UNLOGGED TABLE placed AS WITH p AS MATERIALIZED (SELECT id, ST_PointOnSurface(valid) pt FROM house_2) "
                "SELECT DISTINCT ON (p.id) p.id, l.code, b.id parcel FROM p "
                "LEFT JOIN leaf l ON ST_Within(p.pt, l.valid) LEFT JOIN parcel_2 b ON ST_Within(p.pt, b.valid) ORDER BY p.id, l.code, b.id"
            )
            run("CREATE INDEX ON placed (id); ANALYZE placed; ANALYZE person")
        with watch.stage("link"):
            run('CREATE UNLOGGED TABLE linked AS SELECT p.*, h.code AS area_code FROM person p LEFT JOIN placed h ON h.id = p."房屋编号"')
        with watch.stage("roll up"):
            run(
                "CREATE UNLOGGED TABLE rolled AS WITH RECURSIVE tree AS (SELECT code, code ancestor FROM grid UNION "
                "SELECT t.code, g.parent FROM tree t JOIN grid g ON g.code = t.ancestor WHERE g.parent IS NOT NULL), "
                "people AS (SELECT area_code, count(*) n FROM linked GROUP BY 1), "
                "houses AS (SELECT code, count(*) n FROM placed GROUP BY 1) "
                "SELECT t.ancestor, sum(p.n) people, sum(h.n) houses FROM tree t "
                "LEFT JOIN people p ON p.area_code = t.code LEFT JOIN houses h ON h.code = t.code GROUP BY 1"
            )
        with watch.stage("overlay"):
            run(
                "CREATE UNLOGGED TABLE forest AS SELECT s.id, g.code, ST_Intersection(s.valid, g.valid) geom FROM stand_2 s "
                "JOIN grid_2 g ON length(g.code) = 12 AND ST_Intersects(s.valid, g.valid)"
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
