"""Counts equal the lists behind them and colours add up, on every layer and in every area of the whole small demonstration town."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.policy import Suppressed, Viewer
from data.schema import TABLES
from data.settings import Settings
from data.store.serving import ServingStore
from layers.core import query
from layers.core.query import Store
from layers.core.registry import load_layers

LEADER, OFFICER = Viewer("leader"), Viewer("officer")
LAYERS = load_layers()
COUNTED = [layer.name for layer in LAYERS if layer.rollup and layer.rules]
DRAWN = [layer for layer in LAYERS if layer.rules and not layer.personal and layer.table != "area"]
EVERYTHING = 1_000_000


@pytest.fixture(scope="module")
def town(home: Path) -> Iterator[Store]:
    serving = ServingStore(Settings(home=home))
    with serving.read() as cursor:
        yield Store(cursor, LAYERS)
    serving.close()


def areas(town: Store) -> list[str]:
    """Every area of every level, the town first."""
    return list(town.values("SELECT area_code FROM tree GROUP BY 1 ORDER BY count(*), 1"))


def one_of_each_level(town: Store) -> list[str]:
    """The town and, on each tree level, the area with the most houses."""
    houses = "SELECT area_code AS code, sum(n) AS n FROM rollup WHERE layer = 'houses' GROUP BY 1"
    return list(town.values(f"SELECT arg_max(code, (n, code)) FROM area JOIN ({houses}) USING (code) GROUP BY level ORDER BY level"))


def shown(legend: dict[str, Any]) -> dict[int, Any]:
    return {row["level"]: row["n"] for row in legend["levels"] if row["n"]}


def test_the_town_has_all_levels_of_the_tree_and_all_layers_have_objects(town: Store) -> None:
    assert town.values("SELECT DISTINCT level FROM area ORDER BY 1") == [0, 1, 2, 3]
    assert {layer for layer in COUNTED if query.legend(town, OFFICER, layer, query.root_of(town))["total"]} == set(COUNTED)


@pytest.mark.parametrize("layer", [layer.name for layer in LAYERS if layer.name in COUNTED and not layer.personal])
def test_a_legend_is_the_list_behind_it_in_every_area(town: Store, layer: str) -> None:
    for area in areas(town):
        legend = query.legend(town, OFFICER, layer, area)
        listed = query.listing(town, OFFICER, layer, area, limit=EVERYTHING)
        assert Counter(row["level"] for row in listed["rows"]) == shown(legend), area
        assert sum(shown(legend).values()) == legend["total"] == listed["total"] == len(listed["rows"]), area


def test_the_legend_of_people_is_the_list_behind_it_in_every_area(town: Store) -> None:
    for area in areas(town):
        legend = query.legend(town, OFFICER, "people", area)
        assert query.listing(town, OFFICER, "people", area, limit=1)["total"] == legend["total"] == sum(shown(legend).values()), area
        for row in legend["levels"]:
            assert query.listing(town, OFFICER, "people", area, row["level"], limit=1)["total"] == row["n"], (area, row["code"])


@pytest.mark.parametrize("layer", COUNTED)
def test_a_filter_by_level_lists_as_many_as_the_legend_says_and_no_other(town: Store, layer: str) -> None:
    for area in one_of_each_level(town):
        counts = shown(query.legend(town, OFFICER, layer, area))
        for level in range(6):
            listed = query.listing(town, OFFICER, layer, area, level, limit=20)
            assert listed["total"] == counts.get(level, 0), (area, level)
            assert {row["level"] for row in listed["rows"]} <= {level}
            paged = query.listing(town, OFFICER, layer, area, level, limit=5, offset=5)["rows"]
            assert [row["key"] for row in paged] == [row["key"] for row in listed["rows"][5:10]]


@pytest.mark.parametrize("layer", [layer for layer in COUNTED if layer not in ("areas", "grid_qa")])
def test_what_lies_in_the_areas_below_and_in_none_of_them_adds_up_to_the_area(town: Store, layer: str) -> None:
    table = TABLES[town.layer(layer).table]
    own = f"""SELECT r.level, count(*) AS n FROM {table.name} o JOIN receipt r ON r.layer = $layer AND r.object_id = o.{table.key[0]}
        WHERE o.area_code = $area OR $area = $root AND o.area_code NOT IN (SELECT area_code FROM tree)
        OR $area = $root AND o.area_code IS NULL GROUP BY 1"""
    root = query.root_of(town)
    for area in areas(town):
        below = query.child_levels(town, OFFICER, layer, area)
        if below:
            added = Counter({row["level"]: row["n"] for row in town.rows(own, layer=layer, area=area, root=root)})
            for counts in below.values():
                added.update({level: int(n) for level, n in counts.items() if not isinstance(n, Suppressed)})
            assert added == shown(query.legend(town, OFFICER, layer, area)), area


def test_the_areas_of_a_legend_are_its_children_whatever_their_number(town: Store) -> None:
    for area in areas(town):
        children = query.children(town, OFFICER, area)
        assert Counter(row["level"] for row in children) == shown(query.legend(town, OFFICER, "areas", area)), area
        assert query.legend(town, OFFICER, "grid_qa", area)["total"] == len(children), area


def test_the_headline_and_the_parents_list_say_what_the_legends_say(town: Store) -> None:
    for area in areas(town):
        legends = {layer.name: query.legend(town, LEADER, layer.name, area) for layer in DRAWN}
        headline = query.headline(town, LEADER, area)
        assert headline["houses"] == legends["houses"]["total"], area
        for name, level in (("reds", 1), ("oranges", 2)):
            assert headline[name] == sum(shown(legend).get(level, 0) for legend in legends.values()), (area, name)
        for row in query.children(town, LEADER, area):
            told = query.headline(town, LEADER, row["code"])
            assert {name: row[name] for name in ("people", "houses", "reds", "oranges")} == {
                name: told[name] for name in ("people", "houses", "reds", "oranges")
            }, row["code"]


@pytest.mark.parametrize("layer", [layer.name for layer in LAYERS if layer.themes and layer.name in COUNTED and layer.geometry != "area"])
def test_classes_of_a_theme_add_up_to_no_more_than_the_total_and_over_the_areas_to_the_town(town: Store, layer: str) -> None:
    for area in areas(town):
        legend = query.legend(town, OFFICER, layer, area)
        for theme in legend["themes"]:
            assert sum(row["n"] for row in theme["classes"]) <= legend["total"], (area, theme["name"])
    whole = query.legend(town, OFFICER, layer, query.root_of(town))
    sizes = {
        (row["theme"], row["index"]): row["n"]
        for row in town.rows("SELECT theme, index, n FROM theme_class WHERE layer = $layer", layer=layer)
    }
    if town.layer(layer).table != "area":
        told = {(theme["name"], row["index"]): row["n"] for theme in whole["themes"] for row in theme["classes"]}
        assert told == {key: n for key, n in sizes.items() if n}


@pytest.mark.parametrize("layer", [layer.name for layer in LAYERS if layer.name in COUNTED and not layer.personal])
def test_the_card_of_an_object_has_the_level_and_reasons_of_its_line_in_the_list(town: Store, layer: str) -> None:
    for area in one_of_each_level(town):
        for level in range(6):
            for row in query.listing(town, LEADER, layer, area, level, limit=3)["rows"]:
                card = query.card(town, LEADER, row["table"], row["key"], layer)
                assert (card["receipt"]["layer"], card["receipt"]["level"], card["title"]) == (layer, level, row["title"]), row["key"]
                assert card["receipt"]["reasons"] == row["reasons"] and card["receipt"]["next_visit_due"] == row["next_visit_due"]


def test_the_people_on_the_card_of_a_house_are_its_residents(town: Store) -> None:
    for row in query.listing(town, OFFICER, "houses", query.root_of(town), limit=20)["rows"]:
        fields = {field["name"]: field["value"] for field in query.card(town, OFFICER, "house", row["key"])["fields"]}
        residents = query.residents(town, OFFICER, row["key"], limit=1000)
        assert fields["people"] == residents["total"] == len(residents["rows"])
        assert fields["migrants"] == sum(person["category"] == "migrant" for person in residents["rows"])


def test_people_of_an_area_are_the_same_number_wherever_they_are_said(town: Store) -> None:
    for area in areas(town):
        exact = query.legend(town, OFFICER, "people", area)["total"]
        assert query.headline(town, OFFICER, area)["people"] == exact == query.card(town, OFFICER, "area", area)["people"]
        masked = query.legend(town, LEADER, "people", area)["total"]
        assert query.headline(town, LEADER, area)["people"] == masked == query.card(town, LEADER, "area", area)["people"]
        assert masked == exact or isinstance(masked, Suppressed)


def test_a_cell_that_is_hidden_from_a_leader_is_hidden_in_the_legend_and_in_the_parents_bars_alike(town: Store) -> None:
    hidden = 0
    for area in areas(town):
        for code, counts in query.child_levels(town, LEADER, "people", area).items():
            legend = {row["level"]: row["n"] for row in query.legend(town, LEADER, "people", code)["levels"]}
            assert {level: n for level, n in counts.items() if n} == {level: n for level, n in legend.items() if n}, code
            hidden += sum(isinstance(n, Suppressed) for n in legend.values())
    assert hidden, "the town is large enough to hide nothing"
