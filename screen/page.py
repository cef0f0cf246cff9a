"""What a page is, and what it is given: `PAGE = Page(...)` in each file of `screen/pages/`."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, ParamSpec, TypeVar

from dash import Dash

from data.policy import Viewer
from data.schema.model import Role
from data.settings import Settings
from data.store.serving import ServingStore
from incidents.core.network import Network
from layers.core import query
from layers.core.spec import Layer
from screen.basemap import Basemap
from screen.html import Node
from screen.text import Words

# Cookies, set by assets/app/preferences.js.
LANGUAGE, LOOK, UNITS, LAST = "onescreen-language", "onescreen-look", "onescreen-units", "onescreen-last"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Screen:
    """What pages and routes are given: the settings, the store, and who is looking until accounts exist."""

    settings: Settings
    store: ServingStore
    viewer: Viewer
    layers: tuple[Layer, ...]
    basemaps: tuple[Basemap, ...] = ()
    network: Network | None = None  # None only where nothing live is wanted

    @contextmanager
    def reading(self) -> Iterator[query.Store]:
        """One snapshot for the length of a request. Raises StoreError while nothing has been published."""
        with self.store.read() as cursor:
            yield query.Store(cursor, self.layers)

    def seen_on(self, page: Page) -> Screen:
        """This screen with what may be seen on `page`: a page that names a role masks down to it, whoever looks, and never opens up."""
        return replace(self, viewer=Viewer(page.role)) if page.role and self.viewer.reaches(page.role) else self


@dataclass(frozen=True, slots=True)
class Light:
    """What a page needs that is served as plain HTML: files of `assets/`, in order."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page for people: its path, the key of its title in the text tables, its layout, and its callbacks.

    `role` is the most that the page may show to anybody (a wall that everyone walks past: "wall"); None: what the viewer may see.
    `look` is how it opens for a visitor who has not chosen. `first` is what stands there until the layout has come: its places, empty.
    """

    path: str
    title: str
    layout: Callable[[Screen, Words, str], Node]  # (screen, words, query string)
    register: Callable[[Dash, Screen], None]
    place: Literal["desk", "wall"] = "desk"
    role: Role | None = None
    look: Literal["dark", "light"] = "dark"
    first: Callable[[Words, dict[str, Any]], Node] | None = None  # (words, facts of the town); without `style` and Dash components
    light: Light | None = None  # served without Dash, for phones on weak networks; `layout` is then plain elements without `style`


def offload(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Run a callback in a thread: a synchronous callback would stop the event loop, and with it every other viewer."""

    @functools.wraps(function)
    async def threaded(*args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(function, *args, **kwargs)

    return threaded
