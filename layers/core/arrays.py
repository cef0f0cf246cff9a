"""Colour arrays: one byte a feature, indexed by ordinal (docs/pack.md section 5)."""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt

from data.schema import table as contract_table
from layers.core.spec import Layer

ABSENT = 255
Bytes = npt.NDArray[np.uint8]


def drawn_table(layer: Layer) -> str:
    """Table whose geometries the layer colours: its own, or the areas for layers that are only shown rolled up (people)."""
    return "area" if layer.geometry == "area" else layer.table


def size_of(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Length of the arrays of `table`: one more than its greatest ordinal."""
    row = connection.execute(f"SELECT coalesce(max(ordinal) + 1, 0) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def paint_arrays(connection: duckdb.DuckDBPyConnection, layer: Layer) -> dict[str, Bytes]:
    """Arrays of the layer by name: "level" and each nominal theme. In a theme 0 says that the class is not stated."""
    table = drawn_table(layer)
    key = contract_table(table).key[0]
    names = [theme.name for theme in layer.themes]
    columns = "".join(f', coalesce(p."{name}", 0)::UTINYINT AS "{name}"' for name in names)
    found = connection.execute(
        f"SELECT t.ordinal, coalesce(p.level, 0)::UTINYINT AS level{columns}"
        f" FROM paint_{layer.name} p JOIN {table} t ON t.{key} = p.object_id WHERE t.lonlat IS NOT NULL"
    ).fetchnumpy()
    ordinals = np.asarray(found["ordinal"], dtype=np.int64)
    size = size_of(connection, table)
    return {name: scatter(size, ordinals, np.asarray(found[name], dtype=np.uint8)) for name in ("level", *names)}


def scatter(size: int, ordinals: npt.NDArray[np.int64], values: Bytes) -> Bytes:
    """The array of a column: each value at its ordinal, ABSENT elsewhere."""
    out = np.full(size, ABSENT, dtype=np.uint8)
    out[ordinals] = values
    return out


def level_counts(array: Bytes) -> list[int]:
    """Features of each level, 0 to 5."""
    return [int(n) for n in np.bincount(array, minlength=256)[:6]]
