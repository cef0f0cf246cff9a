"""Whoever speaks GeoReport v2 can read what is public and report; every answer is valid against the published schemas."""

import json
from collections.abc import Iterator
from typing import Any

import defusedxml.ElementTree as Xml
import jsonschema
import pytest
import sqlalchemy as sa
from fake_intake import NOW, FakeIntake, client
from hands import Make
from referencing import Registry, Resource
from square_town import SIDE, SOUTH, WEST, publish
from starlette.testclient import TestClient

from data.plain import public_words
from data.policy import Actor
from data.settings import Settings
from data.store.serving import ServingStore
from incidents.core import schema
from incidents.core.place import Places
from incidents.core.spec import ms
from incidents.feeds.open311 import FEED
from tests.shared_data import SHARED

BASE = "/open311/v2"
LON, LAT = WEST + SIDE / 2, SOUTH + SIDE / 2
DAY = 86_400_000
SCHEMAS = SHARED / "conformance" / "open311"
WORDS = "挡住消防通道 车牌 沪A12345 电话 13812345678 License Plate: IC37JG"


def row(n: int, **values: Any) -> dict[str, Any]:
    at = ms(NOW) - n * DAY
    return schema.NOTHING | {
        "id": f"20261122-{n:06d}", "seq": n, "feed": "open311", "external_id": f"x{n}", "type": "0505", "state": "handling", "lon": LON,
        "lat": LAT, "area": "99011510320001", "path": "/990115103/990115103200/99011510320001/", "address": "示范镇苇圩村1组12号",
        "description": WORDS, "reporter": "王建国", "phone": "13812345678", "reported_at": at, "stage": "handle", "due_at": at + DAY,
    } | values  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> sa.Engine:
    engine = schema.open_engine(Settings(home=tmp_path_factory.mktemp("ops")))
    rows = [
        row(1),
        row(2, type="0102", state="closed", closed_at=ms(NOW) - DAY),
        row(3, type="0955"),
        row(4, feed="hotline", external_id=None, state="reported", stage="accept"),
        row(5, state="closed", closed_at=ms(NOW) - DAY, description=None),
        row(120),
        row(6, type="0502"),
    ]
    events = [
        {"seq": one["seq"], "at": ms(NOW) - one["seq"] * 3_600_000, "incident": one["id"], "step": "x", "duty": "system", "actor": "",
         "feed": "", "state": one["state"], "body": "{}"} for one in rows
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(schema.incident.insert(), rows)
        connection.execute(schema.event.insert(), events)
    return engine


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    store = ServingStore(publish(tmp_path_factory.mktemp("open311")))
    yield Places(store)
    store.close()


@pytest.fixture
def intake(places: Places, engine: sa.Engine) -> FakeIntake:
    return FakeIntake(places, engine=engine)


@pytest.fixture
def web(intake: FakeIntake) -> TestClient:
    return client(FEED, intake)


def valid(value: Any, name: str) -> None:
    files = {file.name: Resource.opaque(json.loads(file.read_text())) for file in SCHEMAS.glob("*.json")}
    contents = json.loads((SCHEMAS / name).read_text())
    registry = Registry().with_resources(list(files.items()))
    jsonschema.Draft202012Validator(contents, registry=registry, format_checker=jsonschema.FormatChecker()).validate(value)


def ids(web: TestClient, **asked: Any) -> list[int]:
    answer = web.get(f"{BASE}/requests.json", params=asked)
    assert answer.status_code == 200, answer.text
    return [int(one["service_request_id"].split("-")[1]) for one in answer.json()]


def test_services_and_their_definitions_are_those_open_to_the_public_and_valid(web: TestClient) -> None:
    services = web.get(f"{BASE}/services.json").json()
    valid(services, "services.json")
    assert [one["service_code"] for one in services] == ["0102", "0505", "0502"]
    definition = web.get(f"{BASE}/services/0505.json").json()
    valid(definition, "service-definition.json")
    assert "work hours" in definition["attributes"][0]["description"]
    assert web.get(f"{BASE}/services/0955.json").status_code == 404
    assert web.get(f"{BASE}/discovery.json").json()["jurisdiction_id"] == "990115103"


def test_requests_are_valid_public_and_tell_nothing_of_persons(web: TestClient) -> None:
    answer = web.get(f"{BASE}/requests.json")
    valid(answer.json(), "requests.json")
    assert len(answer.json()) == 4
    for secret in ("13812345678", "王建国", "沪A12345", "IC37JG", "苇圩村1组12号"):
        assert secret not in answer.text
    first = answer.json()[0]
    assert first["description"].startswith("挡住消防通道") and first["status"] == "open" and first["lat"] == LAT
    assert first["requested_datetime"] == "2026-11-21T09:42:00+08:00" and first["updated_datetime"] == "2026-11-22T08:42:00+08:00"
    hotline = next(one for one in answer.json() if one["service_request_id"].endswith("4"))
    assert hotline["description"] is None and hotline["expected_datetime"] is None  # told to the hotline, not to the public


def test_every_filter_of_the_standard_filters(web: TestClient) -> None:
    assert ids(web) == [1, 2, 4, 5]  # the last 90 days, and none about persons
    assert ids(web, status="open") == [1, 4] and ids(web, status="closed") == [2, 5] and ids(web, status="open,closed") == [1, 2, 4, 5]
    assert ids(web, service_code="0102") == [2] and ids(web, service_code="0102,0505", status="closed") == [2, 5]
    assert ids(web, service_request_id="20261122-000120,20261122-000002", status="open") == [2, 120]  # overrides the others
    assert ids(web, start_date="2026-11-18T00:00:00Z", end_date="2026-11-20T09:00:00Z") == [2, 4]
    assert ids(web, start_date="2026-11-20T09:42:00+08:00") == [1, 2]
    assert ids(web, end_date="2026-11-18") == [5] and ids(web, end_date="2026-08-01T00:00:00Z") == [120]
    assert ids(web, updated_after="2026-11-22T06:42:00+08:00") == [1, 2]
    assert ids(web, page_size=2) == [1, 2] and ids(web, page_size=2, page=2) == [4, 5]


def test_one_request_and_a_token_are_found_by_number(web: TestClient) -> None:
    valid(web.get(f"{BASE}/requests/20261122-000120.json").json(), "requests.json")
    assert web.get(f"{BASE}/tokens/20261122-000001.json").json()[0]["service_request_id"] == "20261122-000001"
    for path in ("requests/20261122-000003", "requests/1", "tokens/9"):
        answer = web.get(f"{BASE}/{path}.json")
        assert answer.status_code == 404 and answer.json()[0]["code"] == "404" and "/" in answer.json()[0]["description"]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("status=opened", "status"),
        ("start_date=yesterday", "start_date"),
        ("start_date=2026-01-01&end_date=2026-06-01", "90 days"),
        ("start_date=2026-06-01&end_date=2026-05-01", "before start_date"),
        ("page=0", "page"),
        ("page_size=1001", "page_size"),
    ],
)
def test_a_filter_that_cannot_be_is_named(web: TestClient, asked: str, named: str) -> None:
    answer = web.get(f"{BASE}/requests.json?{asked}")
    assert answer.status_code == 400 and answer.json()[0]["code"] == "400" and named in answer.json()[0]["description"]


