"""The slow, obvious reference of calendars and clocks: look at the wall clock once a minute and count.

It shares nothing with `data.calendar` but the value that describes a calendar. Where the clock is set back, the minutes that it shows
twice are counted as the furthest that it had shown: "a time is reached when the clock first shows it", to somebody who watches.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from data.calendar import Calendar, Span

MINUTE = timedelta(minutes=1)


def spans_of(calendar: Calendar, day: date) -> tuple[Span, ...]:
    special = calendar.days.get(day)
    if special is None:
        return calendar.hours[day.weekday()]
    if special.kind == "holiday":
        return ()
    usual = [spans for spans in calendar.hours if spans]
    return special.hours or (calendar.hours[special.like] if special.like is not None else usual[0] if usual else ())


def open_day(calendar: Calendar, shown: datetime) -> date | None:
    """The working day whose time this minute is; a night that runs into the next morning belongs to the day before."""
    for day in (shown.date() - timedelta(1), shown.date()):
        for begins, ends in spans_of(calendar, day):
            first = datetime.combine(day, begins)
            last = datetime.combine(day if ends > begins else day + timedelta(1), ends)
            if first <= shown < last:
                return day
    return None


class Watch:
    """Every minute of a stretch of time: to which natural and which working day it belongs."""

    def __init__(self, calendar: Calendar, start: datetime, days: int) -> None:
        self.calendar = calendar
        self.first = start - timedelta(days=3)
        self.natural: list[date] = []
        self.working: list[date | None] = []
        furthest = datetime(1970, 1, 1)  # noqa: DTZ001 - a reading of the wall clock
        for n in range((days + 6) * 24 * 60):
            furthest = max(furthest, (self.first + n * MINUTE).astimezone(calendar.zone).replace(tzinfo=None, fold=0))
            self.natural.append(furthest.date())
            self.working.append(open_day(calendar, furthest))
        self.length = {day: self.natural.count(day) for day in set(self.natural)}
        self.worked = {day: self.working.count(day) for day in set(self.working) if day}

    def worth(self, moment: datetime, unit: str) -> float:
        """Units spent in the minute that begins at `moment`."""
        n = round((moment - self.first) / MINUTE)
        working = self.working[n]
        if unit == "urgent_hour":
            return 1 / 60
        if unit == "natural_day":
            return 1 / self.length[self.natural[n]]
        if working is None:
            return 0.0
        return 1 / 60 if unit == "work_hour" else 1 / self.worked[working]


@dataclass
class SlowClock:
    """Steps through the minutes of a case, whatever happens to it; never adds anything up but minutes."""

    watch: Watch
    unit: str
    limit: float
    spent: float = 0.0
    state: str = "runs"

    def minute(self, moment: datetime) -> None:
        if self.state == "runs":
            self.spent += self.watch.worth(moment, self.unit)

    @property
    def light(self) -> str:
        part = (self.spent + 1e-7) / self.limit
        return "green" if part < 0.8 else "yellow" if part < 1 else "red"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
