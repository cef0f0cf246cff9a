"""What the land, forest and device registers say about the ground: status, species, state; with the shares of the domain report."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.codes import land_classes
from data.town.calendar import Calendar

# Land: share of parcels by status; the trouble that a class cannot have falls to the next one.
_CROPLAND = ("0101", "0102", "0103")
_BUILDABLE = ("0508", "0601", "05H1", "1201")
PARCEL_STATUS = (
    ("illegal_use", 0.0015), ("farmland_occupied", 0.0025), ("abandoned", 0.006), ("non_grain", 0.006), ("change_unverified", 0.011),
    ("approved_idle", 0.004), ("approved_project", 0.014), ("temporary", 0.006), ("transferred", 0.03),
)  # fmt: skip
RED_STATUS = ("illegal_use", "farmland_occupied")
RED_CONDITION = ("fire", "illegal_cutting", "occupied")
_STATE_OWNED = ("07", "05", "06", "08", "09", "10", "11")

_BELT_USE = {"road": "116", "bank": "115", "field": "114", "orchard": "251", "eco": "124", "park": "125"}
_SPECIES = ("香樟", "水杉", "女贞", "杨树", "栾树", "广玉兰", "榉树", "银杏", "无患子")
_SPECIES_SHARES = (0.33, 0.16, 0.10, 0.09, 0.08, 0.07, 0.07, 0.05, 0.05)
_FRUIT = ("桃", "梨", "柑橘", "桃")
_YEARS = {"1": (3, 9), "2": (10, 22), "3": (23, 32), "4": (33, 46)}


def describe_parcels(rng: np.random.Generator, parcels: gpd.GeoDataFrame, calendar: Calendar) -> pd.DataFrame:
    """Columns of the land survey beside the geometry; grey parcels (0.8 %) were last surveyed two years ago."""
    frame = pd.DataFrame(parcels.drop(columns="geometry")).assign(area_m2=np.round(parcels.area.to_numpy(), 2))
    code = frame["class_code"].str.slice(0, 4)
    allowed = {
        "farmland_occupied": code.isin(_CROPLAND), "abandoned": code.isin(_CROPLAND), "transferred": code.isin(_CROPLAND),
        "non_grain": code.isin(_CROPLAND) & frame["basic_farmland"].astype(bool), "approved_idle": code.isin(_BUILDABLE),
        "approved_project": code.isin(_BUILDABLE), "illegal_use": ~code.str.startswith(("07", "10", "11")),
        "temporary": code.isin((*_CROPLAND, "1201")),
        "change_unverified": ~code.str.startswith(("10", "11")),
    }  # fmt: skip
    status = np.full(len(frame), "in_use", object)
    for name, share in PARCEL_STATUS:
        free = rng.permutation(np.flatnonzero(allowed[name].to_numpy() & (status == "in_use")))
        status[free[: max(1, round(share * len(frame)))]] = name
    stale = rng.permutation(np.flatnonzero(status == "in_use"))[: round(0.008 * len(frame))]
    year = np.full(len(frame), calendar.year - 1)
    verified = calendar.before(rng, len(frame), 250)
    year[stale], verified[stale] = calendar.year - 2, calendar.before(rng, len(stale), 600, 420)
    names = {land.code: land.zh for land in land_classes()}
    state = code.str.startswith(_STATE_OWNED) & ~code.isin(("0702",))
    owner = np.where(state, "10", np.where(rng.random(len(frame)) < 0.3, "31", "32"))
    return frame.assign(
        status=status, surveyed_year=year, verified=verified, ownership=owner, class_name=frame["class_code"].map(names).fillna("")
    )


def describe_stands(rng: np.random.Generator, stands: gpd.GeoDataFrame, calendar: Calendar) -> pd.DataFrame:
    """Columns of the forest register; colours green 80, blue 10, yellow 7, orange 2, red 0.3, grey 0.7 %."""
    frame = pd.DataFrame(stands.drop(columns="geometry")).reset_index(drop=True)
    count = len(frame)
    frame["use_type"] = frame["belt"].map(_BELT_USE).fillna("117")
    fruit = (frame["use_type"] == "251").to_numpy()
    bamboo = ~fruit & (rng.random(count) < 0.03)
    species = np.where(fruit, rng.choice(_FRUIT, count), rng.choice(_SPECIES, count, p=_SPECIES_SHARES)).astype(object)
    species[bamboo] = "毛竹"
    young = np.zeros(count, bool)
    young[rng.permutation(np.flatnonzero(~fruit & ~bamboo))[: round(0.02 * count)]] = True
    age = np.where(young, "1", rng.choice(["1", "2", "3", "4"], count, p=[0.23, 0.47, 0.20, 0.10]))
    years = np.array([rng.integers(*_YEARS[group]) for group in age])
    canopy = np.round(rng.uniform(0.5, 0.9, count), 2)
    land_class = np.select([fruit, bamboo, young], ["0131", "0113", "0141"], "0111")
    frame = frame.assign(
        species=species, land_class=land_class, age_group=age, canopy=canopy,
        canopy_before=np.round(canopy - rng.uniform(0, 0.04, count), 2),
        planted_year=calendar.year - np.where(young, rng.integers(1, 3, count), years),
        category=np.where(fruit, "22", np.where(rng.random(count) < 0.3, "11", "12")),
        area_m2=np.round(stands.area.to_numpy(), 1), verified=calendar.before(rng, count, 50), condition="healthy",
    )  # fmt: skip
    return _conditions(rng, frame, calendar)


def _conditions(rng: np.random.Generator, stands: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Trouble in its share of all stands; at least one red stand, so that there always is one to act on."""
    count = len(stands)
    order = rng.permutation(count)
    quota = {
        "red": max(1, round(0.003 * count)),
        "orange": round(0.02 * count),
        "yellow": round(0.07 * count),
        "grey": round(0.007 * count),
    }
    ends = np.cumsum(list(quota.values()))
    parts = dict(zip(quota, np.split(order, ends)[:-1], strict=True))
    condition, canopy, verified = (stands[name].to_numpy(copy=True) for name in ("condition", "canopy", "verified"))
    condition = condition.astype(object)
    condition[parts["red"]] = np.resize(np.array(["occupied", "illegal_cutting", "occupied", "fire"], object), len(parts["red"]))
    pest, bare = np.array_split(parts["orange"], 2)
    condition[pest] = "pest"
    canopy[bare] = np.round(np.maximum(stands["canopy_before"].to_numpy()[bare] - 0.24, 0.2), 2)
    condition[parts["yellow"]] = np.resize(np.array(["poor", "litter"], object), len(parts["yellow"]))
    verified[parts["grey"]] = calendar.before(rng, len(parts["grey"]), 700, 400)
    return stands.assign(condition=condition, canopy=canopy, verified=verified)


