"""One batch of villages: its people and houses, their three states, and its files. Batches are independent, so that they run in parallel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from data.town import render, workbook, writers
from data.town.calendar import FOLDERS, Calendar
from data.town.casework import HOUSE_EVENTS, case_objects, open_cases
from data.town.evolve import State, step
from data.town.grading import ORANGE, RED, YELLOW
from data.town.persons import Numbering, describe
from data.town.population import settle
from data.town.register import describe_houses

NUMBER_BLOCKS = 4  # one for those present from the start, one for each update
MIGRANT_GROUPS = (
    workbook.Group("", ("序号",)),
    workbook.Group("基本信息", ("姓名", "性别", "身份证号码", "出生日期", "文化程度", "婚姻状况", "联系电话", "户籍地省份")),
    workbook.Group("居住信息", ("房屋编号", "房间号", "现住地址", "住所类型", "与户主关系")),
    workbook.Group("登记信息", ("来本地日期", "流入原因", "办证类型", "证件到期日期", "登记日期")),
)
RENTAL_GROUPS = (
    workbook.Group("", ("序号",)),
    workbook.Group("房屋及出租人", ("房屋编号", "房屋地址", "出租人姓名", "房东电话", "承租人姓名")),
    workbook.Group("出租情况", ("出租用途", "出租间数", "限住人数", "月租金", "出租时间")),
    workbook.Group("安全管理", ("隐患类型", "隐患发现日期", "是否签订治安责任保证书", "烟感报警器", "是否有管理人", "有无消防通道", "未登记天数", "连续黄色次数")),
    workbook.Group("评分", ("人员登记得分", "消防得分", "治安得分", "结构合法性得分", "卫生得分", "邻里得分", "房东责任得分")),
    workbook.Group("", ("检查日期",)),
)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a worker needs. `houses` has the columns that `settle` asks for, and address, building, chief, chief_phone, village_name."""

    number: int
    town_name: str
    out: Path
    seed: int
    calendar: Calendar
    numbering: Numbering
    houses: pd.DataFrame
    shapes: np.ndarray


@dataclass(frozen=True, slots=True)
class Outcome:
    """`cases` of each delivery, and number of rows by delivery folder and dataset."""

    cases: tuple[pd.DataFrame, ...]
    rows: dict[tuple[str, str], int]


def make(job: Job) -> Outcome:
    """Write the files of the batch for all deliveries."""
    rng = np.random.default_rng([job.seed, 100, job.number])
    town = settle(rng, job.houses)
    people = describe(rng, town, job.calendar, job.numbering)
    houses = describe_houses(rng, town, people, job.calendar)
    houses["new"] = _withheld(rng, houses)
    state = State(houses, town.rooms, people, _first_cases(rng, houses, job.calendar))
    cases, rows = [], {}
    for delivery, folder in enumerate(FOLDERS, start=1):
        if delivery > 1:
            state = step(rng, state, job.calendar, delivery, job.numbering)
        rows |= {(folder, name): count for name, count in _write(job, state, delivery).items()}
        cases.append(state.cases[~state.cases["object_id"].isin(set(state.houses["house_id"][state.houses["new"]]))] if delivery < 3 else state.cases)
    return Outcome(tuple(cases), rows)


def _withheld(rng: np.random.Generator, houses: pd.DataFrame) -> np.ndarray:
    """Houses that are finished only at the third delivery: sound, lived in by their owners."""
    sound = np.flatnonzero((houses["trouble"] == "") & (houses["let_rooms"] == 0) & (houses["setting"] == "village") & (houses["occupancy"] == 0))
    new = np.zeros(len(houses), bool)
    new[rng.permutation(sound)[: max(1, round(0.0015 * len(houses)))]] = True
    return new


