"""Time alone turns colours: a repaint brings them to the day, once, whole, and beside everything else."""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from data.clock import Clock
from data.errors import StoreError
from data.process import while_process
from data.settings import REPOSITORY, Settings
from data.store.lake import open_lake
from data.store.serving import current, kept, on_show
from etl.core.daily import LOOK_S, RETRY_MOST_S, RETRY_S, rules_of_today, stay
from etl.core.publish import rollback
from etl.core.repaint import repaint
from etl.core.scratch import exclusive
from layers.core.colour import rule_version
from tests.etl.repainting import ALL_EXPIRED, EXPIRED, OVERDUE, QUIET, at, colours, loads_shown, painted
from tests.etl.tiny_town import few_layers, home_of, houses, in_lake, quietly, tiny_town

EXAMPLE = (REPOSITORY / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
LET = {f"H{i:03}" for i in range(3, 40, 4)}


def told(settings: Settings) -> dict[str, Any]:
    return {key: json.loads(value) for key, value in on_show(settings, "SELECT key, value FROM town") or ()}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run-time folder into which the tiny town has been loaded once for all tests."""
    folder = tmp_path_factory.mktemp("loaded")
    settings = home_of(folder)
    quietly(settings, tiny_town(folder / "in").write())
    return settings.home


@pytest.fixture
def town(loaded: Path, tmp_path: Path) -> Settings:
    settings = home_of(tmp_path)
    shutil.copytree(loaded, settings.home)
    return settings


def test_just_the_objects_whose_check_expires_change_colour_on_the_day_that_their_receipt_names(town: Settings) -> None:
    before = colours(town)
    named = on_show(town, f"SELECT object_id FROM receipt WHERE layer = 'houses' AND valid_until = DATE '{OVERDUE}'") or []
    assert {house for (house,) in named} == LET
    assert painted(town, QUIET).receipts == 0, "a day on which nothing expires changes no receipt"
    assert (colours(town), told(town)["as_of"]) == (before, str(QUIET))
    for day, level in ((OVERDUE, 3), (EXPIRED, 0)):
        assert painted(town, day).receipts == len(LET)
        after = colours(town)
        assert {house: after[house] for house in LET} == dict.fromkeys(LET, level)
        assert {house: after[house] for house in after.keys() - LET} == {house: before[house] for house in before.keys() - LET}
    painted(town, ALL_EXPIRED)
    assert set(colours(town).values()) == {0}


def test_a_second_repaint_of_the_day_does_nothing_and_says_so(town: Settings) -> None:
    first, pointer = painted(town, EXPIRED), current(town)
    said = io.StringIO()
    again = repaint(replace(town, now=at(EXPIRED, 23)), Console(file=said), layers=few_layers())
    assert (again.changed, again.snapshot) == (False, first.snapshot)
    assert "already" in said.getvalue()
    assert current(town) == pointer
    assert in_lake(town, "SELECT max(snapshot_id) FROM lake.snapshots()") == [(first.snapshot,)]


def test_a_repaint_is_what_a_whole_publish_would_have_made_of_that_day(town: Settings, tmp_path: Path) -> None:
    shown = current(town)
    assert shown
    geometry = json.loads(shown.manifest.read_text())["tilesets"]
    painted(town, EXPIRED)
    quick = _everything(town)
    assert json.loads((town.pack / f"v{quick[0]}.json").read_text())["tilesets"] == geometry
    assert in_lake(town, "SELECT object_id, level, reasons FROM lake.receipt ORDER BY ALL") == (
        on_show(town, "SELECT object_id, level, reasons FROM receipt ORDER BY ALL")
    ), "the lake holds just what is on show"
    (town.serving / "current.json").unlink()  # as if it had been killed before it was published: all has to be made anew
    assert painted(town, EXPIRED).receipts == 0
    assert _everything(town) == quick


def _everything(settings: Settings) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Number, digest of every table, and the map pack of what is on show."""
    shown = current(settings)
    assert shown
    # How it went before is known from the snapshot on show, which the test takes away.
    tables = on_show(settings, "SELECT table_name FROM duckdb_tables() WHERE table_name <> 'history' ORDER BY 1") or []
    where = {"town": "WHERE key <> 'published_at'"}
    digests = {name: str(on_show(settings, f"SELECT count(*), bit_xor(hash(t::VARCHAR)) FROM {name} t {where.get(name, '')}"))
               for (name,) in tables}  # fmt: skip
    manifest = json.loads(shown.manifest.read_text())
    return shown.snapshot, digests, {"tilesets": manifest["tilesets"], "layers": manifest["layers"]}


def test_a_lake_from_before_the_contract_grew_can_be_painted_anew(town: Settings) -> None:
    with open_lake(town, read_only=False) as lake:
        lake.execute("DROP TABLE lake.casework")
        lake.execute("ALTER TABLE lake.house DROP COLUMN danger_grade")
    (town.serving / "current.json").unlink()  # so that all has to be made from the lake
    assert painted(town, EXPIRED).changed
    assert on_show(town, "SELECT count(*), count(danger_grade), (SELECT count(*) FROM casework) FROM house") == [(40, 0, 0)]


def test_a_load_after_a_repaint_does_not_turn_the_clock_back(town: Settings, tmp_path: Path) -> None:
    painted(town, EXPIRED)
    later = tiny_town(tmp_path / "in")
    later.delivered_at = date(2026, 10, 1)
    later.datasets["houses"] = ("house", houses()[:39])
    quietly(town, later.write(only=["houses"]))
    assert told(town)["as_of"] == str(EXPIRED)
    assert len(colours(town)) == 39
    assert not painted(town, EXPIRED).changed


def test_only_days_from_the_last_delivery_to_today_have_colours(town: Settings) -> None:
    for day in (date(2026, 9, 22), QUIET + timedelta(days=1)):
        with pytest.raises(StoreError, match=f"Give a day from 2026-09-23, the last delivery, to {QUIET}"):
            painted(town, QUIET, as_of=day)
    assert painted(town, EXPIRED, as_of=QUIET).as_of == QUIET


def test_repaints_do_not_push_earlier_loads_out_and_rollback_goes_to_the_load_before(town: Settings, tmp_path: Path) -> None:
    later = tiny_town(tmp_path / "in")
    later.delivered_at = date(2026, 10, 1)
    later.datasets["houses"] = ("house", houses()[:39])
    quietly(town, later.write(only=["houses"]))
    settings = replace(town, keep_snapshots=2)
    for days in range(5):
        painted(settings, QUIET + timedelta(days=days))
    assert kept(settings) == [1, 6, 7], "the load before, and the newest two of this one"
    assert rollback(settings, at(EXPIRED)) == (7, 1)
    assert not painted(settings, ALL_EXPIRED).changed, "a rollback is an administrator's will"


def test_without_a_town_or_beside_a_load_it_is_refused(tmp_path: Path, town: Settings) -> None:
    with pytest.raises(StoreError, match="Nothing has been loaded yet"):
        painted(home_of(tmp_path / "empty"), QUIET)
    with exclusive(town), pytest.raises(StoreError, match="Another load is running"):
        painted(town, QUIET)


class QuickClock(Clock):
    """Sleeping takes no time."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.hour = at(QUIET, 20)

    def now(self) -> datetime:
        return self.hour.astimezone(UTC)

    def sleep(self, seconds: float) -> None:
        self.hour += timedelta(seconds=seconds)


def few_rules(_: Settings) -> str:
    return rule_version(few_layers())


def waited(settings: Settings, hours: float, attempt: Callable[[datetime], None], rules: Callable[[Settings], str] = few_rules) -> str:
    """What the daily repaint says while `hours` pass from eight in the evening."""
    clock, said = QuickClock(settings), io.StringIO()
    end = clock.hour + timedelta(hours=hours)
    stay(settings, Console(file=said, width=200), clock, lambda: clock.hour < end, lambda: attempt(clock.hour), rules)
    return said.getvalue()


def test_left_running_it_repaints_once_after_each_midnight_of_the_town(town: Settings) -> None:
    hours: list[datetime] = []

    def attempt(hour: datetime) -> None:
        hours.append(hour)
        repaint(replace(town, now=hour), Console(quiet=True), layers=few_layers())

    assert waited(town, 52, attempt) == ""
    assert [(hour.date() - QUIET, hour.hour, hour.minute) for hour in hours] == [
        (timedelta(0), 20, 0), (timedelta(days=1), 0, 0), (timedelta(days=2), 0, 0)
    ]  # fmt: skip
    assert told(town)["as_of"] == str(QUIET + timedelta(days=2))


def test_a_load_of_an_earlier_day_is_repainted_at_once_and_not_at_midnight(town: Settings, tmp_path: Path) -> None:
    hours: list[datetime] = []

    def attempt(hour: datetime) -> None:
        hours.append(hour)
        if len(hours) == 1:  # instead of repainting, something else is published: the colours stay those of the delivery
            later = tiny_town(tmp_path / "in")
            later.datasets["houses"] = ("house", houses()[:39])
            quietly(town, later.write(only=["houses"]))

    waited(town, 1, attempt)
    assert len(hours) == 2
    assert hours[1] - hours[0] == timedelta(seconds=LOOK_S)


def test_a_layer_file_that_is_added_or_changed_is_painted_at_the_start_and_after_midnight_though_the_day_is_the_same(
    town: Settings, tmp_path: Path
) -> None:
    painted(town, QUIET)
    file = tmp_path / "own" / "old_houses.py"
    file.parent.mkdir()
    own = replace(town, layers=file.parent)
    hours: list[datetime] = []

    def attempt(hour: datetime) -> None:
        hours.append(hour)
        repaint(replace(own, now=hour), Console(quiet=True))
        if len(hours) == 1:
            file.write_text(EXAMPLE.replace("1980", "1990"), encoding="utf-8")

    file.write_text(EXAMPLE, encoding="utf-8")
    assert waited(own, 2, attempt, rules_of_today) == ""
    assert [hour.hour for hour in hours] == [20, 20], "once at the start, and once since the file was another after that repaint"
    assert waited(own, 1, attempt, rules_of_today) == "" and len(hours) == 2, "nothing is left to do"
    assert on_show(town, "SELECT count(*) FROM paint_old_houses") == [(40,)]


def test_an_error_is_one_line_and_another_attempt_later(town: Settings) -> None:
    hours: list[datetime] = []

    def attempt(hour: datetime) -> None:
        hours.append(hour)
        raise OSError("No space left on device\nand more")

    said = waited(town, 3.99, attempt).splitlines()
    assert all(line.endswith("No space left on device") for line in said)
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(hours)]
    assert gaps == [min(RETRY_S * 2**i, RETRY_MOST_S) for i in range(len(gaps))]
    assert len(said) == len(hours) >= 6


def test_it_ends_with_the_process_beside_it(town: Settings) -> None:
    alone = subprocess.Popen([sys.executable, "-c", ""])
    alone.wait()
    assert not while_process(alone.pid)()
    assert while_process(os.getpid())()
    assert while_process(None)()


def test_a_repaint_by_other_rules_is_a_repaint_of_the_same_load(town: Settings) -> None:
    painted(town, QUIET)
    repaint(replace(town, now=at(QUIET)), Console(quiet=True), layers=few_layers()[:1])
    assert len(loads_shown(town)) > 1 and set(loads_shown(town).values()) == {1}
