"""Every way in, through the whole server: what goes in by one is seen by the others, with keys that say who may send what."""

import base64
import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from PIL import Image
from square_town import SIDE, SOUTH, WEST, publish

from app import create_app
from data.settings import Settings
from incidents.__main__ import main
from incidents.core import schema

CAMERAS, PORTAL, WEATHER = "camera-gateway-0001", "open311-portal-0001", "weather-bureau-0001"
KEYS = f"""
[[key]]
name = "cameras"
key = "{CAMERAS}"
feeds = ["native"]
[[key]]
name = "portal"
key = "{PORTAL}"
feeds = ["open311"]
areas = ["990115103200"]
[[key]]
name = "weather"
key = "{WEATHER}"
feeds = ["cap"]
"""
DESK = {"cookie": "onescreen-duty=shift_leader"}
HERE = {"lon": WEST + SIDE / 2, "lat": SOUTH + SIDE / 2}
CAP = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>W-{n}</identifier><sender>w@x.cn</sender>
<sent>2026-11-22T08:00:00+08:00</sent><status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>{more}</alert>"""
RAIN = """<info><language>zh-CN</language><event>暴雨</event><urgency>Immediate</urgency><severity>Severe</severity>
<certainty>Likely</certainty><headline>暴雨橙色预警</headline><area><areaDesc>本县</areaDesc>
<geocode><valueName>GB2260</valueName><value>990115</value></geocode></area></info>"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("ways")
    (home / "keys.toml").write_text(KEYS, encoding="utf-8")
    return replace(publish(home), keys=home / "keys.toml")


@pytest.fixture(scope="module")
def web(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        yield client


def key(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}"}


def picture() -> str:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (1, 2, 3)).save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


def card(web: TestClient, number: str) -> dict[str, Any]:
    answer = web.get(f"/api/incidents/{number}", headers=DESK)
    assert answer.status_code == 200, answer.text
    return answer.json()


def in_force(web: TestClient, number: int) -> list[dict[str, Any]]:
    """Alerts once there are so many of them: the tail needs a moment."""
    for _ in range(100):
        found = web.get("/api/network/alerts").json()["alerts"]
        if len(found) == number:
            break
        time.sleep(0.02)
    return found


def test_what_a_camera_sees_is_confirmed_or_called_false_and_counts_for_the_camera(web: TestClient) -> None:
    seen = {"camera": "SB-1", "label": "打包垃圾", "confidence": 0.9, "still": picture()}
    one, two = (web.post("/api/incidents", json=seen | {"external_id": n}, headers=key(CAMERAS)).json()["incident"] for n in ("1", "2"))
    web.post(f"/api/incidents/{one}/steps", json={"step": "confirm"}, headers=DESK)
    web.post(f"/api/incidents/{two}/steps", json={"step": "false_alarm"}, headers=DESK)
    told = card(web, one)
    assert "0102" in str(told) and len(told["photos"]) == 1
    rows = web.get("/api/incidents?type=0102", headers=DESK).json()["rows"]
    judged = {row["id"]: (row["ai"], row["state"], row["camera"], row["area"]) for row in rows}
    assert judged[one] == ("confirmed", "accepted", "SB-1", "99011510320001")
    assert judged[two][:2] == ("false", "false_alarm")
    (camera,) = web.get("/api/network/cameras", headers=DESK).json()["rows"]
    assert (camera["id"], camera["judged"], camera["confirmed"]) == ("SB-1", 2, 1)


def test_a_key_opens_its_own_way_and_its_own_area_only(web: TestClient) -> None:
    report = {"type": "0102", **HERE}
    assert web.post("/api/incidents", json=report, headers=key(PORTAL)).status_code == 401
    assert web.post("/api/incidents", json=report).status_code == 401
    form = {"service_code": "0505", "lat": HERE["lat"], "long": HERE["lon"], "api_key": PORTAL}
    assert web.post("/open311/v2/requests.json", data=form).status_code == 201
    elsewhere = web.post("/open311/v2/requests.json", data=form | {"long": HERE["lon"] + 2 * SIDE})
    assert elsewhere.status_code == 403 and "990115103200" in elsewhere.json()[0]["description"]


def test_what_the_portal_sends_can_be_read_back_while_it_is_handled(web: TestClient) -> None:
    form = {"service_code": "0505", "lat": HERE["lat"], "long": HERE["lon"], "description": "堵路 13812345678", "api_key": PORTAL}
    number = web.post("/open311/v2/requests.json", data=form).json()[0]["service_request_id"]
    (before,) = web.get(f"/open311/v2/requests/{number}.json").json()
    web.post(f"/api/incidents/{number}/steps", json={"step": "reject", "note": "重复"}, headers=DESK)
    (after,) = web.get(f"/open311/v2/requests/{number}.json").json()
    assert (before["status"], after["status"]) == ("open", "closed") and after["updated_datetime"] >= before["updated_datetime"]
    assert before["description"] == "堵路 ***" and "13812345678" in str(card(web, number))


def test_a_report_from_a_phone_is_followed_by_that_phone(web: TestClient) -> None:
    sent = {"client": "c" * 32, "type": "0102", **HERE, "photos": [picture()], "name": "王建国"}
    told = web.post("/api/report", json=sent).json()
    assert web.post("/api/report", json=sent).json()["incident"] == told["incident"]
    web.post(f"/api/incidents/{told['incident']}/steps", json={"step": "accept"}, headers=DESK)
    state = web.get(f"/api/report/{told['incident']}?token={told['token']}").json()
    assert state["state"] == "accepted" and state["said_zh"].startswith("已受理")
    assert web.post("/api/report", json=sent, headers={"origin": "http://evil.example"}).status_code == 403


