"""The books of one transaction: what its commands read and what they change. The journal fills them and writes them back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from data.policy import Actor
from incidents.core.place import Places
from incidents.core.spec import Outcome, ms, wrong
from incidents.core.tables import Tables

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(value: int | None) -> datetime | None:
    """The instant of `ms`; None of None."""
    return None if value is None else EPOCH + timedelta(milliseconds=value)


@dataclass(slots=True)
class Books:
    """What one transaction knows: rows that its commands name, and what has changed. `tables_of(version)` gives the tables of a version."""

    now: datetime
    tables: Tables
    tables_of: Callable[[int], Tables]
    places: Places
    number: Callable[[datetime], str]  # the next number of an incident on the town's day
    rows: dict[str, Row] = field(default_factory=dict)
    known: dict[tuple[str, str], str] = field(default_factory=dict)  # (feed, external id) → incident
    photos: dict[str, str] = field(default_factory=dict)  # id → kind, of those that exist
    prints: dict[str, str] = field(default_factory=dict)  # id → SHA-256 of its bytes
    seq: int = 0
    events: list[Row] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    attached: dict[str, str] = field(default_factory=dict)  # photo → incident

    def record(self, row: Row, step: str, actor: Actor, at: datetime, feed: str, body: Mapping[str, Any]) -> Outcome:
        """Write one event and what it made of its incident."""
        told = json.dumps(body, ensure_ascii=False, default=str)  # before anything is changed: it may fail
        self.seq += 1
        row.update(seq=self.seq, last_step=step, last_by=actor.name or actor.duty, last_at=ms(at))
        self.events.append(
            {
                "seq": self.seq, "at": ms(at), "incident": row["id"], "step": step, "duty": actor.duty, "actor": actor.name, "feed": feed,
                "state": row["state"], "body": told,
            }
        )  # fmt: skip
        self.changed.add(row["id"])
        return Outcome(row["id"], self.seq, row["state"])

    def attach(self, row: Row, photos: tuple[str, ...]) -> None:
        """Hang stored photos on an incident. Raises NetworkError for one that is not stored, or that belongs to another incident."""
        for photo in photos:
            if photo not in self.photos or self.attached.get(photo, row["id"]) != row["id"]:
                raise wrong(
                    "photos", photo, "there is no such photo, or it belongs to another incident.", "Store it first: POST /api/photos.",
                    "没有这张照片，或它属于其他事件。", "请先上传：POST /api/photos。",
                )  # fmt: skip
        fresh = {photo for photo in photos if photo not in self.attached}
        self.attached.update((photo, str(row["id"])) for photo in photos)
        row["photos"] = (row["photos"] or 0) + len(fresh)
