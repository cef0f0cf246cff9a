"""`python -m bench.live_job.crowd URL CLIENTS`: many followers of /live, each of which checks every frame that it gets.

Prints `ready` once all have their snapshot. On a line `SEQ DIGEST` from its input it waits until all have come to that number (20 s at
most) and prints JSON: how many came there, gaps, and how many hold another digest than the server's. All get the same frames, so a state is
worked out once for all who have had the same frames in the same order: a client is where the hash of everything that it has read says.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect

from incidents.core.hub import fnv1a

WAIT_S = 20.0


@dataclass(slots=True)
class State:
    """What somebody knows who has read certain frames."""

    seq: int = -1
    gaps: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def digest(self) -> int:
        """As docs/network.md section 5 says."""
        return sum(fnv1a(f"{number}:{seq}") for number, seq in self.rows.items()) % 2**32


class Crowd:
    """The followers. `states` are known by the hash of the frames that lead to them; only the latest few are kept."""

    def __init__(self, url: str, n: int) -> None:
        self._url = url.replace("http", "ws") + "/live"
        self._n = n
        self.at: list[bytes] = [b""] * n
        self.states: dict[bytes, State] = {}
        self._following: list[asyncio.Task[None]] = []
        self.frames = 0
        self.closed = 0

    async def follow(self, number: int, ready: asyncio.Event) -> None:
        """Read for ever."""
        async with connect(self._url, max_size=None, compression=None, ping_interval=None, max_queue=None) as socket:
            chain = b""
            async for text in socket:
                raw = text.encode() if isinstance(text, str) else text
                if raw.startswith(b'{"kind":"beat"') or raw.startswith(b'{"kind":"positions"'):
                    continue
                self.frames += 1
                before, chain = chain, hashlib.blake2b(chain + raw, digest_size=12).digest()
                if chain not in self.states:
                    self.states[chain] = self._next(self.states.get(before), json.loads(raw))
                    while len(self.states) > 4_000:
                        self.states.pop(next(iter(self.states)))
                self.at[number] = chain
                ready.set()
        self.closed += 1

    def _next(self, before: State | None, frame: dict[str, Any]) -> State:
        if frame["kind"] == "snapshot":
            return State(frame["seq"], 0, {row[0]: row[1] for row in frame["rows"]})
        assert before is not None, "a delta before any snapshot"
        rows = before.rows  # handed on, not copied: nobody goes back to an earlier state
        rows.update((row[0], row[1]) for row in frame["rows"])
        for gone in frame["gone"]:
            rows.pop(gone, None)
        return State(frame["seq"], before.gaps + (frame["from"] != before.seq), rows)

    async def begin(self) -> None:
        """Everybody joins; returns when all have a snapshot."""
        waiting = []
        for number in range(self._n):
            ready = asyncio.Event()
            self._following.append(asyncio.create_task(self.follow(number, ready)))
            waiting.append(ready.wait())
        await asyncio.gather(*waiting)

    def there(self, seq: int) -> int:
        """How many have come to this number."""
        return sum(self.states[chain].seq >= seq for chain in self.at if chain in self.states)

    async def verdict(self, seq: int, digest: int) -> dict[str, int]:
        """Wait for all, then compare."""
        for _ in range(round(WAIT_S / 0.1)):
            if self.there(seq) == self._n:
                break
            await asyncio.sleep(0.1)
        digests = {chain: self.states[chain].digest for chain in set(self.at) if chain in self.states}
        return {
            "clients": self._n, "there": self.there(seq), "gaps": sum(self.states[chain].gaps for chain in self.at if chain in self.states),
            "wrong": sum(digests.get(chain) != digest for chain in self.at), "frames": self.frames, "closed": self.closed,
        }  # fmt: skip


async def main() -> None:
    """Follow until asked."""
    crowd = Crowd(sys.argv[1], int(sys.argv[2]))
    await crowd.begin()
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        seq, digest = map(int, line.split())
        print(json.dumps(await crowd.verdict(seq, digest)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