def _first_cases(rng: np.random.Generator, houses: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Cases of all red houses, most orange and some yellow ones; and the closed ones of the past half year."""
    chance = houses["level"].map({RED: 1.0, ORANGE: 0.7, YELLOW: 0.3}).fillna(0.0) * houses["trouble"].isin(list(HOUSE_EVENTS))
    wrong = houses[rng.random(len(houses)) < chance]
    current = open_cases(rng, "house", case_objects(wrong), calendar, 1, 28)
    past = houses[(houses["trouble"] == "") & (rng.random(len(houses)) < 0.02)]
    closed = open_cases(rng, "house", case_objects(past).assign(level=3, event="0652"), calendar, 1, 180)
    end = np.minimum(closed["opened"].to_numpy() + rng.integers(1, 40, len(closed)), calendar.delivered(1) - 1)
    closed = closed.assign(state="closed", closed=end, passed=True)
    return pd.concat([current, closed], ignore_index=True)


def _write(job: Job, state: State, delivery: int) -> dict[str, int]:
    """All files of the batch that delivery `delivery` holds; returns rows by dataset."""
    folder, written = job.out / FOLDERS[delivery - 1], job.calendar.delivered(delivery).astype(object)
    present = ~state.houses["new"].to_numpy() if delivery < 3 else np.ones(len(state.houses), bool)
    people = state.people[present[state.people["house"]]]
    locals_, migrants = people[people["local"]], people[~people["local"]]
    rented = state.houses[(state.houses["let_rooms"] > 0) & present]
    name = f"第{job.number + 1:02d}片"
    count = {"houses": int(present.sum()), "migrants": len(migrants), "rentals": len(rented)}
    path = folder / "房屋" / f"{name}房屋.shp"
    writers.write_shapefile(path, render.house_columns(state.houses[present]), job.shapes[present], "Polygon", written, (0, 0x4D)[job.number % 2])
    _write_migrants(job, folder, state, migrants, written)
    _write_rentals(job, folder, state, rented, people, written)
    if delivery != 2:
        rooms = state.rooms[present[state.rooms["house"]]]
        writers.write_csv(folder / "房屋" / f"{name}房间.csv", render.room_columns(state.houses, rooms), "gb18030")
        residents = render.resident_columns(state.houses, state.rooms, locals_, job.town_name)
        writers.write_csv(folder / "人口" / f"{name}户籍人口.csv", residents, "gb18030")
        count |= {"rooms": len(rooms), "residents": len(locals_)}
    return count


def _write_migrants(job: Job, folder: Path, state: State, people: pd.DataFrame, written: object) -> None:
    village = state.houses["village_name"].to_numpy()[people["house"]]
    order = np.argsort(state.houses["village_code"].to_numpy()[people["house"]], kind="stable")
    people, village = people.iloc[order], village[order]
    serial = {"来本地日期": workbook.serial_dates(people["arrived"].to_numpy())}
    columns = render.migrant_columns(state.houses, state.rooms, people, serial)
    _write_workbooks(folder / "流动人口", "流动人口登记表", "流动人口", columns, village, MIGRANT_GROUPS, ("来本地日期",), written)


def _write_rentals(job: Job, folder: Path, state: State, houses: pd.DataFrame, people: pd.DataFrame, written: object) -> None:
    houses = houses.iloc[np.argsort(houses["village_code"].to_numpy(), kind="stable")]
    tenants = render.tenant_names(people[~people["local"]], houses)
    serial = {"出租时间": workbook.serial_dates(job.calendar.delivered(1) - houses["let_age"].to_numpy())}
    columns = render.rental_columns(houses, tenants, serial)
    _write_workbooks(folder / "出租房", "出租房屋管理台账", "台账", columns, houses["village_name"].to_numpy(), RENTAL_GROUPS, ("出租时间",), written)


def _write_workbooks(
    folder: Path, title: str, sheet: str, columns: dict[str, pa.Array], village: np.ndarray, groups: tuple[workbook.Group, ...],
    dates: tuple[str, ...], written: object,
) -> None:  # fmt: skip
    """One workbook a village; `village` holds its name for every row, rows of a village together."""
    if not len(village):
        return
    starts = np.flatnonzero(np.r_[True, village[1:] != village[:-1]])
    size = np.diff(np.r_[starts, len(village)])
    row = workbook.FIRST_ROW + np.arange(len(village)) - np.repeat(starts, size)
    xml = workbook.cell_rows(columns, row, dates)
    for start, count in zip(starts, size, strict=True):
        name = str(village[start])
        rows, total = xml.slice(start, count), {1: f"共{count}条"}
        workbook.write_workbook(folder / f"{name}.xlsx", f"{name}{title}", sheet, groups, rows, total, written)
