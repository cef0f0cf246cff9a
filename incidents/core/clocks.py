"""Clocks: how much of its limit a stage has used, when the light changes, pauses and extensions. Pure: values in, values out.

A clock runs from `since`, or stands: paused (a suspended case spends nothing) or stopped. What it had used before `since` is in `used`, in
the unit of its limit. Green below 80 % of the limit, yellow from there to 100 %, red from the instant at which the limit is used up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from data.calendar import Calendar, Unit
from data.errors import NetworkError

Light = Literal["green", "yellow", "red"]
YELLOW = 0.8  # share of the limit from which the light is yellow (domain section 3.1)
_EXACT = 1e-9  # units: what adding up floats may leave over


@dataclass(frozen=True, slots=True)
class Running:
    """The clock of one stage. `since` is None while it stands; `paused` tells a suspension from an end."""

    stage: str
    since: datetime | None
    used: float
    limit: float
    unit: Unit
    paused: bool = False


def start(stage: str, limit: float, unit: Unit, at: datetime, used: float = 0.0) -> Running:
    """A clock that runs from `at`; `used` is what an earlier stretch of the same stage has spent (rework goes on where handling was)."""
    if limit <= 0:
        raise _refused(
            "A limit must be over 0.", f"Give {stage!r} a limit over 0.", "时限必须大于 0。", f"请为环节 {stage!r} 填写大于 0 的时限。"
        )
    return Running(stage, at, used, limit, unit)


def pause(clock: Running, at: datetime, calendar: Calendar) -> Running:
    """Suspended: nothing is spent until it is resumed. Raises NetworkError unless it runs."""
    return replace(_stood(clock, at, calendar), paused=True)


def resume(clock: Running, at: datetime) -> Running:
    """Goes on after a pause. Raises NetworkError unless it is paused."""
    if not clock.paused:
        raise _refused("The clock is not paused.", "Resume only what is suspended.", "计时未暂停。", "只有挂账的案件可以恢复计时。")
    return replace(clock, since=at, paused=False)


def extend(clock: Running, more: float) -> Running:
    """`more` units are granted on top of the limit, while it runs or is paused. NetworkError for a stopped clock, and for 0 or less."""
    if clock.since is None and not clock.paused:
        raise _refused("The clock has stopped.", "Extend a stage before it ends.", "计时已结束。", "请在环节结束之前申请延期。")
    if more <= 0:
        raise _refused(
            f"An extension of {more:g} is none.", "Give an extension over 0.", f"延期 {more:g} 无效。", "请填写大于 0 的延期时长。"
        )
    return replace(clock, limit=clock.limit + more)


def stop(clock: Running, at: datetime, calendar: Calendar) -> Running:
    """The stage is over; a paused clock stops with what it had used. Raises NetworkError where it has stopped before."""
    return replace(clock, paused=False) if clock.paused else _stood(clock, at, calendar)


def used(clock: Running, now: datetime, calendar: Calendar) -> float:
    """Units spent until `now`."""
    return clock.used + (calendar.spent(clock.since, now, clock.unit) if clock.since else 0.0)


def share(clock: Running, now: datetime, calendar: Calendar) -> float:
    """Part of the limit that is spent at `now`; over 1 when it is overdue."""
    return used(clock, now, calendar) / clock.limit


def light(clock: Running, now: datetime, calendar: Calendar) -> Light:
    """The light at `now`; of a clock that stands, that at which it stood."""
    spent = used(clock, now, calendar)
    return "green" if spent < clock.limit * YELLOW - _EXACT else "yellow" if spent < clock.limit - _EXACT else "red"


def yellow_at(clock: Running, calendar: Calendar) -> datetime | None:
    """The instant at which the light turns yellow; the beginning of the stretch where it was yellow before, None while nothing runs."""
    return _reached(clock, clock.limit * YELLOW, calendar)


def due_at(clock: Running, calendar: Calendar) -> datetime | None:
    """The instant at which the limit is used up and the light turns red; None while nothing runs."""
    return _reached(clock, clock.limit, calendar)


def _reached(clock: Running, amount: float, calendar: Calendar) -> datetime | None:
    return calendar.after(clock.since, amount - clock.used, clock.unit) if clock.since else None


def _stood(clock: Running, at: datetime, calendar: Calendar) -> Running:
    if clock.since is None:
        raise _refused(
            "The clock does not run.",
            "Only a running stage can be paused or ended.",
            "计时未在运行。",
            "只有正在计时的环节可以暂停或结束。",
        )
    return replace(clock, since=None, used=used(clock, at, calendar))


def _refused(message: str, remedy: str, zh: str, zh_remedy: str) -> NetworkError:
    return NetworkError(message, remedy=remedy, zh=zh, zh_remedy=zh_remedy)
