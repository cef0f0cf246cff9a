"""The whole server on a small town: addresses and the socket, as a page and as a machine use them."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from hands import HERE
from square_town import publish
from starlette.websockets import WebSocketDisconnect

from app import create_app

KEYS = '[[key]]\nname = "gateway"\nkey = "0123456789abcdef"\nareas = ["990115103200"]\n'
DESK = {"cookie": "onescreen-duty=acceptor"}
HOST = {"host": "127.0.0.1"}
ELDER = "0955"  # a visit: about a person


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("live")
    keys = home / "keys.toml"
    keys.write_text(KEYS)
    app = create_app(replace(publish(home), keys=keys))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        yield client


def report(client: TestClient, **more: object) -> dict:
    answer = client.post("/api/incidents", json={"source": "patrol", "type": "0102", "lon": HERE[0], "lat": HERE[1]} | more, headers=DESK)
    assert answer.status_code == 201, answer.text
    return answer.json()


def frame(socket, kind: str) -> dict:
    while True:
        found = socket.receive_json()
        if found["kind"] == kind:
            return found


def seen(socket, number: str) -> dict:
    """The row of an incident, from the snapshot or from the delta after it: the tail may not have come so far yet."""
    whole = socket.receive_json()
    rows = whole["rows"]
    while not (found := [row for row in rows if row[0] == number]):
        rows = frame(socket, "delta")["rows"]
    return dict(zip(whole["columns"], found[0], strict=True))


def test_an_incident_reported_is_told_to_who_follows_and_its_end_too(client: TestClient) -> None:
    with client.websocket_connect("/live", headers=HOST) as socket:
        whole = socket.receive_json()
        assert whole["kind"] == "snapshot" and whole["columns"][:2] == ["id", "seq"] and {"alerts", "positions", "feeds"} <= set(whole)
        number = report(client)["incident"]
        delta = frame(socket, "delta")
        assert delta["from"] == whole["seq"] and [row[0] for row in delta["rows"]] == [number] and delta["gone"] == []
        client.post(f"/api/incidents/{number}/steps", json={"step": "reject", "note": "重复"}, headers=DESK)
        ended = frame(socket, "delta")
        assert ended["gone"] == [number] and ended["rows"] == [] and ended["from"] == delta["seq"]
    with client.websocket_connect(f"/live?since={whole['seq']}&epoch={whole['epoch']}", headers=HOST) as socket:
        missed = socket.receive_json()
        assert (missed["kind"], missed["from"], missed["seq"]) == ("delta", whole["seq"], ended["seq"])


def test_a_beat_tells_the_digest_and_the_age_of_every_feed(client: TestClient) -> None:
    with client.websocket_connect("/live", headers=HOST) as socket:
        whole = socket.receive_json()
        beat = frame(socket, "beat")
        assert beat["seq"] >= whole["seq"] and (beat["seq"] != whole["seq"] or beat["digest"] == whole["digest"])
        feeds = {feed["name"]: feed for feed in beat["feeds"]}
        assert {"native", "open311", "hotline", "cap"} <= set(feeds)
        assert feeds["native"]["state"] == "current" and feeds["open311"] == feeds["open311"] | {"state": "unset", "age_s": None}


def test_a_wall_sees_an_incident_about_a_person_in_the_middle_of_its_area_only(client: TestClient) -> None:
    where = {"lon": HERE[0] + 0.002, "lat": HERE[1] + 0.002}
    number = report(
        client, type=ELDER, description="张三 13812345678", reporter="李四", phone="13900000000", address="苇圩村1组12号", **where
    )["incident"]
    places = {}
    for page in ("wall", "desk"):
        with client.websocket_connect(f"/live?page={page}", headers=HOST) as socket:
            places[page] = seen(socket, number)
    assert (places["desk"]["lon"], places["desk"]["lat"]) == (where["lon"], where["lat"])
    assert (places["wall"]["lon"], places["wall"]["lat"]) != (where["lon"], where["lat"]) and places["wall"]["area"] == places["desk"][
        "area"
    ]
    cards = {role: client.get(f"/api/incidents/{number}{more}", headers=cookie).json()["incident"] for role, more, cookie in (
        ("wall", "?page_role=wall", {}), ("leader", "", {"cookie": "onescreen-duty=leader"}), ("officer", "", DESK))}  # fmt: skip
    assert "description" not in cards["wall"] and cards["wall"]["reporter"] == "李*" and "12" not in cards["wall"]["address"]
    assert cards["leader"]["description"] == "张三 ***" and cards["leader"]["phone"] == "139****0000"
    assert cards["officer"]["description"] == "张三 13812345678" and cards["officer"]["phone"] == "13900000000"


def test_a_key_follows_its_own_area_alone(client: TestClient) -> None:
    report(client)
    east = report(client, lon=HERE[0] + 0.025)["incident"]  # in the other village
    with client.websocket_connect("/live?key=0123456789abcdef", headers=HOST) as socket:
        whole = socket.receive_json()
    assert (
        whole["rows"] and all(row[7].startswith("990115103200") for row in whole["rows"]) and east not in {row[0] for row in whole["rows"]}
    )
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/live?key=0123456789abcdef&area=990115103201", headers=HOST) as socket,
    ):
        socket.receive_json()
    assert refused.value.code == 4003


def test_another_site_may_neither_follow_nor_act(client: TestClient) -> None:
    foreign = HOST | {"origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/live", headers=foreign) as socket:
        socket.receive_json()
    assert refused.value.code == 4003
    number = report(client)["incident"]
    for path, body in ((f"/api/incidents/{number}/steps", {"step": "accept"}), ("/api/incidents", {"type": "0102"}), ("/api/report", {})):
        answer = client.post(path, json=body, headers=DESK | {"origin": "http://evil.example"})
        assert answer.status_code == 403 and answer.json()["zh"], path
    plain = client.post(f"/api/incidents/{number}/steps", content='{"step": "accept"}', headers={"content-type": "text/plain"} | DESK)
    assert plain.status_code == 400 and "JSON" in plain.json()["error"]


def test_who_says_nothing_of_herself_may_look_and_do_nothing(client: TestClient) -> None:
    number = report(client)["incident"]
    refused = client.post(f"/api/incidents/{number}/steps", json={"step": "accept"})
    assert refused.status_code == 403 and "acting as" in refused.json()["remedy"]
    assert {step["step"] for step in client.get(f"/api/incidents/{number}").json()["steps"]} <= {"attach"}


def test_a_key_that_nobody_knows_opens_less_than_none(client: TestClient) -> None:
    number = report(client)["incident"]
    wrong = {"authorization": "Bearer 0123456789abcdeX"}
    for path in ("/api/incidents", f"/api/incidents/{number}", "/api/network/heat"):
        assert client.get(path).status_code == 200
        assert client.get(path, headers=wrong).status_code == 403, path
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/live?key=0123456789abcdeX", headers=HOST) as socket:
        socket.receive_json()


def test_a_step_somebody_else_took_is_a_conflict_and_an_unknown_number_is_not_found(client: TestClient) -> None:
    number = report(client)["incident"]
    step = {"step": "accept"}
    assert client.post(f"/api/incidents/{number}/steps", json=step, headers=DESK).json()["state"] == "accepted"
    again = client.post(f"/api/incidents/{number}/steps", json=step, headers=DESK)
    assert again.status_code == 409 and again.json()["field"] == "state"
    assert client.post("/api/incidents/20261123-999999/steps", json=step, headers=DESK).status_code == 404
    assert client.post(f"/api/incidents/{number}/steps", json={"step": "file"}, headers=DESK).status_code == 403, (
        "an acceptor does not file"
    )


def test_many_take_the_same_step_and_each_is_told_its_own(client: TestClient) -> None:
    numbers = [report(client)["incident"] for _ in range(3)]
    client.post(f"/api/incidents/{numbers[1]}/steps", json={"step": "accept"}, headers=DESK)
    told = client.post("/api/steps", json={"incidents": numbers, "step": "accept"}, headers=DESK)
    assert told.status_code == 207 and told.json()["done"] == 2
    assert ["error" in item for item in told.json()["items"]] == [False, True, False]


def test_a_batch_whose_answer_was_lost_and_that_is_sent_again_takes_no_step_twice(client: TestClient) -> None:
    lead = {"cookie": "onescreen-duty=shift_leader"}
    seen = {made["incident"]: made["seq"] for made in (report(client), report(client))}
    batch = {"incidents": list(seen), "step": "note", "note": "再看", "if_seqs": seen}
    first, again = (client.post("/api/steps", json=batch, headers=lead).json() for _ in range(2))
    assert (first["done"], again["done"]) == (2, 0) and {item["error"]["field"] for item in again["items"]} == {"if_seq"}
    newer = {item["incident"]: item["seq"] for item in first["items"]}
    number, other = seen
    mixed = client.post("/api/steps", json=batch | {"if_seqs": {number: newer[number], other: seen[other]}}, headers=lead).json()
    assert ["error" in item for item in mixed["items"]] == [False, True]
    for wrong in ([1], {number: "1"}, {"20261122-999999": 1}, {number: True}):
        refused = client.post("/api/steps", json=batch | {"if_seqs": wrong}, headers=lead)
        assert refused.status_code == 400 and refused.json()["field"] == "if_seqs" and refused.json()["zh"], wrong


def test_lists_are_filtered_by_what_exists(client: TestClient) -> None:
    number = report(client, type="0505")["incident"]
    rows = client.get("/api/incidents?type=0505&state=open&area=990115103200&light=green").json()
    assert number in {row["id"] for row in rows["rows"]} and rows["total"] == len(rows["rows"])
    assert client.get("/api/incidents?area=990115103201&type=0505").json()["total"] == 0
    wrong = client.get("/api/incidents?stat=open")
    assert wrong.status_code == 400 and "'state'" in wrong.json()["remedy"]
    assert client.get("/api/incidents?light=blue").json()["field"] == "light"


def test_the_town_changes_its_tables_in_versions(client: TestClient) -> None:
    rows = client.get("/api/network/tables/grades").json()
    assert rows["version"] == 1 and len(rows["rows"]) == 4
    lead = {"cookie": "onescreen-duty=shift_leader"}
    text = client.get("/api/network/tables/grades?format=csv").text.replace("\ufeff", "").replace("一般", "普通")
    refused = client.put("/api/network/tables/grades?why=x", content=text, headers={"content-type": "text/csv"} | DESK)
    assert refused.status_code == 403
    saved = client.put("/api/network/tables/grades?why=改名", content=text.encode(), headers={"content-type": "text/csv"} | lead)
    assert saved.status_code == 201 and saved.json()["version"] == 2
    assert client.get("/api/network/tables").json()["history"][0]["why"] == "改名"
    broken = client.put("/api/network/tables/grades?why=x", json={"rows": rows["rows"][:2]}, headers=lead)
    assert broken.status_code == 400 and broken.json()["zh"]


def test_health_survives_what_a_screen_tells_and_forgets_it_when_it_leaves(client: TestClient) -> None:
    def screens() -> list[dict]:
        told = client.app.state.screen.network.health()  # type: ignore[attr-defined]
        json.dumps(told, allow_nan=False)
        return [one for one in told["screens"] if one["page"] == "odd"]

    with client.websocket_connect("/live", headers=HOST) as socket:
        socket.receive_json()
        socket.send_text("[" * 9_000)
        socket.send_text('{"kind":"health","heap":NaN,"frame_ms":1e999,"paint_ms":7,"page":"odd"}')
        frame(socket, "beat")
        (told,) = screens()
        assert told["paint_ms"] == 7 and not {"heap", "frame_ms"} & set(told)
    deadline = time.monotonic() + 5
    while screens() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert screens() == []


@pytest.mark.parametrize(
    "query", ["since=" + "9" * 30, "until=²", "page=" + "9" * 30, "size=" + "9" * 5000, "grade=99999999999", "unit=%00"]
)
def test_a_filter_that_no_database_can_hold_is_refused_in_words(client: TestClient, query: str) -> None:
    refused = client.get(f"/api/incidents?{query}")
    assert refused.status_code == 400 and refused.json()["zh"] and len(refused.text) < 600


def test_positions_and_notes_that_are_none_are_refused_in_words(client: TestClient) -> None:
    unit, lead = {"cookie": "onescreen-duty=unit"}, {"cookie": "onescreen-duty=shift_leader"}
    long = [{"responder": "R0", "lon": HERE[0], "lat": HERE[1]}] * 1001
    for wrong in ([1], {"items": 5}, {"items": [None]}, [[]], long, {"responder": {}, "lon": HERE[0], "lat": HERE[1]}):
        refused = client.post("/api/positions", json=wrong, headers=unit)
        assert refused.status_code == 400 and refused.json()["zh"], wrong
    broken = client.post("/api/network/handover", content=b'{"note": "\\ud83d"}', headers=lead | {"content-type": "application/json"})
    assert broken.status_code == 400 and broken.json()["field"] == "note"
    changes = client.get("/api/network/changes?since=" + "9" * 30)
    assert changes.status_code == 400 and changes.json()["field"] == "since"
