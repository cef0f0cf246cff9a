"""The map pack: one snapshot as the browser draws it. Format and interface: docs/pack.md."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from data.schema import table as contract_table
from layers.core.arrays import PAINT, Bytes, drawn_table, level_counts, paint_arrays, place_colours
from layers.core.blobs import store as store_blob
from layers.core.blobs import sweep
from layers.core.days import Say, day_blobs, renumbered_tables, with_days
from layers.core.loads import REPAINT_OF, archive_of, load_of
from layers.core.ordinals import MAPPING, Ordinals, assign_ordinals
from layers.core.palette import palettes
from layers.core.spec import Layer, Theme
from layers.core.tiles import EXTENT
from layers.core.tilesets import PLANS, VERSION, Found, build_tilesets, layer_labels, shelf_of

Manifest = dict[str, Any]
FORMAT = 1
ORDINALS = MAPPING  # the table of ordinals, for publish
# How much a layer hides of what lies under it. The tables named here lie on the ground, under roads; all others above.
_FILL = {"area": 0.32, "zone": 0.4, "parcel": 0.75, "lot": 0.6, "stand": 0.85}
_SOLID = 0.95


def build_pack(
    connection: duckdb.DuckDBPyConnection,
    layers: Iterable[Layer],
    folder: Path,
    previous: Mapping[str, Any] | None = None,
    same: Collection[str] = (),
) -> Manifest:
    """Write the blobs of the snapshot that `connection` shows into `folder` and return its manifest.

    Tables read: docs/pack.md section 3. Equal data give an equal manifest; blobs that exist are not written again. `same` are tables in which
    nothing has changed since `previous`, ordinals and the layers over them included: their tilesets and labels are taken over unread.
    """
    folder.mkdir(parents=True, exist_ok=True)
    present = _tables(connection)
    shelf = shelf_of(folder, previous, same)
    chosen = [layer for layer in layers if f"paint_{layer.name}" in present and _coloured(layer)]
    told = {layer["name"]: layer for layer in (previous or {}).get("layers", ())}
    tilesets: Manifest = {}
    labels: dict[str, Manifest] = {}
    for table, made, found in build_tilesets(connection, present & {*PLANS, "backdrop"}, shelf):
        tilesets |= made
        for layer in (layer for layer in chosen if drawn_table(layer) == table):
            labels[layer.name] = _labels(connection, layer, found, folder, told.get(layer.name, {}))
        del found  # before the next table is read
    drawn = {tileset["table"] for tileset in tilesets.values()}
    painted = [layer for layer in chosen if drawn_table(layer) in drawn]
    manifest: Manifest = {
        "format": FORMAT,
        "version": VERSION,
        "extent": EXTENT,
        "box": _union([tileset["box"] for tileset in tilesets.values()]),
        "palettes": palettes(),
        "tilesets": tilesets,
        "layers": [_layer(connection, layer, tilesets, labels[layer.name], folder) for layer in painted],
    }
    manifest["kept"] = _kept(manifest, previous)
    return manifest


def recolour_pack(connection: duckdb.DuckDBPyConnection, layers: Iterable[Layer], folder: Path, previous: Mapping[str, Any]) -> Manifest:
    """The manifest of a snapshot that differs from `previous` in its colours alone: tilesets and labels are taken over, arrays are written anew.

    The `layers` must be those that `previous` was built with.
    """
    by_name = {layer.name: layer for layer in layers}
    lasting = [told for told in previous["layers"] if told["table"] in PLANS]  # a manifest of old may name the backdrop
    manifest = {**previous, "layers": [told | _colours(connection, by_name[told["name"]], folder) for told in lasting]}
    manifest["kept"] = _kept(manifest, previous)
    return manifest


def _coloured(layer: Layer) -> bool:
    """Whether the tiles of a layer hold ordinals, by which arrays colour. Those of the backdrop hold classes, which have their own look."""
    return layer.geometry is not None and drawn_table(layer) in PLANS


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of the tables and views that are visible unqualified."""
    query = "SELECT table_name FROM information_schema.tables WHERE table_catalog IN (current_database(), 'temp')"
    return {name for (name,) in connection.execute(query).fetchall()}


def _union(boxes: list[list[float]]) -> list[float] | None:
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]


