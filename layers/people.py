"""People: service colours by person (domain section 3.2), shown only as counts of areas. No person is ever on a map."""

from data.policy import SMALL
from layers.core.spec import Join, Layer, Rule, Theme, ThemeClass, classes_of

CHECKED = "greatest(o.verified_on, o.last_check_in)"
_ALONE = "o.care_group = '01'"
_80 = "o.birth_date + INTERVAL 80 YEAR"
_70 = "o.birth_date + INTERVAL 70 YEAR"
MISSING_DAYS, VERIFIED_DAYS = 90, 180

# Registers that record visits at all: there an empty day of visit says that nobody came.
_VISITED = "SELECT source, count(*) AS visits FROM person WHERE last_check_in IS NOT NULL GROUP BY 1"
# Residents counted one by one where persons are delivered, else the newest count of the area.
_CELLS = "SELECT area_code, arg_max(people, counted_on) AS people FROM population_cell WHERE counted_on <= $as_of GROUP BY 1"
_GROUPS = """SELECT t.ancestor_code AS area_code, sum(k.n) AS total, arg_max(k.category, k.n) AS most, sum(k.n) FILTER (k.category = 'migrant') AS migrants
    FROM (SELECT area_code, category, count(*) AS n FROM person WHERE category IS NOT NULL GROUP BY 1, 2) k JOIN tree t USING (area_code) GROUP BY 1"""
_DENSITY = "(1e6 * coalesce(nullif(n.total, 0), cell.people) / nullif(ST_Area(o.geom), 0))"
# One or two people in red or orange count as none: a colour must not say what the number may not.
_SERIOUS = f"CASE WHEN n.red + n.orange < {SMALL} THEN 0 ELSE 100.0 * (n.red + n.orange) / n.total END"
_ENOUGH = f"n.total >= {SMALL} AND n.total > n.grey"


def _share(level: int, code: str, low: float, high: float, zh: str, en: str) -> Rule:
    return Rule(
        level,
        code,
        f"{_ENOUGH} AND {_SERIOUS} >= {low} AND {_SERIOUS} < {high}",
        zh,
        en,
        "逐户走访,落实帮扶措施",
        "Visit each household and arrange help",
    )


