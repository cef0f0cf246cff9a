"""What plots say before they are drawn: valid figures from one template, tokens that exist, no figure that policy has hidden."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from data.policy import Suppressed
from screen import plots
from screen.plotting import CONFIG, LAYOUT, TEMPLATE, day_ticks, library, number_ticks, round_step
from screen.text import words

ZH, EN = words("zh-CN"), words("en")
TOKENS = (Path(__file__).resolve().parents[2] / "assets" / "tokens.css").read_text(encoding="utf-8")
ROWS = [plots.AreaLevels("东湾村", {1: 12, 2: Suppressed(), 3: 4}, "/town?area=1"), plots.AreaLevels("桥南村", {1: 0, 2: 7, 3: None})]
PARTS = [plots.Part("自住", 1200), plots.Part("出租", 300, "#b26a00"), plots.Part("仓储", Suppressed())]
DAYS = [date(2026, month, 20) for month in (9, 10, 11)]
MADE: dict[str, Any] = {
    "bars_by_area": lambda say: plots.bars_by_area("红色在哪里？", ROWS, "处", say),
    "bars": lambda say: plots.bars("作什么用？", PARTS, "栋", say),
    "trend": lambda say: plots.trend("在减少吗？", DAYS, [plots.Line("红", [3, None, 1], "@level-1")], "处", say),
    "shares": lambda say: plots.shares("占多少？", PARTS, "栋", say),
    "treemap": lambda say: plots.treemap("占多少？", PARTS, "栋", say),
    "age_pyramid": lambda say: plots.age_pyramid("多大？", [plots.Band("0-9", 3, 4), plots.Band("80+", Suppressed(), 1)], say),
}


def parts(node: Any) -> Iterator[Any]:
    """The node and all that lies in it."""
    if isinstance(node, (list, tuple)):
        for one in node:
            yield from parts(one)
    elif node is not None:
        yield node
        yield from parts(node.get("children") if isinstance(node, dict) else None)


def boxed(node: Any) -> dict[str, Any]:
    """The figure that goes to the browser."""
    return dict(next(json.loads(part["data-figure"]) for part in boxes(node)))


def boxes(node: Any) -> Iterator[Any]:
    """The elements that plots are drawn in."""
    return (part for part in parts(node) if isinstance(part, dict) and part.get("className") == "plot-box")


def cells(node: Any) -> list[list[str]]:
    """The texts of the table's rows."""
    rows = [part for part in parts(node) if isinstance(part, dict) and part["tag"] == "tr"]
    return [[" ".join(text for text in parts(cell) if isinstance(text, str)) for cell in row["children"]] for row in rows]


def resolved(value: Any) -> Any:
    """As the browser does it, with some colour and some length in place of tokens and rem."""
    if isinstance(value, dict):
        return {key: resolved(one) for key, one in value.items()}
    if isinstance(value, list):
        return [resolved(one) for one in value]
    if value == "@font":
        return "sans-serif"
    if isinstance(value, str) and re.fullmatch(r"-?[\d.]+rem|@text-(xs|s|m|l|xl)", value):
        return 12
    return "#123456" if isinstance(value, str) and re.fullmatch(r"@[\w-]+", value) else value


@pytest.mark.parametrize("name", MADE)
def test_a_plot_is_a_figure_that_plotly_takes(name: str) -> None:
    figure = boxed(MADE[name](ZH))
    go.Figure(data=resolved(figure["data"]), layout=resolved(figure["layout"]))
    with pytest.raises(ValueError, match="nonsense"):
        go.Figure(data=resolved(figure["data"]), layout={"nonsense": 1})


@pytest.mark.parametrize("name", MADE)
def test_every_colour_and_size_of_a_plot_is_a_token_in_both_looks(name: str) -> None:
    asked = set(re.findall(r'"@([\w-]+)"', json.dumps(boxed(MADE[name](ZH)))))
    dark, light = (TOKENS.split(f'[data-look="{look}"]')[1].split("}")[0] for look in ("dark", "light"))
    ground = TOKENS.split("}")[0]
    assert asked and all(f"--{token}:" in ground or (f"--{token}:" in dark and f"--{token}:" in light) for token in asked), asked


@pytest.mark.parametrize("name", MADE)
def test_all_plots_share_one_template_and_one_configuration_without_a_way_out(name: str) -> None:
    figure = boxed(MADE[name](EN))
    assert figure["layout"]["template"] == TEMPLATE == LAYOUT["template"]
    assert figure["config"] == CONFIG
    assert not CONFIG["displaylogo"] and not CONFIG["showSendToCloud"] and not CONFIG["displayModeBar"]
    assert CONFIG["topojsonURL"].startswith("/") and not CONFIG["plotlyServerURL"]
    assert "http" not in json.dumps(figure)


