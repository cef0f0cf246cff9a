"""Reading one step ahead of the database: files are opened, decoded and cut in a thread while DuckDB stores the batches before."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

import pyarrow as pa

from etl.core.spec import Reading

AHEAD = 4  # batches that wait at most: they are memory
_POLL_S = 0.2
_END = object()


@contextmanager
def read_ahead(readings: Iterator[Reading]) -> Iterator[Iterator[Reading]]:
    """The same readings with the same batches, made in a thread of their own; each must be exhausted before the next is taken.

    What the source raises is raised where the reading or the batch is taken. Leaving the block stops the thread.
    """
    queue: Queue[Any] = Queue(AHEAD)
    stop = Event()
    thread = Thread(target=_produce, args=(readings, queue, stop), name="decode", daemon=True)
    thread.start()
    try:
        yield _readings(queue)
    finally:
        stop.set()
        _drain(queue)
        thread.join()


def _produce(readings: Iterator[Reading], queue: Queue[Any], stop: Event) -> None:
    try:
        for reading in readings:
            _put(queue, reading, stop)
            for batch in reading.batches:
                _put(queue, batch, stop)
            _put(queue, _END, stop)
        _put(queue, _END, stop)
    except _StoppedError:
        pass
    except BaseException as error:  # raised again by whoever reads
        _put_last(queue, error, stop)
    finally:
        _close(readings)


class _StoppedError(Exception):
    """Nobody reads any more."""


def _put(queue: Queue[Any], item: object, stop: Event) -> None:
    while not stop.is_set():
        try:
            queue.put(item, timeout=_POLL_S)
            return
        except Full:
            continue
    raise _StoppedError


def _put_last(queue: Queue[Any], error: BaseException, stop: Event) -> None:
    with suppress(_StoppedError):
        _put(queue, error, stop)


def _close(readings: Iterator[Reading]) -> None:
    if isinstance(readings, Generator):
        readings.close()


def _readings(queue: Queue[Any]) -> Iterator[Reading]:
    while (item := _take(queue)) is not _END:
        yield replace(item, batches=_batches(queue))


def _batches(queue: Queue[Any]) -> Iterator[pa.RecordBatch]:
    while (item := _take(queue)) is not _END:
        yield item


def _take(queue: Queue[Any]) -> Any:
    item = queue.get()
    if isinstance(item, BaseException):
        raise item
    return item


def _drain(queue: Queue[Any]) -> None:
    while True:
        try:
            queue.get_nowait()
        except Empty:
            return