def test_half_a_character_is_refused_in_words_by_every_way_in(web: TestClient) -> None:
    half, good = "\ud83d", {"type": "0102", **HERE}
    number = web.post("/api/incidents", json=good, headers=key(CAMERAS)).json()["incident"]
    for address, body, status in (
        ("/api/incidents", {"items": [good, good | {"description": half}, good | {half: 1}, good]}, 207),
        (f"/api/incidents/{number}/steps", {"step": "note", "note": half}, 400),
        ("/api/steps", {"step": "urge", "incidents": [half, number]}, 207),
        ("/api/report", {"client": "h" * 32, "description": half, **good}, 400),
        ("/api/positions", {"responder": half, **HERE}, 400),
    ):
        headers = DESK | {"content-type": "application/json"}
        answer = web.post(address, content=json.dumps(body), headers=headers)
        assert answer.status_code == status and "U+D83D" in answer.text, (address, answer.text)
        if status == 207:
            refused = [bool(one.get("error")) for one in answer.json()["items"]]
            assert refused in ([False, True, True, False], [True, False]), (address, refused)


def test_an_alert_for_the_county_covers_the_town_until_it_is_called_off(web: TestClient) -> None:
    assert web.post("/api/alerts", content=CAP.format(n=1, kind="Alert", more=RAIN).encode(), headers=key(WEATHER)).json()["taken"] == 1
    (alert,) = in_force(web, 1)
    assert alert["headline"] == "暴雨橙色预警" and alert["areas"][0]["geometry"]["type"] in ("Polygon", "MultiPolygon")
    off = "<references>w@x.cn,W-1,2026-11-22T08:00:00+08:00</references>"
    web.post("/api/alerts", content=CAP.format(n=2, kind="Cancel", more=off).encode(), headers=key(WEATHER))
    assert in_force(web, 0) == []


def test_alerts_not_yet_effective_or_for_elsewhere_are_not_shown_and_exercises_say_so(web: TestClient) -> None:
    sent = (
        CAP.format(n=11, kind="Alert", more=RAIN.replace("<severity>", "<effective>2099-01-01T00:00:00+08:00</effective><severity>", 1)),
        CAP.format(n=12, kind="Alert", more=RAIN.replace("310115", "440300").replace("990115", "440300")),
        CAP.format(n=13, kind="Alert", more=RAIN).replace("<status>Actual", "<status>Exercise"),
    )
    for one in sent:
        assert web.post("/api/alerts", content=one.encode(), headers=key(WEATHER)).json()["taken"] == 1, one
    (drill,) = in_force(web, 1)
    assert drill["identifier"].endswith("13") and drill["headline"] == "【演练 EXERCISE】暴雨橙色预警"


def test_orders_of_the_hotline_go_in_by_the_desk_and_by_the_command_line(
    web: TestClient, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=3)
    at = f"{called.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"
    orders = (
        f"工单编号,来电时间,问题类别,诉求内容,诉求地址,来电人\nH1,{at},暴露垃圾,x,苇圩村1组12号,王建国\nH2,{at},外星人,x,苇圩村1组12号,王\n"
    )
    told = web.post("/api/hotline?name=a.csv", content=orders.encode("gb18030"), headers=DESK).json()
    assert (told["taken"], [one["row"] for one in told["refused"]]) == (1, [3])
    file = tmp_path / "a.csv"
    file.write_text(orders + f"H3,{at},暴露垃圾,x,栾汀村4组,李\n", encoding="utf-8")
    assert main(["import", str(file), "--refused", str(tmp_path / "back.xlsx")], settings=settings) == 1
    said = capsys.readouterr().out
    assert "3 rows; 1 taken, 1 known, 1 refused" in said and "第 3 行" in said and (tmp_path / "back.xlsx").exists()
    rows = web.get("/api/incidents?source=hotline", headers=DESK).json()["rows"]
    assert len(rows) == 2 and all(row["reported_at"] > (called + timedelta(days=2)).timestamp() * 1000 for row in rows), (
        "when it reached us"
    )
    engine = schema.open_engine(settings)
    with engine.connect() as log:
        bodies = log.execute(sa.select(schema.event.c.body).where(schema.event.c.incident.in_([row["id"] for row in rows]))).scalars()
        assert [datetime.fromisoformat(json.loads(body)["noticed_at"]) for body in bodies] == [called, called], "the call is kept"
    engine.dispose()


def test_the_command_line_shows_tables_plays_logs_and_says_what_is_wrong(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tables", "list"], settings=settings) == 0 and "types" in capsys.readouterr().out
    log = tmp_path / "log.jsonl"
    log.write_text('{"service_request_id": "1", "status": "open", "service_name": "Pothole", "requested_datetime": "2026-11-20T08:00:00Z", '
                   f'"lat": {HERE["lat"]}, "long": {HERE["lon"]}}}\n')  # fmt: skip
    assert main(["replay", str(log), "--speed", "0"], settings=settings) == 0 and "1 taken" in capsys.readouterr().out
    assert main(["replay", str(tmp_path / "none.jsonl")], settings=settings) == 1
    assert "无法读取" in capsys.readouterr().err
    assert main(["simulate", "--once", "--past", "2", "--rate", "100"], settings=settings) == 0
    assert "incidents reported" in capsys.readouterr().out
    empty = Settings(home=tmp_path / "empty")
    assert main(["simulate", "--once"], settings=empty) == 1 and "尚未发布" in capsys.readouterr().err
