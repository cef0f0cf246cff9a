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

from data.town import casework, dbase, grids, land, ledger, writers
from data.town.batch import Outcome
from data.town.calendar import FOLDERS, Calendar
from data.town.faults import Fault, Sheet, cross, name_of, share, spoil
from data.town.ground import Ground
from data.town.mistakes import CROSSED, GAPS, KINDS, OVERLAPS, SWAPPED_DEVICES
from data.town.offsets import to_gcj02
from data.town.render import days, text, words, yes_no

LAND, FOREST, FACILITIES, STAFF, CASEWORK = (
    "土地/变更调查.gdb",
    "林地/小班.shp",
    "设施/设施清单.csv",
    "人员/值守力量.csv",
    "处置/处置台账.csv",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the whole-town files are made from."""

    out: Path
    seed: int
    scale: float
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
    """Write the files; returns the cases of parcels, stands and devices, rows and faults."""
    rng = np.random.default_rng([scene.seed, 200])
    faults: list[Fault] = []
    base, written = scene.out / FOLDERS[0], _written(scene, 1)
    rows = _write_grids(scene, base, written, faults) | _write_backdrop(scene, base, written)
    parcels = land.describe_parcels(rng, scene.ground.parcels, scene.calendar).assign(**_keepers(scene, rng, scene.ground.parcels, "field"))
    stands = land.describe_stands(rng, scene.ground.stands, scene.calendar).assign(**_keepers(scene, rng, scene.ground.stands, "forest"))
    devices = land.describe_facilities(rng, scene.ground.facilities, scene.calendar).assign(
        **_keepers(scene, rng, scene.ground.facilities, "house")
    )
    rows["land"] = _write_land(scene, 1, parcels, faults)
    rows["forest"] = _write_forest(scene, base, stands, faults)
    rows["facilities"] = _write_facilities(scene, 1, devices, faults)
    rows |= _write_staff(scene, 1, scene.ledger.staff, faults)
    cases = _cases(rng, scene, parcels, stands, devices)
    return _updates(rng, scene, parcels, devices, cases, {(FOLDERS[0], name): count for name, count in rows.items()}, faults)


def _spoil(scene: Scene, sheet: Sheet, delivery: int, faults: list[Fault]) -> np.random.Generator:
    """Seed the faults of a whole-town dataset; returns the generator for further ones."""
    rng = np.random.default_rng([scene.seed, 400 + delivery, *sheet.dataset.encode()])
    kinds = tuple(kind for kind in KINDS if kind.dataset == sheet.dataset and (delivery == 1 or (delivery == 2 and kind.again)))
    faults += spoil(
        rng, sheet, kinds, {name_of(kind): share(name_of(kind), kind.per_town, kind.least, scene.scale, 0, 1) for kind in kinds}, delivery
    )
    return rng


def _write_grids(scene: Scene, folder: Path, written: date, faults: list[Fault]) -> dict[str, int]:
    rng = np.random.default_rng([scene.seed, 500])
    gaps, overlaps = (max(1, round(count * scene.scale)) for count in (GAPS, OVERLAPS))
    shapes, found = grids.misdraw(rng, scene.areas, scene.ground.areas.geometry.to_numpy(), gaps, overlaps)
    faults += found
    return grids.write_grids(folder, scene.areas, shapes, scene.ledger.heads, grids.households(scene.areas, scene.houses), written)


def _written(scene: Scene, delivery: int) -> date:
    day: date = scene.calendar.delivered(delivery).astype(object)
    return day


def _keepers(scene: Scene, rng: np.random.Generator, frame: pd.DataFrame, post: str) -> dict[str, np.ndarray]:
    """A chief of the village for every row."""
    chiefs = scene.ledger.chiefs
    parents = scene.areas.set_index("code")["parent_code"]
    levels = scene.areas.set_index("code")["level"]
    village = np.array(
        [code if levels[code] == 1 else parents[code] if levels[code] == 2 else parents[parents[code]] for code in chiefs.index]
    )
    pools = {code: np.flatnonzero(village == code) for code in np.unique(village)}
    anyone = np.arange(len(chiefs))
    number, codes = pd.factorize(frame["village_code"])
    choice = [pools.get(code, anyone) for code in codes]
    draw = rng.random(len(frame)) * np.array([len(pool) for pool in choice])[number]
    picks = np.array([choice[k][int(d)] for k, d in zip(number, draw, strict=True)], int)
    return {"chief": chiefs[f"{post}_name"].to_numpy()[picks], "chief_phone": chiefs[f"{post}_phone"].to_numpy()[picks]}


def _write_backdrop(scene: Scene, folder: Path, written: date) -> dict[str, int]:
    rows = {}
    for name, frame, file, key in (
        ("roads", scene.ground.roads, "道路.geojson", "YSBH"),
        ("waterways", scene.ground.waterways, "河道中心线.geojson", "YSBH"),
    ):
        columns = {
            key: text(frame["feature_id"]),
            "MC": text(frame["name"]),
            "DJ": ledger.texts(frame["rank"]),
            "KD": ledger.texts(frame["width_m"].round(1)),
        }
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.column_stack(to_degrees(xy[:, 0], xy[:, 1])))
        writers.write_layer(folder / "底图" / file, file.split(".")[0], columns, shapes, "LineString", "GeoJSON", written)
        rows[name] = len(frame)
    frame = scene.ground.waters
    columns = {"YSBH": text(frame["feature_id"]), "YSLX": text(np.full(len(frame), "水域"))}
    dbase.write_shapefile(folder / "底图" / "水面.shp", columns, frame.geometry.to_numpy(), "Polygon", written, 0x4D)
    return rows | {"waters": len(frame)}


def _write_land(scene: Scene, delivery: int, parcels: pd.DataFrame, faults: list[Fault]) -> int:
    names = scene.areas.set_index("code")["name"]
    seat = names.reindex(parcels["village_code"]).fillna("").to_numpy()
    columns = {
        "BSM": text(parcels["parcel_id"]),
        "YSDM": text(np.full(len(parcels), "2001010100")),
        "DLBM": text(parcels["class_code"]),
        "DLMC": text(parcels["class_name"]),
        "QSXZ": text(parcels["ownership"]),
        "QSDWMC": text(np.where(parcels["ownership"] == "10", names.iloc[0], seat)),
        "ZLDWMC": text(seat),
        "TBMJ": ledger.texts(parcels["area_m2"]),
        "SFJBNT": yes_no(parcels["basic_farmland"]),
        "LYZK": words(parcels["status"], "parcel_status"),
        "SJNF": ledger.texts(parcels["surveyed_year"]),
        "XTZ": text(parcels["chief"]),
        "XTZDH": text(parcels["chief_phone"]),
        "SJRQ": days(parcels["verified"]),
    }
    free = np.flatnonzero((parcels["status"] == "in_use") & ~parcels["class_code"].str.startswith(("05", "06", "07", "08")))
    sheet = Sheet("land", [LAND], columns, "BSM", free, "DLTB", shapes=scene.ground.parcels.geometry.to_numpy())
    rng = _spoil(scene, sheet, delivery, faults)
    if delivery == 1:
        rows = np.setdiff1d(free, [fault.row - sheet.first_row for fault in faults if fault.dataset == "land" and fault.row])
        faults += cross(rng, sheet, max(2, round(CROSSED["land"] * scene.scale)), delivery, rows)
    assert sheet.shapes is not None
    path = scene.out / FOLDERS[delivery - 1] / LAND
    writers.write_layer(path, "DLTB", sheet.columns, sheet.shapes, "MultiPolygon", "OpenFileGDB", _written(scene, delivery))
    return len(sheet.position)


def _write_forest(scene: Scene, folder: Path, stands: pd.DataFrame, faults: list[Fault]) -> int:
    number = stands.groupby("village_code").cumcount() + 1
    columns = {
        "XBBH": text(stands["stand_id"]),
        "CUN": text(stands["village_code"]),
        "LIN_BAN": ledger.texts(number // 50 + 1),
        "XIAO_BAN": ledger.texts(number),
        "DI_LEI": text(stands["land_class"]),
        "YOU_SHI_SZ": text(stands["species"]),
        "LIN_ZHONG": text(stands["use_type"]),
        "LING_ZU": text(stands["age_group"]),
        "YU_BI_DU": ledger.texts(stands["canopy"]),
        "SQ_YBD": ledger.texts(stands["canopy_before"].round(2)),
        "SEN_LIN_LB": text(stands["category"]),
        "MIAN_JI": ledger.texts(stands["area_m2"]),
        "ZL_ND": ledger.texts(stands["planted_year"]),
        "JK_ZK": words(stands["condition"], "stand_condition"),
        "GH_ZRR": text(stands["chief"]),
        "GH_DH": text(stands["chief_phone"]),
        "SJRQ": days(stands["verified"], "%Y%m%d"),
    }
    free = np.flatnonzero(stands["condition"] == "healthy")
    sheet = Sheet("forest", [FOREST], columns, "XBBH", free, shapes=scene.ground.stands.geometry.to_numpy())
    _spoil(scene, sheet, 1, faults)
    assert sheet.shapes is not None
    dbase.write_shapefile(folder / FOREST, sheet.columns, sheet.shapes, "Polygon", _written(scene, 1), 0)
    return len(sheet.position)


def _write_facilities(scene: Scene, delivery: int, devices: pd.DataFrame, faults: list[Fault]) -> int:
    points = scene.ground.facilities.geometry
    lon, lat = to_gcj02(*to_degrees(points.x.to_numpy(), points.y.to_numpy()))
    stream = np.where(devices["kind"] == "camera", "rtsp://127.0.0.1/" + devices["facility_id"].astype(str), "")
    columns = {
        "设施编号": text(devices["facility_id"]),
        "设施类型": words(devices["kind"], "facility_kind"),
        "设施名称": text(devices["name"]),
        "运行状态": words(devices["state"], "facility_state"),
        "状态起始": days(devices["since"], "%Y/%m/%d"),
        "服务功能": text(devices["functions"]),
        "开放时间": text(devices["hours"]),
        "视频地址": text(stream),
        "责任人": text(devices["chief"]),
        "责任人电话": text(devices["chief_phone"]),
        "经度": pa.array([f"{v:.7f}" for v in lon]),
        "纬度": pa.array([f"{v:.7f}" for v in lat]),
        "巡查日期": days(devices["verified"]),
    }
    sheet = Sheet(
        "facilities",
        [FACILITIES],
        columns,
        "设施编号",
        np.flatnonzero((devices["state"] == "working") & ~devices["kind"].isin(land.MONITORED)),
    )
    _spoil(scene, sheet, delivery, faults)
    if delivery == 1:
        _swap(scene, sheet, faults)
    writers.write_csv(scene.out / FOLDERS[delivery - 1] / FACILITIES, sheet.columns, "utf-8-sig")
    return len(sheet.position)


def _swap(scene: Scene, sheet: Sheet, faults: list[Fault]) -> None:
    """Some devices have longitude and latitude in each other's column."""
    taken = {fault.row for fault in faults if fault.dataset == "facilities"}
    free = [row for row in range(len(sheet.position)) if row + sheet.first_row not in taken]
    rows = np.random.default_rng([scene.seed, 600]).permutation(free)[: max(1, round(SWAPPED_DEVICES * scene.scale))]
    lon, lat = ({int(row): sheet.columns[header][int(row)].as_py() for row in rows} for header in ("经度", "纬度"))
    sheet.write("经度", lat)
    sheet.write("纬度", lon)
    for row in sorted(lon):
        key = sheet.columns["设施编号"][row].as_py()
        faults.append(Fault(1, "facilities", FACILITIES, None, row + sheet.first_row, "geom", None, "geometry_swapped", "refused", key))


def _write_staff(scene: Scene, delivery: int, staff: pd.DataFrame, faults: list[Fault]) -> dict[str, int]:
    names = scene.ledger.organisations
    columns = {
        "工号": text(staff["responder_id"]),
        "姓名": text(staff["name"]),
        "联系电话": text(staff["phone"]),
        "岗位类型": words(staff["post_type"], "post_type"),
        "队伍类别": words(staff["team_kind"], "team_kind"),
        "技能": text(staff["skills"]),
        "在岗状态": words(staff["duty"], "duty"),
        "单位编号": text(staff["organisation_id"]),
        "所属网格": text(staff["area_code"]),
        "经度": pa.array([f"{v:.6f}" for v in staff["lon"]]),
        "纬度": pa.array([f"{v:.6f}" for v in staff["lat"]]),
    }
    folder = scene.out / FOLDERS[delivery - 1]
    sheet = Sheet("staff", [STAFF], columns, "工号", np.flatnonzero(staff["team_kind"] == "volunteer"))
    _spoil(scene, sheet, delivery, faults)
    writers.write_csv(folder / STAFF, sheet.columns, "gbk")
    if delivery > 1:
        return {"staff": len(sheet.position)}
    until = scene.calendar.today.astype("M8[M]") + names["months"].to_numpy().astype("m8[M]")
    organisations = {
        "单位编号": text(names["organisation_id"]),
        "单位名称": text(names["name"]),
        "单位类别": words(names["kind"], "organisation_kind"),
        "联系人": text(names["contact"]),
        "联系电话": text(names["phone"]),
        "服务网格": text(names["area_code"]),
        "合同到期": days(np.where(names["kind"] == "property", until.astype("M8[D]"), np.datetime64("NaT"))),
    }
    writers.write_csv(folder / "人员" / "单位名录.csv", organisations, "utf-8")
    services = scene.ledger.services
    listed = {
        "服务编号": text(services["service_id"]),
        "服务名称": text(services["name"]),
        "清单类型": words(services["list_type"], "service_list"),
        "网格编码": text(services["area_code"]),
        "单位编号": text(services["organisation_id"]),
        "服务标准": text(services["standard"]),
        "服务频次": text(services["frequency"]),
        "完成率": ledger.texts(services["completion"]),
    }
    writers.write_csv(folder / "人员" / "服务清单.csv", listed, "gb18030")
    return {"staff": len(sheet.position), "organisations": len(names), "services": len(services)}


def write_cases(scene: Scene, delivery: int, cases: pd.DataFrame) -> list[Fault]:
    """The case ledger; returns its faults."""
    columns = {
        "案件编号": text(cases["case_id"]),
        "对象类别": words(cases["object_table"], "case_object"),
        "对象编号": text(cases["object_id"]),
        "事件类型": text(cases["event"]),
        "等级": words(cases["grade"], "event_grade_four"),
        "状态": words(cases["state"], "case_state"),
        "立案日期": days(cases["opened"]),
        "整改期限": days(cases["due"]),
        "结案日期": days(cases["closed"]),
        "复查通过": yes_no(cases["passed"]),
        "责任人": text(cases["responsible"]),
        "责任人电话": text(cases["phone"]),
    }
    sheet = Sheet("casework", [CASEWORK], columns, "案件编号", np.flatnonzero(cases["state"] == "closed"))
    faults: list[Fault] = []
    _spoil(scene, sheet, delivery, faults)
    writers.write_csv(scene.out / FOLDERS[delivery - 1] / CASEWORK, sheet.columns, "utf-8-sig")
    return faults


def _objects(frame: pd.DataFrame, key: str, level: int, events: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "object_id": frame[key].to_numpy(),
            "level": level,
            "event": events.to_numpy(),
            "responsible": frame["chief"].to_numpy(),
            "phone": frame["chief_phone"].to_numpy(),
        }
    )


