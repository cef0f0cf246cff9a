"""Basemaps of others: what the settings may say, and tiles that this server reads from a folder, MBTiles or PMTiles."""

import gzip
import itertools
import sqlite3
import struct
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app import create_app
from data.errors import SettingsError
from data.geo import tile_number
from data.settings import Settings
from data.store.rasters import open_tiles, parse_directory
from screen.basemap import load_basemaps
from screen.map_tools import buttons
from screen.text import words

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
HERE = {"base_url": "http://127.0.0.1:8050"}


def numbered(z: int, x: int, y: int) -> int:
    return int(tile_number(x, y, z))


def written(folder: Path, text: str) -> Path:
    file = folder / "basemaps.toml"
    file.write_text(text, encoding="utf-8")
    return file


def folder_of(root: Path, tiles: dict[tuple[int, int, int], bytes]) -> Path:
    for (z, x, y), data in tiles.items():
        file = root / str(z) / str(x) / f"{y}.{'png' if data == PNG else 'jpg'}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return root


def mbtiles_of(file: Path, tiles: dict[tuple[int, int, int], bytes], kind: str = "png") -> Path:
    con = sqlite3.connect(file)
    con.execute("CREATE TABLE metadata (name, value)")
    con.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
    con.execute("INSERT INTO metadata VALUES ('format', ?)", [kind])
    con.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", [(z, x, 2**z - 1 - y, data) for (z, x, y), data in tiles.items()])
    con.commit()
    con.close()
    return file


