"""Code lists: `reference/*.csv`, editable by the town. A value is understood as its code, its Chinese or its English name."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data.errors import ContractError, advice

FOLDER = Path(__file__).resolve().parent / "reference"


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a code list."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()


@cache
def code_lists() -> dict[str, tuple[Code, ...]]:
    """All code lists by name, in file order."""
    lists: dict[str, list[Code]] = {}
    for row in _rows("codes.csv"):
        aliases = tuple(filter(None, row["aliases"].split("|")))
        lists.setdefault(row["list"], []).append(Code(row["code"], row["zh"], row["en"], aliases))
    for row in _rows("gbt31000_codes.csv"):
        lists.setdefault(row["list_en"], []).append(Code(row["code"], row["zh"], row["en"]))
    return {name: tuple(codes) for name, codes in lists.items()}


def code_list(name: str) -> tuple[Code, ...]:
    """Entries of the list `name`. Raises ContractError with the nearest names when there is none."""
    lists = code_lists()
    if name not in lists:
        raise ContractError(f"There is no code list {name!r}.", remedy=advice(name, lists))
    return lists[name]


@dataclass(frozen=True, slots=True)
class LandClass:
    """One land class: of the third survey with its official colour, or of OpenStreetMap with ours."""

    code: str
    zh: str
    en: str
    group: str
    hex: str


@cache
def land_classes() -> tuple[LandClass, ...]:
    """The 59 classes of `landuse_sandiao.csv`, in code order."""
    return tuple(LandClass(r["code"], r["zh"], r["en"], r["class1"], r["hex"]) for r in _rows("landuse_sandiao.csv"))


@cache
def osm_land_classes() -> tuple[LandClass, ...]:
    """Classes of OpenStreetMap's `landuse` with documented colours (`landuse_osm.csv`)."""
    return tuple(LandClass(r["code"], r["zh"], r["en"], r["group"], r["hex"]) for r in _rows("landuse_osm.csv"))


def _rows(file: str) -> list[dict[str, str]]:
    with (FOLDER / file).open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))
