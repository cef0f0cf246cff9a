"""Grid QA: how well the areas tile their ground. Each gap, overlap and overhang is a row of `coverage_qa`; here it colours the areas that it touches."""

from layers.core.spec import Field, Join, Layer, Rule

# An overlap concerns both areas, a gap the parent whose ground nobody has, an overhang the child.
_PIECES = """SELECT code, count(*) AS pieces, sum(area_m2) AS area_m2, sum(area_m2) FILTER (kind = 'gap') AS gap_m2,
    sum(area_m2) FILTER (kind = 'overlap') AS overlap_m2, sum(area_m2) FILTER (kind = 'outside_parent') AS outside_m2 FROM (
        SELECT area_code AS code, kind, area_m2 FROM coverage_qa
        UNION ALL SELECT other_code, kind, area_m2 FROM coverage_qa WHERE kind = 'overlap' AND other_code IS NOT NULL) GROUP BY 1"""
_SHARE = "100.0 * q.area_m2 / nullif(ST_Area(o.geom), 0)"
_FIX = ("在网格图层中修正边界后重新交付", "Correct the border in the grid file and deliver it again")

LAYER = Layer(
    name="grid_qa", table="area", zh="网格质检", en="Grid QA", icon="check", order=80, geometry="polygon", unit_zh="个", unit_en="areas", label="name",
    checked="NULL::DATE", visit_days={},
    joins=(Join("q", "q.code = o.code", select=_PIECES, columns=("code", "pieces", "area_m2", "gap_m2", "overlap_m2", "outside_m2")),),
    rules=(
        Rule(1, "faults_1_percent", f"{_SHARE} >= 1", "缝隙、重叠或越界达面积1%以上", "Gaps, overlaps or overhang of 1 % of the area or more", *_FIX),
        Rule(2, "faults_01_percent", f"{_SHARE} >= 0.1 AND {_SHARE} < 1", "缝隙、重叠或越界达面积0.1%以上", "Gaps, overlaps or overhang of 0.1 % of the area or more", *_FIX),
        Rule(3, "faults_100_m2", f"q.area_m2 >= 100 AND {_SHARE} < 0.1", "缝隙、重叠或越界100平方米以上", "Gaps, overlaps or overhang of 100 m² or more", *_FIX),
        Rule(4, "faults_few", f"q.area_m2 < 100 AND {_SHARE} < 0.1", "有细小缝隙、重叠或越界", "Small gaps, overlaps or overhang", *_FIX),
        Rule(5, "tiles_well", "o.geom IS NOT NULL AND q.pieces IS NULL", "无缝隙、重叠和越界", "No gap, overlap or overhang"),
    ),
    tooltip=("name", "level"),
    card=(
        Field("pieces", "问题数", "Findings", "coalesce(q.pieces, 0)", "处", "count"),
        Field("gap_m2", "缝隙面积", "Gaps", "round(q.gap_m2, 1)", "m²"),
        Field("overlap_m2", "重叠面积", "Overlaps", "round(q.overlap_m2, 1)", "m²"),
        Field("outside_m2", "越界面积", "Outside the parent", "round(q.outside_m2, 1)", "m²"),
        "source", "delivered_at",
    ),
)  # fmt: skip
