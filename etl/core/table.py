"""Finding the table inside a sheet as people fill it: title rows, one- to three-row headers, totals, notes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa

Row = Sequence[str | None]
Merge = tuple[int, int, int, int]  # first row, first column, last row, last column; from 0, inclusive

_TOTALS = {"合计", "小计", "总计", "共计", "累计", "本页小计", "本页合计", "总合计"}
TOTALS = pa.array(["合计", "小计", "总计", "共计", "合 计", "小 计", "总 计", "合\u3000计", "小\u3000计", "合计:", "合计："])
_NOTE = re.compile(r"^\s*(填表|制表|审核|复核|填报|报送|负责人|经办|统计人|联系人|注[:：]|备注[:：]|说明[:：]|※|（?以下空白|此表|本表)")
_NUMERIC = re.compile(r"^[\s\d.,:/\-+%年月日]+$")
_SPACES = re.compile(r"\s+")
SEARCHED = 30  # rows looked at for the header


@dataclass(frozen=True, slots=True)
class HeaderPlan:
    """Where the header stands (row index from 0), how many rows it has, and its names."""

    first: int
    rows: int
    headers: tuple[str, ...]

    @property
    def data(self) -> int:
        """Index of the first row below the header."""
        return self.first + self.rows


@dataclass(frozen=True, slots=True)
class Head:
    """Everything above the first row of data as delivered: rows from the top of the sheet, merged ranges, empty columns at the left.

    Columns of `rows` and `merges` are counted from the first that is not empty, as those of the headers are.
    """

    rows: tuple[Row, ...]
    first: int = 0  # index of the first header row; those before are titles
    merges: tuple[Merge, ...] = ()
    left: int = 0


def find_header(
    rows: Sequence[Row], *, merges: Sequence[Merge] = (), header_row: int | None = None, header_rows: int | None = None
) -> HeaderPlan | None:
    """The header among the first rows of a sheet; `header_row` counts from 1. None when the sheet holds no table."""
    first = header_row - 1 if header_row else _first_row(rows[:SEARCHED])
    if first is None or first >= len(rows):
        return None
    depth = header_rows or _depth(rows, first, merges)
    return HeaderPlan(first, depth, _names(rows[first : first + depth], first, merges))


def number_duplicates(names: Iterable[str]) -> tuple[str, ...]:
    """Names made unique without regard to case: "a", "A" → "a", "A_2"; a missing one is called after its position."""
    given = [tidy(name) or f"column_{index}" for index, name in enumerate(names, 1)]
    seen = {"__row", "__wkb", "__file", "__sheet", "__fid"}
    unique: list[str] = []
    for name in given:
        candidate, n = name, 1
        while candidate.casefold() in seen:
            n += 1
            candidate = f"{name}_{n}"
        seen.add(candidate.casefold())
        unique.append(candidate)
    return tuple(unique)


def tidy(name: str | None) -> str:
    """A header without line breaks, surrounding blanks, marks of required fields and byte-order marks."""
    text = (name or "").replace("\ufeff", "").replace("\x00", "").strip().lstrip("*＊").rstrip("*＊")
    chinese = any("\u4e00" <= c <= "\u9fff" for c in text)
    return _SPACES.sub("" if chinese else " ", text).strip()


def is_total(row: Row) -> bool:
    """Whether one of the first three cells says that the row is a total."""
    return any(cell and len(cell) < 12 and "计" in cell and _SPACES.sub("", cell).strip(":：") in _TOTALS for cell in row[:3])


def is_note(row: Row) -> bool:
    """Whether the row is a remark or signature line below the table: its first cell begins like one, and few cells are filled."""
    first = next((cell for cell in row if cell), None)
    return first is not None and bool(_NOTE.match(first)) and sum(map(bool, row)) <= max(1, len(row) // 4)


def _filled(row: Row) -> int:
    return sum(bool(cell and cell.strip()) for cell in row)


def _texty(cell: str | None) -> bool:
    return bool(cell and cell.strip()) and not _NUMERIC.match(unicodedata.normalize("NFKC", cell or ""))


def _first_row(rows: Sequence[Row]) -> int | None:
    """The first row that fills at least half as many cells as the fullest one; titles and units above a table fill fewer."""
    most = max((_filled(row) for row in rows), default=0)
    if most == 0:
        return None
    return next(index for index, row in enumerate(rows) if _filled(row) >= max(most / 2, min(most, 2)) or _grouped(rows, index))


def _grouped(rows: Sequence[Row], index: int) -> bool:
    """A sparse upper header row: several words, with a row of words below that fills the gaps."""
    row = rows[index]
    if _filled(row) < 2 or index + 1 >= len(rows) or sum(map(_texty, row)) < _filled(row):
        return False
    return _continues(row, rows[index + 1])


def _continues(upper: Row, lower: Row) -> bool:
    """Whether `lower` is the second row of the header `upper`: only words, standing below gaps or below the heads of gaps."""
    words = [i for i, cell in enumerate(lower) if cell and cell.strip()]
    if not words or not all(_texty(lower[i]) and len(lower[i] or "") <= 20 for i in words):
        return False
    blanks = {i for i, cell in enumerate(upper) if not (cell and cell.strip())}
    heads = {i - 1 for i in blanks if i - 1 not in blanks}
    return bool(blanks & set(words)) and all(i in blanks or i in heads for i in words)


def _depth(rows: Sequence[Row], first: int, merges: Sequence[Merge]) -> int:
    tall = [last - first + 1 for top, _, last, _ in merges if top == first and last > top]
    if tall:
        return min(max(tall), 3)
    wide = any(top == first and right > left for top, left, _, right in merges)
    below = rows[first + 1] if first + 1 < len(rows) else ()
    return 2 if (wide or _filled(rows[first]) < len(rows[first])) and _continues(rows[first], below) else 1


def _names(rows: Sequence[Row], first: int, merges: Sequence[Merge]) -> tuple[str, ...]:
    width = max(len(row) for row in rows)
    grid = [[*(tidy(cell) for cell in row), *[""] * (width - len(row))] for row in rows]
    for top, left, bottom, right in merges:
        if first <= top < first + len(rows):
            for r in range(top - first, min(bottom - first + 1, len(rows))):
                grid[r][left : right + 1] = [grid[top - first][left]] * (min(right, width - 1) - left + 1)
    if len(rows) > 1 and not merges:
        _fill_right(grid)
    return number_duplicates(_joined([grid[r][c] for r in range(len(rows))]) for c in range(width))


def _fill_right(grid: list[list[str]]) -> None:
    """Without merge ranges: a blank of an upper row belongs to the group at its left when something stands below it."""
    for upper, lower in pairwise(grid):
        for column in range(1, len(upper)):
            if not upper[column] and lower[column]:
                upper[column] = upper[column - 1] if lower[column - 1] else ""


def _joined(parts: Sequence[str]) -> str:
    distinct = [part for index, part in enumerate(parts) if part and part not in parts[:index]]
    return "/".join(distinct)
