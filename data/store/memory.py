"""What has been worked out from one snapshot and need not be asked again: a snapshot never changes, nor does what follows from it alone.

Answers are kept as bytes: the bound is exact, no reader can change what another is given, and the collector of a busy server has
nothing to walk.
"""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

MOST_BYTES = 16 * 2**20  # of one snapshot: at scale 20 the longest list of areas takes half a megabyte
EACH = 500  # bytes that an entry takes beside its answer, roughly

T = TypeVar("T")
Key = tuple[Hashable, ...]


class Memory:
    """Answers by question, the least lately asked for forgotten first. Safe for threads; what many ask at once is worked out once."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._turns: dict[Key, threading.Lock] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes in use."""
        return self._bytes

    def answer(self, key: Key, ask: Callable[[], T]) -> T:
        """The answer kept under `key`, else that of `ask`; always a copy of the caller's own. An answer that fails is not kept.

        `ask` may itself ask for other keys, as long as no two ask for one another.
        """
        found = self._look(key)
        if found is None:
            with self._turn(key):
                found = self._look(key)
                if found is None:
                    return self._asked_anew(key, ask)
        return cast(T, pickle.loads(found))  # our own bytes, which have never left this process

    def _asked_anew(self, key: Key, ask: Callable[[], T]) -> T:
        try:
            fresh = ask()
            self._keep(key, pickle.dumps(fresh, pickle.HIGHEST_PROTOCOL))
            return fresh
        finally:
            with self._lock:
                self._turns.pop(key, None)

    def _look(self, key: Key) -> bytes | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _turn(self, key: Key) -> threading.Lock:
        with self._lock:
            return self._turns.setdefault(key, threading.Lock())

    def _keep(self, key: Key, told: bytes) -> None:
        with self._lock:
            if key in self._kept or _weight(key, told) > self._most:
                return
            self._kept[key] = told
            self._bytes += _weight(key, told)
            while self._bytes > self._most:
                self._bytes -= _weight(*self._kept.popitem(last=False))


def _weight(key: Key, told: bytes) -> int:
    """What an entry takes: a key may hold whatever somebody wrote into an address."""
    return EACH + len(told) + sum(len(part) for part in key if isinstance(part, str))
