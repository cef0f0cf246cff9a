"""The last delivery of every dataset: how old, how read and why so, what came of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.store.runs import INTERRUPTED, Run
from screen import html
from screen.components import empty, link, note, panel
from screen.figures import age, short_day
from screen.freshness import mark
from screen.html import Node
from screen.steward.desk import Desk, delivered
from screen.steward.tables import Head, details, number, table
from screen.steward.view import to

Row = dict[str, Any]


def files(desk: Desk) -> Node:
    """All datasets, the failed and late first."""
    words = desk.words
    if not desk.datasets:
        return panel(words("steward.files"), empty(words("steward.files.none")))
    heads = [
        Head(words("steward.dataset")), Head(words("steward.state")), Head(words("steward.delivered")), Head(words("steward.file"), "wide"),
        Head(words("steward.read_as"), "wide"), Head(words("steward.rows"), "n"), Head(words("steward.refused"), "n"),
        Head(words("steward.warnings"), "n"), Head(words("steward.new"), "n"), Head(words("steward.changed"), "n"),
        Head(words("steward.gone"), "n"),
    ]  # fmt: skip
    rows = [_row(desk, row) for row in desk.datasets]
    marked = [row["state"] if row["state"] != "current" else "" for row in desk.datasets]
    return panel(
        [words("steward.files"), html.Small(words("steward.files.note"))],
        table(words("steward.files"), heads, rows, marked), label=words("steward.files"),
    )  # fmt: skip


def failures(desk: Desk) -> Node:
    """What a failed load means and what to do, once for all datasets of the run that failed; nothing when none did."""
    by_run: dict[tuple[str, str], list[Row]] = {}
    for row in desk.datasets:
        if row["state"] == "failed":
            by_run.setdefault((row["failed_why"]["zh"], row["failed_why"]["en"]), []).append(row)
    return html.Div([_failure(desk, rows) for rows in by_run.values()], className="desk-failures") if by_run else None


def _failure(desk: Desk, rows: list[Row]) -> Node:
    words = desk.words
    names = words("steward.and").join(row["name"] for row in rows)
    run = desk.last(rows[0]["name"], failed=True)
    bad = [row for row in rows if run and run.dataset(row["name"]) and run.dataset(row["name"])["refused"]]  # type: ignore[index]
    ways = [link(words("steward.failed.rows", name=row["name"]), to("refused", dataset=row["name"]), kind="button") for row in bad[:4]]
    told = [html.P(words("steward.failed", names=names), className="state-title"), *cause(desk, run, rows[0]["failed_why"])]
    return note([*told, html.Div(ways, className="desk-ways") if ways else None], "late")


def cause(desk: Desk, run: Run | None, why: Mapping[str, str]) -> list[Node]:
    """Why a run failed and what to do, in general first and then as the program said it."""
    words = desk.words
    known = run.error if run and run.error in KNOWN else "other"
    said = in_words(desk, why, run.remedy if run else {})
    return [html.P(words(f"steward.error.{known}")), html.P(said, className="desk-said") if said else None]


def in_words(desk: Desk, *told: Mapping[str, str]) -> list[Node]:
    """What the program said, in the reader's language; marked as English where it has no Chinese, for those who listen."""
    words = desk.words
    return [html.Span(f"{words.of(one)} ", lang=None if words.language == "en" or one.get("zh") else "en") for one in told if words.of(one)]


def in_short(desk: Desk, run: Run) -> Node:
    """The same in a cell: one sentence, opened to what the program said."""
    known = run.error if run.error in KNOWN else "other"
    said = in_words(desk, run.message, run.remedy)
    return details(desk.words(f"steward.error.{known}"), [said] if said else [])


KNOWN = ("ContractError", "SourceError", "StoreError", "LayerError", "SettingsError", INTERRUPTED)


def _row(desk: Desk, row: Row) -> list[Node]:
    words, name = desk.words, row["name"]
    run = desk.last(name)
    told = run.dataset(name) if run else None
    day = delivered(row)
    when = html.Span(short_day(day, desk.fresh.today, words) if day else words("none"))
    rhythm = html.Small(words("steward.every", age=age(row["age_days"], words), days=row["every_days"]))
    return [
        link([name, html.Small(desk.table_name(row["table"]))], to("history", dataset=name), kind="cell-link cell-name"),
        mark(row["state"], words),
        [when, rhythm],
        [row["file"], html.Small(words("steward.parts", n=told["files"])) if told and told["files"] > 1 else None],
        _read_as(desk, told),
        number(row["rows"], words),
        number(row["refused"], words, to("refused", dataset=name, severity="refused"), words("steward.refused.of", name=name)),
        number(row["warnings"], words, to("refused", dataset=name, severity="warning"), words("steward.warnings.of", name=name)),
        *(number(told.get(key) if told else None, words) for key in ("inserted", "updated", "deleted")),
    ]


def _read_as(desk: Desk, told: Mapping[str, Any] | None) -> Node:
    """Encoding and coordinate system, opened to what they were told from."""
    words = desk.words
    if told is None:
        return words("none")
    encodings = ", ".join(told["encoding"]) if isinstance(told["encoding"], list) else str(told["encoding"] or "")
    read = encodings.upper() or Path(str(told["file"])).suffix[1:].upper()  # a workbook has no encoding to decide on
    system = str(told.get("system") or "").split(" (")[0]  # its code stands in the evidence
    decided = " · ".join(part for part in (read, system) if part)
    evidence = told["evidence_zh"] if words.language == "zh-CN" else told["evidence"]
    return details(decided or words("none"), list(evidence))
