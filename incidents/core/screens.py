"""What screens tell of themselves over their socket, for `/health`: heap, frame time, event to paint, age."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

MOST = 200  # of which the last words are kept
LARGEST = 1e15
NUMBERS = ("heap", "frame_ms", "paint_ms", "age_s", "nodes")


class Screens:
    """What screens last told of themselves: heap, frame time, event to paint and age, for `/health`."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def tell(self, name: str, told: dict[str, Any], at: int) -> None:
        """Keep the numbers of one screen; words that nobody asked for are left out."""
        numbers = {key: told[key] for key in NUMBERS if _counts(told.get(key))}
        page = str(told.get("page", ""))[:20].encode(errors="replace").decode()  # half a character is no JSON
        self._told[name] = {"page": page, "at": at, **numbers}
        self._told.move_to_end(name)
        while len(self._told) > MOST:
            self._told.popitem(last=False)

    def forget(self, name: str) -> None:
        """The screen has left."""
        self._told.pop(name, None)

    def all(self) -> list[dict[str, Any]]:
        """Every screen that has told something, the latest last."""
        return list(self._told.values())


def _counts(value: Any) -> bool:
    """Whether it is a number that JSON can say: clients may send NaN, infinity and whole numbers without end."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST
