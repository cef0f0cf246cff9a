"""The panel of what lies ahead: cases that will pass their limit soon if all goes on as now, where, and how such forecasts have done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from incidents.core.backtest import Accuracy, backtest
from incidents.core.forecast import HORIZONS, Forecast, Risk, forecast
from screen import html
from screen.figures import Figure, plain
from screen.html import Element, Node
from screen.text import Words
from screen.wall.kept import kept
from screen.wall.live_facts import Live, bar_list, figure_button, listing, unit_of

GOOD_S, TESTED_S = 60, 6 * 3600.0  # for so long a forecast is shown, and the accuracy of such forecasts
MOST_AREAS = 4
MOST_LISTED = 150  # cases whose numbers still make an address
SURE = 0.05  # an area in which fewer than this many are expected is not named


def ahead(found: Live) -> Node:
    """Where will time run out in the next 30 and 60 minutes?"""
    words, memory = found.words, kept(found.network)
    asked = found.over("today")
    told: dict[int, Forecast] | None = memory.get("forecast", GOOD_S, lambda: found.asked(forecast, asked))
    if told is None:
        return found.panel("forecast", "clock", html.P(words("wall.n.forecast.coming"), className="state"))
    tested: dict[int, Accuracy | None] | None = memory.get("backtest", TESTED_S, lambda: found.asked(backtest, asked), 0.0)
    last = told[HORIZONS[-1]]
    figures = [_figure(words, told[minutes]) for minutes in HORIZONS]
    areas = (
        bar_list(_areas(found, last), words("wall.n.forecast")) if last.risks else html.P(words("wall.n.forecast.none"), className="state")
    )
    note = html.P(accuracy(words, tested.get(HORIZONS[-1]) if tested else None, waits=tested is None), className="wall-note")
    body = html.Div([html.Div(figures, className="wall-n-ahead-keys"), areas, note], className="wall-n-ahead")
    return found.panel("forecast", "clock", body)


def _figure(words: Words, told: Forecast) -> Element:
    n = round(told.expected)
    label = words("wall.n.forecast.within", n=told.minutes)
    note = words("wall.n.forecast.note", n=len(told.risks), known=plain(told.known))
    return figure_button(label, Figure(plain(n), unit_of(words)), _cases(told.risks), level=2 if n else None, note=note)


def _cases(risks: Iterable[Risk]) -> str:
    """The list of the cases whose limit ends within the horizon, by their numbers."""
    ids = [risk.case.id for risk in risks][:MOST_LISTED]
    return listing({"id": ",".join(ids) or "-", "sort": "left"})


def _areas(found: Live, told: Forecast) -> list[tuple[str, int, str, str]]:
    """Villages by the number expected, with the cases at risk there behind each."""
    by_area = sorted(told.by_area(1).items(), key=lambda item: (-item[1], item[0]))
    rows = []
    for code, expected in by_area[:MOST_AREAS]:
        if expected >= SURE:
            here = replace(told, risks=tuple(risk for risk in told.risks if f"/{code}/" in risk.case.path))
            rows.append((found.place(code), round(100 * expected), f"{expected:.1f}", _cases(here.risks)))
    return rows


def accuracy(words: Words, tested: Accuracy | None, *, waits: bool) -> str:
    """How the forecast has done over the last two weeks, beside "as usual"."""
    if tested is None:
        return words("wall.n.forecast.testing" if waits else "wall.n.forecast.untested")
    hit = words("none") if tested.hit is None else f"{100 * tested.hit:.0f}%"
    sure = words("none") if tested.precision is None else f"{100 * tested.precision:.0f}%"
    return words(
        "wall.n.forecast.tested", hit=hit, sure=sure, error=f"{tested.error:.1f}", usual=f"{tested.error_usual:.1f}", n=plain(tested.cases)
    )
