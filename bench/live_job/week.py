"""`python -m bench.live_job.week URL PLACES`: events for a soak. Reads a number a line, makes so many events, answers with the total.

Reports come in batches; each is accepted, and rejected once it is the oldest of the open ones, so that as many stay open as on a bad day.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections import deque
from typing import Any
from urllib.parse import urlsplit

from bench.live_job.http import Connection

OPEN = 1_000
BATCH = 50
TYPES = ("0102", "0104", "0505", "0551", "0155", "0403")
COOKIE = "onescreen-duty=shift_leader"


class Week:
    """Makes events."""

    def __init__(self, url: str, places: list[list[float]]) -> None:
        at = urlsplit(url)
        self._connection = Connection(str(at.hostname), int(at.port or 80), COOKIE)
        self._places, self._run = places, uuid.uuid4().hex[:8]
        self._open: deque[str] = deque()
        self._number = 0
        self.events = 0

    async def make(self, events: int) -> None:
        """At least so many."""
        until = self.events + events
        while self.events < until:
            _, told = await self._connection.post("/api/incidents", {"items": [self._report() for _ in range(BATCH)]})
            fresh = [one["incident"] for one in told["items"]]
            self._open.extend(fresh)
            self.events += len(fresh)
            await self._step(fresh, {"step": "accept"})
            if len(self._open) > OPEN:
                await self._step([self._open.popleft() for _ in range(BATCH)], {"step": "reject", "note": "不属实"})
        self._connection.close()  # the server closes what says nothing for some seconds

    async def _step(self, numbers: list[str], step: dict[str, Any]) -> None:
        _, told = await self._connection.post("/api/steps", {"incidents": numbers, **step})
        assert told["done"] == len(numbers), told
        self.events += len(numbers)

    def _report(self) -> dict[str, Any]:
        self._number += 1
        lon, lat = self._places[self._number % len(self._places)]
        return {
            "source": "patrol",
            "type": TYPES[self._number % len(TYPES)],
            "lon": lon,
            "lat": lat,
            "external_id": f"{self._run}-{self._number}",
        }


async def main() -> None:
    """Until the input ends."""
    week = Week(sys.argv[1], json.loads(sys.argv[2]))
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await week.make(int(line))
        print(week.events, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
