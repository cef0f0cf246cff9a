"""What the duty desk asks of the server beside lists and cards: changes since one looked, hand-over notes, who acts."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hands import HERE, Make
from square_town import publish

from app import create_app
from data.policy import Viewer
from incidents.core.changes import changes

LEADER, NAME = {"onescreen-duty": "shift_leader"}, "onescreen-duty-name"


def worn(cookies: dict[str, str]) -> dict[str, str]:
    """Cookies as a header of one request."""
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = create_app(publish(tmp_path_factory.mktemp("desk")))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        yield client


def report(client: TestClient) -> dict:
    sent = {"source": "patrol", "type": "0102", "lon": HERE[0], "lat": HERE[1]}
    return client.post("/api/incidents", json=sent, headers=worn(LEADER)).json()


def test_changes_are_what_came_after_a_number_newest_first_and_counted_all(make: Make) -> None:
    hands = make()
    first = hands.report()
    hands.walk(first.incident, "accept", "file")
    hands.step(first.incident, "note", "shift_leader", note="电话 13812345678 已联系")

    def asked(since: int, most: int, viewer: str) -> dict:
        return hands.network.asked(lambda c: changes(c, since, most, hands.network.sight(Viewer(viewer))))

    everything = asked(0, 10, "officer")
    assert [row["step"] for row in everything["rows"]] == ["note", "file", "accept", "report"]
    assert (everything["total"], everything["seq"]) == (4, first.seq + 3)
    assert [row["step"] for row in asked(first.seq + 1, 10, "officer")["rows"]] == ["note", "file"]
    cut = asked(0, 1, "officer")
    assert (cut["total"], len(cut["rows"])) == (4, 1)
    assert asked(everything["seq"], 10, "officer") == {"total": 0, "seq": everything["seq"], "rows": []}
    assert "13812345678" in str(everything["rows"][0]["note"]) and "13812345678" not in str(asked(0, 10, "leader"))


def test_changes_refuse_a_number_that_is_none(client: TestClient) -> None:
    assert client.get("/api/network/changes?since=x", headers=worn(LEADER)).json()["field"] == "since"


def test_a_hand_over_note_is_read_once_by_who_reads_it_first(client: TestClient) -> None:
    at = client.post("/api/network/handover", json={"note": "北桥积水，已通知水务"}, headers=worn(LEADER)).json()["at"]
    (note, *_) = client.get("/api/network/handover", headers=worn(LEADER)).json()["notes"]
    assert (note["note"], note["read_at"]) == ("北桥积水，已通知水务", None)
    for name in ("陆某", "沈某"):
        reader = {"onescreen-duty": "acceptor", NAME: quote(name)}
        assert client.post("/api/network/handover/read", json={"at": at}, headers=worn(reader)).status_code == 200
    assert client.get("/api/network/handover", headers=worn(LEADER)).json()["notes"][0]["read_by"] == "陆某"
    assert client.post("/api/network/handover/read", json={"at": 5}, headers=worn(LEADER)).json()["field"] == "at"
    assert client.post("/api/network/handover/read", json={"at": at}, headers=worn({"onescreen-duty": "unit"})).status_code == 403


def test_the_log_keeps_the_name_that_the_chooser_gives_and_no_more_of_it_than_a_name(client: TestClient) -> None:
    number = report(client)["incident"]
    client.post(f"/api/incidents/{number}/steps", json={"step": "accept"}, headers=worn(LEADER | {NAME: quote(" 李明 ")}))
    client.post(f"/api/incidents/{number}/steps", json={"step": "file"}, headers=worn(LEADER | {NAME: "x" * 300}))
    client.post(f"/api/incidents/{number}/steps", json={"step": "urge"}, headers=worn(LEADER))
    history = client.get(f"/api/incidents/{number}", headers=worn(LEADER)).json()["history"]
    assert [event["by"] for event in history[1:]] == ["李明", "x" * 40, ""]
