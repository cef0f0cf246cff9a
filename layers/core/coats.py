"""What other tools are told of each feature: its level, its classes and its name, by ordinal. Nothing that only some may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from data.errors import PolicyError
from data.policy import MASKED, sees_in_clear
from data.schema import table as contract_table
from layers.core.arrays import ABSENT, Bytes, drawn_table, paint_arrays, size_of
from layers.core.mvt import Tags, Value
from layers.core.spec import Layer
from layers.core.tiles import Ints

Places = npt.NDArray[np.signedinteger[Any]]
LEVELS: tuple[Value, ...] = tuple(range(6))


@dataclass(frozen=True, slots=True)
class Column:
    """One property: its values, and of each ordinal the place of its value among them, or −1 (in the fewest bytes that hold it)."""

    values: tuple[Value, ...]
    index: Places

    @property
    def kind(self) -> str:
        """Its type in the words of TileJSON."""
        return "String" if self.values and isinstance(self.values[0], str) else "Number"


@dataclass(frozen=True, slots=True)
class Coat:
    """Properties by name. An ordinal whose `drawn` is false is not on the map, so not in a tile."""

    columns: Mapping[str, Column]
    drawn: npt.NDArray[np.bool_]
    values: tuple[Value, ...] = field(init=False)  # of all columns, one after another

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(value for column in self.columns.values() for value in column.values))

    def tags(self, ordinals: Ints) -> Tags:
        """Properties of some features."""
        first = np.cumsum([0, *(len(column.values) for column in self.columns.values())])[:-1]
        index = np.full((len(ordinals), len(self.columns)), -1, dtype=np.int64)
        for number, (column, at) in enumerate(zip(self.columns.values(), first.tolist(), strict=True)):
            found = column.index[ordinals].astype(np.int64)
            index[:, number] = np.where(found < 0, -1, found + at)
        return Tags(tuple(self.columns), self.values, index)


def coat_of(connection: duckdb.DuckDBPyConnection, layer: Layer) -> Coat:
    """Level, classes of the nominal themes and, where it is nobody's secret, the name of each feature of a painted layer."""
    told = {row[0] for row in connection.execute(f"DESCRIBE paint_{layer.name}").fetchall()}
    # A theme that came into the layer's file since the snapshot was painted is not on show.
    layer = replace(layer, themes=tuple(theme for theme in layer.themes if theme.name in told))
    arrays = paint_arrays(connection, layer)
    level = arrays["level"]
    columns = {"level": Column(LEVELS, np.where(level == ABSENT, -1, level.astype(np.int8)).astype(np.int8))}
    for theme in layer.themes:
        columns[theme.name] = _classes(connection, layer.name, theme.name, arrays[theme.name])
    table = drawn_table(layer)
    label = "name" if table == "area" else layer.label
    if label and sees_in_clear(contract_table(table).column(label), MASKED):
        columns["name"] = text_column(connection, table, label)
    return Coat(columns, level != ABSENT)


def _classes(connection: duckdb.DuckDBPyConnection, layer: str, theme: str, array: Bytes) -> Column:
    """Classes by their codes; 0 and 255 are none."""
    rows = connection.execute("SELECT index, code FROM theme_class WHERE layer = ? AND theme = ? ORDER BY index", [layer, theme]).fetchall()
    place = np.full(256, -1, dtype=np.int16)
    for number, (index, _) in enumerate(rows):
        place[index] = number
    place[[0, ABSENT]] = -1
    return Column(tuple(str(code) for _, code in rows), place[array])


def text_column(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> Column:
    """A column of text or whole numbers as it stands in the table. Raises PolicyError where not everybody may see it."""
    if not sees_in_clear(contract_table(table).column(column), MASKED):
        raise PolicyError(f"{table}.{column} is not for everybody.", remedy="Leave it out of the tiles.",
                          zh=f"{table}.{column} 不对所有人公开。", zh_remedy="请不要把它写入瓦片。")  # fmt: skip
    rows = connection.execute(f'SELECT ordinal, "{column}" FROM {table} WHERE "{column}" IS NOT NULL ORDER BY ordinal').fetchall()
    values: dict[Value, int] = {}
    index = np.full(size_of(connection, table), -1, dtype=np.int32)
    for ordinal, value in rows:
        index[ordinal] = values.setdefault(value if isinstance(value, str) else round(value), len(values))
    return Column(tuple(values), index)
