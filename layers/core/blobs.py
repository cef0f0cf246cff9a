"""Blobs of the map pack: named by content, stored compressed, chosen by what the request accepts (docs/pack.md section 1)."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import zstandard

from data.errors import StoreError

# At 9 zstd is as quick as gzip 6 on tiles and a tenth smaller; higher levels gain 1 % for thrice the time.
ZSTD_LEVEL = 9
GZIP_LEVEL = 6
WORTHWHILE = 0.97  # a .zst is kept only where it saves at least 3 % of the .gz
NAME = re.compile(r"[0-9a-f]{16}\.(?:tile|array|labels|days)")


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored blob: its name and its size before compression, in bytes."""

    name: str
    size: int


def store(folder: Path, raw: bytes, suffix: str) -> Blob:
    """Write `raw` compressed under the name of its content, unless it is there. `folder` must exist."""
    name = f"{hashlib.blake2b(raw, digest_size=8).hexdigest()}.{suffix}"
    if not (folder / f"{name}.gz").exists():
        _compress(folder, name, raw)
    return Blob(name, len(raw))


def _compress(folder: Path, name: str, raw: bytes) -> None:
    zipped = gzip.compress(raw, GZIP_LEVEL, mtime=0)
    packed = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(raw)
    if len(packed) <= WORTHWHILE * len(zipped):
        _write(folder / f"{name}.zst", packed)
    _write(folder / f"{name}.gz", zipped)  # last: its presence says that the blob is complete


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a reader never sees half a file, not even after a crash."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_bytes(content)
    scratch.replace(path)


def blob_file(folder: Path, name: str, accept_encoding: str) -> tuple[Path, str] | None:
    """File to send for `GET /pack/<name>` and its Content-Encoding; None when there is no such blob.

    Browsers all accept gzip, so it is also the answer to a request that accepts nothing named here.
    """
    if not NAME.fullmatch(name):
        return None
    accepted = {part.split(";")[0].strip().lower() for part in accept_encoding.split(",")}
    small = folder / f"{name}.zst"
    if "zstd" in accepted and small.exists():
        return small, "zstd"
    plain = folder / f"{name}.gz"
    return (plain, "gzip") if plain.exists() else None


def read_blob(folder: Path, name: str) -> bytes:
    """Raw bytes of a blob, checked against its name. Raises StoreError when it is missing or damaged."""
    path = folder / f"{name}.gz"
    if not path.exists():
        raise StoreError(f"The map pack has no blob {name} in {folder}.", remedy="Publish the snapshot again.",
                         zh=f"地图包文件夹 {folder} 中没有 {name}。", zh_remedy="请重新发布快照。")  # fmt: skip
    try:
        raw = gzip.decompress(path.read_bytes())
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raw = b""
    if hashlib.blake2b(raw, digest_size=8).hexdigest() != name.split(".")[0]:
        raise StoreError(f"The blob {name} in {folder} is damaged.", remedy="Delete it and publish the snapshot again.",
                         zh=f"{folder} 中的 {name} 已损坏。", zh_remedy="请删除该文件后重新发布快照。")  # fmt: skip
    return raw


def sweep(folder: Path, keep: set[str]) -> int:
    """Delete the blobs whose name is not in `keep` (names of all manifests that stay). Returns how many blobs went."""
    gone = [path for path in folder.iterdir() if NAME.match(path.name) and path.name.rsplit(".", 1)[0] not in keep]
    for path in gone:
        path.unlink(missing_ok=True)
    return len({path.name.rsplit(".", 1)[0] for path in gone})
