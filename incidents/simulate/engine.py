"""Runs the simulation against the log: fills the past in bulk, then lives in the present. Whoever else takes steps is heeded."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from data.errors import NetworkError
from data.policy import Actor
from incidents.core import positions, schema
from incidents.core.books import instant
from incidents.core.lifecycle import ENDED, RULES, SAME
from incidents.core.network import Network
from incidents.core.spec import Command, Outcome, Report, Step, ms
from incidents.simulate import words
from incidents.simulate.course import Live, Move, next_move, taken
from incidents.simulate.day import PREFIX, Case, Days
from incidents.simulate.ground import read_ground
from incidents.simulate.pictures import Album
from incidents.simulate.walk import Walk

CHUNK = 400  # commands of one transaction: a server beside us waits no longer than some 50 ms
WINDOW = timedelta(days=1)  # of the past that is filled at once: within it events of different cases may change places
LAST_WINDOW = timedelta(hours=3)  # of the last two days
PICTURED = timedelta(days=2)  # cases younger than this get pictures
WALK_S = 3.0
RETRY_S = 5.0
Say = Callable[[str], None]


class Simulation:
    """One simulation of one town. `rate` multiplies how much happens. Raises StoreError for a town that is not synthetic."""

    def __init__(self, network: Network, seed: int = 1, rate: float = 1.0, say: Say = lambda _line: None) -> None:
        self._network, self._seed, self._rate, self._say = network, seed, rate, say
        self._heap: list[tuple[datetime, int, Live, Move]] = []
        self._cases: deque[Case] = deque()
        self._open: dict[str, Live] = {}
        self._turn = 0
        self._drawn_to: date | None = None
        self.reported = self.steps = self.refused = 0
        self._album = Album(network.settings.attachments, lambda work: network.journal.do(work).result())
        self.look()

    def look(self) -> None:
        """Read the town on show, and its tables."""
        self.snapshot = self._network.store.serving().snapshot
        self.ground = read_ground(self._network.store)
        self._tables = self._network.tables()
        self._zone = self._network.zone()
        today = self._network.now().astimezone(self._zone).date()
        self._days = Days(self.ground, self._tables.rows("types"), self._zone, self._seed, today, self._rate)
        self._walk = Walk(self.ground, self._seed)

    # ── the past ──

    def begin(self, past: timedelta) -> None:
        """Go on where the log ends, or fill the `past` first; after this the log has come to the present."""
        now = self._network.now()
        start = max(self._last() or now - past, now - past)
        self._resume()
        self._drawn_to = None
        self._draw(start, now)
        at = start
        while at < now:
            at = min(at + (WINDOW if now - at > PICTURED else LAST_WINDOW), now)
            self.until(at)
            self._say(f"{at.astimezone(self._zone):%Y-%m-%d}  {self.reported:,} reported, {self.steps:,} steps")

    def _last(self) -> datetime | None:
        column = schema.incident.c
        query = sa.select(sa.func.max(column.reported_at)).where(column.external_id.startswith(self._prefix()))
        return instant(self._network.asked(lambda connection: connection.execute(query).scalar()))

    def _prefix(self) -> str:
        return f"{PREFIX}-{self._seed}-"

    def _resume(self) -> None:
        """Take up the cases that an earlier simulation has left open."""
        column = schema.incident.c
        query = sa.select(schema.incident).where(column.external_id.startswith(self._prefix()), column.closed_at.is_(None))
        rows = self._network.asked(lambda connection: [dict(row) for row in connection.execute(query).mappings()])
        aside = self._steps_of([row["id"] for row in rows])
        for row in rows:
            case = self._taken_up(row, aside.get(row["id"], {}))
            if case is not None:
                self._push(case)

    def _steps_of(self, incidents: Sequence[str]) -> dict[str, dict[str, int]]:
        """The steps of incidents, each with when it was last taken."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        event = schema.event.c
        for start in range(0, len(incidents), 500):
            query = (
                sa.select(event.incident, event.step, event.at)
                .where(event.incident.in_(incidents[start : start + 500]))
                .order_by(event.seq)
            )
            for number, step, at in self._network.asked(lambda connection, query=query: connection.execute(query).all()):  # type: ignore[misc]
                found[number][step] = at
        return found

    def _taken_up(self, row: dict[str, Any], steps: dict[str, int]) -> Live | None:
        village = (row["path"] or "//").strip("/").split("/")[1:2]
        plan = self._days.plan(row["external_id"], village[0] if village else "")
        if plan is None:
            return None
        moved = [at for step, at in steps.items() if step not in RULES or RULES[step].to != SAME or step == "pass"]
        last = instant(max(moved, default=row["reported_at"])) or self._network.now()
        return Live(
            row["external_id"], row["id"], row["type"], row["source"], village[0] if village else "", row["path"],
            instant(row["reported_at"]) or last, plan, row["state"], last, instant(row["clock_from"]) or last, row["clock_used"] or 0.0,
            row["returns"] or 0, row["reworks"] or 0, row["extensions"] or 0, "suspend" in steps, row["checked"] == "pass",
            row["unit"] or "", row["responder"] or "", row["lon"], row["lat"], set(steps),
        )  # fmt: skip

    # ── what happens ──

    def _draw(self, start: datetime, until: datetime) -> None:
        """Draw the days up to `until` that have not been drawn; nothing before `start`."""
        day = start.astimezone(self._zone).date() if self._drawn_to is None else self._drawn_to + timedelta(days=1)
        last = until.astimezone(self._zone).date()
        while day <= last:
            self._cases.extend(case for case in self._days.cases(day) if case.at > start)
            self._drawn_to = day
            day += timedelta(days=1)

    def until(self, moment: datetime, *, stamped: bool = True) -> None:
        """Everything that happens up to `moment`. `stamped`: the log gets its times, else the present."""
        while self._cases and self._cases[0].at <= moment:
            part: list[Case] = []
            while self._cases and self._cases[0].at <= moment and len(part) < CHUNK:
                part.append(self._cases.popleft())
            self._report(part, stamped)
        while self._heap and self._heap[0][0] <= moment:
            moves: list[tuple[Live, Move]] = []
            while self._heap and self._heap[0][0] <= moment and len(moves) < CHUNK:
                _, _, case, move = heapq.heappop(self._heap)
                moves.append((case, move))
            self._take(moves, stamped)

    def _report(self, part: Sequence[Case], stamped: bool) -> None:
        recent = self._network.now() - PICTURED
        commands = [Command(self._pictured(case, recent, stamped), _actor_of(case.report)) for case in part]
        self._album.flush()
        for case, command, outcome in zip(part, commands, self._network.take(commands), strict=True):
            if outcome.error is not None or outcome.known:
                self.refused += outcome.error is not None
                continue
            self.reported += 1
            self._push(self._live(case, command, outcome))

    def _pictured(self, case: Case, recent: datetime, stamped: bool) -> Report:
        report = case.report if stamped else replace(case.report, at=None)
        if case.at < recent or not case.plan.photo or report.source not in ("patrol", "public", "camera", "inspection"):
            return report
        kind = "still" if report.source == "camera" else "near"
        return replace(report, photos=self._album.take(report.type, (kind,), case.plan.pick, case.at))

    def _live(self, case: Case, command: Command, outcome: Outcome) -> Live:
        report = case.report
        place = self._network.places.locate(report.lon, report.lat)
        village = (place.path.strip("/").split("/")[1:2] or [""])[0]
        at = case.at.astimezone(UTC)
        return Live(
            case.key, outcome.incident, report.type, report.source, village, place.path, at, case.plan, outcome.state, at, at,
            lon=place.lon, lat=place.lat,
        )  # fmt: skip

    def _push(self, case: Live) -> None:
        move = next_move(case, self._tables, self._days.staff(case.village))
        if move is None:
            self._open.pop(case.incident, None)
            return
        self._open[case.incident] = case
        self._turn += 1
        heapq.heappush(self._heap, (move.at, self._turn, case, move))

    def _take(self, moves: Sequence[tuple[Live, Move]], stamped: bool) -> None:
        commands = [self._command(case, move, stamped) for case, move in moves]
        self._album.flush()
        for (case, move), outcome in zip(moves, self._network.take(commands), strict=True):
            if outcome.error is None:
                self.steps += 1
                taken(case, move, outcome.state, move.at, self._tables)
                self._push(case)
            elif move.beside:
                case.aside.add(move.step)  # it was not possible: then not
                self._push(case)
            else:
                self.refused += 1
                self._again(case)

    def _command(self, case: Live, move: Move, stamped: bool) -> Command:
        fields = dict(move.fields)
        if move.step == "self_close":
            fields["photos"] = list(self._album.take(case.type, ("before", "after"), case.plan.pick, move.at))
        elif move.step == "handled" and case.plan.photo and move.at > self._network.now() - PICTURED:
            fields["photos"] = list(self._album.take(case.type, ("after",), case.plan.pick, move.at))
        actor = Actor(move.duty, words.actor_name(move.duty), "program")
        return Command(Step(case.incident, move.step, fields, at=move.at if stamped else None), actor)

    def _again(self, case: Live) -> None:
        """Somebody else was there before: look where the case stands, and go on from there."""
        self._open.pop(case.incident, None)
        query = sa.select(schema.incident).where(schema.incident.c.id == case.incident)
        row = self._network.asked(lambda connection: connection.execute(query).mappings().first())
        if row is None or row["state"] in ENDED or row["state"] == case.state:
            return
        found = self._taken_up(dict(row), self._steps_of([case.incident]).get(case.incident, {}))
        if found is not None:
            self._push(found)

    # ── the present ──

    def live(self, alive: Callable[[], bool], sleep: Callable[[float], None], speed: float = 1.0) -> None:
        """Go on while `alive()`. At another speed than 1 the log gets the present as the time of all that happens."""
        began = self._network.now()
        walked = began
        self._move(self._walk.all(ms(began), self._sent()))
        while alive():
            now = self._network.now()
            if self._network.store.serving().snapshot != self.snapshot:
                self.look()
            moment = began + (now - began) * speed
            try:
                self._draw(began, moment)
                self.until(moment, stamped=speed == 1.0)
                if (now - walked).total_seconds() >= WALK_S:
                    self._move(self._walk.step((now - walked).total_seconds() * speed, ms(now), self._sent(), self._network.places))
                    walked = now
            except NetworkError as error:  # the database may be away for a while
                self._say(str(error))
                sleep(RETRY_S)
                self._recover(began)
            sleep(0.25)

    def _recover(self, began: datetime) -> None:
        """Look into the log how far everything has come, and go on from there."""
        try:
            last = self._last()
            self._heap, self._open = [], {}
            self._cases.clear()
            self._resume()
            self._drawn_to = None
            self._draw(max(last or began, began), self._network.now())
        except (NetworkError, sa.exc.SQLAlchemyError) as error:
            self._say(str(error))

    def _sent(self) -> dict[str, tuple[float, float]]:
        """Who is on the way to a case, or at work on it."""
        return {
            case.responder: (case.lon, case.lat)
            for case in self._open.values()
            if case.responder and case.state in ("dispatched", "handling")
        }

    def _move(self, rows: list[dict[str, Any]]) -> None:
        self._network.journal.do(lambda connection: positions.write(connection, rows)).result()


def _actor_of(report: Report) -> Actor:
    duty = {"patrol": "grid_member", "hotline": "acceptor", "public": "public"}.get(report.source, "feed")
    return Actor(duty, words.actor_name(duty), "program")
