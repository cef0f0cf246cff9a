"""Refused rows as workbooks: which there are, who may take them away, and the address that gives them out.

A workbook holds rows as they were delivered, ID numbers and all. `data.policy` gives what is unmasked to stewards alone. Until accounts
exist, whoever sits at this very machine is taken for one: the files came from there, and lie there on the disk. A server that others can
reach, a proxy in between, or another name for this machine (a page elsewhere that had its own name point here) is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from data.policy import Viewer
from data.store.runs import Run, there, workbook
from screen import html
from screen.components import icon, note
from screen.guard import at_this_machine, loopback
from screen.html import Element, Node
from screen.page import Screen
from screen.steward.desk import Desk

ROLE: Viewer = Viewer("steward")
PATH = "/steward/workbook/{run}/{name}"
FEW = 12  # shown at once; a delivery of a file a village may have come back in ninety
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DENIED = "Workbooks of refused rows hold personal data as delivered, and are given to stewards at this machine only."
REMEDY = "Open this page at 127.0.0.1 on the machine that OneScreen runs on, or take the file from runs/…/quarantine of its home folder."


def keeper(screen: Screen) -> Viewer:
    """Who is taken to look, where it is about files: at a server for this machine alone a steward, else the screen's viewer."""
    return ROLE if loopback(screen.settings.host) else screen.viewer


def given_to(screen: Screen, request: Request) -> bool:
    """Whether whoever asks may have a workbook."""
    return keeper(screen).reaches("steward") and at_this_machine(screen.settings, request)


def add_workbooks(server: FastAPI, screen: Screen) -> None:
    """Attach the address of the workbooks. Call before Dash is built."""
    server.add_api_route(PATH, _workbook(screen), methods=["GET", "HEAD"])


def _workbook(screen: Screen) -> Callable[[str, str, Request], Response]:
    def answer(run: str, name: str, request: Request) -> Response:
        quiet = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if not given_to(screen, request):
            return JSONResponse({"error": DENIED, "remedy": REMEDY}, status_code=403, headers=quiet)
        path = workbook(screen.settings, run, name)
        if path is None:
            remedy = "Old runs are tidied away; deliver the dataset again for a new workbook."
            return JSONResponse(
                {"error": f"There is no workbook {name!r} of run {run!r}.", "remedy": remedy}, status_code=404, headers=quiet
            )
        kind = XLSX if path.suffix == ".xlsx" else "text/csv"
        return FileResponse(path, media_type=kind, filename=path.name, headers=quiet)

    return answer


def links(desk: Desk, run: Run | None, dataset: str) -> Node:
    """The workbooks of a dataset that a run wrote, or why there is none to be had."""
    words = desk.words
    told = run.dataset(dataset) if run else None
    if run is None or told is None or not told["quarantine"]:
        return None
    if not keeper(desk.screen).reaches("steward"):
        return note(words("steward.books.denied"), "late")
    found = there(desk.screen.settings, run, dataset)
    if not found:
        return note(words("steward.books.gone"))
    items = [html.Li(_link(desk, run, name)) for name in found]
    rest = html.Details(
        [html.Summary(words("steward.books.rest", n=len(found) - FEW)), html.Ul(items[FEW:], className="desk-books")],
        className="desk-details",
    )
    return html.Div(
        [
            html.Ul(items[:FEW], className="desk-books"),
            rest if len(found) > FEW else None,
            html.P(words("steward.books.note"), className="desk-hint"),
        ]
    )


def _link(desk: Desk, run: Run, name: str) -> Element:
    href = PATH.format(run=run.run, name=quote(name))
    return html.A([icon("fall"), html.Span(name)], href=href, download=name, className="button desk-book")
