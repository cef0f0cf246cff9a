"""The files that cover the whole town: grids, land, forest, devices, staff, services, backdrop and the case ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely

from data.town import casework, land, ledger, writers
from data.town.batch import Outcome
from data.town.calendar import FOLDERS, Calendar
from data.town.ground import Ground
from data.town.manifest import GRID_LAYERS, LEVELS
from data.town.offsets import to_gcj02
from data.town.render import days, text, words, yes_no

PEOPLE_A_HOUSEHOLD = 2.42


@dataclass(frozen=True, slots=True)
class Scene:
    """What the whole-town files are made from."""

    out: Path
    seed: int
    calendar: Calendar
    ground: Ground
    areas: pd.DataFrame
    ledger: ledger.Ledger
    houses: pd.DataFrame


def to_degrees(east: np.ndarray, north: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude (CGCS2000) of EPSG:4550 coordinates."""
    lon, lat = pyproj.Transformer.from_crs(4550, 4490, always_xy=True).transform(east, north)
    return np.asarray(lon), np.asarray(lat)


def write_places(scene: Scene) -> Outcome:
    """Write the files; returns the cases of parcels, stands and devices."""
    rng = np.random.default_rng([scene.seed, 200])
    base, written = scene.out / FOLDERS[0], _written(scene, 1)
    rows = _write_grids(scene, base, written) | _write_backdrop(scene, base, written)
    parcels = land.describe_parcels(rng, scene.ground.parcels, scene.calendar).assign(**_keepers(scene, rng, scene.ground.parcels, "field"))
    stands = land.describe_stands(rng, scene.ground.stands, scene.calendar).assign(**_keepers(scene, rng, scene.ground.stands, "forest"))
    devices = land.describe_facilities(rng, scene.ground.facilities, scene.calendar).assign(**_keepers(scene, rng, scene.ground.facilities, "house"))
    _write_land(scene, base, parcels, written)
    _write_forest(scene, base, stands, written)
    _write_facilities(scene, base, devices)
    rows |= {"land": len(parcels), "forest": len(stands), "facilities": len(devices), **_write_staff(scene, base, scene.ledger.staff)}
    cases = _cases(rng, scene, parcels, stands, devices)
    counts = {(FOLDERS[0], name): count for name, count in rows.items()}
    return _updates(rng, scene, parcels, devices, cases, counts)


def _written(scene: Scene, delivery: int) -> date:
    day: date = scene.calendar.delivered(delivery).astype(object)
    return day


def _keepers(scene: Scene, rng: np.random.Generator, frame: pd.DataFrame, post: str) -> dict[str, np.ndarray]:
    """A chief of the village for every row."""
    chiefs = scene.ledger.chiefs
    parents = scene.areas.set_index("code")["parent_code"]
    levels = scene.areas.set_index("code")["level"]
    village = np.array([code if levels[code] == 1 else parents[code] if levels[code] == 2 else parents[parents[code]] for code in chiefs.index])
    pools = {code: np.flatnonzero(village == code) for code in np.unique(village)}
    anyone = np.arange(len(chiefs))
    picks = np.array([rng.choice(pools.get(code, anyone)) for code in frame["village_code"]], int)
    return {"chief": chiefs[f"{post}_name"].to_numpy()[picks], "chief_phone": chiefs[f"{post}_phone"].to_numpy()[picks]}


def _write_grids(scene: Scene, folder: Path, written: date) -> dict[str, int]:
    areas, heads = scene.areas, scene.ledger.heads
    homes = scene.houses[scene.houses["home"]]
    households = np.maximum(1, np.where(homes["flats"], homes["people_per_m2"] * homes["footprint_m2"] * homes["storeys"] / PEOPLE_A_HOUSEHOLD, 1.0))
    per_leaf = pd.Series(households).groupby(homes["area_code"].to_numpy()).sum()
    total = {code: 0.0 for code in areas["code"]} | per_leaf.to_dict()
    for code, parent in zip(areas["code"][::-1], areas["parent_code"][::-1], strict=True):  # parents come before their children
        if parent:
            total[parent] += total[code]
    rows = {}
    for level, (name, (layer, _)) in enumerate(zip(GRID_LAYERS, LEVELS, strict=True)):
        part = areas[areas["level"] == level]
        head = heads.loc[part["code"]]
        columns = {
            "WGBM": text(part["code"]), "WGMC": text(part["name"]), "SJBM": text(part["parent_code"]), "WGLX": words(part["kind"], "area_kind"),
            "GLMS": words(part["service_model"], "service_model"), "HS": pa.array([str(round(total[code])) for code in part["code"]]),
            "FZR": text(head["name"]), "FZRDH": text(head["phone"]),
        }  # fmt: skip
        shapes = scene.ground.areas.geometry.to_numpy()[part.index]
        writers.write_layer(folder / "网格" / "网格.gpkg", layer, columns, shapes, "Polygon", "GPKG", written)
        rows[name] = len(part)
    return rows


