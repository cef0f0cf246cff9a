"""Shapefiles whose table (dBASE III) is written column by column: GDAL goes cell by cell and widens fields by rewriting the file."""

from __future__ import annotations

import struct
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.town.writers import Columns, Shape, filled, write_shapes

_HEADER, _FIELD = "<4BIHH17xB2x", "<11sc4xBB14x"  # dBASE III: file header, field descriptor
_WIDEST = 254


def write_dbase(path: Path, columns: Columns, written: date, language: int, encoding: str = "gbk") -> None:
    """A table of text fields, each as wide as its longest value. `language` is the byte that should tell the encoding (0 tells nothing).

    Raises ValueError for a name of over ten bytes or a value of over 254.
    """
    cells = {name.encode(encoding): _bytes(column, encoding) for name, column in columns.items()}
    for name, values in cells.items():
        if len(name) > 10 or values.itemsize > _WIDEST:
            raise ValueError(f"The field {name.decode(encoding)!r} does not fit: {len(name)} bytes of name, {values.itemsize} of text.")
    count, width = len(next(iter(cells.values()))), 1 + sum(values.itemsize for values in cells.values())
    records = np.full((count, width), ord(" "), np.uint8)
    place = 1  # the first byte of a record says whether it is deleted
    for values in cells.values():
        raw = values.view(np.uint8).reshape(count, values.itemsize)
        records[:, place : place + values.itemsize] = np.where(raw == 0, ord(" "), raw)
        place += values.itemsize
    day = (written.year - 1900, written.month, written.day)
    head = struct.pack(_HEADER, 3, *day, count, 33 + 32 * len(cells), width, language)
    fields = b"".join(struct.pack(_FIELD, name, b"C", values.itemsize, 0) for name, values in cells.items())
    path.write_bytes(head + fields + b"\r" + records.tobytes() + b"\x1a")


def write_shapefile(path: Path, columns: Columns, shapes: np.ndarray, shape: Shape, written: date, language: int) -> None:
    """A shapefile in GBK without .cpg; `language` 0 leaves the encoding to be guessed, 0x4D means code page 936."""
    write_shapes(path, shapes, shape)
    write_dbase(path.with_suffix(".dbf"), columns, written, language)


def _bytes(column: pa.Array, encoding: str) -> np.ndarray:
    values = [value.encode(encoding) for value in filled(column).to_pylist()]
    return np.array(values, dtype=f"S{max(1, *map(len, values), 1)}")
