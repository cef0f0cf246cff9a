"""An Open311 log of anywhere plays into the town's log: in its order, with every row accounted for. Boston's real rows are the test."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from square_town import SIDE, SOUTH, WEST, publish

from data.errors import NetworkError
from data.plain import public_words
from data.settings import Settings
from data.store.serving import ServingStore
from incidents.core import schema
from incidents.core.network import Network
from incidents.core.spec import ms
from incidents.replay import Options, Tally, play, rows
from tests.shared_data import SHARED

PARKING = SHARED / "boston_open311" / "illegal-parking-to-2017.jsonl.gz"
BOSTON = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 22, 1, 42, tzinfo=UTC)


class Playing:
    """A network on a town of squares, with a clock that sleeping moves."""

    def __init__(self, home: Path, **town: Any) -> None:
        settings = publish(home, **town)
        self.store = ServingStore(Settings(home=settings.home, now=NOW))
        self.network = Network(Settings(home=settings.home, now=NOW), self.store)
        self.slept: list[float] = []

    def play(self, path: Path, options: Options) -> Tally:
        return play(path, self.network, options, self.network.zone(), self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        later = self.network.now() + timedelta(seconds=seconds)
        self.network.clock.now = lambda: later  # type: ignore[method-assign]

    def asked(self, statement: Any) -> list[dict[str, Any]]:
        return self.network.asked(lambda connection: [dict(row) for row in connection.execute(statement).mappings()])

    def close(self) -> None:
        self.network.stop()
        self.store.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Playing]:
    playing = Playing(tmp_path)
    yield playing
    playing.close()


@pytest.fixture(scope="module")
def every() -> list[dict[str, Any]]:
    """All rows of both of Boston's files."""
    found: list[dict[str, Any]] = []
    for file in (PARKING, PARKING.with_name("abandoned-vehicle.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as handle:
            found += [json.loads(line) for line in handle]
    return found


def turned(one: dict[str, Any]) -> bool:
    return datetime.fromisoformat(one["updated_datetime"]) < datetime.fromisoformat(one["requested_datetime"])


def boston_slice(every: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Real rows with the traps of the files: duplicates, far positions, closed before made, long words, both offsets, still open."""
    counted = Counter(one["service_request_id"] for one in every)
    chosen = every[:150]
    chosen += [one for one in every if counted[one["service_request_id"]] > 1][:6]
    chosen += [one for one in every if one["lat"] < 42][:3]
    chosen += [one for one in every if one["status"] == "closed" and turned(one)]
    chosen += sorted(every, key=lambda one: len(one.get("description") or ""))[-5:]
    return chosen + [one for one in every if one["status"] == "open"][:5]


@pytest.fixture(scope="module")
def boston(every: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Playing, list[dict[str, Any]], Tally]]:
    folder = tmp_path_factory.mktemp("boston")
    chosen = boston_slice(every)
    with gzip.open(folder / "slice.jsonl.gz", "wt", encoding="utf-8") as handle:
        handle.writelines(json.dumps(one) + "\n" for one in chosen)
        handle.write("{broken\n")
    playing = Playing(folder, west=-71.25, south=42.22, side=0.09, zone="America/New_York")
    tally = playing.play(folder / "slice.jsonl.gz", Options(speed=0, keep_times=True))
    yield playing, chosen, tally
    playing.close()


def test_every_row_of_boston_is_accounted_for(boston: tuple[Playing, list[dict[str, Any]], Tally]) -> None:
    playing, chosen, tally = boston
    far = {one["service_request_id"] for one in chosen if one["lat"] < 42}
    inside = {one["service_request_id"] for one in chosen} - far
    assert far and len(inside) < len(chosen) - len(far)  # the slice holds the traps that it is to hold
    assert tally.rows == len(chosen) + 1 and tally.refused == 1 and "no JSON" in tally.errors[0]
    assert tally.taken == len(inside) and tally.outside == sum(one["service_request_id"] in far for one in chosen)
    assert tally.taken + tally.known + tally.outside + tally.refused == tally.rows and tally.turned == 2
    stored = playing.asked(sa.select(schema.incident.c.external_id))
    assert {row["external_id"] for row in stored} == {f"replay/{key}" for key in inside}


def test_boston_keeps_its_times_its_order_and_what_was_open(boston: tuple[Playing, list[dict[str, Any]], Tally]) -> None:
    playing, chosen, tally = boston
    of_source = {f"replay/{one['service_request_id']}": one for one in chosen}
    stored = playing.asked(sa.select(schema.incident))
    for row in stored:
        one = of_source[row["external_id"]]
        made, ended = (ms(datetime.fromisoformat(one[name])) for name in ("requested_datetime", "updated_datetime"))
        assert row["reported_at"] == made and row["type"] == "0505"
        assert (row["state"], row["closed_at"]) == (("closed", max(made, ended)) if one["status"] == "closed" else ("handling", None))
    assert sum(row["state"] == "closed" for row in stored) == tally.closed
    reports = playing.asked(sa.select(schema.event.c.at).where(schema.event.c.step == "report").order_by(schema.event.c.seq))
    assert [row["at"] for row in reports] == sorted(row["at"] for row in reports) and len(reports) == tally.taken


def test_a_second_replay_of_the_same_file_changes_nothing(boston: tuple[Playing, list[dict[str, Any]], Tally], tmp_path: Path) -> None:
    playing, chosen, _ = boston
    (tmp_path / "again.json").write_text(json.dumps(chosen[:20]))
    before = playing.asked(sa.select(sa.func.max(schema.event.c.seq).label("seq")))
    tally = playing.play(tmp_path / "again.json", Options(speed=0, keep_times=True))
    assert (tally.taken, tally.known, tally.closed) == (0, 20, 0)
    assert playing.asked(sa.select(sa.func.max(schema.event.c.seq).label("seq"))) == before


def request(n: int, minutes: int, **values: Any) -> dict[str, Any]:
    at = datetime(2020, 1, 1, 8, tzinfo=UTC) + timedelta(minutes=minutes)
    return {"service_request_id": str(n), "status": "open", "service_name": "Illegal Parking", "requested_datetime": at.isoformat(),
            "lat": SOUTH + SIDE / 2, "long": WEST + SIDE / 2} | values  # fmt: skip


def test_sixty_times_as_fast_an_hour_takes_a_minute_and_the_log_gets_the_present(here: Playing, tmp_path: Path) -> None:
    closing = (datetime(2020, 1, 1, 8, 30, tzinfo=UTC)).isoformat()
    file = tmp_path / "hour.jsonl"
    told = [request(2, 60), request(1, 0, status="closed", updated_datetime=closing)]
    file.write_text("\n".join(map(json.dumps, told)))
    tally = here.play(file, Options(speed=60))
    assert (tally.taken, tally.closed) == (2, 1) and 59.5 < sum(here.slept) < 61 and max(here.slept) <= 1
    first, second = here.asked(sa.select(schema.incident).order_by(schema.incident.c.external_id))
    assert first["reported_at"] == ms(NOW) and 29_000 < first["closed_at"] - ms(NOW) < 31_000
    assert 59_000 < second["reported_at"] - ms(NOW) < 61_000 and second["state"] == "handling"


def test_a_replay_can_begin_later(here: Playing, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("\n".join(json.dumps(request(n, n)) for n in range(5)))
    tally = here.play(file, Options(speed=60, since=datetime(2020, 1, 1, 8, 3, tzinfo=UTC)))
    assert (tally.rows, tally.taken, tally.before) == (5, 2, 3) and sum(here.slept) < 3


def test_a_newer_export_of_the_same_log_closes_what_was_open(here: Playing, tmp_path: Path) -> None:
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    old.write_text(json.dumps(request(1, 0)) + "\n" + json.dumps(request(2, 1)))
    closing = {"status": "closed", "updated_datetime": (datetime(2020, 1, 1, 9, tzinfo=UTC)).isoformat()}
    new.write_text(json.dumps(request(1, 0, **closing)) + "\n" + json.dumps(request(2, 1)))
    assert here.play(old, Options(speed=0, keep_times=True)).taken == 2
    tally = here.play(new, Options(speed=0, keep_times=True))
    assert (tally.taken, tally.known, tally.closed, tally.refused) == (0, 2, 1, 0)
    assert [row["state"] for row in here.asked(sa.select(schema.incident).order_by(schema.incident.c.external_id))] == [
        "closed",
        "handling",
    ]


def test_a_service_without_a_type_is_counted_or_goes_where_it_is_declared_to_with_a_note(here: Playing, tmp_path: Path) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text(json.dumps(request(1, 0, service_name="Space Debris")) + "\n" + json.dumps(request(2, 0, service_name="Pothole")))
    tally = here.play(file, Options(speed=0))
    assert tally.taken == 1 and tally.unmapped == {"Space Debris": 1}
    assert here.play(file, Options(speed=0, type="0104")).taken == 1
    (row,) = here.asked(sa.select(schema.incident).where(schema.incident.c.external_id == "replay/1"))
    (event,) = here.asked(sa.select(schema.event.c.body).where(schema.event.c.incident == row["id"], schema.event.c.step == "report"))
    assert row["type"] == "0104" and "Space Debris" in json.loads(event["body"])["note"]


def test_positions_are_moved_into_the_town_only_when_told_to_and_it_is_said(here: Playing, tmp_path: Path) -> None:
    file = tmp_path / "far.jsonl"
    file.write_text("\n".join(json.dumps(request(n, n, lat=40 + n % 7 / 100, long=-70 - n % 5 / 100)) for n in range(40)))
    assert here.play(file, Options(speed=0)).outside == 40
    said: list[str] = []
    tally = play(file, here.network, Options(speed=0, move=True), here.network.zone(), here.sleep, said.append)
    assert tally.taken == 40 and "MOVED" in said[0]
    assert len({row["area"] for row in here.asked(sa.select(schema.incident.c.area))}) > 4


def test_what_is_no_request_is_named_and_a_file_that_is_none_is_refused(here: Playing, tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    odd: list[Any] = [1, {"status": "open"}, request(1, 0, requested_datetime="soon"), request(2, 0, lat="north"), request(3, 0)]
    file.write_text("\n".join(map(json.dumps, odd)))
    tally = here.play(file, Options(speed=0))
    assert (tally.taken, tally.refused) == (1, 4) and "odd.jsonl, row 3: requested_datetime = 'soon'" in tally.errors[2]
    for content in (b"\x00\xff", b"[1,", b"\x1f\x8b broken"):
        (tmp_path / "bad.gz" if content[0] == 0x1F else tmp_path / "bad").write_bytes(content)
        with pytest.raises(NetworkError):
            list(rows(tmp_path / ("bad.gz" if content[0] == 0x1F else "bad")))
    with pytest.raises(NetworkError):
        list(rows(tmp_path / "missing.jsonl"))


def test_no_phone_number_and_no_plate_of_boston_is_published(every: list[dict[str, Any]]) -> None:
    phone = re.compile(r"(?<!\d)\(?[2-9]\d\d\)?[-. ]{0,2}\d{3}[-. ]?\d{4}(?!\d)")
    plate = re.compile(r"License Plate (?:Registration|number if available): ([^|]+?) \|")
    words = [one["description"] for one in every if one.get("description")]
    with_phone = [text for text in words if phone.search(text)]
    with_plate = [(text, found[1]) for text in words if (found := plate.search(text)) and re.search(r"\d", found[1])][:2000]
    assert len(with_phone) > 100 and len(with_plate) > 1000
    assert [text for text in with_phone if phone.search(public_words(text))] == []
    assert [text for text, value in with_plate if f": {value} |" in public_words(text)] == []
    plain = "Car parked on the sidewalk at 40 Train St for more than 30 days"
    assert public_words(plain) == plain
