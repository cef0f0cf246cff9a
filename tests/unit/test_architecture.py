"""The arrows between rooms and the single doors, read from the code itself. There is no escape comment."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "data", "etl", "layers", "incidents", "screen")
ALLOWED = {
    "app": {"data", "layers", "incidents", "screen"},
    "screen": {"data", "layers", "incidents"},
    "layers": {"data"},
    "incidents": {"data"},
    "etl": {"data", "layers"},
    "data": set(),
}
# etl knows the read side only by what it hands over: the colours, the pack, and the layers' declarations.
ETL_MAY_USE = {"layers.core.colour", "layers.core.pack", "layers.core.registry", "layers.core.spec"}
DOORS = {
    "os.environ": {"data/settings.py"},
    "os.getenv": {"data/settings.py"},
    "datetime.now": {"data/clock.py"},
    "datetime.utcnow": set(),
    "datetime.today": set(),
    "date.today": {"data/clock.py"},
    "time.time": {"data/clock.py"},
    "duckdb.connect": {"data/store/duck.py"},
    "sqlite3.connect": {"data/store/lake.py", "data/store/rasters.py", "incidents/log.py"},
}

# Whoever imports one of these may speak to another machine; only the server needs to, which listens. (DuckDB reads PostGIS tables.)
NETWORK = (
    "socket",
    "ssl",
    "http",
    "urllib.request",
    "ftplib",
    "smtplib",
    "asyncio.streams",
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
    "websockets",
)
LISTENS = {"app.py"}


def python_files(*rooms: str) -> list[Path]:
    files = [ROOT / "app.py"] if "app" in rooms else []
    return files + [file for room in rooms if room != "app" for file in sorted((ROOT / room).rglob("*.py"))]


def room_of(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(file.relative_to(ROOT).parts[: -node.level]) if node.level else ""
            module = f"{package}.{node.module or ''}".strip(".")
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def aliases(tree: ast.AST) -> dict[str, str]:
    """Local name → what it stands for, so that no other name opens a door."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {
                alias.asname or alias.name.split(".")[0]: alias.name if alias.asname else alias.name.split(".")[0] for alias in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return known


def door_uses(tree: ast.AST) -> set[str]:
    known = aliases(tree)
    names = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name)}
    full = {".".join([known.get(name.split(".")[0], name.split(".")[0]), *name.split(".")[1:]]) for name in names if name}
    return {door for door in DOORS for name in full if name == door or name.endswith(f".{door}")}


@pytest.mark.parametrize("file", [pytest.param(f, id=str(f.relative_to(ROOT))) for f in python_files(*ROOMS)])
def test_a_room_calls_only_the_rooms_below_it(file: Path) -> None:
    room = room_of(file)
    called = {name.split(".")[0] for name in imports(file)} & set(ROOMS)
    assert called - {room} <= ALLOWED[room], f"{file.relative_to(ROOT)} reaches {sorted(called - {room} - ALLOWED[room])}"


@pytest.mark.parametrize("file", [pytest.param(f, id=str(f.relative_to(ROOT))) for f in python_files("etl")])
def test_the_write_side_knows_the_read_side_only_by_colour_and_pack(file: Path) -> None:
    used = {name for name in imports(file) if name.startswith("layers.core.")}
    strangers = {name for name in used if not any(name == door or name.startswith(f"{door}.") for door in ETL_MAY_USE)}
    assert not strangers


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(f, id=str(f.relative_to(ROOT)))
        for room in ("layers", "etl/sources", "incidents/feeds")
        for f in sorted((ROOT / room).glob("[!_]*.py"))
    ],
)
def test_a_plug_in_imports_only_its_own_cores_spec_and_data(file: Path) -> None:
    own = f"{file.relative_to(ROOT).parts[0]}.core.spec"
    inside = {name for name in imports(file) if name.split(".")[0] in ("layers", "etl", "incidents", "screen", "app")}
    assert all(name == own or name.startswith(f"{own}.") or own.startswith(name) for name in inside), inside


