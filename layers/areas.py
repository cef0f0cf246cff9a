"""Areas: the composite of domain section 3.2, whose parts a card can show. Parts without data are left out and the weights re-normalised."""

from data.schema.people import still_open
from layers.core.spec import Field, Join, Layer, Part, Rule, Theme, ThemeClass, classes_of

WINDOW_DAYS = 90

# A case lies where its object lies.
CASES = """SELECT c.*, coalesce(h.area_code, p.area_code, s.area_code, f.area_code, a.code) AS area_code FROM casework c
    LEFT JOIN house h ON c.object_table = 'house' AND h.house_id = c.object_id
    LEFT JOIN parcel p ON c.object_table = 'parcel' AND p.parcel_id = c.object_id
    LEFT JOIN stand s ON c.object_table = 'stand' AND s.stand_id = c.object_id
    LEFT JOIN facility f ON c.object_table = 'facility' AND f.facility_id = c.object_id
    LEFT JOIN area a ON c.object_table = 'area' AND a.code = c.object_id WHERE c.opened_on <= $as_of"""
_STILL = still_open()
# Every case whose limit fell into the window should be closed; a case found is rectified when it was closed and has passed its check.
_CLOSING = f"""SELECT area_code, count_if({_STILL} OR closed_on > due_on) AS bad, count(*) AS n FROM ({CASES})
    WHERE due_on >= $as_of - {WINDOW_DAYS} AND due_on < $as_of GROUP BY 1"""
_RECTIFIED = f"""SELECT area_code, count_if({_STILL} OR passed_check = false) AS bad, count(*) AS n FROM ({CASES})
    WHERE opened_on >= $as_of - {WINDOW_DAYS} AND (NOT {_STILL} OR due_on < $as_of) GROUP BY 1"""
_OBJECTS = """SELECT area_code, coalesce(sum(n) FILTER (level IN (1, 2)), 0) AS bad, sum(n) AS n FROM tally
    WHERE layer IN ('houses', 'land', 'forest', 'facilities') AND level <> 0 GROUP BY 1"""
_VISITS = "SELECT area_code, sum(overdue) AS bad, sum(visits) AS n FROM tally GROUP BY 1"
# Nuisance from sites, parking fees, quarrels and food: the types that residents complain of, until the network counts complaints itself.
_COMPLAINTS = f"""SELECT people.area_code, coalesce(cases.n, 0) AS bad, people.n FROM (SELECT area_code, count(*) AS n FROM person GROUP BY 1) people
    LEFT JOIN (SELECT area_code, count(*) AS n FROM ({CASES}) WHERE event_type IN ('0301', '0302', '0954', '1051', '1054')
        AND opened_on >= $as_of - {WINDOW_DAYS} GROUP BY 1) cases USING (area_code)
    WHERE EXISTS (FROM casework WHERE event_type IN ('0301', '0302', '0954', '1051', '1054'))"""
_FRESH = """SELECT area_code, count_if(seen IS NULL OR $as_of - seen >= days) AS bad, count(*) AS n FROM (
    SELECT h.area_code, greatest(h.verified_on, r.inspected_on) AS seen, CASE WHEN r.house_id IS NULL THEN 180 ELSE 90 END AS days
        FROM house h LEFT JOIN rental r USING (house_id) WHERE EXISTS (FROM house WHERE verified_on IS NOT NULL)
    UNION ALL SELECT area_code, greatest(verified_on, last_check_in), 180 FROM person WHERE EXISTS (FROM person WHERE verified_on IS NOT NULL)
    UNION ALL SELECT area_code, verified_on, 365 FROM parcel WHERE EXISTS (FROM parcel WHERE verified_on IS NOT NULL)
    UNION ALL SELECT area_code, verified_on, 365 FROM stand WHERE EXISTS (FROM stand WHERE verified_on IS NOT NULL)) GROUP BY 1"""

# Grades I and II, on whatever object inside the area: the grade is that of the incident, not the colour of the object.
_GRAVE = f"""SELECT t.ancestor_code AS area_code, count(*) AS open FROM ({CASES}) c JOIN tree t USING (area_code)
    WHERE c.grade IN ('1', '2') AND {_STILL} GROUP BY 1"""
