"""Where the panels of a scene lie at each shape of wall: whole rectangles on one grid, no gaps, none on another.

The grid's unit is a quarter of a 16:9 screen: 4 units wide there, 6 at 24:9, 8 at 32:9, 12 at 48:9, so a panel has the same size
everywhere and the edges of units are where LCD walls of 2, 3, 4, 6 or 12 screens in a row have their seams. The head row and the map take
what panels leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

ROWS = 24  # of the grid under the title bar
HEAD_ROWS, BELOW_ROWS = 3, 7
HEAD, MAP = "head", "map"


@dataclass(frozen=True, slots=True)
class Rect:
    """A place on the grid: column and row of the upper left corner counted from 1, and how many of each."""

    column: int
    row: int
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of wall: units across, how many of them each side may take, whether panels lie below the map, which `Size.rows` count."""

    name: str
    units: int
    side: int
    below: bool
    needs: int


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a panel needs at 16:9, at 24:9 and 32:9, and at 48:9, and how many units there."""

    rows: tuple[int, int, int]
    wide: int = 1


SHAPES = (Shape("16:9", 4, 1, True, 0), Shape("24:9", 6, 2, True, 1), Shape("32:9", 8, 2, True, 1), Shape("48:9", 12, 4, False, 2))
SMALL, LIST, TALL = Size((6, 8, 12)), Size((10, 16, 24)), Size((14, 16, 24), wide=2)


def place(panels: Mapping[str, Sequence[str]], sizes: Mapping[str, Size], shape: Shape) -> dict[str, Rect]:
    """Rectangle of every panel that is shown, of the head and of the map. `panels` names those of each side, most important first."""
    below = list(panels.get("below", ())) if shape.below else []
    right = list(panels.get("right", ()))
    if not shape.below:
        first = _that_fit(right, sizes, SHAPES[0])
        right = [*first, *panels.get("below", ()), *(name for name in right if name not in first)]
    left = [name for name in panels.get("left", ()) if name not in below]
    left = _that_fit(left, sizes, shape)
    right = _that_fit([name for name in right if name not in left], sizes, shape)
    lefts, rights = _columns(left, sizes, shape), _columns(right, sizes, shape)
    start, end = 1 + _width(lefts), shape.units + 1 - _width(rights)
    placed = _stacks(lefts, 1) | _stacks(rights, end)
    below = [name for name in below if name not in placed][: end - start]
    bottom = BELOW_ROWS if below else 0
    placed |= _beside(below, start, end - start, ROWS - bottom + 1)
    placed[HEAD] = Rect(start, 1, end - start, HEAD_ROWS)
    placed[MAP] = Rect(start, 1 + HEAD_ROWS, end - start, ROWS - HEAD_ROWS - bottom)
    return placed


@dataclass(frozen=True, slots=True)
class _Column:
    """Panels above each other, each with the rows that it needs."""

    names: tuple[str, ...]
    needs: tuple[int, ...]
    width: int


def _needs(name: str, sizes: Mapping[str, Size], shape: Shape) -> tuple[int, int]:
    """Rows and units of a panel."""
    size = sizes[name]
    return size.rows[shape.needs], size.wide if shape.side > 2 else 1


def _that_fit(names: Iterable[str], sizes: Mapping[str, Size], shape: Shape) -> list[str]:
    """The panels of a side that find room, in order; one too large gives way to the next."""
    chosen: list[str] = []
    for name in names:
        if _width(_pack([*chosen, name], sizes, shape, ROWS)) <= shape.side:
            chosen.append(name)
    return chosen


def _pack(names: Sequence[str], sizes: Mapping[str, Size], shape: Shape, most: int) -> list[_Column]:
    """Columns filled one after the other, none with more rows than `most`, a wide panel in a column of its own."""
    columns: list[_Column] = []
    for name in names:
        rows, width = _needs(name, sizes, shape)
        last = columns[-1] if columns else None
        if last and width == last.width == 1 and sum(last.needs) + rows <= most:
            columns[-1] = _Column((*last.names, name), (*last.needs, rows), 1)
        else:
            columns.append(_Column((name,), (rows,), width))
    return columns


def _columns(names: Sequence[str], sizes: Mapping[str, Size], shape: Shape) -> list[_Column]:
    """As few columns as will do, and these filled as evenly as that allows."""
    packed = _pack(names, sizes, shape, ROWS)
    tallest = max((max(column.needs) for column in packed), default=0)
    total = sum(sum(column.needs) for column in packed)
    for most in range(max(tallest, ceil(total / max(len(packed), 1))), ROWS):
        even = _pack(names, sizes, shape, most)
        if _width(even) <= _width(packed):
            return even
    return packed


def _width(columns: Iterable[_Column]) -> int:
    return sum(column.width for column in columns)


def _stacks(columns: Sequence[_Column], start: int) -> dict[str, Rect]:
    placed: dict[str, Rect] = {}
    for column in columns:
        row = 1
        for name, rows in zip(column.names, _stretched(column.needs), strict=True):
            placed[name] = Rect(start, row, column.width, rows)
            row += rows
        start += column.width
    return placed


def _stretched(needs: Sequence[int]) -> list[int]:
    """Rows that fill the height, in proportion to what is needed."""
    total, ends = sum(needs), [0]
    for i in range(len(needs)):
        ends.append(round(ROWS * sum(needs[: i + 1]) / total))
    return [after - before for before, after in pairwise(ends)]


def _beside(names: Sequence[str], start: int, units: int, row: int) -> dict[str, Rect]:
    placed: dict[str, Rect] = {}
    for i, name in enumerate(names):
        column = start + units * i // len(names)
        placed[name] = Rect(column, row, start + units * (i + 1) // len(names) - column, BELOW_ROWS)
    return placed
