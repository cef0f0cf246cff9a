"""From a point, a camera, an area code or an address to the one deepest area of the town that holds it; outside the town is refused.

Everything is read from the serving file once a snapshot. A point is placed in some 20 µs: the boxes of a tree, then prepared polygons.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
import shapely.geometry
from shapely.ops import nearest_points

from data.errors import NetworkError, advice, advice_zh
from data.geo.gcj import bd09_to_wgs84, gcj02_to_wgs84
from data.store.serving import ServingStore
from incidents.core.address import Addresses, Spot, index
from incidents.core.spec import Report, wrong

_EARTH_M = 6_371_008.8
_SHIFTED = (("GCJ-02", gcj02_to_wgs84), ("BD-09", bd09_to_wgs84))


@dataclass(frozen=True, slots=True)
class Place:
    """A point of the town (WGS 84) and the deepest area that holds it.

    `path` are the codes from the town down, /t/v/g/; `names` the same in names. `by`: point, camera, house or area, which tells how exact.
    """

    lon: float
    lat: float
    area: str
    path: str
    names: tuple[str, ...]
    by: str = "point"


@dataclass(frozen=True)
class _Ground:
    """What one snapshot says of the town."""

    snapshot: int
    codes: list[str]
    levels: np.ndarray[Any, Any]
    polygons: np.ndarray[Any, Any]
    tree: shapely.STRtree
    paths: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]
    middles: Mapping[str, tuple[float, float]]
    facilities: Mapping[str, tuple[float, float]]
    town: str
    houses: list[tuple[str, float, float, str]]

    @cached_property
    def whole(self) -> Any:
        """The town in one polygon."""
        return shapely.union_all(self.polygons[self.levels == self.levels.min()])

    @cached_property
    def addresses(self) -> Addresses:
        """Made when somebody first asks for an address: it takes a second in a large town."""
        areas = {Spot(*self.middles[code], code, "".join(names[1:]) or names[0], house=False): names for code, names in self.names.items()}
        return index(self.town, (Spot(lon, lat, area, address) for address, lon, lat, area in self.houses), areas)


class Places:
    """Where things are in the town on show. Safe for threads; a new snapshot is taken up by itself."""

    def __init__(self, store: ServingStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._ground: _Ground | None = None

    def place(self, report: Report) -> Place:
        """The place of a report: its point, else that of its camera, its area or its address. Raises NetworkError."""
        if report.lon is not None or report.lat is not None:
            return self.locate(report.lon, report.lat)
        if report.camera:
            return self.at_camera(report.camera)
        if report.area:
            return self.in_area(report.area)
        if report.address:
            return self.at_address(report.address)
        raise wrong(
            "lon", None, "the report has no place.", "Send lon and lat, area, address, or the id of a camera of the town.",
            "上报没有位置。", "请提供经纬度、网格编码、地址或本镇摄像机编号。",
        )  # fmt: skip

    def locate(self, lon: float | None, lat: float | None) -> Place:
        """The deepest area that holds a point; on a boundary that of the smaller code. Raises NetworkError outside of the town."""
        x, y = _degrees("lon", lon, 180), _degrees("lat", lat, 90)
        ground = self._now()
        at = _deepest(ground, x, y)
        if at is None:
            raise _outside(ground, x, y)
        code = ground.codes[at]
        return Place(x, y, code, ground.paths[code], ground.names[code])

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a point lies in the town."""
        return _deepest(self._now(), lon, lat) is not None

    def in_area(self, code: str) -> Place:
        """An inner point of the area `code`. Raises NetworkError for a code that the town does not have."""
        ground = self._now()
        if code not in ground.paths:
            raise _no_such("area", code, ground.paths)
        lon, lat = ground.middles[code]
        return Place(lon, lat, code, ground.paths[code], ground.names[code], "area")

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the town."""
        west, south, east, north = self._now().whole.bounds
        return float(west), float(south), float(east), float(north)

    def outline(self, code: str) -> dict[str, Any] | None:
        """GeoJSON of the area that a code of whatever length means: zeros at its end do not count, and a code above the town's, such as
        that of its county, means the whole town. None for a code of elsewhere."""
        ground = self._now()
        plain = code.rstrip("0")
        found = code if code in ground.paths else next((known for known in ground.codes if known.rstrip("0") == plain), None)
        if found is not None:
            shape = ground.polygons[ground.codes.index(found)]
        elif len(plain) >= 2 and ground.codes[0].startswith(plain):
            shape = ground.whole
        else:
            return None
        return dict(shapely.geometry.mapping(shapely.set_precision(shapely.simplify(shape, 1e-5), 1e-6)))

    def outlined(self, alert: Mapping[str, Any]) -> dict[str, Any]:
        """An alert whose areas that only have codes have got the outlines of those that lie here."""
        areas = [area if area.get("geometry") else {**area, "geometry": self._of_codes(area)} for area in alert.get("areas") or ()]
        return {**alert, "areas": areas}

    def _of_codes(self, area: Mapping[str, Any]) -> dict[str, Any] | None:
        found = (self.outline(str(code.get("value", ""))) for code in area.get("geocodes") or ())
        return next((outline for outline in found if outline), None)

    def path_at(self, lon: float, lat: float) -> str:
        """The path of codes of the deepest area at a point; "" outside the town."""
        ground = self._now()
        found = _deepest(ground, lon, lat)
        return "" if found is None else ground.paths[ground.codes[found]]

    def middle(self, code: str) -> tuple[float, float] | None:
        """A point within the area, (lon, lat); None for a code that the town no longer has."""
        return self._now().middles.get(code)

    def at_camera(self, number: str) -> Place:
        """Where the camera or other device stands. Raises NetworkError for one that the register does not know."""
        ground = self._now()
        if number not in ground.facilities:
            raise _no_such("camera", number, ground.facilities)
        found = self.locate(*ground.facilities[number])
        return Place(found.lon, found.lat, found.area, found.path, found.names, "camera")

    def at_address(self, address: str) -> Place:
        """The house or area of an address. Raises NetworkError: unknown, or more than one fits."""
        ground = self._now()
        spot = ground.addresses.find(address)
        area = spot.area if spot.area in ground.paths else None
        if area is None:
            return self.locate(spot.lon, spot.lat)
        return Place(spot.lon, spot.lat, area, ground.paths[area], ground.names[area], "house" if spot.house else "area")

    def _now(self) -> _Ground:
        snapshot = self._store.serving().snapshot
        ground = self._ground
        if ground is None or ground.snapshot != snapshot:
            with self._lock:
                if self._ground is None or self._ground.snapshot != snapshot:
                    self._ground = _read(self._store, snapshot)
                ground = self._ground
        return ground


def _deepest(ground: _Ground, lon: float, lat: float) -> int | None:
    near = ground.tree.query(shapely.Point(lon, lat))
    held = np.sort(near[shapely.intersects_xy(ground.polygons[near], lon, lat)])
    # Areas are sorted by level and code: argmax finds the first of the deepest, so of those that share a boundary the smaller code.
    return int(held[np.argmax(ground.levels[held])]) if len(held) else None


def _read(store: ServingStore, snapshot: int) -> _Ground:
    with store.read(snapshot) as cursor:
        rows = cursor.execute(
            "SELECT code, parent_code, level, name, ST_AsWKB(lonlat) FROM area WHERE lonlat IS NOT NULL ORDER BY level, code"
        ).fetchall()
        facilities = cursor.execute("SELECT facility_id, (west + east) / 2, (south + north) / 2 FROM facility").fetchall()
        houses = cursor.execute(
            "SELECT address, (west + east) / 2, (south + north) / 2, area_code FROM house"
            " WHERE address IS NOT NULL AND west IS NOT NULL ORDER BY address, house_id"
        ).fetchall()
        told = cursor.execute("SELECT value FROM town WHERE key = 'name'").fetchone()
    polygons = shapely.from_wkb([bytes(row[4]) for row in rows])
    shapely.prepare(polygons)
    inner = shapely.point_on_surface(polygons)
    return _Ground(
        snapshot, [row[0] for row in rows], np.array([row[2] for row in rows]), polygons, shapely.STRtree(polygons),
        *_chains({row[0]: (row[1], row[3] or row[0]) for row in rows}),
        {row[0]: (float(point.x), float(point.y)) for row, point in zip(rows, inner, strict=True)},
        {number: (lon, lat) for number, lon, lat in facilities if lon is not None}, _name(told[0] if told else ""), houses,
    )  # fmt: skip


def _name(told: Any) -> str:
    name = json.loads(told) if told else ""
    return str(name.get("zh", "")) if isinstance(name, dict) else str(name)


def _chains(areas: Mapping[str, tuple[str | None, str]]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Paths and names from the town down to each area."""
    paths: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    for code in areas:
        chain: list[str] = []
        above: str | None = code
        while above is not None and above in areas and above not in chain:
            chain.append(above)
            above = areas[above][0]
        paths[code] = "/" + "/".join(reversed(chain)) + "/"
        names[code] = tuple(areas[step][1] for step in reversed(chain))
    return paths, names


