"""Tables of people: residents, rentals, counts, staff, contractors, the open-case ledger and levels set by hand."""

from __future__ import annotations

from data.schema.model import Column, Reference, Table

PERSON = Table(
    name="person", zh="人口", en="Person", key=("person_id",), key_from=("id_type", "id_number"),
    meaning="Actual population; always hangs on a room of a house where known. Never on a map as a point.",
    columns=(
        Column("person_id", "key", "人员编号", "Person id", "Internal key; hash of the document where the delivery has none", personal="id_number"),
        Column("name", "text", "姓名", "Name", "Family and given name", required=True, personal="name", unmasked_for="officer"),
        Column("id_type", "code", "证件类型", "Document", "Kind of identity document", codes="id_type", aliases=("证件代码",)),
        Column("id_number", "id_number", "公民身份号码", "ID number", "GB 11643-1999; other documents as delivered", required=True,
               aliases=("身份证号", "身份证号码", "证件号码", "公民身份证号码"), personal="id_number"),
        Column("sex", "code", "性别", "Sex", "GB/T 2261.1", codes="sex"),
        Column("birth_date", "date", "出生日期", "Born", "Date of birth; taken from the ID number when empty", aliases=("出生年月",),
               personal="birth", unmasked_for="officer"),
        Column("ethnicity", "text", "民族", "Ethnicity", "GB/T 3304, in words", personal="group"),
        Column("education", "code", "学历", "Education", "GB/T 4658", codes="education", aliases=("文化程度",)),
        Column("marital", "code", "婚姻状况", "Marital status", "GB/T 2261.2", codes="marital"),
        Column("political", "code", "政治面貌", "Political status", "GB/T 4762", codes="political"),
        Column("category", "code", "人口类别", "Category", "Registered, migrant, unsettled, overseas, lodging", codes="person_category",
               aliases=("人员类别", "人口类型")),
        Column("registration_match", "code", "人户一致标识", "Register match", "Whether the person lives where registered",
               codes="person_registration_match", aliases=("人户状态",)),
        Column("household_no", "key", "户号", "Household number", "Number of the household book", personal="group"),
        Column("relation", "code", "与户主关系", "Relation to head", "GB/T 4761", codes="relation"),
        Column("phone", "phone", "联系方式", "Phone", "Contact", aliases=("联系电话", "手机号码", "电话"), personal="phone", unmasked_for="officer"),
        Column("house_id", "key", "房屋编号", "House", "House lived in", aliases=("房屋编码", "FWBH")),
        Column("room_no", "text", "室号", "Room number", "Room lived in", aliases=("房间号",), personal="address", unmasked_for="officer"),
        Column("address", "text", "现住门(楼)详址", "Address", "Where the person lives, in words", aliases=("现住地址", "现住址", "居住地址"),
               personal="address", unmasked_for="officer"),
        Column("origin", "text", "户籍地", "Registered at", "Province or address of registration", aliases=("户籍地址", "户籍地省份"),
               personal="address", unmasked_for="officer"),
        Column("arrived_on", "date", "流入日期", "Arrived on", "Day of arrival of a migrant", aliases=("来本地日期", "来沪日期", "入住日期")),
        Column("inflow_reason", "code", "流入原因", "Reason", "Reason of a migrant's arrival", codes="inflow_reason"),
        Column("dwelling_type", "code", "住所类型", "Dwelling", "Kind of dwelling of a migrant", codes="dwelling_type"),
        Column("permit", "code", "办证类型", "Permit", "Residence permit held", codes="permit_type"),
        Column("permit_until", "date", "证件到期日期", "Permit until", "Day on which the permit ends"),
        Column("attention", "code", "关注程度", "Attention level", "Service attention, high to low", codes="attention_level", personal="group"),
        Column("care_group", "code", "关爱类别", "Care group", "Living alone, disabled, …", codes="care_group", personal="group"),
        Column("low_income", "yes_no", "低保", "Low income", "Receives minimum living allowance", aliases=("是否低保",), personal="group"),
        Column("last_check_in", "date", "最近走访日期", "Last visit", "Day of the last visit or check-in"),
    ),
    links=(
        Column("room_id", "key", "房间编号", "Room", "Room that the person lives in"),
        Column("area_code", "key", "所属网格", "Area", "Area of the house"),
    ),
    references=(Reference("house_id", "house"), Reference("room_id", "room"), Reference("area_code", "area")),
)  # fmt: skip

