"""`etl load` as it is, in a process that reports its own peak memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from bench.harness import own_peak_mb
from data.settings import load_settings
from etl.core.run import load


def main(file: Path) -> None:
    outcome = load(load_settings(), file, Console(stderr=True, quiet=True))
    print(json.dumps({"snapshot": outcome.snapshot, "changed": outcome.changed, "peak_mb": own_peak_mb()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
