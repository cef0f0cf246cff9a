"""A table of the town from CSV, or from rows as JSON has them. Every fault is told with its row, column, value and remedy."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from data.calendar import Span
from data.errors import NetworkError, advice, advice_zh
from incidents.core.tables_declared import ANY, COMPLETE, DECLARED, Declared, Field

Row = Mapping[str, Any]
REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"
MOST_TOLD = 20  # faults of one table that are told at once
MOST_ROWS = 100_000


class _CellError(Exception):
    """What is wrong with one value: message, remedy, in English and Chinese."""

    def __init__(self, message: str, remedy: str, zh: str, zh_remedy: str) -> None:
        super().__init__(message)
        self.said = (message, remedy, zh, zh_remedy)


def declared(name: str) -> Declared:
    """The table called `name`. Raises NetworkError naming the nearest ones."""
    if name not in DECLARED:
        raise NetworkError(
            f"There is no table {name!r}.",
            remedy=advice(name, DECLARED),
            zh=f"没有名为 {name!r} 的表。",
            zh_remedy=advice_zh(name, DECLARED),
        ).at("table")
    return DECLARED[name]


def read_table(name: str, content: str | Sequence[Row]) -> tuple[Row, ...]:
    """The rows of table `name` from CSV text (first row: headers, named as columns or in Chinese or English), or from rows.

    Raises NetworkError that tells every fault, up to 20: row (the header being row 1), column, value, what is wrong and what to do.
    """
    table = declared(name)
    given = _from_csv(table, content) if isinstance(content, str) else _from_rows(table, content)
    faults: list[NetworkError] = []
    rows = [_row(table, number, cells, faults) for number, cells in enumerate(given, 2)]
    _unique(table, rows, faults)
    _complete(table, rows, faults)
    if faults:
        raise merged(faults)
    return tuple(rows)


@cache
def shipped(name: str) -> tuple[Row, ...]:
    """The table as it is delivered with the program."""
    table = declared(name)
    joined: dict[str, dict[str, str]] = {}
    for file in table.files:
        for position, row in enumerate(_file(file)):
            key = "\t".join(row[part] for part in table.key if part in row) or str(position)
            joined.setdefault(key, {}).update(row)
    if name == "types":
        return read_table(name, [_type(row) for row in joined.values()])
    return read_table(name, list(joined.values()))


def written(name: str, rows: Iterable[Row]) -> str:
    """The table as CSV that `read_table` understands."""
    table, out = declared(name), io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(field.name for field in table.fields)
    writer.writerows([shown(field, row[field.name]) for field in table.fields] for row in rows)
    return out.getvalue()


def plain(name: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as JSON can have them; `read_table` understands them too."""
    fields = declared(name).fields
    simple = ("integer", "number", "yes_no")
    return [{f.name: row[f.name] if f.kind in simple else shown(f, row[f.name]) for f in fields} for row in rows]


def shown(field: Field, value: Any) -> str:
    """One cell as text."""
    if value is None:
        return ""
    if field.kind == "yes_no":
        return "yes" if value else "no"
    if field.kind == "spans":
        return " ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in value)
    return "、".join(value) if field.kind == "list" else f"{value:g}" if isinstance(value, float) else str(value)


def _type(row: dict[str, str]) -> dict[str, str]:
    """`event_types.csv` has the class in the code and the grade as 01 to 04."""
    english = {found["class"]: found["en"] for found in _file("network/classes.csv")}
    row = {**row, "class": row["code"][:2], "class_en": english[row["code"][:2]], "grade": row["default_grade"]}
    return {field.name: row[field.name] for field in DECLARED["types"].fields}


