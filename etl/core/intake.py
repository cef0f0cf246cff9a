"""Delivered files into the scratch database: every reading of a dataset streams into one `raw` table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import duckdb
import pyarrow as pa

from data.errors import SourceError
from data.store.duck import identifier, text
from etl.core.pipeline import read_ahead
from etl.core.read import read_dataset
from etl.core.report import Report, Stage
from etl.core.scratch import Scratch
from etl.core.spec import Damaged, Head, Reading, ReadOptions
from etl.core.town_file import ROW_NUMBER, Dataset


class StoppedError(Exception):
    """Reading was broken off because the run has failed elsewhere."""


@dataclass(frozen=True, slots=True)
class DeliveredSheet:
    """How one file or sheet looked: its headers as read, the column of the raw table that holds each, and what stood above the rows."""

    headers: tuple[str, ...]
    columns: tuple[str, ...]
    head: Head | None


@dataclass(slots=True)
class Intake:
    """What was read of one dataset. `headers` are those of all its files, in the order in which they were met."""

    raw: str
    headers: list[str] = field(default_factory=list)
    rows: int = 0
    crs: list[str] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    damaged: list[tuple[str, str | None, Damaged]] = field(default_factory=list)
    sheets: dict[tuple[str, str | None], DeliveredSheet] = field(default_factory=dict)  # by file and sheet
    files: int = 0


class Ahead:
    """Reads the next dataset while the one before is checked: reading is Python's work, checking DuckDB's, and each has a core.

    One dataset ahead and no more, so that disk and memory hold two raw tables at most.
    """

    def __init__(self, work: Scratch, report: Report, base: Path, datasets: Sequence[Dataset]) -> None:
        self._work, self._report, self._base = work, report, base
        self._waiting = list(datasets)
        self._stop = Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read")
        self._next: Future[Intake] | None = None
        self._start()

    def take(self) -> Intake:
        """The next dataset, read; starts reading the one after it. Raises what reading raised."""
        assert self._next is not None
        intake = self._next.result()
        self._start()
        return intake

    def close(self) -> None:
        """Stop reading, wherever it is."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> None:
        self._next = self._pool.submit(self._read, self._waiting.pop(0)) if self._waiting else None

    def _read(self, dataset: Dataset) -> Intake:
        with self._work.connection.cursor() as cursor, self._report.stage("read", dataset.name) as stage:
            cursor.execute("SET search_path = 'work.main,work.next'")
            intake = read_into(cursor, dataset, self._base, stage, self._stop)
            stage.note = ", ".join(intake.encodings)
        # Arrow keeps what its batches used; the check needs that memory now.
        pa.default_memory_pool().release_unused()
        return intake


# Raw tables live for minutes: finding the best compression of each segment took half of the time of storing them.
_PLAIN = "USING COMPRESSION uncompressed"


def read_into(connection: duckdb.DuckDBPyConnection, dataset: Dataset, base: Path, stage: Stage, stop: Event | None = None) -> Intake:
    """Stream all files, sheets and layers of `dataset` into `raw_<name>`; memory holds a few batches at a time.

    Raises SourceError when files of one dataset disagree about their CRS, or when there is nothing in them.
    """
    intake = Intake(identifier(f"raw_{dataset.name}"))
    with read_ahead(read_dataset(base, dataset.file, _options(dataset))) as readings:
        for reading in readings:
            stage.expect(intake.rows + (reading.rows or 0))
            _append(connection, intake, reading, stage, stop or Event())
            intake.damaged += [(reading.file, reading.sheet, line) for line in reading.damaged]
            intake.evidence += [note for note in (*reading.evidence, *reading.notes) if note not in intake.evidence]
            _remember(intake.crs, reading.crs)
            _remember(intake.encodings, reading.encoding)
            intake.files += 1
    if not intake.headers and not intake.rows:
        raise SourceError(
            f"Dataset {dataset.name!r} ({dataset.file}) has no rows.", remedy="Check file, layer, sheet and where in the town file.",
            zh=f"数据集“{dataset.name}”（{dataset.file}）没有任何行。", zh_remedy="请检查 town.toml 中的 file、layer、sheet 和 where。",
        )  # fmt: skip
    if len(intake.crs) > 1:
        raise SourceError(
            f"The files of dataset {dataset.name!r} are in different systems: {', '.join(intake.crs)}.",
            remedy="Make a dataset of each, or give the right system with crs = ….",
            zh=f"数据集“{dataset.name}”的各文件坐标系不一致：{'、'.join(intake.crs)}。",
            zh_remedy="请各设一个数据集，或用 crs = … 给出正确的坐标系。",
        )
    return intake


def _options(dataset: Dataset) -> ReadOptions:
    wanted = dict.fromkeys(header for headers in dataset.fields.values() for header in headers if header != ROW_NUMBER)
    return ReadOptions(
        layer=dataset.layer, sheet=dataset.sheet, encoding=dataset.encoding, where=dataset.where or None,
        wanted=tuple(wanted | dict.fromkeys(dataset.where)), header_row=dataset.header_row, header_rows=dataset.header_rows,
    )  # fmt: skip


def _append(connection: duckdb.DuckDBPyConnection, intake: Intake, reading: Reading, stage: Stage, stop: Event) -> None:
    names = _distinct(reading.headers, intake.headers)
    intake.sheets[reading.file, reading.sheet] = DeliveredSheet(reading.headers, tuple(names[h] for h in reading.headers), reading.head)
    before = stage.rows
    batches = _counted(reading, names, stage, stop)
    first = next(batches, None)
    if first is None:
        return
    reader = pa.RecordBatchReader.from_batches(first.schema, _chain(first, batches))
    if not intake.headers:
        connection.execute(f"CREATE TABLE {intake.raw} (__file VARCHAR, __sheet VARCHAR, __row BIGINT, __wkb BLOB {_PLAIN})")
    for name in (name for name in names.values() if name not in intake.headers):
        connection.execute(f"ALTER TABLE {intake.raw} ADD COLUMN {identifier(name)} VARCHAR {_PLAIN}")
        intake.headers.append(name)
    connection.register("batches", reader)
    origin = f"{text(reading.file)} AS __file, {text(reading.sheet) if reading.sheet else 'NULL'}::VARCHAR AS __sheet"
    connection.execute(f"INSERT INTO {intake.raw} BY NAME SELECT {origin}, * FROM batches")
    connection.unregister("batches")
    intake.rows += stage.rows - before


def _chain(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _counted(reading: Reading, names: dict[str, str], stage: Stage, stop: Event) -> Iterator[pa.RecordBatch]:
    for batch in reading.batches:
        if stop.is_set():
            raise StoppedError
        stage.advance(batch.num_rows)
        yield batch.rename_columns([names.get(name, name) for name in batch.schema.names])


def _distinct(headers: tuple[str, ...], known: list[str]) -> dict[str, str]:
    """Header → column of `raw`. SQL does not tell upper from lower case, so "name" beside "NAME" gets a number."""
    taken = {name.casefold(): name for name in known}
    names: dict[str, str] = {}
    for header in headers:
        name, number = taken.get(header.casefold(), header), 2
        while name.casefold() in {other.casefold() for other in names.values()}:
            name, number = f"{header}_{number}", number + 1
        names[header] = name
    return names


def _remember(known: list[str], value: Any) -> None:
    if value and value not in known:
        known.append(value)
