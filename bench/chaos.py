"""`python bench/chaos.py [--kills 20] [--followers 20] [--home HOME]`: the server is killed at random moments under load.

Every report that was acknowledged must be there once, and every follower must hold what the server has, without help.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.cluster import postgres
from bench.harness import machine, say
from bench.live import places
from bench.live_job.chaos import Phoenix, Told, chaos
from bench.serving import small_town


def main() -> int:
    """Kill, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--followers", type=int, default=20)
    parser.add_argument("--home", type=Path)
    told = parser.parse_args()
    say(machine())
    say(
        "\n| log | kills | acknowledged | lost | twice | gaps | followers that differ | resumed by a delta | back after s (median, worst) |"
    )
    say("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, postgres() as address:
        home = told.home or small_town(Path(folder))
        sqlite = run("SQLite", home, told.kills, told.followers)
        other = run("PostgreSQL", home, told.kills, told.followers, ONESCREEN_OPS=address.replace("postgresql://", "postgresql+psycopg://"))
    return 0 if sqlite and other else 1


def run(name: str, home: Path, kills: int, followers: int, **more: str) -> bool:
    """One log."""
    for file in (home / "ops").glob("*"):
        file.unlink()
    server = Phoenix(home, **more)
    server.rise()
    try:
        lon, lat = places(server.url)[0]
        found = asyncio.run(chaos(server, (lon, lat), kills, followers))
    finally:
        server.kill()
    say(
        f"| {name} | {found.kills} | {found.acknowledged} | {found.lost} | {found.twice} | {found.gaps} | "
        f"{found.differ} of {found.followers} | {found.resumed} | {statistics.median(found.back_s):.2f}, {max(found.back_s):.2f} |"
    )
    return clean(found)


def clean(found: Told) -> bool:
    """Whether nothing was lost, doubled or left behind, and nobody was shown an earlier town."""
    return not (found.lost or found.twice or found.gaps or found.differ or found.backward)


if __name__ == "__main__":
    sys.exit(main())
