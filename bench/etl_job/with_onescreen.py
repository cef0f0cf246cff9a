"""The job with the product's own steps, without what the peers do not do (contract, quarantine, lake, colours, publish).

Reading (`etl.core.intake`), transforming with repair (`etl.core.convert`) and placing in areas and on parcels (`etl.core.link`) are the
code of `etl load`, in its scratch database with its memory limits. Linking people, roll-up and overlay are SQL of this file: in the product
they are bound up with addresses, rooms and colours, which this job has not. Every attribute is read and kept, as by the peers.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb
from rich.console import Console

from bench.etl_job import DATASETS
from bench.etl_job.watch import Watch
from data.clock import now
from data.schema import table
from data.settings import Settings
from data.store.files import size_of
from etl.core.contract import create_fault_table
from etl.core.convert import Locator
from etl.core.intake import read_into
from etl.core.link import find_areas, find_parcels
from etl.core.report import Report
from etl.core.scratch import Scratch, scratch
from etl.core.town_file import Dataset
from etl.core.transform import System

TOWN = "EPSG:4550"
TABLES = {"grid": "area", "house": "house", "parcel": "parcel", "stand": "stand"}


def read(work: Scratch, report: Report, base: Path) -> None:
    """`raw_<kind>` of every dataset."""
    for kind, file, layers in DATASETS:
        for layer in layers:
            with report.stage("read", kind) as stage:
                name = f"{kind}_{layer}" if layer and len(layers) > 1 else kind
                dataset = Dataset(name=name, table=TABLES.get(kind, "person"), file=file, layer=layer)
                read_into(work.connection, dataset, base, stage)
    run = work.connection
    parts = " UNION ALL BY NAME ".join(
        f'FROM "raw_grid_{layer}"' for layer in next(layers for kind, _, layers in DATASETS if kind == "grid")
    )
    run.execute(f"CREATE TABLE raw_grid AS {parts}")


def transform(run: duckdb.DuckDBPyConnection) -> None:
    """`placed_<kind>`: repaired, in both systems. The raw geometries are not needed any more."""
    create_fault_table(run)
    for kind, name in TABLES.items():
        run.execute(f"CREATE VIEW clean_{kind} AS SELECT *, rowid AS __rid FROM raw_{kind}")
        Locator(run, kind, table(name), f"clean_{kind}", System(TOWN), TOWN, None).run()


def place(run: duckdb.DuckDBPyConnection) -> None:
    """`area_of_house` and `parcel_of_house`: the product's functions over what they expect; the leaves of the grid are its one level."""
    run.execute("""
        CREATE TABLE area AS SELECT WGBM AS code, 1 AS level, geom FROM placed_grid
        WHERE WGBM NOT IN (SELECT SJBM FROM placed_grid WHERE SJBM IS NOT NULL);
        CREATE TABLE closure (area_code VARCHAR, ancestor_code VARCHAR);
        CREATE VIEW parcel AS SELECT BSM AS parcel_id, geom FROM placed_parcel;
        CREATE TABLE stage_house AS SELECT FWBH AS house_id, NULL::VARCHAR AS area_code, any_value(geom) AS geom
        FROM placed_house WHERE FWBH IS NOT NULL GROUP BY ALL""")
    find_areas(run, table("house"))
    find_parcels(run)


ROLL_UP = """
    CREATE TABLE rolled AS WITH RECURSIVE tree AS (
        SELECT WGBM AS code, WGBM AS ancestor FROM placed_grid
        UNION SELECT t.code, g.SJBM FROM tree t JOIN placed_grid g ON g.WGBM = t.ancestor WHERE g.SJBM IS NOT NULL),
    people AS (SELECT area_code, count(*) AS n FROM linked GROUP BY 1),
    houses AS (SELECT area_code, count(*) AS n FROM area_of_house GROUP BY 1)
    SELECT t.ancestor, sum(p.n) AS people, sum(h.n) AS houses
    FROM tree t LEFT JOIN people p ON p.area_code = t.code LEFT JOIN houses h ON h.area_code = t.code GROUP BY 1"""
OVERLAY = """
    CREATE TABLE forest AS SELECT s.XBBH, g.WGBM, ST_Intersection(s.geom, g.geom) AS geom
    FROM placed_stand s JOIN (FROM placed_grid WHERE SJBM NOT IN (SELECT WGBM FROM placed_grid)) g ON ST_Intersects(s.geom, g.geom)"""
ANSWER = """
    SELECT (SELECT count(area_code) FROM area_of_house), (SELECT count(*) FROM parcel_of_house), (SELECT count(area_code) FROM linked),
        (SELECT sum(ST_Area(geom)) / 1e4 FROM forest), (SELECT count(DISTINCT area_code) FROM area_of_house)"""
NAMES = ("houses placed", "houses on a parcel", "people linked", "forest in villages, ha", "areas")


def main(base: Path) -> None:
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="onescreen-bench-") as folder:
        settings = replace(Settings(), home=Path(folder))
        size = size_of(path for _, file, _ in DATASETS for path in base.glob(file))
        with scratch(settings, now(settings), size) as work:
            run = work.connection
            report = Report(Console(quiet=True), run_id=work.run_id)
            with watch.stage("read"):
                read(work, report, base)
            with watch.stage("transform"):
                transform(run)
            with watch.stage("place"):
                place(run)
            with watch.stage("link"):
                run.execute("""CREATE TABLE linked AS SELECT p."公民身份号码", a.area_code FROM raw_person p
                    LEFT JOIN area_of_house a ON a.key = p."房屋编号" """)
            with watch.stage("roll up"):
                run.execute(ROLL_UP)
            with watch.stage("overlay"):
                run.execute(OVERLAY)
                found = run.execute(ANSWER).fetchall()[0]
    watch.finish({name: round(value, 1) for name, value in zip(NAMES, found, strict=True)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
