"""What one run works in: its folder, its scratch database beside the lake, and the lock that keeps a second run out."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data.errors import StoreError
from data.settings import Settings
from data.store.duck import connect, text
from data.store.lake import EXTENSIONS, attach_lake, renew_tables
from data.store.runs import Kind, in_use, note_interrupted

KEPT_RUNS = 20
RUNNING = "running.json"  # in the folder of a run that is under way, or was killed
# DuckDB's part of `memory_limit` in a large run: readers, check and pack need memory beside it. And while the pack is drawn.
DUCKDB_SHARE = 0.4
DRAWING_SHARE = 0.15
# Up to this many bytes of input the scratch database stays in memory: a file would be synced to disk after each of some 500 statements.
IN_MEMORY_BYTES = 300_000_000


@dataclass(frozen=True, slots=True)
class Scratch:
    """Folder and connection of one run. Schemas of the scratch database `work`: `main` (raw, clean), `next` (the town as it will be)."""

    run_id: str
    folder: Path
    connection: duckdb.DuckDBPyConnection
    large: bool = False  # too large for memory: the scratch database is a file

    @contextmanager
    def drawing(self, settings: Settings) -> Iterator[None]:
        """In a large run, make room for the pack, which is drawn outside of DuckDB."""
        if self.large:
            self.connection.execute(f"SET memory_limit = '{share_of(settings.memory_limit, DRAWING_SHARE)}'")
        try:
            yield
        finally:
            if self.large:
                self.connection.execute(f"SET memory_limit = '{share_of(settings.memory_limit, DUCKDB_SHARE)}'")


def share_of(limit: str, share: float) -> str:
    """`share` of a memory limit such as "4GB"; a limit in another form is left alone."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([KMGT]i?B)\s*", limit, re.IGNORECASE)
    return f"{float(found[1]) * share:.3f}{found[2]}" if found else limit


@contextmanager
def exclusive(settings: Settings) -> Iterator[bool]:
    """Hold the installation's lock; yields whether the run before died without releasing it.

    The kernel releases the lock of a killed process, so that the number in the file is only for people and for telling a crash.
    Raises StoreError when another run holds it.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {settings.home} cannot be made ({error.strerror}).", remedy="Set ONESCREEN_HOME to another.",
            zh=f"无法建立文件夹 {settings.home}（{error.strerror}）。", zh_remedy="请把 ONESCREEN_HOME 设为另一个文件夹。",
        ) from error  # fmt: skip
    path = settings.home / "etl.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = path.read_text().strip()
            raise StoreError(
                f"Another load is running (process {holder or 'unknown'}).", remedy="Wait until it has ended.",
                zh=f"另一个入库正在进行（进程 {holder or '未知'}）。", zh_remedy="请等它结束后再试。",
            ) from error  # fmt: skip
        stale = bool(os.read(descriptor, 32).strip())
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield stale
        finally:
            os.ftruncate(descriptor, 0)  # only a killed run leaves its number behind
    finally:
        os.close(descriptor)


@contextmanager
def scratch(settings: Settings, started: datetime, input_bytes: int = 0, kind: Kind = "load") -> Iterator[Scratch]:
    """A run's folder under `home/runs` with its scratch database, which is thrown away at the end; reports stay."""
    sweep(settings)
    run_id = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folder = settings.runs / run_id
    (folder / "spill").mkdir(parents=True)
    (folder / RUNNING).write_text(json.dumps({"run": run_id, "kind": kind, "started_at": started.isoformat()}), encoding="utf-8")
    large = input_bytes > IN_MEMORY_BYTES
    limit = share_of(settings.memory_limit, DUCKDB_SHARE) if large else settings.memory_limit
    connection = connect(extensions=EXTENSIONS, threads=settings.threads, memory_limit=limit)
    try:
        _prepare(connection, settings, folder, large)
        yield Scratch(run_id, folder, connection, large)
    finally:
        connection.close()
        _discard(folder)


def sweep(settings: Settings) -> None:
    """Note killed runs in the ledger and remove what they left behind, and old runs whose refused rows nobody has to correct any more.

    Call with the lock held.
    """
    runs = sorted(folder for folder in settings.runs.glob("*") if folder.is_dir())
    for folder in runs:
        _note_killed(settings, folder)
        _discard(folder)
    wanted = in_use(settings)
    for folder in runs[:-KEPT_RUNS]:
        if folder.name not in wanted:
            shutil.rmtree(folder)
    for place in (settings.serving, settings.pack, settings.runs):
        for leftover in place.glob(".*.tmp*"):
            leftover.unlink()


def _prepare(connection: duckdb.DuckDBPyConnection, settings: Settings, folder: Path, large: bool) -> None:
    connection.execute(f"SET temp_directory = {text(folder / 'spill')}")
    connection.execute("SET preserve_insertion_order = false")
    # Row groups are the unit of parallelism: with the default of 122 880 rows a table of 50 000 polygons would run on one core.
    file = folder / "work.duckdb" if large else ":memory:"
    connection.execute(f"ATTACH {text(file)} AS work (ROW_GROUP_SIZE 8192)")
    connection.execute("CREATE SCHEMA work.next")
    connection.execute("SET search_path = 'work.main,work.next'")
    attach_lake(connection, settings)
    renew_tables(connection)


def _note_killed(settings: Settings, folder: Path) -> None:
    try:
        told = json.loads((folder / RUNNING).read_bytes())
        note_interrupted(settings, told["run"], told["kind"], told["started_at"])
    except (FileNotFoundError, ValueError):  # it ended by itself, or was killed before it began
        return


def _discard(folder: Path) -> None:
    for file in folder.glob("work.duckdb*"):
        file.unlink()
    (folder / RUNNING).unlink(missing_ok=True)
    shutil.rmtree(folder / "spill", ignore_errors=True)
    if not any(folder.iterdir()):
        folder.rmdir()
