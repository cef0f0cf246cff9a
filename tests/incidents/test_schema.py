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


def test_a_database_of_a_later_layout_is_refused_with_both_numbers(make: Make) -> None:
    change(make(), "UPDATE about SET value = '99' WHERE key = 'layout'")
    with pytest.raises(NetworkError, match=r"layout 99.*knows 1"):
        make()
