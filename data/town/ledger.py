"""Staff, organisations, services and the small chiefs who answer for houses, fields and woods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from data.town import identity

POSTS = ("house", "field", "forest")
_SKILLS = ("电工", "木工", "水管维修", "家电维修", "调解", "急救", "驾驶", "摄影", "外语", "计算机")
_UNITS = (
    "供电所",
    "自来水公司",
    "燃气公司",
    "城市管理执法中队",
    "派出所",
    "市场监督管理所",
    "水务管理站",
    "林业站",
    "规划资源所",
    "消防救援站",
    "房屋管理所",
    "环卫所",
)
_SERVICES = (
    ("basic", "车辆停放管理", "每日巡查两次", "每日"), ("basic", "公共安全巡防", "夜间至少一次", "每日"),
    ("basic", "实有人口登记", "三日内上门", "每周"),
    ("basic", "环境保洁", "道路无暴露垃圾", "每日"), ("sinking", "燃气安全检查", "入户检查并留单", "每季"),
    ("sinking", "纠纷调解", "五日内调解", "按需"),
    ("sinking", "消防设施维护", "灭火器有效", "每月"), ("value_added", "居家养老服务", "独居老人每周探访", "每周"),
    ("value_added", "公共食堂", "工作日供餐", "每日"), ("value_added", "儿童托管", "放学后两小时", "工作日"),
)  # fmt: skip
_PROPERTY_NAMES = "安居和顺嘉宁瑞景"
OFFICE_PHONES = 9_000_000  # work telephones of organisations start here, staff numbers below


@dataclass(frozen=True, slots=True)
class Ledger:
    """Staff, organisations and services; `chiefs` by leaf area and `heads` by any area, with names and phones."""

    staff: pd.DataFrame
    organisations: pd.DataFrame
    services: pd.DataFrame
    chiefs: pd.DataFrame
    heads: pd.DataFrame


def build_ledger(rng: np.random.Generator, areas: pd.DataFrame, scale: float) -> Ledger:
    """`areas` has code, parent_code, level, name, kind, lon, lat. Numbers are those of the domain report times `scale`."""
    villages = areas[areas["level"] == 1].reset_index(drop=True)
    organisations = _organisations(rng, villages)
    leaves = areas[~areas["code"].isin(set(areas["parent_code"]))].reset_index(drop=True)
    staff = _staff(rng, areas, villages, leaves, organisations, scale)
    chiefs = staff[staff["team_kind"] == "chief"].drop_duplicates(["area_code", "post"])
    wide = {f"{post}_{what}": chiefs[chiefs["post"] == post].set_index("area_code")[what] for post in POSTS for what in ("name", "phone")}
    table = pd.DataFrame(wide).reindex(leaves["code"])
    for what in ("name", "phone"):  # one chief holds every post of an estate
        for post in POSTS[1:]:
            table[f"{post}_{what}"] = table[f"{post}_{what}"].fillna(table[f"house_{what}"])
    return Ledger(staff, organisations, _services(rng, villages, organisations), table, _heads(staff, areas))


def _staff(
    rng: np.random.Generator, areas: pd.DataFrame, villages: pd.DataFrame, leaves: pd.DataFrame, organisations: pd.DataFrame, scale: float
) -> pd.DataFrame:
    grids = areas[areas["level"] == 2]["code"].to_numpy()
    teams = leaves[leaves["level"] == 3]["code"].to_numpy()
    estates = leaves[leaves["level"] == 2]["code"].to_numpy()
    town = areas["code"].iloc[0]
    heads = np.r_[[town], villages["code"], grids]  # everyone heads one area; the rest of the grid members go to villages
    extra = max(0, round(230 * scale) - len(grids))
    parts = [
        _posts("duty", "management", np.repeat(town, max(2, round(6 * scale))), ""),
        _posts("grid", "management", heads[: 1 + len(villages)], "head"),
        _posts("grid", "basic", grids, "head"),
        _posts("grid", "basic", rng.choice(villages["code"], extra), ""),
        _posts("property", "basic", rng.choice(villages["code"], max(3, round(520 * scale))), ""),
        _posts("volunteer", "basic", rng.choice(leaves["code"], max(5, round(1900 * scale))), ""),
        _posts("emergency", "professional", rng.choice(villages["code"], max(2, round(60 * scale))), ""),
        *(_posts("chief", "basic", teams, post) for post in POSTS),
        _posts("chief", "basic", estates, "house"),
    ]
    staff = pd.concat(parts, ignore_index=True)
    return staff.assign(**_particulars(rng, staff, areas, organisations))


def _posts(team_kind: str, post_type: str, areas: np.ndarray, post: str) -> pd.DataFrame:
    return pd.DataFrame({"area_code": areas, "team_kind": team_kind, "post_type": post_type, "post": post})


def _particulars(rng: np.random.Generator, staff: pd.DataFrame, areas: pd.DataFrame, organisations: pd.DataFrame) -> dict[str, np.ndarray]:
    count, place = len(staff), areas.set_index("code").loc[staff["area_code"]]
    skill = rng.integers(0, len(_SKILLS), (count, 2))
    several = rng.random(count)
    skills = [
        ("、".join(dict.fromkeys((_SKILLS[a], _SKILLS[b]))) if s < 0.25 else _SKILLS[a] if s < 0.6 else "")
        for (a, b), s in zip(skill, several, strict=True)
    ]
    companies = organisations[organisations["kind"] == "property"]["organisation_id"].to_numpy()
    employer = np.where(staff["team_kind"] == "property", rng.choice(companies, count), "")
    duty = rng.choice(["on", "off", "leave"], count, p=[0.46, 0.5, 0.04])
    return {
        "responder_id": np.array([f"GH{number:06d}" for number in range(1, count + 1)], object),
        "name": np.array(identity.random_names(rng, count), object),
        "phone": np.array(identity.staff_phones(np.arange(1, count + 1)), object),
        "skills": np.array(skills, object),
        "duty": np.where(staff["team_kind"] == "duty", "on", duty),
        "organisation_id": employer,
        "lon": place["lon"].to_numpy(),
        "lat": place["lat"].to_numpy(),
    }


def _heads(staff: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Name and phone of the head of every area; a team is headed by its house chief."""
    known = staff[staff["post"].isin(("head", "house"))].drop_duplicates("area_code").set_index("area_code")[["name", "phone"]]
    return known.reindex(areas["code"]).fillna("")


