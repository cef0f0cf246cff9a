"""Colours of earlier days: the arrays that were on show before, which a map can show in the place of today's (docs/pack.md section 5).

Ordinals keep their meaning from snapshot to snapshot, so an array that was right on a day is right for ever; only where features have been
numbered afresh is it written anew, in the new order, and where a theme numbers its classes otherwise, in the new numbers. What cannot be
read any more is left out and said: no publish may depend on the colours of a day gone by.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from data.errors import StoreError
from data.store.duck import text
from layers.core.arrays import ABSENT, Bytes, scatter, size_of
from layers.core.blobs import read_blob
from layers.core.blobs import store as store_blob
from layers.core.ordinals import MAPPING

KEPT = 31  # days before today's: a month of them, if each has colours of its own
Manifest = dict[str, Any]
Day = dict[str, Any]
Integers = npt.NDArray[np.int64]
Say = Callable[[str], object]  # takes one sentence for whoever runs this


@dataclass(frozen=True, slots=True)
class Renumbered:
    """New numbers of one table: feature `former[i]` is `now[i]`, of `size` altogether. What is not among `former` is gone."""

    former: Integers
    now: Integers
    size: int


def _to_nobody(_: str) -> None:
    """For callers without anybody to tell."""


def with_days(
    manifest: Manifest,
    previous: Mapping[str, Any] | None,
    as_of: str,
    folder: Path,
    renumbered: Mapping[str, Renumbered] | None = None,
    say: Say = _to_nobody,
) -> Manifest:
    """`manifest`, whose colours are of the day `as_of` (ISO 8601), with the days before it that `previous` knew or was itself.

    Of several snapshots for one day the last counts. A day keeps what can be shown on the map of today: layers over the same table, and
    themes by the codes of their classes; a class that is gone is not stated. `renumbered` by table, where the features of `manifest` have
    other numbers than those of `previous`. `say` is told of what could not be read and is therefore left out.
    """
    told = [*_readable(previous, folder, say), *_itself(previous)] if previous else []
    by_day = {day["as_of"]: day for day in told if day["as_of"] < as_of}
    fitting = [_fitting(by_day[day], previous or {}, manifest, _Arrays(folder, day, say)) for day in sorted(by_day)[-KEPT:]]
    days = [_rewritten(day, manifest, renumbered, _Arrays(folder, day["as_of"], say)) for day in fitting] if renumbered else fitting
    out = {key: value for key, value in manifest.items() if key != "days"} | {"as_of": as_of}
    return out | {"days": _stored(days, folder)} if days else out


def days_of(manifest: Mapping[str, Any], folder: Path) -> list[Day]:
    """The days that a manifest knows, oldest first: {as_of, layers: {name: {array, counts, themes: {name: array}}}}, an array as {name, bytes}."""
    found: list[Day] = json.loads(read_blob(folder, manifest["days"]["name"])) if "days" in manifest else []
    return found


def day_blobs(manifest: Mapping[str, Any], folder: Path) -> set[str]:
    """Names of all blobs that the days of a manifest need; of days that cannot be read any more nothing is needed."""
    names = {
        array["name"] for day in _readable(manifest, folder, _to_nobody) for layer in day["layers"].values() for array in _arrays(layer)
    }
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


def _readable(manifest: Mapping[str, Any], folder: Path, say: Say) -> list[Day]:
    """`days_of`; none where the blob that names them is lost or damaged."""
    try:
        return days_of(manifest, folder)
    except StoreError as error:
        say(f"the colours of earlier days are left out 早先日期的颜色不再显示: {error.message} {error.zh}")
        return []


@dataclass(frozen=True, slots=True)
class _Arrays:
    """Arrays of one day, written anew."""

    folder: Path
    day: str
    say: Say

    def carried(self, array: Mapping[str, Any], change: Callable[[Bytes], Bytes], of: str) -> Manifest | None:
        """`array` as `change` makes it, the same one where nothing differs; None where it cannot be read, which is said. `of`: what it colours."""
        try:
            raw = change(np.frombuffer(read_blob(self.folder, array["name"]), dtype=np.uint8)).tobytes()
        except StoreError as error:
            self.say(f"the colours of {self.day} are left out for {of} 不再显示 {of} 在 {self.day} 的颜色: {error.message} {error.zh}")
            return None
        return {"name": store_blob(self.folder, raw, "array").name, "bytes": len(raw)}


def _fitting(day: Day, previous: Mapping[str, Any], manifest: Manifest, arrays: _Arrays) -> Day:
    """`day` without what the map of `manifest` cannot show. It could show all that `previous` could, for it was asked each time."""
    before = {layer["name"]: layer for layer in previous["layers"]}
    layers = {
        layer["name"]: _themed(day["layers"][layer["name"]], before[layer["name"]], layer, arrays)
        for layer in manifest["layers"]
        if layer["name"] in day["layers"] and before.get(layer["name"], {}).get("table") == layer["table"]
    }
    return {**day, "layers": layers}


def _themed(colours: Manifest, before: Mapping[str, Any], layer: Mapping[str, Any], arrays: _Arrays) -> Manifest:
    """Themes that lasted, in the classes of today."""
    meant = {theme["name"]: theme["classes"] for theme in before["themes"]}
    both = [theme for theme in layer["themes"] if theme["name"] in meant and theme["name"] in colours["themes"]]
    themes = {
        theme["name"]: _reclassed(colours["themes"][theme["name"]], meant[theme["name"]], theme, arrays, layer["name"]) for theme in both
    }
    return {**colours, "themes": {name: array for name, array in themes.items() if array is not None}}


def _reclassed(array: Manifest, before: list[Manifest], theme: Mapping[str, Any], arrays: _Arrays, layer: str) -> Manifest | None:
    """A theme's array by the classes `before`, by those of today; None where none of them is left."""
    now = {entry["code"]: entry["index"] for entry in theme["classes"]}
    if all(now.get(entry["code"]) == entry["index"] for entry in before):
        return array
    if not any(entry["code"] in now for entry in before):
        return None
    numbers = np.zeros(256, dtype=np.uint8)
    numbers[ABSENT] = ABSENT
    for entry in before:
        numbers[entry["index"]] = now.get(entry["code"], 0)
    return arrays.carried(array, lambda values: numbers[values], f"{layer}/{theme['name']}")


def _rewritten(day: Day, manifest: Manifest, renumbered: Mapping[str, Renumbered], arrays: _Arrays) -> Day:
    tables = {layer["name"]: layer["table"] for layer in manifest["layers"]}
    layers = {name: _reordered(name, colours, renumbered.get(tables[name]), arrays) for name, colours in day["layers"].items()}
    return {**day, "layers": {name: colours for name, colours in layers.items() if colours is not None}}


def _reordered(layer: str, colours: Manifest, numbers: Renumbered | None, arrays: _Arrays) -> Manifest | None:
    """The colours of a layer in the new order; None where its levels are lost, without the themes that are."""
    if numbers is None:
        return colours

    def placed(before: Bytes) -> Bytes:
        known = numbers.former < len(before)  # features that came later were not there on the day
        return scatter(numbers.size, numbers.now[known], before[numbers.former[known]])

    levels = arrays.carried(colours["array"], placed, layer)
    themes = {name: arrays.carried(array, placed, f"{layer}/{name}") for name, array in colours["themes"].items()}
    return {**colours, "array": levels, "themes": {name: array for name, array in themes.items() if array}} if levels else None
