"""A network with a clock of its own, and short ways to report and to take steps."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from square_town import SIDE, SOUTH, WEST

from data.policy import Actor
from incidents.core.network import Network
from incidents.core.query import one
from incidents.core.spec import Command, Outcome, Report, Step

T = TypeVar("T")
MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai, within working hours
HERE = (WEST + 0.5 * SIDE, SOUTH + 0.5 * SIDE)  # in the first team of the first village


def apart(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` in a thread of its own: browser tests of the same process leave a loop in theirs."""
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, work).result()


class Hands:
    """A network, a clock that stands until it is moved, and short ways to report and to take steps."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.at = MORNING
        network.clock.now = lambda: self.at  # type: ignore[method-assign]

    def later(self, **by: float) -> None:
        self.at += timedelta(**by)

    def report(self, actor: Actor | None = None, **more: Any) -> Outcome:
        told = {"feed": "native", "source": "patrol", "type": "0102", "lon": HERE[0], "lat": HERE[1], **more}
        return self.network.take([Command(Report(**told), actor or Actor("grid_member", "陆某"))])[0]

    def step(self, number: str, step: str, duty: str, if_seq: int | None = None, **fields: Any) -> Outcome:
        return self.network.take([Command(Step(number, step, fields, if_seq), Actor(duty, f"{duty} 1"))])[0]

    def walk(self, number: str, *steps: str) -> Outcome:
        """Steps by whoever does them in this network, with what they need."""
        done = Outcome()
        for step in steps:
            duty, fields = COURSE[step]
            done = self.step(number, step, duty, **fields)
            assert done.error is None, done.error
        return done

    def row(self, number: str) -> dict[str, Any]:
        return self.network.asked(lambda connection: one(connection, number))


COURSE: dict[str, tuple[str, dict[str, Any]]] = {
    "accept": ("acceptor", {}), "file": ("shift_leader", {}), "dispatch": ("dispatcher", {}), "start": ("unit", {}),
    "suspend": ("dispatcher", {"note": "等待"}), "resume": ("unit", {}), "handled": ("unit", {"note": "已清理"}), "check": ("acceptor", {}),
    "pass": ("grid_member", {}), "rework": ("grid_member", {"note": "不彻底"}), "close": ("shift_leader", {}),
    "return": ("dispatcher", {"note": "非本单位"}), "appeal": ("public", {"note": "未解决"}), "reopen": ("shift_leader", {"note": "属实"}),
}  # fmt: skip
Make = Callable[[], Hands]
