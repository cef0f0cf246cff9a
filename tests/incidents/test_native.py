"""Machines report in JSON: what is right goes in, what is wrong is named, item by item."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_intake import FakeIntake, client
from PIL import Image
from square_town import SIDE, SOUTH, WEST, publish
from starlette.testclient import TestClient

from data.store.serving import ServingStore
from incidents.core.place import Places
from incidents.feeds.native import FEED

LON, LAT = WEST + SIDE / 2, SOUTH + SIDE / 2
GOOD = {"type": "0102", "lon": LON, "lat": LAT}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    store = ServingStore(publish(tmp_path_factory.mktemp("native")))
    yield Places(store)
    store.close()


@pytest.fixture
def intake(places: Places, tmp_path: Path) -> FakeIntake:
    return FakeIntake(places, tmp_path)


@pytest.fixture
def web(intake: FakeIntake) -> TestClient:
    return client(FEED, intake)


def still() -> str:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


def test_a_report_is_answered_with_its_number_and_the_same_one_again_with_the_same(web: TestClient, intake: FakeIntake) -> None:
    sent = GOOD | {"external_id": "A-1", "description": "袋装垃圾", "at": "2026-11-22T09:40:00+08:00", "grade": 3, "more": {"lane": 2}}
    first = web.post("/api/incidents", json=sent)
    again = web.post("/api/incidents", json=sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["incident"] == again.json()["incident"] and again.json()["known"]
    (report,) = intake.reports
    assert report.external_id == "cam/A-1" and report.grade == 3 and report.more == {"lane": 2} and report.at and report.at.utcoffset()


def test_two_senders_with_the_same_number_are_two_incidents(web: TestClient, intake: FakeIntake) -> None:
    from data.policy import Actor

    web.post("/api/incidents", json=GOOD | {"external_id": "1"})
    intake.who = Actor("feed", "other", "key")
    assert web.post("/api/incidents", json=GOOD | {"external_id": "1"}).status_code == 201


def test_a_recognition_has_the_type_of_its_label_the_place_of_its_camera_and_its_still(web: TestClient, intake: FakeIntake) -> None:
    sent = {"camera": "SB-1", "vendor": "acme", "label": "trash", "confidence": 0.91, "still": still()}
    assert web.post("/api/incidents", json=sent).status_code == 201
    (report,) = intake.reports
    assert report.type == "0102" and report.source == "camera" and report.confidence == 0.91 and len(report.photos) == 1
    assert list((intake.folder or Path()).rglob("*.jpg"))


def test_an_unknown_label_names_the_nearest_and_where_to_enter_it(web: TestClient) -> None:
    error = web.post("/api/incidents", json={"camera": "SB-1", "label": "暴露的垃圾"}).json()
    assert error["field"] == "label" and "暴露垃圾" in error["remedy"] and "labels" in error["remedy"] and "登记" in error["zh_remedy"]


def test_of_a_list_each_item_is_answered_by_itself_in_order(web: TestClient, intake: FakeIntake) -> None:
    items = [
        GOOD,
        GOOD | {"lon": 10.0},
        "x",
        GOOD | {"lat": "31.2"},
        GOOD | {"lng": 1},
        GOOD | {"grade": 7},
        {"lon": LON, "lat": LAT},
        GOOD,
    ]
    answer = web.post("/api/incidents", json={"items": items})
    assert answer.status_code == 207
    lines = answer.json()["items"]
    assert [line["status"] for line in lines] == [201, 400, 400, 400, 400, 400, 400, 201] and [line["item"] for line in lines] == list(
        range(8)
    )
    assert [line["error"]["field"] for line in lines if "error" in line] == ["lon", "item", "lat", "lng", "grade", "type"]
    assert "'lon'" in lines[4]["error"]["remedy"] and "km outside" in lines[1]["error"]["error"]
    assert all(line["error"]["zh"] and line["error"]["zh_remedy"] for line in lines if "error" in line)
    assert len(intake.reports) == 2


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"{", "body"),
        (b'{"type": "0102", "lon": NaN, "lat": 31.2}', "body"),
        (b"[]", "items"),
        (b'"x"', "items"),
        (b"[" * 5000, "body"),
        (b'{"type": "0102", "lon": true, "lat": 31.2}', "lon"),
        (b'{"type": "0102", "lon": 121.7, "lat": 131.2}', "lat"),
        (b'{"type": "0102", "lon": 1e400, "lat": 31.2}', "lon"),
        (b'{"type": "0102", "confidence": 83}', "confidence"),
        (b'{"type": "0102", "at": "2026-11-22T09:00:00"}', "at"),
        (b'{"type": "0102", "still": "%%%"}', "still"),
        (b'{"type": "0102", "still": "AAAA"}', "photo"),
        (b'{"type": ["0102"]}', "type"),
    ],
)
def test_what_is_wrong_is_named_by_field(web: TestClient, intake: FakeIntake, content: bytes, field: str) -> None:
    answer = web.post("/api/incidents", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and answer.json()["field"] == field
    assert not intake.commands


def test_without_a_key_or_as_another_kind_of_body_it_is_refused(web: TestClient, intake: FakeIntake) -> None:
    assert web.post("/api/incidents", content=json.dumps(GOOD), headers={"content-type": "text/plain"}).status_code == 400
    assert web.post("/api/incidents", json=GOOD, headers={"x-api-key": "bad"}).status_code == 401
    assert web.post("/api/incidents", json=[GOOD] * 1001).status_code == 400
    assert not intake.commands
