"""Who may see what: the one door through which anything about a person, or a small count of persons, leaves.

Roles are a partial order; each sees what the roles below it see:

    wall < leader < officer < steward
    wall < analyst
    wall < admin

wall: aggregates and masked fields. leader: names and work phones of the people in charge. officer: residents in clear, exact counts.
analyst and admin keep the figures and the machine: nothing personal in clear.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeVar

from data.errors import PolicyError, advice, advice_zh
from data.schema import Column, Table
from data.schema import table as contract_table
from data.schema.model import Role

SMALL = 3  # personal counts below this are hidden (domain section 5)
_BELOW: Mapping[str, tuple[str, ...]] = {
    "wall": (),
    "leader": ("wall",),
    "officer": ("leader", "wall"),
    "steward": ("officer", "leader", "wall"),
    "analyst": ("wall",),
    "admin": ("wall",),
}
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks, by role. Raises PolicyError for a role that does not exist."""

    role: Role = "wall"

    def __post_init__(self) -> None:
        if self.role not in _BELOW:
            raise PolicyError(f"There is no role {self.role!r}.", remedy=advice(self.role, _BELOW))

    def reaches(self, role: Role) -> bool:
        """Whether this viewer sees everything that `role` sees."""
        return role == self.role or role in _BELOW[self.role]


MASKED = Viewer("wall")  # everybody, until accounts exist

