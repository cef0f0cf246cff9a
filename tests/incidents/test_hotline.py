"""Orders of the hotline go in as the platform exports them; a wrong row is named to the cell and comes back."""

import base64
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from fake_intake import LABELS, TYPES, FakeIntake, client
from square_town import publish
from starlette.testclient import TestClient

from data.errors import NetworkError
from data.policy import Actor
from data.store.serving import ServingStore
from incidents.core.place import Places
from incidents.core.spec import Report
from incidents.feeds import hotline
from incidents.feeds.hotline import FEED, lines, read

ZONE = ZoneInfo("Asia/Shanghai")
OPTIONS: dict[str, Any] = {"zone": ZONE, "types": TYPES, "label": lambda vendor, label: LABELS.get((vendor, label))}
HEADER = ["序号", "工单编号", "来电时间", "问题类别", "诉求内容", "诉求地址", "来电人", "联系电话（手机）"]
GOOD = ["1", "SH20261122001", "2026-11-22 08:15:00", "占道停车", "消防通道被占", "苇圩村1组12号", "王建国", "13812345678"]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    store = ServingStore(publish(tmp_path_factory.mktemp("hotline")))
    yield Places(store)
    store.close()


@pytest.fixture
def intake(places: Places) -> FakeIntake:
    fake = FakeIntake(places)
    fake.who = Actor("acceptor", "小李")
    return fake


@pytest.fixture
def web(intake: FakeIntake) -> TestClient:
    return client(FEED, intake)


