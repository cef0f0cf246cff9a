"""`python -m incidents tables list | show NAME | put NAME FILE --by WHO --why REASON`: the town's tables from the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data.errors import SourceError
from incidents.core import tables_store
from incidents.core.tables_declared import DECLARED
from incidents.core.tables_read import declared, written


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What stands behind `tables` on the command line."""
    ways = parser.add_subparsers(dest="way", required=True)
    ways.add_parser("list", help="all tables, with rows and the version that each has had since")
    show = ways.add_parser("show", help="a table as CSV")
    show.add_argument("name")
    show.add_argument("--version", type=int, help="as it was then; without it, as it is")
    put = ways.add_parser("put", help="replace a table by a CSV file; makes a new version")
    put.add_argument("name")
    put.add_argument("file", type=Path)
    put.add_argument("--by", required=True, help="who changes it")
    put.add_argument("--why", required=True, help="why")


def run(arguments: argparse.Namespace, engine: sa.Engine, zone: ZoneInfo, now: datetime) -> Iterable[str]:
    """Do it, and give the lines to print. Raises NetworkError or SourceError."""
    with engine.execution_options(writes=arguments.way == "put").begin() as connection:
        if arguments.way == "put":
            version = tables_store.save(connection, arguments.name, _text(arguments.file), arguments.by, arguments.why, now)
            return [f"{declared(arguments.name).name}: version {version}"]
        if arguments.way == "show":
            rows = tables_store.load(connection, zone, arguments.version).rows(declared(arguments.name).name)
            return written(arguments.name, rows).splitlines()
        return _listed(connection, zone)


def _listed(connection: sa.Connection, zone: ZoneInfo) -> list[str]:
    tables = tables_store.load(connection, zone)
    since = {row["name"]: row["version"] for row in reversed(tables_store.history(connection))}
    lines = [f"version {tables.version}"]
    for name, table in DECLARED.items():
        lines.append(
            f"{name:<12} {len(tables.rows(name)):>5} rows  since version {since.get(name, tables_store.FIRST)}  {table.zh} · {table.en}"
        )
    return lines


def _text(file: Path) -> str:
    """A CSV as Excel and editors save it: UTF-8, or the Chinese code page of old."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{file} cannot be read ({error.strerror}).",
            remedy="Name a CSV file.",
            zh=f"无法读取 {file}（{error.strerror}）。",
            zh_remedy="请指定 CSV 文件。",
        ) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceError(
        f"{file} is neither UTF-8 nor GB 18030.", remedy="Save it as CSV UTF-8.",
        zh=f"{file} 既不是 UTF-8 也不是 GB 18030 编码。", zh_remedy="请另存为 UTF-8 编码的 CSV。",
    )  # fmt: skip
