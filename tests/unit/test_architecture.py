"""The arrows between rooms and the single doors, read from the code itself. There is no escape comment."""

import ast
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
    "sqlite3.connect": {"data/store/lake.py", "incidents/log.py"},
}


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
    [pytest.param(f, id=str(f.relative_to(ROOT))) for room in ("layers", "etl/sources") for f in sorted((ROOT / room).glob("*.py"))],
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


def test_importing_a_room_does_nothing() -> None:
    """No import may open a file for writing, a connection or a server: only declarations stand at module level."""
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If)
    for file in python_files("data", "etl", "layers", "incidents", "screen"):
        if file.name == "__main__.py":
            continue
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            assert docstring or isinstance(node, allowed), f"{file.relative_to(ROOT)}:{node.lineno} acts at import"


def test_the_standard_library_is_not_shadowed() -> None:
    assert not set(ROOMS) & set(sys.stdlib_module_names)
