"""The next thing that happens to a case, from the state that it is in now: so the simulation goes on whoever else has taken steps on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from incidents.core.lifecycle import ENDED
from incidents.core.tables import Tables
from incidents.simulate import words
from incidents.simulate.plan import Plan

PEOPLE_TELL = ("hotline", "public")


@dataclass(slots=True)
class Live:
    """A case under way, as far as its course needs it. `at`: when its last step was taken; `base`, `used`: its clock of handling."""

    key: str
    incident: str
    type: str
    source: str
    village: str
    path: str
    reported: datetime
    plan: Plan
    state: str
    at: datetime
    base: datetime
    used: float = 0.0
    returns: int = 0
    reworks: int = 0
    extensions: int = 0
    suspended: bool = False
    passed: bool = False
    unit: str = ""
    responder: str = ""
    lon: float = 0.0
    lat: float = 0.0
    aside: set[str] = field(default_factory=set)  # steps beside the course that were taken already


@dataclass(frozen=True, slots=True)
class Move:
    """A step to be taken at an instant. `beside`: it moves nothing, and is dropped when it is not possible."""

    at: datetime
    duty: str
    step: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    beside: bool = False


def next_move(case: Live, tables: Tables, staff: tuple[str, ...]) -> Move | None:
    """The next step of a case, the earliest of its course and of what comes beside it; None when nothing more happens."""
    moves = [move for move in (_onward(case, tables, staff), *_beside(case, tables)) if move is not None]
    return min(moves, key=lambda move: move.at) if moves else None


def taken(case: Live, move: Move, state: str, at: datetime, tables: Tables) -> None:
    """Note that a step has been taken."""
    if move.beside:
        case.aside.add(move.step)
        return
    if move.step == "dispatch":
        case.responder = str(move.fields.get("responder") or "")
    if move.step in ("dispatch", "resume"):
        case.base = at
        case.used = case.used if move.step == "resume" else 0.0
    elif move.step == "suspend":
        case.used += _spent(case, at, tables)
        case.suspended = True
    elif move.step == "rework":
        case.reworks, case.base, case.used = case.reworks + 1, at, 0.0
    elif move.step == "return":
        case.returns += 1
    elif move.step == "pass":
        case.passed = True
    case.state, case.at = state, at


def _spent(case: Live, at: datetime, tables: Tables) -> float:
    _, unit = tables.limit("handle", case.type)
    return tables.calendar.spent(case.base, at, unit)


# ── the course ──


def _onward(case: Live, tables: Tables, staff: tuple[str, ...]) -> Move | None:
    step = _STATES.get(case.state)
    return step(case, tables, staff) if step else None


def _minutes(case: Live, minutes: float) -> datetime:
    return case.at + timedelta(minutes=minutes)


def _reported(case: Live, _tables: Tables, _staff: tuple[str, ...]) -> Move:
    plan, at = case.plan, _minutes(case, case.plan.accept_min)
    if case.source == "camera":
        return Move(at, "acceptor", "false_alarm" if plan.false else "confirm")
    if case.source in PEOPLE_TELL and plan.to_verify:
        return Move(at, "acceptor", "verify")
    if case.source in PEOPLE_TELL and plan.rejected:
        return Move(at, "acceptor", "reject", {"note": "不属于本镇职责范围"})
    if case.source == "patrol" and plan.on_the_spot:
        return Move(at, "grid_member", "self_close", {"photos": ("before", "after")})
    return Move(at, "acceptor", "accept")


def _verifying(case: Live, tables: Tables, _staff: tuple[str, ...]) -> Move:
    limit, unit = tables.limit("verify", case.type)
    at = tables.calendar.after(case.at, min(case.plan.verify, 20.0) * limit, unit)
    if case.plan.rejected:
        return Move(at, "grid_member", "not_exist", {"note": "现场核实未发现"})
    return Move(at, "grid_member", "exist")


def _accepted(case: Live, _tables: Tables, _staff: tuple[str, ...]) -> Move:
    return Move(_minutes(case, case.plan.file_min), "shift_leader", "file")


def _filed(case: Live, _tables: Tables, staff: tuple[str, ...]) -> Move:
    at = _minutes(case, case.plan.dispatch_min)
    if case.plan.void:
        return Move(at, "shift_leader", "void", {"note": "重复立案"})
    responder = staff[int(case.plan.pick * len(staff))] if staff else ""
    return Move(at, "dispatcher", "dispatch", {"responder": responder} if responder else {})


def _returned(case: Live, tables: Tables, _staff: tuple[str, ...]) -> Move:
    others = [code for code in tables.units if code != case.unit]
    unit = {"unit": others[int(case.plan.pick * len(others))]} if others else {}
    return Move(_minutes(case, 3 * case.plan.dispatch_min), "dispatcher", "dispatch", unit)


def _dispatched(case: Live, tables: Tables, _staff: tuple[str, ...]) -> Move:
    if case.plan.returned and not case.returns:
        return Move(_minutes(case, 30 + 60 * case.plan.pick), "dispatcher", "return", {"note": "不属于本单位职责"})
    at = min(_minutes(case, 10 + 50 * case.plan.pick), _handled_at(case, tables))
    return Move(max(at, case.at), "unit", "start")


def _handling(case: Live, tables: Tables, _staff: tuple[str, ...]) -> Move:
    done = _handled_at(case, tables)
    if case.plan.suspended and not case.suspended:
        return Move(max(case.at, case.at + (done - case.at) / 2), "dispatcher", "suspend", {"note": "需协调产权单位"})
    return Move(max(done, case.at), "unit", "handled", {"note": words.done(case.plan.pick)})


def _suspended(case: Live, _tables: Tables, _staff: tuple[str, ...]) -> Move:
    return Move(case.at + timedelta(days=4 + 16 * case.plan.pick), "dispatcher", "resume")


def _handled(case: Live, _tables: Tables, _staff: tuple[str, ...]) -> Move:
    return Move(_minutes(case, case.plan.check_min), "dispatcher", "check")


def _checking(case: Live, tables: Tables, _staff: tuple[str, ...]) -> Move:
    if case.passed:
        return Move(_minutes(case, case.plan.file_min), "shift_leader", "close")
    limit, unit = tables.limit("check", case.type)
    at = tables.calendar.after(case.at, min(case.plan.check, 20.0) * limit, unit)
    if case.plan.rework and not case.reworks:
        return Move(at, "grid_member", "rework", {"note": "现场未整改到位"})
    return Move(at, "grid_member", "pass")


def _closed(case: Live, tables: Tables, _staff: tuple[str, ...]) -> Move | None:
    if case.source not in PEOPLE_TELL or "revisit" in case.aside:
        return None
    at = tables.calendar.after(case.at, 0.2 + 1.3 * case.plan.pick, "work_day")
    return Move(at, "acceptor", "revisit", {"satisfied": int(case.plan.satisfied), "solved": int(case.plan.solved)}, beside=True)


_STATES = {
    "reported": _reported, "verifying": _verifying, "accepted": _accepted, "filed": _filed, "returned": _returned,
    "dispatched": _dispatched, "handling": _handling, "suspended": _suspended, "handled": _handled, "checking": _checking,
    "closed": _closed,
}  # fmt: skip


def _handled_at(case: Live, tables: Tables) -> datetime:
    """When the unit is done: after its share of the limit; a case that is stuck long after; a rework takes a quarter as long again."""
    limit, unit = tables.limit("handle", case.type)
    share = 0.25 * min(case.plan.share, 1.0) if case.reworks else case.plan.share
    calendar = tables.calendar
    if case.plan.stuck_days and not case.reworks:
        days = case.plan.stuck_days / (3 if unit.endswith("hour") else 1)  # what is due within hours is not left for a month and a half
        return calendar.after(case.base, limit, unit) + timedelta(days=days)
    return calendar.after(case.base, max(min(share, 40.0) * limit - case.used, 0.0), unit)


# ── beside the course ──


def _beside(case: Live, tables: Tables) -> Iterator[Move]:
    """Calls, supervision and urging; only while the case is open."""
    if case.state in ENDED:
        return
    plan = case.plan
    if case.source == "hotline" and "contact" not in case.aside:
        at = tables.calendar.after(case.reported, 1.0 + plan.pick, "work_day") if not plan.contacted else case.reported
        yield Move(max(at + timedelta(minutes=0.8 * plan.accept_min), case.at), "acceptor", "contact", beside=True)
    if case.state not in ("dispatched", "handling"):
        return
    later = case.at + timedelta(hours=1 + 4 * plan.pick)
    if plan.supervised and "supervise" not in case.aside:
        yield Move(later, "leader", "supervise", {"level": 1, "note": "请抓紧办理"}, beside=True)
    if plan.urged and "urge" not in case.aside:
        yield Move(later, "dispatcher", "urge", beside=True)
    if plan.extended and "extend" not in case.aside and case.state == "handling":
        limit, unit = tables.limit("handle", case.type)
        before = tables.calendar.after(case.base, max(0.7 * limit - case.used, 0.0), unit)  # once overdue it would be refused
        yield Move(
            max(min(later, before), case.at), "dispatcher", "extend", {"value": round(0.5 * limit, 2), "note": "同意延期"}, beside=True
        )