RENTAL = Table(
    name="rental", zh="出租房台账", en="Rental", key=("house_id",),
    meaning="Rental register: one row a rented house, with the seven-item score.",
    columns=(
        Column("house_id", "key", "房屋编号", "House", "Rented house", required=True, aliases=("房屋编码", "FWBH")),
        Column("address", "text", "房屋地址", "Address", "Address as registered", aliases=("地址", "出租房地址"), personal="address", unmasked_for="officer"),
        Column("landlord_name", "text", "出租人姓名", "Landlord", "Landlord", aliases=("房东姓名", "出租人"), personal="name", unmasked_for="officer"),
        Column("landlord_phone", "phone", "出租人电话", "Landlord's phone", "Phone", aliases=("房东电话",), personal="phone", unmasked_for="officer"),
        Column("tenants", "list", "承租人姓名", "Tenants", "Names of tenants, several in one cell", aliases=("承租人",), personal="name", unmasked_for="officer"),
        Column("rental_use", "code", "出租用途", "Rental use", "Purpose of letting", codes="rental_use", aliases=("出租房用途",)),
        Column("rooms_let", "integer", "出租间数", "Rooms let", "Rooms let", unit="间", low=0, high=500),
        Column("max_occupants", "integer", "限住人数", "Occupant limit", "Occupants allowed", unit="人", low=0, high=2000),
        Column("monthly_rent", "number", "月租金", "Monthly rent", "Rent a room and month", unit="元", low=0, high=100000),
        Column("let_since", "date", "出租时间", "Let since", "Start of letting", aliases=("起租日期",)),
        Column("hazard", "code", "隐患类型", "Hazard", "Kind of open hazard", codes="rental_hazard", aliases=("隐患情况",)),
        Column("hazard_open_since", "date", "隐患发现日期", "Hazard since", "Day on which the open hazard was found"),
        Column("letter_signed", "yes_no", "是否签订治安责任保证书", "Letter signed", "Landlord signed the responsibility letter", aliases=("责任书",)),
        Column("alarms_ok", "yes_no", "烟感报警器", "Smoke alarms", "Every room has a smoke alarm"),
        Column("manager_named", "yes_no", "是否有管理人", "Manager named", "A manager is named for a large rental", aliases=("管理人",)),
        Column("fire_exit", "yes_no", "有无消防通道", "Fire exit", "There is a free fire exit"),
        Column("unregistered_days", "integer", "未登记天数", "Unregistered days", "Longest time a tenant has gone unregistered", unit="天", low=0, high=3650),
        Column("yellow_streak", "integer", "连续黄色次数", "Yellow streak", "Consecutive yellow gradings", unit="次", low=0, high=100),
        Column("score_registration", "number", "人员登记得分", "Registration score", "People registered", unit="/20", low=0, high=20),
        Column("score_fire", "number", "消防得分", "Fire score", "Fire safety", unit="/25", low=0, high=25),
        Column("score_security", "number", "治安得分", "Security score", "Public security", unit="/15", low=0, high=15),
        Column("score_structure", "number", "结构合法性得分", "Structure score", "Structure and legality", unit="/15", low=0, high=15),
        Column("score_sanitation", "number", "卫生得分", "Sanitation score", "Sanitation", unit="/10", low=0, high=10),
        Column("score_neighbours", "number", "邻里得分", "Neighbour score", "Neighbours and complaints", unit="/10", low=0, high=10),
        Column("score_landlord", "number", "房东责任得分", "Landlord score", "Landlord's duty", unit="/5", low=0, high=5),
        Column("inspected_on", "date", "检查日期", "Inspected on", "Day of the last inspection", aliases=("最近检查日期",)),
    ),
    references=(Reference("house_id", "house"),),
)  # fmt: skip

POPULATION_CELL = Table(
    name="population_cell", zh="人口统计单元", en="Population cell", key=("area_code", "counted_on"),
    meaning="Counts where only counts exist, such as census blocks.",
    columns=(
        Column("area_code", "key", "网格编码", "Area", "Area counted", required=True, aliases=("GEOID", "GEOID10", "geoid")),
        Column("counted_on", "date", "统计日期", "Counted on", "Day of the count", required=True),
        Column("people", "integer", "人口数", "People", "People counted", unit="人", low=0, required=True, aliases=("population", "POP10", "总人口")),
        Column("households", "integer", "户数", "Households", "Households counted", unit="户", low=0),
    ),
    references=(Reference("area_code", "area"),),
)  # fmt: skip

RESPONDER = Table(
    name="responder", zh="值守力量", en="Responder", key=("responder_id",), geometry="point", max_bad_share=0.1,
    meaning="People and teams that can be sent: grid members, property staff, volunteers, small chiefs.",
    columns=(
        Column("responder_id", "key", "工号", "Staff number", "Unique number", required=True, aliases=("人员工号", "GH")),
        Column("name", "text", "姓名", "Name", "Name", required=True, personal="name", unmasked_for="leader"),
        Column("phone", "phone", "联系电话", "Phone", "Work phone", aliases=("手机号码", "电话"), personal="phone", unmasked_for="leader"),
        Column("post_type", "code", "岗位类型", "Post type", "Management, professional or basic", codes="post_type"),
        Column("team_kind", "code", "队伍类别", "Team", "Grid member, property, volunteer, small chief, duty, emergency", codes="team_kind"),
        Column("skills", "list", "技能", "Skills", "Skills, several in one cell"),
        Column("duty", "code", "在岗状态", "Duty", "On duty, off duty, on leave", codes="duty"),
        Column("organisation_id", "key", "单位编号", "Organisation", "Organisation of the person"),
        Column("area_code", "key", "所属网格", "Area", "Area of duty", aliases=("网格编码",)),
    ),
    references=(Reference("organisation_id", "organisation"), Reference("area_code", "area")),
)  # fmt: skip

