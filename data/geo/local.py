"""Local plane systems of towns and cities: from parameters, or fitted to control points. Their parameters are confidential in China:
none are bundled here, and nothing of them is logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj

from data.errors import SettingsError, advice, advice_zh

Plane = npt.NDArray[np.float64]
_KEYS = {"lon_0", "lat_0", "x_0", "y_0", "k", "ellps", "towgs84", "rotation"}


@dataclass(frozen=True, slots=True)
class LocalSystem:
    """A transverse-mercator plane about a central meridian, turned by `rotation` degrees counter-clockwise about its origin."""

    central_meridian: float
    false_easting: float = 0.0
    false_northing: float = 0.0
    origin_latitude: float = 0.0
    scale: float = 1.0
    ellipsoid: str = "GRS80"  # PROJ's name: GRS80 (CGCS2000 within 0.1 mm), krass (Beijing 54), IAU76 (Xi'an 80)
    towgs84: str = ""  # three or seven parameters, comma separated
    rotation: float = 0.0

    @property
    def proj(self) -> str:
        """The unturned plane as PROJ text, without the false origin, which is added after turning."""
        shift = f" +towgs84={self.towgs84}" if self.towgs84 else ""
        return (
            f"+proj=tmerc +lat_0={self.origin_latitude!r} +lon_0={self.central_meridian!r} +k={self.scale!r} +x_0=0 +y_0=0"
            f" +ellps={self.ellipsoid}{shift} +units=m +no_defs"
        )

    def to_lonlat(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Plane, Plane]:
        """Local metres (east, north) to WGS84 degrees."""
        plane = (np.asarray(x, float) - self.false_easting) + 1j * (np.asarray(y, float) - self.false_northing)
        plane = plane * np.exp(-1j * np.radians(self.rotation))
        lon, lat = self._transformer(inverse=True).transform(plane.real, plane.imag)
        return np.asarray(lon), np.asarray(lat)

    def from_lonlat(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Plane, Plane]:
        """WGS84 degrees to local metres (east, north)."""
        east, north = self._transformer(inverse=False).transform(np.asarray(lon, float), np.asarray(lat, float))
        plane = (np.asarray(east) + 1j * np.asarray(north)) * np.exp(1j * np.radians(self.rotation))
        return plane.real + self.false_easting, plane.imag + self.false_northing

    def _transformer(self, *, inverse: bool) -> pyproj.Transformer:
        ends = (self.proj, "EPSG:4326") if inverse else ("EPSG:4326", self.proj)
        return pyproj.Transformer.from_crs(*ends, always_xy=True)


def parse_local(text: str) -> LocalSystem:
    """The system of a text like `local:lon_0=121.4667,y_0=-3457147,ellps=krass,rotation=0.2` (towgs84 with `/` between its values).

    Raises SettingsError for an unknown key, a value that is no number, or a missing lon_0.
    """
    pairs = dict(part.partition("=")[::2] for part in text.removeprefix("local:").split(",") if part.strip())
    values = {key.strip(): value.strip() for key, value in pairs.items()}
    for key in values:
        if key not in _KEYS:
            raise SettingsError(
                f"A local system has no parameter {key!r}.", remedy=advice(key, _KEYS),
                zh=f"地方坐标系没有参数 {key!r}。", zh_remedy=advice_zh(key, _KEYS),
            )  # fmt: skip
    if "lon_0" not in values:
        raise SettingsError(
            f"The local system {text!r} needs its central meridian.", remedy="Give lon_0=… in degrees.",
            zh=f"地方坐标系 {text!r} 缺少中央子午线。", zh_remedy="请以度为单位给出 lon_0=…。",
        )  # fmt: skip
    words = {"ellps": values.pop("ellps", "GRS80"), "towgs84": values.pop("towgs84", "").replace("/", ",")}
    try:
        numbers = {key: float(value) for key, value in values.items()}
    except ValueError as error:
        raise SettingsError(
            f"A parameter of a local system is no number ({error}).", remedy="Give metres or degrees.",
            zh=f"地方坐标系的参数不是数字（{error}）。", zh_remedy="请以米或度为单位给出数字。",
        ) from error  # fmt: skip
    return LocalSystem(
        numbers["lon_0"], numbers.get("x_0", 0.0), numbers.get("y_0", 0.0), numbers.get("lat_0", 0.0), numbers.get("k", 1.0),
        words["ellps"], words["towgs84"], numbers.get("rotation", 0.0),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Similarity:
    """target = scale · rotation · source + shift, fitted to control points; `swapped`: the source gives north before east."""

    scale: float
    rotation_deg: float
    shift_east: float
    shift_north: float
    swapped: bool
    residuals_m: tuple[float, ...]  # distance between each control point and where the fit puts it

    @property
    def rms_m(self) -> float:
        """Root mean square of the residuals."""
        return float(np.sqrt(np.mean(np.square(self.residuals_m))))

    def apply(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Plane, Plane]:
        """Source coordinates as delivered to the target plane (east, north)."""
        first, second = np.asarray(x, float), np.asarray(y, float)
        source = second + 1j * first if self.swapped else first + 1j * second
        target = source * self.scale * np.exp(1j * np.radians(self.rotation_deg)) + self.shift_east + 1j * self.shift_north
        return target.real, target.imag


def fit_similarity(source: Sequence[tuple[float, float]], target: Sequence[tuple[float, float]]) -> Similarity:
    """Least-squares four-parameter fit of at least three control points; axes given north first are recognised.

    Raises SettingsError with fewer than three points, or when they lie on one spot.
    """
    if len(source) != len(target) or len(source) < 3:
        raise SettingsError(
            f"{len(source)} control points cannot fix a local system.", remedy="Give at least three, well apart.",
            zh=f"{len(source)} 个控制点不足以确定地方坐标系。", zh_remedy="请给出至少三个相距较远的控制点。",
        )  # fmt: skip
    fits = [_fitted(np.asarray(source, float), np.asarray(target, float), swapped) for swapped in (False, True)]
    return min(fits, key=lambda fit: fit.rms_m)


def _fitted(source: Plane, target: Plane, swapped: bool) -> Similarity:
    z = source[:, 1] + 1j * source[:, 0] if swapped else source[:, 0] + 1j * source[:, 1]
    w = target[:, 0] + 1j * target[:, 1]
    centred = z - z.mean()
    spread = float(np.sum(np.abs(centred) ** 2))
    if spread == 0:
        raise SettingsError(
            "All control points lie on one spot.", remedy="Give at least three, well apart.",
            zh="控制点全部在同一位置。", zh_remedy="请给出至少三个相距较远的控制点。",
        )  # fmt: skip
    factor = np.sum(np.conj(centred) * (w - w.mean())) / spread
    shift = w.mean() - factor * z.mean()
    residuals = np.abs(factor * z + shift - w)
    return Similarity(
        float(np.abs(factor)), float(np.degrees(np.angle(factor))), float(shift.real), float(shift.imag), swapped,
        tuple(float(r) for r in residuals),
    )  # fmt: skip
