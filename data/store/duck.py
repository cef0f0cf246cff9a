"""The one door to `duckdb.connect`: extensions by path, no network, lon/lat order."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

from data.errors import StoreError

_OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
# Extension files whose signature this process has checked: that takes a third of a second for `spatial`, at every LOAD, and once is enough.
_CHECKED: set[tuple[Path, int, int]] = set()


def connect(
    path: Path | str = ":memory:",
    *,
    extensions: tuple[str, ...] = ("spatial",),
    read_only: bool = False,
    threads: int = 2,
    memory_limit: str = "4GB",
) -> duckdb.DuckDBPyConnection:
    """A DuckDB instance with `extensions` loaded from their wheels and `geometry_always_xy` set.

    One instance a process serves all threads through `.cursor()`. Raises StoreError when an extension wheel is missing.
    """
    files = [extension_file(name) for name in extensions]
    # A database file may be open twice, and then under one configuration only.
    known = bool(files) and str(path) == ":memory:" and _CHECKED.issuperset(map(_edition, files))
    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={**_OFFLINE, "threads": str(threads), "memory_limit": memory_limit, "allow_unsigned_extensions": str(known).lower()},
    )
    for file in files:
        connection.execute(f"LOAD {text(file)}")
    _CHECKED.update(map(_edition, files))
    if known:
        connection.execute("SET GLOBAL allow_unsigned_extensions = false")
    if "spatial" in extensions:
        # Without this, EPSG axis order swaps lon and lat in KML export and turns spheroid areas into NaN. GLOBAL: cursors must have it too.
        connection.execute("SET GLOBAL geometry_always_xy = true")
    return connection


def _edition(file: Path) -> tuple[Path, int, int]:
    """A file as it is now: another content is another file."""
    now = file.stat()
    return file, now.st_size, now.st_mtime_ns


def extension_file(name: str) -> Path:
    """Path of the extension binary that ships in the wheel `duckdb-extension-NAME`."""
    package = f"duckdb_extension_{name}"
    spec = importlib.util.find_spec(package)
    locations = spec.submodule_search_locations if spec else None
    if locations:
        file = Path(locations[0]) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.exists():
            return file
    wheel = package.replace("_", "-")
    raise StoreError(
        f"The DuckDB extension {name!r} for version {duckdb.__version__} is not installed.",
        remedy=f"Install {wheel}=={duckdb.__version__}.",
        zh=f"没有安装 DuckDB {duckdb.__version__} 版的扩展 {name!r}。",
        zh_remedy=f"请安装 {wheel}=={duckdb.__version__}。",
    )


def text(value: object) -> str:
    """`value` as an SQL text literal, for statements that cannot bind (ATTACH, LOAD, SET)."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
