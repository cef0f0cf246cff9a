"""Orders of the 12345 hotline as its platform exports them: CSV or XLSX, headers and types in Chinese or English.

What is wrong with a row is said with file, sheet, row, column, value and remedy; the others go in. Refused rows come back as a workbook
with the reasons beside them, which can be mended and sent again: the order number makes the same order the same incident.
"""

from __future__ import annotations

import base64
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import python_calamine
import xlsxwriter
from starlette.requests import Request
from starlette.responses import Response

from data.errors import NetworkError, OneScreenError, PolicyError, advice, advice_zh
from data.policy import permit
from incidents.core.spec import LONGEST, Command, Feed, Intake, Report, Route, answer, content_of, degree, refusal, told, wrong

NAME = "hotline"
VENDOR = "12345"
MOST_BYTES = 20_000_000
MOST_ROWS = 20_000
CHUNK = 500
_HEAD = 20  # rows among which the header is looked for
_DUTIES = ("acceptor", "shift_leader", "dispatcher", "feed", "system")

# Field of a report → headers, as platforms write them.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "number": ("工单编号", "工单号", "受理编号", "案件编号", "编号", "order_no", "order number", "order id", "id"),
    "at": ("来电时间", "受理时间", "登记时间", "诉求时间", "创建时间", "上报时间", "reported at", "created", "created at", "time", "date"),
    "type": ("事件类型", "诉求类型", "问题类型", "问题类别", "诉求类别", "案件类型", "类别", "类型", "小类", "type", "category"),
    "description": ("诉求内容", "工单内容", "问题描述", "主要内容", "来电内容", "内容", "描述", "description", "content", "details"),
    "address": ("诉求地址", "事发地址", "事发地点", "发生地址", "问题地址", "详细地址", "地址", "地点", "address", "location"),
    "area": ("网格编码", "所属网格", "区划代码", "area", "area code", "grid"),
    "reporter": ("来电人", "诉求人", "市民姓名", "联系人", "姓名", "caller", "name", "reporter"),
    "phone": ("来电号码", "联系电话", "联系方式", "手机号码", "手机", "电话", "phone", "caller phone", "mobile"),
    "lon": ("经度", "lon", "lng", "longitude", "x"),
    "lat": ("纬度", "lat", "latitude", "y"),
    "grade": ("等级", "事件等级", "grade"),
}
_LENGTHS = {"number": 100, "address": 300, "reporter": 60, "phone": 40, "area": 32}
_GRADES = {"特别重大": 1, "重大": 2, "较大": 3, "一般": 4, "I": 1, "II": 2, "III": 3, "IV": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d%H%M%S", "%Y%m%d", "%d.%m.%Y %H:%M")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a file, and the report or the error that it became."""

    sheet: str
    row: int  # as the sender's program counts
    cells: tuple[str, ...]
    header: tuple[str, ...]
    became: Report | NetworkError


@dataclass(frozen=True, slots=True)
class _Town:
    zone: ZoneInfo
    types: Sequence[Mapping[str, Any]]
    label: Any


def read(path: Path, options: Mapping[str, Any]) -> Iterable[Report | NetworkError]:
    """Reports and errors of a file, row by row. `options`: zone (ZoneInfo), types (rows), label (function of vendor and label)."""
    return (line.became for line in lines(path.name, path.read_bytes(), options))


def lines(name: str, content: bytes, options: Mapping[str, Any]) -> Iterator[Line]:
    """Every filled row of a file. Raises NetworkError for a file that cannot be read or has no header."""
    town = _Town(options["zone"], options["types"], options["label"])
    found = 0
    for sheet, rows in _sheets(name, content):
        head = _header(rows)
        if head is None:
            continue
        at, fields = head
        header = tuple(_text(cell) for cell in rows[at])
        for n, cells in enumerate(rows[at + 1 :], at + 2):
            texts = tuple(_text(cell) for cell in cells)
            if any(texts) and not _total(texts):
                found += 1
                if found > MOST_ROWS:
                    raise wrong("file", name, f"over {MOST_ROWS} rows.", "Send it in parts; nothing of it was taken.",
                                f"超过 {MOST_ROWS} 行。", "请拆分后发送；本次未导入任何工单。")  # fmt: skip
                yield Line(sheet, n, texts, header, _became(name, sheet, n, dict(zip(fields, cells, strict=False)), header, fields, town))
    if not found:
        raise wrong(
            "file", name, "it has no row under a header that is known.",
            f"Give columns such as {', '.join(names[0] for names in list(HEADERS.values())[:5])}.",
            "未找到可识别的表头或数据行。", f"请提供如下列名：{'、'.join(names[0] for names in list(HEADERS.values())[:5])}。",
        )  # fmt: skip


# ── files ──


def _sheets(name: str, content: bytes) -> list[tuple[str, list[list[Any]]]]:
    if content[:4] == b"PK\x03\x04" or content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        try:
            book = python_calamine.CalamineWorkbook.from_object(io.BytesIO(content))
            return [(sheet, book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)) for sheet in book.sheet_names]
        except Exception as error:  # the reader's errors have no common base
            raise wrong("file", name, f"the workbook cannot be read ({error}).", "Save it anew as .xlsx, without a password.",
                        "工作簿无法读取。", "请另存为不加密的 .xlsx。") from error  # fmt: skip
    text = _decoded(name, content)
    return [("", [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))])]


