"""What the panels of the network stand on: the log of incidents as the wall may see it, asked once a request, and the lists behind figures.

Every figure is the length of a list that `GET /api/incidents` gives for the same filters, so figure and list cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from data.policy import Viewer
from incidents.core import query
from incidents.core.kpi import Value, listed
from incidents.core.kpi_declared import KPIS, Asked, Kpi
from incidents.core.network import Network
from incidents.core.period import period
from incidents.core.spec import ms
from screen import html
from screen.components import icon, mark, panel
from screen.figures import Figure, figure
from screen.html import Element, Node
from screen.text import Words
from screen.wall.kept import kept

Row = dict[str, Any]
Filters = Mapping[str, str]
T = TypeVar("T")
LATELY_S = 15.0  # for so long figures of a month are shown


@dataclass(frozen=True, slots=True)
class Live:
    """The log at an instant, for one visitor of the wall."""

    network: Network
    words: Words
    viewer: Viewer
    zone: ZoneInfo
    now: datetime
    places: Mapping[str, Row]  # areas by code: name, above, level
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def sight(self) -> query.Sight:
        """How the visitor sees incidents. Raises NetworkError while a table of the town cannot be read: of the panels, not of the wall."""
        if "sight" not in self.known:
            self.known["sight"] = self.network.sight(self.viewer)
        sight: query.Sight = self.known["sight"]
        return sight

    def asked(self, question: Callable[..., T], *about: Any) -> T:
        """The answer of the log to `question(connection, *about)`."""
        return self.network.asked(lambda connection: question(connection, *about))

    def over(self, name: str) -> Asked:
        """The whole town in the period `name` that holds this instant."""
        return Asked(period(name, self.now, self.zone), self.sight.tables, ms(self.now))

    def lately(self, name: str, question: Callable[..., T], *about: Any) -> T | None:
        """The answer of the log as of some seconds ago, the same for all walls; None while it has never been given."""
        answer: T | None = kept(self.network).get(name, LATELY_S, lambda: self.asked(question, *about))
        return answer

    def counted(self, name: str, kpi: str) -> Value:
        """A count of a period, as the length of its list: conditions that lie in an index are not asked of every incident."""
        sight, asked = self.sight, self.over(name)
        n = int(self.asked(lambda connection: listed(connection, kpi, asked, sight, size="1"))["total"])
        return Value(kpi, float(n), n)

    def found(self, filters: Filters) -> Row:
        """A page of incidents and how many there are."""
        key = f"found {sorted(filters.items())}"
        if key not in self.known:
            self.known[key] = self.asked(query.find, filters, self.sight, self.now)
        answer: Row = self.known[key]
        return answer

    def count(self, filters: Filters) -> int:
        """How many incidents pass the filters: the length of the list behind the figure."""
        return int(self.found({**filters, "size": "1"})["total"])

    def name(self, table: str, code: str | None) -> str:
        """What a code of one of the town's tables is called; the code itself where it is not there any more."""
        tables = self.sight.tables
        rows = self.known.setdefault(f"names {table}", {row["code"]: row for row in tables.rows(table)})
        return self.words.of(rows[code]) if code in rows else str(code or "")

    def place(self, code: str | None) -> str:
        """The village and the name of an area, the village alone where that is the area."""
        steps: list[str] = []
        while code in self.places and len(steps) < 8:
            row = self.places[code]
            if row["above"] is not None:
                steps.insert(0, row["name"])
            code = row["above"]
        return " ".join(dict.fromkeys([steps[0], steps[-1]])) if steps else ""

    def time(self, instant_ms: int) -> str:
        """An instant by the town's clocks: 04:22; of another day with the day."""
        local = datetime.fromtimestamp(instant_ms / 1000, self.zone)
        same = local.date() == self.now.astimezone(self.zone).date()
        return f"{local:%H:%M}" if same else f"{local:%m-%d %H:%M}"

    def panel(self, name: str, picture: str, body: Node, actions: Node = None) -> Element:
        """A panel under its question; at its foot where it comes from, and of when it is."""
        question = self.words(f"wall.n.{name.replace('-', '_')}")
        foot = {"source": self.words("wall.n.source"), "age": self.words("wall.n.at", when=self.time(ms(self.now)))}
        return panel([icon(picture), question], body, kind=f"wall-panel wall-live wall-n-{name}", actions=actions, label=question, **foot)


def listing(filters: Filters) -> str:
    """The address of the list of what passes the filters."""
    return f"/api/incidents?{urlencode({'sort': 'left', **filters, 'size': '200'})}"


def behind(kpi: str, name: str, **more: str) -> str:
    """The address of the list behind a figure of a period; `part` is "numerator" unless told."""
    return listing({"list": kpi, "period": name, **more})


def opens(inside: Node, address: str, title: str, kind: str, **more: Any) -> Element:
    """A button that opens a list in the drawer; `data-note` says there what is counted."""
    return html.Button(
        inside, type="button", className=kind, **{"data-act": "live-list", "data-list": address, "data-title": title, **more}
    )


def figure_button(label: str, number: Figure, address: str, *, level: int | None = None, note: str = "") -> Element:
    """A key figure; pressed, it opens the list behind it, and `note` stands there."""
    digits = html.Span([mark(level) if level is not None else None, number.digits], className="key-digits")
    value = html.Span([digits, html.Span(number.unit, className="key-unit")], className="key-value")
    tone = {} if level is None else {"data-level": str(level)}
    inside = [html.Span(label, className="key-label"), value]
    return opens(inside, address, label, "key wall-n-key", **tone, **({"data-note": note} if note else {}))


def kpi_button(
    found: Live, name: str, kpi: str, value: Value, *, label: str = "", level: int | None = None, part: str = "numerator"
) -> Element:
    """A declared figure of a period, by its own name or `label`; pressed, it says how it is worked out and lists what it counts."""
    words, known = found.words, KPIS[kpi]
    of = words("wall.n.of", n=value.numerator, of=value.denominator) if value.denominator is not None else ""
    note = f"{words.pick(known.formula_zh, known.formula_en)} {of}".strip()
    address = behind(kpi, name, part=part)
    return figure_button(label or words.pick(known.zh, known.en), said_of(known, value, words), address, level=level, note=note)


def said_of(known: Kpi, value: Value, words: Words) -> Figure:
    """A figure ready to be read: rates in percent, "—" where there is nothing to divide by."""
    if known.kind != "rate":
        return figure(value.value, unit_of(words), words)
    return Figure(words("none"), "") if value.value is None else Figure(f"{100 * value.value:.1f}", "%")


def unit_of(words: Words) -> str:
    """In English the label is the unit, and saying it twice would cost the room of a digit."""
    return "" if words.language == "en" else "件"


def bar_list(rows: list[tuple[str, int, str, str]], label: str) -> Element:
    """Names with bars, most first: (name, number, what is read, address of the list behind it)."""
    most = max((n for _, n, _, _ in rows), default=0) or 1
    items = [
        html.Li(
            opens(
                [
                    html.Span(name, className="wall-n-name"),
                    html.Span(html.Span(style={"width": f"{n / most:.1%}"}), className="rank-bar", **{"aria-hidden": "true"}),
                    html.Span(said, className="wall-n-figure"),
                ],
                address, f"{label} · {name}", "wall-n-bar",
            )
        )
        for name, n, said, address in rows
    ]  # fmt: skip
    return html.Ol(items, className="wall-n-bars", **{"aria-label": label})
