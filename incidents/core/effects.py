"""What single steps do to an incident beside moving it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from data.errors import NetworkError
from incidents.core import clocks
from incidents.core.books import Books, Row, instant
from incidents.core.clock_row import clock_of, in_time, keep, relimit
from incidents.core.lifecycle import ENDED
from incidents.core.spec import ms, wrong

Told = dict[str, Any]
Effect = Callable[[Books, Row, Told, datetime], None]


def grade(value: Any) -> int:
    """A grade, 1 to 4. Raises NetworkError."""
    if value not in (1, 2, 3, 4):
        raise wrong("grade", value, "a grade is 1 to 4.", "1 is the gravest.", "等级为 1 至 4。", "1 为最重。")
    return int(value)


def _judged(value: str) -> Effect:
    """Whether what a machine saw was there."""

    def effect(_books: Books, row: Row, _told: Told, _at: datetime) -> None:
        if row["ai"] == "pending":
            row["ai"] = value

    return effect


def _verified(value: str) -> Effect:
    def effect(books: Books, row: Row, told: Told, at: datetime) -> None:
        row["verified"], row["verify_on_time"] = value, in_time(books, row, at)
        if value != "unable":
            _judged("confirmed" if value == "exist" else "false")(books, row, told, at)

    return effect


def _checked(value: str) -> Effect:
    def effect(books: Books, row: Row, _told: Told, at: datetime) -> None:
        if row["check_on_time"] is None:  # closing may wait: the check was done when it was first told
            row["check_on_time"] = in_time(books, row, at)
        row["checked"] = value

    return effect


def _set(**values: Any) -> Effect:
    def effect(_books: Books, row: Row, _told: Told, _at: datetime) -> None:
        row.update(values)

    return effect


def _one_more(column: str, **values: Any) -> Effect:
    def effect(_books: Books, row: Row, _told: Told, _at: datetime) -> None:
        row.update(values)
        row[column] += 1

    return effect


def _file(books: Books, row: Row, _told: Told, _at: datetime) -> None:
    """From here on the case keeps this version of the town's tables; one whose type has been taken away that of its report."""
    if row["type"] in books.tables.types:
        row["version"] = books.tables.version


def _dispatch(books: Books, row: Row, told: Told, _at: datetime) -> None:
    tables = books.tables_of(row["version"])
    unit = told.get("unit") or tables.unit_for(row["type"], row["path"])
    if not unit:
        raise wrong(
            "unit", None, f"no unit is responsible for {row['type']} here.", "Name one, or enter it into the table `responsible`.",
            f"此处没有负责 {row['type']} 的单位。", "请指定单位，或在“responsible”表中登记。",
        )  # fmt: skip
    row["unit"] = told["unit"] = books.tables.unit(unit).code
    row["responder"], row["asked"] = told.get("responder") or None, None


def _redispatch(books: Books, row: Row, told: Told, at: datetime) -> None:
    _dispatch(books, row, told, at)
    row["redispatched"] += 1


def _return(_books: Books, row: Row, _told: Told, _at: datetime) -> None:
    """The next unit is not to answer for it: the row keeps who gave it back."""
    row.update(returned_by=row["unit"], returns=row["returns"] + 1, asked=None, unit=None, responder=None)


def _rework(books: Books, row: Row, told: Told, at: datetime) -> None:
    _checked("not_pass")(books, row, told, at)
    row["reworks"] += 1
    row["on_time"] = None


def _contact(books: Books, row: Row, _told: Told, at: datetime) -> None:
    """The first call counts; the limit is one work day (domain section 7, the four rates of 12345)."""
    if row["contacted_at"] is None:
        spent = books.tables_of(row["version"]).calendar.spent(instant(row["reported_at"]) or at, at, "work_day")
        row.update(contacted_at=ms(at), contact_on_time=int(spent <= 1 + 1e-9))


def _extend(books: Books, row: Row, told: Told, at: datetime) -> None:
    """Only while the limit has not been reached: afterwards an extension would make a case that is late one that was never due."""
    clock = clock_of(row)
    value = told["value"]
    if clock is None or not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1000:
        raise wrong(
            "value", value, "an extension is a number over 0, in the unit of the limit.", "Give how much longer it may take.",
            "延期时长应为大于 0 的数，单位同时限。", "请填写延长多少。",
        )  # fmt: skip
    if not in_time(books, row, at):
        raise NetworkError(
            f"{row['id']} is overdue: an extension is granted before the limit is reached.", remedy="Supervise it, or have it handled.",
            zh=f"{row['id']} 已超期：延期须在时限届满之前批准。", zh_remedy="请督办，或尽快处置。",
        ).at("value")  # fmt: skip
    keep(books, row, clocks.extend(clock, float(value)))
    told["unit"] = clock.unit
    _one_more("extensions", asked=None)(books, row, told, at)


def _revisit(_books: Books, row: Row, told: Told, _at: datetime) -> None:
    for column in ("satisfied", "solved"):
        if told[column] not in (0, 1, True, False):
            raise wrong(column, told[column], "this is 0 or 1.", "1 for yes.", "应为 0 或 1。", "1 表示是。")
        row[column] = int(told[column])


