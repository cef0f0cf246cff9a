"""The ground of the fictitious demonstration town: areas, water, roads, land, buildings, woods and devices, by seed and scale."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from hashlib import sha256

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.town import cuts, names
from data.town.network import ROAD, WATER
from data.town.skeleton import MOST_PARTS
from data.town.terrain import Feature, Terrain, Unit, build_terrain
from data.town.unit import Built, Task, build_unit

CRS = "EPSG:4550"
TOWN_CODE = "990115103"
TOWN_NAME = "示范镇"
HOUSES_PER_KM2, TEAMS_PER_KM2 = 34_600 / 75, 545 / 75
DENSITY = {"A": 1.3, "B": 1.1, "C": 0.85, "D": 0.75}  # houses on a km², relative

BASIC_FARMLAND_M2 = 800.0  # smaller plots were left out when basic farmland was drawn


@dataclass(frozen=True)
class Ground:
    """The town as GeoDataFrames in EPSG:4550, coordinates on a grid of 0.01 m or finer.

    `areas`: code, parent_code ("" for the town), level (0 town, 1 village or committee, 2 micro-grid or estate, 3 team, in villages
    only), name, kind (code list area_kind), archetype (villages A near town, B mixed, C rural, D relocating, handed down to their
    parts; "town" for committees and the root), service_model ("standard", "basic"), Polygon. Each level tiles its parent exactly.
    `roads`: feature_id, name, rank 1 expressway … 5 lane, width_m, LineString.
    `waterways`: feature_id, name, rank 1 river … 5 creek, width_m, LineString. `waters`: feature_id, village_code, Polygon.
    `parcels`: parcel_id, class_code (landuse_sandiao.csv), village_code, basic_farmland (bool), Polygon; a coverage of the town.
    `houses`: house_id, area_code (team; estate or micro-grid in committees), village_code, setting ("village", "flat", "shop",
    "factory", "public"), storeys, number (in the team, "12", "12-1"), hamlet (Chinese name, estate or street in town), Polygon.
    `stands`: stand_id, village_code, belt ("road", "bank", "field", "orchard", "eco", "park"), area_m2, Polygon.
    `facilities`: facility_id, kind (code list facility_kind), village_code, name, Point.
    """

    areas: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    waterways: gpd.GeoDataFrame
    waters: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    houses: gpd.GeoDataFrame
    stands: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame

    def fingerprint(self) -> str:
        """Hash of all bytes of all frames; equal seeds give equal fingerprints."""
        digest = sha256()
        for part in fields(self):
            frame: gpd.GeoDataFrame = getattr(self, part.name)
            digest.update(b"".join(shapely.to_wkb(frame.geometry.values)))
            digest.update(pd.util.hash_pandas_object(pd.DataFrame(frame.drop(columns="geometry")), index=True).to_numpy().tobytes())
        return digest.hexdigest()


def build_ground(seed: int, scale: float, workers: int | None = None) -> Ground:
    """The ground of the town at `scale` (1: 42 villages, 46 committees, about 97 km²). The result does not depend on `workers`."""
    terrain = build_terrain(seed, scale)
    tasks = _tasks(seed, terrain)
    return _assembled(terrain, tasks, _built(tasks, workers or os.cpu_count() or 1))


def _built(tasks: list[Task], workers: int) -> list[Built]:
    """Build all units, in processes where there is enough to do."""
    if workers == 1 or len(tasks) < 8:
        return [build_unit(task) for task in tasks]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("forkserver")) as pool:
        return list(pool.map(build_unit, tasks, chunksize=max(1, min(8, len(tasks) // (4 * workers)))))


def _tasks(seed: int, terrain: Terrain) -> list[Task]:
    """Codes, names, archetypes and wanted counts of the units."""
    rng = np.random.default_rng([seed, 2])
    units = terrain.units
    area = np.array([cuts.ring_area(unit.ring) / 1e6 for unit in units])
    rural = np.array([unit.kind == "village" for unit in units])
    kinds = _archetypes(units, rng)
    weight = area * rural * np.array([DENSITY.get(kind, 0.0) for kind in kinds])
    houses = weight / weight.sum() * area[rural].sum() * HOUSES_PER_KM2
    teams = np.clip(np.rint(area * TEAMS_PER_KM2 + rng.normal(0, 1, len(units))), 5, 26)
    stations = _stations(kinds, teams)
    labels = {
        "village": iter(names.village_names(int(rural.sum()), rng)),
        "committee": iter(names.committee_names(int((~rural).sum()), rng)),
    }
    near = _Nearby(terrain)
    estates = names.estate_names(MOST_PARTS * len(units), rng)
    made = []
    for k, (unit, code) in enumerate(zip(units, _codes(units), strict=True)):
        features, loose = near.of(unit.ring)
        made.append(
            Task(
                seed=seed,
                code=code,
                name=next(labels[unit.kind]),
                committee=unit.kind == "committee",
                archetype=kinds[k],
                model="basic" if kinds[k] in ("C", "D") else "standard",
                ring=unit.ring,
                bits=unit.bits,
                features=features,
                loose=loose,
                teams=int(teams[k]),
                houses=round(float(houses[k])),
                stations=stations[k],
                estates=tuple(estates[MOST_PARTS * k : MOST_PARTS * (k + 1)]),
            )
        )
    return made


def _codes(units: list[Unit]) -> list[str]:
    """Committees count from 001, villages from 200; with four digits where a district needs them."""
    digits = 3 if len(units) < 700 else 4
    count = {"committee": 0, "village": 2 * 10 ** (digits - 1) - 1}
    codes = []
    for unit in units:
        count[unit.kind] += 1
        codes.append(f"{TOWN_CODE}{count[unit.kind]:0{digits}d}")
    return codes


def _archetypes(units: list[Unit], rng: np.random.Generator) -> list[str]:
    """A nearest to a town centre, then B, then C; a few of the outer ones are relocating (D)."""
    kinds = ["town"] * len(units)
    villages = [k for k, unit in enumerate(units) if unit.kind == "village"]
    order = sorted(villages, key=lambda k: units[k].nearness * float(rng.uniform(0.9, 1.1)))
    first, second = round(len(order) * 10 / 42), round(len(order) * 24 / 42)
    for place, k in enumerate(order):
        kinds[k] = "A" if place < first else "B" if place < second else "C"
    for k in rng.permutation(order[second:])[: round(len(order) * 3 / 42)]:
        kinds[int(k)] = "D"
    return kinds


def _stations(kinds: list[str], teams: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    """One neighbourhood station for two teams in five of seven villages, those nearest to town first."""
    order = sorted((kind, k) for k, kind in enumerate(kinds) if kind != "town")
    served = {k for _, k in order[: round(len(order) * 30 / 42)]}
    return [round(float(teams[k]) / 2) if k in served else 0 for k in range(len(kinds))]


class _Nearby:
    """Finds the town features and loose road ends near a ring."""

    def __init__(self, terrain: Terrain) -> None:
        self._features, self._loose = terrain.features, terrain.loose
        self._tree = shapely.STRtree([feature.line for feature in terrain.features])

    def of(self, ring: cuts.Floats) -> tuple[list[Feature], cuts.Floats]:
        polygon = shapely.Polygon(ring)
        low_x, low_y, high_x, high_y = polygon.buffer(400.0).bounds
        found = np.sort(self._tree.query(polygon, predicate="dwithin", distance=150.0))
        features = []
        for feature in (self._features[k] for k in found):
            for line in shapely.get_parts(shapely.clip_by_rect(feature.line, low_x, low_y, high_x, high_y)):
                features.append(Feature(feature.kind, feature.rank, feature.width_m, line, feature.name))
        loose = self._loose
        return features, loose[(loose[:, 0] > low_x) & (loose[:, 0] < high_x) & (loose[:, 1] > low_y) & (loose[:, 1] < high_y)]


def _assembled(terrain: Terrain, tasks: list[Task], built: list[Built]) -> Ground:
    return Ground(
        areas=_areas(tasks, built),
        roads=_lines("DL", ROAD, terrain, [b.roads for b in built]),
        waterways=_lines("SX", WATER, terrain, [b.waterways for b in built]),
        waters=_waters(tasks, built),
        parcels=_parcels(tasks, built),
        houses=_houses(tasks, built),
        stands=_stands(tasks, built),
        facilities=_facilities(tasks, built),
    )


def _frame(columns: Mapping[str, object], geometry: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def _areas(tasks: list[Task], built: list[Built]) -> gpd.GeoDataFrame:
    rows: list[tuple[object, ...]] = []
    for task, unit in zip(tasks, built, strict=True):
        kind = "committee" if task.committee else "village"
        rows.append((task.code, TOWN_CODE, 1, task.name, kind, task.archetype, task.model, shapely.Polygon(task.ring)))
        deep = len(task.code) + 2
        for code, name, polygon in unit.parts:
            kind = "estate" if task.committee else "micro_grid" if len(code) == deep else "team"
            level = 2 if len(code) == deep else 3
            rows.append((code, code[:-2], level, name, kind, task.archetype, task.model, polygon))
    town = shapely.coverage_union_all([row[-1] for row in rows if row[2] == 1])
    rows.insert(0, (TOWN_CODE, "", 0, TOWN_NAME, "town", "town", "standard", town))
    columns = ["code", "parent_code", "level", "name", "kind", "archetype", "service_model", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, crs=CRS)


def _lines(prefix: str, kind: int, terrain: Terrain, inner: list[list[tuple[str, int, float, shapely.LineString]]]) -> gpd.GeoDataFrame:
    great = [(f.name, f.rank, f.width_m, f.line) for f in terrain.features if f.kind == kind]
    every = great + [line for lines in inner for line in lines]
    name, rank, width, line = zip(*every, strict=True)
    keys = [f"{prefix}{k:06d}" for k in range(1, len(every) + 1)]
    return _frame({"feature_id": keys, "name": list(name), "rank": list(rank), "width_m": list(width)}, list(line))


def _per_unit(tasks: list[Task], prefix: str, digits: int, counts: list[int]) -> tuple[list[str], list[str]]:
    """Keys numbered within each unit, and the code of the unit of each."""
    keys = [f"{prefix}{task.code}{k:0{digits}d}" for task, count in zip(tasks, counts, strict=True) for k in range(1, count + 1)]
    return keys, [task.code for task, count in zip(tasks, counts, strict=True) for _ in range(count)]


def _waters(tasks: list[Task], built: list[Built]) -> gpd.GeoDataFrame:
    keys, village = _per_unit(tasks, "SM", 3, [len(b.waters) for b in built])
    shapes = np.concatenate([b.waters for b in built])
    return _frame({"feature_id": keys, "village_code": village}, shapes)


def _parcels(tasks: list[Task], built: list[Built]) -> gpd.GeoDataFrame:
    keys, village = _per_unit(tasks, "TB", 4, [len(b.parcels) for b in built])
    code = np.concatenate([b.parcel_class for b in built])
    shapes = np.concatenate([b.parcels for b in built])
    farmland = np.isin(code, ["0101", "0102"]) & (shapely.area(shapes) > BASIC_FARMLAND_M2)
    return _frame({"parcel_id": keys, "class_code": code.astype(object), "village_code": village, "basic_farmland": farmland}, shapes)


def _houses(tasks: list[Task], built: list[Built]) -> gpd.GeoDataFrame:
    keys, village = _per_unit(tasks, "F", 5, [len(b.house_part) for b in built])
    columns = {
        "house_id": keys,
        "area_code": [code for b in built for code in b.house_part],
        "village_code": village,
        "setting": np.concatenate([b.houses.setting for b in built]).astype(object),
        "storeys": np.concatenate([b.houses.storeys for b in built]),
        "number": [number for b in built for number in b.house_number],
        "hamlet": [hamlet for b in built for hamlet in b.hamlets],
    }
    return _frame(columns, np.concatenate([b.houses.shapes for b in built]))


def _stands(tasks: list[Task], built: list[Built]) -> gpd.GeoDataFrame:
    keys, village = _per_unit(tasks, "XB", 3, [len(b.stands) for b in built])
    shapes = np.concatenate([b.stands for b in built])
    belts = np.concatenate([b.belts for b in built]).astype(object)
    return _frame({"stand_id": keys, "village_code": village, "belt": belts, "area_m2": np.round(shapely.area(shapes), 1)}, shapes)


def _facilities(tasks: list[Task], built: list[Built]) -> gpd.GeoDataFrame:
    devices = [device for b in built for device in b.devices]
    keys, village = _per_unit(tasks, "SB", 3, [len(b.devices) for b in built])
    columns = {"facility_id": keys, "kind": [d.kind for d in devices], "village_code": village, "name": [d.name for d in devices]}
    return _frame(columns, [d.point for d in devices])