@pytest.mark.parametrize("file", [pytest.param(f, id=str(f.relative_to(ROOT))) for f in python_files(*ROOMS)])
def test_every_single_door_is_used_by_its_keeper_alone(file: Path) -> None:
    place = str(file.relative_to(ROOT))
    broken = {door for door in door_uses(ast.parse(file.read_text(encoding="utf-8"))) if place not in DOORS[door]}
    assert not broken, f"{place} opens {sorted(broken)}; keepers: { {door: sorted(DOORS[door]) for door in broken} }"


def speaks(file: Path) -> set[str]:
    """Names of the network that a file imports."""
    return {door for name in imports(file) for door in NETWORK if name == door or name.startswith(f"{door}.")}


def test_nothing_but_the_server_speaks_to_the_network() -> None:
    speaking = {str(file.relative_to(ROOT)) for file in python_files(*ROOMS) if speaks(file)}
    assert speaking == LISTENS


def test_the_checker_sees_a_forbidden_arrow_and_a_forbidden_door() -> None:
    tree = ast.parse("import os, datetime\nhome = os.environ['HOME']\nnow = datetime.datetime.now()\n")
    assert door_uses(tree) == {"os.environ", "datetime.now"}
    for disguised, door in (
        ("from os import environ as e\ne['HOME']", "os.environ"),
        ("from duckdb import connect\nconnect()", "duckdb.connect"),
        ("import duckdb as d\nd.connect()", "duckdb.connect"),
        ("import datetime as dt\ndt.datetime.now()", "datetime.now"),
        ("from datetime import datetime as D\nD.now()", "datetime.now"),
        ("from time import time\ntime()", "time.time"),
    ):
        assert door_uses(ast.parse(disguised)) == {door}, disguised
    assert "etl" not in ALLOWED["layers"] and "screen" not in ALLOWED["data"]


def acts_of_importing(root: Path, files: list[Path]) -> list[str]:
    """What the modules `files` do while they are imported: files opened, folders made, connections, processes, threads."""
    names = [".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__") for file in files]
    command = [sys.executable, str(Path(__file__).with_name("import_watch.py")), str(root), *names]
    watched = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    return [*watched.stdout.splitlines(), *watched.stderr.splitlines()[-1:]]


def test_importing_a_room_does_nothing() -> None:
    """No import opens a file, a connection, a process or a thread: only declarations stand at module level."""
    files = [file for file in python_files("data", "etl", "layers", "incidents", "screen") if file.name != "__main__.py"]
    assert acts_of_importing(ROOT, files) == []


@pytest.mark.parametrize(
    ("line", "act"),
    [
        ("x = open('out.txt', 'w')", "open 'out.txt'"),
        ("x = open(__file__ + '.txt')", "open "),
        ("from pathlib import Path\nPath('out.txt').write_text('x')", "open "),
        ("def f(x=open('out.txt', 'w')): ...", "open 'out.txt'"),
        ("class C:\n    import os\n    os.mkdir('folder')", "os.mkdir 'folder'"),
        ("import duckdb\nx = duckdb.connect()", "duckdb.connect ()"),
        ("from sqlite3 import connect\nx = connect(':memory:')", "sqlite3.connect ':memory:'"),
        ("import subprocess\nx = subprocess.run(['true'])", "subprocess.Popen 'true'"),
        ("import socket\nx = socket.socket().bind(('127.0.0.1', 0))", "socket.bind"),
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(1,), name='busy').start()", "thread busy"),
    ],
)
def test_the_watcher_sees_what_a_module_does_while_it_is_imported(line: str, act: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(line + "\n", encoding="utf-8")
    (tmp_path / "module.py.txt").write_text("", encoding="utf-8")
    (seen, *_) = acts_of_importing(tmp_path, [tmp_path / "module.py"])
    assert act in seen and ("module.py:" in seen or act.startswith("thread"))


def test_the_standard_library_is_not_shadowed() -> None:
    assert not set(ROOMS) & set(sys.stdlib_module_names)
