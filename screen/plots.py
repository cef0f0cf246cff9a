"""Plots, all from one template. Each is a `<figure>`: its question, a legend in words, the plot, and the same figures as a table.

Python says what is drawn, `assets/app/plots.js` draws it: `@name` in a figure stands for the token `--name` of `assets/tokens.css`, and a
length in rem becomes pixels when it is drawn. So a plot follows dark and light, the language's font, and the size of a wall, with no colour
and no size of its own. Plotly's library is fetched from this server when the first plot comes into view, not before.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.policy import Suppressed
from screen import html
from screen.components import button, empty, icon, link, mark, swatch
from screen.figures import exact, figure, unit_name, unit_note
from screen.html import Element, Node
from screen.plotting import BARE, CONFIG, LAYOUT, day_ticks, library, number_ticks
from screen.text import Words

Value = int | float | Suppressed | None
SERIES = 8  # nominal colours of tokens.css
NAME_LETTERS, LINE_LETTERS = 21, 14  # of a name beside a bar: on one line, and on each of two where it is longer
FEWEST_ROWS = 5  # of bars that fill a panel: a single bar is not a slab as high as the panel
DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True, slots=True)
class AreaLevels:
    """An area and how many of its objects stand at each level (1 to 5, 0 grey); `href` leads there."""

    name: str
    counts: Mapping[int, Value]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole, or one bar. `colour` is `#rrggbb` or a token as `@level-1`; "" takes the next of the series."""

    name: str
    value: Value
    colour: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line over the days of a trend, a value a day, None where there is none."""

    name: str
    values: Sequence[Value]
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """An age band of a pyramid."""

    name: str
    men: Value
    women: Value


def bars_by_area(
    question: str, rows: Sequence[AreaLevels], unit: str, words: Words, *, levels: Sequence[int] = (1, 2, 3), heading: bool = True,
    height: str = "",
) -> Node:  # fmt: skip
    """Levels of areas as stacked bars, in the order given (the first on top): "where are the reds?"."""
    names = [row.name for row in rows]
    traces = [
        _bar([_size(row.counts.get(level)) for row in rows], names, f"@level-{level}", words(f"level.{level}"), unit_name(unit, words))
        for level in levels
    ]
    totals = [sum(_size(row.counts.get(level)) for level in levels) for row in rows]
    whole = [not any(isinstance(row.counts.get(level), Suppressed) for level in levels) for row in rows]
    traces.append(_ends(totals, names, [_cell(n, unit, words) if n and known else "" for n, known in zip(totals, whole, strict=True)]))
    legend = [(mark(level), words(f"level.{level}")) for level in levels]
    table = _table(
        question, [words("plot.row"), *(words(f"level.{level}") for level in levels)],
        [[_named(row.name, row.href), *(_cell(row.counts.get(level), unit, words) for level in levels)] for row in rows],
    )  # fmt: skip
    layout = {"barmode": "stack", "xaxis": number_ticks(max(totals, default=0), words), "yaxis": _names_axis()}
    return _plot(question, traces, layout, legend, table, words, heading, height or _tall(len(rows)), bool(sum(totals)), unit=unit)


def bars(
    question: str, rows: Sequence[Part], unit: str, words: Words, *, heading: bool = True, height: str = "", axis: bool = True
) -> Node:  # fmt: skip
    """One measure of several things, longest where the caller puts it first. Bars say their numbers: a small plot can do without `axis`."""
    names, sizes = [row.name for row in rows], [_size(row.value) for row in rows]
    trace = _bar(sizes, names, [row.colour or "@series-1" for row in rows], "", unit_name(unit, words))
    texts = [_cell(row.value, unit, words) for row in rows]
    ends = _ends(sizes, names, texts)
    table = _table(
        question,
        [words("plot.row"), unit_name(unit, words) or words("plot.total")],
        [[_named(row.name, row.href), _cell(row.value, unit, words)] for row in rows],
    )
    most = max(sizes, default=0)
    layout = {
        "xaxis": number_ticks(most, words),
        "yaxis": _names_axis() | {"tickvals": names, "ticktext": [_in_lines(name) for name in names]},
    }
    if height == "fill" and len(rows) < FEWEST_ROWS:
        layout["yaxis"] |= {"autorange": False, "range": [FEWEST_ROWS - 0.5, -0.5]}
    if not axis:
        margin = BARE | {"r": f"{max((_width_em(text) for text in texts), default=0) + 0.75:.2f}rem"}
        layout |= {"xaxis": {"visible": False, "fixedrange": True, "range": [0, most * 1.02]}, "margin": margin}
    return _plot(question, [trace, ends], layout, [], table, words, heading, height or _tall(len(rows)), any(sizes), unit=unit)


def trend(
    question: str, days: Sequence[date], lines: Sequence[Line], unit: str, words: Words, *, heading: bool = True, height: str = "12rem",
    ticks: int = 6,
) -> Node:  # fmt: skip
    """How numbers went over days (deliveries): lines from zero, told apart by colour and by dashes."""
    when = [day.isoformat() for day in days]
    traces = [_line(line, when, i, unit_name(unit, words)) for i, line in enumerate(lines)]
    legend = [(_stroke(_colour(line.colour, i), DASHES[i % len(DASHES)]), line.name) for i, line in enumerate(lines)]
    most = max((_size(value) for line in lines for value in line.values), default=0)
    table = _table(
        question,
        [words("plot.day"), *(line.name for line in lines)],
        [[day.isoformat(), *(_cell(line.values[i], unit, words) for line in lines)] for i, day in enumerate(days)],
    )
    layout = {"xaxis": day_ticks(days, words, ticks), "yaxis": number_ticks(most, words), "hovermode": "x unified"}
    return _plot(question, traces, layout, legend, table, words, heading, height, bool(days and lines), unit=unit)


def shares(question: str, parts: Sequence[Part], unit: str, words: Words, *, heading: bool = True) -> Node:
    """Parts of a whole as one bar, with name, number and share below it. Hidden counts have no share."""
    whole = sum(_size(part.value) for part in parts)
    traces = [_bar([_size(part.value)], [""], _colour(part.colour, i), part.name, unit_name(unit, words)) for i, part in enumerate(parts)]
    rows = [[_named(part.name, part.href), _cell(part.value, unit, words), _share(part.value, whole)] for part in parts]
    table = _table(question, [words("plot.row"), unit_name(unit, words) or words("plot.total"), words("plot.share")], rows)
    legend = [
        (swatch(_css(_colour(part.colour, i))), [part.name, html.Span(_share(part.value, whole), className="plot-share")])
        for i, part in enumerate(parts)
    ]
    hidden = {"visible": False, "fixedrange": True}
    layout = {"barmode": "stack", "xaxis": hidden | {"range": [0, whole or 1]}, "yaxis": hidden, "margin": dict.fromkeys("lrtb", 0)}
    return _plot(
        question, traces, layout | {"bargap": 0}, legend, table, words, heading, "2.25rem", bool(whole), kind="plot-shares", unit=unit
    )


def treemap(question: str, parts: Sequence[Part], unit: str, words: Words, *, heading: bool = True, height: str = "14rem") -> Node:
    """Parts of a whole as areas, for more of them than a bar can show."""
    shown = [(part, _colour(part.colour, i)) for i, part in enumerate(parts) if _size(part.value)]
    whole = sum(_size(part.value) for part, _ in shown)
    trace = {
        "type": "treemap", "labels": [part.name for part, _ in shown], "parents": [""] * len(shown), "branchvalues": "total",
        "values": [_size(part.value) for part, _ in shown],
        "marker": {"colors": [colour for _, colour in shown], "pad": dict.fromkeys("lrtb", 0)},
        "text": [_cell(part.value, unit, words) for part, _ in shown], "texttemplate": "%{label}<br>%{text}",
        "hovertemplate": "%{label}: %{text}<extra></extra>", "tiling": {"pad": 2}, "pathbar": {"visible": False},
    }  # fmt: skip
    rows = [[_named(part.name, part.href), _cell(part.value, unit, words), _share(part.value, whole)] for part in parts]
    table = _table(question, [words("plot.row"), unit_name(unit, words) or words("plot.total"), words("plot.share")], rows)
    return _plot(question, [trace], {"margin": dict.fromkeys("lrtb", 0)}, [], table, words, heading, height, bool(whole), unit=unit)


def age_pyramid(question: str, bands: Sequence[Band], words: Words, *, heading: bool = True, height: str = "16rem") -> Node:
    """People by age band, the youngest first in `bands` and at the foot of the plot; men left, women right."""
    names = [band.name for band in bands]
    most = max((max(_size(band.men), _size(band.women)) for band in bands), default=0)
    people = unit_name("人", words)
    men = _bar([-_size(band.men) for band in bands], names, "@series-1", words("plot.men"), people)
    women = _bar([_size(band.women) for band in bands], names, "@series-2", words("plot.women"), people)
    for trace, values in ((men, [band.men for band in bands]), (women, [band.women for band in bands])):
        trace |= {
            "customdata": [_cell(value, "人", words) for value in values],
            "hovertemplate": "%{y} · %{customdata}<extra>%{fullData.name}</extra>",
        }
    legend = [(swatch(_css("@series-1")), words("plot.men")), (swatch(_css("@series-2")), words("plot.women"))]
    rows = [[band.name, _cell(band.men, "人", words), _cell(band.women, "人", words)] for band in bands]
    table = _table(question, [words("plot.age"), words("plot.men"), words("plot.women")], rows)
    layout = {
        "barmode": "relative",
        "bargap": 0.12,
        "xaxis": number_ticks(most, words, both_ways=True),
        "yaxis": _names_axis(reverse=False) | {"tickvals": names, "ticktext": names},
    }
    return _plot(question, [men, women], layout, legend, table, words, heading, height, bool(most), unit="人")


def _plot(
    question: str, traces: list[dict[str, Any]], layout: dict[str, Any], legend: Sequence[tuple[Node, Node]], table: Node, words: Words,
    heading: bool, height: str, something: bool, *, kind: str = "", unit: str,
) -> Node:  # fmt: skip
    caption = html.Figcaption(question, className="plot-question" if heading else "visually-hidden")
    if not something:
        return html.Figure([caption, empty(words("plot.none"))], className="plot")
    told = [html.Li([sign, html.Span(name)]) for sign, name in legend]
    told += [html.Li(note, className="plot-unit")] if (note := unit_note(unit, words)) else []
    names = html.Ul(told, className="plot-legend") if told else None
    head = html.Div([caption, names, _switch(question, words)], className="plot-head")
    said = json.dumps({"data": traces, "layout": LAYOUT | layout, "config": CONFIG}, ensure_ascii=False, separators=(",", ":"))
    box = html.Div(className="plot-box", role="img", **{"data-figure": said, "data-library": library(), "aria-label": question})
    failed = html.P(words("plot.failed"), className="plot-failed", role="status")
    grid = html.Div(table, className="plot-table", role="region", tabIndex="0", **{"aria-label": f"{question} {words('plot.table')}"})
    stage = html.Div([box, grid], className="plot-stage", style={"height": height} if height != "fill" else None)
    return html.Figure([head, failed, stage], className=f"plot {kind} {'plot-fill' if height == 'fill' else ''}".strip())


def _switch(question: str, words: Words) -> Node:
    """Turns to the table and back; T does the same for the plot in focus, or for all."""
    table = html.Span([icon("table"), words("plot.table")], className="only-plot")
    plot = html.Span([icon("chart"), words("plot.chart")], className="only-table")
    about = html.Span(question, className="visually-hidden")
    turn = button([table, plot, html.Kbd("T", **{"aria-hidden": "true"}), about], "table", kind="bare plot-switch", pressed=False)
    turn["title"] = words("plot.key")
    return turn


def _bar(sizes: Sequence[float], names: Sequence[str], colour: str | list[str], series: str, unit: str) -> dict[str, Any]:
    said = f"%{{y}} · %{{x:,}} {unit}<extra>{series}</extra>"
    edge = "@level-3-edge" if colour == "@level-3" else "@panel-solid"  # yellow alone is not seen on paper
    return {
        "type": "bar", "orientation": "h", "x": list(sizes), "y": list(names), "name": series, "hovertemplate": said,
        "marker": {"color": colour, "line": {"color": edge, "width": 1}},
    }  # fmt: skip


def _ends(sizes: Sequence[float], names: Sequence[str], texts: Sequence[str]) -> dict[str, Any]:
    """The number in words at the end of each bar."""
    return {
        "type": "scatter", "mode": "text", "x": list(sizes), "y": list(names), "text": [f" {text}" for text in texts],
        "textposition": "middle right", "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip


def _line(line: Line, when: Sequence[str], i: int, unit: str) -> dict[str, Any]:
    colour = _colour(line.colour, i)
    return {
        "type": "scatter", "mode": "lines+markers", "x": list(when), "y": [_size(v) if _known(v) else None for v in line.values],
        "name": line.name, "line": {"color": colour, "dash": DASHES[i % len(DASHES)], "width": "0.15rem"}, "marker": {"size": "0.4rem"},
        "hovertemplate": f"%{{y:,}} {unit}",
    }  # fmt: skip


def _names_axis(reverse: bool = True) -> dict[str, Any]:
    return {"type": "category", "automargin": True, "fixedrange": True, "showgrid": False} | ({"autorange": "reversed"} if reverse else {})


def _in_lines(name: str) -> str:
    """A long name on two lines, so that the bars keep their room; the table has the whole of a longer one."""
    return name if len(name) <= NAME_LETTERS else "<br>".join(textwrap.wrap(name, LINE_LETTERS, max_lines=2, placeholder="…"))


def _width_em(text: str) -> float:
    """About how wide a text is, in its own font size: a Chinese character is as wide as high, a digit little over half."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.62 for letter in text)


