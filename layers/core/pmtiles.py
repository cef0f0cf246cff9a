"""PMTiles 3: a whole pyramid of vector tiles as one file, read in parts by range (specification version 3.4).

Tiles come in any order within a zoom, zooms ascending; they are written in the order of their numbers, equal ones once. Memory holds the
directory and a few tiles.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from data.geo import tile_number
from layers.core.mvt import varints
from layers.core.tiles import Ints

HEADER = struct.Struct("<7sB11Q6B4iB2i")
ROOT = 16384 - HEADER.size  # bytes, compressed: a reader has header and root directory with its first request
GZIP_LEVEL = 6
AT_ONCE = 256  # tiles in memory


@dataclass(frozen=True, slots=True)
class Zoom:
    """The tiles of one zoom: their columns and rows, and how to get the bytes of the nth, from any thread."""

    z: int
    x: Ints
    y: Ints
    raw: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Archive:
    """What was written: tiles that have an address, entries of the directory, different tiles, and bytes of the file."""

    addressed: int
    entries: int
    contents: int
    size: int


@dataclass(slots=True)
class _Directory:
    """Entries as columns: number of the first tile, where its data begin, how long they are, how many tiles in a row have them."""

    tile: list[int]
    offset: list[int]
    length: list[int]
    run: list[int]

    def add(self, tile: int, offset: int, length: int) -> None:
        if self.tile and self.tile[-1] + self.run[-1] == tile and self.offset[-1] == offset:
            self.run[-1] += 1
            return
        for column, value in zip((self.tile, self.offset, self.length, self.run), (tile, offset, length, 1), strict=True):
            column.append(value)


def write(path: Path, zooms: Iterable[Zoom], box: Sequence[float], about: Mapping[str, Any]) -> Archive:
    """Write vector tiles, zoom by zoom, to `path`, whole or not at all. `box` is west, south, east, north; `about` the metadata."""
    directory, found = _Directory([], [], [], []), dict[bytes, tuple[int, int]]()
    levels: list[int] = []
    with tempfile.TemporaryFile(dir=path.parent) as data, ThreadPoolExecutor(2) as pool:
        for zoom in zooms:
            levels.append(zoom.z)
            _add(zoom, pool, data, directory, found)
        scratch = path.with_name(f".{path.name}.{os.getpid()}")
        with scratch.open("wb") as out:
            archive = _assemble(out, data, directory, len(found), (min(levels, default=0), max(levels, default=0)), box, about)
    scratch.replace(path)
    return archive


def _add(zoom: Zoom, pool: ThreadPoolExecutor, data: IO[bytes], directory: _Directory, found: dict[bytes, tuple[int, int]]) -> None:
    """The tiles of one zoom; zlib leaves the interpreter to others while it packs."""
    numbers = tile_number(zoom.x, zoom.y, zoom.z)
    order = np.argsort(numbers).tolist()
    for start in range(0, len(order), AT_ONCE):
        rows = order[start : start + AT_ONCE]
        for row, packed in zip(rows, pool.map(lambda row: gzip.compress(zoom.raw(row), GZIP_LEVEL, mtime=0), rows), strict=True):
            name = hashlib.blake2b(packed, digest_size=16).digest()
            if name not in found:
                found[name] = data.tell(), len(packed)
                data.write(packed)
            directory.add(int(numbers[row]), *found[name])


def _assemble(
    out: IO[bytes],
    data: IO[bytes],
    directory: _Directory,
    contents: int,
    zooms: tuple[int, int],
    box: Sequence[float],
    about: Mapping[str, Any],
) -> Archive:
    """Header, root directory, metadata, leaf directories, tiles."""
    root, leaves = _directories(directory)
    told = gzip.compress(json.dumps(about, ensure_ascii=False).encode(), mtime=0)
    size = data.seek(0, os.SEEK_END)
    at = HEADER.size
    places = []
    for length in (len(root), len(told), len(leaves), size):
        places += [at, length]
        at += length
    addressed = sum(directory.run)
    west, south, east, north = box
    corners = [round(degrees * 1e7) for degrees in (west, south, east, north)]
    middle = [round((west + east) * 5e6), round((south + north) * 5e6)]
    # Clustered, gzip inside and out, vector tiles; the first view is the lowest zoom.
    kinds = (1, 2, 2, 1, *zooms)
    out.write(HEADER.pack(b"PMTiles", 3, *places, addressed, len(directory.tile), contents, *kinds, *corners, zooms[0], *middle))
    out.write(root + told + leaves)
    data.seek(0)
    shutil.copyfileobj(data, out, 1 << 20)
    return Archive(addressed, len(directory.tile), contents, at)


def _directories(directory: _Directory) -> tuple[bytes, bytes]:
    """The root directory and the leaves that it points to, if it is too long for one."""
    columns = np.array([directory.tile, directory.offset, directory.length, directory.run], dtype=np.int64)
    root, leaves, entries = _packed(columns), b"", 4096
    while len(root) > ROOT:
        starts = range(0, columns.shape[1], entries)
        parts = [_packed(columns[:, start : start + entries]) for start in starts]
        lengths = np.array([len(part) for part in parts])
        # A run of 0 says that the entry is a leaf.
        root = _packed(np.array([columns[0, ::entries], np.cumsum(lengths) - lengths, lengths, 0 * lengths]))
        leaves = b"".join(parts)
        entries *= 2
    return root, leaves


def _packed(columns: Ints) -> bytes:
    """One directory; the place of data that follow those before is written as 0."""
    tile, offset, length, run = columns
    follows = np.zeros(len(tile), dtype=bool)
    follows[1:] = offset[1:] == offset[:-1] + length[:-1]
    places = np.where(follows, 0, offset + 1)
    flat = np.concatenate([np.array([len(tile)]), np.diff(tile, prepend=0), run, length, places]).astype(np.int64)
    return gzip.compress(varints(flat), mtime=0)
