"""What benchmarks of the screen share: a small town, and a real server on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from bench.harness import ROOT

TODAY = "2026-11-22"
# Of several lists of features Chromium takes the last: Playwright's own, as far as it concerns pages and what leaves the machine, and
# the pages of the browser's own controls that are made beside each page that is opened: they take as long as ours.
FEATURES_OFF = (
    "PaintHolding", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "DestroyProfileOnBrowserClose", "ThirdPartyStoragePartitioning",
    "MediaRouter", "LensOverlay", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch",
    "PreloadTopChromeWebUI", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup",
)  # fmt: skip
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    f"--disable-features={','.join(FEATURES_OFF)}",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its address, its process id, and the ONESCREEN_HOME that it shows."""

    url: str
    pid: int
    home: Path

    @property
    def memory_mb(self) -> float:
        """Resident memory of the server now, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def served(home: Path, now: str = f"{TODAY}T09:42:00+08:00", **more: str) -> Iterator[Served]:
    """A server on `home`, gone afterwards; its clock stands at `now`, or runs when that is empty. `more` goes into its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "ONESCREEN_HOME": str(home), "ONESCREEN_PORT": str(port), **({"ONESCREEN_NOW": now} if now else {}), **more}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _answers(url)
        yield Served(url, process.pid, home)
    finally:
        process.terminate()
        process.wait(timeout=10)


def small_town(folder: Path) -> Path:
    """A home in `folder` with the base delivery of a small demonstration town."""
    env = {**os.environ, "ONESCREEN_HOME": str(folder / "home")}
    town = ["-m", "data.town", str(folder / "raw"), "--scale", "0.02", "--seed", "7", "--today", TODAY]
    for command in (town, ["-m", "etl", "load", str(folder / "raw" / "1-base" / "town.toml")]):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True, capture_output=True)
    return folder / "home"


def _answers(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"{url}/health", timeout=5):  # our own server on this machine
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
