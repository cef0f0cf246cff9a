"""The map pack against shapely, against the browser's own modules, and against itself one snapshot later."""

import dataclasses
import gzip
import json
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import shapely
import zstandard
from pack_town import BOX, CORNER, LAYERS, put, rectangles, reference, town

from data.errors import StoreError
from data.store.duck import connect
from layers.core.arrays import paint_arrays, place_colours
from layers.core.bands import SHAPES, read, shapes_of
from layers.core.blobs import blob_file, read_blob, store
from layers.core.pack import assign_ordinals, blob_names, build_pack, paint_array, prune_pack, recolour_pack
from layers.core.palette import INK, LIGHT, LIGHT_EDGE
from layers.core.spec import LEVELS, Layer
from layers.core.tiles import tile, world

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = town()
    yield made
    made.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pack")


@pytest.fixture(scope="module")
def manifest(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, Any]:
    return build_pack(con, LAYERS, folder)


def band_of(manifest: dict[str, Any], tileset: str, zoom: int) -> dict[str, Any]:
    return next(band for band in manifest["tilesets"][tileset]["bands"] if band["from"] <= zoom <= band["to"])


def decoded(raw: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """ids, parts of each feature, vertices of each part, and xy [V, 2] of a tile: the format page read by somebody else than the writer."""
    magic, version, kind, _z, _, x, y, n, p, v, crc = struct.unpack_from("<4sBBBBIIIIII", raw)
    assert (magic, version, crc) == (b"OSMT", 1, zlib.crc32(raw[32:]))
    at = 32
    ids = np.cumsum(np.frombuffer(raw, "<u4", n, at), dtype=np.uint32)
    at += 4 * n
    parts, vertices = np.ones(n, dtype="<u4"), np.ones(n, dtype="<u4")
    if kind != 3:
        parts, vertices = np.frombuffer(raw, "<u4", n, at), np.frombuffer(raw, "<u4", p, at + 4 * n)
        at += 4 * n + 4 * p
    planes = np.frombuffer(raw, "u1", 4 * v, at).reshape(4, v).astype(np.int64)
    assert at + 4 * v == len(raw)
    steps = np.stack([planes[0] | planes[1] << 8, planes[2] | planes[3] << 8], axis=1)
    local = np.cumsum(steps, axis=0).astype(np.uint16).astype(np.int16).astype(np.int64)
    return ids, parts, vertices, local + np.array([x, y]) * 32768 + 16384


def raster(manifest: dict[str, Any], folder: Path, tileset: str, screen: tuple[int, int, int], size: int, scratch: Path) -> np.ndarray:
    """Ids + 1 of a screen tile as the browser's modules rasterise it."""
    z, x, y = screen
    band = band_of(manifest, tileset, z + 1)
    tiles = []
    for tx, ty, name, *_ in band["tiles"]:
        file = scratch / name
        file.write_bytes(read_blob(folder, f"{name}.tile"))
        shift = 2.0 ** (band["z"] - z)
        if x * shift < tx + 1 and tx < (x + 1) * shift and y * shift < ty + 1 and ty < (y + 1) * shift:
            tiles.append({"x": tx, "y": ty, "file": str(file)})
    job = {"screen": {"z": z, "x": x, "y": y}, "size": size, "bandZ": band["z"], "keep": False, "tiles": tiles}
    done = subprocess.run(["node", str(HERE / "raster_tiles.js")], input=json.dumps(job).encode(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<u4").astype(np.int64)


def screen_at(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    x, y = (world(np.array([[lon, lat]]), z)[0] // 32768).astype(int).tolist()
    return z, x, y


def geometries(con: duckdb.DuckDBPyConnection, relation: str) -> tuple[np.ndarray, np.ndarray]:
    rows = con.execute(f"SELECT ordinal, ST_AsWKB(lonlat) FROM {relation} ORDER BY ordinal").fetchall()
    return np.array([n for n, _ in rows]), shapely.from_wkb([bytes(wkb) for _, wkb in rows])


def test_every_vertex_of_the_deepest_tiles_is_within_half_a_unit_of_its_place(con, manifest, folder):
    ids, shapes = geometries(con, "house")
    wanted = {int(i): world(shapely.get_coordinates(shape), 14) for i, shape in zip(ids, shapes, strict=True)}
    seen = set()
    for _, _, name, size, n in band_of(manifest, "house", 16)["tiles"]:
        raw = read_blob(folder, f"{name}.tile")
        found, parts, vertices, xy = decoded(raw)
        assert (len(raw), len(found)) == (size, n)
        ends = np.cumsum(vertices)[np.cumsum(parts) - 1]
        for i, start, end in zip(found, np.r_[0, ends[:-1]], ends, strict=True):
            away = np.abs(xy[start:end, None, :] - wanted[int(i)][None]).max(axis=2).min(axis=1)
            assert away.max() <= 0.5
            seen.add(int(i))
    assert seen == set(wanted)


def test_a_unit_of_the_deepest_tiles_is_at_most_ten_centimetres_on_the_ground(manifest):
    deepest = max(band["z"] for tileset in manifest["tilesets"].values() for band in tileset["bands"])
    assert 40_075_016.7 / 2**deepest / 32768 <= 0.10


@pytest.mark.parametrize("zoom", [15, 17, 19])
def test_rasterised_houses_agree_with_shapely(con, manifest, folder, tmp_path, zoom):
    ids, shapes = geometries(con, "house")
    lon, lat = BOX[2] + 0.001, CORNER[1]  # beside the house that lies across four tiles
    screen = screen_at(lon, lat, zoom - 1)
    got, wanted = raster(manifest, folder, "house", screen, 256, tmp_path), reference(shapes, ids, screen, 256)
    assert wanted.any()
    assert (got == wanted).mean() >= 0.995


@pytest.mark.parametrize(
    ("tileset", "relation", "zoom"), [("parcel", "parcel", 14), ("parcel", "parcel", 16), ("area-2", "(FROM area WHERE level = 2)", 15)]
)
def test_rasterised_coverages_agree_with_shapely(con, manifest, folder, tmp_path, tileset, relation, zoom):
    ids, shapes = geometries(con, relation)
    screen = screen_at(*CORNER, zoom - 1)
    got, wanted = raster(manifest, folder, tileset, screen, 256, tmp_path), reference(shapes, ids, screen, 256)
    assert (got == wanted).mean() >= 0.995


@pytest.mark.parametrize(
    ("tileset", "zoom"), [("area-1", 10), ("area-2", 12), ("area-2", 13), ("parcel", 12), ("parcel", 13), ("parcel", 14), ("parcel", 18)]
)
def test_no_gap_opens_between_neighbours_at_any_zoom(manifest, folder, tmp_path, tileset, zoom):
    screen = screen_at(*CORNER, zoom - 1)
    got = raster(manifest, folder, tileset, screen, 512, tmp_path)
    inside = reference(np.array([shapely.box(BOX[0] + 3e-4, BOX[1] + 3e-4, BOX[2] - 3e-4, BOX[3] - 3e-4)]), np.array([0]), screen, 512)
    assert inside.any()
    assert np.count_nonzero((inside > 0) & (got == 0)) == 0


def test_a_river_that_is_clipped_shows_no_clip_edge(con, manifest, folder, tmp_path):
    _, shapes = geometries(con, "(FROM backdrop WHERE kind IN ('water', 'green'))")
    screen = screen_at(*CORNER, 13)
    got = raster(manifest, folder, "backdrop", screen, 256, tmp_path) > 0
    assert (got == (reference(shapes, np.arange(len(shapes)), screen, 256) > 0)).mean() >= 0.995


def test_every_house_is_a_dot_in_the_overview(con, manifest, folder):
    dots = [decoded(read_blob(folder, f"{name}.tile"))[0] for _, _, name, *_ in band_of(manifest, "house", 12)["tiles"]]
    assert set(np.concatenate(dots).tolist()) == set(range(con.execute("SELECT count(*) FROM house").fetchone()[0]))


def test_equal_data_give_an_equal_manifest_and_write_nothing(con, manifest, folder):
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = build_pack(con, LAYERS, folder, manifest)
    assert {key: value for key, value in again.items() if key != "kept"} == {key: value for key, value in manifest.items() if key != "kept"}
    assert again["kept"]["tiles"] == again["kept"]["of"] > 20
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert str(folder) not in json.dumps(manifest)


def test_the_manifest_names_exactly_the_blobs_that_are_there(manifest, folder):
    on_disk = {path.name.rsplit(".", 1)[0] for path in folder.iterdir()}
    assert blob_names(manifest) == on_disk


def test_a_moved_house_changes_only_the_tiles_that_it_touches(folder, tmp_path):
    con = town()
    before = build_pack(con, LAYERS, tmp_path)
    con.execute("UPDATE house SET lonlat = ST_Affine(lonlat, 1::DOUBLE, 0, 0, 1, 0.0001, 0) WHERE house_id = 'h0'")
    after = build_pack(con, LAYERS, tmp_path, before)
    con.close()
    changed = after["kept"]["of"] - after["kept"]["tiles"]
    assert 1 <= changed <= 3  # one tile in each band of the houses
    assert {k: v for k, v in after["tilesets"].items() if k != "house"} == {k: v for k, v in before["tilesets"].items() if k != "house"}


def test_arrays_hold_the_level_and_class_of_every_ordinal(con, manifest, folder):
    houses = next(layer for layer in manifest["layers"] if layer["name"] == "houses")
    levels = read_blob(folder, houses["array"]["name"])
    rows = con.execute("SELECT ordinal, level, use FROM paint_houses JOIN house ON house_id = object_id").fetchall()
    assert [levels[ordinal] for ordinal, _, _ in rows] == [level for _, level, _ in rows]
    use = read_blob(folder, houses["themes"][0]["array"]["name"])
    assert [use[ordinal] for ordinal, _, _ in rows] == [index or 0 for _, _, index in rows]
    assert houses["counts"] == [sum(1 for _, level, _ in rows if level == wanted) for wanted in range(6)]
    assert paint_array(con, LAYERS[2]) == levels


def test_colours_that_carry_their_ordinals_need_no_join_and_give_the_same_arrays():
    con = town(30)
    con.execute("UPDATE house SET lonlat = NULL WHERE ordinal = 3")
    joined = paint_arrays(con, LAYERS[2])
    con.execute("ALTER TABLE paint_houses RENAME TO painted")
    place_colours(con, LAYERS[2], "painted")
    assert [n for (n,) in con.execute("SELECT ordinal FROM paint_houses WHERE ordinal IS NOT NULL").fetchall()] == [
        n for n in range(33) if n != 3
    ]
    con.execute("UPDATE house SET house_id = 'x' || house_id")  # of no use any more
    carried = paint_arrays(con, LAYERS[2])
    con.close()
    assert {name: array.tolist() for name, array in carried.items()} == {name: array.tolist() for name, array in joined.items()}
    assert carried["level"][3] == 255


def test_points_as_coordinates_are_tiled_as_points_as_objects_are():
    places = np.random.default_rng(3).uniform(0, 4 * 32768, (500, 2))
    objects = shapely.points(places)
    objects[7], places[7] = shapely.Point(), np.nan  # the middle of nothing
    ids = np.arange(500) * 3
    made = [list(tile("point", ids, given, 14)) for given in (objects, places)]
    assert made[0] == made[1]
    assert sum(one.n for one in made[0]) >= 499


def test_geometries_are_copied_for_a_lower_band_only_where_they_are_simplified(con):
    land = read(con, "parcel")["polygon"]
    kept = [(band.z, z) for band, shapes, z in shapes_of(land, SHAPES["polygon"], False) if shapes is land.world]
    made = [(band.z, z) for band, _, z in shapes_of(land, SHAPES["polygon"], True)]
    assert (kept, made) == ([(14, 14), (11, 14), (8, 14)], [(14, 14), (11, 11), (8, 8)])


def test_ordinals_are_appended_tombstoned_and_given_back(tmp_path):
    con = connect()
    first, later = rectangles(5, 1), rectangles(6, 1)
    put(con, "house", first)
    assert vars_of(assign_ordinals(con, "house", "house_id")) == (5, 5, 0)
    before = dict(con.execute("SELECT house_id, ordinal FROM house").fetchall())
    assert sorted(before.values()) == [0, 1, 2, 3, 4]

    def next_snapshot(keep: str, shapes: list[Any]) -> dict[str, int]:
        con.execute("ALTER TABLE ordinals RENAME TO former")
        con.execute("DROP TABLE house")
        put(con, "house", shapes)
        con.execute(f"DELETE FROM house WHERE NOT ({keep})")
        counts.append(vars_of(assign_ordinals(con, "house", "house_id", "former")))
        con.execute("DROP TABLE former")
        return dict(con.execute("SELECT house_id, ordinal FROM house").fetchall())

    counts: list[tuple[int, int, int]] = []
    gone = next_snapshot("house_id <> 'h1'", later)
    assert gone == {key: n for key, n in before.items() if key != "h1"} | {"h5": 5}
    back = next_snapshot("house_id <> 'h2'", later)
    assert back["h1"] == before["h1"]
    assert counts == [(5, 1, 1), (5, 0, 1)]
    con.execute("CREATE TABLE paint_houses AS SELECT house_id AS object_id, 5 AS level, 1::UTINYINT AS use FROM house")
    array = paint_array(con, LAYERS[2])
    assert [array[n] for n in range(6)] == [255 if n == before["h2"] else 5 for n in range(6)]
    con.close()


def vars_of(ordinals: Any) -> tuple[int, int, int]:
    return ordinals.live, ordinals.appended, ordinals.dead


def test_a_personal_column_is_never_written_on_the_map(con, tmp_path):
    layer = dataclasses.replace(LAYERS[2], label="owner_name")
    made = build_pack(con, [layer], tmp_path)
    assert "labels" not in made["layers"][0]
    named = build_pack(con, [LAYERS[2]], tmp_path)
    assert json.loads(read_blob(tmp_path, named["layers"][0]["labels"]["name"]))["text"] == ["礼堂"]


def test_names_stand_inside_their_areas_and_roads_are_named_along_them(con, manifest, folder):
    label = json.loads(read_blob(folder, manifest["tilesets"]["area-2"]["labels"]["name"]))
    ids, shapes = geometries(con, "(FROM area WHERE level = 2)")
    by_id = dict(zip(ids.tolist(), shapes, strict=True))
    assert len(label["id"]) == len(by_id)
    assert all(by_id[i].contains(shapely.Point(lon, lat)) for i, lon, lat in zip(label["id"], label["lon"], label["lat"], strict=True))
    roads = json.loads(read_blob(folder, manifest["tilesets"]["backdrop-line"]["labels"]["name"]))
    assert set(roads["text"]) == {f"道路{i}" for i in range(9)}
    assert all(-90 <= angle < 0 for angle in roads["angle"])  # they climb to the north-east


def test_deeper_areas_are_shown_at_higher_zooms_without_gap_or_overlap(manifest):
    draws = next(layer for layer in manifest["layers"] if layer["name"] == "areas")["draws"]
    assert [draw["level"] for draw in draws] == [1, 2]
    assert draws[0]["from"] == 0
    assert draws[0]["to"] + 1 == draws[1]["from"]
    assert draws[1]["to"] == 24


def test_a_blob_is_sent_as_zstd_to_who_takes_it_and_as_gzip_to_all_others(tmp_path):
    raw = b"the same words " * 4000 + bytes(range(256)) * 20
    name = store(tmp_path, raw, "tile").name
    small, encoding = blob_file(tmp_path, name, "gzip, deflate, br, zstd")
    assert encoding == "zstd"
    assert zstandard.ZstdDecompressor().decompress(small.read_bytes()) == raw
    for accept in ("gzip, br", "", "identity"):
        plain, encoding = blob_file(tmp_path, name, accept)
        assert (encoding, gzip.decompress(plain.read_bytes())) == ("gzip", raw)
    assert blob_file(tmp_path, "../secrets.tile", "gzip") is None
    assert blob_file(tmp_path, "0123456789abcdef.tile", "gzip") is None


def test_a_damaged_or_missing_blob_is_named(tmp_path):
    name = store(tmp_path, b"some bytes", "array").name
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(b"other bytes"))
    with pytest.raises(StoreError, match=r"damaged.*Delete it and publish"):
        read_blob(tmp_path, name)
    with pytest.raises(StoreError, match=r"no blob f{16}\.array"):
        read_blob(tmp_path, "ffffffffffffffff.array")


def test_pruning_keeps_what_any_published_snapshot_needs(con, tmp_path):
    first = build_pack(con, LAYERS[:2], tmp_path)
    (tmp_path / "v1.json").write_text(json.dumps(first))
    store(tmp_path, b"of a snapshot long gone", "tile")
    assert prune_pack(tmp_path, [first]) == 1
    assert {path.name.rsplit(".", 1)[0] for path in tmp_path.glob("*.gz")} == blob_names(first)
    assert (tmp_path / "v1.json").exists()


def test_what_the_tiles_hold_as_classes_is_no_layer_for_the_map_to_colour(con, tmp_path):
    layer = Layer(name="backdrop", table="backdrop", zh="底图", en="Backdrop", order=0, geometry="any", label="name")
    con.execute("CREATE TEMP TABLE paint_backdrop AS SELECT feature_id AS object_id, 0 AS level FROM backdrop")
    try:
        made = build_pack(con, [layer, *LAYERS], tmp_path)
    finally:
        con.execute("DROP TABLE paint_backdrop")
    by_class = {one["table"] for one in made["tilesets"].values() if one["ids"] == "class"}
    assert by_class == {"backdrop"}
    assert [one["name"] for one in made["layers"]] == [one.name for one in LAYERS]
    old = made | {"layers": [made["layers"][0] | {"name": "backdrop", "table": "backdrop"}, *made["layers"]]}
    assert recolour_pack(con, [layer, *LAYERS], tmp_path, old)["layers"] == made["layers"], "as a manifest of old has it"


def test_an_empty_town_has_an_empty_pack(tmp_path):
    con = connect()
    made = build_pack(con, LAYERS, tmp_path)
    con.close()
    assert (made["tilesets"], made["layers"], made["box"], made["kept"]) == ({}, [], None, {"tiles": 0, "of": 0})


def test_a_layer_of_people_colours_areas(con, tmp_path):
    con.execute("CREATE TABLE paint_people AS SELECT code AS object_id, 3 AS level FROM area WHERE level = 1")
    made = build_pack(con, [Layer(name="people", table="person", zh="人口", en="People", geometry="area")], tmp_path)["layers"][0]
    con.execute("DROP TABLE paint_people")
    assert made["table"] == "area"
    assert made["counts"] == [0, 0, 0, 6, 0, 0]
    assert {draw["tileset"] for draw in made["draws"]} == {"area-1", "area-2"}


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_levels_stand_out_from_the_paper_by_three_to_one(scheme):
    colours = {level.level: level.hex for level in LEVELS} if scheme == "dark" else LIGHT
    for level, colour in colours.items():
        edge = LIGHT_EDGE.get(level, colour) if scheme == "light" else colour  # a yellow that is seen on paper is brown: its edge is seen
        assert contrast(edge, INK[scheme]["paper"]) >= 3, (level, colour)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two hexes."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
