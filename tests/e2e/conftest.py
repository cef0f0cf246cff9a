"""A real town, loaded by the real commands, served by the real server, looked at by a real browser. Built once a session."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
TODAY = "2026-11-22"
READY_MS = 30_000
expect.set_options(timeout=15_000)


def run(*command: str, home: Path, **more: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment(home, **more), capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout[-600:]}\n{done.stderr[-1200:]}"


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ONESCREEN_")}
    return kept | {"ONESCREEN_HOME": str(home), "ONESCREEN_NOW": f"{TODAY}T09:42:00+08:00"} | more


class Server:
    """`python app.py` as a process of its own, with `more` in its environment."""

    def __init__(self, home: Path, log: Path, **more: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.log = log
        self._output = log.open("w")
        env = environment(home, ONESCREEN_PORT=self.url.rsplit(":", 1)[-1], **more)
        self._process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=self._output, text=True
        )
        assert self._process.stdout
        said = self._process.stdout.readline()  # the address, said once the socket listens; nothing when the process has died
        assert said, f"the server did not start:\n{log.read_text()[-3000:]}"
        httpx.get(f"{self.url}/health", timeout=60).raise_for_status()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        if self._process.stdout:
            self._process.stdout.close()
        self._output.close()


@pytest.fixture(scope="session")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(home, tmp_path_factory.mktemp("log") / "server.log")
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


def served(name: str, home: Path, folder: Path) -> Iterator[Server]:
    """A server of its own for a town that is loaded already."""
    running = Server(home, folder / f"{name}.log")
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


@pytest.fixture(scope="session")
def porto(real_town: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from served("porto", real_town("porto"), tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="session")
def santa_monica(real_town: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from served("santa-monica", real_town("santa-monica"), tmp_path_factory.mktemp("log"))


@dataclass
class Trouble:
    """What no page may do: complain on the console, ask another machine, or get an error from its own server."""

    allowed: str
    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda said: self.found.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("response", lambda answer: self.found.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
        page.on("request", lambda request: self._left(request.url))

    def _left(self, url: str) -> None:
        if not url.startswith((self.allowed, "data:", "blob:")):
            self.found.append(f"left the machine: {url}")


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, server: Server) -> Iterator[Open]:
    """`open_page("/town", size=(390, 844), look="light", language="en")`: the page, its map painted.

    Trouble fails the test, unless trouble is what the test makes (`watched=False`).
    """
    with opening(chromium, server) as opened:
        yield opened


@contextmanager
def opening(chromium: Browser, server: Server) -> Iterator[Open]:
    """What `open_page` gives, for any server."""
    contexts: list[Any] = []
    trouble = Trouble(server.url)

    def opened(
        path: str, size: tuple[int, int] = (1280, 800), look: str = "", language: str = "", watched: bool = True, **more: Any
    ) -> Page:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        contexts.append(context)
        chosen = {"onescreen-look": look, "onescreen-language": language}
        context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in chosen.items() if value])
        page = context.new_page()
        if watched:
            trouble.watch(page)
        page.goto(server.url + path)
        if path.startswith("/town"):
            ready(page)
        return page

    try:
        yield opened
    finally:
        for context in contexts:
            context.close()
    assert not trouble.found


def ready(page: Page) -> None:
    """Wait until the map has painted a complete view."""
    page.wait_for_selector("html[data-map-ready]", state="attached", timeout=READY_MS)
