"""Receipts, overrides, roll-ups and themes: what painting promises for every layer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from small_town import AS_OF, FACTS, FRESH, LAYERS, Town, add_house, add_person

from data.errors import LayerError
from layers.core.colour import PAINTED, paint, rule_version
from layers.core.spec import Join, Layer, Rule, Theme
from layers.core.themes import stable_colours


def painted(town: Town) -> dict[str, list[tuple[Any, ...]]]:
    names = [*PAINTED, *(f"paint_{layer.name}" for layer in LAYERS)]
    return {name: town.all(f"FROM {name} ORDER BY ALL") for name in names}


def furnish(town: Town) -> None:
    """One of everything, with dates all over the year so that time turns colours."""
    for number in range(24):
        seen = AS_OF - timedelta(days=17 * number)
        add_house(
            town,
            f"H{number}",
            occupancy=("own", "let", "vacant", None)[number % 4],
            verified_on=seen,
            area_code=("D1", "D2", "D3", None)[number % 4],
        )
        born = date(1944 + number % 8, 1 + number % 12, 1 + number)
        add_person(
            town, f"P{number}", house_id=f"H{number}", birth_date=born, care_group="01" if number % 3 == 0 else None, verified_on=seen
        )
        town.add(
            "stand",
            stand_id=f"S{number}",
            condition="healthy",
            verified_on=seen,
            planted_year=2020 + number % 6,
            species="香樟",
            area_code="D2",
        )
        town.add("parcel", parcel_id=f"L{number}", status="in_use", surveyed_year=2022 + number % 4, verified_on=None, area_code="V1")
        town.add(
            "facility",
            facility_id=f"F{number}",
            state="offline",
            state_since=AS_OF - timedelta(days=number % 3),
            kind="camera",
            area_code="D3",
        )


def test_the_same_inputs_give_the_same_rows(town: Town) -> None:
    furnish(town)
    version = town.paint()
    first = painted(town)
    assert town.paint() == version
    assert painted(town) == first


def test_a_changed_rule_gives_another_version(town: Town) -> None:
    layer = Layer(name="x", table="house", zh="x", en="x", rules=(Rule(1, "a", "o.storeys > 1", "甲", "a"),))
    other = Layer(name="x", table="house", zh="x", en="x", rules=(Rule(1, "a", "o.storeys > 2", "甲", "a"),))
    assert rule_version([layer]) != rule_version([other])
    assert rule_version([layer, *LAYERS]) == rule_version([*LAYERS, layer])


def test_a_receipt_holds_the_instant_painted_for_and_not_the_clock(town: Town) -> None:
    add_house(town, "H1", occupancy="own")
    instant = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)  # the 22nd in Shanghai
    version = paint(town.con, LAYERS, instant, FACTS)
    assert town.all("SELECT computed_at = '2026-11-21 18:30:00+00'::TIMESTAMPTZ, rule_version FROM receipt WHERE object_id = 'H1'") == [
        (True, version)
    ]
    paint(town.con, LAYERS, AS_OF, FACTS)
    assert town.all("SELECT computed_at = '2026-11-21 16:00:00+00'::TIMESTAMPTZ FROM receipt WHERE object_id = 'H1'") == [(True,)]


def test_valid_until_is_the_first_day_on_which_time_alone_turns_the_colour(town: Town) -> None:
    add_house(town, "H1", occupancy="own", verified_on=date(2026, 9, 1))
    town.paint("houses")
    assert town.all("SELECT valid_until FROM receipt") == [(date(2026, 9, 1) + timedelta(days=180),)]


def test_no_colour_turns_before_its_receipt_runs_out(town: Town) -> None:
    furnish(town)
    chosen = ("houses", "people", "land", "forest", "facilities")
    town.paint(*chosen)
    town.con.execute("CREATE TEMP TABLE before AS FROM receipt WHERE layer <> 'people_area'")
    assert town.all("SELECT count(DISTINCT layer), count(*) > 40 FROM before WHERE valid_until IS NOT NULL") == [(5, True)]
    for (day,) in town.all("SELECT DISTINCT valid_until FROM before WHERE valid_until IS NOT NULL ORDER BY 1 LIMIT 9"):
        town.paint(*chosen, as_of=day - timedelta(days=1))
        turned = town.all(
            f"""SELECT object_id FROM before b JOIN receipt r USING (layer, object_id)
            WHERE r.level <> b.level AND (b.valid_until IS NULL OR b.valid_until >= DATE '{day}')"""
        )
        assert turned == []


def test_the_next_visit_follows_the_rhythm_of_the_level(town: Town) -> None:
    seen = date(2026, 11, 10)
    add_house(town, "H1", occupancy="own", verified_on=seen, danger_grade="D")
    add_house(town, "H2", occupancy="own", verified_on=seen, illegal_addition=True)
    add_house(town, "H3", occupancy="let", verified_on=seen)
    add_house(town, "H4", occupancy="own", verified_on=seen)
    add_house(town, "H5", verified_on=None)
    town.paint("houses")
    days = dict(town.all(f"SELECT object_id, next_visit_due - DATE '{seen}' FROM receipt"))
    assert days == {"H1": 7, "H2": 14, "H3": 28, "H4": 91, "H5": None}


def remember(town: Town) -> None:
    town.con.execute("CREATE OR REPLACE TABLE previous_receipt AS FROM receipt")


def test_red_is_left_only_through_a_passed_check(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="D")
    town.add("casework", case_id="C1", object_table="house", object_id="H1", state="open", opened_on=FRESH)
    town.paint("houses")
    remember(town)
    town.con.execute("UPDATE house SET danger_grade = 'A'")
    town.paint("houses")
    assert town.colour("houses", "H1") == (1, ["awaiting_check", "open_hazard", "owner_occupied"])
    remember(town)
    town.con.execute("UPDATE casework SET state = 'closed', closed_on = opened_on, passed_check = false")
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 1
    town.con.execute("UPDATE casework SET passed_check = true")
    town.paint("houses")
    assert town.colour("houses", "H1") == (5, ["owner_occupied"])


def test_a_check_passed_before_the_newest_case_was_opened_does_not_count(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="D")
    closed = {"state": "closed", "passed_check": True, "closed_on": FRESH - timedelta(days=50)}
    town.add("casework", case_id="C1", object_table="house", object_id="H1", opened_on=FRESH - timedelta(days=90), **closed)
    town.add("casework", case_id="C2", object_table="house", object_id="H1", opened_on=FRESH, state="open")
    town.paint("houses")
    remember(town)
    town.con.execute("UPDATE house SET danger_grade = 'A'")
    town.paint("houses")
    assert town.colour("houses", "H1")[0] == 1


def override(town: Town, **values: Any) -> None:
    """A level set by hand on house H1, blue unless told otherwise."""
    usual = {"layer": "houses", "object_id": "H1", "level": "4", "override_by": "张建明", "override_why": "鉴定中", "delivered_at": FRESH}
    town.add("override", **(usual | values))


def pass_check(town: Town) -> None:
    town.add(
        "casework", case_id="C1", object_table="house", object_id="H1", state="closed", passed_check=True, opened_on=FRESH, closed_on=FRESH
    )


def test_an_override_holds_until_its_day_and_keeps_the_reasons(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="C")
    override(town, override_until=AS_OF)
    town.paint("houses")
    assert town.all("SELECT level, reasons[1], override_by, override_why, override_until, valid_until FROM receipt") == [
        (4, "danger_c", "张建明", "鉴定中", AS_OF, AS_OF + timedelta(days=1))
    ]
    assert town.all("SELECT level FROM paint_houses") == [(4,)]
    assert town.all("SELECT level, n FROM rollup WHERE area_code = 'T'") == [(4, 1)]
    town.paint("houses", as_of=AS_OF + timedelta(days=1))
    assert town.all("SELECT level, override_by FROM receipt") == [(2, None)]


def test_an_override_begins_on_its_own_day(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="C")
    override(town, override_since=AS_OF, override_until=AS_OF + timedelta(days=9))
    town.paint("houses", as_of=AS_OF - timedelta(days=1))
    assert town.all("SELECT level, override_by, valid_until FROM receipt") == [(2, None, AS_OF)]
    town.paint("houses")
    assert town.all("SELECT level, override_by FROM receipt") == [(4, "张建明")]


def test_red_is_not_left_by_hand_either_before_a_check_is_passed(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="D")
    override(town, override_until=AS_OF)
    town.paint("houses")
    assert town.colour("houses", "H1") == (1, ["override_held", "danger_d", "owner_occupied"])
    assert town.all("SELECT override_by FROM receipt") == [(None,)]
    pass_check(town)
    town.paint("houses")
    assert town.colour("houses", "H1") == (4, ["danger_d", "owner_occupied"])


def test_anything_may_be_set_to_red_by_hand_and_red_stays_red(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="D")
    add_house(town, "H2", occupancy="own")
    for key in ("H1", "H2"):
        override(town, object_id=key, level="1", override_until=AS_OF)
    town.paint("houses")
    assert town.all("SELECT object_id, level, override_by FROM receipt ORDER BY 1") == [("H1", 1, "张建明"), ("H2", 1, "张建明")]


def test_an_override_of_more_than_ninety_days_sets_nothing(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="C")
    override(town, override_until=FRESH + timedelta(days=91))
    town.paint("houses")
    assert town.all("SELECT level FROM receipt") == [(2,)]
    town.con.execute("UPDATE override SET override_until = override_until - 1")
    town.paint("houses")
    assert town.all("SELECT level FROM receipt") == [(4,)]


def test_a_layer_may_be_called_by_its_chinese_name_and_people_are_their_areas(town: Town) -> None:
    add_house(town, "H1", occupancy="own")
    add_person(town, "P1")
    override(town, layer="房屋", level="3", override_until=AS_OF)
    override(town, layer="人口", object_id="D1", level="2", override_until=AS_OF)
    override(town, layer="people", object_id="P1", level="1", override_until=AS_OF)
    town.paint("houses", "people")
    assert [town.colour(layer, key)[0] for layer, key in (("houses", "H1"), ("people_area", "D1"), ("people", "P1"))] == [3, 2, 5]


def test_colours_add_up_to_totals_in_every_area_of_every_level(town: Town) -> None:
    furnish(town)
    town.paint()
    for layer in (layer for layer in LAYERS if layer.rollup and layer.table != "area"):
        objects = town.all(f"SELECT count(*) FROM {layer.table}")[0][0]
        assert town.all(f"SELECT coalesce(sum(n), 0) FROM rollup WHERE layer = '{layer.name}' AND area_code = 'T'") == [(objects,)], (
            layer.name
        )
    town.con.execute("CREATE TEMP TABLE counted AS SELECT area_code, level, n FROM rollup WHERE layer = 'houses'")
    below = (
        "SELECT t.ancestor_code AS area_code, level, sum(n) AS n FROM counted JOIN tree t USING (area_code) WHERE t.depth = 1 GROUP BY ALL"
    )
    children = f"""SELECT counted.n - coalesce(below.n, 0) FROM counted LEFT JOIN ({below}) below USING (area_code, level)
        WHERE area_code IN ('V1', 'V2', 'G1')"""
    assert {row[0] for row in town.all(children)} == {0}
    assert town.all("SELECT sum(n) FROM rollup WHERE layer = 'areas' AND area_code = 'T'") == [(2,)]  # its two villages


def test_an_object_without_a_known_area_counts_in_the_town_alone(town: Town) -> None:
    add_house(town, "H1", occupancy="own", area_code=None)
    add_house(town, "H2", occupancy="own", area_code="abroad")
    town.paint("houses")
    assert town.all("SELECT area_code, n FROM rollup") == [("T", 2)]


def test_a_town_that_nobody_delivered_is_the_root_all_the_same(town: Town) -> None:
    town.con.execute("DELETE FROM area WHERE code IN ('T', 'G1')")
    add_house(town, "H1", occupancy="own", area_code="D1")
    paint(town.con, LAYERS, AS_OF, {"code": "X", "timezone": "UTC"})
    assert town.all("SELECT ancestor_code, depth FROM tree WHERE area_code = 'D1' ORDER BY depth") == [("D1", 0), ("X", 1)]
    assert town.all("SELECT area_code, n FROM rollup WHERE layer = 'houses' ORDER BY 1") == [("D1", 1), ("X", 1)]


def test_a_circle_of_parents_ends(town: Town) -> None:
    town.con.execute("UPDATE area SET parent_code = 'D1' WHERE code = 'V1'")
    town.paint("areas")
    assert town.all("SELECT max(depth) <= 12 FROM tree") == [(True,)]


def test_theme_counts_add_up_and_survive_in_every_area(town: Town) -> None:
    furnish(town)
    town.paint()
    sums = """SELECT c.theme FROM theme_class c LEFT JOIN theme_rollup r ON r.layer = c.layer AND r.theme = c.theme AND r.index = c.index
        AND r.area_code = 'T' WHERE c.n > 0 AND c.layer IN ('houses', 'land', 'forest', 'facilities') AND r.n IS DISTINCT FROM c.n"""
    assert town.all(sums) == []
    assert town.all(
        "SELECT r.n FROM theme_rollup r JOIN theme_class c USING (layer, theme, index) WHERE area_code = 'V2' AND code = 'camera'"
    ) == [(24,)]


def test_rare_values_of_an_open_theme_become_other(town: Town) -> None:
    for number, species in enumerate(["a", "a", "b", "b", "c", "d"]):
        town.add("stand", stand_id=f"S{number}", species=species)
    layer = Layer(name="t", table="stand", zh="t", en="t", themes=(Theme("species", "种", "Species", "o.species", open=True, top=2),))
    town.paint(layers=(layer,))
    assert town.all("SELECT index, code, n FROM theme_class ORDER BY 1") == [(1, "a", 2), (2, "b", 2), (3, "other", 2)]


def test_generated_colours_differ_and_stay_when_a_class_comes_along() -> None:
    few = stable_colours([f"zone {number}" for number in range(18)])
    assert len(set(few.values())) == 18
    more = stable_colours([*few, "zone new"])
    assert sum(few[code] == more[code] for code in few) >= 15
    assert len(set(stable_colours([str(number) for number in range(249)]).values())) == 249


def test_a_join_that_multiplies_rows_is_an_error(town: Town) -> None:
    add_house(town, "H1")
    for number in range(2):
        add_person(town, f"P{number}")
    join = Join("p", "p.house_id = o.house_id", table="person")
    with pytest.raises(LayerError, match="several rows for an object, 'H1'"):
        town.paint(
            layers=(Layer(name="x", table="house", zh="x", en="x", joins=(join,), rules=(Rule(1, "a", "p.low_income", "甲", "a"),)),)
        )


def test_sql_that_cannot_be_evaluated_names_the_layer(town: Town) -> None:
    with pytest.raises(LayerError, match="Layer 'x' cannot be painted"):
        town.paint(layers=(Layer(name="x", table="house", zh="x", en="x", rules=(Rule(1, "a", "o.storeys >", "甲", "a"),)),))
