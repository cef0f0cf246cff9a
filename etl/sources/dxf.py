"""DXF drawings, as far as they carry data: shapes with the name of their layer, their handle and text. A drawing has no attributes."""

from __future__ import annotations

from collections.abc import Iterator

from etl.core.spec import Delivered, Evidence, Reading, ReadOptions, Source, vector_reading

_LOST = Evidence(
    "a drawing carries no attributes: each row is one shape with its layer's name and text; polygons of several parts are split",
    "DXF 图形不含属性：每行为一个图元及其图层名和文字；带洞或多部分的面会被拆开",
)


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading of the entities; choose layers of the drawing with `where = { Layer = "…" }`."""
    yield vector_reading(path, None, options, evidence=(_LOST,), drop={"PaperSpace", "SubClasses"})


SOURCE = Source(name="dxf", zh="DXF", suffixes=(".dxf",), read=read)
