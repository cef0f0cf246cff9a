"""Levels set by hand, delivered like any other table: the rows that may stand are painted, the others say why not."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from data.settings import Settings
from etl.core.town_file import load_town_file
from tests.etl.tiny_town import TinyTown, home_of, on_show, quietly, tiny_town

DELIVERED = date(2026, 9, 23)


def by_hand(key: str, until: date, **values: str) -> dict[str, str]:
    usual = {"图层": "房屋", "对象编号": key, "等级": "黄", "设定人": "张建明", "设定理由": "鉴定中", "设定日期": ""}
    return {**usual, "有效期至": until.isoformat(), **values}


@pytest.fixture
def place(tmp_path: Path) -> tuple[Settings, TinyTown]:
    """Houses H000 to H039, all green or blue by the rules, and what the steward has set by hand."""
    town = tiny_town(tmp_path / "in")
    rows = [
        by_hand("H000", DELIVERED + timedelta(days=90)),
        by_hand("H001", DELIVERED + timedelta(days=91)),
        by_hand("H002", DELIVERED + timedelta(days=60), 设定日期="2026-06-01"),
        by_hand("H003", DELIVERED, 设定理由=""),
        by_hand("H004", DELIVERED - timedelta(days=1)),
        by_hand("H005", DELIVERED, 等级="紫"),
        by_hand("H006", DELIVERED, 图层="houses", 等级="红色"),
        by_hand("H007", DELIVERED, 图层="房子"),
        by_hand("GONE", DELIVERED),
    ]
    town.datasets["by_hand"] = ("override", rows)
    return home_of(tmp_path), town


def test_what_is_set_by_hand_is_painted_and_the_rest_is_refused_with_its_reason(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    quietly(settings, town.write())
    set_by_hand = "SELECT object_id, level, override_by, override_why, override_until FROM receipt WHERE override_by IS NOT NULL ORDER BY 1"
    assert on_show(settings, set_by_hand) == [
        ("H000", 3, "张建明", "鉴定中", DELIVERED + timedelta(days=90)), ("H006", 1, "张建明", "鉴定中", DELIVERED),
    ]  # fmt: skip
    assert on_show(settings, "SELECT row, column_name, code FROM fault WHERE dataset = 'by_hand' ORDER BY 1") == [
        (3, "override_until", "too_far_apart"), (4, "override_until", "too_far_apart"), (5, "override_why", "required_missing"),
        (6, "override_until", "too_far_apart"), (7, "level", "unknown_code"),
    ]  # fmt: skip
    (told,) = on_show(settings, "SELECT reason_zh, severity FROM fault WHERE dataset = 'by_hand' AND row = 3")
    assert told == ("“设定有效期至”的值“2026-12-23”距起始日期不在0–90天之内", "refused")


def test_a_layer_or_an_object_that_does_not_exist_is_reported(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    quietly(settings, town.write())
    assert on_show(settings, "SELECT kind, key, other_key FROM contradiction WHERE table_name = 'override' ORDER BY 1") == [
        ("override_of_unknown_layer", "H007", "房子"), ("override_on_missing_object", "GONE", "房屋"),
    ]  # fmt: skip


def test_the_rules_decide_again_when_the_list_no_longer_names_an_object(place: tuple[Settings, TinyTown]) -> None:
    settings, town = place
    quietly(settings, town.write())
    town.change("by_hand", lambda rows: rows[6:7])
    quietly(settings, town.write(only=["by_hand"]))
    levels = "SELECT level, override_by FROM receipt WHERE object_id IN ('H000', 'H006') AND layer = 'houses' ORDER BY object_id"
    assert on_show(settings, levels) == [(5, None), (1, "张建明")]


def test_an_override_is_declared_as_any_dataset(place: tuple[Settings, TinyTown]) -> None:
    _, town = place
    (declared,) = [one for one in load_town_file(town.write()).datasets if one.name == "by_hand"]
    assert declared.table == "override" and declared.max_bad_share == 1.0
