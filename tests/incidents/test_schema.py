"""The operational database: made once, taken up by later programs, refused when it is of a later one."""

import pytest
import sqlalchemy as sa
from hands import Hands, Make

from data.errors import NetworkError
from incidents.core import schema


def change(hands: Hands, *statements: str) -> None:
    with hands.network.engine.execution_options(writes=True).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_database_that_an_older_program_made_gets_the_columns_that_have_come_since(make: Make) -> None:
    older = make()
    number = older.report().incident
    change(older, "ALTER TABLE incident DROP COLUMN solved", "ALTER TABLE incident DROP COLUMN handle_used")
    newer = make()
    assert newer.row(number)["solved"] is None and newer.row(number)["id"] == number
    assert newer.walk(number, "accept", "file", "dispatch", "start", "handled").state == "handled"
    columns = {column["name"] for column in sa.inspect(newer.network.engine).get_columns("incident")}
    assert columns == set(schema.COLUMNS)


def test_counters_of_old_rows_begin_at_nought_and_old_tables_get_the_indexes_that_have_come_since(make: Make) -> None:
    older = make()
    number = older.report().incident
    change(
        older, "ALTER TABLE incident DROP COLUMN urged", "ALTER TABLE incident DROP COLUMN photos", "ALTER TABLE feed DROP COLUMN refused",
        "DROP INDEX incident_due", "DROP INDEX incident_external",
    )  # fmt: skip
    newer = make()
    assert (newer.row(number)["urged"], newer.row(number)["photos"]) == (0, 0)
    assert not newer.step(number, "urge", "leader").error and newer.row(number)["urged"] == 1
    assert newer.report(type="none").error is not None, "and the feed counts it"
    indexes = {index["name"]: index["unique"] for index in sa.inspect(newer.network.engine).get_indexes("incident")}
    assert indexes["incident_external"] and "incident_due" in indexes


def test_a_database_of_a_later_layout_is_refused_with_both_numbers(make: Make) -> None:
    change(make(), "UPDATE about SET value = '99' WHERE key = 'layout'")
    with pytest.raises(NetworkError, match=r"layout 99.*knows 1"):
        make()
