"""Colours of earlier days: the arrays that were on show before, which a map can show in the place of today's (docs/pack.md section 5).

Ordinals keep their meaning from snapshot to snapshot, so an array that was right on a day is right for ever; only where features have been
numbered afresh is it written anew, in the new order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from data.store.duck import text
from layers.core.arrays import scatter, size_of
from layers.core.blobs import read_blob
from layers.core.blobs import store as store_blob
from layers.core.ordinals import MAPPING

KEPT = 31  # days before today's: a month of them, if each has colours of its own
Manifest = dict[str, Any]
Day = dict[str, Any]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Renumbered:
    """New numbers of one table: feature `former[i]` is `now[i]`, of `size` altogether. What is not among `former` is gone."""

    former: Integers
    now: Integers
    size: int


def with_days(
    manifest: Manifest, previous: Mapping[str, Any] | None, as_of: str, folder: Path, renumbered: Mapping[str, Renumbered] | None = None
) -> Manifest:
    """`manifest`, whose colours are of the day `as_of` (ISO 8601), with the days before it that `previous` knew or was itself.

    Of several snapshots for one day the last counts. A day keeps what can be shown on the map of today: layers over the same table, and
    themes with the same classes. `renumbered` by table, where the features of `manifest` have other numbers than those of `previous`.
    """
    told = [*days_of(previous, folder), *_itself(previous)] if previous else []
    by_day = {day["as_of"]: day for day in told if day["as_of"] < as_of}
    fitting = [_fitting(by_day[day], previous or {}, manifest) for day in sorted(by_day)][-KEPT:]
    days = [_rewritten(day, manifest, renumbered, folder) for day in fitting] if renumbered else fitting
    out = {key: value for key, value in manifest.items() if key != "days"} | {"as_of": as_of}
    return out | {"days": _stored(days, folder)} if days else out


def days_of(manifest: Mapping[str, Any], folder: Path) -> list[Day]:
    """The days that a manifest knows, oldest first: {as_of, layers: {name: {array, counts, themes: {name: array}}}}, an array as {name, bytes}."""
    found: list[Day] = json.loads(read_blob(folder, manifest["days"]["name"])) if "days" in manifest else []
    return found


def day_blobs(manifest: Mapping[str, Any], folder: Path) -> set[str]:
    """Names of all blobs that the days of a manifest need."""
    names = {array["name"] for day in days_of(manifest, folder) for layer in day["layers"].values() for array in _arrays(layer)}
    return names | ({manifest["days"]["name"]} if "days" in manifest else set())


def renumbered_tables(connection: duckdb.DuckDBPyConnection, previous: str, tables: Mapping[str, str]) -> dict[str, Renumbered]:
    """New numbers by table: `previous` is the former mapping (`"previous.ordinals"`); `tables` as table → key column."""
    out = {}
    for table in tables:
        pairs = connection.execute(
            f"""SELECT f.ordinal AS former, n.ordinal AS now FROM {previous} f JOIN {MAPPING} n USING (table_name, key)
            WHERE table_name = {text(table)} AND n.live"""
        ).fetchnumpy()
        former, now = (np.asarray(pairs[name], dtype=np.int64) for name in ("former", "now"))
        out[table] = Renumbered(former, now, size_of(connection, table))
    return out


def _stored(days: list[Day], folder: Path) -> Manifest:
    raw = json.dumps(days, ensure_ascii=False, separators=(",", ":")).encode()
    return {"name": store_blob(folder, raw, "days").name, "bytes": len(raw), "n": len(days)}


def _itself(manifest: Mapping[str, Any]) -> Iterator[Day]:
    """The day of a manifest's own colours, if it says one."""
    if "as_of" in manifest:
        yield {"as_of": manifest["as_of"], "layers": {layer["name"]: _colours(layer) for layer in manifest["layers"]}}


def _colours(layer: Mapping[str, Any]) -> Manifest:
    themes = {theme["name"]: theme["array"] for theme in layer["themes"]}
    return {"array": layer["array"], "counts": layer["counts"], "themes": themes}


def _arrays(layer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield layer["array"]
    yield from layer["themes"].values()


def _fitting(day: Day, previous: Mapping[str, Any], manifest: Manifest) -> Day:
    """`day` without what the map of `manifest` cannot show. It could show all that `previous` could, for it was asked each time."""
    before = {layer["name"]: layer for layer in previous["layers"]}
    layers = {
        layer["name"]: _themed(day["layers"][layer["name"]], before[layer["name"]], layer)
        for layer in manifest["layers"]
        if layer["name"] in day["layers"] and before.get(layer["name"], {}).get("table") == layer["table"]
    }
    return {**day, "layers": layers}


def _themed(colours: Manifest, before: Mapping[str, Any], layer: Mapping[str, Any]) -> Manifest:
    meant = {theme["name"]: _meaning(theme) for theme in before["themes"]}
    same = {theme["name"] for theme in layer["themes"] if meant.get(theme["name"]) == _meaning(theme)}
    return {**colours, "themes": {name: array for name, array in colours["themes"].items() if name in same}}


def _meaning(theme: Mapping[str, Any]) -> dict[int, str]:
    return {entry["index"]: entry["code"] for entry in theme["classes"]}


def _rewritten(day: Day, manifest: Manifest, renumbered: Mapping[str, Renumbered], folder: Path) -> Day:
    tables = {layer["name"]: layer["table"] for layer in manifest["layers"]}
    layers = {name: _reordered(colours, renumbered.get(tables[name]), folder) for name, colours in day["layers"].items()}
    return {**day, "layers": layers}


def _reordered(colours: Manifest, numbers: Renumbered | None, folder: Path) -> Manifest:
    if numbers is None:
        return colours

    def written(array: Mapping[str, Any]) -> Manifest:
        before = np.frombuffer(read_blob(folder, array["name"]), dtype=np.uint8)
        known = numbers.former < len(before)  # features that came later were not there on the day
        raw = scatter(numbers.size, numbers.now[known], before[numbers.former[known]]).tobytes()
        return {"name": store_blob(folder, raw, "array").name, "bytes": len(raw)}

    return {**colours, "array": written(colours["array"]), "themes": {name: written(array) for name, array in colours["themes"].items()}}
