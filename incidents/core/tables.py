"""The town's tables as one frozen snapshot with quick lookups: types, limits, units, who is responsible, the ladder, the calendar.

One number, `version`, names the whole: saving any table makes the next one (`tables_store`). A case keeps the version it was filed under.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

from data.calendar import Calendar, Day, Unit
from data.errors import NetworkError, advice, advice_zh
from incidents.core.tables_declared import ANY, DECLARED
from incidents.core.tables_read import Row, fault, shipped

NOT_ANNOUNCED = ("", "not announced", "未公布")


@dataclass(frozen=True, slots=True)
class Type:
    """A type of incident. `merge_m` and `merge_min`: the same type within them is a likely duplicate."""

    code: str
    class_: str
    class_zh: str
    class_en: str
    zh: str
    en: str
    limit_value: float
    limit_unit: Unit
    grade: int
    ai: bool
    personal: bool
    public: bool
    merge_m: float
    merge_min: float
    icon: str


@dataclass(frozen=True, slots=True)
class Office:
    """A unit that handles incidents."""

    code: str
    zh: str
    en: str
    phone: str
    kind: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where incidents come from; `auto`: found by ourselves (patrol, camera, sensor), not told by others."""

    code: str
    zh: str
    en: str
    auto: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: at this share of the limit these are told; `card` 0 none, 1 supervised, 2 yellow card, 3 red card."""

    share: float
    tell: tuple[str, ...]
    card: int


@dataclass(frozen=True)
class Tables:
    """All tables of one version. `zone` is the town's."""

    version: int
    zone: ZoneInfo
    given: Mapping[str, tuple[Row, ...]] = field(repr=False)

    @classmethod
    def shipped(cls, zone: ZoneInfo) -> Tables:
        """The tables as they are delivered with the program: version 1."""
        return cls(1, zone, {name: shipped(name) for name in DECLARED})

    def rows(self, name: str) -> tuple[Row, ...]:
        """The rows of one table, in its order."""
        return self.given[name]

    @cached_property
    def types(self) -> Mapping[str, Type]:
        """Types by code."""
        return {row["code"]: Type(**{_attribute(name): value for name, value in row.items()}) for row in self.given["types"]}

    @cached_property
    def units(self) -> Mapping[str, Office]:
        """Units by code."""
        return {row["code"]: Office(**{**row, "phone": row["phone"] or ""}) for row in self.given["units"]}

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Sources by code."""
        return {row["code"]: Source(**row) for row in self.given["sources"]}

    @cached_property
    def figures(self) -> Mapping[str, float]:
        """Numbers of the assessment: assessment_day, repeat_m, repeat_days, bunch_share."""
        return {row["name"]: row["value"] for row in self.given["figures"]}

    def type(self, code: str) -> Type:
        """The type. Raises NetworkError naming the nearest ones."""
        return cast(Type, _known(self.types, code, "type", "type", "事件类型"))

    def unit(self, code: str) -> Office:
        """The unit. Raises NetworkError naming the nearest ones."""
        return cast(Office, _known(self.units, code, "unit", "unit", "处置单位"))

    def source(self, code: str) -> Source:
        """The source. Raises NetworkError naming the nearest ones."""
        return cast(Source, _known(self.sources, code, "source", "source", "事件来源"))

    def limit(self, stage: str, type_code: str) -> tuple[float, Unit]:
        """Limit of a stage; handling has that of the type. Raises NetworkError for a type or a stage that does not exist."""
        if stage == "handle":
            kind = self.type(type_code)
            return kind.limit_value, kind.limit_unit
        return cast("tuple[float, Unit]", _known(self._limits, stage, "stage", "stage", "环节"))

    def unit_for(self, type_code: str, path: str) -> str | None:
        """Who is responsible for a type at a place (codes from the town down, /t/v/g/); None where no rule holds.

        The rule of the type goes before that of its class, that before "*"; among those the one of the longest area code wins.
        """
        kind = self.types.get(type_code)
        places = [code for code in path.split("/") if code]
        for what in (type_code, kind.class_ if kind else "", ANY):
            rules = [(len(area), unit) for area, unit in self._responsible.get(what, {}).items() if _holds(area, places)]
            if rules:
                return max(rules)[1]
        return None

    def wanted(self, type_code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Skills that help with a type, and the teams that are sent, the best first: by its own row, else its class's, else that of "*"."""
        kind = self.types.get(type_code)
        rows = {row["what"]: row for row in self.given["skills"]}
        row = next((rows[what] for what in (type_code, kind.class_ if kind else "", ANY) if what in rows), None)
        return (tuple(row["skills"] or ()), tuple(row["teams"])) if row else ((), ())

    def rung(self, grade: int, share: float) -> Rung | None:
        """The highest rung of the ladder that a case of `grade` has reached; None below the first."""
        return next((rung for rung in reversed(self.ladder(grade)) if share >= rung.share), None)

    def ladder(self, grade: int) -> tuple[Rung, ...]:
        """The rungs of a grade, lowest first: its own, or those for "*" where it has none."""
        return self._rungs.get(str(grade)) or self._rungs.get(ANY, ())

    def label(self, vendor: str, label: str) -> str | None:
        """Our type for what a vendor's recognition says; a vendor without an entry of its own gets that of "*"."""
        return self._labels.get((vendor, label)) or self._labels.get((ANY, label))

    @cached_property
    def calendar(self) -> Calendar:
        """Working table and holidays."""
        hours = {row["weekday"]: row["hours"] for row in self.given["hours"]}
        return Calendar(self.zone, tuple(hours[n] for n in range(1, 8)), {row["date"]: _day(row) for row in self.given["holidays"]})

    @cached_property
    def _limits(self) -> Mapping[str, tuple[float, str]]:
        return {row["stage"]: (row["limit_value"], row["limit_unit"]) for row in self.given["stages"]}

    @cached_property
    def _labels(self) -> Mapping[tuple[str, str], str]:
        return {(row["vendor"], row["label"]): row["type"] for row in self.given["labels"]}

    @cached_property
    def _responsible(self) -> Mapping[str, Mapping[str, str]]:
        rules: dict[str, dict[str, str]] = {}
        for row in self.given["responsible"]:
            rules.setdefault(row["what"], {})["" if row["area"] == ANY else row["area"]] = row["unit"]
        return rules

    @cached_property
    def _rungs(self) -> Mapping[str, tuple[Rung, ...]]:
        rungs: dict[str, list[Rung]] = {}
        for row in sorted(self.given["ladder"], key=lambda row: cast(float, row["share"])):
            rungs.setdefault(row["grade"], []).append(Rung(row["share"], row["tell"], row["card"]))
        return {grade: tuple(found) for grade, found in rungs.items()}


