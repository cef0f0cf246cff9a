"""The tables that the town edits: their columns, and where the shipped ones lie.

`key` columns make a row unique. A column with `names` takes those words only; one with `refers` names a row of another table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from data.calendar import UNITS

Kind = Literal["text", "integer", "number", "yes_no", "date", "spans", "list"]
ANY = "*"  # in a rule: whatever the value is


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `low` and `high` bound a number, inclusive; `above` is a bound that it must exceed; `any_too`: "*" is allowed as well."""

    name: str
    zh: str
    en: str
    kind: Kind = "text"
    required: bool = True
    names: tuple[str, ...] = ()
    refers: str = ""
    any_too: bool = False
    low: float | None = None
    high: float | None = None
    above: float | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """One table: what it is called, its key and columns, and the files of data/reference that it is shipped as, joined by the key."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    files: tuple[str, ...]

    def field(self, name: str) -> Field:
        """The column called `name`; KeyError when there is none."""
        found = next((field for field in self.fields if field.name == name), None)
        if found is None:
            raise KeyError(name)
        return found


STAGE_NAMES = ("accept", "verify", "file", "dispatch", "check")  # handling has the limit of the type
FIGURES = ("assessment_day", "repeat_m", "repeat_days", "reopen_days", "bunch_share")
TELLABLE = ("unit", "grid_member", "acceptor", "dispatcher", "shift_leader", "leader")
TEAMS = ("duty", "grid", "property", "volunteer", "chief", "emergency")  # of data/reference/codes.csv, list team_kind
_LIMIT = (
    Field("limit_value", "时限", "Limit", "number", above=0, high=10_000),
    Field("limit_unit", "时限单位", "Limit unit", names=UNITS),
)
_NAMED = (Field("zh", "中文名称", "Chinese name"), Field("en", "英文名称", "English name"))
_HOURS = Field("hours", "工作时间", "Hours", "spans", required=False)

DECLARED: Mapping[str, Declared] = {
    table.name: table
    for table in (
        Declared(
            "types", "事件类型", "Types", ("code",),
            (
                Field("code", "代码", "Code"), Field("class", "大类代码", "Class"), Field("class_zh", "大类", "Class in Chinese"),
                Field("class_en", "大类英文", "Class in English"), *_NAMED, *_LIMIT,
                Field("grade", "默认等级", "Grade", "integer", low=1, high=4),
                Field("ai", "可智能识别", "Recognised by cameras", "yes_no"), Field("personal", "涉及个人", "About persons", "yes_no"),
                Field("public", "公众可报", "Open to the public", "yes_no"),
                Field("merge_m", "疑似重复距离（米）", "Duplicate within (m)", "number", low=0, high=5_000),
                Field("merge_min", "疑似重复时间（分钟）", "Duplicate within (min)", "number", low=0, high=525_600),
                Field("icon", "图标", "Icon", required=False),
            ),
            ("event_types.csv", "network/types_more.csv"),
        ),
        Declared(
            "stages", "环节时限", "Stages", ("stage",),
            (Field("stage", "环节", "Stage", names=STAGE_NAMES), *_LIMIT), ("network/stages.csv",),
        ),
        Declared(
            "grades", "事件等级", "Grades", ("grade",),
            (
                Field("grade", "等级", "Grade", "integer", low=1, high=4), *_NAMED,
                Field("level", "颜色级别", "Level", "integer", low=1, high=5),
            ),
            ("network/grades.csv",),
        ),
        Declared(
            "units", "处置单位", "Units", ("code",),
            (
                Field("code", "代码", "Code"), *_NAMED, Field("phone", "电话", "Phone", required=False),
                Field("kind", "类别", "Kind", names=("department", "squad", "station", "company", "village", "other")),
            ),
            ("network/units.csv",),
        ),
        Declared(
            "responsible", "责任划分", "Responsible units", ("what", "area"),
            (
                Field("what", "类型或大类", "Type or class", refers="types", any_too=True), Field("area", "网格代码", "Area"),
                Field("unit", "单位", "Unit", refers="units"),
            ),
            ("network/responsible.csv",),
        ),
        Declared(
            "skills", "力量要求", "Skills wanted", ("what",),
            (
                Field("what", "类型或大类", "Type or class", refers="types", any_too=True),
                Field("skills", "技能", "Skills", "list", required=False), Field("teams", "队伍", "Teams", "list", names=TEAMS),
            ),
            ("network/skills.csv",),
        ),
        Declared(
            "ladder", "升级阶梯", "Ladder", ("grade", "share"),
            (
                Field("grade", "等级", "Grade", refers="grades", any_too=True),
                Field("share", "时限占比", "Share of the limit", "number", low=0.8, high=100),
                Field("tell", "通知", "Who is told", "list", names=TELLABLE),
                Field("card", "督办（0 无 1 普通 2 黄牌 3 红牌）", "Card", "integer", low=0, high=3),
            ),
            ("network/ladder.csv",),
        ),
        Declared(
            "hours", "工作时间表", "Working hours", ("weekday",),
            (Field("weekday", "星期（1 为周一）", "Weekday", "integer", low=1, high=7), _HOURS), ("working_hours.csv",),
        ),
        Declared(
            "holidays", "节假日与调休", "Holidays", ("date",),
            (
                Field("date", "日期", "Date", "date"), Field("kind", "类别", "Kind", names=("holiday", "workday")), *_NAMED,
                Field("announced", "公布依据", "Announced", required=False), _HOURS,
            ),
            ("holidays_cn.csv",),
        ),
        Declared(
            "labels", "识别标签", "Labels", ("vendor", "label"),
            (Field("vendor", "厂商", "Vendor"), Field("label", "标签", "Label"), Field("type", "类型", "Type", refers="types")),
            ("network/labels.csv",),
        ),
        Declared(
            "sources", "事件来源", "Sources", ("code",),
            (Field("code", "代码", "Code"), *_NAMED, Field("auto", "主动发现", "Found by ourselves", "yes_no")), ("network/sources.csv",),
        ),
        Declared(
            "figures", "考核参数", "Figures", ("name",),
            (
                Field("name", "参数", "Name", names=FIGURES),
                Field("value", "值", "Value", "number", above=0, high=10_000),
                Field("zh", "中文名称", "Chinese name", required=False), Field("en", "英文名称", "English name", required=False),
            ),
            ("network/figures.csv",),
        ),
    )
}  # fmt: skip
COMPLETE: Mapping[str, tuple[object, ...]] = {  # keys that must all be there, or the network could not work
    "stages": STAGE_NAMES, "grades": (1, 2, 3, 4), "hours": (1, 2, 3, 4, 5, 6, 7),
    "figures": FIGURES,
}  # fmt: skip
