"""The tables of the page of figures. Every number is a button that opens the list behind it; its formula stands there as well."""

from __future__ import annotations

from incidents.core import kpi, scorecard
from incidents.core.kpi import Value
from incidents.core.kpi_declared import KPIS, Kpi
from incidents.core.scorecard import Line
from screen import html
from screen.assess.asked import Desk
from screen.components import empty, mark, panel, tag
from screen.figures import plain
from screen.html import Element, Node
from screen.steward.tables import Head, table
from screen.wall.live_facts import opens

WATCHED = ("again", "return", "lengthened", "extended", "rework")  # beside bunching, which has its own cell


def figures(desk: Desk) -> Node:
    """Every figure with its value, its parts and its formula."""
    words = desk.words
    found = desk.ask(kpi.values, list(KPIS), desk.asked)
    numbers = (Head(words("assess.value"), "n"), Head(words("assess.parts"), "n"))
    heads = [Head(words("assess.figure")), *numbers, Head(words("assess.formula"), "long")]
    rows: list[list[Node]] = [_figure(desk, KPIS[name], value) for name, value in found.items()]
    title = [words("assess.figures"), html.Small(words("assess.figures.note"))]
    return panel(title, table(words("assess.figures"), heads, rows), label=words("assess.figures"))


def _figure(desk: Desk, known: Kpi, value: Value) -> list[Node]:
    name = desk.words.pick(known.zh, known.en)
    return [name, _button(desk, known, said(desk, known, value)), _parts(desk, known, value), formula(desk, known)]


def _parts(desk: Desk, known: Kpi, value: Value, key: str = "", of: str = "") -> Node:
    """Numerator and denominator, each with its own list; people, who are no list, as a number."""
    if known.kind == "count":
        return desk.words("none")
    above = _button(desk, known, plain(value.numerator), key, of=of)
    if value.denominator is None:
        return above
    under = _button(desk, known, plain(value.denominator), key, "denominator", of=of) if known.kind == "rate" else plain(value.denominator)
    return [above, " ÷ ", under]


def said(desk: Desk, known: Kpi, value: Value) -> str:
    """A value as people read it: a share in percent, times in hours, "—" where there is nothing to divide by."""
    if value.value is None:
        return desk.words("none")
    if known.kind == "rate":
        return f"{100 * value.value:.1f}%"
    if known.kind in ("mean", "median"):
        return desk.words("assess.hours", n=f"{value.value:.1f}")
    return plain(value.value) if known.kind == "count" else f"{value.value:.1f}"


def formula(desk: Desk, known: Kpi) -> str:
    """How a figure is worked out."""
    return desk.words.pick(known.formula_zh, known.formula_en)


def _button(desk: Desk, known: Kpi, text: str, key: str = "", part: str = "", under: Node = None, of: str = "") -> Element:
    """A number that opens its list: of all, or of the unit, village or whatever else (`of`) has the code `key`."""
    name = desk.words.pick(known.zh, known.en)
    title = f"{name} · {desk.named(key)}" if key else name
    return opens([text, under], desk.list_of(known.name, key, part, of), title, "cell-link", **{"data-note": formula(desk, known)})


# ── the scorecard ──


def card(desk: Desk) -> Node:
    """Units or villages: the rate, and beside it what a rate can be made with."""
    words = desk.words
    lines = desk.ask(scorecard.scorecard, desk.asked, desk.by)
    title = [words("assess.card"), html.Small(words("assess.card.note"))]
    if not lines:
        return panel(title, empty(words("assess.card.none")), label=words("assess.card"))
    heads = [
        Head(words(f"assess.of.{desk.by}")), Head(words("assess.on_time"), "n"), Head(words("assess.bunch")),
        *(Head(words(f"assess.{name}"), "n") for name in WATCHED), Head(words("assess.score"), "wide"),
    ]  # fmt: skip
    marked = ["late" if line.bunch.suspicious else "" for line in lines]
    return panel(title, table(words("assess.card"), heads, [_line(desk, line) for line in lines], marked), label=words("assess.card"))


def _line(desk: Desk, line: Line) -> list[Node]:
    words = desk.words
    few = None if line.weighs else tag(words("assess.few"))
    return [
        [html.Span(desk.named(line.key)), few], _rate(desk, line.rate, line.key), _bunch(desk, line),
        *(_rate(desk, line.watched[name], line.key) for name in WATCHED), _score(desk, line),
    ]  # fmt: skip


def _rate(desk: Desk, value: Value, key: str) -> Node:
    """A rate over its counts. Where nothing is in the denominator there is nothing to open."""
    if not value.denominator:
        return desk.words("none")
    under = html.Small(f"{plain(value.numerator)} / {plain(value.denominator)}")
    return _button(desk, KPIS[value.name], said(desk, KPIS[value.name], value), key, under=under)


def _bunch(desk: Desk, line: Line) -> Node:
    """How many were handled just before the limit, and how many a smooth course gives."""
    words, bunch = desk.words, line.bunch
    expected = html.Small(words("assess.bunch.expected", n=f"{bunch.expected:.1f}"))
    found = _button(desk, KPIS["bunched"], plain(bunch.found), line.key, under=expected)
    return [found, tag([mark(2), words("assess.bunch.suspicious")], "tag-late")] if bunch.suspicious else found


def _score(desk: Desk, line: Line) -> Node:
    score = line.score
    if score is None:
        return desk.words("none")
    parts = {name: f"{getattr(score, name):.1f}" for name in ("volume", "close", "on_time", "rework")}
    return [html.B(f"{score.total:.1f} {score.grade}"), html.Small(desk.words("assess.score.parts", **parts))]


def cameras(desk: Desk) -> Node:
    """How many of each camera's recognitions were right, the worst first."""
    words = desk.words
    found = desk.ask(kpi.grouped, "ai_accuracy", desk.asked, "camera")
    if not found:
        return None
    worst = sorted(found.items(), key=lambda item: (item[1].value or 0, -(item[1].denominator or 0), item[0]))
    heads = [Head(words("assess.camera")), Head(words("assess.value"), "n"), Head(words("assess.parts"), "n")]
    rows = [_camera(desk, code, value) for code, value in worst]
    return panel(words("assess.cameras"), table(words("assess.cameras"), heads, rows), label=words("assess.cameras"))


def _camera(desk: Desk, code: str, value: Value) -> list[Node]:
    known = KPIS["ai_accuracy"]
    return [code, _button(desk, known, said(desk, known, value), code, of="camera"), _parts(desk, known, value, code, "camera")]
