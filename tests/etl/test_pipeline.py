"""Reading in a thread gives what reading in place gives, passes errors on, and ends when nobody reads any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import enumerate as threads

import pyarrow as pa
import pytest

from data.errors import SourceError
from etl.core.pipeline import AHEAD, read_ahead
from etl.core.spec import Reading


@dataclass
class Files:
    """Readings of `sizes` batches each, that remember how far they were read."""

    sizes: tuple[int, ...]
    fails_at: tuple[int, int] | None = None
    made: list[tuple[int, int]] = field(default_factory=list)
    closed: bool = False

    def readings(self) -> Iterator[Reading]:
        try:
            for number, size in enumerate(self.sizes):
                notes: list[object] = []
                yield Reading(
                    file=f"{number}.csv", sheet=None, headers=("a",), crs=None, encoding="utf-8", evidence=(),
                    batches=self._batches(number, size, notes), notes=notes,
                )  # fmt: skip
        finally:
            self.closed = True

    def _batches(self, number: int, size: int, notes: list[object]) -> Iterator[pa.RecordBatch]:
        for index in range(size):
            if self.fails_at == (number, index):
                raise SourceError(f"{number}.csv is cut off.", remedy="Ask for it again.")
            self.made.append((number, index))
            yield pa.record_batch({"a": [number * 100 + index]})
        notes.append(f"{size} batches")


def test_every_batch_of_every_file_comes_in_order_with_the_notes_written_while_reading() -> None:
    files = Files((3, 0, 9))
    with read_ahead(files.readings()) as readings:
        got = [(r.file, [batch.column(0)[0].as_py() for batch in r.batches], list(r.notes)) for r in readings]
    assert got == [
        ("0.csv", [0, 1, 2], ["3 batches"]),
        ("1.csv", [], ["0 batches"]),
        ("2.csv", list(range(200, 209)), ["9 batches"]),
    ]


def test_an_error_of_the_source_is_raised_where_the_batch_is_taken() -> None:
    files = Files((2, 5), fails_at=(1, 1))
    taken = []
    with pytest.raises(SourceError, match=r"1\.csv is cut off"), read_ahead(files.readings()) as readings:
        for reading in readings:
            for batch in reading.batches:
                taken.append(batch.column(0)[0].as_py())
    assert taken == [0, 1, 100]


def test_no_more_than_a_few_batches_wait_and_the_thread_ends_with_the_block() -> None:
    files = Files((1000,))
    with read_ahead(files.readings()) as readings:
        next(next(readings).batches)
    assert len(files.made) <= AHEAD + 3
    assert files.closed
    assert "decode" not in {thread.name for thread in threads()}
