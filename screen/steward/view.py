"""What the steward looks at, held in the address: `/steward?part=refused&dataset=houses`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

PARTS = ("files", "runs", "refused", "contradictions", "coverage", "history")
PAGE, MOST = 50, 500  # rows of a table at first, and at most
SEVERITIES = ("refused", "warning")


@dataclass(frozen=True, slots=True)
class View:
    """A part of the page and what is chosen in it. `kind` and `table` name a kind of contradiction or, `kind` alone, of gaps in the ground.

    `area` is an area below the town, None for all of it; "" stands for what lies in none of them.
    """

    part: str = "files"
    dataset: str = ""
    reason: str = ""
    severity: str = ""
    kind: str = ""
    table: str = ""
    area: str | None = None
    rows: int = PAGE

    def href(self, **changes: object) -> str:
        """The address of this view with some of it changed."""
        view = replace(self, **changes)  # type: ignore[arg-type]
        pairs = [("part", "" if view.part == PARTS[0] else view.part), ("dataset", view.dataset), ("reason", view.reason)]
        pairs += [
            ("severity", view.severity),
            ("kind", view.kind),
            ("table", view.table),
            ("rows", "" if view.rows == PAGE else str(view.rows)),
        ]
        kept = [(key, value) for key, value in pairs if value] + ([] if view.area is None else [("area", view.area or "-")])
        return "/steward" + (f"?{urlencode(kept)}" if kept else "")


def to(part: str, **chosen: object) -> str:
    """The address of a part of the page."""
    return View().href(part=part, **chosen)


def parse(search: str | None) -> View:
    """The view of a query string; what it does not know is left at its default, so that an old link still opens."""
    told = dict(parse_qsl((search or "").lstrip("?")))
    rows, area = told.get("rows", ""), told.get("area")
    return View(
        part=told["part"] if told.get("part") in PARTS else PARTS[0],
        dataset=told.get("dataset", ""),
        reason=told.get("reason", ""),
        severity=told["severity"] if told.get("severity") in SEVERITIES else "",
        kind=told.get("kind", ""),
        table=told.get("table", ""),
        area="" if area == "-" else area,
        rows=min(max(int(rows), PAGE), MOST) if rows.isdecimal() else PAGE,
    )
