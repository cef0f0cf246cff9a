"""Geometry for tables that carry it as text: coordinates, pairs or WKT in their cells."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from data.errors import ContractError
from data.store.duck import identifier
from etl.core.coordinates import CoordinateColumns, coordinate_headers, find_coordinates, points_of
from etl.core.mapping import listed, present
from etl.core.town_file import GEOMETRY_FIELDS, Dataset

_LOOKED_AT = 200


def place_columns(connection: duckdb.DuckDBPyConnection, raw: str, headers: list[str], dataset: Dataset) -> CoordinateColumns | None:
    """The columns of `raw` that hold places; None when its rows have geometry already or no column holds any.

    Raises ContractError when the town file names a header that is not there.
    """
    if connection.execute(f"SELECT 1 FROM {raw} WHERE __wkb IS NOT NULL LIMIT 1").fetchone():
        return None

    def values(header: str) -> list[str | None]:
        column = identifier(header)
        return [cell for (cell,) in connection.execute(f"SELECT {column} FROM {raw} WHERE {column} <> '' LIMIT {_LOOKED_AT}").fetchall()]

    declared = {name: present(dataset.fields[name][0], name, headers, dataset) for name in GEOMETRY_FIELDS if dataset.fields.get(name)}
    return find_coordinates(headers, values, declared or None)


def require_places(connection: duckdb.DuckDBPyConnection, raw: str, headers: list[str], dataset: Dataset) -> None:
    """Raises ContractError when rows were delivered without any geometry and without headers that could hold coordinates.

    One sentence about the headers helps; "no coordinates" beside each of the rows would mislead.
    """
    filled = connection.execute(f"SELECT count(*), count(__wkb) FROM {raw}").fetchall()[0]
    if filled[0] == 0 or filled[1] or not headers or coordinate_headers(headers):
        return
    raise ContractError(
        f"Dataset {dataset.name!r} ({dataset.file}) has neither geometry nor headers that are known to hold coordinates. "
        f"Headers found: {listed(headers)}.",
        remedy='Name them in the town file: fields = { lon = "…", lat = "…" } (or x and y, or wkt), or deliver a file with shapes.',
        zh=f"数据集 {dataset.name!r}（{dataset.file}）既没有图形，也没有可识别的坐标列。已有表头：{listed(headers, 'zh')}。",
        zh_remedy='请在配置文件中指明坐标列：fields = { lon = "…", lat = "…" }（或 x 和 y，或 wkt），或提供带图形的文件。',
    )


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
