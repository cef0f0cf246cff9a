"""Version of the code that decides what becomes of a delivery: when it changes, unchanged files are read again."""

from __future__ import annotations

import hashlib
from functools import cache

import duckdb

from data.settings import REPOSITORY

_DECIDING = ("etl/core/*.py", "etl/sources/*.py", "data/schema/*.py", "data/geo/*.py", "data/codes.py", "data/reference/*.csv")


@cache
def code_version() -> str:
    """Twelve hexadecimal digits over the contract, the code lists, the reading and checking code, and DuckDB's version."""
    total = hashlib.sha256(duckdb.__version__.encode())
    for pattern in _DECIDING:
        for file in sorted(REPOSITORY.glob(pattern)):
            total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()[:12]
