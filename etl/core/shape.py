"""SQL pieces for geometry columns: transformed, and the lon/lat box."""

from __future__ import annotations

from data.store.duck import text

LONLAT = "EPSG:4326"


def transformed(geometry: str, source: str, target: str) -> str:
    """SQL that takes the expression `geometry` from CRS `source` to `target` (authority codes, WKT or PROJ text)."""
    return geometry if source == target else f"ST_Transform({geometry}, {text(source)}, {text(target)})"


def box_columns(lonlat: str) -> dict[str, str]:
    """west, south, east, north of the expression `lonlat`, as column → SQL."""
    return {
        "west": f"ST_XMin({lonlat})", "south": f"ST_YMin({lonlat})", "east": f"ST_XMax({lonlat})", "north": f"ST_YMax({lonlat})",
    }  # fmt: skip
