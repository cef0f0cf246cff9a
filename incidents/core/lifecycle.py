"""The life cycle of an incident, in one table: which duty may take which step from which state, where it leads and what it needs.

Stages, states and duties are those of GB/T 30428 practice (domain section 2.1): collect, file, dispatch, handle, report back, check, close.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from data.errors import NetworkError, advice, advice_zh
from data.policy import Actor, permit

STATES: Mapping[str, tuple[str, str]] = {  # name → zh, en; in the order of the course
    "reported": ("已上报", "Reported"),
    "verifying": ("核实中", "Verifying"),
    "accepted": ("已受理", "Accepted"),
    "filed": ("已立案", "Filed"),
    "returned": ("已回退", "Returned"),
    "dispatched": ("已派遣", "Dispatched"),
    "handling": ("处置中", "Handling"),
    "suspended": ("挂账", "Suspended"),
    "handled": ("已处置", "Handled"),
    "checking": ("核查中", "Checking"),
    "appealed": ("申诉中", "Appealed"),
    "closed": ("已结案", "Closed"),
    "self_closed": ("自处置结案", "Self-closed"),
    "rejected": ("不予受理", "Rejected"),
    "void": ("作废", "Void"),
    "false_alarm": ("误报", "False alarm"),
    "merged": ("已并案", "Merged"),
}
ENDED = frozenset({"closed", "self_closed", "rejected", "void", "false_alarm", "merged"})
OPEN = tuple(state for state in STATES if state not in ENDED)

# Whose clock runs in which state; suspended keeps that of before, at rest. Domain section 2.1: none while a case waits for its check.
STAGE: Mapping[str, str] = {
    "reported": "accept", "verifying": "verify", "accepted": "file", "filed": "dispatch", "returned": "dispatch",
    "dispatched": "handle", "handling": "handle", "suspended": "handle", "checking": "check",
}  # fmt: skip
STAGES: Mapping[str, tuple[str, str]] = {
    "accept": ("受理", "Accept"), "verify": ("核实", "Verify"), "file": ("立案", "File"), "dispatch": ("派遣", "Dispatch"),
    "handle": ("处置", "Handle"), "check": ("核查", "Check"),
}  # fmt: skip

DUTIES: Mapping[str, tuple[str, str]] = {
    "acceptor": ("受理员", "Acceptor"), "shift_leader": ("值班长", "Shift leader"), "dispatcher": ("派遣员", "Dispatcher"),
    "unit": ("处置单位", "Handling unit"), "grid_member": ("网格员", "Grid member"), "leader": ("领导", "Leader"),
    "public": ("公众", "Public"), "feed": ("接入设备", "Feed"), "system": ("系统", "System"),
}  # fmt: skip

_DESK = ("acceptor", "shift_leader", "dispatcher")
_STAFF = (*_DESK, "unit", "grid_member", "leader")
_UNDER_WAY = ("dispatched", "handling")
_BEFORE_CHECK = ("reported", "verifying", "accepted", "filed", "returned", *_UNDER_WAY)
_SPOT = ("reported", "accepted", "filed")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAME, FORMER = "=", "<"  # the step leaves the state as it is; it goes back to the state kept in `former`


@dataclass(frozen=True, slots=True)
class Rule:
    """One step. `to` is a state, SAME or FORMER; `needs` are fields that must come with it; `key` calls it from the desk's keyboard."""

    step: str
    zh: str
    en: str
    duties: tuple[str, ...]
    source: tuple[str, ...]
    to: str
    needs: tuple[str, ...] = ()
    key: str = ""


