"""Vector tiles and PMTiles read by somebody else than the writer: plain loops over bytes, after the two specifications."""

import gzip
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Feature:
    id: int
    kind: int
    parts: list[list[tuple[int, int]]]
    tags: dict[str, Any]


def varints(raw: bytes) -> list[int]:
    out, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            out.append(value)
            value = shift = 0
    assert shift == 0
    return out


def fields(raw: bytes) -> list[tuple[int, Any]]:
    out, at = [], 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            value |= (raw[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if raw[at - 1] < 128:
                return value

    while at < len(raw):
        key = varint()
        assert key & 7 in (0, 2)
        if key & 7 == 0:
            out.append((key >> 3, varint()))
        else:
            size = varint()
            assert at + size <= len(raw)
            out.append((key >> 3, raw[at : at + size]))
            at += size
    return out


def parts_of(commands: list[int]) -> list[list[tuple[int, int]]]:
    parts: list[list[tuple[int, int]]] = []
    x = y = at = 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            assert count == 1
            continue
        for _ in range(count):
            dx, dy = ((n >> 1) ^ -(n & 1) for n in commands[at : at + 2])
            x, y, at = x + dx, y + dy, at + 2
            if command == 1:
                parts.append([])
            parts[-1].append((x, y))
    return parts


def layers_of(raw: bytes) -> dict[str, list[Feature]]:
    """Features of a tile by layer."""
    out = {}
    for number, content in fields(raw):
        assert number == 3
        found = fields(content)
        only = {number: value for number, value in found if number in (1, 5, 15)}
        assert (only[5], only[15]) == (4096, 2)
        keys = [value.decode() for number, value in found if number == 3]
        values = [value_of(value) for number, value in found if number == 4]
        out[only[1].decode()] = [feature_of(value, keys, values) for number, value in found if number == 2]
    return out


def value_of(raw: bytes) -> Any:
    ((number, value),) = fields(raw)
    assert number in (1, 5)
    return value.decode() if number == 1 else value


def feature_of(raw: bytes, keys: list[str], values: list[Any]) -> Feature:
    found = dict(fields(raw))
    tags = varints(found[2])
    return Feature(
        found[1], found[3], parts_of(varints(found[4])), {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
    )


HEADER = [
    *("magic", "version", "root", "root_size", "about", "about_size", "leaf", "leaf_size", "data", "data_size", "addressed", "entries"),
    *("contents", "clustered", "inside", "packed", "kind", "first", "last", "west", "south", "east", "north", "zoom", "lon", "lat"),
]


class Archive:
    """A PMTiles file."""

    def __init__(self, path: Path) -> None:
        self.raw = path.read_bytes()
        self.head = dict(zip(HEADER, struct.unpack_from("<7sB11Q6B4iB2i", self.raw), strict=True))
        self.about = json.loads(gzip.decompress(self._at("about", 0, self.head["about_size"])))

    def _at(self, part: str, offset: int, size: int) -> bytes:
        start = self.head[part] + offset
        assert offset + size <= self.head[f"{part}_size"]
        return self.raw[start : start + size]

    def entries(self) -> list[tuple[int, int, int, int]]:
        """Tile number, run, offset and length, leaves followed."""
        out = []
        for tile, run, offset, length in directory(self._at("root", 0, self.head["root_size"])):
            out += [(tile, run, offset, length)] if run else directory(self._at("leaf", offset, length))
        return out

    def tiles(self) -> dict[tuple[int, int, int], bytes]:
        """Every tile by z, x, y."""
        return {
            place(tile + nth): gzip.decompress(self._at("data", offset, length))
            for tile, run, offset, length in self.entries() for nth in range(run)
        }  # fmt: skip


def directory(raw: bytes) -> list[tuple[int, int, int, int]]:
    n, *rest = varints(gzip.decompress(raw))
    steps, runs, lengths, places = (rest[i * n : (i + 1) * n] for i in range(4))
    assert len(rest) == 4 * n
    out: list[tuple[int, int, int, int]] = []
    tile = 0
    for step, run, length, stated in zip(steps, runs, lengths, places, strict=True):
        tile += step
        out.append((tile, run, stated - 1 if stated else out[-1][2] + out[-1][3], length))
    return out


def place(number: int) -> tuple[int, int, int]:
    """z, x, y of a tile number, by walking the Hilbert curve down from the whole world."""
    z = 0
    while number >= 4**z:
        number -= 4**z
        z += 1
    x = y = 0
    for bit in range(z):
        side = 1 << bit
        right = 1 & (number // 2)
        down = 1 & (number ^ right)
        if not down:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        x, y, number = x + side * right, y + side * down, number // 4
    return z, x, y
