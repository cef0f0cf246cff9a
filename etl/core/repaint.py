"""The colours of today: what is loaded, painted again when only time has passed.

A check expires, a visit is overdue, a limit runs out: rules ask for the day (`$as_of`), so each day has its own colours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from data.clock import now
from data.errors import StoreError
from data.settings import Settings
from data.store.duck import text
from data.store.files import size_of
from data.store.lake import REPORTS, definition, lake_tables, last_load, town_facts
from data.store.runs import note_run
from data.store.serving import Serving, current
from etl.core.assemble import mirror_load
from etl.core.merge import Message, commit, find_changed_reports
from etl.core.publish import RENUMBERED, publish, publish_colours
from etl.core.report import Report
from etl.core.run import heal
from etl.core.scratch import Scratch, exclusive, scratch
from layers.core.colour import paint, rule_version
from layers.core.registry import load_layers
from layers.core.spec import Layer


@dataclass(frozen=True, slots=True)
class Repainted:
    """What a repaint came to: the snapshot on show, the day of its colours, whether it is new, and objects whose receipt has changed."""

    snapshot: int
    as_of: date
    changed: bool
    receipts: int = 0


@dataclass(frozen=True, slots=True)
class _Brush:
    """A repaint under way."""

    settings: Settings
    work: Scratch
    report: Report
    layers: Sequence[Layer]
    newest: int  # the newest load or repaint that the lake has
    shown: Serving | None
    before: Mapping[str, Any]  # facts of the town as the lake has them
    as_of: date
    renumbered_at: datetime | None = None  # features are counted afresh as well

    @property
    def facts(self) -> dict[str, Any]:
        """The same on the new day."""
        told = {**self.before, "as_of": self.as_of.isoformat(), "rule_version": rule_version(self.layers)}
        return told | ({RENUMBERED: self.renumbered_at.isoformat()} if self.renumbered_at else {})

    @property
    def colours_alone(self) -> bool:
        """Whether the snapshot on show can be taken over but for its colours: it is the newest, and its layers are today's."""
        newest = self.shown is not None and self.shown.snapshot == self.newest
        return newest and self.renumbered_at is None and self.before["rule_version"] == rule_version(self.layers)

    @property
    def due(self) -> bool:
        """Whether there is anything to do."""
        return dict(self.before) != self.facts or self.shown is None or self.shown.snapshot != self.newest


def repaint(
    settings: Settings, console: Console, *, as_of: date | None = None, layers: Sequence[Layer] | None = None, renumber: bool = False
) -> Repainted:
    """Paint what is loaded as of today in the town's time zone, or as of `as_of`, and publish it: one transaction of the lake.

    Does nothing when its colours are of that day and by the rules of today already, and nothing after a rollback, which is an
    administrator's will. With `renumber` features are counted afresh as well, in the order in which they lie, and what is gone leaves its
    number: every browser fetches the whole map anew, which is why it is never done unasked. Raises StoreError when nothing is loaded,
    another run is under way, or `as_of` lies before the last delivery or in the future.
    """
    started = now(settings)
    with exclusive(settings) as stale, scratch(settings, started, size_of([settings.lake]), "repaint") as work:
        report = Report(console, run_id=work.run_id, started_at=started, kind="repaint")
        if stale:
            heal(work, report)
        brush = _brush(settings, work, report, layers or load_layers(settings.layers), as_of, started if renumber else None)
        if brush.shown and brush.shown.rolled_back_from == brush.newest:
            return _leave_alone(brush)
        if not brush.due:
            console.print(f"The colours are of {brush.as_of} already 颜色已是 {brush.as_of} 的", highlight=False)
            return Repainted(brush.newest, brush.as_of, False)
        return _noted(brush)


def _brush(
    settings: Settings, work: Scratch, report: Report, layers: Sequence[Layer], as_of: date | None, renumbered_at: datetime | None
) -> _Brush:
    newest, before = last_load(work.connection), town_facts(work.connection)
    if newest is None or not before:
        raise StoreError(
            "Nothing has been loaded yet.", remedy="Run `python -m etl load TOWN.toml`.",
            zh="尚未装入任何数据。", zh_remedy="请运行 `python -m etl load TOWN.toml`。",
        )  # fmt: skip
    today = now(settings).astimezone(ZoneInfo(before["timezone"])).date()
    row = work.connection.execute("SELECT max(delivered_at) FROM lake.dataset").fetchone()
    delivered = row[0] if row else None
    if as_of is not None and (as_of > today or (delivered and as_of < delivered)):
        # Colours follow those before (a red stays until a check is passed), so a day that has not come must not enter the record.
        raise StoreError(
            f"There are no colours of {as_of}.", remedy=f"Give a day from {delivered}, the last delivery, to {today}, today.",
            zh=f"没有 {as_of} 的颜色。", zh_remedy=f"请给出从 {delivered}（最近一次交付）到 {today}（今天）之间的日期。",
        )  # fmt: skip
    day = as_of or max(today, delivered or today)
    return _Brush(settings, work, report, layers, newest, current(settings), before, day, renumbered_at)


