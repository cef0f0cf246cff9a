"""From what the TOML calls a file to Readings: globs, zip archives, the right plug-in, row filters, and errors that name the file."""

from __future__ import annotations

import dataclasses
import fnmatch
import importlib
import pkgutil
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import SourceError, advice, advice_zh
from etl.core.spec import Delivered, Dsn, Evidence, Reading, ReadOptions, Source

_SIDECARS = {
    ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".fix", ".apl", ".dat", ".map", ".id", ".ind", ".mid", ".xml", ".qmd", ".qml",
    ".sld", ".lock", ".ini", ".gpkg-wal", ".gpkg-shm",
}  # fmt: skip
_UNPACK = ("Unpack it, or ask for a zip.", "请先解压，或请对方改发 zip。")
_AS_TABLE = ("Ask for the table as .xlsx or .csv.", "请对方提供 .xlsx 或 .csv 表格。")
# What to do about kinds that are not read, in English and Chinese.
_UNREADABLE = {
    ".rar": _UNPACK,
    ".7z": _UNPACK,
    ".gz": ("Unpack it first.", "请先解压。"),
    ".dwg": ("Ask for DXF, or for the GIS data behind the drawing.", "请对方提供 DXF，或图纸背后的 GIS 数据。"),
    ".mdb": ("Ask for a file geodatabase (.gdb) or a GeoPackage.", "请对方提供文件地理数据库（.gdb）或 GeoPackage。"),
    ".doc": _AS_TABLE,
    ".docx": _AS_TABLE,
    ".wps": _AS_TABLE,
    ".pdf": _AS_TABLE,
    ".mxd": ("Ask for the data behind the map document.", "请对方提供地图文档背后的数据。"),
    ".qgz": ("Ask for the data behind the project.", "请对方提供工程文件背后的数据。"),
    ".gqs": ("It is a saved query; ask for the data.", "这是保存的查询，请对方提供数据本身。"),
    ".ovobj": ("Export it as KML.", "请导出为 KML。"),
    ".lpk": ("Ask for a file geodatabase (.gdb).", "请对方提供文件地理数据库（.gdb）。"),
}


@cache
def sources() -> tuple[Source, ...]:
    """All plug-ins of `etl/sources/`, by name."""
    package = importlib.import_module("etl.sources")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(importlib.import_module(f"etl.sources.{name}").SOURCE for name in names)


def read_dataset(base: Path, file: str, options: ReadOptions | None = None) -> Iterator[Reading]:
    """Readings of every file, sheet and layer that `file` (relative to `base`; globs, zip archives and DSNs allowed) names.

    Exhaust a Reading's batches before taking the next. Raises SourceError naming the file, the cause and the remedy.
    """
    options = options or ReadOptions()
    if "://" in file:
        yield from _opened(Dsn(file), _by_scheme(file), options, Dsn(file).name, ())
        return
    found = delivered_files(base, file)
    passed = tuple(shown for path, shown in found if len(found) > 1 and _kind(path) is None)
    readable = [(path, shown) for path, shown in found if shown not in passed] or found
    for path, shown in readable:
        yield from _opened(path, source_of(path), options, shown, passed if shown == readable[0][1] else ())


def delivered_files(base: Path, file: str) -> list[tuple[Delivered, str]]:
    """What `file` stands for: (path or member of an archive, name to show), sorted. Raises SourceError when nothing matches."""
    archive, _, inner = file.partition(".zip/")
    if inner:
        return [pair for path in _matching(base, f"{archive}.zip") for pair in _members(path, _relative(path, base), inner)]
    found: list[tuple[Delivered, str]] = []
    for path in _matching(base, file):
        shown = _relative(path, base)
        found.extend(_members(path, shown, "*") if path.suffix.lower() == ".zip" else [(path, shown)])
    return found


def source_of(path: Delivered) -> Source:
    """The plug-in for `path`, by its suffix. Raises SourceError for what nothing here reads."""
    source = _kind(path)
    if source is not None:
        return source
    suffix = Path(path.name).suffix.lower()
    known = ", ".join(sorted({s for source in sources() for s in source.suffixes if s.startswith(".")}))
    remedy, zh_remedy = _UNREADABLE.get(suffix) or (f"Files of these kinds are read: {known}.", f"可读取的类型：{known}。")
    raise SourceError(
        f"{path.name}: files of the kind {suffix or '(no suffix)'} cannot be read.", remedy=remedy,
        zh=f"{path.name}：不能读取{suffix or '没有扩展名'}的文件。", zh_remedy=zh_remedy,
    )  # fmt: skip


