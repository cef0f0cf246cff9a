"""Other processes of this machine: commands that run beside the server end with it."""

from __future__ import annotations

import os
from collections.abc import Callable


def while_process(number: int | None) -> Callable[[], bool]:
    """Whether the process `number` is there; always, where none is given."""

    def alive() -> bool:
        if number is None:
            return True
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    return alive
