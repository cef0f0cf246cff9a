"""Panels of what needs somebody: where the reds are, which, why, who has them, and whether it gets better."""

from __future__ import annotations

from datetime import date
from typing import Any

from layers.core import query_wall
from screen import html
from screen.components import Rank, icon, key_figure, keys, level_bar, mark, ranking, roll_list, tag
from screen.figures import Figure, change, figure, plain, short_day, unit_note
from screen.html import Element, Node
from screen.plots import Line, Part, bars, trend
from screen.wall.facts import Facts

Row = dict[str, Any]
MOST_RANKED, MOST_LISTED, MOST_REASONS = 24, 60, 8
WHOLE_TOWN = ("houses", "land", "forest", "facilities")


def ranked(facts: Facts) -> Node:
    """Where are the reds? Where nothing was judged: where are the houses?"""
    if not facts.villages:
        return None
    words = facts.words
    if facts.judged:
        since = _since(facts)
        rows = [_village_row(facts, i, row, since) for i, row in enumerate(facts.villages[:MOST_RANKED], 1)]
        body = html.Ol(rows, className="wall-ranks", **{"aria-label": words("wall.ranking")})
        levels, unit = [mark(1), words("level.1"), mark(2), words("level.2")], _unit(facts, "处")
        legend = html.Div([html.Span(levels, className="wall-key"), _arrows(unit, since)], className="wall-keys")
        legend = legend if since else html.Span([*levels, unit], className="wall-key")
        return facts.panel("ranking", "grid", words("wall.ranking"), body, WHOLE_TOWN, legend)
    housed = sorted((row for row in facts.villages if row["houses"]), key=lambda row: -row["houses"])
    if not housed:
        return None
    question = words("wall.ranking.houses")
    rows = [Part(row["name"], row["houses"]) for row in housed[:10]]
    return facts.panel("ranking", "grid", question, bars(question, rows, "栋", words, heading=False, height="fill"), ("houses",))


def _unit(facts: Facts, unit: str) -> Element:
    """The unit of a list's numbers, said once in the head of its panel."""
    return html.Span(unit_note(unit, facts.words), className="wall-unit")


def _village_row(facts: Facts, place: int, row: Row, since: str) -> Node:
    words = facts.words
    most = max((one["reds"] + one["oranges"] for one in facts.villages), default=0) or 1
    width = {"width": f"{100 * (row['reds'] + row['oranges']) / most:.1f}%"}
    bar = html.Span(html.Span(level_bar({1: row["reds"], 2: row["oranges"]}, words), style=width), className="wall-rank-bar")
    inside = [
        html.Span(str(place), className="wall-rank-place"), html.Span(row["name"], className="wall-rank-name"), bar,
        html.Span(plain(row["reds"]), className="wall-rank-reds"), _moved(facts, row, since),
    ]  # fmt: skip
    return html.Li(inside, className="wall-rank")


def _since(facts: Facts) -> str:
    """The delivery that the arrows in the rows compare with; "" where no row has one."""
    shown = facts.villages[:MOST_RANKED]
    if len(facts.trend) < 2 or all(row["before"] in (None, row["reds"]) for row in shown):
        return ""
    return facts.words("wall.since", day=_day(facts, facts.trend[-2]["as_of"]))


def _arrows(unit: Node, since: str) -> Node:
    """What the numbers count and what the arrows mean, in the head of the panel."""
    return html.Span([unit, icon("rise"), icon("fall"), since], className="wall-key wall-since")


def _moved(facts: Facts, row: Row, since: str) -> Node:
    """Arrow and number since the delivery before, an empty place where nothing has changed or nothing is known."""
    before = row["before"]
    if before is None or before == row["reds"]:
        return html.Span(className="wall-rank-moved")
    worse = row["reds"] > before
    way = html.Span(facts.words("change.worse" if worse else "change.better", since=since), className="visually-hidden")
    shown = [icon("rise" if worse else "fall"), plain(abs(row["reds"] - before)), way]
    return html.Span(shown, className="wall-rank-moved", **{"data-tone": "worse" if worse else "better"})


def reds(facts: Facts) -> Node:
    """Which are red, why, and who has them?"""
    if not facts.judged:
        return None
    words, total = facts.words, facts.standing["reds"]
    found = query_wall.reds(facts.store, facts.screen.viewer, MOST_LISTED)
    if not found:
        return facts.panel("reds", "check", words("wall.reds"), html.P(words("wall.no_reds"), className="state"), WHOLE_TOWN)
    shown = words("wall.shown", total=plain(max(total, len(found))), n=plain(len(found)))
    rows = [_red_row(facts, row) for row in found]
    body = roll_list(rows, words("wall.reds"), seconds=4)
    return facts.panel("reds", "check", words("wall.reds"), body, WHOLE_TOWN, html.Span(shown, className="panel-total"))