def varints(*numbers: int) -> bytes:
    out = bytearray()
    for number in numbers:
        while number >= 0x80:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
    return bytes(out)


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Of (first tile, run, offset, length), sorted; an offset right behind the one before is written as 0, as the format has it."""
    steps = [b - a for a, b in itertools.pairwise([0, *(one[0] for one in entries)])]
    places = [0 if i and one[2] == sum(entries[i - 1][2:]) else one[2] + 1 for i, one in enumerate(entries)]
    return gzip.compress(varints(len(entries), *steps, *(one[1] for one in entries), *(one[3] for one in entries), *places))


def pmtiles_of(file: Path, tiles: dict[tuple[int, int, int], bytes], kind: int = 2, version: int = 3) -> Path:
    """A file with one leaf directory a tile, and a root that names the leaves."""
    data, leaves, root = b"", b"", []
    for number, picture in sorted((numbered(*at), picture) for at, picture in tiles.items()):
        leaf = directory([(number, 1, len(data), len(picture))])
        root.append((number, 0, len(leaves), len(leaf)))
        data, leaves = data + picture, leaves + leaf
    first = directory(root)
    places = [127, len(first), 127 + len(first), 0, 127 + len(first), len(leaves), 127 + len(first) + len(leaves), len(data)]
    head = struct.pack("<7sB11Q6B", b"PMTiles", version, *places, len(tiles), len(tiles), len(tiles), 1, 2, 1, kind, 0, 14)
    file.write_bytes(head.ljust(127, b"\0") + first + leaves + data)
    return file


TILES = {(0, 0, 0): PNG, (3, 6, 3): JPEG, (14, 13729, 6657): PNG}


def test_all_three_kinds_of_files_give_the_same_tiles(tmp_path: Path) -> None:
    sources = {"folder": folder_of(tmp_path / "tiles", TILES), "mbtiles": mbtiles_of(tmp_path / "a.mbtiles", TILES)}
    sources["pmtiles"] = pmtiles_of(tmp_path / "a.pmtiles", TILES)
    for kind, path in sources.items():
        tiles = open_tiles(kind, path)
        assert {at: tiles.tile(*at) for at in TILES} == TILES, kind
        assert [tiles.tile(*at) for at in ((1, 0, 0), (3, 6, 4), (14, 13729, 6658), (14, 13730, 6657))] == [None] * 4, kind


def test_a_folder_may_count_its_rows_from_the_south(tmp_path: Path) -> None:
    assert open_tiles("folder", folder_of(tmp_path, {(3, 6, 3): PNG}), tms=True).tile(3, 6, 4) == PNG


def test_numbers_of_tiles_run_along_the_hilbert_curve_of_each_zoom() -> None:
    assert [numbered(*at) for at in ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0))] == [0, 1, 2, 3, 4, 5]
    assert numbered(12, 3423, 1763) == 19078479  # the example of the specification
    cells = sorted((numbered(5, x, y), x, y) for x in range(32) for y in range(32))
    assert [number for number, _, _ in cells] == list(range(341, 341 + 1024))
    assert all(abs(a[1] - b[1]) + abs(a[2] - b[2]) == 1 for a, b in itertools.pairwise(cells)), "neighbours follow each other"


def test_one_entry_may_stand_for_a_run_of_equal_tiles() -> None:
    entry = parse_directory(gzip.decompress(directory([(5, 4, 0, 9), (9, 1, 9, 3)])))
    assert [(one.first, one.run, one.offset, one.length) for one in entry] == [(5, 4, 0, 9), (9, 1, 9, 3)]


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [("mbtiles", "vector.mbtiles", "vectors"), ("pmtiles", "vector.pmtiles", "no PNG"), ("pmtiles", "old.pmtiles", "version 3"),
     ("pmtiles", "short.pmtiles", "cannot be read"), ("mbtiles", "no.mbtiles", "cannot be read"), ("folder", "none", "does not exist")],
)  # fmt: skip
def test_a_file_that_cannot_be_shown_is_told_in_both_languages(tmp_path: Path, kind: str, name: str, said: str) -> None:
    mbtiles_of(tmp_path / "vector.mbtiles", TILES, "pbf")
    pmtiles_of(tmp_path / "vector.pmtiles", TILES, kind=1)
    pmtiles_of(tmp_path / "old.pmtiles", TILES, version=2)
    (tmp_path / "short.pmtiles").write_bytes(b"PMTiles")
    (tmp_path / "no.mbtiles").write_bytes(b"not a database" * 9)
    with pytest.raises(SettingsError, match=said) as raised:
        open_tiles(kind, tmp_path / name)
    assert name in raised.value.message and name in raised.value.zh


LOCAL = '[[basemap]]\nname = "a"\nkind = "{kind}"\nfile = "{file}"\n'


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    folder_of(tmp_path / "tiles", TILES | {(2, 0, 0): b"<html>no picture</html>"})
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "tiles/4/0").mkdir(parents=True)
    (tmp_path / "tiles/4/0/0.png").symlink_to(tmp_path / "secret.png")
    file = written(
        tmp_path, LOCAL.format(kind="folder", file="tiles") + '[[basemap]]\nname="far"\nkind="xyz"\nurl="https://example.org/{z}/{x}/{y}"\n'
    )
    return TestClient(create_app(Settings(home=tmp_path / "home", basemaps=file)), **HERE)  # type: ignore[arg-type]


def test_the_server_gives_pictures_by_their_own_kind_and_nothing_where_there_are_none(client: TestClient) -> None:
    png, jpeg = client.get("/basemap/a/0/0/0"), client.get("/basemap/a/3/6/3")
    assert (png.status_code, png.headers["content-type"], png.content) == (200, "image/png", PNG)
    assert (jpeg.headers["content-type"], jpeg.content) == ("image/jpeg", JPEG)
    for path in ("5/1/1", "0/0/1", "0/1/0", "99/0/0", "2/0/0", "3/-1/0"):
        answer = client.get(f"/basemap/a/{path}")
        assert (answer.status_code, answer.content) == (204, b""), path


def test_no_address_leads_out_of_the_folder_or_to_other_machines(client: TestClient) -> None:
    for path in ("a/../../secret", "a/0/0/..%2f..%2fsecret", "a/%2e%2e/%2e%2e/secret", "b/0/0/0", "far/0/0/0", "a/0/0/0.png"):
        answer = client.get(f"/basemap/{path}")
        assert answer.status_code in (404, 422) and PNG not in answer.content, path
    assert client.get("/basemap/a/4/0/0").status_code == 204, "a link out of the folder"


def test_without_a_file_there_is_no_basemap_and_no_switch() -> None:
    assert load_basemaps(None) == ()
    assert buttons(words("en"), ())[-1] is None


def test_tianditu_is_given_by_its_addresses_and_the_key_is_filled_in(tmp_path: Path) -> None:
    address = "https://t{s}.example.org/vec_c/wmts?LAYER=vec&TILEMATRIX={TileMatrix}&TILEROW={TileRow}&TILECOL={TileCol}&tk={key}"
    file = written(
        tmp_path,
        f"""
