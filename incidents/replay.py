"""Play an Open311 log of anywhere into this town's log: JSON lines (also gzip) or a JSON page, in the order of its own times.

GeoReport tells of a request only when it was made, and when it was closed. So a request is accepted, filed, dispatched and started when it
was made, and handled, checked and closed when it was closed: the time of handling is that of the source.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from data.errors import NetworkError, OneScreenError
from data.policy import Actor
from incidents.core.place import Places
from incidents.core.spec import LONGEST, Command, Outcome, Report, Step, degree, when, wrong

FEED, VENDOR = "open311", "open311"
CHUNK = 500  # events in one go
FEW = 5  # errors of a kind that are shown
NOTE = "回放：来源只提供受理与办结 / replayed: the source tells when it was made and closed, no more"
_Course = Sequence[tuple[str, str, Mapping[str, Any]]]
_SENDER = Actor("feed", "replay", "program")
_BEGIN: _Course = (("acceptor", "accept", {}), ("shift_leader", "file", {}), ("dispatcher", "dispatch", {}), ("unit", "start", {}))
_END: _Course = (
    ("unit", "handled", {"note": NOTE}),
    ("dispatcher", "check", {}),
    ("grid_member", "pass", {}),
    ("shift_leader", "close", {}),
)


class Player(Protocol):
    """What a replay needs of the network."""

    places: Places

    def take(self, commands: Sequence[Command]) -> list[Outcome]: ...
    def now(self) -> datetime: ...
    def label(self, vendor: str, label: str) -> str | None: ...
    def types(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Options:
    """`speed`: how many times faster than it happened; 0 as fast as possible. `keep_times`: the log gets the times of the source, else the
    present. `type`: for services that no label and no name of a type fits. `move`: shift and scale the positions into the loaded town.
    `limit`: only the first rows. `since`: rows of before are passed over.
    """

    speed: float = 60.0
    keep_times: bool = False
    type: str = ""
    move: bool = False
    limit: int | None = None
    since: datetime | None = None


@dataclass(slots=True)
class Tally:
    """What became of the rows."""

    rows: int = 0
    taken: int = 0
    known: int = 0
    closed: int = 0
    outside: int = 0
    refused: int = 0
    before: int = 0  # passed over
    turned: int = 0  # closed before they were made: closed at once instead
    unmapped: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def refuse(self, where: str, error: OneScreenError) -> None:
        """Count a row that does not go in, and keep the first reasons."""
        if "outside the town" in error.message:
            self.outside += 1
        else:
            self.refused += 1
        if len(self.errors) < FEW:
            self.errors.append(f"{where}: {error}")

    def line(self) -> str:
        """One line of progress."""
        return (
            f"{self.taken:,} taken, {self.closed:,} closed, {self.known:,} known, {self.outside:,} outside, "
            f"{self.refused + sum(self.unmapped.values()):,} refused"
        )


@dataclass(order=True, slots=True)
class Happening:
    """Something of the source, at its time: a request is made (`closing` False) or closed."""

    at: datetime
    turn: int
    closing: bool = field(compare=False)
    key: str = field(compare=False)
    report: Report | None = field(compare=False, default=None)


# ── reading ──


def rows(path: Path) -> Iterator[tuple[int, Any]]:
    """(number, row) of a file. A line that is no JSON comes as a NetworkError. Raises NetworkError for a file that cannot be read."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as handle:
            first = handle.read(1)
            handle.seek(0)
            if first == "[":
                yield from enumerate(json.load(handle), 1)
                return
            for number, line in enumerate(handle, 1):
                if line.strip():
                    yield number, _parsed(line)
    except (OSError, UnicodeDecodeError, EOFError, ValueError) as error:
        raise NetworkError(
            f"{path} cannot be read ({error}).", remedy="Give an Open311 log: JSON lines, also gzip, or a page of JSON.",
            zh=f"无法读取 {path}（{error}）。", zh_remedy="请提供 Open311 记录：JSON 行（可为 gzip）或 JSON 页。",
        ) from error  # fmt: skip


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        return wrong("row", line.strip(), f"this is no JSON ({error}).", "Correct the line.", "不是有效的 JSON。", "请更正该行。")