def _organisations(rng: np.random.Generator, villages: pd.DataFrame) -> pd.DataFrame:
    town = villages["parent_code"].iloc[0]
    companies = max(2, len(villages) // 5)
    rows = [
        ("property", f"{a}{b}物业服务有限公司", villages["code"].iloc[k % len(villages)])
        for k, (a, b) in zip(range(companies), _pairs(), strict=False)
    ]
    rows += [("unit", name, town) for name in _UNITS]
    rows += [("party", f"{name}党支部", code) for name, code in zip(villages["name"], villages["code"], strict=True)]
    frame = pd.DataFrame(rows, columns=["kind", "name", "area_code"])
    count = len(frame)
    return frame.assign(
        organisation_id=[f"DW{number:05d}" for number in range(1, count + 1)],
        contact=identity.random_names(rng, count).to_pylist(),
        phone=identity.staff_phones(OFFICE_PHONES + np.arange(1, count + 1)).to_pylist(),
        months=rng.integers(3, 40, count),
    )


def _pairs() -> list[tuple[str, str]]:
    pairs = [(a, b) for a in _PROPERTY_NAMES for b in _PROPERTY_NAMES if a != b]
    return pairs + [(a + c, b) for a, b in pairs for c in "东南西北新大"]


def _services(rng: np.random.Generator, villages: pd.DataFrame, organisations: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(_SERVICES, columns=["list_type", "name", "standard", "frequency"]).merge(
        villages[["code"]].rename(columns={"code": "area_code"}), how="cross"
    )
    companies = organisations[organisations["kind"] == "property"]["organisation_id"].to_numpy()
    count = len(frame)
    return frame.assign(
        service_id=[f"FW{number:06d}" for number in range(1, count + 1)],
        organisation_id=rng.choice(companies, count),
        completion=np.round(rng.beta(14, 1.5, count), 3),
    )


def texts(values: pd.Series) -> pa.Array:
    """A column as text."""
    return pa.array(values.astype(str), pa.string())
