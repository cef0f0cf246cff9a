"""A vector tile made on request against the archive: the same features, of the levels asked for, and nothing else."""

from typing import Any

import numpy as np
import pytest
from mvt_reader import Archive, layers_of
from pack_town import BOX, CORNER, LAYERS, town

from data.errors import LayerError
from data.store.memory import Memory
from layers.core import query_tile
from layers.core.blocks import Blocks
from layers.core.pyramid import write_pyramid
from layers.core.query_store import Store
from layers.core.query_tile import tile
from layers.core.spec import Layer
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


@pytest.mark.parametrize(("name", "table", "z"), [("houses", "house", 18), ("land", "parcel", 16)])
def test_what_is_larger_than_half_a_tile_is_cut_as_in_the_archive(store, name, table, z, tmp_path):
    widest = store.tuples(f"SELECT ordinal, west, (south + north) / 2 FROM {table} ORDER BY east - west DESC LIMIT 1")[0]
    x, y = (world(np.array([widest[1:]]), z)[0] // 32768).astype(int).tolist()
    write_pyramid(store.cursor, [layer for layer in LAYERS if layer.name == name], tmp_path / "town.pmtiles", "", range(z, z + 1))
    tiles = Archive(tmp_path / "town.pmtiles").tiles()
    seen: set[int] = set()
    for at in ((z, x, y), (z, x + 1, y)):
        wanted = {feature.id: (feature.parts, feature.tags) for feature in layers_of(tiles[at])[name]}
        seen |= wanted.keys()
        assert {key: (feature.parts, feature.tags) for key, feature in one(store, name, at).items()} == wanted
    assert widest[0] in seen


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
    with pytest.raises(LayerError, match="There is no layer 'housse'") as refused:
        tile(store, "housse", 14, 0, 0)
    assert "'houses'" in refused.value.said("zh")[1]


def test_the_backdrop_and_what_has_no_geometry_are_not_offered(store):
    ground = Layer(name="backdrop", table="backdrop", zh="底图", en="Backdrop", order=0, geometry="any")
    nowhere = Layer(name="nowhere", table="person", zh="无", en="Nowhere", order=0, geometry=None)
    more = Store(store.cursor, (ground, nowhere, *store.layers))
    for name in ("backdrop", "nowhere"):
        with pytest.raises(LayerError, match=f"There is no layer '{name}'") as refused:
            tile(more, name, 14, 0, 0)
        assert "backdrop" not in refused.value.remedy + refused.value.zh_remedy


def test_a_layer_that_the_snapshot_was_not_painted_with_is_said_so(store):
    newer = Layer(name="newer", table="house", zh="新", en="Newer", order=0)
    with pytest.raises(LayerError, match="'newer' is not painted in this snapshot") as refused:
        tile(Store(store.cursor, (newer, *store.layers)), "newer", 14, 0, 0)
    assert "尚未着色" in refused.value.said("zh")[0]


def test_levels_are_read_once_a_snapshot(store, monkeypatch):
    memory, asked = Memory(), []
    monkeypatch.setattr(query_tile, "memory_of", lambda _: memory)
    whole = query_tile.coat_of
    monkeypatch.setattr(query_tile, "coat_of", lambda *given: asked.append(given) or whole(*given))
    first = tile(store, "houses", *at_corner(14))
    assert tile(store, "houses", *at_corner(14)) == first
    assert tile(store, "houses", *at_corner(16)) is not None
    assert len(asked) == 1


class Counting:
    """A cursor that counts what is asked of it."""

    def __init__(self, cursor: Any) -> None:
        self.cursor, self.asked = cursor, []

    def execute(self, query: str, *values: Any) -> Any:
        self.asked.append(query)
        return self.cursor.execute(query, *values)


def test_another_filter_and_the_tile_beside_read_no_geometry_again(store, monkeypatch):
    memory, cursor = Memory(), Counting(store.cursor)
    monkeypatch.setattr(query_tile, "memory_of", lambda _: memory)
    counted = Store(cursor, LAYERS)
    assert tile(counted, "houses", *at_corner(16)) is not None
    assert any("ST_AsWKB" in query for query in cursor.asked)
    cursor.asked.clear()
    wanted = {"levels": frozenset({1, 2, 5})}
    assert one(counted, "houses", at_corner(16, -1), **wanted) == one(Store(cursor.cursor, LAYERS), "houses", at_corner(16, -1), **wanted)
    assert not any("ST_AsWKB" in query for query in cursor.asked)


def test_what_is_kept_for_tiles_stays_under_its_limit_and_the_answers_are_the_same(store):
    whole, tight = Blocks(), Blocks(most_bytes=30_000)
    box = (-180.0, -85.0, 180.0, 85.0)
    for z in (12, 14, 16):
        free, bound = (list(blocks.meeting(store.cursor, "house", z, box, False)) for blocks in (whole, tight))
        assert [piece.ids.tolist() for block in free for piece in block.small] == [
            piece.ids.tolist() for block in bound for piece in block.small
        ]
        assert tight.size <= 30_000
    assert whole.size > 60_000


def test_a_house_that_a_load_has_put_at_the_end_of_the_table_is_found(store):
    place = at_corner(14)
    before = one(store, "houses", place)
    moved, last = min(before), store.tuples("SELECT max(ordinal) FROM house")[0][0] + 9000
    with store.cursor.cursor() as con:
        con.execute(
            f"CREATE TEMP TABLE house AS SELECT * REPLACE (CASE ordinal WHEN {moved} THEN {last} ELSE ordinal END AS ordinal) FROM house"
        )
        after = one(Store(con, LAYERS), "houses", place)
    assert after.keys() == before.keys() - {moved} | {last}
    assert (after[last].parts, after[last].tags) == (before[moved].parts, before[moved].tags)


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
