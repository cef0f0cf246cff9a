"""The pack of the houses, as a process of its own: what it made, how long it took, its peak memory."""

import json
import sys
import time
from pathlib import Path

import numpy as np

from bench.harness import own_peak_mb
from bench.pack_job.houses import HOUSES, opened
from layers.core.blobs import read_blob
from layers.core.pack import build_pack

con = opened(sys.argv[1])
folder = Path(sys.argv[2])
started = time.perf_counter()
manifest = build_pack(con, [HOUSES], folder)
seconds = time.perf_counter() - started
peak = own_peak_mb()
tileset = manifest["tilesets"]["house"]
deepest = max(tileset["bands"], key=lambda band: int(band["z"]))
raws = (read_blob(folder, f"{tile[2]}.tile") for tile in deepest["tiles"])
found = np.concatenate([np.cumsum(np.frombuffer(raw, "<u4", int.from_bytes(raw[16:20], "little"), 32), dtype=np.uint32) for raw in raws])
told = {
    "seconds": seconds,
    "n": tileset["n"],
    "found": len(np.unique(found)),
    "tiles": sum(len(band["tiles"]) for band in tileset["bands"]),
}
print(json.dumps(told | {"megabytes": sum(path.stat().st_size for path in folder.glob("*.gz")) / 1e6, "peak_mb": peak}))
