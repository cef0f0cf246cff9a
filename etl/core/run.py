"""`etl load`, from delivered files to a published snapshot, as named steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from rich.console import Console

from data.clock import now
from data.errors import OneScreenError, StoreError, in_both
from data.schema import table
from data.settings import Settings
from data.store.duck import text
from data.store.files import size_of, write_json
from data.store.lake import REPORTS, definition, has_tables, last_load, town_facts
from data.store.runs import Kind, note_run
from data.store.serving import FAILED, current, failures
from etl.core.areas import another_code, require_sane_extent
from etl.core.assemble import Plan, assemble, make_plan, mirror_load
from etl.core.contract import create_fault_table
from etl.core.contradictions import counts_by_village, find_contradictions
from etl.core.coverage import audit_coverage
from etl.core.deliver import Delivery, Frame, Taken, changed_datasets, identity_of, reading_order, require_acceptable, take_in, town_frame
from etl.core.intake import Ahead
from etl.core.link import link
from etl.core.merge import Change, Message, changes_by_source, commit, find_changes
from etl.core.publish import RENUMBERED, Since, publish
from etl.core.report import Report
from etl.core.scratch import Scratch, exclusive, scratch
from etl.core.shown import attach_shown, current_or_none, shows
from etl.core.town_file import load_town_file
from layers.core.colour import paint, rule_version
from layers.core.registry import load_layers
from layers.core.spec import Layer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. `snapshot` is the one on show afterwards, `changed` whether this run published it."""

    snapshot: int | None
    changed: bool
    report: Path


