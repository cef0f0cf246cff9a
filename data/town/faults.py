"""The seeded faults: what departments get wrong, declared once, put into rows that nothing else depends on, and listed in faults.json.

`fault` is the code under which the load reports it. A refused row is either a copy added at the end of its file or a row
whose loss breaks no other promise of the town (never the only tenant of a house, never a group rental).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import shapely

Expect = Literal["refused", "warning", "repaired", "contradiction", "coverage", "unlinked", "accepted"]
Change = Callable[[str], str | None]  # the wrong value for a right one; None where this one cannot be spoiled so

_CHECK, _WEIGHTS = "10X98765432", (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of faults.json. `row` counts as the sender's program does (header: row 1); a `count` stands for rows that are not listed.

    `key` is the key that the row had before it was spoiled, or that of the row that it repeats.
    """

    delivery: int
    dataset: str
    file: str | None
    sheet: str | None
    row: int | None
    column: str | None
    value: str | None
    fault: str
    expect: Expect
    key: str | None
    count: int = 1

    def line(self) -> dict[str, object]:
        """The values by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault in the cells under `header`. `extra`: on a copied row; `tag`: only rows with this tag; `per_town`: how many at scale 1."""

    dataset: str
    fault: str
    header: str
    column: str
    expect: Expect
    change: Change
    per_town: int = 25
    least: int = 1
    extra: bool = False
    tag: str = ""
    again: bool = False  # also in the second delivery


@dataclass
class Sheet:
    """Rows about to be written, of one file or (`file_of`: number of the file of each row, ascending) several."""

    dataset: str
    files: list[str]
    columns: dict[str, pa.Array]
    keys: str  # header of the key
    free: np.ndarray  # positions that may be spoiled
    sheet: str | None = None
    first_row: int = 2
    file_of: np.ndarray | None = None
    tags: dict[str, np.ndarray] = field(default_factory=dict)
    shapes: np.ndarray | None = None
    position: np.ndarray = field(default_factory=lambda: np.zeros(0, int))  # of every row in the frame that the columns come from

    def __post_init__(self) -> None:
        size = len(next(iter(self.columns.values())))
        self.file_of = np.zeros(size, int) if self.file_of is None else self.file_of
        self.position = np.arange(size) if not len(self.position) else self.position

    def take(self, order: np.ndarray) -> None:
        """Rearrange and repeat rows."""
        assert self.file_of is not None
        self.columns = {header: column.take(pa.array(order)) for header, column in self.columns.items()}
        self.file_of, self.position = self.file_of[order], self.position[order]
        self.shapes = None if self.shapes is None else self.shapes[order]

    def rows(self) -> np.ndarray:
        """Row number of every row in its own file."""
        assert self.file_of is not None
        starts = np.r_[0, np.cumsum(np.bincount(self.file_of, minlength=len(self.files)))[:-1]]
        return np.asarray(np.arange(len(self.file_of)) - starts[self.file_of] + self.first_row)

    def write(self, header: str, changes: Mapping[int, str]) -> None:
        """Put new values into the cells of a column."""
        cells = self.columns[header].to_numpy(zero_copy_only=False).astype(object)
        for row, value in changes.items():
            cells[row] = value
        self.columns[header] = pa.array(cells, pa.string())


def spoil(rng: np.random.Generator, sheet: Sheet, kinds: tuple[Kind, ...], counts: Mapping[str, int], delivery: int) -> list[Fault]:
    """Put the faults of `kinds` into the sheet, `counts[kind name]` of each as far as there are rows; returns what was done."""
    kinds = tuple(kind for kind in kinds if kind.dataset == sheet.dataset and counts.get(name_of(kind), 0))
    pool = list(rng.permutation(sheet.free))
    chosen = [(kind, row) for kind in kinds for row in _choose(sheet, kind, pool, counts[name_of(kind)])]
    extra = [(kind, row) for kind, row in chosen if kind.extra]
    size = len(sheet.position)
    order = np.r_[np.arange(size), np.array([row for _, row in extra], int)]
    assert sheet.file_of is not None
    place = np.argsort(sheet.file_of[order], kind="stable")  # copies go to the end of their file
    sheet.take(order[place])
    where = np.empty(len(order), int)
    where[place] = np.arange(len(order))
    copies = iter(where[size:])
    return _apply(sheet, [(kind, int(next(copies) if kind.extra else where[row])) for kind, row in chosen], delivery)


def _choose(sheet: Sheet, kind: Kind, pool: list[int], count: int) -> list[int]:
    rows: list[int] = []
    for row in pool:
        if len(rows) == count:
            break
        tagged = not kind.tag or bool(sheet.tags[kind.tag][row])
        value = sheet.columns[kind.header][int(row)].as_py() or ""
        if tagged and kind.change(value) is not None:
            rows.append(int(row))
    for row in rows:
        pool.remove(row)
    return rows


def _apply(sheet: Sheet, placed: list[tuple[Kind, int]], delivery: int) -> list[Fault]:
    numbers, faults = sheet.rows(), []
    assert sheet.file_of is not None
    changes: dict[str, dict[int, str]] = {}
    for kind, row in placed:
        value = kind.change(sheet.columns[kind.header][row].as_py() or "")
        assert value is not None
        changes.setdefault(kind.header, {})[row] = value
        key = sheet.columns[sheet.keys][row].as_py()
        place = (sheet.files[sheet.file_of[row]], sheet.sheet, int(numbers[row]))
        faults.append(Fault(delivery, kind.dataset, *place, kind.column, value, kind.fault, kind.expect, key))
    for header, cells in changes.items():
        sheet.write(header, cells)
    return faults


