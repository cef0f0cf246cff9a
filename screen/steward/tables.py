"""A wide table in its own scrolling box, and the few things that its cells are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from screen import html
from screen.components import empty, icon, link
from screen.figures import plain
from screen.html import Element, Node
from screen.steward.view import MOST, PAGE, View
from screen.text import Words


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its title, and whether it holds numbers (`kind` "n"), text that may break ("wide", "long"), or a word or two ("")."""

    title: str
    kind: str = ""


def table(label: str, heads: Sequence[Head], rows: Sequence[Sequence[Node]], marked: Sequence[str] = ()) -> Element:
    """The first cell of a row is its heading; `marked` gives a state to each row ("failed", "late", "" …)."""
    head = html.Thead(html.Tr([html.Th(one.title, scope="col", className=_kind(one)) for one in heads]))
    body = [_row(heads, row, marked[i] if marked else "") for i, row in enumerate(rows)]
    inside = html.Table([html.Caption(label, className="visually-hidden"), head, html.Tbody(body)], className="desk-table")
    return html.Div(inside, className="desk-box", role="region", tabIndex="0", **{"aria-label": label})


def _row(heads: Sequence[Head], row: Sequence[Node], state: str) -> Element:
    cells: list[Node] = [html.Th(row[0], scope="row", className=_kind(heads[0]))]
    cells += [html.Td(cell, className=_kind(head)) for head, cell in zip(heads[1:], row[1:], strict=True)]
    return html.Tr(cells, **({"data-state": state} if state else {}))


def _kind(head: Head) -> str | None:
    return f"cell-{head.kind}" if head.kind else None


def number(n: int | None, words: Words, href: str = "", label: str = "") -> Node:
    """A count, a dash for none known; with `href` a link, which says in `label` what it counts."""
    if n is None:
        return words("none")
    return link(plain(n), href, kind="cell-link", label=f"{plain(n)} {label}".strip()) if href and n else plain(n)


def more(view: View, shown: int, total: int, words: Words) -> Node:
    """Leads to more rows of the table, up to MOST; says so when there are more than that."""
    if shown >= total:
        return None
    if view.rows >= MOST:
        return empty(words("steward.more.most", n=plain(shown), total=plain(total)))
    href = view.href(rows=min(view.rows + 2 * PAGE, MOST))
    return link([words("steward.more", n=plain(shown), total=plain(total)), icon("next")], href, kind="button desk-more")


def details(summary: Node, lines: Sequence[Node]) -> Node:
    """A line that opens to further ones."""
    if not lines:
        return summary
    return html.Details([html.Summary(summary), html.Ul([html.Li(line) for line in lines])], className="desk-details")


def pills(label: str, entries: Sequence[tuple[Node, str, bool]]) -> Element:
    """Links of which one is chosen: (text, address, whether it is the chosen one)."""
    items = [html.Li(link(text, href, kind="desk-pill", current=chosen)) for text, href, chosen in entries]
    return html.Nav(html.Ul(items, className="desk-pills"), **{"aria-label": label})
