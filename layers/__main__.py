"""`python -m layers`: write the layers of the snapshot on show for other tools."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from data.errors import OneScreenError, StoreError
from data.settings import Settings, load_settings
from data.store.duck import connect
from data.store.serving import Serving, current
from layers.core.pyramid import ZOOMS, write_pyramid
from layers.core.registry import load_layers

DEEPEST = 18


def main(arguments: Sequence[str] | None = None, *, settings: Settings | None = None) -> int:
    """Run one verb; returns the exit code."""
    chosen = _parser().parse_args(arguments)
    console = Console(markup=False, emoji=False, width=None if sys.stdout.isatty() else 140)
    try:
        _pmtiles(settings or load_settings(), chosen.out, chosen.zooms, console)
    except OneScreenError as error:
        Console(stderr=True).print(Text.assemble(("×", "bold red"), " ", "\n  ".join(error.lines())), soft_wrap=True)
        return 1
    return 0


def _pmtiles(settings: Settings, out: Path | None, zooms: range, console: Console) -> None:
    shown = _shown(settings)
    file = out or shown.manifest.with_suffix(".pmtiles")
    if not file.parent.is_dir():
        raise StoreError(f"There is no folder {file.parent}.", remedy="Make it, or name another file.",
                         zh=f"文件夹 {file.parent} 不存在。", zh_remedy="请先创建，或换一个文件名。")  # fmt: skip
    with connect(shown.file, read_only=True, threads=settings.threads, memory_limit=settings.memory_limit) as connection:
        row = connection.execute("SELECT value FROM town WHERE key = 'name'").fetchone()
        name = json.loads(row[0])["zh"] if row else ""
        done = write_pyramid(connection, load_layers(settings.layers), file, name, zooms)
    console.print(f"{file}: 快照 snapshot {shown.snapshot}, 瓦片 tiles {done.addressed:,}, {done.size / 1e6:,.1f} MB", soft_wrap=True)


def _shown(settings: Settings) -> Serving:
    shown = current(settings)
    if shown is None:
        raise StoreError("Nothing has been published yet.", remedy="Run `python -m etl load TOWN.toml`.",
                         zh="尚未发布任何数据。", zh_remedy="请运行 `python -m etl load TOWN.toml`。")  # fmt: skip
    return shown


def _zooms(told: str) -> range:
    """`12-16` or `14`. argparse turns the ValueError into its own message."""
    first, _, last = told.partition("-")
    zooms = range(int(first), int(last or first) + 1)
    if not zooms or zooms.start < 0 or zooms[-1] > DEEPEST:
        raise argparse.ArgumentTypeError(
            f"{told}: 级别须在 0 到 {DEEPEST} 之间，由小到大 / zooms lie between 0 and {DEEPEST}, the lower first"
        )
    return zooms


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m layers", description="The layers on show for other tools 供其他软件使用的图层")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("pmtiles", help="all layers as one PMTiles file of vector tiles 导出为 PMTiles 矢量瓦片")
    verb.add_argument("out", type=Path, nargs="?", metavar="OUT", help="file; by default where the server offers it as /pack/town.pmtiles")
    verb.add_argument("--zooms", type=_zooms, default=ZOOMS, metavar="12-16", help="zooms to write 级别范围")
    return parser


if __name__ == "__main__":
    sys.exit(main())
