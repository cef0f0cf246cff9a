"""What a run tells: progress while it works, a table at its end, and the same as JSON for machines."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from data.errors import OneScreenError
from data.store.files import write_json
from data.store.runs import Kind, Result

STAGES = {
    "read": "读取", "check": "校验", "locate": "定位", "assemble": "汇集", "link": "关联", "audit": "核对", "paint": "着色",
    "merge": "入库", "publish": "发布", "heal": "恢复", "return": "退件",
}  # fmt: skip


@dataclass(slots=True)
class Stage:
    """One step of a run. `rows` counts what it went through, `note` says what came of it; `cpu_s` includes what ran beside it."""

    name: str
    subject: str
    rows: int = 0
    note: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: int = 0
    _bar: tuple[Progress, TaskID] | None = None

    def advance(self, rows: int) -> None:
        """Count `rows` more, on the progress bar too."""
        self.rows += rows
        if self._bar:
            self._bar[0].advance(self._bar[1], rows)

    def expect(self, rows: int) -> None:
        """Tell the progress bar how many rows there will be in all."""
        if self._bar:
            self._bar[0].update(self._bar[1], total=rows)

    def told(self) -> dict[str, Any]:
        """Everything but the bar, for the report."""
        return {
            "name": self.name, "subject": self.subject, "rows": self.rows, "note": self.note,
            "wall_s": round(self.wall_s, 3), "cpu_s": round(self.cpu_s, 3), "peak_mb": self.peak_mb,
        }  # fmt: skip


@dataclass(slots=True)
class Report:
    """Everything that a run has to tell. `lines` are decisions and warnings, in the order in which they were made."""

    console: Console
    run_id: str = ""
    started_at: datetime | None = None
    delivered_at: date | None = None
    kind: Kind = "load"
    result: Result = "failed"  # until it has come to something
    error: Exception | None = None
    outcome: str = ""
    snapshot: int | None = None
    stages: list[Stage] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    datasets: list[dict[str, Any]] = field(default_factory=list)
    findings: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, dict[str, int]] = field(default_factory=dict)
    villages: dict[str, dict[str, int]] = field(default_factory=dict)  # unlinked and contradictory objects of each village
    _progress: Progress | None = None
    _started: float = field(default_factory=time.perf_counter)

    def say(self, line: str) -> None:
        """Print and remember one sentence."""
        self.lines.append(line)
        self.console.print(Text(f"  {line}"), soft_wrap=True)

    @contextmanager
    def stage(self, name: str, subject: str = "", total: int | None = None) -> Iterator[Stage]:
        """Time a step; a bar with its rate on a terminal, and one line when it is done anywhere."""
        stage = Stage(name, subject)
        started, cpu = time.perf_counter(), time.process_time()
        with self._bar(stage, total):
            yield stage
        stage.wall_s, stage.cpu_s = time.perf_counter() - started, time.process_time() - cpu
        stage.peak_mb = peak_memory_mb()
        self.stages.append(stage)
        self.console.print(Text(_line(stage)), soft_wrap=True)

    @contextmanager
    def _bar(self, stage: Stage, total: int | None) -> Iterator[None]:
        """A bar of its own among those of the stages that run at the same time."""
        if not self.console.is_terminal:
            yield
            return
        if self._progress is None:
            self._progress = Progress(*_columns(), console=self.console, transient=True)
            self._progress.start()
        task = self._progress.add_task(f"{stage.name} {STAGES.get(stage.name, '')} {stage.subject}", total=total)
        stage._bar = (self._progress, task)
        try:
            yield
        finally:
            self._progress.remove_task(task)

    def fail(self, error: Exception) -> None:
        """The run ends with `error`."""
        self.error, self.result, self.outcome = error, "failed", "The run failed 运行失败"

    def close(self) -> None:
        """Take the bars off the terminal."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def save(self, folder: Path) -> Path:
        """Write `report.json` into the run's folder."""
        failed = {"why": self.error.why, "remedy": self.error.advised} if isinstance(self.error, OneScreenError) else {}
        told = failed | {
            "run": self.run_id, "outcome": self.outcome, "snapshot": self.snapshot, "lines": self.lines, "datasets": self.datasets,
            "changes": self.changes, "findings": self.findings, "villages": self.villages, "peak_memory_mb": peak_memory_mb(),
            "cpu_s": round(time.process_time(), 3), "stages": [stage.told() for stage in self.stages],
        }  # fmt: skip
        path = folder / "report.json"
        write_json(path, json.loads(json.dumps(told, default=str)))
        return path

    def line(self, touched: Iterable[str] = ()) -> dict[str, Any]:
        """What the ledger of runs keeps (`data.store.runs`); `touched` are the datasets that the run set out to read."""
        error = self.error
        return {
            "run": self.run_id, "kind": self.kind, "started_at": self.started_at, "seconds": round(time.perf_counter() - self._started, 1),
            "result": self.result, "snapshot": self.snapshot, "delivered_at": self.delivered_at or "", "touched": sorted(touched),
            "datasets": [_kept(told) for told in self.datasets], "error": type(error).__name__ if error else "",
            # Of other errors not even the text: it may quote a person's row.
            "message": error.why if isinstance(error, OneScreenError) else "",
            "remedy": error.advised if isinstance(error, OneScreenError) else "",
        }  # fmt: skip

    def summary(self) -> None:
        """The table at the end."""
        if self.datasets:
            self.console.print(self._dataset_table())
        for kind, counts in self.findings.items():
            if counts:
                self.console.print(Text(f"{kind}: {_counts(counts)}"), soft_wrap=True)
        wall, cpu = time.perf_counter() - self._started, time.process_time()
        self.console.print(Text(f"{self.outcome}  ({wall:.1f} s, {cpu:.1f} s CPU, peak {peak_memory_mb():,} MB)"), soft_wrap=True)

    def _dataset_table(self) -> Table:
        table = Table(title=f"run {self.run_id}", title_justify="left")
        for title in ("dataset 数据集", "table 表"):
            table.add_column(title)
        for title in ("rows 行", "refused 退回", "warnings 提示", "new 新增", "changed 变更", "gone 删除"):
            table.add_column(title, justify="right")
        for told in self.datasets:
            numbers = (told.get(key) for key in ("rows", "refused", "warnings", "inserted", "updated", "deleted"))
            table.add_row(Text(told["name"]), told["table"], *("–" if number is None else f"{number:,}" for number in numbers))
        return table


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
    )


class _Rate(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")


def _kept(told: dict[str, Any]) -> dict[str, Any]:
    """What the ledger keeps of a dataset: everything but which header went where; workbooks by their names."""
    kept = {key: value for key, value in told.items() if key != "mapping"}
    return kept | {"quarantine": [Path(path).name for path in told["quarantine"]]}


def peak_memory_mb() -> int:
    """Largest resident size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _line(stage: Stage) -> str:
    rate = f" ({stage.rows / stage.wall_s:,.0f}/s)" if stage.rows and stage.wall_s > 0.05 else ""
    rows = f"{stage.rows:,} rows{rate}" if stage.rows else ""
    parts = (f"{stage.name:<9}{STAGES.get(stage.name, '')}", f"{stage.subject:<24}", f"{stage.wall_s:6.1f} s", rows, stage.note)
    return "  ".join(part for part in parts if part).rstrip()


def _counts(counts: Any) -> str:
    if isinstance(counts, dict):
        return ", ".join(f"{name} {number:,}" if isinstance(number, int) else f"{name} {number}" for name, number in counts.items())
    return str(counts)
