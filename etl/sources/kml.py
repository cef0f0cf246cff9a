"""KML and KMZ: every folder is a layer; attributes stand in ExtendedData, or in a table inside the balloon text (ArcGIS, Ovital)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pyarrow as pa

from etl.core.spec import Delivered, Evidence, Reading, ReadOptions, Source, chosen_layers, gdal_path, number_duplicates, vector_reading

# Columns that GDAL adds for how a placemark is drawn; they say nothing about the thing itself.
_DRAWING = {"timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "snippet"}
_CELLS = re.compile(r"<tr[^>]*>\s*<t[dh][^>]*>([^<]*)</t[dh]>\s*<t[dh][^>]*>([^<]*)</t[dh]>\s*</tr>", re.IGNORECASE)


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading for each folder that holds placemarks."""
    for layer in chosen_layers(gdal_path(path), options.layer, all_by_default=True):
        reading = vector_reading(path, layer, options, drop=_DRAWING)
        first = next(reading.batches, None)
        if first is not None:
            yield _with_balloons(reading, first)


def _with_balloons(reading: Reading, first: pa.RecordBatch) -> Reading:
    """The Reading with a column for every row of the tables in its descriptions, when there are such tables."""
    names = _names(first)
    if not names:
        return _replaced(reading, reading.headers, _chained(first, reading.batches))
    headers = number_duplicates([*reading.headers, *names])
    added = headers[len(reading.headers) :]
    batches = (_extended(batch, names, added) for batch in _chained(first, reading.batches))
    told = Evidence(f"{len(names)} attributes read from tables in the descriptions", f"从说明文字的表格中读取 {len(names)} 个属性")
    reading.notes.append(told)
    return _replaced(reading, headers, batches)


def _replaced(reading: Reading, headers: tuple[str, ...], batches: Iterator[pa.RecordBatch]) -> Reading:
    return Reading(
        file=reading.file, sheet=reading.sheet, headers=headers, batches=batches, crs=reading.crs, encoding=reading.encoding,
        evidence=reading.evidence, rows=reading.rows, damaged=reading.damaged, notes=reading.notes,
    )  # fmt: skip


def _chained(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _names(batch: pa.RecordBatch) -> tuple[str, ...]:
    """Names of the attributes in the descriptions' tables, in order of appearance."""
    if "description" not in batch.schema.names:
        return ()
    return tuple(dict.fromkeys(name for text in batch.column("description").to_pylist() for name in _table(text)))


def _table(text: str | None) -> dict[str, str | None]:
    """Attributes of one description: rows of two cells."""
    if not text or "<t" not in text:
        return {}
    pairs = ((html.unescape(a).strip(), html.unescape(b).strip()) for a, b in _CELLS.findall(text))
    return {name: None if value.lower() in ("", "<null>") else value for name, value in pairs if name}


def _extended(batch: pa.RecordBatch, names: tuple[str, ...], headers: tuple[str, ...]) -> pa.RecordBatch:
    tables = [_table(text) for text in batch.column("description").to_pylist()]
    columns = [pa.array([table.get(name) for table in tables], pa.string()) for name in names]
    width = batch.num_columns - 2
    arrays = [*batch.columns[:width], *columns, *batch.columns[width:]]
    return pa.RecordBatch.from_arrays(arrays, names=[*batch.schema.names[:width], *headers, "__row", "__wkb"])


SOURCE = Source(name="kml", zh="KML", suffixes=(".kml", ".kmz", ".ovkml", ".ovkmz"), read=read)
