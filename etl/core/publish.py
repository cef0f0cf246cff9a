"""One committed snapshot becomes one serving file and one map pack; the pointer moves last, so nothing half-done is ever on show."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from data.clock import age_s
from data.errors import StoreError
from data.schema import TABLES
from data.settings import Settings
from data.store.duck import identifier, text
from data.store.files import move_into_place, write_json
from data.store.lake import REPORTS, ROW_HASH
from data.store.serving import POINTER, Serving, current, kept, on_show
from etl.core.history import extend_history, write_history
from etl.core.merge import Change, repainted_load
from etl.core.scratch import Scratch
from etl.core.shown import current_or_none
from layers.core.pack import (
    ORDINALS,
    PAINT,
    REPAINT_OF,
    Say,
    archive_of,
    assign_ordinals,
    build_pack,
    load_of,
    place_colours,
    prune_pack,
    recolour_pack,
    renumbered_tables,
    with_days,
)
from layers.core.spec import Layer

# A browser that opened the page before a publish may still ask for tiles of a manifest that is no longer kept.
PACK_GRACE_S = 24 * 3600
# A table of which more than one row in ten changes is written anew, in its order.
_ROWS_FOR_ONE = 10
# Among the facts of the town: when features were last counted afresh.
RENUMBERED = "renumbered_at"
# Tables whose features have ordinals, by their key.
_NUMBERED = {name: table.key[0] for name, table in TABLES.items() if table.geometry}
# Rows that are read together lie together: the people of a house, the rooms of a house.
_ORDER: Mapping[str, str] = {"person": "area_code, house_id, person_id", "room": "house_id, room_id", "receipt": "layer, object_id",
    "coverage_qa": "finding_id",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Since:
    """What a load changes: the snapshot before it, and how much of which tables; their rows are in `delta_<table>` and `gone_<table>`."""

    snapshot: int | None
    changes: Mapping[str, Change]


def publish(
    work: Scratch,
    settings: Settings,
    layers: Sequence[Layer],
    snapshot: int,
    facts: Mapping[str, Any],
    at: datetime,
    since: Since | None = None,
    *,
    say: Say,
) -> dict[str, Any]:
    """Put the tables of schema `next`, which the lake holds as `snapshot`, on show. Returns the pack's manifest.

    Where the snapshot on show is the one that `since` speaks of, a copy of its file keeps the tables that have not changed, and of large
    ones gets the rows that have. Where `facts` tell of a renumbering that the snapshot on show does not know, features are counted afresh,
    in their order, and the numbers of those that are gone are given away. `say` is told of what had to be left out.
    """
    for folder in (settings.serving, settings.pack):
        folder.mkdir(parents=True, exist_ok=True)
    connection, before = work.connection, current_or_none(settings)
    temporary = settings.serving / f".v{snapshot}.tmp"
    renumber = _renumbers(settings, facts)
    follows = since if before and since and not renumber and before.snapshot == since.snapshot else None
    with _serving_database(connection, temporary, before, copied=follows is not None):
        names = _tables_of_next(connection)
        same, patched = _keep(connection, names, follows.changes) if follows else (frozenset[str](), frozenset[str]())
        for name in sorted(patched):
            _patch(connection, name)
        written = [name for name in names if name not in same | patched]
        painted = [name for name in written if name.startswith(PAINT)]
        _copy_tables(connection, [name for name in written if name not in (*_UNDRAWN, *painted)])
        _describe_town(connection, {**facts, "snapshot": snapshot, "published_at": at.isoformat()})
        write_history(connection, settings, before)
        former = _former_ordinals(connection)
        for table in (name for name in _NUMBERED if name not in same):
            assign_ordinals(connection, table, _NUMBERED[table], None if renumber else former)
        _copy_painted(connection, layers, painted)
        undrawn = [name for name in written if name in _UNDRAWN]
        as_drawn = same if _same_rules(connection, facts) else frozenset[str]()
        earlier = _manifest_of(before)
        manifest = _draw_and_copy(work, settings, layers, undrawn, None if renumber else earlier, as_drawn)
        numbers = renumbered_tables(connection, former, _NUMBERED) if renumber and former else None
        manifest = with_days(manifest, earlier, _day(facts), settings.pack, numbers, say)
        connection.execute("CHECKPOINT serve")
    _show(work, settings, temporary, snapshot, manifest, at)
    return manifest


def publish_colours(
    work: Scratch,
    settings: Settings,
    layers: Sequence[Layer],
    snapshot: int,
    facts: Mapping[str, Any],
    at: datetime,
    *,
    say: Say,
) -> dict[str, Any]:
    """Put what painting made in schema `next` on show as `snapshot`, everything else being as the snapshot on show has it.

    A copy of its file gets new tables in the place of the painted ones, and its map pack new arrays. `layers` must be those that it was
    painted with, and its file may be attached (read only) meanwhile. Returns the pack's manifest.
    """
    before = current(settings)
    if before is None:
        raise StoreError(
            "Nothing is on show whose colours could be renewed.", remedy="Run `python -m etl load TOWN.toml`.",
            zh="还没有发布过，无从更新颜色。", zh_remedy="请运行 `python -m etl load TOWN.toml`。",
        )  # fmt: skip
    connection, temporary = work.connection, settings.serving / f".v{snapshot}.tmp"
    former = json.loads(before.manifest.read_text())
    shutil.copyfile(before.file, temporary)
    with _attached(connection, temporary):
        made = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'work' AND schema_name = 'next'").fetchall()
        painted = [name for (name,) in made if name not in _WORK_ONLY]
        for name in ("town", *painted):
            connection.execute(f"DROP TABLE {name}")
        _copy_painted(connection, layers, painted)
        _describe_town(connection, {**facts, "snapshot": snapshot, "published_at": at.isoformat()})
        extend_history(connection, settings, before)
        manifest = with_days(recolour_pack(connection, layers, settings.pack, former), former, _day(facts), settings.pack, say=say)
        connection.execute("CHECKPOINT serve")
    _show(work, settings, temporary, snapshot, manifest, at)
    return manifest


def _show(work: Scratch, settings: Settings, temporary: Path, snapshot: int, manifest: dict[str, Any], at: datetime) -> None:
    """The finished file and manifest get their names, and then the pointer moves."""
    # The lake knows what is a repaint: a delivery may number features afresh too, when it makes good a killed run.
    if load := repainted_load(work.connection, snapshot):
        manifest[REPAINT_OF] = load
    move_into_place(temporary, settings.serving / f"v{snapshot}.duckdb")
    write_json(settings.pack / f"v{snapshot}.json", manifest)
    point(settings, snapshot, at)
    prune(settings)


def _draw_and_copy(
    work: Scratch, settings: Settings, layers: Sequence[Layer], rest: Sequence[str], former: dict[str, Any] | None, same: frozenset[str]
) -> dict[str, Any]:
    """Draw the pack, and copy the tables that it does not need: at the same time, unless memory is short.

    Drawing is Python's work and copying DuckDB's, so each has a core.
    """
    with ThreadPoolExecutor(max_workers=1) as pool, work.connection.cursor() as cursor:
        cursor.execute("SET search_path = 'serve.main'")
        copied = pool.submit(_copy_tables, cursor, rest)
        if work.large:
            copied.result()
        with work.drawing(settings):
            manifest = build_pack(work.connection, layers, settings.pack, former, same)
        copied.result()
    return manifest


def point(settings: Settings, snapshot: int, at: datetime, rolled_back_from: int | None = None) -> None:
    """Put `snapshot` on show; a reader sees the old pointer or the new one."""
    pointer: dict[str, Any] = {
        "snapshot": snapshot, "file": f"v{snapshot}.duckdb", "manifest": f"v{snapshot}.json", "published_at": at.isoformat(),
    }  # fmt: skip
    if rolled_back_from is not None:
        pointer["rolled_back_from"] = rolled_back_from
    write_json(settings.serving / POINTER, pointer)


def rollback(settings: Settings, at: datetime, snapshot: int | None = None) -> tuple[int | None, int]:
    """Show an earlier kept snapshot again; returns (shown before, shown now).

    By default the newest of the load before: the same load in the colours of another day would undo nothing.
    """
    there = kept(settings)
    shown = _shown(settings)
    loads = _loads(settings, there)
    earlier = [number for number in there if shown is None or (number < shown and loads[number] != loads.get(shown))]
    chosen = snapshot if snapshot is not None else (earlier[-1] if earlier else None)
    if chosen is None or chosen not in there:
        raise StoreError(
            f"There is no snapshot {chosen} to go back to." if chosen is not None else "There is no earlier snapshot to go back to.",
            remedy=f"Kept: {', '.join(map(str, there)) or 'none'}.",
            zh=f"没有可回退到的快照 {chosen}。" if chosen is not None else "没有更早的快照可以回退。",
            zh_remedy=f"现保留：{'、'.join(map(str, there)) or '无'}。",
        )
    newest = there[-1]
    point(settings, chosen, at, newest if chosen != newest else None)
    return shown, chosen


def prune(settings: Settings) -> list[int]:
    """Delete serving files beyond `keep_snapshots`, and what only their packs used once a day has passed. Returns the dropped snapshots.

    However often a load has been repainted it counts once: its newest two stay, one of which a reader may be about to open.
    """
    shown = _shown(settings)
    by_load: dict[int, list[int]] = {}
    for number, load in _loads(settings, kept(settings)).items():
        by_load.setdefault(load, []).append(number)
    staying = [number for load in sorted(by_load)[-settings.keep_snapshots :] for number in by_load[load][-2:]]
    dropped = [number for numbers in by_load.values() for number in numbers if number not in (*staying, shown)]
    for number in dropped:
        (settings.serving / f"v{number}.duckdb").unlink()
    _prune_pack(settings)
    return dropped


def _loads(settings: Settings, numbers: Sequence[int]) -> dict[int, int]:
    """By snapshot, the one that a load published first of what it shows."""
    return {number: load_of(settings.pack / f"v{number}.json") for number in numbers}


def _prune_pack(settings: Settings) -> None:
    staying = []
    offered = {archive_of(settings.pack / f"v{number}.json") for number in kept(settings)}
    for manifest in sorted(settings.pack.glob("v*.json")):
        served = (settings.serving / f"{manifest.stem}.duckdb").exists()
        if not served and age_s(manifest) > PACK_GRACE_S:
            if (archive := manifest.with_suffix(".pmtiles")) in offered:
                continue  # its manifest says of which load it is; tiles and arrays may go
            manifest.unlink()
            archive.unlink(missing_ok=True)
        else:
            staying.append(json.loads(manifest.read_text()))
    prune_pack(settings.pack, staying)


@contextmanager
def _serving_database(connection: duckdb.DuckDBPyConnection, file: Path, before: Serving | None, *, copied: bool) -> Iterator[None]:
    """A fresh serving file, or a copy of the former one, attached as `serve` and in use, the former one beside it as `previous`."""
    file.unlink(missing_ok=True)
    if before and copied:
        shutil.copyfile(before.file, file)
    if before:
        connection.execute(f"ATTACH IF NOT EXISTS {text(before.file)} AS previous (READ_ONLY)")
    try:
        with _attached(connection, file):
            yield
    finally:
        if before:
            connection.execute("DETACH previous")


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, file: Path) -> Iterator[None]:
    """`file` attached as `serve` and in use."""
    connection.execute(f"ATTACH {text(file)} AS serve (STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE 8192)")
    connection.execute("SET search_path = 'serve.main'")
    try:
        yield
    finally:
        connection.execute("SET search_path = 'work.main,work.next'")
        connection.execute("DETACH serve")


def _tables_of_next(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Everything in `next`: the contract's tables, the reports, and what painting made."""
    found = connection.execute("""
        SELECT table_name FROM duckdb_tables() WHERE database_name = 'work' AND schema_name = 'next'
        UNION SELECT view_name FROM duckdb_views() WHERE database_name = 'work' AND schema_name = 'next' ORDER BY ALL""").fetchall()
    return [name for (name,) in found if name not in _WORK_ONLY]


