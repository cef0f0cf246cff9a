"""The tail of the log in one event loop: notices what was committed, by this process or another, and lets the hub tell it.

The log itself is asked, twenty times a second when nothing wakes the tail before: a number by its index costs less than any notification
would, and works the same whoever wrote, in SQLite and in PostgreSQL, on this host or another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from incidents.core import alerts, hub, positions, query
from incidents.core.spec import ms

if TYPE_CHECKING:
    from incidents.core.network import Network

BATCH_S = 0.05  # at most so long a change waits for others
BEAT_S = 2.0
POSITIONS_S = 1.0
LADDER_S = 10.0
SWEEP_S = 600.0


class Tail:
    """Keeps a hub up to date while `run` is going."""

    def __init__(self, network: Network) -> None:
        self._network = network
        places = network.places
        self.hub = hub.Hub(network.epoch, lambda row, viewer: query.shown(row, viewer, self._tables, places.middle), places.path_at)
        self._tables: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._begun = False
        self.feeds: list[Any] = []
        self.alerts: list[Any] = []
        self.positions: list[Any] = []

    def wake(self) -> None:
        """Something was committed; from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Follow the log until cancelled."""
        network = self._network
        self._loop = asyncio.get_running_loop()
        while not self._begun:
            try:
                await self.begin()
            except Exception:  # the database may be away for a while: nobody is told anything before it has been read
                logging.getLogger(__name__).exception("The log could not be read.")
                await asyncio.sleep(BEAT_S)
        async with asyncio.TaskGroup() as group:
            works = ((self._beat, BEAT_S), (self._move, POSITIONS_S), (network.climb, LADDER_S), (network.sweep, SWEEP_S))
            for work, every in works:
                group.create_task(repeat(work, every))
            group.create_task(self._follow())

    async def begin(self) -> None:
        """Read everything that is open. Before that a newcomer would be told that the town is empty."""
        self._tables = await asyncio.to_thread(self._network.tables)
        seq, rows = await self._network.ask(hub.read_open)
        recent, floor = await self._network.ask(lambda connection: hub.read_recent(connection, seq))
        await self._look()
        self.hub.load(seq, rows, recent, floor, ms(self._network.now()))
        self._begun = True

    async def _follow(self) -> None:
        last = 0.0
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), BATCH_S)
            pause = last + BATCH_S - loop.time()
            if pause > 0:
                await asyncio.sleep(pause)
            self._woken.clear()
            try:
                last = loop.time() if await self.take() else last  # what comes after a silence need not wait for others
            except Exception:  # the database may be away for a while: what was missed is read once it is back
                logging.getLogger(__name__).exception("The log could not be read.")
                await asyncio.sleep(BEAT_S)

    async def take(self) -> bool:
        """Tell what has been committed since; whether there was anything."""
        since = self.hub.seq
        seq, rows, alerted = await self._network.ask(lambda connection: hub.read_since(connection, since))
        if seq == since:
            return False
        if alerted:
            await self._look()
            self._tables = await asyncio.to_thread(self._network.tables)
        self.hub.take(seq, rows, ms(self._network.now()), self.alerts if alerted else None)
        return True

    async def _look(self) -> None:
        now = ms(self._network.now())
        self.alerts = await self._network.ask(lambda connection: alerts.in_force(connection, now))
        self.positions = await self._network.ask(positions.read)
        await self._count()

    async def _count(self) -> None:
        network = self._network
        self.feeds = await network.ask(lambda connection: query.feeds(connection, network.feeds, network.now()))

    async def _beat(self) -> None:
        await self._count()
        await self._alerts()
        self._tables = await asyncio.to_thread(self._network.tables)
        self.hub.beat(ms(self._network.now()), self.feeds)

    async def _alerts(self) -> None:
        """Alerts begin and end by the clock, too: then the log stands still, and a delta from a number to itself tells it."""
        now = ms(self._network.now())
        found = await self._network.ask(lambda connection: alerts.in_force(connection, now))
        if found != self.alerts:
            self.alerts = found
            self.hub.take(self.hub.seq, [], now, found)

    async def _move(self) -> None:
        found = await self._network.ask(positions.read)
        before = set(self.positions)
        moved = [row for row in found if row not in before]
        self.positions = found
        if moved:
            self.hub.move(moved)


async def repeat(work: Any, every_s: float) -> None:
    """Do something again and again; a database that is away for a while ends nothing."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await work()
        except Exception:
            logging.getLogger(__name__).exception("What is to be done every %s s could not be done.", every_s)
