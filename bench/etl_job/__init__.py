"""One job, three engines: read the base delivery of the demonstration town, transform, place, link, roll up, overlay.

All three read every attribute of the same layers and keep them to the end; the link gives each person's area, beside the number or as a
column. Each engine prints JSON: `seconds` a stage, `peak_mb` and an `answer` that must be the same for all.
"""

from __future__ import annotations

from pathlib import Path

STAGES = ("read", "transform", "place", "link", "roll up", "overlay")
# (kind, files below the delivery, layers)
DATASETS: tuple[tuple[str, str, tuple[str | None, ...]], ...] = (
    ("grid", "网格/网格.gpkg", ("村居", "微网格", "队组")),
    ("house", "房屋/*房屋.shp", (None,)),
    ("parcel", "土地/*.gdb", ("DLTB",)),
    ("stand", "林地/*.shp", (None,)),
    ("person", "人口/*户籍人口.csv", (None,)),
)


def files(base: Path) -> dict[str, list[Path]]:
    """The delivered files of the job by kind, in name order."""
    return {kind: sorted(base.glob(pattern)) for kind, pattern, _ in DATASETS}
