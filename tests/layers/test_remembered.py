"""What follows from a snapshot alone is worked out once: for every snapshot, role and set of layers apart, and within a bound."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from small_town import LAYERS, Town, add_house, add_person, empty_town, with_areas

from data.policy import Viewer
from data.settings import Settings
from data.store.duck import text
from data.store.memory import Memory
from data.store.serving import ServingStore
from layers.core import query
from layers.core.query_store import Store

LEADER, OFFICER = Viewer("leader"), Viewer("officer")
AREAS = ("T", "V1", "V2", "G1", "D1", "D2", "D3")


def publish(town: Town, settings: Settings, number: int) -> None:
    """The town as it is now as serving file `number`, on show."""
    town.number()
    town.paint()
    settings.serving.mkdir(parents=True, exist_ok=True)
    settings.pack.mkdir(parents=True, exist_ok=True)
    town.con.execute(f"ATTACH {text(settings.serving / f'v{number}.duckdb')} AS made")
    town.con.execute("COPY FROM DATABASE memory TO made")
    town.con.execute("DETACH made")
    (settings.pack / f"v{number}.json").write_text("{}")
    told = {"snapshot": number, "file": f"v{number}.duckdb", "manifest": f"v{number}.json", "published_at": "2026-11-22T08:00:00+08:00"}
    pointer = settings.serving / "current.new"
    pointer.write_text(json.dumps(told))
    pointer.replace(settings.serving / "current.json")


@pytest.fixture
def lived_in() -> Town:
    """One house of one red and eleven green, one of which is a migrant's; persons in two teams."""
    town = with_areas(empty_town())
    add_house(town, "H1", danger_grade="D")
    for number in range(12):
        add_person(town, f"P{number}", house_id="H1", area_code="D1" if number else "D2", attention=None if number else "01")
    return town


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def answers(store: Store, viewer: Viewer) -> list[Any]:
    out: list[Any] = [query.town(store), query.root_of(store), query.today_of(store), query.layer_list(store)]
    for area in (*AREAS, "nowhere"):
        out += [query.breadcrumb(store, area), query.box_below(store, area), query.reds_by_layer(store, area)]
    for area in AREAS:
        out += [query.children(store, viewer, area), query.headline(store, viewer, area), query.compare(store, viewer, area, AREAS)]
        out += [question(store, viewer, layer.name, area) for layer in LAYERS for question in (query.legend, query.child_levels)]
    return out


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every SQL statement that a store has put since."""
    found: list[str] = []
    for name in ("rows", "tuples"):
        put = getattr(Store, name)
        monkeypatch.setattr(Store, name, lambda store, sql, put=put, **values: (found.append(sql), put(store, sql, **values))[1])
    return found


def test_answers_from_memory_are_those_of_the_tables_whoever_asks_first(lived_in: Town, settings: Settings) -> None:
    publish(lived_in, settings, 1)
    serving, roles = ServingStore(settings), ("officer", "wall", "leader", "steward", "analyst", "admin")
    told = {role: answers(lived_in.store(), Viewer(role)) for role in roles}
    for _ in range(2):
        for role in roles:
            with serving.read() as cursor:
                assert answers(Store(cursor, LAYERS), Viewer(role)) == told[role], role


def test_what_follows_from_the_snapshot_alone_is_asked_once(lived_in: Town, settings: Settings, asked: list[str]) -> None:
    publish(lived_in, settings, 1)
    serving = ServingStore(settings)
    with serving.read() as cursor:
        first = answers(Store(cursor, LAYERS), LEADER)
    assert asked
    asked.clear()
    with serving.read() as cursor:
        again = answers(Store(cursor, LAYERS), LEADER)
    assert again == first
    assert not [sql for sql in asked if "$codes" not in sql]  # what is asked of the few areas of a comparison is not kept


def test_two_roles_never_share_an_answer(lived_in: Town, settings: Settings) -> None:
    publish(lived_in, settings, 1)
    serving = ServingStore(settings)

    def shown(viewer: Viewer) -> list[str]:
        with serving.read() as cursor:
            store = Store(cursor, LAYERS)
            listed = [row["people"] for row in query.children(store, viewer, "G1")]
            red = query.legend(store, viewer, "people", "D2")["levels"][0]["n"]
            return [str(n) for n in (*listed, query.headline(store, viewer, "D2")["people"], red)]

    clear, hidden = shown(OFFICER), shown(LEADER)
    assert sorted(clear[:2]) == ["1", "11"] and clear[2:] == ["1", "1"]
    assert sorted(hidden[:2]) == ["*", "<3"] and hidden[2] == "<3" and hidden[3] in ("<3", "*")
    assert (shown(OFFICER), shown(LEADER)) == (clear, hidden)


def test_a_new_snapshot_is_answered_anew_and_one_still_read_stays_itself(lived_in: Town, settings: Settings) -> None:
    publish(lived_in, settings, 1)
    serving = ServingStore(settings)
    with serving.read() as old:
        assert query.headline(Store(old, LAYERS), LEADER, "T")["houses"] == 1
        add_house(lived_in, "H2")
        publish(lived_in, settings, 2)
        with serving.read() as new:
            assert query.headline(Store(new, LAYERS), LEADER, "T")["houses"] == 2
            assert query.legend(Store(new, LAYERS), LEADER, "houses", "D1")["total"] == 2
        assert query.headline(Store(old, LAYERS), LEADER, "T")["houses"] == 1
        assert query.legend(Store(old, LAYERS), LEADER, "houses", "D1")["total"] == 1


def test_what_was_remembered_goes_with_the_file(lived_in: Town, settings: Settings) -> None:
    publish(lived_in, settings, 1)
    serving = ServingStore(settings)
    with serving.read() as cursor:
        query.town(Store(cursor, LAYERS))
    publish(lived_in, settings, 2)
    with serving.read() as cursor:
        query.town(Store(cursor, LAYERS))
    assert list(serving._memory) == [2] and len(serving._memory[2])


def test_other_layers_have_answers_of_their_own(lived_in: Town, settings: Settings) -> None:
    publish(lived_in, settings, 1)
    fewer = tuple(layer for layer in LAYERS if layer.name == "houses")
    with ServingStore(settings).read() as cursor:
        assert len(query.layer_list(Store(cursor, LAYERS))) > 1
        assert [row["name"] for row in query.layer_list(Store(cursor, fewer))] == ["houses"]


def test_a_reader_may_change_what_it_was_given(lived_in: Town, settings: Settings) -> None:
    publish(lived_in, settings, 1)
    with ServingStore(settings).read() as cursor:
        store = Store(cursor, LAYERS)
        for _ in range(2):
            rows = query.children(store, LEADER, "T")
            assert [row["code"] for row in rows] == ["V1", "V2"] and rows[0]["box"]
            rows[0]["box"].clear()
            rows.clear()


def test_a_cursor_of_tables_that_may_change_remembers_nothing(lived_in: Town) -> None:
    lived_in.paint()
    before = query.headline(lived_in.store(), LEADER, "T")["houses"]
    add_house(lived_in, "H2")
    lived_in.paint()
    assert (before, query.headline(lived_in.store(), LEADER, "T")["houses"]) == (1, 2)


def test_memory_keeps_to_its_bound_and_forgets_what_was_asked_least_lately() -> None:
    memory = Memory(most_bytes=10_000)
    for number in range(100):
        memory.answer(("seldom", number), lambda: "x" * 400)
        memory.answer(("often",), lambda: "kept")
        assert memory.size <= 10_000
    assert memory.answer(("often",), lambda: "anew") == "kept"
    assert memory.answer(("seldom", 0), lambda: "anew") == "anew"
    held = len(memory)
    assert memory.answer(("long",), lambda: "x" * 20_000) == "x" * 20_000 and len(memory) == held
    assert memory.answer(("x" * 20_000,), lambda: 1) == 1 and len(memory) == held  # somebody's address may be long


def test_what_many_ask_at_once_is_worked_out_once() -> None:
    memory, worked, told = Memory(), [], []

    def work() -> str:
        worked.append(1)
        time.sleep(0.05)
        return "answer"

    threads = [threading.Thread(target=lambda: told.append(memory.answer(("q",), work))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["answer"] * 8 and len(worked) == 1


def test_an_answer_that_failed_is_asked_again() -> None:
    memory = Memory()
    with pytest.raises(ZeroDivisionError):
        memory.answer(("q",), lambda: 1 // 0)
    assert memory.answer(("q",), lambda: 1) == 1 and not memory._turns
