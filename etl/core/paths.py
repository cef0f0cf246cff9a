"""A delivered file, on disk or inside a zip archive, and how GDAL calls it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any


class Dsn(str):
    """The address of a database; `name` is what may be shown of it: never its user and password."""

    @property
    def name(self) -> str:
        """Scheme, host and database."""
        scheme, _, rest = self.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


Delivered = Path | zipfile.Path


def gdal_path(path: Delivered) -> str:
    """Name under which GDAL opens `path`; a member of an archive is read in place, without unpacking."""
    if isinstance(path, zipfile.Path):
        return f"/vsizip/{{{Path(str(path.root.filename)).resolve()}}}/{path.at}".rstrip("/")
    return str(path)


def sibling(path: Delivered, suffix: str) -> Delivered | None:
    """The file beside `path` with another suffix, whatever its case; None when there is none."""
    parent: Any = path.parent
    wanted = f"{Path(path.name).stem}{suffix}".casefold()
    return next((item for item in parent.iterdir() if item.name.casefold() == wanted), None)
