"""The phone page in a real browser: without a network nothing is lost, and what is sent twice is one incident."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe import serious
from conftest import Server
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def town(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own with a log of its own."""
    folder = tmp_path_factory.mktemp("report")
    running = Server(Path(shutil.copytree(home, folder / "home", ignore=shutil.ignore_patterns("ops"))), folder / "server.log")
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


@pytest.fixture
def phone(chromium: Browser, town: Server) -> Iterator[BrowserContext]:
    """A phone that knows where it is: in the middle of the town."""
    lon, lat = middle(town)
    context = chromium.new_context(
        viewport=PHONE, has_touch=True, geolocation={"longitude": lon, "latitude": lat, "accuracy": 9}, permissions=["geolocation"]
    )
    yield context
    context.close()


def middle(town: Server) -> tuple[float, float]:
    lon, lat = httpx.get(f"{town.url}/api/plane").json()["centre"]
    return lon, lat


def incidents(town: Server) -> list[dict[str, Any]]:
    cookies = {"onescreen-duty": "acceptor"}
    return list(httpx.get(f"{town.url}/api/incidents?feed=report&sort=newest", cookies=cookies).json()["rows"])


def opened(phone: BrowserContext, town: Server) -> Page:
    page = phone.new_page()
    page.goto(f"{town.url}/report")
    return page


def fill(page: Page, text: str) -> None:
    page.locator("[data-type='0152']").first.click()
    page.get_by_role("button", name="定位我的位置").click()
    expect(page.locator("#report-where-said")).to_contain_text("误差约 9 米")
    page.locator("[name=description]").fill(text)


def test_a_report_without_a_network_is_kept_said_so_and_sent_once_when_it_is_back(
    phone: BrowserContext, town: Server, tmp_path: Path
) -> None:
    picture = tmp_path / "large.jpg"
    Image.new("RGB", (4000, 3000), "brown").save(picture, exif=_position())
    page = opened(phone, town)
    fill(page, "桥头路面塌了一块")
    page.set_input_files("#report-file", picture)
    expect(page.locator(".report-photos img")).to_have_count(1)
    phone.set_offline(True)
    page.get_by_role("button", name="上报").click()
    entry = page.locator(".report-entry")
    expect(entry).to_have_attribute("data-state", "waiting")
    expect(entry).to_contain_text("已保存在这部手机上")
    assert incidents(town) == []
    page.close()  # the phone is put away; what was kept is in the browser, not in the page
    phone.set_offline(False)
    entry = opened(phone, town).locator(".report-entry")
    expect(entry).to_have_attribute("data-state", "done")
    (row,) = incidents(town)
    expect(entry).to_contain_text(row["id"])
    assert (row["type"], row["description"], row["photos"], row["source"]) == ("0152", "桥头路面塌了一块", 1, "public")
    photo = httpx.get(f"{town.url}/api/incidents/{row['id']}", cookies={"onescreen-duty": "acceptor"}).json()["photos"][0]
    sent = tmp_path / "sent.jpg"
    sent.write_bytes(httpx.get(f"{town.url}/api/photos/{photo['id']}", cookies={"onescreen-duty": "acceptor"}).content)
    with Image.open(sent) as small:
        assert small.size == (1600, 1200) and not small.getexif()


def _position() -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def test_an_answer_that_is_lost_on_the_way_makes_no_second_incident(phone: BrowserContext, town: Server) -> None:
    before = len(incidents(town))
    page = opened(phone, town)

    def swallow(route: Route) -> None:
        httpx.post(f"{town.url}/api/report", content=route.request.post_data_buffer, headers={"content-type": "application/json"})
        route.abort()

    page.route("**/api/report", swallow, times=1)
    fill(page, "井盖不见了")
    page.get_by_role("button", name="上报").click()
    entry = page.locator(".report-entry").first
    expect(entry).to_have_attribute("data-state", "done")
    assert len(incidents(town)) == before + 1
    entry.get_by_role("button", name="查询进度").click()
    expect(entry.locator(".report-progress")).to_contain_text("等待受理")