def _decoded(name: str, content: bytes) -> str:
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise wrong("file", name, "this is no text and no workbook.", "Send CSV (UTF-8 or GB18030) or XLSX.",
                "既不是文本也不是工作簿。", "请提供 CSV（UTF-8 或 GB18030）或 XLSX。")  # fmt: skip


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max((",", ";", "\t", "，"), key=first.count)


def _header(rows: Sequence[Sequence[Any]]) -> tuple[int, list[str]] | None:
    """Row of the header (from 0) and the field of each column ("" for none): the first row with two known headers, or None."""
    for n, row in enumerate(rows[:_HEAD]):
        fields = _fields(row)
        if len([field for field in fields if field]) >= 2:
            return n, fields
    return None


def _fields(row: Sequence[Any]) -> list[str]:
    """The column with the header that comes first in `HEADERS` feeds the field."""
    plain = [_plain(_text(cell)) for cell in row]
    fields = [""] * len(plain)
    for field, headers in HEADERS.items():
        known = [_plain(header) for header in headers]
        fits = [(known.index(title), column) for column, title in enumerate(plain) if title in known]
        if fits:
            fields[min(fits)[1]] = field
    return fields


def _plain(header: str) -> str:
    return re.sub(r"[\s_*：:（(].*[)）]$|[\s_*：:]+", "", unicodedata.normalize("NFKC", header)).lower()


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _total(cells: Sequence[str]) -> bool:
    return any(cell in ("合计", "总计", "小计", "Total") for cell in cells[:2])


# ── rows ──


def _became(
    name: str, sheet: str, row: int, cells: Mapping[str, Any], header: Sequence[str], fields: Sequence[str], town: _Town
) -> Report | NetworkError:
    values = {field: value for field, value in cells.items() if field and _text(value)}
    try:
        return _report(values, {"file": name, "sheet": sheet, "row": row}, town)
    except NetworkError as error:
        column = header[fields.index(error.field)] if error.field in fields else error.field
        return located(error, name, sheet, row, column)


def located(error: OneScreenError, name: str, sheet: str, row: int, column: str = "") -> NetworkError:
    """The error with where in the file it is."""
    zh, zh_remedy = error.said("zh")
    where = ", ".join(part for part in (name, sheet and f"sheet {sheet}", f"row {row}", column and f"column {column}") if part)
    ort = "，".join(part for part in (name, sheet and f"工作表 {sheet}", f"第 {row} 行", column and f"“{column}”列") if part)
    field = getattr(error, "field", "")
    return NetworkError(f"{where}: {error.message}", remedy=error.remedy, zh=f"{ort}：{zh}", zh_remedy=zh_remedy).at(field)


def _report(values: Mapping[str, Any], source: Mapping[str, Any], town: _Town) -> Report:
    texts = {field: _text(value) for field, value in values.items()}
    for field, most in _LENGTHS.items():
        if len(texts.get(field, "")) > most:
            raise wrong(field, texts[field], f"over {most} characters.", "Make it shorter.", f"超过 {most} 个字符。", "请缩短。")
    if not texts.get("number"):
        raise wrong("number", "", "the order has no number.", "Give it: by it the same order is known again.",
                    "缺少工单编号。", "请填写编号，重复导入时据此识别同一工单。")  # fmt: skip
    return Report(
        feed=NAME, source="hotline", type=_type(texts.get("type", ""), town),
        lon=degree("lon", texts.get("lon")), lat=degree("lat", texts.get("lat")),
        area=texts.get("area", ""), address=texts.get("address", ""), description=texts.get("description", "")[:LONGEST],
        reporter=texts.get("reporter", ""), phone=texts.get("phone", ""), external_id=texts["number"],
        at=_instant(values.get("at"), town.zone), grade=_grade(texts.get("grade", "")), more=dict(source),
    )  # fmt: skip


def _type(said: str, town: _Town) -> str:
    """Our type: by the town's table of labels, by code, or by name in either language."""
    if not said:
        raise wrong("type", "", "the order has no type.", "Give one of the town's table.", "缺少事件类型。", "请填写本镇事件类型。")
    last = re.split(r"[/＞>→\\|-]", said)[-1].strip()  # 城市管理/街面秩序/机动车乱停放
    for candidate in (said, last):
        found = town.label(VENDOR, candidate)
        if found:
            return str(found)
        for one in town.types:
            if candidate in (str(one["code"]), one["zh"]) or candidate.casefold() == str(one["en"]).casefold():
                return str(one["code"])
    known = [str(one["zh"]) for one in town.types] + [str(one["en"]) for one in town.types]
    raise wrong("type", said, "the town has no such type.", f"{_short(advice(last, known))} Or enter it as a label of {VENDOR}.",
                "本镇没有这个事件类型。", f"{_short(advice_zh(last, known))}也可在“labels”表中为 {VENDOR} 登记。")  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


