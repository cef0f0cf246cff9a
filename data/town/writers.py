"""Files as departments send them: CSV in old encodings, shapefiles whose encoding is not told, geodatabases; all text, written quickly."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely

Columns = Mapping[str, pa.Array]  # header -> text; all of equal length
Shape = Literal["Polygon", "MultiPolygon", "LineString", "Point"]


def write_csv(path: Path, columns: Columns, encoding: str, append: bool = False) -> None:
    """A comma-separated file with Windows line ends. Values hold no comma, quote or line break."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab" if append else "wb") as handle:
        if not append:
            handle.write((",".join(columns) + "\r\n").encode(encoding))
        values = [filled(column) for column in columns.values()]
        if values and len(values[0]):
            lines = pc.binary_join_element_wise(*values, ",")
            handle.write(("\r\n".join(lines.to_pylist()) + "\r\n").encode(encoding.replace("-sig", "")))


def filled(column: pa.Array) -> pa.Array:
    """The column with empty text for missing values."""
    return pc.fill_null(column, "")


def write_shapes(path: Path, shapes: np.ndarray, shape: Shape) -> None:
    """The .shp, .shx and .prj of a shapefile, whose table and encoding are written elsewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_layer(path, {}, shapes, shape, "ESRI Shapefile", path.stem)
    path.with_suffix(".cpg").unlink(missing_ok=True)


def write_layer(path: Path, layer: str, columns: Columns, shapes: np.ndarray, shape: Shape, driver: str, written: date) -> None:
    """One layer of a GeoPackage, GeoJSON file or file geodatabase; further calls with the same path add layers.

    The same arguments give the same bytes: GDAL gets the day of writing, and counts identifiers in place of drawing them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    day = f"{written.isoformat()}T00:00:00.000Z"
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": day, "OPENFILEGDB_REPRODUCIBLE_UUID": "YES"})
    _write_layer(path, columns, shapes, shape, driver, layer)


def _write_layer(path: Path, columns: Columns, shapes: np.ndarray, shape: Shape, driver: str, layer: str) -> None:
    texts = {name: filled(column) for name, column in columns.items()}
    table = pa.table(texts | {"wkb": pa.array(shapely.to_wkb(shapes), pa.binary())})
    crs = "EPSG:4326" if driver == "GeoJSON" else "EPSG:4550"
    pyogrio.write_arrow(table, os.fspath(path), driver=driver, layer=layer, geometry_name="wkb", geometry_type=shape, crs=crs)
