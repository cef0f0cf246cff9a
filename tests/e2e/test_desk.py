"""The duty desk and the incidents of /town in a real browser: by keyboard, with another officer beside one, with the cable pulled."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe import serious
from conftest import Server, opening, ready
from geometry import SHIFTED, faults
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

DISPATCHER, LEADER, ACCEPTOR = "dispatcher", "leader", "acceptor"
Open = Callable[..., Page]


class Officer:
    """Somebody else at the same town, by HTTP."""

    def __init__(self, url: str, duty: str = "shift_leader", name: str = "") -> None:
        cookies = {"onescreen-duty": duty} | ({"onescreen-duty-name": name} if name else {})
        self.web = httpx.Client(base_url=url, cookies=cookies, timeout=30)
        areas: dict[str, Any] = self.web.get("/api/areas").json()
        self.teams = sorted(code for code in areas if len(code) == max(map(len, areas)))

    def report(self, *steps: str, **more: Any) -> str:
        told = {"type": "0102", "area": self.teams[0], "source": "patrol", **more}
        number = str(self.web.post("/api/incidents", json=told).json()["incident"])
        for step in steps:
            self.step(number, step)
        return number

    def step(self, number: str, step: str, **fields: Any) -> None:
        answer = self.web.post(f"/api/incidents/{number}/steps", json={"step": step, **fields})
        assert answer.status_code == 200, answer.text

    def card(self, number: str) -> dict[str, Any]:
        return dict(self.web.get(f"/api/incidents/{number}").json())

    def photo(self, number: str, kind: str) -> None:
        out = io.BytesIO()
        Image.new("RGB", (64, 48), "green").save(out, "JPEG")
        sent = self.web.post(f"/api/photos?kind={kind}", content=out.getvalue(), headers={"content-type": "image/jpeg"})
        self.step(number, "attach", photos=[sent.json()["photo"]])


@pytest.fixture(scope="module")
def town(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own with a log of its own."""
    folder = tmp_path_factory.mktemp("desk")
    running = Server(Path(shutil.copytree(home, folder / "home", ignore=shutil.ignore_patterns("ops"))), folder / "server.log")
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


@pytest.fixture(scope="module")
def other(town: Server) -> Officer:
    return Officer(town.url)


@pytest.fixture
def desk(chromium: Browser, town: Server) -> Iterator[Open]:
    """`desk("dispatcher", queue="state=filed")`: the desk as that duty sees it, following the log."""
    with opening(chromium, town) as opened:

        def at(duty: str, queue: str = "", path: str = "/desk", **more: Any) -> Page:
            page = opened("/report", **more)  # a page without a log: the cookie is there before the desk is
            page.context.add_cookies([{"name": "onescreen-duty", "value": duty, "url": town.url}])
            page.goto(f"{town.url}{path}" + (f"?queue={queue}" if queue else ""))
            expect(page.locator("html")).to_have_attribute("data-live", "live")
            return page

        yield at


def state(page: Page, text: str) -> None:
    expect(page.locator("#duty-card .state-tag")).to_have_text(text)


def test_an_incident_is_dispatched_to_the_nearest_in_three_keys(desk: Open, other: Officer) -> None:
    number = other.report("accept", "file")
    page = desk(DISPATCHER, queue="state%3Dfiled", size=(1920, 1080))
    expect(page.locator(".duty-row")).to_have_count(1)
    actions = ["j", "d", "Enter"]  # select, choose the nearest, confirm
    page.keyboard.press(actions[0])
    expect(page.locator("#duty-card .case-id")).to_have_text(number)
    page.keyboard.press(actions[1])
    nearest = page.locator(".near-row").first
    expect(nearest).to_be_focused()
    wanted = nearest.get_attribute("data-responder")
    page.keyboard.press(actions[2])
    state(page, "已派遣")
    told = other.card(number)["incident"]
    assert (told["state"], told["responder"]) == ("dispatched", wanted) and wanted
    person = other.card(number)["responder"]
    expect(page.locator("#duty-card .facts a.call")).to_have_attribute("href", f"tel:{person['phone']}")
    expect(page.locator("#duty-card .facts")).to_contain_text(person["name"])
    assert len(actions) <= 3


def test_who_was_first_is_told_with_name_and_time(desk: Open, town: Server, other: Officer) -> None:
    number, quicker = other.report(), Officer(town.url, name="%E6%9D%8E%E6%98%8E")
    page = desk(ACCEPTOR, path=f"/desk?incident={number}", watched=False)  # a refusal is an answer with an error's number
    state(page, "已上报")

    def overtaken(route: Route) -> None:
        quicker.step(number, "accept")
        route.continue_()

    page.route("**/steps", overtaken, times=1)
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("李明 · 值班长 已于 09:42 先行“受理”")
    state(page, "已受理")
    assert [event["step"] for event in other.card(number)["history"]] == ["report", "accept"]


