"""The row of key figures: how good the data are, against their targets and against the delivery before. Domain section 7."""

from __future__ import annotations

from math import ceil, floor
from typing import Literal

from data.policy import Suppressed
from layers.core.query_steward import LESS_IS_GOOD, Quality
from screen import html
from screen.components import key_figure, keys, link
from screen.figures import Change, Figure, area, change, figure, plain, said
from screen.html import Element, Node
from screen.steward.desk import Desk, Summary
from screen.steward.view import to

WARN = 2  # level of a figure that misses its target: told by shape and colour
LEADS = {"person_house": "contradictions", "house_person": "contradictions", "address": "files", "verified": "files", "refused": "refused"}


def figures(desk: Desk) -> Element:
    """All figures that this town has something to count for, each a link to the part that explains it."""
    before = desk.before()
    shown = [_share(desk, one, before) for one in desk.now.shares.values() if one.total != 0]
    made = [*shown, _states(desk), _contradictions(desk, before), _coverage(desk, before)]
    return html.Section([html.H2(desk.words("steward.figures"), className="visually-hidden"), keys(made)], className="desk-figures panel")


def percent(one: Quality) -> float | None:
    """The share in percent to one decimal, rounded to the worse side: 97.96 does not read as 98."""
    if one.share is None:
        return None
    tenths = round(one.share * 1000, 6)
    return (ceil(tenths) if one.name in LESS_IS_GOOD else floor(tenths)) / 10


def _share(desk: Desk, one: Quality, before: Summary | None) -> Node:
    words, value = desk.words, percent(one)
    digits = words("none") if value is None else f"≥ {plain(value)}" if one.bounded else plain(value)
    note = [html.Span(_target(desk, one), className="desk-target"), html.Span(_bad(desk, one))]
    level = WARN if one.met is False else None
    return key_figure(_label(desk, one.name), Figure(digits, "%"), note, level=level, change=_since(desk, one, before))


def _label(desk: Desk, name: str) -> Node:
    href = to(LEADS[name], severity="refused") if name == "refused" else to(LEADS[name])
    return link(desk.words(f"steward.figure.{name}"), href, kind="desk-figure")


def _target(desk: Desk, one: Quality) -> str:
    target = one.target
    if target is None or one.share is None:
        return ""
    words, value = desk.words, f"{plain(round(target * 100, 1))}%"
    state = "" if one.met is None else words("steward.met" if one.met else "steward.missed")
    return words("steward.target.most" if one.name in LESS_IS_GOOD else "steward.target.least", n=value, state=state)


def _bad(desk: Desk, one: Quality) -> str:
    """How many miss it; of the checks on the spot, which kind of object is the worst."""
    if one.share is None and not one.bounded:
        return desk.words(f"steward.never.{one.name}")
    if one.name == "verified" and desk.now.verified:
        worst = desk.now.verified[0]
        value = floor(round(worst["good"] / worst["total"] * 1000, 6)) / 10
        return desk.words("steward.bad.verified", table=desk.words.of(worst), n=plain(value), days=worst["days"])
    return desk.words(f"steward.bad.{one.name}", n=str(one.bad) if isinstance(one.bad, Suppressed) else plain(one.bad))


def _since(desk: Desk, one: Quality, summary: Summary | None) -> Change | None:
    before = summary.shares.get(one.name) if summary else None
    if before is None or None in (one.share, before.share) or one.bounded or before.bounded:
        return None
    good: Literal["less", "more"] = "less" if one.name in LESS_IS_GOOD else "more"
    return change(percent(one), percent(before), "%", desk.words, good=good, since=desk.words("since.delivery"))


def _states(desk: Desk) -> Node:
    """Datasets that are as young as their rhythm asks."""
    words = desk.words
    current = sum(row["state"] == "current" for row in desk.datasets)
    late = sum(row["state"] in ("late", "stale") for row in desk.datasets)
    failed = sum(row["state"] == "failed" for row in desk.datasets)
    total = len(desk.datasets)
    told = [words(f"steward.states.{name}", n=n) for name, n in (("failed", failed), ("late", late)) if n]
    note = words("steward.and").join(told) if told else words("steward.states.all")
    label = link(words("steward.figure.states"), to("files"), kind="desk-figure")
    return key_figure(label, Figure(plain(current), f"/ {plain(total)}"), note, level=None if current == total else 1 if failed else WARN)


def _contradictions(desk: Desk, summary: Summary | None) -> Node:
    words, n = desk.words, desk.now.contradictions
    before = summary.contradictions if summary else None
    since = change(n, before, "处", words, good="less", since=words("since.delivery")) if before is not None else None
    label = link(words("steward.figure.contradictions"), to("contradictions"), kind="desk-figure")
    note = words("steward.contradictions.note") if n else words("steward.contradictions.none")
    return key_figure(label, said(n, "处", words), note, level=WARN if n else None, change=since)


def _coverage(desk: Desk, summary: Summary | None) -> Node:
    words, n = desk.words, desk.now.findings
    before = summary.findings if summary else None
    since = change(n, before, "处", words, good="less", since=words("since.delivery")) if before is not None else None
    label = link(words("steward.figure.coverage"), to("coverage"), kind="desk-figure")
    note = words("steward.coverage.area", area=str(area(desk.now.findings_m2, words))) if n else words("steward.coverage.none")
    return key_figure(label, figure(n, "处", words), note, level=WARN if n else None, change=since)
