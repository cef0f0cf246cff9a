"""Real towns that nobody here made, loaded by their TOML alone: the figures are those of the data's own documentation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data.settings import Settings
from data.store.serving import ServingStore


def opened(home: Path) -> Iterator[ServingStore]:
    store = ServingStore(Settings(home=home))
    yield store
    store.close()


@pytest.fixture(scope="module")
def porto(real_town: Callable[[str], Path]) -> Iterator[ServingStore]:
    yield from opened(real_town("porto"))


@pytest.fixture(scope="module")
def santa_monica(real_town: Callable[[str], Path]) -> Iterator[ServingStore]:
    yield from opened(real_town("santa-monica"))


def values(store: ServingStore, sql: str) -> list[Any]:
    with store.read() as cursor:
        return [row[0] if len(row) == 1 else row for row in cursor.execute(sql).fetchall()]


@pytest.mark.parametrize(
    ("table", "count"), [("house", 11_393), ("parcel", 1_975), ("stand", 4_079), ("area WHERE level = 1", 4), ("area WHERE level = 0", 1)]
)
def test_porto_is_whole(porto: ServingStore, table: str, count: int) -> None:
    assert values(porto, f"SELECT count(*) FROM {table}") == [count]


def test_portos_broken_polygons_are_repaired_and_reported(porto: ServingStore) -> None:
    repaired = values(porto, "SELECT reason_en FROM fault WHERE code = 'geometry_repaired' AND dataset = 'buildings'")
    assert len(repaired) == 3 and all("ntersection" in reason for reason in repaired)
    assert values(porto, "SELECT count(*) FROM house WHERE NOT ST_IsValid(geom)") == [0]


def test_porto_is_drawn_in_its_own_metres(porto: ServingStore) -> None:
    assert values(porto, "SELECT value FROM town WHERE key = 'crs'") == ['"EPSG:3763"']
    degrees = values(porto, "SELECT sum(ST_Area_Spheroid(lonlat)) FROM house")[0]
    metres = values(porto, "SELECT sum(ST_Area(geom)) FROM house")[0]
    assert metres == pytest.approx(degrees, rel=0.001)


def test_buildings_in_a_parish_belong_to_it_and_the_others_to_the_city(porto: ServingStore) -> None:
    inside = values(
        porto,
        "SELECT count(*) FROM house h JOIN area a ON a.code = h.area_code "
        "WHERE a.level = 1 AND ST_Within(ST_PointOnSurface(h.geom), a.geom)",
    )[0]
    linked = values(porto, "SELECT count(*) FROM house h JOIN area a ON a.code = h.area_code WHERE a.level = 1")[0]
    assert linked == inside == 3_503
    assert values(porto, "SELECT count(*) FROM house WHERE area_code IS NULL") == [0]


def test_what_nobody_checked_is_grey_and_never_green(porto: ServingStore) -> None:
    assert values(porto, "SELECT DISTINCT level FROM receipt WHERE layer = 'houses'") == [0]


def test_santa_monica_has_the_same_population_at_all_three_levels(santa_monica: ServingStore) -> None:
    by_level = values(
        santa_monica,
        "SELECT a.level, sum(c.people)::BIGINT FROM population_cell c JOIN area a ON a.code = c.area_code GROUP BY 1 ORDER BY 1",
    )
    assert by_level == [(1, 89_736), (2, 89_736), (3, 89_736)]


def test_blocks_roll_up_to_block_groups_and_tracts_without_loss(santa_monica: ServingStore) -> None:
    assert values(santa_monica, "SELECT count(*) FROM area WHERE level > 0 GROUP BY level ORDER BY level") == [20, 74, 1_467]
    rolled = values(
        santa_monica,
        "SELECT count(*) FROM (SELECT t.ancestor_code, sum(c.people) AS n FROM tree t JOIN area b ON b.code = t.area_code AND b.level = 3 "
        "JOIN population_cell c ON c.area_code = b.code JOIN area g ON g.code = t.ancestor_code AND g.level = 2 GROUP BY 1) r "
        "JOIN population_cell p ON p.area_code = r.ancestor_code WHERE r.n <> p.people",
    )
    assert rolled == [0]


@pytest.mark.parametrize(("table", "count"), [("parcel", 1_790), ("zone", 1_846), ("lot", 480), ("stand", 402), ("facility", 1_376)])
def test_santa_monica_is_whole(santa_monica: ServingStore, table: str, count: int) -> None:
    assert values(santa_monica, f"SELECT count(*) FROM {table}") == [count]


def test_tree_segments_stay_lines(santa_monica: ServingStore) -> None:
    assert set(values(santa_monica, "SELECT DISTINCT ST_GeometryType(geom)::VARCHAR FROM stand")) <= {"LINESTRING", "MULTILINESTRING"}


def test_not_a_word_of_the_demonstration_town_is_in_another_town(santa_monica: ServingStore) -> None:
    town = dict(values(santa_monica, "SELECT key, value FROM town"))
    assert json.loads(town["name"]) == {"zh": "圣莫尼卡", "en": "Santa Monica"}
    assert json.loads(town["synthetic"]) is False
