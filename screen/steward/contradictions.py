"""What one register says against another, and what hangs in the air: by kind, by village, and one by one."""

from __future__ import annotations

from typing import Any

from data.policy import Suppressed
from layers.core import query_steward
from screen import html
from screen import view as town_view
from screen.components import Rank, empty, icon, link, panel, ranking
from screen.figures import exact, plain
from screen.html import Node
from screen.steward.desk import Desk
from screen.steward.tables import Head, more, pills, table
from screen.text.steward import KINDS

Row = dict[str, Any]
HOUSES = ("rental",)  # tables whose objects are shown on the card of their house: the same key


def contradictions(desk: Desk) -> Node:
    """The chosen kind, else the most frequent one that can be listed."""
    words, view = desk.words, desk.view
    kinds = query_steward.contradiction_kinds(desk.store, desk.screen.viewer)
    title = [words("steward.contradictions"), html.Small(words("steward.contradictions.what"))]
    if not kinds:
        people = desk.now.shares["person_house"].total != 0
        return panel(
            title,
            empty(words("steward.contradictions.none_at_all" if people else "steward.contradictions.no_people")),
            label=words("steward.contradictions"),
        )
    chosen = next((row for row in kinds if (row["kind"], row["table"]) == (view.kind, view.table)), None)
    chosen = chosen or next((row for row in kinds if row["listed"]), kinds[0])
    inside = html.Div([_villages(desk, chosen), _objects(desk, chosen)], className="desk-columns")
    return panel(title, [_kinds(desk, kinds, chosen), inside], label=words("steward.contradictions"))


def name_of(desk: Desk, row: Row) -> str:
    """A kind in a few words; one that is not known by what its first case says."""
    known = KINDS.get(row["kind"])
    if known:
        return desk.words.pick(*known).format(table=desk.table_name(row["table"]))
    return desk.words.pick(row["detail_zh"], row["detail_en"]) or str(row["kind"])


def _kinds(desk: Desk, kinds: list[Row], chosen: Row) -> Node:
    entries: list[tuple[Node, str, bool]] = [
        ([name_of(desk, row), html.Span(exact(row["n"]), className="pill-n")],
         desk.view.href(kind=row["kind"], table=row["table"], area=None, rows=50), row is chosen)
        for row in kinds
    ]  # fmt: skip
    return pills(desk.words("steward.kinds"), entries)


def _villages(desk: Desk, chosen: Row) -> Node:
    words, view = desk.words, desk.view
    rows = query_steward.contradiction_villages(desk.store, desk.screen.viewer, chosen["kind"], chosen["table"])
    ranks = [_rank(desk, chosen, row) for row in rows]
    everywhere = view.href(kind=chosen["kind"], table=chosen["table"], area=None, rows=50)
    back = link([icon("back"), words("steward.everywhere")], everywhere, kind="button") if view.area is not None else None
    box = html.Div(
        ranking(ranks, words("steward.by_village")),
        className="desk-scroll",
        tabIndex="0",
        role="region",
        **{"aria-label": words("steward.by_village")},
    )
    return html.Section(
        [html.Div([html.H3(words("steward.by_village")), back], className="desk-section-head"), box], className="desk-section"
    )


def _rank(desk: Desk, chosen: Row, row: Row) -> Rank:
    name = row["name"] or (row["code"] and str(row["code"])) or desk.words("steward.nowhere")
    href = desk.view.href(kind=chosen["kind"], table=chosen["table"], area=row["code"], rows=50) if chosen["listed"] else ""
    hidden = isinstance(row["n"], Suppressed)
    return Rank(name, row["n"] if not hidden else Suppressed(), exact(row["n"]), href)


def _objects(desk: Desk, chosen: Row) -> Node:
    words, view = desk.words, desk.view
    if not chosen["listed"]:
        return html.Section([html.H3(name_of(desk, chosen)), empty(words("steward.persons"))], className="desk-section")
    found = query_steward.contradictory(desk.store, desk.screen.viewer, chosen["kind"], chosen["table"], view.area, view.rows)
    if not found["rows"]:
        return html.Section([html.H3(name_of(desk, chosen)), empty(words("steward.village.none"))], className="desk-section")
    heads = [
        Head(words("steward.object"), "wide"),
        Head(words("steward.village")),
        Head(words("steward.detail"), "wide"),
        Head(words("steward.other")),
    ]
    rows = [_object(desk, row) for row in found["rows"]]
    shown = html.P(words("steward.rows.shown", n=plain(len(rows)), total=plain(found["total"])), className="desk-hint")
    parts = [html.H3(name_of(desk, chosen)), shown, table(name_of(desk, chosen), heads, rows), more(view, len(rows), found["total"], words)]
    return html.Section(parts, className="desk-section")


def _object(desk: Desk, row: Row) -> list[Node]:
    words = desk.words
    opened = "house" if row["table"] in HOUSES else row["table"]
    name = card_link(desk, opened, row["key"], row["title"]) if row["there"] else row["title"]
    other = card_link(desk, row["other_table"], row["other_key"], row["other_key"]) if _has_card(row) else row["other_key"] or words("none")
    detail = words.pick(row["detail_zh"], row["detail_en"]) or name_of(desk, row)
    return [[name, html.Small(row["key"]) if row["title"] != row["key"] else None], row["village"] or words("none"), detail, other]


def _has_card(row: Row) -> bool:
    """Whether the other side of a contradiction is an object of its own that exists."""
    return bool(row["other_key"]) and row["other_table"] in ("parcel", "area") and row["there"]


def card_link(desk: Desk, table_name: str, key: str, text: str) -> Node:
    """Opens the card of an object on the map."""
    href = town_view.View(object=f"{table_name}:{key}").href()
    return link([icon("pin"), html.Span(text)], href, kind="cell-link", label=desk.words("steward.open", name=text))