def happenings(path: Path, player: Player, options: Options, zone: ZoneInfo, tally: Tally) -> list[Happening]:
    """Everything that the file tells, in the order in which it happened; what cannot be used is counted in `tally`."""
    kinds = _Kinds(player, options.type)
    found: list[Happening] = []
    for number, row in rows(path):
        if options.limit is not None and tally.rows >= options.limit:
            break
        tally.rows += 1
        try:
            if isinstance(row, NetworkError):
                raise row
            told = _of_row(row, kinds, zone, tally, len(found))
            early = bool(told and options.since and told[0].at < options.since)
            tally.before += early
            found += [] if early else told
        except NetworkError as error:
            tally.refuse(f"{path.name}, row {number}", error)
    moved = _moved(found, player.places) if options.move else found
    return sorted(moved)


def _of_row(row: Any, kinds: _Kinds, zone: ZoneInfo, tally: Tally, turn: int) -> list[Happening]:
    if not isinstance(row, dict):
        raise wrong("row", row, "this is no request.", "Give objects of GeoReport v2.", "不是事件对象。", "请提供 GeoReport v2 对象。")
    key = str(row.get("service_request_id") or row.get("token") or "")
    if not key:
        raise wrong("service_request_id", "", "the request has no number.", "Give it.", "缺少编号。", "请填写。")
    made = when("requested_datetime", str(row.get("requested_datetime") or ""), zone)
    kind, note = kinds.of(row)
    if not kind:
        tally.unmapped[str(row.get("service_name") or row.get("service_code"))] += 1
        return []
    found = [Happening(made, turn, False, key, _report(row, key, kind, note))]
    if row.get("status") == "closed":
        ended = when("updated_datetime", str(row["updated_datetime"]), zone) if row.get("updated_datetime") else made
        tally.turned += ended < made
        found.append(Happening(max(made, ended), turn + 1, True, key))
    return found


def _report(row: Mapping[str, Any], key: str, kind: str, note: str) -> Report:
    lon, lat = (row.get(name) for name in ("long", "lat"))
    more = {name: row[name] for name in ("media_url", "service_name", "service_code") if row.get(name)}
    return Report(
        feed=FEED, source="public", type=kind, lon=degree("long", lon), lat=degree("lat", lat),
        address=str(row.get("address") or "")[:300],
        description=str(row.get("description") or "")[:LONGEST], external_id=f"replay/{key}", more=more | ({"note": note} if note else {}),
    )  # fmt: skip