def mismatches(tables: Tables) -> list[NetworkError]:
    """Rows that name something which another table does not have, and a week without any working time."""
    known = {
        "types": {*tables.types, *(kind.class_ for kind in tables.types.values())}, "units": set(tables.units),
        "grades": {str(row["grade"]) for row in tables.given["grades"]},
    }  # fmt: skip
    faults = []
    for name, declared in DECLARED.items():
        for column in (column for column in declared.fields if column.refers):
            there = set(tables.types) if name == "labels" else known[column.refers]
            for number, row in enumerate(tables.given[name], 2):
                value = row[column.name]
                if value not in there and not (column.any_too and value == ANY):
                    told = f"the table {column.refers!r} has no such row.", advice(value, there)
                    zh = f"“{DECLARED[column.refers].zh}”表中没有。", advice_zh(value, there)
                    faults.append(fault(declared, number, column, value, *told, *zh))
    return faults + _idle(tables)


def _idle(tables: Tables) -> list[NetworkError]:
    if any(row["hours"] for row in tables.given["hours"]):
        return []
    told = "no day of the week has working time.", "Give at least one its hours.", "一周中没有任何工作时间。", "请至少为一天填写工作时间。"
    return [fault(DECLARED["hours"], 2, DECLARED["hours"].field("hours"), "", *told)]


def _holds(area: str, places: Iterable[str]) -> bool:
    """Whether a rule for `area` (a code or the beginning of codes; "" everywhere) holds at a place."""
    return not area or any(code.startswith(area) for code in places)


def _day(row: Row) -> Day:
    notice = row["announced"] or ""
    return Day(row["kind"], row["zh"], row["en"], "" if notice.lower() in NOT_ANNOUNCED else notice, hours=row["hours"])


def _attribute(column: str) -> str:
    return "class_" if column == "class" else column


def _known(there: Mapping[str, Any], code: str, field: str, en: str, zh: str) -> Any:
    if code not in there:
        raise NetworkError(
            f"There is no {en} {code!r}.",
            remedy=advice(str(code), there),
            zh=f"没有代码为 {code!r} 的{zh}。",
            zh_remedy=advice_zh(str(code), there),
        ).at(field)
    return there[code]
