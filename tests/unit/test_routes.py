"""Addresses for machines, asked of the real application: an empty installation, and a published one made of real files."""

import gzip
import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import address, create_app
from data.errors import SettingsError, StoreError
from data.settings import REPOSITORY, Settings
from data.store.duck import connect
from layers.core import blobs, query
from layers.core.registry import load_layers
from screen.guard import loopback

NOW = datetime(2026, 11, 22, 1, 42, tzinfo=UTC)
HERE: dict[str, Any] = {"base_url": "http://127.0.0.1:8050"}
EXAMPLE = (REPOSITORY / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
TILE = bytes(range(256)) * 40
FACTS = {
    "name": {"zh": "某镇", "en": "Some Town"}, "code": "T", "crs": "EPSG:4550", "timezone": "Asia/Shanghai", "levels": [],
    "synthetic": False, "bounds": [121.6, 31.1, 121.8, 31.3], "snapshot": 1, "published_at": "2026-11-22T01:00:00+00:00",
    "as_of": "2026-11-22", "rule_version": "r",
}  # fmt: skip


def settings(home: Path, **more: object) -> Settings:
    return Settings(home=home, now=NOW, **more)  # type: ignore[arg-type]


def publish(home: Path, snapshot: int = 1, **facts: object) -> str:
    """A serving file with the town's facts alone, a pack with one blob, and the pointer; returns the blob's name."""
    chosen = settings(home)
    for folder in (chosen.serving, chosen.pack):
        folder.mkdir(parents=True, exist_ok=True)
    con = connect(chosen.serving / f"v{snapshot}.duckdb", extensions=())
    con.execute("CREATE TABLE town (key VARCHAR, value VARCHAR)")
    con.executemany(
        "INSERT INTO town VALUES (?, ?)", [[key, json.dumps(value)] for key, value in (FACTS | {"snapshot": snapshot} | facts).items()]
    )
    con.execute("CREATE TABLE tree (area_code VARCHAR, ancestor_code VARCHAR, depth INTEGER); INSERT INTO tree VALUES ('T', 'T', 0)")
    con.execute("""CREATE TABLE dataset (name VARCHAR, table_name VARCHAR, file VARCHAR, fingerprint VARCHAR, delivered_at DATE,
        rows BIGINT, refused BIGINT, message VARCHAR, declaration VARCHAR); INSERT INTO dataset VALUES
        ('houses', 'house', 'a.shp', 'f', DATE '2026-11-20', 5, 0, '', '{}')""")
    con.execute("CREATE TABLE fault (dataset VARCHAR, severity VARCHAR)")
    for layer in load_layers():
        con.execute(f"CREATE TABLE paint_{layer.name} (object_id VARCHAR, level UTINYINT)")
    con.close()
    (chosen.pack / f"v{snapshot}.json").write_text(json.dumps({"format": 1, "layers": [], "filling": "x" * 2000}))
    blob = blobs.store(chosen.pack, TILE, "tile")
    pointer = {
        "snapshot": snapshot,
        "file": f"v{snapshot}.duckdb",
        "manifest": f"v{snapshot}.json",
        "published_at": "2026-11-22T01:00:00+00:00",
    }
    (chosen.serving / "current.json").write_text(json.dumps(pointer))
    return blob.name


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with TestClient(create_app(settings(tmp_path_factory.mktemp("empty"))), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def published(tmp_path: Path) -> Iterator[tuple[TestClient, str, Path]]:
    name = publish(tmp_path)
    with TestClient(create_app(settings(tmp_path)), **HERE) as client:
        yield client, name, tmp_path


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/town/x",
        "/pack/0123456789abcdef.tile",
        "/pack/../app.py",
        "/pack/v1.json",
        "/assets/none.css",
        "/_dash-component-suites/os/path.js",
    ],
)
def test_an_unknown_address_is_a_real_404_and_never_a_page(empty: TestClient, path: str) -> None:
    answer = empty.get(path)
    assert answer.status_code == 404
    assert "text/html" not in answer.headers.get("content-type", "")


def test_an_empty_installation_is_healthy_and_says_how_to_load_a_town(empty: TestClient) -> None:
    told = empty.get("/health").json()
    assert told["state"] == "empty" and "python -m etl load" in told["remedy"]
    manifest = empty.get("/pack/manifest.json")
    assert (manifest.status_code, manifest.content, manifest.headers["cache-control"]) == (204, b"", "no-store"), "no error in any console"
    assert empty.get("/api/object/houses/0").status_code == 404
    for page in ("/", "/town"):
        answer = empty.get(page)
        assert answer.status_code == 200 and 'lang="zh-CN"' in answer.text and "某镇" not in answer.text