def test_what_is_missing_is_said_and_a_pin_corrects_where_it_is(phone: BrowserContext, town: Server) -> None:
    page = opened(phone, town)
    page.get_by_role("button", name="上报").click()
    expect(page.locator(".report-wrong li")).to_have_text(["请选择类型。", "请定位，或在地图上点选，或填写地址。"])
    fill(page, "")
    expect(page.locator(".report-wrong li")).to_have_count(0)
    pin = page.locator(".leaflet-marker-icon")
    expect(pin).to_be_visible()
    page.locator("#report-where").scroll_into_view_if_needed()
    box = pin.bounding_box()
    assert box
    page.mouse.move(box["x"] + 22, box["y"] + 22)
    page.mouse.down()
    page.mouse.move(box["x"] + 70, box["y"] + 60, steps=5)
    page.mouse.up()
    expect(page.locator("#report-where-said")).to_have_text("位置已更正。")
    page.get_by_role("button", name="上报").click()
    expect(page.locator(".report-entry").first).to_have_attribute("data-state", "done")
    row, (lon, lat) = incidents(town)[0], middle(town)
    assert row["lon"] > lon and row["lat"] < lat


def test_a_refusal_is_said_and_brings_the_report_back_to_be_corrected(phone: BrowserContext, town: Server) -> None:
    phone.set_geolocation({"longitude": 2.35, "latitude": 48.85, "accuracy": 9})
    page = opened(phone, town)
    page.locator("[data-type='0152']").first.click()
    page.get_by_role("button", name="定位我的位置").click()
    expect(page.locator("#report-where-said")).to_contain_text("不在本镇范围内")
    page.locator("[name=description]").fill("在别处")
    page.get_by_role("button", name="上报").click()
    entry = page.locator(".report-entry").first
    expect(entry).to_have_attribute("data-state", "refused")
    entry.get_by_role("button", name="修改后重新上报").click()
    expect(page.locator("[name=description]")).to_have_value("在别处")
    expect(page.locator(".report-entry[data-state=refused]")).to_have_count(0)


def test_a_report_that_the_server_cannot_take_is_kept_and_told_and_those_behind_it_go_on(phone: BrowserContext, town: Server) -> None:
    page = opened(phone, town)

    def fails(route: Route) -> None:
        broken = "打不开" in str(route.request.post_data_json)
        route.fulfill(status=500, body="Internal Server Error") if broken else route.continue_()

    page.route("**/api/report", fails)
    for text in ("打不开", "后来的"):
        fill(page, text)
        page.get_by_role("button", name="上报").click()
    later, stuck = (page.locator(".report-entry").nth(n) for n in range(2))
    expect(later).to_have_attribute("data-state", "done")
    expect(stuck).to_contain_text("服务器暂时收不下这一件（500）")
    page.unroute("**/api/report")
    page.reload()
    expect(stuck).to_have_attribute("data-state", "done", timeout=10_000)
    assert {row["description"] for row in incidents(town)[:2]} == {"打不开", "后来的"}


@pytest.mark.parametrize(("look", "language"), [("light", ""), ("dark", "en")])
def test_the_phone_page_is_small_narrow_and_can_be_used_by_everybody(phone: BrowserContext, town: Server, look: str, language: str) -> None:
    chosen = {"onescreen-look": look, "onescreen-language": language}
    phone.add_cookies([{"name": name, "value": value, "url": town.url} for name, value in chosen.items() if value])
    page = phone.new_page()
    came: list[int] = []
    page.on("response", lambda answer: came.append(int(answer.headers.get("content-length") or 0)))
    page.goto(f"{town.url}/report")
    expect(page.locator(".report-type").first).to_be_visible()
    page.locator(".report-class").first.click()
    assert sum(came) < 120_000, "what stands there before the map is opened"
    assert not serious(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    sizes = page.locator("button:visible, input:visible, summary:visible").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(({width, height}) => [width, height])"
    )
    assert not [size for size in sizes if size[0] > 1 and min(size) < 44], "a thumb needs 44 pixels"
