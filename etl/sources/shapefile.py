"""Shapefile, or a dBASE table alone: geometry through GDAL, attributes exactly as they stand in the .dbf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from etl.core.spec import Delivered, Evidence, Reading, ReadOptions, Source, Verdict, dbf, gdal_path, sibling, vector_batches, vector_info


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading: the rows of the .dbf with the shape of the same number."""
    alone = Path(path.name).suffix.lower() == ".dbf"
    table = path if alone else sibling(path, ".dbf")
    shapes = None if alone else _Shapes.of(path, options.batch_rows)
    if table is None:
        yield _without_table(path, options)
        return
    with table.open("rb") as handle:
        header = dbf.read_header(handle, table.name)
        verdict = dbf.judge(handle, header, table.name, _hints(table, header), options.encoding)
    notes: list[str] = []
    yield Reading(
        file=path.name, sheet=None, headers=header.headers(verdict.encoding), crs=shapes.crs if shapes else None, rows=header.records,
        batches=_batches(table, header, verdict, shapes, options.batch_rows, notes), encoding=verdict.encoding, evidence=verdict.evidence,
        notes=notes,
    )  # fmt: skip


def _without_table(path: Delivered, options: ReadOptions) -> Reading:
    info = vector_info(gdal_path(path), None)
    missing = Evidence("the .dbf is missing: shapes without attributes", "缺少 .dbf 文件：只有图形，没有属性")
    batches = vector_batches(gdal_path(path), None, info, batch_rows=options.batch_rows)
    return Reading(path.name, None, info.headers, batches, info.crs, None, (missing,), rows=info.features)


def _hints(table: Delivered, header: Any) -> list[tuple[str, str]]:
    """What the .cpg file and the language byte say about the encoding, strongest first."""
    cpg = sibling(table, ".cpg")
    said = cpg.read_bytes()[:64].decode("latin-1").strip() if cpg else ""
    hints = [("the .cpg", said)] if said else []
    if header.ldid in dbf.LDID:
        hints.append((f"LDID 0x{header.ldid:02X}", dbf.LDID[header.ldid]))
    return hints


def _batches(
    table: Delivered, header: Any, verdict: Verdict, shapes: _Shapes | None, batch_rows: int, notes: list[str]
) -> Iterator[pa.RecordBatch]:
    met = dbf.DbfNotes(memo=tuple(f.name.decode("latin-1") for f in header.fields if f.kind in "MGP"))
    first = deleted = 0
    with table.open("rb") as handle:
        handle.seek(header.start)
        for block in dbf.chunks(handle, header, batch_rows):
            kept = np.flatnonzero(block[:, 0] != ord("*"))
            deleted += len(block) - len(kept)
            wkb = shapes.between(first, first + len(block)) if shapes else pa.nulls(len(block), pa.binary())
            live = block[kept]
            columns = [dbf.column(live, each, verdict.encoding, met) for each in header.fields]
            arrays = [*columns, pa.array(kept + first + 2, pa.int64()), wkb.take(pa.array(kept))]
            yield pa.RecordBatch.from_arrays(arrays, names=[*header.headers(verdict.encoding), "__row", "__wkb"])
            first += len(block)
    if deleted:
        notes.append(Evidence(f"{deleted} rows are marked as deleted: left out", f"{deleted} 行已标记删除，未读取"))
    if first < header.records:
        notes.append(
            Evidence(
                f"the .dbf announces {header.records} rows and holds {first}", f".dbf 文件头标明 {header.records} 行，实际只有 {first} 行"
            )
        )
    notes.extend(met.sentences(verdict.encoding))
    notes.extend(shapes.sentences(first) if shapes else ())


@dataclass(slots=True)
class _Shapes:
    """The geometry stream of a .shp, handed out by ranges of feature numbers."""

    batches: Iterator[pa.RecordBatch]
    crs: str | None
    waiting: list[pa.RecordBatch] = field(default_factory=list)
    given: int = 0
    empty: int = 0

    @classmethod
    def of(cls, path: Delivered, batch_rows: int) -> _Shapes:
        """Shapes of the file `path`, none read yet."""
        name = gdal_path(path)
        info = vector_info(name, None, encoding="ISO-8859-1")  # any byte is a letter there: attributes are not read here
        batches = vector_batches(name, None, info, batch_rows=batch_rows, with_fid=True, columns=[], encoding="ISO-8859-1")
        return cls(batches, info.crs)

    def between(self, first: int, last: int) -> pa.Array:
        """WKB of the features `first` to `last` (exclusive), NULL where one has no shape."""
        position = np.full(last - first, -1, np.int64)
        pieces: list[pa.Array] = []
        size = 0
        for batch in self._until(last):
            numbers = batch.column("__fid").to_numpy()
            position[numbers - first] = np.arange(size, size + len(numbers))
            pieces.append(batch.column("__wkb"))
            size += len(numbers)
        wkb = pa.concat_arrays(pieces) if pieces else pa.array([], pa.binary())
        taken = wkb.take(pa.array(position, mask=position < 0))
        self.given += size
        self.empty += taken.null_count
        return taken

    def _until(self, last: int) -> Iterator[pa.RecordBatch]:
        """Batches of features numbered below `last`; the rest of a batch waits for the next call."""
        while self.waiting or (batch := next(self.batches, None)) is not None:
            batch = self.waiting.pop() if self.waiting else batch
            below = int((batch.column("__fid").to_numpy() < last).sum())
            if below < batch.num_rows:
                self.waiting.append(batch.slice(below))
            if below:
                yield batch.slice(0, below)
            if below < batch.num_rows:
                return

    def sentences(self, rows: int) -> Iterator[Evidence]:
        """What the steward has to know about the shapes once all rows are read."""
        left = sum(batch.num_rows for batch in (*self.waiting, *self.batches))
        if left:
            yield Evidence(f"{left} shapes have no row in the .dbf: left out", f"{left} 个图形在 .dbf 中没有对应的行，未读取")
        if self.empty:
            yield Evidence(f"{self.empty} of {rows} rows have no shape", f"{rows} 行中有 {self.empty} 行没有图形")


SOURCE = Source(name="shapefile", zh="Shapefile", suffixes=(".shp", ".dbf"), read=read)