@dataclass
class Run:
    """One run with all that its steps share."""

    settings: Settings
    work: Scratch
    report: Report
    delivery: Delivery
    layers: Sequence[Layer]
    as_of: date  # the day painted for
    everything: bool = False  # take in all datasets, changed or not
    touched: frozenset[str] = frozenset()  # datasets that are new or have changed
    facts: dict[str, Any] = field(default_factory=dict)

    # --- the pipeline

    def load(self) -> tuple[int | None, bool]:
        """The whole way; returns the snapshot on show and whether it is new."""
        taken = self.take_in()
        if not taken and not self.stale_colours():
            return self.publish_pending()
        self.as_of = self.day_painted_for()
        plan = self.assemble(taken)
        self.link(plan)
        before = last_load(self.work.connection)
        self.paint(before)
        changes = self.compare(plan)
        if not changes:
            return self.publish_pending(assembled=True)
        snapshot = self.commit(changes, taken)
        self.publish(snapshot, Since(before, changes))
        return snapshot, True

    def check(self) -> None:
        """Everything but the merge and the publish."""
        taken = self.take_in()
        self.as_of = self.day_painted_for()
        plan = self.assemble(taken)
        self.link(plan)
        self.paint(last_load(self.work.connection))
        self.compare(plan)

    # --- its steps

    def take_in(self) -> list[Taken]:
        """Read, check and locate what is new. Raises ContractError when too much of it is bad; all quarantines are written before."""
        connection = self.work.connection
        chosen = changed_datasets(connection, self.delivery)
        if self.everything:
            chosen = [(dataset, identity_of(dataset, self.delivery.town)) for dataset in self.delivery.file.datasets]
            chosen.sort(key=lambda pair: reading_order(pair[0]))
        self.touched = names = frozenset(dataset.name for dataset, _ in chosen)
        for dataset in self.delivery.file.datasets:
            if dataset.name not in names:
                self.report.say(f"{dataset.name}: unchanged, skipped 未变化，跳过")
        taken: list[Taken] = []
        ahead = Ahead(self.work, self.report, self.delivery.base, [dataset for dataset, _ in chosen])
        try:
            frame: Frame | None = None
            for dataset, identity in chosen:
                if frame is None and table(dataset.table).geometry:
                    frame = town_frame(connection, self.delivery, taken)
                intake = ahead.take()
                taken.append(take_in(self.work, self.report, self.delivery, dataset, identity, frame, intake))
                frame = None if dataset.table == "area" else frame
        finally:
            ahead.close()
        require_acceptable(taken)
        return taken

    def stale_colours(self) -> bool:
        """Whether the rules, or what is known of the town, differ from those of the last load."""
        if not has_tables(self.work.connection):
            return True
        before = self._former_facts()
        self.as_of = date.fromisoformat(before["as_of"])
        return self._facts(self.as_of) != before

    def day_painted_for(self) -> date:
        """The day of the delivery; never a day before the one that the colours have reached by repainting."""
        reached = self._former_facts().get("as_of")
        return max(self.as_of, date.fromisoformat(reached)) if reached else self.as_of

    def assemble(self, taken: Sequence[Taken]) -> Plan:
        """The town as it will be, before linking."""
        delivered: dict[str, tuple[Any, ...]] = {}
        for one in taken:
            delivered[one.dataset.table] = (*delivered.get(one.dataset.table, ()), one.placed)
        if not has_tables(self.work.connection):
            delivered.setdefault("area", ())  # the town's own area has to be made
        plan = make_plan(delivered, self.delivery.delivered_at)
        with self.report.stage("assemble"):
            attach_shown(self.work.connection, current_or_none(self.settings), last_load(self.work.connection))
            plan = assemble(self.work.connection, plan)
            self._record(taken)
        return plan

    def link(self, plan: Plan) -> None:
        """Links, contradictions and the coverage of the grid."""
        connection = self.work.connection
        with self.report.stage("link"):
            link(connection, plan, self.delivery.town)
            if told := another_code(connection, self.delivery.town):
                self.report.say(f"{told.zh} {told}")
            for placed in (placed for datasets in plan.delivered.values() for placed in datasets):
                connection.execute(f"DROP TABLE {placed.relation}")
        with self.report.stage("audit") as stage:
            find_contradictions(connection, plan, self.layers)
            if "area" in plan.touched:
                slivers = audit_coverage(connection, self.delivery.town.crs)
                stage.note = f"{slivers.count} slivers under 1 m² or 1 cm ({slivers.area_m2:.2f} m²) left out"
            else:
                connection.execute("INSERT INTO next.coverage_qa BY NAME FROM lake.coverage_qa")
            self._summarise()

    def paint(self, before: int | None = None) -> None:
        """Receipts, roll-ups and themes as of the day of the delivery; `before` is the load whose receipts they follow."""
        connection, town = self.work.connection, self.delivery.town
        if before is not None:
            earlier = "previous.receipt" if shows(connection, "receipt") else f"lake.receipt AT (VERSION => {before})"
            connection.execute(f"CREATE VIEW next.previous_receipt AS FROM {earlier}")
        with self.report.stage("paint") as stage:
            connection.execute("SET search_path = 'work.next'")
            paint(connection, self.layers, self.as_of, {"code": town.code, "timezone": town.timezone})
            connection.execute("SET search_path = 'work.main,work.next'")
            stage.advance(_count(connection, "next.receipt"))
        self._describe()

    def compare(self, plan: Plan) -> dict[str, Change]:
        """What differs from the lake."""
        with self.report.stage("merge", "compare") as stage:
            changes = find_changes(self.work.connection, plan)
            stage.note = ", ".join(f"{name} +{c.inserted:,} ~{c.updated:,} -{c.deleted:,}" for name, c in changes.items())
        by_source = changes_by_source(self.work.connection, plan, changes)
        for told in self.report.datasets:
            change = by_source.get(told["name"], Change(0, 0, 0))
            told |= {"inserted": change.inserted, "updated": change.updated, "deleted": change.deleted}
        self.report.changes = {
            name: {"inserted": change.inserted, "updated": change.updated, "deleted": change.deleted} for name, change in changes.items()
        }
        return changes

    def commit(self, changes: Mapping[str, Change], taken: Sequence[Taken]) -> int:
        """One transaction of the lake."""
        message = Message(
            author=self.work.run_id,
            text=f"{self.delivery.town.code} {self.delivery.delivered_at}: {', '.join(one.dataset.name for one in taken) or 'colours'}",
            extra={
                "run": self.work.run_id, "delivered_at": self.delivery.delivered_at,
                "files": {one.dataset.name: one.dataset.file for one in taken},
            },
        )  # fmt: skip
        with self.report.stage("merge", "commit") as stage:
            snapshot = commit(self.work.connection, changes, message)
            stage.note = f"snapshot {snapshot}"
        return snapshot

    def publish(self, snapshot: int, since: Since | None = None) -> None:
        """Serving file, map pack, pointer."""
        with self.report.stage("publish") as stage:
            manifest = publish(self.work, self.settings, self.layers, snapshot, self.facts, now(self.settings), since, say=self.report.say)
            stage.note = f"snapshot {snapshot}, kept {manifest.get('kept')}"

    def publish_pending(self, *, assembled: bool = False) -> tuple[int | None, bool]:
        """Nothing new; but what an interrupted run committed and did not publish is published now."""
        snapshot, shown = last_load(self.work.connection), current(self.settings)
        if snapshot is None or (shown and (shown.snapshot == snapshot or shown.rolled_back_from == snapshot)):
            self.report.outcome = "Nothing has changed 没有变化"
            return shown.snapshot if shown else None, False
        self.report.say(f"snapshot {snapshot} was committed but never published 快照 {snapshot} 已入库但未发布，现补发布")
        if not assembled:
            self._mirror_lake(snapshot)
        self.publish(snapshot)
        return snapshot, True

    # --- small things

    def _facts(self, as_of: date) -> dict[str, Any]:
        town = self.delivery.town
        before = self._former_facts()
        levels = [{"zh": level.zh, "en": level.en} for level in town.levels]
        return {
            "name": {"zh": town.name.zh, "en": town.name.en}, "code": town.code, "crs": town.crs, "timezone": town.timezone,
            "levels": levels,
            # Once real data has been loaded, the installation holds real data.
            "synthetic": town.synthetic and before.get("synthetic", True), "as_of": as_of.isoformat(),
            "rule_version": rule_version(self.layers), "bounds": before.get("bounds"),
            **{key: before[key] for key in (RENUMBERED,) if key in before},
        }  # fmt: skip

    def _former_facts(self) -> dict[str, Any]:
        return town_facts(self.work.connection)

    def _record(self, taken: Sequence[Taken]) -> None:
        """`next.dataset` and `next.fault`: this run's, and those of datasets that it leaves alone."""
        connection = self.work.connection
        create_fault_table(connection)
        for name in ("dataset", "fault"):
            connection.execute(definition(f"next.{name}", REPORTS[name]))
        connection.execute("INSERT INTO next.fault BY NAME FROM main.fault")
        if has_tables(connection):
            names = ", ".join(text(one.dataset.name) for one in taken) or "''"
            connection.execute(f"INSERT INTO next.dataset BY NAME FROM lake.dataset WHERE name NOT IN ({names})")
            connection.execute(f"INSERT INTO next.fault BY NAME FROM lake.fault WHERE dataset NOT IN ({names})")
        for one in taken:
            values = (
                one.dataset.name, one.dataset.table, one.dataset.file, one.identity.fingerprint, self.delivery.delivered_at,
                one.result.rows, one.result.refused, "", one.identity.declaration, one.identity.code_version, list(one.placed.links),
            )  # fmt: skip
            connection.execute(f"INSERT INTO next.dataset VALUES ({', '.join('?' * len(values))})", list(values))

    def _describe(self) -> None:
        """`next.town`: what is known of the town as a whole."""
        connection = self.work.connection
        box = connection.execute("SELECT min(west), min(south), max(east), max(north) FROM next.area WHERE level = 0").fetchall()[0]
        self.facts = {**self._facts(self.as_of), "bounds": list(box)}
        connection.execute(definition("next.town", REPORTS["town"]))
        rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in self.facts.items()]
        connection.executemany("INSERT INTO next.town VALUES (?, ?)", rows)

    def _summarise(self) -> None:
        connection = self.work.connection
        for name, column in (("contradiction", "kind"), ("unlinked", "table_name || ' ' || reason"), ("coverage_qa", "kind")):
            rows = connection.execute(f"SELECT {column}, count(*) FROM next.{name} GROUP BY ALL ORDER BY 2 DESC, 1").fetchall()
            self.report.findings[name] = dict(rows)
        self.report.villages = counts_by_village(connection)

    def _mirror_lake(self, snapshot: int) -> None:
        """`next` as the load `snapshot` left it, painted again: what an interrupted publish needs."""
        self.as_of = date.fromisoformat(self._former_facts()["as_of"])
        mirror_load(self.work.connection, snapshot)
        self.paint(last_load(self.work.connection, snapshot))


