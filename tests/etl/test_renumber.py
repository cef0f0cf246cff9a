"""Map features numbered afresh: gaps close, days before keep their colours, and a killed run is made good by the next."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from data.settings import Settings
from data.store.serving import current, on_show
from etl.core.publish import rollback
from etl.core.repaint import repaint
from layers.core.blobs import read_blob
from layers.core.days import days_of
from tests.etl.repainting import EXPIRED, OVERDUE, at, colours, loads_shown, painted
from tests.etl.tiny_town import few_layers, home_of, houses, quietly, tiny_town


def numbered(settings: Settings) -> dict[str, tuple[int, bool]]:
    rows = on_show(settings, "SELECT key, ordinal, live FROM ordinals WHERE table_name = 'house'") or ()
    return {key: (ordinal, live) for key, ordinal, live in rows}


def colours_of_days(settings: Settings) -> dict[str, dict[str, int]]:
    """By day, the level of each house of today that the day's array knows."""
    shown = current(settings)
    assert shown is not None
    numbers = {key: ordinal for key, (ordinal, live) in numbered(settings).items() if live}
    out = {}
    for day in days_of(json.loads(shown.manifest.read_text()), settings.pack):
        raw = read_blob(settings.pack, day["layers"]["houses"]["array"]["name"])
        out[day["as_of"]] = {key: raw[ordinal] for key, ordinal in numbers.items() if ordinal < len(raw) and raw[ordinal] != 255}
    return out


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run-time folder with a town of which five houses have gone, seen two days later; and the delivery without them."""
    folder = tmp_path_factory.mktemp("gaps")
    settings, delivery = home_of(folder), tiny_town(folder / "in")
    quietly(settings, delivery.write())
    delivery.datasets["houses"] = ("house", houses()[5:])
    delivery.delivered_at = date(2026, 10, 1)
    file = delivery.write(only=["houses"])
    quietly(settings, file)
    painted(settings, OVERDUE)
    return settings.home, file


@pytest.fixture
def with_gaps(gaps: tuple[Path, Path], tmp_path: Path) -> tuple[Settings, Callable[[], None]]:
    """A copy of it, and the same delivery once more."""
    home, file = gaps
    settings = home_of(tmp_path)
    shutil.copytree(home, settings.home)
    return settings, lambda: quietly(settings, file)


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def killed_before_its_publish(town: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renumbering that has come as far as the lake."""
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr("etl.core.repaint.publish", interrupted)
        painted(town, OVERDUE, renumber=True)


def test_numbering_afresh_closes_the_gaps_and_the_days_before_keep_their_colours(
    with_gaps: tuple[Settings, Callable[[], None]],
) -> None:
    town, deliver_again = with_gaps
    days, before, levels = colours_of_days(town), numbered(town), colours(town)
    assert days and sum(not live for _, live in before.values()) == 5
    done = painted(town, OVERDUE, renumber=True)
    after = numbered(town)
    assert done.changed and sorted(ordinal for ordinal, _ in after.values()) == list(range(len(before) - 5))
    assert all(live for _, live in after.values()) and colours(town) == levels
    assert colours_of_days(town) == days
    shown = current(town)
    deliver_again()
    assert current(town) == shown, "the same delivery once more is nothing new"
    assert rollback(town, at(OVERDUE))[1] < done.snapshot - 1, "back lies the load before, not the same one in its old numbers"


def test_a_renumbering_that_is_killed_before_its_publish_is_done_by_the_next(
    with_gaps: tuple[Settings, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, _ = with_gaps
    days = colours_of_days(town)
    killed_before_its_publish(town, monkeypatch)
    assert sum(not live for _, live in numbered(town).values()) == 5
    painted(town, OVERDUE)
    assert all(live for _, live in numbered(town).values()) and colours_of_days(town) == days


def test_a_delivery_that_makes_good_a_killed_renumbering_is_a_load_and_rollback_goes_to_the_one_before(
    with_gaps: tuple[Settings, Callable[[], None]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    town, _ = with_gaps
    before = current(town)
    assert before is not None
    killed_before_its_publish(town, monkeypatch)
    later = tiny_town(tmp_path / "later")
    later.datasets["houses"] = ("house", houses()[6:])
    later.delivered_at = date(2026, 10, 2)
    quietly(town, later.write(only=["houses"]))
    shown = current(town)
    assert shown is not None and all(live for _, live in numbered(town).values())
    assert loads_shown(town)[shown.snapshot] == shown.snapshot
    assert rollback(town, at(OVERDUE)) == (shown.snapshot, before.snapshot)


def test_the_same_delivery_once_more_publishes_a_killed_renumbering_as_the_repaint_that_it_is(
    with_gaps: tuple[Settings, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, deliver_again = with_gaps
    killed_before_its_publish(town, monkeypatch)
    deliver_again()
    assert all(live for _, live in numbered(town).values())
    assert set(loads_shown(town).values()) == {1, 2}
    assert rollback(town, at(OVERDUE))[1] == 1


def test_a_correction_after_a_rollback_past_a_renumbering_is_a_load_of_its_own(
    with_gaps: tuple[Settings, Callable[[], None]], tmp_path: Path
) -> None:
    town, _ = with_gaps
    renumbered = painted(town, OVERDUE, renumber=True).snapshot
    assert rollback(town, at(OVERDUE))[1] == 1
    correction = tiny_town(tmp_path / "later")
    correction.datasets["houses"] = ("house", houses()[1:])
    correction.delivered_at = date(2026, 10, 2)
    quietly(town, correction.write(only=["houses"]))
    shown = current(town)
    assert shown is not None
    assert loads_shown(town) == {1: 1, renumbered - 1: 2, renumbered: 2, shown.snapshot: shown.snapshot}
    assert rollback(town, at(OVERDUE)) == (shown.snapshot, renumbered)


@pytest.mark.parametrize("renumber", [False, True])
def test_lost_colours_of_earlier_days_stop_nothing_and_are_said(with_gaps: tuple[Settings, Callable[[], None]], renumber: bool) -> None:
    town, _ = with_gaps
    painted(town, EXPIRED)
    shown = current(town)
    assert shown is not None
    manifest = json.loads(shown.manifest.read_text())
    days = days_of(manifest, town.pack)
    gone = days[0]["layers"]["houses"]["array"]["name"] if renumber else manifest["days"]["name"]
    (town.pack / f"{gone}.gz").unlink()
    said = io.StringIO()
    later = replace(town, now=at(EXPIRED + timedelta(days=1)))
    done = repaint(later, Console(file=said, width=200), layers=few_layers(), renumber=renumber)
    assert gone in said.getvalue() and "left out" in said.getvalue() and "不再显示" in said.getvalue()
    assert done.changed and (current(town) or shown).snapshot == done.snapshot
    new = json.loads((town.pack / f"v{done.snapshot}.json").read_text())
    left = {day["as_of"] for day in days_of(new, town.pack) if "houses" in day["layers"]}
    assert left == ({day["as_of"] for day in days[1:]} | {str(EXPIRED)} if renumber else {str(EXPIRED)})
    assert not repaint(later, Console(quiet=True), layers=few_layers()).changed, "nothing is half done"
