"""What all benchmarks share: run one engine as a process of its own, read its figures, print a table with units and ratios."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one engine: wall and processor seconds and peak memory of the whole process, and what it printed last as JSON."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    result: dict[str, object]


def machine() -> str:
    """One line that names the machine, for the head of every benchmark."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    hardware = f"{os.cpu_count()} cores, {memory_gb:.0f} GB, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    return f"{hardware}; shared machine: read ratios and medians"


def run(command: Sequence[str]) -> Run:
    """Run `command` and measure it. Its last line of output is JSON and holds `peak_mb`, its own peak resident memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    output = process.communicate()[0]
    wall_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = json.loads(output.strip().splitlines()[-1])
    return Run(wall_s, cpu_s, float(result.pop("peak_mb")), result)


def own_peak_mb() -> float:
    """Peak resident memory of this process so far, for engines that report it themselves."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def median(runs: Sequence[Run], figure: str) -> float:
    """Median over runs of `wall_s`, `cpu_s` or `peak_mb`."""
    return statistics.median(getattr(run, figure) for run in runs)


def say(line: str) -> None:
    """Print one line at once, so that a long benchmark shows where it is."""
    print(line, flush=True)