def _kind(path: Delivered) -> Source | None:
    if isinstance(path, zipfile.Path) and _is_geodatabase(path):
        return next(source for source in sources() if ".gdb" in source.suffixes)
    suffix = Path(path.name).suffix.lower()
    return next((source for source in sources() if suffix in source.suffixes), None)


def _is_geodatabase(path: zipfile.Path) -> bool:
    """Whether a folder of an archive (or its root) holds the tables of a file geodatabase."""
    return path.is_dir() and any(item.name.lower().endswith(".gdbtable") for item in path.iterdir())


def _by_scheme(file: str) -> Source:
    scheme = f"{file.partition('://')[0].lower()}://"
    source = next((source for source in sources() if scheme in source.suffixes), None)
    if source is None:
        known = [s for source in sources() for s in source.suffixes if s.endswith("://")]
        raise SourceError(
            f"Nothing here reads {scheme}….", remedy=advice(scheme, known),
            zh=f"不能读取 {scheme}… 这样的来源。", zh_remedy=advice_zh(scheme, known),
        )  # fmt: skip
    return source


def _matching(base: Path, file: str) -> list[Path]:
    exact = base / file
    if exact.exists():
        return [exact]
    found = (
        sorted(Path(exact.anchor).glob(str(exact.relative_to(exact.anchor)))) if exact.is_absolute() else sorted(Path().glob(str(exact)))
    )
    paths = [path for path in found if not path.name.startswith(("~$", "."))]
    kept = _without_sidecars([(path, path.name) for path in paths])
    if not kept:
        folder = next((parent for parent in exact.parents if parent.is_dir()), base)
        present = [item.name for item in folder.iterdir()]
        raise SourceError(
            f"No file matches {file!r} below {base}.", remedy=f"In {folder}: {advice(exact.name, present or ['nothing'])}",
            zh=f"{base} 下没有与 {file!r} 相符的文件。", zh_remedy=f"{folder} 中：{advice_zh(exact.name, present or ['（空）'])}",
        )  # fmt: skip
    return [Path(str(path)) for path, _ in kept]


def _members(archive: Path, shown: str, pattern: str) -> list[tuple[Delivered, str]]:
    """Members of a zip archive that match `pattern`; "*" stands for all that a plug-in reads, which have to be of one kind."""
    try:
        root = zipfile.Path(zipfile.ZipFile(archive))
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(
            f"{shown} is not a readable zip archive: {error}.", remedy="Ask for it again.",
            zh=f"{shown} 不是可读取的 zip 压缩包：{error}。", zh_remedy="请对方重新发送。",
        ) from error  # fmt: skip
    every = [(member, _chinese(member.at)) for member in _walk(root)]
    everything = pattern == "*"
    named = [(m, n) for m, n in every if everything or fnmatch.fnmatch(n, pattern) or fnmatch.fnmatch(Path(n).name, pattern)]
    readable = {suffix for source in sources() for suffix in source.suffixes}
    kept = _without_sidecars([(m, n) for m, n in named if Path(n).suffix.lower() in readable or m.is_dir()])
    kinds = {source_of(member).name for member, _ in kept}
    if not kept or (everything and len(kinds) > 1):
        listed, names = ", ".join(sorted(kinds)), ", ".join(name for _, name in (kept or every)[:12])
        cause = f"holds several kinds of data ({listed})" if kinds else f"holds nothing readable that matches {pattern!r}"
        zh_cause = f"中有多种数据（{listed}）" if kinds else f"中没有与 {pattern!r} 相符的可读取文件"
        raise SourceError(
            f"{shown} {cause}: {names}.", remedy=f'Name the member, for example file = "{shown}/*.shp".',
            zh=f"{shown} {zh_cause}：{names}。", zh_remedy=f'请指明其中的文件，如 file = "{shown}/*.shp"。',
        )  # fmt: skip
    return [(member, f"{shown}/{name}") for member, name in kept]


def _walk(folder: zipfile.Path) -> Iterator[zipfile.Path]:
    """Files of an archive, and folders that are datasets themselves (.gdb), sorted."""
    if _is_geodatabase(folder):
        yield folder
        return
    for item in sorted(folder.iterdir(), key=lambda item: item.at):
        if item.name.startswith((".", "__MACOSX")):
            continue
        if item.is_dir():
            yield from _walk(item)
        else:
            yield item