def _file(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


# ── headers ──


def _from_csv(table: Declared, text: str) -> list[dict[str, Any]]:
    lines = [line for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if any(cell.strip() for cell in line)]
    if not lines:
        raise NetworkError(
            f"The table {table.name!r} is empty.", remedy="Its first row has the headers: " + ", ".join(f.name for f in table.fields) + ".",
            zh=f"表“{table.zh}”为空。", zh_remedy="第一行应为表头：" + "、".join(f.name for f in table.fields) + "。",
        )  # fmt: skip
    columns = _headers(table, [cell.strip() for cell in lines[0]])
    return [dict(zip(columns, [*line, *[""] * len(columns)], strict=False)) for line in lines[1:]]


def _from_rows(table: Declared, rows: Sequence[Row]) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        if not isinstance(row, Mapping):
            raise NetworkError(
                f"A row of the table {table.name!r} is {row!r}.", remedy="Each row is an object with the table's columns.",
                zh=f"表“{table.zh}”中有一行是 {row!r}。", zh_remedy="每行应为含有各列的对象。",
            )  # fmt: skip
        found.append(dict(zip(_headers(table, list(map(str, row))), row.values(), strict=True)))
    return found


def _headers(table: Declared, given: list[str]) -> list[str]:
    known = {word: field.name for field in table.fields for word in (field.en.lower(), field.zh, field.name)}
    columns = [known.get(word.lower() if word.isascii() else word, "") for word in given]
    for word, column in zip(given, columns, strict=True):
        if not column:
            raise _header(table, word, "there is no such column.", advice(word, known), "没有这一列。", advice_zh(word, known))
        if columns.count(column) > 1:
            raise _header(table, word, "the column stands there twice.", "Leave one out.", "该列重复。", "请去掉一列。")
    for field in table.fields:
        if field.required and field.name not in columns:
            raise _header(
                table, field.name, "the column is missing.", f"Add the column {field.name!r}.", "缺少该列。", f"请加上“{field.zh}”列。"
            )
    return columns


def _header(table: Declared, word: str, message: str, remedy: str, zh: str, zh_remedy: str) -> NetworkError:
    return NetworkError(
        f"{table.name}, header {word!r}: {message}", remedy=remedy, zh=f"表“{table.zh}”，表头 {word!r}：{zh}", zh_remedy=zh_remedy
    ).at(word)


# ── cells ──


def _row(table: Declared, number: int, cells: Row, faults: list[NetworkError]) -> Row:
    row: dict[str, Any] = {}
    for field in table.fields:
        try:
            row[field.name] = _value(field, cells.get(field.name))
        except _CellError as bad:
            row[field.name] = None
            faults.append(fault(table, number, field, cells.get(field.name), *bad.said))
    return row


def fault(table: Declared, number: int, field: Field, value: object, message: str, remedy: str, zh: str, zh_remedy: str) -> NetworkError:
    """The error of one cell."""
    return NetworkError(
        f"{table.name}, row {number}, {field.name} = {value!r}: {message}", remedy=remedy,
        zh=f"表“{table.zh}”第 {number} 行，{field.zh} = {value!r}：{zh}", zh_remedy=zh_remedy,
    ).at(field.name)  # fmt: skip


def _value(field: Field, given: Any) -> Any:
    text = given.strip() if isinstance(given, str) else given
    if text is None or text == "":
        if field.required:
            raise _CellError("this must not be empty.", "Fill it in.", "不能为空。", "请填写。")
        return () if field.kind == "spans" else None
    if field.any_too and text == ANY:
        return ANY
    value = _PARSERS[field.kind](text)
    _named(field, value)
    return _bounded(field, value)


def _named(field: Field, value: Any) -> None:
    for word in value if field.kind == "list" else [value]:
        if field.names and word not in field.names:
            raise _CellError(f"{word!r} is not known here.", advice(word, field.names), f"不认识 {word!r}。", advice_zh(word, field.names))


def _bounded(field: Field, value: Any) -> Any:
    if field.kind not in ("integer", "number"):
        return value
    low = field.low if field.low is not None else field.above
    if (field.low is not None and value < field.low) or (field.above is not None and value <= field.above):
        raise _CellError(
            "this is too little.", f"At least {low:g}." if field.above is None else f"Over {low:g}.", "数值过小。", f"下限为 {low:g}。"
        )
    if field.high is not None and value > field.high:
        raise _CellError("this is too much.", f"At most {field.high:g}.", "数值过大。", f"上限为 {field.high:g}。")
    return value


def _number(given: Any) -> float:
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = float("nan")
    if isinstance(given, bool) or not abs(value) < float("inf"):
        raise _CellError("this is no number.", "Write digits, such as 4 or 0.5.", "不是数字。", "请填写数字，如 4 或 0.5。")
    return value


def _integer(given: Any) -> int:
    value = _number(given)
    if value != int(value):
        raise _CellError("this is no whole number.", "Write it without a fraction.", "不是整数。", "请填写整数。")
    return int(value)


_YES_NO = {"yes": True, "y": True, "是": True, "1": True, "true": True, "no": False, "n": False, "否": False, "0": False, "false": False}


def _yes_no(given: Any) -> bool:
    found = _YES_NO.get(str(given).lower())
    if found is None:
        raise _CellError("this is neither yes nor no.", "Write yes or no.", "不是“是”或“否”。", "请填写“是”或“否”。")
    return found


def _date(given: Any) -> date:
    parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", str(given))
    try:
        return date(*(int(part) for part in parts.groups())) if parts else date.fromisoformat("")
    except ValueError:
        raise _CellError("there is no such day.", "Write it like 2026-10-01.", "没有这一天。", "请按 2026-10-01 的格式填写。") from None


def _spans(given: Any) -> tuple[Span, ...]:
    words = [word for word in re.split(r"[\s,;，；、]+", str(given).replace("：", ":")) if word]
    spans = sorted(_span(word) for word in words)
    for before, after in pairwise(spans):
        if before[1] <= before[0] or before[1] > after[0]:
            raise _CellError(
                "two stretches overlap.", "Let each end before the next begins.", "时间段重叠。", "前一段须在后一段开始之前结束。"
            )
    return tuple(spans)


def _span(word: str) -> Span:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})[-–—~至](\d{1,2}):(\d{2})", word)
    try:
        first, first_minute, last, last_minute = (int(part) for part in found.groups()) if found else (99, 0, 0, 0)
        return time(first, first_minute), time(0 if (last, last_minute) == (24, 0) else last, last_minute)
    except ValueError:
        raise _CellError(
            f"{word!r} is no stretch of a day.", "Write it like 08:30-11:30 13:00-17:00.",
            f"{word!r} 不是时间段。", "请按 08:30-11:30 13:00-17:00 的格式填写。",
        ) from None  # fmt: skip


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "text": str, "integer": _integer, "number": _number, "yes_no": _yes_no, "date": _date, "spans": _spans,
    "list": lambda given: tuple(word for word in re.split(r"[、,，;；/\s]+", str(given)) if word),
}  # fmt: skip


