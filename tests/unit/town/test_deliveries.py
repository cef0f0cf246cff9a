"""The three deliveries: files as departments send them, dates that derive from one day, and the changes between them."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely

from data.errors import SettingsError
from data.schema import TABLES
from data.town.deliveries import write_town
from data.town.manifest import DATASETS, LEVELS
from data.town.offsets import to_gcj02
from tests.unit.town.conftest import SCALE, SEED, TODAY, Town, fingerprints

DAYS = {1: TODAY - timedelta(days=60), 2: TODAY - timedelta(days=30), 3: TODAY - timedelta(days=1)}


def test_each_delivery_says_its_day_and_names_files_that_exist(town: Town) -> None:
    for number, day in DAYS.items():
        raw = town.delivery(number)
        assert raw.toml["town"]["delivered_at"] == day
        assert raw.toml["town"]["synthetic"] is True
        assert [level["zh"] for level in raw.toml["town"]["levels"]] == [zh for zh, _ in LEVELS]
        for entry in raw.toml["dataset"]:
            assert list(raw.folder.glob(entry["file"])), entry["file"]


def test_the_base_holds_every_dataset_and_the_updates_only_what_changed(town: Town) -> None:
    names = {number: {entry["name"] for entry in town.delivery(number).toml["dataset"]} for number in DAYS}
    assert names[1] == set(DATASETS)
    assert names[2] == {"houses", "rentals", "migrants", "casework", "facilities"}
    assert names[3] == {"houses", "rooms", "residents", "overseas", "lodging", "rentals", "migrants", "casework", "land", "staff"}


def test_every_header_is_known_to_the_contract_or_is_plainly_extra(town: Town) -> None:
    extra = {"序号", "YSDM", "CUN", "geometry", "file", "row", "total", "经度", "纬度"}
    for name, entry in DATASETS.items():
        known = {alias for column in TABLES[entry.table].all_columns for alias in (column.name, column.zh, *column.aliases)}
        known |= set(entry.fields.values())
        assert set(town.delivery(1).read(name).columns) - known <= extra, name


def test_every_table_gets_its_required_columns(town: Town) -> None:
    for name, entry in DATASETS.items():
        headers = set(town.delivery(1).read(name).columns)
        for column in TABLES[entry.table].columns:
            if column.required and column.name not in entry.constants:
                assert headers & {column.name, column.zh, *column.aliases}, (name, column.name)


def test_the_manifest_counts_the_rows_of_the_files(town: Town) -> None:
    for (folder, name), count in town.manifest.rows.items():
        assert len(town.delivery(int(folder[0])).read(name)) == count, (folder, name)


def test_shapefiles_are_gbk_without_a_word_about_it(town: Town) -> None:
    files = sorted((town.out / "1-base").rglob("*.shp"))
    assert files and not list(town.out.rglob("*.cpg"))
    languages = {path.with_suffix(".dbf").read_bytes()[29] for path in files}
    assert languages == {0, 0x4D}
    houses = next(path for path in files if "房屋" in path.name)
    assert "示范镇".encode("gbk") in houses.with_suffix(".dbf").read_bytes()
    assert all(len(field.encode()) <= 10 for path in files for field in pyogrio.read_info(path, encoding="GBK")["fields"])


def test_workbooks_have_a_title_two_header_rows_serial_numbers_and_a_total(town: Town) -> None:
    path = sorted((town.out / "1-base" / "流动人口").glob("*.xlsx"))[0]
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert str(rows[0][0]).endswith("流动人口登记表")
    assert {"A1:S1", "A2:A3"} <= {str(merged) for merged in sheet.merged_cells.ranges}
    assert rows[1][:2] == ("序号", "基本信息") and rows[2][1] == "姓名"
    assert [row[0] for row in rows[3:-1]] == list(range(1, len(rows) - 3))
    assert rows[-1][:2] == ("合计", f"共{len(rows) - 4}条")
    assert sheet["O4"].is_date or sheet["O4"].value is None


def test_there_is_one_workbook_a_village(town: Town) -> None:
    villages = set(town.delivery(1).read("grid_village")["WGMC"])
    assert {path.stem for path in (town.out / "1-base" / "流动人口").glob("*.xlsx")} == villages


def test_devices_are_delivered_with_the_offset_of_phone_maps(town: Town) -> None:
    devices = town.delivery(1).read("facilities")
    lon, lat = devices["经度"].astype(float).to_numpy(), devices["纬度"].astype(float).to_numpy()
    grid = town.delivery(1).read("grid_town").to_crs(4490)
    upright = lon > 90
    assert shapely.contains_xy(grid.geometry[0].buffer(0.012), lon[upright], lat[upright]).all()
    assert not shapely.contains_xy(grid.geometry[0], lon[upright], lat[upright]).all()


def test_the_offset_has_the_value_of_the_domain_report() -> None:
    lon, lat = to_gcj02(np.array([121.70]), np.array([31.20]))
    assert (round(float(lon[0]), 6), round(float(lat[0]), 6)) == (121.704339, 31.197926)


def test_no_date_lies_after_the_delivery_that_tells_it(town: Town) -> None:
    past = {"立案日期", "结案日期", "采集日期", "登记日期", "来本地日期", "检查日期", "SJRQ", "巡查日期", "状态起始", "最近走访日期"}
    for number, day in DAYS.items():
        for name in {entry["name"] for entry in town.delivery(number).toml["dataset"]}:
            frame, bad = town.delivery(number).read(name), town.spoiled(number, name)
            frame = frame[[(file, row) not in bad for file, row in zip(frame["file"], frame["row"], strict=True)]]
            for header in past & set(frame.columns):
                values = frame[header].astype(str).str.replace(r"[-/.]", "", regex=True)
                values = values[values.str.fullmatch("[0-9]{8}")]
                assert len(values) and values.max() <= day.strftime("%Y%m%d"), (name, header)


def test_every_red_object_has_an_open_case_with_a_limit_and_somebody_responsible(town: Town) -> None:
    for number in DAYS:
        cases = town.delivery(number).read("casework")
        assert not cases["案件编号"].duplicated().any()
        current = cases[cases["状态"] == "处置中"]
        assert (current[["整改期限", "责任人", "责任人电话"]] != "").all(axis=None)
        assert _red(town, number) <= set(current["对象编号"])


def _red(town: Town, number: int) -> set[str]:
    """Objects that a hard trigger makes red, as far as one row tells it."""
    houses, rentals = town.delivery(number).read("houses"), town.delivery(number).read("rentals")
    hard = (houses["WFDJ"] == "D级") | (houses["CGZR"] == "是") | (houses["SHY"] == "是") | (houses["RQYH"] == "严重")
    scores = rentals[[header for header in rentals.columns if header.endswith("得分")]].astype(float).sum(axis=1)
    red = set(houses[hard]["FWBH"]) | set(rentals[(scores < 60) | (rentals["连续黄色次数"].astype(int) >= 3)]["房屋编号"])
    if number == 1:
        land, forest = town.delivery(1).read("land"), town.delivery(1).read("forest")
        red |= set(land[land["LYZK"].isin(("违法占用", "占用耕地"))]["BSM"])
        red |= set(forest[forest["JK_ZK"].isin(("火灾", "盗伐", "侵占林地"))]["XBBH"])
    return red - {""}


def test_every_closed_case_passed_its_check_after_it_was_opened(town: Town) -> None:
    cases = town.delivery(3).read("casework")
    closed = cases[cases["状态"] == "已结案"]
    assert (closed["复查通过"] == "是").all()
    assert (closed["结案日期"] >= closed["立案日期"]).all()
    assert len(closed) > len(town.delivery(1).read("casework").query("状态 == '已结案'"))


def test_reds_are_put_right_between_deliveries_and_others_are_found(town: Town) -> None:
    first, last = (set(c[c["状态"] == "处置中"]["案件编号"]) for c in (town.delivery(n).read("casework") for n in (1, 3)))
    assert first - last
    assert last - first


def test_updates_change_a_little_and_leave_the_rest_alone(town: Town) -> None:
    first, last = (town.delivery(n).read("houses").drop_duplicates("FWBH").set_index("FWBH") for n in (2, 3))
    new, gone = set(last.index) - set(first.index) - {""}, set(first.index) - set(last.index) - {""}
    assert 0 < len(new) <= 10 and not gone
    both = [code for code in first.index if code and code in last.index]
    changed = (first.loc[both].drop(columns=["geometry", "file", "row"]) != last.loc[both].drop(columns=["geometry", "file", "row"])).any(
        axis=1
    )
    assert 0 < changed.mean() < 0.06


def test_people_come_and_go(town: Town) -> None:
    first, last = (set(town.delivery(n).read("migrants")["身份证号码"]) for n in (2, 3))
    assert 0 < len(last - first) < 0.04 * len(last)
    assert 0 < len(first - last) < 0.04 * len(last)


def test_village_houses_are_used_as_the_report_says(town: Town) -> None:
    use = town.delivery(1).read("houses").query("FJS != ''")["FWYT"].value_counts(normalize=True)
    assert 0.35 < use["自住"] < 0.75
    assert 0.15 < use["部分出租"] + use["全部出租"] < 0.55
    assert 0.03 < use["空置"] < 0.2


def test_the_same_arguments_give_the_same_bytes_in_every_file(tmp_path: Path, town: Town) -> None:
    again = write_town(tmp_path, SCALE, SEED, TODAY)
    assert again.rows == town.manifest.rows and again.faults == town.manifest.faults
    assert fingerprints(tmp_path) == fingerprints(town.out)


def test_a_folder_that_is_no_demonstration_town_is_not_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "1-base" / "town.toml"
    kept.parent.mkdir()
    kept.write_text('[town]\nname = { zh = "真镇", en = "Real" }\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="no demonstration town"):
        write_town(tmp_path, SCALE, SEED, TODAY)
    assert kept.exists()


def test_another_day_replaces_the_town_moves_the_dates_and_keeps_the_kinds_of_faults(tmp_path: Path, town: Town) -> None:
    stale = tmp_path / "1-base" / "流动人口" / "旧村.xlsx"
    stale.parent.mkdir(parents=True)
    stale.touch()
    shutil.copy(town.out / "1-base" / "town.toml", tmp_path / "1-base")
    moved = Town(tmp_path, write_town(tmp_path, SCALE, SEED, date(2028, 2, 29)))
    assert not stale.exists()
    assert moved.delivery(3).toml["town"]["delivered_at"] == date(2028, 2, 28)
    assert Counter(f["fault"] for f in moved.faults).keys() == Counter(f["fault"] for f in town.faults).keys()
