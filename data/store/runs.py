"""What became of every run: a ledger under `home/runs`: one JSON line a run, outliving their folders. The ETL writes, the screen reads.

A run that failed publishes nothing that could tell of it; here it stands with its cause. Workbooks of refused rows lie in the run's folder,
and leave it only by the names that its line lists.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from data.errors import in_both
from data.settings import Settings

LEDGER = "ledger.jsonl"
QUARANTINE = "quarantine"
INTERRUPTED = "Interrupted"  # in the place of an error's class: the run was killed, and the next one noticed
Kind = Literal["load", "check", "repaint"]
Result = Literal["published", "unchanged", "checked", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `datasets` are those that it read, with their counts and evidence; `touched` those that it set out to read.

    `error` is the class of what went wrong, `message` and `remedy` what it said in `{"zh", "en"}`; all three are empty when nothing did.
    """

    run: str
    kind: Kind
    started_at: datetime
    seconds: float
    result: Result
    snapshot: int | None
    delivered_at: str
    touched: tuple[str, ...]
    datasets: tuple[Mapping[str, Any], ...]
    error: str = ""
    message: Mapping[str, str] = field(default_factory=dict)
    remedy: Mapping[str, str] = field(default_factory=dict)

    def dataset(self, name: str) -> Mapping[str, Any] | None:
        """What the run tells of one dataset; None when it did not get to read it."""
        return next((told for told in self.datasets if told["name"] == name), None)


def note_run(settings: Settings, told: Mapping[str, Any]) -> None:
    """Add one line. A line that a power cut has torn is left behind and ends where it was torn."""
    settings.runs.mkdir(parents=True, exist_ok=True)
    with (settings.runs / LEDGER).open("ab+") as ledger:
        size = ledger.seek(0, os.SEEK_END)
        ledger.seek(max(size - 1, 0))
        torn = ledger.read(1) not in (b"", b"\n")
        ledger.write(b"\n" * torn + json.dumps(told, ensure_ascii=False, default=str).encode() + b"\n")
        ledger.flush()
        os.fsync(ledger.fileno())


def note_interrupted(settings: Settings, run: str, kind: Kind, started_at: str) -> None:
    """Add the line of a run that was killed and could not add its own. What it had read, and how long it took, nobody knows."""
    note_run(settings, {
        "run": run, "kind": kind, "started_at": started_at, "seconds": 0, "result": "failed", "snapshot": None, "delivered_at": "",
        "touched": [], "datasets": [], "error": INTERRUPTED,
        "message": {"zh": "运行中断（被终止、断电或内存不足）。", "en": "The run was interrupted (killed, power cut, out of memory)."},
        "remedy": {"zh": "请重新运行；已入库的部分不会重复。", "en": "Run it again; what was loaded is not loaded twice."},
    })  # fmt: skip


def runs(settings: Settings) -> list[Run]:
    """All runs, the newest first; nothing before the first. A line that cannot be read is passed over."""
    try:
        lines = (settings.runs / LEDGER).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [run for line in reversed(lines) if (run := _run(line))]


def _run(line: bytes) -> Run | None:
    try:
        told = json.loads(line)
        return Run(
            told["run"], told["kind"], datetime.fromisoformat(told["started_at"]), float(told["seconds"]), told["result"], told["snapshot"],
            told["delivered_at"], tuple(told["touched"]), tuple(told["datasets"]), told["error"],
            in_both(told["message"]), in_both(told["remedy"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None


def workbook(settings: Settings, run: str, name: str) -> Path | None:
    """The workbook called `name` of a run, if the run's line lists it and it is still there. No other path can be asked for."""
    told = next((one for one in runs(settings) if one.run == run), None)
    listed = {file for dataset in told.datasets for file in dataset["quarantine"]} if told else set()
    path = settings.runs / run / QUARANTINE / name
    return path if name in listed and path.is_file() else None


def there(settings: Settings, run: Run, dataset: str) -> list[str]:
    """Names of a dataset's workbooks that a run wrote and that are still there."""
    told = run.dataset(dataset)
    names = told["quarantine"] if told else ()
    return [name for name in names if (settings.runs / run.run / QUARANTINE / name).is_file()]


def in_use(settings: Settings) -> set[str]:
    """Runs whose workbooks somebody may still have to correct: of each dataset the last that was loaded and the last that failed."""
    seen: set[tuple[str, bool]] = set()
    wanted: set[str] = set()
    for run in runs(settings):
        names = {(name, run.result == "failed") for name in run.touched} if run.kind == "load" else set()
        if names - seen:
            wanted.add(run.run)
        seen |= names
    return wanted
