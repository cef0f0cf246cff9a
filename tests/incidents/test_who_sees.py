"""What leaves the network for whom: leaders and up see where people are, keys see their areas, and nobody finds a way round."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from hands import HERE
from square_town import publish

from app import create_app
from data.store.duck import connect

VILLAGE, OTHER = "990115103200", "990115103201"
KEYS = "".join(
    f'[[key]]\nname = "{name}"\nkey = "{name}-0123456789abcdef"\nduty = "{duty}"\nareas = {areas}\n'
    for name, duty, areas in (
        ("town", "feed", []), ("nowhere", "unit", ["NOSUCH"]), ("west", "unit", [VILLAGE]), ("both", "unit", [f"{VILLAGE}02", OTHER]),
    )
)  # fmt: skip
DESK, LEADER = {"cookie": "onescreen-duty=acceptor"}, {"cookie": "onescreen-duty=leader"}
ELDER = "0955"  # a visit: about a person
EAST = HERE[0] + 0.025  # in the other village


def key(name: str) -> dict[str, str]:
    return {"x-api-key": f"{name}-0123456789abcdef"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("sees")
    (home / "keys.toml").write_text(KEYS)
    settings = replace(publish(home), keys=home / "keys.toml")
    with connect(settings.serving / "v1.duckdb") as town:
        town.execute("ALTER TABLE responder ADD COLUMN post_type VARCHAR")
    with TestClient(create_app(settings), base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        yield client


def report(client: TestClient, **more: object) -> str:
    told = {"source": "patrol", "type": "0102", "lon": HERE[0], "lat": HERE[1]} | more
    answer = client.post(
        "/api/incidents", json=told, headers={"cookie": "onescreen-duty=acceptor; onescreen-duty-name=%E6%9D%8E%E5%B1%80%E9%95%BF"}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["incident"])


def listed(client: TestClient, query: str, headers: dict[str, str]) -> set[str]:
    answer = client.get(f"/api/incidents?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()["rows"]}


def test_a_key_of_some_areas_reads_these_alone_by_every_address(client: TestClient) -> None:
    here, there = report(client, type="0505"), report(client, type="0505", lon=EAST)
    twin = report(client, type="0505", lon=HERE[0] + 0.0001)
    for name, seen in (("nowhere", set()), ("west", {here, twin}), ("both", {there}), ("town", {here, there, twin})):
        mine = key(name)
        assert listed(client, "type=0505", mine) == listed(client, "list=reported&type=0505", mine) == seen, name
        (figure,) = client.get("/api/network/kpi?names=reported&type=0505", headers=mine).json()["figures"]
        assert figure["numerator"] == len(seen), name
        news = client.get("/api/network/changes?since=0&size=500", headers=mine).json()
        assert {row["incident"] for row in news["rows"]} & {here, there, twin} == seen and (
            name == "town" or news["total"] == len(news["rows"])
        )
        cards = {number: client.get(f"/api/incidents/{number}", headers=mine).status_code for number in (here, there, twin)}
        assert cards == {number: 200 if number in seen else 400 for number in cards}, name
        copies = client.get(f"/api/incidents/{here}/duplicates", headers=mine)
        assert copies.status_code == (200 if here in seen else 400)
        near = client.get(f"/api/network/near?incident={here}", headers=mine).status_code
        assert near == (403 if name == "town" else 200 if here in seen else 400), name
        points = client.get("/api/network/heat", headers=mine).json()["rows"]
        assert bool(points) == bool(seen) and (name != "west" or all(lon < HERE[0] + 0.02 for lon, _lat, _grade in points))
    cameras = [len(client.get("/api/network/cameras", headers=key(name)).json()["rows"]) for name in ("west", "both", "town")]
    assert cameras == [1, 0, 1], "the camera stands in the first team of the west"
    moved = {"responder": "R9", "lon": EAST, "lat": HERE[1]}
    assert client.post("/api/positions", json=moved, headers=key("west")).status_code == 403
    sent = client.get("/api/network/responders", headers=key("west")).json()["rows"]
    assert {row["responder_id"] for row in sent} == {"R0", "R1"}
    with client.websocket_connect(f"/live?key={key('both')['x-api-key']}", headers={"host": "127.0.0.1"}) as socket:
        rows = socket.receive_json()["rows"]
    assert there in {row[0] for row in rows} and here not in {row[0] for row in rows}


def test_machines_and_walls_are_not_told_who_could_be_sent_and_where_they_are(client: TestClient) -> None:
    number = report(client)
    moved = client.post(
        "/api/positions", json={"responder": "R0", "lon": HERE[0], "lat": HERE[1]}, headers={"cookie": "onescreen-duty=unit"}
    )
    assert moved.status_code == 200, moved.text
    assert client.get(f"/api/network/near?incident={number}", headers=LEADER).json()["rows"]
    for headers, more in ((key("town"), ""), (LEADER, "&page_role=wall")):
        refused = client.get(f"/api/network/near?incident={number}{more}", headers=headers)
        assert refused.status_code == 403 and "领导" in refused.json()["zh"]
    with client.websocket_connect("/live", headers={"host": "127.0.0.1"}) as socket:
        whole = socket.receive_json()
        while not whole.get("positions") and whole["kind"] != "positions":
            whole = socket.receive_json()
    for path in ("/live?page=wall", f"/live?key={key('town')['x-api-key']}"):
        with client.websocket_connect(path, headers={"host": "127.0.0.1"}) as socket:
            assert socket.receive_json()["positions"] == []


def test_below_leader_nothing_tells_the_exact_place_of_an_incident_about_a_person(client: TestClient) -> None:
    told = {"type": ELDER, "camera": "SB-1", "source": "camera", "label": "x", "confidence": 0.9}
    numbers = {report(client, **told), report(client, **told | {"lon": HERE[0] + 0.0001})}
    number = min(numbers)
    feed = key("town")
    assert client.get(f"/api/incidents/{number}/duplicates", headers=feed).json()["rows"] == []
    assert client.get(f"/api/incidents/{number}", headers=feed).json()["incident"]["camera"] is None
    assert not listed(client, "camera=SB-1", feed) & numbers and not listed(client, "list=reported&camera=SB-1", feed) & numbers
    by_camera = "/api/network/kpi?names=reported&type=0955&by=camera"
    assert client.get(by_camera, headers=feed).json()["groups"]["reported"] == {}
    assert numbers <= listed(client, f"type={ELDER}", feed), "that there are such, and in which area, is told"
    assert [row["id"] for row in client.get(f"/api/incidents/{number}/duplicates", headers=LEADER).json()["rows"]] == [max(numbers)]
    assert client.get(f"/api/incidents/{number}", headers=LEADER).json()["incident"]["camera"] == "SB-1"
    assert numbers <= listed(client, "camera=SB-1", LEADER) & listed(client, "list=reported&camera=SB-1", LEADER)
    client.post(f"/api/incidents/{number}/steps", json={"step": "confirm"}, headers=DESK)
    judged = [client.get("/api/network/cameras", headers=who).json()["rows"][0]["judged"] for who in (feed, LEADER)]
    assert judged == [0, 1], "a count that moves tells which camera it was"
    assert client.get(by_camera, headers=LEADER).json()["groups"]["reported"]["SB-1"]["numerator"] == 2


def test_names_of_who_did_what_are_masked_below_leader(client: TestClient) -> None:
    number = report(client)
    for headers, name in ((key("town"), "李*长"), (LEADER, "李局长")):
        card = client.get(f"/api/incidents/{number}", headers=headers).json()
        assert card["incident"]["last_by"] == name and {event["by"] for event in card["history"]} == {name}
        news = client.get("/api/network/changes?since=0&size=500", headers=headers).json()["rows"]
        assert {row["by"] for row in news if row["incident"] == number} == {name}


def test_the_number_that_opens_a_report_of_a_phone_is_told_to_nobody(client: TestClient) -> None:
    token = "secret-token-1234567"
    kind = next(row["code"] for row in client.get("/api/network").json()["types"] if row["public"] and not row["personal"])
    made = client.post("/api/report", json={"client": token, "type": kind, "lon": HERE[0], "lat": HERE[1]})
    assert made.status_code == 201, made.text
    for headers in (key("town"), LEADER, DESK):
        text = (
            client.get("/api/incidents?feed=report", headers=headers).text
            + client.get(f"/api/incidents/{made.json()['incident']}", headers=headers).text
        )
        assert made.json()["incident"] in text and token not in text
