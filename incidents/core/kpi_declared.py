"""Every KPI of incidents (domain section 7): name, formula, and the conditions on `incident` that are its numerator and its denominator.

A figure and the list behind it come from the same condition. Rates are of cases as they are known now. "Due" means that the limit of handling
has passed within the period, so that a morning is not judged by what may still be done in the afternoon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from incidents.core import schema
from incidents.core.lifecycle import OPEN
from incidents.core.period import Period
from incidents.core.tables import Tables

Kind = Literal["count", "rate", "mean", "median", "per_10000"]
METRES = 111_320.0  # of a degree of latitude
DAY_MS = 86_400_000
TOLD_BY_PEOPLE = ("public", "hotline", "media", "petition")  # sources: what a patrol should have found first
NO_CASE = ("void", "merged", "rejected", "false_alarm")
WITHOUT_LIMIT = (*NO_CASE, "suspended", "returned")  # whose limit is not running out
t = schema.incident.c


@dataclass(frozen=True, slots=True)
class Asked:
    """For which time and part of the town a figure is asked. `area` is a code, `people` the population there; `now` in milliseconds."""

    period: Period
    tables: Tables
    now: int
    area: str = ""
    type: str = ""
    unit: str = ""
    source: str = ""
    camera: str = ""
    people: int | None = None
    areas: tuple[str, ...] = ()  # codes that whoever asks is limited to; none: the whole town
    plain: frozenset[str] | None = None  # the types that may be looked for by camera; None: all


Condition = Callable[[Asked], Any]


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure. A count has no denominator; mean and median are of the working hours of the cases of the numerator."""

    name: str
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    numerator: Condition
    denominator: Condition | None = None
    kind: Kind = "rate"
    better: Literal["up", "down", ""] = "up"
    owner: Any = t.unit  # the unit that answers for a case

    @property
    def unit(self) -> str:
        """Of the value: % for rates (the value is a share of 1), h for times, else a number."""
        return {"rate": "%", "mean": "h", "median": "h"}.get(self.kind, "")


def _in(column: str) -> Condition:
    return lambda a: sa.and_(t[column] >= a.period.start, t[column] < a.period.end)


def _all(*conditions: Condition) -> Condition:
    return lambda a: sa.and_(*(condition(a) for condition in conditions))


def _is(column: str, *values: Any) -> Condition:
    return lambda a: t[column].in_(values)


def _not(column: str, *values: Any) -> Condition:
    return lambda a: t[column].not_in(values)


def _some(column: str) -> Condition:
    return lambda a: t[column] > 0


def _there(column: str) -> Condition:
    return lambda a: t[column].is_not(None)


def _missing(column: str) -> Condition:
    return lambda a: t[column].is_(None)


def _any(*conditions: Condition) -> Condition:
    return lambda a: sa.or_(*(condition(a) for condition in conditions))


def _fallen(a: Asked) -> Any:
    """The limit of handling has passed within the period, and by now."""
    return sa.and_(t.handle_due_at >= a.period.start, t.handle_due_at < min(a.period.end, a.now + 1))


def _auto(a: Asked) -> Any:
    return t.source.in_([source.code for source in a.tables.sources.values() if source.auto])


def _repeated(a: Asked) -> Any:
    """The same type was filed within repeat_m metres in the repeat_days days before."""
    return _near(
        a, lambda o: (o.reported_at >= t.reported_at - int(a.tables.figures["repeat_days"] * DAY_MS), o.reported_at < t.reported_at)
    )


def _again(a: Asked) -> Any:
    """Opened again after an appeal, or the same type filed again at the spot within reopen_days of closing."""
    days = int(a.tables.figures["reopen_days"] * DAY_MS)
    return sa.or_(t.reopened > 0, _near(a, lambda o: (o.reported_at > t.closed_at, o.reported_at <= t.closed_at + days)))


def _near(a: Asked, when: Callable[[Any], tuple[Any, ...]]) -> Any:
    """Another filed incident of the same type lies within repeat_m metres, at the time that `when` says."""
    other = schema.incident.alias("other").c
    far = a.tables.figures["repeat_m"]
    north, east = (other.lat - t.lat) * METRES, (other.lon - t.lon) * METRES * _cosine(t.lat)
    return sa.exists(
        sa.select(sa.literal(1)).where(
            other.type == t.type, *when(other), other.filed_at.is_not(None),
            other.lat.between(t.lat - far / METRES, t.lat + far / METRES), north * north + east * east <= far * far,
        )
    )  # fmt: skip


def _bunched(a: Asked) -> Any:
    """Handled within the last bunch_share of the limit."""
    return sa.and_(t.handle_used > t.handle_limit * (1 - a.tables.figures["bunch_share"]), t.handle_used <= t.handle_limit + 1e-9)


def _cosine(degrees: Any) -> Any:
    """Not every SQLite has one. Exact to 3 in 100 000 up to 57°."""
    squared = degrees * degrees * (math.pi / 180) ** 2
    return 1 - squared / 2 + squared * squared / 24 - squared * squared * squared / 720


