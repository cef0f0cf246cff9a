"""Tables that carry coordinates in their cells: which columns they are, and geometries from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from data.geo import parse_angle, parse_pair

Kind = Literal["xy", "wkt", "pair"]

_PLAIN = re.compile(r"[\s_\-（）()\[\]：:/.·°]+")
# Headers of one axis beside those of the other, in the order in which they are believed. Surveyors' X is north: 纵坐标; 横坐标 is east.
_AXES = (
    ("经度", "纬度"), ("longitude", "latitude"), ("lon", "lat"), ("lng", "lat"), ("long", "lat"), ("经度坐标", "纬度坐标"),
    ("wgs84经度", "wgs84纬度"), ("gcj02经度", "gcj02纬度"), ("bd09经度", "bd09纬度"), ("中心点经度", "中心点纬度"),
    ("中心经度", "中心纬度"), ("东经", "北纬"), ("jd", "wd"), ("gpsx", "gpsy"), ("东坐标", "北坐标"), ("横坐标", "纵坐标"),
    ("横坐标y", "纵坐标x"), ("easting", "northing"), ("pointx", "pointy"), ("xcoordinate", "ycoordinate"), ("xcoord", "ycoord"),
    ("x坐标", "y坐标"), ("坐标x", "坐标y"), ("zxdx", "zxdy"), ("x", "y"),
)  # fmt: skip
_WKT = (
    "wkt", "thegeom", "geom", "geometry", "wktgeom", "wktgeometry", "shape", "图形", "空间信息", "几何", "边界", "多边形",
)  # fmt: skip
_PAIR = (
    "坐标",
    "经纬度",
    "经纬度坐标",
    "gps",
    "gps坐标",
    "location",
    "latlon",
    "lonlat",
    "latlng",
    "lnglat",
    "coordinates",
    "位置坐标",
    "定位",
    "地理坐标",
    "point",
)
_WKT_TEXT = re.compile(r"^\s*(SRID=\d+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*(Z|M|ZM)?\s*(\(|EMPTY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CoordinateColumns:
    """Where the coordinates of a table stand: x and y columns, or one column of WKT or of pairs (then `y` is None)."""

    kind: Kind
    x: str
    y: str | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """WKB of the rows (None where the cells are empty) and the mask of rows whose cells hold something that is no coordinate."""

    wkb: pa.Array
    unreadable: npt.NDArray[np.bool_]


def find_coordinates(
    headers: Sequence[str], values: Callable[[str], Sequence[str | None]], declared: Mapping[str, str] | None = None
) -> CoordinateColumns | None:
    """The coordinate columns among `headers`; `values(header)` gives some cells of a column.

    `declared` may name them under lon, lat, x, y or wkt. WKT wins over lon and lat, these over x and y, and single-column pairs
    come last; a column counts only when most of its filled cells read as what it should be.
    """
    if declared:
        return _declared(declared)
    named = {_PLAIN.sub("", header).casefold(): header for header in reversed(headers)}
    wkt = next((named[name] for name in _WKT if name in named and _most(values(named[name]), _is_wkt)), None)
    if wkt:
        return CoordinateColumns("wkt", wkt)
    for x, y in _AXES:
        pair = _couple(named, x, y)
        if pair and all(_most(values(header), _is_number) for header in pair):
            return CoordinateColumns("xy", *pair)
    for header in (named[name] for name in (*_PAIR, *_WKT) if name in named):
        if _most(values(header), _is_wkt):
            return CoordinateColumns("wkt", header)
        if _most(values(header), lambda text: parse_pair(text) is not None):
            return CoordinateColumns("pair", header)
    return None


def points_of(columns: CoordinateColumns, first: pa.Array, second: pa.Array | None = None) -> Points:
    """Geometries of string columns as `columns` describes them, coordinates as delivered (no transformation)."""
    if columns.kind == "wkt":
        return _from_wkt(first)
    if columns.kind == "pair":
        pairs = [parse_pair(text) if text else None for text in first.to_pylist()]
        x = np.array([pair[0] if pair else np.nan for pair in pairs])
        y = np.array([pair[1] if pair else np.nan for pair in pairs])
        return _points(x, y, pc.is_valid(first).to_numpy(zero_copy_only=False))
    assert second is not None
    given = pc.or_(pc.is_valid(first), pc.is_valid(second)).to_numpy(zero_copy_only=False)
    return _points(numbers(first), numbers(second), given)


def numbers(texts: pa.Array) -> npt.NDArray[np.float64]:
    """Numbers or angles of a string column as float64; NaN where empty or unreadable. Plain decimals go the fast way."""
    trimmed = pc.utf8_trim_whitespace(texts)
    plain = pc.match_substring_regex(trimmed, r"^[+-]?\d{1,12}(\.\d*)?([eE][+-]?\d{1,2})?$")
    fast = pc.if_else(pc.fill_null(plain, False), trimmed, None).cast(pa.float64()).to_numpy(zero_copy_only=False)
    values = np.array(fast, dtype=float)
    slow = np.flatnonzero(np.isnan(values) & pc.is_valid(texts).to_numpy(zero_copy_only=False))
    packed = (np.abs(values) > 180) & (np.abs(values) < 1.8e6)
    for index in slow:
        angle = parse_angle(str(texts[int(index)].as_py()))
        values[index] = np.nan if angle is None else angle
    return _unpacked(values, packed)


def _unpacked(values: npt.NDArray[np.float64], packed: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Packed degrees (1214200.5 is 121°42′00.5″) when the whole column is packed and reads as degrees of China."""
    given = np.abs(values[np.isfinite(values)])
    if len(given) == 0 or not packed[np.isfinite(values)].all():
        return values
    degrees, minutes, seconds = given // 10_000, given // 100 % 100, given % 100
    in_china = ((degrees >= 73) & (degrees <= 135)) | ((degrees >= 18) & (degrees <= 54))
    if not bool((in_china & (minutes < 60) & (seconds < 60)).all()) or len(given) < 5:
        return values
    if float(np.ptp(given)) > 60_000:  # more than six degrees apart: eastings or northings that only look packed
        return values
    result = values.copy()
    result[np.isfinite(values)] = degrees + minutes / 60 + seconds / 3600
    return result


