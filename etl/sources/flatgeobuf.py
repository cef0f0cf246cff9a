"""FlatGeobuf (.fgb); an empty one is read as no rows."""

from __future__ import annotations

from collections.abc import Iterator

from etl.core.spec import Delivered, Reading, ReadOptions, Source, vector_reading


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading."""
    yield vector_reading(path, None, options)


SOURCE = Source(name="flatgeobuf", zh="FlatGeobuf", suffixes=(".fgb",), read=read)