def _degrees(field: str, value: Any, most: float) -> float:
    if value is None:
        raise wrong(field, None, "one of lon and lat is missing.", "Send both.", "经度、纬度缺少一个。", "请同时提供经度和纬度。")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong(field, value, "this is no number of degrees.", "Send a number such as 121.7.", "不是度数。", "请提供数值，例如 121.7。")
    if abs(value) > most:
        swapped = " Are lon and lat swapped?" if field == "lat" and abs(value) <= 180 else ""
        raise wrong(
            field, value, f"it must lie between -{most} and {most}.", f"Send degrees of WGS 84.{swapped}",
            f"必须在 -{most} 至 {most} 之间。", f"请提供 WGS 84 度数。{'经纬度是否写反？' if swapped else ''}",
        )  # fmt: skip
    return float(value)


def _outside(ground: _Ground, lon: float, lat: float) -> NetworkError:
    nearest = nearest_points(ground.whole, shapely.Point(lon, lat))[0]
    off = metres(lon, lat, nearest.x, nearest.y)
    far = f"{off / 1000:,.1f} km" if off >= 1000 else f"{off:.0f} m"
    remedy, zh_remedy = _suspicion(ground, lon, lat)
    return wrong(
        "lon", f"{lon:.6f}, {lat:.6f}", f"the point (lon, lat) lies {far} outside the town.", remedy,
        f"该点（经度, 纬度）在镇域之外 {far.replace('km', '公里').replace(' m', ' 米')}。", zh_remedy,
    )  # fmt: skip


