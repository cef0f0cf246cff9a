"""Panels of what incidents are made of: where they come from, of which types, who is best at them, and how many are usual."""

from __future__ import annotations

from incidents.core import figures
from incidents.core.figures import Hour, Rank
from screen import html
from screen.components import icon
from screen.figures import plain
from screen.html import Element, Node
from screen.wall.live_facts import Live, bar_list, behind, listing, opens

PERIOD = "month"
MOST_TYPES, MOST_SOURCES, MOST_RANKED = 8, 8, 12
EVERY_H = 6  # hours between two that the curve names
TOGETHER = 3  # hours that one button of it holds


def sources(found: Live) -> Node:
    """Where do incidents come from?"""
    return _split(found, "sources", "source", MOST_SOURCES)


def types(found: Live) -> Node:
    """What is reported most?"""
    return _split(found, "types", "type", MOST_TYPES)


def _split(found: Live, name: str, column: str, most: int) -> Node:
    words = found.words
    rows = found.lately(name, figures.split, found.over(PERIOD), column, most)
    if not rows:
        return found.panel(name, "chart", html.P(words("wall.n.none"), className="state"))
    said = [
        (
            found.name(f"{column}s", one.key),
            one.n,
            f"{plain(one.n)} · {100 * one.part:.0f}%",
            behind("reported", PERIOD, **{column: one.key}),
        )
        for one in rows
    ]
    return found.panel(name, "chart", bar_list(said, words(f"wall.n.{name}")), _month(found))


def _month(found: Live) -> Element:
    return html.Span(found.words("wall.n.month"), className="wall-unit")


def units(found: Live) -> Node:
    """Which unit closes most on time?"""
    return _ranked(found, "units", "unit")


def villages(found: Live) -> Node:
    """In which village is most closed on time?"""
    return _ranked(found, "villages", "area")


def _ranked(found: Live, name: str, by: str) -> Node:
    words = found.words
    rows = found.lately(name, figures.ranking, found.over(PERIOD), "close_on_time", by)
    if not rows:
        return found.panel(name, "grid", html.P(words("wall.n.none_due"), className="state"))
    items = [html.Li(_rank(found, row, by)) for row in rows[:MOST_RANKED]]
    head = html.Span(words("wall.n.on_time"), className="wall-unit")
    return found.panel(name, "grid", html.Ol(items, className="wall-n-bars", **{"aria-label": words(f"wall.n.{name}")}), head)


def _rank(found: Live, row: Rank, by: str) -> Element:
    name = found.name("units", row.key) if by == "unit" else found.place(row.key)
    share = row.value.value or 0.0
    said = found.words("none") if row.value.value is None else f"{100 * share:.1f}%"
    of = f"{row.value.numerator}/{row.value.denominator}"
    inside = [
        html.Span([html.Span(str(row.place or "–"), className="wall-rank-place"), name], className="wall-n-name"),
        html.Span(html.Span(style={"width": f"{share:.1%}"}), className="rank-bar", **{"aria-hidden": "true"}),
        html.Span([_moved(row, found), said], className="wall-n-figure"),
    ]
    return opens(inside, behind("close_on_time", PERIOD, part="denominator", **{by: row.key}), f"{name} · {of}", "wall-n-bar")


def _moved(row: Rank, found: Live) -> Node:
    """An arrow where the rate has changed by a tenth of a percent or more since the same stretch before."""
    if row.before is None or row.value.value is None or abs(row.value.value - row.before) < 0.001:
        return None
    rose = row.value.value > row.before
    said = html.Span(
        found.words("change.better" if rose else "change.worse", since=found.words("wall.n.before")), className="visually-hidden"
    )
    return html.Span([icon("rise" if rose else "fall"), said], className="wall-rank-moved", **{"data-tone": "better" if rose else "worse"})


def curve(found: Live) -> Node:
    """Are there more than usual today?"""
    words, hours = found.words, found.lately("curve", figures.curve, found.over("today"))
    if hours is None:
        return found.panel("day-curve", "chart", html.P(words("wall.n.forecast.coming"), className="state"))
    most = max([1, *(one.n or 0 for one in hours), *(one.high or 0 for one in hours)])
    columns = [_column(found, tuple(hours[at : at + TOGETHER]), most) for at in range(0, len(hours), TOGETHER)]
    so_far = sum(one.n or 0 for one in hours)
    usual = sum(one.usual or 0 for one in hours if one.n is not None)
    days = max(one.days for one in hours)
    said = (
        words("wall.n.day_curve.said", n=plain(so_far), usual=plain(round(usual)), days=days)
        if days
        else words("wall.n.day_curve.alone", n=plain(so_far))
    )
    keys = html.Span(
        [html.Span(className="wall-n-today"), words("wall.n.today"), html.Span(className="wall-n-usual"), words("wall.n.usual")],
        className="wall-key",
    )
    body = html.Div([html.P(said, className="wall-note"), html.Div(columns, className="wall-n-curve")], className="wall-n-day")
    return found.panel("day-curve", "chart", body, keys)


def _column(found: Live, pair: tuple[Hour, ...], most: float) -> Element:
    """Three hours, wide enough for a finger at every size; what lies behind them is one list."""
    first, last = pair[0], pair[-1]
    label = html.Span(str(first.hour) if first.hour % EVERY_H == 0 else "", className="wall-n-hour")
    n = sum(one.n or 0 for one in pair)
    said = found.words("wall.n.hour", first=first.hour, last=last.hour + 1, n=found.words("none") if first.n is None else n)
    address = listing({"since": str(first.since), "until": str(last.until)})
    return opens([*(_hour(one, most) for one in pair), label], address, said, "wall-n-column", **{"aria-label": said})


def _hour(one: Hour, most: float) -> Element:
    """An hour: a bar for today, a line where it usually is, a shade where half of the days lie. Nothing where it lies ahead."""
    bars = [
        _band(one.low / most, one.high / most) if one.low is not None and one.high is not None else None,
        html.Span(className="wall-n-today", style={"height": f"{(one.n or 0) / most:.1%}"}) if one.n is not None else None,
        html.Span(className="wall-n-usual", style={"bottom": f"{one.usual / most:.1%}"}) if one.usual is not None else None,
    ]
    return html.Span(bars, className="wall-n-bars-of")


def _band(low: float, high: float) -> Element:
    return html.Span(className="wall-n-band", style={"bottom": f"{low:.1%}", "height": f"{high - low:.1%}"})
