"""The files of one batch at one delivery, with the faults that the manifest lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from data.town import dbase, render, workbook, writers
from data.town.calendar import FOLDERS, Calendar
from data.town.dwellings import OWN, R_STORAGE, R_VACANT
from data.town.evolve import State
from data.town.faults import Fault, Kind, Sheet, cross, name_of, share, spoil
from data.town.grading import BLUE, GREEN
from data.town.mistakes import CROSSED, HOUSES_IN_WOODS, KINDS
from data.town.persons import HOMELESS, LINKED, LOST, Numbering
from data.town.visitors import LODGING, MIGRANTS, OVERSEAS

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
    workbook.Group(
        "安全管理",
        ("隐患类型", "隐患发现日期", "是否签订治安责任保证书", "烟感报警器", "是否有管理人", "有无消防通道", "未登记天数", "连续黄色次数"),
    ),
    workbook.Group("评分", ("人员登记得分", "消防得分", "治安得分", "结构合法性得分", "卫生得分", "邻里得分", "房东责任得分")),
    workbook.Group("", ("检查日期",)),
)
AGAIN = 0.3  # of the first delivery's faults come up again, in other rows, in the second


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a worker needs: the batch `number` of `batches`, its houses with their shapes, and wooded parcels nearby."""

    number: int
    batches: int
    town_name: str
    out: Path
    seed: int
    scale: float
    calendar: Calendar
    numbering: Numbering
    houses: pd.DataFrame
    shapes: np.ndarray
    woods: np.ndarray


