"""The second delivery and the ones after: only what differs is written, and nothing is lost that nobody took back."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.settings import Settings
from data.store.lake import last_load, open_lake
from tests.etl.tiny_town import TinyTown, box, home_of, id_number, in_lake, on_show, people, quietly, tiny_town


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installation into which the tiny town has been loaded once."""
    folder = tmp_path_factory.mktemp("base")
    quietly(home_of(folder), tiny_town(folder / "in").write())
    return folder


@pytest.fixture
def loaded(base: Path, tmp_path: Path) -> tuple[Settings, TinyTown]:
    """A copy of it, somewhere else: nothing in an installation knows where it lies."""
    shutil.copytree(base / "home", tmp_path / "home")
    return home_of(tmp_path), tiny_town(tmp_path / "in")


def _snapshot(settings: Settings) -> int | None:
    with open_lake(settings) as connection:
        return last_load(connection)


def _in_house(row: dict[str, Any], house: str) -> dict[str, Any]:
    return {**row, "房屋编号": house}


def test_the_same_delivery_twice_makes_no_snapshot_and_publishes_nothing(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    files = {path: path.stat().st_mtime_ns for path in settings.serving.iterdir()}
    outcome = quietly(settings, town.write())
    assert not outcome.changed
    assert outcome.snapshot == _snapshot(settings) == 1
    assert {path: path.stat().st_mtime_ns for path in settings.serving.iterdir()} == files


def test_one_changed_house_is_one_change_and_the_others_keep_their_day(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    town.delivered_at = date(2026, 10, 23)
    town.change("houses", lambda rows: [({**rows[0][0], "storeys": 3}, rows[0][1]), *rows[1:]])
    quietly(settings, town.write(only=["houses"]))
    changes = in_lake(settings, "SELECT change_type, house_id FROM lake.table_changes('house', 2, 2) ORDER BY 1")
    assert changes == [("update_postimage", "H000"), ("update_preimage", "H000")]
    days = in_lake(settings, "SELECT delivered_at, count(*) FROM lake.house GROUP BY 1 ORDER BY 1")
    assert days == [(date(2026, 9, 23), 39), (date(2026, 10, 23), 1)]
    assert in_lake(settings, "SELECT count(*) FROM lake.table_changes('person', 2, 2)") == [(0,)]


def test_a_moved_house_counts_as_changed_by_its_geometry_alone(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    town.change("houses", lambda rows: [(rows[0][0], box(101, 100, 10, 9)), *rows[1:]])
    quietly(settings, town.write())
    assert in_lake(settings, "SELECT DISTINCT house_id FROM lake.table_changes('house', 2, 2)") == [("H000",)]


def test_what_a_dataset_no_longer_holds_is_deleted_and_datasets_left_out_stay(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    town.change("houses", lambda rows: rows[:-5])
    quietly(settings, town.write(only=["houses"]))
    assert in_lake(settings, "SELECT count(*) FROM lake.house") == [(35,)]
    assert in_lake(settings, "SELECT count(*) FROM lake.person") == [(60,)]
    assert in_lake(settings, "SELECT count(*) FROM lake.parcel") == [(10,)]
    gone = on_show(settings, "SELECT count(*) FROM unlinked WHERE table_name = 'person' AND reason = 'house_unknown'")
    assert gone == [(5,)], "the people of the five houses are reported"


def test_people_follow_when_their_house_gets_another_area_and_only_they_are_touched(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    town.change("houses", lambda rows: [(rows[0][0], box(3000, 1500, 10, 9)), *rows[1:]])
    quietly(settings, town.write(only=["houses"]))
    moved = in_lake(settings, "SELECT DISTINCT person_id FROM lake.table_changes('person', 2, 2)")
    living = in_lake(settings, "SELECT person_id FROM lake.person WHERE house_id = 'H000'")
    assert sorted(moved) == sorted(living)
    assert on_show(settings, "SELECT DISTINCT area_code FROM person WHERE house_id = 'H000'") == [("V1T1",)]
    assert on_show(settings, "SELECT count(*), count(DISTINCT person_id) FROM person") == [(60, 60)]


def test_redrawn_areas_move_houses_without_touching_their_day_of_delivery(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    town.delivered_at = date(2026, 10, 23)
    moved = {"V0": box(0, 0, 1000, 2000), "V1": box(1000, 0, 3000, 2000), "V0T0": box(0, 0, 1000, 1000), "V0T1": box(0, 1000, 1000, 1000),
             "V1T0": box(1000, 0, 3000, 1000), "V1T1": box(1000, 1000, 3000, 1000)}  # fmt: skip
    town.change("areas", lambda rows: [(values, moved.get(values["code"], shape)) for values, shape in rows])
    quietly(settings, town.write(only=["areas"]))
    rows = in_lake(settings, "SELECT area_code, count(*), max(delivered_at) FROM lake.house GROUP BY 1 ORDER BY 1")
    assert {area: count for area, count, _ in rows} == {"V0T0": 5, "V0T1": 5, "V1T0": 15, "V1T1": 15}
    assert {day for *_, day in rows} == {date(2026, 9, 23)}
    assert in_lake(settings, "SELECT count(*) FROM lake.person p JOIN lake.house h USING (house_id) WHERE p.area_code <> h.area_code") == [
        (0,)
    ]


def test_a_person_in_two_registers_counts_once_and_returns_when_one_register_lets_go(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    migrant = {**people(1)[0], "人口类别": "流动人口", "房屋编号": "H003", "核实日期": "2026-09-20"}
    town.datasets["migrants"] = ("person", [migrant, {**migrant, "公民身份号码": id_number(500)}])
    quietly(settings, town.write())
    assert on_show(settings, "SELECT count(*) FROM person") == [(61,)]
    mine = f"SELECT house_id, category FROM person WHERE id_number = '{id_number(0)}'"
    assert on_show(settings, mine) == [("H003", "migrant")], "the row verified last stands"
    found = on_show(settings, "SELECT table_name, key, detail_en FROM contradiction WHERE kind = 'person_in_two_registers'")
    assert len(found) == 1
    assert id_number(0) not in str(found)
    town.change("migrants", lambda rows: rows[1:])
    quietly(settings, town.write(only=["migrants"]))
    assert on_show(settings, mine) == [("H000", "registered")]
    assert on_show(settings, "SELECT count(*) FROM contradiction WHERE kind = 'person_in_two_registers'") == [(0,)]


def test_a_run_is_one_snapshot_with_the_files_in_its_message(loaded: tuple[Settings, TinyTown]) -> None:
    settings, _ = loaded
    rows = in_lake(settings, "SELECT snapshot_id, author, commit_message, commit_extra_info FROM lake.snapshots() ORDER BY 1")
    assert [row[0] for row in rows] == [0, 1]
    _, author, message, extra = rows[1]
    assert "houses" in message
    assert "2026-09-23" in message
    assert author in extra
    assert "houses.geojson" in extra


def test_the_same_files_under_another_declaration_are_read_again(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    town.options["houses"] = 'constants = { structure = "砖混" }'
    assert quietly(settings, town.write()).changed
    assert in_lake(settings, "SELECT DISTINCT structure FROM lake.house") == [("brick_concrete",)]
    assert in_lake(settings, "SELECT count(*) FROM lake.table_changes('parcel', 2, 2)") == [(0,)]


def test_receipts_that_say_the_same_are_not_written_again(loaded: tuple[Settings, TinyTown]) -> None:
    settings, town = loaded
    town.delivered_at = date(2026, 9, 24)
    town.change("houses", lambda rows: [({**rows[0][0], "gas_hazard": "严重"}, rows[0][1]), *rows[1:]])
    quietly(settings, town.write(only=["houses"]))
    touched = in_lake(settings, "SELECT DISTINCT layer, object_id FROM lake.table_changes('receipt', 2, 2) WHERE layer = 'houses'")
    assert touched == [("houses", "H000")]
