"""Refused and doubted rows of the last load of each dataset, why, what to do, and the workbooks in which they go back."""

from __future__ import annotations

from typing import Any

from data.schema import TABLES
from layers.core import query
from screen import html
from screen.components import empty, link, note, panel, tag
from screen.figures import plain
from screen.html import Node
from screen.steward.desk import Desk
from screen.steward.files import cause
from screen.steward.tables import Head, more, pills, table
from screen.steward.view import to
from screen.steward.workbooks import links
from screen.text.steward import CODES

Row = dict[str, Any]


def refused(desk: Desk) -> Node:
    """Of one dataset row by row, of all of them by reason."""
    words, view = desk.words, desk.view
    counts = query.fault_counts(desk.store, desk.screen.viewer)
    chosen = desk.dataset(view.dataset)
    if view.dataset and chosen is None:
        return panel(words("steward.refused.title"), [_datasets(desk, counts), empty(words("steward.dataset.unknown", name=view.dataset))])
    body = _all(desk, counts) if chosen is None else _one(desk, chosen, [row for row in counts if row["dataset"] == chosen["name"]])
    parts = [_datasets(desk, counts), *body]
    return panel([words("steward.refused.title"), html.Small(words("steward.refused.note"))], parts, label=words("steward.refused.title"))


def reason(desk: Desk, code: str) -> str:
    """A cause of refusal in a few words; one that a source of its own brought, by its code."""
    found = CODES.get(code)
    return desk.words.pick(*found) if found else code


def _datasets(desk: Desk, counts: list[Row]) -> Node:
    """Datasets with something to show: those that failed, and those with faults."""
    words, view = desk.words, desk.view
    found = {row["dataset"] for row in counts} | {row["name"] for row in desk.datasets if row["state"] == "failed"}
    shown = [row for row in desk.datasets if row["name"] in found]
    entries: list[tuple[Node, str, bool]] = [(words("steward.all"), view.href(dataset="", reason="", rows=50), not view.dataset)]
    for row in shown:
        failed = row["state"] == "failed"
        n = sum(one["n"] for one in counts if one["dataset"] == row["name"] and view.severity in ("", one["severity"]))
        n = _waiting(desk, row["name"]) or n if failed else n
        text = [("× " if failed else "") + row["name"], html.Span(plain(n), className="pill-n") if n else None]
        entries.append((text, view.href(dataset=row["name"], reason="", rows=50), view.dataset == row["name"]))
    severity = [
        (
            words(f"steward.severity.{one}"),
            view.href(severity="" if one == "all" else one, reason="", rows=50),
            view.severity == ("" if one == "all" else one),
        )
        for one in ("all", "refused", "warning")
    ]
    return html.Div(
        [pills(words("steward.severity"), severity), pills(words("steward.datasets"), entries) if shown else None], className="desk-filters"
    )


def _waiting(desk: Desk, name: str) -> int:
    """Rows that the failed load of a dataset refused."""
    run = desk.last(name, failed=True)
    told = run.dataset(name) if run else None
    return int(told["refused"]) if told else 0


def _all(desk: Desk, counts: list[Row]) -> list[Node]:
    words, view = desk.words, desk.view
    kept = [row for row in counts if view.severity in ("", row["severity"])]
    if not kept:
        return [empty(words("steward.refused.none" if not counts else "steward.refused.none_of"))]
    heads = [
        Head(words("steward.reason"), "wide"),
        Head(words("steward.dataset")),
        Head(words("steward.severity")),
        Head(words("steward.faults"), "n"),
    ]
    rows = [[_reason_link(desk, row), row["dataset"], _severity(desk, row["severity"]), plain(row["n"])] for row in kept]
    return [table(words("steward.reasons"), heads, rows)]


def _reason_link(desk: Desk, row: Row) -> Node:
    href = to("refused", dataset=row["dataset"], reason=row["code"], severity=row["severity"])
    return link(reason(desk, row["code"]), href, kind="cell-link")