_OLD_REDS = f"""SELECT t.ancestor_code AS area_code, count(*) AS houses FROM house h
    JOIN receipt r ON r.layer = 'houses' AND r.object_id = h.house_id AND r.level = 1 JOIN tree t ON t.area_code = h.area_code
    WHERE h.house_id IN (SELECT object_id FROM casework WHERE object_table = 'house' AND {_STILL} AND $as_of - opened_on > 30) GROUP BY 1"""


def _score(level: int, code: str, when: str, zh: str, en: str) -> Rule:
    return Rule(
        level, code, when, f"综合得分{zh}", f"Composite score {en}", "改进得分最低的分项", "Improve the parts with the lowest points"
    )


LAYER = Layer(
    name="areas", table="area", zh="网格", en="Areas", icon="grid", order=70, geometry="polygon", unit_zh="个", unit_en="areas", label="name",
    checked="NULL::DATE", visit_days={},
    joins=(
        Join("grave", "grave.area_code = o.code", select=_GRAVE, columns=("area_code", "open")),
        Join("old", "old.area_code = o.code", select=_OLD_REDS, columns=("area_code", "houses")),
    ),
    parts=(
        Part("closing", "按期结案", "Closing on time", 30, 0.10, _CLOSING),
        Part("objects", "红橙对象占比", "Share of red and orange objects", 25, 0.05, _OBJECTS),
        Part("rectification", "隐患整改", "Hazards rectified", 15, 0.15, _RECTIFIED),
        Part("visits", "走访完成", "Visits done", 15, 0.15, _VISITS, people=True),
        Part("complaints", "千人投诉", "Complaints per 1 000 people", 10, 0.002, _COMPLAINTS, people=True),
        Part("freshness", "数据鲜活度", "Freshness of data", 5, 0.10, _FRESH, people=True),
    ),
    rules=(
        Rule(1, "grave_incident", "grave.open > 0", "有重大及以上事件未结", "A grade I or II incident is open", "完成处置并结案", "Handle and close it"),
        # Of the town as a whole this would always hold: it is meant for the areas below it.
        Rule(1, "old_red_houses", "o.level > 0 AND old.houses >= 3", "3户以上红色房屋超过30日未整改", "3 or more red houses uncorrected for over 30 days",
             "完成红色房屋整改", "Put the red houses right"),
        _score(1, "score_red", "s.score < 60", "低于60", "under 60"),
        _score(2, "score_orange", "s.score >= 60 AND s.score < 70", "60–69", "60–69"),
        _score(3, "score_yellow", "s.score >= 70 AND s.score < 80", "70–79", "70–79"),
        _score(4, "score_blue", "s.score >= 80 AND s.score < 90", "80–89", "80–89"),
        Rule(5, "score_green", "s.score >= 90", "综合得分90以上", "Composite score 90 or more"),
    ),
    themes=(
        Theme("kind", "类型", "Kind", "o.kind", classes_of("area_kind", {
            "town": "#BDB6AB", "village": "#2F8F8A", "committee": "#4A5DB0", "urban_village": "#C77D8E", "estate": "#9C7FC1", "micro_grid": "#8FD0C8",
            "team": "#B5A642", "block": "#A07D68"})),
        Theme("service_model", "管理模式", "Service model", "o.service_model", classes_of("service_model", {"basic": "#C9A77C", "standard": "#4FA8A0"})),
        Theme("score", "综合得分", "Composite score", "CASE WHEN s.score IS NOT NULL THEN (least(floor(s.score / 10), 9) * 10)::INTEGER END", tuple(
            ThemeClass(str(low), f"{low}–{low + 10}", f"{low}–{low + 10}", hex_) for low, hex_ in zip(range(0, 100, 10), (
                "#6B3E12", "#8C5A2B", "#AF7F4F", "#CFA97D", "#EBD5B5", "#CFE7E3", "#9CD0CA", "#63B1AC", "#2F8C8A", "#0F6468"), strict=True))),
    ),
    tooltip=("name", "kind"),
    card=(
        "kind", "service_model", "households",
        Field("score", "综合得分", "Composite score", "round(s.score, 1)", "分"),
        "chief", "chief_phone", "verified_on", "source", "delivered_at",
    ),
)  # fmt: skip
