from collections.abc import Iterator

import pytest
from small_town import Town, empty_town, with_areas


@pytest.fixture(scope="session")
def ground() -> Iterator[Town]:
    """The areas of a small town, and no object yet."""
    made = with_areas(empty_town())
    yield made
    made.con.close()


@pytest.fixture
def town(ground: Town) -> Iterator[Town]:
    """The town of one test; whatever it does is rolled back."""
    ground.con.execute("BEGIN")
    yield ground
    ground.con.execute("ROLLBACK")