def _write_backdrop(scene: Scene, folder: Path, written: date) -> dict[str, int]:
    rows = {}
    for name, frame, file, key in (("roads", scene.ground.roads, "道路.geojson", "YSBH"), ("waterways", scene.ground.waterways, "河道中心线.geojson", "YSBH")):
        columns = {key: text(frame["feature_id"]), "MC": text(frame["name"]), "DJ": ledger.texts(frame["rank"]), "KD": ledger.texts(frame["width_m"].round(1))}
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.column_stack(to_degrees(xy[:, 0], xy[:, 1])))
        writers.write_layer(folder / "底图" / file, file.split(".")[0], columns, shapes, "LineString", "GeoJSON", written)
        rows[name] = len(frame)
    frame = scene.ground.waters
    columns = {"YSBH": text(frame["feature_id"]), "YSLX": text(np.full(len(frame), "水域"))}
    writers.write_shapefile(folder / "底图" / "水面.shp", columns, frame.geometry.to_numpy(), "Polygon", written, 0x4D)
    return rows | {"waters": len(frame)}


def _write_land(scene: Scene, folder: Path, parcels: pd.DataFrame, written: date) -> None:
    names = scene.areas.set_index("code")["name"]
    seat = names.reindex(parcels["village_code"]).fillna("").to_numpy()
    columns = {
        "BSM": text(parcels["parcel_id"]), "YSDM": text(np.full(len(parcels), "2001010100")), "DLBM": text(parcels["class_code"]), "DLMC": text(parcels["class_name"]),
        "QSXZ": text(parcels["ownership"]), "QSDWMC": text(np.where(parcels["ownership"] == "10", names.iloc[0], seat)), "ZLDWMC": text(seat),
        "TBMJ": ledger.texts(parcels["area_m2"]), "SFJBNT": yes_no(parcels["basic_farmland"]), "LYZK": words(parcels["status"], "parcel_status"),
        "SJNF": ledger.texts(parcels["surveyed_year"]), "XTZ": text(parcels["chief"]), "XTZDH": text(parcels["chief_phone"]), "SJRQ": days(parcels["verified"]),
    }  # fmt: skip
    writers.write_layer(folder / "土地" / "变更调查.gdb", "DLTB", columns, scene.ground.parcels.geometry.to_numpy(), "MultiPolygon", "OpenFileGDB", written)


