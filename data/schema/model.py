"""What a table of the contract is made of: `Column` and `Table`, frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "text",  # free text, trimmed, full-width folded to half-width
    "code",  # one of a code list, given as its code or as its Chinese or English name
    "key",  # text that identifies a row; leading zeros kept
    "integer",
    "number",
    "area_m2",  # a number in m²; "120㎡", "0.5亩", "2公顷" are understood
    "year",
    "date",  # 2023-05-01, 2023/5/1, 2023年5月1日, 1985.3, 20230501, an Excel serial
    "yes_no",  # 是/否, 有/无, √, Y/N, 1/0
    "id_number",  # GB 11643-1999, 18 digits with a valid check digit
    "phone",
    "list",  # several values in one cell, separated by 、 , ; or /
]
Personal = Literal["name", "id_number", "phone", "address", "birth", "group", "words"]  # words: free text that may name somebody
Geometry = Literal["polygon", "line", "point", "any"]
Role = Literal["wall", "leader", "officer", "analyst", "steward", "admin"]

DUCKDB_TYPE: dict[str, str] = {
    "text": "VARCHAR", "code": "VARCHAR", "key": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "area_m2": "DOUBLE",
    "year": "INTEGER", "date": "DATE", "yes_no": "BOOLEAN", "id_number": "VARCHAR", "phone": "VARCHAR", "list": "VARCHAR[]",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the contract.

    `aliases` are further headers recognised on import beside `name`, `zh` and `en` (survey field names, template headers).
    `personal` says how `data.policy` masks it; `unmasked_for` is the lowest role that may ever see it in clear
    (None: nobody through the screen). `low` and `high` bound numbers and years, inclusive; of a date they bound the days since the date
    column `after`, or since the delivery where that is empty.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    meaning: str = ""
    unit: str = ""
    aliases: tuple[str, ...] = ()
    codes: str | None = None
    low: float | None = None
    high: float | None = None
    after: str | None = None
    required: bool = False
    personal: Personal | None = None
    unmasked_for: Role | None = None

    @property
    def duckdb_type(self) -> str:
        """Type of the parsed column in the lake and in the serving file."""
        return DUCKDB_TYPE[self.kind]


@dataclass(frozen=True, slots=True)
class Reference:
    """`column` of this table names the key of a row of `table`."""

    column: str
    table: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the contract. `links` are columns that the ETL computes when the delivery leaves them empty."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: Geometry | None = None
    links: tuple[Column, ...] = ()
    references: tuple[Reference, ...] = ()
    max_bad_share: float = 0.05
    meaning: str = ""
    key_from: tuple[str, ...] = field(default=())  # columns hashed into the key when the delivery has no key

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Delivered, linked and lineage columns, in the order of the lake table."""
        return (*self.columns, *self.links, *LINEAGE)

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError when there is none."""
        return next(column for column in self.all_columns if column.name == name)


LINEAGE: tuple[Column, ...] = (
    Column("verified_on", "date", "核实日期", "Verified on", "Day on which a person last confirmed the row on the spot",
           aliases=("最近核实日期", "采集日期", "更新日期", "登记日期", "巡查日期", "SJRQ")),
    Column("source", "text", "数据来源", "Source", "Name of the dataset that delivered the row"),
    Column("delivered_at", "date", "交付日期", "Delivered at", "Day of the delivery that last changed the row"),
)  # fmt: skip

# Geometry of every spatial table in the lake and the serving file: metric in the town's CRS, lon/lat, and the lon/lat box.
GEOMETRY_COLUMNS: tuple[tuple[str, str], ...] = (
    ("geom", "GEOMETRY"),
    ("lonlat", "GEOMETRY"),
    ("west", "DOUBLE"),
    ("south", "DOUBLE"),
    ("east", "DOUBLE"),
    ("north", "DOUBLE"),
)
