"""The tail of the log: all open incidents in memory, who follows them, and what each of them must be told.

A change is read back from the database, whoever wrote it, so a screen shows what is on disk and nothing else. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from data.policy import Viewer
from incidents.core import schema
from incidents.core.lifecycle import ENDED
from incidents.core.positions import Moved

Row = dict[str, Any]
COLUMNS = (
    "id", "seq", "type", "grade", "state", "lon", "lat", "area", "source", "reported_at", "clock_from", "yellow_at", "due_at", "paused",
    "unit", "supervised", "photos", "parent",
)  # fmt: skip
REMEMBERED = 50_000  # changed incidents that a client may catch up on without a snapshot
SAME_MS = 1_000  # for so long newcomers are told the same: it tells the time, by which they tell the light
NOTHING = (-1, 0, "")  # nobody has come since the last change
WAITING = 64  # frames that may wait for a client before it is cut off
_READ = (*COLUMNS, "path")
_ENCODED = "_encoded"  # key of a row under which its encodings are kept, by role


@dataclass(frozen=True, slots=True)
class Audience:
    """Whoever sees the same: a role, an area or the whole town, and the areas that a key is limited to (none: no limit)."""

    viewer: Viewer
    area: str = ""
    areas: tuple[str, ...] = ()

    def sees(self, row: Mapping[str, Any]) -> bool:
        """Whether an incident lies in the area."""
        return self.reaches(row["path"])

    def reaches(self, path: str) -> bool:
        """Whether a place with this path of codes, /t/v/g/, is shown to it."""
        return (not self.area or f"/{self.area}/" in path) and (not self.areas or any(f"/{code}/" in path for code in self.areas))


@dataclass(slots=True, eq=False)
class Client:
    """One socket: frames that wait to be sent; `lost` once it did not keep up."""

    audience: Audience
    frames: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(WAITING))
    lost: bool = False

    def put(self, frame: str) -> None:
        """Have a frame sent, unless too many wait already."""
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.lost = True


@dataclass(slots=True)
class _Group:
    """The clients of one audience and the digest of what it sees."""

    digest: int = 0
    clients: set[Client] = field(default_factory=set)
    whole: tuple[int, int, str] = (-1, 0, "")  # at which number, when, and what the last newcomer was told


def fnv1a(text: str) -> int:
    """FNV-1a, 32 bits, of the UTF-8 of `text` (Fowler, Noll, Vo)."""
    found = 0x811C9DC5
    for byte in text.encode():
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found


def dump(frame: Any) -> str:
    """A frame, or a row of one, as it goes over the wire."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


