"""Anybody may report from a phone: a weak network sends twice and makes one incident, and only that phone sees how far it is."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fake_intake import NOW, FakeIntake, client
from PIL import Image
from square_town import SIDE, SOUTH, WEST, publish
from starlette.testclient import TestClient

from data.plain import TOLD
from data.settings import Settings
from data.store.serving import ServingStore
from incidents.core import lifecycle, schema
from incidents.core.place import Places
from incidents.core.spec import ms
from incidents.feeds import report
from incidents.feeds.report import FEED, Limiter

CLIENT = "3f2a9c1e-77aa-4b1c-9d2e-0123456789ab"
GOOD = {"client": CLIENT, "type": "0102", "lon": WEST + SIDE / 2, "lat": SOUTH + SIDE / 2}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    store = ServingStore(publish(tmp_path_factory.mktemp("report")))
    yield Places(store)
    store.close()


@pytest.fixture
def intake(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeIntake:
    monkeypatch.setattr(report, "_LIMITER", Limiter())
    fake = FakeIntake(places, tmp_path)
    fake.who = None  # nobody has a key
    return fake


@pytest.fixture
def web(intake: FakeIntake) -> TestClient:
    return client(FEED, intake)


def picture() -> str:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def test_a_report_without_a_key_is_taken_and_says_its_number_in_both_languages(web: TestClient, intake: FakeIntake) -> None:
    sent = GOOD | {
        "accuracy_m": 12.5,
        "description": "袋装垃圾",
        "name": "王",
        "phone": "138",
        "photos": ["data:image/png;base64," + picture()],
    }
    answer = web.post("/api/report", json=sent)
    assert answer.status_code == 201
    told = answer.json()
    assert told["incident"] in told["said_zh"] and told["incident"] in told["said_en"] and told["token"] == CLIENT
    (one,) = intake.reports
    assert one.source == "public" and len(one.photos) == 1 and one.more == {"accuracy_m": 12.5} and one.reporter == "王"
    assert intake.commands[0].actor.duty == "public"


def test_the_same_report_sent_again_is_the_same_incident(web: TestClient, intake: FakeIntake) -> None:
    first, again = (web.post("/api/report", json=GOOD) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200) and first.json()["incident"] == again.json()["incident"]
    assert len(intake.reports) == 1 and again.json()["known"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"client": "1"}, "client"),
        ({"client": "a" * 65}, "client"),
        ({"client": None}, "client"),
        ({"type": "0955"}, "type"),
        ({"type": None}, "type"),
        ({"lat": 40.0}, "lon"),
        ({"lon": "121"}, "lon"),
        ({"description": "x" * 1001}, "description"),
        ({"photos": ["x"] * 4}, "photos"),
        ({"photos": ["%"]}, "photos"),
        ({"photos": ["AAAA"]}, "photo"),
        ({"grade": 1}, "grade"),
    ],
)
def test_what_is_wrong_is_named_in_both_languages(web: TestClient, intake: FakeIntake, change: dict[str, Any], field: str) -> None:
    answer = web.post("/api/report", json=GOOD | change)
    assert answer.status_code == 400 and answer.json()["field"] == field and answer.json()["zh"] and answer.json()["remedy"]
    assert not intake.commands


def test_an_address_that_sends_too_often_waits_and_is_told_how_long(
    web: TestClient, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_LIMITER", Limiter(most=2))
    codes = [web.post("/api/report", json=GOOD | {"client": f"{n:032d}"}).status_code for n in range(3)]
    assert codes == [201, 201, 429]
    answer = web.post("/api/report", json=GOOD)
    assert 3500 < int(answer.headers["retry-after"]) <= 3600 and "手机" in answer.json()["zh_remedy"]


def test_the_limit_is_of_each_address_and_of_the_last_hour() -> None:
    limiter = Limiter(most=2, span_s=100)
    assert [limiter.wait_s("a", at) for at in (0, 10, 20, 99)] == [0, 0, 80, 1]
    assert limiter.wait_s("b", 20) == 0 and limiter.wait_s("a", 100) == 0 and limiter.wait_s("a", 105) == 5


def test_only_who_sent_it_sees_how_far_it_is(places: Places, tmp_path: Path) -> None:
    engine: sa.Engine = schema.open_engine(Settings(home=tmp_path))
    row = schema.NOTHING | {"id": "20261122-000001", "seq": 1, "feed": "report", "external_id": CLIENT, "state": "handling", "type": "0102",
                            "reported_at": ms(NOW)}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(schema.incident.insert(), [row, row | {"id": "20261122-000002", "feed": "hotline"}])
    web = client(FEED, FakeIntake(places, engine=engine))
    told = web.get(f"/api/report/20261122-000001?token={CLIENT}").json()
    assert told["said_zh"] == TOLD["handling"][0] and told["open"] and told["reported_at"] == "2026-11-22T09:42:00+08:00"
    for path in (
        f"20261122-000001?token={CLIENT[:-1]}",
        "20261122-000001",
        "20261122-000001?token=令牌",
        f"20261122-000002?token={CLIENT}",
        f"x?token={CLIENT}",
    ):
        assert web.get(f"/api/report/{path}").status_code == 404


def test_every_state_is_told_in_plain_words() -> None:
    assert set(TOLD) == set(lifecycle.STATES)
