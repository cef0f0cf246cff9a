"""An intake that keeps what it is given in lists, for what feeds make of what they are sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route as Served
from starlette.testclient import TestClient

from data.errors import OneScreenError, PolicyError
from data.policy import Actor
from incidents.core.photos import keep
from incidents.core.place import Places
from incidents.core.spec import Command, Feed, Outcome, Photo, Report

NOW = datetime(2026, 11, 22, 1, 42, tzinfo=UTC)
TYPES = [
    {"code": "0102", "class": "市容环境", "zh": "暴露垃圾", "en": "Garbage", "limit_value": 4, "limit_unit": "work_hour", "grade": 4,
     "ai": True, "personal": False, "public": True},
    {"code": "0505", "class": "街面秩序", "zh": "机动车乱停放", "en": "Parking", "limit_value": 2, "limit_unit": "work_hour",
     "grade": 4, "ai": True, "personal": False, "public": True},
    {"code": "0502", "class": "街面秩序", "zh": "流浪乞讨", "en": "Begging", "limit_value": 4, "limit_unit": "work_hour",
     "grade": 4, "ai": True, "personal": True, "public": True},
    {"code": "0955", "class": "物业便民", "zh": "独居老人关爱上门", "en": "Elder care visit", "limit_value": 1, "limit_unit": "work_day",
     "grade": 4, "ai": False, "personal": True, "public": False},
]  # fmt: skip
LABELS = {("acme", "trash"): "0102", ("", "打包垃圾"): "0102", ("12345", "占道停车"): "0505"}


class FakeIntake:
    """Places for real, keeps nothing."""

    def __init__(self, places: Places | None = None, folder: Path | None = None, engine: sa.Engine | None = None) -> None:
        self.places, self.folder, self.engine = places, folder, engine
        self.commands: list[Command] = []
        self.alerts: list[Mapping[str, Any]] = []
        self.known: dict[tuple[str, str], str] = {}
        self.who: Actor | None = Actor("feed", "cam", "key")

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        return [self._one(command) for command in commands]

    def _one(self, command: Command) -> Outcome:
        report = command.what
        assert isinstance(report, Report)
        try:
            if self.places:
                self.places.place(report)
        except OneScreenError as error:
            return Outcome(error=error)
        key = (report.feed, report.external_id)
        if report.external_id and key in self.known:
            return Outcome(self.known[key], 1, "reported", known=True)
        self.commands.append(command)
        number = f"20261122-{len(self.commands):06d}"
        self.known[key] = number
        return Outcome(number, len(self.commands), "reported")

    @property
    def reports(self) -> list[Report]:
        return [command.what for command in self.commands if isinstance(command.what, Report)]

    async def keep_photo(self, content: bytes, kind: str, actor: Actor) -> Photo:
        assert self.folder
        return keep(content, kind, self.folder)

    async def ask(self, question: Callable[[Any], Any]) -> Any:
        assert self.engine
        with self.engine.connect() as connection:
            return question(connection)

    def actor(self, request: Request, feed: str) -> Actor:
        if request.headers.get("x-api-key") == "bad" or self.who is None:
            raise PolicyError("No such key.", remedy="Ask for one.", zh="密钥无效。", zh_remedy="请申请密钥。")
        return self.who

    def now(self) -> datetime:
        return NOW

    def town(self) -> Mapping[str, Any]:
        return {"code": "990115103", "name": {"zh": "示范镇", "en": "Model Town"}, "timezone": "Asia/Shanghai", "synthetic": True}

    def types(self) -> Sequence[Mapping[str, Any]]:
        return TYPES

    def label(self, vendor: str, label: str) -> str | None:
        return LABELS.get((vendor, label)) or LABELS.get(("", label))

    async def find(self, filters: Mapping[str, Any], actor: Actor) -> list[dict[str, Any]]:
        return []

    async def alert(self, alerts: Sequence[Mapping[str, Any]], actor: Actor) -> None:
        self.alerts += alerts


def client(feed: Feed, intake: FakeIntake) -> TestClient:
    """The feed's addresses, served."""

    def served(handler: Any) -> Any:
        async def answer(request: Request) -> Any:
            return await handler(request, intake)

        return answer

    return TestClient(Starlette(routes=[Served(route.path, served(route.handler), methods=[route.method]) for route in feed.routes]))
