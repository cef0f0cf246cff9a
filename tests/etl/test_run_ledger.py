"""The ledger of runs: every run leaves a line, whatever came of it, and workbooks leave only by the names that stand there."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.errors import ContractError, StoreError
from data.settings import Settings
from data.store.runs import INTERRUPTED, LEDGER, in_use, note_run, runs, there, workbook
from data.store.serving import FAILED, failures
from etl.core import scratch
from tests.etl.tiny_town import TinyTown, home_of, quietly, tiny_town


@pytest.fixture
def place(tmp_path: Path) -> tuple[Settings, TinyTown]:
    return home_of(tmp_path), tiny_town(tmp_path / "in")


def spoil(town: TinyTown, count: int) -> None:
    town.change("people", lambda rows: [{**row, "公民身份号码": "123"} for row in rows[:count]] + rows[count:])


def test_a_load_a_load_of_nothing_new_and_a_failed_one_each_leave_a_line(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    spoil(town, 1)
    quietly(settings, town.write())
    quietly(settings, town.write())
    spoil(town, 30)
    with pytest.raises(ContractError):
        quietly(settings, town.write())
    failed, idle, loaded = runs(settings)
    assert [run.result for run in (failed, idle, loaded)] == ["failed", "unchanged", "published"]
    told = loaded.dataset("people")
    assert told is not None and (told["rows"], told["refused"], told["inserted"]) == (60, 1, 59)
    assert loaded.seconds > 0 and loaded.snapshot and len(told["evidence"]) == len(told["evidence_zh"])
    assert idle.touched == () and idle.error == ""
    assert (failed.error, failed.touched, failed.snapshot) == ("ContractError", ("people",), None)
    assert "30 of 60" in failed.message["en"] and "workbook" in failed.remedy["en"]
    assert there(settings, failed, "people") and there(settings, loaded, "people")


def test_a_failure_is_kept_in_both_languages_and_one_of_before_in_english_alone(
    place: tuple[Settings, TinyTown], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, town = place

    def broken(*_: Any) -> None:
        raise StoreError("The disk is full.", remedy="Make room.", zh="磁盘已满。", zh_remedy="请腾出空间。")

    monkeypatch.setattr("etl.core.run.link", broken)
    note_run(settings, line("old", result="failed") | {"message": "Too bad.", "remedy": "Mend it."})
    with pytest.raises(StoreError):
        quietly(settings, town.write())
    run, old = runs(settings)
    why, remedy = {"zh": "磁盘已满。", "en": "The disk is full."}, {"zh": "请腾出空间。", "en": "Make room."}
    assert (run.message, run.remedy) == (why, remedy)
    assert (old.message, old.remedy) == ({"zh": "", "en": "Too bad."}, {"zh": "", "en": "Mend it."})
    report = json.loads((settings.runs / run.run / "report.json").read_text())
    assert (report["why"], report["remedy"]) == (why, remedy)
    assert failures(settings)["people"]["why"] == why
    (settings.serving / FAILED).write_text(json.dumps({"houses": {"at": "2026-11-22T01:00:00+00:00", "run": "r", "why": "Too bad."}}))
    assert failures(settings)["houses"]["why"] == {"zh": "", "en": "Too bad."}


def test_the_run_after_a_killed_one_notes_it_once_as_interrupted(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    start = datetime(2026, 11, 22, 3, tzinfo=UTC)
    with scratch.scratch(settings, start, kind="check") as work:
        left = work.folder.with_name("aside")
        shutil.copytree(work.folder, left)  # as a killed run leaves it
        (left / "work.duckdb").write_text("half")
    quietly(settings, town.write())
    quietly(settings, town.write())
    *loads, killed = runs(settings)
    assert [run.result for run in loads] == ["unchanged", "published"]
    assert (killed.run, killed.kind, killed.started_at) == (work.run_id, "check", start)
    assert (killed.result, killed.error, killed.touched) == ("failed", INTERRUPTED, ())
    assert "中断" in killed.message["zh"] and "interrupted" in killed.message["en"] and not left.exists()


def test_an_error_that_nobody_foresaw_is_named_and_not_quoted(place: tuple[Settings, TinyTown], monkeypatch: pytest.MonkeyPatch) -> None:
    settings, town = place

    def broken(*_: Any) -> None:
        raise RuntimeError("could not convert 990115198001010018")

    monkeypatch.setattr("etl.core.run.link", broken)
    with pytest.raises(RuntimeError):
        quietly(settings, town.write())
    (run,) = runs(settings)
    assert (run.result, run.error, run.message) == ("failed", "RuntimeError", {"zh": "", "en": ""})
    assert "990115198001010018" not in (settings.runs / LEDGER).read_text()


def test_the_ledger_holds_no_value_of_a_refused_row(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    town.change("people", lambda rows: [{**rows[0], "姓名": "王大山", "公民身份号码": "99011519800101777X"}, *rows[1:]])
    quietly(settings, town.write())
    ledger = (settings.runs / LEDGER).read_text()
    assert '"refused": 1' in ledger and "王大山" not in ledger and "99011519800101777X" not in ledger


def line(
    run: str, *, result: str = "published", touched: tuple[str, ...] = ("people",), books: tuple[str, ...] = ("a.xlsx",)
) -> dict[str, Any]:
    datasets = [{"name": name, "refused": 1, "quarantine": list(books)} for name in touched]
    return {
        "run": run, "kind": "load", "started_at": datetime(2026, 11, 22, tzinfo=UTC), "seconds": 1, "result": result, "snapshot": None,
        "delivered_at": "2026-11-22", "touched": list(touched), "datasets": datasets, "error": "", "message": "", "remedy": "",
    }  # fmt: skip


def put(settings: Settings, run: str, name: str = "a.xlsx") -> Path:
    folder = settings.runs / run / "quarantine"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("rows")
    return folder / name


@pytest.mark.parametrize(
    ("run", "name"),
    [("one", "b.xlsx"), ("one", "../quarantine/a.xlsx"), ("one", "../../../secret"), ("..", "a.xlsx"), ("two", "a.xlsx"), ("one", "")],
)
def test_only_a_name_that_its_run_lists_opens_a_file(tmp_path: Path, run: str, name: str) -> None:
    settings = Settings(home=tmp_path)
    note_run(settings, line("one"))
    good = put(settings, "one")
    put(settings, "one", "b.xlsx")
    put(settings, "two")
    (tmp_path / "secret").write_text("x")
    assert workbook(settings, "one", "a.xlsx") == good
    assert workbook(settings, run, name) is None


def test_a_torn_line_is_passed_over_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert runs(settings) == []
    note_run(settings, line("one"))
    with (settings.runs / LEDGER).open("a") as ledger:
        ledger.write(json.dumps({"run": "torn"})[:-3])
    note_run(settings, line("two"))
    assert [run.run for run in runs(settings)] == ["two", "one"]


def test_workbooks_that_somebody_may_still_have_to_correct_outlive_the_tidying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path)
    monkeypatch.setattr(scratch, "KEPT_RUNS", 1)
    told = [
        ("r1", "published", ("houses", "people")), ("r2", "published", ("people",)), ("r3", "failed", ("people",)),
        ("r4", "published", ("people",)), ("r5", "unchanged", ()),
    ]  # fmt: skip
    for run, result, touched in told:
        note_run(settings, line(run, result=result, touched=touched))
        put(settings, run)
    assert in_use(settings) == {"r1", "r3", "r4"}
    scratch.sweep(settings)
    assert sorted(folder.name for folder in settings.runs.iterdir() if folder.is_dir()) == ["r1", "r3", "r4", "r5"]
    shutil.rmtree(settings.runs / "r1")
    assert there(settings, runs(settings)[-1], "houses") == []
