"""Ready-made picture tiles on this machine: a folder, an MBTiles file or a raster PMTiles file. Tiles are numbered from the north-west."""

from __future__ import annotations

import gzip
import sqlite3
import struct
import threading
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from data.errors import SettingsError
from data.geo import tile_number

Both = tuple[str, str]  # a sentence in English and in Chinese
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_LEAVES = 64  # leaf directories of a PMTiles file kept at hand
_MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Tiles(Protocol):
    """Where tiles come from."""

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The picture as it is stored; None where there is none."""


def picture_kind(data: bytes) -> str | None:
    """What a tile is by its own first bytes; None for what is no picture that a browser shows."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)


def open_tiles(kind: str, path: Path, *, tms: bool = False) -> Tiles:
    """The tiles of `path`: kind "folder", "mbtiles" or "pmtiles". Raises SettingsError naming the file and what is wrong with it."""
    if not (path.is_dir() if kind == "folder" else path.is_file()):
        raise unusable(path, ("it does not exist", "不存在"))
    try:
        return Folder(path, tms) if kind == "folder" else MBTiles(path) if kind == "mbtiles" else PMTiles(path)
    except (OSError, sqlite3.Error, struct.error, ValueError, EOFError) as error:
        raise unusable(path, (f"it cannot be read ({error})", f"无法读取（{error}）")) from error


def unusable(path: Path, why: Both) -> SettingsError:
    """A file of tiles that cannot be used."""
    return SettingsError(
        f"The tiles {path} cannot be shown: {why[0]}.",
        remedy="Give a folder of z/x/y pictures, a raster MBTiles or a raster PMTiles file.",
        zh=f"瓦片 {path} 无法显示：{why[1]}。", zh_remedy="请给出 z/x/y 图片文件夹、栅格 MBTiles 或栅格 PMTiles 文件。",
    )  # fmt: skip


def inside(z: int, x: int, y: int) -> bool:
    """Whether such a tile can exist."""
    return 0 <= z <= 24 and 0 <= x < 2**z and 0 <= y < 2**z


@dataclass(frozen=True, slots=True)
class Folder:
    """`z/x/y.png` (or jpg, jpeg, webp) below a folder; `tms`: rows counted from the south."""

    root: Path
    tms: bool = False

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The file of the tile; one that leads out of the folder is none."""
        row = 2**z - 1 - y if self.tms else y
        root = self.root.resolve()
        for suffix in SUFFIXES:
            file = (root / str(z) / str(x) / f"{row}{suffix}").resolve()
            if file.is_relative_to(root) and file.is_file():
                return file.read_bytes()
        return None


class MBTiles:
    """The SQLite file of that name; its rows are counted from the south."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        found = self._connection.execute("SELECT value FROM metadata WHERE name = 'format'").fetchone()
        if found and found[0] == "pbf":
            raise unusable(path, ("it holds vectors, no pictures", "其中是矢量而不是图片"))
        self._connection.execute("SELECT tile_data FROM tiles LIMIT 1").fetchone()

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The blob of the tile."""
        asked = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        with self._lock:
            found = self._connection.execute(asked, (z, x, 2**z - 1 - y)).fetchone()
        return bytes(found[0]) if found and found[0] else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a PMTiles directory: `run` tiles from `first` share the bytes; run 0 points to a leaf directory."""

    first: int
    run: int
    offset: int
    length: int


class PMTiles:
    """Version 3 of the format, with pictures, its directories plain or in gzip."""

    _HEAD = struct.Struct("<7sB11Q6B")

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._lock = threading.Lock()
        head = self._HEAD.unpack(self._file.read(self._HEAD.size))
        if head[0] != b"PMTiles" or head[1] != 3:
            raise unusable(path, ("it is no PMTiles file of version 3", "不是第 3 版 PMTiles 文件"))
        self._leaf_at, self._data_at = head[6], head[8]
        self._gzip, kind = head[14] == 2, head[16]
        if head[14] not in (1, 2):
            raise unusable(path, ("its directories are neither plain nor gzip", "其目录既非无压缩也非 gzip"))
        if head[15] not in (0, 1) or kind not in (2, 3, 4):
            raise unusable(path, ("it holds no PNG, JPEG or WebP pictures", "其中没有 PNG、JPEG 或 WebP 图片"))
        self._root = self._directory(head[2], head[3])
        self._leaves: OrderedDict[int, list[Entry]] = OrderedDict()

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The bytes of the tile, found through at most three leaf directories as the format says."""
        wanted, entries = int(tile_number(x, y, z)), self._root
        for _ in range(4):
            entry = _found(entries, wanted)
            if entry is None:
                return None
            if entry.run:
                return self._read(self._data_at + entry.offset, entry.length)
            entries = self._leaf(entry)
        return None

    def _leaf(self, entry: Entry) -> list[Entry]:
        if entry.offset not in self._leaves:
            self._leaves[entry.offset] = self._directory(self._leaf_at + entry.offset, entry.length)
            if len(self._leaves) > _LEAVES:
                self._leaves.popitem(last=False)
        return self._leaves[entry.offset]

    def _directory(self, offset: int, length: int) -> list[Entry]:
        raw = self._read(offset, length)
        return parse_directory(gzip.decompress(raw) if self._gzip else raw)

    def _read(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(length)


def parse_directory(raw: bytes) -> list[Entry]:
    """The lines of an unpacked directory: four columns of variable-length numbers."""
    numbers = _varints(raw)
    n = numbers[0]
    steps, runs, lengths, places = (numbers[1 + i * n : 1 + (i + 1) * n] for i in range(4))
    entries: list[Entry] = []
    first = offset = 0
    for step, run, length, place in zip(steps, runs, lengths, places, strict=True):
        first += step
        offset = place - 1 if place else offset + entries[-1].length  # 0: right behind the one before
        entries.append(Entry(first, run, offset, length))
    return entries


def _varints(raw: bytes) -> list[int]:
    numbers, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
    return numbers


def _found(entries: list[Entry], wanted: int) -> Entry | None:
    at = bisect_right(entries, wanted, key=lambda entry: entry.first)
    entry = entries[at - 1] if at else None
    return entry if entry and (entry.run == 0 or wanted < entry.first + entry.run) else None
