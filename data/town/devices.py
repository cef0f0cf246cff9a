"""Points of a unit: cameras, barriers, stations, gates, hydrants and car parks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from data.town.coverage import Shapes
from data.town.network import ROAD
from data.town.ribbons import Track
from data.town.skeleton import Inner

LABEL = {"camera": "监控", "barrier": "道闸", "station": "邻里驿站", "gate": "闸机", "hydrant": "消防栓", "parking": "停车场"}


@dataclass(frozen=True, slots=True)
class Device:
    """A point with its kind (code list facility_kind) and a name."""

    kind: str
    name: str
    point: shapely.Point


def device_counts(committee: bool, model: str, stations: int, rng: np.random.Generator) -> dict[str, int]:
    """How many devices of each kind stand in a unit (domain 8.2)."""
    if committee:
        return {
            "camera": 16,
            "gate": int(rng.integers(1, 4)),
            "barrier": int(rng.integers(2, 5)),
            "hydrant": int(rng.integers(8, 15)),
            "parking": 2,
        }
    standard = model == "standard"
    return {
        "camera": 30 if standard else 8,
        "barrier": 2 + int(rng.integers(0, 2)) if standard else 0,
        "gate": int(rng.integers(0, 2)) if standard else 0,
        "station": stations,
        "hydrant": 6 if standard else 3,
        "parking": int(rng.integers(1, 4)) if standard else 1,
    }


def place(name: str, counts: dict[str, int], lines: list[Inner], built: Shapes, dry: Shapes, rng: np.random.Generator) -> list[Device]:
    """Devices beside roads (cameras, hydrants), at road ends (barriers, gates) and among buildings (stations, car parks).

    `dry` are the blocks of the unit, so that nothing stands in water or on a carriageway.
    """
    roads = [line for line in lines if line.kind == ROAD]
    spots = _verges(roads, rng)
    ends = _verges(roads, rng, at_ends=True)
    yards = shapely.get_coordinates(shapely.centroid(built)) + rng.normal(0, 9.0, (len(built), 2)) if len(built) else spots
    blocks = shapely.union_all(dry)
    shapely.prepare(blocks)
    spots, ends, yards = (p[shapely.contains_xy(blocks, *p.T)] for p in (spots, ends, yards))
    source = {"camera": spots, "hydrant": spots, "barrier": ends, "gate": ends, "station": yards, "parking": yards}
    made = []
    for kind, count in counts.items():
        pool = source[kind] if len(source[kind]) else spots
        chosen = pool[np.sort(rng.choice(len(pool), min(count, len(pool)), replace=False))]
        made += [Device(kind, f"{name}{LABEL[kind]}{k}号", shapely.Point(*np.round(xy, 2))) for k, xy in enumerate(chosen, 1)]
    return made


def _verges(roads: list[Inner], rng: np.random.Generator, at_ends: bool = False) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Places a step beside the carriageway, all along the roads or only near their ends."""
    places = [np.zeros((0, 2))]
    for road in roads:
        track = Track(road.path)
        at = np.array([30.0, track.length - 30.0]) if at_ends else np.arange(20.0, track.length - 20.0, 32.0) + rng.uniform(-8, 8)
        side = rng.choice([-1.0, 1.0], len(at)) * (road.width_m / 2 + 1.2)
        places.append(track.at(at) + track.normals(at) * side[:, None])
    return np.vstack(places)
