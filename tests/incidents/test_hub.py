"""What followers are told: whoever follows the documented frames sees exactly what the server has, whenever she joins or comes back."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from hands import apart
from hypothesis import given, settings
from hypothesis import strategies as st

from data.policy import Viewer
from incidents.core.hub import COLUMNS, WAITING, Audience, Client, Hub, fnv1a

AREAS = ("a", "b")
NUMBERS = [f"20261123-00000{k}" for k in range(6)]
Change = tuple[str, str, str]  # incident, state, area


def row(number: str, seq: int, state: str, area: str) -> dict[str, Any]:
    return dict.fromkeys(COLUMNS, 0) | {"id": number, "seq": seq, "state": state, "area": area, "path": f"/t/{area}/"}


@dataclass
class Follower:
    """A client by the letter of docs/network.md section 5: nothing but frames, in order."""

    client: Client
    seq: int = -1
    epoch: str = ""
    seen: dict[str, int] = field(default_factory=dict)

    def read(self) -> list[dict[str, Any]]:
        frames = []
        while not self.client.frames.empty():
            frames.append(json.loads(self.client.frames.get_nowait()))
            self.take(frames[-1])
        return frames

    def take(self, frame: dict[str, Any]) -> None:
        if frame["kind"] == "snapshot":
            self.seen, self.epoch = {}, frame["epoch"]
        elif frame["kind"] == "delta":
            assert frame["from"] == self.seq, "a gap"
        if "rows" in frame:
            at = {name: COLUMNS.index(name) for name in ("id", "seq")}
            self.seen |= {one[at["id"]]: one[at["seq"]] for one in frame["rows"]}
            for number in frame.get("gone", ()):
                self.seen.pop(number, None)
        if frame["kind"] in ("snapshot", "delta"):
            self.seq = frame["seq"]

    @property
    def digest(self) -> int:
        return sum(fnv1a(f"{number}:{seq}") for number, seq in self.seen.items()) % 2**32


changes = st.lists(
    st.lists(
        st.tuples(st.sampled_from(NUMBERS), st.sampled_from(["reported", "handling", "closed", "void"]), st.sampled_from(AREAS)), max_size=4
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(before=changes, missed=changes, after=changes, area=st.sampled_from(["", *AREAS]))
def test_whoever_joins_late_or_comes_back_sees_what_the_server_has(
    before: list[list[Change]], missed: list[list[Change]], after: list[list[Change]], area: str
) -> None:
    hub = Hub("e", lambda one, _viewer: one)
    state: dict[str, dict[str, Any]] = {}
    here, wall = Audience(Viewer("officer"), area), Audience(Viewer("wall"))

    def happen(batches: list[list[Change]]) -> None:
        for batch in batches:
            for k, (number, what, where) in enumerate(batch):
                state[number] = row(number, hub.seq + k + 1, what, where)
            if batch:
                touched = {number: state[number] for number, _, _ in batch}
                hub.take(hub.seq + len(batch), sorted((dict(one) for one in touched.values()), key=lambda one: one["seq"]), 0)

    def expected(audience: Audience) -> dict[str, int]:
        return {n: one["seq"] for n, one in state.items() if one["state"] in ("reported", "handling") and audience.sees(one)}

    early = Follower(Client(wall))
    hub.join(early.client, 0, {})
    happen(before)
    late = Follower(Client(here))
    hub.join(late.client, 0, {})
    late.read()
    hub.leave(late.client)
    happen(missed)
    back = Follower(Client(here), late.seq, late.epoch, dict(late.seen))
    hub.join(back.client, 0, {}, back.seq, back.epoch)
    happen(after)
    for follower, audience in ((early, wall), (back, here)):
        assert all(frame["kind"] == "delta" for frame in follower.read()[1:])
        assert follower.seen == expected(audience)
        assert follower.digest == hub.digest(audience)


def test_another_epoch_or_a_number_from_before_the_memory_gets_a_snapshot() -> None:
    hub = Hub("e", lambda one, _viewer: one)
    hub.load(100, [row(NUMBERS[0], 90, "reported", "a")])
    for since, epoch, kind in ((100, "e", "delta"), (100, "other", "snapshot"), (99, "e", "snapshot"), (101, "e", "snapshot")):
        client = Client(Audience(Viewer("wall")))
        hub.join(client, 0, {}, since, epoch)
        assert json.loads(client.frames.get_nowait())["kind"] == kind, (since, epoch)


def test_who_does_not_keep_up_is_cut_off_and_harms_no_other() -> None:
    hub = Hub("e", lambda one, _viewer: one)
    slow, quick = Client(Audience(Viewer("wall"))), Client(Audience(Viewer("wall")))
    for client in (slow, quick):
        hub.join(client, 0, {})
    for k in range(WAITING + 5):
        hub.take(k + 1, [row(NUMBERS[0], k + 1, "reported", "a")], 0)
        quick.frames.get_nowait()
    assert slow.lost and not quick.lost and slow.frames.qsize() == WAITING


def test_a_wall_is_told_another_place_than_an_officer_and_both_the_same_digest() -> None:
    hub = Hub("e", lambda one, viewer: one | {"lon": 1 if viewer.role == "wall" else 2})
    clients = [Client(Audience(Viewer(role))) for role in ("wall", "officer")]
    for client in clients:
        hub.join(client, 0, {})
    hub.take(1, [row(NUMBERS[0], 1, "reported", "a")], 0)
    hub.beat(0, [])
    told = [[json.loads(client.frames.get_nowait()) for _ in range(3)] for client in clients]
    assert [frames[1]["rows"][0][COLUMNS.index("lon")] for frames in told] == [1, 2]
    assert told[0][2]["digest"] == told[1][2]["digest"] != 0


def test_the_hash_is_the_published_one() -> None:
    """Vectors of the authors' own test suite (draft-eastlake-fnv, appendix C)."""
    assert [fnv1a(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


def test_a_client_waits_for_frames_without_asking() -> None:
    async def follow() -> str:
        client = Client(Audience(Viewer("wall")))
        waiting = asyncio.ensure_future(client.frames.get())
        await asyncio.sleep(0)
        client.put("x")
        return await waiting

    assert apart(follow()) == "x"


def test_whoever_came_before_the_log_was_read_is_told_everything_once_it_is() -> None:
    hub = Hub("e", lambda one, _viewer: one)
    early = Follower(Client(Audience(Viewer("wall"))))
    hub.join(early.client, 0, {})
    hub.load(90, [row(NUMBERS[0], 90, "reported", "a")])
    early.read()
    assert early.seen == {NUMBERS[0]: 90} and early.seq == 90
    late = Follower(Client(Audience(Viewer("wall"))))
    hub.join(late.client, 0, {})
    (whole,) = late.read()
    assert whole["digest"] == late.digest == hub.digest(Audience(Viewer("wall"))) != 0


def test_where_responders_are_is_told_to_leaders_and_up_alone_and_within_what_they_may_see() -> None:
    hub = Hub("e", lambda row, _viewer: row, lambda lon, _lat: "/t/a/" if lon < 1 else "/t/b/")
    moved = [("R1", 0.5, 0.0, 1, "on"), ("R2", 1.5, 0.0, 1, "on")]
    officer = Viewer("officer")
    audiences = (Audience(Viewer("leader")), Audience(officer, "a"), Audience(officer, "", ("b", "c")), Audience(Viewer("wall")))
    whole, west, one_key, machine = (Client(one) for one in audiences)
    seen = {}
    for client in (whole, west, one_key, machine):
        hub.join(client, 0, {"positions": moved})
    hub.move(moved)
    for name, client in {"whole": whole, "west": west, "key": one_key, "wall": machine}.items():
        frames = [json.loads(client.frames.get_nowait()) for _ in range(client.frames.qsize())]
        seen[name] = [[row[0] for row in (frame.get("positions") if frame["kind"] == "snapshot" else frame["rows"])] for frame in frames]
    assert seen == {"whole": [["R1", "R2"]] * 2, "west": [["R1"]] * 2, "key": [["R2"]] * 2, "wall": [[]]}
