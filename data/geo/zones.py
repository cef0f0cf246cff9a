"""CGCS2000 Gauss-Krüger zones: 3 and 6 degrees wide, with and without the zone number before the easting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Zone:
    """One projected system. `number` stands before the easting when `prefixed` (zone 40: false easting 40 500 000)."""

    epsg: int
    width: int  # degrees
    meridian: int  # central meridian, degrees east
    number: int
    prefixed: bool

    @property
    def label(self) -> str:
        """How a surveyor calls it."""
        prefix = f"zone {self.number}, prefixed" if self.prefixed else "no zone prefix"
        return f"CGCS2000 {self.width}° CM {self.meridian}E ({prefix}, EPSG:{self.epsg})"


def zones() -> tuple[Zone, ...]:
    """All zones of China: 3° zones 25 to 45 (EPSG 4513 to 4554), 6° zones 13 to 23 (EPSG 4491 to 4512)."""
    three = [(4513 + n - 25, 4534 + n - 25, 3, 3 * n, n) for n in range(25, 46)]
    six = [(4491 + n - 13, 4502 + n - 13, 6, 6 * n - 3, n) for n in range(13, 24)]
    return tuple(
        Zone(epsg, width, meridian, number, prefixed)
        for with_prefix, without, width, meridian, number in (*three, *six)
        for epsg, prefixed in ((with_prefix, True), (without, False))
    )


def zone_of_easting(easting: npt.ArrayLike) -> int | None:
    """The zone number before eight-digit eastings; None when they have none or do not agree."""
    numbers = np.unique(np.asarray(easting, float) // 1_000_000)
    return int(numbers[0]) if len(numbers) == 1 and 13 <= numbers[0] <= 45 else None
