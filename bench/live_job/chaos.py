"""A server that is killed at random moments under load, and what is left afterwards: shared by `bench/chaos.py` and the tests of faults."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bench.harness import ROOT
from bench.live_job.http import Connection
from incidents.core.hub import fnv1a

COOKIE = "onescreen-duty=acceptor"
SENDERS = 8
PAUSE_S = 0.2  # between two tries


class Phoenix:
    """A server on one port that can be killed and started again."""

    def __init__(self, home: Path, **more: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ONESCREEN_")}
        self._env = {**kept, "ONESCREEN_HOME": str(home), "ONESCREEN_PORT": str(self.port), **more}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers while it lives."""
        return f"http://127.0.0.1:{self.port}"

    def rise(self) -> None:
        """Start, and wait for the first answer."""
        self._process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while True:
            try:
                self.health()
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """No goodbye: SIGKILL."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def health(self) -> dict[str, Any]:
        """What it says of the network."""
        with urlopen(f"{self.url}/health", timeout=10) as answer:
            return dict(json.load(answer)["network"])


@dataclass(slots=True)
class Follower:
    """A client by the letter of docs/network.md section 5, which comes back for ever."""

    port: int
    seq: int = -1
    epoch: str = ""
    known: str = ""  # the epoch, also while a snapshot is asked for
    rows: dict[str, int] = field(default_factory=dict)
    joins: int = 0
    live: bool = False  # has been told something since it joined
    resumed: int = 0
    backward: int = 0  # snapshots of an earlier town than the one it knew

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            more = f"?since={self.seq}&epoch={self.epoch}" if self.epoch else ""
            try:
                async with connect(f"ws://127.0.0.1:{self.port}/live{more}", max_size=None, compression=None, ping_interval=None) as socket:
                    self.joins, self.live = self.joins + 1, False
                    async for text in socket:
                        if not self.take(json.loads(text)):
                            break
            except (OSError, WebSocketException):
                pass
            await asyncio.sleep(PAUSE_S)

    def take(self, frame: dict[str, Any]) -> bool:
        """Whether the frame fits what is known; else everything is asked for anew."""
        if frame["kind"] == "snapshot":
            self.backward += frame["epoch"] == self.known and frame["seq"] < self.seq
            self.known = frame["epoch"]
            self.rows = {row[0]: row[1] for row in frame["rows"]}
            self.seq, self.epoch = frame["seq"], frame["epoch"]
        elif frame["kind"] == "delta":
            if frame["from"] != self.seq:
                self.epoch = ""
                return False
            self.resumed += "epoch" in frame
            self.rows.update((row[0], row[1]) for row in frame["rows"])
            for gone in frame["gone"]:
                self.rows.pop(gone, None)
            self.seq = frame["seq"]
        elif frame["kind"] == "beat" and frame["seq"] == self.seq and frame["digest"] != self.digest:
            self.epoch = ""
            return False
        self.live = True
        return True

    @property
    def digest(self) -> int:
        """Of what it holds."""
        return sum(fnv1a(f"{number}:{seq}") for number, seq in self.rows.items()) % 2**32


@dataclass(slots=True)
class Told:
    """What was left: acknowledged reports, those of them that are lost, reports that are there twice, followers that differ."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    events: int = 0
    gaps: int = 0
    followers: int = 0
    differ: int = 0
    resumed: int = 0
    backward: int = 0
    back_s: list[float] = field(default_factory=list)  # from the start of the server to the last follower's being level with it


class Load:
    """Senders that send each report until it is acknowledged, with one and the same external id."""

    def __init__(self, port: int, place: tuple[float, float]) -> None:
        self._port, self._place = port, place
        self.acknowledged: dict[str, str] = {}  # external id → incident
        self.twice = 0
        self.ended = False

    async def send(self, name: str) -> None:
        """One sender, one report after the other."""
        connection, number = Connection("127.0.0.1", self._port, COOKIE), 0
        while not self.ended:
            number += 1
            await self._until_acknowledged(connection, f"{name}-{number}")
            await asyncio.sleep(0.01)
        connection.close()

    async def _until_acknowledged(self, connection: Connection, key: str) -> None:
        lon, lat = self._place
        while not self.ended:
            try:
                _status, told = await connection.post(
                    "/api/incidents", {"source": "patrol", "type": "0102", "lon": lon, "lat": lat, "external_id": key}
                )
            except (OSError, EOFError):
                connection.close()
                await asyncio.sleep(PAUSE_S)
                continue
            if "incident" in told:
                self.twice += self.acknowledged.get(key, told["incident"]) != told["incident"]
                self.acknowledged[key] = told["incident"]
                return
            await asyncio.sleep(PAUSE_S)


async def chaos(server: Phoenix, place: tuple[float, float], kills: int, followers: int, seed: int = 7) -> Told:
    """Kill the server `kills` times at random moments between 0.3 and 2 s under load, then compare everything with the log."""
    chance, told = random.Random(seed), Told(kills=kills, followers=followers)
    load = Load(server.port, place)
    crowd = [Follower(server.port) for _ in range(followers)]
    following = [asyncio.create_task(one.follow()) for one in crowd]
    sending = [asyncio.create_task(load.send(f"s{k}")) for k in range(SENDERS)]
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.3, 2.0))
        await asyncio.to_thread(server.kill)
        before = [one.joins for one in crowd]
        await asyncio.to_thread(server.rise)
        started = time.perf_counter()
        while any(one.joins == joins or not one.live for one, joins in zip(crowd, before, strict=True)):
            await asyncio.sleep(0.02)
        told.back_s.append(time.perf_counter() - started)
    load.ended = True
    await asyncio.gather(*sending)
    await _level(server, crowd)
    digest = (await asyncio.to_thread(server.health))["digest"]
    told.differ = sum(one.digest != digest for one in crowd)
    told.resumed, told.backward = sum(one.resumed for one in crowd), sum(one.backward for one in crowd)
    told.acknowledged, told.twice = len(load.acknowledged), load.twice
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    _compare(await asyncio.to_thread(_log, server), load, told)
    return told


async def _level(server: Phoenix, crowd: list[Follower]) -> None:
    """Wait until everybody has come as far as the log, ten seconds at most."""
    for _ in range(100):
        seq = (await asyncio.to_thread(server.health))["seq"]
        if all(one.seq == seq for one in crowd):
            return
        await asyncio.sleep(0.1)


def _log(server: Phoenix) -> list[dict[str, Any]]:
    """Every incident there is."""
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        with urlopen(f"{server.url}/api/incidents?size=1000&page={page}", timeout=30) as answer:
            told = json.load(answer)
        rows += told["rows"]
        if page >= told["pages"]:
            return rows
        page += 1


def _compare(rows: list[dict[str, Any]], load: Load, told: Told) -> None:
    there = {row["external_id"]: row["id"] for row in rows}
    told.lost = sum(there.get(key) != number for key, number in load.acknowledged.items())
    told.twice += len(rows) - len(there)
    told.events = len(rows)
    seqs = sorted(row["seq"] for row in rows)
    told.gaps = seqs[-1] - len(seqs) if seqs else 0  # one event each: the numbers are those from 1 on
