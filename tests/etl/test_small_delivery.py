"""A small delivery takes short cuts: only what changed is linked, compared and written. What is on show must not tell the difference."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.schema import TABLES
from data.settings import Settings
from data.store.lake import open_lake
from data.store.serving import ServingStore, current
from etl.core.publish import _copy_tables as copy_tables
from etl.core.run import Outcome
from tests.etl.tiny_town import TinyTown, box, home_of, id_number, people, quietly, tiny_town

Step = Callable[[TinyTown], list[str]]


def _roomy_town(folder: Path) -> TinyTown:
    """Houses, some with an area told, one of them wrongly; rooms, people in rooms, one without a house and one in a house that is not."""
    town = tiny_town(folder)
    town.change(
        "houses", lambda rows: [({**values, "area_code": "V1T1" if i in (3, 4) else ""}, shape) for i, (values, shape) in enumerate(rows)]
    )
    rooms = [{"room_id": f"R{i:03}", "house_id": f"H{i % 40:03}", "room_no": str(101 + i // 40)} for i in range(80)]
    town.datasets["rooms"] = ("room", rooms)
    town.change("people", lambda rows: [{**row, "室号": str(101 + i % 2)} for i, row in enumerate(rows)])
    town.change("people", lambda rows: [{**rows[0], "房屋编号": ""}, {**rows[1], "房屋编号": "NONE"}, *rows[2:]])
    town.options["people"] = "max_bad_share = 0.5"
    return town


def _people_change(town: TinyTown) -> list[str]:
    """One moves, one is renamed, one goes, one comes, and one has lost a digit."""
    new = {**people(1)[0], "公民身份号码": id_number(900), "房屋编号": "", "现住址": "第0村7号"}
    town.change("people", lambda rows: [{**rows[0], "房屋编号": "H011"}, {**rows[1], "姓名": "新"}, *rows[3:-1], new,
                                        {**rows[-1], "公民身份号码": "99011519800101"}])  # fmt: skip
    return ["people"]


def _houses_change(town: TinyTown) -> list[str]:
    """One moves into the next village, one gets another storey, one goes, one comes; of the two with a wrong area one is put right."""

    def changed(rows: list[Any]) -> list[Any]:
        moved, higher, _, kept, right, *rest = rows
        come = ({**higher[0], "house_id": "NEW", "address": "第0村99号"}, box(3000, 1500, 10, 9))
        return [(moved[0], box(2100, 1500, 10, 9)), ({**higher[0], "storeys": 3}, higher[1]), kept,
                ({**right[0], "area_code": ""}, right[1]),
                *rest, come]  # fmt: skip

    town.change("houses", changed)
    return ["houses"]


def _rooms_change(town: TinyTown) -> list[str]:
    """A room changes its house, one its number, one goes."""
    town.change("rooms", lambda rows: [{**rows[0], "house_id": "H020"}, {**rows[1], "room_no": "999"}, *rows[3:]])
    return ["rooms"]


def _a_second_register(town: TinyTown) -> list[str]:
    """Two people are in another register too, one of them verified later there."""
    rows = [{**people(20)[i], "核实日期": day, "房屋编号": f"H{i:03}"} for i, day in ((12, "2026-10-01"), (13, "2025-01-01"))]
    town.datasets["migrants"] = ("person", [*rows, {**rows[0], "公民身份号码": id_number(901)}])
    return ["migrants"]


STEPS: tuple[Step, ...] = (_people_change, _houses_change, _rooms_change, _a_second_register)


def _told(connection: duckdb.DuckDBPyConnection, database: str, leave: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Rows of every table as sorted text, without the columns to `leave`, by table or for all ("")."""
    columns: dict[str, list[str]] = {}
    found = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = 'main'"
    for table, column in connection.execute(found, [database]).fetchall():
        columns.setdefault(table, []).append(column)
    told: dict[str, list[str]] = {}
    for table, names in columns.items():
        listed = ", ".join(f'"{name}"' for name in sorted(names) if name not in (*leave.get("", ()), *leave.get(table, ())))
        rows = map(str, connection.execute(f"SELECT {listed} FROM {database}.{table}").fetchall())
        told[table] = sorted(row for row in rows if "published_at" not in row)
    return told


