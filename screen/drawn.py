"""Between plain elements and Dash: a whole page or a slot of it is one component, however many elements it shows."""

from __future__ import annotations

from dash.development.base_component import Component

from screen.html import Element, Node


class Drawn(Component):
    """Elements drawn by `assets/app/drawn.js`.

    `content` is a node of `screen.html`, `frame` the element around it. `children` holds the Dash components that stand in `content` as
    `{"hole": i}`. A callback writes `content`, and none of them may be in what it writes.
    """

    _namespace = "onescreen_parts"
    _type = "Drawn"

    def __init__(
        self, content: Node = None, frame: Element | None = None, children: list[Component] | None = None, id: str | None = None
    ) -> None:
        self._prop_names = self.available_properties = ["content", "frame", "children", "id"]
        self.available_wildcard_properties: list[str] = []
        self._valid_wildcard_attributes: list[str] = []
        given = {"content": content, "frame": frame, "children": children, "id": id}
        super().__init__(**{name: value for name, value in given.items() if value is not None})


def slot(name: str, frame: Element) -> Drawn:
    """An element whose content a callback renews: `Output(name, "content")`. `frame` holds what is in it at first."""
    attributes = {key: value for key, value in frame.items() if key != "children"}
    return Drawn(content=frame.get("children"), frame=attributes, id=name)


def whole(node: Node) -> Drawn:
    """A page: elements, with Dash components (slots, maps, stores, fields) anywhere among them."""
    islands: list[Component] = []
    return Drawn(content=_holed(node, islands), children=islands)


def _holed(node: Node, islands: list[Component]) -> Node:
    if isinstance(node, Component):
        islands.append(node)
        return {"hole": len(islands) - 1}
    if isinstance(node, list | tuple):
        return [_holed(one, islands) for one in node]
    if isinstance(node, dict) and "children" in node:
        return node | {"children": _holed(node["children"], islands)}
    return node
