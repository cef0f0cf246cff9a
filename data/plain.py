"""What the public is told of an incident, in plain words; and what of a sender's words may be published at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from data.policy import mask_words

# State of the life cycle → what it means for who reported (zh, en). A test compares it with the life cycle.
TOLD: Mapping[str, tuple[str, str]] = {
    "reported": ("已收到，等待受理员查看。", "Received; a duty officer will look at it."),
    "verifying": ("网格员正在现场核实。", "A grid member is verifying it on the spot."),
    "accepted": ("已受理，等待立案。", "Accepted; it is about to be filed."),
    "filed": ("已立案，正在安排处置单位。", "Filed; a unit is being assigned."),
    "returned": ("正在重新安排处置单位。", "Another unit is being assigned."),
    "dispatched": ("已派给处置单位。", "Assigned to the unit in charge."),
    "handling": ("处置单位正在处理。", "The unit in charge is working on it."),
    "suspended": ("暂时无法处理，已挂账，条件具备后继续。", "On hold until it can be worked on; the clock is paused."),
    "handled": ("已处理，等待核查。", "Done; waiting to be checked."),
    "checking": ("已处理，网格员正在核查。", "Done; a grid member is checking it."),
    "appealed": ("对结果的申诉正在复核。", "An appeal against the result is being reviewed."),
    "closed": ("已办结。", "Closed: done and checked."),
    "self_closed": ("发现人已当场处理，已办结。", "Closed: mended on the spot by who found it."),
    "rejected": ("不予受理。", "Not taken up."),
    "void": ("已作废。", "Void."),
    "false_alarm": ("经核实为误报。", "Found to be a false alarm."),
    "merged": ("与另一件相同，已合并办理。", "The same as another report; both are handled together."),
}

_LABELLED = re.compile(
    r"((?:licen[cs]e )?plate(?: (?:number|no\.?|registration|if available|#|is))*|车牌号?码?|牌照|registration|phone|tel|e-?mail"
    r"|电话|手机|姓名|name)"
    r"(\s*[:：#]\s*)([^|,，;；。\n]+)",
    re.IGNORECASE,
)
_MIXED = re.compile(r"\b(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9-]{5,}\b")  # a plate of few digits


def public_words(words: str) -> str:
    """Words that were sent to be published, without numbers, plates, mail addresses and named persons that they hold."""
    return mask_words(_MIXED.sub("***", _LABELLED.sub(r"\1\2***", words)))
