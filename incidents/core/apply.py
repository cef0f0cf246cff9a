"""Commands become events and new states. Pure: it reads and changes the `Books` of one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from data.errors import NetworkError, OneScreenError
from data.policy import Actor, permit
from incidents.core.books import Books, Row, instant
from incidents.core.clock_row import turn_clock
from incidents.core.effects import effect, grade
from incidents.core.lifecycle import DUTIES, ENDED, FORMER, SAME, STATES, Rule, check, rule_of
from incidents.core.place import Place
from incidents.core.schema import COUNTS, NOTHING
from incidents.core.spec import LONGEST, Command, Outcome, Report, Step, ms, wrong
from incidents.core.tables import Tables

REPORTS_BY = frozenset(DUTIES)
AHEAD = timedelta(minutes=10)  # a sender's clock may be this far ahead of ours
EXACT = 1e-9  # units: what adding up floats may leave over


def apply(books: Books, command: Command) -> Outcome:
    """One command. What it refuses leaves the books as they were."""
    try:
        if isinstance(command.what, Report):
            return _report(books, command.what, command.actor)
        return _step(books, command.what, command.actor)
    except OneScreenError as error:
        return Outcome(command.what.incident if isinstance(command.what, Step) else "", error=error)


# ── reports ──


def _report(books: Books, report: Report, actor: Actor) -> Outcome:
    permit(actor, REPORTS_BY, "report", "上报")
    key = (report.feed, report.external_id)
    if report.external_id and key in books.known:
        there = books.known[key]
        row = books.rows.get(there)
        return Outcome(there, row["seq"] if row else 0, row["state"] if row else "", known=True)
    place = books.places.place(report)
    permit(actor, REPORTS_BY, "report", "上报", place.path)
    row = _row(books, report, place, actor)
    books.attach(row, report.photos)
    told = {"source": report.source, "type": row["type"], "photos": list(report.photos), "noticed_at": report.at, **report.more}
    done = books.record(row, "report", actor, instant(row["reported_at"]) or books.now, report.feed, told)
    books.rows[row["id"]] = row
    books.fresh.add(row["id"])
    if report.external_id:
        books.known[key] = row["id"]
    return done


def _row(books: Books, report: Report, place: Place, actor: Actor) -> Row:
    kind = _type(books.tables, report)
    at = report.at if report.at is not None and actor.by == "program" else books.now
    if report.at is not None and report.at > books.now + AHEAD:
        here = books.now.astimezone(books.tables.zone).isoformat(timespec="seconds")
        raise wrong(
            "at", report.at.isoformat(), "this lies in the future.", f"The server's time is {here}.",
            "时间在未来。", f"服务器时间为 {here}。",
        )  # fmt: skip
    row = NOTHING | {
        "id": books.number(at), "feed": report.feed, "external_id": report.external_id or None,
        "source": books.tables.source(report.source).code,
        "type": kind.code, "grade": grade(kind.grade if report.grade is None else report.grade), "state": "reported",
        "lon": place.lon, "lat": place.lat, "area": place.area, "path": place.path, "address": report.address or None,
        "description": report.description[:LONGEST] or None, "reporter": report.reporter or None, "phone": report.phone or None,
        "reported_at": ms(at), "version": books.tables.version, "camera": report.camera or None, "label": report.label or None,
        "confidence": report.confidence, "ai": "pending" if report.label else None, **dict.fromkeys(COUNTS, 0),
    }  # fmt: skip
    turn_clock(books, row, "reported", at)
    return row


def _type(tables: Tables, report: Report) -> Any:
    code = report.type or (tables.label(report.vendor, report.label) if report.label else None)
    if not code:
        field, value = ("label", report.label) if report.label else ("type", report.type)
        raise wrong(
            field, value, "no type of ours belongs to it.", "Give a type, or enter the label into the table `labels`.",
            "没有对应的事件类型。", "请提供 type，或在“labels”表中登记该标签。",
        )  # fmt: skip
    return tables.type(code)


# ── steps ──


def _step(books: Books, step: Step, actor: Actor) -> Outcome:
    rule = rule_of(step.step)
    row = books.rows.get(step.incident)
    if row is None:
        raise NetworkError(
            f"There is no incident {step.incident!r}.", remedy="Check its number.",
            zh=f"没有编号为 {step.incident!r} 的事件。", zh_remedy="请核对编号。",
        ).at("incident")  # fmt: skip
    if step.if_seq is not None and step.if_seq != row["seq"]:
        raise NetworkError(
            f"{row['id']} has changed since you looked: it is {STATES[row['state']][1].lower()} now.", remedy="Look again.",
            zh=f"{row['id']} 在您查看之后已有变化，当前为“{STATES[row['state']][0]}”。", zh_remedy="请重新查看。",
        ).at("if_seq")  # fmt: skip
    check(rule, row, actor, step.fields, books.tables.zone)
    at = step.at if step.at is not None and actor.by == "program" else books.now
    draft = dict(row)
    told = dict(step.fields)
    effect(rule.step, books, draft, told, at)
    _move(books, draft, rule, at)
    books.attach(draft, tuple(told.get("photos") or ()))
    done = books.record(draft, rule.step, actor, at, "desk" if actor.by == "chooser" else actor.name or "program", told)
    books.rows[row["id"]] = draft
    return done


def _move(books: Books, row: Row, rule: Rule, at: datetime) -> None:
    """Into the state that the rule leads to."""
    if rule.to == SAME:
        return
    before = row["state"]
    target = row["former"] if rule.to == FORMER else rule.to
    if rule.to in ("suspended", "merged", "returned"):
        row["former"] = before
    _turn(books, row, target, at)


def _turn(books: Books, row: Row, state: str, at: datetime) -> None:
    """Enter a state: its clock, and the stamps."""
    turn_clock(books, row, state, at)
    row["state"] = state
    if state in _STAMPS:
        row[_STAMPS[state]] = ms(at)
    row["closed_at"] = ms(at) if state in ENDED else None
    if state == "handled":
        row["on_time"] = int(row["handle_used"] <= row["handle_limit"] + EXACT)


_STAMPS = {"accepted": "accepted_at", "filed": "filed_at", "dispatched": "dispatched_at", "handled": "handled_at"}
