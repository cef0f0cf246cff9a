"""Every run: when, what it read, what came of it; of one that failed why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.store.runs import INTERRUPTED, Run
from screen import html
from screen.components import empty, link, panel, tag
from screen.figures import plain
from screen.html import Node
from screen.steward.desk import Desk
from screen.steward.files import in_short
from screen.steward.tables import Head, details, more, number, table
from screen.steward.view import to


def runs(desk: Desk) -> Node:
    """The newest first."""
    words = desk.words
    if not desk.runs:
        return panel(words("steward.runs"), empty(words("steward.runs.none")))
    heads = [
        Head(words("steward.when")), Head(words("steward.kind")), Head(words("steward.delivered")), Head(words("steward.result")),
        Head(words("steward.datasets")), Head(words("steward.rows"), "n"), Head(words("steward.refused"), "n"),
        Head(words("steward.seconds"), "n"), Head(words("steward.message"), "long"),
    ]  # fmt: skip
    shown = desk.runs[: desk.view.rows]
    marked = ["failed" if run.result == "failed" else "" for run in shown]
    body = [table(words("steward.runs"), heads, [_row(desk, run) for run in shown], marked)]
    return panel(
        [words("steward.runs"), html.Small(words("steward.runs.note", n=plain(len(desk.runs))))],
        [*body, more(desk.view, len(shown), len(desk.runs), words)], label=words("steward.runs"),
    )  # fmt: skip


def result(desk: Desk, run: Run) -> Node:
    """What became of a run, in words; a shape stands before a failure."""
    words = desk.words
    said = words("steward.result.interrupted" if run.error == INTERRUPTED else f"steward.result.{run.result}")
    return tag(f"× {said}", "tag-late") if run.result == "failed" else tag(said)


def _row(desk: Desk, run: Run) -> list[Node]:
    words = desk.words
    rows = sum(told["rows"] for told in run.datasets) if run.datasets else None
    refused = sum(told["refused"] for told in run.datasets) if run.datasets else None
    return [
        [desk.when(run.started_at), html.Small(run.run[-6:])],
        words(f"steward.kind.{run.kind}"),
        run.delivered_at or words("none"),
        result(desk, run),
        _datasets(desk, run),
        number(rows, words),
        number(refused, words),
        words("none") if run.error == INTERRUPTED else f"{run.seconds:,.1f}",
        _message(desk, run),
    ]


def _datasets(desk: Desk, run: Run) -> Node:
    words = desk.words
    if not run.touched:
        return words("none")
    items = [html.Li(link(name, to("history", dataset=name), kind="cell-link")) for name in run.touched]
    summary = words("steward.datasets.n", n=len(run.touched))
    return html.Details([html.Summary(summary), html.Ul(items, className="desk-names")], className="desk-details")


def said(desk: Desk, run: Run) -> Node:
    """What came of a run: of a failed one why and what to do, of the others the version that is on show."""
    if run.result == "failed":
        return in_short(desk, run)
    return desk.words(f"steward.said.{run.result}", n=run.snapshot or "")


def _message(desk: Desk, run: Run) -> Node:
    """The same; of a load opened to what changed in each dataset."""
    if run.result == "failed":
        return said(desk, run)
    told = [one for one in run.datasets if "inserted" in one] if run.result == "published" else []
    lines = [desk.words("steward.said.dataset", **_counts(one)) for one in told]
    return details(said(desk, run), lines)


def _counts(row: Mapping[str, Any]) -> dict[str, object]:
    return {"name": row["name"], "new": plain(row["inserted"]), "changed": plain(row["updated"]), "gone": plain(row["deleted"])}
