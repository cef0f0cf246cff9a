"""One small town for all tests of this folder, and its raw files read back without the load."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
from python_calamine import CalamineWorkbook

from data.town.deliveries import TownManifest, write_town

TODAY = date(2026, 11, 22)
SCALE, SEED = 0.02, 7


@dataclass(frozen=True)
class Raw:
    """A delivery folder; every dataset as a frame of text under its own headers, with `file` and `row` as the sender counts."""

    folder: Path

    @cached_property
    def toml(self) -> dict[str, Any]:
        """The town file."""
        return tomllib.loads((self.folder / "town.toml").read_text(encoding="utf-8"))

    def read(self, name: str) -> pd.DataFrame:
        """The rows of a dataset."""
        entry = next(entry for entry in self.toml["dataset"] if entry["name"] == name)
        parts = [
            _read(path, entry).assign(file=path.relative_to(self.folder).as_posix()) for path in sorted(self.folder.glob(entry["file"]))
        ]
        return pd.concat(parts, ignore_index=True)


def _read(path: Path, entry: dict[str, Any]) -> pd.DataFrame:
    if path.suffix == ".csv":
        encoding = "utf-8-sig" if path.read_bytes()[:3] == b"\xef\xbb\xbf" else "utf-8" if "单位" in path.name else "gb18030"
        frame = pd.read_csv(path, dtype=str, encoding=encoding, keep_default_na=False)
        return frame.assign(row=range(2, len(frame) + 2))
    if path.suffix == ".xlsx":
        return _workbook(path)
    frame = pyogrio.read_dataframe(path, layer=entry.get("layer"), encoding="GBK" if path.suffix == ".shp" else None)
    texts = frame.columns.drop("geometry")
    return frame.assign(**frame[texts].fillna(""), row=range(2, len(frame) + 2))


def _workbook(path: Path) -> pd.DataFrame:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    headers = [lower or upper for upper, lower in zip(rows[1], rows[2], strict=True)]
    frame = pd.DataFrame(rows[3:-1], columns=headers).astype(
        {header: str for header in headers if header not in ("来本地日期", "出租时间")}
    )
    return frame.assign(row=range(4, len(frame) + 4), total=rows[-1][0])


@dataclass(frozen=True)
class Town:
    """A written town."""

    out: Path
    manifest: TownManifest

    def delivery(self, number: int) -> Raw:
        """Delivery 1, 2 or 3."""
        return Raw(self.out / ("1-base", "2-update", "3-update")[number - 1])

    @cached_property
    def faults(self) -> list[dict[str, Any]]:
        """faults.json."""
        lines: list[dict[str, Any]] = json.loads((self.out / "faults.json").read_text(encoding="utf-8"))
        return lines

    def spoiled(self, delivery: int, dataset: str) -> set[tuple[str, int]]:
        """File and row of all rows that a fault touches."""
        return {(f["file"], f["row"]) for f in self.faults if f["delivery"] == delivery and f["dataset"] == dataset and f["row"]}


def fingerprints(out: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path inside it."""
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    out = tmp_path_factory.mktemp("town")
    return Town(out, write_town(out, SCALE, SEED, TODAY))
