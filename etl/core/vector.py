"""GIS files through GDAL: layers, headers, CRS, and streamed record batches of strings with WKB."""

from __future__ import annotations

import fnmatch
import warnings
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyogrio.errors
import pyogrio.raw

from data.errors import SourceError
from etl.core.evidence import Evidence
from etl.core.table import number_duplicates

_HIDDEN_LAYERS = ("layer_styles", "sqlite_*", "gpkg_*", "qgis_projects")
_CURVED = (8, 9, 10, 11, 12, 13, 14)
_SOLID = (15, 16, 17)
_EXACT = 2.0**53  # whole numbers up to here survive in a float


@dataclass(frozen=True, slots=True)
class VectorInfo:
    """What GDAL says about a layer before reading it."""

    fields: tuple[str, ...]
    headers: tuple[str, ...]  # the fields, duplicates numbered
    crs: str | None
    encoding: str | None
    geometry_type: str | None
    features: int | None


def layers(path: str) -> tuple[str, ...]:
    """Names of the layers that hold data of the sender. Raises SourceError when GDAL cannot open the file."""
    found = [str(row[0]) for row in _asking(path, pyogrio.list_layers, path)]
    return tuple(name for name in found if not any(fnmatch.fnmatch(name, pattern) for pattern in _HIDDEN_LAYERS))


def chosen_layers(path: str, wanted: str | None, *, all_by_default: bool = False) -> tuple[str, ...]:
    """Layers that match `wanted` (a name or a pattern). Without one the file has to hold a single layer, unless `all_by_default`."""
    found = layers(path)
    if not found:
        raise SourceError(
            f"{_short(path)} holds no layer.", remedy="Ask the sender to export the data again.",
            zh=f"{_short(path)} 中没有图层。", zh_remedy="请对方重新导出数据。",
        )  # fmt: skip
    if wanted is None and (all_by_default or len(found) == 1):
        return found
    names = ", ".join(repr(name) for name in found)
    if wanted is None:
        raise SourceError(
            f"{_short(path)} holds {len(found)} layers: {names}.", remedy='Name one with layer = "…", or all with layer = "*".',
            zh=f"{_short(path)} 中有 {len(found)} 个图层：{names}。", zh_remedy='请用 layer = "…" 指明一个，或用 layer = "*" 全部读取。',
        )  # fmt: skip
    matching = tuple(name for name in found if name == wanted) or tuple(name for name in found if fnmatch.fnmatch(name, wanted))
    if not matching:
        raise SourceError(
            f"{_short(path)} has no layer {wanted!r}.", remedy=f"It holds {names}.",
            zh=f"{_short(path)} 中没有图层 {wanted!r}。", zh_remedy=f"其中有：{names}。",
        )  # fmt: skip
    return matching


def vector_info(path: str, layer: str | None, *, encoding: str | None = None, drop: Collection[str] = (), **options: Any) -> VectorInfo:
    """Fields (without `drop`), CRS and size of `layer`; `options` go to the driver. Raises SourceError when GDAL cannot open it."""
    info = _asking(path, pyogrio.read_info, path, layer=layer, encoding=encoding, **options)
    fields = tuple(str(name) for name in info["fields"] if name not in drop)
    features = int(info["features"])
    return VectorInfo(
        fields=fields,
        headers=number_duplicates(fields),
        crs=info["crs"] or None,
        encoding=(info["encoding"] or "").lower() or None,
        geometry_type=info["geometry_type"],
        features=features if features >= 0 else None,
    )