ORGANISATION = Table(
    name="organisation", zh="单位", en="Organisation", key=("organisation_id",),
    meaning="Contractors, units and party branches.",
    columns=(
        Column("organisation_id", "key", "单位编号", "Organisation id", "Unique id", required=True),
        Column("name", "text", "单位名称", "Name", "Name", required=True),
        Column("kind", "code", "单位类别", "Kind", "Property company, unit, party branch", codes="organisation_kind"),
        Column("contact", "text", "联系人", "Contact", "Contact", personal="name", unmasked_for="leader"),
        Column("phone", "phone", "联系电话", "Phone", "Phone", personal="phone", unmasked_for="leader"),
        Column("area_code", "key", "服务网格", "Area", "Area served"),
        Column("contract_until", "date", "合同到期", "Contract until", "End of the contract"),
    ),
    references=(Reference("area_code", "area"),),
)  # fmt: skip

SERVICE = Table(
    name="service", zh="服务清单", en="Service", key=("service_id",),
    meaning="Service catalogue: basic, sinking and value-added lists per area.",
    columns=(
        Column("service_id", "key", "服务编号", "Service id", "Unique id", required=True),
        Column("name", "text", "服务名称", "Name", "Name", required=True),
        Column("list_type", "code", "清单类型", "List", "Basic, sinking or value-added", codes="service_list"),
        Column("area_code", "key", "网格编码", "Area", "Area served"),
        Column("organisation_id", "key", "单位编号", "Organisation", "Who does it"),
        Column("standard", "text", "服务标准", "Standard", "What is promised"),
        Column("frequency", "text", "服务频次", "Frequency", "How often"),
        Column("completion", "number", "完成率", "Completion", "Done over due", low=0, high=1),
    ),
    references=(Reference("area_code", "area"), Reference("organisation_id", "organisation")),
)  # fmt: skip

CASEWORK = Table(
    name="casework", zh="处置台账", en="Casework", key=("case_id",),
    meaning="Ledger of rectification cases on houses, parcels, stands and facilities: who must do what by when.",
    columns=(
        Column("case_id", "key", "案件编号", "Case id", "Unique number", required=True),
        Column("object_table", "code", "对象类别", "Object", "Table of the object", codes="case_object", required=True),
        Column("object_id", "key", "对象编号", "Object id", "Key of the object", required=True),
        Column("event_type", "key", "事件类型", "Event type", "Code in event_types.csv"),
        Column("grade", "code", "等级", "Grade", "I to IV", codes="event_grade_four"),
        Column("state", "code", "状态", "State", "Open or closed", codes="case_state"),
        Column("opened_on", "date", "立案日期", "Opened on", "Day of filing", required=True),
        Column("due_on", "date", "整改期限", "Due on", "Day by which it must be put right"),
        Column("closed_on", "date", "结案日期", "Closed on", "Day of closing"),
        Column("passed_check", "yes_no", "复查通过", "Passed check", "The check with photo was passed"),
        Column("responsible", "text", "责任人", "Responsible", "Who must act", personal="name", unmasked_for="leader"),
        Column("responsible_phone", "phone", "责任人电话", "Phone", "Work phone", personal="phone", unmasked_for="leader"),
    ),
)  # fmt: skip


def still_open(day: str = "$as_of") -> str:
    """SQL condition on a row of casework: the case is open on `day`; never NULL.

    A case whose state nobody understood is open until a day of closing says otherwise: it must not vanish from both sides of the account.
    """
    return f"(coalesce(state = 'open', closed_on IS NULL) OR coalesce(closed_on > {day}, false))"


OVERRIDE_DAYS = 90  # design section 5: longer than that nobody sets a level by hand

OVERRIDE = Table(
    name="override", zh="人工设定等级", en="Override", key=("layer", "object_id"), max_bad_share=1.0,
    meaning="Levels set by hand: who, why and until when. A red is left only where a check has been passed; afterwards the rules decide again.",
    columns=(
        Column("layer", "key", "图层", "Layer", "Name of the layer, such as 房屋 or houses", required=True),
        Column("object_id", "key", "对象编号", "Object id", "Key of the object that the layer colours", required=True),
        Column("level", "code", "等级", "Level", "Level to show instead of that of the rules", codes="level", required=True, aliases=("颜色",)),
        Column("override_by", "text", "设定人", "Set by", "Who answers for it", required=True, personal="name", unmasked_for="leader"),
        # Free text: it may name people, so who walks past the wall does not read it.
        Column("override_why", "text", "设定理由", "Reason", "Why the rules do not fit", required=True, aliases=("理由", "原因"),
               personal="group", unmasked_for="leader"),
        Column("override_since", "date", "设定日期", "Set on", "First day; the day of delivery when empty"),
        Column("override_until", "date", "设定有效期至", "Set until", "Last day", low=0, high=OVERRIDE_DAYS, after="override_since",
               required=True, aliases=("有效期至", "截止日期")),
    ),
)  # fmt: skip
