"""Vector tiles of a snapshot in one archive: read back by GDAL and by a plain decoder, against the shapes that they were made of."""

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from mvt_reader import Archive, Feature, layers_of
from pack_town import BOX, KEYS, LAYERS, town

from data.errors import PolicyError
from data.geo import tile_number
from data.settings import Settings
from data.store.duck import connect
from layers.__main__ import main
from layers.core import pmtiles
from layers.core.coats import text_column
from layers.core.pmtiles import Zoom
from layers.core.pyramid import write_pyramid
from layers.core.tiles import world

Tiles = dict[tuple[int, int, int], dict[str, list[Feature]]]


@pytest.fixture(scope="module")
def con():
    made = town()
    yield made
    made.close()


@pytest.fixture(scope="module")
def file(con, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("tiles") / "town.pmtiles"
    write_pyramid(con, LAYERS, out, "示范镇")
    return out


@pytest.fixture(scope="module")
def archive(file) -> Archive:
    return Archive(file)


@pytest.fixture(scope="module")
def tiles(archive) -> Tiles:
    return {place: layers_of(raw) for place, raw in archive.tiles().items()}


def shapes(con: Any, table: str, where: str = "true") -> dict[int, Any]:
    rows = con.execute(f"SELECT ordinal, ST_AsWKB(lonlat) FROM {table} WHERE {where}").fetchall()
    return {n: shapely.from_wkb(bytes(wkb)) for n, wkb in rows}


def units(geometry: Any, z: int) -> np.ndarray:
    """Vertices in units of 1/4096 tile."""
    return world(shapely.get_coordinates(geometry), z) / 8


def test_the_header_says_what_the_file_holds(archive, file):
    head = archive.head
    assert (head["magic"], head["version"], head["clustered"], head["inside"], head["packed"], head["kind"]) == (b"PMTiles", 3, 1, 2, 2, 1)
    assert (head["first"], head["last"], head["zoom"]) == (12, 16, 12)
    assert head["root"] == 127
    assert head["root"] + head["root_size"] <= 16384
    assert head["data"] + head["data_size"] == file.stat().st_size
    entries = archive.entries()
    assert [head["entries"], head["addressed"]] == [len(entries), sum(run for _, run, _, _ in entries)]
    assert head["contents"] == len({offset for _, _, offset, _ in entries})
    assert head["west"] <= BOX[0] * 1e7 + 1 < head["lon"] < BOX[2] * 1e7 - 1 <= head["east"]
    assert head["south"] <= BOX[1] * 1e7 + 1 < head["lat"] < BOX[3] * 1e7 - 1 <= head["north"]


def test_tiles_lie_in_the_order_of_their_numbers_and_their_data_too(archive):
    entries = archive.entries()
    assert [tile for tile, *_ in entries] == sorted({tile for tile, *_ in entries})
    first_seen = list(dict.fromkeys(offset for _, _, offset, _ in entries))
    assert first_seen == sorted(first_seen)


def test_tile_numbers_are_those_of_the_specification():
    x, y = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0])
    assert tile_number(x[:1], y[:1], 0).tolist() == [0]
    assert tile_number(x, y, 1).tolist() == [1, 2, 3, 4]
    assert tile_number(np.array([3423]), np.array([1763]), 12).tolist() == [19078479]


def test_gdal_reads_as_many_objects_as_the_map_draws_with_their_levels(con, file):
    for layer, name, table in ((LAYERS[1], "land", "parcel"), (LAYERS[2], "houses", "house"), (LAYERS[3], "devices", "facility")):
        found = pyogrio.read_dataframe(file, layer=name)
        rows = con.execute(f"SELECT ordinal, level FROM paint_{layer.name} JOIN {table} ON {KEYS[table]} = object_id").fetchall()
        assert dict(zip(found["mvt_id"], found["level"], strict=True)) == dict(rows)


def test_parcels_put_together_from_the_deepest_tiles_have_their_true_area(con, file):
    found = pyogrio.read_dataframe(file, layer="land").dissolve("mvt_id")
    truth = shapes(con, "parcel")
    rows = con.execute("SELECT ordinal, ST_Area(ST_Transform(lonlat, 'EPSG:4326', 'EPSG:3857')) FROM parcel").fetchall()
    assert set(found.index) == set(truth)
    # A unit at zoom 16 is 15 cm, and each edge may be off by one.
    for ordinal, area in rows:
        assert found.geometry[ordinal].area == pytest.approx(area, abs=0.16 * truth[ordinal].length * 111_320 * 1.2 + 1)