LAYER = Layer(
    name="people", table="person", zh="人口", en="People", icon="people", order=60, geometry="area", zoom=(0, 22), personal=True,
    unit_zh="人", unit_en="people", freshness_days=VERIFIED_DAYS, checked="coalesce(o.last_check_in, o.verified_on)",
    # Who is well is not visited by rhythm: only red, orange and yellow are.
    visit_days={1: 7, 2: 7, 3: 14},
    joins=(
        Join("h", "h.house_id = o.house_id", table="house"),
        Join("reg", "reg.source = o.source", select=_VISITED, columns=("source", "visits")),
    ),
    rules=(
        Rule(1, "attention_high", "o.attention = '01'", "关注程度:高", "Attention level high", "落实包保责任,情况稳定后调低", "Assign a carer; lower the level when stable"),
        Rule(1, "missing_check_in", f"{_ALONE} AND $as_of - o.last_check_in >= {MISSING_DAYS}", "独居老人超过90日无走访", "Lives alone and not seen for 90 days",
             "立即上门走访", "Visit at once", flips=f"CASE WHEN {_ALONE} THEN o.last_check_in + {MISSING_DAYS} END"),
        Rule(1, "never_visited", f"{_ALONE} AND o.last_check_in IS NULL AND reg.visits > 0", "独居老人无走访记录", "Lives alone and no visit is on record",
             "立即上门走访并登记", "Visit at once and record it"),
        Rule(2, "attention_medium", "o.attention = '02'", "关注程度:中", "Attention level medium", "定期走访,情况稳定后调低", "Visit regularly; lower the level when stable"),
        Rule(2, "alone_80", f"{_ALONE} AND $as_of >= {_80}", "80岁以上独居老人", "Lives alone, 80 or older", "每周走访", "Weekly visit",
             flips=f"CASE WHEN {_ALONE} THEN {_80} END"),
        Rule(2, "in_treatment", "o.care_group = '03'", "重点治疗人员", "In key treatment", "每周走访", "Weekly visit"),
        Rule(3, "attention_low", "o.attention = '03'", "关注程度:低", "Attention level low", "定期走访", "Visit regularly"),
        Rule(3, "alone_70", f"{_ALONE} AND ($as_of >= {_70} OR o.birth_date IS NULL)", "70岁以上独居老人", "Lives alone, 70 or older", "每两周走访",
             "Visit every two weeks", flips=f"CASE WHEN {_ALONE} THEN {_70} END"),
        Rule(3, "low_income", "o.low_income", "低保", "Low income", "落实救助", "See that support arrives"),
        Rule(3, "child_in_difficulty", "o.care_group = '04'", "困境儿童", "Child in difficulty", "每两周走访", "Visit every two weeks"),
        Rule(3, "disabled", "o.care_group = '02'", "残疾人员", "Disabled", "每两周走访", "Visit every two weeks"),
        Rule(0, "unlinked", "h.house_id IS NULL AND o.room_id IS NULL", "未关联到房屋", "Not linked to a house", "核实住址并关联房间", "Find the address and link the room"),
        Rule(0, "not_verified", f"{CHECKED} IS NULL OR $as_of - {CHECKED} >= {VERIFIED_DAYS}", "超过180日未核实", "Not verified for 180 days", "上门核实",
             "Verify on the spot", flips=f"{CHECKED} + {VERIFIED_DAYS}"),
        Rule(4, "new_arrival", "o.arrived_on > $as_of - 30", "新来人员(不足30日)", "Arrived under 30 days ago", flips="o.arrived_on + 30"),
        Rule(4, "not_registered_here", "o.category IN ('migrant', 'unsettled', 'overseas', 'lodging')", "流动、境外等人口", "Not registered here"),
        Rule(5, "registered", "o.category = 'registered'", "户籍人口", "Registered"),
    ),
    area_joins=(
        Join("cell", "cell.area_code = o.code", select=_CELLS, columns=("area_code", "people")),
        Join("g", "g.area_code = o.code", select=_GROUPS, columns=("area_code", "total", "most", "migrants")),
    ),
    # An area's colour: the share of its people in red or orange. A village has about 1 to 2 % (domain 8.2).
    area_rules=(
        Rule(0, "too_few", f"n.total > 0 AND n.total < {SMALL}", "人数过少,不予显示", "Too few people to show"),
        _share(1, "serious_5", 5, 101, "红橙人员占比5%以上", "5 % or more of the people in red or orange"),
        _share(2, "serious_3", 3, 5, "红橙人员占比3–5%", "3 to 5 % of the people in red or orange"),
        _share(3, "serious_2", 2, 3, "红橙人员占比2–3%", "2 to 3 % of the people in red or orange"),
        _share(4, "serious_1", 1, 2, "红橙人员占比1–2%", "1 to 2 % of the people in red or orange"),
        Rule(5, "serious_few", f"{_ENOUGH} AND {_SERIOUS} < 1", "红橙人员占比不足1%", "Under 1 % of the people in red or orange"),
        Rule(0, "all_unknown", "n.total > 0 AND n.total = n.grey", "人员均未核实", "Nobody verified", "核实人口信息", "Verify the people"),
    ),
    themes=(
        Theme("density", "人口密度", "Population density", f"""CASE WHEN {_DENSITY} < 100 THEN '0' WHEN {_DENSITY} < 500 THEN '100'
            WHEN {_DENSITY} < 2000 THEN '500' WHEN {_DENSITY} < 5000 THEN '2000' WHEN {_DENSITY} < 10000 THEN '5000' WHEN {_DENSITY} >= 10000 THEN '10000' END""", (
            ThemeClass("0", "100人/km²以下", "Under 100 people/km²", "#CDE9E4"), ThemeClass("100", "100–500人/km²", "100–500 people/km²", "#9BD2CB"),
            ThemeClass("500", "500–2,000人/km²", "500–2,000 people/km²", "#66B2AE"), ThemeClass("2000", "2,000–5,000人/km²", "2,000–5,000 people/km²", "#3A9192"),
            ThemeClass("5000", "5,000–10,000人/km²", "5,000–10,000 people/km²", "#1C6F75"), ThemeClass("10000", "10,000人/km²以上", "10,000 people/km² and more", "#0B464D"))),
        Theme("category", "主要人口类别", "Largest category", "CASE WHEN g.total >= 10 THEN g.most END", classes_of("person_category", {
            "registered": "#3E9C97", "migrant": "#D2A679", "unsettled": "#9E6FB0", "overseas": "#4A5DB0", "lodging": "#C77D8E"})),
        Theme("migrants", "流动人口占比", "Share of migrants", """CASE WHEN g.total < 10 THEN NULL WHEN coalesce(g.migrants, 0) < 0.1 * g.total THEN '0'
            WHEN g.migrants < 0.3 * g.total THEN '10' WHEN g.migrants < 0.5 * g.total THEN '30' WHEN g.migrants >= 0.5 * g.total THEN '50' END""", (
            ThemeClass("0", "不足10%", "Under 10 %", "#F1E1F0"), ThemeClass("10", "10–30%", "10–30 %", "#D3AEDB"),
            ThemeClass("30", "30–50%", "30–50 %", "#A877BE"), ThemeClass("50", "50%以上(倒挂)", "50 % and more", "#6F3F8F"))),
    ),
    card=("name", "sex", "birth_date", "category", "care_group", "attention", "low_income", "address", "room_no", "phone", "arrived_on", "verified_on"),
)  # fmt: skip
