"""Houses: the hundred-point score and hard triggers of domain sections 2.5 and 3.2."""

from data.schema.people import still_open
from layers.core.spec import Field, Join, Layer, Rule, Theme, ThemeClass, classes_of

_ITEMS = {"registration": 20, "fire": 25, "security": 15, "structure": 15, "sanitation": 10, "neighbours": 10, "landlord": 5}
_GOT = " + ".join(f"coalesce(r.score_{item}, 0)" for item in _ITEMS)
_POSSIBLE = " + ".join(f"CASE WHEN r.score_{item} IS NULL THEN 0 ELSE {points} END" for item, points in _ITEMS.items())
# Of 100: items that were not scored are left out, so a half-filled register is judged by what it says.
SCORE = f"(100.0 * ({_GOT}) / nullif({_POSSIBLE}, 0))"
RENTED = "(r.house_id IS NOT NULL OR o.occupancy IN ('let', 'part_let'))"
CHECKED = "greatest(o.verified_on, r.inspected_on)"
RENTAL_DAYS, OWN_DAYS = 90, 180
# Blue rentals are visited every four weeks: three visits missed in a row is overdue; after 90 days the colour itself expires.
OVERDUE_DAYS = 84

# Persons of one room are kin when they share one household book and nobody is marked as not kin; kin are excepted from the limit of two a living
# room, not from the 5 m² (Shanghai rule). Rooms without their number of living rooms or their area are not judged on that count.
_ROOM_PEOPLE = """SELECT room_id, count(*) AS people,
    count(household_no) = count(*) AND min(household_no) = max(household_no) AND count_if(relation = '99') = 0 AS kin
    FROM person WHERE room_id IS NOT NULL GROUP BY 1"""
_ROOMS = f"""SELECT rm.house_id, count_if(rm.room_use = 'let') AS let_rooms,
    count_if(rm.room_use IN ('let') IS NOT FALSE AND NOT p.kin AND p.people > 2 * rm.designed_rooms) AS crowded,
    count_if(rm.room_use IN ('let') IS NOT FALSE AND rm.living_area_m2 / p.people < 5) AS cramped
    FROM room rm LEFT JOIN ({_ROOM_PEOPLE}) p USING (room_id) GROUP BY 1"""
_PEOPLE = """SELECT house_id, count(*) AS people, count_if(category = 'migrant') AS migrants
    FROM person WHERE house_id IS NOT NULL GROUP BY 1"""

# People known to live in the house but in no room of it are judged together with the rooms they may live in: those that are let and those in which
# nobody is known to live. Nobody says how they share them, so a household of kin counts as two: it may have a room of its own, however many it is.
_FOR_THEM = """SELECT room_id, house_id, designed_rooms, living_area_m2 FROM room WHERE coalesce(room_use, 'let') = 'let'
    OR room_use <> 'storage' AND room_id NOT IN (SELECT room_id FROM person WHERE room_id IS NOT NULL)"""
_SPACE = f"""SELECT house_id, CASE WHEN count(designed_rooms) = count(*) THEN nullif(sum(designed_rooms), 0) END AS living_rooms,
    CASE WHEN count(living_area_m2) = count(*) THEN sum(living_area_m2) END AS living_area_m2 FROM ({_FOR_THEM}) GROUP BY 1"""
_HOUSEHOLDS = f"""SELECT house_id, count(*) AS people,
    CASE WHEN count(household_no) > 0 AND count_if(relation = '99') = 0 THEN least(count(*), 2) ELSE count(*) END AS strangers
    FROM person WHERE house_id IN (SELECT house_id FROM person WHERE room_id IS NULL AND house_id IS NOT NULL)
        AND (room_id IS NULL OR room_id IN (SELECT room_id FROM ({_FOR_THEM}))) GROUP BY house_id, household_no"""
_ROOMLESS = f"""SELECT p.house_id, p.people, p.strangers, s.living_rooms, s.living_area_m2
    FROM (SELECT house_id, sum(people) AS people, sum(strangers) AS strangers FROM ({_HOUSEHOLDS}) GROUP BY 1) p LEFT JOIN ({_SPACE}) s USING (house_id)"""
_CASES = f"""SELECT object_id AS house_id, count(*) AS open FROM casework
    WHERE object_table = 'house' AND opened_on <= $as_of AND {still_open()} GROUP BY 1"""

# Without room rows, or without their number of living rooms, the house itself or its register says how many rooms there are.
_LIVING_ROOMS = "coalesce(nr.living_rooms, nullif(r.rooms_let, 0), nullif(o.room_count, 0))"
_CROWDED = f"{RENTED} AND (rm.crowded > 0 OR nr.strangers > 2 * {_LIVING_ROOMS})"
_CRAMPED = f"{RENTED} AND (rm.cramped > 0 OR nr.living_area_m2 / nr.people < 5)"
_LARGE = f"{RENTED} AND (coalesce(r.rooms_let, nullif(rm.let_rooms, 0), CASE o.occupancy WHEN 'let' THEN o.room_count END) >= 10 OR occ.people >= 15)"
_HAZARD_KNOWN = "coalesce(o.danger_grade, o.gas_hazard, o.illegal_addition::VARCHAR, o.exit_blocked::VARCHAR) IS NOT NULL"