@dataclass
class Written:
    """What was written at one delivery."""

    rows: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Writer:
    """One batch at one delivery."""

    job: Job
    state: State
    delivery: int
    rng: np.random.Generator

    def write(self) -> Written:
        """Write all files; returns rows and faults."""
        present = ~self.state.houses["new"].to_numpy() if self.delivery < 3 else np.ones(len(self.state.houses), bool)
        people = self.state.people[present[self.state.people["house"]]]
        done = Written()
        self._houses(done, present)
        migrants = people[~people["local"] & (people["register"] == MIGRANTS)]
        self._migrants(done, migrants)
        self._rentals(done, self.state.houses[(self.state.houses["let_rooms"] > 0) & present], migrants)
        if self.delivery != 2:
            self._rooms(done, self.state.rooms[present[self.state.rooms["house"]]])
            self._residents(done, people[people["local"]])
            self._visitors(done, people)
        return done

    @property
    def _folder(self) -> Path:
        return self.job.out / FOLDERS[self.delivery - 1]

    @property
    def _day(self) -> date:
        day: date = self.job.calendar.delivered(self.delivery).astype(object)
        return day

    @property
    def _part(self) -> str:
        return f"第{self.job.number + 1:02d}片"

    def _count(self, kind: str, per_town: int, least: int, again: bool) -> int:
        if self.delivery == 3 or (self.delivery == 2 and not again):
            return 0
        share_of = 1.0 if self.delivery == 1 else AGAIN
        return share(
            kind,
            round(per_town * share_of),
            min(least, 1) if self.delivery == 2 else least,
            self.job.scale,
            self.job.number,
            self.job.batches,
        )

    def _spoil(self, done: Written, sheet: Sheet) -> None:
        counts = {name_of(kind): self._kind_count(kind) for kind in KINDS if kind.dataset == sheet.dataset}
        done.faults += spoil(self.rng, sheet, KINDS, counts, self.delivery)

    def _kind_count(self, kind: Kind) -> int:
        return self._count(name_of(kind), kind.per_town, kind.least, kind.again)

    # --- houses and rooms

    def _houses(self, done: Written, present: np.ndarray) -> None:
        houses = self.state.houses[present]
        name = f"房屋/{self._part}房屋.shp"
        sound = (houses["trouble"] == "").to_numpy() & houses["level"].isin((GREEN, BLUE)).to_numpy() & houses["home"].to_numpy()
        lived_in = sound & (houses["occupancy"] == OWN).to_numpy() & ~houses["flats"].to_numpy() & (houses["occupants"] > 0).to_numpy()
        sheet = Sheet(
            "houses",
            [name],
            render.house_columns(houses),
            "FWBH",
            np.flatnonzero(sound),
            shapes=self.job.shapes[present],
            tags={"lived_in": lived_in},
        )
        self._spoil(done, sheet)
        if self.delivery < 3:
            self._bend(done, sheet, lived_in)
        done.rows["houses"] = len(sheet.position)
        assert sheet.shapes is not None
        language = (0, 0x4D)[self.job.number % 2]  # 0: the table does not tell its encoding; 0x4D: code page 936
        dbase.write_shapefile(self._folder / name, sheet.columns, sheet.shapes, "Polygon", self._day, language)

    def _bend(self, done: Written, sheet: Sheet, lived_in: np.ndarray) -> None:
        """Footprints that cross themselves, and houses drawn into a wood."""
        spoiled = {fault.row for fault in done.faults if fault.dataset == "houses"}
        clean = np.array([row for row, number in enumerate(sheet.rows()) if lived_in[sheet.position[row]] and number not in spoiled], int)
        crossed = cross(self.rng, sheet, self._count("houses/crossed", CROSSED["houses"], 2, True), self.delivery, clean)
        done.faults += crossed
        free = np.setdiff1d(clean, [fault.row - sheet.first_row for fault in crossed if fault.row])
        count = self._count("houses/woods", HOUSES_IN_WOODS, 2, False)
        done.faults += self._into_woods(sheet, self.rng.permutation(free), count)

    def _into_woods(self, sheet: Sheet, rows: np.ndarray, count: int) -> list[Fault]:
        faults: list[Fault] = []
        assert sheet.shapes is not None
        for wood in self.rng.permutation(self.job.woods):
            if len(faults) == count or len(faults) == len(rows):
                break
            row = int(rows[len(faults)])
            moved = _moved(sheet.shapes[row], shapely.point_on_surface(wood))
            if wood.contains(moved):
                sheet.shapes[row] = moved
                key = sheet.columns["FWBH"][row].as_py()
                place = (sheet.files[0], None, row + sheet.first_row)
                faults.append(Fault(self.delivery, "houses", *place, "geom", None, "house_on_forest_land", "contradiction", key))
        return faults

    def _rooms(self, done: Written, rooms: pd.DataFrame) -> None:
        name = f"房屋/{self._part}房间.csv"
        idle = np.flatnonzero((rooms["people"] == 0) & rooms["use"].isin((R_VACANT, R_STORAGE)))
        sheet = Sheet("rooms", [name], render.room_columns(self.state.houses, rooms), "房间编号", idle)
        self._spoil(done, sheet)
        done.rows["rooms"] = len(sheet.position)
        writers.write_csv(self._folder / name, sheet.columns, "gb18030")

    # --- people

    def _residents(self, done: Written, people: pd.DataFrame) -> None:
        name = f"人口/{self._part}户籍人口.csv"
        columns = render.resident_columns(self.state.houses, self.state.rooms, people, self.job.town_name)
        free = np.flatnonzero((people["link"] == LINKED) & (people["care"] == "") | people["visited"].notna() & (people["link"] == LINKED))
        sheet = Sheet("residents", [name], columns, "公民身份号码", free, tags={"cared": people["visited"].notna().to_numpy()})
        self._spoil(done, sheet)
        self._unlinked(done, "residents", people)
        done.rows["residents"] = len(sheet.position)
        writers.write_csv(self._folder / name, sheet.columns, "gb18030")

    def _visitors(self, done: Written, people: pd.DataFrame) -> None:
        """The registers of the exit-entry bureau and of lodgers; all of these people can be tied to a house."""
        for dataset, register, columns_of, key, name, encoding in (
            ("overseas", OVERSEAS, render.overseas_columns, "证件号码", "境外人员", "utf-8-sig"),
            ("lodging", LODGING, render.lodging_columns, "公民身份号码", "寄住人口", "gb18030"),
        ):
            mine = people[~people["local"] & (people["register"] == register)]
            file = f"人口/{self._part}{name}.csv"
            sheet = Sheet(dataset, [file], columns_of(self.state.houses, self.state.rooms, mine), key, np.arange(len(mine)))
            self._spoil(done, sheet)
            done.rows[dataset] = len(sheet.position)
            writers.write_csv(self._folder / file, sheet.columns, encoding)

    def _unlinked(self, done: Written, dataset: str, people: pd.DataFrame) -> None:
        """People who cannot be tied to a house, as two counts."""
        for link, reason in ((HOMELESS, "no_house"), (LOST, "house_unknown")):
            count = int((people["link"] == link).sum())
            done.faults.append(Fault(self.delivery, dataset, None, None, None, "house_id", None, reason, "unlinked", None, count))

    def _migrants(self, done: Written, people: pd.DataFrame) -> None:
        people = people.iloc[np.argsort(self._of_house(people, "village_code"), kind="stable")]
        serial = {"来本地日期": workbook.serial_dates(people["arrived"].to_numpy())}
        columns = render.migrant_columns(self.state.houses, self.state.rooms, people, serial)
        first = ~people["house"].duplicated().to_numpy() | (self._of_house(people, "trouble") == "group")
        free = np.flatnonzero((people["link"] == LINKED).to_numpy() & ~first)
        sheet = self._by_village("migrants", "流动人口", columns, "身份证号码", free, self._of_house(people, "village_name"), "流动人口")
        self._spoil(done, sheet)
        self._unlinked(done, "migrants", people)
        done.rows["migrants"] = len(sheet.position)
        self._workbooks(sheet, "流动人口登记表", MIGRANT_GROUPS, ("来本地日期",))

    def _of_house(self, people: pd.DataFrame, column: str) -> np.ndarray:
        return np.asarray(self.state.houses[column].to_numpy()[people["house"]], object)

    def _rentals(self, done: Written, houses: pd.DataFrame, migrants: pd.DataFrame) -> None:
        houses = houses.iloc[np.argsort(houses["village_code"].to_numpy(object), kind="stable")]
        tenants = render.tenant_names(migrants, houses)
        serial = {"出租时间": workbook.serial_dates(self.job.calendar.delivered(1) - houses["let_age"].to_numpy())}
        columns = render.rental_columns(houses, tenants, serial)
        free = np.flatnonzero((houses["level"] == BLUE) & (houses["room_count"] < 10) & ~houses["manager"])
        sheet = self._by_village("rentals", "出租房", columns, "房屋编号", free, houses["village_name"].to_numpy(object), "台账")
        self._spoil(done, sheet)
        done.rows["rentals"] = len(sheet.position)
        self._workbooks(sheet, "出租房屋管理台账", RENTAL_GROUPS, ("出租时间",))

    # --- workbooks

    def _by_village(
        self, dataset: str, folder: str, columns: dict[str, pa.Array], keys: str, free: np.ndarray, village: np.ndarray, sheet: str
    ) -> Sheet:
        """A sheet whose rows, village by village, go to one file each."""
        number, names = pd.factorize(village)
        files = [f"{folder}/{name}.xlsx" for name in names]
        return Sheet(dataset, files, columns, keys, free, sheet, workbook.FIRST_ROW, np.asarray(number))

    def _workbooks(self, sheet: Sheet, title: str, groups: tuple[workbook.Group, ...], dates: tuple[str, ...]) -> None:
        assert sheet.file_of is not None
        xml = workbook.cell_rows(sheet.columns, sheet.rows(), dates)
        ends = np.cumsum(np.bincount(sheet.file_of, minlength=len(sheet.files)))
        for file, start, end in zip(sheet.files, np.r_[0, ends[:-1]], ends, strict=True):
            rows, name = xml.slice(start, end - start), Path(file).stem
            workbook.write_workbook(
                self._folder / file, f"{name}{title}", sheet.sheet or "Sheet1", groups, rows, {1: f"共{len(rows)}条"}, self._day
            )


def _moved(shape: shapely.Geometry, spot: shapely.Point) -> shapely.Geometry:
    """The shape with its centroid at `spot`, corners on whole centimetres."""
    by = shapely.get_coordinates(spot)[0] - shapely.get_coordinates(shapely.centroid(shape))[0]
    return shapely.transform(shape, lambda xy: np.round(xy + by, 2))
