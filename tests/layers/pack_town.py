"""A town for the pack: areas and parcels that tile the ground, houses with holes and across tile borders, roads, water, points."""

from collections.abc import Iterable
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import shapely

from data.store.duck import connect
from layers.core.pack import assign_ordinals
from layers.core.spec import Layer, Theme
from layers.core.tiles import EXTENT

Z14 = 2**14
CORNER = (13730 / Z14 * 360 - 180, float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * 6696 / Z14))))))  # a corner of four z14 tiles
BOX = (CORNER[0] - 0.02, CORNER[1] - 0.018, CORNER[0] + 0.02, CORNER[1] + 0.018)
KEYS = {"area": "code", "parcel": "parcel_id", "house": "house_id", "facility": "facility_id", "backdrop": "feature_id"}
LAYERS = (
    Layer(name="areas", table="area", zh="网格", en="Areas", order=10),
    Layer(name="land", table="parcel", zh="土地", en="Land", order=20),
    Layer(name="houses", table="house", zh="房屋", en="Houses", order=30, label="name", themes=(Theme("use", "用途", "Use", "o.x"),)),
    Layer(name="devices", table="facility", zh="设施", en="Devices", order=40, geometry="point", label="name"),
)


def cells(n: int, seed: int) -> np.ndarray:
    """About n polygons that tile the box exactly."""
    points = np.random.default_rng(seed).uniform(BOX[:2], BOX[2:], (n, 2))
    found = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shapely.box(*BOX)))
    return shapely.intersection(found, shapely.box(*BOX))


