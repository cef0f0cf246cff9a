"""Why a load failed, on the steward's page: in the language of the page, and marked where it has only the other one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from plotly.utils import PlotlyJSONEncoder

from data.store.runs import INTERRUPTED, Run
from screen.steward.desk import Desk
from screen.steward.files import cause, in_short
from screen.steward.runs import result
from screen.text import words

WHY, REMEDY = {"zh": "60 行中有 30 行被退回。", "en": "30 of 60 rows were refused."}, {"zh": "请改正。", "en": "Correct them."}


def desk(language: str) -> Desk:
    """As much of a desk as a cause needs."""
    return cast(Desk, SimpleNamespace(words=words(language)))


def run(why: dict[str, str], remedy: dict[str, str]) -> Run:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    return Run("r", "load", start, 1, "failed", None, "", ("people",), (), "ContractError", why, remedy)


def shown(parts: Any) -> str:
    return json.dumps(parts, cls=PlotlyJSONEncoder, ensure_ascii=False)


@pytest.mark.parametrize(("language", "other"), [("zh", "en"), ("en", "zh")])
def test_a_failure_is_told_in_the_language_of_the_page(language: str, other: str) -> None:
    failed = run(WHY, REMEDY)
    for parts in (shown(cause(desk(language), failed, WHY)), shown(in_short(desk(language), failed))):
        assert WHY[language] in parts and REMEDY[language] in parts
        assert WHY[other] not in parts and REMEDY[other] not in parts
        assert '"lang": "en"' not in parts


@pytest.mark.parametrize(("language", "word"), [("zh", "中断"), ("en", "Interrupted")])
def test_a_killed_run_is_called_interrupted(language: str, word: str) -> None:
    killed = replace(run(WHY, REMEDY), error=INTERRUPTED)
    assert word in shown(result(desk(language), killed)) and word.lower() in shown(in_short(desk(language), killed)).lower()


def test_an_old_record_is_told_in_english_and_marked_as_such_on_a_chinese_page() -> None:
    old = {"zh": "", "en": "Too bad."}
    assert shown(cause(desk("zh"), run(old, old), old)).count('"lang": "en"') == 2
    assert '"lang": "en"' not in shown(cause(desk("en"), run(old, old), old))
