"""GeoJSON, newline-delimited GeoJSON and TopoJSON. Without a `crs` member the coordinates are WGS84 (RFC 7946)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from etl.core.spec import (
    Delivered,
    Evidence,
    Reading,
    ReadOptions,
    Source,
    SourceError,
    chosen_layers,
    gdal_path,
    text_encoding,
    vector_reading,
)  # fmt: skip

_TYPE = re.compile(
    r'"type"\s*:\s*"(FeatureCollection|Feature|Topology|GeometryCollection|(?:Multi)?(?:Point|LineString|Polygon)|esri\w+)"|"geometryType"'
)


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading, or one for each object of a TopoJSON. Raises SourceError for JSON that is no map data."""
    with path.open("rb") as handle:
        head = handle.read(1 << 20)
    if not _TYPE.search(head.decode("utf-8", "replace")):
        raise SourceError(
            f"{path.name} is JSON, but no GeoJSON: it has no features.", remedy="Ask for GeoJSON, or for the table as .csv.",
            zh=f"{path.name} 是 JSON，但不是 GeoJSON：没有要素。", zh_remedy="请提供 GeoJSON，或 .csv 表格。",
        )  # fmt: skip
    verdict, _ = text_encoding(path, options.encoding)
    if verdict.encoding.startswith("utf-16"):
        raise SourceError(
            f"{path.name} is written in UTF-16; GeoJSON has to be UTF-8.", remedy="Save it as UTF-8.",
            zh=f"{path.name} 是 UTF-16 编码；GeoJSON 须为 UTF-8。", zh_remedy="请另存为 UTF-8 编码。",
        )  # fmt: skip
    text = verdict.encoding if verdict.encoding != "utf-8" else None
    for layer in chosen_layers(gdal_path(path), options.layer, all_by_default=True):
        evidence = (*verdict.evidence[-1:], *_about_crs(head))
        yield vector_reading(path, layer, options, evidence=evidence, text=text, sheet=None)


def _about_crs(head: bytes) -> tuple[Evidence, ...]:
    if b'"crs"' in head:
        return ()
    return (Evidence("the file names no CRS; GeoJSON means WGS84 then", "文件未标明坐标系，按 GeoJSON 规范视为 WGS84"),)


SOURCE = Source(
    name="geojson", zh="GeoJSON",
    suffixes=(".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".jsonl", ".topojson"), read=read,
)  # fmt: skip
