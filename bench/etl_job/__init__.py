"""One job, three engines: read the base delivery of the demonstration town, transform, place, link, roll up, overlay.

Each engine prints JSON: `seconds` a stage, `peak_mb` and an `answer` that must be the same for all.
"""

from __future__ import annotations

from pathlib import Path

STAGES = ("read", "transform", "place", "link", "roll up", "overlay")


def files(base: Path) -> dict[str, list[Path]]:
    """The delivered files of the job by kind, in name order."""
    return {
        "grid": [base / "网格/网格.gpkg"],
        "house": sorted(base.glob("房屋/*.shp")),
        "parcel": sorted(base.glob("土地/*.gdb")),
        "stand": sorted(base.glob("林地/*.shp")),
        "person": sorted(base.glob("人口/*.csv")),
    }
