"""Parquet: GeoParquet 1.0 and 1.1 (WKB or native encoding), and plain tables with or without a WKB column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from etl.core.spec import Delivered, Evidence, Reading, ReadOptions, Source, SourceError, advice, advice_zh, as_text, number_duplicates

_USUAL = ("geometry", "geom", "wkb_geometry", "wkb", "the_geom", "shape")
_WKB_TYPES = ("geoarrow.wkb", "ogc.wkb")
_NATIVE = {"point": 0, "linestring": 1, "polygon": 2, "multipoint": 1, "multilinestring": 2, "multipolygon": 3}


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading; `layer` names the geometry column when there are several. Without `crs` in the metadata the file means WGS84."""
    with _opened(path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
    geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    column = _geometry_column(path.name, schema, geo, options.layer)
    about = geo.get("columns", {}).get(column, {})
    fields = [name for name in schema.names if name not in geo.get("columns", {}) and name != column and not _covering(about, name)]
    headers = number_duplicates(fields)
    crs, evidence = _crs(geo, about, column)
    batches = _batches(path, fields, headers, column, about.get("encoding", "WKB"), options.batch_rows)
    yield Reading(path.name, None, headers, batches, crs, "utf-8", evidence, rows=rows)


@contextmanager
def _opened(path: Delivered) -> Iterator[pq.ParquetFile]:
    with path.open("rb") as handle:
        try:
            file = pq.ParquetFile(handle)
        except pa.ArrowInvalid as error:
            raise SourceError(
                f"{path.name} is no Parquet file: {error}", remedy="Ask for it again.",
                zh=f"{path.name} 不是 Parquet 文件：{error}", zh_remedy="请重新提供。",
            ) from error  # fmt: skip
        yield file


def _geometry_column(name: str, schema: pa.Schema, geo: dict[str, Any], wanted: str | None) -> str | None:
    if wanted is not None:
        if wanted not in schema.names:
            raise SourceError(
                f"{name} has no column {wanted!r}.", remedy=advice(wanted, schema.names),
                zh=f"{name} 没有列 {wanted!r}。", zh_remedy=advice_zh(wanted, schema.names),
            )  # fmt: skip
        return wanted
    if geo:
        return str(geo["primary_column"])
    binary = [field.name for field in schema if _holds_bytes(field.type)]
    return next((column for column in binary if column.casefold() in _USUAL), None)


def _holds_bytes(kind: Any) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return kind.extension_name in _WKB_TYPES
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _covering(about: dict[str, Any], name: str) -> bool:
    """Whether a column is the box of the geometry, which is not the sender's data."""
    box = about.get("covering", {}).get("bbox", {}).get("xmin", [])
    return bool(box) and box[0] == name


def _crs(geo: dict[str, Any], about: dict[str, Any], column: str | None) -> tuple[str | None, tuple[Evidence, ...]]:
    """Authority code or PROJJSON text of the CRS."""
    if not geo or column is None:
        return None, ()
    if "crs" not in about:
        return "OGC:CRS84", (
            Evidence("the metadata names no CRS; GeoParquet means WGS84 then", "元数据未标明坐标系，按 GeoParquet 规范视为 WGS84"),
        )
    crs = about["crs"]
    if crs is None:
        return None, (Evidence("the metadata says that the CRS is unknown", "元数据标明坐标系未知"),)
    code = crs.get("id") or {} if isinstance(crs, dict) else {}
    return (f"{code['authority']}:{code['code']}" if code else json.dumps(crs)), ()


def _batches(
    path: Delivered, fields: list[str], headers: tuple[str, ...], column: str | None, encoding: str, size: int
) -> Iterator[pa.RecordBatch]:
    row = 2
    with _opened(path) as file:
        for batch in file.iter_batches(batch_size=size, columns=[*fields, *([column] if column else [])]):
            texts = [as_text(batch.column(name)) for name in fields]
            wkb = _wkb(batch.column(column), encoding) if column else pa.nulls(batch.num_rows, pa.binary())
            arrays = [*texts, pa.array(range(row, row + batch.num_rows), pa.int64()), wkb]
            yield pa.RecordBatch.from_arrays(arrays, names=[*headers, "__row", "__wkb"])
            row += batch.num_rows


def _wkb(array: pa.Array, encoding: str) -> pa.Array:
    storage = array.storage if isinstance(array, pa.ExtensionArray) else array
    if encoding.upper() == "WKB":
        return storage.cast(pa.binary())
    return _native(storage, encoding)


def _native(array: pa.Array, encoding: str) -> pa.Array:
    """WKB of GeoParquet 1.1's native encodings: nested lists of {x, y} structs."""
    offsets: list[Any] = []
    inner = array
    for _ in range(_NATIVE[encoding.lower()]):
        offsets.insert(0, inner.offsets.to_numpy() - inner.offsets[0].as_py())
        inner = inner.flatten()
    coordinates = np.column_stack([inner.field("x").to_numpy(zero_copy_only=False), inner.field("y").to_numpy(zero_copy_only=False)])
    kind = shapely.GeometryType[encoding.upper()]
    missing = array.is_null().to_numpy(zero_copy_only=False)
    shapes = shapely.from_ragged_array(kind, coordinates, tuple(offsets) or None)
    shapes[missing] = None
    return pa.array(shapely.to_wkb(shapes), pa.binary())


SOURCE = Source(name="geoparquet", zh="GeoParquet", suffixes=(".parquet", ".geoparquet", ".pq"), read=read)