def _table(question: str, heads: Sequence[str], rows: Sequence[Sequence[Node]]) -> Element:
    body = [html.Tr([html.Th(row[0], scope="row"), *(html.Td(cell) for cell in row[1:])]) for row in rows]
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in heads]))
    return html.Table([html.Caption(question, className="visually-hidden"), head, html.Tbody(body)], className="figures-table")


def _named(name: str, href: str) -> Node:
    return link(name, href, kind="table-link") if href else name


def _cell(value: Value, unit: str, words: Words) -> str:
    """All digits of a count; a measure that has a fraction as in headlines; hidden stays hidden."""
    if value is None:
        return words("none")
    if isinstance(value, Suppressed) or float(value).is_integer():
        return exact(value if isinstance(value, Suppressed) else int(value))
    return figure(value, unit, words).digits


def _share(value: Value, whole: float) -> str:
    return f"{_size(value) / whole:.1%}" if whole and isinstance(value, (int, float)) else "—"


def _size(value: Value) -> float:
    return value if isinstance(value, (int, float)) else 0


def _known(value: Value) -> bool:
    return isinstance(value, (int, float))


def _colour(colour: str, i: int) -> str:
    return colour or f"@series-{i % SERIES + 1}"


def _css(colour: str) -> str:
    return f"var(--{colour[1:]})" if colour.startswith("@") else colour


def _stroke(colour: str, dash: str) -> Node:
    return html.Span(className=f"stroke stroke-{dash}", style={"color": _css(colour)}, **{"aria-hidden": "true"})


def _tall(rows: int) -> str:
    return f"{2 + 1.9 * max(rows, 1):g}rem"
