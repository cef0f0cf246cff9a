"""Does the grid cover its ground? Gaps, overlaps, and areas that reach outside their parent, each with a way onto the map."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from layers.core import query_steward
from screen import html
from screen.components import empty, icon, link, panel
from screen.figures import area, plain
from screen.html import Node
from screen.steward.desk import Desk
from screen.steward.tables import Head, more, pills, table

Row = dict[str, Any]
ZOOM = 18  # near enough to see a gap of some metres


def coverage(desk: Desk) -> Node:
    """The largest first, of one kind alone if one is chosen."""
    words, view = desk.words, desk.view
    found = query_steward.coverage(desk.store, view.kind, view.rows)
    title = [words("steward.coverage"), html.Small(words("steward.coverage.what"))]
    label = words("steward.coverage")
    if not found["kinds"]:
        why = "steward.coverage.single" if found["areas"] < 2 else "steward.coverage.whole"
        return panel(title, empty(words(why, n=plain(found["areas"]))), label=label)
    entries: list[tuple[Node, str, bool]] = [(words("steward.all"), view.href(kind="", rows=50), not view.kind)]
    entries += [(_kind(desk, row), view.href(kind=row["kind"], rows=50), view.kind == row["kind"]) for row in found["kinds"]]
    if not found["rows"]:
        return panel(title, [pills(words("steward.kinds"), entries), empty(words("steward.coverage.no_kind"))], label=label)
    heads = [
        Head(words("steward.finding"), "wide"), Head(words("steward.level")), Head(words("steward.area")),
        Head(words("steward.other_area")), Head(words("steward.size"), "n"), Head(words("map")),
    ]  # fmt: skip
    rows = [_row(desk, row) for row in found["rows"]]
    return panel(
        title,
        [pills(words("steward.kinds"), entries), table(label, heads, rows), more(view, len(rows), found["total"], words)],
        label=label,
    )


def _kind(desk: Desk, row: Row) -> Node:
    words = desk.words
    size = str(area(row["area_m2"], words))
    return [words.pick(row["reason_zh"], row["reason_en"]), html.Span(f"{plain(row['n'])} · {size}", className="pill-n")]


def _row(desk: Desk, row: Row) -> list[Node]:
    words = desk.words
    levels = desk.town["levels"]
    level = words.of(levels[row["level"]]) if row["level"] is not None and row["level"] < len(levels) else words("none")
    at = f"{row['lon']:.5f},{row['lat']:.5f},{ZOOM}"
    layers = {layer.name for layer in desk.store.layers}
    layer = {"layer": "grid_qa"} if "grid_qa" in layers else {}
    href = "/town?" + urlencode({"area": row["area_code"], **layer, "at": at}, safe=",")
    where = link([icon("pin"), html.Span(words("card.locate"))], href, kind="cell-link")
    size = str(area(row["area_m2"], words))
    return [
        words.pick(row["reason_zh"], row["reason_en"]), level, [row["name"] or row["area_code"], html.Small(row["area_code"])],
        [row["other"] or row["other_code"], html.Small(row["other_code"])] if row["other_code"] else words("none"), size, where,
    ]  # fmt: skip