def load(
    settings: Settings, file: Path, console: Console, *, force_datum: Sequence[str] = (), layers: Sequence[Layer] | None = None
) -> Outcome:
    """Load what is new in the delivery `file` and publish it. Raises OneScreenError; the previous snapshot stays on show then."""
    with _run(settings, file, console, force_datum, layers) as run:
        with _remembered(settings, run):
            snapshot, changed = run.load()
        run.report.snapshot, run.report.result = snapshot, "published" if changed else "unchanged"
        run.report.outcome = run.report.outcome or f"Snapshot {snapshot} is on show 快照 {snapshot} 已发布"
        return Outcome(snapshot, changed, run.work.folder / "report.json")


def check_only(
    settings: Settings, file: Path, console: Console, *, force_datum: Sequence[str] = (), layers: Sequence[Layer] | None = None
) -> Outcome:
    """Everything but the merge and the publish, over all datasets of the delivery."""
    with _run(settings, file, console, force_datum, layers, "check") as run:
        run.everything = True
        run.check()
        run.report.result = "checked"
        run.report.outcome = "Checked; nothing was loaded 已校验，未入库"
        return Outcome(None, False, run.work.folder / "report.json")


@contextmanager
def _remembered(settings: Settings, run: Run) -> Iterator[None]:
    """Failures stand beside the pointer for the screen to show, until the datasets of the failed run have been loaded."""
    try:
        yield
    except Exception as error:
        why = error.why if isinstance(error, OneScreenError) else in_both(type(error).__name__)
        told = {"at": now(settings).isoformat(timespec="seconds"), "run": run.work.run_id, "why": why}
        _note_failures(settings, failures(settings) | dict.fromkeys(sorted(run.touched), told))
        raise
    delivered = {dataset.name for dataset in run.delivery.file.datasets}
    _note_failures(settings, {name: told for name, told in failures(settings).items() if name not in delivered})


