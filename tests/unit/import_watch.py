"""Imports the modules named on the command line, below the folder named first, and prints what their importing did beyond declaring.

Reading a file is no act when it is Python's own code or the reference data; a connection of DuckDB, which tells no audit hook, is
seen by its replaced `connect`.
"""

import importlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

root = Path(sys.argv[1]).resolve()
REFERENCE = str(root / "data" / "reference")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
ACTS = {"os.mkdir", "os.remove", "os.rename", "os.putenv", "socket.bind", "socket.connect", "sqlite3.connect", "subprocess.Popen"}
acts: list[str] = []


def culprit() -> str:
    """The line below the root that does it, itself or through the standard library; nothing when another library does."""
    frame = sys._getframe(2)
    while frame:
        path = Path(frame.f_code.co_filename)
        if "site-packages" in path.parts:
            return ""
        if path.is_relative_to(root):
            return f"{path.relative_to(root)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        path, _, flags = arguments
        if (not flags & WRITING and str(path).endswith((".py", ".pyc", ".so"))) or REFERENCE in str(path):
            return
    elif event not in ACTS:
        return
    if place := culprit():
        acts.append(f"{place}: {event} {arguments[0]!r}")


def connected(*given: Any, **_: Any) -> None:
    acts.append(f"{culprit()}: duckdb.connect {given!r}")


sys.dont_write_bytecode = True
sys.path.insert(0, str(root))
import duckdb  # noqa: E402

duckdb.connect = connected
sys.addaudithook(watch)
for module in sys.argv[2:]:
    importlib.import_module(module)
acts += [f"thread {thread.name}" for thread in threading.enumerate() if thread is not threading.main_thread()]
sys.stdout.write("\n".join(acts))