def rectangles(n: int, seed: int) -> list[shapely.Geometry]:
    """Turned rectangles of 8 to 30 m that do not touch: one in each cell of a lattice that nobody sees."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(n)))
    place = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)[:n] + 0.5
    step = (np.array(BOX[2:]) - np.array(BOX[:2])) / side
    centre = np.array(BOX[:2]) + place * step
    turn, size = rng.uniform(0, np.pi, n), rng.uniform(4, 12, (n, 2)) / np.array([95000.0, 111000.0])
    out = []
    for (x, y), angle, (w, h) in zip(centre, turn, size, strict=True):
        rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ rotation
        out.append(shapely.Polygon(corners * [w, h] + [x, y]))
    return out


def special_houses() -> list[shapely.Geometry]:
    """A courtyard, a house of two parts, and one that lies across the corner of four tiles."""
    x, y = BOX[0] - 0.004, CORNER[1] + 0.001
    yard = shapely.box(x, y, x + 0.001, y + 0.001).difference(shapely.box(x + 0.0003, y + 0.0003, x + 0.0007, y + 0.0007))
    wings = [shapely.box(x + west, y - 0.002, x + west + 0.0002, y - 0.0018) for west in (0, 0.0004)]
    across = shapely.box(BOX[2] + 0.001, CORNER[1] - 0.0003, BOX[2] + 0.002, CORNER[1] + 0.0003)
    return [yard, shapely.MultiPolygon(wings), across]


def backdrop() -> tuple[list[shapely.Geometry], dict[str, Any]]:
    """A river from edge to edge, a park, and roads that run through every tile."""
    bends = np.linspace(BOX[0] - 0.05, BOX[2] + 0.05, 60)
    middle = shapely.LineString(np.stack([bends, CORNER[1] + 0.004 * np.sin(bends * 300)], axis=1))
    roads = [shapely.LineString([(BOX[0], y), (BOX[2], y + 0.004)]) for y in np.linspace(BOX[1], BOX[3], 9)]
    park = shapely.Point(CORNER).buffer(0.004)
    kinds = ["water", "green", "waterway", *["road"] * len(roads)]
    columns = {
        "kind": kinds, "rank": [1, 3, 2, *(1 + i % 5 for i in range(len(roads)))], "width_m": [None, None, 20.0, *[None] * len(roads)],
        "name": ["大河", "公园", None, *(f"道路{i}" for i in range(len(roads)))],
    }  # fmt: skip
    return [middle.buffer(0.0008), park, middle, *roads], columns


def put(con: duckdb.DuckDBPyConnection, table: str, geometries: Iterable[shapely.Geometry], /, **columns: Any) -> None:
    """A serving table without ordinals; keys are the first letter of the table and a number."""
    wkb = [shapely.to_wkb(geometry) for geometry in geometries]
    keys = [f"{table[0]}{i}" for i in range(len(wkb))]
    con.register("given", pa.table({KEYS[table]: keys, "wkb": pa.array(wkb, pa.binary()), **columns}))
    con.execute(f"CREATE TABLE {table} AS SELECT * EXCLUDE wkb, ST_GeomFromWKB(wkb) AS lonlat FROM given")
    con.unregister("given")


def paint(con: duckdb.DuckDBPyConnection) -> None:
    """Levels by hash, the first house red; one nominal theme over houses."""
    columns = "layer VARCHAR, theme VARCHAR, index UTINYINT, code VARCHAR, zh VARCHAR, en VARCHAR, hex VARCHAR, n BIGINT"
    con.execute(f"CREATE OR REPLACE TABLE theme_class({columns})")
    classes = [("houses", "use", 1, "a", "住宅", "Home", "#8DD3C7", 1), ("houses", "use", 2, "b", "商店", "Shop", "#BEBADA", 1)]
    con.executemany("INSERT INTO theme_class VALUES (?, ?, ?, ?, ?, ?, ?, ?)", classes)
    for layer in LAYERS:
        key = KEYS[layer.table]
        theme = ", (ordinal % 3)::UTINYINT AS use" if layer.themes else ""
        con.execute(
            f"CREATE OR REPLACE TABLE paint_{layer.name} AS"
            f" SELECT {key} AS object_id, (if({key} = 'h0', 1, 2 + ordinal % 4))::INTEGER AS level{theme} FROM {layer.table}"
        )


def town(houses: int = 900) -> duckdb.DuckDBPyConnection:
    """Serving tables with ordinals and paint."""
    con = connect()
    levels = [np.array([shapely.box(*BOX)]), cells(6, 1), cells(40, 2)]
    level = [i for i, some in enumerate(levels) for _ in some]
    put(con, "area", np.concatenate(levels), level=level, name=[f"{i}号网格" for i in range(len(level))])
    put(con, "parcel", cells(300, 3))
    shapes = rectangles(houses, 4) + special_houses()
    put(con, "house", shapes, name=["礼堂", *[None] * (len(shapes) - 1)], owner_name=["某人"] * len(shapes))
    points = np.random.default_rng(5).uniform(BOX[:2], BOX[2:], (150, 2))
    put(con, "facility", shapely.points(points), name=[f"站{i}" for i in range(150)])
    geometries, columns = backdrop()
    put(con, "backdrop", geometries, **columns)
    for table, key in KEYS.items():
        assign_ordinals(con, table, key)
    paint(con)
    return con


def pixel_centres(screen: tuple[int, int, int], size: int) -> np.ndarray:
    """Longitude and latitude of the pixel centres of a screen tile (z, x, y), [size², 2], row by row."""
    z, x, y = screen
    column, row = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    u, v = (x + column.ravel() / size) / 2**z, (y + row.ravel() / size) / 2**z
    return np.stack([u * 360 - 180, np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * v))))], axis=1)


def reference(geometries: np.ndarray, ids: np.ndarray, screen: tuple[int, int, int], size: int) -> np.ndarray:
    """What a plain renderer would paint: id + 1 of the polygon that holds each pixel's centre, later ids over earlier ones."""
    centres = shapely.points(pixel_centres(screen, size))
    point, polygon = shapely.STRtree(geometries).query(centres, predicate="within")
    out = np.zeros(size * size, dtype=np.int64)
    np.maximum.at(out, point, ids[polygon] + 1)
    return out


__all__ = ["BOX", "CORNER", "EXTENT", "KEYS", "LAYERS", "paint", "pixel_centres", "put", "rectangles", "reference", "town"]
