"""Settings of one installation: a TOML file, overridden by `ONESCREEN_…` variables. The only door to `os.environ`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from data.errors import SettingsError, advice, advice_zh

PREFIX = "ONESCREEN_"
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Field comments are the settings table of the README (checked by a test)."""

    home: Path = REPOSITORY / ".onescreen"  # Folder that holds everything written at run time
    host: str = "127.0.0.1"  # Address to listen on; another than loopback is refused while real data is loaded
    port: int = 8050  # Port to listen on
    language: str = "zh-CN"  # Language of a new visitor: zh-CN or en
    layers: Path | None = None  # Folder with layer files of your own
    scenes: Path | None = None  # Folder with wall scenes of your own
    basemaps: Path | None = None  # TOML file that names basemaps to show under the data; none, and nothing fetched, without it
    keep_snapshots: int = 5  # Published snapshots kept for instant rollback
    threads: int = 2  # Threads that DuckDB may use in one process
    memory_limit: str = "4GB"  # Memory that DuckDB may use before it spills to disk
    ops: str = ""  # Database of incidents: empty for SQLite under home, else postgresql+psycopg://user@host/name
    keys: Path | None = None  # TOML file with the API keys of machine feeds; without it none is accepted
    now: datetime | None = None  # Freeze the clock (tests and demonstrations), ISO 8601 with offset

    @property
    def lake(self) -> Path:
        """Folder of the DuckLake catalog and its Parquet files."""
        return self.home / "lake"

    @property
    def serving(self) -> Path:
        """Folder of published serving files and the pointer to the current one."""
        return self.home / "serving"

    @property
    def pack(self) -> Path:
        """Folder of map packs: content-addressed blobs and one manifest a snapshot."""
        return self.home / "pack"

    @property
    def ops_folder(self) -> Path:
        """Folder of the operational database, when that is SQLite."""
        return self.home / "ops"

    @property
    def attachments(self) -> Path:
        """Folder of photos, named by their hash."""
        return self.home / "attachments"

    @property
    def runs(self) -> Path:
        """Folder of ETL run reports and quarantine workbooks."""
        return self.home / "runs"


def load_settings(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Settings from `file` (default `onescreen.toml` in the repository, or `ONESCREEN_SETTINGS`), then from the environment.

    Raises SettingsError naming the unknown key or the unusable value.
    """
    env = os.environ if environ is None else environ
    named = {key.removeprefix(PREFIX).lower(): value for key, value in env.items() if key.startswith(PREFIX)}
    chosen = named.pop("settings", None)
    path = file or (Path(chosen) if chosen else REPOSITORY / "onescreen.toml")
    values: dict[str, object] = {}
    if path.exists():
        values.update(_read(path))
    elif file or chosen:
        raise SettingsError(
            f"The settings file {path} does not exist.", remedy="Create it or unset ONESCREEN_SETTINGS.",
            zh=f"设置文件 {path} 不存在。", zh_remedy="请建立该文件，或取消设置 ONESCREEN_SETTINGS。",
        )  # fmt: skip
    values.update(named)
    return Settings(**{key: _converted(key, value) for key, value in values.items()})  # type: ignore[arg-type]


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file {path} is not valid TOML: {error}.", remedy="Correct that place.",
            zh=f"设置文件 {path} 不是有效的 TOML：{error}。", zh_remedy="请改正该处。",
        ) from error  # fmt: skip


LANGUAGES = ("zh-CN", "en")
_BOUNDS = {"port": (1, 65535), "keep_snapshots": (1, 1000), "threads": (1, 256)}
_KINDS = {
    "home": "path", "layers": "path", "scenes": "path", "basemaps": "path", "keys": "path", "host": "text", "language": "text",
    "memory_limit": "text", "ops": "text",
    "port": "int", "keep_snapshots": "int", "threads": "int", "now": "instant",
}  # fmt: skip


def _converted(key: str, value: object) -> object:
    known = {field.name for field in fields(Settings)}
    if key not in known:
        raise SettingsError(
            f"Unknown setting {key!r}.", remedy=advice(key, known), zh=f"没有名为 {key!r} 的设置。", zh_remedy=advice_zh(key, known)
        )
    kind = _KINDS[key]
    try:
        converted = _of_kind(kind, value)
        _require_usable(key, converted)
    except ValueError as error:
        raise SettingsError(
            f"Setting {key} has the unusable value {value!r} ({error}).", remedy=f"Give {_wanted(key, kind)}.",
            zh=f"设置 {key} 的值 {value!r} 不可用（{error}）。", zh_remedy=f"请给出{_wanted_zh(key, kind)}。",
        ) from error  # fmt: skip
    return converted


def _of_kind(kind: str, value: object) -> object:
    if kind == "path":
        return Path(str(value)).expanduser().resolve()
    if kind == "int":
        return int(str(value))
    if kind == "instant":
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        if instant.tzinfo is None:
            raise ValueError("no offset")
        return instant
    return str(value)


def _require_usable(key: str, value: object) -> None:
    if isinstance(value, int) and key in _BOUNDS and not _BOUNDS[key][0] <= value <= _BOUNDS[key][1]:
        raise ValueError("out of range")
    if key == "language" and value not in LANGUAGES:
        raise ValueError("no such language")


def _wanted(key: str, kind: str) -> str:
    if key in _BOUNDS:
        return "a whole number from {} to {}".format(*_BOUNDS[key])
    if key == "language":
        return " or ".join(LANGUAGES)
    return {"path": "a path", "instant": "an instant such as 2026-11-22T09:42:00+08:00"}.get(kind, kind)


def _wanted_zh(key: str, kind: str) -> str:
    if key in _BOUNDS:
        return " {} 至 {} 之间的整数".format(*_BOUNDS[key])
    if key == "language":
        return " " + " 或 ".join(LANGUAGES)
    return {"path": "路径", "instant": "时刻，例如 2026-11-22T09:42:00+08:00"}.get(kind, f" {kind}")
