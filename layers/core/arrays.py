"""Colour arrays: one byte a feature, indexed by ordinal (docs/pack.md section 5)."""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt

from data.schema import table as contract_table
from layers.core.spec import Layer

ABSENT = 255
PAINT = "paint_"  # and the layer's name: the table of its colours
Bytes = npt.NDArray[np.uint8]


def drawn_table(layer: Layer) -> str:
    """Table whose geometries the layer colours: its own, or the areas for layers that are only shown rolled up (people)."""
    return "area" if layer.geometry == "area" else layer.table


def size_of(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Length of the arrays of `table`: one more than its greatest ordinal."""
    row = connection.execute(f"SELECT coalesce(max(ordinal) + 1, 0) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def place_colours(connection: duckdb.DuckDBPyConnection, layer: Layer, source: str) -> None:
    """Write `paint_<layer>` from the relation `source`: its columns, and the ordinal of what is coloured, NULL where that is not drawn."""
    table = drawn_table(layer)
    connection.execute(f"""CREATE TABLE {PAINT}{layer.name} AS
        SELECT p.*, CASE WHEN t.lonlat IS NOT NULL THEN t.ordinal END::UINTEGER AS ordinal
        FROM {source} p LEFT JOIN {table} t ON t.{contract_table(table).key[0]} = p.object_id ORDER BY ordinal, object_id""")


def paint_arrays(connection: duckdb.DuckDBPyConnection, layer: Layer, only: str | None = None) -> dict[str, Bytes]:
    """Arrays of the layer by name: "level" and each nominal theme, or `only` one of them. In a theme 0 says that the class is not stated."""
    names = ["level", *(theme.name for theme in layer.themes)] if only is None else [only]
    columns = "".join(f', coalesce(p."{name}", 0)::UTINYINT AS "{name}"' for name in names)
    ordinal, coloured = _coloured(connection, layer)
    query = f"SELECT {ordinal}{columns} FROM {coloured}"
    found = connection.execute(query).fetchnumpy()
    ordinals, size = np.asarray(found["ordinal"], dtype=np.int64), size_of(connection, drawn_table(layer))
    return {name: scatter(size, ordinals, np.asarray(found[name], dtype=np.uint8)) for name in names}


def _coloured(connection: duckdb.DuckDBPyConnection, layer: Layer) -> tuple[str, str]:
    """Ordinal and relation `p` of colours: files of before November 2026 have colours by key alone."""
    told = {row[0] for row in connection.execute(f"DESCRIBE {PAINT}{layer.name}").fetchall()}
    if "ordinal" in told:
        return "p.ordinal", f"{PAINT}{layer.name} p WHERE p.ordinal IS NOT NULL"
    table = drawn_table(layer)
    key = contract_table(table).key[0]
    return "t.ordinal", f"{PAINT}{layer.name} p JOIN {table} t ON t.{key} = p.object_id WHERE t.lonlat IS NOT NULL"


def scatter(size: int, ordinals: npt.NDArray[np.int64], values: Bytes) -> Bytes:
    """The array of a column: each value at its ordinal, ABSENT elsewhere."""
    out = np.full(size, ABSENT, dtype=np.uint8)
    out[ordinals] = values
    return out


def level_counts(array: Bytes) -> list[int]:
    """Features of each level, 0 to 5."""
    return [int(n) for n in np.bincount(array, minlength=256)[:6]]