# ── the table as a whole ──


def _unique(table: Declared, rows: list[Row], faults: list[NetworkError]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows, 2):
        key = tuple(row[name] for name in table.key)
        if key in seen and None not in key:
            told = f"it stands in row {seen[key]} already.", "Leave one of them out.", f"与第 {seen[key]} 行重复。", "请去掉其中一行。"
            faults.append(fault(table, number, table.field(table.key[0]), "/".join(map(str, key)), *told))
        seen.setdefault(key, number)


def _complete(table: Declared, rows: list[Row], faults: list[NetworkError]) -> None:
    there = {row[table.key[0]] for row in rows}
    for needed in COMPLETE.get(table.name, ()):
        if needed not in there:
            told = "there is no row for it.", f"Add a row with {table.key[0]} = {needed}.", "缺少这一行。", f"请加上 {needed} 一行。"
            faults.append(fault(table, len(rows) + 2, table.field(table.key[0]), needed, *told))
    if not rows and table.name not in ("holidays", "labels"):
        raise NetworkError(
            f"The table {table.name!r} has no row.",
            remedy="Give at least one.",
            zh=f"表“{table.zh}”没有任何行。",
            zh_remedy="请至少填写一行。",
        )


def merged(faults: list[NetworkError]) -> NetworkError:
    """All faults in one error; a single one stays as it is."""
    if len(faults) == 1:
        return faults[0]
    more, told = len(faults) - MOST_TOLD, faults[:MOST_TOLD]
    english = [f"{one.message} {one.remedy}" for one in told] + ([f"… and {more} more."] if more > 0 else [])
    chinese = [f"{one.zh}{one.zh_remedy}" for one in told] + ([f"……另有 {more} 处。"] if more > 0 else [])
    return NetworkError(
        "\n".join(english), remedy="Correct these and send the table again.", zh="\n".join(chinese), zh_remedy="请更正后重新提交整张表。"
    ).at(faults[0].field)