def _grade(text: str) -> int | None:
    if text and text.rstrip("级") not in _GRADES:
        raise wrong(
            "grade", text, "there is no such grade.", f"Known: {', '.join(_GRADES)}.", "没有这个等级。", f"可用：{'、'.join(_GRADES)}。"
        )
    return _GRADES[text.rstrip("级")] if text else None


def _instant(value: Any, zone: ZoneInfo) -> datetime | None:
    """When the call came, in the town's time; None where the order does not say."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    if isinstance(value, float | int) and 20_000 < value < 80_000:  # a number of days that lost its format
        return (datetime(1899, 12, 30) + timedelta(seconds=round(value * 86_400))).replace(tzinfo=zone)  # noqa: DTZ001 (local)
    return _spelt(_text(value), zone)


def _spelt(text: str, zone: ZoneInfo) -> datetime:
    plain = re.sub(r"[年月/.](?=\d)", "-", unicodedata.normalize("NFKC", text)).replace("日", " ").replace("T", " ")
    plain = re.sub(r"\s*时\s*|\s*分\s*(?=\d)", ":", plain).replace("分", "").replace("秒", "").strip().rstrip(":")
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=zone)
    except ValueError:
        pass
    for form in _DATES:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=zone)
        except ValueError:
            continue
    raise wrong("at", text, "this is no date and time.", "Write 2026-11-22 09:42.", "不是日期时间。", "请写 2026-11-22 09:42 的形式。")


# ── upload ──


async def post(request: Request, intake: Intake) -> Response:
    """`POST /api/hotline?name=FILE`: the bytes of a file. Answers with counts, every refused row, and them as a workbook (base64)."""
    try:
        actor = intake.actor(request, NAME)
        permit(actor, _DUTIES, "import orders of the hotline", "导入热线工单")
        name = unquote(request.query_params.get("name", "") or request.headers.get("x-file-name", "") or "orders")[-100:]
        content = await content_of(request, MOST_BYTES)
        zone = ZoneInfo(str(intake.town().get("timezone") or "UTC"))
        found = list(lines(name, content, {"zone": zone, "types": intake.types(), "label": intake.label}))
    except PolicyError as error:
        return refusal(error, 403)
    except NetworkError as error:
        return refusal(error)
    errors: list[tuple[Line, OneScreenError]] = []
    counts = {"rows": len(found), "taken": 0, "known": 0}
    for start in range(0, len(found), CHUNK):
        part = found[start : start + CHUNK]
        reports = [line for line in part if isinstance(line.became, Report)]
        errors += [(line, line.became) for line in part if isinstance(line.became, NetworkError)]
        outcomes = await intake.submit([Command(line.became, actor) for line in reports if isinstance(line.became, Report)])
        for line, outcome in zip(reports, outcomes, strict=True):
            if outcome.error is not None:
                errors.append((line, located(outcome.error, name, line.sheet, line.row)))
            else:
                counts["known" if outcome.known else "taken"] += 1
    errors.sort(key=lambda pair: (pair[0].sheet, pair[0].row))
    refused = [{"sheet": line.sheet, "row": line.row, **told(error)} for line, error in errors]
    book = base64.b64encode(return_book(errors)).decode() if errors else ""
    return answer({**counts, "refused": refused, "book": book}, 207 if errors else 200)


def return_book(errors: Sequence[tuple[Line, OneScreenError]]) -> bytes:
    """Refused rows as they came, with reason and remedy in front, as an .xlsx that can be mended and sent again."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("退回 Refused")
        wrap = book.add_format({"text_wrap": True, "font_color": "#9C0006"})
        header: tuple[str, ...] = ()
        at = 0
        for line, error in errors:
            if line.header != header:
                header = line.header
                sheet.write_row(at, 0, ("退回原因", "Reason", *header))
                at += 1
            sheet.write_string(at, 0, " ".join(error.said("zh")), wrap)
            sheet.write_string(at, 1, " ".join(error.said("en")), wrap)
            for column, cell in enumerate(line.cells, 2):
                sheet.write_string(at, column, cell)
            at += 1
        sheet.set_column(0, 1, 48)
    return out.getvalue()


FEED = Feed(
    NAME, "12345 热线", "12345 hotline", every_s=86_400, read=read,
    routes=(Route("POST", "/api/hotline", post, "Import orders of the 12345 hotline: the bytes of a CSV or XLSX, its name in ?name=."),),
)  # fmt: skip
