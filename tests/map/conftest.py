"""Towns whose map is held against the plain data: a real one, and the demonstration town."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ground import NEVER, Ground

from bench.map_job.page import Site, manifest_of, serving
from data.settings import Settings
from data.store.serving import current

NOW = datetime.fromisoformat("2026-11-22T09:42:00+00:00")


@pytest.fixture(scope="session")
def ground(real_town: Callable[[str], Path], home: Path) -> Iterator[Callable[[str], Ground]]:
    """`ground("porto")` or `ground("demonstration")`."""
    opened: list[Any] = []

    @cache
    def town(name: str) -> Ground:
        settings = Settings(home=home if name == "demonstration" else real_town(name), now=NOW)
        shown = current(settings)
        assert shown
        manifest = json.loads(shown.manifest.read_bytes())
        for tileset in manifest["tilesets"].values():
            tileset["outline"] = NEVER
        site = Site({"pack": settings.pack}, files={"/pack/manifest.json": manifest_of(manifest)})
        opened.append(serving(site))
        opened[-1].__enter__()
        return Ground(manifest, shown.file, site)

    yield town
    for one in opened:
        one.__exit__(None, None, None)
