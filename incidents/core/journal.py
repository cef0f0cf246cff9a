"""The writer of the log: one thread that takes what has come in meanwhile and commits it in one transaction, with one sequence.

Whoever submits waits until everything accepted is on disk. Other processes may write to the same database (replay, simulation, a second
server): a lock makes the order of numbers the order of commits, and nothing is remembered from one transaction to the next.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data.clock import Clock
from data.errors import NetworkError, OneScreenError
from incidents.core import schema
from incidents.core.apply import apply
from incidents.core.books import Books, Row
from incidents.core.place import Places
from incidents.core.sound import flaw
from incidents.core.spec import Command, Outcome, Report, Step, ms
from incidents.core.tables import Tables

MOST = 2_000  # commands in one transaction: more would let the first ones wait
LINGER_S = 0.012  # between the starts of two transactions: a rush shares the price of a commit, a single report pays nothing
NUMBER_WIDTH = 6
_COUNT = "number of "  # key of a day's count

# Statements that every transaction needs, made once: to put one together takes longer than to run it.
_event, _incident, _attachment, _feed, _about = schema.event, schema.incident, schema.attachment, schema.feed, schema.about
_numbers: sa.BindParameter[Any] = sa.bindparam("numbers", expanding=True)
_LAST = sa.select(sa.func.coalesce(sa.func.max(_event.c.seq), 0))
_REPORTED = sa.select(_incident).where(_incident.c.feed == sa.bindparam("from_feed"), _incident.c.external_id.in_(_numbers))
_NAMED = sa.select(_incident).where(_incident.c.id.in_(_numbers))
_CHILDREN = sa.select(_incident).where(_incident.c.parent.in_(_numbers))
_PHOTOS = sa.select(_attachment).where(_attachment.c.id.in_(_numbers))
_ATTACH = _attachment.update().where(_attachment.c.id == sa.bindparam("photo")).values(incident=sa.bindparam("at_incident"))
_COUNTED = sa.select(_about.c.value).where(_about.c.key == sa.bindparam("of_day"))
_more = {"items": _feed.c["items"] + sa.bindparam("n"), "refused": _feed.c.refused + sa.bindparam("bad"), "last_at": sa.bindparam("at")}
_TAKEN = _feed.update().where(_feed.c.name == sa.bindparam("of_feed")).values(_more)
_REFUSED = _TAKEN.values({"refused_at": sa.bindparam("at"), "why": sa.bindparam("why")})

Work = Callable[[sa.Connection], Any]


@dataclass(slots=True)
class _Order:
    """What one caller wants: commands, or any other piece of work in a transaction of the writer. `flaws`: of each command, what is
    unsound about it; such a one is not even looked up."""

    commands: Sequence[Command] = ()
    work: Work | None = None
    flaws: Sequence[OneScreenError | None] = ()
    done: Future[Any] = field(default_factory=Future)

    def sound(self) -> list[Command]:
        """The commands that the log can hold."""
        return [command for command, error in zip(self.commands, self.flaws, strict=True) if error is None]


class Journal:
    """Takes commands and writes them. `tables_of(connection, version)` and `places()` give what judging them needs."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        zone: Callable[[], ZoneInfo],
        places: Callable[[], Places],
        tables_of: Callable[[sa.Connection, int | None], Tables],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine.execution_options(writes=True)
        self._clock, self._zone, self._places, self._tables_of, self._wake = clock, zone, places, tables_of, wake
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._closing = False
        self._next = 0.0  # the next transaction does not start before
        self._begun = threading.Lock()  # taken for good by who starts the thread

    def stop(self) -> None:
        """Write what has come in, then end."""
        self._closing = True
        self._orders.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def submit(self, commands: Sequence[Command]) -> Future[list[Outcome]]:
        """Outcomes of `commands`, in order, once everything accepted is on disk."""
        return self._put(_Order(commands, flaws=[flaw(command) for command in commands]))

    def do(self, work: Work) -> Future[Any]:
        """Something else to write, in a transaction of its own place in the order."""
        return self._put(_Order(work=work))

    def _put(self, order: _Order) -> Future[Any]:
        if self._closing:
            order.done.set_exception(_ending())
        else:
            self._orders.put(order)
            if self._begun.acquire(blocking=False):  # a page that is only looked at needs no writer
                self._thread.start()
        return order.done

    def _run(self) -> None:
        while True:
            orders, more = self._waiting()
            # Nobody waits any longer for what was cancelled; from here on nothing can be: its answer would end the only writer.
            wanted = [order for order in orders if order.done.set_running_or_notify_cancel()]
            if wanted:
                self._write(wanted)
            if not more:
                return

    def _waiting(self) -> tuple[list[_Order], bool]:
        """Everything that waits, up to the most of one transaction; False once the end is asked for."""
        found: list[_Order] = []
        count = 0
        order = self._orders.get()
        if not self._closing:
            time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + LINGER_S
        while order is not None:
            found.append(order)
            count += len(order.commands) + 1
            if count >= MOST:
                return found, True
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                return found, True
        return found, False

    def _write(self, orders: list[_Order]) -> None:
        """All orders in one transaction. When it cannot be written each is tried alone, so that one bad order harms no other."""
        try:
            answers = self._transaction(orders)
        except Exception as error:
            if len(orders) == 1:
                orders[0].done.set_exception(_told(error))
                return
            for order in orders:
                self._write([order])
            return
        self._wake()
        for order, answer in zip(orders, answers, strict=True):
            order.done.set_result(answer)

    def _transaction(self, orders: list[_Order]) -> list[Any]:
        with self._engine.begin() as connection:
            schema.lock(connection)
            commands = [command for order in orders for command in order.commands]
            numbers = Numbers(connection, self._zone())
            books = self._books(connection, [one for order in orders for one in order.sound()], numbers) if commands else None
            answers: list[Any] = []
            for order in orders:
                answers.append(order.work(connection) if order.work else _answers(books, order))
            if books:
                write_back(connection, books)
                numbers.keep()
                outcomes = [one for order, answer in zip(orders, answers, strict=True) if not order.work for one in answer]
                count_feeds(connection, commands, outcomes, ms(books.now))
        return answers

    def _books(self, connection: sa.Connection, commands: Sequence[Command], numbers: Numbers) -> Books:
        known: dict[int, Tables] = {}

        def tables_of(version: int) -> Tables:
            if version not in known:
                known[version] = self._tables_of(connection, version)
            return known[version]

        tables = self._tables_of(connection, None)
        known[tables.version] = tables
        books = Books(self._clock.now(), tables, tables_of, self._places(), numbers)
        books.seq = connection.execute(_LAST).scalar_one()
        fill(connection, books, commands)
        return books


