"""Plain elements: what pages are made of, as data that goes to the browser as it is and is drawn there by `assets/app/drawn.js`.

The names and the call are those of `dash.html`, whose components cost a subscription to Dash's store each: a list of a thousand rows took
seconds to appear, and most of a request went into building them. What needs a callback stands in a `screen.drawn.slot`.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

Element = dict[str, Any]  # {"tag": "div", "children": node, attribute: value, …}, attributes by React's names
Node = Any  # an Element, a text, a number, a Dash component (in a page's layout alone), None, or a list of them
ATTRIBUTES = frozenset({
    "className", "colSpan", "disabled", "download", "hidden", "href", "htmlFor", "id", "inert", "lang", "max", "min", "open", "role",
    "rowSpan", "scope", "step", "style", "tabIndex", "target", "title", "type",
})  # fmt: skip


def _named(tag: str) -> Callable[..., Element]:
    def element(children: Node = None, **attributes: Any) -> Element:
        """Raises TypeError for an attribute that no element of ours has."""
        made = {"tag": tag}
        for name, value in attributes.items():
            if name not in ATTRIBUTES and not name.startswith(("data-", "aria-")):
                raise TypeError(f"<{tag}> has no attribute {name!r}: add it to screen/html.py if it is meant.")
            if value is not None:
                made[name] = value
        if children is not None:
            made["children"] = children
        return made

    element.__name__ = tag
    return element


A, B, Code, Kbd, Small, Span, Strong = map(_named, ("a", "b", "code", "kbd", "small", "span", "strong"))
Article, Aside, Details, Div, Figcaption, Figure = map(_named, ("article", "aside", "details", "div", "figcaption", "figure"))
H1, H2, H3, Header, Main, Nav, P, Section, Summary = map(_named, ("h1", "h2", "h3", "header", "main", "nav", "p", "section", "summary"))
Dd, Dl, Dt, Li, Ol, Ul = map(_named, ("dd", "dl", "dt", "li", "ol", "ul"))
Button, Input, Label = map(_named, ("button", "input", "label"))
Caption, Table, Tbody, Td, Th, Thead, Tr = map(_named, ("caption", "table", "tbody", "td", "th", "thead", "tr"))


def written(node: Node) -> str:
    """HTML of a node without `style`, for what the browser shows before any script has run."""
    if isinstance(node, list | tuple):
        return "".join(map(written, node))
    if not isinstance(node, dict):
        return "" if node is None else escape(str(node))
    given = {name: value for name, value in node.items() if name not in ("tag", "children") and value is not False}
    attributes = "".join(f' {_HTML_NAME.get(name, name.lower())}="{escape(str(value))}"' for name, value in given.items())
    if node["tag"] == "input":
        return f"<input{attributes}>"
    return f"<{node['tag']}{attributes}>{written(node.get('children'))}</{node['tag']}>"


_HTML_NAME = {"className": "class", "htmlFor": "for"}