def _shown(settings: Settings, leave: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    store = ServingStore(settings)
    try:
        with store.read() as cursor:
            return _told(cursor, f"v{store.serving().snapshot}", leave)
    finally:
        store.close()


def _in_lake(settings: Settings) -> dict[str, list[str]]:
    with open_lake(settings) as lake:
        return _told(lake, "lake", {"receipt": ("computed_at",)})


def _returned(outcome: Outcome) -> tuple[list[str], Any]:
    """Names of the quarantine workbooks of a run, and what it says of its datasets and findings."""
    report = json.loads(outcome.report.read_text())
    told = [{key: value for key, value in dataset.items() if key != "quarantine"} for dataset in report["datasets"]]
    return sorted(path.name for path in (outcome.report.parent / "quarantine").glob("*")), (told, report["findings"], report["changes"])


@dataclass(frozen=True)
class Came:
    """What was on show, in the lake and returned after each step, and what was copied whole into the serving file."""

    settings: Settings
    states: list[Any]
    copied: list[set[str]]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    quietly(home_of(folder), _roomy_town(folder / "in").write())
    return folder / "home"


def _stepped(base: Path, folder: Path, patch: pytest.MonkeyPatch) -> tuple[Came, TinyTown]:
    shutil.copytree(base, folder / "home")
    town, came, names = _roomy_town(folder / "in"), Came(home_of(folder), [], []), set[str]()

    def noted(connection: Any, tables: Sequence[str]) -> None:
        names.update(tables)
        copy_tables(connection, tables)

    patch.setattr("etl.core.publish._copy_tables", noted)
    for number, step in enumerate(STEPS):
        town.delivered_at = date(2026, 10, 1 + number)
        names.clear()
        outcome = quietly(came.settings, town.write(only=step(town)))
        came.states.append((_shown(came.settings, {"receipt": ("computed_at",), "history": ("published_at",)}), _returned(outcome)))
        came.copied.append({*names})
    return came, town


@pytest.fixture(scope="module")
def short(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Came, TinyTown]]:
    with pytest.MonkeyPatch.context() as patch:
        yield _stepped(base, tmp_path_factory.mktemp("short"), patch)


def test_short_cuts_leave_the_lake_the_file_on_show_and_the_returned_rows_as_the_long_way_does(
    base: Path, short: tuple[Came, TinyTown], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etl.core.assemble._stage_changed", lambda *_: False)
    monkeypatch.setattr("etl.core.run.attach_shown", lambda *_: None)
    monkeypatch.setattr("etl.core.run.Since", lambda *_: None)
    long, _ = _stepped(base, tmp_path, monkeypatch)
    came, _ = short
    for step, one, other in zip(STEPS, came.states, long.states, strict=True):
        assert one == other, step.__name__
    assert _in_lake(came.settings) == _in_lake(long.settings)
    shown = [on_show for on_show, _ in came.states]
    assert len([row for row in shown[1]["contradiction"] if "area_disagrees" in row]) == 1, "of two, one was put right"
    assert len(shown[0]["fault"]) > 0 and len(shown[1]["unlinked"]) > 1
    assert any("person_in_two_registers" in row for row in shown[3]["contradiction"])


def test_small_deliveries_one_by_one_come_to_what_one_full_load_of_the_same_state_gives(
    short: tuple[Came, TinyTown], tmp_path: Path
) -> None:
    came, town = short
    full = home_of(tmp_path)
    quietly(full, town.write())
    leave = {"": ("delivered_at", "ordinal")}
    tables = (*TABLES, "contradiction", "unlinked", "coverage_qa", "fault", "rollup", "tree", "theme_rollup")
    one, other = _shown(came.settings, leave), _shown(full, leave)
    for name in tables:
        assert one[name] == other[name], name


def test_few_changed_rows_are_written_into_the_copied_file_and_no_table_of_the_town_anew(short: tuple[Came, TinyTown]) -> None:
    came, _ = short
    assert "rollup" in came.copied[0]
    assert not {"person", "house", "room", "area"} & came.copied[0]


@pytest.mark.parametrize("step", [_houses_change, _people_change])
def test_after_an_upgrade_that_brings_columns_one_dataset_alone_can_be_delivered(base: Path, tmp_path: Path, step: Step) -> None:
    shutil.copytree(base, tmp_path / "home")
    settings, town = home_of(tmp_path), _roomy_town(tmp_path / "in")
    lacking = (("house", "storeys"), ("person", "birth_date"), ("room", "room_no"), ("fault", "severity"))
    with open_lake(settings, read_only=False) as lake, duckdb.connect(str(current(settings).file)) as shown:
        for table, column in lacking:
            lake.execute(f"ALTER TABLE lake.{table} DROP COLUMN {column}")
            shown.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        lake.execute("DROP TABLE lake.override")
        shown.execute("DROP TABLE override")
    quietly(settings, town.write(only=step(town)))
    now = _shown(settings, {})
    assert now["override"] == [] and len(now["house"]) == 40 and len(now["person"]) >= 57
