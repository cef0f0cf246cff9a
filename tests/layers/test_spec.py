"""Declarations are checked when they are loaded: whatever the contract does not know dies with advice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from small_town import LAYERS

from data.errors import LayerError
from layers.core.registry import check, load_layer, load_layers, references
from layers.core.spec import LEVELS, Field, Join, Layer, Part, Rule, Theme

GOOD: Mapping[str, Any] = {"name": "test", "table": "house", "zh": "测试", "en": "Test"}
RENTAL = (Join("r", "r.house_id = o.house_id", table="rental"),)


def selecting(given: str) -> Join:
    select = f"SELECT house_id, {given} AS given FROM person GROUP BY 1"
    return Join("p", "p.house_id = o.house_id", select=select, columns=("house_id", "given"))


def joining(select: str) -> Join:
    return Join("p", "p.house_id = o.house_id", select=select, columns=("house_id",))


@pytest.mark.parametrize(
    "select",
    [
        "SELECT house_id, b FROM person AS p(a, b, c)",
        "SELECT house_id, b FROM (SELECT * FROM person) p(a, b)",
        "WITH p(a, b) AS (SELECT * FROM person) SELECT a AS house_id, b FROM p",
        "SELECT * RENAME (name AS house_id) FROM person",
        "SELECT 1 AS house_id, 2 AS b UNION ALL SELECT * FROM person",
        "SELECT house_id FROM house UNION ALL (FROM person LIMIT 1)",
        "FROM person SELECT house_id, #2 AS b",
        "SELECT house_id, max(p)::VARCHAR AS b FROM person p GROUP BY 1",
        "SELECT house_id, max(person)::VARCHAR AS b FROM person GROUP BY 1",
        "SELECT house_id, main.person AS b FROM person",
        "SELECT house_id, (SELECT x) AS b FROM (SELECT * FROM person) x",
        "SELECT house_id, max(/* ' */ id_number /* ' */) AS b FROM person GROUP BY 1",
        "SELECT house_id, max(coalesce(*COLUMNS(*)::VARCHAR)) AS b FROM person GROUP BY 1",
        "SELECT house_id, b FROM query_table('person') AS p(house_id, b)",
        "SELECT * FROM (DESCRIBE person)",
        "SELECT house_id FROM person; SELECT 1",
        "SELECT house_id, min(name) = max(id_number) AS b FROM person GROUP BY 1",
    ],
)
def test_no_place_star_row_or_comment_hides_a_personal_column(select: str) -> None:
    with pytest.raises(LayerError, match=r"test\.py"):
        check(Layer(**GOOD, joins=(joining(select),)), "test.py")


def test_what_is_no_table_of_the_contract_is_not_read() -> None:
    with pytest.raises(LayerError, match=r"'persn', which is no table.*'person'"):
        check(Layer(**GOOD, joins=(joining("SELECT house_id FROM persn"),)), "test.py")
    with pytest.raises(LayerError, match=r"'people\.csv', which is no table"):
        check(Layer(**GOOD, joins=(joining("SELECT house_id FROM 'people.csv'"),)), "test.py")


def test_columns_may_be_renamed_by_place_where_nothing_is_personal() -> None:
    check(
        Layer(**GOOD, joins=(joining("WITH t(house_id, n) AS (SELECT layer, n FROM tally) SELECT * FROM t UNION ALL SELECT * FROM t"),)),
        "test.py",
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"table": "hose"}, "no table 'hose'.*'house'"),
        ({"rules": (Rule(1, "a", "o.storys > 3", "甲", "a"),)}, "no column 'storys' in 'o'.*'storeys'"),
        ({"rules": (Rule(1, "a", "o.storeys > 3", "甲", "a", flips="o.verifed_on + 3"),)}, "'verifed_on'.*'verified_on'"),
        ({"rules": (Rule(1, "a", "r.hazard = '01'", "甲", "a"),)}, "uses an alias that is not joined"),
        ({"rules": (Rule(7, "a", "true", "甲", "a"),)}, "has level 7"),
        ({"rules": (Rule(1, "a", "true", "甲", "a"), Rule(2, "a", "true", "甲", "a"))}, "used twice"),
        ({"joins": (Join("r", "r.house_id = o.house_id", table="rentals"),)}, "'rentals'.*'rental'"),
        ({"joins": (Join("r", "r.house = o.house_id", table="rental"),)}, "no column 'house' in 'r'.*'house_id'"),
        ({"card": ("storeys", "onwer_name")}, "no column 'onwer_name'.*'owner_name'"),
        ({"tooltip": ("storey",)}, "no column 'storey'.*'storeys'"),
        ({"label": "nam"}, "no column 'nam'.*'name'"),
        ({"default_theme": "us", "themes": (Theme("use", "用", "Use", "o.occupancy"),)}, "'us'.*'use'"),
        ({"themes": (Theme("use", "用", "Use", "o.occupanci"),)}, "'occupanci'.*'occupancy'"),
        ({"where": "o.storeys > 1 AND o.floor_area > 3"}, "'floor_area'.*'floor_area_m2'"),
        ({"name": "My Layer"}, "no layer name"),
        ({"themes": (Theme("who", "谁", "Who", "o.owner_name"),)}, "personal column 'owner_name'"),
        ({"card": (Field("who", "谁", "Who", "length(o.owner_phone)"),)}, "personal column 'owner_phone'"),
        ({"label": "address"}, "personal column 'address'"),
        ({"joins": RENTAL, "card": (Field("who", "谁", "Who", "r.landlord_name||r.landlord_phone"),)}, "personal column 'landlord_name'"),
        ({"joins": RENTAL, "card": (Field("who", "谁", "Who", 'r."Landlord_Name"'),)}, "personal column 'landlord_name'"),
        ({"joins": RENTAL, "card": (Field("who", "谁", "Who", "landlord_phone"),)}, "personal column 'landlord_phone'"),
        ({"joins": RENTAL, "themes": (Theme("who", "谁", "Who", "o.occupancy", label="r.tenants[1]"),)}, "personal column 'tenants'"),
        ({"card": (Field("who", "谁", "Who", "(SELECT max(id_number) FROM person)"),)}, "personal column 'id_number'"),
        ({"joins": (selecting("max(name||id_number)"),)}, "join 'p' selects 'name'.*Count instead"),
        ({"joins": (selecting('max("ID_NUMBER")'),)}, "join 'p' selects 'id_number'"),
        ({"joins": (selecting("count(*) AS n, min(birth_date)"),)}, "join 'p' selects 'birth_date'"),
        ({"joins": (selecting("max(COLUMNS('id_n.*'))"),)}, "join 'p' selects 'columns'"),
        (
            {"joins": (Join("p", "p.house_id = o.house_id", select="SELECT * FROM person", columns=("house_id", "phone")),)},
            "selects 'phone'",
        ),
        ({"parts": (Part("a", "甲", "A", 1, 0.1, "SELECT area_code, id_number::BIGINT AS bad, 1 AS n FROM person"),)}, "part 'a' selects"),
        ({"table": "person"}, "counts of areas alone"),
        ({"joins": RENTAL, "card": (Field("who", "谁", "Who", "to_json(r)->>'$.landlord_name'"),)}, "'r' as a whole row"),
        ({"themes": (Theme("who", "谁", "Who", "o::VARCHAR", open=True),)}, "'o' as a whole row"),
        ({"themes": (Theme("who", "谁", "Who", "coalesce(*COLUMNS(*)::VARCHAR)", open=True),)}, "reads all columns"),
        ({"rules": (Rule(1, "a", "true", "甲", "a", flips="(SELECT max(birth_date) FROM person)"),)}, "personal column 'birth_date'"),
        ({"joins": (joining("SELECT * FROM person"),), "card": (Field("who", "谁", "Who", "id_number::BIGINT"),)}, "'id_number'"),
        ({"joins": (selecting("count(*)"),), "card": (Field("few", "数", "Few", "p.given", kind="count"),)}, "counts persons.*people"),
        ({"card": (Field("few", "数", "Few", "(SELECT count(*) FROM person)"),)}, "counts persons.*people"),
    ],
)
def test_what_the_contract_does_not_know_is_refused_with_the_nearest_right_word(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        check(Layer(**{**GOOD, **wrong}), "test.py")


def test_a_good_declaration_passes() -> None:
    check(Layer(**GOOD, rules=(Rule(1, "a", "o.storeys > 3 AND o.address <> 'x.y'", "甲", "a"),), card=("owner_name",)), "test.py")


@pytest.mark.parametrize(
    "given",
    ["count(DISTINCT id_number)", "count_if(care_group IN ('01', '02'))", "min(household_no) = max(household_no)", "count(*)"],
)
def test_persons_may_be_counted_and_compared_and_a_rule_may_look_at_them(given: str) -> None:
    rules = (Rule(1, "a", "r.landlord_phone IS NULL", "甲", "a"),)
    card = (Field("given", "数", "Given", "p.given", kind="people"), Field("on", "日", "On", "r.inspected_on", kind="date"))
    check(Layer(**GOOD, joins=(*RENTAL, selecting(given)), rules=rules, card=card), "test.py")


def test_quoted_text_and_functions_are_no_columns() -> None:
    assert references("o.name = 'a.b' AND lower(o.kind) = x.y AND main.f(o.z) > 1.5") == [
        ("o", "name"),
        ("o", "kind"),
        ("x", "y"),
        ("o", "z"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "from layers.core.spec import Layer\nLAYER = Layer(name='a', table='house', zh='a', en='a', rule=())",
            "'rule'.*Did you mean 'rules'",
        ),
        ("from layers.core.spec import Layer, Rule\nRule(level=1, code='a', wenn='true', reason_zh='', reason_en='')", "'wenn'.*'when'"),
        ("LAYER = 3", "declares no LAYER"),
        ("LAYER = Layer()", "cannot be read"),
        ("def", "cannot be read"),
    ],
)
def test_a_file_that_declares_nonsense_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    with pytest.raises(LayerError, match=f"(?s)mine.py.*{message}"):
        load_layer(tmp_path / "mine.py")


def test_a_missing_folder_of_own_layers_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="does not exist"):
        load_layers(tmp_path / "nowhere")


def test_layers_come_in_drawing_order_and_the_backdrop_is_lowest() -> None:
    assert [layer.order for layer in LAYERS] == sorted(layer.order for layer in LAYERS)
    assert LAYERS[0].name == "backdrop" and not LAYERS[0].rules
    assert {layer.name for layer in LAYERS} == {
        "backdrop",
        "land",
        "zones",
        "lots",
        "forest",
        "houses",
        "facilities",
        "people",
        "areas",
        "grid_qa",
    }


def test_each_file_is_the_layer_of_its_name() -> None:
    folder = Path(__file__).resolve().parents[2] / "layers"
    assert {layer.name for layer in LAYERS} == {file.stem for file in folder.glob("[!_]*.py")}


def test_green_always_comes_from_a_rule() -> None:
    assert {layer.default_level for layer in LAYERS} == {0}


def test_every_reason_speaks_both_languages_and_every_trouble_has_a_remedy() -> None:
    for layer in LAYERS:
        for rule in (*layer.rules, *layer.area_rules):
            assert rule.reason_zh and rule.reason_en, rule.code
            assert rule.level in (0, 4, 5) or (rule.remedy_zh and rule.remedy_en), rule.code


def test_all_levels_have_their_own_colour_and_mark() -> None:
    assert sorted(level.level for level in LEVELS) == [0, 1, 2, 3, 4, 5]
    assert len({level.hex for level in LEVELS}) == len({level.mark for level in LEVELS}) == 6


def test_every_layer_shows_at_the_first_view_of_a_town_of_any_size_on_any_screen() -> None:
    assert {layer.name: layer.zoom[0] for layer in LAYERS if layer.zoom[0] > 0} == {}