RULES: Mapping[str, Rule] = {
    rule.step: rule
    for rule in (
        # reported → accepted
        Rule("verify", "派员核实", "Send to verify", _DESK, ("reported",), "verifying", key="v"),
        Rule("exist", "核实属实", "Verified: it exists", ("grid_member",), ("verifying",), "accepted", key="y"),
        Rule("not_exist", "核实不属实", "Verified: it does not exist", ("grid_member",), ("verifying",), "rejected", ("note",)),
        Rule("unable", "无法核实", "Unable to verify", ("grid_member",), ("verifying",), "reported", ("note",)),
        Rule("accept", "受理", "Accept", ("acceptor", "shift_leader"), ("reported",), "accepted", key="a"),
        Rule("confirm", "确认识别", "Confirm the recognition", ("acceptor", "shift_leader"), ("reported",), "accepted", key="y"),
        Rule("false_alarm", "误报", "False alarm", ("acceptor", "shift_leader", "grid_member"), ("reported", "verifying"), "false_alarm"),
        Rule("reject", "不予受理", "Reject", ("acceptor", "shift_leader"), ("reported", "accepted"), "rejected", ("note",)),
        # accepted → dispatched
        Rule("file", "立案", "File", ("shift_leader",), ("accepted",), "filed", key="f"),
        Rule("void", "作废", "Void", ("shift_leader",), ("filed", "returned", "dispatched"), "void", ("note",)),
        Rule("dispatch", "派遣", "Dispatch", ("dispatcher", "shift_leader"), ("filed", "returned"), "dispatched", key="d"),
        Rule("redispatch", "改派", "Dispatch anew", ("dispatcher", "shift_leader"), _UNDER_WAY, "dispatched", ("unit", "note")),
        # handling
        Rule("start", "开始处置", "Start", ("unit",), ("dispatched",), "handling", key="s"),
        Rule("ask_return", "申请回退", "Ask to return", ("unit",), _UNDER_WAY, SAME, ("note",)),
        Rule("ask_extend", "申请延期", "Ask for an extension", ("unit",), _UNDER_WAY, SAME, ("value", "note")),
        Rule("ask_suspend", "申请挂账", "Ask to suspend", ("unit",), _UNDER_WAY, SAME, ("note",)),
        Rule("refuse", "不同意申请", "Refuse what was asked", ("dispatcher", "shift_leader"), _UNDER_WAY, SAME, ("note",)),
        Rule("return", "回退", "Return", ("dispatcher", "shift_leader"), _UNDER_WAY, "returned", ("note",)),
        Rule("extend", "延期", "Extend", ("dispatcher", "shift_leader"), _UNDER_WAY, SAME, ("value", "note")),
        Rule("suspend", "挂账", "Suspend", ("dispatcher", "shift_leader"), _UNDER_WAY, "suspended", ("note",)),
        Rule("resume", "恢复处置", "Resume", ("dispatcher", "shift_leader", "unit"), ("suspended",), FORMER, key="s"),
        Rule("handled", "处置完成", "Handled", ("unit",), ("handling",), "handled", ("note",), key="h"),
        # check and close
        Rule("check", "派员核查", "Send to check", _DESK, ("handled",), "checking", key="c"),
        Rule("pass", "核查通过", "Check passed", ("grid_member",), ("checking",), SAME, key="y"),
        Rule("check_unable", "无法核查", "Unable to check", ("grid_member",), ("checking",), SAME, ("note",)),
        Rule("rework", "返工", "Rework", ("grid_member", *_DESK), ("checking",), "handling", ("note",)),
        Rule("close", "结案", "Close", ("shift_leader",), ("checking",), "closed", key="z"),
        Rule("revisit", "回访", "Call back", ("acceptor",), ("closed", "self_closed"), SAME, ("satisfied", "solved")),
        Rule("appeal", "申诉", "Appeal", ("unit", "public", "grid_member", "leader", "acceptor"), ("closed",), "appealed", ("note",)),
        Rule("uphold", "维持结案", "Uphold", ("shift_leader",), ("appealed",), "closed", ("note",)),
        Rule("reopen", "重新处置", "Re-open", ("shift_leader",), ("appealed",), "handling", ("note",)),
        Rule("self_close", "自行处置", "Closed on the spot", ("grid_member", "unit"), _SPOT, "self_closed", ("photos",)),
        # beside the course
        Rule("supervise", "督办", "Supervise", ("leader", "shift_leader"), OPEN, SAME, ("level", "note"), key="u"),
        Rule("urge", "催办", "Urge", ("leader", *_DESK), OPEN, SAME),
        Rule("instruct", "领导批示", "Instruct", ("leader",), OPEN, SAME, ("note",)),
        Rule("contact", "先行联系", "Called the reporter", ("acceptor", "unit", "grid_member"), OPEN, SAME),
        Rule("retype", "改类型", "Change the type", _DESK, _BEFORE_CHECK, SAME, ("type", "note")),
        Rule("regrade", "改等级", "Change the grade", _DESK, _BEFORE_CHECK, SAME, ("grade", "note")),
        Rule("relocate", "改位置", "Change the place", (*_DESK, "grid_member"), _BEFORE_CHECK, SAME, ("lon", "lat")),
        Rule("merge", "并案", "Merge", _DESK, _BEFORE_CHECK, "merged", ("parent",), key="m"),
        Rule("unmerge", "撤销并案", "Undo the merging", _DESK, ("merged",), FORMER),
        Rule("note", "备注", "Note", _STAFF, tuple(STATES), SAME, ("note",), key="n"),
        Rule("attach", "补充照片", "Add photos", (*_STAFF, "public"), tuple(STATES), SAME, ("photos",)),
        Rule("escalate", "自动升级", "Escalate", ("system",), OPEN, SAME, ("share",)),
    )
}  # fmt: skip


