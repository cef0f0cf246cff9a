"""What is on show: whole, equal to the lake, stable in its ordinals, and the way back."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

from data.errors import StoreError
from data.schema import TABLES
from data.settings import Settings
from data.store.files import write_json
from data.store.lake import columns_of
from data.store.serving import current, kept
from etl.core.publish import PACK_GRACE_S, point, prune, rollback
from etl.core.upkeep import go_back, prune_all, status
from layers.core.loads import REPAINT_OF, archive_of
from tests.etl.tiny_town import TinyTown, box, home_of, houses, in_lake, on_show, quietly, tiny_town

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, TinyTown]:
    """Three deliveries, of which two snapshots are kept: houses change, go and come back."""
    folder = tmp_path_factory.mktemp("published")
    settings, town = home_of(folder, keep_snapshots=2), tiny_town(folder / "in")
    quietly(settings, town.write())
    for month, rows in ((10, houses()[5:]), (11, [*houses(), ({**houses()[0][0], "house_id": "NEW"}, box(60, 60, 10, 9))])):
        town.delivered_at = date(2026, month, 1)
        town.datasets["houses"] = ("house", rows)
        quietly(settings, town.write(only=["houses"]))
    return settings, town


def test_the_serving_file_holds_just_what_the_lake_holds(three: tuple[Settings, TinyTown]) -> None:
    settings, _ = three
    for name in ("area", "house", "parcel", "person", "contradiction", "unlinked", "fault"):
        columns = ", ".join(f'"{column}"' for column, _ in columns_of(TABLES[name])) if name in TABLES else "*"
        if name in TABLES and TABLES[name].geometry:
            columns = columns.replace('"geom", "lonlat"', "ST_AsText(geom), ST_AsText(lonlat)")
        query = f"SELECT {columns} FROM {{}}{name} ORDER BY ALL"
        assert on_show(settings, query.format("")) == in_lake(settings, query.format("lake.")), name


def test_every_table_that_readers_know_is_there_with_its_columns(three: tuple[Settings, TinyTown]) -> None:
    settings, _ = three
    wanted = {
        "receipt": {"layer", "object_id", "level", "reasons", "rule_version", "computed_at", "valid_until", "next_visit_due"},
        "rollup": {"area_code", "layer", "level", "n"},
        "theme_class": {"layer", "theme", "index", "code", "zh", "en", "hex", "n"},
        "tree": {"area_code", "ancestor_code", "depth"},
        "dataset": {"name", "table_name", "file", "fingerprint", "delivered_at", "rows", "refused"},
        "coverage_qa": {"kind", "level", "area_code", "other_code", "area_m2", "geom", "lonlat", "west", "south", "east", "north"},
        **{
            name: {column for column, _ in columns_of(table)} | ({"ordinal"} if table.geometry else set()) for name, table in TABLES.items()
        },
    }
    found: dict[str, set[str]] = {}
    for table, column in on_show(settings, "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database()"):
        found.setdefault(table, set()).add(column)
    assert {name: columns - found.get(name, set()) for name, columns in wanted.items()} == {name: set() for name in wanted}
    assert "row_hash" not in found["house"]
    assert all("ordinal" in found[name] for name, table in TABLES.items() if table.geometry)
    of_houses = "SELECT object_id, ordinal FROM paint_houses WHERE ordinal IS NOT NULL"
    assert on_show(settings, of_houses) == on_show(
        settings, "SELECT house_id, ordinal FROM house WHERE lonlat IS NOT NULL ORDER BY ordinal"
    )


def test_the_town_is_described_in_json(three: tuple[Settings, TinyTown]) -> None:
    settings, _ = three
    told = {key: json.loads(value) for key, value in on_show(settings, "SELECT key, value FROM town")}
    assert told["name"] == {"zh": "小镇", "en": "Tiny"}
    assert (told["crs"], told["synthetic"], told["as_of"], told["snapshot"]) == ("EPSG:4550", True, "2026-11-01", 3)
    assert told["bounds"][0] < 121.71 < told["bounds"][2]
    assert told["rule_version"]


def test_ordinals_keep_their_meaning_when_houses_go_come_back_and_are_added(three: tuple[Settings, TinyTown], tmp_path: Path) -> None:
    settings, _ = three
    now = dict(on_show(settings, "SELECT house_id, ordinal FROM house"))
    assert now["NEW"] == 40, "a new house gets the next number"
    assert sorted(now.values()) == list(range(41))
    alone = home_of(tmp_path)
    quietly(alone, tiny_town(tmp_path / "in").write())
    first = dict(on_show(alone, "SELECT house_id, ordinal FROM house"))
    assert {name: now[name] for name in first} == first, "houses that went and came back have their old numbers"


def test_only_the_kept_snapshots_lie_there_with_their_packs_and_a_dropped_pack_has_a_day_of_grace(three: tuple[Settings, TinyTown]) -> None:
    settings, _ = three
    assert kept(settings) == [2, 3]
    assert sorted(path.name for path in settings.serving.iterdir()) == ["current.json", "v2.duckdb", "v3.duckdb"]
    dropped = settings.pack / "v1.json"
    assert dropped.exists(), "a browser may still draw it"
    before = {path.name for path in settings.pack.glob("*.gz")}
    orphan = settings.pack / "0123456789abcdef.tile.gz"
    orphan.write_bytes(b"left by a killed run")
    for number in (1, 3):
        (settings.pack / f"v{number}.pmtiles").write_bytes(b"made on request")
    yesterday = time.time() - PACK_GRACE_S - 60
    os.utime(dropped, (yesterday, yesterday))
    prune(settings)
    assert not dropped.exists()
    assert not orphan.exists()
    assert [path.name for path in settings.pack.glob("*.pmtiles")] == ["v3.pmtiles"]
    after = {path.name for path in settings.pack.glob("*.gz")}
    assert after < before, "what only the dropped pack drew is gone"
    for manifest in settings.pack.glob("v*.json"):
        named = set(json.dumps(json.loads(manifest.read_text())).split('"'))
        assert {name for name in named if name.endswith((".array", ".labels"))} <= {name.removesuffix(".gz") for name in after}


def test_vector_tiles_of_a_load_stay_for_its_repaints_until_newer_ones_are_made(three: tuple[Settings, TinyTown], tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", keep_snapshots=1)
    shutil.copytree(three[0].home, settings.home)
    yesterday = time.time() - PACK_GRACE_S - 60
    shown = json.loads((settings.pack / "v3.json").read_text())
    for number in range(4, 8):
        write_json(settings.pack / f"v{number}.json", shown | {REPAINT_OF: 3})
        shutil.copyfile(settings.serving / "v3.duckdb", settings.serving / f"v{number}.duckdb")
    point(settings, 7, AT)
    for number in (2, 3, 4):
        (settings.pack / f"v{number}.pmtiles").write_bytes(b"made on request")
    for manifest in settings.pack.glob("v*.json"):
        os.utime(manifest, (yesterday, yesterday))
    prune(settings)
    assert kept(settings) == [6, 7]
    assert [path.name for path in settings.pack.glob("*.pmtiles")] == ["v4.pmtiles"]
    assert archive_of(settings.pack / "v7.json") == settings.pack / "v4.pmtiles"
    (settings.pack / "v6.pmtiles").write_bytes(b"made on request")
    prune(settings)
    assert sorted(path.name for path in settings.pack.glob("v*.*")) == ["v6.json", "v6.pmtiles", "v7.json"]


def test_rollback_shows_the_snapshot_before_and_a_second_one_returns(three: tuple[Settings, TinyTown]) -> None:
    settings, town = three
    said = io.StringIO()
    go_back(settings, Console(file=said, width=200), None, AT)
    shown = current(settings)
    assert shown is not None
    assert (shown.snapshot, shown.rolled_back_from) == (2, 3)
    assert "2" in said.getvalue()
    assert on_show(settings, "SELECT count(*) FROM house") == [(35,)]
    assert not quietly(settings, town.write(only=["houses"])).changed, "the same delivery does not undo a rollback"
    assert rollback(settings, AT, 3) == (2, 3)
    assert on_show(settings, "SELECT count(*) FROM house") == [(41,)]
    with pytest.raises(StoreError, match="Kept: 2, 3"):
        rollback(settings, AT, 1)


def test_status_and_prune_speak_of_what_is_there(three: tuple[Settings, TinyTown]) -> None:
    settings, _ = three
    said = io.StringIO()
    status(settings, Console(file=said, width=200))
    prune_all(settings, Console(file=said, width=200))
    assert "houses.geojson" in said.getvalue()
    assert in_lake(settings, "SELECT count(*) FROM lake.house") == [(41,)], "tidying loses nothing"
    assert in_lake(settings, "SELECT count(*) FROM lake.house AT (VERSION => 1)") == [(40,)], "nor any history"


def _everything_on_show(settings: Settings) -> dict[str, list[str]]:
    """Rows of every table on show as sorted text, but for the moment of publishing."""
    names = [name for (name,) in on_show(settings, "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()")]
    leave = {"receipt": " EXCLUDE (computed_at)", "history": " EXCLUDE (published_at)"}
    found = {name: sorted(map(str, on_show(settings, f"SELECT *{leave.get(name, '')} FROM {name}"))) for name in names}
    return found | {"town": [row for row in found["town"] if "published_at" not in row]}


def test_a_file_that_kept_what_has_not_changed_is_equal_to_one_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[dict[str, list[str]], dict[str, object]]] = []
    for name in ("kept", "anew"):
        settings, town = home_of(tmp_path / name), tiny_town(tmp_path / name / "in")
        quietly(settings, town.write())
        if name == "anew":
            monkeypatch.setattr("etl.core.run.Since", lambda *_: None)
        town.delivered_at = date(2026, 10, 1)
        town.change("people", lambda rows: [{**rows[0], "姓名": "新"}, *rows[2:]])
        quietly(settings, town.write(only=["people"]))
        town.change("houses", lambda rows: [({**rows[0][0], "storeys": 3}, box(105, 105, 12, 9)), *rows[1:]])
        quietly(settings, town.write(only=["houses"]))
        pack = json.loads((settings.pack / f"v{current(settings).snapshot}.json").read_text())  # type: ignore[union-attr]
        shown.append((_everything_on_show(settings), pack))
    assert shown[0] == shown[1]
    assert len(shown[0][0]["house"]) == 40 and "backdrop" in shown[0][0]
