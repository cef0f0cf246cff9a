"""What a layer file declares: frozen values, no behaviour. `layers.core.registry` checks them against the contract.

In every SQL text the alias `o` is the layer's table, each `Join` adds its own alias, and `$as_of` is the day for which is painted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from data.codes import code_list

Geometry = Literal["polygon", "line", "point", "any", "area"]
FieldKind = Literal["number", "count", "people", "date", "yes_no", "code"]


@dataclass(frozen=True, slots=True)
class Level:
    """One of the six ordinal levels: colour, a mark for the colour-blind and the rhythm of action."""

    level: int
    code: str
    zh: str
    en: str
    hex: str
    mark: str
    action_zh: str
    action_en: str


# Domain section 3.2: the same six levels and colours on every layer.
LEVELS: tuple[Level, ...] = (
    Level(1, "red", "红", "Red", "#FF4D4F", "■", "立即处置,每周走访", "Act now; visit weekly"),
    Level(2, "orange", "橙", "Orange", "#FF8C1A", "▲", "7日内整改,每周走访", "Put right within 7 days; visit weekly"),
    Level(3, "yellow", "黄", "Yellow", "#FADB14", "◆", "15日内整改,每两周走访", "Put right within 15 days; visit every 2 weeks"),
    Level(4, "blue", "蓝", "Blue", "#3DA5FF", "●", "常态管理,每四周走访", "Routine watch; visit every 4 weeks"),
    Level(5, "green", "绿", "Green", "#2BC46B", "○", "每季走访", "Visit quarterly"),
    Level(0, "grey", "灰", "Grey", "#7A8699", "–", "待核实", "To be verified"),
)
VISIT_DAYS: Mapping[int, int] = MappingProxyType({1: 7, 2: 7, 3: 14, 4: 28, 5: 91})


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` holds → `level`, with a reason and the remedy that would turn the object green.

    `flips` is the SQL date on which time alone makes `when` start or stop holding; receipts take `valid_until` from it.
    """

    level: int
    code: str
    when: str
    reason_zh: str
    reason_en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    flips: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A left join that gives at most one row an object: a table of the contract, or a `select` that gives `columns`."""

    alias: str
    on: str
    table: str = ""
    select: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ThemeClass:
    """One class of a nominal theme with its own colour."""

    code: str
    zh: str
    en: str
    hex: str


@dataclass(frozen=True, slots=True)
class Theme:
    """Nominal colouring with a legend of its own: `value` is SQL that gives a class code.

    Values beyond `classes` are left out, unless `open`: then the `top` most frequent become classes with generated colours, named by
    the SQL `label`, and the rest is "other".
    """

    name: str
    zh: str
    en: str
    value: str
    classes: tuple[ThemeClass, ...] = ()
    open: bool = False
    label: str = ""
    top: int = 60


@dataclass(frozen=True, slots=True)
class Field:
    """A computed line of a card. Text is not possible, so that no personal column can slip past `data.policy`; `people` counts persons."""

    name: str
    zh: str
    en: str
    value: str
    unit: str = ""
    kind: FieldKind = "number"
    codes: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a composite score of areas: `select` gives (area_code, bad, n) for the objects' own areas.

    The rate bad/n is topped up to 20 cases at the town's rate, and scaled against the median of the areas on the same tree level, but never
    more sharply than against `reference` (domain section 3.2): median or reference → 85 points, none bad → 100. `people`: persons are among
    what is counted.
    """

    name: str
    zh: str
    en: str
    weight: float
    reference: float
    select: str
    people: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One management layer. Adding a file with `LAYER = Layer(...)` is the whole job.

    `geometry` says how the map draws it: as the table's own polygons, lines or points, as "area" (people: only areas are coloured, by
    `area_rules` over the counts `n.total, n.red, … n.grey`, themes being over areas too), or None for a layer without a map.
    `label` is the column written on the map. `checked` is the SQL date of the last check, from which `visit_days` gives the next visit.
    `red_needs_check`: an object once red stays red until its case was closed with a passed check.
    """

    name: str
    table: str
    zh: str
    en: str
    icon: str = ""
    order: int = 50
    geometry: Geometry | None = "polygon"
    zoom: tuple[int, int] = (0, 24)
    where: str | None = None
    joins: tuple[Join, ...] = ()
    rules: tuple[Rule, ...] = ()
    themes: tuple[Theme, ...] = ()
    default_theme: str | None = None
    tooltip: tuple[str, ...] = ()
    card: tuple[Field | str, ...] = ()
    label: str | None = None
    checked: str = "o.verified_on"
    freshness_days: int | None = None
    visit_days: Mapping[int, int] = field(default_factory=lambda: VISIT_DAYS)
    red_needs_check: bool = False
    rollup: bool = True
    default_level: int = 0
    default_code: str = "no_data"
    default_zh: str = "暂无数据"
    default_en: str = "No data"
    default_remedy_zh: str = "补充采集数据"
    default_remedy_en: str = "Deliver the missing data"
    unit_zh: str = "个"
    unit_en: str = ""
    personal: bool = False
    area_joins: tuple[Join, ...] = ()
    area_rules: tuple[Rule, ...] = ()
    parts: tuple[Part, ...] = ()


def classes_of(codes: str, colours: Mapping[str, str]) -> tuple[ThemeClass, ...]:
    """Theme classes of the code list `codes` in its own order, coloured by `colours` (code → hex)."""
    return tuple(ThemeClass(code.code, code.zh, code.en, colours[code.code]) for code in code_list(codes) if code.code in colours)