def rule_of(step: str) -> Rule:
    """The rule of a step. Raises NetworkError naming the nearest steps."""
    if step not in RULES:
        raise NetworkError(
            f"There is no step {step!r}.", remedy=advice(step, RULES), zh=f"没有名为 {step!r} 的步骤。", zh_remedy=advice_zh(step, RULES)
        ).at("step")  # fmt: skip
    return RULES[step]


def check(rule: Rule, row: Mapping[str, Any], actor: Actor, fields: Mapping[str, Any], zone: tzinfo = UTC) -> None:
    """Whether `actor` may take the step now; `zone` is the town's, in which an error tells times.

    Raises PolicyError or NetworkError naming the step, the state and what would be allowed.
    """
    permit(actor, rule.duties, rule.en.lower(), rule.zh, row["path"])
    if row["state"] not in rule.source:
        raise _not_from_here(rule, row, zone)
    for need in rule.needs:
        if fields.get(need) in (None, "", [], ()):
            raise NetworkError(
                f"Step {rule.step} needs {need}.", remedy=f"Send {need} with it.",
                zh=f"步骤“{rule.zh}”需要 {need}。", zh_remedy=f"请提供 {need}。",
            ).at(need)  # fmt: skip
    _guard(rule, row)


def _not_from_here(rule: Rule, row: Mapping[str, Any], zone: tzinfo) -> NetworkError:
    zh, en = STATES[row["state"]]
    possible = [STATES[state] for state in rule.source]
    at = f"{(EPOCH + timedelta(milliseconds=row['last_at'])).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return NetworkError(
        f"Step {rule.step} is not possible: {row['id']} is {en.lower()}, by {row['last_step']} of {row['last_by']} at {at}.",
        remedy=f"It starts from: {', '.join(en.lower() for _, en in possible)}.",
        zh=f"不能“{rule.zh}”：{row['id']} 当前为“{zh}”（{row['last_by']} 于 {at} 办理）。",
        zh_remedy=f"该步骤须从以下状态开始：{'、'.join(zh for zh, _ in possible)}。",
    ).at("state")  # fmt: skip


def _guard(rule: Rule, row: Mapping[str, Any]) -> None:
    """What a state alone does not say."""
    if rule.step == "close" and row["checked"] != "pass":
        raise NetworkError(
            f"{row['id']} cannot be closed: its check has not been passed.", remedy="A grid member checks it first.",
            zh=f"{row['id']} 不能结案：核查尚未通过。", zh_remedy="请先由网格员核查。",
        ).at("checked")  # fmt: skip
    if rule.step == "confirm" and row["ai"] != "pending":
        raise NetworkError(
            f"{row['id']} was not reported by a machine, or is judged already.", remedy="Use accept.",
            zh=f"{row['id']} 不是待确认的识别事件。", zh_remedy="请用“受理”。",
        ).at("ai")  # fmt: skip
    if rule.step == "refuse" and not row["asked"]:
        raise NetworkError(
            f"Nothing has been asked for on {row['id']}.", remedy="There is nothing to refuse.",
            zh=f"{row['id']} 没有待批的申请。", zh_remedy="无须答复。",
        ).at("asked")  # fmt: skip


def possible(row: Mapping[str, Any], actor: Actor) -> list[Rule]:
    """The steps that `actor` may take now, in the table's order."""
    found = []
    for rule in RULES.values():
        if actor.duty in rule.duties and row["state"] in rule.source and actor.reaches_area(row["path"]):
            try:
                _guard(rule, row)
            except NetworkError:
                continue
            found.append(rule)
    return found