def test_health_tells_the_town_the_snapshot_and_ages_in_seconds(published: tuple[TestClient, str, Path]) -> None:
    told = published[0].get("/health").json()
    assert (told["state"], told["snapshot"], told["town"]["zh"]) == ("ok", 1, "某镇")
    assert told["age_s"] == 42 * 60
    assert told["datasets_age_s"] == {"houses": 2 * 86400 + 3600 + 42 * 60}


def test_health_tells_how_fresh_each_dataset_layer_and_the_colours_are(published: tuple[TestClient, str, Path]) -> None:
    client, _, home = published
    told = client.get("/health").json()
    assert told["datasets"] == {"houses": "current"}
    assert (told["layers"]["houses"], told["layers"]["land"], told["colours"]["state"]) == ("current", "unset", "current")
    (home / "serving" / "failed.json").write_text(json.dumps({"houses": {"at": "2026-11-22T01:00:00+00:00", "run": "r", "why": "too bad"}}))
    told = client.get("/health").json()
    assert (told["datasets"], told["layers"]["houses"], told["state"]) == ({"houses": "failed"}, "failed", "stale")


def test_health_says_which_layers_wait_for_a_repaint_and_what_to_do(tmp_path: Path) -> None:
    publish(tmp_path)
    own = tmp_path / "own"
    own.mkdir()
    (own / "old_houses.py").write_text(EXAMPLE, encoding="utf-8")
    with TestClient(create_app(settings(tmp_path, layers=own)), **HERE) as client:
        told = client.get("/health").json()
    assert (told["layers"]["old_houses"], told["layers"]["houses"]) == ("unpainted", "current")
    assert (
        told["problem"].startswith("old_houses: ")
        and "请运行 python -m etl repaint" in told["problem"]
        and "Not painted" in told["problem"]
    )


def test_a_town_whose_newest_delivery_is_over_a_year_old_is_stale(published: tuple[TestClient, str, Path]) -> None:
    client, _, home = published
    (home / "serving" / "v1.duckdb").unlink()
    late = Settings(home=home, now=datetime(2028, 1, 1, tzinfo=UTC))
    publish(home, 2)
    with TestClient(create_app(late), **HERE) as other:
        assert other.get("/health").json()["state"] == "stale"
    assert client.get("/health").json()["snapshot"] == 2, "a running server takes up the new snapshot by itself"


def test_a_pointer_to_a_missing_file_keeps_the_old_snapshot_and_says_so(published: tuple[TestClient, str, Path]) -> None:
    client, _, home = published
    assert client.get("/health").json()["state"] == "ok"
    pointer = json.loads((home / "serving" / "current.json").read_text())
    (home / "serving" / "current.json").write_text(json.dumps(pointer | {"snapshot": 9, "file": "v9.duckdb", "manifest": "v9.json"}))
    told = client.get("/health").json()
    assert told["state"] == "stale" and told["snapshot"] == 1 and "v9" in told["problem"]


