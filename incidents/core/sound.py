"""Whether the log can hold a command at all: texts that every database takes, and fields of a step of the kind that they are.

It is asked before anything is read for a batch: what is unsound is refused by its field, and its neighbours go in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from data.errors import NetworkError
from incidents.core.spec import LONGEST, Command, Report, Step, wrong

MOST_FIELDS = 30  # of a step
MOST_LISTED = 50  # values of a list in a step
DEEPEST = 12  # nesting of what a sender tells besides
LARGEST = 1e15  # of a number in a step
_REPORT_TEXTS = tuple(field.name for field in fields(Report) if field.type == "str")
_STEP_TEXTS = ("note", "unit", "responder", "type", "parent")
_STEP_LISTS = ("photos", "tell")
_CUT = ("description",)  # is cut to its length, not refused


def flaw(command: Command) -> NetworkError | None:
    """What the log cannot hold of a command, naming the field; None where there is nothing."""
    try:
        text("actor", command.actor.name)
        if isinstance(command.what, Report):
            _report(command.what)
        else:
            _step(command.what)
    except NetworkError as error:
        return error
    return None


def _report(report: Report) -> None:
    for name in _REPORT_TEXTS:
        value = getattr(report, name)
        if value != "":
            text(name, value, LONGEST if name not in _CUT else None)
    for photo in report.photos:
        text("photos", photo)
    nested("more", report.more, 0)


def _step(step: Step) -> None:
    text("incident", step.incident)
    if len(step.fields) > MOST_FIELDS:
        raise wrong(
            "fields", len(step.fields), f"a step has at most {MOST_FIELDS} fields.", "Leave some out.",
            f"一个步骤最多 {MOST_FIELDS} 个字段。", "请减少字段。",
        )  # fmt: skip
    for name, value in step.fields.items():
        text("fields", name, 60)
        _field(name, value)


def _field(name: str, value: Any) -> None:
    """A text, a number or nothing; a list of texts where photos or people are named."""
    if value is None:
        return
    if name in _STEP_LISTS:
        _listed(name, value)
    elif isinstance(value, str) or name in _STEP_TEXTS:
        text(name, value)
    elif not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:  # NaN is not either
        raise _not_a(name, value, "number or text", "数字或文字")


def _listed(name: str, value: Any) -> None:
    if not isinstance(value, list | tuple) or len(value) > MOST_LISTED:
        raise _not_a(name, value, f"list of at most {MOST_LISTED} texts", f"文字列表（最多 {MOST_LISTED} 项）")
    for one in value:
        text(name, one)


def text(name: str, value: Any, most: int | None = LONGEST) -> None:
    """Raises NetworkError unless `value` is a text of at most `most` characters without any that a database cannot store."""
    if not isinstance(value, str):
        raise _not_a(name, value, "text", "文字")
    if most is not None and len(value) > most:
        raise wrong(
            name, value, f"this has {len(value):,} characters, {most:,} are the most.", "Shorten it.",
            f"共 {len(value):,} 字，最多 {most:,} 字。", "请缩短。",
        )  # fmt: skip
    at = value.find("\0")
    if at < 0 and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:  # half of a pair of UTF-16: no character of its own
            at = error.start
    if at >= 0:
        raise wrong(
            name, value[max(0, at - 10) : at + 10], f"character {at + 1} is none that can be stored (U+{ord(value[at]):04X}).",
            "Leave it out.", f"第 {at + 1} 个字符无法保存（U+{ord(value[at]):04X}）。", "请删除该字符。",
        )  # fmt: skip


def nested(name: str, value: Any, depth: int = 0) -> None:
    """Raises NetworkError unless every text in `value`, keys as well, can be stored."""
    if isinstance(value, str):
        text(name, value, None)
    elif depth > DEEPEST:
        raise wrong(name, "…", f"this is nested deeper than {DEEPEST}.", "Send it flatter.", f"嵌套超过 {DEEPEST} 层。", "请减少嵌套层数。")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            nested(name, str(key), depth + 1)
            nested(f"{name}.{key}" if isinstance(inner, str) else name, inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            nested(name, inner, depth + 1)


def _not_a(name: str, value: Any, kind: str, kind_zh: str) -> NetworkError:
    told = repr(value)[:60] if isinstance(value, int | float) and -LARGEST <= value <= LARGEST else type(value).__name__
    return wrong(name, told, f"this is no {kind}.", f"Send a {kind}.", f"应为{kind_zh}。", f"请提供{kind_zh}。")