def test_another_jurisdiction_is_not_found(web: TestClient) -> None:
    assert web.get(f"{BASE}/services.json?jurisdiction_id=990115103").status_code == 200
    assert web.get(f"{BASE}/services.json?jurisdiction_id=boston.gov").status_code == 404


def test_the_same_in_xml(web: TestClient) -> None:
    answer = web.get(f"{BASE}/requests.xml")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    found = Xml.fromstring(answer.content)
    assert found.tag == "service_requests" and len(found.findall("request/service_request_id")) == 4
    assert [one.tag for one in Xml.fromstring(web.get(f"{BASE}/services.xml").content)] == ["service"] * 3
    definition = Xml.fromstring(web.get(f"{BASE}/services/0102.xml").content)
    assert definition.tag == "service_definition" and len(definition.findall("attributes/attribute/values/value")) == 2
    error = web.get(f"{BASE}/requests.xml?status=x")
    assert error.status_code == 400 and Xml.fromstring(error.content).findtext("error/code") == "400"
    assert web.get(f"{BASE}/services", headers={"accept": "application/xml"}).headers["content-type"].startswith("text/xml")
    assert Xml.fromstring(web.get(f"{BASE}/discovery.xml").content).findtext("endpoints/endpoint/specification")


def test_a_form_and_json_report_the_same(web: TestClient, intake: FakeIntake) -> None:
    sent = {"service_code": "0102", "lat": str(LAT), "long": str(LON), "description": "袋装垃圾", "first_name": "建国",
            "last_name": "王", "phone": "138", "email": "a@b.cn", "media_url": "https://example.org/1.jpg",
            "attribute[callback]": "yes", "api_key": "k"}  # fmt: skip
    form = web.post(f"{BASE}/requests.json", data=sent)
    assert form.status_code == 201 and form.json()[0]["service_request_id"] and set(form.json()[0]) >= {"service_notice", "account_id"}
    assert web.post(f"{BASE}/requests.xml", json=sent | {"lat": LAT, "long": LON}).headers["content-type"].startswith("text/xml")
    one, two = intake.reports
    assert one == two and one.reporter == "王 建国" and one.source == "public" and one.more["callback"] == "yes"
    address = web.post(f"{BASE}/requests.json", data={"service_code": "0102", "address_string": "苇圩村1组12号"})
    assert address.status_code == 201
    assert web.post(f"{BASE}/requests.json", data={"service_code": "0102", "address_id": "99011510320103"}).status_code == 201


