"""A vector tile made on request against the archive: the same features, of the levels asked for, and nothing else."""

from typing import Any

import numpy as np
import pytest
from mvt_reader import Archive, layers_of
from pack_town import BOX, CORNER, LAYERS, town

from data.errors import LayerError
from data.store.memory import Memory
from layers.core import query_tile
from layers.core.pyramid import write_pyramid
from layers.core.query_store import Store
from layers.core.query_tile import tile
from layers.core.tiles import world

PLACES = [(12, 0, 0), (14, 0, 0), (14, -1, -1), (16, 0, 0), (16, -1, 0)]


@pytest.fixture(scope="module")
def store():
    con = town()
    for table in ("area", "parcel", "house", "facility"):
        con.execute(f"""CREATE OR REPLACE TABLE {table} AS SELECT *, ST_XMin(lonlat) AS west, ST_YMin(lonlat) AS south,
            ST_XMax(lonlat) AS east, ST_YMax(lonlat) AS north FROM {table}""")
    yield Store(con, LAYERS)
    con.close()


def at_corner(z: int, dx: int = 0, dy: int = 0) -> tuple[int, int, int]:
    x, y = np.rint(world(np.array([CORNER]), z)[0] / 32768).astype(int).tolist() if z >= 14 else at_floor(z)
    return z, x + dx, y + dy


def at_floor(z: int) -> list[int]:
    return (world(np.array([CORNER]), z)[0] // 32768).astype(int).tolist()


def one(store: Store, name: str, place: tuple[int, int, int], **more: Any) -> dict[int, Any]:
    raw = tile(store, name, *place, **more)
    return {feature.id: feature for feature in layers_of(raw)[name]} if raw else {}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["houses", "devices"])
def test_a_tile_on_request_is_that_of_the_archive(store, place, name, tmp_path):
    write_pyramid(store.cursor, LAYERS, tmp_path / "town.pmtiles", "", range(place[0], place[0] + 1))
    at = at_corner(*place)
    wanted = layers_of(Archive(tmp_path / "town.pmtiles").tiles()[at]).get(name, [])
    found = one(store, name, at)
    assert found.keys() == {feature.id for feature in wanted}
    assert found
    for feature in wanted:
        assert (found[feature.id].parts, found[feature.id].tags) == (feature.parts, feature.tags)


def test_only_the_levels_asked_for_come(store):
    place = at_corner(14)
    everything = one(store, "houses", place)
    some = one(store, "houses", place, levels=frozenset({2, 5}))
    assert some.keys() == {n for n, feature in everything.items() if feature.tags["level"] in (2, 5)}
    assert 0 < len(some) < len(everything)
    assert tile(store, "houses", *place, levels=frozenset({0})) is None


def test_areas_come_from_the_level_of_the_tree_asked_for(store):
    levels = dict(store.tuples("SELECT ordinal, level FROM area"))
    found = one(store, "areas", at_corner(14), depth=2)
    assert {levels[n] for n in found} == {2}
    assert {levels[n] for n in one(store, "areas", at_corner(14))} == {0, 1, 2}


def test_without_dots_houses_are_polygons_at_every_zoom(store):
    place = at_corner(12)
    assert {feature.kind for feature in one(store, "houses", place).values()} == {1}
    assert {feature.kind for feature in one(store, "houses", place, dots=False).values()} == {3}


def test_a_tile_without_a_feature_is_none_and_one_that_is_not_there_is_said_so(store):
    assert tile(store, "houses", 14, 0, 0) is None
    for place in ((14, -1, 0), (14, 0, 1 << 14), (7, 0, 0), (23, 0, 0)):
        with pytest.raises(LayerError, match="There is no tile") as refused:
            tile(store, "houses", *place)
        assert "没有瓦片" in refused.value.said("zh")[0]
    with pytest.raises(LayerError, match="There is no layer 'housse'"):
        tile(store, "housse", 14, 0, 0)


def test_levels_are_read_once_a_snapshot(store, monkeypatch):
    memory, asked = Memory(), []
    monkeypatch.setattr(query_tile, "memory_of", lambda _: memory)
    whole = query_tile.coat_of
    monkeypatch.setattr(query_tile, "coat_of", lambda *given: asked.append(given) or whole(*given))
    first = tile(store, "houses", *at_corner(14))
    assert tile(store, "houses", *at_corner(14)) == first
    assert tile(store, "houses", *at_corner(16)) is not None
    assert len(asked) == 1


def test_plain_houses_and_those_with_courts_and_wings_come_in_one_layer_each_once(store):
    x, y = (world(np.array([[BOX[0] - 0.0035, CORNER[1] + 0.0015]]), 12)[0] // 32768).astype(int).tolist()
    place = (12, x, y)  # the courtyard of the town, and plain houses around it
    parts = [len(feature.parts) for feature in one(store, "houses", place, dots=False).values()]
    assert 1 in parts
    assert 2 in parts
    raw = tile(store, "houses", *place, dots=False)
    found = [feature.id for feature in layers_of(raw)["houses"]]
    assert len(found) == len(set(found))
    assert raw.count(b"houses") == 1