def vector_batches(
    path: str,
    layer: str | None,
    info: VectorInfo,
    *,
    batch_rows: int = 65_536,
    notes: list[str] | None = None,
    with_fid: bool = False,
    text: str | None = None,
    **options: Any,
) -> Iterator[pa.RecordBatch]:
    """Record batches of `layer`: its fields as strings, `__row` (the first feature is row 2, below a header) and `__wkb`.

    With `with_fid` a column `__fid` (int64) follows. `text` is the encoding of strings that are not UTF-8 (default GB18030);
    `options` go to GDAL. Memory stays at a few batches.
    """
    counts = _Counts()
    wanted = {"layer": layer, "batch_size": batch_rows, "return_fids": with_fid, "datetime_as_string": True}
    try:
        with ExitStack() as stack:
            meta, reader = _quietly(stack.enter_context, pyogrio.open_arrow(path, use_pyarrow=True, **wanted, **options))
            row = 2
            while (batch := _quietly(next, reader, None)) is not None:
                converted = _converted(batch, meta, info, row, with_fid, text or "gb18030", counts)
                yield _straightened(converted, path, layer, row - 2, options, counts)
                row += batch.num_rows
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException, RuntimeError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{_short(path)} broke off while being read: {error}", remedy="Ask the sender to export it again.",
            zh=f"{_short(path)} 读到中途出错：{error}", zh_remedy="请对方重新导出。",
        ) from error  # fmt: skip
    if notes is not None:
        notes.extend(counts.sentences())


@dataclass(slots=True)
class _Counts:
    features: int = 0
    empty: int = 0
    recoded: int = 0
    curved: int = 0
    solid: int = 0

    def sentences(self) -> Iterator[Evidence]:
        n, all_ = self.empty, self.features
        if n:
            yield Evidence(f"{n} of {all_} features have no geometry", f"{all_} 个要素中 {n} 个没有图形")
        if self.recoded:
            yield Evidence(f"{self.recoded} batches of text were not UTF-8 and were converted", f"{self.recoded} 批文本不是 UTF-8，已转换")
        if self.curved:
            yield Evidence(f"{self.curved} shapes have arcs, turned into short straight lines", f"{self.curved} 个图形含弧段，已转为折线")
        if self.solid:
            yield Evidence(f"{self.solid} shapes are surfaces in space and were left out", f"{self.solid} 个三维面图形未读取")


def _converted(
    batch: pa.RecordBatch, meta: dict[str, Any], info: VectorInfo, row: int, with_fid: bool, text: str, counts: _Counts
) -> pa.RecordBatch:
    geometry_name = meta.get("geometry_name") or "wkb_geometry"
    fid_name = meta.get("fid_column") or "OGC_FID"
    names = batch.schema.names
    by_name: dict[str, list[pa.Array]] = {}
    for index, name in enumerate(names):
        by_name.setdefault(name, []).append(batch.column(index))
    has_geometry = info.geometry_type is not None and geometry_name in by_name
    wkb = by_name[geometry_name].pop() if has_geometry else pa.nulls(batch.num_rows, pa.binary())
    fid = by_name[fid_name].pop(0) if with_fid else None
    columns = [as_text(_unicode(by_name[field].pop(0), text, counts)) for field in info.fields if by_name.get(field)]
    headers = [header for field, header in zip(info.fields, info.headers, strict=True) if field in by_name]
    wkb = _plain_wkb(wkb)
    counts.features += batch.num_rows
    counts.empty += wkb.null_count if info.geometry_type is not None else 0
    arrays = [*columns, pa.array(range(row, row + batch.num_rows), pa.int64()), wkb]
    extra = {"__fid": fid.cast(pa.int64())} if fid is not None else {}
    return pa.RecordBatch.from_arrays([*arrays, *extra.values()], names=[*headers, "__row", "__wkb", *extra])


def _straightened(
    batch: pa.RecordBatch, path: str, layer: str | None, skip: int, options: dict[str, Any], counts: _Counts
) -> pa.RecordBatch:
    """The batch with arcs as short straight lines (GDAL's own conversion), and without surfaces in space: nothing else knows these."""
    index = batch.schema.get_field_index("__wkb")
    kinds = _kinds(batch.column(index))
    curved, solid = np.isin(kinds, _CURVED), np.isin(kinds, _SOLID)
    if not (curved.any() or solid.any()):
        return batch
    counts.curved += int(curved.sum())
    counts.solid += int(solid.sum())
    wkb = np.asarray(batch.column(index).to_pylist(), dtype=object)
    if curved.any():
        part = pyogrio.raw.read(path, layer=layer, skip_features=skip, max_features=batch.num_rows, **{**options, "columns": []})
        wkb[curved] = part[2][curved]
    wkb[solid] = None
    return batch.set_column(index, "__wkb", pa.array(wkb, pa.binary()))


