"""The addresses of figures: every figure that they tell has the address of the list behind it, and both agree."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from log_rows import NOW, TOWN, VILLAGES, fill, rows
from square_town import publish

from app import create_app
from data.store.duck import connect
from incidents.core.kpi_declared import KPIS
from incidents.core.schema import open_engine

PEOPLE = {f"{VILLAGES[0]}01": 900, f"{VILLAGES[1]}01": 2}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = replace(publish(tmp_path_factory.mktemp("figures")), now=NOW)
    with connect(settings.serving / "v1.duckdb") as town:
        town.execute("CREATE TABLE person (person_id VARCHAR, area_code VARCHAR)")
        town.execute("CREATE TABLE tree (area_code VARCHAR, ancestor_code VARCHAR)")
        for area, count in PEOPLE.items():
            town.execute("INSERT INTO person SELECT ?||i, ? FROM range(?) AS s(i)", [area, area, count])
            town.executemany("INSERT INTO tree VALUES (?, ?)", [[area, above] for above in (TOWN, area[:12], area)])
    engine = open_engine(settings)
    fill(engine, rows(3000, 70, slow=0.6))
    engine.dispose()
    with TestClient(create_app(settings), base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        yield client


def get(client: TestClient, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


def agrees(client: TestClient, figure: dict[str, Any]) -> None:
    """The figure's numbers are those of its lists."""
    assert get(client, figure["list"])["total"] == figure["numerator"], figure["name"]
    if "of" in figure:
        assert get(client, figure["of"])["total"] == figure["denominator"], figure["name"]


@pytest.mark.parametrize("scope", ["period=month", f"period=quarter&area={VILLAGES[0]}", "period=custom&first=2026-10-01&last=2026-10-31"])
def test_every_figure_comes_with_its_formula_and_agrees_with_its_lists(client: TestClient, scope: str) -> None:
    found = get(client, f"/api/network/kpi?{scope}")["figures"]
    assert [figure["name"] for figure in found] == list(KPIS)
    for figure in found:
        assert figure["zh"] and figure["en"] and figure["formula"]["zh"] and figure["formula"]["en"]
        agrees(client, figure)


def test_groups_agree_with_their_lists(client: TestClient) -> None:
    for by in ("unit", "source", "area"):
        groups = get(client, f"/api/network/kpi?period=month&names=close,reported&by={by}")["groups"]
        assert list(groups) == ["close", "reported"]
        for figure in (one for group in groups.values() for one in list(group.values())[:3]):
            agrees(client, figure)


def test_people_of_an_area_are_counted_and_too_few_are_not_told(client: TestClient) -> None:
    def per_10000(area: str) -> Any:
        (figure,) = get(client, f"/api/network/kpi?period=month&names=per_10000&area={area}")["figures"]
        return figure["value"], figure["denominator"], figure["numerator"]

    value, people, cases = per_10000("")
    assert (people, value) == (902, pytest.approx(cases * 10_000 / 902))
    assert per_10000(VILLAGES[0])[1] == 900
    assert per_10000(VILLAGES[1])[:2] == (None, None)
    assert per_10000(VILLAGES[2])[:2] == (None, None)


def test_the_scorecard_shows_all_parts_and_each_agrees_with_its_list(client: TestClient) -> None:
    for by in ("unit", "area"):
        line = get(client, f"/api/network/scorecard?period=quarter&by={by}")["rows"][0]
        for figure in (line["rate"], *line["watched"].values()):
            agrees(client, figure)
        parts = ("volume", "close", "on_time", "rework")
        assert line["score"]["total"] == pytest.approx(min(100, sum(line["score"][part] for part in parts)))
        assert set(line["bunch"]) == {"found", "expected", "chance", "suspicious"}


def test_the_forecast_names_its_cases_its_areas_and_how_well_it_has_done(client: TestClient) -> None:
    short, long = get(client, "/api/network/forecast")["horizons"]
    assert (short["minutes"], long["minutes"]) == (30, 60)
    assert long["expected"] == pytest.approx(sum(case["late"] for case in long["cases"]), abs=0.01)
    assert sum(long["areas"].values()) == pytest.approx(long["expected"], abs=0.01)
    assert long["accuracy"]["brier"] < long["accuracy"]["brier_all"]
    assert {"hit", "precision", "error", "error_usual", "skill", "cases", "bands"} <= set(long["accuracy"])


def test_curve_ranking_split_and_trend_agree_with_lists(client: TestClient) -> None:
    hours = get(client, "/api/network/curve")["hours"]
    assert len(hours) == 24
    assert get(client, f"/api/incidents?since={hours[9]['since']}&until={hours[9]['until']}")["total"] == hours[9]["n"]
    for row in get(client, "/api/network/ranking?period=month&kpi=overdue&by=unit")["rows"]:
        agrees(client, row)
    shares = get(client, "/api/network/split?period=month&by=source")["rows"]
    assert all(get(client, row["list"])["total"] == row["n"] for row in shares)
    months = get(client, "/api/network/trend?kpi=filed&months=2")["months"]
    (now,) = get(client, "/api/network/kpi?period=month&names=filed")["figures"]
    assert months[-1]["numerator"] == now["numerator"]


@pytest.mark.parametrize(("address", "field", "near"), [
    ("kpi?names=clos", "kpi", "close"), ("kpi?perod=today", "perod", "period"), ("kpi?by=untis", "by", "unit"),
    ("ranking?depth=x", "depth", "Correct"), ("split?by=units", "by", "type"), ("trend?months=999", "months", "Correct"),
    ("scorecard?period=fortnight", "period", "month"), ("ranking?kpi=clse", "kpi", "close"),
])  # fmt: skip
def test_what_does_not_exist_is_refused_naming_the_field_and_the_nearest(client: TestClient, address: str, field: str, near: str) -> None:
    answer = client.get(f"/api/network/{address}")
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert near in answer.text