def csv_of(*rows: list[str], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def book_of(*rows: list[Any], above: int = 0) -> bytes:
    book = openpyxl.Workbook()
    for _ in range(above):
        book.active.append(["12345 热线工单导出"])
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def became(content: bytes, name: str = "orders.csv") -> list[Report | NetworkError]:
    return [line.became for line in lines(name, content, OPTIONS)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_an_order_becomes_a_report_in_any_usual_encoding(encoding: str) -> None:
    (report,) = became(csv_of(HEADER, GOOD, encoding=encoding))
    assert isinstance(report, Report)
    assert (report.type, report.external_id, report.address, report.reporter) == ("0505", "SH20261122001", "苇圩村1组12号", "王建国")
    assert report.at == datetime(2026, 11, 22, 8, 15, tzinfo=ZONE) and report.phone == "13812345678" and report.source == "hotline"


def test_a_workbook_with_a_title_a_real_date_and_a_total_is_read(tmp_path: Path) -> None:
    row = ["1", 20261122001, datetime.fromisoformat("2026-11-22T08:15"), "机动车乱停放", "…", "苇圩村1组12号", None, 13812345678]
    content = book_of(HEADER, row, ["合计", "1"], above=2)
    (line,) = lines("orders.xlsx", content, OPTIONS)
    assert (
        isinstance(line.became, Report)
        and line.row == 4
        and line.became.external_id == "20261122001"
        and line.became.phone == "13812345678"
    )
    assert line.became.at == datetime(2026, 11, 22, 8, 15, tzinfo=ZONE)
    (tmp_path / "orders.xlsx").write_bytes(content)
    assert list(read(tmp_path / "orders.xlsx", OPTIONS)) == [line.became]


def test_english_headers_semicolons_and_names_are_read() -> None:
    content = b"Order No;Created At;Type;Description;Lon;Lat;Grade\n7;2026-11-22T08:15:00+08:00;parking;x;121.705;31.205;III"
    (report,) = became(content)
    assert isinstance(report, Report) and (report.type, report.lon, report.grade) == ("0505", 121.705, 3)


@pytest.mark.parametrize(
    "text",
    ["2026/11/22 8:15", "2026年11月22日 8时15分", "2026.11.22 08:15", "20261122081500", "2026-11-22T08:15:00", "2026年11月22日8时15分00秒"],
)
def test_a_date_is_read_as_people_write_it(text: str) -> None:
    (report,) = became(csv_of(HEADER, [*GOOD[:2], text, *GOOD[3:]]))
    assert isinstance(report, Report) and report.at == datetime(2026, 11, 22, 8, 15, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("工单编号", "", "number"),
        ("来电时间", "昨天", "at"),
        ("问题类别", "", "type"),
        ("问题类别", "乱停放机动车", "type"),
        ("工单编号", "x" * 101, "number"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_file_row_column_value_and_remedy(column: str, value: str, field: str) -> None:
    row = [value if title == column else cell for title, cell in zip(HEADER, GOOD, strict=True)]
    first, error, last = became(csv_of(HEADER, GOOD, row, [*GOOD[:1], "SH2", *GOOD[2:]]))
    assert isinstance(first, Report) and isinstance(last, Report) and isinstance(error, NetworkError)
    assert error.field == field and error.message.startswith(f"orders.csv, row 3, column {column}: ") and value[:20] in error.message
    assert f"第 3 行，“{column}”列" in error.zh and error.remedy and error.zh_remedy
    if value == "乱停放机动车":
        assert "机动车乱停放" in error.remedy


def test_a_file_without_a_header_or_of_another_kind_is_refused() -> None:
    for content in (b"a,b\n1,2\n", b"", b"\x00\x01\x02\xff\xfe", b"PK\x03\x04 broken", csv_of(HEADER)):
        with pytest.raises(NetworkError) as caught:
            became(content)
        assert caught.value.field == "file" and caught.value.zh_remedy


def test_a_file_of_too_many_rows_is_refused_as_a_whole_and_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotline, "MOST_ROWS", 2)
    assert len(became(csv_of(HEADER, GOOD, GOOD))) == 2
    with pytest.raises(NetworkError, match="over 2 rows"):
        became(csv_of(HEADER, GOOD, GOOD, GOOD))


def test_an_upload_takes_the_good_rows_and_gives_the_others_back_with_the_reason(web: TestClient, intake: FakeIntake) -> None:
    bad_place = ["3", "SH3", *GOOD[2:5], "外镇某路1号", *GOOD[6:]]
    bad_type = ["4", "SH4", GOOD[2], "外星人", *GOOD[4:]]
    content = csv_of(HEADER, GOOD, bad_place, bad_type, ["5", "SH5", *GOOD[2:]], GOOD)
    answer = web.post("/api/hotline?name=工单.csv", content=content, headers={"content-type": "text/csv"})
    told = answer.json()
    assert answer.status_code == 207 and (told["rows"], told["taken"], told["known"]) == (5, 2, 1)
    assert [(one["row"], one["field"]) for one in told["refused"]] == [(3, "address"), (4, "type")]
    assert told["refused"][0]["error"].startswith("工单.csv, row 3")
    sheet = openpyxl.load_workbook(io.BytesIO(base64.b64decode(told["book"]))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][2:] == tuple(HEADER) and [row[3] for row in rows[1:]] == ["SH3", "SH4"] and "第 3 行" in rows[1][0]


def test_a_mended_book_of_refused_rows_can_be_sent_again(web: TestClient, intake: FakeIntake) -> None:
    answer = web.post("/api/hotline?name=a.csv", content=csv_of(HEADER, ["1", "SH9", GOOD[2], "外星人", *GOOD[4:]]))
    book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(answer.json()["book"])))
    book.active["F2"] = "占道停车"
    out = io.BytesIO()
    book.save(out)
    again = web.post("/api/hotline?name=a.xlsx", content=out.getvalue())
    assert again.status_code == 200 and again.json()["taken"] == 1 and intake.reports[0].external_id == "SH9"


def test_who_may_not_import_is_refused(web: TestClient, intake: FakeIntake) -> None:
    intake.who = Actor("unit", "环卫所")
    answer = web.post("/api/hotline", content=csv_of(HEADER, GOOD))
    assert answer.status_code == 403 and "导入热线工单" in answer.json()["zh"] and not intake.commands
