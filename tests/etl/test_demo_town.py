"""The demonstration town through the real load: exactly the seeded faults are found, and every figure agrees with the others."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from data.settings import Settings
from data.store.serving import ServingStore
from etl.core.run import load
from layers.core.query_cards import event_names

Faults = list[dict[str, Any]]
Reports = dict[int, Faults]
TODAY = date(2026, 11, 22)
FOLDERS = ("1-base", "2-update", "3-update")
REPORTED = {"refused", "warning", "repaired"}


@pytest.fixture(scope="module")
def raw(deliveries: Path) -> Path:
    return deliveries


@pytest.fixture(scope="module")
def seeded(raw: Path) -> Faults:
    found: Faults = json.loads((raw / "faults.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def settings(updated: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The town after two deliveries, to load the third into."""
    own = shutil.copytree(updated, tmp_path_factory.mktemp("town") / "home")
    return Settings(home=own, now=datetime.fromisoformat("2026-11-22T09:42:00+08:00"))


@pytest.fixture(scope="module")
def loaded(raw: Path, settings: Settings, home: Path, updated: Path) -> Reports:
    """Delivery number → what its load reported. All three are loaded, oldest first."""
    assert load(settings, raw / FOLDERS[2] / "town.toml", Console(quiet=True)).changed
    reports: Reports = {}
    for number, place in enumerate((home, updated, settings.home), start=1):
        store = ServingStore(replace(settings, home=place))
        reports[number] = rows(store, "SELECT f.*, d.delivered_at FROM fault f JOIN dataset d ON d.name = f.dataset")
        store.close()
    return reports


@pytest.fixture(scope="module")
def base(home: Path) -> Iterator[ServingStore]:
    """The first delivery alone, on show."""
    opened = ServingStore(Settings(home=home))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def store(loaded: object, settings: Settings) -> Iterator[ServingStore]:
    opened = ServingStore(settings)
    yield opened
    opened.close()


def rows(store: ServingStore, sql: str, *values: object) -> Faults:
    with store.read() as cursor:
        cursor.execute(sql, list(values))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def one(store: ServingStore, sql: str, *values: object) -> Any:
    return next(iter(rows(store, sql, *values)[0].values()))


def place(fault: dict[str, Any], column: str, code: str) -> tuple[object, ...]:
    return fault["dataset"], fault["file"], fault["row"], fault[column], fault[code]


def delivered_on(raw: Path, number: int) -> date:
    text = (raw / FOLDERS[number - 1] / "town.toml").read_text(encoding="utf-8")
    return date.fromisoformat(text.split("delivered_at = ")[1][:10])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_exactly_the_seeded_faults_are_found_at_their_file_row_and_column(number: int, raw: Path, seeded: Faults, loaded: Reports) -> None:
    day = delivered_on(raw, number)
    expected = {place(f, "column", "fault") for f in seeded if f["delivery"] == number and f["expect"] in REPORTED}
    found = {place(f, "column_name", "code") for f in loaded[number] if f["delivered_at"] == day}
    assert found - expected == set(), "reported, but nobody seeded it"
    assert expected - found == set(), "seeded, but not reported"


def test_the_severity_of_every_fault_is_the_one_that_was_meant(seeded: Faults, loaded: Reports) -> None:
    meant = {place(f, "column", "fault"): f["expect"] for f in seeded if f["delivery"] == 1}
    for fault in loaded[1]:
        expect = meant[place(fault, "column_name", "code")]
        assert fault["severity"] == ("refused" if expect == "refused" else "warning"), fault


def test_every_fault_says_in_both_languages_what_is_wrong_and_what_to_do(loaded: Reports) -> None:
    for fault in loaded[1]:
        assert all(fault[name] for name in ("reason_zh", "reason_en", "remedy_zh", "remedy_en")), fault


def test_forms_that_departments_use_are_accepted_without_a_word(seeded: Faults, loaded: Reports) -> None:
    accepted = {place(f, "column", "fault")[:4] for f in seeded if f["expect"] == "accepted" and f["delivery"] == 1}
    assert accepted, "the manifest lists forms that must pass"
    assert not accepted & {place(f, "column_name", "code")[:4] for f in loaded[1]}


def test_the_seeded_gap_and_overlap_of_the_grid_are_found_and_no_other(seeded: Faults, store: ServingStore) -> None:
    expected = Counter(f["fault"] for f in seeded if f["expect"] == "coverage")
    assert Counter(row["kind"] for row in rows(store, "SELECT kind FROM coverage_qa")) == expected