@pytest.mark.parametrize(
    ("sent", "status", "named"),
    [
        ({"lat": LAT, "long": LON}, 400, "service_code"),
        ({"service_code": "0955", "lat": LAT, "long": LON}, 400, "service_code"),
        ({"service_code": "0102"}, 400, "place"),
        ({"service_code": "0102", "lat": LON, "long": LAT}, 400, "swapped"),
        ({"service_code": "0102", "lat": "31°12", "long": LON}, 400, "lat"),
        ({"service_code": "0102", "lat": LAT, "long": LON, "description": "x" * 4001}, 400, "description"),
        ({"service_code": "0102", "lat": LAT, "long": LON, "attribute[colour]": "red"}, 400, "attribute"),
        ({"service_code": "0102", "lat": LAT, "long": LON, "media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"service_code": "0102", "lat": LAT, "long": LON, "api_key": "bad"}, 403, "key"),
        ({"service_code": "0102", "lat": LAT, "long": LON, "jurisdiction_id": "x"}, 404, "jurisdiction"),
    ],
)
def test_a_report_that_cannot_be_is_refused_as_the_standard_says(
    web: TestClient, intake: FakeIntake, sent: dict[str, Any], status: int, named: str
) -> None:
    answer = web.post(f"{BASE}/requests.json", data=sent)
    assert answer.status_code == status and answer.json()[0]["code"] == str(status) and named in answer.json()[0]["description"]
    assert not intake.commands


def test_another_kind_of_body_and_no_key_are_refused(web: TestClient, intake: FakeIntake) -> None:
    assert web.post(f"{BASE}/requests.json", content="x", headers={"content-type": "text/plain"}).status_code == 400
    intake.who = None
    assert web.post(f"{BASE}/requests.json", data={"service_code": "0102"}).status_code == 403
    assert web.get(f"{BASE}/requests.json").status_code == 200  # reading needs none


def test_the_same_number_of_two_senders_is_two_requests(web: TestClient, intake: FakeIntake) -> None:
    sent = {"service_code": "0102", "lat": LAT, "long": LON, "external_id": "7"}
    assert [web.post(f"{BASE}/requests.json", data=sent).status_code for _ in range(2)] == [201, 200]
    intake.who = Actor("feed", "other", "key")
    assert web.post(f"{BASE}/requests.json", data=sent).status_code == 201


def test_words_to_be_published_lose_what_tells_a_person_and_keep_the_rest() -> None:
    assert (
        public_words("Red Toyota, plate: 3AB 12C | blocking ramp since 2017-09-03")
        == "Red Toyota, plate: ***| blocking ramp since 2017-09-03"
    )
    assert public_words("call 617-555-0134 or me@x.org") == "call *** or ***"
    assert public_words("the bus stop at 24 Main St") == "the bus stop at 24 Main St"


def test_requests_are_read_the_same_from_both_databases(make: Make) -> None:
    hands = make()
    web = client(FEED, hands.network)  # type: ignore[arg-type]
    told = {"feed": "open311", "source": "public", "type": "0505", "description": "堵路"}
    first, second, hidden = (hands.report(**told | more).incident for more in ({}, {}, {"type": "0955"}))
    hands.walk(first, "accept", "file", "dispatch")
    hands.later(minutes=5)
    hands.step(second, "reject", "acceptor", note="重复")
    answer = web.get(f"{BASE}/requests.json")
    valid(answer.json(), "requests.json")
    assert {one["service_request_id"]: one["status"] for one in answer.json()} == {first: "open", second: "closed"} and hidden
    assert [one["service_request_id"] for one in web.get(f"{BASE}/requests.json?status=closed").json()] == [second]
    after = hands.at.replace(minute=3).isoformat().replace("+", "%2B")
    assert [one["service_request_id"] for one in web.get(f"{BASE}/requests.json?updated_after={after}").json()] == [second]
    assert web.get(f"{BASE}/requests.json?service_request_id={first}").json()[0]["expected_datetime"].startswith("2026-11-23T11:00")
