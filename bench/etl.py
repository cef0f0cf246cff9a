"""`python bench/etl.py [--scale 0.1] [--runs 3] [--data FOLDER]`: the write side beside PostGIS and geopandas, and the whole load.

The peers and OneScreen do one job on the same files (bench/etl_job) and must give the same answer. The last table is `etl load` itself,
with contract, quarantine, links, colours, lake, serving file and map pack that the job leaves out: the base, then deliveries in which
one row in a hundred has changed (whole registers sent again), then the updates of the demonstration town, in which nearly every
rental has changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.etl_job import STAGES
from bench.etl_job.one_percent import REGISTERS, make
from bench.harness import Run, machine, median, run, say

ENGINES = ("onescreen", "postgis", "geopandas")


def main() -> None:
    options = arguments()
    data = options.data or generate(options.scale)
    say(f"etl: scale {options.scale}, {machine()}")
    runs = {engine: [job(engine, data / "1-base") for _ in range(options.runs)] for engine in ENGINES}
    same_answers(runs)
    job_table(runs)
    if not options.job_only:
        load_table(data)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.1, help="size of the town; 1 is 296 000 people, 20 is 6 million")
    parser.add_argument("--runs", type=int, default=3, help="runs of each engine; medians are printed")
    parser.add_argument("--data", type=Path, help="folder with the raw files of a town generated before")
    parser.add_argument("--job-only", action="store_true", help="leave out the whole load")
    return parser.parse_args()


def generate(scale: float) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="onescreen-bench-town-"))
    command = [sys.executable, "-m", "data.town", str(folder), "--scale", str(scale), "--seed", "7", "--today", "2026-11-22"]
    if os.spawnv(os.P_WAIT, command[0], command):
        raise SystemExit("the town could not be generated")
    return folder


def job(engine: str, base: Path) -> Run:
    return run([sys.executable, "-m", f"bench.etl_job.with_{engine}", str(base)])


def same_answers(runs: dict[str, list[Run]]) -> None:
    """Counts equal, forest area within 0.1 % (repairs of broken polygons differ by a hair)."""
    answers = {engine: done[0].result["answer"] for engine, done in runs.items()}
    first = answers[ENGINES[0]]
    for engine, answer in answers.items():
        for name, value in answer.items():
            if abs(value - first[name]) > (0.001 * first[name] if "ha" in name else 0):
                raise SystemExit(f"{engine} gives {name} = {value}, {ENGINES[0]} gives {first[name]}")
    say("answer of all: " + ", ".join(f"{name} {value:,}" for name, value in first.items()))


def job_table(runs: dict[str, list[Run]]) -> None:
    say(f"{'wall s, median':>16} " + " ".join(f"{stage:>10}" for stage in (*STAGES, "all", "peak MB")))
    totals = {}
    for engine, done in runs.items():
        seconds = [sorted(one.result["seconds"][stage] for one in done)[len(done) // 2] for stage in STAGES]
        totals[engine] = (sum(seconds), median(done, "peak_mb"))
        say(f"{engine:>16} " + " ".join(f"{figure:10.2f}" for figure in (*seconds, sum(seconds))) + f" {totals[engine][1]:10.0f}")
    own = totals["onescreen"]
    say(f"wall / PostGIS {own[0] / totals['postgis'][0]:.2f} (aim 0.5); peak / geopandas {own[1] / totals['geopandas'][1]:.2f} (aim 0.5)")


def load_table(data: Path) -> None:
    """The base, deliveries with one changed row in a hundred on top of it, and the town's two updates, each a process of its own."""
    os.environ["ONESCREEN_NOW"] = "2026-11-22T08:00:00+08:00"
    folder = Path(tempfile.mkdtemp(prefix="onescreen-bench-home-"))
    home = folder / "home"
    base = load(home, data / "1-base", "base")
    for told, datasets in ONE_PERCENT.items():
        delivery, copy = folder / "delivery", folder / "copy"
        rows = make(data / "1-base", delivery, datasets)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(home, copy)
        ratio(load(copy, delivery, f"1 % of {told} ({rows:,} rows)"), base)
    for update in ("2-update", "3-update"):
        ratio(load(home, data / update, update), base)
    shutil.rmtree(folder)


# What is delivered again in full, every hundredth row changed.
ONE_PERCENT = {"residents": ("residents",), "houses": ("houses",), "all registers": REGISTERS}


def load(home: Path, delivery: Path, told: str) -> Run:
    os.environ["ONESCREEN_HOME"] = str(home)
    done = run([sys.executable, "-m", "bench.etl_job.whole_load", str(delivery / "town.toml")])
    say(f"{'etl load ' + told:>44}: {done.wall_s:6.1f} s wall, {done.cpu_s:6.1f} s cpu, peak {done.peak_mb:5.0f} MB, "
        f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    return done


def ratio(done: Run, base: Run) -> None:
    say(f"{'of the base':>44}: {done.wall_s / base.wall_s:6.2f} of its wall time, {done.cpu_s / base.cpu_s:.2f} of its cpu (aim 0.25)")


if __name__ == "__main__":
    main()
