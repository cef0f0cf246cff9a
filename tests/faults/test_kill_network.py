"""kill -9 of the server while people report: what was acknowledged is there once, and everybody who follows comes back by herself."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.chaos import clean
from bench.live import places
from bench.live_job.chaos import Phoenix, chaos


def test_a_server_killed_under_load_loses_nothing_and_its_followers_come_back_by_themselves(home: Path, tmp_path: Path) -> None:
    server = Phoenix(shutil.copytree(home, tmp_path / "home"))
    server.rise()
    try:
        lon, lat = places(server.url)[0]
        with ThreadPoolExecutor(1) as elsewhere:  # browser tests of the same process leave a loop in this thread
            told = elsewhere.submit(asyncio.run, chaos(server, (lon, lat), kills=3, followers=4)).result()
    finally:
        server.kill()
    assert clean(told), told
    assert told.acknowledged > 20 and told.resumed, "a restart costs nobody a snapshot"