# Who works on incidents (domain section 2.1), and what each may see. A machine sees nothing of persons; the public sees what a wall shows.
DUTIES: Mapping[str, Role] = {
    "public": "wall", "feed": "wall", "system": "wall", "grid_member": "officer", "acceptor": "officer", "shift_leader": "officer",
    "dispatcher": "officer", "unit": "officer", "leader": "leader",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or a machine, who does something: the duty, the name that the log keeps, and how it was told (chooser, key or program).

    `areas` are the codes that the actor is limited to; none: the whole town. Raises PolicyError for a duty that does not exist.
    """

    duty: str
    name: str = ""
    by: Literal["chooser", "key", "program"] = "chooser"
    areas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.duty not in DUTIES:
            raise PolicyError(
                f"There is no duty {self.duty!r}.", remedy=advice(self.duty, DUTIES),
                zh=f"没有名为 {self.duty!r} 的岗位。", zh_remedy=advice_zh(self.duty, DUTIES),
            )  # fmt: skip

    @property
    def viewer(self) -> Viewer:
        """What the actor may see."""
        return Viewer(DUTIES[self.duty])

    def reaches_area(self, path: str) -> bool:
        """Whether a place with this path of codes, /t/v/g/, is within the actor's areas."""
        return not self.areas or any(f"/{code}/" in path for code in self.areas)


def permit(actor: Actor, duties: Collection[str], what: str, zh: str = "", path: str | None = None) -> None:
    """Let `actor` do `what` (Chinese: `zh`), which `duties` may do, at a place with `path`. Raises PolicyError that names all three."""
    if actor.duty not in duties:
        allowed = ", ".join(sorted(duties)) or "nobody"
        raise PolicyError(
            f"{actor.duty} may not {what}.", remedy=f"Allowed: {allowed}.",
            zh=f"岗位 {actor.duty} 无权{zh or what}。", zh_remedy=f"有权的岗位：{allowed}。",
        )  # fmt: skip
    if path is not None and not actor.reaches_area(path):
        areas = ", ".join(actor.areas)
        raise PolicyError(
            f"{actor.name or actor.duty} may act in {areas} only, not in {path}.", remedy="Ask somebody of that area.",
            zh=f"{actor.name or actor.duty} 只负责 {areas}，不含 {path}。", zh_remedy="请由该网格的人员办理。",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A count that is not shown: because it is `small`, or so that a small one cannot be worked out from the total."""

    small: bool = True

    def __str__(self) -> str:
        return f"<{SMALL}" if self.small else "*"


def count(n: int, viewer: Viewer) -> int | Suppressed:
    """A count of persons: 1 and 2 are hidden below officer. Nobody is not a person: 0 is shown."""
    return Suppressed() if 0 < n < SMALL and not viewer.reaches("officer") else n


def mixed(n: float, viewer: Viewer) -> float | Suppressed:
    """A count of persons and others together. The others are shown elsewhere, and what is left over is persons: for officers alone."""
    return n if viewer.reaches("officer") else Suppressed(small=False)


def breakdown(counts: Mapping[Key, int], viewer: Viewer) -> dict[Key, int | Suppressed]:
    """Counts of persons whose total is shown as well. One hidden cell alone could be worked out, so the next smallest goes with it."""
    shown = {key: count(n, viewer) for key, n in counts.items()}
    hidden = [key for key, value in shown.items() if isinstance(value, Suppressed)]
    if len(hidden) == 1:
        others = sorted((n, position, key) for position, (key, n) in enumerate(counts.items()) if n and key not in hidden)
        if others:
            shown[others[0][2]] = Suppressed(small=False)
    return shown


def matrix(rows: Sequence[Mapping[Key, int]], viewer: Viewer, above: frozenset[Key] = frozenset()) -> list[dict[Key, int | Suppressed]]:
    """Counts of persons in a table whose row and column totals are shown: no line keeps exactly one hidden cell, in either direction.

    `above` names the columns whose total is hidden itself: there the rows may not all be shown.
    """
    keys = list(dict.fromkeys(key for row in rows for key in row))
    hidden = {(i, key) for i, row in enumerate(rows) for key in keys if isinstance(count(row.get(key, 0), viewer), Suppressed)}
    small = set(hidden)
    across = [[(i, key) for key in keys] for i in range(len(rows))]
    down = [([(i, key) for i in range(len(rows))], int(key in above)) for key in keys]
    lines = [(line, 0) for line in across] + down
    changed = True
    while changed:
        changed = False
        for line, hidden_total in lines:
            extra = _second(line, hidden, rows, hidden_total)
            if extra is not None:
                hidden.add(extra)
                changed = True
    return [
        {key: Suppressed(small=(i, key) in small) if (i, key) in hidden else row.get(key, 0) for key in keys} for i, row in enumerate(rows)
    ]


def _second(
    line: list[tuple[int, Key]], hidden: set[tuple[int, Key]], rows: Sequence[Mapping[Key, int]], hidden_total: int
) -> tuple[int, Key] | None:
    """The cell to hide beside the only hidden one of a line, or beside its hidden total; None when there is none to hide or no need."""
    if sum(cell in hidden for cell in line) + hidden_total != 1:
        return None
    candidates = [
        (rows[i].get(key, 0), position) for position, (i, key) in enumerate(line) if (i, key) not in hidden and rows[i].get(key, 0)
    ]
    return line[min(candidates)[1]] if candidates else None


def release(table: str | Table, rows: Iterable[Mapping[str, Any]], viewer: Viewer, as_of: date | None = None) -> list[dict[str, Any]]:
    """Rows of a contract table as `viewer` may see them.

    Columns with `personal` are masked unless the viewer reaches `unmasked_for`; group columns and personal keys are dropped, so
    `person_id` never leaves. With `as_of` a birth date becomes an age band, else a decade. Names outside of the contract raise
    PolicyError: computed values must not slip through here.
    """
    declared = contract_table(table) if isinstance(table, str) else table
    columns = {column.name: column for column in declared.all_columns}
    return [_released(declared, columns, row, viewer, as_of) for row in rows]


def release_one(table: str | Table, row: Mapping[str, Any], viewer: Viewer, as_of: date | None = None) -> dict[str, Any]:
    """`release` of a single row."""
    return release(table, [row], viewer, as_of)[0]


def _released(declared: Table, columns: Mapping[str, Column], row: Mapping[str, Any], viewer: Viewer, as_of: date | None) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in row.items():
        if name not in columns:
            raise PolicyError(f"Table {declared.name!r} has no column {name!r}.", remedy=advice(name, columns))
        column = columns[name]
        if column.personal is None or (column.unmasked_for is not None and viewer.reaches(column.unmasked_for)):
            out[name] = value
        elif not _dropped(declared, column, viewer):
            out[name] = mask(column, value, as_of)
    return out


def _dropped(declared: Table, column: Column, viewer: Viewer) -> bool:
    if column.personal == "group":
        return not viewer.reaches("officer")
    if column.personal == "words":
        return not viewer.reaches("leader")
    return column.name in declared.key


def sees_in_clear(column: Column, viewer: Viewer) -> bool:
    """Whether the viewer would get the column's value unmasked."""
    return column.personal is None or (column.unmasked_for is not None and viewer.reaches(column.unmasked_for))


def search_by(column: Column, viewer: Viewer) -> Literal["part", "whole", "no"]:
    """How a viewer may look for a value: by a part of what she sees in clear anyway; a person's name only whole, by who leads a town or
    works in it, since one who asks must know it; an address also by a part, since it says where and not who. Answers stay masked."""
    if sees_in_clear(column, viewer):
        return "part"
    if not viewer.reaches("leader"):
        return "no"
    return "whole" if column.personal == "name" else "part" if column.personal == "address" else "no"


def mask(column: Column, value: Any, as_of: date | None = None) -> Any:
    """The value as the masks of domain section 5 show it; empty stays empty, lists are masked item by item."""
    if value is None or value == "":
        return value
    if isinstance(value, list | tuple):
        return [mask(column, item, as_of) for item in value]
    kind = column.personal
    if kind == "name":
        return mask_name(str(value))
    if kind == "id_number":
        return mask_id(str(value))
    if kind == "phone":
        return mask_phone(str(value))
    if kind == "address":
        return mask_address(str(value))
    if kind == "words":
        return mask_words(str(value))
    return age_band(value, as_of) if kind == "birth" else value


def mask_name(name: str) -> str:
    """张* for two characters, 张*明 for three, 欧阳** from four on; of a name in letters the first one stays."""
    if not re.match(r"[\u3400-\u9fff]", name):
        return f"{name[:1]}***"
    if len(name) <= 2:
        return name[:1] + "*"
    if len(name) == 3:
        return f"{name[0]}*{name[2]}"
    return name[:2] + "*" * (len(name) - 2)


def mask_id(number: str) -> str:
    """First three and last four; a short document number loses all but its last two."""
    if len(number) < 10:
        return "*" * max(len(number) - 2, 2) + number[-2:]
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_phone(phone: str) -> str:
    """138****5678; numbers under eight digits are hidden altogether."""
    digits = re.sub(r"\D", "", phone)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else "****"


_PLACE = re.compile(r"^.*(?:镇|乡|街道|村|社区|居委会|组|队)[))]?")
_DOOR = re.compile(r"[0-9A-Za-z-]+(?=号|弄|幢|栋|座|单元|室)")


def mask_address(address: str) -> str:
    """Down to village and team: 川沙新镇××村3组**号. Without such words every number is hidden."""
    found = _PLACE.match(address)
    if found:
        # The last such word may stand after a door number: 川沙路500弄明珠新村.
        kept = _DOOR.sub("**", found[0])
        return kept if found[0] == address else f"{kept}**"
    hidden = re.sub(r"[0-9A-Za-z]*\d[0-9A-Za-z]*", "**", address)
    return hidden if "**" in hidden else "**"


# Mail addresses; runs of letters, digits and hyphens with at least three digits among at least five signs, a province before them
# included: phones, ID numbers, plates; and seven digits or more in groups. A date tells nobody.
_TELLING = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]?(?=[A-Za-z0-9·-]{5})(?=(?:[A-Za-z·-]*\d){3})[A-Za-z0-9·-]+"
    r"|\d(?: ?\d){6,}"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def mask_words(words: str) -> str:
    """Free text without what tells a person by number: phones, ID numbers, number plates and mail addresses become ***."""
    return _TELLING.sub(lambda found: found[0] if _DAY.fullmatch(found[0]) else "***", words)


def age_band(born: Any, as_of: date | None) -> str:
    """70–79 on a day that is given, else the decade of birth, 1940–1949."""
    year = born.year if isinstance(born, date) else int(str(born)[:4])
    if as_of is None:
        return f"{year // 10 * 10}–{year // 10 * 10 + 9}"
    age = as_of.year - year - (isinstance(born, date) and (as_of.month, as_of.day) < (born.month, born.day))
    return f"{age // 10 * 10}–{age // 10 * 10 + 9}"
