"""`python -m bench.live_job.sender URL RATE SECONDS BATCH PLACES`: reports at a steady rate, and when each was acknowledged.

The last line is JSON: `acks` {incident: milliseconds since 1970 at which its acknowledgement arrived}, `latency_ms` from when it was due,
`refused`. PLACES is a JSON list of [lon, lat]. BATCH reports go into one request.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

from bench.live_job.http import Connection

CONNECTIONS = 64
TYPES = ("0102", "0104", "0505", "0551", "0155")
COOKIE = "onescreen-duty=acceptor"


class Sender:
    """Keeps to its rate whatever the server does: what is due is due, so a slow server shows as latency."""

    def __init__(self, url: str, places: list[list[float]]) -> None:
        at = urlsplit(url)
        self._at = (str(at.hostname), int(at.port or 80))
        self._places, self._run = places, uuid.uuid4().hex[:8]
        self.acks: dict[str, float] = {}
        self.latency_ms: list[float] = []
        self.refused = 0

    async def send(self, rate: int, seconds: float, batch: int) -> None:
        """`rate` reports a second for so long."""
        due: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
        workers = [asyncio.create_task(self._work(due, batch)) for _ in range(CONNECTIONS)]
        started = time.perf_counter()
        for number in range(round(rate * seconds / batch)):
            at = started + number * batch / rate
            pause = at - time.perf_counter()
            if pause > 0.0005:
                await asyncio.sleep(pause)
            due.put_nowait((at, number))
        for _ in workers:
            due.put_nowait((0.0, -1))
        await asyncio.gather(*workers)

    async def _work(self, due: asyncio.Queue[tuple[float, int]], batch: int) -> None:
        connection = Connection(*self._at, COOKIE)
        while True:
            at, number = await due.get()
            if number < 0:
                return connection.close()
            reports = [self._report(number * batch + k) for k in range(batch)]
            _status, told = await connection.post("/api/incidents", reports[0] if batch == 1 else {"items": reports})
            now = time.time() * 1000
            self.latency_ms.append(1000 * (time.perf_counter() - at))
            self._keep([told] if batch == 1 else told["items"], now)

    def _keep(self, told: list[dict[str, Any]], now: float) -> None:
        for one in told:
            if "incident" in one and "error" not in one:
                self.acks[one["incident"]] = now
            else:
                self.refused += 1

    def _report(self, number: int) -> dict[str, Any]:
        lon, lat = self._places[number % len(self._places)]
        return {"source": "patrol", "type": TYPES[number % len(TYPES)], "lon": lon, "lat": lat, "external_id": f"{self._run}-{number}"}


def main() -> None:
    """Send, then print."""
    url, rate, seconds, batch, places = sys.argv[1:6]
    sender = Sender(url, json.loads(places))
    asyncio.run(sender.send(int(rate), float(seconds), int(batch)))
    print(json.dumps({"acks": sender.acks, "latency_ms": sender.latency_ms, "refused": sender.refused}))


if __name__ == "__main__":
    main()
