"""The houses as PMTiles, as a process of its own."""

import json
import sys
import time
from pathlib import Path

from bench.harness import own_peak_mb
from bench.pack_job.houses import HOUSES, opened
from layers.core.pyramid import write_pyramid

con = opened(sys.argv[1])
started = time.perf_counter()
done = write_pyramid(con, [HOUSES], Path(sys.argv[2]), "bench", dots=sys.argv[3] == "1")
print(
    json.dumps({"seconds": time.perf_counter() - started, "megabytes": done.size / 1e6, "tiles": done.addressed, "peak_mb": own_peak_mb()})
)