def test_every_vertex_of_a_house_is_within_a_unit_of_its_place(con, tiles):
    truth, seen = shapes(con, "house"), set()
    for (z, x, y), layers in tiles.items():
        for house in layers.get("houses", []) if z >= 15 else []:
            wanted = units(truth[house.id], z)
            got = np.array([vertex for part in house.parts for vertex in part]) + np.array([x, y]) * 4096
            assert np.abs(got[:, None, :] - wanted[None]).max(axis=2).min(axis=1).max() <= 1
            seen.add((z, house.id))
    assert seen == {(z, n) for z in (15, 16) for n in truth}


def test_outer_rings_turn_one_way_and_holes_the_other(con, tiles):
    truth = {n: sum(len(part.interiors) for part in shapely.get_parts(shape)) for n, shape in shapes(con, "house").items()}
    yard = next(n for n, holes in truth.items() if holes)
    for (z, _, _), layers in tiles.items():
        for house in layers.get("houses", []) if z == 16 else []:
            areas = [shapely.LinearRing(part).is_ccw for part in house.parts]  # y points south: so a true outer ring comes out as it should
            assert areas[0]
            assert house.id == yard or all(areas)
    courts = [f for (z, _, _), layers in tiles.items() if z == 16 for f in layers.get("houses", []) if f.id == yard and len(f.parts) == 2]
    assert courts
    assert all(not shapely.LinearRing(court.parts[1]).is_ccw for court in courts)


def test_what_is_cut_at_the_edge_of_a_tile_still_turns_the_right_way(tiles):
    cut = [f for (z, _, _), layers in tiles.items() if z == 16 for f in layers.get("areas-0", [])]
    assert len(cut) > 50
    assert all(shapely.LinearRing(part).is_ccw for feature in cut for part in feature.parts)


def test_houses_are_dots_until_they_are_large_enough(con, tiles):
    kinds = {z: {f.kind for (at, _, _), layers in tiles.items() if at == z for f in layers.get("houses", [])} for z in range(12, 17)}
    assert kinds == {12: {1}, 13: {1}, 14: {1}, 15: {3}, 16: {3}}
    dots = Counter(f.id for (z, _, _), layers in tiles.items() if z == 12 for f in layers.get("houses", []))
    assert set(dots) == set(shapes(con, "house"))


def test_neighbours_at_low_zooms_leave_no_gap(tiles):
    for (z, _, _), layers in tiles.items():
        if z == 12:
            rings = [shapely.Polygon(part) for feature in layers.get("land", []) for part in feature.parts]
            # Each ring is on whole units; what lies between two of them is at most the rounding of their common edge.
            hull = shapely.union_all([ring.buffer(1.01, join_style="mitre") for ring in rings])
            assert not [hole for part in shapely.get_parts(hull) for hole in part.interiors]


def test_classes_are_told_by_their_codes_and_names_only_where_nobody_minds(con, tiles, tmp_path):
    codes = {1: "a", 2: "b"}
    use = dict(con.execute("SELECT ordinal, use FROM paint_houses JOIN house ON house_id = object_id").fetchall())
    for layers in tiles.values():
        for house in layers.get("houses", []):
            assert house.tags.get("use") == codes.get(use[house.id])
    assert {tag for layers in tiles.values() for one in layers.get("houses", []) for tag in one.tags} == {"level", "use", "name"}
    secret = tmp_path / "secret.pmtiles"
    write_pyramid(con, [dataclasses.replace(LAYERS[2], label="owner_name")], secret, "示范镇")
    assert "某人" not in json.dumps(
        [one.tags for raw in Archive(secret).tiles().values() for one in layers_of(raw).get("houses", [])], ensure_ascii=False
    )
    with pytest.raises(PolicyError, match=r"house\.owner_name is not for everybody"):
        text_column(con, "house", "owner_name")


def test_equal_tiles_are_written_once_and_runs_of_them_are_one_entry(tmp_path):
    x, y = np.meshgrid(np.arange(4), np.arange(4))
    raw = [b"sea" if column < 2 else bytes([row]) for column, row in zip(x.ravel(), y.ravel(), strict=True)]
    out = tmp_path / "sea.pmtiles"
    done = pmtiles.write(out, [Zoom(2, x.ravel(), y.ravel(), raw.__getitem__)], [0, 0, 1, 1], {})
    assert (done.addressed, done.contents) == (16, 5)
    assert done.entries < 12
    assert Archive(out).tiles() == {(2, c, r): raw[i] for i, (c, r) in enumerate(zip(x.ravel().tolist(), y.ravel().tolist(), strict=True))}


