"""The contract of incidents: what is kept of each, which columns identify somebody, and who may see them.

These tables live in the operational database (`incidents/core/schema.py`), not in deliveries, so they are not among `TABLES`.
Instants are whole milliseconds since 1970 in UTC.
"""

from __future__ import annotations

from data.schema.model import Column, Table

_PLACE = (
    Column("lon", "number", "经度", "Longitude", "WGS 84", unit="°", low=-180, high=180),
    Column("lat", "number", "纬度", "Latitude", "WGS 84", unit="°", low=-90, high=90),
    Column("area", "key", "所属网格", "Area", "Deepest area that holds the place"),
    Column("path", "key", "网格路径", "Path", "Codes from the town down to the area, each between slashes: /t/v/g/"),
    Column("address", "text", "地址", "Address", "As reported", personal="address", unmasked_for="officer"),
)  # fmt: skip
_COURSE = (
    Column("reported_at", "integer", "上报时间", "Reported at", unit="ms"),
    Column("accepted_at", "integer", "受理时间", "Accepted at", unit="ms"),
    Column("filed_at", "integer", "立案时间", "Filed at", unit="ms"),
    Column("dispatched_at", "integer", "派遣时间", "Dispatched at", unit="ms"),
    Column("handled_at", "integer", "处置时间", "Handled at", unit="ms"),
    Column("closed_at", "integer", "结束时间", "Ended at", "Closed, or ended in any other way", unit="ms"),
    Column("unit", "code", "责任单位", "Unit", "Unit that has it"),
    Column("responder", "key", "处置人员", "Responder", "Who was sent"),
    Column("version", "integer", "标准版本", "Version", "Version of the town's tables that it was filed under"),
    Column("parent", "key", "主案件", "Parent", "Incident that it was merged into"),
    Column("former", "code", "先前状态", "Former state", "State to go back to from suspended, merged or returned"),
    Column("supervised", "integer", "督办", "Supervised", "0 no, 1 ordinary, 2 yellow card, 3 red card", low=0, high=3),
    Column("rung", "number", "升级阶梯", "Rung", "Highest share of the limit at which the ladder has told somebody"),
    Column("urged", "integer", "催办次数", "Urged", "Times that it was urged"),
    Column("returns", "integer", "回退次数", "Returns", "Times that a unit gave it back"),
    Column("returned_by", "code", "回退单位", "Returned by", "Unit that gave it back last"),
    Column("redispatched", "integer", "改派次数", "Dispatched anew", "Times that it was given to another unit while under way"),
    Column("reworks", "integer", "返工次数", "Reworks", "Times that a check sent it back"),
    Column("extensions", "integer", "延期次数", "Extensions", "Times that its limit was extended"),
    Column("retyped", "integer", "改类次数", "Type changes", "Times that its type was changed after filing"),
    Column("lengthened", "integer", "改类延时", "Type changes for more time", "Those of them that gave it a later deadline"),
    Column("reopened", "integer", "重开次数", "Re-opened", "Times that an appeal opened it again"),
    Column("asked", "code", "待批事项", "Asked for", "What the unit has asked for and nobody has answered: extend, suspend, return"),
    Column("verified", "code", "核实结果", "Verified", "exist, not_exist or unable"),
    Column("checked", "code", "核查结果", "Checked", "pass, not_pass or unable"),
    Column("on_time", "integer", "按期", "On time", "1 handled within its limit, 0 not, empty while it is not handled", low=0, high=1),
    Column("verify_on_time", "integer", "按时核实", "Verified on time", "1 within its limit, 0 not, empty while not verified", low=0, high=1),
    Column("check_on_time", "integer", "按时核查", "Checked on time", "1 within its limit, 0 not, empty while not checked", low=0, high=1),
    Column("satisfied", "integer", "满意", "Satisfied", "1 satisfied, 0 not, empty while nobody was asked", low=0, high=1),
    Column("solved", "integer", "解决", "Solved", "1 solved as judged by who reported, 0 not, empty while nobody was asked", low=0, high=1),
    Column("contacted_at", "integer", "先行联系", "Contacted at", "Who reported was first called back", unit="ms"),
    Column("contact_on_time", "integer", "按时联系", "Contacted on time", "1 within one work day, 0 not, empty while not", low=0, high=1),
)  # fmt: skip
_CLOCK = (
    Column("stage", "code", "环节", "Stage", "Stage whose clock runs: accept, verify, file, dispatch, handle, check"),
    Column("clock_from", "integer", "起算时间", "Clock from", "Start of the running stretch", unit="ms"),
    Column("clock_used", "number", "已用时", "Used", "Units spent before that stretch"),
    Column("clock_limit", "number", "时限", "Limit", "Units allowed, extensions included"),
    Column("clock_unit", "code", "时限单位", "Limit unit", "urgent_hour, work_hour, work_day or natural_day"),
    Column("handle_used", "number", "处置用时", "Handling used", "Units that handling took, pauses left out; kept for a rework"),
    Column("handle_limit", "number", "处置时限", "Handling limit", "Units that handling was allowed"),
    Column("handle_due_at", "integer", "处置到期", "Handling due at", "End of the limit of handling; kept when it is handled", unit="ms"),
    Column("paused", "integer", "暂停", "Paused", "1 while the clock is paused", low=0, high=1),
    Column("yellow_at", "integer", "黄灯时间", "Yellow at", "80 % of the limit will be used; empty while nothing runs", unit="ms"),
    Column("due_at", "integer", "到期时间", "Due at", "All of the limit will be used; empty while nothing runs", unit="ms"),
)  # fmt: skip
_MACHINE = (
    Column("camera", "key", "摄像机", "Camera", "Camera that saw it"),
    Column("label", "text", "识别标签", "Label", "What the vendor's recognition called it"),
    Column("confidence", "number", "置信度", "Confidence", "Of the recognition", low=0, high=1),
    Column("ai", "code", "识别结果", "Recognition", "pending, confirmed or false; empty where no machine saw it"),
)

INCIDENT = Table(
    name="incident", zh="事件", en="Incident", key=("id",),
    meaning="An incident and where it stands; its history is the log of events.",
    columns=(
        Column("id", "key", "事件编号", "Number", "Day of the town and running number", required=True),
        Column("seq", "integer", "序号", "Sequence", "Of its last event"),
        Column("last_step", "code", "最近步骤", "Last step", "Step of its last event"),
        Column("last_by", "text", "最近经办", "Last by", "Who took it", personal="name", unmasked_for="leader"),
        Column("last_at", "integer", "最近时间", "Last at", unit="ms"),
        Column("feed", "code", "渠道", "Feed", "Way in"),
        Column("external_id", "key", "外部编号", "External id", "Number at whoever sent it; unique within the feed"),
        Column("source", "code", "来源", "Source", "Who noticed it: patrol, camera, hotline, public, leader, …"),
        Column("type", "code", "类型", "Type"),
        Column("grade", "integer", "等级", "Grade", "1 (I, gravest) to 4 (IV)", low=1, high=4),
        Column("state", "code", "状态", "State"),
        *_PLACE,
        Column("description", "text", "描述", "Description", "As reported; may name people", personal="words", unmasked_for="officer"),
        Column("reporter", "text", "上报人", "Reporter", personal="name", unmasked_for="officer"),
        Column("phone", "phone", "联系电话", "Phone", "Of who reported", personal="phone", unmasked_for="officer"),
        *_COURSE, *_CLOCK, *_MACHINE,
        Column("photos", "integer", "照片数", "Photos"),
    ),
)  # fmt: skip
