"""Plain values (dict, list, text, numbers) as XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape


def element(name: str, value: Any, children: Mapping[str, str]) -> str:
    """`value` as an element: keys of a dict are elements within it, items of a list those that `children` names for it. None is empty."""
    child = children.get(name, "item")
    if isinstance(value, dict):
        inner = "".join(element(key, one, children) for key, one in value.items())
    elif isinstance(value, list):
        inner = "".join(element(child, one, children) for one in value)
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = "" if value is None else escape(printable(str(value)))
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def printable(text: str) -> str:
    """Without signs that XML 1.0 cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n\r" or " " <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd" or sign > "\uffff")
