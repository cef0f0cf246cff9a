"""Colours of earlier days: what a manifest remembers of those before it, and what a new numbering does to them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.core.blobs import read_blob, store
from layers.core.days import KEPT, Renumbered, day_blobs, days_of, with_days
from layers.core.pack import prune_pack

USE = [{"index": 1, "code": "home"}, {"index": 2, "code": "shop"}]


def array(folder: Path, *values: int) -> dict[str, Any]:
    made = store(folder, bytes(values), "array")
    return {"name": made.name, "bytes": made.size}


def manifest(folder: Path, *levels: int, table: str = "house", classes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    themes = [{"name": "use", "array": array(folder, *(2 for _ in levels)), "classes": classes or USE}]
    layer = {
        "name": "houses",
        "table": table,
        "array": array(folder, *levels),
        "counts": [levels.count(n) for n in range(6)],
        "themes": themes,
    }
    return {"tilesets": {}, "layers": [layer]}


def shown(folder: Path, day: dict[str, Any], theme: str | None = None) -> list[int]:
    layer = day["layers"]["houses"]
    return list(read_blob(folder, (layer["themes"][theme] if theme else layer["array"])["name"]))


def test_a_manifest_knows_the_days_before_it_and_of_several_for_one_day_the_last(tmp_path: Path) -> None:
    first = with_days(manifest(tmp_path, 1, 1), None, "2026-10-01", tmp_path)
    assert first["as_of"] == "2026-10-01" and "days" not in first
    corrected = with_days(manifest(tmp_path, 1, 2), first, "2026-10-01", tmp_path)
    assert "days" not in corrected, "it takes the place of the first"
    third = with_days(manifest(tmp_path, 3, 4, 5), corrected, "2026-10-02", tmp_path)
    fourth = with_days(manifest(tmp_path, 5, 5, 5), third, "2026-10-05", tmp_path)
    days = days_of(fourth, tmp_path)
    assert [(day["as_of"], shown(tmp_path, day)) for day in days] == [("2026-10-01", [1, 2]), ("2026-10-02", [3, 4, 5])]
    assert (days[1]["layers"]["houses"]["counts"], fourth["days"]["n"]) == ([0, 0, 0, 1, 1, 1], 2)


def test_after_a_rollback_the_days_are_those_of_what_was_on_show(tmp_path: Path) -> None:
    first = with_days(manifest(tmp_path, 1), None, "2026-10-01", tmp_path)
    with_days(manifest(tmp_path, 2), first, "2026-10-02", tmp_path)  # taken back
    corrected = with_days(manifest(tmp_path, 3), first, "2026-10-03", tmp_path)
    assert [day["as_of"] for day in days_of(corrected, tmp_path)] == ["2026-10-01"]


def test_a_month_of_days_is_kept(tmp_path: Path) -> None:
    last = None
    for day in range(KEPT + 3):
        last = with_days(manifest(tmp_path, day % 6), last, f"2026-10-{day + 1:02}", tmp_path)
    assert last
    assert [day["as_of"][-2:] for day in days_of(last, tmp_path)] == [f"{day + 1:02}" for day in range(2, KEPT + 2)]


@pytest.mark.parametrize("changed", [{"table": "lot"}, {"classes": [{"index": 1, "code": "barn"}, {"index": 2, "code": "mill"}]}])
def test_what_means_something_else_today_is_not_shown_of_the_days_before(tmp_path: Path, changed: dict[str, Any]) -> None:
    first = with_days(manifest(tmp_path, 1), None, "2026-10-01", tmp_path)
    second = with_days(manifest(tmp_path, 2, **changed), first, "2026-10-02", tmp_path)
    third = with_days(manifest(tmp_path, 3, **changed), second, "2026-10-03", tmp_path)
    kept = [day["layers"].get("houses", {}).get("themes") for day in days_of(third, tmp_path)]
    assert kept == ([None, {"use": array(tmp_path, 2)}] if "table" in changed else [{}, {"use": array(tmp_path, 2)}])


@pytest.mark.parametrize(
    ("codes", "shown_as"),
    [
        (("home", "shop", "barn"), [2, 1, 0, 255]),  # a class more, behind
        (("barn", "home", "shop"), [3, 2, 0, 255]),  # a class more, before
        (("shop", "home"), [1, 2, 0, 255]),
        (("home",), [0, 1, 0, 255]),  # a class is gone: not stated
    ],
)
def test_a_theme_whose_classes_differ_keeps_its_earlier_days_by_the_codes_of_the_classes(
    tmp_path: Path, codes: tuple[str, ...], shown_as: list[int]
) -> None:
    first = manifest(tmp_path, 1, 1, 1, 1)
    first["layers"][0]["themes"][0]["array"] = array(tmp_path, 2, 1, 0, 255)
    classes = [{"index": number, "code": code} for number, code in enumerate(codes, 1)]
    second = with_days(
        manifest(tmp_path, 5, classes=classes), with_days(first, None, "2026-10-01", tmp_path), "2026-10-02", tmp_path
    )  # fmt: skip
    assert shown(tmp_path, days_of(second, tmp_path)[0], "use") == shown_as


def test_an_array_whose_classes_have_kept_their_numbers_is_not_even_read(tmp_path: Path) -> None:
    first = with_days(manifest(tmp_path, 1), None, "2026-10-01", tmp_path)
    told = first["layers"][0]["themes"][0]["array"]
    (tmp_path / f"{told['name']}.gz").unlink()
    more = [*USE, {"index": 3, "code": "barn"}]
    second = with_days(manifest(tmp_path, 5, 5, classes=more), first, "2026-10-02", tmp_path)
    assert days_of(second, tmp_path)[0]["layers"]["houses"]["themes"] == {"use": told}


@pytest.mark.parametrize("harm", ["lost", "cut", "other"])
def test_days_that_cannot_be_read_any_more_are_left_out_and_said_and_the_next_ones_are_kept(tmp_path: Path, harm: str) -> None:
    first = with_days(manifest(tmp_path, 1), None, "2026-10-01", tmp_path)
    second = with_days(manifest(tmp_path, 2), first, "2026-10-02", tmp_path)
    hurt(tmp_path / f"{second['days']['name']}.gz", harm)
    said: list[str] = []
    third = with_days(manifest(tmp_path, 3), second, "2026-10-03", tmp_path, say=said.append)
    assert [day["as_of"] for day in days_of(third, tmp_path)] == ["2026-10-02"]
    assert len(said) == 1 and second["days"]["name"] in said[0] and "早先日期" in said[0] and "earlier days" in said[0]
    assert prune_pack(tmp_path, [second, third]) >= 0, "nor is tidying stopped"


@pytest.mark.parametrize(("lost", "left"), [("levels", {}), ("theme", {"houses": {}})])
def test_a_lost_array_costs_a_new_numbering_one_layer_or_theme_of_that_day(
    tmp_path: Path, lost: str, left: dict[str, dict[str, Any]]
) -> None:
    before = with_days(manifest(tmp_path, 1, 2, 3), None, "2026-10-01", tmp_path)
    layer = before["layers"][0]
    hurt(tmp_path / f"{(layer if lost == 'levels' else layer['themes'][0])['array']['name']}.gz", "lost")
    said: list[str] = []
    numbers = {"house": Renumbered(np.array([2, 0]), np.array([0, 1]), 2)}
    after = with_days(manifest(tmp_path, 4, 4), before, "2026-10-02", tmp_path, numbers, said.append)
    (day,) = days_of(after, tmp_path)
    assert {name: colours["themes"] for name, colours in day["layers"].items()} == left
    assert left == {} or shown(tmp_path, day) == [3, 1]
    assert len(said) == 1 and "2026-10-01" in said[0] and "houses" in said[0] and "颜色" in said[0]


def hurt(file: Path, how: str) -> None:
    if how == "lost":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:12] if how == "cut" else gzip.compress(b"[]"))


def test_a_new_numbering_carries_the_days_over_and_leaves_out_what_is_gone(tmp_path: Path) -> None:
    before = with_days(manifest(tmp_path, 1, 2, 3), None, "2026-10-01", tmp_path)
    # Feature 1 is gone; 0 and 2 change places; the last came after that day.
    numbers = {"house": Renumbered(np.array([2, 0, 3]), np.array([0, 1, 2]), 3)}
    after = with_days(manifest(tmp_path, 4, 4, 4), before, "2026-10-02", tmp_path, numbers)
    (day,) = days_of(after, tmp_path)
    assert (shown(tmp_path, day), shown(tmp_path, day, "use")) == ([3, 1, 255], [2, 2, 255])


def test_pruning_keeps_the_arrays_of_the_days_that_a_manifest_still_shows(tmp_path: Path) -> None:
    first = with_days(manifest(tmp_path, 1, 2, 3), None, "2026-10-01", tmp_path)
    second = with_days(manifest(tmp_path, 3, 2, 3), first, "2026-10-02", tmp_path)
    store(tmp_path, b"of nobody", "array")
    assert prune_pack(tmp_path, [second]) == 1
    assert day_blobs(second, tmp_path) >= {second["days"]["name"], first["layers"][0]["array"]["name"]}
    assert shown(tmp_path, days_of(second, tmp_path)[0]) == [1, 2, 3]