def _write_forest(scene: Scene, folder: Path, stands: pd.DataFrame, written: date) -> None:
    number = stands.groupby("village_code").cumcount() + 1
    columns = {
        "XBBH": text(stands["stand_id"]), "CUN": text(stands["village_code"]), "LIN_BAN": ledger.texts(number // 50 + 1), "XIAO_BAN": ledger.texts(number),
        "DI_LEI": text(stands["land_class"]), "YOU_SHI_SZ": text(stands["species"]), "LIN_ZHONG": text(stands["use_type"]), "LING_ZU": text(stands["age_group"]),
        "YU_BI_DU": ledger.texts(stands["canopy"]), "SQ_YBD": ledger.texts(stands["canopy_before"].round(2)), "SEN_LIN_LB": text(stands["category"]),
        "MIAN_JI": ledger.texts(stands["area_m2"]), "ZL_ND": ledger.texts(stands["planted_year"]), "JK_ZK": words(stands["condition"], "stand_condition"),
        "GH_ZRR": text(stands["chief"]), "GH_DH": text(stands["chief_phone"]), "SJRQ": days(stands["verified"], "%Y%m%d"),
    }  # fmt: skip
    writers.write_shapefile(folder / "林地" / "小班.shp", columns, scene.ground.stands.geometry.to_numpy(), "Polygon", written, 0)


def _write_facilities(scene: Scene, folder: Path, devices: pd.DataFrame) -> None:
    points = scene.ground.facilities.geometry
    lon, lat = to_gcj02(*to_degrees(points.x.to_numpy(), points.y.to_numpy()))
    stream = np.where(devices["kind"] == "camera", "rtsp://127.0.0.1/" + devices["facility_id"].astype(str), "")
    columns = {
        "设施编号": text(devices["facility_id"]), "设施类型": words(devices["kind"], "facility_kind"), "设施名称": text(devices["name"]),
        "运行状态": words(devices["state"], "facility_state"), "状态起始": days(devices["since"], "%Y/%m/%d"), "服务功能": text(devices["functions"]),
        "开放时间": text(devices["hours"]), "视频地址": text(stream), "责任人": text(devices["chief"]), "责任人电话": text(devices["chief_phone"]),
        "经度": pa.array([f"{v:.7f}" for v in lon]), "纬度": pa.array([f"{v:.7f}" for v in lat]), "巡查日期": days(devices["verified"]),
    }  # fmt: skip
    writers.write_csv(folder / "设施" / "设施清单.csv", columns, "utf-8-sig")


def _write_staff(scene: Scene, folder: Path, staff: pd.DataFrame) -> dict[str, int]:
    names = scene.ledger.organisations
    columns = {
        "工号": text(staff["responder_id"]), "姓名": text(staff["name"]), "联系电话": text(staff["phone"]), "岗位类型": words(staff["post_type"], "post_type"),
        "队伍类别": words(staff["team_kind"], "team_kind"), "技能": text(staff["skills"]), "在岗状态": words(staff["duty"], "duty"),
        "单位编号": text(staff["organisation_id"]), "所属网格": text(staff["area_code"]),
        "经度": pa.array([f"{v:.6f}" for v in staff["lon"]]), "纬度": pa.array([f"{v:.6f}" for v in staff["lat"]]),
    }  # fmt: skip
    writers.write_csv(folder / "人员" / "值守力量.csv", columns, "gbk")
    if folder.name != FOLDERS[0]:
        return {"staff": len(staff)}
    until = scene.calendar.today.astype("M8[M]") + names["months"].to_numpy().astype("m8[M]")
    organisations = {
        "单位编号": text(names["organisation_id"]), "单位名称": text(names["name"]), "单位类别": words(names["kind"], "organisation_kind"),
        "联系人": text(names["contact"]), "联系电话": text(names["phone"]), "服务网格": text(names["area_code"]),
        "合同到期": days(np.where(names["kind"] == "property", until.astype("M8[D]"), np.datetime64("NaT"))),
    }  # fmt: skip
    writers.write_csv(folder / "人员" / "单位名录.csv", organisations, "utf-8")
    services = scene.ledger.services
    listed = {
        "服务编号": text(services["service_id"]), "服务名称": text(services["name"]), "清单类型": words(services["list_type"], "service_list"),
        "网格编码": text(services["area_code"]), "单位编号": text(services["organisation_id"]), "服务标准": text(services["standard"]),
        "服务频次": text(services["frequency"]), "完成率": ledger.texts(services["completion"]),
    }  # fmt: skip
    writers.write_csv(folder / "人员" / "服务清单.csv", listed, "gb18030")
    return {"staff": len(staff), "organisations": len(names), "services": len(services)}


def write_cases(folder: Path, cases: pd.DataFrame) -> None:
    """The case ledger."""
    columns = {
        "案件编号": text(cases["case_id"]), "对象类别": words(cases["object_table"], "case_object"), "对象编号": text(cases["object_id"]),
        "事件类型": text(cases["event"]), "等级": words(cases["grade"], "event_grade_four"), "状态": words(cases["state"], "case_state"),
        "立案日期": days(cases["opened"]), "整改期限": days(cases["due"]), "结案日期": days(cases["closed"]), "复查通过": yes_no(cases["passed"]),
        "责任人": text(cases["responsible"]), "责任人电话": text(cases["phone"]),
    }  # fmt: skip
    writers.write_csv(folder / "处置" / "处置台账.csv", columns, "utf-8-sig")


def _objects(frame: pd.DataFrame, key: str, level: int, events: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({
        "object_id": frame[key].to_numpy(), "level": level, "event": events.to_numpy(), "responsible": frame["chief"].to_numpy(), "phone": frame["chief_phone"].to_numpy(),
    })  # fmt: skip


def _cases(rng: np.random.Generator, scene: Scene, parcels: pd.DataFrame, stands: pd.DataFrame, devices: pd.DataFrame) -> pd.DataFrame:
    """Open cases of all red parcels, stands and devices, and of the orange parcels and stands."""
    parts = []
    for table, key, frame, column, red, events in (
        ("parcel", "parcel_id", parcels, "status", land.RED_STATUS, casework.PARCEL_EVENTS),
        ("stand", "stand_id", stands, "condition", land.RED_CONDITION, casework.STAND_EVENTS),
        ("facility", "facility_id", devices, "state", ("alarming", "closed"), {}),
    ):
        wrong = frame[frame[column].isin((*events, *red))]
        objects = _objects(wrong, key, 1, wrong[column].map(events).fillna("0951")).assign(level=np.where(wrong[column].isin(red), 1, 2))
        parts.append(casework.open_cases(rng, table, objects, scene.calendar, 1, 40))
    return pd.concat(parts, ignore_index=True)


def _updates(
    rng: np.random.Generator, scene: Scene, parcels: pd.DataFrame, devices: pd.DataFrame, cases: pd.DataFrame, counts: dict[tuple[str, str], int]
) -> Outcome:
    """Devices at the second delivery, land and staff at the third, with their cases."""
    second, third = scene.out / FOLDERS[1], scene.out / FOLDERS[2]
    devices, later = _repair(rng, scene, devices, cases)
    _write_facilities(scene, second, devices)
    parcels, last = _restore(rng, scene, parcels, later)
    _write_land(scene, third, parcels, _written(scene, 3))
    staff = scene.ledger.staff.copy()
    changed = rng.permutation(len(staff))[: max(1, len(staff) // 50)]
    staff.loc[changed, "duty"] = np.where(staff.loc[changed, "duty"] == "on", "off", "on")
    _write_staff(scene, third, staff)
    counts |= {(FOLDERS[1], "facilities"): len(devices), (FOLDERS[2], "land"): len(parcels), (FOLDERS[2], "staff"): len(staff)}
    return Outcome((cases, later, last), counts)


def _repair(rng: np.random.Generator, scene: Scene, devices: pd.DataFrame, cases: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Half of the devices out of order work again, and as many others are offline since yesterday."""
    state = devices["state"].to_numpy(copy=True).astype(object)
    since, verified = devices["since"].to_numpy(copy=True), devices["verified"].to_numpy(copy=True)
    down = np.flatnonzero(np.isin(state, ("alarming", "offline")))
    fixed = rng.permutation(down)[: -(-len(down) // 2)]
    lost = rng.permutation(np.flatnonzero((state == "working") & devices["kind"].isin(land.MONITORED).to_numpy()))[: len(fixed)]
    state[fixed], state[lost] = "working", "offline"
    changed = np.r_[fixed, lost]
    since[changed] = verified[changed] = scene.calendar.before(rng, len(changed), 3, 1, 2)
    mended = set(devices["facility_id"].to_numpy()[fixed])
    rows = np.flatnonzero((cases["object_table"] == "facility") & cases["object_id"].isin(mended))
    return devices.assign(state=state, since=since, verified=verified), casework.close(rng, cases, rows, scene.calendar, 2)


def _restore(rng: np.random.Generator, scene: Scene, parcels: pd.DataFrame, cases: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A third of the red parcels is cropland again, and as many changes seen from the air wait for a visit."""
    status, verified = parcels["status"].to_numpy(copy=True).astype(object), parcels["verified"].to_numpy(copy=True)
    red = rng.permutation(np.flatnonzero(np.isin(status, land.RED_STATUS)))
    fixed = red[: -(-len(red) // 3)]
    ground = ~parcels["class_code"].str.startswith(("10", "11")).to_numpy()
    seen = rng.permutation(np.flatnonzero((status == "in_use") & ground & (parcels["surveyed_year"] == scene.calendar.year - 1).to_numpy()))[: len(fixed)]
    status[fixed], status[seen] = "in_use", "change_unverified"
    changed = np.r_[fixed, seen]
    verified[changed] = scene.calendar.before(rng, len(changed), 20, 1, 3)
    restored = set(parcels["parcel_id"].to_numpy()[fixed])
    rows = np.flatnonzero((cases["object_table"] == "parcel") & cases["object_id"].isin(restored))
    return parcels.assign(status=status, verified=verified), casework.close(rng, cases, rows, scene.calendar, 3)
