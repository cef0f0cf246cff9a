"""Workbooks hold personal data in clear: who gets one, and what the page says to everybody else and to a town without a run."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import create_app
from data.settings import Settings
from data.store.runs import note_run
from etl.core.contradictions import kinds
from etl.core.convert import FAULTS as PLACE_FAULTS
from etl.core.fault import FAULTS
from screen.pages.steward import PAGE
from screen.steward.view import View, parse
from screen.text import words
from screen.text.steward import CODES, KINDS

NOW = datetime.fromisoformat("2026-11-22T09:42:00+08:00")
NAME = "people-人口-退回.xlsx"
ADDRESS = f"/steward/workbook/r1/{NAME}"
HERE: dict[str, Any] = {"client": ("127.0.0.1", 50000), "base_url": "http://127.0.0.1:8050"}


def home(tmp_path: Path, **more: Any) -> Settings:
    settings = Settings(home=tmp_path, now=NOW, **more)
    dataset = {"name": "people", "refused": 1, "quarantine": [NAME]}
    note_run(settings, {
        "run": "r1", "kind": "load", "started_at": NOW, "seconds": 1, "result": "published", "snapshot": 1, "delivered_at": "2026-11-22",
        "touched": ["people"], "datasets": [dataset], "error": "", "message": "", "remedy": "",
    })  # fmt: skip
    folder = settings.runs / "r1" / "quarantine"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(b"workbook")
    (folder / "unlisted.xlsx").write_bytes(b"other")
    (settings.runs / "r1" / "report.json").write_text("report")
    return settings


def test_at_this_machine_the_workbook_is_given_as_it_lies_there(tmp_path: Path) -> None:
    answer = TestClient(create_app(home(tmp_path)), **HERE).get(ADDRESS)
    assert (answer.status_code, answer.content) == (200, b"workbook")
    assert "attachment" in answer.headers["content-disposition"] and answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "headers"),
    [
        (HERE | {"client": ("192.168.1.20", 50000)}, {}),
        (HERE, {"host": "town.example"}),
        (HERE, {"x-forwarded-for": "192.168.1.20"}),
        (HERE, {"forwarded": "for=192.168.1.20"}),
    ],
    ids=["another machine", "another name for this machine", "a proxy", "a standard proxy"],
)
def test_from_anywhere_else_it_is_refused_with_the_reason(tmp_path: Path, asked: dict[str, Any], headers: dict[str, str]) -> None:
    answer = TestClient(create_app(home(tmp_path)), **asked).get(ADDRESS, headers=headers)
    assert answer.status_code == 403 and answer.content != b"workbook"
    assert "personal data" in answer.json()["error"] and "127.0.0.1" in answer.json()["remedy"]


def test_a_server_that_others_can_reach_gives_none_even_to_this_machine(tmp_path: Path) -> None:
    server = create_app(home(tmp_path, host="0.0.0.0"))
    assert TestClient(server, **HERE).get(ADDRESS).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/steward/workbook/r1/unlisted.xlsx", "/steward/workbook/r2/" + NAME, "/steward/workbook/r1/..%2freport.json",
        "/steward/workbook/r1/%2e%2e%2freport.json", "/steward/workbook/..%2fr1/report.json", "/steward/workbook/r1/quarantine%2f" + NAME,
    ],
)  # fmt: skip
def test_no_other_name_opens_anything(tmp_path: Path, path: str) -> None:
    answer = TestClient(create_app(home(tmp_path)), **HERE).get(path)
    assert answer.status_code == 404 and "error" in answer.json()


def test_a_workbook_that_was_tidied_away_says_how_to_get_another(tmp_path: Path) -> None:
    settings = home(tmp_path)
    (settings.runs / "r1" / "quarantine" / NAME).unlink()
    assert "deliver" in TestClient(create_app(settings), **HERE).get(ADDRESS).json()["remedy"]


def test_without_a_town_the_page_says_how_to_load_one(tmp_path: Path) -> None:
    screen = create_app(Settings(home=tmp_path, now=NOW)).state.screen
    assert "python -m etl load" in str(PAGE.layout(screen, words("zh-CN"), ""))


def test_the_page_opens_in_light_until_somebody_chooses(tmp_path: Path) -> None:
    client = TestClient(create_app(Settings(home=tmp_path, now=NOW)), **HERE)
    assert 'data-look="light"' in client.get("/steward").text and 'data-look="dark"' in client.get("/town").text
    client.cookies.set("onescreen-look", "dark")
    assert 'data-look="dark"' in client.get("/steward").text


def test_every_cause_and_every_kind_that_the_load_knows_has_a_name_in_both_languages() -> None:
    assert {*FAULTS, *PLACE_FAULTS} <= set(CODES)
    assert {kind.name for kind in kinds()} | {"area_disagrees"} <= set(KINDS)
    assert all(zh and en for zh, en in (*CODES.values(), *KINDS.values()))


@pytest.mark.parametrize("view", [View(), View("refused", "a b/ü", "required_missing", "refused", rows=150), View("coverage", kind="gap"),
                                  View("contradictions", kind="k", table="house", area=""), View("contradictions", area="V1")])  # fmt: skip
def test_a_view_survives_its_address(view: View) -> None:
    assert parse(view.href().partition("?")[2]) == view


@pytest.mark.parametrize("search", [None, "", "?part=nonsense&rows=x&severity=all", "?rows=-1"])
def test_an_address_that_says_nothing_useful_opens_the_datasets(search: str | None) -> None:
    assert parse(search) == View()
