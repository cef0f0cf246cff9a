"""What goes back to a sender: refused rows and doubted ones, and how the files in which they came looked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Literal

from data.schema import Table
from etl.core.intake import DeliveredSheet
from etl.core.mapping import Mapping_
from etl.core.table import Head
from etl.core.town_file import Dataset

SEVERITIES = {"refused": "退回", "warning": "提示"}
Severity = Literal["refused", "warning"]
_STEM = 80  # characters of a file name: 255 bytes is the limit of most disks, and a Chinese character takes three
_NOTHING = "（无属性）"  # a drawing or a bare geometry: the marks need a cell
Fault = tuple[str | None, str | None, str, str, str]  # column, value, reason, remedy, severity


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused or doubted row: its place, its cells by column of the raw table, its faults; `text` of a line that was not read."""

    file: str
    sheet: str | None
    row: int
    values: Mapping[str, str | None]
    faults: tuple[Fault, ...]
    text: str | None = None


@dataclass(frozen=True)
class Sheet:
    """How one delivered file or sheet looked, and where its rows come from. `known`: the reader has seen what stands above the rows."""

    columns: tuple[str, ...]
    head: Head
    known: bool

    def cells(self, row: Refused) -> tuple[str | None, ...]:
        """The cells of `row` in delivered order."""
        if row.text is not None:
            return (row.text, *(None for _ in self.columns[1:]))
        return tuple(map(row.values.get, self.columns))

    @cached_property
    def places(self) -> dict[str, int]:
        """Column of the raw table → place of its cell."""
        return {column: place for place, column in enumerate(self.columns)}


@dataclass(frozen=True)
class Layout:
    """How the files of a dataset looked."""

    dataset: Dataset
    table: Table
    mapping: Mapping_
    headers: tuple[str, ...]  # of all files
    delivered: Mapping[tuple[str, str | None], DeliveredSheet]
    _sheets: dict[tuple[str, str | None], Sheet] = field(default_factory=dict)

    def sheet(self, file: str, name: str | None) -> Sheet:
        """Look of one sheet; a single row of headers where there was no other."""
        if (file, name) not in self._sheets:
            given = self.delivered.get((file, name)) or DeliveredSheet(self.headers, self.headers, None)
            columns, headers = given.columns or (_NOTHING,), given.headers or (_NOTHING,)
            self._sheets[file, name] = Sheet(columns, given.head or Head((headers,)), given.head is not None)
        return self._sheets[file, name]

    def place(self, column: str | None, row: Refused, sheet: Sheet) -> int:
        """Place of the cell to blame: the filled one of those that feed `column`, else the first of them.

        What no cell holds (a geometry, a constant, a line that could not be read) is put on the key, else on the first cell.
        """
        candidates = self._candidates.get(column or "", ())
        filled = (header for header in candidates if row.values.get(header)) if len(candidates) > 1 else ()
        key = self.mapping.columns.get(self.table.key[0], "") if column else ""
        return next((sheet.places[header] for header in (*filled, *candidates, key) if header in sheet.places), 0)

    @cached_property
    def _candidates(self) -> dict[str, tuple[str, ...]]:
        return {column: tuple(source.header for source in sources) for column, sources in self.mapping.sources.items()}

    @cached_property
    def _titles(self) -> dict[str, str]:
        """What the sender calls a column."""
        return {column.name: column.zh for column in self.table.all_columns} | self.mapping.columns

    def entry(self, listed: int, row: Refused, number: int, fault: Fault) -> tuple[str | int, ...]:
        """A row of the list of reasons; `number` is that of the row in what goes back."""
        column, value, reason, remedy, severity = fault
        title = self._titles.get(column or "", "")
        return (listed, row.file, row.sheet or "", row.row, number, title, value or "", reason, remedy, SEVERITIES[severity])

    def path(self, folder: Path, file: str, taken: Collection[Path], severity: Severity = "refused") -> Path:
        """Where the workbook of `file` goes: under a name of its own that a disk takes, and that says what is in it."""
        stem = "-".join(PurePath(file).with_suffix("").parts)
        name = re.sub(r'[\\/:*?"<>|\s]+', "-", f"{self.dataset.name}-{stem}").lstrip("-.")[:_STEM]
        names = (f"{name}{more}-{SEVERITIES[severity]}.xlsx" for more in ("", *(f"-{n}" for n in range(2, len(taken) + 2))))
        return next(folder / found for found in names if folder / found not in taken)


@dataclass(frozen=True, slots=True)
class Returned:
    """One file on its way back: how many of its rows, how many faults these have, and the workbook to write.

    The rows were refused, or loaded without a value (`severity` warning); `left_out` are further ones that are only counted.
    """

    layout: Layout
    file: str
    rows: int
    faults: int
    path: Path
    severity: Severity = "refused"
    left_out: int = 0
