"""What stands on the map beside its zoom: scale bar, coordinates, measure, and the switch between basemaps; and the addresses these ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from data.errors import OneScreenError, StoreError
from data.store.rasters import inside, picture_kind
from layers.core import query
from screen import days, html
from screen.basemap import Basemap
from screen.components import button, icon
from screen.figures import unit_name
from screen.html import Element, Node
from screen.page import Screen
from screen.text import Words


def buttons(words: Words, basemaps: Sequence[Basemap]) -> list[Node]:
    """The buttons that belong under those of the zoom; a switch only where there is something to switch to."""
    measure = html.Button(
        icon("ruler"), type="button", className="button", title=words("map.measure"),
        **{"data-act": "measure", "aria-label": words("map.measure"), "aria-pressed": "false", "aria-keyshortcuts": "m"},
    )  # fmt: skip
    return [measure, days.opener(words), switch(words, basemaps) if basemaps else None]


def switch(words: Words, basemaps: Sequence[Basemap]) -> Element:
    """A button and the list that it opens: none, and every basemap of the settings."""
    opener = html.Button(
        icon("layer"), type="button", className="button", title=words("map.basemap"),
        **{"data-act": "basemaps", "aria-label": words("map.basemap"), "aria-expanded": "false", "aria-haspopup": "menu"},
    )  # fmt: skip
    choices = [("", words("map.basemap.none")), *((one.name, words.of(one.title)) for one in basemaps)]
    entries = [
        html.Button(title, type="button", className="button", role="menuitemradio",
                    **{"data-act": "basemap", "data-basemap": name, "aria-checked": "true" if not name else "false"})
        for name, title in choices
    ]  # fmt: skip
    menu = html.Div(entries, className="basemaps-menu", role="menu", hidden=True, **{"aria-label": words("map.basemap")})
    specs = json.dumps([one.plain() for one in basemaps], ensure_ascii=False)
    return html.Div([opener, menu], className="basemaps", **{"data-specs": specs})


def foot(words: Words, crs: str) -> Element:
    """Scale bar, where the pointer is, and whose basemap is shown; what was measured stands above them."""
    scale = html.Span(className="scale", **{"data-m": unit_name("m", words), "data-km": unit_name("km", words)})
    plane = html.Span([html.Span(className="at-plane"), html.Span(crs, className="at-crs")], className="at-line")
    said = {"data-east": words("map.east"), "data-north": words("map.north"), "aria-label": words("map.at")}
    at = html.Div([html.Span(className="at-degrees"), plane], className="at", role="group", **said)
    read = html.Div([scale, at, html.Span(className="basemap-source")], className="map-read")
    return html.Div([days.strip(words), _measure(words), read], className="map-foot")


def _measure(words: Words) -> Element:
    units = {"m": "m", "km": "km", "m2": "m²", "ha": "ha", "km2": "km²"} | ({"mu": "亩"} if words.mu else {})
    told: dict[str, Any] = {name: words(f"map.measure.{name}") for name in ("begin", "length", "area", "around")}
    told["units"] = {key: unit_name(unit, words) for key, unit in units.items()}
    ends = [
        button(icon("tick"), "measure-end", label=words("map.measure.end")),
        button(icon("close"), "measure-clear", label=words("map.measure.clear")),
    ]
    said = html.P(className="measure-said", role="status")
    return html.Div([said, *ends], className="measure", hidden=True, **{"data-words": json.dumps(told, ensure_ascii=False)})


def add_map_tools(server: FastAPI, screen: Screen) -> None:
    """The tiles of basemaps that this server reads, and the town's plane."""
    server.add_api_route("/basemap/{name}/{z}/{x}/{y}", _tile(screen), methods=["GET", "HEAD"])
    server.add_api_route("/api/plane", _plane(screen))


def _tile(screen: Screen) -> Callable[[str, int, int, int], Response]:
    """A picture; 204 where the basemap has none, 404 for a basemap that is not ours to give."""
    known = {one.name: one.tiles for one in screen.basemaps if one.tiles}

    def answer(name: str, z: int, x: int, y: int) -> Response:
        if name not in known:
            return JSONResponse({"error": "no such basemap"}, status_code=404)
        data = known[name].tile(z, x, y) if inside(z, x, y) else None
        kind = picture_kind(data) if data else None
        headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(data, media_type=kind, headers=headers) if kind else Response(status_code=204, headers=headers)

    return answer


def _plane(screen: Screen) -> Callable[[Request], Response]:
    """The town's coordinate system as polynomials (`data/geo/planefit.py`)."""

    def answer(request: Request) -> Response:
        try:
            with screen.reading() as store:
                town = query.town(store)
        except StoreError as error:
            return JSONResponse({"error": error.message, "remedy": error.remedy}, status_code=404)
        try:
            body = fitted(str(town["crs"]), tuple(town["bounds"])) if town["bounds"] else None
        except OneScreenError as error:
            return JSONResponse({"error": error.message, "remedy": error.remedy}, status_code=404)
        return JSONResponse(body, headers={"Cache-Control": "no-cache"}) if body else JSONResponse({"error": "no bounds"}, status_code=404)

    return answer


@lru_cache(maxsize=4)
def fitted(crs: str, box: tuple[float, float, float, float]) -> dict[str, Any]:
    """The plane of a town, worked out once."""
    from data.geo.planefit import fit_plane  # PROJ takes a tenth of a second that the start need not wait for

    return fit_plane(crs, box).plain()