[[basemap]]
name = "tdt"
title = {{ zh = "天地图", en = "Tianditu" }}
kind = "wmts"
url = ["{address}", "{address.replace("vec", "cva")}"]
matrix = "c"
subdomains = "01234567"
key = "K3Y"
zoom = [1, 18]
""",
    )
    told = load_basemaps(file)[0].plain()
    assert (told["matrix"], told["min"], told["max"], told["datum"]) == ("c", 1, 18, "wgs84")
    assert told["urls"][0] == "https://t{s}.example.org/vec_c/wmts?LAYER=vec&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=K3Y"
    assert "cva" in told["urls"][1]


def test_a_wms_is_asked_for_maps_in_the_projection_of_the_tiles(tmp_path: Path) -> None:
    file = written(tmp_path, '[[basemap]]\nname="w"\nkind="wms"\nurl="http://gis.local/wms?map=a"\nlayers="roads,names"\n')
    (url,) = load_basemaps(file)[0].urls
    assert url.startswith("http://gis.local/wms?map=a&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads%2Cnames&")
    assert "CRS=EPSG%3A3857" in url and url.endswith("&BBOX={bbox}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name="A b"\nkind="xyz"\nurl="https://x"', "name = 'A b'"),
        ('name="a"\nkind="tms"\nurl="https://x"', "kind = 'tms'"),
        ('name="a"\nkind="xyz"', "url = None"),
        ('name="a"\nkind="xyz"\nurl="file:///etc"', "url = 'file:///etc'"),
        ('name="a"\nkind="xyz"\nurl="javascript:1"', "url = 'javascript:1'"),
        ('name="a"\nkind="folder"', "file = None"),
        ('name="a"\nkind="xyz"\nurl="https://x"\ndatum="gcj"', "datum = 'gcj'"),
        ('name="a"\nkind="xyz"\nurl="https://x"\nzoom=[9, 3]', r"zoom = \[9, 3\]"),
        ('name="a"\nkind="xyz"\nurl="https://x"\nzom=[1, 3]', "'zoom'"),
        ('name="a"\nkind="xyz"\nurl="https://x?tk={key}"', "key = …"),
        ('name="a"\nkind="wms"\nurl="https://x"', "layers = None"),
        ('name="a"\nkind="xyz"\nurl="https://x"\nimagery="yes"', "imagery = 'yes'"),
    ],
)
def test_a_mistake_in_the_file_names_file_basemap_key_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        load_basemaps(written(tmp_path, f"[[basemap]]\n{text}\n"))
    assert "basemaps.toml" in raised.value.message and raised.value.zh and raised.value.remedy and raised.value.zh_remedy


def test_two_basemaps_of_one_name_a_missing_file_and_broken_toml_are_refused(tmp_path: Path) -> None:
    one = '[[basemap]]\nname="a"\nkind="xyz"\nurl="https://x"\n'
    for text in (one * 2, "basemap = 3", "[[basemap]", "[other]\na=1"):
        with pytest.raises(SettingsError, match=r"basemaps\.toml"):
            load_basemaps(written(tmp_path, text))
    with pytest.raises(SettingsError, match="cannot be read"):
        load_basemaps(tmp_path / "none.toml")