@pytest.mark.parametrize("name", MADE)
def test_a_hidden_count_is_hidden_in_the_table_and_nowhere_in_the_figure(name: str) -> None:
    made = MADE[name](ZH)
    if name != "trend":
        assert any("<3" in row for row in cells(made))
    drawn = json.dumps(boxed(made)["data"], ensure_ascii=False)
    assert "Suppressed" not in drawn


def test_the_table_says_what_the_bars_say_and_leads_on() -> None:
    made = MADE["bars_by_area"](ZH)
    assert cells(made) == [["名称", "红色", "橙色", "黄色"], ["东湾村", "12", "<3", "4"], ["桥南村", "0", "7", "—"]]
    assert [part["href"] for part in parts(made) if isinstance(part, dict) and part["tag"] == "a"] == ["/town?area=1"]
    assert boxed(made)["data"][0]["x"] == [12, 0]


def test_a_total_with_a_hidden_part_is_not_written_at_the_end_of_its_bar() -> None:
    ends = boxed(MADE["bars_by_area"](ZH))["data"][-1]
    assert [text.strip() for text in ends["text"]] == ["", "7"]


def test_shares_are_of_what_is_known() -> None:
    assert [row[-1] for row in cells(MADE["shares"](ZH))[1:]] == ["80.0%", "20.0%", "—"]


def test_nothing_to_draw_says_so_and_fetches_nothing() -> None:
    made = plots.bars_by_area("红色在哪里？", [], "处", ZH)
    assert ZH("plot.none") in list(parts(made))
    assert not list(boxes(made))


@pytest.mark.parametrize(("most", "step"), [(0, 1), (3, 1), (15, 5), (58, 20), (1_420, 500), (52_000, 20_000)])
def test_an_axis_has_few_round_numbers(most: float, step: float) -> None:
    assert round_step(most / 4) == step
    ticks = number_ticks(most, ZH)
    assert len(ticks["tickvals"]) <= 6 and ticks["range"][1] >= most


def test_an_axis_counts_as_people_do() -> None:
    assert number_ticks(52_000, ZH)["ticktext"] == ["0", "2 万", "4 万", "6 万"]
    assert number_ticks(52_000, words("zh-CN", "si"))["ticktext"] == ["0", "20,000", "40,000", "60,000"]
    assert number_ticks(9, ZH, both_ways=True)["ticktext"] == ["5", "0", "5"]


@pytest.mark.parametrize(("most", "named"), [(0, 1), (1, 1), (9, 5), (935, 500), (1_999, 1_000), (49_999, 20_000)])
def test_an_axis_both_ways_names_zero_and_one_round_number_that_the_bars_reach(most: float, named: float) -> None:
    ticks = number_ticks(most, ZH, both_ways=True)
    assert ticks["tickvals"] == [-named, 0, named] and ticks["range"][1] >= max(most, named)


def test_every_band_of_a_pyramid_is_named_and_no_number_is_turned() -> None:
    layout = boxed(MADE["age_pyramid"](EN))["layout"]
    assert layout["yaxis"]["tickvals"] == ["0-9", "80+"] and layout["template"]["layout"]["xaxis"]["tickangle"] == 0


def test_one_bar_that_fills_a_panel_takes_a_fifth_of_it_and_many_take_all() -> None:
    one, six = (plots.bars("?", [plots.Part(str(i), i + 1) for i in range(n)], "处", ZH, height="fill") for n in (1, 6))
    assert boxed(one)["layout"]["yaxis"]["range"] == [4.5, -0.5] and "range" not in boxed(six)["layout"]["yaxis"]


@pytest.mark.parametrize("name", MADE)
def test_the_head_of_a_plot_says_what_is_counted(name: str) -> None:
    zh, en = ([part for part in parts(MADE[name](say)) if isinstance(part, str)] for say in (ZH, EN))
    unit, said = {"bars_by_area": ("处", "places"), "trend": ("处", "places"), "age_pyramid": ("人", "people")}.get(name, ("栋", "houses"))
    assert f"单位：{unit}" in zh and said in en


def test_the_library_has_its_version_in_its_address_and_comes_from_here() -> None:
    assert re.fullmatch(r"/_dash-component-suites/plotly/package_data/plotly\.v[\w]+m\d+\.min\.js", library())


def test_an_axis_of_days_names_its_first_and_its_last_day_and_no_more_than_it_may() -> None:
    days = [date(2026, 9, 23), date(2026, 10, 23), date(2026, 11, 21), date(2026, 11, 22)]
    assert day_ticks(days, EN, 2)["ticktext"] == ["23 Sep", "22 Nov"]
    assert day_ticks(days, ZH, 6)["tickvals"] == [day.isoformat() for day in days]
    assert day_ticks(days[:1], EN)["ticktext"] == ["23 Sep"] and day_ticks([], EN)["ticktext"] == []
