"""A stopwatch for stages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.harness import own_peak_mb


class Watch:
    """Seconds by stage; `finish` prints what the harness reads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the wall seconds of the block to `name`."""
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def finish(self, answer: dict[str, float], peak_mb: float | None = None) -> None:
        """Print the result as the last line."""
        print(json.dumps({"seconds": self.seconds, "answer": answer, "peak_mb": peak_mb or own_peak_mb()}))
