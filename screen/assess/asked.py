"""What the page of figures is asked for by its address, and the log that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from incidents.core.kpi_declared import KPIS, Asked
from incidents.core.kpi_list import asked_of
from incidents.core.network import Network
from incidents.core.population import population
from layers.core import query
from screen.page import Screen
from screen.text import Words

PATH = "/desk/figures"
PERIODS = ("today", "week", "month", "quarter", "year", "assessment")
OF = ("unit", "area")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """The log at an instant, what is asked of it, and how to name what it answers."""

    log: Network
    words: Words
    asked: Asked
    by: str
    now: datetime
    zone: ZoneInfo
    places: Mapping[str, str]

    def ask(self, question: Callable[..., T], *about: Any) -> T:
        """The answer of the log to `question(connection, *about)`."""
        return self.log.asked(lambda connection: question(connection, *about))

    def named(self, key: str) -> str:
        """What a unit or an area is called; its code where it is not there any more."""
        office = self.asked.tables.units.get(key) if self.by == "unit" else None
        return self.words.pick(office.zh, office.en) if office else self.places.get(key, key)

    def to(self, **changed: str) -> str:
        """The address of this page with another period or another comparison."""
        return f"{PATH}?{urlencode({'period': self.asked.period.name, 'by': self.by} | changed)}"

    def list_of(self, kpi: str, key: str = "", part: str = "", of: str = "") -> str:
        """The address of the list behind a figure, of one unit or village, or of one `of` such as "camera"."""
        whole = KPIS[kpi].kind == "count" or not part
        scope = {of or self.by: key} if key else {}
        told = {
            "list": kpi,
            "period": self.asked.period.name,
            **({} if whole else {"part": part}),
            **scope,
            "size": "200",
            "sort": "newest",
        }
        return f"/api/incidents?{urlencode(told)}"


def make_desk(screen: Screen, log: Network, words: Words, search: str) -> Desk:
    """Read the address; what it does not name, or names wrongly, is the month and the units. Raises StoreError without a town."""
    given = {name: values[0] for name, values in parse_qs(search.lstrip("?")).items()}
    period = given.get("period") if given.get("period") in PERIODS else "month"
    by = given["by"] if given.get("by") in OF else OF[0]
    with screen.reading() as store:
        places = {row["code"]: row["name"] for row in query.area_names(store)}
    now, zone = log.now(), log.zone()
    asked = asked_of({"period": str(period)}, log.sight(screen.viewer), now, zone)
    asked = replace(asked, people=population(log.store, "", screen.viewer))
    return Desk(log, words, asked, by, now, zone, places)