class Hub:
    """Open incidents and their followers. `release` shows a row as an audience may see it (`incidents.core.query.shown`); `path_at` is the
    path of codes at a point, "" outside the town."""

    def __init__(
        self, epoch: str, release: Callable[[Row, Viewer], Row], path_at: Callable[[float, float], str] = lambda _lon, _lat: ""
    ) -> None:
        self.epoch, self._release, self._path_at = epoch, release, path_at
        self.seq = 0
        self._floor = 0  # up to here no client can catch up by a delta
        self._open: dict[str, Row] = {}
        self._recent: OrderedDict[str, int] = OrderedDict()
        self._groups: dict[Audience, _Group] = {}

    # ── what is open ──

    def load(self, seq: int, rows: Sequence[Row], recent: Sequence[tuple[str, int]] = (), floor: int | None = None, at: int = 0) -> None:
        """Begin with everything that is open at `seq`. `recent` are the incidents with events after `floor`, each with its last one, in
        order: with them a restart costs nobody a snapshot. Whoever follows already is told everything anew."""
        self.seq = seq
        self._floor = seq if floor is None else floor
        self._recent = OrderedDict(recent)
        self._open = {row["id"]: row for row in rows}
        for audience, group in self._groups.items():
            group.digest, group.whole = self._digest(audience), NOTHING
            self._send(group, self._whole(audience, group, at, {}))
            group.whole = NOTHING  # it told neither alerts nor positions

    def take(self, seq: int, rows: Sequence[Row], at: int, alerts: Sequence[Any] | None = None) -> None:
        """The log has come to `seq`: `rows` are the incidents that changed, as they are now. Everybody is told what concerns them."""
        before, self.seq = self.seq, seq
        changed = [(self._open.get(row["id"]), row) for row in rows]
        for _old, row in changed:
            self._keep(row)
        for audience, group in self._groups.items():
            told = [row for _old, row in changed if row["state"] not in ENDED and audience.sees(row)]
            gone = [old["id"] for old, row in changed if old and audience.sees(old) and (row["state"] in ENDED or not audience.sees(row))]
            self._count(group, audience, changed)
            group.whole = NOTHING
            frame = {"kind": "delta", "from": before, "seq": seq, "at": at, "gone": gone} | ({} if alerts is None else {"alerts": alerts})
            self._send(group, self._frame(frame, told, audience.viewer))

    def _keep(self, row: Row) -> None:
        number = row["id"]
        if row["state"] in ENDED:
            self._open.pop(number, None)
        else:
            self._open[number] = row
        self._recent[number] = row["seq"]
        self._recent.move_to_end(number)
        while len(self._recent) > REMEMBERED:
            self._floor = max(self._floor, self._recent.popitem(last=False)[1])

    def _count(self, group: _Group, audience: Audience, changed: Sequence[tuple[Row | None, Row]]) -> None:
        for old, row in changed:
            if old is not None and audience.sees(old):
                group.digest -= fnv1a(f"{old['id']}:{old['seq']}")
            if row["state"] not in ENDED and audience.sees(row):
                group.digest += fnv1a(f"{row['id']}:{row['seq']}")
        group.digest %= 1 << 32

    # ── who follows ──

    def join(self, client: Client, at: int, more: Mapping[str, Any], since: int | None = None, epoch: str = "") -> None:
        """Tell a new client everything, or what it has missed when it has been here before; from then on it is told changes."""
        group = self._groups.get(client.audience)
        if group is None:
            group = self._groups[client.audience] = _Group(self._digest(client.audience))
        group.clients.add(client)
        more = {**more, "positions": self._moved(client.audience, more.get("positions") or ())}
        if since is not None and epoch == self.epoch and self._floor <= since <= self.seq:
            client.put(self._missed(client.audience, since, at, more))
        else:
            client.put(self._whole(client.audience, group, at, more))

    def leave(self, client: Client) -> None:
        """The client is gone."""
        group = self._groups.get(client.audience)
        if group is None:
            return
        group.clients.discard(client)
        if not group.clients:
            del self._groups[client.audience]

    def move(self, moved: Sequence[Moved]) -> None:
        """Tell where responders are, to whoever may know it."""
        for audience, group in self._groups.items():
            rows = self._moved(audience, moved)
            if rows:
                group.whole = NOTHING
                self._send(group, dump({"kind": "positions", "rows": rows}))

    def _moved(self, audience: Audience, moved: Sequence[Moved]) -> list[Moved]:
        """Positions are people: they are for leaders and up, each within her area; never for walls, machines and the public."""
        if not audience.viewer.reaches("leader"):
            return []
        whole = not audience.area and not audience.areas
        return [row for row in moved if whole or audience.reaches(self._path_at(row[1], row[2]))]

    def beat(self, at: int, feeds: Sequence[Any]) -> None:
        """A sign of life, with the digest of what each should see."""
        for group in self._groups.values():
            self._send(group, dump({"kind": "beat", "seq": self.seq, "at": at, "digest": group.digest, "feeds": feeds}))

    @property
    def clients(self) -> int:
        """How many follow."""
        return sum(len(group.clients) for group in self._groups.values())

    @property
    def size(self) -> int:
        """How many incidents are open."""
        return len(self._open)

    def digest(self, audience: Audience) -> int:
        """The digest of what an audience sees."""
        group = self._groups.get(audience)
        return group.digest if group else self._digest(audience)

    def _digest(self, audience: Audience) -> int:
        return sum(fnv1a(f"{row['id']}:{row['seq']}") for row in self._open.values() if audience.sees(row)) % (1 << 32)

    def _send(self, group: _Group, frame: str) -> None:
        for client in group.clients:
            client.put(frame)

    def _whole(self, audience: Audience, group: _Group, at: int, more: Mapping[str, Any]) -> str:
        """Everything; of several who come at the same number within a second, the first one's is given to all."""
        if group.whole[0] != self.seq or not 0 <= at - group.whole[1] < SAME_MS:
            rows = [row for row in self._open.values() if audience.sees(row)]
            head = {"kind": "snapshot", "epoch": self.epoch, "seq": self.seq, "at": at, "digest": group.digest, "columns": COLUMNS, **more}
            group.whole = (self.seq, at, self._frame(head, rows, audience.viewer))
        return group.whole[2]

    def _missed(self, audience: Audience, since: int, at: int, more: Mapping[str, Any]) -> str:
        """Everything that has changed since, in one delta; what is not open, or not in sight, is gone, whether it was known or not."""
        rows, gone = [], []
        for number, seq in reversed(self._recent.items()):
            if seq <= since:
                break
            row = self._open.get(number)
            if row is not None and audience.sees(row):
                rows.append(row)
            else:
                gone.append(number)
        head = {"kind": "delta", "from": since, "seq": self.seq, "at": at, "gone": gone, "epoch": self.epoch, "columns": COLUMNS, **more}
        return self._frame(head, rows, audience.viewer)

    def _frame(self, head: Mapping[str, Any], rows: Sequence[Row], viewer: Viewer) -> str:
        return f'{dump(head)[:-1]},"rows":[{",".join(self._encoded(row, viewer) for row in rows)}]}}'

    def _encoded(self, row: Row, viewer: Viewer) -> str:
        """A row as the viewer's role may see it, encoded once however many follow: a newcomer gets ten thousand in some milliseconds."""
        known = row.setdefault(_ENCODED, {})
        if viewer.role not in known:
            shown = self._release(row, viewer)
            known[viewer.role] = dump([shown[column] for column in COLUMNS])
        return str(known[viewer.role])


