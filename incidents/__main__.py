"""`python -m incidents`: play an Open311 log, keep the demonstration town alive, import a file of orders, edit the town's tables."""

from __future__ import annotations

import argparse
import fcntl
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from data.errors import NetworkError, OneScreenError, StoreError
from data.policy import Actor
from data.process import while_process
from data.settings import Settings, load_settings
from data.store.serving import ServingStore
from incidents import replay
from incidents.core import tables_command
from incidents.core.network import Network
from incidents.core.spec import Command, Report, when
from incidents.feeds import hotline

PAST_DAYS = 60  # a curve of eight weeks, and cases that have been waiting since
WAIT_S = 5.0
_IMPORTER = Actor("acceptor", "import", "key")  # no program with a time of its own: orders reach us when they are imported
Say = Callable[[str], None]


def main(arguments: Sequence[str] | None = None, *, settings: Settings | None = None) -> int:
    """Run one verb; returns the exit code."""
    chosen = _parser().parse_args(arguments)
    say = _progress if sys.stderr.isatty() else _quiet
    try:
        return _VERBS[chosen.verb](chosen, settings or load_settings(), say)
    except OneScreenError as error:
        print("× " + "\n  ".join(error.lines()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _progress(line: str) -> None:
    print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def _quiet(_line: str) -> None:
    """Nobody looks at a line of progress in a file."""


@contextmanager
def _network(settings: Settings) -> Iterator[Network]:
    """The same log as the server's, which follows it."""
    store = ServingStore(settings)
    network = Network(settings, store)
    try:
        yield network
    finally:
        network.stop()
        store.close()


# ── replay ──


def _replay(chosen: argparse.Namespace, settings: Settings, say: Say) -> int:
    if chosen.move:
        print("!! 位置已平移缩放到当前城镇，并非真实地点。 !! POSITIONS ARE MOVED into the loaded town: no real place any more.")
    with _network(settings) as network:
        since = when("--since", chosen.since, network.zone()) if chosen.since else None
        keep = chosen.keep_times or chosen.speed <= 0
        options = replay.Options(chosen.speed, keep, chosen.type, chosen.move, chosen.limit, since)
        tally = replay.play(chosen.file, network, options, network.zone(), network.clock.sleep, say)
    say("")
    print(f"{chosen.file.name}: {tally.rows:,} rows; {tally.line()}")
    for name, number in tally.unmapped.most_common():
        print(f"  no type for {name!r}: {number:,} rows. Enter it into the table `labels` (vendor open311), or give --type CODE.")
    for line in tally.errors:
        print(f"  {line}")
    return 0 if tally.taken or tally.known else 1


# ── simulate ──


def _simulate(chosen: argparse.Namespace, settings: Settings, say: Say) -> int:
    from incidents.simulate.engine import Simulation  # what only a demonstration needs

    alive = while_process(chosen.beside)
    with _alone(settings) as alone, _network(settings) as network:
        if not alone:
            print("A simulation of this town is running already. 本镇已有模拟在运行。")
            return 0
        if not _has_town(network, alive, waits=chosen.beside is not None):
            return 0
        if not network.town().get("synthetic") and chosen.beside is not None:
            return 0  # beside a server with a real town there is nothing to do
        simulation = Simulation(network, chosen.seed, chosen.rate, say)
        simulation.begin(timedelta(days=chosen.past))
        say("")
        if chosen.beside is None:
            print(f"{simulation.reported:,} incidents reported, {simulation.steps:,} steps taken.")
        if not chosen.once:
            if chosen.beside is None:
                print("Now live; Ctrl-C ends it.", flush=True)
            simulation.live(alive, network.clock.sleep, chosen.speed)
    return 0


def _has_town(network: Network, alive: Callable[[], bool], *, waits: bool) -> bool:
    """Wait for a town to be loaded; False when whoever we are beside has ended meanwhile. Raises StoreError when we are not to wait."""
    while True:
        try:
            network.town()
            return True
        except StoreError:
            if not waits:
                raise
        if not alive():
            return False
        network.clock.sleep(WAIT_S)


@contextmanager
def _alone(settings: Settings) -> Iterator[bool]:
    """Whether no other simulation of this home is running, for as long as the context lasts."""
    settings.ops_folder.mkdir(parents=True, exist_ok=True)
    with (settings.ops_folder / "simulate.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


# ── import ──


def _import(chosen: argparse.Namespace, settings: Settings, say: Say) -> int:
    try:
        content = chosen.file.read_bytes()
    except OSError as error:
        raise NetworkError(
            f"{chosen.file} cannot be read ({error.strerror}).", remedy="Check the path.",
            zh=f"无法读取 {chosen.file}（{error.strerror}）。", zh_remedy="请核对路径。",
        ) from error  # fmt: skip
    with _network(settings) as network:
        options = {"zone": network.zone(), "types": network.types(), "label": network.label}
        found = list(hotline.lines(chosen.file.name, content, options))
        say(f"{len(found):,} rows")
        good = [line for line in found if isinstance(line.became, Report)]
        outcomes = network.take([Command(line.became, _IMPORTER) for line in good if isinstance(line.became, Report)])
    errors: list[tuple[hotline.Line, OneScreenError]] = [(line, line.became) for line in found if isinstance(line.became, NetworkError)]
    errors += [
        (line, hotline.located(outcome.error, chosen.file.name, line.sheet, line.row))
        for line, outcome in zip(good, outcomes, strict=True)
        if outcome.error is not None
    ]
    known = sum(outcome.known for outcome in outcomes)
    print(f"{chosen.file.name}: {len(found):,} rows; {len(found) - len(errors) - known:,} taken, {known:,} known, {len(errors):,} refused")
    if errors:
        _give_back(chosen, sorted(errors, key=lambda pair: (pair[0].sheet, pair[0].row)))
    return 1 if errors else 0


def _give_back(chosen: argparse.Namespace, errors: Sequence[tuple[hotline.Line, OneScreenError]]) -> None:
    """Refused rows, with the reasons: on the screen and as a workbook."""
    for _, error in errors[:20]:
        print("  × " + "\n    ".join(error.lines()))
    out = chosen.refused or Path(f"{chosen.file.stem}-refused.xlsx")
    out.write_bytes(hotline.return_book(errors))
    print(f"  {out}")


# ── tables ──


def _tables(chosen: argparse.Namespace, settings: Settings, _say: Say) -> int:
    with _network(settings) as network:
        for line in tables_command.run(chosen, network.engine, network.zone(), network.now()):
            print(line)
    return 0


_VERBS = {"replay": _replay, "simulate": _simulate, "import": _import, "tables": _tables}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m incidents", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    play = verbs.add_parser("replay", help="play an Open311 log (JSON lines, also gzip, or a JSON page) into the running system")
    play.add_argument("file", type=Path)
    play.add_argument("--speed", type=float, default=60.0, help="times as fast as it happened (60); 0: as fast as possible, with its times")
    play.add_argument("--keep-times", action="store_true", help="the log gets the times of the source, not the present")
    play.add_argument("--type", default="", metavar="CODE", help="type of services that no label and no name of a type fits")
    play.add_argument("--move", "--area-fit", action="store_true", help="scale and shift the positions into the loaded town")
    play.add_argument("--since", default="", metavar="DATE", help="pass over what was made before")
    play.add_argument("--limit", type=int, metavar="ROWS", help="only the first rows of the file")
    live = verbs.add_parser("simulate", help="keep the demonstration town alive")
    live.add_argument(
        "--beside", type=int, metavar="PID", help="end when this process has ended; wait for a town, do nothing for a real one"
    )
    live.add_argument("--speed", type=float, default=1.0, help="times as fast as life")
    live.add_argument("--rate", type=float, default=1.0, help="times as much as in domain section 8.2")
    live.add_argument("--seed", type=int, default=1)
    live.add_argument("--past", type=float, default=PAST_DAYS, metavar="DAYS", help=f"how much of the past is filled first ({PAST_DAYS})")
    live.add_argument("--once", action="store_true", help="fill the past and end")
    orders = verbs.add_parser("import", help="import orders of the 12345 hotline: CSV or XLSX")
    orders.add_argument("file", type=Path)
    orders.add_argument("--refused", type=Path, metavar="XLSX", help="where refused rows go (default: FILE-refused.xlsx here)")
    tables_command.add_arguments(verbs.add_parser("tables", help="list, show or replace the town's editable tables"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
