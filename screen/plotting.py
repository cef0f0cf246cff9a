"""What all plots share: the template, the axes with their numbers as people say them, and the address of the library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import plotly
from dash.fingerprint import build_fingerprint

from screen.figures import figure, short_day
from screen.text import Words

# `@name` is the token `--name`, rem are lengths: resolved by assets/app/plots.js where the plot is drawn.
TEMPLATE: dict[str, Any] = {
    "layout": {
        "font": {"family": "@font", "size": "@text-s", "color": "@text"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": [f"@series-{i}" for i in range(1, 9)],
        "margin": {"l": "0.5rem", "r": "2.5rem", "t": "0.75rem", "b": "1.75rem", "pad": "0.25rem"},
        "hoverlabel": {"bgcolor": "@panel-solid", "bordercolor": "@line", "font": {"family": "@font", "size": "@text-s", "color": "@text"}},
        "xaxis": {
            "gridcolor": "@line-2", "zerolinecolor": "@line", "linecolor": "@line", "tickfont": {"color": "@text-2", "size": "@text-xs"},
            "ticklabelstandoff": 2, "tickangle": 0, "fixedrange": True, "automargin": True,
        },
        "yaxis": {
            "gridcolor": "@line-2", "zerolinecolor": "@line", "linecolor": "@line", "tickfont": {"color": "@text", "size": "@text-s"},
            "fixedrange": True, "automargin": True,
        },
    },
    "data": {
        "bar": [{"textfont": {"color": "@text"}, "cliponaxis": False}],
        "scatter": [{"textfont": {"color": "@text", "size": "@text-s"}}],
        "treemap": [{"marker": {"line": {"color": "@panel-solid", "width": 1}}}],
    },
}  # fmt: skip
LAYOUT: dict[str, Any] = {
    "template": TEMPLATE, "showlegend": False, "dragmode": False, "minreducedwidth": 32, "bargap": 0.34, "hovermode": "closest",
    "uniformtext": {"mode": "hide", "minsize": "@text-xs"},
}  # fmt: skip
# Nothing leaves the machine: no logo, no "share" button, maps of the world (unused) from here.
CONFIG: dict[str, Any] = {
    "displayModeBar": False, "displaylogo": False, "showSendToCloud": False, "showEditInChartStudio": False, "plotlyServerURL": "",
    "topojsonURL": "/assets/topo/", "scrollZoom": False, "doubleClick": False, "showTips": False,
}  # fmt: skip


# Margins of a plot without a number axis: room for the numbers at the ends of the bars.
BARE: dict[str, Any] = {"l": "0.5rem", "r": "3.5rem", "t": "0.125rem", "b": "0.125rem", "pad": "0.25rem"}


@lru_cache(maxsize=1)
def library() -> str:
    """Where this server gives out plotly.js: an address with its version, so that browsers keep it for ever."""
    file = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return (
        f"/_dash-component-suites/plotly/{build_fingerprint('package_data/plotly.min.js', plotly.__version__, int(file.stat().st_mtime))}"
    )


def number_ticks(most: float, words: Words, *, both_ways: bool = False) -> dict[str, Any]:
    """An axis from zero to `most` with at most five round numbers said in the language; both ways it is half as wide and names one each."""
    if both_ways:
        return _both_ways(most, words)
    step = round_step(most / 4)
    ticks = [step * i for i in range(math.ceil(most / step) + 1)] if most else [0.0]
    end = max(ticks[-1], most) or 1
    return {"tickvals": ticks, "ticktext": [_tick(tick, words) for tick in ticks], "range": [0, end * 1.02]}


def _both_ways(most: float, words: Words) -> dict[str, Any]:
    """Zero in the middle and the largest round number that the bars reach on both sides of it."""
    step = round_step(most)
    while step > max(most, 1):
        step = round_step(step / 2.5)
    end = max(most, 1) * 1.02
    return {"tickvals": [-step, 0.0, step], "ticktext": [_tick(abs(tick), words) for tick in (step, 0.0, step)], "range": [-end, end]}


def _tick(value: float, words: Words) -> str:
    """20, 1.5 万, 60k: short enough to stand beside the next one."""
    if words.language == "en" and 10_000 <= value < 1_000_000 and value % 1000 == 0:
        return f"{value / 1000:g}k"
    return str(figure(int(value) if float(value).is_integer() else value, "", words))


def round_step(least: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is not under `least`; counts have no halves, so not under 1."""
    if least <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def day_ticks(days: Sequence[date], words: Words, most: int = 6) -> dict[str, Any]:
    """An axis of days that names at most `most` of them, the first and the last too; the browser leaves out names that would meet."""
    steps = min(most, len(days)) - 1
    named = [days[round(i * (len(days) - 1) / steps)] for i in range(steps + 1)] if steps > 0 else list(days[-1:])
    return {"type": "date", "tickvals": [day.isoformat() for day in named], "ticktext": [short_day(day, days[-1], words) for day in named]}