LAYER = Layer(
    name="houses", table="house", zh="房屋", en="Houses", icon="house", order=40, geometry="polygon", zoom=(0, 22),
    unit_zh="栋", unit_en="houses", label="name", freshness_days=OWN_DAYS, checked=CHECKED, red_needs_check=True,
    visit_days={1: 7, 2: 7, 3: 14, 4: 28, 5: 91, 0: OWN_DAYS},
    joins=(
        Join("r", "r.house_id = o.house_id", table="rental"),
        Join("rm", "rm.house_id = o.house_id", select=_ROOMS, columns=("house_id", "let_rooms", "crowded", "cramped")),
        Join("occ", "occ.house_id = o.house_id", select=_PEOPLE, columns=("house_id", "people", "migrants")),
        Join("nr", "nr.house_id = o.house_id", select=_ROOMLESS, columns=("house_id", "people", "strangers", "living_rooms", "living_area_m2")),
        Join("c", "c.house_id = o.house_id", select=_CASES, columns=("house_id", "open")),
    ),
    rules=(
        Rule(1, "group_rental_persons", _CROWDED, "群租:每间居室居住超过2人(非亲属)", "Group rental: over 2 unrelated people a living room",
             "每间居室不超过2人并完成登记", "At most 2 unrelated people a living room"),
        Rule(1, "group_rental_area", _CRAMPED, "群租:人均居住面积不足5平方米", "Group rental: under 5 m² of living area a person",
             "人均居住面积达到5平方米", "At least 5 m² of living area a person"),
        Rule(1, "live_work_store", "o.live_work_store", "三合一场所(住宿、生产、仓储未分隔)", "Living, work and storage without separation",
             "分隔或搬离住宿", "Separate them or move the sleeping places out"),
        Rule(1, "coloured_steel", "o.coloured_steel", "彩钢板房住人", "Coloured-steel rooms are lived in", "清退彩钢板房内住人", "Nobody lives in coloured-steel rooms"),
        Rule(1, "danger_d", "o.danger_grade = 'D'", "D级危房", "Dangerous building, grade D", "撤离并加固或拆除,重新鉴定", "Vacate; strengthen or demolish, and have it graded anew"),
        Rule(1, "gas_major", "o.gas_hazard = 'major'", "燃气重大隐患", "Major gas hazard", "停用燃气并消除隐患", "Shut the gas off and remove the hazard"),
        Rule(1, "score_red", f"{SCORE} < 60", "出租房评分低于60分", "Rental score under 60", "整改扣分项,评分达到90分", "Mend what cost points, up to 90"),
        Rule(1, "third_yellow", "r.yellow_streak >= 3", "连续三次黄色", "Third yellow in a row", "消除黄色原因并通过复查", "Remove the cause of the yellows and pass a check"),
        Rule(2, "large_unmanaged", f"{_LARGE} AND (r.alarms_ok = false OR r.manager_named = false)", "10间或15人以上出租未落实烟感或管理人",
             "10 rooms or 15 people let without alarms or manager", "安装烟感报警器并明确管理人", "Fit smoke alarms and name a manager"),
        Rule(2, "ebike_indoor", "o.ebike_indoor", "电动车室内充电", "E-bikes are charged indoors", "移至室外集中充电", "Charge outside"),
        Rule(2, "exit_blocked", f"o.exit_blocked OR {RENTED} AND r.fire_exit = false", "疏散通道堵塞或缺失", "Exit blocked or missing",
             "清理并保持通道畅通", "Clear the exit and keep it clear"),
        Rule(2, "danger_c", "o.danger_grade = 'C'", "C级危房", "Partly dangerous building, grade C", "维修加固,重新鉴定", "Strengthen it and have it graded anew"),
        Rule(2, "score_orange", f"{SCORE} >= 60 AND {SCORE} < 70", "出租房评分60–69分", "Rental score 60–69", "整改扣分项,评分达到90分", "Mend what cost points, up to 90"),
        Rule(3, "open_hazard", "o.gas_hazard = 'ordinary' OR r.hazard <> '00' OR c.open > 0", "一般隐患未销号", "Ordinary hazard open",
             "消除隐患并结案", "Remove the hazard and close the case"),
        Rule(3, "tenant_unregistered", "r.unregistered_days > 7", "租客超过7日未登记", "A tenant unregistered for over 7 days", "为租客办理登记", "Register the tenant"),
        Rule(3, "inspection_overdue", f"{RENTED} AND $as_of - {CHECKED} >= {OVERDUE_DAYS} AND $as_of - {CHECKED} < {RENTAL_DAYS}", "检查逾期",
             "Inspection overdue", "上门检查", "Inspect it", flips=f"CASE WHEN NOT {RENTED} THEN NULL WHEN $as_of - {CHECKED} < {OVERDUE_DAYS}"
             f" THEN {CHECKED} + {OVERDUE_DAYS} ELSE {CHECKED} + {RENTAL_DAYS} END"),
        Rule(3, "illegal_addition", "o.illegal_addition", "存在违法搭建", "Illegal addition", "拆除违法搭建", "Take the addition down"),
        Rule(3, "score_yellow", f"{SCORE} >= 70 AND {SCORE} < 80", "出租房评分70–79分", "Rental score 70–79", "整改扣分项,评分达到90分", "Mend what cost points, up to 90"),
        Rule(0, "vacant_unverified", f"o.occupancy = 'vacant' AND ({CHECKED} IS NULL OR $as_of - {CHECKED} >= {OWN_DAYS})", "空置未核实",
             "Vacant, not verified", "上门核实是否空置", "Verify on the spot that it is vacant", flips=f"{CHECKED} + {OWN_DAYS}"),
        Rule(0, "rental_expired", f"{RENTED} AND ({CHECKED} IS NULL OR $as_of - {CHECKED} >= {RENTAL_DAYS})", "出租房超过90日未核实",
             "Rental not verified for 90 days", "上门核实", "Verify on the spot", flips=f"CASE WHEN {RENTED} THEN {CHECKED} + {RENTAL_DAYS} END"),
        Rule(0, "not_verified", f"(o.occupancy IS NOT NULL OR {_HAZARD_KNOWN}) AND ({CHECKED} IS NULL OR $as_of - {CHECKED} >= {OWN_DAYS})",
             "超过180日未核实", "Not verified for 180 days", "上门核实", "Verify on the spot", flips=f"{CHECKED} + {OWN_DAYS}"),
        Rule(5, "rental_excellent", f"{RENTED} AND {SCORE} >= 90", "出租房评分90分以上", "Rental score 90 or more"),
        Rule(4, "compliant_rental", RENTED, "出租,常态管理", "Let, routine watch", "评分达到90分", "Reach a score of 90"),
        Rule(5, "owner_occupied", "o.occupancy = 'own'", "自住", "Owner-occupied"),
        Rule(5, "vacant", "o.occupancy = 'vacant'", "空置", "Vacant"),
        Rule(5, "other_use", f"o.occupancy = 'other' OR o.occupancy IS NULL AND {_HAZARD_KNOWN}", "非住宅或其他用途", "Other use"),
    ),
    themes=(
        Theme("occupancy", "房屋用途", "Occupancy", "o.occupancy", classes_of("occupancy", {
            "own": "#3E9C97", "part_let": "#E3A6C4", "let": "#B0408F", "vacant": "#C9BFB0", "other": "#7E6BC0"})),
        Theme("building_use", "建筑用途", "Building use", "o.building_use", classes_of("building_use", {
            "01": "#D8BFA3", "02": "#C2459A", "03": "#3F51B5", "04": "#8C6BB1", "05": "#A1887F", "06": "#E9A6CB", "99": "#BDB6AB"})),
        Theme("structure", "房屋结构", "Structure", "o.structure", classes_of("structure", {
            "brick_concrete": "#B5838D", "brick_wood": "#B08D57", "frame": "#4A5DB0", "steel": "#6FA8A0", "other": "#BDB6AB"})),
        Theme("storeys", "层数", "Storeys", """CASE WHEN o.storeys <= 3 THEN o.storeys::VARCHAR WHEN o.storeys <= 6 THEN '4-6'
            WHEN o.storeys <= 11 THEN '7-11' WHEN o.storeys <= 18 THEN '12-18' WHEN o.storeys > 18 THEN '19+' END""", (
            ThemeClass("1", "1层", "1 storey", "#FAD3E3"), ThemeClass("2", "2层", "2 storeys", "#F2A7CC"), ThemeClass("3", "3层", "3 storeys", "#E37FB9"),
            ThemeClass("4-6", "4–6层", "4–6 storeys", "#C957A7"), ThemeClass("7-11", "7–11层", "7–11 storeys", "#A63690"),
            ThemeClass("12-18", "12–18层", "12–18 storeys", "#7F2679"), ThemeClass("19+", "19层及以上", "19 storeys and more", "#52205F"))),
    ),
    tooltip=("name", "occupancy", "storeys"),
    card=(
        "address", "name", "building_use", "occupancy", "structure", "storeys", "room_count", "floor_area_m2", "footprint_m2", "built_year",
        Field("people", "居住人数", "People living here", "coalesce(occ.people, 0)", "人", "people"),
        Field("migrants", "其中流动人口", "Of them migrants", "coalesce(occ.migrants, 0)", "人", "people"),
        Field("score", "出租房评分", "Rental score", f"round({SCORE})", "分"),
        Field("inspected_on", "最近检查", "Last inspection", "r.inspected_on", kind="date"),
        Field("open_cases", "未结案件", "Open cases", "coalesce(c.open, 0)", "件", "count"),
        "danger_grade", "illegal_addition", "gas_hazard", "owner_name", "owner_phone", "chief", "chief_phone", "verified_on", "source", "delivered_at",
    ),
)  # fmt: skip
