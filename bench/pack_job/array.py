"""From a column of levels to the bytes that travel, in milliseconds; medians of 20."""

import json
import sys
import time
from statistics import median

import numpy as np
import zstandard

from bench.harness import own_peak_mb
from bench.pack_job.houses import HOUSES, opened
from layers.core.arrays import scatter
from layers.core.pack import paint_array

con = opened(sys.argv[1])
con.execute("SET threads = 1")
n = con.execute("SELECT count(*) FROM by_ordinal").fetchone()[0]


def bytes_of() -> bytes:
    found = con.execute("SELECT ordinal, level FROM by_ordinal").to_arrow_table()
    return scatter(n, found.column("ordinal").to_numpy(), found.column("level").to_numpy()).tobytes()


def timed(work):
    runs, cpu = [], []
    for _ in range(20):
        started, busy = time.perf_counter(), time.process_time()
        out = work()
        runs.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - busy))
    return out, median(runs), median(cpu)


raw, bytes_ms, bytes_cpu_ms = timed(bytes_of)
packed, packed_ms, cpu_ms = timed(lambda: zstandard.ZstdCompressor(level=1).compress(bytes_of()))
joined, joined_ms, _ = timed(lambda: paint_array(con, HOUSES))
same = raw == joined == zstandard.ZstdDecompressor().decompress(packed) and bool((np.bincount(np.frombuffer(raw, "u1"))[1:6] > 0).all())
told = {"same": same, "bytes_ms": bytes_ms, "packed_ms": packed_ms, "cpu_ms": cpu_ms, "bytes_cpu_ms": bytes_cpu_ms, "joined_ms": joined_ms}
print(json.dumps(told | {"packed_kb": len(packed) / 1000, "peak_mb": own_peak_mb()}))
