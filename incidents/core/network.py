"""`Network`: the log, its writer, its tail and its feeds, put together. Started and stopped with the server, or for a command."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.requests import HTTPConnection

from data.clock import Clock
from data.errors import OneScreenError, PolicyError, StoreError
from data.policy import DUTIES, Actor, Viewer
from data.settings import Settings
from data.store.serving import ServingStore
from incidents import feeds as feed_files
from incidents.core import alerts, ladder, photos, query, schema, sweep, tables_store
from incidents.core.hub import Audience
from incidents.core.journal import Journal
from incidents.core.keys import Key, actor_of, load_keys
from incidents.core.place import Places
from incidents.core.screens import Screens
from incidents.core.spec import Command, Feed, Outcome, Photo, ms
from incidents.core.tables import Tables
from incidents.core.tail import Tail

DUTY = "onescreen-duty"  # cookie of the chooser "acting as", until accounts exist
NAME = "onescreen-duty-name"  # and of how whoever sits there is called
LONGEST_NAME = 40
KEY_HEADERS = ("x-api-key", "api-key")
T = TypeVar("T")


def load_feeds() -> tuple[Feed, ...]:
    """Every feed of `incidents/feeds`, by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(feed_files.__path__))
    found = (getattr(importlib.import_module(f"{feed_files.__name__}.{name}"), "FEED", None) for name in names)
    return tuple(feed for feed in found if feed is not None)


