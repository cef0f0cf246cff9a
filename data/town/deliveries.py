"""The three deliveries of the demonstration town, as folders of raw files with a town.toml each."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from data.errors import SettingsError
from data.town import batch, places
from data.town.calendar import FOLDERS, Calendar
from data.town.casework import numbered
from data.town.faults import Fault, summed
from data.town.files import Job
from data.town.ground import Ground, build_ground
from data.town.identity import FIRST_PREFIX
from data.town.ledger import Ledger, build_ledger
from data.town.manifest import town_toml
from data.town.persons import Numbering

PEOPLE = 296_000  # of the town at scale 1
PEOPLE_A_VILLAGE_HOUSE = 139_000 / 34_000
BATCH_VILLAGES, BATCHES_A_PREFIX = 15, 6
PROCESSES = 2
MIN_SCALE, MAX_SCALE = 0.01, 40.0  # below, the town gets no smaller; above, no one has tried
STAGING, FAULTS_FILE = ".new", "faults.json"
_WOODS = ("0301", "0302", "0305", "0307")
SMALL_TOWN = 4_000  # houses; below, a second process costs more than it saves


@dataclass(frozen=True, slots=True)
class Plan:
    """The arguments of `write_town`."""

    out: Path
    seed: int
    scale: float
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class TownManifest:
    """What was written: `rows` by delivery folder and dataset, and the seeded faults as in faults.json."""

    out: Path
    rows: dict[tuple[str, str], int]
    faults: list[dict[str, object]]


def write_town(out: Path, scale: float, seed: int, today: date) -> TownManifest:
    """Write 1-base, 2-update, 3-update and faults.json below `out`. The same arguments give the same bytes.

    An earlier demonstration town there is replaced, once the new one is complete. Raises SettingsError where `out` holds something else,
    or where a town of this scale cannot be made.
    """
    checked_scale(scale)
    checked_seed(seed)
    _refuse_others(out)
    staging = out / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    manifest = _write(Plan(staging, seed, scale, Calendar.of(today)))
    for name in (*FOLDERS, FAULTS_FILE):
        old = out / name
        if old.is_dir():
            shutil.rmtree(old)
        (staging / name).replace(old)
    staging.rmdir()
    return replace(manifest, out=out)


def checked_scale(scale: float) -> float:
    """The scale itself. Raises SettingsError for one of which there can be no town: not a number, not above 0, or beyond any district."""
    if not MIN_SCALE <= scale <= MAX_SCALE:
        raise SettingsError(
            f"A town of scale {scale:g} cannot be made.",
            remedy=f"Give a scale from {MIN_SCALE:g} to {MAX_SCALE:g}: 0.02 for tests, 1 for a town of 296 000 people, 20 for a district.",
            zh=f"不能生成比例为 {scale:g} 的示范镇。",
            zh_remedy=f"比例应在 {MIN_SCALE:g} 至 {MAX_SCALE:g} 之间：测试用 0.02，29.6 万人的镇为 1，区县为 20。",
        )
    return scale


def checked_seed(seed: int) -> int:
    """The seed itself. Raises SettingsError for a negative one."""
    if seed < 0:
        raise SettingsError(
            f"The seed {seed} is negative.", remedy="Give 0 or a larger whole number, such as 7.",
            zh=f"种子数 {seed} 为负数。", zh_remedy="请给出 0 或更大的整数，如 7。",
        )  # fmt: skip
    return seed


def _refuse_others(out: Path) -> None:
    """A folder with the name of a delivery may only be deleted when it holds a synthetic town."""
    for folder in FOLDERS:
        toml = out / folder / "town.toml"
        if (out / folder).exists() and not (toml.exists() and "\nsynthetic = true\n" in toml.read_text(encoding="utf-8")):
            raise SettingsError(
                f"{out / folder} exists and is no demonstration town.", remedy="Give another folder, or move it away.",
                zh=f"{out / folder} 已存在，且不是示范镇。", zh_remedy="请换一个文件夹，或先把它移走。",
            )  # fmt: skip


def _write(plan: Plan) -> TownManifest:
    ground = build_ground(plan.seed, plan.scale)
    areas = _areas(ground)
    ledger = build_ledger(np.random.default_rng([plan.seed, 90]), areas, plan.scale)
    houses = _houses(ground, areas, ledger, plan.scale)
    jobs = _jobs(plan, ground, areas, houses)
    scene = places.Scene(plan.out, plan.seed, plan.scale, plan.calendar, ground, areas, ledger, houses)
    outcomes, rest = _run(jobs, scene)
    rows: dict[tuple[str, str], int] = {}
    for outcome in (*outcomes, rest):
        for key, count in outcome.rows.items():
            rows[key] = rows.get(key, 0) + count
    faults = [fault for outcome in (*outcomes, rest) for fault in outcome.faults]
    rows |= _write_cases(scene, (*outcomes, rest), faults)
    for delivery, folder in enumerate(FOLDERS, start=1):
        toml = town_toml(areas, [name for where, name in rows if where == folder], plan.calendar.delivered(delivery).astype(object))
        (plan.out / folder / "town.toml").write_text(toml, encoding="utf-8")
    lines = [fault.line() for fault in summed(faults)]
    text = ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    (plan.out / FAULTS_FILE).write_text(f"[\n{text}\n]\n", encoding="utf-8")
    return TownManifest(plan.out, rows, lines)


def _run(jobs: list[Job], scene: places.Scene) -> tuple[list[batch.Outcome], batch.Outcome]:
    """All batches and the places; in two processes where the town is large enough."""
    if len(scene.houses) < SMALL_TOWN:
        return [batch.make(job) for job in jobs], places.write_places(scene)
    with ProcessPoolExecutor(PROCESSES - 1, mp_context=multiprocessing.get_context("fork")) as pool:
        half = [pool.submit(batch.make, job) for job in jobs[::2]]
        rest = places.write_places(scene)
        mine = [batch.make(job) for job in jobs[1::2]]
        return [*mine, *(future.result() for future in half)], rest


def _areas(ground: Ground) -> pd.DataFrame:
    """Areas without geometry, with a point inside of each in degrees."""
    points = shapely.get_coordinates(shapely.point_on_surface(ground.areas.geometry.to_numpy()))
    lon, lat = places.to_degrees(points[:, 0], points[:, 1])
    return pd.DataFrame(ground.areas.drop(columns="geometry")).reset_index(drop=True).assign(lon=lon, lat=lat)


def _houses(ground: Ground, areas: pd.DataFrame, ledger: Ledger, scale: float) -> pd.DataFrame:
    """Houses with what the batches need to know of the ground and the staff."""
    houses = pd.DataFrame(ground.houses.drop(columns="geometry")).reset_index(drop=True)
    houses["footprint_m2"] = ground.houses.area.to_numpy()
    houses["flats"] = houses["setting"] == "flat"
    houses["home"] = houses["flats"] | (houses["setting"] == "village")
    by_code = areas.set_index("code")
    houses["archetype"] = by_code["archetype"].reindex(houses["village_code"]).to_numpy()
    houses["village_name"] = by_code["name"].reindex(houses["village_code"]).to_numpy()
    houses["people_per_m2"] = _people_per_m2(houses, scale)
    chiefs = ledger.chiefs.reindex(houses["area_code"])
    houses["chief"], houses["chief_phone"] = chiefs["house_name"].fillna("").to_numpy(), chiefs["house_phone"].fillna("").to_numpy()
    team = by_code["name"].reindex(houses["area_code"]).to_numpy()
    village = houses["setting"] == "village"
    address = (
        by_code["name"].iloc[0]
        + houses["village_name"]
        + np.where(village, team, "")
        + houses["hamlet"]
        + houses["number"].astype(str)
        + "号"
    )
    repeated = address.duplicated(keep=False)
    houses["address"] = np.where(
        repeated, address.str.slice(0, -1) + "-" + houses.groupby(address).cumcount().add(1).astype(str) + "号", address
    )
    kind = houses["setting"].map({"flat": "号楼", "shop": "号商铺", "factory": "号厂房", "public": "号公共用房"}).fillna("")
    houses["building"] = np.where(village, "", houses["hamlet"] + houses["number"].astype(str) + kind)
    return houses


def _people_per_m2(houses: pd.DataFrame, scale: float) -> float:
    """People on a square metre of floor in town buildings, so that the whole town has its number."""
    flats = houses[houses["flats"]]
    in_villages = PEOPLE_A_VILLAGE_HOUSE * (houses["setting"] == "village").sum()
    return max(PEOPLE * scale - in_villages, 0.2 * PEOPLE * scale) / max(float((flats["footprint_m2"] * flats["storeys"]).sum()), 1.0)


def _jobs(plan: Plan, ground: Ground, areas: pd.DataFrame, houses: pd.DataFrame) -> list[Job]:
    """The batches, each of some 15 villages with the houses in them."""
    villages = areas[areas["level"] == 1]["code"].to_numpy()
    count = max(2, -(-len(villages) // BATCH_VILLAGES))
    part = dict(zip(villages, np.arange(len(villages)) % count, strict=True))  # every batch has town and country
    house_part, shapes = houses["village_code"].map(part).to_numpy(), ground.houses.geometry.to_numpy()
    woods = ground.parcels[ground.parcels["class_code"].isin(_WOODS) & (ground.parcels.area > 600).to_numpy()]
    wood_part = woods["village_code"].map(part).to_numpy()
    jobs = []
    for number in range(count):
        rows = np.flatnonzero(house_part == number)
        blocks = BATCHES_A_PREFIX * batch.NUMBER_BLOCKS
        numbering = Numbering(FIRST_PREFIX + number // BATCHES_A_PREFIX, number % BATCHES_A_PREFIX * batch.NUMBER_BLOCKS, blocks, number)
        mine, near = houses.iloc[rows].reset_index(drop=True), woods.geometry.to_numpy()[wood_part == number]
        name = str(areas["name"].iloc[0])
        jobs.append(Job(number, count, name, plan.out, plan.seed, plan.scale, plan.calendar, numbering, mine, shapes[rows], near))
    return jobs


def _write_cases(scene: places.Scene, outcomes: tuple[batch.Outcome, ...], faults: list[Fault]) -> dict[tuple[str, str], int]:
    rows = {}
    for delivery, folder in enumerate(FOLDERS, start=1):
        cases = numbered(pd.concat([outcome.cases[delivery - 1] for outcome in outcomes], ignore_index=True))
        rows[folder, "casework"] = len(cases)
        faults += places.write_cases(scene, delivery, cases)
    return rows
