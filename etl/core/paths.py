"""Delivered files, on disk or inside a zip archive: finding them, and how GDAL calls them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from data.errors import SourceError, advice, advice_zh


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


def find_files(base: Path, pattern: str) -> list[Path]:
    """Existing files (or folders such as .gdb) that `pattern` names below `base`, sorted; lock files of office programs left out.

    Members of an archive ("a.zip/*.shp") stand for the archive.
    """
    archive, inside, _ = pattern.partition(".zip/")
    whole = base / (f"{archive}.zip" if inside else pattern)
    if whole.exists():
        return [whole.resolve()]
    fixed, *rest = _split(whole)
    if not rest:
        return []
    return sorted(path.resolve() for path in Path(fixed).glob("/".join(rest)) if not path.name.startswith(("~$", ".~")))


def _split(whole: Path) -> list[str]:
    """The folder before the first wildcard, then the remaining parts; only the path itself when it has no wildcard."""
    parts = whole.parts
    for index, part in enumerate(parts):
        if any(sign in part for sign in "*?["):
            return [str(Path(*parts[:index])), *parts[index:]]
    return [str(whole)]


def nearest_file(whole: Path) -> tuple[str, str]:
    """What to say where there is no file `whole`, in English and in Chinese: names like it in its folder, or in the nearest that exists."""
    folder = whole.parent
    while not folder.exists():
        folder = folder.parent
    names = [path.name for path in folder.iterdir()]
    if not names:
        return f"The folder {folder} is empty; put the file there or correct the path.", f"文件夹 {folder} 是空的；请放入文件或改正路径。"
    return f"In {folder}: {advice(whole.name, names)}", f"在 {folder} 中：{advice_zh(whole.name, names)}"


def town_text(path: Path) -> str:
    """The text of a town file. Raises SourceError when there is none, or when it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(
            f"The town file {path} is not UTF-8: line {line}, byte {error.start}.", remedy="Save it as UTF-8.",
            zh=f"配置文件 {path} 不是 UTF-8 编码：第 {line} 行，第 {error.start} 字节。", zh_remedy="请另存为 UTF-8 编码。",
        ) from error  # fmt: skip
    except OSError as error:
        raise _no_town_file(path, error) from error


def _no_town_file(path: Path, error: OSError) -> SourceError:
    """What to say of a path that is no file: what town files lie there, or why it cannot be read."""
    folder = path if path.is_dir() else path.parent
    near = sorted(str(path / other.name) if path.is_dir() else other.name for other in folder.glob("*.toml"))
    there, there_zh = (f" Files there: {', '.join(near)}.", f"该处有：{'、'.join(near)}。") if near else ("", "")
    if path.is_dir():
        said, said_zh = f"{path} is a folder, not a town file.", f"{path} 是文件夹，不是配置文件。"
        if len(near) == 1:
            return SourceError(said, remedy=f"Did you mean {near[0]}?", zh=said_zh, zh_remedy=f"是否要写 {near[0]}？")
    elif isinstance(error, FileNotFoundError):
        said, said_zh = f"The town file {path} does not exist.", f"配置文件 {path} 不存在。"
    else:
        said, said_zh = f"The town file {path} cannot be read: {error.strerror}.", f"无法读取配置文件 {path}：{error.strerror}。"
    remedy, zh_remedy = f"Give the path of a TOWN.toml.{there}", f"请给出 TOWN.toml 的路径。{there_zh}"
    return SourceError(said, remedy=remedy, zh=said_zh, zh_remedy=zh_remedy)
