"""Errors that reach a person say what is wrong and what to do, in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

from data.errors import SourceError, advice, advice_zh
from data.settings import REPOSITORY

KINDS = {"OneScreenError", "SettingsError", "SourceError", "ContractError", "StoreError", "LayerError", "PolicyError"}
TRANSLATED = (
    "data/store/*.py", "data/geo/*.py", "data/town/*.py", "etl/*.py",
    *(f"etl/core/{name}.py" for name in (
        "areas", "dbf", "intake", "publish", "read", "repaint", "run", "scratch", "transform", "vector", "report", "upkeep",
    )),
)  # fmt: skip


def test_advice_names_the_nearest_names_or_all_of_them_in_both_languages() -> None:
    known = iter(["synthetic", "timezone"])
    assert advice("synthetik", known) == "Did you mean 'synthetic'?"
    assert advice_zh("synthetik", ["synthetic", "timezone"]) == "是否要写 'synthetic'？"
    assert advice("qqq", iter(["b", "a"])) == "Known: a, b."
    assert advice_zh("qqq", iter(["b", "a"])) == "可用：a、b。"


def test_an_error_says_itself_in_the_language_asked_for_and_in_english_where_it_has_no_other() -> None:
    error = SourceError("No file.", remedy="Add it.", zh="没有文件。", zh_remedy="请补上。")
    assert error.said("zh") == ("没有文件。", "请补上。")
    assert error.said("en") == ("No file.", "Add it.")
    assert SourceError("No file.", remedy="Add it.").said("zh") == ("No file.", "Add it.")


def untranslated(file: Path) -> list[str]:
    """Places where an error for people is raised without Chinese."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    bare = [call for call in calls if call.func.id in KINDS and call.args and "zh" not in {word.arg for word in call.keywords}]  # type: ignore[attr-defined]
    return [f"{file.relative_to(REPOSITORY)}:{call.lineno}" for call in bare]


def test_every_error_of_store_and_pipeline_is_said_in_chinese() -> None:
    files = [file for pattern in TRANSLATED for file in REPOSITORY.glob(pattern)]
    assert len(files) > 15
    assert [place for file in files for place in untranslated(file)] == []