def test_the_manifest_is_revalidated_and_its_tag_changes_with_every_publish(published: tuple[TestClient, str, Path]) -> None:
    client, _, home = published
    first = client.get("/pack/manifest.json")
    assert first.json()["format"] == 1 and first.headers["cache-control"] == "no-cache" and first.headers["content-encoding"] == "gzip"
    assert client.get("/pack/manifest.json", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    publish(home, 2)
    again = client.get("/pack/manifest.json", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200 and again.headers["etag"] != first.headers["etag"]


def test_vector_tiles_of_the_snapshot_on_show_are_read_by_range_or_said_not_to_be_made(published: tuple[TestClient, str, Path]) -> None:
    client, _, home = published
    missing = client.get("/pack/town.pmtiles")
    assert (missing.status_code, missing.json()["remedy"]) == (404, "python -m layers pmtiles")
    (settings(home).pack / "v1.pmtiles").write_bytes(TILE)
    part = client.get("/pack/town.pmtiles", headers={"Range": "bytes=127-1000", "Accept-Encoding": "gzip"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, TILE[127:1001], f"bytes 127-1000/{len(TILE)}")
    assert "content-encoding" not in part.headers
    whole = client.get("/pack/town.pmtiles")
    assert (whole.content, whole.headers["x-onescreen-snapshot"]) == (TILE, "1")
    assert "尚未生成" in missing.json()["zh"]


def test_after_a_repaint_the_vector_tiles_of_its_load_are_given_and_say_so_and_after_another_load_none(
    published: tuple[TestClient, str, Path],
) -> None:
    client, _, home = published
    pack = settings(home).pack
    (pack / "v1.pmtiles").write_bytes(TILE)
    publish(home, 2)
    (pack / "v2.json").write_text(json.dumps({"format": 1, "layers": [], "repaint_of": 1}))
    given = client.get("/pack/town.pmtiles")
    assert (given.status_code, given.content, given.headers["x-onescreen-snapshot"]) == (200, TILE, "1")
    (pack / "v2.pmtiles").write_bytes(TILE[:500])
    assert client.get("/pack/town.pmtiles").headers["x-onescreen-snapshot"] == "2"
    publish(home, 3)
    assert client.get("/pack/town.pmtiles").status_code == 404


def test_a_vector_tile_holds_the_levels_asked_for_and_says_what_it_cannot_give(tmp_path: Path) -> None:
    publish(tmp_path)
    with connect(settings(tmp_path).serving / "v1.duckdb") as con:
        con.execute("""CREATE TABLE house AS SELECT 'h' || i AS house_id, NULL::VARCHAR AS name, i AS ordinal, 121.6 AS west, 31.1 AS south,
            121.6 AS east, 31.1 AS north, ST_Point(121.6, 31.1) AS lonlat FROM range(3) r(i);
            INSERT INTO paint_houses SELECT house_id, 1 + ordinal FROM house""")
    with TestClient(create_app(settings(tmp_path)), **HERE) as client:
        whole, some = (client.get("/mvt/houses/14/13726/6701", params=asked) for asked in ({}, {"level": "1,3"}))
        assert whole.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        assert (whole.content.count(bytes((0x18, 1))), some.content.count(bytes((0x18, 1)))) == (3, 2)
        assert client.get("/mvt/houses/14/0/0").status_code == 204
        for address_of, said in (
            ("housse/14/0/0", "houses"), ("backdrop/14/13726/6701", "Known: areas"), ("houses/14/0/16384", "Zooms"),
            ("houses/14/0/zero", "Zooms"), ("houses/14/0/0?level=7", "0 to 5"), ("areas/14/0/0?depth=abc", "whole number"),
        ):  # fmt: skip
            refused = client.get(f"/mvt/{address_of}")
            assert (refused.status_code, said in refused.json()["remedy"]) == (404, True), refused.text
            assert refused.json()["zh"] and refused.json()["zh_remedy"] and refused.json()["error"]


def test_a_blob_travels_compressed_as_the_browser_can_take_it_and_is_kept_for_ever(published: tuple[TestClient, str, Path]) -> None:
    client, name, _ = published
    unpack = {"gzip": gzip.decompress, "zstd": lambda raw: zstandard.ZstdDecompressor().decompress(raw)}
    for accept in ("gzip", "gzip, deflate, br, zstd"):
        with client.stream("GET", f"/pack/{name}", headers={"Accept-Encoding": accept}) as answer:
            encoding = answer.headers["content-encoding"]
            assert encoding in accept and "immutable" in answer.headers["cache-control"] and answer.headers["vary"] == "Accept-Encoding"
            assert unpack[encoding](b"".join(answer.iter_raw())) == TILE


def test_scripts_are_compressed_once_cached_for_ever_and_revalidated_by_tag(empty: TestClient) -> None:
    page = empty.get("/town").text
    script = page.split('<script src="')[1].split('"')[0]
    first = empty.get(script, headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip" and "immutable" in first.headers["cache-control"]
    assert empty.get(script, headers={"Accept-Encoding": "identity"}).text == first.text
    assert empty.get(script, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert not [
        part for part in page.split("<script")[1:] if "src=" in part and ("plotly" in part.split(">")[0] or "graph" in part.split(">")[0])
    ]


def test_the_title_is_the_towns_own_in_the_readers_language(published: tuple[TestClient, str, Path]) -> None:
    client = published[0]
    assert "<title>某镇" in client.get("/town").text
    client.cookies.set("onescreen-language", "en")
    client.cookies.set("onescreen-look", "light")
    page = client.get("/town").text
    assert "<title>Some Town" in page and 'lang="en"' in page and 'data-look="light"' in page


def test_every_callback_runs_off_the_event_loop(empty: TestClient) -> None:
    """A synchronous callback would stop every other viewer (map.md, section 1)."""
    app = empty.app
    assert isinstance(app, FastAPI)
    callbacks = {name: told["callback"] for name, told in app.state.dash.callback_map.items() if "callback" in told}
    assert len(callbacks) >= 4
    assert not [name for name, function in callbacks.items() if not inspect.iscoroutinefunction(function)]


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.7", False), ("town", False)]
)
def test_what_counts_as_this_machine(host: str, here: bool) -> None:
    assert loopback(host) is here


def test_real_data_are_refused_on_another_address_at_start(tmp_path: Path) -> None:
    publish(tmp_path)
    with pytest.raises(SettingsError, match=r"ONESCREEN_HOST is '0\.0\.0\.0'.*127\.0\.0\.1"):
        create_app(settings(tmp_path, host="0.0.0.0"))


def test_a_synthetic_town_may_be_shown_elsewhere_until_a_real_one_is_published(tmp_path: Path) -> None:
    publish(tmp_path, synthetic=True)
    with TestClient(create_app(settings(tmp_path, host="0.0.0.0"))) as client:
        assert client.get("/health").status_code == 200
        publish(tmp_path, 2)
        for path in ("/health", "/town", "/pack/manifest.json", "/_dash-layout"):
            answer = client.get(path)
            assert answer.status_code == 403 and "某镇" not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8050", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[", ""])
def test_real_data_are_not_given_out_under_a_name_that_others_can_point_here(tmp_path: Path, host: str) -> None:
    publish(tmp_path)
    with TestClient(create_app(settings(tmp_path)), **HERE) as client:
        for path in ("/health", "/town", "/pack/manifest.json", "/_dash-layout"):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == 421 and "某镇" not in answer.text
            assert "本机" in answer.text and "this machine" in answer.text and "http://127.0.0.1:8050/" in answer.text
        publish(tmp_path, 2, synthetic=True)
        assert client.get("/health", headers={"Host": host}).status_code == 200, "a made-up town is open to any name"


@pytest.mark.parametrize("host", ["127.0.0.1:8050", "localhost:8050", "[::1]:8050", "127.1.2.3"])
def test_real_data_are_given_out_under_this_machines_own_names(tmp_path: Path, host: str) -> None:
    publish(tmp_path)
    with TestClient(create_app(settings(tmp_path)), **HERE) as client:
        assert client.get("/health", headers={"Host": host}).json()["town"]["zh"] == "某镇"


@pytest.mark.parametrize(
    ("host", "printed"), [("::", "http://[::]:8050"), ("127.0.0.1", "http://127.0.0.1:8050"), ("town", "http://town:8050")]
)
def test_a_printed_address_can_be_opened(tmp_path: Path, host: str, printed: str) -> None:
    assert address(settings(tmp_path, host=host)) == printed


@pytest.mark.parametrize(
    "damage", ["{", '{"snapshot": 1}', '{"snapshot": 9, "file": "v9.duckdb", "manifest": "v9.json", "published_at": "2026-11-22"}']
)
def test_what_cannot_be_read_is_taken_for_real_at_start(tmp_path: Path, damage: str) -> None:
    publish(tmp_path, synthetic=True)
    (tmp_path / "serving" / "current.json").write_text(damage)
    with pytest.raises(SettingsError, match="cannot be read"):
        create_app(settings(tmp_path, host="0.0.0.0"))


def test_an_empty_installation_may_be_shown_elsewhere_and_shuts_while_its_first_town_cannot_be_read(tmp_path: Path) -> None:
    with TestClient(create_app(settings(tmp_path, host="0.0.0.0"))) as client:
        assert client.get("/health").status_code == 200
        publish(tmp_path, synthetic=True)
        pointer = tmp_path / "serving" / "current.json"
        right = pointer.read_text()
        pointer.write_text("{")
        assert client.get("/health").status_code == 403
        pointer.write_text(right)
        assert client.get("/health").status_code == 200, "what could not be told is not remembered"


def test_a_snapshot_whose_facts_cannot_be_read_is_refused_until_they_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(store: object) -> dict[str, object]:
        raise StoreError("The snapshot is locked.")

    publish(tmp_path, synthetic=True)
    with TestClient(create_app(settings(tmp_path, host="0.0.0.0"))) as client:
        publish(tmp_path, 2, synthetic=True)
        with monkeypatch.context() as patched:
            patched.setattr(query, "town", broken)
            assert client.get("/pack/manifest.json").status_code == 403
        assert client.get("/pack/manifest.json").status_code == 200