def test_a_step_taken_without_a_network_waits_says_so_and_is_taken_once(desk: Open, other: Officer) -> None:
    number = other.report()
    page = desk(ACCEPTOR, path=f"/desk?incident={number}", watched=False)
    state(page, "已上报")
    lost: list[str] = []
    page.route("**/steps", lambda route: (lost.append(route.request.url), route.abort()))
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("“受理”已记下")
    expect(page.locator("#duty-waits")).to_contain_text("1 项操作待发送")
    page.unroute("**/steps")
    state(page, "已受理")
    expect(page.locator("#duty-waits")).to_be_empty()
    assert lost and [event["step"] for event in other.card(number)["history"]] == ["report", "accept"]


def test_a_batch_whose_answer_was_lost_is_done_once_by_one_of_two_tabs_and_said_to_be_done(desk: Open, other: Officer) -> None:
    numbers = [other.report("accept", "file", "dispatch", type="0153", area=other.teams[1]) for _ in range(2)]
    page = desk(DISPATCHER, queue="type%3D0153", watched=False)
    expect(page.locator(".duty-row")).to_have_count(2)
    beside = page.context.new_page()
    beside.goto(page.url)
    expect(beside.locator("html")).to_have_attribute("data-live", "live")
    sent: list[Any] = []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data_json)
        if len(sent) == 1:
            route.fetch()  # the server has taken it, and nobody hears
            route.abort()
        else:
            route.continue_()

    page.context.route("**/api/steps", lose)
    page.bring_to_front()
    page.keyboard.press("X")
    page.locator("#duty-chosen [data-step=extend]").click()
    page.locator(".step-form [name=value]").fill("5")
    page.locator(".step-form [name=note]").fill("等材料")
    page.get_by_role("button", name="确认延期").click()
    expect(page.locator("#toast")).to_contain_text("延期：2 件完成，0 件未成")
    beside.wait_for_timeout(1200)  # its look at what waits, once a second
    assert len(sent) == 2 and sent[0] == sent[1] and set(sent[0]["if_seqs"]) == set(numbers)
    for number in numbers:
        assert [event["step"] for event in other.card(number)["history"]].count("extend") == 1
    assert page.evaluate("localStorage.getItem('onescreen-desk-waits')") == "[]"


