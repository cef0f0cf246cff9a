"""A run as a whole: what it says, what stops it, and that a stop leaves the previous snapshot on show."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from data.errors import ContractError, OneScreenError, SettingsError, SourceError, StoreError
from data.settings import REPOSITORY, Settings
from data.store.serving import current, failures
from etl.__main__ import main
from etl.core.run import check_only, load
from etl.core.scratch import exclusive
from tests.etl.tiny_town import TinyTown, box, few_layers, home_of, in_lake, on_show, quietly, tiny_town


@pytest.fixture
def place(tmp_path: Path) -> tuple[Settings, TinyTown]:
    return home_of(tmp_path), tiny_town(tmp_path / "in")


def test_too_many_bad_rows_stop_the_run_with_counts_and_the_snapshot_before_stays(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    quietly(settings, town.write())
    town.change("people", lambda rows: [{**row, "公民身份号码": "123"} for row in rows[:30]] + rows[30:])
    with pytest.raises(ContractError, match=r"30 of 60 rows were refused \(50\.0%; the limit is 5\.0%\)"):
        quietly(settings, town.write())
    assert on_show(settings, "SELECT count(*) FROM person") == [(60,)]
    workbooks = list(settings.runs.glob("*/quarantine/*.xlsx"))
    assert len(workbooks) == 1, "the quarantine is written before the run stops"


def test_a_dataset_outside_of_the_town_is_refused_unless_forced(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    town.change("houses", lambda rows: [(values, box(40_000 + 20 * i, 0, 10, 9)) for i, (values, _) in enumerate(rows)])
    with pytest.raises(SourceError, match="inside the town"):
        quietly(settings, town.write())
    quietly(settings, town.write(), force_datum=["houses"])
    assert on_show(settings, "SELECT count(*) FROM house") == [(40,)]


def test_check_goes_all_the_way_and_changes_nothing(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    said = io.StringIO()
    outcome = check_only(settings, town.write(), Console(file=said, width=140), layers=few_layers())
    assert not outcome.changed
    assert current(settings) is None
    assert in_lake(settings, "SELECT max(snapshot_id) FROM lake.snapshots()") == [(0,)]
    assert "house +40" in said.getvalue()


def test_the_report_tells_datasets_systems_findings_and_villages(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    town.change("houses", lambda rows: [({**values, "occupancy": "空置"}, shape) for values, shape in rows])
    outcome = quietly(settings, town.write())
    told = json.loads(outcome.report.read_text())
    by_name = {dataset["name"]: dataset for dataset in told["datasets"]}
    assert (by_name["houses"]["rows"], by_name["houses"]["inserted"], by_name["houses"]["refused"]) == (40, 40, 0)
    assert "EPSG:4550" in by_name["houses"]["system"]
    assert any("100.0 % of 40 points fall inside the town" in line for line in by_name["houses"]["evidence"])
    assert by_name["people"]["mapping"]["name"] == ["姓名"]
    assert told["findings"]["contradiction"] == {"resident_in_vacant_house": 40}
    assert told["villages"] == {"第0村": {"resident_in_vacant_house": 20}, "第1村": {"resident_in_vacant_house": 20}}
    assert told["snapshot"] == 1
    assert not list(outcome.report.parent.glob("work.duckdb*")), "the scratch database is gone"


def test_a_commit_without_a_publish_is_published_by_the_next_run(place: tuple[Settings, TinyTown], monkeypatch: pytest.MonkeyPatch) -> None:
    settings, town = place
    path = town.write()

    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("etl.core.run.publish", broken)
        with pytest.raises(OSError, match="disk full"):
            quietly(settings, path)
    assert current(settings) is None
    outcome = quietly(settings, path)
    assert (outcome.snapshot, outcome.changed) == (1, True)
    assert on_show(settings, "SELECT count(*) FROM house") == [(40,)]
    assert on_show(settings, "SELECT count(*) FROM receipt") == in_lake(settings, "SELECT count(*) FROM lake.receipt")


def test_two_loads_at_once_are_one_too_many(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    with exclusive(settings), pytest.raises(StoreError, match=r"Another load is running \(process \d+\)"):
        quietly(settings, town.write())


def test_a_town_file_with_another_code_than_the_delivered_town_is_told_by_check_and_load(tmp_path: Path) -> None:
    town = tiny_town(tmp_path / "in")
    town.datasets = {"areas": town.datasets["areas"]}
    path = town.write()
    for code, told in (("T", False), ("X", True)):
        path.write_text(path.read_text(encoding="utf-8").replace('code = "T"', f'code = "{code}"'), encoding="utf-8")
        for number, verb in enumerate((check_only, load)):
            said = io.StringIO()
            verb(home_of(tmp_path / f"{code}{number}"), path, Console(file=said, width=400), layers=few_layers())
            assert ("[town] has the code 'X', and the delivered area of level 0 has 'T'" in said.getvalue()) == told
            assert ("0 级区划编码为 'T'" in said.getvalue()) == told


def test_an_installation_keeps_to_one_town(place: tuple[Settings, TinyTown], tmp_path: Path) -> None:
    settings, town = place
    quietly(settings, town.write())
    other = tiny_town(tmp_path / "other").write()
    other.write_text(other.read_text().replace('code = "T"', 'code = "U"'))
    with pytest.raises(StoreError, match="ONESCREEN_HOME"):
        quietly(settings, other)


def test_real_data_once_loaded_keeps_the_installation_real(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    path = town.write()
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    with pytest.raises(OneScreenError):
        quietly(settings, path)  # the ID numbers of the tiny town are of no province: real deliveries may not have them
    town.datasets.pop("people")
    path = town.write()
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    quietly(settings, path)
    town.delivered_at = date(2026, 10, 1)
    town.change("houses", lambda rows: rows[1:])
    quietly(settings, town.write())
    assert on_show(settings, "SELECT value FROM town WHERE key = 'synthetic'") == [("false",)]


def test_a_new_rule_repaints_without_any_file(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    path = town.write()
    quietly(settings, path)
    outcome = load(settings, path, Console(file=io.StringIO()), layers=few_layers()[:1])
    assert outcome.changed
    assert in_lake(settings, "SELECT count(*) FROM lake.table_changes('house', 2, 2)") == [(0,)]


def test_places_in_degrees_minutes_and_seconds_and_as_text_are_understood(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    rows = [
        {"设施编号": f"F{i}", "设施类型": "摄像机", "经度": lon, "纬度": lat}
        for i, (lon, lat) in enumerate([("121.71", "31.205"), ("121°42′36″", "31°12′18″"), ("", ""), ("31.205", "121.71")])
    ]
    town.datasets["devices"] = ("facility", rows)
    town.options["devices"] = "max_bad_share = 0.6\naccept_outside = false"
    with pytest.raises(SourceError, match=r"66\.6 % of 3 points"):
        quietly(settings, town.write())
    town.change("devices", lambda rows: rows[:2])
    quietly(settings, town.write())
    found = on_show(settings, "SELECT round(ST_X(lonlat), 6), round(ST_Y(lonlat), 6) FROM facility")
    assert found == [(121.71, 31.205), (121.71, 31.205)]


def test_the_command_line_ends_with_a_sentence_and_not_with_a_traceback(place: tuple[Settings, TinyTown], tmp_path: Path) -> None:
    settings, town = place
    path = town.write()
    path.write_text(path.read_text().replace('table = "house"', 'tabel = "house"'))
    done = subprocess.run(
        [sys.executable, "-m", "etl", "load", str(path)], cwd=REPOSITORY, capture_output=True, text=True,
        env={"PATH": "/usr/bin", "ONESCREEN_HOME": str(settings.home)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "tabel" in done.stderr
    assert "Did you mean 'table'" in done.stderr
    assert "Traceback" not in done.stderr
    assert main(["template", "house", str(tmp_path / "house.xlsx")], settings=settings) == 0
    assert (tmp_path / "house.xlsx").stat().st_size > 1000
    with pytest.raises(SettingsError):
        quietly(settings, path)


def test_a_code_list_that_changed_stops_the_load_keeps_the_snapshot_and_gives_the_rows_back(tmp_path: Path) -> None:
    settings, town = home_of(tmp_path), tiny_town(tmp_path / "in")
    quietly(settings, town.write())
    before = (settings.serving / "current.json").read_bytes()
    town.change("people", lambda rows: [{**row, "人口类别": "A类"} for row in rows])
    with pytest.raises(ContractError, match=r"60 of 60 values of the column '人口类别' \(category\).*'A类' \(60\)"):
        quietly(settings, town.write())
    assert (settings.serving / "current.json").read_bytes() == before
    assert [path.name for path in settings.runs.glob("*/quarantine/*")] == ["people-people-提示.xlsx"]


def test_a_failed_load_is_remembered_for_its_datasets_until_they_are_loaded(tmp_path: Path) -> None:
    settings, town = home_of(tmp_path), tiny_town(tmp_path / "in")
    quietly(settings, town.write())
    assert failures(settings) == {}
    good = town.datasets["houses"]
    town.change("houses", lambda rows: [({**values, "storeys": "many", "house_id": ""}, shape) for values, shape in rows])
    with pytest.raises(ContractError):
        quietly(settings, town.write())
    assert set(failures(settings)) == {"houses"}, "what had not changed was not touched"
    assert "houses" in failures(settings)["houses"]["why"]["en"]
    town.datasets["houses"] = good
    assert not quietly(settings, town.write(only=["people"])).changed
    assert set(failures(settings)) == {"houses"}
    quietly(settings, town.write(only=["houses"]))
    assert failures(settings) == {}
