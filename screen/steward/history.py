"""The deliveries of one dataset over time: how many rows, what was new, changed, gone and refused; what failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from data.store.runs import Run
from screen import html, plots
from screen.components import empty, panel
from screen.figures import age
from screen.freshness import mark
from screen.html import Node
from screen.steward.desk import Desk
from screen.steward.runs import result, said
from screen.steward.tables import Head, number, pills, table
from screen.steward.view import to

Row = dict[str, Any]


def history(desk: Desk) -> Node:
    """Of the chosen dataset, else of the one that needs most attention."""
    words, view = desk.words, desk.view
    title = words("steward.history")
    if not desk.datasets:
        return panel(title, empty(words("steward.files.none")))
    entries: list[tuple[Node, str, bool]] = []
    chosen = desk.dataset(view.dataset) if view.dataset else desk.datasets[0]
    entries = [(row["name"], view.href(dataset=row["name"]), chosen is not None and row["name"] == chosen["name"]) for row in desk.datasets]
    choice = pills(words("steward.datasets"), entries)
    if chosen is None:
        return panel(title, [choice, empty(words("steward.dataset.unknown", name=view.dataset))], label=title)
    found = [run for run in desk.runs if run.kind == "load" and chosen["name"] in run.touched]
    return panel(
        [title, html.Small(words("steward.history.note"))], [choice, _about(desk, chosen), *_told(desk, chosen["name"], found)], label=title
    )


def _about(desk: Desk, row: Row) -> Node:
    words = desk.words
    rhythm = words("steward.every", age=age(row["age_days"], words), days=row["every_days"])
    return html.H3(
        [f"{row['name']} · {desk.table_name(row['table'])}", mark(row["state"], words), html.Small(rhythm)], className="desk-about"
    )


def _told(desk: Desk, name: str, found: list[Run]) -> list[Node]:
    words = desk.words
    if not found:
        return [empty(words("steward.history.none"))]
    loaded = {_day(desk, run): run.dataset(name) for run in reversed(found) if run.result == "published" and run.dataset(name)}
    days = list(loaded)
    plotted = (
        _plots(desk, days, [dict(told) for told in loaded.values() if told]) if len(days) > 1 else empty(words("steward.history.once"))
    )
    heads = [
        Head(words("steward.when")), Head(words("steward.delivered")), Head(words("steward.result")), Head(words("steward.rows"), "n"),
        Head(words("steward.new"), "n"), Head(words("steward.changed"), "n"), Head(words("steward.gone"), "n"),
        Head(words("steward.refused"), "n"), Head(words("steward.warnings"), "n"), Head(words("steward.message"), "long"),
    ]  # fmt: skip
    marked = ["failed" if run.result == "failed" else "" for run in found]
    return [plotted, table(words("steward.history.of", name=name), heads, [_row(desk, name, run) for run in found], marked)]


def _day(desk: Desk, run: Run) -> date:
    """Day of the delivery, by which two loads of one day count once; of the run where the delivery has none."""
    if run.delivered_at:
        return date.fromisoformat(run.delivered_at)
    return run.started_at.astimezone(ZoneInfo(desk.town["timezone"])).date()


def _plots(desk: Desk, days: list[date], told: list[Row]) -> Node:
    words = desk.words

    def line(title: str, key: str, colour: str) -> plots.Line:
        return plots.Line(words(title), [row.get(key) for row in told], colour)

    rows = [line("steward.rows", "rows", "@series-1")]
    moves = [
        line("steward.new", "inserted", "@series-1"), line("steward.changed", "updated", "@series-4"),
        line("steward.gone", "deleted", "@series-3"), line("steward.refused", "refused", "@level-1"),
    ]  # fmt: skip
    made = [plots.trend(words("steward.q.rows"), days, rows, "", words), plots.trend(words("steward.q.moves"), days, moves, "", words)]
    return html.Div(made, className="desk-plots")


def _row(desk: Desk, name: str, run: Run) -> list[Node]:
    words = desk.words
    told: Mapping[str, Any] = run.dataset(name) or {}
    newest = desk.last(name, failed=run.result == "failed")
    rows_of = to("refused", dataset=name) if newest is run else ""
    return [
        desk.when(run.started_at), run.delivered_at or words("none"), result(desk, run), number(told.get("rows"), words),
        *(number(told.get(key), words) for key in ("inserted", "updated", "deleted")),
        number(told.get("refused"), words, rows_of, words("steward.refused.of", name=name)), number(told.get("warnings"), words),
        said(desk, run),
    ]  # fmt: skip
