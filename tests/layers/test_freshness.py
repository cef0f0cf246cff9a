"""Ages to states: by the sender's own rhythm, by that of the layer, or by the rule of the table; and what failed is never called fresh."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from data.store.duck import connect
from layers.core.freshness import freshness, state_at, worst
from layers.core.query_store import Store
from layers.core.registry import load_layers

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # one in the morning of the 23rd in the town
FAILURE = {"at": "2026-11-22T01:00:00+00:00", "run": "r", "why": "30 % of the rows were refused"}


LAYERS = load_layers()


def asked(
    *datasets: tuple[str, str, date, str], as_of: str = "2026-11-23", failed: dict[str, Any] | None = None, unpainted: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The answer for datasets of (name, table, delivered at, declaration), in a snapshot painted with all layers but the `unpainted`."""
    with connect(extensions=()) as connection:
        connection.execute("CREATE TABLE town (key VARCHAR, value VARCHAR); CREATE TABLE tree (area_code VARCHAR)")
        connection.execute(f"""INSERT INTO town VALUES ('timezone', '"Asia/Shanghai"'), ('as_of', '"{as_of}"')""")
        connection.execute("CREATE TABLE dataset (name VARCHAR, table_name VARCHAR, delivered_at DATE, declaration VARCHAR)")
        for row in datasets:
            connection.execute("INSERT INTO dataset VALUES (?, ?, ?, ?)", list(row))
        for layer in LAYERS:
            if layer.name not in unpainted:
                connection.execute(f"CREATE TABLE paint_{layer.name} (object_id VARCHAR, level UTINYINT)")
        return freshness(Store(connection, LAYERS), NOW, failed)


def of(found: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    return next(row for row in found[kind] if row["name"] == name)


@pytest.mark.parametrize(("age", "state"), [(0, "current"), (90, "current"), (91, "late"), (180, "late"), (181, "stale")])
def test_one_missed_delivery_is_late_and_two_are_stale(age: int, state: str) -> None:
    assert state_at(age, 90) == state


def test_the_age_is_counted_in_days_of_the_town() -> None:
    found = asked(("houses", "house", date(2026, 11, 22), "{}"))
    assert of(found, "datasets", "houses")["age_days"] == 1


@pytest.mark.parametrize(
    ("table", "declaration", "every"),
    [("person", "{}", 180), ("parcel", "{}", 365), ("stand", "{}", 365), ("rental", "{}", 90), ("zone", "{}", 365),
     ("casework", "{}", 31), ("person", '{"every_days": 30}', 30), ("person", '{"every_days": null}', 180)],
)  # fmt: skip
def test_the_rhythm_is_the_declared_one_else_that_of_the_layer_else_that_of_the_table(table: str, declaration: str, every: int) -> None:
    assert of(asked(("x", table, date(2026, 11, 1), declaration)), "datasets", "x")["every_days"] == every


def test_a_layer_is_as_fresh_as_the_worst_that_feeds_it_and_has_its_age() -> None:
    found = asked(("houses", "house", date(2026, 11, 20), "{}"), ("rentals", "rental", date(2026, 7, 1), "{}"))
    houses = of(found, "layers", "houses")
    assert (houses["state"], houses["age_days"], houses["datasets"]) == ("late", 145, ["houses", "rentals"])
    both_young = asked(("houses", "house", date(2026, 11, 20), "{}"), ("rentals", "rental", date(2026, 10, 1), "{}"))
    assert of(both_young, "layers", "houses")["age_days"] == 3, "while all are current, its own table's"


def test_a_layer_that_nothing_feeds_is_not_configured() -> None:
    found = asked(("houses", "house", date(2026, 11, 20), "{}"))
    states = {row["name"]: row["state"] for row in found["layers"]}
    assert (states["land"], states["forest"], states["houses"]) == ("unset", "unset", "current")
    assert of(found, "layers", "land")["age_days"] is None


def test_counts_of_a_census_stand_in_for_people_who_were_not_delivered() -> None:
    found = asked(("census", "population_cell", date(2020, 11, 1), "{}"))
    assert (of(found, "layers", "people")["state"], of(found, "layers", "people")["datasets"]) == ("current", ["census"])


def test_what_failed_last_is_failed_however_young() -> None:
    found = asked(("houses", "house", date(2026, 11, 20), "{}"), failed={"houses": FAILURE, "gone": FAILURE})
    assert of(found, "layers", "houses")["state"] == "failed"
    assert of(found, "datasets", "houses")["failed_why"] == FAILURE["why"]


def test_colours_of_another_day_age_too() -> None:
    house = ("houses", "house", date(2026, 11, 1), "{}")
    states = [asked(house, as_of=day)["colours"]["state"] for day in ("2026-11-23", "2026-11-22", "2026-11-21", "2026-11-20")]
    assert states == ["current", "current", "late", "stale"]


def test_what_is_not_configured_hides_nothing_that_is() -> None:
    assert worst(["unset", "late", "current"]) == "late"
    assert worst([]) == "unset"


def test_a_layer_whose_file_came_after_the_painting_is_not_called_current() -> None:
    found = asked(("houses", "house", date(2026, 11, 20), "{}"), unpainted=("houses", "land"))
    states = {row["name"]: row["state"] for row in found["layers"]}
    assert (states["houses"], states["land"]) == ("unpainted", "unset"), "what nothing feeds needs no painting"
    assert worst(["current", "unpainted", "stale"]) == "unpainted"
