"""Files that must survive a power cut: whole or not there at all. And fingerprints of what was delivered."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# A dataset in one of these formats lives in several files of the same stem.
_COMPANIONS = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg", ".qix", ".sbn", ".sbx"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".csv": (".csvt", ".prj"),
}


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replace `path` by `content`: a reader sees the old file or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    move_into_place(temporary, path)


def write_json(path: Path, value: Any) -> None:
    """`value` as readable JSON, atomically."""
    write_atomically(path, json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")


def move_into_place(temporary: Path, path: Path) -> None:
    """Rename a finished file over `path` and make both the bytes and the name durable."""
    _sync(temporary)
    temporary.replace(path)
    _sync(path.parent)


def fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over the names and contents of all parts of `paths` (a folder such as a geodatabase counts with everything in it)."""
    total = hashlib.sha256()
    for path in sorted(paths):
        for part in _parts(path):
            total.update(part.name.encode())
            with part.open("rb") as handle:
                total.update(hashlib.file_digest(handle, "sha256").digest())
    return total.hexdigest()


def size_of(paths: Iterable[Path]) -> int:
    """Bytes of all parts of `paths`, folders with everything in them; what does not exist counts nothing."""
    return sum(part.stat().st_size for path in set(paths) if path.exists() for part in _parts(path))


def _parts(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(part for part in path.rglob("*") if part.is_file() and part.suffix != ".lock")
    companions = _COMPANIONS.get(path.suffix.lower(), ())
    beside = (part for part in path.parent.glob(f"{_literal(path.stem)}.*") if part.suffix.lower() in companions)
    return [path, *sorted(beside)]


def _literal(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in stem)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
