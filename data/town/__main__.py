"""`python -m data.town OUT --scale 1 --seed 7 --today 2026-11-22`: the raw files of the demonstration town."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from data.errors import OneScreenError, SettingsError
from data.town.deliveries import checked_scale, checked_seed, write_town

Value = TypeVar("Value")
BAD_ARGUMENTS = 2  # the exit status that argparse also gives


def main(words: Sequence[str] | None = None) -> int:
    """Parse the arguments, write the town, print what it holds; returns the exit status."""
    arguments = _parser().parse_args(words)
    try:
        manifest = write_town(arguments.out, arguments.scale, arguments.seed, arguments.today)
    except (OneScreenError, OSError) as error:
        print("\n".join(error.lines()) if isinstance(error, OneScreenError) else error, file=sys.stderr)
        return BAD_ARGUMENTS
    for (folder, name), count in manifest.rows.items():
        print(f"{folder:10} {name:14} {count:>10,}")
    print(f"{len(manifest.faults)} seeded faults in {arguments.out / 'faults.json'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m data.town", description="Write three deliveries of a fictitious town as departments send them."
    )
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--scale", type=_read(_scale), default=1.0, help="1 is a town of 296 000 people (default)")
    parser.add_argument("--seed", type=_read(_seed), default=7, help="whole number; another one gives another town (default 7)")
    parser.add_argument("--today", type=_read(_day), required=True, help="the day from which all dates derive, such as 2026-11-22")
    return parser


def _read(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """argparse shows the message of an ArgumentTypeError only."""

    def reader(word: str) -> Value:
        try:
            return read(word)
        except SettingsError as error:
            raise argparse.ArgumentTypeError(" ".join(error.lines())) from error

    return reader


def _scale(word: str) -> float:
    try:
        return checked_scale(float(word))
    except ValueError as error:
        raise SettingsError(
            f"{word!r} is no number.", remedy="Give a scale such as 0.02, 1 or 20.",
            zh=f"{word!r} 不是数字。", zh_remedy="请给出比例，如 0.02、1 或 20。",
        ) from error  # fmt: skip


def _seed(word: str) -> int:
    try:
        return checked_seed(int(word))
    except ValueError as error:
        raise SettingsError(
            f"{word!r} is no whole number.", remedy="Give a seed such as 7.", zh=f"{word!r} 不是整数。", zh_remedy="请给出种子数，如 7。"
        ) from error


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise SettingsError(
            f"{word!r} is no day.", remedy="Give it as year-month-day, such as 2026-11-22.",
            zh=f"{word!r} 不是日期。", zh_remedy="请按年-月-日给出，如 2026-11-22。",
        ) from error  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
