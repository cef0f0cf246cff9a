"""The working table and the holidays of a town, and how much time they leave between two instants.

Four units: an urgent hour is an hour; a work hour an hour of working time; a work day the whole working time of one working day, whatever
its length; a natural day one local calendar day, whatever its length. A local time is the first instant at which the clock has reached it:
one that the clock jumps over is the jump, one that it shows twice is the first, so that spans that meet on paper always meet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from data.errors import NetworkError

Unit = Literal["urgent_hour", "work_hour", "work_day", "natural_day"]
UNITS: tuple[Unit, ...] = get_args(Unit)
Span = tuple[time, time]  # local; an end at or before its start is that of the next day: 22:00–06:00, 00:00–00:00
WHOLE_DAY: tuple[Span, ...] = ((time(0), time(0)),)
YEARS_AHEAD = 100  # a limit that is not spent by then is a mistake
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600_000_000  # microseconds
_EXACT = 1e-9  # units: below this a remainder is the rounding of floats, and must not move a deadline to the next working day


@dataclass(frozen=True, slots=True)
class Day:
    """A day unlike others of its weekday: a holiday, or a working day (made up, or with hours of its own).

    `notice` says who announced it; `like` is the weekday (0 Monday) whose hours a working day has where it has no `hours` of its own.
    """

    kind: Literal["holiday", "workday"]
    zh: str = ""
    en: str = ""
    notice: str = ""
    like: int | None = None
    hours: tuple[Span, ...] = ()

    @property
    def announced(self) -> bool:
        """Whether somebody in authority has announced it; else it follows from the law alone."""
        return bool(self.notice)


@dataclass(frozen=True, slots=True)
class _Block:
    """Stretches in which time is spent, of the days of one year: instants in microseconds, and units spent before each."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)  # units per microsecond
    before: list[float] = field(default_factory=list)

    @property
    def total(self) -> float:
        return self.before[-1] + (self.ends[-1] - self.starts[-1]) * self.rates[-1] if self.starts else 0.0

    def spent_by(self, instant: int) -> float:
        """Units from the beginning of the block to an instant."""
        at = bisect_right(self.starts, instant) - 1
        return 0.0 if at < 0 else self.before[at] + (min(instant, self.ends[at]) - self.starts[at]) * self.rates[at]

    def when(self, amount: float) -> float:
        """The earliest instant at which `amount` (over 0, not over the total) has been spent."""
        at = max(bisect_right(self.before, amount) - 1, 0)
        if at and amount - self.before[at] <= _EXACT:  # earliest: the end of the stretch before, not the start of this one
            return self.ends[at - 1]
        return min(self.starts[at] + (amount - self.before[at]) / self.rates[at], self.ends[at])


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a town works. `hours` are the spans of the seven weekdays, Monday first; `days` the exceptions."""

    zone: ZoneInfo
    hours: tuple[tuple[Span, ...], ...]
    days: Mapping[date, Day] = field(default_factory=dict)
    _blocks: dict[tuple[Unit, int], _Block] = field(default_factory=dict, compare=False, repr=False)

    def spans(self, day: date) -> tuple[Span, ...]:
        """Working time that begins on `day`; empty on a day off."""
        special = self.days.get(day)
        if special is None:
            return self.hours[day.weekday()]
        if special.kind == "holiday":
            return ()
        return special.hours or (self.hours[special.like] if special.like is not None else self._usual())

    def spent(self, start: datetime, end: datetime, unit: Unit) -> float:
        """Units of `unit` between two aware instants; 0 where `end` is not after `start`."""
        first, last = _instant(start), _instant(end)
        if last <= first:
            return 0.0
        if unit == "urgent_hour":
            return (last - first) / _HOUR
        years = range(self._since(start), end.astimezone(self.zone).year + 1)
        return sum(block.spent_by(last) - block.spent_by(first) for block in (self._block(unit, year) for year in years))

    def after(self, start: datetime, value: float, unit: Unit) -> datetime:
        """The earliest instant (UTC, whole milliseconds) at which `value` units have been spent since `start`.

        Raises NetworkError where the calendar never gets there, or not within 100 years.
        """
        first = _instant(start)
        if value <= _EXACT:
            return _moment(first)
        return _moment(first + value * _HOUR if unit == "urgent_hour" else self._reached(start, first, value, unit))

    def _since(self, start: datetime) -> int:
        """The first year whose days an instant can lie in: a night of New Year's Eve belongs to the old year."""
        local = start.astimezone(self.zone)
        return local.year - (local.month == 1 and local.day <= 2)

    def _reached(self, start: datetime, first: int, value: float, unit: Unit) -> float:
        left, year = value, self._since(start)
        for block in (self._block(unit, y) for y in range(year, min(year + YEARS_AHEAD + 1, 9999))):
            gone = block.spent_by(first)
            if left <= block.total - gone + _EXACT:
                return block.when(min(gone + left, block.total))
            left -= block.total - gone
        raise self._never(value, unit)

    def _never(self, value: float, unit: Unit) -> NetworkError:
        if self._usual() or unit == "natural_day":
            return NetworkError(
                f"A limit of {value:g} {unit} is not over within {YEARS_AHEAD} years.", remedy="Set a shorter limit.",
                zh=f"时限 {value:g} {unit} 在 {YEARS_AHEAD} 年内无法到期。", zh_remedy="请缩短时限。",
            )  # fmt: skip
        return NetworkError(
            "The working table has no working time, so a limit in work hours or work days never ends.",
            remedy="Give at least one weekday hours in the table 'hours'.",
            zh="工作时间表中没有任何工作时间，以工作时或工作日计的时限永远不会到期。",
            zh_remedy="请在“hours”表中至少为一个星期几填写工作时间。",
        )  # fmt: skip

    def _usual(self) -> tuple[Span, ...]:
        return next((spans for spans in self.hours if spans), ())

    def _block(self, unit: Unit, year: int) -> _Block:
        if (unit, year) not in self._blocks:
            self._blocks[unit, year] = self._built(unit, year)
        return self._blocks[unit, year]

    def _built(self, unit: Unit, year: int) -> _Block:
        block, past, worked = (
            _Block(),
            0,
            0,
        )  # days and microseconds so far: whole numbers, so that a day is one day and not a sum of thirds
        for day in _days(year):
            stretches = list(self._stretches(day, natural=unit == "natural_day"))
            length, gone = sum(end - start for start, end in stretches), 0
            for start, end in stretches:
                block.starts.append(start)
                block.ends.append(end)
                block.rates.append(1 / (_HOUR if unit == "work_hour" else length))
                block.before.append((worked + gone) / _HOUR if unit == "work_hour" else past + gone / length)
                gone += end - start
            past, worked = past + bool(length), worked + length
        return block

    def _stretches(self, day: date, natural: bool) -> Iterator[tuple[int, int]]:
        """The spans of a day as instants; what the day before still works in counts there, once."""
        done = 0 if natural else self._end(day - timedelta(1))
        for span in WHOLE_DAY if natural else sorted(self.spans(day)):
            start, end = max(self._reaches(day, span[0]), done), self._span_end(day, span)
            if start < end:
                yield start, end
                done = end

    def _end(self, day: date) -> int:
        return max((self._span_end(day, span) for span in self.spans(day)), default=0)

    def _span_end(self, day: date, span: Span) -> int:
        return self._reaches(day + timedelta(span[1] <= span[0]), span[1])

    def _reaches(self, day: date, at: time) -> int:
        return _reaches(self.zone, datetime.combine(day, at))


def _days(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(n) for n in range((date(year + 1, 1, 1) - first).days))


@lru_cache(maxsize=65_536)
def _reaches(zone: ZoneInfo, local: datetime) -> int:
    """Microseconds since 1970 of the first instant at which the clock of `zone` has reached `local`."""
    instant = _instant(local.replace(tzinfo=zone))
    if _shown(zone, instant) == local:
        return instant
    early = _instant(local.replace(tzinfo=zone, fold=1))  # the clock jumps over it, somewhere in (early, instant]
    while instant - early > 1:
        middle = (early + instant) // 2
        early, instant = (early, middle) if _shown(zone, middle) >= local else (middle, instant)
    return instant


def _shown(zone: ZoneInfo, instant: int) -> datetime:
    return (_EPOCH + instant * _MICROSECOND).astimezone(zone).replace(tzinfo=None, fold=0)


def _instant(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(instant: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=-(-round(instant) // 1000))
