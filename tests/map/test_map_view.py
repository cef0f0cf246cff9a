"""The map as a Dash component: an application of somebody else's, whose callbacks see and move small values and addresses alone."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dash_leaflet as dl
import pytest
import uvicorn
from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI
from fastapi import Request as Asked
from fastapi.responses import FileResponse
from playwright.sync_api import Browser, Page, Request, expect

from data.settings import REPOSITORY, Settings
from data.store.duck import connect
from data.store.serving import Serving, current
from layers.core.blobs import blob_file
from screen.map_view import MapView

TOLD = ("layers", "theme", "filter", "selected", "as_of", "n_features_in_view")
# Where a place lies in the map's container.
PIXEL = """([lon, lat]) => {
    const {x, y} = onescreen.map.shown("m").map.latLngToContainerPoint([lat, lon]);
    return [x, y];
}"""


@pytest.fixture(scope="module")
def shown(updated: Path) -> Serving:
    found = current(Settings(home=updated))
    assert found
    return found


@pytest.fixture(scope="module")
def town(request: pytest.FixtureRequest, shown: Serving) -> Iterator[str]:
    """An application with a Leaflet map, the component, fields that set its properties, and a line that says what they are.

    With a parameter of True a second component joins the same map, and is given a filter.
    """
    server = FastAPI()

    @server.get("/pack/{name}")
    def blob(name: str, request: Asked) -> FileResponse:
        if name == "manifest.json":
            return FileResponse(shown.manifest)
        found = blob_file(shown.manifest.parent, name, request.headers.get("accept-encoding", ""))
        assert found, name
        return FileResponse(found[0], media_type="application/octet-stream", headers={"Content-Encoding": found[1]})

    app = Dash("town", server=server, assets_folder=str(REPOSITORY / "assets"), assets_ignore=r"(\.worker\.js|\.v[\d.]+)", enable_mcp=False)
    manifest = json.loads(shown.manifest.read_bytes())
    joining = getattr(request, "param", False)
    more = [MapView("m", id="second", filter={"levels": [1, 2], "classes": None}, count=False)] if joining else []
    west, south, east, north = manifest["box"]
    app.layout = html.Div([
        dl.Map(id="m", children=[], bounds=[[south, west], [north, east]], trackViewport=False, style={"height": "80vh"}),
        MapView("m", id="view", manifest="/pack/manifest.json", layers=[{"name": "houses"}]),
        dcc.Input(id="set", debounce=True), dcc.Input(id="theme", debounce=True), html.Pre(id="told"), *more,
    ])  # fmt: skip

    @app.callback(
        [Output("view", name) for name in ("layers", "theme", "filter", "selected", "as_of")],
        Input("set", "value"),
        prevent_initial_call=True,
    )
    def put(value: str) -> list[Any]:
        wanted = {"layers": [{"name": "houses"}], "theme": None, "filter": None, "selected": None, "as_of": None} | json.loads(value)
        return list(wanted.values())

    @app.callback(Output("view", "theme", allow_duplicate=True), Input("theme", "value"), prevent_initial_call=True)
    def choose(value: str) -> str:
        return value

    @app.callback(Output("told", "children"), [Input("view", name) for name in TOLD])
    def tell(*values: Any) -> str:
        return json.dumps(dict(zip(TOLD, values, strict=True)))

    app._setup_server()
    yield from served(server)


def served(server: FastAPI) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(server, log_level="warning", access_log=False))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    thread.join(10)


@pytest.fixture
def page(chromium: Browser, town: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(f"{error} {error.stack}"))
    page.goto(town)
    page.wait_for_selector("html[data-map-ready]", state="attached")
    yield page
    context.close()
    assert not trouble, "\n".join(trouble)


def told(page: Page, what: str) -> Any:
    return json.loads(page.locator("#told").inner_text() or "{}").get(what)


def until(page: Page, **wanted: Any) -> None:
    """Wait until the application has been told just this."""
    for name, value in wanted.items():
        text = json.dumps({name: value})[1:-1]
        expect(page.locator("#told")).to_have_text(re.compile(re.escape(text)))


def put(page: Page, **properties: Any) -> None:
    page.locator("#set").fill(json.dumps(properties))
    page.locator("#set").press("Enter")


def rows(shown: Serving, sql: str) -> list[Any]:
    with connect(shown.file, read_only=True) as con:
        return con.execute(sql).fetchall()


LEVELS = "SELECT p.level, count(*) FROM paint_houses p JOIN house h ON h.house_id = p.object_id WHERE lonlat IS NOT NULL GROUP BY 1"


def red_and_orange(shown: Serving) -> int:
    levels = dict(rows(shown, LEVELS))
    return int(levels[1] + levels[2])


def test_properties_from_a_callback_draw_the_map_and_the_features_in_view_come_back(page: Page, shown: Serving) -> None:
    levels = dict(rows(shown, LEVELS))
    areas = rows(shown, "SELECT count(*) FROM area WHERE level = 1")[0][0]
    until(page, n_features_in_view={"houses": sum(levels.values())})
    put(page, filter={"levels": [1, 2]})
    until(page, filter={"levels": [1, 2], "classes": None}, n_features_in_view={"houses": levels[1] + levels[2]})
    put(page, layers=[{"name": "houses"}, {"name": "areas", "level": 1}])
    until(page, n_features_in_view={"areas": areas, "houses": sum(levels.values())})


def test_a_theme_and_a_day_are_properties_and_geometry_is_fetched_for_neither(page: Page, shown: Serving) -> None:
    until(page, theme="level")
    bands = json.loads(shown.manifest.read_bytes())["tilesets"]["house"]["bands"]
    houses = {f"{name}.tile" for band in bands for _, _, name, *_ in band["tiles"]}
    asked: list[Request] = []
    page.on("request", lambda request: asked.extend([request]))
    put(page, theme="occupancy", as_of="2026-09-23")
    until(page, theme="occupancy", as_of="2026-09-23")
    page.wait_for_selector("html[data-map-ready]", state="attached")
    fetched = {request.url.rsplit("/", 1)[-1] for request in asked}  # tiles of other layers may be had ahead
    assert any(name.endswith(".array") for name in fetched) and not fetched & houses
    callbacks = [request.post_data or "" for request in asked if "_dash-update" in request.url]
    assert callbacks and max(map(len, callbacks)) < 2000, "callbacks move addresses and small values"


def test_one_theme_after_another_is_shown_where_a_callback_writes_the_theme_alone(page: Page) -> None:
    for theme in ("occupancy", "building_use", "level"):
        page.locator("#theme").fill(theme)
        page.locator("#theme").press("Enter")
        until(page, layers=[{"name": "houses"}], theme=theme)
        page.wait_for_function(f"onescreen.map.shown('m').state.layers[0].theme === '{theme}'")


@pytest.mark.parametrize("town", [True], indirect=True, ids=["two"])
def test_a_component_that_joins_a_map_is_followed_in_what_it_was_given(page: Page, shown: Serving) -> None:
    until(page, filter={"levels": [1, 2], "classes": None}, n_features_in_view={"houses": red_and_orange(shown)})
    put(page, filter={"levels": [3], "classes": None})
    page.wait_for_function("onescreen.map.shown('m').state.levels[0] === 3")


def test_the_map_goes_with_the_look_of_its_page_and_takes_up_another_snapshot(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new CustomEvent('onescreen:look', {detail: 'light'}))")
    page.wait_for_function("onescreen.map.shown('m').state.scheme === 'light'")
    with page.expect_response("**/pack/manifest.json"):
        page.evaluate("document.dispatchEvent(new CustomEvent('onescreen:snapshot'))")


def test_a_browser_that_cannot_say_when_it_is_idle_has_the_map_as_well(chromium: Browser, town: str) -> None:
    page = chromium.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(f"{error} {error.stack}"))
    page.add_init_script("delete window.requestIdleCallback; delete window.cancelIdleCallback")
    page.goto(town)
    page.wait_for_function("performance.getEntriesByName('onescreen-map-view').length")
    expect(page.locator("#told")).to_have_text(re.compile('"n_features_in_view": {"houses"'))
    page.close()
    assert not trouble, "\n".join(trouble)


def test_a_click_selects_and_the_callback_hears_which(page: Page, shown: Serving) -> None:
    put(page, layers=[{"name": "areas", "level": 1}])
    until(page, n_features_in_view={"areas": rows(shown, "SELECT count(*) FROM area WHERE level = 1")[0][0]})
    ordinal, lon, lat = rows(
        shown, "SELECT ordinal, ST_X(p), ST_Y(p) FROM (SELECT ordinal, ST_PointOnSurface(lonlat) p FROM area WHERE level = 1) LIMIT 1"
    )[0]
    at = page.evaluate(PIXEL, [lon, lat])
    page.locator("#m").click(position={"x": at[0], "y": at[1]})
    until(page, selected={"tileset": "area-1", "layer": "areas", "ordinal": ordinal})


def test_a_property_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="no property colour; it has"):
        MapView("m", colour="red")
