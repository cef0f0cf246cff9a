"""The read side's store: one DuckDB instance a process, which follows the pointer from one published snapshot to the next.

A request holds the snapshot it started with; the version that nobody reads any more is detached.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import duckdb

from data.errors import StoreError, in_both
from data.settings import Settings
from data.store.duck import connect, text
from data.store.memory import Memory

POINTER = "current.json"
FAILED = "failed.json"  # a failed load publishes no snapshot that could tell of it
_memories: WeakKeyDictionary[duckdb.DuckDBPyConnection, Memory] = WeakKeyDictionary()  # a cursor of DuckDB takes no attributes


@dataclass(frozen=True, slots=True)
class Serving:
    """One published snapshot. `rolled_back_from` names the newer snapshot that an administrator took back, if any."""

    snapshot: int
    file: Path
    manifest: Path
    published_at: datetime
    rolled_back_from: int | None = None


def current(settings: Settings) -> Serving | None:
    """The snapshot on show, or None before the first publish. Raises StoreError when the pointer names a missing file."""
    pointer = settings.serving / POINTER
    try:
        told = json.loads(pointer.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise StoreError(
            f"The pointer {pointer} is damaged ({error}).", remedy="Run `python -m etl rollback` to write it anew.",
            zh=f"快照指针 {pointer} 已损坏（{error}）。", zh_remedy="请运行 `python -m etl rollback` 重新写入。",
        ) from error  # fmt: skip
    serving = Serving(
        snapshot=int(told["snapshot"]),
        file=settings.serving / told["file"],
        manifest=settings.pack / told["manifest"],
        published_at=datetime.fromisoformat(told["published_at"]),
        rolled_back_from=told.get("rolled_back_from"),
    )
    for path in (serving.file, serving.manifest):
        if not path.exists():
            raise StoreError(
                f"Snapshot {serving.snapshot} is on show but {path} is missing.", remedy="Run `python -m etl rollback`.",
                zh=f"当前显示快照 {serving.snapshot}，但缺少文件 {path}。", zh_remedy="请运行 `python -m etl rollback`。",
            )  # fmt: skip
    return serving


def failures(settings: Settings) -> dict[str, dict[str, Any]]:
    """Datasets whose last load failed, by name: `at` (ISO 8601), `run`, `why` (`{"zh", "en"}`). What is shown of them is older."""
    try:
        told = json.loads((settings.serving / FAILED).read_bytes())
        return {name: one | {"why": in_both(one.get("why", ""))} for name, one in told.items()}
    except (FileNotFoundError, ValueError):
        return {}


def kept(settings: Settings) -> list[int]:
    """Numbers of the snapshots that can be shown at once, oldest first: serving file and pack manifest are both there."""
    files = settings.serving.glob("v*.duckdb")
    return sorted(int(file.stem[1:]) for file in files if (settings.pack / f"{file.stem}.json").exists())


def on_show(settings: Settings, sql: str) -> list[tuple[Any, ...]] | None:
    """Rows of one question to the snapshot on show, which is let go at once; None before the first publish."""
    shown = current(settings)
    if shown is None:
        return None
    with connect(shown.file, extensions=(), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def memory_of(cursor: duckdb.DuckDBPyConnection) -> Memory | None:
    """What has been worked out already from the snapshot that a cursor of `ServingStore.read()` sees; None for any other cursor."""
    return _memories.get(cursor)


class ServingStore:
    """Snapshots for readers. Safe for threads: every `read()` has a cursor of its own.

    `problem` says why a newer snapshot could not be taken up; the one before stays on show meanwhile.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection = connect(threads=settings.threads, memory_limit=settings.memory_limit)
        self._lock = threading.Lock()
        self._readers: dict[int, int] = {}
        self._memory: dict[int, Memory] = {}  # goes with the file
        self._serving: Serving | None = None
        self._stamp: tuple[int, int] | None = None
        self.problem: str | None = None

    def serving(self) -> Serving:
        """The snapshot on show. Raises StoreError while nothing has been published."""
        with self._lock:
            return self._follow()

    @contextmanager
    def read(self, snapshot: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor that sees the tables of one snapshot, the one on show by default, unqualified and unchanging."""
        with self._lock:
            number = self._follow().snapshot if snapshot is None else self._attached(snapshot)
            self._readers[number] += 1
            memory = self._memory[number]
        cursor = self._connection.cursor()
        try:
            cursor.execute(f"USE v{number}")
            _memories[cursor] = memory
            yield cursor
        finally:
            _memories.pop(cursor, None)
            cursor.close()
            with self._lock:
                self._readers[number] -= 1
                self._let_go()

    def close(self) -> None:
        """Detach everything and close the instance."""
        self._connection.close()

    def _follow(self) -> Serving:
        """Take up the pointer when it has moved; called with the lock held."""
        stamp = _stamp(self._settings.serving / POINTER)
        if self._serving is None or stamp != self._stamp:
            try:
                found = current(self._settings)
                if found is not None:
                    self._attached(found.snapshot)
                    self._serving, self._stamp, self.problem = found, stamp, None
                    self._let_go()
            except StoreError as error:
                if self._serving is None:
                    raise
                self.problem = str(error)
        if self._serving is None:
            raise StoreError(
                "Nothing has been published yet.", remedy="Run `python -m etl load TOWN.toml`.",
                zh="尚未发布任何数据。", zh_remedy="请运行 `python -m etl load TOWN.toml`。",
            )  # fmt: skip
        return self._serving

    def _attached(self, snapshot: int) -> int:
        if snapshot not in self._readers:
            file = self._settings.serving / f"v{snapshot}.duckdb"
            if not file.exists():
                raise self._gone(snapshot)
            try:
                self._connection.execute(f"ATTACH {text(file)} AS v{snapshot} (READ_ONLY)")
            except duckdb.IOException as error:
                if file.exists():
                    raise
                raise self._gone(snapshot) from error  # tidied away between the look and the opening
            self._readers[snapshot], self._memory[snapshot] = 0, Memory()
        return snapshot

    def _gone(self, snapshot: int) -> StoreError:
        numbers = ", ".join(map(str, kept(self._settings)))
        return StoreError(
            f"Snapshot {snapshot} is no longer kept.", remedy=f"Kept: {numbers or 'none'}.",
            zh=f"快照 {snapshot} 已不再保留。", zh_remedy=f"现保留：{numbers or '无'}。",
        )  # fmt: skip

    def _let_go(self) -> None:
        shown = self._serving.snapshot if self._serving else None
        for number in [number for number, readers in self._readers.items() if not readers and number != shown]:
            self._connection.execute(f"DETACH v{number}")
            del self._readers[number], self._memory[number]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino
