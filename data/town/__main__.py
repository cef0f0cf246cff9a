"""`python -m data.town OUT --scale 1 --seed 7 --today 2026-11-22`: the raw files of the demonstration town."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from data.town.deliveries import write_town


def main() -> None:
    """Parse the arguments, write the town, print what it holds."""
    parser = argparse.ArgumentParser(
        prog="python -m data.town", description="Write three deliveries of a fictitious town as departments send them."
    )
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a town of 296 000 people (default)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--today", type=date.fromisoformat, required=True, help="the day from which all dates derive, such as 2026-11-22")
    arguments = parser.parse_args()
    manifest = write_town(arguments.out, arguments.scale, arguments.seed, arguments.today)
    for (folder, name), count in manifest.rows.items():
        print(f"{folder:10} {name:14} {count:>10,}")
    print(f"{len(manifest.faults)} seeded faults in {arguments.out / 'faults.json'}")


if __name__ == "__main__":
    main()