def _note_failures(settings: Settings, told: Mapping[str, Mapping[str, Any]]) -> None:
    if told:
        settings.serving.mkdir(parents=True, exist_ok=True)
        write_json(settings.serving / FAILED, told)
    else:
        (settings.serving / FAILED).unlink(missing_ok=True)


@contextmanager
def _run(
    settings: Settings, file: Path, console: Console, forced: Sequence[str], layers: Sequence[Layer] | None, kind: Kind = "load"
) -> Iterator[Run]:
    """A run under the lock, with its report saved whatever happens."""
    started = now(settings)
    delivered = load_town_file(file)
    require_sane_extent(delivered.town)
    today = started.astimezone(ZoneInfo(delivered.town.timezone)).date()
    delivery = Delivery(delivered, file.resolve().parent, today, delivered.town.delivered_at or today, frozenset(forced))
    size = size_of(path for dataset in delivered.datasets for path in dataset.paths) + size_of([settings.lake])
    with exclusive(settings) as stale, scratch(settings, started, size, kind) as work:
        report = Report(console, run_id=work.run_id, started_at=started, delivered_at=delivery.delivered_at, kind=kind)
        run = Run(settings, work, report, delivery, layers or load_layers(settings.layers), delivery.delivered_at)
        try:
            if stale:
                heal(work, report)
            _require_same_town(run)
            yield run
        except Exception as error:
            report.fail(error)
            raise
        finally:
            report.close()
            report.save(work.folder)
            note_run(settings, report.line(run.touched))
            report.summary()


def heal(work: Scratch, report: Report) -> None:
    """After a killed run: Parquet files that no snapshot knows are removed. Files of its scratch are gone already."""
    gone = work.connection.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)").fetchall()
    report.say(f"the run before was interrupted; {len(gone)} orphan files removed 上次运行中断，已清理{len(gone)}个残留文件")


def _require_same_town(run: Run) -> None:
    before = run._former_facts()
    town = run.delivery.town
    if before and before["code"] != town.code:
        raise StoreError(
            f"{run.settings.home} holds the town {before['code']} ({before['name']['en']}), and this delivery is of {town.code}.",
            remedy="Set ONESCREEN_HOME to another folder.",
            zh=f"{run.settings.home} 里是 {before['code']}（{before['name']['zh']}）的数据，而这次交付的是 {town.code}。",
            zh_remedy="请把 ONESCREEN_HOME 设为另一个文件夹。",
        )


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(row[0]) if row else 0
