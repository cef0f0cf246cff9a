"""Units that people write behind a value or in a header, and what one of them is in the unit of the contract."""

from __future__ import annotations

import unicodedata

from data.schema import Column

# Square metres in one unit. 1 亩 = 10000 / 15 m² (State Council order of 1984 on legal units, transition table).
AREA_UNITS: dict[str, float] = {
    "m2": 1.0, "m²": 1.0, "㎡": 1.0, "平方米": 1.0, "平米": 1.0, "平方": 1.0, "平": 1.0, "sqm": 1.0,
    "亩": 2000 / 3, "mu": 2000 / 3,
    "公顷": 10_000.0, "ha": 10_000.0, "hm2": 10_000.0, "hm²": 10_000.0,
    "平方公里": 1e6, "平方千米": 1e6, "km2": 1e6, "km²": 1e6,
    "sqft": 0.09290304, "ft2": 0.09290304, "ft²": 0.09290304, "平方英尺": 0.09290304,
}  # fmt: skip
LENGTH_UNITS: dict[str, float] = {"m": 1.0, "米": 1.0, "km": 1000.0, "公里": 1000.0, "千米": 1000.0, "cm": 0.01, "厘米": 0.01}
# Words that only name what is counted: "3层", "450元", "12人".
COUNT_UNITS: tuple[str, ...] = (
    "层", "楼", "间", "人", "户", "元", "天", "日", "次", "岁", "个", "栋", "幢", "套", "株", "棵", "处", "台", "只", "名", "座", "分",
    "元/月", "元/间", "元/间·月",
)  # fmt: skip
TENS: dict[str, float] = {"百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8}


def normal_unit(text: str) -> str:
    """`text` as the tables above spell it, or an empty string when it is no known unit."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip(" .:：/单位")
    return folded if unit_factor(folded) is not None else ""


def unit_factor(unit: str) -> float | None:
    """What one `unit` is in the base unit of its kind (m², m or one piece); None when it is unknown."""
    for units in (AREA_UNITS, LENGTH_UNITS):
        if unit in units:
            return units[unit]
    if unit == "%":
        return 0.01
    if unit in COUNT_UNITS:
        return 1.0
    if unit[:1] in TENS and (len(unit) == 1 or unit[1:] in COUNT_UNITS):
        return TENS[unit[0]]
    return None


def value_units(column: Column) -> dict[str, float]:
    """Units that may stand behind a value of `column`, with their factor into the unit of the contract."""
    if column.kind == "area_m2":
        return AREA_UNITS
    plain = dict.fromkeys((*COUNT_UNITS, *([column.unit] if column.unit else [])), 1.0)
    if column.unit == "m":
        return LENGTH_UNITS
    return {**plain, "%": 0.01} if column.high == 1 else plain


def header_factor(column: Column, unit: str) -> float:
    """Factor for values under a header that names `unit`; 1 when the unit says nothing about this column."""
    factor = unit_factor(unit) if unit else None
    if factor is None:
        return 1.0
    if column.kind == "area_m2":
        return AREA_UNITS.get(unit, 1.0)
    if column.unit == "m":
        return LENGTH_UNITS.get(unit, 1.0)
    scaled = unit[:1] in TENS or (unit == "%" and column.high == 1)
    return factor if scaled and column.kind in ("number", "integer") else 1.0