class _Kinds:
    """Our type of a service: the town's labels of `open311`, the names of its types, else the type declared for the rest, with a note."""

    def __init__(self, player: Player, rest: str) -> None:
        self._player, self._rest = player, rest
        self._names = {str(one[name]).casefold(): str(one["code"]) for one in player.types() for name in ("zh", "en", "code")}
        self._known: dict[tuple[str, str], tuple[str, str]] = {}

    def of(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """(type, note); no type where nothing fits and none is declared."""
        service = (str(row.get("service_code") or ""), str(row.get("service_name") or ""))
        if service not in self._known:
            self._known[service] = self._found(*service)
        return self._known[service]

    def _found(self, code: str, name: str) -> tuple[str, str]:
        for said in (code, name):
            found = self._player.label(VENDOR, said) or self._names.get(said.casefold()) if said else None
            if found:
                return found, ""
        return self._rest, f"来源类别 / service of the source: {name or code}" if self._rest else ""


def _moved(found: list[Happening], places: Places) -> list[Happening]:
    """Positions scaled and shifted so that the middle 96 % of them, in each direction, fill the box of the town."""
    at = np.array(
        [(one.report.lon, one.report.lat) for one in found if one.report and one.report.lon is not None and one.report.lat is not None]
    )
    if not len(at):
        return found
    low, high = np.percentile(at, 2, axis=0), np.percentile(at, 98, axis=0)
    west, south, east, north = places.bounds()
    corner, size = np.array([west, south]), np.array([east - west, north - south])
    span = np.where(high > low, high - low, 1.0)
    return [_shifted(one, lambda point: corner + size * (0.02 + 0.96 * (point - low) / span)) for one in found]


def _shifted(one: Happening, to: Callable[[Any], Any]) -> Happening:
    report = one.report
    if report is None or report.lon is None or report.lat is None:
        return one
    lon, lat = (float(value) for value in to(np.array([report.lon, report.lat])))
    return replace(one, report=replace(report, lon=lon, lat=lat, more={**report.more, "moved_from": [report.lon, report.lat]}))


# ── playing ──


def play(
    path: Path,
    player: Player,
    options: Options,
    zone: ZoneInfo,
    sleep: Callable[[float], None],
    say: Callable[[str], None] = lambda _line: None,
) -> Tally:
    """Play a file to its end. `sleep` waits; `say` gets a line of progress now and then."""
    tally = Tally()
    if options.move:
        say("POSITIONS ARE MOVED into the loaded town: this is no real place any more. 位置已平移缩放到当前城镇，并非真实地点。")
    waiting = happenings(path, player, options, zone, tally)
    say(f"{path.name}: {tally.rows:,} rows, {len(waiting):,} happenings")
    if not waiting:
        return tally
    began, origin = player.now(), waiting[0].at
    incidents: dict[str, str] = {}
    for part in _paced(waiting, options.speed, began, origin, player, sleep):
        _give(part, player, options, incidents, tally)
        say(f"{part[-1].at:%Y-%m-%d %H:%M}  {tally.line()}")
    return tally


def _paced(
    waiting: Sequence[Happening], speed: float, began: datetime, origin: datetime, player: Player, sleep: Callable[[float], None]
) -> Iterable[list[Happening]]:
    """What is due, in pieces: waits until the next is."""
    at = 0
    while at < len(waiting):
        if speed <= 0:
            until = min(at + CHUNK, len(waiting))
        else:
            reached = origin + (player.now() - began) * speed
            until = at
            while until < len(waiting) and until - at < CHUNK and waiting[until].at <= reached:
                until += 1
            if until == at:
                sleep(min((waiting[at].at - reached) / timedelta(seconds=1) / speed, 1.0))
                continue
        yield list(waiting[at:until])
        at = until


def _give(part: Sequence[Happening], player: Player, options: Options, incidents: dict[str, str], tally: Tally) -> None:
    """Reports first, then the steps: those of one incident stay in order."""
    made = [one for one in part if one.report is not None]
    outcomes = player.take([Command(_at(one, options), _SENDER) for one in made]) if made else []
    steps: list[tuple[datetime, int, Command]] = []
    for one, outcome in zip(made, outcomes, strict=True):
        if outcome.error is not None:
            tally.refuse(one.key, outcome.error)
            continue
        tally.known += outcome.known
        tally.taken += not outcome.known
        if one.key in incidents or outcome.state not in ("reported", "handling"):
            continue
        incidents[one.key] = outcome.incident  # also one that an earlier replay has left open: the file may know more now
        if outcome.state == "reported":
            steps += _steps(one, outcome.incident, _BEGIN, options)
    for one in part:
        if one.closing and one.key in incidents:
            steps += _steps(one, incidents.pop(one.key), _END, options)  # a duplicate closes nothing twice
            tally.closed += 1
    ordered = [command for _, _, command in sorted(steps, key=lambda step: step[:2])]
    for outcome in player.take(ordered) if ordered else []:
        if outcome.error is not None:
            tally.refuse(outcome.incident, outcome.error)


def _at(one: Happening, options: Options) -> Report:
    assert one.report is not None
    return replace(one.report, at=one.at) if options.keep_times else one.report


def _steps(one: Happening, incident: str, course: _Course, options: Options) -> list[tuple[datetime, int, Command]]:
    at = one.at if options.keep_times else None
    return [
        (one.at, one.turn, Command(Step(incident, step, dict(fields), at=at), Actor(duty, "replay", "program")))
        for duty, step, fields in course
    ]