def _red_row(facts: Facts, row: Row) -> Node:
    words = facts.words
    why = words.of(row["reasons"][0]) if row["reasons"] else ""
    who = words("wall.who", name=row["who"]) if row["who"] else words("wall.nobody")
    if row["late_days"]:
        when = tag(words("wall.late_days", days=row["late_days"]), "tag-late")
    else:
        when = tag(words("wall.due", day=_day(facts, row["due_on"])) if row["due_on"] else words("wall.no_due"))
    first = [icon(row["icon"] or "layer"), html.Span(_place_of(row), className="wall-red-name"), when]
    second = [html.Span(why, className="wall-red-why"), html.Span(who, className="wall-red-who")]
    return html.Div([html.Div(first, className="wall-red-line"), html.Div(second, className="wall-red-line")], className="wall-red")


def _place_of(row: Row) -> str:
    """Village and what it is; an address that begins with the village is not said twice."""
    title, village = str(row["title"]), str(row["village"] or "")
    return title if village in title else f"{village} {title}".strip()


def _day(facts: Facts, iso: str) -> str:
    """As everywhere else: 9月23日, 23 Sep."""
    return short_day(date.fromisoformat(iso), facts.fresh.today, facts.words)


def going(facts: Facts) -> Node:
    """Are reds becoming fewer?"""
    days = facts.trend
    if not days or not facts.judged:
        return None
    words, last = facts.words, days[-1]
    before = days[-2] if len(days) > 1 else None
    since = words("wall.since", day=_day(facts, before["as_of"])) if before else ""
    figures = [
        key_figure(
            words(f"level.{level}"), figure(last[name], "处", words), level=level,
            change=change(last[name], before[name], "处", words, good="less", since=since) if before else None,
        )
        for level, name in ((1, "reds"), (2, "oranges"))
    ]  # fmt: skip
    if before:
        lines = [
            Line(words(f"level.{level}"), [row[name] for row in days], f"@level-{level}") for level, name in ((1, "reds"), (2, "oranges"))
        ]
        when = [date.fromisoformat(row["as_of"]) for row in days]
        plot = trend(words("wall.trend"), when, lines, "处", words, heading=False, height="fill", ticks=2)
    else:
        plot = html.P(words("wall.one_delivery"), className="state")
    changed = len({row["rule_version"] for row in days}) > 1
    note = html.P(words("wall.rules_changed"), className="wall-note") if changed else None
    return facts.panel("trend", "rise", words("wall.trend"), html.Div([keys(figures), plot, note], className="wall-side"), WHOLE_TOWN)


def reasons(facts: Facts) -> Node:
    """Why red?"""
    found = query_wall.reasons(facts.store) if facts.judged else []
    if not found:
        return None
    words = facts.words
    rows = [Rank(words.of(row), row["n"], plain(row["n"]), level=1) for row in found[:MOST_REASONS]]
    return facts.panel("reasons", "check", words("wall.reasons"), ranking(rows, words("wall.reasons")), WHOLE_TOWN, _unit(facts, "处"))


def scores(facts: Facts) -> Node:
    """Which areas have the lowest composite score?"""
    scored = sorted((row for row in facts.villages if row["score"] is not None and row["level"]), key=lambda row: row["score"])
    if not scored:
        return None
    words = facts.words
    rows = [Rank(row["name"], row["score"], f"{row['score']:.1f}", level=row["level"]) for row in scored[:MOST_REASONS]]
    return facts.panel(
        "scores", "grid", words("wall.scores"), ranking(rows, words("wall.scores")), ("areas", *WHOLE_TOWN), _unit(facts, "分")
    )


def cases(facts: Facts) -> Node:
    """Are cases closed on time?"""
    found = facts.cases
    if not found["total"]:
        return None
    words = facts.words
    on_time = Figure(f"{100 * found['on_time'] / found['due']:.1f}", "%") if found["due"] else figure(None, "%", words)
    figures = [
        key_figure(words("wall.open"), figure(found["open"], "件", words)),
        key_figure(words("wall.overdue"), figure(found["late"], "件", words), level=1 if found["late"] else None),
        key_figure(words("wall.on_time"), on_time, words("wall.on_time.note")),
    ]
    rows = [Rank(words.of(row), row["n"], plain(row["n"])) for row in found["kinds"][:MOST_REASONS]]
    body = html.Div([keys(figures), ranking(rows, words("wall.cases"))], className="wall-register")
    return facts.panel("cases", "check", words("wall.cases"), body, ("casework",), _unit(facts, "件"))