_case = _not("state", *NO_CASE)
_filed = _in("filed_at")
_due = _all(_fallen, _not("state", *WITHOUT_LIMIT))
_handled = _there("on_time")  # empty again from a rework on
_late = _any(_is("on_time", 0), _missing("on_time"))
_dispatched = _in("dispatched_at")
_closed = _all(_in("closed_at"), _is("state", "closed"))
_judged = _not("state", "reported", "verifying")
_hotline = _all(_in("reported_at"), _is("source", "hotline"), _case)
_worked = _all(_in("handled_at"), _handled, _there("dispatched_at"))

KPIS: Mapping[str, Kpi] = {
    kpi.name: kpi
    for kpi in (
        Kpi("reported", "上报数", "Reported", "时段内上报的事件数", "Incidents reported in the period", _in("reported_at"), kind="count", better=""),
        Kpi("filed", "立案数", "Filed", "时段内立案的事件数", "Incidents filed in the period", _filed, kind="count", better=""),
        Kpi("open", "在办数", "Open", "当前未结束的事件数", "Incidents that have not ended now", _is("state", *OPEN), kind="count", better="down"),
        Kpi("overdue_now", "当前超期数", "Overdue now", "当前计时已超过时限的事件数", "Open incidents whose running limit is used up now",
            _all(_is("state", *OPEN), lambda a: t.due_at <= a.now), kind="count", better="down"),
        Kpi("closed", "结案数", "Closed", "时段内结案及自处置结案数", "Closed in the period, those closed on the spot included",
            _all(_in("closed_at"), _is("state", "closed", "self_closed")), kind="count"),
        Kpi("should_close", "应结案数", "Should close", "处置时限在时段内届满的案件（较严口径，各比率均用此口径）",
            "Cases whose limit of handling passed in the period (the stricter definition; the rates use it)", _due, kind="count", better=""),
        Kpi("should_close_vendor", "应结案数（口径二）", "Should close (other definition)", "时段内已处置数 + 超期未处置数",
            "Handled in the period + overdue and not handled",
            _any(_all(_in("handled_at"), _handled, _case),
                 _all(_missing("on_time"), _not("state", *WITHOUT_LIMIT), lambda a: t.handle_due_at < min(a.period.end, a.now + 1))),
            kind="count", better=""),
        Kpi("handling", "处置率", "Handling rate", "已处置 ÷ 应处置（时限在时段内届满）", "Handled ÷ due in the period", _handled, _due),
        Kpi("handling_on_time", "按期处置率", "Handled on time", "按期处置 ÷ 应处置", "Handled within the limit ÷ due in the period", _is("on_time", 1), _due),
        Kpi("close", "结案率", "Closing rate", "结案数 ÷ 应结案数", "Closed ÷ should close", _is("state", "closed"), _due),
        Kpi("close_on_time", "按期结案率", "Closed on time", "按期处置并结案 ÷ 应结案数", "Handled on time and closed ÷ should close",
            _all(_is("state", "closed"), _is("on_time", 1)), _due),
        Kpi("first_pass", "一次完成率", "First pass", "1 − 返工结案 ÷ 结案", "1 − closed after rework ÷ closed", _is("reworks", 0), _closed),
        Kpi("rework", "返工率", "Rework rate", "返工案件 ÷ 应结案数", "Sent back by a check ÷ should close", _some("reworks"), _due, better="down"),
        Kpi("overdue", "超期率", "Overdue rate", "超期案件 ÷ 应结案数", "Handled late or not yet ÷ should close", _late, _due, better="down"),
        Kpi("return", "回退率", "Return rate", "被回退案件 ÷ 派遣数（按回退单位计）", "Given back by a unit ÷ dispatched (counted for the unit that gave it back)",
            _some("returns"), _dispatched, better="down", owner=sa.func.coalesce(t.returned_by, t.unit)),
        Kpi("accurate_dispatch", "准确派遣率", "Accurate dispatch", "（派遣数 − 回退或改派）÷ 派遣数",
            "(dispatched − returned or dispatched anew) ÷ dispatched", _all(_is("returns", 0), _is("redispatched", 0)), _dispatched),
        Kpi("accurate_filing", "立案准确率", "Filing accuracy", "（立案数 − 作废）÷ 立案数", "(filed − void) ÷ filed", _not("state", "void"), _filed),
        Kpi("valid_report", "有效上报率", "Valid reports", "有效上报 ÷ 已甄别的上报（不予受理、误报、作废为无效）",
            "Valid ÷ judged reports (rejected, false alarm and void are not valid)", _not("state", "rejected", "false_alarm", "void"),
            _all(_in("reported_at"), _judged)),
        Kpi("miss", "漏报率", "Miss rate", "公众上报并立案（公众、热线、媒体、信访）÷ 立案数", "Filed after people told (public, hotline, media, petition) ÷ filed",
            _is("source", *TOLD_BY_PEOPLE), _filed, better="down"),
        Kpi("verify_on_time", "按时核实率", "Verified on time", "按时核实 ÷ 已核实", "Verified within the limit ÷ verified",
            _is("verify_on_time", 1), _all(_in("reported_at"), _there("verify_on_time"))),
        Kpi("check_on_time", "按时核查率", "Checked on time", "按时核查 ÷ 已核查", "Checked within the limit ÷ checked",
            _is("check_on_time", 1), _all(_in("handled_at"), _there("check_on_time"))),
        Kpi("auto_discovery", "主动发现率", "Found by ourselves", "（巡查 + 智能识别 + 物联）立案 ÷ 立案数", "Filed from patrol, cameras and sensors ÷ filed", _auto, _filed),
        Kpi("ai_accuracy", "AI 准确率", "Recognition accuracy", "确认的识别 ÷ 已甄别的识别", "Confirmed ÷ judged recognitions",
            _is("ai", "confirmed"), _all(_in("reported_at"), _is("ai", "confirmed", "false"))),
        Kpi("loop", "闭环率", "Loop closed", "已结案（含自处置）÷ 有效事件", "Closed (on the spot included) ÷ valid incidents",
            _is("state", "closed", "self_closed"), _all(_in("reported_at"), _case)),
        Kpi("mean_hours", "平均处置时长", "Mean handling time", "（处置 − 派遣）工作时间的平均值", "Mean of working time from dispatch to handled",
            _worked, kind="mean", better="down"),
        Kpi("median_hours", "处置时长中位数", "Median handling time", "（处置 − 派遣）工作时间的中位数",
            "Median of working time from dispatch to handled", _worked, kind="median", better="down"),
        Kpi("repeat", "重复案件率", "Repeat share", "同类型、近距离、限期内重复立案 ÷ 立案数（距离与天数见考核参数）",
            "Same type, near and recent ÷ filed (distance and days: table of figures)", _repeated, _filed, better="down"),
        Kpi("supervised", "督办数", "Supervised", "时段内上报且被督办的案件（含黄、红牌）", "Reported in the period and supervised, cards included",
            _all(_in("reported_at"), _some("supervised")), kind="count", better="down"),
        Kpi("yellow_card", "黄牌数", "Yellow cards", "时段内上报且被黄牌督办", "Reported in the period, yellow card",
            _all(_in("reported_at"), _is("supervised", 2)), kind="count", better="down"),
        Kpi("red_card", "红牌数", "Red cards", "时段内上报且被红牌督办", "Reported in the period, red card",
            _all(_in("reported_at"), _is("supervised", 3)), kind="count", better="down"),
        Kpi("hotline_on_time", "12345 按时办结率", "Hotline: on time", "按时办结工单 ÷ 到期工单", "On time ÷ orders due", _is("on_time", 1),
            _all(_due, _is("source", "hotline"))),
        Kpi("hotline_contact", "12345 先行联系率", "Hotline: first contact", "1 个工作日内联系 ÷ 工单", "Called within one work day ÷ orders", _is("contact_on_time", 1), _hotline),
        Kpi("hotline_solved", "12345 实际解决率", "Hotline: solved", "解决 ÷ 已评价工单", "Solved ÷ judged orders", _is("solved", 1), _all(_hotline, _there("solved"))),
        Kpi("hotline_satisfied", "12345 市民满意率", "Hotline: satisfied", "满意 ÷ 已回访工单", "Satisfied ÷ orders called back",
            _is("satisfied", 1), _all(_hotline, _there("satisfied"))),
        Kpi("satisfied", "群众满意率", "Satisfaction", "满意 ÷ 已回访", "Satisfied ÷ called back", _is("satisfied", 1), _all(_in("closed_at"), _there("satisfied"))),
        Kpi("bunched", "压线办结率", "Just before the limit", "时限末段处置 ÷ 已处置（末段占比见考核参数）", "Handled in the last part of the limit ÷ handled (part: table of figures)",
            _bunched, _all(_in("handled_at"), _handled, _there("handle_limit")), better="down"),
        Kpi("again", "再发率", "Open again", "结案后被重开或限期内同地点同类再发 ÷ 结案", "Re-opened, or the same type at the same spot soon after ÷ closed", _again, _closed, better="down"),
        Kpi("lengthened", "改类延时率", "Type changed for more time", "改类后时限变长的案件 ÷ 派遣数", "Type changed to one with a longer limit ÷ dispatched",
            _some("lengthened"), _dispatched, better="down"),
        Kpi("extended", "延期率", "Extended", "获延期的案件 ÷ 派遣数", "Limit extended ÷ dispatched", _some("extensions"), _dispatched, better="down"),
        Kpi("per_10000", "万人案件数", "Cases per 10 000 people", "立案数 × 10 000 ÷ 人口", "Filed × 10 000 ÷ population", _filed, kind="per_10000", better="down"),
    )
}  # fmt: skip