_STATION_FUNCTIONS = ("图书角", "家电维修", "政策咨询", "代办服务", "医疗义诊", "助老餐食", "儿童看护", "共享工具")
MONITORED = ("camera", "gate", "barrier", "smoke_alarm", "recorder", "parking")


def describe_facilities(rng: np.random.Generator, facilities: gpd.GeoDataFrame, calendar: Calendar) -> pd.DataFrame:
    """State of every device (1.4 % offline) and service of every station."""
    frame = pd.DataFrame(facilities.drop(columns="geometry")).reset_index(drop=True)
    count, draw = len(frame), rng.random(len(frame))
    station = (frame["kind"] == "station").to_numpy()
    device = np.select([draw < 0.003, draw < 0.017, draw < 0.12], ["alarming", "offline", "idle"], "working")
    device = np.where(frame["kind"].isin(MONITORED), device, "working")
    place = np.select([draw < 0.01, draw < 0.03, draw < 0.09], ["closed", "open_late", "short_service"], "open")
    state = np.where(station, place, device)
    since = calendar.before(rng, count, 300)
    recent = np.isin(state, ("alarming", "offline", "closed", "open_late"))
    since[recent] = calendar.delivered(1) - rng.integers(0, 6, int(recent.sum()))
    picks = rng.random((count, len(_STATION_FUNCTIONS))).argsort(axis=1)
    wanted = np.where(state == "short_service", 2, rng.integers(3, 6, count))
    functions = [
        "、".join(_STATION_FUNCTIONS[k] for k in sorted(row[:n])) if is_station else ""
        for row, n, is_station in zip(picks, wanted, station, strict=True)
    ]
    hours = np.where(station, rng.choice(["8:30-17:00", "8:00-20:00", "9:00-16:30"], count), "")
    return frame.assign(state=state, since=since, functions=functions, hours=hours, verified=calendar.before(rng, count, 90))
