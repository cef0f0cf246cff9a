"""Geometry for tables that carry it as text: coordinates, pairs or WKT in their cells."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from data.store.duck import identifier
from etl.core.coordinates import CoordinateColumns, find_coordinates, points_of
from etl.core.town_file import GEOMETRY_FIELDS, Dataset

_LOOKED_AT = 200


def place_columns(connection: duckdb.DuckDBPyConnection, raw: str, headers: list[str], dataset: Dataset) -> CoordinateColumns | None:
    """The columns of `raw` that hold places; None when its rows have geometry already or no column holds any."""
    if connection.execute(f"SELECT 1 FROM {raw} WHERE __wkb IS NOT NULL LIMIT 1").fetchone():
        return None

    def values(header: str) -> list[str | None]:
        column = identifier(header)
        return [cell for (cell,) in connection.execute(f"SELECT {column} FROM {raw} WHERE {column} <> '' LIMIT {_LOOKED_AT}").fetchall()]

    declared = {name: dataset.fields[name][0] for name in GEOMETRY_FIELDS if dataset.fields.get(name)}
    return find_coordinates(headers, values, declared or None)


def fill_places(connection: duckdb.DuckDBPyConnection, raw: str, columns: CoordinateColumns) -> int:
    """Fill `__wkb` of `raw`; returns how many rows hold something that is no coordinate (they stay without a place)."""
    names = [columns.x] if columns.y is None else [columns.x, columns.y]
    listed = ", ".join(f"{identifier(name)} AS c{number}" for number, name in enumerate(names))
    given = connection.execute(f"SELECT rowid AS id, {listed} FROM {raw}").to_arrow_table().combine_chunks()
    cells = [given.column(f"c{number}").combine_chunks() for number in range(len(names))]
    points = points_of(columns, *cells)
    connection.register("points", pa.table({"id": given.column("id"), "wkb": points.wkb}))
    connection.execute(f"UPDATE {raw} SET __wkb = p.wkb FROM points p WHERE p.id = {raw}.rowid")
    connection.unregister("points")
    return int(points.unreadable.sum())
