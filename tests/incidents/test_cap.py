"""Alerts come in as CAP 1.2, in the words of Chinese issuers too; areas become GeoJSON."""

import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fake_intake import FakeIntake, client
from shapely.geometry import shape

from data.errors import NetworkError
from data.policy import Actor
from incidents.feeds.cap import FEED, parse

ZONE = ZoneInfo("Asia/Shanghai")
POLYGON = "<polygon>31.20,121.70 31.20,121.74 31.22,121.74 31.20,121.70</polygon>"


def cap(kind: str = "Alert", info: str | None = None, area: str = POLYGON, references: str = "", **head: str) -> bytes:
    values = {
        "identifier": "CN-1",
        "sender": "weather@example.cn",
        "sent": "2026-11-22T09:00:00+08:00",
        "status": "Actual",
        "scope": "Public",
    }
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in {**values, "msgType": kind, **head}.items())
    info = (
        info
        if info is not None
        else f"""<info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>
        <severity>Severe</severity><certainty>Likely</certainty><expires>2026-11-22T15:00:00+08:00</expires><headline>暴雨橙色预警</headline>
        <description>未来三小时</description><area><areaDesc>示范镇</areaDesc>{area}</area></info>"""
    )
    refers = f"<references>{references}</references>" if references else ""
    return f'<?xml version="1.0"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">{fields}{refers}{info}</alert>'.encode()


def one(content: bytes) -> dict[str, Any]:
    (alert,) = parse(content, ZONE)
    assert isinstance(alert, dict), alert
    return alert


def test_an_alert_is_read_with_its_area_as_geojson() -> None:
    alert = one(cap())
    assert (alert["identifier"], alert["kind"], alert["event"], alert["severity"], alert["ignored"]) == (
        "CN-1",
        "Alert",
        "暴雨",
        "Severe",
        "",
    )
    assert alert["sent"] == datetime(2026, 11, 22, 1, tzinfo=UTC) and alert["expires"] == datetime(2026, 11, 22, 7, tzinfo=UTC)
    (area,) = alert["areas"]
    assert area["name"] == "示范镇" and shape(area["geometry"]).bounds == (121.70, 31.20, 121.74, 31.22)  # lon first, as GeoJSON wants


def test_a_circle_becomes_a_polygon_of_its_radius_and_a_code_stays_a_code() -> None:
    alert = one(
        cap(area="<circle>31.2,121.7 5</circle>" + POLYGON + "<geocode><valueName>GB2260</valueName><value>310115</value></geocode>")
    )
    geometry = shape(alert["areas"][0]["geometry"])
    assert geometry.geom_type == "MultiPolygon" and alert["areas"][0]["geocodes"] == [{"name": "GB2260", "value": "310115"}]
    circle = one(cap(area="<circle>31.2,121.7 5</circle>"))["areas"][0]["geometry"]
    south, north = shape(circle).bounds[1], shape(circle).bounds[3]
    assert math.isclose((north - south) * 111.32 / 2, 5, rel_tol=0.01)
    assert one(cap(area="<geocode><valueName>x</valueName><value>99</value></geocode>"))["areas"][0]["geometry"] is None


def test_chinese_words_and_colours_are_understood() -> None:
    info = "<info><event>台风</event><urgency>立即</urgency><severity>红色</severity><certainty>很可能</certainty></info>"
    alert = one(cap("发布", info, status="实际", scope="公开", sent="2026-11-22T09:00:00"))
    assert (alert["kind"], alert["severity"], alert["urgency"], alert["certainty"]) == ("Alert", "Extreme", "Immediate", "Likely")
    assert alert["sent"] == datetime(2026, 11, 22, 1, tzinfo=UTC)  # without offset: the town's time
    unknown = "<info><event>大雾</event><severity>Unknown</severity><headline>大雾黄色预警信号</headline></info>"
    assert one(cap(info=unknown))["severity"] == "Moderate"


