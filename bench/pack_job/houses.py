"""A serving file with a million houses 30 m apart, painted: two rectangles in three, the others L-shaped."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import shapely

from data.store.duck import connect
from layers.core.arrays import place_colours
from layers.core.pack import assign_ordinals
from layers.core.spec import Layer, Theme

HOUSES = Layer(name="houses", table="house", zh="房屋", en="Houses", themes=(Theme("use", "用途", "Use", "o.x"),))
SPACING = 30.0
CENTRE = (121.6, 31.1)
METRE = (1 / 95_400.0, 1 / 110_870.0)  # degrees, there
_RECTANGLE = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])
_L = np.array([(0, 0), (0, 1), (0.5, 1), (0.5, 0.5), (1, 0.5), (1, 0)])


def shapes(n: int) -> np.ndarray:
    """The houses in WGS84."""
    rng = np.random.default_rng(7)
    side = int(np.ceil(np.sqrt(n)))
    place = np.stack(np.divmod(np.arange(n), side), axis=1) * SPACING - side * SPACING / 2
    turn, size = rng.uniform(0, np.pi, n), rng.uniform(8, 18, (n, 2))
    bent = rng.random(n) < 1 / 3
    out = np.empty(n, dtype=object)
    for rows, form in ((~bent, _RECTANGLE), (bent, _L)):
        local = (form[None] - 0.5) * size[rows][:, None]
        cos, sin = np.cos(turn[rows])[:, None], np.sin(turn[rows])[:, None]
        metres = (
            np.stack([local[..., 0] * cos - local[..., 1] * sin, local[..., 0] * sin + local[..., 1] * cos], axis=2) + place[rows][:, None]
        )
        out[rows] = shapely.polygons(metres * METRE + np.array(CENTRE))
    return out


def make(file: Path, n: int) -> None:
    """Write the file: houses along the Hilbert curve with boxes and ordinals, levels and one theme."""
    con = connect()
    con.execute(f"ATTACH '{file}' AS made (STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE 8192); USE made")
    geometries = shapes(n)
    box = shapely.bounds(geometries)
    given = {"house_id": [f"990115103-{i:08d}" for i in range(n)], "wkb": pa.array(shapely.to_wkb(geometries), pa.binary())}
    given |= {name: box[:, i] for i, name in enumerate(("west", "south", "east", "north"))}
    con.register("given", pa.table(given))
    west, south, east, north = box[:, 0].min(), box[:, 1].min(), box[:, 2].max(), box[:, 3].max()
    hilbert = (
        f"ST_Hilbert((west + east) / 2, (south + north) / 2, {{min_x: {west}, min_y: {south}, max_x: {east}, max_y: {north}}}::BOX_2D)"
    )
    con.execute(f"CREATE TABLE house AS SELECT * EXCLUDE wkb, ST_GeomFromWKB(wkb) AS lonlat FROM given ORDER BY {hilbert}")
    assign_ordinals(con, "house", "house_id")
    con.execute("""CREATE TEMP TABLE painted AS SELECT house_id AS object_id, (ordinal // 7 % 4)::UTINYINT AS use,
        CASE WHEN n < 3 THEN 1 WHEN n < 12 THEN 2 WHEN n < 27 THEN 3 WHEN n < 45 THEN 4 ELSE 5 END::UTINYINT AS level
        FROM (SELECT house_id, ordinal, hash(ordinal) % 100 AS n FROM house)""")
    place_colours(con, HOUSES, "painted")
    con.execute("""CREATE TABLE theme_class AS SELECT 'houses' AS layer, 'use' AS theme, i::UTINYINT AS index, 'c' || i AS code,
        '类' || i AS zh, 'Class ' || i AS en, '#808080' AS hex, 1::BIGINT AS n FROM range(1, 4) r(i)""")
    con.execute("USE memory; DETACH made")
    con.close()


def opened(file: str | Path) -> duckdb.DuckDBPyConnection:
    """A connection whose tables are those of the file, which stays as it is; its own may be added."""
    con = connect()
    con.execute(f"ATTACH '{file}' AS town (READ_ONLY)")
    for table in ("house", "paint_houses", "theme_class"):
        con.execute(f"CREATE VIEW {table} AS FROM town.{table}")
    return con
