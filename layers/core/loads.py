"""Which load a published snapshot shows, told by its manifest, and the archive of vector tiles that goes with it."""

from __future__ import annotations

import re
from pathlib import Path

# In the manifest of a repaint or a renumbering: the snapshot of the load that it shows again.
REPAINT_OF = "repaint_of"
_MARK = re.compile(rf'"{REPAINT_OF}": (\d+)')  # a manifest of a large town takes long to parse


def load_of(manifest: Path) -> int:
    """Number of the snapshot that a load published first of what `manifest` (`v<n>.json`) shows: its own, unless it is a repaint."""
    found = _MARK.search(manifest.read_text())
    return int(found[1]) if found else _number(manifest)


def archive_of(manifest: Path) -> Path | None:
    """The archive (`python -m layers pmtiles`) to offer while `manifest` is on show: its own, else the newest of the same load."""
    own = manifest.with_suffix(".pmtiles")
    if own.exists():
        return own
    load = load_of(manifest)
    made = sorted(manifest.parent.glob("v*.pmtiles"), key=_number, reverse=True)
    return next((file for file in made if (told := file.with_suffix(".json")).exists() and load_of(told) == load), None)


def _number(file: Path) -> int:
    return int(file.stem[1:])
