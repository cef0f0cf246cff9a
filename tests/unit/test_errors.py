"""Errors that reach a person say what is wrong and what to do, in both languages."""

from data.errors import SourceError, advice, advice_zh


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
