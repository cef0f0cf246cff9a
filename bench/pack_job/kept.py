"""How many tiles keep their name when one house in a hundred has moved: all in one place, or here and there."""

import json
import sys
from pathlib import Path

from bench.harness import own_peak_mb
from bench.pack_job.houses import HOUSES, opened
from layers.core.pack import build_pack

con = opened(sys.argv[1])
folder = Path(sys.argv[2])
before = build_pack(con, [HOUSES], folder)
n = con.execute("SELECT count(*) FROM house").fetchone()[0]
# Along the Hilbert curve, houses with numbers in a row are neighbours.
which = f"ordinal BETWEEN {n // 3} AND {n // 3 + n // 100 - 1}" if sys.argv[3] == "together" else "hash(ordinal) % 100 = 0"
meant = con.execute(f"SELECT count(*) FROM house WHERE {which}").fetchone()[0]
con.execute("ALTER VIEW house RENAME TO former")
con.execute(f"""CREATE TABLE house AS SELECT * REPLACE (
    CASE WHEN {which} THEN ST_Affine(lonlat, 1::DOUBLE, 0, 0, 1, 0.00001, 0) ELSE lonlat END AS lonlat) FROM town.house""")
changed = con.execute(
    "SELECT count(*) FROM house a JOIN former b USING (ordinal) WHERE ST_AsWKB(a.lonlat) <> ST_AsWKB(b.lonlat)"
).fetchone()[0]
after = build_pack(con, [HOUSES], folder, before)
print(json.dumps({"changed": changed, "meant": meant, **after["kept"], "peak_mb": own_peak_mb()}))