def _keep(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], changes: Mapping[str, Change]
) -> tuple[frozenset[str], frozenset[str]]:
    """Of a copied serving file keep the tables that have not changed, and those of which few rows have; the rest is dropped.

    Tables are those of the contract and the reports, if they have the columns of today; receipts are computed anew and say when.
    """
    found = connection.execute("SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = 'serve'").fetchall()
    there = dict(found)
    lasting = [name for name in sorted({*there} & {*names} & {*TABLES, *REPORTS})
               if _columns(connection, f"serve.{name}") == _columns(connection, f"work.next.{name}")]  # fmt: skip
    same = frozenset(name for name in lasting if name not in changes and name != "receipt")
    patched = frozenset(name for name in lasting if name in changes and _few(name, changes[name], there[name]))
    for name in sorted({*there} - same - patched - {ORDINALS}):
        connection.execute(f"DROP TABLE serve.{name}")
    return same, patched


def _few(name: str, change: Change, rows: int) -> bool:
    """Whether so few rows of a table change that it may lose its order for them."""
    return name in TABLES and (change.inserted + change.updated + change.deleted) * _ROWS_FOR_ONE <= rows


def _patch(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Changed rows of a table of the copied serving file take the place of the former ones; they stand at its end, in order."""
    keys = ", ".join(map(identifier, TABLES[name].key))
    columns = ", ".join(identifier(column) for column, _ in _columns(connection, f"work.next.{name}"))
    left = f"SELECT {keys} FROM work.main.delta_{name} UNION ALL SELECT {keys} FROM work.main.gone_{name}"
    connection.execute(f"DELETE FROM serve.{name} WHERE ({keys}) IN ({left})")
    order = _order(connection, name)
    connection.execute(f"INSERT INTO serve.{name} BY NAME SELECT {columns} FROM work.main.delta_{name} ORDER BY {order}")


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Columns and types but for what only the lake or only the serving file has."""
    rows = connection.execute(f"DESCRIBE {relation}").fetchall()
    return [(column, kind) for column, kind, *_ in rows if column not in (ROW_HASH, "ordinal")]


def _same_rules(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, Any]) -> bool:
    """Whether the snapshot before was drawn by the layers of today."""
    try:
        row = connection.execute("SELECT value->>'$' FROM previous.town WHERE key = 'rule_version'").fetchone()
    except duckdb.CatalogException:
        return False
    return row is not None and row[0] == facts.get("rule_version")