def _declared(declared: Mapping[str, str]) -> CoordinateColumns | None:
    if "wkt" in declared:
        return CoordinateColumns("wkt", declared["wkt"])
    for x, y in (("lon", "lat"), ("x", "y")):
        if x in declared and y in declared:
            return CoordinateColumns("xy", declared[x], declared[y])
    return None


def _couple(named: Mapping[str, str], x: str, y: str) -> tuple[str, str] | None:
    """The headers `x` and `y`, or ones that begin alike ("X Coordinate (State Plane)")."""
    if x in named and y in named:
        return named[x], named[y]
    if len(x) < 6:
        return None
    starts = [(next((h for n, h in named.items() if n.startswith(part)), None)) for part in (x, y)]
    return (starts[0], starts[1]) if starts[0] and starts[1] else None


def _most(cells: Sequence[str | None], test: Callable[[str], bool]) -> bool:
    filled = [cell for cell in cells if cell and cell.strip()]
    return bool(filled) and sum(map(test, filled)) >= 0.5 * len(filled)


def _is_wkt(text: str) -> bool:
    return bool(_WKT_TEXT.match(text))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return parse_angle(text) is not None
    return True


def _from_wkt(texts: pa.Array) -> Points:
    plain = pc.replace_substring_regex(texts, r"^\s*SRID=\d+;\s*", "")
    geometries = shapely.from_wkt(np.asarray(plain.to_pylist(), dtype=object), on_invalid="ignore")
    wkb = shapely.to_wkb(geometries)
    missing = np.array([item is None for item in wkb], bool)
    given = pc.is_valid(texts).to_numpy(zero_copy_only=False)
    return Points(pa.array(wkb, pa.binary()), given & missing)


def _points(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], given: npt.NDArray[np.bool_]) -> Points:
    good = np.isfinite(x) & np.isfinite(y)
    wkb = np.full(len(x), None, dtype=object)
    wkb[good] = shapely.to_wkb(shapely.points(x[good], y[good]))
    return Points(pa.array(wkb, pa.binary()), np.asarray(given & ~good))
