"""Addresses of figures: KPIs with their formulas, the scorecard, the forecast of breaches, the day's curve, rankings, shares and months.

All take the period and the part of the town that `GET /api/incidents?list=` takes, which is the list behind each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Literal, cast
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from data.errors import NetworkError, StoreError, advice, advice_zh
from data.policy import Viewer
from incidents.core import figures, kpi, kpi_list, scorecard
from incidents.core.backtest import Accuracy, backtest
from incidents.core.forecast import Forecast, forecast
from incidents.core.kpi import Value
from incidents.core.kpi_declared import KPIS, Asked
from incidents.core.network import Network
from incidents.core.population import population
from incidents.core.spec import answer

Handler = Callable[[Request], Awaitable[Response]]
NO_STORE = {"Cache-Control": "no-store"}
PARAMETERS = ("period", "first", "last", *kpi_list.SCOPE)
TESTED_MS = 6 * 3_600_000  # for so long the accuracy of forecasts is kept
DEEPEST, MOST_MONTHS = 6, 60


class FiguresApi:
    """Handlers; `routes` says where they belong."""

    def __init__(self, network: Network, default: Viewer) -> None:
        self._network, self._default = network, default
        self._tested: tuple[int, dict[int, Accuracy | None]] | None = None
        self._testing = asyncio.Lock()

    def routes(self) -> tuple[tuple[str, str, Handler, str], ...]:
        """Method, path, handler, and what it does."""
        return (
            ("GET", "/api/network/kpi", self.kpi, "Figures with formula, numerator and denominator; ?names=, ?by= for groups"),
            ("GET", "/api/network/scorecard", self.scorecard, "Rates of units or areas, and what a rate can be made with"),
            ("GET", "/api/network/forecast", self.forecast, "Cases that will pass their limit soon, and how such forecasts have done"),
            ("GET", "/api/network/curve", self.curve, "Today's reports by the hour against the usual"),
            ("GET", "/api/network/ranking", self.ranking, "Areas or units by a figure"),
            ("GET", "/api/network/split", self.split, "How reports divide among types or sources"),
            ("GET", "/api/network/trend", self.trend, "A figure month by month"),
        )

    async def kpi(self, request: Request) -> Response:
        given = request.query_params
        names = [name for name in given.get("names", "").split(",") if name] or list(KPIS)
        by, depth = given.get("by", ""), _whole(request, "depth", 1, DEEPEST)

        def question(connection: sa.Connection, asked: Asked) -> Any:
            if by:
                return {name: _grouped(connection, name, asked, by, depth) for name in names}
            return [_told(one, asked) for one in kpi.values(connection, names, asked).values()]

        found, asked = await self._ask(request, question, ("names", "by", "depth"))
        return answer({"period": _period(asked), "at": asked.now, "groups" if by else "figures": found}, headers=NO_STORE)

    async def scorecard(self, request: Request) -> Response:
        by, depth = request.query_params.get("by", "unit"), _whole(request, "depth", 1, DEEPEST)
        found, asked = await self._ask(request, lambda c, asked: scorecard.scorecard(c, asked, by, depth), ("by", "depth"))
        return answer(
            {"period": _period(asked), "at": asked.now, "by": by, "rows": [_line(one, asked, by) for one in found]}, headers=NO_STORE
        )

    async def forecast(self, request: Request) -> Response:
        depth = _whole(request, "depth", 1, DEEPEST)
        found, asked = await self._ask(request, forecast, ("depth",))
        tested = await self._accuracy(asked)
        rows = [_ahead(one, depth) | {"accuracy": _accuracy(tested.get(minutes))} for minutes, one in found.items()]
        return answer({"at": asked.now, "horizons": rows}, headers=NO_STORE)

    async def curve(self, request: Request) -> Response:
        found, asked = await self._ask(request, figures.curve)
        return answer({"at": asked.now, "hours": [asdict(one) for one in found]}, headers=NO_STORE)

    async def ranking(self, request: Request) -> Response:
        name, by = request.query_params.get("kpi", "close_on_time"), request.query_params.get("by", "area")
        depth = _whole(request, "depth", 1, DEEPEST)
        kpi.kpi_of(name)
        found, asked = await self._ask(request, lambda c, asked: figures.ranking(c, asked, name, by, depth), ("kpi", "by", "depth"))
        rows = [
            {"key": one.key, "place": one.place, "before": one.before} | _told(one.value, _narrowed(asked, by, one.key)) for one in found
        ]
        return answer({"period": _period(asked), "at": asked.now, "rows": rows}, headers=NO_STORE)

    async def split(self, request: Request) -> Response:
        by = _one_of("by", request.query_params.get("by", "type"), ("type", "source"))
        column = cast(Literal["type", "source"], by)
        found, asked = await self._ask(request, lambda c, asked: figures.split(c, asked, column), ("by",))
        rows = [asdict(one) | {"list": _list("reported", _narrowed(asked, by, one.key))} for one in found]
        return answer({"period": _period(asked), "at": asked.now, "rows": rows}, headers=NO_STORE)

    async def trend(self, request: Request) -> Response:
        name, months = request.query_params.get("kpi", "close_on_time"), _whole(request, "months", 12, MOST_MONTHS)
        found, asked = await self._ask(request, lambda c, asked: figures.trend(c, asked, name, months), ("kpi", "months"))
        return answer({"at": asked.now, "months": [{"first": first} | asdict(one) for first, one in found]}, headers=NO_STORE)

    async def _ask(
        self, request: Request, question: Callable[[sa.Connection, Asked], Any], more: tuple[str, ...] = ()
    ) -> tuple[Any, Asked]:
        """Answer a question to the log for the period and the part of the town that the request names."""
        known = (*PARAMETERS, *more, "key", "api_key", "page_role")
        given = {name: value for name, value in request.query_params.items() if name in PARAMETERS}
        for name in request.query_params:
            _one_of(name, name, known)
        asked = await asyncio.to_thread(self._asked, request, given)
        return await self._network.ask(lambda connection: question(connection, asked)), asked

    def _asked(self, request: Request, given: Mapping[str, str]) -> Asked:
        network, viewer = self._network, self._network.viewer(request, self._default)
        asked = kpi_list.asked_of(given, network.sight(viewer, network.areas(request)), network.now(), network.zone())
        if asked.areas and not asked.area and len(asked.areas) > 1:  # they may lie in each other: their people are not added up
            return asked
        try:
            return replace(asked, people=population(network.store, asked.area or "".join(asked.areas), viewer))
        except StoreError:  # no town is loaded yet: nobody is counted
            return asked

    async def _accuracy(self, asked: Asked) -> dict[int, Accuracy | None]:
        """Of forecasts for the whole town; worked out for a few seconds, by one request at a time, and kept for hours."""
        async with self._testing:
            if self._tested is None or not 0 <= asked.now - self._tested[0] < TESTED_MS:
                whole = Asked(asked.period, asked.tables, asked.now)
                self._tested = asked.now, await self._network.ask(lambda connection: backtest(connection, whole))
            return self._tested[1]


def _grouped(connection: sa.Connection, name: str, asked: Asked, by: str, depth: int) -> dict[str, Any]:
    found = kpi.by_area(connection, name, asked, depth) if by == "area" else kpi.grouped(connection, name, asked, by)
    return {key: _told(one, _narrowed(asked, by, key)) for key, one in sorted(found.items())}


def _told(one: Value, asked: Asked) -> dict[str, Any]:
    """A figure with its names, formula and the addresses of the lists behind it."""
    known = KPIS[one.name]
    lists = {"list": _list(one.name, asked)} | ({"of": _list(one.name, asked, "denominator")} if known.kind == "rate" else {})
    return asdict(one) | lists | {
        "zh": known.zh, "en": known.en, "formula": {"zh": known.formula_zh, "en": known.formula_en}, "kind": known.kind, "unit": known.unit,
        "better": known.better,
    }  # fmt: skip


def _list(name: str, asked: Asked, part: str = "") -> str:
    """The address of the incidents that a figure counts."""
    scope = {column: getattr(asked, column) for column in kpi_list.SCOPE}
    days = {"first": asked.period.first, "last": asked.period.last} if asked.period.name == "custom" else {}
    told = {"list": name, "period": asked.period.name, "part": part, **days, **scope}
    return "/api/incidents?" + urlencode({key: value for key, value in told.items() if value})


def _narrowed(asked: Asked, by: str, key: str) -> Asked:
    narrower: dict[str, Any] = {by: key}
    return replace(asked, **narrower) if by in kpi_list.SCOPE else asked


def _line(one: scorecard.Line, asked: Asked, by: str) -> dict[str, Any]:
    here = _narrowed(asked, by, one.key)
    score = asdict(one.score) | {"total": one.score.total, "grade": one.score.grade} if one.score else None
    watched = {name: _told(value, here) for name, value in one.watched.items()}
    bunch = asdict(one.bunch) | {"suspicious": one.bunch.suspicious}
    return {"key": one.key, "weighs": one.weighs, "rate": _told(one.rate, here), "watched": watched, "bunch": bunch, "score": score}


def _ahead(one: Forecast, depth: int) -> dict[str, Any]:
    cases = [{"incident": risk.case.id, "due_at": risk.case.due, "late": round(risk.late, 3)} for risk in one.risks]
    areas = {code: round(expected, 3) for code, expected in sorted(one.by_area(depth).items())}
    return {
        "minutes": one.minutes,
        "expected": round(one.expected, 3),
        "pace": one.pace,
        "learned_from": one.known,
        "areas": areas,
        "cases": cases,
    }


def _accuracy(one: Accuracy | None) -> dict[str, Any] | None:
    return None if one is None else asdict(one) | {"skill": one.skill}


def _period(asked: Asked) -> dict[str, Any]:
    return {"name": asked.period.name, "first": asked.period.first, "last": asked.period.last}


def _whole(request: Request, name: str, default: int, most: int) -> int:
    given = request.query_params.get(name, str(default))
    if not given.isascii() or not given.isdigit() or int(given) > most:
        raise NetworkError(
            f"{name} = {given!r} is no whole number up to {most}.", remedy="Correct it.",
            zh=f"{name} = {given!r} 应为不超过 {most} 的整数。", zh_remedy="请更正。",
        ).at(name)  # fmt: skip
    return int(given)


def _one_of(field: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise NetworkError(
            f"{given!r} does not exist here.", remedy=advice(given, known), zh=f"此处没有 {given!r}。", zh_remedy=advice_zh(given, known)
        ).at(field)
    return given
