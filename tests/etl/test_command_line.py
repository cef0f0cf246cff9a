"""What the command line prints: both languages, and the text of files as it stands there."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from data.errors import StoreError
from data.settings import Settings
from data.store.lake import open_lake
from etl.__main__ import main
from etl.core.report import Report
from tests.etl.tiny_town import TinyTown, home_of, quietly, tiny_town


@pytest.fixture
def place(tmp_path: Path) -> tuple[Settings, TinyTown]:
    return home_of(tmp_path), tiny_town(tmp_path / "in")


def printed(capsys: pytest.CaptureFixture[str], settings: Settings, *words: object) -> tuple[int, list[str]]:
    """Exit code and lines on the error stream."""
    code = main([str(word) for word in words], settings=settings)
    return code, capsys.readouterr().err.splitlines()


def test_brackets_in_a_message_and_its_remedy_are_printed_as_they_stand(
    place: tuple[Settings, TinyTown], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, town = place
    path = town.write()
    path.write_text(path.read_text().replace("[town]", '[town]\nsynthetik = "[/b] :warning:"', 1))
    code, lines = printed(capsys, settings, "load", path)
    assert code == 1
    assert any("'synthetik' in [town]" in line for line in lines), lines


@pytest.mark.parametrize("name", ["a[/b]c.toml", "[red].toml", ":warning:.toml"])
def test_a_path_that_looks_like_markup_is_printed_and_does_not_end_in_a_traceback(
    place: tuple[Settings, TinyTown], capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    code, lines = printed(capsys, place[0], "load", tmp_path / name)
    assert code == 1 and any(name in line for line in lines), lines
    book = tmp_path / f"{name.removesuffix('.toml').replace('/', '')}.xlsx"
    assert main(["template", "house", str(book)], settings=place[0]) == 0
    assert book.name in capsys.readouterr().out


def test_an_error_is_printed_in_chinese_and_below_in_english_each_with_its_remedy(
    place: tuple[Settings, TinyTown], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StoreError("The disk is [full].", remedy="Make room.", zh="磁盘[已满]。", zh_remedy="请腾出空间。")

    monkeypatch.setattr("etl.core.upkeep.status", broken)
    assert printed(capsys, place[0], "status") == (1, ["× 磁盘[已满]。", "  请腾出空间。", "  The disk is [full].", "  Make room."])

    def only_english(*_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr("etl.core.upkeep.status", only_english)
    assert printed(capsys, place[0], "status") == (1, ["× The disk is full."])


def test_names_of_files_and_datasets_stand_in_tables_and_bars_as_they_are(
    place: tuple[Settings, TinyTown], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, town = place
    quietly(settings, town.write())
    with open_lake(settings, read_only=False) as lake:
        lake.execute("UPDATE lake.dataset SET file = 'a[/b].csv' WHERE name = 'people'")
    assert main(["status"], settings=settings) == 0
    assert "a[/b].csv" in capsys.readouterr().out
    told = io.StringIO()
    report = Report(Console(file=told, width=140, force_terminal=True))
    with report.stage("read", "x[/b]"):
        assert report._progress is not None
        report._progress.refresh()
    report.close()
    report.datasets.append({"name": "y[/b]", "table": "house"})
    report.summary()
    assert "x[/b]" in told.getvalue() and "y[/b]" in told.getvalue()


@pytest.mark.parametrize("once", [["--renumber"], ["--as-of", "2026-10-01"]])
def test_what_is_meant_for_one_repaint_is_refused_beside_daily_in_both_languages(
    place: tuple[Settings, TinyTown], capsys: pytest.CaptureFixture[str], once: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["repaint", "--daily", *once], settings=place[0])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and f"{once[0]} 不能与 --daily 同用" in said and f"{once[0]} does not go with --daily" in said
