"""Basemaps of others under our data: what the file of the setting `basemaps` names, nothing else and nothing by default (docs/basemap.md).

[[basemap]]
name = "streets"                      # short, in the address and in the browser's memory
title = { zh = "街道", en = "Streets" }
kind = "xyz"                          # xyz, wmts, wms: fetched by the browser; folder, mbtiles, pmtiles: read by this server
url = "https://…/{z}/{x}/{y}.png"     # or a list of addresses drawn on each other; {s} of `subdomains`, {key}; wms: the service
file = "streets.mbtiles"              # of folder, mbtiles and pmtiles; relative to this file
datum = "wgs84"                       # or "gcj02", "bd09": drawn shifted, so that it lies under our data
matrix = "w"                          # "c": tiles in degrees (EPSG:4490, EPSG:4326), as in a WMTS of matrix set c
zoom = [1, 18]                        # the zooms that it has
imagery = true                        # a photograph: our colours lie over it more lightly
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from data.errors import SettingsError, advice, advice_zh
from data.store.rasters import Tiles, open_tiles

REMOTE, LOCAL = ("xyz", "wmts", "wms"), ("folder", "mbtiles", "pmtiles")
CHOICES = {"kind": (*REMOTE, *LOCAL), "datum": ("wgs84", "gcj02", "bd09"), "matrix": ("w", "c")}
TEXTS = ("key", "subdomains", "layers", "format", "attribution")
KEYS = {"name", "title", "url", "file", "zoom", "imagery", "tms", *CHOICES, *TEXTS}
# A WMTS may be given with its own names of the holes.
HOLES = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}"}
Both = tuple[str, str]  # English, Chinese


@dataclass(frozen=True, slots=True)
class Basemap:
    """One basemap; `urls` are templates with {z}, {x}, {y}, {-y}, {s} or {bbox}, and `tiles` is set where this server has them."""

    name: str
    title: Mapping[str, str] | str
    urls: tuple[str, ...]
    datum: str = "wgs84"
    matrix: str = "w"
    zoom: tuple[int, int] = (0, 18)
    subdomains: str = ""
    attribution: str = ""
    imagery: bool = False
    tiles: Tiles | None = None

    def plain(self) -> dict[str, Any]:
        """What assets/map/basemap.js is told."""
        kept = ("name", "urls", "datum", "matrix", "subdomains", "attribution", "imagery")
        return {key: getattr(self, key) for key in kept} | {"min": self.zoom[0], "max": self.zoom[1]}


def load_basemaps(file: Path | None) -> tuple[Basemap, ...]:
    """Those of `file`; none without one. Raises SettingsError naming file, basemap, key and value."""
    if file is None:
        return ()
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The file of basemaps {file} cannot be read: {error}.", remedy="Correct ONESCREEN_BASEMAPS or that place in the file.",
            zh=f"底图文件 {file} 无法读取：{error}。", zh_remedy="请改正 ONESCREEN_BASEMAPS 或文件中的该处。",
        ) from error  # fmt: skip
    tables = written.get("basemap", [])
    if not isinstance(tables, list) or set(written) - {"basemap"}:
        raise _wrong(file, "", "basemap", list(written), ("Write each basemap as [[basemap]].", "请把每个底图写成 [[basemap]]。"))
    found = tuple(_basemap(file, table) for table in tables)
    for name in (one.name for one in found):
        if sum(other.name == name for other in found) > 1:
            raise _wrong(file, name, "name", name, ("Give each basemap a name of its own.", "请为每个底图取不同的名称。"))
    return found


def _basemap(file: Path, table: Mapping[str, Any]) -> Basemap:
    name = table.get("name", "")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name):
        raise _wrong(file, str(name), "name", name, ("Use a-z, 0-9, - and _.", "请使用 a-z、0-9、- 和 _。"))
    _check(file, name, table)
    kind = table["kind"]
    tiles = open_tiles(kind, (file.parent / table["file"]).resolve(), tms=table.get("tms", False)) if kind in LOCAL else None
    urls = (f"/basemap/{name}/{{z}}/{{x}}/{{y}}",) if tiles else _urls(table)
    low, high = table.get("zoom", (0, 18))
    given = {key: table[key] for key in ("title", "datum", "matrix", "subdomains", "attribution", "imagery") if key in table}
    return Basemap(name, urls=urls, zoom=(low, high), tiles=tiles, **({"title": name} | given))


def _check(file: Path, name: str, table: Mapping[str, Any]) -> None:
    for key in table:
        if key not in KEYS:
            raise _wrong(file, name, key, table[key], (advice(key, KEYS), advice_zh(key, KEYS)))
    for key, choices in CHOICES.items():
        if (key in table or key == "kind") and table.get(key) not in choices:
            raise _wrong(file, name, key, table.get(key), (f"Give one of {', '.join(choices)}.", f"请给出 {'、'.join(choices)} 之一。"))
    for key in TEXTS:
        if not isinstance(table.get(key, ""), str):
            raise _wrong(file, name, key, table[key], ("Give text.", "请给出文本。"))
    for key in ("imagery", "tms"):
        if not isinstance(table.get(key, False), bool):
            raise _wrong(file, name, key, table[key], ("Give true or false.", "请给出 true 或 false。"))
    _check_zoom(file, name, table.get("zoom", [0, 18]))
    _check_place(file, name, table)


def _check_zoom(file: Path, name: str, zoom: Any) -> None:
    whole = isinstance(zoom, list) and len(zoom) == 2 and all(type(one) is int for one in zoom)
    if not whole or not 0 <= zoom[0] <= zoom[1] <= 24:
        raise _wrong(file, name, "zoom", zoom, ("Give [lowest, highest] between 0 and 24.", "请给出 0 至 24 之间的 [最小, 最大]。"))


def _check_place(file: Path, name: str, table: Mapping[str, Any]) -> None:
    """A basemap has either an address or a file, as its kind asks."""
    key = "file" if table["kind"] in LOCAL else "url"
    given = table.get(key)
    texts = given if isinstance(given, list) and key == "url" else [given]
    if not texts or not all(isinstance(one, str) and one for one in texts):
        raise _wrong(file, name, key, given, (f"A {table['kind']} basemap needs it.", f"{table['kind']} 底图需要此项。"))
    if table["kind"] == "wms" and (table.get("matrix") == "c" or not table.get("layers")):
        wanted = ("A WMS needs `layers`, and is asked in matrix w.", "WMS 需要 `layers`，并以 w 矩阵请求。")
        raise _wrong(file, name, "layers", table.get("layers"), wanted)
    for one in texts if key == "url" else []:
        if not re.match(r"https?://", one):
            raise _wrong(file, name, key, one, ("Begin with https:// or http://.", "请以 https:// 或 http:// 开头。"))
        if "{key}" in one and not table.get("key"):
            raise _wrong(file, name, "key", table.get("key"), ("The address has {key}: give the key.", "地址中有 {key}：请给出密钥。"))


def _urls(table: Mapping[str, Any]) -> tuple[str, ...]:
    given = table["url"] if isinstance(table["url"], list) else [table["url"]]
    return tuple(_template(one, table) for one in given)


def _template(url: str, table: Mapping[str, Any]) -> str:
    if table["kind"] == "wms":
        asked = {
            "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": table["layers"], "STYLES": "", "CRS": "EPSG:3857",
            "WIDTH": 256, "HEIGHT": 256, "FORMAT": table.get("format", "image/png"), "TRANSPARENT": "TRUE",
        }  # fmt: skip
        url += f"{'&' if '?' in url else '?'}{urlencode(asked)}&BBOX={{bbox}}"
    for hole, plain in HOLES.items():
        url = url.replace(hole, plain)
    return url.replace("{key}", table.get("key", ""))


def _wrong(file: Path, name: str, key: str, value: Any, remedy: Both) -> SettingsError:
    shown = "…" if key == "key" else repr(value)  # a key belongs in no log
    return SettingsError(
        f"{file}: the basemap {name!r} has the unusable {key} = {shown}.", remedy=remedy[0],
        zh=f"{file}：底图 {name!r} 的 {key} = {shown} 不可用。", zh_remedy=remedy[1],
    )  # fmt: skip