def _answers(books: Books | None, order: _Order) -> list[Outcome]:
    if books is None:
        return []
    return [
        _refused(command, error) if error else _answer(books, command) for command, error in zip(order.commands, order.flaws, strict=True)
    ]


def _answer(books: Books, command: Command) -> Outcome:
    """What becomes of one command. One that the program cannot judge is refused alone; only the database ends the transaction."""
    try:
        return apply(books, command)
    except sa.exc.SQLAlchemyError:
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("A command could not be judged.")
        name = type(error).__name__
        return _refused(command, NetworkError(
            f"This could not be judged ({name}).", remedy="Nothing of it was kept; correct it, or tell whoever runs the server.",
            zh=f"无法处理（{name}）。", zh_remedy="本条未保存；请更正，或联系系统管理员。",
        ))  # fmt: skip


def _refused(command: Command, error: OneScreenError) -> Outcome:
    return Outcome(command.what.incident if isinstance(command.what, Step) else "", error=error)


def fill(connection: sa.Connection, books: Books, commands: Sequence[Command]) -> None:
    """Read everything that the commands name: incidents, children of those to be merged, reports that are there already, photos."""
    reports = [command.what for command in commands if isinstance(command.what, Report)]
    for feed in {report.feed for report in reports if report.external_id}:
        asked = [report.external_id for report in reports if report.feed == feed and report.external_id]
        for part in _parts(asked):
            for row in connection.execute(_REPORTED, {"from_feed": feed, "numbers": part}).mappings():
                books.known[feed, row["external_id"]] = row["id"]
                books.rows[row["id"]] = dict(row)
    steps = [command.what for command in commands if not isinstance(command.what, Report)]
    named = {step.incident for step in steps} | {str(step.fields["parent"]) for step in steps if step.fields.get("parent")}
    for part in _parts(named):
        for row in connection.execute(_NAMED, {"numbers": part}).mappings():
            books.rows[row["id"]] = dict(row)
    merging = [step.incident for step in steps if step.step == "merge"]
    for part in _parts(merging):
        for row in connection.execute(_CHILDREN, {"numbers": part}).mappings():
            books.rows[row["id"]] = dict(row)
    photos = {photo for report in reports for photo in report.photos}
    photos |= {str(photo) for step in steps for photo in step.fields.get("photos") or ()}
    for part in _parts(photos):
        for found in connection.execute(_PHOTOS, {"numbers": part}).mappings():
            books.photos[found["id"]], books.prints[found["id"]] = found["kind"], found["sha256"]
            if found["incident"]:
                books.attached[found["id"]] = found["incident"]


