"""Periods of figures: today, week, month, quarter, year, the assessment month, or any two days; in the town's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data.errors import NetworkError, advice, advice_zh
from incidents.core.spec import ms

NAMES = {
    "today": ("今日", "Today"), "week": ("本周", "This week"), "month": ("本月", "This month"), "quarter": ("本季度", "This quarter"),
    "year": ("本年", "This year"), "assessment": ("考核月", "Assessment month"), "custom": ("自定义", "Custom"),
}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` on and before `end`, in milliseconds; `first` and `last` are its days, both included."""

    name: str
    first: date
    last: date
    start: int
    end: int


def period(
    name: str, now: datetime, zone: ZoneInfo, assessment_day: int = 1, first: date | None = None, last: date | None = None
) -> Period:
    """The period called `name` that holds `now`; a custom one has its days given. Raises NetworkError for a name or days that cannot be.

    The assessment month begins on `assessment_day` (usually the 21st) of a month; on the last day of a month that is too short for it.
    """
    today = now.astimezone(zone).date()
    if name == "custom":
        return _between(name, *_given(first, last), zone)
    if name not in NAMES:
        raise NetworkError(
            f"There is no period {name!r}.", remedy=advice(name, NAMES), zh=f"没有名为 {name!r} 的时段。", zh_remedy=advice_zh(name, NAMES)
        ).at("period")
    begin, after = _bounds(name, today, assessment_day)
    return _between(name, begin, after - timedelta(1), zone)


def _bounds(name: str, today: date, assessment_day: int) -> tuple[date, date]:
    """First day of the period, and the day after its last."""
    month = today.replace(day=1)
    if name == "today":
        return today, today + timedelta(1)
    if name == "week":
        monday = today - timedelta(today.weekday())
        return monday, monday + timedelta(7)
    if name == "assessment":
        this = _nth(month, assessment_day)
        return (this, _nth(_later(month, 1), assessment_day)) if today >= this else (_nth(_later(month, -1), assessment_day), this)
    length = {"month": 1, "quarter": 3, "year": 12}[name]
    begin = _later(month, -((month.month - 1) % length))
    return begin, _later(begin, length)


def _later(month: date, months: int) -> date:
    """The first day of the month that lies so many months later."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _nth(month: date, day: int) -> date:
    return min(month + timedelta(day - 1), _later(month, 1) - timedelta(1))


def _given(first: date | None, last: date | None) -> tuple[date, date]:
    if first is None or last is None or last < first:
        raise NetworkError(
            f"A custom period goes from a first to a last day, not {first} to {last}.", remedy="Give first and last, in order.",
            zh=f"自定义时段须有先后两个日期，而不是 {first} 至 {last}。", zh_remedy="请依次填写起止日期。",
        ).at("first")  # fmt: skip
    return first, last


def _between(name: str, first: date, last: date, zone: ZoneInfo) -> Period:
    return Period(name, first, last, midnight(first, zone), midnight(last + timedelta(1), zone))


def moment(value: int) -> datetime:
    """The instant (UTC) of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=value)


def midnight(day: date, zone: ZoneInfo) -> int:
    """The beginning of a day of the town in milliseconds."""
    return ms(datetime.combine(day, time(), tzinfo=zone))