def _supervise(_books: Books, row: Row, told: Told, _at: datetime) -> None:
    if told["level"] not in (1, 2, 3):
        raise wrong(
            "level",
            told["level"],
            "supervision is 1 to 3.",
            "1 ordinary, 2 yellow card, 3 red card.",
            "督办等级为 1 至 3。",
            "1 普通，2 黄牌，3 红牌。",
        )
    row["supervised"] = max(row["supervised"], int(told["level"]))


def _escalate(_books: Books, row: Row, told: Told, _at: datetime) -> None:
    row["rung"] = float(told["share"])
    row["supervised"] = max(row["supervised"], int(told.get("level") or 0))


def _retype(books: Books, row: Row, told: Told, at: datetime) -> None:
    """By the tables that it was filed under, before that by those in force. An old type that they do not know had no limit to compare."""
    tables = books.tables if row["filed_at"] is None else books.tables_of(row["version"])
    kind, before = tables.type(told["type"]), row["type"]
    if kind.code == before:
        raise wrong("type", before, "the case has this type already.", "Choose another one.", "案件已是该类型。", "请选择其他类型。")
    told["before"] = before
    if row["filed_at"] is not None:
        row["retyped"] += 1
        limits = [tables.calendar.after(at, *tables.limit("handle", code)) for code in (before, kind.code) if code in tables.types]
        row["lengthened"] += int(limits[-1] > limits[0])
    row["type"] = kind.code
    relimit(books, row, at, before)


def _regrade(_books: Books, row: Row, told: Told, _at: datetime) -> None:
    told["before"] = row["grade"]
    row["grade"] = grade(told["grade"])


def _relocate(books: Books, row: Row, told: Told, _at: datetime) -> None:
    place = books.places.locate(told["lon"], told["lat"])
    told["before"] = [row["lon"], row["lat"]]
    row.update(lon=place.lon, lat=place.lat, area=place.area, path=place.path)


def _merge(books: Books, row: Row, told: Told, _at: datetime) -> None:
    parent = books.rows.get(told["parent"])
    if parent is None or parent["id"] == row["id"] or parent["state"] in ENDED:
        raise wrong(
            "parent", told["parent"], "this is no other open incident.", "Name the open incident that stays.",
            "不是另一个未结束的事件。", "请填写保留的那个未结束事件。",
        )  # fmt: skip
    children = sorted(other["id"] for other in books.rows.values() if other["parent"] == row["id"])
    if children:
        raise NetworkError(
            f"{row['id']} has merged incidents of its own ({', '.join(children[:3])}).",
            remedy=f"Merge {parent['id']} into {row['id']}, or undo those first.",
            zh=f"{row['id']} 名下已有并入的事件（{'、'.join(children[:3])}）。",
            zh_remedy=f"请将 {parent['id']} 并入 {row['id']}，或先撤销那些并案。",
        ).at("parent")
    row["parent"] = parent["id"]


def _self_close(books: Books, row: Row, told: Told, at: datetime) -> None:
    """One picture cannot show both: the same bytes stored twice are refused."""
    before, after = ({books.prints[photo] for photo in told["photos"] if books.photos.get(photo) == kind} for kind in ("before", "after"))
    if not before or not after or before & after:
        raise NetworkError(
            "Closing on the spot needs two different photos: one before and one after.",
            remedy="Store both, with their kind, and name them.", zh="自行处置结案需要两张不同的照片：处置前与处置后各一张。",
            zh_remedy="请上传两张照片并注明前后。",
        ).at("photos")  # fmt: skip
    row.update(on_time=1, handled_at=ms(at))


EFFECTS: Mapping[str, Effect] = {
    "accept": _judged("confirmed"), "confirm": _judged("confirmed"), "false_alarm": _judged("false"),
    "exist": _verified("exist"), "not_exist": _verified("not_exist"), "unable": _verified("unable"),
    "file": _file, "dispatch": _dispatch, "redispatch": _redispatch,
    "ask_return": _set(asked="return"), "ask_extend": _set(asked="extend"), "ask_suspend": _set(asked="suspend"),
    "refuse": _set(asked=None),
    "return": _return, "extend": _extend, "suspend": _set(asked=None),
    "check": _set(checked=None, check_on_time=None), "pass": _checked("pass"), "check_unable": _checked("unable"),
    "rework": _rework, "contact": _contact, "reopen": _one_more("reopened", checked=None, on_time=None),
    "revisit": _revisit, "self_close": _self_close, "supervise": _supervise, "escalate": _escalate, "urge": _one_more("urged"),
    "retype": _retype, "regrade": _regrade, "relocate": _relocate, "merge": _merge, "unmerge": _set(parent=None),
}  # fmt: skip


def effect(step: str, books: Books, row: Row, told: Told, at: datetime) -> None:
    """Change `row` as the step does; `told` becomes what the log keeps of it. Raises NetworkError for a field that cannot be."""
    if step in EFFECTS:
        EFFECTS[step](books, row, told, at)
