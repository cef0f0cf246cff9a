"""The grid file: four layers of areas, with a few gaps and overlaps between teams such as digitising leaves behind."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from data.town import writers
from data.town.faults import Fault
from data.town.manifest import GRID_LAYERS, LEVELS
from data.town.render import text, words

FILE = "网格/网格.gpkg"
PEOPLE_A_HOUSEHOLD = 2.42
RADIUS_M = 7.0  # of the half discs that are missing or belong to two
SHORTEST_M = 60.0  # shared border of two teams between which a fault may lie


def write_grids(
    folder: Path, areas: pd.DataFrame, shapes: np.ndarray, heads: pd.DataFrame, households: pd.Series, written: date
) -> dict[str, int]:
    """The layers 镇, 村居, 微网格 and 队组; returns features by dataset. `heads` and `households` are indexed by code."""
    rows = {}
    for level, (name, (layer, _)) in enumerate(zip(GRID_LAYERS, LEVELS, strict=True)):
        part = areas[areas["level"] == level]
        head = heads.loc[part["code"]]
        columns = {
            "WGBM": text(part["code"]),
            "WGMC": text(part["name"]),
            "SJBM": text(part["parent_code"]),
            "WGLX": words(part["kind"], "area_kind"),
            "GLMS": words(part["service_model"], "service_model"),
            "HS": pa.array([str(round(households[code])) for code in part["code"]]),
            "FZR": text(head["name"]),
            "FZRDH": text(head["phone"]),
        }
        writers.write_layer(folder / FILE, layer, columns, shapes[part.index], "Polygon", "GPKG", written)
        rows[name] = len(part)
    return rows


def households(areas: pd.DataFrame, houses: pd.DataFrame) -> pd.Series:
    """Households that each area declares: one a village house, and what the flats were built for."""
    homes = houses[houses["home"]]
    flats = homes["people_per_m2"] * homes["footprint_m2"] * homes["storeys"] / PEOPLE_A_HOUSEHOLD
    per_leaf = np.maximum(1.0, np.where(homes["flats"], flats, 1.0))
    total = dict.fromkeys(areas["code"], 0.0) | pd.Series(per_leaf).groupby(homes["area_code"].to_numpy()).sum().to_dict()
    for code, parent in zip(areas["code"][::-1], areas["parent_code"][::-1], strict=True):  # parents stand before their children
        if parent:
            total[parent] += total[code]
    return pd.Series(total)


def misdraw(rng: np.random.Generator, areas: pd.DataFrame, shapes: np.ndarray, gaps: int, overlaps: int) -> tuple[np.ndarray, list[Fault]]:
    """The shapes with half discs missing from, or given twice to, teams of one micro-grid; and what a check of the coverage shall find."""
    shapes, touched = shapes.copy(), set[int]()
    faults: list[Fault] = []
    teams = areas[areas["level"] == 3]
    row_of = {position: row for row, position in enumerate(teams.index, start=2)}
    for one, other in _neighbours(rng, teams, shapes):
        if len(faults) == gaps + overlaps:
            break
        if one in touched or other in touched:
            continue
        gap = len(faults) < gaps
        changed = _without(shapes[one], shapes[other]) if gap else _with(shapes[one], shapes[other])
        if changed is None:
            continue
        codes = sorted((areas["code"][one], areas["code"][other]))
        key, value = (areas["parent_code"][one], areas["code"][one]) if gap else (codes[0], codes[1])
        faults.append(Fault(1, "grid_team", FILE, LEVELS[3][0], row_of[one], "geom", value, "gap" if gap else "overlap", "coverage", key))
        shapes[one] = changed
        touched |= {one, other}
    return shapes, faults


def _neighbours(rng: np.random.Generator, teams: pd.DataFrame, shapes: np.ndarray) -> list[tuple[int, int]]:
    pairs = []
    for _, family in teams.groupby("parent_code", sort=True):
        members = family.index.to_numpy()
        pairs += [(int(a), int(b)) for a, b in pairwise(members)]
    pairs = [pair for pair in pairs if shapely.intersection(shapes[pair[0]], shapes[pair[1]]).length > SHORTEST_M]
    return [pairs[k] for k in rng.permutation(len(pairs))]


def _disc(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry:
    border = shapely.line_merge(shapely.intersection(one, other))
    longest = max(shapely.get_parts(border), key=shapely.length)
    return shapely.line_interpolate_point(longest, 0.5, normalized=True).buffer(RADIUS_M, quad_segs=6)


def _without(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry | None:
    return _whole(shapely.difference(one, _disc(one, other)))


def _with(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry | None:
    return _whole(shapely.union(one, shapely.intersection(other, _disc(one, other))))


def _whole(shape: shapely.Geometry) -> shapely.Geometry | None:
    return shape if shape.geom_type == "Polygon" and not len(shape.interiors) else None