def _kinds(wkb: pa.Array) -> Any:
    """Type codes of little-endian WKB without their height and measure marks; 0 where there is none."""
    offsets = np.frombuffer(wkb.buffers()[1], np.int32)[wkb.offset : wkb.offset + len(wkb)].astype(np.int64)
    present = wkb.is_valid().to_numpy(zero_copy_only=False)
    data = np.frombuffer(wkb.buffers()[2] or b"", np.uint8)
    first = offsets[present] + 1
    kinds = np.zeros(len(wkb), np.int64)
    kinds[present] = (data[first].astype(np.int64) | (data[first + 1].astype(np.int64) << 8)) % 1000
    return kinds


def _plain_wkb(wkb: pa.Array) -> pa.Array:
    """Binary array of WKB; empty geometries become NULL."""
    plain = wkb.storage if isinstance(wkb, pa.ExtensionArray) else wkb
    plain = plain.cast(pa.binary())
    short = pc.less_equal(pc.binary_length(plain), 9)  # an empty line, polygon or collection is 9 bytes
    return pc.if_else(pc.fill_null(short, False), pa.scalar(None, pa.binary()), plain)


def _unicode(array: pa.Array, encoding: str, counts: _Counts) -> pa.Array:
    """The array itself; strings whose bytes are not UTF-8 decoded from `encoding`, what does not decode shown as \ufffd."""
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return array
    try:
        array.validate(full=True)
        return array
    except pa.ArrowInvalid:
        counts.recoded += 1
    raw = array.view(pa.large_binary() if pa.types.is_large_string(array.type) else pa.binary())
    return pa.array([None if value is None else value.decode(encoding, "replace") for value in raw.to_pylist()], pa.string())


def as_text(array: pa.Array) -> pa.Array:
    """Any Arrow array as strings: whole numbers without ".0", dates in ISO form, booleans as Y and N, empty text as NULL."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return as_text(array.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _filled(array.cast(pa.string()))
    if pa.types.is_floating(kind):
        return _floats(array.cast(pa.float64()))
    if pa.types.is_boolean(kind):
        return pc.if_else(array, "Y", "N").cast(pa.string())
    if pa.types.is_timestamp(kind):
        return _timestamps(array)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([_shown(value) for value in array.to_pylist()], pa.string())
    return array.cast(pa.string())


def _shown(value: Any) -> str | None:
    if value is None or value in ([], b""):
        return None
    if isinstance(value, bytes):
        return value.hex()
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _filled(text: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _floats(array: pa.Array) -> pa.Array:
    """Whole numbers up to 2^53 as integers, larger ones with their exponent (they are damaged), others as shortest decimals."""
    finite = pc.and_(pc.is_finite(array), pc.less_equal(pc.abs(array), _EXACT))
    whole = pc.and_(finite, pc.equal(pc.if_else(finite, array, 0.0), pc.round(pc.if_else(finite, array, 0.0))))
    integers = pc.if_else(whole, array, 0.0).cast(pa.int64()).cast(pa.string())
    text = pc.if_else(whole, integers, array.cast(pa.string()))
    return pc.if_else(pc.is_nan(array), pa.scalar(None, pa.string()), text)


def _timestamps(array: pa.Array) -> pa.Array:
    text = array.cast(pa.string())
    return pc.replace_substring_regex(text, r"[ T]00:00:00(\.0+)?(Z|\+00:?00)?$", "")


def _asking(path: str, function: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return _quietly(function, *arguments, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, UnicodeDecodeError) as error:
        cause = str(error).split("; It might help")[0]
        raise SourceError(
            f"{_short(path)} cannot be opened: {cause}", remedy="Check that the file is complete, or ask for it again.",
            zh=f"{_short(path)} 无法打开：{cause}", zh_remedy="请检查文件是否完整，或请对方重新发送。",
        ) from error  # fmt: skip


def _quietly(function: Any, *arguments: Any, **options: Any) -> Any:
    """The call's result without GDAL's warnings, which speak of GDAL's options and not of the sender's file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


def _short(path: str) -> str:
    return path.removeprefix("/vsizip/").replace("{", "").replace("}", "")