def _suspicion(ground: _Ground, lon: float, lat: float) -> tuple[str, str]:
    """What may have gone wrong with a point outside."""
    if lon == 0 and lat == 0:
        return "0, 0 is what a device sends that has no position: send none.", "0, 0 表示设备没有定位，请不要发送坐标。"
    if abs(lon) <= 90 and _deepest(ground, lat, lon) is not None:
        return "lon and lat are swapped: exchange them.", "经纬度写反了，请对调。"
    shifted = [datum for datum, back in _SHIFTED if _deepest(ground, *(float(value) for value in back(lon, lat))) is not None]
    if shifted:
        return (
            f"It would lie inside if it were {' or '.join(shifted)}: send WGS 84.",
            f"若为 {' 或 '.join(shifted)} 坐标则位于镇内，请转换为 WGS 84。",
        )
    return "Check the point; what lies outside belongs to the neighbouring town.", "请核对坐标；镇外事项请转邻镇办理。"


def _no_such(field: str, code: str, known: Mapping[str, object]) -> NetworkError:
    """Near codes, not all of them: a town has thousands."""
    some = [key for key in known if key[:6] == code[:6]][:2000] or list(known)[:20]
    return wrong(
        field, code, "the town has none of this code.", advice(code, some)[:300], "镇内没有这个编码。", advice_zh(code, some)[:300]
    )


def metres(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Distance on the sphere (haversine)."""
    a, b = math.radians(lat), math.radians(to_lat)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(to_lon - lon) / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(min(1.0, h)))