def test_exactly_the_seeded_contradictions_are_found(seeded: Faults, base: ServingStore) -> None:
    expected = Counter((f["fault"], f["key"]) for f in seeded if f["expect"] == "contradiction" and f["delivery"] == 1)
    assert Counter((row["kind"], row["key"]) for row in rows(base, "SELECT kind, key FROM contradiction")) == expected != Counter()


def test_exactly_as_many_people_hang_on_nothing_as_were_seeded_for_each_register_and_reason(seeded: Faults, base: ServingStore) -> None:
    expected = {(f["dataset"], f["fault"]): f["count"] for f in seeded if f["expect"] == "unlinked" and f["delivery"] == 1}
    found = rows(base, "SELECT source, reason, count(*) AS n FROM unlinked u LEFT JOIN person p ON p.person_id = u.key GROUP BY ALL")
    assert {(row["source"], row["reason"]): row["n"] for row in found} == expected != {}


def test_the_person_house_link_rate_is_that_of_the_design(store: ServingStore) -> None:
    rate = one(store, "SELECT count(house_id) FILTER (WHERE room_id IS NOT NULL OR area_code IS NOT NULL) / count(*) FROM person")
    assert 0.96 < rate < 0.985


def test_colours_of_every_layer_add_up_from_the_smallest_area_to_the_town(store: ServingStore) -> None:
    town = one(store, "SELECT code FROM area WHERE level = 0")
    totals = {(r["layer"], r["level"]): r["n"] for r in rows(store, "SELECT * FROM rollup WHERE area_code = ?", town)}
    receipts = rows(store, "SELECT layer, level, count(*) AS n FROM receipt GROUP BY ALL")
    for row in receipts:
        if row["layer"] in ("houses", "land", "forest", "facilities"):
            assert totals[row["layer"], row["level"]] == row["n"], row
    for layer, table in (("houses", "house"), ("land", "parcel"), ("forest", "stand"), ("facilities", "facility")):
        assert sum(n for (name, _), n in totals.items() if name == layer) == one(store, f"SELECT count(*) FROM {table}")


def test_all_registers_arrive_as_categories_of_people_with_foreigners_as_seldom_as_in_the_report(store: ServingStore) -> None:
    people = {row["category"]: row["n"] for row in rows(store, "SELECT category, count(*) AS n FROM person GROUP BY 1")}
    assert set(people) == {"registered", "migrant", "overseas", "lodging"}
    assert 0.0010 < people["overseas"] / sum(people.values()) < 0.0020
    papers = {row["id_type"] for row in rows(store, "SELECT DISTINCT id_type FROM person WHERE category = 'overseas'")}
    assert papers <= {"414", "511", "513"} and "414" in papers
    assert one(store, "SELECT count(room_id) = count(*) AND count(origin) = count(*) FROM person WHERE category IN ('overseas', 'lodging')")


def test_a_person_has_one_room_and_that_is_a_room_of_the_house(store: ServingStore) -> None:
    assert one(store, "SELECT count(*) = count(DISTINCT (id_type, id_number)) FROM person")
    assert not rows(store, "SELECT p.person_id FROM person p JOIN room r USING (room_id) WHERE p.house_id <> r.house_id")


def test_every_red_house_parcel_and_stand_has_a_case_with_a_day_and_a_person(store: ServingStore) -> None:
    bare = rows(
        store,
        "SELECT r.layer, r.object_id FROM receipt r LEFT JOIN casework c ON c.object_id = r.object_id AND c.due_on IS NOT NULL "
        "AND c.responsible IS NOT NULL WHERE r.level = 1 AND r.layer IN ('houses', 'land', 'forest') AND c.case_id IS NULL",
    )
    assert not bare


def test_history_exists_from_the_first_minute(store: ServingStore, settings: Settings) -> None:
    assert len(list(settings.serving.glob("v*.duckdb"))) == 3
    assert one(store, "SELECT count(DISTINCT delivered_at) FROM house") >= 2


def test_the_same_delivery_twice_changes_nothing(raw: Path, settings: Settings, loaded: object) -> None:
    before = (settings.serving / "current.json").read_bytes()
    assert not load(settings, raw / FOLDERS[2] / "town.toml", Console(quiet=True)).changed
    assert (settings.serving / "current.json").read_bytes() == before


def test_every_case_says_what_it_is_about_by_a_type_of_the_catalogue(store: ServingStore) -> None:
    types = {row["event_type"] for row in rows(store, "SELECT DISTINCT event_type FROM casework")}
    assert types and types <= set(event_names())