def test_an_update_and_a_cancel_name_what_they_replace() -> None:
    assert one(cap("Update", references="a@b,CN-0,2026-11-22T08:00:00+08:00 a@b,CN-9,2026-11-22T08:00:00+08:00"))["references"] == [
        "CN-0",
        "CN-9",
    ]
    cancel = one(cap("Cancel", info="", references="a@b,CN-1,2026-11-22T08:00:00+08:00"))
    assert cancel["kind"] == "Cancel" and cancel["areas"] == []


def test_of_two_languages_the_chinese_is_taken() -> None:
    english = "<info><language>en</language><event>Rainstorm</event><severity>Severe</severity></info>"
    chinese = "<info><language>zh-CN</language><event>暴雨</event><severity>Severe</severity></info>"
    assert one(cap(info=english + chinese))["event"] == "暴雨" and one(cap(info=english))["event"] == "Rainstorm"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (cap(identifier=""), "identifier"),
        (cap(identifier="a b"), "identifier"),
        (cap(sent="heute"), "sent"),
        (cap("Alarm"), "msgType"),
        (cap(status="Actua"), "status"),
        (cap("Update"), "references"),
        (cap("Update", references="CN-0"), "references"),
        (cap(info=""), "info"),
        (cap(info="<info><severity>Severe</severity></info>"), "event"),
        (cap(info="<info><event>x</event><severity>Bad</severity></info>"), "severity"),
        (cap(info="<info><event>x</event><expires>2020-01-01T00:00:00Z</expires></info>"), "expires"),
        (cap(area="<polygon>31.2,121.7 31.2,121.8 31.3,121.8</polygon>"), "polygon"),
        (cap(area="<polygon>31,121 32,122 31,122 32,121 31,121</polygon>"), "polygon"),
        (cap(area="<polygon>121,31 122,32 121,32 121,31</polygon>"), "polygon"),
        (cap(area="<circle>31.2,121.7</circle>"), "circle"),
        (cap(area="<circle>31.2 121.7 5</circle>"), "circle"),
    ],
)
def test_what_is_wrong_with_an_alert_is_named(content: bytes, field: str) -> None:
    (error,) = parse(content, ZONE)
    assert isinstance(error, NetworkError) and error.field == field and error.zh and error.remedy and error.zh_remedy


def test_of_several_alerts_the_good_ones_are_taken() -> None:
    intake = FakeIntake()
    alerts = b"<alerts>" + b"".join(part.partition(b"?>")[2] for part in (cap(), cap(identifier=""), cap(identifier="CN-2"))) + b"</alerts>"
    answer = client(FEED, intake).post("/api/alerts", content=alerts)
    assert answer.status_code == 207 and answer.json()["taken"] == 2 and answer.json()["items"][1]["field"] == "identifier"
    assert [alert["identifier"] for alert in intake.alerts] == ["CN-1", "CN-2"] and "ignored" not in intake.alerts[0]


def test_a_test_is_answered_and_not_shown_an_exercise_is_shown_as_one() -> None:
    intake = FakeIntake()
    web = client(FEED, intake)
    answer = web.post("/api/alerts", content=cap(status="Test"))
    assert answer.status_code == 200 and answer.json() == {
        "taken": 0,
        "items": [{"identifier": "CN-1", "kind": "Alert", "ignored": "Test"}],
    }
    assert web.post("/api/alerts", content=cap(status="演练")).json()["taken"] == 1 and intake.alerts[0]["status"] == "Exercise"


def test_xml_that_attacks_or_is_none_and_who_may_not_are_refused() -> None:
    intake = FakeIntake()
    web = client(FEED, intake)
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x"><!ENTITY c SYSTEM "file:///etc/passwd">]><alert>&b;&c;</alert>'
    for content in (bomb, b"", b"{}", b"<rss/>"):
        assert web.post("/api/alerts", content=content).status_code == 400
    assert web.post("/api/alerts", content=cap(identifier="")).json()["field"] == "identifier"
    intake.who = Actor("unit", "x")
    assert web.post("/api/alerts", content=cap()).status_code == 403
    assert not intake.alerts
