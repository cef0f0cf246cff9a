"""`etl repaint --daily`: a town that is left running keeps the colours of the day, by the layer files of the day.

What waits here for weeks holds neither lake nor serving file: each repaint is a process of its own, under the same lock as a load.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console

from data.clock import Clock
from data.errors import StoreError
from data.settings import REPOSITORY, Settings
from data.store.serving import POINTER, current, on_show
from layers.core.colour import rule_version
from layers.core.registry import load_layers

LOOK_S = 5  # how soon a new load, the end of the process beside it and midnight are noticed, also after the machine has slept
AFTER_MIDNIGHT_S = 5
RETRY_S, RETRY_MOST_S = 60, 3600  # after an error, twice as long each time; a load that is running is one


def rules_of_today(settings: Settings) -> str:
    """The rule version of the layer files as they are now: one may have been added or changed since the last look."""
    return rule_version(load_layers(settings.layers))


def stay(
    settings: Settings,
    console: Console,
    clock: Clock,
    alive: Callable[[], bool],
    attempt: Callable[[], None],
    rules: Callable[[Settings], str] = rules_of_today,
) -> None:
    """While `alive()`, call `attempt` whenever what is on show has not the colours of today: at the start, after midnight and after loads.

    Colours of today are of this day in the town, and by the `rules` of the layer files as they are.

    An error is one line on the console and another attempt later.
    """
    retry_s, due, seen = RETRY_S, clock.now(), _moved_at(settings)
    while alive():
        if clock.now() >= due or _moved_at(settings) != seen:
            seen = _moved_at(settings)
            try:
                due = _keep_up(settings, clock, attempt, rules)
                retry_s = RETRY_S
            except Exception as error:  # whatever it is, tomorrow's colours must still come
                said = f"{clock.now():%Y-%m-%d %H:%M:%S %Z} not repainted 未能重新着色: {_first_line(error)}"
                console.print(said, markup=False, soft_wrap=True)
                due, retry_s = clock.now() + timedelta(seconds=retry_s), min(2 * retry_s, RETRY_MOST_S)
        clock.sleep(LOOK_S)


def _keep_up(settings: Settings, clock: Clock, attempt: Callable[[], None], rules: Callable[[Settings], str]) -> datetime:
    """Repaint if it is time; returns when to look again unless a load comes in between."""
    shown = current(settings)
    if shown is None:
        return clock.now() + timedelta(seconds=RETRY_S)
    told = dict(on_show(settings, _FACTS) or ())
    zone = ZoneInfo(told["timezone"])
    today = clock.now().astimezone(zone).date()
    right = date.fromisoformat(told["as_of"]) == today and told.get("rule_version") == rules(settings)
    if not right and shown.rolled_back_from is None:
        attempt()
    return datetime.combine(today + timedelta(days=1), time(0, 0, AFTER_MIDNIGHT_S), zone)


_FACTS = "SELECT key, value ->> '$' FROM town WHERE key IN ('as_of', 'rule_version', 'timezone')"


def in_a_process_of_its_own() -> None:
    """`etl repaint`: its memory goes with it. Raises StoreError with what it said when it failed."""
    done = subprocess.run([sys.executable, "-m", "etl", "repaint"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"etl repaint ended with {done.returncode}."
        raise StoreError(said, remedy="Run `python -m etl repaint`.")


def _moved_at(settings: Settings) -> int:
    try:
        return (settings.serving / POINTER).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
