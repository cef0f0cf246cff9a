"""The ground of the fictitious demonstration town: areas, water, roads, land, buildings, woods and devices, by seed and scale."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import sha256

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.town import cuts, names
from data.town.terrain import ROAD, WATER, Terrain, Unit, build_terrain

CRS = "EPSG:4550"
TOWN_CODE = "990115103"
TOWN_NAME = "示范镇"


@dataclass(frozen=True)
class Ground:
    """The town as GeoDataFrames in EPSG:4550, coordinates on a grid of 0.01 m or finer.

    `areas`: code, parent_code ("" for the town), level (0 town, 1 village or committee, 2 micro-grid or estate, 3 team, in villages
    only), name, kind (code list area_kind), archetype (villages A near town, B mixed, C rural, D relocating, handed down to their
    parts; "town" for committees and the root), service_model ("standard", "basic"), Polygon. Each level tiles its parent exactly.
    `roads`: feature_id, name, rank 1 expressway … 5 lane, width_m, LineString.
    `waterways`: feature_id, name, rank 1 river … 5 creek, width_m, LineString. `waters`: feature_id, name, rank, village_code, Polygon.
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


def build_ground(seed: int, scale: float) -> Ground:
    """The ground of the town at `scale` (1: 42 villages, 46 committees, about 97 km²)."""
    terrain = build_terrain(seed, scale)
    rng = np.random.default_rng([seed, 2])
    codes = _codes(terrain.units)
    areas = _areas(terrain, codes, rng)
    leaves = areas[areas.code.str.len() == areas.code.str.len().max()]
    leaves = pd.concat([leaves, areas[(areas.level == 2) & (areas.archetype == "town")]])
    houses = _houses(leaves, rng)
    return Ground(areas, *_features(terrain), _parcels(leaves), houses, _stands(leaves), _facilities(houses))


def _codes(units: list[Unit]) -> list[str]:
    digits = 3 if len(units) < 700 else 4
    count = {"committee": 0, "village": 2 * 10 ** (digits - 1) - 1}
    codes = []
    for unit in units:
        count[unit.kind] += 1
        codes.append(f"{TOWN_CODE}{count[unit.kind]:0{digits}d}")
    return codes


def _areas(terrain, codes, rng):
    rows = [(TOWN_CODE, "", 0, TOWN_NAME, "town", "town", "standard", shapely.union_all([shapely.Polygon(u.ring) for u in terrain.units]))]
    villages = names.village_names(len(codes), rng)
    committees = names.committee_names(len(codes), rng)
    near = sorted(u.nearness for u in terrain.units if u.kind == "village")

    def make(ring, share, pieces):
        return cuts.cut(ring, share, rng, cuts.Style())

    for k, (unit, code) in enumerate(zip(terrain.units, codes, strict=True)):
        area = cuts.ring_area(unit.ring) / 1e6
        rank = np.searchsorted(near, unit.nearness) / len(near)
        kind = "town" if unit.kind == "committee" else "A" if rank < 0.24 else "B" if rank < 0.57 else "D" if k % 8 == 0 else "C"
        model = "basic" if kind in "CD" else "standard"
        name = villages[k] if unit.kind == "village" else committees[k]
        rows.append((code, TOWN_CODE, 1, name, unit.kind, kind, model, shapely.Polygon(unit.ring)))
        teams = max(5, min(26, round(area * 7.2))) if unit.kind == "village" else 5
        grids = max(3, min(6, round(teams / 3.2))) if unit.kind == "village" else 5
        for g, grid in enumerate(cuts.partition(unit.ring, [1.0] * grids, make)):
            inner = f"{code}{g + 1:02d}"
            town = unit.kind == "committee"
            rows.append((inner, code, 2, f"{name}第{g + 1}微网格", "estate" if town else "micro_grid", kind, model, shapely.Polygon(grid)))
            if town:
                continue
            for t, team in enumerate(cuts.partition(grid, [1.0] * max(1, round(teams / grids)), make)):
                rows.append((f"{inner}{t + 1:02d}", inner, 3, f"{t + 1}组", "team", kind, model, shapely.Polygon(team)))
    columns = ["code", "parent_code", "level", "name", "kind", "archetype", "service_model", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, crs=CRS)


def _features(terrain):
    frames = []
    for kind in (ROAD, WATER):
        features = [f for f in terrain.features if f.kind == kind]
        prefix = "DL" if kind == ROAD else "SX"
        rows = [(f"{prefix}{k + 1:05d}", f.name or prefix, f.rank, f.width_m, f.line) for k, f in enumerate(features)]
        frames.append(gpd.GeoDataFrame(rows, columns=["feature_id", "name", "rank", "width_m", "geometry"], crs=CRS))
    waters = frames[1].assign(geometry=frames[1].buffer(frames[1].width_m / 2), village_code="")
    return *frames, waters


def _houses(leaves, rng):
    rows = []
    for code, kind, polygon in zip(leaves.code, leaves.archetype, leaves.geometry, strict=True):
        inner = polygon.buffer(-40)
        x0, y0, x1, y1 = inner.bounds if not inner.is_empty else (0, 0, 0, 0)
        xs, ys = np.meshgrid(np.arange(x0, x1, 16.0), np.arange(y0, y1, 70.0))
        inside = shapely.contains_xy(inner, xs.ravel(), ys.ravel())
        n = 0
        for x, y in zip(xs.ravel()[inside], ys.ravel()[inside], strict=True):
            if kind == "town" and rng.random() > 0.1:
                continue
            n += 1
            setting = "flat" if kind == "town" else "village"
            number = str(n)
            rows.append(
                (
                    f"{code}F{n:04d}",
                    code,
                    code[:-2] if kind == "town" else code[:-4],
                    setting,
                    6 if kind == "town" else 2,
                    number,
                    "陆家宅",
                    shapely.box(x, y, x + 11, y + 8.5),
                )
            )
    return gpd.GeoDataFrame(
        rows, columns=["house_id", "area_code", "village_code", "setting", "storeys", "number", "hamlet", "geometry"], crs=CRS
    )


def _parcels(leaves):
    village = [code[:-2] if kind == "town" else code[:-4] for code, kind in zip(leaves.code, leaves.archetype, strict=True)]
    kinds = ["0701" if kind == "town" else "0101" for kind in leaves.archetype]
    return gpd.GeoDataFrame(
        {
            "parcel_id": [f"TB{c}" for c in leaves.code],
            "class_code": kinds,
            "village_code": village,
            "basic_farmland": [k == "0101" for k in kinds],
        },
        geometry=leaves.geometry.values,
        crs=CRS,
    )


def _stands(leaves):
    some = leaves.iloc[::3]
    shapes = some.geometry.buffer(-30)
    return gpd.GeoDataFrame(
        {
            "stand_id": [f"XB{c}" for c in some.code],
            "village_code": [c[:12] for c in some.code],
            "belt": "eco",
            "area_m2": shapes.area.to_numpy(),
        },
        geometry=shapes.values,
        crs=CRS,
    )


def _facilities(houses):
    some = houses.iloc[::30]
    kinds = ["camera", "barrier", "station", "gate", "hydrant", "parking"]
    rows = [
        (f"SB{k:05d}", kinds[k % 6], v, f"{v}-{k}", g.centroid)
        for k, (v, g) in enumerate(zip(some.village_code, some.geometry, strict=True))
    ]
    return gpd.GeoDataFrame(rows, columns=["facility_id", "kind", "village_code", "name", "geometry"], crs=CRS)