def _copy_tables(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Tables of `next` into the serving file, spatial ones in Hilbert order."""
    for name in names:
        columns = [column for column, *_ in connection.execute(f"DESCRIBE work.next.{name}").fetchall() if column != ROW_HASH]
        order = f"ORDER BY {_order(connection, name)}"
        connection.execute(f"CREATE TABLE {name} AS SELECT {', '.join(map(identifier, columns))} FROM work.next.{name} {order}")


def _copy_painted(connection: duckdb.DuckDBPyConnection, layers: Sequence[Layer], names: Sequence[str]) -> None:
    """What painting made, into the serving file; colours along the ordinals of what they colour."""
    drawn = {f"{PAINT}{layer.name}": layer for layer in layers if layer.geometry is not None}
    _copy_tables(connection, [name for name in names if name not in drawn])
    for name in (name for name in names if name in drawn):
        place_colours(connection, drawn[name], f"work.next.{name}")


def _day(facts: Mapping[str, Any]) -> str:
    """The day of the colours, ISO 8601."""
    return str(facts["as_of"])[:10]


_WORK_ONLY = ("tally", "previous_receipt", "town")
# Tables that the pack does not read.
_UNDRAWN = frozenset({*(name for name, table in TABLES.items() if not table.geometry), "receipt", "fault", "unlinked", "contradiction"})


def _order(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    if name in TABLES and TABLES[name].geometry:
        box = connection.execute(f"SELECT min(west), min(south), max(east), max(north) FROM work.next.{name}").fetchall()[0]
        if None not in box:
            west, south, east, north = box
            extent = f"{{'min_x': {west}, 'min_y': {south}, 'max_x': {east}, 'max_y': {north}}}::BOX_2D"
            return f"ST_Hilbert((west + east) / 2, (south + north) / 2, {extent}), {TABLES[name].key[0]}"
    if name in TABLES:
        return _ORDER.get(name, ", ".join(TABLES[name].key))
    return _ORDER.get(name, "ALL" if name in REPORTS else "rowid")


def _describe_town(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, Any]) -> None:
    connection.execute("CREATE TABLE town (key VARCHAR, value JSON)")
    rows = [(key, json.dumps(value, ensure_ascii=False, default=str)) for key, value in facts.items()]
    connection.executemany("INSERT INTO town VALUES (?, ?)", rows)


def _renumbers(settings: Settings, facts: Mapping[str, Any]) -> bool:
    """Whether a renumbering has been ordered since the snapshot on show: also one that a killed run has left undone."""
    known = on_show(settings, f"SELECT value ->> '$' FROM town WHERE key = {text(RENUMBERED)}") or []
    return RENUMBERED in facts and (facts[RENUMBERED],) not in known


def _former_ordinals(connection: duckdb.DuckDBPyConnection) -> str | None:
    try:
        connection.execute("SELECT 1 FROM previous.ordinals LIMIT 0")
    except duckdb.CatalogException:
        return None
    return "previous.ordinals"


def _shown(settings: Settings) -> int | None:
    return former.snapshot if (former := current_or_none(settings)) else None


def _manifest_of(before: Serving | None) -> dict[str, Any] | None:
    return json.loads(before.manifest.read_text()) if before else None
