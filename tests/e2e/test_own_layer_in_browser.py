"""The layer of the README, put into a folder: it is painted, listed, drawn, and an object's card tells what it says."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Open, Server, opening, ready, run
from playwright.sync_api import Browser, Locator, Page, expect

OTHER = ".panel-card details[data-layer={}]"


@pytest.fixture(scope="module")
def own(home: Path, deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a copy of the town that has taken up a layer of one's own; no file was delivered anew."""
    folder = tmp_path_factory.mktemp("own")
    layers = {"ONESCREEN_LAYERS": str(folder / "layers")}
    (folder / "layers").mkdir()
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    (folder / "layers" / "old_houses.py").write_text(example, encoding="utf-8")
    shutil.copytree(home, folder / "home")
    run("-m", "etl", "load", str(deliveries / "1-base" / "town.toml"), home=folder / "home", **layers)
    running = Server(folder / "home", folder / "server.log", **layers)
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


@pytest.fixture
def open_own(chromium: Browser, own: Server) -> Iterator[Open]:
    with opening(chromium, own) as opened:
        yield opened


def first_object(page: Page) -> Locator:
    return page.locator(".panel-list .list-row").first


def test_a_layer_of_one_s_own_is_switched_coloured_and_listed(open_own: Open) -> None:
    page = open_own("/town")
    page.locator("a.layer", has_text="老旧房屋").click()
    expect(page.locator(".panel-legend .panel-title")).to_contain_text("老旧房屋")
    ready(page)
    assert "layer=old_houses" in page.url
    counts = [int(re.sub(r"\D", "", text)) for text in page.locator(".legend-count").all_inner_texts()]
    assert counts[1] > 0 and counts[4] > 0 and counts[0] == counts[2] == counts[3] == 0  # orange and green, as its two rules say


def test_a_card_on_it_shows_its_level_reason_remedy_and_fields(open_own: Open) -> None:
    page = open_own("/town?layer=old_houses&level=2")
    first_object(page).click()
    card = page.locator(".panel-card")
    expect(card.locator(".card-level .level-tag")).to_have_attribute("data-level", "2")
    expect(card.locator(".card-layer")).to_have_text("老旧房屋")
    expect(card.locator("#card-why li")).to_have_text(["1980年以前建成"])
    expect(card.locator("#card-remedy li")).to_have_text(["安排鉴定"])
    expect(card.locator(".facts").first).to_contain_text("建成年份")


def test_what_the_houses_layer_says_of_it_opens_in_the_same_card_and_leads_there(open_own: Open) -> None:
    page = open_own("/town?layer=old_houses&level=2")
    first_object(page).click()
    other = page.locator(OTHER.format("houses"))
    expect(other.locator("summary")).to_contain_text("房屋")
    expect(other.locator("li").first).to_be_hidden()
    other.locator("summary").click()
    expect(other.locator("li").first).to_be_visible()
    other.get_by_role("link").click()
    expect(page.locator(".panel-card .card-layer")).to_have_text("房屋")
    expect(page.locator(OTHER.format("old_houses"))).to_have_count(1)
    assert "layer=houses" in page.url and "object=house:" in page.url


def test_the_card_of_an_area_tells_of_its_people_on_the_layer_of_people(open_own: Open) -> None:
    page = open_own("/town?layer=people")
    area = re.search(r"area=([^&]+)", first_object(page).get_attribute("href") or "")
    assert area
    page.goto(page.url + f"&area={area[1]}&object=area:{area[1]}")
    ready(page)
    expect(page.locator(".card-layer")).to_have_text("人口")
    expect(page.locator("#card-why")).to_contain_text("红橙人员")
    expect(page.locator(OTHER.format("areas"))).to_have_count(1)


def test_the_card_of_an_area_says_which_parts_of_its_score_have_no_data(open_own: Open) -> None:
    page = open_own("/town?layer=areas")
    first_object(page).click()
    area = re.search(r"area=([^&]+)", page.url)
    assert area
    page.goto(page.url + f"&object=area:{area[1]}")
    parts = page.locator(".panel-card .facts", has_text="千人投诉")
    expect(parts.locator("div", has_text="千人投诉")).to_contain_text("暂无数据，权重由其他分项分担")
    expect(parts.locator("div", has_text="红橙对象占比")).to_contain_text("分")