class Network:
    """The network of one installation; an `Intake` for its feeds.

    `here(connection)` says whether a request comes from this machine itself: only then may the chooser name the duty.
    """

    def __init__(self, settings: Settings, store: ServingStore, here: Callable[[HTTPConnection], bool] = lambda _asked: False) -> None:
        self.settings, self.store = settings, store
        self.clock = Clock(settings)
        self.feeds = load_feeds()
        self.places = Places(store)
        self._here = here
        self._keys: tuple[Key, ...] = load_keys(settings.keys)
        self._shelf = tables_store.Shelf()
        self._town: tuple[int, dict[str, Any]] | None = None  # of which snapshot
        self.engine = schema.open_engine(settings)
        self.epoch = self._epoch()
        self.journal = Journal(self.engine, self.clock, self.zone, lambda: self.places, self._tables_of, self._wake)
        self.tail = Tail(self)
        self.screens = Screens()

    # ── life ──

    def _wake(self) -> None:
        self.tail.wake()

    def stop(self) -> None:
        """Write what has come in, and let the database go."""
        self.journal.stop()
        self.engine.dispose()

    def _epoch(self) -> str:
        """The identity of this log: another database is another epoch, a restart is not."""
        with self.engine.execution_options(writes=True).begin() as connection:
            connection.execute(schema.insert_new(connection, schema.about, [{"key": "epoch", "value": uuid.uuid4().hex}]))
            tables_store.seed(connection, self.clock.now())
            return str(connection.execute(sa.select(schema.about.c.value).where(schema.about.c.key == "epoch")).scalar_one())

    # ── what it knows ──

    def now(self) -> datetime:
        """The present in UTC."""
        return self.clock.now()

    def town(self) -> Mapping[str, Any]:
        """The town on show: code, name ({"zh", "en"}), timezone, synthetic. Raises StoreError before one is loaded."""
        snapshot = self.store.serving().snapshot
        if self._town is None or self._town[0] != snapshot:
            with self.store.read() as cursor:
                told = cursor.execute("SELECT key, value FROM town").fetchall()
            self._town = (snapshot, {key: json.loads(value) for key, value in told})
        return self._town[1]

    def zone(self) -> ZoneInfo:
        """The town's zone; UTC before a town is loaded."""
        try:
            return ZoneInfo(self.town()["timezone"])
        except StoreError:
            return ZoneInfo("UTC")

    def tables(self) -> Tables:
        """The town's tables as they are now."""
        with self.engine.connect() as connection:
            return self._tables_of(connection, None)

    def _tables_of(self, connection: sa.Connection, number: int | None) -> Tables:
        return self._shelf.of(connection, self.zone(), number)

    def sight(self, viewer: Viewer, areas: tuple[str, ...] = ()) -> query.Sight:
        """How `viewer`, who may be limited to `areas`, sees incidents."""
        return query.Sight(viewer, self.tables(), self.places.middle, areas)

    # ── commands and questions ──

    def take(self, commands: Sequence[Command]) -> list[Outcome]:
        """`submit` for programs: waits in this thread."""
        return self.journal.submit(commands).result()

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Take the commands; one outcome each, in order, once everything accepted is on disk."""
        return await asyncio.wrap_future(self.journal.submit(commands))

    async def keep_photo(self, content: bytes, kind: str, actor: Actor) -> Photo:
        """Store a picture. Raises NetworkError: too large, no picture, damaged."""
        photo = await asyncio.to_thread(photos.keep, content, kind, self.settings.attachments)
        photo = replace(photo, id=uuid.uuid4().hex)
        row = {
            "id": photo.id, "incident": None, "kind": kind, "media_type": photo.media_type, "size": photo.size, "sha256": photo.sha256,
            "at": ms(self.now()), "by": actor.name or actor.duty,
        }  # fmt: skip
        await self.write(lambda connection: connection.execute(schema.attachment.insert(), [row]))
        # A sweep may have taken the file of the same picture just before our row stood for it.
        if not photos.path_of(self.settings.attachments, photo.sha256, photo.media_type).exists():
            await asyncio.to_thread(photos.keep, content, kind, self.settings.attachments)
        return photo

    async def sweep(self) -> None:
        """Let pictures go that no incident has taken for a day."""
        now, folder = ms(self.now()), self.settings.attachments
        if await self.ask(lambda connection: sweep.due(connection, now)):
            await self.write(lambda connection: sweep.sweep(connection, folder, now))

    async def ask(self, question: Callable[[Any], T]) -> T:
        """Answer a question to the log, in a thread."""
        return await asyncio.to_thread(self.asked, question)

    def asked(self, question: Callable[[sa.Connection], T]) -> T:
        """`ask` for who is in a thread already."""
        with self.engine.connect() as connection:
            return question(connection)

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Something else than commands to write, by the one writer."""
        return await asyncio.wrap_future(self.journal.do(work))

    async def climb(self) -> None:
        """Take the steps of the escalation ladder that are due."""
        now, known = self.now(), await asyncio.to_thread(self.tables)
        steps = await self.ask(lambda connection: ladder.due(connection, known, now, ms(now)))
        if steps:
            await self.submit(steps)

    async def find(self, filters: Mapping[str, Any], actor: Actor) -> list[dict[str, Any]]:
        """Incidents as the actor may see them, newest first."""
        sight = self.sight(actor.viewer, actor.areas)
        found = await self.ask(lambda connection: query.find(connection, filters, sight, self.now()))
        return list(found["rows"])

    async def alert(self, told: Sequence[Mapping[str, Any]], actor: Actor) -> None:
        """Take alerts: new ones, updates and cancellations."""
        placed = await asyncio.to_thread(lambda: [self.places.outlined(one) for one in told])
        await self.write(lambda connection: alerts.take(connection, placed, actor, ms(self.now())))
        self.tail.wake()

    def types(self) -> Sequence[Mapping[str, Any]]:
        """The town's table of types, as plain rows."""
        return self.tables().rows("types")

    def label(self, vendor: str, label: str) -> str | None:
        """Our type for what a vendor's recognition says, if the town's table knows it."""
        return self.tables().label(vendor, label)

    def health(self) -> dict[str, Any]:
        """Where the log is and who follows it, as `/health` tells it."""
        hub = self.tail.hub
        whole = Audience(Viewer("wall"))
        return {
            "seq": hub.seq, "open": hub.size, "digest": hub.digest(whole), "clients": hub.clients, "screens": self.screens.all(),
            "feeds": {feed["name"]: feed["state"] for feed in self.tail.feeds},
        }  # fmt: skip

    # ── who asks ──

    def actor(self, request: HTTPConnection, feed: str) -> Actor:
        """Who is asking: by key, else by the chooser at this machine. Raises PolicyError without either."""
        given = key_of(request)
        if given:
            return actor_of(self._keys, given, feed)
        duty = request.cookies.get(DUTY, "")
        if self._here(request) and duty in DUTIES and duty not in ("system", "feed"):
            return Actor(duty, unquote(request.cookies.get(NAME, "")).strip()[:LONGEST_NAME], "chooser")
        raise PolicyError(
            "Nobody says who this is.",
            remedy="Send an API key (Authorization: Bearer …), or choose a duty under “acting as” at this machine.",
            zh="无法确定操作人。",
            zh_remedy="请提供 API 密钥（Authorization: Bearer …），或在本机的“当前岗位”中选择岗位。",
        )  # fmt: skip

    def viewer(self, request: HTTPConnection, default: Viewer) -> Viewer:
        """What whoever asks may see: that of the actor, else `default`. Raises PolicyError for a key that is not known: who sends one is
        no visitor."""
        if key_of(request):
            return self.actor(request, "").viewer
        try:
            return self.actor(request, "").viewer
        except OneScreenError:
            return default

    def areas(self, request: HTTPConnection) -> tuple[str, ...]:
        """The codes that whoever asks is limited to; none: the whole town."""
        try:
            return self.actor(request, "").areas
        except OneScreenError:
            return ()


def key_of(request: HTTPConnection) -> str:
    """The API key of a request, by any of the ways that senders use."""
    bearer = request.headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        return bearer[7:].strip()
    found = next((request.headers[name] for name in KEY_HEADERS if name in request.headers), "")
    return found or request.query_params.get("api_key", "") or request.query_params.get("key", "")