def cross(rng: np.random.Generator, sheet: Sheet, count: int, delivery: int, rows: np.ndarray) -> list[Fault]:
    """Make `count` polygons among `rows` (positions in the sheet) cross themselves, as if two corners had been exchanged."""
    faults: list[Fault] = []
    numbers = sheet.rows()
    assert sheet.shapes is not None and sheet.file_of is not None
    sheet.shapes = sheet.shapes.copy()
    for row in rng.permutation(rows):
        if len(faults) == count:
            break
        crossed = crossed_ring(sheet.shapes[row])
        if crossed is None:
            continue
        sheet.shapes[row] = crossed
        key, place = sheet.columns[sheet.keys][int(row)].as_py(), (sheet.files[sheet.file_of[row]], sheet.sheet, int(numbers[row]))
        faults.append(Fault(delivery, sheet.dataset, *place, "geom", None, "geometry_repaired", "repaired", key))
    return faults


def crossed_ring(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The polygon with two neighbouring corners exchanged; None where that leaves it valid, empties it or it has holes."""
    if shape.geom_type != "Polygon" or len(shape.interiors):
        return None
    ring = np.array(shape.exterior.coords)
    ring[[1, 2]] = ring[[2, 1]]
    crossed = shapely.Polygon(ring)
    return None if crossed.is_valid or shapely.make_valid(crossed).area < 0.2 * shape.area else crossed


def share(kind: str, per_town: int, least: int, scale: float, part: int, parts: int) -> int:
    """How many of the town's faults of a kind this part of `parts` gets; the remainder goes to a part that depends on the kind."""
    total = max(least, round(per_town * scale))
    first = sum(kind.encode()) % parts
    return total // parts + ((part - first) % parts < total % parts)


def name_of(kind: Kind) -> str:
    """Name that tells kinds of one dataset apart."""
    return f"{kind.dataset}/{kind.fault}/{kind.column}/{kind.expect}/{kind.extra}/{kind.change.__name__}"


def summed(faults: list[Fault]) -> list[Fault]:
    """Counts of one delivery, dataset and fault added up, and all faults in the order of delivery, dataset, file and row."""
    single = [fault for fault in faults if fault.row is not None or fault.expect == "coverage"]
    totals: dict[tuple[int, str, str], Fault] = {}
    for fault in faults:
        if fault.row is None and fault.expect != "coverage":
            key = (fault.delivery, fault.dataset, fault.fault)
            before = totals.get(key)
            totals[key] = replace(fault, count=fault.count + (before.count if before else 0))
    return sorted([*single, *totals.values()], key=lambda f: (f.delivery, f.dataset, f.file or "", f.row or 0, f.fault, f.key or ""))


# --- how values go wrong


def valid_id(number: str) -> bool:
    """Whether the check digit of an 18-character ID number is right."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True)) % 11] == number[17]


def scientific(number: str) -> str | None:
    """As a spreadsheet shows a long number: 9.90115E+17."""
    return f"{int(number[:17] + '0'):.5E}" if len(number) == 18 else None


def truncated(number: str) -> str | None:
    """As a spreadsheet keeps a long number: 15 digits, then zeros."""
    changed = number[:15] + "000"
    return None if len(number) != 18 or valid_id(changed) else changed


def mistyped(number: str) -> str | None:
    """With a wrong check digit."""
    return number[:17] + ("7" if number[17] != "7" else "3") if len(number) == 18 else None


def fifteen(number: str) -> str | None:
    """As it was before 1999."""
    return number[:6] + number[8:17] if len(number) == 18 else None


def full_width(number: str) -> str | None:
    """In full-width digits."""
    return number.translate(_FULL_WIDTH) if number else None


def other_sex(sex: str) -> str | None:
    """The other one."""
    return {"男": "女", "女": "男"}.get(sex)


def other_day(day: str) -> str | None:
    """Another day of the same month."""
    return day[:-2] + ("02" if day[-2:] == "01" else "01") if day else None


def year_and_month(day: str) -> str | None:
    """1985.3: year and month only."""
    return f"{day[:4]}.{int(day[5:7])}" if len(day) == 10 else None


def year_dot_month(year: str) -> str | None:
    """1985.3 for 1985."""
    return f"{year}.3" if year else None


def no_such_day(day: str) -> str | None:
    """30 February."""
    return f"{day[:4]}/2/30" if day else None


def spaced(phone: str) -> str | None:
    """164 1234 5678."""
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}" if len(phone) == 11 else None


def cut_short(phone: str) -> str | None:
    """A telephone number that lacks its end."""
    return phone[:7] if len(phone) == 11 else None


def with_unit(area: str) -> str | None:
    """120㎡."""
    return f"{area}㎡" if area else None


def in_hectares(area: str) -> str | None:
    """0.8532公顷."""
    return f"{float(area) / 10000:.4f}公顷" if area else None


def negative(number: str) -> str | None:
    """With a minus sign."""
    return f"-{number}" if number and float(number) > 0 else None


def several(names: str) -> str | None:
    """Several names in one cell stay as they are."""
    return names if "、" in names else None


def tick(answer: str) -> str | None:
    """√ for yes, × for no."""
    return {"是": "√", "有": "√", "否": "×", "无": "×"}.get(answer)


def same(value: str) -> str | None:
    """Unchanged: the row itself is the fault."""
    return value or None


def replaced_by(wrong: str) -> Change:
    """Whatever was there, `wrong`."""

    def change(value: str) -> str | None:
        return wrong

    change.__name__ = f"replaced_by_{wrong}"
    return change
