"""What every question stands on: a cursor on one snapshot and the layers that it was painted with."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar

import duckdb

from data.codes import code_lists
from data.errors import LayerError, advice, advice_zh
from data.schema import Column
from data.store.serving import memory_of
from layers.core.rules import rules_by_code
from layers.core.spec import LEVELS, Layer

Row = dict[str, Any]
LEVEL_OF = {level.level: level for level in LEVELS}
_AS_IT_IS = (str, int, float, type(None))  # bool is an int
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Store:
    """One snapshot for the length of a request: `cursor` of `ServingStore.read()`, `layers` of `load_layers(settings.layers)`."""

    cursor: duckdb.DuckDBPyConnection
    layers: tuple[Layer, ...]

    def layer(self, name: str) -> Layer:
        """The layer called `name`. Raises LayerError with the nearest names."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = [layer.name for layer in self.layers]
        raise LayerError(
            f"There is no layer {name!r}.", remedy=advice(name, known), zh=f"没有图层 {name!r}。", zh_remedy=advice_zh(name, known)
        )

    def rows(self, sql: str, **values: Any) -> list[Row]:
        """All rows as dictionaries with plain values; `values` are bound by name."""
        result = self.cursor.execute(sql, values or None)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, map(plain, row), strict=True)) for row in result.fetchall()]

    def tuples(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """All rows as DuckDB gives them, for answers of thousands of rows that are put together anew anyway."""
        return self.cursor.execute(sql, values or None).fetchall()

    def one(self, sql: str, **values: Any) -> Row | None:
        """The first row, or None."""
        found = self.rows(sql, **values)
        return found[0] if found else None

    def values(self, sql: str, **values: Any) -> list[Any]:
        """The first column of all rows."""
        return [plain(row[0]) for row in self.tuples(sql, **values)]


class _Same:
    """The very same object, not an equal one: layers are read once a process, and to compare them by their rules would cost more than to ask."""

    __slots__ = ("of",)

    def __init__(self, of: object) -> None:
        self.of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.of is other.of

    def __hash__(self) -> int:
        return id(self.of)


def remembered(question: Callable[Concatenate[Store, P], R]) -> Callable[Concatenate[Store, P], R]:
    """A question whose answer depends on the snapshot, on the layers and on what it is given, and on nothing else: asked once a snapshot.

    Whoever looks must be among what it is given, if that matters: so two roles never share an answer. All of it must be hashable. A cursor
    that is not of `ServingStore` has no memory, since its tables may change: there everything is asked anew.
    """
    name = f"{question.__module__}.{question.__qualname__}"

    @functools.wraps(question)
    def asked(store: Store, /, *args: P.args, **kwargs: P.kwargs) -> R:
        memory = memory_of(store.cursor)
        if memory is None:
            return question(store, *args, **kwargs)
        key = (name, _Same(store.layers), *args, *sorted(kwargs.items()))
        return memory.answer(key, lambda: question(store, *args, **kwargs))

    return asked


def plain(value: Any) -> Any:
    """`value` as JSON can carry it, dates in ISO 8601."""
    if isinstance(value, _AS_IT_IS):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return list(map(plain, value)) if isinstance(value, list | tuple) else value


def worst_first(level: str) -> str:
    """SQL to sort by: reds first, grey before green, since what is unknown comes before what is well."""
    return f"CASE {level} WHEN 0 THEN 4.5 ELSE {level} END NULLS LAST"


@remembered
def town(store: Store) -> Row:
    """Facts of the snapshot (name, code, crs, timezone, levels, synthetic, bounds, snapshot, published_at, as_of, …) and `root`, the town's area."""
    facts = {row["key"]: json.loads(row["value"]) for row in store.rows("SELECT key, value FROM town")}
    return facts | {"root": root_of(store)}


@remembered
def root_of(store: Store) -> str:
    """Code of the area that holds everything: the one that is its own only ancestor."""
    roots = store.values("SELECT area_code FROM tree GROUP BY 1 HAVING count(*) = 1 ORDER BY count(*) LIMIT 1")
    return str(roots[0]) if roots else ""


@remembered
def today_of(store: Store) -> date:
    """The day that the snapshot was painted for, in the town's zone."""
    found = store.cursor.execute("SELECT value FROM town WHERE key = 'as_of'").fetchone()
    told = json.loads(found[0]) if found else None
    return date.fromisoformat(str(told)[:10]) if told else date(1970, 1, 1)


def level_facts(level: int | None) -> Row | None:
    """Code, names, colour and mark of a level."""
    found = LEVEL_OF.get(level) if level is not None else None
    return (
        {"level": found.level, "code": found.code, "zh": found.zh, "en": found.en, "hex": found.hex, "mark": found.mark} if found else None
    )


def reason_facts(layer: Layer, codes: list[str]) -> list[Row]:
    """Reasons in words, each with its level and with what would turn it green."""
    rules = rules_by_code(layer)
    return [
        {
            "code": code,
            "level": rule.level,
            "zh": rule.reason_zh,
            "en": rule.reason_en,
            "remedy_zh": rule.remedy_zh,
            "remedy_en": rule.remedy_en,
        }
        if (rule := rules.get(code))
        else {"code": code, "level": None, "zh": code, "en": code, "remedy_zh": "", "remedy_en": ""}
        for code in codes
    ]


@cache
def _words(codes: str) -> dict[str, tuple[str, str]]:
    return {code.code: (code.zh, code.en) for code in code_lists().get(codes, ())}


def in_words(codes: str | None, value: Any) -> tuple[str, str]:
    """A value as text in Chinese and English: codes by their names, yes and no, the rest as it is."""
    if value is None:
        return "—", "—"
    if isinstance(value, bool):
        return ("是", "Yes") if value else ("否", "No")
    if isinstance(value, list):
        return "、".join(map(str, value)), ", ".join(map(str, value))
    return _words(codes).get(str(value), (str(value), str(value))) if codes else (str(value), str(value))


def field_facts(column: Column, value: Any, masked: bool) -> Row:
    """One line of a card: label, value, words and unit."""
    zh, en = in_words(column.codes, value)
    return {
        "name": column.name,
        "zh": column.zh,
        "en": column.en,
        "value": value,
        "text_zh": zh,
        "text_en": en,
        "unit": column.unit,
        "masked": masked,
    }
