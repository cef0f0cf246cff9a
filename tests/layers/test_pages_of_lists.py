"""Lists and searches read no more than they show, and show what a look at everything would."""

from datetime import timedelta
from typing import Any

import pytest
from small_town import AS_OF, FRESH, LAYERS, Town, add_house, empty_town, with_areas

from data.policy import Viewer
from layers.core import query
from layers.core.query_search import _without_case
from layers.core.query_store import Store

LEADER = Viewer("leader")
ORDER = (1, 2, 3, 4, 0, 5, None)  # grey before green, what no rule has seen last


@pytest.fixture(scope="module", params=["painted", "two came later"])
def mixed(request: pytest.FixtureRequest) -> Town:
    """Houses of several levels in two villages, also with two of which the roll-up does not know."""
    town = with_areas(empty_town())
    kinds: list[dict[str, Any]] = [{"danger_grade": "D"}, {"verified_on": None}, {"ebike_indoor": True}, {"danger_grade": "C"}]
    kinds.append({"verified_on": AS_OF - timedelta(days=30)})
    for number in range(20):
        add_house(town, f"H{number:02}", area_code="D3" if number % 3 else "D1", occupancy="own", **kinds[number % 5])
    town.add("zone", zone_id="Z1", class_code="R1", class_name="Café Straße 12B", area_code="D1")
    town.add(
        "facility", facility_id="F-aB7", kind="camera", state="working", name="Gate of LANE 12b 村口", area_code="D1", verified_on=FRESH
    )
    town.paint()
    if request.param != "painted":
        add_house(town, "H98"), add_house(town, "H99", area_code="D3")
    town.number()
    return town


def places(store: Store, area: str, **asked: Any) -> list[tuple[int | None, str]]:
    return [(row["level"], row["key"]) for row in query.listing(store, LEADER, "houses", area, **asked)["rows"]]


@pytest.mark.parametrize("area", ["T", "V1", "D3"])
def test_pages_put_together_are_the_whole_list_worst_first(mixed: Town, area: str) -> None:
    store = mixed.store()
    whole = places(store, area)
    assert whole == sorted(whole, key=lambda row: (ORDER.index(row[0]), row[1])) and len({level for level, _ in whole}) >= 4
    keys = mixed.all(f"SELECT house_id FROM house WHERE area_code IN (SELECT area_code FROM tree WHERE ancestor_code = '{area}')")
    assert sorted(key for _, key in whole) == sorted(key for (key,) in keys)
    for size in (1, 3, 7, 50):
        pages = [places(store, area, limit=size, offset=start) for start in range(0, len(whole) + size, size)]
        assert [row for page in pages for row in page] == whole, size
        assert query.listing(store, LEADER, "houses", area, limit=size)["total"] == len(whole)


def test_one_level_comes_in_pages_too(mixed: Town) -> None:
    store = mixed.store()
    for level in ORDER[:-1]:
        alone = [row for row in places(store, "T") if row[0] == level]
        found = query.listing(store, LEADER, "houses", "T", level, limit=2, offset=1)
        assert [row["key"] for row in found["rows"]] == [key for _, key in alone][1:3] and found["total"] == len(alone)


def test_a_page_of_reds_reads_no_other_level(mixed: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    rows = Store.rows
    monkeypatch.setattr(Store, "rows", lambda store, sql, **values: (asked.append(sql), rows(store, sql, **values))[1])
    assert {level for level, _ in places(mixed.store(), "T", limit=3)} == {1}
    (page,) = [sql for sql in asked if "__reasons" in sql]
    assert "(r.level IN (1))" in page


@pytest.mark.parametrize("text", ["lane 12B", "LANE", "f-AB7", "12b 村口", "村口", "-ab"])
def test_a_search_finds_letters_however_they_are_written(mixed: Town, text: str) -> None:
    assert [hit["key"] for hit in query.search(mixed.store(), LEADER, text)] == ["F-aB7"]


def test_the_part_that_a_search_looks_for_first_has_no_letter_of_two_cases() -> None:
    told = {"lane 12B": " 12", "LANE": "", "F990115103": "990115103", "村口12号": "村口12号", "ǅ7": "7", "straße 9": " 9"}
    assert {text: _without_case(text) for text in told} == told


def test_levels_of_some_areas_are_those_of_the_list_of_all(mixed: Town) -> None:
    store, codes = mixed.store(), ["V2"]
    compared = {one["layer"]: one["levels"] for one in query.compare(store, LEADER, "T", ("V2", "nowhere"))[0]["layers"]}
    assert compared["houses"] and compared == {
        layer.name: query.child_levels(store, LEADER, layer.name, "T")[codes[0]] for layer in LAYERS if layer.name in compared
    }
