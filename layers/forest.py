"""Forest: sub-compartments, tree rows and single trees by health and care (domain sections 2.7 and 3.2)."""

from data.schema.people import still_open
from layers.core.spec import Field, Join, Layer, Rule, Theme, ThemeClass, classes_of

# A green stand is patrolled every quarter; a month's grace makes the patrol overdue, a year without any makes the colour expire.
PATROL_DAYS, SURVEY_DAYS = 121, 365
_AGE = "$as_of - o.verified_on"
_OPEN = f"""SELECT object_id, count(*) AS open FROM casework
    WHERE object_table = 'stand' AND opened_on <= $as_of AND {still_open()} GROUP BY 1"""
_SPECIES = {
    "香樟": ("Camphor", "#14522A"), "水杉": ("Dawn redwood", "#66A61E"), "女贞": ("Privet", "#A6D854"), "杨树": ("Poplar", "#17A08F"),
    "栾树": ("Golden-rain tree", "#C7A24A"), "广玉兰": ("Southern magnolia", "#7570B3"), "榉树": ("Zelkova", "#A6761D"),
    "银杏": ("Ginkgo", "#E8DFC9"), "无患子": ("Soapberry", "#6C1E13"),
    "桃": ("Peach", "#E7298A"), "梨": ("Pear", "#F2B6C6"), "柑橘": ("Citrus", "#FC8D62"), "竹": ("Bamboo", "#8DD3C7"),
    "毛竹": ("Moso bamboo", "#135C6C"),
}  # fmt: skip

LAYER = Layer(
    name="forest", table="stand", zh="林地", en="Forest", icon="forest", order=20, geometry="any", zoom=(0, 22),
    unit_zh="个小班", unit_en="stands", freshness_days=SURVEY_DAYS, checked="o.verified_on", red_needs_check=True,
    visit_days={1: 7, 2: 7, 3: 14, 4: 28, 5: 91, 0: SURVEY_DAYS},
    joins=(Join("c", "c.object_id = o.stand_id", select=_OPEN, columns=("object_id", "open")),),
    rules=(
        Rule(1, "fire", "o.condition = 'fire'", "发生火灾", "Fire", "扑灭并清理火场", "Put out and clear"),
        Rule(1, "illegal_cutting", "o.condition = 'illegal_cutting'", "盗伐滥伐", "Illegal cutting", "查处并补植", "Prosecute and replant"),
        Rule(1, "occupied", "o.condition = 'occupied'", "林地被侵占", "Forest land occupied", "清退并恢复林地", "Clear and restore the land"),
        Rule(2, "pest", "o.condition = 'pest'", "病虫害严重或枯死", "Serious pest or dieback", "防治病虫害,更换枯死树木", "Treat the pest, replace dead trees"),
        Rule(2, "canopy_loss", "round(o.canopy_before - o.canopy, 4) >= 0.2", "郁闭度下降20个百分点以上", "Canopy down by 20 points or more", "查明原因并补植", "Find the cause and replant"),
        Rule(3, "patrol_overdue", f"{_AGE} >= {PATROL_DAYS} AND {_AGE} < {SURVEY_DAYS}", "巡护逾期", "Patrol overdue", "完成一次巡护", "Patrol it",
             flips=f"CASE WHEN {_AGE} < {PATROL_DAYS} THEN o.verified_on + {PATROL_DAYS} ELSE o.verified_on + {SURVEY_DAYS} END"),
        Rule(3, "poor_growth", "o.condition = 'poor'", "长势差", "Poor growth", "加强养护", "Tend it"),
        Rule(3, "litter", "o.condition = 'litter'", "林内有垃圾", "Litter in the wood", "清理垃圾", "Clear the litter"),
        Rule(3, "open_case", "c.open > 0", "有未结案件", "A case is open", "完成整改并结案", "Put it right and close the case"),
        Rule(0, "not_surveyed", f"o.condition IS NOT NULL AND ({_AGE} >= {SURVEY_DAYS} OR o.verified_on IS NULL)", "一年未调查", "Not surveyed for a year",
             "开展调查或巡护", "Survey or patrol it", flips=f"o.verified_on + {SURVEY_DAYS}"),
        Rule(4, "young_planting", "(o.condition IS NOT NULL OR o.verified_on IS NOT NULL) AND (o.land_class = '0141' OR o.planted_year > year($as_of) - 3)",
             "未成林造林地(不足3年)", "Young planting, under 3 years", flips="make_date(o.planted_year + 3, 1, 1)"),
        Rule(4, "economic", "(o.condition IS NOT NULL OR o.verified_on IS NOT NULL) AND o.use_type LIKE '25%'", "经济林", "Economic forest"),
        Rule(5, "healthy", "o.condition = 'healthy'", "健康,养护到位", "Healthy and maintained"),
    ),
    themes=(
        Theme("species", "优势树种", "Dominant species", "o.species", tuple(ThemeClass(zh, zh, en, hex_) for zh, (en, hex_) in _SPECIES.items()),
              open=True, top=20),
        Theme("use_type", "林种", "Use type", "o.use_type", classes_of("forest_use", {
            "111": "#4A5DB0", "114": "#B59F4A", "115": "#41B6C4", "116": "#A88F83", "117": "#74A892", "124": "#14522A", "125": "#9C6ADE",
            "231": "#8C6D31", "251": "#E7698A"})),
        Theme("age_group", "龄组", "Age group", "o.age_group", classes_of("age_group", {
            "1": "#E3EBA6", "2": "#C1CC62", "3": "#98A63E", "4": "#6B7A22", "5": "#3B4712"})),
        Theme("category", "森林类别", "Forest category", "o.category", classes_of("forest_category", {
            "11": "#1B735B", "12": "#6FBFA8", "21": "#B9770E", "22": "#E0B060"})),
    ),
    tooltip=("species", "area_m2", "condition"),
    card=("compartment", "subcompartment", "land_class", "species", "use_type", "age_group", "canopy",
          Field("canopy_change", "郁闭度变化", "Canopy change", "round(100 * (o.canopy - o.canopy_before))", "个百分点"),
          "category", "area_m2", "planted_year", "condition", "chief", "chief_phone", "verified_on", "source", "delivered_at"),
)  # fmt: skip
