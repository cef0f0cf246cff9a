"""Forest strips along great roads and waters, and narrow shelter belts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town.coverage import Shapes, polygons
from data.town.network import ROAD
from data.town.ribbons import Track, stretches
from data.town.terrain import Feature

# kind, rank → chance that a side is planted at all, strip width from and to (m)
PLANTED = {
    (1, 1): (0.75, 25.0, 60.0), (1, 2): (0.60, 18.0, 50.0), (1, 3): (0.34, 15.0, 34.0), (1, 4): (0.06, 15.0, 24.0),
    (2, 1): (0.90, 35.0, 60.0), (2, 2): (0.62, 18.0, 50.0), (2, 3): (0.36, 15.0, 30.0), (2, 4): (0.03, 15.0, 18.0),
}  # fmt: skip

LEAST_M2 = 2700.0  # a shorter strip is left to the fields


@dataclass(frozen=True, slots=True)
class Belts:
    """Forest strips and what each follows: "road" or "bank"."""

    shapes: Shapes
    kind: NDArray[np.str_]


def belts(features: list[Feature], ground: shapely.Geometry, rng: np.random.Generator, density: float = 1.0) -> Belts:
    """Strips 15 to 60 m wide beside the features, cut down to the free `ground`."""
    shapes: list[shapely.Geometry] = []
    kinds: list[str] = []
    taken: shapely.Geometry = shapely.Polygon()
    for feature in sorted(features, key=lambda f: (f.rank, f.kind)):
        made = _bands(feature, rng, density)
        if made:
            fresh = polygons(shapely.union_all(made).intersection(ground).difference(taken), least_m2=LEAST_M2)
            shapes += list(fresh)
            kinds += ["road" if feature.kind == ROAD else "bank"] * len(fresh)
            taken = shapely.union_all([taken, *fresh])
    return Belts(np.array(shapes, dtype=object), np.array(kinds, dtype=np.str_))


def _bands(feature: Feature, rng: np.random.Generator, density: float) -> list[shapely.Geometry]:
    chance, narrow, wide = PLANTED[feature.kind, feature.rank]
    track = Track(shapely.get_coordinates(feature.line))
    bands = []
    for side in (1, -1):
        for start, stop in stretches(track.length, rng, (190.0, 800.0), (12.0, 110.0)):
            width = float(rng.uniform(narrow, wide))
            if rng.random() < chance * density:
                near = feature.width_m / 2 - 0.5
                bands.append(track.band(start, stop, side * near, side * (near + width)))
    return bands