def test_many_tiles_get_leaf_directories_and_a_root_that_fits_the_first_request(tmp_path):
    rng = np.random.default_rng(1)
    number = rng.choice(1 << 24, 30_000, replace=False)
    x, y = number >> 12, number & 4095
    out = tmp_path / "many.pmtiles"
    pmtiles.write(out, [Zoom(12, x, y, lambda row: b"%d" % number[row] * int(1 + number[row] % 40))], [0, 0, 1, 1], {})
    archive = Archive(out)
    assert archive.head["leaf_size"] > 0
    assert archive.head["root"] + archive.head["root_size"] <= 16384
    wanted = {(12, int(c), int(r)): b"%d" % n * int(1 + n % 40) for c, r, n in zip(x, y, number, strict=True)}
    assert archive.tiles() == wanted


def test_tiles_of_the_deepest_zooms_keep_their_numbers(tmp_path):
    out = tmp_path / "deep.pmtiles"
    x, y = np.array([878_723, 878_724]), np.array([428_547, 428_547])
    pmtiles.write(out, [Zoom(20, x, y, lambda row: b"%d" % row)], [0, 0, 1, 1], {})
    assert {*Archive(out).tiles()} == {(20, 878_723, 428_547), (20, 878_724, 428_547)}


def test_equal_data_give_an_equal_file(con, file, tmp_path):
    again = tmp_path / "again.pmtiles"
    write_pyramid(con, LAYERS, again, "示范镇")
    assert again.read_bytes() == file.read_bytes()
    assert list(tmp_path.iterdir()) == [again]


def test_an_empty_town_has_an_archive_without_tiles(tmp_path):
    con = connect()
    done = write_pyramid(con, LAYERS, tmp_path / "none.pmtiles", "空")
    con.close()
    assert (done.addressed, Archive(tmp_path / "none.pmtiles").tiles()) == (0, {})


def home_with(con: Any, home: Path) -> Settings:
    """A published snapshot of the town of this module."""
    settings = Settings(home=home)
    for folder in (settings.serving, settings.pack):
        folder.mkdir(parents=True)
    con.execute(f"ATTACH '{settings.serving / 'v1.duckdb'}' AS shown")
    for table in ("area", "parcel", "house", "facility", "backdrop", "theme_class", *(f"paint_{layer.name}" for layer in LAYERS)):
        con.execute(f"CREATE TABLE shown.{table} AS FROM {table}")
    con.execute("""CREATE TABLE shown.town AS SELECT 'name' AS key, '{"zh": "示范镇", "en": "Town"}' AS value""")
    con.execute("DETACH shown")
    (settings.pack / "v1.json").write_text("{}")
    told = {"snapshot": 1, "file": "v1.duckdb", "manifest": "v1.json", "published_at": "2026-11-22T01:00:00+00:00"}
    (settings.serving / "current.json").write_text(json.dumps(told))
    return settings


def test_the_command_writes_the_snapshot_on_show_where_the_server_offers_it(con, tmp_path, capsys):
    settings = home_with(con, tmp_path / "home")
    assert main(["pmtiles", "--zooms", "12-13"], settings=settings) == 0
    archive = Archive(settings.pack / "v1.pmtiles")
    assert (archive.head["first"], archive.head["last"], archive.about["name"]) == (12, 13, "示范镇")
    assert f"{archive.head['addressed']:,}" in capsys.readouterr().out
    assert main(["pmtiles", str(tmp_path / "absent" / "town.pmtiles")], settings=settings) == 1
    said = capsys.readouterr().err
    assert "不存在" in said
    assert "There is no folder" in said


def test_the_command_says_in_both_languages_that_nothing_is_published(tmp_path, capsys):
    assert main(["pmtiles"], settings=Settings(home=tmp_path)) == 1
    said = capsys.readouterr().err
    assert "尚未发布" in said
    assert "Nothing has been published yet" in said
    with pytest.raises(SystemExit):
        main(["pmtiles", "--zooms", "16-12"], settings=Settings(home=tmp_path))
    assert "the lower first" in capsys.readouterr().err