def _leave_alone(brush: _Brush) -> Repainted:
    shown = brush.shown
    assert shown is not None
    brush.report.say(
        f"snapshot {shown.snapshot} is on show after a rollback and keeps its colours; deliver a correction or return with "
        f"`python -m etl rollback {shown.rolled_back_from}` 当前为回退后的快照，颜色不变"
    )
    return Repainted(shown.snapshot, brush.as_of, False)


def _noted(brush: _Brush) -> Repainted:
    """`_renew`, which the ledger of runs tells of whatever comes of it."""
    try:
        done = _renew(brush)
        brush.report.snapshot, brush.report.result = done.snapshot, "published"
        return done
    except Exception as error:
        brush.report.fail(error)
        raise
    finally:
        note_run(brush.settings, brush.report.line())


def _renew(brush: _Brush) -> Repainted:
    connection = brush.work.connection
    with _town_as_loaded(brush):
        with brush.report.stage("paint") as stage:
            connection.execute("SET search_path = 'work.next'")
            paint(connection, brush.layers, brush.as_of, brush.before)
            connection.execute("SET search_path = 'work.main,work.next'")
            stage.note = f"as of {brush.as_of}"
        snapshot, receipts = _commit(brush)
    with brush.report.stage("publish") as stage:
        put = publish_colours if brush.colours_alone else publish
        put(brush.work, brush.settings, brush.layers, snapshot, brush.facts, now(brush.settings), say=brush.report.say)
        stage.note = f"snapshot {snapshot}"
    if brush.renumbered_at:
        brush.report.console.print("Features are numbered afresh 要素已重新编号", highlight=False)
    said = f"The colours are of {brush.as_of}, {receipts:,} receipts have changed 颜色更新至 {brush.as_of}，{receipts:,} 个对象有变化"
    brush.report.console.print(said, highlight=False)
    return Repainted(snapshot, brush.as_of, True, receipts)


@contextmanager
def _town_as_loaded(brush: _Brush) -> Iterator[None]:
    """Schema `next` with all that painting reads: from the snapshot on show where that is what was loaded last, else from the lake."""
    connection = brush.work.connection
    if not brush.colours_alone or brush.shown is None:
        mirror_load(connection, brush.newest)
        connection.execute(f"CREATE VIEW next.previous_receipt AS FROM lake.receipt AT (VERSION => {brush.newest})")
        yield
        return
    connection.execute(f"ATTACH {text(brush.shown.file)} AS previous (READ_ONLY)")
    names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'previous'").fetchall()
    for name in ({name for (name,) in names} & {*lake_tables()}) - {"receipt", "town"}:
        connection.execute(f"CREATE VIEW next.{name} AS FROM previous.main.{name}")
    connection.execute("CREATE VIEW next.previous_receipt AS FROM previous.main.receipt")
    try:
        yield
    finally:
        connection.execute("DETACH previous")


def _commit(brush: _Brush) -> tuple[int, int]:
    """What differs, in one transaction of the lake; returns its snapshot and how many receipts differ. Nothing may: a killed run did it."""
    connection = brush.work.connection
    connection.execute(definition("next.town", REPORTS["town"]))
    rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in brush.facts.items()]
    connection.executemany("INSERT INTO next.town VALUES (?, ?)", rows)
    with brush.report.stage("merge") as stage:
        changes = find_changed_reports(connection, ("receipt", "town"))
        receipts = changes.get("receipt")
        count = receipts.inserted + receipts.updated + receipts.deleted if receipts else 0
        if not changes:
            return brush.newest, 0
        extra = {"run": brush.work.run_id, "as_of": brush.as_of, "repaint_of": brush.newest}
        snapshot = commit(connection, changes, Message(brush.work.run_id, f"{brush.before['code']} {brush.as_of}: repaint", extra))
        stage.note = f"snapshot {snapshot}, {count:,} receipts"
    return snapshot, count
