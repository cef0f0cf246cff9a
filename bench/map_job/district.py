"""A synthetic district of any size, in the tables that a pack is built from: turned houses about 30 m apart, some of them L-shaped, parcels
and areas that tile the ground, roads with names, water, devices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from data.store.duck import connect
from layers.core.pack import assign_ordinals
from layers.core.spec import Layer, Theme

CORNER = (121.30, 30.90)  # south-west, degrees
STEP_M = 30.0
DEGREE_M = np.array([111320.0 * np.cos(np.radians(CORNER[1])), 110950.0])  # metres to a degree here
KEYS = {"area": "code", "parcel": "parcel_id", "house": "house_id", "facility": "facility_id", "backdrop": "feature_id"}
LAYERS = (
    Layer(name="areas", table="area", zh="网格", en="Areas", order=10),
    Layer(name="land", table="parcel", zh="土地", en="Land", order=20),
    Layer(name="houses", table="house", zh="房屋", en="Houses", order=30, themes=(Theme("use", "用途", "Use", "o.x"),)),
    Layer(name="devices", table="facility", zh="设施", en="Devices", order=40, geometry="point", label="name"),
)
CLASSES = ("#8DD3C7", "#BEBADA", "#80B1D3", "#B3DE69", "#FCCDE5")
# Of 1 000 objects so many stand on level 1 to 4; the rest are well.
WORST = (8, 12, 40, 120)
_CLASS = "layer VARCHAR, theme VARCHAR, index UTINYINT, code VARCHAR, zh VARCHAR, en VARCHAR, hex VARCHAR, n BIGINT"
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class District:
    """An open database with the tables of a district, and its box in degrees."""

    connection: duckdb.DuckDBPyConnection
    box: tuple[float, float, float, float]
    houses: int


def district(houses: int) -> District:
    """A square of so many houses, the same each time."""
    side = int(np.ceil(np.sqrt(houses)))
    extent = side * STEP_M
    con = connect()
    villages = max(2, round(extent / 1500))
    levels = [lattice(extent, n, seed=n) for n in (1, villages, villages * 3)]
    level = np.repeat(np.arange(3), [len(some) for some in levels])
    _put(con, "area", np.concatenate(levels), level=level, name=[f"{i}号网格" for i in range(len(level))])
    _put(con, "parcel", lattice(extent, max(3, side // 6), seed=3))
    _put(con, "house", buildings(houses, side))
    spots = np.random.default_rng(5).uniform(0, extent, (max(50, houses // 200), 2))
    _put(con, "facility", shapely.points(degrees(spots)), name=[f"站{i}" for i in range(len(spots))])
    shapes, columns = backdrop(extent)
    _put(con, "backdrop", shapes, **columns)
    for table, key in KEYS.items():
        assign_ordinals(con, table, key)
    _paint(con)
    low, high = degrees(np.array([[0.0, 0.0], [extent, extent]]))
    return District(con, (*low.tolist(), *high.tolist()), houses)


def degrees(metres: Floats) -> Floats:
    """Longitude and latitude of places in metres from the corner."""
    out: Floats = np.array(CORNER) + metres / DEGREE_M
    return out


def lattice(extent: float, n: int, seed: int) -> Objects:
    """n × n quadrilaterals that tile the square, their common corners shifted."""
    rng, step = np.random.default_rng(seed), extent / n
    corners = np.stack(np.meshgrid(np.arange(n + 1), np.arange(n + 1)), -1) * step
    corners[1:-1, 1:-1] += rng.uniform(-0.25, 0.25, (max(n - 1, 0), max(n - 1, 0), 2)) * step
    rings = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2).reshape(-1, 4, 2)
    return _polygons(rings)


def buildings(n: int, side: int) -> Objects:
    """Turned rectangles, three of ten with a corner cut out, 8 to 20 m long, along a curve that keeps neighbours together."""
    rng = np.random.default_rng(4)
    place = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)[:n]
    place = place[np.lexsort((place[:, 0], place[:, 1] // 32, place[:, 0] // 32))]  # blocks of 32 × 32
    centre = (place + 0.5) * STEP_M + rng.uniform(-3, 3, (n, 2))
    half, turn = rng.uniform(4, 10, (n, 2)), rng.uniform(0, np.pi, n)
    cut = np.where(rng.random(n) < 0.3, 0.0, 1.0)[:, None]  # where the corner of an L is, as a share of the half sides; 1: no L
    signs = np.array([[-1, -1], [1, -1], [1, 0], [0, 0], [0, 1], [-1, 1]], dtype=float)
    corners = np.repeat(signs[None], n, axis=0)
    corners[:, 2:5] = np.where(cut[:, None] == 1.0, 1.0, corners[:, 2:5])
    corners *= half[:, None]
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x, y = corners[..., 0] * cos - corners[..., 1] * sin, corners[..., 0] * sin + corners[..., 1] * cos
    out: Objects = shapely.remove_repeated_points(_polygons(np.stack([x, y], -1) + centre[:, None]))
    return out


def _polygons(rings: Floats) -> Objects:
    """Polygons of [n, corners, 2] in metres."""
    n, corners, _ = rings.shape
    closed = np.concatenate([rings, rings[:, :1]], axis=1)
    out: Objects = shapely.polygons(shapely.linearrings(degrees(closed.reshape(-1, 2)), indices=np.repeat(np.arange(n), corners + 1)))
    return out


def backdrop(extent: float) -> tuple[Objects, dict[str, list[Any]]]:
    """A river, a park, and roads: one each 500 m in both directions, each fourth a large one."""
    bend = np.linspace(0, extent, 400)
    river = shapely.LineString(degrees(np.stack([bend, extent * 0.4 + 200 * np.sin(bend / 700)], axis=1))).buffer(0.0005)
    park = shapely.box(*degrees(np.array([[extent * 0.6] * 2, [extent * 0.65] * 2])).ravel())
    marks = np.arange(250.0, extent, 500.0)
    lines = [[[0.0, at], [extent, at]] for at in marks] + [[[at, 0.0], [at, extent]] for at in marks]
    roads = [shapely.LineString(degrees(np.linspace(line[0], line[1], 20))) for line in lines]
    columns: dict[str, list[Any]] = {
        "kind": ["water", "green", *["road"] * len(roads)],
        "rank": [1, 3, *(2 if i % 4 == 0 else 4 for i in range(len(roads)))],
        "width_m": [None] * (2 + len(roads)),
        "name": ["大河", "公园", *(f"道路{i}" for i in range(len(roads)))],
    }
    return np.array([river, park, *roads], dtype=object), columns


def _put(con: duckdb.DuckDBPyConnection, table: str, shapes: Objects, **columns: Any) -> None:
    keys = pa.array([f"{table[0]}{i}" for i in range(len(shapes))])
    con.register("given", pa.table({KEYS[table]: keys, "wkb": pa.array(shapely.to_wkb(shapes), pa.binary()), **columns}))
    con.execute(f"CREATE TABLE {table} AS SELECT * EXCLUDE wkb, ST_GeomFromWKB(wkb) AS lonlat FROM given")
    con.unregister("given")


def _paint(con: duckdb.DuckDBPyConnection) -> None:
    """Levels and a theme by lot, the same each time."""
    con.execute(f"CREATE TABLE theme_class({_CLASS})")
    for index, hex_ in enumerate(CLASSES, 1):
        row = [index, f"c{index}", f"类{index}", f"Class {index}", hex_]
        con.execute("INSERT INTO theme_class VALUES ('houses', 'use', ?, ?, ?, ?, ?, 0)", row)
    steps = np.cumsum(WORST)
    by_lot = " ".join(f"WHEN lot < {step} THEN {level}" for level, step in enumerate(steps, 1))
    for layer in LAYERS:
        theme = f", (1 + hash(ordinal) // 1000 % {len(CLASSES)})::UTINYINT AS use" if layer.themes else ""
        level = f"(CASE {by_lot} ELSE 5 END)::INTEGER AS level"
        con.execute(
            f"CREATE TABLE paint_{layer.name} AS SELECT {KEYS[layer.table]} AS object_id, {level}{theme}"
            f" FROM (SELECT *, hash(ordinal) % 1000 AS lot FROM {layer.table})"
        )
