"""The lake and the serving store: what is created, what readers see while versions change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.errors import StoreError
from data.schema import TABLES
from data.settings import Settings
from data.store.duck import connect
from data.store.files import fingerprint, write_atomically
from data.store.lake import attach_lake, create_tables, has_tables, lake_tables, last_load, open_lake
from data.store.serving import ServingStore, current, kept


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "it's home")


def _commit_tables(settings: Settings) -> None:
    connection = open_lake(settings, read_only=False)
    connection.execute("BEGIN")
    create_tables(connection)
    connection.execute("CALL lake.set_commit_message('run-1', 'first')")
    connection.execute("COMMIT")
    connection.close()


def test_a_new_lake_has_no_load_and_after_the_first_transaction_every_contract_table(settings: Settings) -> None:
    connection = open_lake(settings, read_only=False)
    assert not has_tables(connection)
    assert last_load(connection) is None
    connection.close()
    _commit_tables(settings)
    connection = open_lake(settings)
    names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'").fetchall()}
    assert set(TABLES) <= names
    assert set(lake_tables()) == names
    assert last_load(connection) == 1
    described = dict(connection.execute("SELECT column_name, column_type FROM (DESCRIBE lake.house)").fetchall())
    assert described["storeys"] == "BIGINT"
    assert described["geom"].startswith("GEOMETRY")


def test_a_column_that_the_contract_has_gained_is_added_to_an_old_lake(settings: Settings) -> None:
    _commit_tables(settings)
    connection = open_lake(settings, read_only=False)
    connection.execute("ALTER TABLE lake.house DROP COLUMN storeys")
    create_tables(connection)
    assert "storeys" in [name for name, *_ in connection.execute("DESCRIBE lake.house").fetchall()]


def test_readers_can_attach_while_a_writer_holds_a_transaction(settings: Settings) -> None:
    _commit_tables(settings)
    writer = open_lake(settings, read_only=False)
    writer.execute("BEGIN")
    writer.execute("INSERT INTO lake.town VALUES ('name', 'x')")
    reader = connect(extensions=("spatial", "sqlite_scanner", "ducklake"))
    attach_lake(reader, settings, read_only=True)
    assert reader.execute("SELECT count(*) FROM lake.town").fetchone() == (0,)
    writer.execute("COMMIT")
    assert reader.execute("SELECT count(*) FROM lake.town").fetchone() == (1,)


def _publish(settings: Settings, snapshot: int) -> None:
    settings.serving.mkdir(parents=True, exist_ok=True)
    settings.pack.mkdir(parents=True, exist_ok=True)
    file = settings.serving / f"v{snapshot}.duckdb"
    with connect(file, extensions=()) as connection:
        connection.execute(f"CREATE TABLE town AS SELECT {snapshot} AS snapshot")
    write_atomically(settings.pack / f"v{snapshot}.json", "{}")
    _point(settings, snapshot)


def _point(settings: Settings, snapshot: int) -> None:
    pointer = {
        "snapshot": snapshot, "file": f"v{snapshot}.duckdb", "manifest": f"v{snapshot}.json", "published_at": "2026-11-22T00:00:00+00:00",
    }  # fmt: skip
    write_atomically(settings.serving / "current.json", json.dumps(pointer))


def test_a_reader_keeps_its_snapshot_while_the_next_one_is_published_and_the_old_is_let_go_afterwards(settings: Settings) -> None:
    _publish(settings, 3)
    store = ServingStore(settings)
    with store.read() as old:
        _publish(settings, 4)
        with store.read() as new:
            assert new.execute("SELECT snapshot FROM town").fetchone() == (4,)
        assert old.execute("SELECT snapshot FROM town").fetchone() == (3,)
    with store.read() as cursor:
        attached = {name for (name,) in cursor.execute("SELECT database_name FROM duckdb_databases() WHERE NOT internal").fetchall()}
    assert "v4" in attached
    assert "v3" not in attached
    with store.read(3) as earlier:
        assert earlier.execute("SELECT snapshot FROM town").fetchone() == (3,)
    assert kept(settings) == [3, 4]


def test_nothing_published_is_told_in_words_and_not_as_an_empty_town(settings: Settings) -> None:
    assert current(settings) is None
    store = ServingStore(settings)
    with pytest.raises(StoreError, match="python -m etl load"), store.read():
        pass


def test_a_pointer_to_a_missing_file_keeps_the_snapshot_on_show_and_names_the_problem(settings: Settings) -> None:
    _publish(settings, 3)
    store = ServingStore(settings)
    assert store.serving().snapshot == 3
    _point(settings, 9)
    with pytest.raises(StoreError, match=r"v9\.duckdb is missing"):
        current(settings)
    assert store.serving().snapshot == 3
    assert store.problem is not None


def test_cursors_of_the_store_keep_longitude_first(settings: Settings) -> None:
    _publish(settings, 1)
    with ServingStore(settings).read() as cursor:
        lon, lat = cursor.execute(
            "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_Point(500000, 3456789), 'EPSG:4549', 'EPSG:4326') AS p)"
        ).fetchone() or (0, 0)
    assert (round(lon), round(lat)) == (120, 31)


def test_a_fingerprint_covers_every_part_of_a_shapefile_and_of_a_geodatabase(tmp_path: Path) -> None:
    shape = tmp_path / "房屋 [1].shp"
    for suffix in (".shp", ".dbf", ".csv"):
        shape.with_suffix(suffix).write_text("a")
    database = tmp_path / "land.gdb"
    database.mkdir()
    (database / "a1.gdbtable").write_text("a")
    first = fingerprint([shape, database])
    assert fingerprint([database, shape]) == first
    shape.with_suffix(".csv").write_text("b")
    assert fingerprint([shape, database]) == first, "another dataset beside it does not count"
    shape.with_suffix(".dbf").write_text("b")
    second = fingerprint([shape, database])
    assert second != first
    (database / "a1.gdbtable").write_text("b")
    assert fingerprint([shape, database]) != second
