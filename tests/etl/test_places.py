"""Tables that carry their places in cells, on their way through a load."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyproj import Transformer
from rich.console import Console
from tiny_town import TinyTown, X, Y, home_of, tiny_town

from data.clock import now
from data.errors import ContractError
from etl.core.deliver import Delivery
from etl.core.report import Report
from etl.core.run import Run
from etl.core.scratch import scratch
from etl.core.town_file import load_town_file

SPOTS = [Transformer.from_crs(4550, 4490, always_xy=True).transform(X + 100 + 150 * n, Y + 500) for n in range(20)]


def town_of(folder: Path, name: str, rows: list[dict[str, Any]], table: str = "facility", options: str = "") -> TinyTown:
    """The areas and one table of rows."""
    town = tiny_town(folder)
    town.datasets = {"areas": town.datasets["areas"], name: (table, rows)}
    town.options[name] = options
    return town


def placed(file: Path) -> int:
    """How many rows of the last dataset have a place after reading, checking and locating."""
    settings, day = home_of(file.parent), date(2026, 9, 23)
    with scratch(settings, now(settings)) as work:
        delivery = Delivery(load_town_file(file), file.parent, day, day)
        last = Run(settings, work, Report(Console(file=io.StringIO())), delivery, [], day, everything=True).take_in()[-1]
        (found,) = work.connection.execute(f"SELECT count(*) FROM {last.placed.relation} WHERE geom IS NOT NULL").fetchall()[0]
        return int(found) if last.result.refused == 0 else -last.result.refused


def devices(x: str, y: str) -> list[dict[str, Any]]:
    return [{"设施编号": f"S{n}", "名称": f"探头{n}", "设施类型": "摄像头", x: lon, y: lat} for n, (lon, lat) in enumerate(SPOTS)]


def test_a_workbook_whose_coordinates_stand_below_a_merged_title_loads_without_mapping(tmp_path: Path) -> None:
    town = town_of(tmp_path / "town", "devices", devices("经度", "纬度"))
    path = town.write()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for place, title in enumerate(("设施编号", "名称", "设施类型"), 1):
        sheet.cell(1, place, title)
        sheet.merge_cells(start_row=1, end_row=2, start_column=place, end_column=place)
    sheet.cell(1, 4, "坐标")
    sheet.merge_cells("D1:E1")
    sheet.cell(2, 4, "经度")
    sheet.cell(2, 5, "纬度")
    for row in devices("经度", "纬度"):
        sheet.append(list(row.values()))
    book.save(tmp_path / "town/devices.xlsx")
    path.write_text(path.read_text(encoding="utf-8").replace("devices.csv", "devices.xlsx"), encoding="utf-8")
    assert placed(path) == 20


def test_a_table_without_places_is_refused_once_with_its_headers_and_the_remedy(tmp_path: Path) -> None:
    town = town_of(tmp_path / "town", "devices", devices("东向读数", "北向读数"))
    with pytest.raises(ContractError) as refused:
        placed(town.write())
    for language, told in (("zh", "既没有图形，也没有可识别的坐标列"), ("en", "neither geometry nor headers")):
        message, remedy = refused.value.said(language)
        assert told in message and "东向读数" in message and "devices.csv" in message and 'fields = { lon = "…", lat = "…" }' in remedy


def test_the_headers_that_the_town_file_names_are_taken_and_a_wrong_one_is_told_with_the_nearest(tmp_path: Path) -> None:
    rows = devices("东向读数", "北向读数")
    assert placed(town_of(tmp_path / "town", "devices", rows, options='fields = { lon = "东向读数", lat = "北向读数" }').write()) == 20
    wrong = town_of(tmp_path / "town", "devices", rows, options='fields = { lon = "东向度数", lat = "北向读数" }')
    with pytest.raises(ContractError, match=r"fields.lon names the header '东向度数'.*东向读数"):
        placed(wrong.write())


def test_people_on_duty_need_no_place(tmp_path: Path) -> None:
    rows = [{"工号": f"R{n}", "姓名": f"陈{n}", "队伍类别": "网格员"} for n in range(3)]
    assert placed(town_of(tmp_path / "town", "duty", rows, table="responder").write()) == 0
