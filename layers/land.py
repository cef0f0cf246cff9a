"""Land: state of use against survey and plan (domain section 3.2), land classes in their official colours (2.6)."""

from data.codes import land_classes, osm_land_classes
from data.schema.people import still_open
from layers.core.spec import Join, Layer, Rule, Theme, ThemeClass, classes_of

# A year's change survey is delivered in the year after: its result counts until the end of that year, a field check for 365 days.
_GOOD_UNTIL = "greatest(o.verified_on + 365, make_date(o.surveyed_year + 2, 1, 1))"
_SANDIAO = {cls.code for cls in land_classes()}
_LIST = ", ".join(f"'{code}'" for code in sorted(_SANDIAO))
# Classes keep the colours of the third national land survey (classes of TD/T 1055-2019), those of OpenStreetMap the same families: people who
# read land maps know residential by its red and woodland by its green. So here alone a class may come near the colour of a level.
# K marks land that can be turned back into cropland; GB/T 21010 shares most codes with the third survey and takes its colours.
_CODE = "regexp_replace(o.class_code, 'K$', '')"
_CLASS = f"""CASE WHEN {_CODE} IN ({_LIST}) AND coalesce(o.scheme, 'sandiao') IN ('sandiao', 'gbt21010') THEN {_CODE}
    WHEN o.class_code IS NOT NULL THEN coalesce(o.scheme, 'local') || ':' || o.class_code END"""
_OPEN = f"""SELECT object_id, count(*) AS open FROM casework
    WHERE object_table = 'parcel' AND opened_on <= $as_of AND {still_open()} GROUP BY 1"""

LAYER = Layer(
    name="land", table="parcel", zh="土地", en="Land", icon="land", order=10, geometry="polygon", zoom=(0, 22),
    unit_zh="块", unit_en="parcels", freshness_days=365, checked="o.verified_on", red_needs_check=True,
    visit_days={1: 7, 2: 7, 3: 14, 4: 91, 5: 365},
    joins=(Join("c", "c.object_id = o.parcel_id", select=_OPEN, columns=("object_id", "open")),),
    rules=(
        Rule(1, "illegal_use", "o.status = 'illegal_use'", "违法用地", "Confirmed illegal use", "拆除复耕或补办手续,通过复查", "Restore the land or regularise it, and pass a check"),
        Rule(1, "farmland_occupied", "o.status = 'farmland_occupied'", "占用耕地或永久基本农田", "Cropland or basic farmland occupied", "退还耕地并复耕", "Give the cropland back"),
        Rule(2, "abandoned", "o.status = 'abandoned'", "撂荒一季以上", "Abandoned for a season or more", "恢复耕种", "Cultivate it again"),
        Rule(2, "non_grain", "o.status = 'non_grain'", "永久基本农田非粮化", "Non-grain on basic farmland", "恢复粮食种植", "Return to grain"),
        Rule(3, "change_unverified", "o.status = 'change_unverified'", "卫片疑似变化未核实", "Satellite change not yet verified", "实地核实图斑", "Verify on the spot"),
        Rule(3, "approved_idle", "o.status = 'approved_idle'", "批而未用超过一年", "Approved but idle for over a year", "开工建设或收回", "Start building or take it back"),
        Rule(3, "open_case", "c.open > 0", "有未结案件", "A case is open", "完成整改并结案", "Put it right and close the case"),
        Rule(0, "not_surveyed", f"o.status IS NOT NULL AND ({_GOOD_UNTIL} IS NULL OR $as_of >= {_GOOD_UNTIL})", "本年度未调查",
             "Not surveyed this year", "开展年度变更调查或实地核实", "Survey it or check it on the spot", flips=_GOOD_UNTIL),
        Rule(4, "approved_project", "o.status = 'approved_project'", "批准项目用地", "In an approved project"),
        Rule(4, "temporary", "o.status = 'temporary'", "临时用地", "Temporary use", "到期恢复原状", "Restore it when the term ends"),
        Rule(4, "transferred", "o.status = 'transferred'", "已流转", "Transferred"),
        Rule(5, "as_surveyed", "o.status = 'in_use'", "利用与调查、规划一致", "Use agrees with survey and plan"),
    ),
    themes=(
        Theme("class", "地类", "Land class", _CLASS, tuple(ThemeClass(c.code, c.zh, c.en, c.hex) for c in land_classes())
              + tuple(ThemeClass(f"osm:{c.code}", c.zh, c.en, c.hex) for c in osm_land_classes()),
              open=True, label="coalesce(o.class_name, o.class_code)", top=120),
        Theme("ownership", "权属性质", "Ownership", "o.ownership", classes_of("ownership", {
            "10": "#8E3B6E", "20": "#D3A0BF", "30": "#1F8080", "31": "#5FA9A3", "32": "#A3D0CB", "33": "#4A5DB0", "40": "#C3D69B"})),
        Theme("farmland", "永久基本农田", "Basic farmland", "CASE o.basic_farmland WHEN true THEN 'yes' WHEN false THEN 'no' END", (
            ThemeClass("yes", "永久基本农田", "Basic farmland", "#A88B3A"), ThemeClass("no", "非基本农田", "Other land", "#BDB6AB"))),
    ),
    tooltip=("class_name", "area_m2", "status"),
    card=("class_name", "class_code", "scheme", "status", "area_m2", "ownership", "owner_unit", "seat_unit", "basic_farmland", "surveyed_year",
          "chief", "chief_phone", "verified_on", "source", "delivered_at"),
)  # fmt: skip
