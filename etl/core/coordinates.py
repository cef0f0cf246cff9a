"""Tables that carry coordinates in their cells: which columns they are, and geometries from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from data.geo import parse_angle, parse_pair
from etl.core.mapping import levels, without_brackets
from etl.core.transform import Datum

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
    "经度纬度",
    "纬度经度",
    "coordinates",
    "位置坐标",
    "定位",
    "地理坐标",
    "point",
)
# What a header says of the system in which its numbers are. GPS says nothing: map apps call their shifted degrees so too.
_DATUMS: tuple[tuple[Datum, re.Pattern[str]], ...] = (
    ("gcj02", re.compile("gcj(02)?|高德(地图)?|腾讯(地图)?|火星(坐标系?)?")),
    ("bd09", re.compile("bd09(ll)?|bd(?=lon|lng|lat)|百度(地图)?")),
    ("wgs84", re.compile("wgs(84)?|cgcs(2000)?|(国家|大地|国家大地)2000(坐标系)?|2000(国家)?(大地)?坐标系")),
)
_NAMED = re.compile("|".join([f"({pattern.pattern})" for _, pattern in _DATUMS] + ["gps"]))
_UNIT = re.compile("(米|m|十进制度)$")
_DEGREES = re.compile("(经度|纬度)$")
_WKT_TEXT = re.compile(r"^\s*(SRID=\d+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*(Z|M|ZM)?\s*(\(|EMPTY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CoordinateColumns:
    """Where the coordinates of a table stand: x and y columns, or one column of WKT or of pairs (then `y` is None).

    `datum` is what the headers say of the system, None when they say nothing: a hint, not a fact.
    """

    kind: Kind
    x: str
    y: str | None = None
    datum: Datum | None = None


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
    named = _named(headers)
    wkt = next((named[name] for name in _WKT if name in named and _most(values(named[name]), _is_wkt)), None)
    if wkt:
        return CoordinateColumns("wkt", wkt, datum=datum_of(wkt))
    for x, y in coordinate_headers(headers):
        if all(_most(values(header), _is_number) for header in (x, y)):
            return CoordinateColumns("xy", x, y, datum_of(x))
    for header in (named[name] for name in (*_PAIR, *_WKT) if name in named):
        if _most(values(header), _is_wkt):
            return CoordinateColumns("wkt", header, datum=datum_of(header))
        if _most(values(header), lambda text: parse_pair(text) is not None):
            return CoordinateColumns("pair", header, datum=datum_of(header))
    return None


def coordinate_headers(headers: Sequence[str]) -> list[tuple[str, str]]:
    """Couples of headers that are called like the two axes of one place, the surest first; those of map apps come last.

    Both have to stand in the same group: 高德经度 goes with 高德纬度, never with 百度纬度.
    """
    forms: dict[str, list[tuple[int, str, str]]] = {}
    for header in headers:
        for step, name in enumerate(_forms(header)):
            forms.setdefault(name, []).append((step, _group(header, name, step), header))
    found: list[tuple[tuple[bool, int, int], tuple[str, str]]] = []
    for place, (x, y) in enumerate(_AXES):
        couples = [(max(i, j), a, b) for i, one, a in forms.get(x, ()) for j, other, b in forms.get(y, ()) if one == other]
        found += [((_is_shifted(a), step, place), (a, b)) for step, a, b in couples]
        if couple := _begin_alike(headers, x, y):
            found.append(((_is_shifted(couple[0]), 9, place), couple))
    return [couple for _, couple in sorted(found, key=lambda item: item[0])]


def datum_of(header: str) -> Datum | None:
    """The system that `header` names: 高德经度 is GCJ-02, lon (BD-09) is BD-09, 经度(WGS84) and CGCS2000_X are not shifted."""
    return next((datum for datum, pattern in _DATUMS if pattern.search(_plain(header))), None)


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
        return CoordinateColumns("wkt", declared["wkt"], datum=datum_of(declared["wkt"]))
    for x, y in (("lon", "lat"), ("x", "y")):
        if x in declared and y in declared:
            return CoordinateColumns("xy", declared[x], declared[y], datum_of(declared[x]))
    return None


def _plain(text: str) -> str:
    """`text` without width, case, spaces and signs."""
    return _PLAIN.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _forms(header: str) -> Iterator[str]:
    """Names that `header` may stand for, the surest first: whole, without brackets, its last level, without unit and name of a datum."""
    bare = without_brackets(header)
    last = _plain((levels(bare) or [bare])[-1])
    yield from (_plain(header), _plain(bare), last, _UNIT.sub("", last), _NAMED.sub("", _UNIT.sub("", last)))
    if axis := _DEGREES.search(last):
        yield axis.group()  # 安装点经度


def _group(header: str, name: str, step: int) -> str:
    """What `header` says beside `name`: the axes of one place have it in common."""
    rest = _plain(without_brackets(header)).replace(name, "", 1) if step else ""
    return f"{datum_of(header) or ''} {rest}"


def _named(headers: Sequence[str]) -> dict[str, str]:
    """Name → header, for columns that stand alone; the surest form of the first header wins."""
    found: dict[str, tuple[int, str]] = {}
    for header in headers:
        for step, name in enumerate(_forms(header)):
            if name not in found or step < found[name][0]:
                found[name] = (step, header)
    return {name: header for name, (_, header) in found.items()}


def _is_shifted(header: str) -> bool:
    return datum_of(header) in ("gcj02", "bd09")


def _begin_alike(headers: Sequence[str], x: str, y: str) -> tuple[str, str] | None:
    """Headers that begin with the long names `x` and `y` ("X Coordinate of the State Plane")."""
    if len(x) < 6:
        return None
    starts = [next((header for header in headers if _plain(header).startswith(part)), None) for part in (x, y)]
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
