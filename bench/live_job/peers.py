"""What a Dash developer would otherwise do, on the same machine in the same run: polling by `dcc.Interval`, and native WebSocket callbacks.

`python -m bench.live_job.peers PORT` serves both pages, `/poll` and `/push`: markers as a dl.GeoJSON whose data is replaced.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.request import urlopen

import dash_leaflet as dl
import uvicorn
from dash import Dash, Input, Output, ctx, dcc, html, set_props
from fastapi import FastAPI, Request

from bench.harness import ROOT, say
from bench.live_job.http import Connection

EVERY_MS = 1_000
SHOWN = 2_000  # the newest; a page that keeps all of them stops soon
RATE = 100
# A feature is painted in the frame after dash-leaflet has made its layer of it: seen by the number of paths of the canvas.
RECORD = """() => {
    window.painted = {};
    const before = L.GeoJSON.prototype.addData;
    L.GeoJSON.prototype.addData = function (data) {
        const made = before.apply(this, arguments);
        const ids = (data && data.features || []).map((one) => one.properties.id).filter((id) => !(id in window.painted));
        const shown = () => { const now = Date.now(); for (const id of ids) window.painted[id] = now; };
        if (ids.length) requestAnimationFrame(() => setTimeout(shown, 0));
        return made;
    };
}"""


def serve(port: int) -> None:
    """The two pages."""
    items: list[dict[str, Any]] = []
    came = asyncio.Event()
    server = FastAPI()

    def features() -> dict[str, Any]:
        return {"type": "FeatureCollection", "features": items[-SHOWN:]}

    @server.post("/api/incidents")
    async def take(request: Request) -> dict[str, str]:
        told = await request.json()
        number = told["external_id"]
        geometry = {"type": "Point", "coordinates": [told["lon"], told["lat"]]}
        items.append({"type": "Feature", "geometry": geometry, "properties": {"id": number}})
        came.set()
        return {"incident": number}

    def page() -> html.Div:
        points = dl.GeoJSON(id="points", data=features())
        chart = dl.Map([points], center=[31.2, 121.7], zoom=13, preferCanvas=True, style={"height": "90vh"})
        return html.Div([chart, dcc.Interval(id="tick", interval=EVERY_MS, disabled=True), dcc.Location(id="url"), html.Div(id="begun")])

    app = Dash("peers", server=server, update_title=None)
    app.layout = page

    @app.callback(Output("tick", "disabled"), Input("url", "pathname"))
    async def polls(path: str) -> bool:
        return path != "/poll"

    @app.callback(Output("points", "data"), Input("tick", "n_intervals"), prevent_initial_call=True)
    async def poll(_n: int) -> dict[str, Any]:
        return features()

    @app.callback(Output("begun", "children"), Input("url", "pathname"), websocket=True, persistent=True)
    async def push(path: str) -> str:
        while path == "/push" and ctx.websocket is not None:
            await came.wait()
            came.clear()
            set_props("points", {"data": features()})
            await asyncio.sleep(0.05)
        return ""

    uvicorn.run(server, host="127.0.0.1", port=port, log_level="critical")


def compare(browser: Any, seconds: float) -> None:
    """Both pages, one after the other, at a hundred reports a second."""
    say(f"\n| {RATE}/s, one viewer | p50 ms | p99 ms | shown of acknowledged |\n|---|---|---|---|")
    for path, name in (("poll", f"dcc.Interval {EVERY_MS} ms"), ("push", "native WebSocket callback, 50 ms")):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        process = subprocess.Popen([sys.executable, "-m", "bench.live_job.peers", str(port)], cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            _measure(browser, f"http://127.0.0.1:{port}", path, name, seconds)
        finally:
            process.terminate()
            process.wait()


def _measure(browser: Any, url: str, path: str, name: str, seconds: float) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urlopen(f"{url}/{path}", timeout=5):
                break
        except OSError:
            time.sleep(0.2)
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{url}/{path}")
    page.wait_for_selector(".leaflet-container")
    page.wait_for_timeout(2_000)
    page.evaluate(RECORD)
    with ThreadPoolExecutor(1) as elsewhere:  # Playwright has a loop in this thread
        acks = elsewhere.submit(asyncio.run, _send(url, seconds)).result()
    page.wait_for_timeout(3_000)
    painted = page.evaluate("window.painted")
    page.close()
    waits = sorted(painted[key] - at for key, at in acks.items() if key in painted)
    if not waits:
        say(f"| {name} | – | – | 0 of {len(acks)} |")
        return
    say(f"| {name} | {statistics.median(waits):.0f} | {waits[int(len(waits) * 0.99)]:.0f} | {len(waits)} of {len(acks)} |")


async def _send(url: str, seconds: float) -> dict[str, float]:
    """Reports at the rate, over a few connections; when each was acknowledged."""
    acks: dict[str, float] = {}
    connections = [Connection("127.0.0.1", int(url.rsplit(":", 1)[1]), "") for _ in range(8)]
    started = time.perf_counter()

    async def work(which: int) -> None:
        for number in range(which, round(RATE * seconds), len(connections)):
            await asyncio.sleep(max(0.0, started + number / RATE - time.perf_counter()))
            report = {"lon": 121.66 + number % 97 / 1200, "lat": 31.17 + number % 89 / 1500, "external_id": f"p{number}"}
            await connections[which].post("/api/incidents", report)
            acks[f"p{number}"] = time.time() * 1000

    await asyncio.gather(*(work(which) for which in range(len(connections))))
    for connection in connections:
        connection.close()
    return acks


if __name__ == "__main__":
    serve(int(sys.argv[1]))
