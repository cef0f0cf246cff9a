"""What a page looks at, held in the address, so that links, the back button and sharing work by themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

LEVELS = (1, 2, 3, 4, 5, 0)
PAGE, MOST = 100, 500  # rows of a list at first (the areas of most towns), and at most
UNSTATED = "-"  # stands for the class of what has none
PICKING = "-"  # comparing, with nothing picked yet
MOST_COMPARED = 4  # areas side by side: more columns cannot be read on a tablet


@dataclass(frozen=True, slots=True)
class View:
    """A view of the town: where, which layer, how coloured, which level alone, which list, which object is open.

    `theme` is a nominal theme of the layer, "levels" to insist on the six levels, or "" to let the page choose. `list` is "objects" to list
    the layer's objects where the areas below would be listed, `rows` how many of them. `object` is `table:key`.
    `chosen` is the code of one class of the theme alone (UNSTATED: what has no class). `compare` holds the codes of areas set side by side,
    or PICKING while none has been picked yet. Where the map looks (`at`) is in the address too, but only the browser knows of it.
    """

    area: str = ""
    layer: str = ""
    theme: str = ""
    level: int | None = None
    list: str = ""
    rows: int = PAGE
    object: str = ""
    chosen: str = ""
    compare: tuple[str, ...] = ()

    def with_(self, **changes: object) -> View:
        """This view with some parts replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def opened(self) -> tuple[str, str] | None:
        """(table, key) of the open object."""
        table, _, key = self.object.partition(":")
        return (table, key) if table and key else None

    def search(self) -> str:
        """The query string, `?…`, without what is at its default; "" for the default view."""
        level = "" if self.level is None else str(self.level)
        rows = "" if self.rows == PAGE else str(self.rows)
        pairs = [("area", self.area), ("layer", self.layer), ("theme", self.theme), ("level", level), ("list", self.list), ("rows", rows)]
        pairs += [("class", self.chosen), ("compare", ",".join(self.compare)), ("object", self.object)]
        query = urlencode([(key, value) for key, value in pairs if value], safe=":,")
        return f"?{query}" if query else ""

    def href(self, page: str = "/town") -> str:
        """The address of this view on `page`."""
        return page + self.search()


def parse(search: str | None) -> View:
    """The view of a query string. What it does not know or cannot use is left at its default: an old link still opens."""
    values = dict(parse_qsl((search or "").lstrip("?")))
    level, rows = values.get("level", ""), values.get("rows", "")
    return View(
        area=values.get("area", ""),
        layer=values.get("layer", ""),
        theme=values.get("theme", ""),
        level=int(level) if level.isdecimal() and int(level) in LEVELS else None,
        list="objects" if values.get("list") == "objects" else "",
        rows=min(max(int(rows), PAGE), MOST) if rows.isdecimal() else PAGE,
        object=values.get("object", ""),
        chosen=values.get("class", ""),
        compare=tuple(dict.fromkeys(code for code in values.get("compare", "").split(",") if code))[: MOST_COMPARED + 1],
    )
