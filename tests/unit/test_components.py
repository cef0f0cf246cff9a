"""The kit shows all there is: every component and every plot stands on `/kit`."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KIT = (ROOT / "screen" / "pages" / "kit.py").read_text(encoding="utf-8")


def public(file: str) -> list[str]:
    tree = ast.parse((ROOT / "screen" / file).read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def called(source: str) -> set[str]:
    tree = ast.parse(source)
    names = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {func.attr if isinstance(func, ast.Attribute) else func.id for func in names if isinstance(func, ast.Attribute | ast.Name)}


@pytest.mark.parametrize("name", sorted({*public("components.py"), *public("plots.py")} - {"changed"}))
def test_a_component_is_shown_on_the_kit(name: str) -> None:
    assert name in called(KIT)


def test_the_check_sees_what_is_not_shown() -> None:
    assert "nonsense" not in called(KIT) and "panel" not in called("from screen.components import panel")
