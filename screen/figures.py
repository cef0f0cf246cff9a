"""Numbers, dates and ages as people here say them: 29.6 万人, 1 240 亩, 3 天前. Pure functions of value and language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from data.policy import Suppressed
from screen.text import Words

M2_PER_MU = 2000 / 3  # GB 3100: 1 mu is 1/15 ha
WAN = 10_000

UNITS: dict[str, tuple[str, str]] = {
    "人": ("人", "people"), "户": ("户", "households"), "件": ("件", "cases"), "间": ("间", "rooms"), "栋": ("栋", "houses"),
    "处": ("处", ""), "个": ("个", ""), "层": ("层", "storeys"), "元": ("元", "yuan"), "天": ("天", "days"), "次": ("次", "times"),
    "分": ("分", "points"), "%": ("%", "%"),
    "亩": ("亩", "mu"), "ha": ("公顷", "ha"), "m²": ("m²", "m²"), "m": ("米", "m"), "km²": ("km²", "km²"), "km": ("公里", "km"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A number ready to be read: `digits` large, `unit` small behind it."""

    digits: str
    unit: str

    def __str__(self) -> str:
        return f"{self.digits} {self.unit}".strip()


def unit_name(unit: str, words: Words) -> str:
    """The unit as said in the language; an unknown unit stays as it is."""
    zh, en = UNITS.get(unit, (unit, unit))
    return en if words.language == "en" else zh


def unit_note(unit: str, words: Words) -> str:
    """What numbers without a unit of their own count, for the head above them: 单位：亩, ha. "" where they have none."""
    name = words("unit.places") if unit == "处" else unit_name(unit, words)
    return words("unit.note", unit=name) if name else ""


def figure(value: float | None, unit: str, words: Words) -> Figure:
    """A count or measure, short enough for a headline: 万 from ten thousand on; in English k from a hundred thousand, then million.

    With SI units a mu becomes hectares, and all digits are written.
    """
    if unit == "亩" and value is not None and words.units == "si":
        value, unit = round(value * M2_PER_MU / 10_000, 2), "ha"
    name = unit_name(unit, words)
    if value is None:
        return Figure(words("none"), name)
    if not words.short:
        return Figure(plain(value), name)
    if words.language == "zh-CN" and abs(value) >= WAN:
        return Figure(short(value / WAN), f"万{name}")
    if words.language == "en" and abs(value) >= 1_000_000:
        return Figure(short(value / 1_000_000), f"million {name}".strip())
    if words.language == "en" and abs(value) >= 100_000:
        return Figure(f"{short(value / 1000)}k", name)
    return Figure(plain(value), name)


def said(value: int | Suppressed | None, unit: str, words: Words) -> Figure:
    """A count that the policy may have hidden: "<3", or "*" where a small one could be worked out from it."""
    return Figure(str(value), unit_name(unit, words)) if isinstance(value, Suppressed) else figure(value, unit, words)


def exact(value: int | Suppressed) -> str:
    """All digits of a count, for legends and lists whose sums people check; hidden counts stay hidden."""
    return str(value) if isinstance(value, Suppressed) else plain(value)


def plain(value: float) -> str:
    """All digits, thousands apart; at most one decimal, and none from a hundred on."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"


def short(value: float) -> str:
    """At most three digits that matter: 29.6, 296, 2.9."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of a number since an earlier moment: `direction` 1, 0 or -1, `tone` better, worse, same or unknown."""

    digits: str
    said: str
    direction: int
    tone: Literal["better", "worse", "same", "unknown"]


def change(
    now: float | Suppressed | None,
    before: float | Suppressed | None,
    unit: str,
    words: Words,
    *,
    good: Literal["less", "more", "neither"],
    since: str,
) -> Change:
    """`now` against `before`. `good` says which way is good (fewer reds: "less"), `since` names the earlier moment ("较上期").

    Where one of both is unknown or hidden nothing is computed: a difference would tell what is hidden.
    """
    if not isinstance(now, (int, float)) or not isinstance(before, (int, float)):
        return Change(words("none"), words("change.unknown", since=since), 0, "unknown")
    direction = (now > before) - (now < before)
    if not direction:
        return Change("0", words("change.same", since=since), 0, "same")
    moved = figure(abs(now - before), unit, words)
    digits = f"{'+' if direction > 0 else '−'}{moved}"
    if good == "neither":
        return Change(digits, words("change.more" if direction > 0 else "change.less", since=since), direction, "same")
    tone: Literal["better", "worse"] = "better" if (direction > 0) == (good == "more") else "worse"
    return Change(digits, words(f"change.{tone}", since=since), direction, tone)


def area(area_m2: float, words: Words, *, land: bool = True) -> Figure:
    """An area as said here: mu, or hectares by SI and, unless chosen otherwise, in English; what is not `land`, as floors, stays in m²."""
    if area_m2 < 1000 or not land:
        return Figure(plain(round(area_m2)), unit_name("m²", words))
    if words.mu:
        return figure(round(area_m2 / M2_PER_MU, 1), "亩", words)
    return figure(round(area_m2 / 10_000, 2), "ha", words)


def day(value: date, words: Words) -> str:
    """A day: 2026年9月23日, or 23 Sep 2026."""
    if words.language == "zh-CN":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def short_day(value: date, today: date, words: Words) -> str:
    """A day without its year while that is this year's: 9月23日, or 23 Sep."""
    if value.year != today.year:
        return day(value, words)
    return f"{value.month}月{value.day}日" if words.language == "zh-CN" else f"{value.day} {_MONTHS[value.month - 1]}"


def moment(value: datetime, zone: str, words: Words) -> str:
    """An instant in the town's own zone: 11月22日 09:42, or 22 Nov 09:42."""
    local = value.astimezone(ZoneInfo(zone))
    if words.language == "zh-CN":
        return f"{local.month}月{local.day}日 {local:%H:%M}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"


def age(days: int | None, words: Words) -> str:
    """Age of a dataset in whole days."""
    if days is None:
        return words("age.unknown")
    if days == 1:
        return words("age.day")
    return words("age.today") if days <= 0 else words("age.days", days=days)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
