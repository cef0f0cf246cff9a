"""One village or committee from its border to its last house: a pure function of its task, so that units can be built in any process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.town import coverage, landuse, quarters, woods
from data.town.coverage import Shapes, Strips
from data.town.cuts import Floats
from data.town.devices import Device, device_counts, place
from data.town.landuse import TOWN_PLAN, Plan
from data.town.names import hamlet_names, road_names, water_names
from data.town.network import ROAD, WATER
from data.town.settlement import Buildings, settle
from data.town.skeleton import Part, Skeleton, town_skeleton, village_skeleton
from data.town.terrain import Feature

FOREST = {"0301": "eco", "0307": "field", "0201": "orchard", "0810": "park"}
LANES_PER_HOUSE_KM2 = 0.035
LEAST_STAND_M2, LEAST_ORCHARD_M2 = 2000.0, 12_000.0  # the forest register holds woods from 3 mu, and of orchards those from 18 mu
CORNER_M2 = 300.0  # nobody ploughs a corner smaller than this
SCRAP_M2 = 450.0  # corners of fields smaller than this go to a neighbour
POND_GROUP, HOMESTEAD_GROUP, BELT_GROUP, CROP_GROUP, LOT_GROUP = 1_000, 10_000, 20_000, 100_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Task:
    """All that is needed to build one unit. `teams`, `houses`, `stations` are wanted counts, `estates` names for the parts."""

    seed: int
    code: str
    name: str
    committee: bool
    archetype: str
    model: str
    ring: Floats
    bits: NDArray[np.uint8]
    features: list[Feature]
    loose: Floats
    teams: int
    houses: int
    stations: int
    estates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """A finished unit. `house_part` and `part` tie buildings to the codes of the deepest areas."""

    parts: list[tuple[str, str, shapely.Polygon]]
    roads: list[tuple[str, int, float, shapely.LineString]]
    waterways: list[tuple[str, int, float, shapely.LineString]]
    waters: Shapes
    parcels: Shapes
    parcel_class: NDArray[np.str_]
    stands: Shapes
    belts: NDArray[np.str_]
    houses: Buildings
    house_part: list[str]
    house_number: list[str]
    hamlets: list[str]
    devices: list[Device]


@dataclass(frozen=True, slots=True)
class _Site:
    """What the steps of one unit share."""

    task: Task
    rng: np.random.Generator
    polygon: shapely.Polygon
    skeleton: Skeleton
    strips: Strips


def build_unit(task: Task) -> Built:
    """Skeleton → strips → settlement → woods → fields → parcels → buildings → devices."""
    site = _site(task)
    houses, homestead = _settlement(site)
    belts = _belts(site, homestead)
    land = _land(site, homestead, belts)
    lots = quarters.build_lots(land.shapes, land.code, site.rng)
    buildings, owner = _all_buildings(site, houses, lots, land.ponds)
    return _finished(site, land, buildings, owner)


def _site(task: Task) -> _Site:
    rng = np.random.default_rng([task.seed, 3, int(task.code)])
    polygon = shapely.Polygon(task.ring)
    if task.committee:
        skeleton = town_skeleton(task.ring, task.bits, rng)
    else:
        skeleton = village_skeleton(task.ring, task.bits, task.teams, task.houses / polygon.area * 1e6 * LANES_PER_HOUSE_KM2, rng)
    return _Site(task, rng, polygon, skeleton, coverage.strips(polygon, task.features, task.loose, skeleton.lines, skeleton.loose))


def _settlement(site: _Site) -> tuple[Buildings, shapely.Geometry]:
    if site.task.committee:
        none = np.array([], dtype=np.int64)
        return Buildings(np.array([], dtype=object), none, none, none, np.array([], dtype=np.str_)), shapely.Polygon()
    return settle(site.skeleton.lines, site.strips.blocks, site.task.houses, site.rng)


def _belts(site: _Site, homestead: shapely.Geometry) -> woods.Belts:
    inner = [Feature(line.kind, 4, line.width_m, shapely.LineString(line.path)) for line in site.skeleton.lines if line.rank == 4]
    box = site.polygon.buffer(120.0)
    near = [Feature(f.kind, f.rank, f.width_m, line) for f in site.task.features for line in _lines(f.line.intersection(box))]
    ground = shapely.multipolygons(list(site.strips.blocks)).difference(homestead)
    return woods.belts(near if site.task.committee else near + inner, ground, site.rng, 0.45 if site.task.committee else 1.0)


def _lines(geometry: shapely.Geometry) -> list[shapely.LineString]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "LineString" and part.length > 30]


@dataclass(frozen=True, slots=True)
class _Land:
    """Parcels with class and belt ("" for what is no wood)."""

    shapes: Shapes
    code: NDArray[np.str_]
    belt: NDArray[np.str_]
    ponds: list[shapely.Geometry]


def _land(site: _Site, homestead: shapely.Geometry, belts: woods.Belts) -> _Land:
    """The coverage of parcels: edges of all regions noded together, faces classified by what they lie in, joined by class."""
    task, rng = site.task, site.rng
    blocks = shapely.multipolygons(list(site.strips.blocks))
    open_ground = coverage.polygons(blocks.difference(homestead).difference(shapely.union_all(belts.shapes)))
    ponds = [] if task.committee else landuse.ponds(open_ground[shapely.area(open_ground) > 9000], site.polygon.area * 0.007, rng)
    plan = TOWN_PLAN if task.committee else Plan()
    lines = [shapely.LineString(line.path) for line in site.skeleton.lines if line.purpose == "border"]
    for region in (*_strip_list(site.strips), homestead, *belts.shapes, *ponds):
        lines += coverage.edges(region)
    lines += landuse.split_lines(open_ground, plan, rng)
    cover = coverage.faces(site.polygon, lines)
    group, code, belt = _classified(site, cover, homestead, belts, ponds, open_ground)
    return _Land(*_tidied(cover, group, code, belt), ponds)


def _tidied(
    cover: Shapes, group: NDArray[np.int64], code: NDArray[np.str_], belt: NDArray[np.str_]
) -> tuple[Shapes, NDArray[np.str_], NDArray[np.str_]]:
    """Faces joined to parcels: slivers go to any neighbour, scraps of crop land to a neighbour on open ground."""
    first = {int(number): k for k, number in reversed(list(enumerate(group)))}
    odd = coverage.slivers(cover)
    group = coverage.absorb(cover, group, odd, ~odd)
    is_open = group >= HOMESTEAD_GROUP
    scrap = is_open & (group >= CROP_GROUP) & (shapely.area(cover) < SCRAP_M2)
    shapes, number = coverage.dissolved(cover, coverage.absorb(cover, group, scrap, is_open & ~scrap))
    face = np.array([first[int(k)] for k in number])
    odd = coverage.slivers(shapes)  # what a join has left over
    shapes, number = coverage.dissolved(shapes, coverage.absorb(shapes, np.arange(len(shapes)), odd, ~odd))
    return shapes, code[face[number]], belt[face[number]]


def _strip_list(strips: Strips) -> tuple[shapely.Geometry, ...]:
    return strips.great_road, strips.great_water, strips.small_road, strips.small_water


def _classified(
    site: _Site, cover: Shapes, homestead: shapely.Geometry, belts: woods.Belts, ponds: list[shapely.Geometry], open_ground: Shapes
) -> tuple[NDArray[np.int64], NDArray[np.str_], NDArray[np.str_]]:
    """Group, land class and belt of every face. Faces of one group are joined to one parcel where they touch."""
    points = shapely.point_on_surface(cover)
    code = np.full(len(cover), "", dtype="<U5")
    belt = np.full(len(cover), "", dtype="<U7")
    group = np.full(len(cover), -1)
    grids = np.array([shapely.Polygon(part.ring) for part in site.skeleton.parts if len(part.code) == 2], dtype=object)
    grid = np.maximum(coverage.owner(points, grids), 0)
    small_road = "1004" if site.task.committee else "1006"
    regions = (("1003", 0), ("1101", 100), (small_road, 200), ("1101", 100))  # class, first group
    for (name, base), region in zip(regions, _strip_list(site.strips), strict=True):
        hit = (group < 0) & (coverage.owner(points, coverage.polygons(region)) >= 0)
        code[hit], group[hit] = name, base + grid[hit]
    block = coverage.owner(points, site.strips.blocks)
    for name, shapes, base in (
        ("1104", np.array(ponds, dtype=object), POND_GROUP),
        ("0702", coverage.polygons(homestead), HOMESTEAD_GROUP),
        ("0301", belts.shapes, BELT_GROUP),
    ):
        of = coverage.owner(points, shapes)
        hit = (group < 0) & (of >= 0)
        code[hit], group[hit] = name, base + of[hit]
        if name == "0301":
            belt[hit] = belts.kind[of[hit]]
            code[hit] = np.where(of[hit] % 4 == 3, "0307", "0301")
    rest = np.flatnonzero(group < 0)
    _deal_open(site, cover, rest, coverage.owner(points, open_ground), block, code, belt, group)
    return group, code, belt


def _deal_open(
    site: _Site, cover: Shapes, rest: NDArray[np.int64], piece_of: NDArray[np.int64], block: NDArray[np.int64],
    code: NDArray[np.str_], belt: NDArray[np.str_], group: NDArray[np.int64],
) -> None:  # fmt: skip
    """Classes of the open faces, dealt to quotas; runs of one class in one piece become one parcel, crops stay one face each."""
    task, rng = site.task, site.rng
    piece = np.maximum(piece_of[rest], 0)
    order = landuse.along_order(cover[rest], piece)
    rest, piece = rest[order], piece[order]
    streets = shapely.union_all(
        [f.line for f in task.features if f.kind == ROAD] + [shapely.LineString(r.path) for r in site.skeleton.lines if r.kind == ROAD]
    )
    distance = shapely.distance(shapely.centroid(cover[rest]), streets)
    factor = landuse.ARCHETYPE_FACTOR.get(task.archetype, {})
    base = landuse.TOWN_QUOTA if task.committee else landuse.VILLAGE_QUOTA
    quota = {name: share * factor.get(name, 1.0) * site.polygon.area for name, share in base.items()}
    dealt = landuse.deal(shapely.area(cover[rest]), piece, distance, quota, (TOWN_PLAN if task.committee else Plan()).many, rng)
    crop = dealt == ""
    corner = shapely.area(cover[rest]) < CORNER_M2
    code[rest] = np.where(crop, np.where(corner, "0404", landuse.crops(piece, rng)), dealt)
    belt[rest] = [FOREST.get(name, "") for name in code[rest]]
    numbers = {name: k for k, name in enumerate(sorted(set(code)))}
    joined = LOT_GROUP + piece * 100 + np.array([numbers[name] for name in code[rest]])
    group[rest] = np.where(crop, CROP_GROUP + np.arange(len(rest)), joined)


def _all_buildings(site: _Site, houses: Buildings, lots: Buildings, ponds: list[shapely.Geometry]) -> tuple[Buildings, NDArray[np.int64]]:
    """Houses and lot buildings together, and the leaf area of each; one not wholly on dry ground of a leaf is left out."""
    shapes = np.concatenate([houses.shapes, lots.shapes])
    leaves = np.array([shapely.Polygon(part.ring) for part in site.skeleton.leaves], dtype=object)
    leaf = coverage.owner(shapes, leaves)
    dry = coverage.owner(shapes, site.strips.blocks) >= 0
    dry[shapely.STRtree(ponds).query(shapes, predicate="intersects")[0]] = False
    both = [np.concatenate([getattr(houses, name), getattr(lots, name)]) for name in ("block", "group", "storeys", "setting")]
    order = np.flatnonzero((leaf >= 0) & dry)
    order = order[np.argsort(leaf[order], kind="stable")]
    return Buildings(shapes[order], *(array[order] for array in both)), leaf[order]


def _finished(site: _Site, land: _Land, buildings: Buildings, owner: NDArray[np.int64]) -> Built:
    task, rng, lines = site.task, site.rng, site.skeleton.lines
    leaves = [task.code + part.code for part in site.skeleton.leaves]
    parts = _named_parts(task, site.skeleton.parts)
    water = shapely.union_all([site.strips.open_water, *land.ponds])
    wood = (land.belt != "") & (shapely.area(land.shapes) >= np.where(land.belt == "orchard", LEAST_ORCHARD_M2, LEAST_STAND_M2))
    counts = device_counts(task.committee, task.model, task.stations, rng)
    return Built(
        parts=parts,
        roads=_drawn(site, ROAD, rng),
        waterways=_drawn(site, WATER, rng),
        waters=coverage.polygons(water, least_m2=20.0),
        parcels=land.shapes,
        parcel_class=land.code,
        stands=land.shapes[wood],
        belts=land.belt[wood],
        houses=buildings,
        house_part=[leaves[k] for k in owner],
        house_number=_numbers(owner),
        hamlets=_hamlets(task, buildings, owner, {code: name for code, name, _ in parts}, leaves, rng),
        devices=place(task.name, counts, lines, buildings.shapes, site.strips.blocks, rng),
    )


def _named_parts(task: Task, parts: list[Part]) -> list[tuple[str, str, shapely.Polygon]]:
    estates = iter(task.estates)
    made = []
    team = 0
    for part in parts:
        if task.committee:
            name = next(estates)
        elif len(part.code) == 2:
            name = f"{task.name}第{int(part.code)}微网格"
        else:
            team += 1
            name = f"{team}组"
        made.append((task.code + part.code, name, shapely.Polygon(part.ring)))
    return made


def _drawn(site: _Site, kind: int, rng: np.random.Generator) -> list[tuple[str, int, float, shapely.LineString]]:
    """Inner lines of one kind as they are drawn: a road without a bridge stops at the bank."""
    lines = [line for line in site.skeleton.lines if line.kind == kind]
    labels = (road_names if kind == ROAD else water_names)([line.rank for line in lines], rng)
    wet = shapely.union_all([site.strips.great_water, site.strips.small_water])
    made = []
    for line, label in zip(lines, labels, strict=True):
        whole = shapely.LineString(line.path)
        for piece in _pieces(whole.difference(wet) if kind == ROAD else whole):
            made.append((label, line.rank, line.width_m, piece))
    return made


def _pieces(geometry: shapely.Geometry) -> list[shapely.LineString]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "LineString" and part.length > 6]


def _numbers(owner: NDArray[np.int64]) -> list[str]:
    """House numbers count up within each leaf area."""
    starts = np.searchsorted(owner, owner)
    return [str(k) for k in np.arange(len(owner)) - starts + 1]


def _hamlets(
    task: Task, buildings: Buildings, owner: NDArray[np.int64], part_name: dict[str, str], leaves: list[str], rng: np.random.Generator
) -> list[str]:
    """Houses on one lane share a hamlet; in town the estate's name stands in."""
    if task.committee:
        return [part_name[leaves[k]] for k in owner]
    labels = hamlet_names(int(owner.max(initial=0)) + 1, rng)
    return [labels[k] for k in owner]