def test_a_step_kept_under_one_duty_is_not_sent_under_another_and_says_so(desk: Open, other: Officer) -> None:
    number = other.report()
    page = desk(ACCEPTOR, path=f"/desk?incident={number}", watched=False)
    state(page, "已上报")
    page.route("**/steps", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#duty-waits")).to_contain_text("1 项操作待发送")
    page.locator("#acting-duty").select_option(DISPATCHER)
    page.unroute("**/steps")
    expect(page.locator("#toast")).to_contain_text("“受理”没有提交：记下时的岗位是受理员，现在是派遣员")
    expect(page.locator("#duty-waits")).to_be_empty()
    assert [event["step"] for event in other.card(number)["history"]] == ["report"]


def test_many_are_taken_at_once_and_each_filter_says_what_it_leaves(desk: Open, other: Officer) -> None:
    numbers = [other.report(type="0152", grade=2) for _ in range(40)]
    page = desk(ACCEPTOR, queue="type%3D0152")
    expect(page.locator("#duty-count")).to_contain_text("40 /")
    assert page.locator(".duty-row").count() < 40, "only the rows in sight are drawn"
    expect(page.locator("select[data-facet=grade] option", has_text="Ⅱ级 40")).to_have_count(1)
    page.keyboard.press("X")
    expect(page.locator("#duty-chosen strong")).to_have_text("已选 40 件")
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("受理：40 件完成")
    assert {other.card(number)["incident"]["state"] for number in (numbers[0], numbers[-1])} == {"accepted"}
    page.keyboard.press("/")
    page.keyboard.type(numbers[7][-6:])
    expect(page.locator("#duty-count")).to_contain_text("1 /")
    page.keyboard.press("Escape")
    expect(page.locator("#queue")).to_be_focused()


def test_what_is_new_is_said_and_what_has_changed_is_counted_until_one_has_looked(desk: Open, other: Officer) -> None:
    page = desk(ACCEPTOR)
    expect(page.locator("#duty-changed")).to_have_text("上次查看后没有变化")
    other.report(type="0404")
    expect(page.locator("#duty-said")).to_contain_text("下水道堵塞或破损")
    page.reload()
    expect(page.locator("#duty-changed")).to_have_text("上次查看后 1 处变化")
    page.keyboard.press("w")
    expect(page.locator("dialog .event")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("W")
    expect(page.locator("#duty-changed")).to_have_text("上次查看后没有变化")


def test_the_next_shift_reads_what_this_one_wrote(desk: Open) -> None:
    page = desk("shift_leader")
    page.keyboard.press("o")
    page.get_by_role("button", name="填入当前情况").click()
    page.locator("dialog textarea").press_sequentially("北桥积水")
    page.get_by_role("button", name="保存交接").click()
    expect(page.locator("#toast")).to_have_text("交接已保存。")
    after = desk(ACCEPTOR)
    expect(after.locator("[data-act=desk-handover]")).to_have_attribute("data-some", "")
    after.keyboard.press("o")
    expect(after.locator(".handover").first).to_contain_text("北桥积水")
    expect(after.locator("[data-act=desk-handover]")).not_to_have_attribute("data-some", "")


def test_duplicates_are_merged_and_the_merging_undone(desk: Open, other: Officer) -> None:
    keep, again = other.report(type="0551", area=other.teams[-1]), other.report(type="0551", area=other.teams[-1])
    page = desk("shift_leader", path=f"/desk?incident={again}")
    page.locator(f"[data-merge='{keep}']").click()
    state(page, "已并案")
    page.locator("#duty-card .facts").get_by_role("button", name=keep).click()
    page.get_by_role("button", name="撤销并案").click()
    expect(page.get_by_role("button", name="撤销并案")).to_have_count(0)
    assert other.card(again)["incident"]["state"] == "reported"


def test_before_and_after_lie_over_each_other_with_a_line_to_drag(desk: Open, other: Officer) -> None:
    number = other.report()
    other.photo(number, "before")
    other.photo(number, "after")
    page = desk(ACCEPTOR, path=f"/desk?incident={number}")
    line = page.locator(".compare-line")
    line.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert page.locator(".compare-after").evaluate("e => getComputedStyle(e).clipPath").endswith(" 60%)")
    assert page.locator(".compare-photos img").evaluate_all("all => all.every(one => one.naturalWidth === 64)")


def test_a_unit_reports_back_with_a_picture_of_afterwards(desk: Open, other: Officer, tmp_path: Path) -> None:
    number = other.report("accept", "file", "dispatch", area=other.teams[-1])
    other.photo(number, "before")
    page = desk("unit", path=f"/desk?incident={number}", size=(1920, 1080))
    state(page, "已派遣")
    page.keyboard.press("s")
    state(page, "处置中")
    page.keyboard.press("h")
    picture = tmp_path / "after.jpg"
    Image.new("RGB", (64, 48), "white").save(picture)
    page.locator(".step-form [name=note]").fill("已清理")
    page.set_input_files(".step-form input[type=file]", picture)
    page.get_by_role("button", name="确认处置完成").click()
    state(page, "已处置")
    expect(page.locator(".compare-after")).to_have_count(1)
    assert sorted(photo["kind"] for photo in other.card(number)["photos"]) == ["after", "before"]


def test_a_place_is_corrected_by_pointing_at_the_map(desk: Open, other: Officer) -> None:
    number = other.report(area=other.teams[-1])
    before = other.card(number)["incident"]
    page = desk(ACCEPTOR, path=f"/desk?incident={number}", size=(1920, 1080))
    page.locator("#duty-card [data-step=relocate]").click()
    point = "([lon, lat]) => { const {x, y} = onescreen.desk.map.map.latLngToContainerPoint([lat, lon]); return [x, y]; }"
    x, y = page.evaluate(point, [before["lon"] - 0.0005, before["lat"] + 0.0005])
    page.locator("#desk-map").click(position={"x": x, "y": y})
    page.get_by_role("button", name="确认改位置").click()
    expect(page.locator("#duty-card .event-what").first).to_have_text("改位置")
    after = other.card(number)["incident"]
    assert after["lon"] == pytest.approx(before["lon"] - 0.0005, abs=1e-4) and after["lat"] > before["lat"]


def test_on_a_small_screen_the_map_has_the_room_until_a_card_is_opened_and_keeps_it_in_sight(desk: Open, other: Officer) -> None:
    number = other.report(type="0154", area=other.teams[-1])
    page = desk(ACCEPTOR, queue="type%3D0154", size=(1024, 768))
    expect(page.locator(".duty-row")).to_have_count(1)
    sizes = "({clientWidth, clientHeight}) => [clientWidth, clientHeight]"
    canvas = "() => { const {x, y} = onescreen.desk.map.map.getSize(); return [x, y]; }"
    page.wait_for_function("document.getElementById('desk-map').clientHeight > 500 && onescreen.desk.map.map.getSize().y > 500")
    assert page.evaluate(canvas) == page.locator("#desk-map").evaluate(sizes)
    centre = "() => { const {lat, lng} = onescreen.desk.map.map.getCenter(); return [lat, lng]; }"
    before = page.evaluate(centre)
    page.keyboard.press("j")
    expect(page.locator("#duty-card .case-id")).to_have_text(number)
    page.wait_for_function("onescreen.desk.map.map.getSize().y < 260")
    assert page.evaluate(canvas) == page.locator("#desk-map").evaluate(sizes)
    there = other.card(number)["incident"]
    assert page.evaluate("at => onescreen.desk.map.map.getBounds().contains(at)", [there["lat"], there["lon"]]), before


@pytest.mark.parametrize(("look", "language", "size"), [("dark", "", (1920, 1080)), ("light", "en", (1024, 768))])
def test_the_desk_can_be_used_by_everybody(desk: Open, other: Officer, look: str, language: str, size: tuple[int, int]) -> None:
    number = other.report("accept", "file", grade=1)
    other.step(number, "supervise", level=3, note="x")
    page = desk("shift_leader", path=f"/desk?incident={number}", look=look, language=language, size=size)
    expect(page.locator("[data-step=dispatch]")).to_be_visible()
    assert page.evaluate(SHIFTED) < 0.1, "what is filled later has had its place"
    page.locator("[data-step=dispatch]").click()
    expect(page.locator(".near-row").first).to_be_focused()
    assert not serious(page)
    # Long names of units end in … in English, and are whole in the tooltip.
    assert set(found := faults(page)) <= ({"cut"} if language else set()), found
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert not serious(page, within=["dialog"])


def test_on_the_town_page_each_figure_opens_the_list_that_it_counts(desk: Open, other: Officer) -> None:
    page = desk(LEADER, path="/town", size=(1280, 800))
    ready(page)
    total = other.web.get("/api/incidents?state=open&size=1").json()["total"]
    shown = page.locator("[data-count=open]")
    expect(shown).to_have_text(str(total))
    shown.click()
    expect(page.locator("#town-cases-title")).to_have_text(f"在办：{total} 件")
    expect(page.locator("#town-cases .case-row")).to_have_count(min(total, 60))
    village = other.teams[0][:12]
    page.goto(page.url.split("?")[0] + f"?area={village}")
    here = other.web.get(f"/api/incidents?state=open&area={village}&size=1").json()["total"]
    expect(page.locator("[data-count=open]")).to_have_text(str(here))
    assert 0 < here < total


def test_a_leader_supervises_with_a_note_and_the_address_keeps_the_case(desk: Open, other: Officer) -> None:
    number = other.report(type="0155", area=other.teams[2])
    page = desk(LEADER, path=f"/town?incident={number}", size=(1024, 768))
    page.locator("#town-cases [data-step=supervise]").click()
    page.get_by_role("radio", name="黄牌").check()
    page.get_by_role("button", name="确认督办").click()
    expect(page.locator("#town-cases .form-wrong")).to_have_text("请填写“说明”。")
    page.locator("#town-cases textarea").fill("今天必须清完")
    page.get_by_role("button", name="确认督办").click()
    expect(page.locator("#town-cases .tag.supervised")).to_have_text("黄牌督办")
    assert not serious(page, within=["#town-cases", ".town-cases"])
    last = other.card(number)["history"][-1]
    assert (last["step"], last["level"], last["note"], last["duty"]) == ("supervise", 2, "今天必须清完", "leader")
    page.keyboard.press("Escape")
    expect(page.locator("#town-cases")).to_have_attribute("data-open", "false")
    page.wait_for_function("!location.search.includes('incident')")


def test_every_number_of_the_figures_opens_the_list_that_it_counts(desk: Open, other: Officer) -> None:
    other.report("accept", "file")
    page = desk(LEADER, size=(1920, 1080))
    page.keyboard.press("g")
    counts = other.web.get("/api/network/kpi?period=month").json()["figures"]
    for one in [figure for figure in counts if figure["kind"] == "count"][:5]:
        line = page.locator(f"[data-kpi={one['name']}]")
        expect(line.locator(".figure-value").first).to_have_text(str(one["numerator"]))
        line.locator(".figure-value").first.click()
        expect(page.locator("dialog h3")).to_have_text(f"{one['zh']}：{one['numerator']} 件")
        expect(page.locator("dialog .case-row")).to_have_count(min(one["numerator"], 50))
        page.locator("dialog .figures-body > .button").click()
    rate = page.locator("[data-kpi=close]")
    rate.locator(".figure-name").click()
    expect(rate.locator(".figure-more")).to_contain_text("公式")
    expect(rate.locator(".figure-more .figure-value")).to_have_count(2)


def test_areas_are_named_with_the_way_up_and_not_sent_twice(other: Officer) -> None:
    answer = other.web.get("/api/areas")
    areas = answer.json()
    assert [code for code, (_name, above, _level) in areas.items() if above not in areas] == [min(areas, key=len)]
    assert other.web.get("/api/areas", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