def write_back(connection: sa.Connection, books: Books) -> None:
    """Events, new and changed incidents, photos that have found their incident."""
    if books.events:
        schema.insert_rows(connection, schema.event, books.events)
    fresh = [books.rows[key] for key in books.changed if key in books.fresh]
    if fresh:
        schema.insert_rows(connection, schema.incident, fresh)
    changed = [books.rows[key] for key in books.changed if key not in books.fresh]
    if changed:
        schema.update_rows(connection, schema.incident, changed)
    if books.attached:
        connection.execute(_ATTACH, [{"photo": photo, "at_incident": at} for photo, at in books.attached.items()])


def count_feeds(connection: sa.Connection, commands: Sequence[Command], outcomes: Sequence[Outcome], at: int) -> None:
    """Keep when each feed last sent something, and what of it was refused and why."""
    told: dict[str, Row] = {}
    for command, outcome in zip(commands, outcomes, strict=True):
        if not isinstance(command.what, Report):
            continue
        row = told.setdefault(command.what.feed, {"n": 0, "bad": 0, "at": at, "why": None})
        row["bad" if outcome.error else "n"] += 1
        row["why"] = str(outcome.error) if outcome.error else row["why"]
    for name, row in told.items():
        counted = connection.execute(_REFUSED if row["bad"] else _TAKEN, row | {"of_feed": name})
        if not counted.rowcount:  # the first of its feed
            first = {"name": name, "items": row["n"], "refused": row["bad"], "last_at": at}
            connection.execute(schema.feed.insert(), first | {"refused_at": at if row["bad"] else None, "why": row["why"]})


class Numbers:
    """Numbers of incidents, counted per day of the town: YYYYMMDD-000001. The counts stand in the database: `keep` writes them."""

    def __init__(self, connection: sa.Connection, zone: ZoneInfo) -> None:
        self._connection, self._zone = connection, zone
        self._last: dict[str, int] = {}

    def __call__(self, at: datetime) -> str:
        """The next number of the day of `at`."""
        day = f"{at.astimezone(self._zone):%Y%m%d}"
        if day not in self._last:
            self._last[day] = int(self._connection.execute(_COUNTED, {"of_day": f"{_COUNT}{day}"}).scalar() or 0)
        self._last[day] += 1
        return f"{day}-{self._last[day]:0{NUMBER_WIDTH}d}"

    def keep(self) -> None:
        """Write the counts back."""
        if self._last:
            rows = [{"key": f"{_COUNT}{day}", "value": str(last)} for day, last in self._last.items()]
            self._connection.execute(schema.upsert(self._connection, schema.about), rows)


def _parts(values: Iterable[str], size: int = 500) -> Iterable[list[str]]:
    """Values in pieces that a database takes as parameters."""
    listed = list(dict.fromkeys(values))
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def _ending() -> NetworkError:
    return NetworkError("The server is ending.", remedy="Send it again in a moment.", zh="服务正在停止。", zh_remedy="请稍后重新发送。")


def _told(error: Exception) -> Exception:
    if isinstance(error, sa.exc.SQLAlchemyError):
        return NetworkError(
            f"The log could not be written ({error.__class__.__name__}: {str(error).splitlines()[0]}).",
            remedy="Nothing of it was kept; send it again.",
            zh=f"日志写入失败（{error.__class__.__name__}）。", zh_remedy="本次内容未保存，请重新发送。",
        )  # fmt: skip
    return error