def _cases(rng: np.random.Generator, scene: Scene, parcels: pd.DataFrame, stands: pd.DataFrame, devices: pd.DataFrame) -> pd.DataFrame:
    """Open cases of all red parcels, stands and devices, and of the orange parcels and stands."""
    parts = []
    for table, key, frame, column, red, events in (
        ("parcel", "parcel_id", parcels, "status", land.RED_STATUS, casework.PARCEL_EVENTS),
        ("stand", "stand_id", stands, "condition", land.RED_CONDITION, casework.STAND_EVENTS),
        ("facility", "facility_id", devices, "state", ("alarming", "closed"), {}),
    ):
        wrong = frame[frame[column].isin((*events, *red))]
        objects = _objects(wrong, key, 1, wrong[column].map(events).astype(object).fillna("0951")).assign(
            level=np.where(wrong[column].isin(red), 1, 2)
        )
        parts.append(casework.open_cases(rng, table, objects, scene.calendar, 1, 40))
    return pd.concat(parts, ignore_index=True)


def _updates(
    rng: np.random.Generator,
    scene: Scene,
    parcels: pd.DataFrame,
    devices: pd.DataFrame,
    cases: pd.DataFrame,
    counts: dict[tuple[str, str], int],
    faults: list[Fault],
) -> Outcome:
    """Devices at the second delivery, land and staff at the third, with their cases."""
    devices, later = _repair(rng, scene, devices, cases)
    counts[FOLDERS[1], "facilities"] = _write_facilities(scene, 2, devices, faults)
    parcels, last = _restore(rng, scene, parcels, later)
    counts[FOLDERS[2], "land"] = _write_land(scene, 3, parcels, faults)
    staff = scene.ledger.staff.copy()
    changed = rng.permutation(len(staff))[: max(1, len(staff) // 50)]
    staff.loc[changed, "duty"] = np.where(staff.loc[changed, "duty"] == "on", "off", "on")
    counts |= {(FOLDERS[2], name): count for name, count in _write_staff(scene, 3, staff, faults).items()}
    return Outcome((cases, later, last), counts, faults)


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
    seen = rng.permutation(
        np.flatnonzero((status == "in_use") & ground & (parcels["surveyed_year"] == scene.calendar.year - 1).to_numpy())
    )[: len(fixed)]
    status[fixed], status[seen] = "in_use", "change_unverified"
    changed = np.r_[fixed, seen]
    verified[changed] = scene.calendar.before(rng, len(changed), 20, 1, 3)
    restored = set(parcels["parcel_id"].to_numpy()[fixed])
    rows = np.flatnonzero((cases["object_table"] == "parcel") & cases["object_id"].isin(restored))
    return parcels.assign(status=status, verified=verified), casework.close(rng, cases, rows, scene.calendar, 3)
