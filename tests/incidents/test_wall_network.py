"""The wall's panels of the network: figures that are as long as the lists behind them, words for time left, answers kept for all walls."""

import re
import threading
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hands import Hands

from data.policy import Viewer
from incidents.core import query
from incidents.core.backtest import Accuracy
from incidents.core.kpi_list import behind
from screen.html import Element, Node, written
from screen.text import words
from screen.wall import kept as kept_file
from screen.wall import network as panels
from screen.wall.ahead import accuracy
from screen.wall.kept import Kept
from screen.wall.live_facts import Live
from screen.wall.network import read_network, remaining, span

ZH, EN = words("zh-CN"), words("en")
MINUTE = 60_000


def live(hands: Hands, language: str = "zh-CN") -> Live:
    kept_file._KEPT.pop(hands.network, None)  # what is kept for some seconds is not what is tested
    return Live(hands.network, words(language), Viewer("wall"), ZoneInfo("Asia/Shanghai"), hands.at, {})


def filled(hands: Hands) -> list[str]:
    """Eight incidents of the day before and of today: closed, late, nearly late, suspended, and just in."""
    numbers = [hands.report(external_id=str(n), source=("patrol", "hotline")[n % 2]).incident for n in range(6)]
    for number in numbers[:5]:
        hands.walk(number, "accept", "file", "dispatch", "start")
    for number in numbers[:2]:
        hands.walk(number, "handled", "check", "pass", "close")
    hands.walk(numbers[2], "suspend")
    hands.later(days=1)
    return [*numbers, *(hands.report(external_id=f"new {n}", grade=2).incident for n in range(2))]


def buttons(node: Node) -> list[Element]:
    if isinstance(node, list | tuple):
        return [found for one in node for found in buttons(one)]
    if not isinstance(node, dict):
        return []
    return ([node] if node.get("data-act") == "live-list" else []) + buttons(node.get("children"))


def length(hands: Hands, address: str) -> int:
    """Of the list that `GET /api/incidents` gives for an address."""
    filters = dict(parse_qsl(urlsplit(address).query))
    sight = hands.network.sight(Viewer("wall"))

    def ask(connection: Any) -> Any:
        if "list" in filters:
            return behind(connection, filters, sight, hands.at, hands.network.zone())
        return query.find(connection, filters, sight, hands.at)

    return int(hands.network.asked(ask)["total"])


def text(node: Node) -> str:
    return written(node) if node else ""


def test_every_figure_of_the_wall_is_as_long_as_the_list_that_it_opens(hands: Hands) -> None:
    filled(hands)
    shown = read_network(live(hands))
    figures = [one for one in buttons(shown["network"]) if "%" not in text(one)]
    assert len(figures) == 4
    read = {one["data-title"]: int(re.findall(r">(\d+)<", text(one["children"][1]))[0]) for one in figures}
    assert read == {one["data-title"]: length(hands, one["data-list"]) for one in figures}
    assert read["今日上报"] == 2 and read["在办数"] == 6 and read["当前超期数"] >= 2
    assert all(one["data-note"] for one in figures if "list=" in one["data-list"]), "how it is worked out is told beside the list"


def test_sources_types_and_hours_open_lists_of_as_many_as_they_say(hands: Hands) -> None:
    filled(hands)
    shown = read_network(live(hands))
    for name in ("sources", "types"):
        rows = buttons(shown[name])
        assert rows
        for row in rows:
            said = int(text(row["children"][2]).split(">")[1].split(" ")[0])
            assert said == length(hands, row["data-list"]), row["data-title"]
    hours = buttons(shown["day-curve"])
    assert len(hours) == 8
    assert sum(length(hands, one["data-list"]) for one in hours) == 2


def test_the_rates_of_the_month_are_a_dash_where_nothing_was_due(hands: Hands) -> None:
    hands.report()
    rates = buttons(read_network(live(hands))["network"])[-2:]
    assert [one["data-title"] for one in rates] == ["结案率", "按期结案率"]
    assert all("—" in text(one) for one in rates)


def test_the_roll_begins_with_what_is_just_in_goes_on_with_what_is_most_urgent_and_names_nobody(hands: Hands) -> None:
    numbers = filled(hands)
    hands.report(external_id="named", reporter="顾小明", phone="13800138000", description="顾小明家门口", address="苇圩村3组18号")
    roll = text(read_network(live(hands))["roll"])
    order = [number for number in sorted(numbers, key=roll.find) if number in roll]
    assert set(order) == set(numbers[2:]), "what is closed is not there"
    assert set(order[:2]) == set(numbers[6:]) and roll.count(">新<") == 3
    assert order[-1] == numbers[2], "what stands still comes last"
    assert not any(word in roll for word in ("顾小明", "13800138000", "18号"))


def test_time_left_is_said_as_the_scripts_say_it(hands: Hands) -> None:
    found = live(hands)
    now = round(hands.at.timestamp() * 1000)
    row = {"paused": 0, "yellow_at": now + 8 * MINUTE, "due_at": now + 10 * MINUTE}
    assert remaining(found, row) == ("green", "剩 10 分")
    assert remaining(found, row | {"yellow_at": now}) == ("yellow", "剩 10 分")
    assert remaining(found, row | {"due_at": now}) == ("red", "超时 不到 1 分")
    assert remaining(found, row | {"paused": 1}) == ("paused", "暂停计时")
    assert remaining(found, row | {"due_at": None}) == ("none", "不计时")
    assert span(49 * 60 * MINUTE, ZH) == "2 天 1 小时" and span(24 * 60 * MINUTE, EN) == "1 d"


def test_a_panel_that_cannot_be_read_says_so_and_takes_no_other_with_it(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_found: Live) -> Node:
        raise ZeroDivisionError

    monkeypatch.setattr(panels, "PANELS", {**panels.PANELS, "roll": broken})
    shown = read_network(live(hands))
    assert "wall-failed" in text(shown["roll"])
    assert not [name for name, node in shown.items() if name != "roll" and "wall-failed" in text(node)]


def test_the_accuracy_of_the_forecast_is_said_or_why_there_is_none() -> None:
    tested = Accuracy(60, 300, 309, 40, 0.05, 0.1, 0.4, 0.86, 0.82, 0.14, 0.22, 0.0, ())
    assert accuracy(ZH, tested, waits=False) == "回测两周 309 件：报中 86%，报准 82%，件数平均差 0.1（照常推算 0.2）"
    assert accuracy(ZH, None, waits=True) == "准确度正在回测"
    assert "30" in accuracy(EN, None, waits=False)


def test_an_answer_is_worked_out_once_for_all_who_ask_and_the_last_one_stays_while_a_new_one_is_made_or_fails() -> None:
    kept, begun, go_on, asked = Kept(), threading.Event(), threading.Event(), []

    def slow() -> int:
        asked.append(1)
        begun.set()
        go_on.wait(5)
        return len(asked)

    assert kept.get("a", 60, slow, patience_s=0) is None
    assert begun.wait(5)
    assert kept.get("a", 60, slow, patience_s=0) is None, "one who asks meanwhile starts no second"
    go_on.set()
    assert kept.get("a", 60, slow, patience_s=5) == 1
    assert kept.get("a", 60, slow) == 1 and len(asked) == 1
    assert kept.get("a", 0, lambda: 1 // 0) == 1, "an answer that is old is better than none"
