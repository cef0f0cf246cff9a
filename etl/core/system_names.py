"""What people call a coordinate system, in both languages."""

from __future__ import annotations

from data.geo import zones
from etl.core.transform import System, crs_of, is_degrees

_NAMES = {"EPSG:4326": "WGS84", "EPSG:4490": "CGCS2000 lon/lat", "EPSG:3857": "Web Mercator", "OGC:CRS84": "WGS84"}
_WORDS = (
    (" with swapped axes", "（坐标轴互换）"),
    ("a local system given by parameters", "按参数定义的地方坐标系"),
    ("a local system fitted to control points", "由控制点拟合的地方坐标系"),
    ("no zone prefix", "不带带号"),
    (", prefixed", "，带带号"),
    ("zone ", "带号 "),
    (" as ", " 按 "),
    (" lon/lat", " 经纬度"),
    ("° CM ", "度带 中央经线 "),
)
_DATUMS = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def label(system: System) -> str:
    """What people call a system."""
    if system.fit is not None:
        name = "a local system fitted to control points"
    elif system.crs.startswith("local:"):
        name = "a local system given by parameters"
    else:
        name = crs_label(system.crs)
    shifted = _DATUMS.get(system.datum)
    name = f"{shifted}" if shifted and is_degrees(system.crs) else f"{shifted} in {name}" if shifted else name
    return f"{name} with swapped axes" if system.swapped and system.fit is None else name


def chinese(text: str) -> str:
    """A label in Chinese: the names of systems are the same in both languages, the words around them are not."""
    for en, zh in _WORDS:
        text = text.replace(en, zh)
    return text


def crs_label(crs: str) -> str:
    """What people call the system `crs`."""
    zone = next((zone for zone in zones() if crs == f"EPSG:{zone.epsg}"), None)
    if zone:
        return zone.label
    if crs in _NAMES:
        return _NAMES[crs]
    found = crs_of(crs)
    return crs if crs.startswith("EPSG:") and found.name == "unknown" else f"{found.name} ({crs})" if len(crs) < 20 else found.name
