"""Answers of the log that take long and are good for a while: worked out once for all walls, beside the requests."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from incidents.core.network import Network

PATIENCE_S = 2.0  # so long a request waits for the first answer; after that it is told that there is none yet


@dataclass(slots=True)
class _Entry:
    answer: Any = None
    at: float = float("-inf")
    busy: bool = False
    ready: threading.Event = field(default_factory=threading.Event)


class Kept:
    """Answers by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def get(self, name: str, good_s: float, ask: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
        """The last answer; one older than `good_s` seconds is asked for anew meanwhile. None while there is none yet."""
        with self._lock:
            entry = self._entries.setdefault(name, _Entry())
            due = not entry.busy and time.monotonic() - entry.at >= good_s
            entry.busy = entry.busy or due
        if due:
            threading.Thread(target=self._fill, args=(name, entry, ask), daemon=True).start()
        if entry.at == float("-inf"):
            entry.ready.wait(patience_s)
        return entry.answer

    def _fill(self, name: str, entry: _Entry, ask: Callable[[], Any]) -> None:
        try:
            entry.answer = ask()
        except Exception:  # the last answer stays; the next request asks again
            logging.getLogger(__name__).exception("%s could not be worked out.", name)
        entry.at, entry.busy = time.monotonic(), False
        entry.ready.set()


_KEPT: WeakKeyDictionary[Network, Kept] = WeakKeyDictionary()


def kept(network: Network) -> Kept:
    """What is kept of a log, for as long as there is the log."""
    return _KEPT.setdefault(network, Kept())
