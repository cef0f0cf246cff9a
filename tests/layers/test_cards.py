"""Cards: looked at through a layer, with what every other layer says, the parts of a score, and who has set a level by hand."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from small_town import AS_OF, FRESH, LAYERS, Town, add_house, add_person

from data.errors import StoreError
from layers.core import query
from layers.core.query import MASKED, Suppressed, Viewer
from layers.core.spec import Layer, Rule
from screen.card import card as drawn
from screen.card import source
from screen.panels import trail
from screen.text import words
from screen.view import View

LEADER, OFFICER = Viewer("leader"), Viewer("officer")
OLD = Layer(
    name="old_houses", table="house", zh="老旧房屋", en="Old houses", order=1, card=("built_year",),
    rules=(Rule(2, "before_1980", "o.built_year < 1980", "1980年以前建成", "Built before 1980", "安排鉴定", "Have it surveyed"),),
)  # fmt: skip
WITH_OLD = (OLD, *LAYERS)


def said(card: dict[str, Any], language: str = "en", layer: str = "") -> str:
    """Everything that the card shows, as one text."""
    shown = drawn(card, View(layer=layer, object=f"{card['table']}:{card['key']}"), words(language))
    return json.dumps(shown, ensure_ascii=False)


@pytest.fixture
def judged(town: Town) -> Town:
    """House H1 green by its register and orange by its age; five people in it, one of them red."""
    add_house(town, "H1", occupancy="own", built_year=1975)
    for number in range(5):
        add_person(town, f"P{number}", attention="01" if number == 0 else None)
    town.number()
    town.paint(layers=WITH_OLD)
    return town


def test_a_card_is_looked_at_through_the_layer_that_is_asked_for(judged: Town) -> None:
    card = query.card(judged.store(WITH_OLD), LEADER, "house", "H1", "old_houses")
    assert (card["receipt"]["layer"], card["receipt"]["level"]) == ("old_houses", 2)
    assert [reason["code"] for reason in card["receipt"]["reasons"]] == ["before_1980"]
    assert [field["name"] for field in card["fields"]] == ["built_year"]
    assert [(receipt["layer"], receipt["level"]) for receipt in card["receipts"]] == [("old_houses", 2), ("houses", 5)]


def test_without_a_layer_an_object_is_shown_by_the_layer_that_says_most_of_it(judged: Town) -> None:
    for asked in ("", "land", "nonsense"):
        card = query.card(judged.store(WITH_OLD), LEADER, "house", "H1", asked)
        assert [receipt["layer"] for receipt in card["receipts"]] == ["houses", "old_houses"], asked
        assert "occupancy" in {field["name"] for field in card["fields"]}


def test_an_object_that_the_layer_leaves_out_keeps_its_own(town: Town) -> None:
    layers = (replace(OLD, where="o.built_year IS NOT NULL"), *LAYERS)
    add_house(town, "H1", occupancy="own")
    town.number()
    town.paint(layers=layers)
    assert [receipt["layer"] for receipt in query.card(town.store(layers), LEADER, "house", "H1", "old_houses")["receipts"]] == ["houses"]


def test_the_card_of_an_area_on_the_layer_of_people_tells_of_its_people(judged: Town) -> None:
    card = query.card(judged.store(), LEADER, "area", "D1", "people")
    assert (card["receipt"]["layer"], card["receipt"]["level"]) == ("people", 5)  # one of five in red counts as none
    assert [reason["code"] for reason in card["receipt"]["reasons"]] == ["serious_few"]
    assert [receipt["layer"] for receipt in card["receipts"]] == ["people", "areas", "grid_qa"]
    assert "kind" in {field["name"] for field in card["fields"]} and card["people"] == 5
    assert query.card(judged.store(), LEADER, "area", "D1", "grid_qa")["fields"][0]["name"] == "pieces"


def test_a_card_names_the_layer_that_it_is_looked_at_through_and_the_others_as_lines_that_open(judged: Town) -> None:
    text = said(query.card(judged.store(WITH_OLD), LEADER, "house", "H1", "old_houses"), layer="old_houses")
    assert (
        text.index("Built before 1980")
        < text.index("Have it surveyed")
        < text.index("What other layers say")
        < text.index("Owner-occupied")
    )
    assert '"tag": "details"' in text and "/town?layer=houses&object=house:H1" in text
    assert "What other layers say" not in said(query.card(judged.store(), LEADER, "house", "H1"))


def test_a_part_without_data_says_that_its_weight_falls_to_the_others(judged: Town) -> None:
    card = query.card(judged.store(), LEADER, "area", "D1")
    parts = {part["part"]: part for part in card["parts"]}
    without = {name for name, part in parts.items() if part["value"] is None}
    assert without == {"closing", "rectification", "complaints"}
    assert [parts[name]["share"] for name in sorted(without)] == [None] * 3
    known = [part["weight"] for part in parts.values() if part["value"] is not None]
    assert sum(part["share"] or 0 for part in parts.values()) == pytest.approx(100) and sum(known) == 45
    assert said(card).count("No data; its weight falls to the others") == 3
    assert said(card, "zh-CN").count("暂无数据，权重由其他分项分担") == 3


def test_the_score_of_a_card_is_the_weighted_mean_of_the_parts_on_it(judged: Town) -> None:
    card = query.card(judged.store(), LEADER, "area", "D1")
    score = next(field["value"] for field in card["fields"] if field["name"] == "score")
    assert score == pytest.approx(sum(part["share"] * part["value"] / 100 for part in card["parts"] if part["share"]), abs=0.05)


def test_parts_that_count_persons_give_their_numbers_to_officers_alone(judged: Town) -> None:
    for viewer, exact in ((MASKED, False), (LEADER, False), (OFFICER, True)):
        parts = {part["part"]: part for part in query.card(judged.store(), viewer, "area", "D1")["parts"]}
        assert isinstance(parts["objects"]["n"], float)
        for name in ("visits", "freshness"):
            assert isinstance(parts[name]["n"], Suppressed) is not exact, (viewer, name)
            assert parts[name]["value"] is not None
    assert " of 6)" not in said(query.card(judged.store(), LEADER, "area", "D1"))
    assert " of 6)" in said(query.card(judged.store(), OFFICER, "area", "D1"))


def test_an_area_without_data_has_neither_level_nor_score_nor_class(judged: Town) -> None:
    grey = {code for (code,) in judged.all("SELECT object_id FROM receipt WHERE layer = 'areas' AND level = 0")}
    scored = {code for (code,) in judged.all("SELECT DISTINCT object_id FROM score WHERE layer = 'areas' AND value IS NOT NULL")}
    classed = {code for (code,) in judged.all("SELECT object_id FROM paint_areas WHERE score <> 0")}
    assert grey == {"V2", "D2", "D3"} and scored == classed == {"T", "V1", "G1", "D1"}
    card = query.card(judged.store(), LEADER, "area", "D3")
    assert next(field["value"] for field in card["fields"] if field["name"] == "score") is None
    assert {row["code"]: row["score"] for row in query.children(judged.store(), LEADER, "T")}["V2"] is None


def set_by_hand(town: Town, why: str, until: date) -> None:
    """House H1 is blue by hand."""
    by_hand = {"level": "4", "override_by": "张建明", "override_why": why, "override_until": until}
    town.add("override", layer="houses", object_id="H1", delivered_at=FRESH, **by_hand)
    town.number()
    town.paint()


def test_a_level_set_by_hand_says_who_why_and_until_when_and_what_the_rules_say(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="C")
    until = AS_OF + timedelta(days=9)
    set_by_hand(town, "鉴定中", until)
    card = query.card(town.store(), LEADER, "house", "H1")
    assert card["receipt"]["level"] == 4 and card["receipt"]["valid_until"] == (until + timedelta(days=1)).isoformat()
    assert "由张建明人工设定，至2026年12月1日止：鉴定中" in said(card, "zh-CN") and "C级危房" in said(card, "zh-CN")
    masked = said(query.card(town.store(), MASKED, "house", "H1"), "zh-CN")
    assert "由张*明人工设定" in masked and "鉴定中" not in masked  # free text may name people


def test_a_red_that_nobody_may_lift_yet_says_so_on_the_card(town: Town) -> None:
    add_house(town, "H1", occupancy="own", danger_grade="D")
    set_by_hand(town, "误判", AS_OF)
    card = query.card(town.store(), LEADER, "house", "H1")
    assert card["receipt"]["level"] == 1 and card["receipt"]["override_by"] is None
    assert "A level was set by hand, but a red needs a passed check first" in said(card)


@pytest.mark.parametrize(("language", "told"), [("en", "Data: House · "), ("zh-CN", "数据：房屋 · ")])
def test_a_card_names_its_source_in_words_and_says_whether_that_is_fresh(judged: Town, language: str, told: str) -> None:
    card = query.card(judged.store(WITH_OLD), LEADER, "house", "H1")
    text = source(card, words(language))
    assert text.startswith(told) and card["source"]["dataset"] not in text
    assert drawn(card, View(object="house:H1"), words(language), "late")["data-fresh"] == "late"


def test_a_card_of_an_object_that_is_gone_says_so_in_chinese_too(judged: Town) -> None:
    with pytest.raises(StoreError) as caught:
        query.card(judged.store(WITH_OLD), LEADER, "house", "none")
    assert words("zh-CN").error(caught.value) == "这一版数据里没有房屋 'none'。 可能已被后来的交付移除。"


def test_the_way_to_an_object_goes_on_from_the_area_looked_at() -> None:
    path = [{"code": code, "zh": f"{code}名", "en": code} for code in ("T", "V", "G")]
    found = {"table": "house", "key": "H1", "title": "H1号", "path": path}

    def steps(area: str) -> list[str]:
        shown = trail(found, View(area=area, object="house:H1"), words("zh-CN"))
        return [item["children"]["children"] for item in shown["children"]["children"]] if shown else []

    assert steps("T") == steps("") == ["T名", "V名", "G名", "H1号"]
    assert steps("V") == ["G名", "H1号"]
    assert steps("G") == ["H1号"]
    assert steps("elsewhere") == []
    assert trail(found | {"table": "area"}, View(area="T"), words("en")) is None
