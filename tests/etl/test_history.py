"""The history of colours: taken over at every publish, true to what was on show, and mended where older files had none."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from data.settings import Settings
from data.store.duck import connect, text
from data.store.serving import current, kept
from etl.core.publish import rollback
from tests.etl.tiny_town import TinyTown, home_of, houses, on_show, quietly, tiny_town

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TOTALS = "SELECT snapshot, as_of, sum(n)::BIGINT FROM history WHERE layer = 'houses' AND area_code = 'T' GROUP BY ALL ORDER BY 1"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two deliveries, of 40 and of 35 houses, of which one serving file is kept."""
    folder = tmp_path_factory.mktemp("delivered")
    settings, town = home_of(folder, keep_snapshots=1), tiny_town(folder / "in")
    quietly(settings, town.write())
    deliver(settings, town, date(2026, 10, 1), 5)
    return settings.home


@pytest.fixture
def home(delivered: Path, tmp_path: Path) -> tuple[Settings, TinyTown]:
    """The same in a copy that a test may deliver to."""
    settings = home_of(tmp_path, keep_snapshots=1)
    shutil.copytree(delivered, settings.home)
    return settings, tiny_town(tmp_path / "in")


def deliver(settings: Settings, town: TinyTown, day: date, left_out: int) -> None:
    town.delivered_at = day
    town.datasets["houses"] = ("house", houses()[left_out:])
    quietly(settings, town.write(only=["houses"]))


def test_a_pruned_snapshot_stays_in_the_history(home: tuple[Settings, TinyTown]) -> None:
    settings, _ = home
    assert kept(settings) == [2]
    assert on_show(settings, TOTALS) == [(1, date(2026, 9, 23), 40), (2, date(2026, 10, 1), 35)]
    villages = on_show(settings, "SELECT DISTINCT area_code FROM history ORDER BY 1")
    assert villages == [("T",), ("V0",), ("V1",)], "the town and what lies one level below it, no teams"


def test_of_two_deliveries_for_one_day_the_later_one_counts(home: tuple[Settings, TinyTown]) -> None:
    settings, town = home
    deliver(settings, town, date(2026, 10, 1), 10)
    assert on_show(settings, TOTALS) == [(1, date(2026, 9, 23), 40), (3, date(2026, 10, 1), 30)]


def test_a_snapshot_that_was_taken_back_is_no_part_of_the_history(home: tuple[Settings, TinyTown]) -> None:
    settings, town = home
    settings = replace(settings, keep_snapshots=5)
    deliver(settings, town, date(2026, 10, 9), 20)
    rollback(settings, AT, 2)
    assert [row[0] for row in on_show(settings, TOTALS)] == [1, 2]
    deliver(settings, town, date(2026, 10, 20), 30)
    assert on_show(settings, TOTALS)[1:] == [(2, date(2026, 10, 1), 35), (4, date(2026, 10, 20), 10)]


def test_files_from_before_there_was_a_history_give_what_they_know(home: tuple[Settings, TinyTown]) -> None:
    settings, town = home
    settings = replace(settings, keep_snapshots=5)
    shown = current(settings)
    assert shown is not None
    with connect() as connection:
        connection.execute(f"ATTACH {text(shown.file)} AS old")
        connection.execute("DROP TABLE old.history")
    deliver(settings, town, date(2026, 10, 20), 30)
    assert on_show(settings, TOTALS) == [(2, date(2026, 10, 1), 35), (3, date(2026, 10, 20), 10)]