# ── reading the log ──

_incident = schema.incident
_columns = [_incident.c[name] for name in _READ]


def read_open(connection: sa.Connection) -> tuple[int, list[Row]]:
    """The number of the last event, and every incident that is open then."""
    seq = connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.event.c.seq), 0))).scalar_one()
    rows = connection.execute(sa.select(*_columns).where(_incident.c.state.not_in(sorted(ENDED)))).mappings()
    return seq, [dict(row) for row in rows]


def read_recent(connection: sa.Connection, seq: int) -> tuple[list[tuple[str, int]], int]:
    """The incidents of the last events up to `seq`, each with its last event, in order; and the number after which these are all."""
    event, floor = schema.event.c, max(0, seq - REMEMBERED)
    last = sa.func.max(event.seq).label("last")
    asked = sa.select(event.incident, last).where(event.seq > floor, event.seq <= seq, event.incident != "").group_by(event.incident)
    return [(row.incident, row.last) for row in connection.execute(asked.order_by(last))], floor


def read_since(connection: sa.Connection, since: int) -> tuple[int, list[Row], bool]:
    """The number of the last event, the incidents with events after `since` as they are now, and whether alerts are among the events."""
    event = schema.event
    found = connection.execute(sa.select(sa.func.max(event.c.seq))).scalar()
    if found is None or found <= since:
        return since, [], False
    touched = sa.select(event.c.incident).where(event.c.seq > since)
    rows = connection.execute(sa.select(*_columns).where(_incident.c.id.in_(touched)).order_by(_incident.c.seq)).mappings()
    alerts = connection.execute(sa.select(event.c.seq).where(event.c.seq > since, event.c.incident == "").limit(1)).scalar() is not None
    return found, [dict(row) for row in rows], alerts