def _severity(desk: Desk, severity: str) -> Node:
    return tag(desk.words(f"steward.severity.{severity}"), "tag-late" if severity == "refused" else "")


def _one(desk: Desk, row: Row, counts: list[Row]) -> list[Node]:
    """A failed load first, for it is what must be put right; then what was loaded before."""
    words, view = desk.words, desk.view
    parts: list[Node] = []
    if row["state"] == "failed":
        run = desk.last(row["name"], failed=True)
        told = [
            html.P(words("steward.failed.one", name=row["name"], when=desk.when(run.started_at) if run else ""), className="state-title")
        ]
        parts.append(
            note([*told, *cause(desk, run, row["failed_why"]), _codes(desk, run, row["name"]), links(desk, run, row["name"])], "late")
        )
    parts.append(_workbooks(desk, row))
    kept = [one for one in counts if view.severity in ("", one["severity"])]
    if not kept:
        return [*parts, empty(words("steward.refused.none_here", name=row["name"]))]
    return [*parts, _reasons(desk, kept), *_rows(desk, row)]


def _codes(desk: Desk, run: Any, name: str) -> Node:
    """How often the failed load met which cause: its rows are in the workbooks alone."""
    told = run.dataset(name) if run else None
    if not told or not told["faults"]:
        return None
    counts = sorted(told["faults"].items(), key=lambda pair: -pair[1])
    return html.Ul([html.Li([reason(desk, code), html.Span(plain(n), className="pill-n")]) for code, n in counts], className="desk-causes")


def _workbooks(desk: Desk, row: Row) -> Node:
    run = desk.last(row["name"])
    found = links(desk, run, row["name"])
    if found is None:
        return None
    day = desk.when(run.started_at) if run else ""
    return html.Section([html.H3(desk.words("steward.books", when=day)), found], className="desk-section")


def _reasons(desk: Desk, counts: list[Row]) -> Node:
    words, view = desk.words, desk.view
    by_code: dict[str, int] = {}
    for row in counts:
        by_code[row["code"]] = by_code.get(row["code"], 0) + row["n"]
    entries: list[tuple[Node, str, bool]] = [(words("steward.reasons.all"), view.href(reason="", rows=50), not view.reason)]
    entries += [
        ([reason(desk, code), html.Span(plain(n), className="pill-n")], view.href(reason=code, rows=50), view.reason == code)
        for code, n in by_code.items()
    ]
    return pills(words("steward.reason"), entries)


def _rows(desk: Desk, row: Row) -> list[Node]:
    words, view = desk.words, desk.view
    found = query.faults(desk.store, desk.screen.viewer, row["name"], view.rows, 0, view.reason, view.severity)
    heads = [
        Head(words("steward.place"), "wide"), Head(words("steward.column")), Head(words("steward.value"), "wide"),
        Head(words("steward.reason"), "wide"), Head(words("steward.remedy"), "wide"), Head(words("steward.severity")),
    ]  # fmt: skip
    rows = [_fault(desk, row["table"], fault) for fault in found["rows"]]
    label = words("steward.rows.of", name=row["name"])
    shown = words("steward.rows.shown", n=plain(len(rows)), total=plain(found["total"]))
    return [html.P(shown, className="desk-hint"), table(label, heads, rows), more(view, len(rows), found["total"], words)]


def _fault(desk: Desk, table_name: str, fault: Row) -> list[Node]:
    words = desk.words
    place = [fault["file"], html.Small(" · ".join(part for part in (fault["sheet"] or "", words("steward.row", n=fault["row"])) if part))]
    contract = TABLES.get(table_name)
    column = next((one for one in contract.all_columns if one.name == fault["column_name"]), None) if contract else None
    title = words.pick(column.zh, column.en) if column else fault["column_name"] or words("none")
    return [
        place, title, fault["value"] or words("steward.blank"), words.pick(fault["reason_zh"], fault["reason_en"]),
        words.pick(fault["remedy_zh"], fault["remedy_en"]), _severity(desk, fault["severity"]),
    ]  # fmt: skip
