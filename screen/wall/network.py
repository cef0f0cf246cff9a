"""Panels of the network: how many are open and late, which are most urgent, what is forecast, which alerts and feeds there are.

They stand in a slot of their own, which the page asks for anew while the log goes on (`assets/live/on-wall.js`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from data.errors import OneScreenError
from incidents.core.kpi import Value, values
from incidents.core.lifecycle import STATES
from incidents.core.spec import ms
from layers.core import query
from screen import html, live
from screen.components import failed, mark, panel, roll_list, tag
from screen.figures import figure
from screen.html import Element, Node
from screen.page import Screen
from screen.text import Words
from screen.wall import ahead, made_of
from screen.wall.live_facts import Live, figure_button, kpi_button, listing, unit_of

Row = dict[str, Any]
MOST_ROLLED, MOST_NEW, NEW_MS = 40, 5, 15 * 60_000
ROLL_S = 4
MONTHLY = ("close", "close_on_time")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def read_live(screen: Screen, store: query.Store, town: Row, words: Words) -> Live | None:
    """The log as this visitor of the wall may see it; None where there is none."""
    log = screen.network
    if log is None:
        return None
    places = {row["code"]: row for row in query.area_names(store)}
    return Live(log, words, screen.viewer, ZoneInfo(town["timezone"]), log.now(), places)


def read_network(found: Live) -> dict[str, Node]:
    """Every panel of the network by name; one that cannot be read is there and says why."""
    return {name: _guarded(found, name, read) for name, read in PANELS.items()}


def _guarded(found: Live, name: str, read: Callable[[Live], Node]) -> Node:
    words = found.words
    try:
        return read(found)
    except OneScreenError as error:
        said = words.error(error)
    except Exception:
        # As in screen/wall/panels.py: one broken panel may not take the others with it.
        logging.getLogger(__name__).exception("The panel %s of the wall could not be read.", name)
        said = words("failed.unknown")
    return panel("", failed(words("failed.title"), said, words), kind="wall-panel wall-failed")


# ── how things stand ──


def network(found: Live) -> Node:
    """How many came today, how many are open and late, and how many of those due this month were closed, and closed on time?"""
    now = {kpi: found.counted("today", kpi) for kpi in ("reported", "open", "overdue_now")}
    month = found.lately("rates", values, MONTHLY, found.over("month")) or {kpi: Value(kpi, None, 0, 0) for kpi in MONTHLY}
    late = 1 if now["overdue_now"].numerator else None
    figures = [
        kpi_button(found, "today", "reported", now["reported"], label=found.words("wall.n.network.today")),
        kpi_button(found, "today", "open", now["open"]),
        kpi_button(found, "today", "overdue_now", now["overdue_now"], level=late), _soon(found),
        *(kpi_button(found, "month", kpi, month[kpi], part="denominator") for kpi in MONTHLY),
    ]  # fmt: skip
    head = html.Span(found.words("wall.n.network.rates"), className="wall-unit")
    return found.panel("network", "pin", html.Div(figures, className="wall-n-keys"), head)


def _soon(found: Live) -> Node:
    """How many have used four fifths of their limit."""
    words, filters = found.words, {"state": "open", "light": "yellow"}
    n = found.count(filters)
    return figure_button(words("wall.n.network.soon"), figure(n, unit_of(words), words), listing(filters), level=3 if n else None)


# ── which ──


def roll(found: Live) -> Node:
    """Those just in, then those most urgent."""
    words, since = found.words, ms(found.now) - NEW_MS
    urgent = found.found({"state": "open", "sort": "left", "size": str(MOST_ROLLED)})["rows"]
    newest = [row for row in found.found({"state": "open", "sort": "newest", "size": str(MOST_NEW)})["rows"] if row["reported_at"] >= since]
    new = {row["id"] for row in newest}
    rows = [*newest, *(row for row in urgent if row["id"] not in new)]
    if not rows:
        return found.panel("roll", "check", html.P(words("wall.n.roll.none"), className="state"))
    items = [_rolled(found, row, new=row["id"] in new) for row in rows]
    return found.panel("roll", "clock", roll_list(items, words("wall.n.roll"), seconds=ROLL_S))


def _rolled(found: Live, row: Row, *, new: bool) -> Element:
    words = found.words
    light, said = remaining(found, row)
    first = [
        mark(row["grade"]),
        html.Span(found.name("types", row["type"]), className="wall-red-name"),
        tag(words("wall.n.new")) if new else None,
    ]
    time = html.Span(said, className="live-time", **{"data-light": light})
    state = words.pick(*STATES[row["state"]])
    second = [html.Span(found.place(row["area"]), className="wall-red-why"), html.Span(state, className="wall-red-who")]
    inside = [html.Span([*first, time], className="wall-red-line"), html.Span(second, className="wall-red-line")]
    return html.Button(inside, type="button", className="wall-red wall-n-case", **{"data-act": "live-open", "data-target": row["id"]})


def remaining(found: Live, row: Row) -> tuple[str, str]:
    """Light of a case and its time left, as `assets/live/clock.js` says them."""
    words, now = found.words, ms(found.now)
    if row["paused"]:
        return "paused", words("live.paused")
    if row["due_at"] is None:
        return "none", words("live.none")
    late = now >= row["due_at"]
    light = "red" if late else "yellow" if row["yellow_at"] is not None and now >= row["yellow_at"] else "green"
    return light, words("live.over" if late else "live.left", t=span(abs(row["due_at"] - now), words))


def span(length_ms: int, words: Words) -> str:
    """A length of time in its two largest units: 2 天 3 小时."""
    parts = [("live.d", length_ms // DAY), ("live.h", length_ms % DAY // HOUR), ("live.m", length_ms % HOUR // MINUTE)]
    shown = parts[:2] if parts[0][1] else parts[1:]
    return " ".join(words(key, n=n) for key, n in shown if n) or words("live.under")


# ── alerts and feeds ──


def alerts(found: Live) -> Node:
    """Alerts of weather and emergencies that are in force."""
    words, now = found.words, ms(found.now)
    rows = [one for one in found.network.tail.alerts if not one.get("expires") or one["expires"] > now]
    if not rows:
        return found.panel("alerts", "check", html.P(words("wall.n.alerts.none"), className="state"))
    return found.panel("alerts", "zone", html.Ul([html.Li(_alert(found, one), className="wall-n-alert") for one in rows[:6]]))


def _alert(found: Live, one: Row) -> Node:
    words = found.words
    until = words("wall.n.alerts.until", when=found.time(one["expires"])) if one.get("expires") else ""
    level = SEVERITY.get(str(one.get("severity")), 0)
    head = [mark(level), html.Span(words.of(one.get("headline")) or words.of(one.get("event")), className="wall-red-name")]
    return [html.Span(head, className="wall-red-line"), html.Span(until, className="wall-red-who")]


def feeds(found: Live) -> Node:
    """When every way in was last heard of; the browser writes it, since it is new every two seconds."""
    return found.panel("feeds", "link", live.feeds(found.words, 10))


SEVERITY = {"Extreme": 1, "Severe": 2, "Moderate": 3, "Minor": 4}  # CAP 1.2, as in assets/live/extras.js
PANELS: Mapping[str, Callable[[Live], Node]] = {
    "network": network, "roll": roll, "alerts": alerts, "feeds": feeds, "sources": made_of.sources, "types": made_of.types,
    "units": made_of.units, "villages": made_of.villages, "day-curve": made_of.curve, "forecast": ahead.ahead,
}  # fmt: skip
