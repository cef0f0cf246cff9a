"""Networks on a small town of squares: in SQLite and in a real PostgreSQL."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from hands import Hands, Make
from square_town import publish

from bench.cluster import postgres
from data.store.serving import ServingStore
from incidents.core.network import Network


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """Address of a real PostgreSQL server; a database of its own is made for each test."""
    with postgres(settings=("fsync=off",)) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """`make()` opens a network on one and the same new database, each time it is called."""
    settings = publish(tmp_path)
    if request.param == "postgresql":
        settings = replace(settings, ops=_new_database(request.getfixturevalue("database_server")))
    made: list[Network] = []

    def opened() -> Hands:
        made.append(Network(settings, ServingStore(settings)))
        return Hands(made[-1])

    yield opened
    for network in made:
        network.stop()


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    """A network in SQLite."""
    settings = publish(tmp_path)
    network = Network(settings, ServingStore(settings))
    yield Hands(network)
    network.stop()


def _new_database(server: str) -> str:
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{name}"
