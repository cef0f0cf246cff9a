"""From the column of levels in a serving file to the bytes that travel, in milliseconds; medians of 20."""

import json
import sys
import time
from statistics import median

import numpy as np
import zstandard

from bench.harness import own_peak_mb
from bench.pack_job.houses import HOUSES, opened
from layers.core.pack import paint_array

con = opened(sys.argv[1])
con.execute("SET threads = 1")
LEVELS = """SELECT string_agg(CASE WHEN lonlat IS NOT NULL THEN chr(65 + p.level) ELSE 'z' END, '' ORDER BY t.ordinal)
FROM house t JOIN paint_houses p ON t.house_id = p.object_id"""


def timed(work):
    runs, cpu = [], []
    for _ in range(20):
        started, busy = time.perf_counter(), time.process_time()
        out = work()
        runs.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - busy))
    return out, median(runs), median(cpu)


raw, bytes_ms, bytes_cpu_ms = timed(lambda: paint_array(con, HOUSES))
packed, packed_ms, cpu_ms = timed(lambda: zstandard.ZstdCompressor(level=1).compress(paint_array(con, HOUSES)))
by_key = con.execute(LEVELS).fetchone()[0].encode()  # by key, in another way
same = raw == bytes(np.frombuffer(by_key, "u1") - 65) == zstandard.ZstdDecompressor().decompress(packed)
same = same and bool((np.bincount(np.frombuffer(raw, "u1"))[1:6] > 0).all())
told = {"same": same, "bytes_ms": bytes_ms, "packed_ms": packed_ms, "cpu_ms": cpu_ms, "bytes_cpu_ms": bytes_cpu_ms}
print(json.dumps(told | {"packed_kb": len(packed) / 1000, "peak_mb": own_peak_mb()}))
