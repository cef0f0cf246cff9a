"""A table of a real PostGIS server on loopback, read like any other delivery."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import shapely

from data.errors import SourceError
from etl.core.read import read_dataset
from etl.core.spec import ReadOptions

TABLE = """
CREATE EXTENSION postgis;
CREATE SCHEMA 房管;
CREATE TABLE 房管.房屋 ("FWBH" text, 户主 varchar, 面积 numeric(10,2), 层数 int, 在用 boolean, 登记 date, 标签 text[],
                       geom geometry(Polygon, 4550), 中心 geometry(Point, 4326));
INSERT INTO 房管.房屋
SELECT lpad(n::text, 6, '0'), CASE WHEN n = 1 THEN '' ELSE '张三' END, 80.50, 2, n % 2 = 0, '2023-05-01', ARRAY['甲', '乙'],
  CASE WHEN n < 5 THEN ST_MakeEnvelope(n, 0, n + 0.5, 1, 4550) END, NULL FROM generate_series(1, 5) n;
CREATE TABLE plain (id bigint, name text);
INSERT INTO plain VALUES (310115198001011234, '李四');
ANALYZE;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a throw-away server with PostGIS (Debian's package), which refuses to run as root."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    folder = Path(tempfile.mkdtemp(prefix="onescreen-pg-", dir="/tmp"))
    as_user = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = [*as_user, str(programs / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "steward", "-E", "UTF8", "--no-sync"]
    subprocess.run(run, check=True, capture_output=True, cwd="/tmp")
    control = [*as_user, str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB"
    subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd="/tmp")
    address = f"postgresql://steward:geheim@127.0.0.1:{port}/postgres"
    try:
        with psycopg.connect(address) as connection:
            connection.execute(TABLE)
        yield address
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd="/tmp")
        shutil.rmtree(folder)


def test_a_spatial_table_reads_with_its_crs_values_as_text_and_geometry(server: str) -> None:
    reading = next(iter(read_dataset(Path(), server, ReadOptions(layer="房管.房屋", batch_rows=2))))
    rows = [row for batch in reading.batches for row in batch.to_pylist()]
    assert reading.headers == ("FWBH", "户主", "面积", "层数", "在用", "登记", "标签") and reading.crs == "EPSG:4550"
    assert tuple(rows[0].values())[:7] == ("000001", None, "80.50", "2", "N", "2023-05-01", "甲、乙")
    assert [row["__row"] for row in rows] == [2, 3, 4, 5, 6] and rows[4]["__wkb"] is None
    assert shapely.from_wkb(rows[1]["__wkb"]).bounds == (2, 0, 2.5, 1)
    assert reading.rows == 5 and "中心" in " ".join(reading.evidence) and "geheim" not in reading.file


def test_a_plain_table_reads_without_geometry_and_a_wrong_name_gets_advice(server: str) -> None:
    rows = [
        row
        for reading in read_dataset(Path(), server, ReadOptions(layer="plain"))
        for batch in reading.batches
        for row in batch.to_pylist()
    ]
    assert rows == [{"id": "310115198001011234", "name": "李四", "__row": 2, "__wkb": None}]
    with pytest.raises(SourceError, match=r"no table '房管\.房'") as refused:
        list(read_dataset(Path(), server, ReadOptions(layer="房管.房")))
    assert "房管.房屋" in refused.value.remedy
    with pytest.raises(SourceError, match="no table was named"):
        list(read_dataset(Path(), server))
