"""`python -m etl`: load a delivery, check it, see what is on show, go back, write an empty template."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.text import Text

from data.clock import Clock, now
from data.errors import OneScreenError
from data.process import while_process
from data.schema import TABLES, table
from data.settings import Settings, load_settings
from data.store.serving import current


def main(arguments: Sequence[str] | None = None, *, settings: Settings | None = None) -> int:
    """Run one verb; returns the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.verb == "repaint":
        _refuse_both(parser, chosen)
    # Paths and values of files are no markup: `[town]` would vanish, and `[/b]` end in a traceback.
    console = Console(markup=False, emoji=False, width=None if sys.stdout.isatty() else 140)
    try:
        return _dispatch(chosen, settings or load_settings(), console)
    except OneScreenError as error:
        Console(stderr=True).print(_told(error), soft_wrap=True)
        return 1


def _told(error: OneScreenError) -> Text:
    """Chinese first, English below it, each with its remedy; as text, for it quotes what stands in files."""
    return Text.assemble(("×", "bold red"), " ", "\n  ".join(error.lines()))


def _dispatch(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Each verb imports its own: the pipeline takes a second, for which `make run` with a town on show need not wait."""
    if chosen.verb == "demo":
        _demo(chosen, settings, console)
        return 0
    if chosen.verb == "template":
        _template(chosen, console)
        return 0
    if chosen.verb == "repaint":
        _repaint(chosen, settings, console)
        return 0
    from etl.core import run, upkeep

    if chosen.verb == "load":
        run.load(settings, chosen.town, console, force_datum=chosen.force_datum)
    elif chosen.verb == "check":
        run.check_only(settings, chosen.town, console, force_datum=chosen.force_datum)
    elif chosen.verb == "status":
        upkeep.status(settings, console)
    elif chosen.verb == "rollback":
        upkeep.go_back(settings, console, chosen.snapshot, now(settings))
    elif chosen.verb == "prune":
        upkeep.prune_all(settings, console)
    return 0


def _template(chosen: argparse.Namespace, console: Console) -> None:
    from etl.core.template import write_template

    write_template(table(chosen.table), chosen.out)
    console.print(f"{chosen.out}", soft_wrap=True)


def _repaint(chosen: argparse.Namespace, settings: Settings, console: Console) -> None:
    if chosen.daily:
        from etl.core import daily

        daily.stay(settings, console, Clock(settings), while_process(chosen.beside), daily.in_a_process_of_its_own)
    else:
        from etl.core.repaint import repaint

        repaint(settings, console, as_of=chosen.as_of, renumber=chosen.renumber)


def _refuse_both(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> None:
    """What stays and repaints every day takes no word that is meant for once."""
    for option, given in (("--renumber", chosen.renumber), ("--as-of", chosen.as_of is not None)):
        if chosen.daily and given:
            parser.error(
                f"{option} 不能与 --daily 同用：请另行运行 `python -m etl repaint {option}` / "
                f"{option} does not go with --daily: run `python -m etl repaint {option}` by itself"
            )


def _demo(chosen: argparse.Namespace, settings: Settings, console: Console) -> None:
    if chosen.if_empty and current(settings):
        return
    from etl.core.demo import load_demo, load_rest

    if chosen.rest:
        load_rest(settings, Console(quiet=True), scale=chosen.scale)
    else:
        load_demo(settings, console, scale=chosen.scale, today=now(settings).date(), first_only=chosen.first)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m etl", description="From department files to a published snapshot 从部门数据到发布快照")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, meaning in (
        ("load", "load what is new in a delivery and publish it 入库并发布"), ("check", "everything but the publish 只校验不发布"),
    ):  # fmt: skip
        verb = verbs.add_parser(name, help=meaning)
        verb.add_argument("town", type=Path, metavar="TOWN.toml")
        verb.add_argument("--force-datum", action="append", default=[], metavar="DATASET",
                          help="accept this dataset although under 95 %% of it lie inside the town; may be repeated")  # fmt: skip
    again = verbs.add_parser("repaint", help="paint what is loaded as of today and publish it 按今天重新着色并发布")
    again.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="a day from the last delivery to today; today by default")
    again.add_argument("--daily", action="store_true", help="stay and repaint after each midnight of the town, and after each load")
    again.add_argument("--renumber", action="store_true",
                       help="also number map features afresh; browsers fetch the whole map anew 重新编号地图要素")  # fmt: skip
    again.add_argument("--beside", type=int, metavar="PID", help="with --daily: end when this process has ended")
    demo = verbs.add_parser("demo", help="generate and load the demonstration town 生成并加载示范镇")
    demo.add_argument("--scale", type=float, default=1.0, help="1 is a town of 296 000 people (default)")
    demo.add_argument("--first", action="store_true", help="only the base delivery, so that there is something to see at once")
    demo.add_argument("--rest", action="store_true", help="only the deliveries later than what is on show, without a word")
    demo.add_argument("--if-empty", action="store_true", help="only when nothing is on show yet")
    verbs.add_parser("status", help="what is on show, what is loaded 查看状态")
    back = verbs.add_parser("rollback", help="show an earlier kept snapshot again 回退到以前的快照")
    back.add_argument("snapshot", type=int, nargs="?", help="its number; the one before by default")
    empty = verbs.add_parser("template", help="write an empty workbook for a table 生成空白模板")
    empty.add_argument("table", metavar="TABLE", help=", ".join(TABLES))
    empty.add_argument("out", type=Path, metavar="OUT.xlsx")
    verbs.add_parser("prune", help="remove what no kept snapshot needs 清理")
    return parser


if __name__ == "__main__":
    sys.exit(main())