def _chinese(name: str) -> str:
    """A member's name as its sender saw it: archives without the UTF-8 flag come from Chinese Windows."""
    try:
        return name.encode("cp437").decode("gb18030").rstrip("/")
    except UnicodeError:
        return name.rstrip("/")


def _without_sidecars(items: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Items that are data of their own: no .prj, and no .dbf or .mid beside the .shp or .mif that it belongs to."""
    names = {name.casefold() for _, name in items}
    owners = {".dbf": ".shp", ".mid": ".mif"}

    def owned(name: str) -> bool:
        suffix = Path(name).suffix.lower()
        return suffix in owners and name.casefold().removesuffix(suffix) + owners[suffix] in names

    return [(path, name) for path, name in items if Path(name).suffix.lower() not in _SIDECARS and not owned(name)]


def _relative(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)


def _opened(path: Delivered | Dsn, source: Source, options: ReadOptions, shown: str, passed: tuple[str, ...]) -> Iterator[Reading]:
    """Readings of one file, under the name that the steward knows, filtered, with every failure turned into a SourceError."""
    if isinstance(path, Path) and path.is_dir() and not source.folder:
        example = f'file = "{shown}/*{source.suffixes[0]}"'
        raise SourceError(
            f"{shown} is a folder.", remedy=f"Name the files in it, for example {example}.",
            zh=f"{shown} 是文件夹。", zh_remedy=f"请指明其中的文件，如 {example}。",
        )  # fmt: skip
    with _blamed(shown):
        for reading in source.read(path, options):
            batches = _guarded(_filtered(reading, options.where, shown), shown)
            evidence = (*reading.evidence, *_about(passed))
            yield dataclasses.replace(reading, file=shown, source=source.name, batches=batches, evidence=evidence)
            passed = ()


def _about(passed: tuple[str, ...]) -> tuple[Evidence, ...]:
    names = ", ".join(passed)
    return (Evidence(f"files of other kinds were passed over: {names}", f"其他类型的文件未读取：{names}"),) if passed else ()


@contextmanager
def _blamed(shown: str) -> Iterator[None]:
    """Failures of the libraries below become SourceErrors that name the file; one that names it already passes."""
    try:
        yield
    except (OSError, pa.ArrowException, zipfile.BadZipFile, UnicodeError, KeyError, ValueError, struct.error) as error:
        raise SourceError(
            f"{shown} cannot be read: {error}", remedy="Check that the file is complete, or ask for it again.",
            zh=f"{shown} 无法读取：{error}", zh_remedy="请检查文件是否完整，或请对方重新发送。",
        ) from error  # fmt: skip


def _guarded(batches: Iterator[pa.RecordBatch], shown: str) -> Iterator[pa.RecordBatch]:
    with _blamed(shown):
        yield from batches


def _never_without(reading: Reading) -> Iterator[pa.RecordBatch]:
    """The batches, or an empty one, so that the headers of an empty delivery are known."""
    first = next(reading.batches, None)
    if first is None:
        texts = [pa.array([], pa.string()) for _ in reading.headers]
        names = [*reading.headers, "__row", "__wkb"]
        first = pa.RecordBatch.from_arrays([*texts, pa.array([], pa.int64()), pa.array([], pa.binary())], names=names)
    yield first
    yield from reading.batches


def _filtered(reading: Reading, where: Mapping[str, tuple[str, ...]] | None, shown: str) -> Iterator[pa.RecordBatch]:
    batches = _never_without(reading)
    if not where:
        yield from batches
        return
    unknown = [header for header in where if header not in reading.headers]
    if unknown:
        raise SourceError(
            f"{shown}: `where` names {unknown[0]!r}, which is no header.", remedy=advice(unknown[0], reading.headers),
            zh=f"{shown}：`where` 中的 {unknown[0]!r} 不是列名。", zh_remedy=advice_zh(unknown[0], reading.headers),
        )  # fmt: skip
    for batch in batches:
        mask = reduce(pc.and_, (_holds(batch.column(header), values) for header, values in where.items()))
        yield batch.filter(mask)


def _holds(column: pa.Array, values: tuple[str, ...]) -> pa.Array:
    """Mask of the rows whose value is one of `values`; "*" stands for any value."""
    return pc.is_valid(column) if "*" in values else pc.is_in(column, value_set=pa.array(values, pa.string()))