def _layer(connection: duckdb.DuckDBPyConnection, layer: Layer, tilesets: Manifest, labels: Manifest, folder: Path) -> Manifest:
    table = drawn_table(layer)
    return {
        "name": layer.name, "zh": layer.zh, "en": layer.en, "table": table, "order": layer.order,
        "from": layer.zoom[0], "to": layer.zoom[1], "fill": _FILL.get(table, _SOLID), "ground": table in _FILL,
        "draws": list(_draws(table, tilesets)), **_colours(connection, layer, folder), **labels,
    }  # fmt: skip


def _labels(connection: duckdb.DuckDBPyConnection, layer: Layer, found: Found | None, folder: Path, former: Manifest) -> Manifest:
    """The manifest's `labels` of a layer: those of `former` where its table was not read."""
    table = drawn_table(layer)
    # The areas' own names come with their tilesets; a personal column is never written on the map.
    if not layer.label or table == "area" or contract_table(table).column(layer.label).personal is not None:
        return {}
    if found is not None:
        return layer_labels(connection, found, table, layer.label, folder)
    return {"labels": former["labels"]} if "labels" in former else {}


def _colours(connection: duckdb.DuckDBPyConnection, layer: Layer, folder: Path) -> Manifest:
    """What painting alone decides of a layer: its arrays and their counts."""
    arrays = paint_arrays(connection, layer)
    return {
        "array": _stored(arrays["level"], folder),
        "counts": level_counts(arrays["level"]),
        "themes": [_theme(connection, layer, theme, arrays[theme.name], folder) for theme in layer.themes],
    }


def _draws(table: str, tilesets: Manifest) -> Iterator[Manifest]:
    for name, tileset in tilesets.items():
        if tileset["table"] != table:
            continue
        if table != "area":
            yield {"tileset": name, "from": 0, "to": 24}
        elif tileset["show"]:
            yield {"tileset": name, "level": tileset["level"], "from": tileset["show"][0], "to": tileset["show"][1]}


def _theme(connection: duckdb.DuckDBPyConnection, layer: Layer, theme: Theme, array: Bytes, folder: Path) -> Manifest:
    rows = connection.execute(
        "SELECT index, code, zh, en, hex, n FROM theme_class WHERE layer = ? AND theme = ? ORDER BY index", [layer.name, theme.name]
    ).fetchall()
    classes = [dict(zip(("index", "code", "zh", "en", "hex", "n"), row, strict=True)) for row in rows]
    return {"name": theme.name, "zh": theme.zh, "en": theme.en, "array": _stored(array, folder), "classes": classes}


def _stored(array: Bytes, folder: Path) -> Manifest:
    blob = store_blob(folder, array.tobytes(), "array")
    return {"name": blob.name, "bytes": blob.size}


def paint_array(connection: duckdb.DuckDBPyConnection, layer: Layer, theme: str = "level") -> bytes:
    """One array alone, raw: for an `as_of`, or after a live change."""
    return paint_arrays(connection, layer, theme)[theme].tobytes()


def blob_names(manifest: Mapping[str, Any]) -> set[str]:
    """Names of all blobs that the manifest refers to."""
    names = {f"{name}.tile" for name in _tile_names(manifest)}
    for layer in manifest["layers"]:
        names |= {layer["array"]["name"], *(theme["array"]["name"] for theme in layer["themes"])}
    holders = [*manifest["layers"], *manifest["tilesets"].values()]
    return names | {holder["labels"]["name"] for holder in holders if "labels" in holder}


def _tile_names(manifest: Mapping[str, Any]) -> set[str]:
    return {entry[2] for tileset in manifest["tilesets"].values() for band in tileset["bands"] for entry in band["tiles"]}


def _kept(manifest: Mapping[str, Any], previous: Mapping[str, Any] | None) -> dict[str, int]:
    now = _tile_names(manifest)
    return {"tiles": len(now & _tile_names(previous)) if previous else 0, "of": len(now)}


def prune_pack(folder: Path, manifests: Iterable[Mapping[str, Any]]) -> int:
    """Delete the blobs that none of the `manifests` (all that stay published) refers to. Returns how many blobs went."""
    keep: set[str] = set().union(*(blob_names(manifest) | day_blobs(manifest, folder) for manifest in manifests))
    return sweep(folder, keep)


__all__ = [
    "FORMAT", "PAINT", "REPAINT_OF", "Manifest", "Ordinals", "Say", "archive_of", "assign_ordinals", "blob_names", "build_pack", "load_of",
    "paint_array", "place_colours", "prune_pack", "recolour_pack", "renumbered_tables", "with_days",
]  # fmt: skip
