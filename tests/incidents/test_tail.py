"""What goes on by the clock alone, or by what screens say, while the log stands still."""

import json
from datetime import timedelta
from typing import Any

from hands import MORNING, Hands, apart

from data.policy import Actor, Viewer
from incidents.core import query
from incidents.core.hub import Audience, Client
from incidents.core.screens import Screens

HOUR = timedelta(hours=1)


def test_an_alert_begins_and_ends_by_the_clock_and_newcomers_are_told_what_holds_then(hands: Hands) -> None:
    network, tail = hands.network, hands.network.tail
    alert = {
        "identifier": "W", "kind": "Alert", "status": "Actual", "sent": MORNING, "effective": MORNING + HOUR, "expires": MORNING + 2 * HOUR,
        "headline": "暴雨", "areas": [{"name": "全镇", "geometry": None, "geocodes": []}],
    }  # fmt: skip
    told: list[Any] = []

    async def follow() -> None:
        await tail.begin()
        await network.alert([alert], Actor("feed", "w", "key"))
        await tail.take()
        client = Client(Audience(Viewer("wall")))
        tail.hub.join(client, 0, {"alerts": tail.alerts})
        for minutes in (0, 61, 1, 59):
            hands.later(minutes=minutes)
            await tail._beat()
            late = Client(Audience(Viewer("wall")))
            tail.hub.join(late, 0, {"alerts": tail.alerts})
            told.append((_alerts(client), _alerts(late)[-1]))

    apart(follow())
    assert told == [([[]], []), ([["暴雨"]], ["暴雨"]), ([], ["暴雨"]), ([[]], [])]


def _alerts(client: Client) -> list[list[str]]:
    """Headlines in each frame that tells alerts."""
    frames = [json.loads(client.frames.get_nowait()) for _ in range(client.frames.qsize())]
    return [[one["headline"] for one in frame["alerts"]] for frame in frames if "alerts" in frame]


def test_what_was_wrong_with_a_feed_is_told_to_officers_and_never_in_beats(hands: Hands) -> None:
    refused = hands.report(lon=None, lat=None, address="无此村999号李四13912345678")
    assert refused.error is not None
    network = hands.network
    apart(network.tail.begin())
    assert next(feed for feed in network.tail.feeds if feed["name"] == "native")["state"] == "failed"
    assert "李四" not in json.dumps(network.tail.feeds, ensure_ascii=False)
    shown = network.asked(lambda connection: query.feeds(connection, network.feeds, network.now(), why=True))
    assert "李四" in next(feed for feed in shown if feed["name"] == "native")["why"]


def test_a_screen_tells_numbers_that_json_knows_and_is_forgotten_when_it_leaves() -> None:
    screens = Screens()
    screens.tell(
        "a", json.loads('{"heap": NaN, "frame_ms": 1e999, "nodes": ' + "9" * 400 + ', "age_s": true, "paint_ms": 7, "page": "\\ud83d"}'), 1
    )
    assert screens.all() == [{"page": "?", "at": 1, "paint_ms": 7}]
    screens.forget("a")
    screens.forget("a")
    assert screens.all() == []
