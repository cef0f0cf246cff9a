"""Drawn pictures for cases of the demonstration town: a street before and after, so that cards have something to show. No photos."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from PIL import Image, ImageDraw

from incidents.core import schema
from incidents.core.photos import keep
from incidents.core.spec import Photo, ms

SIZE = (480, 320)
_SKY, _ROAD, _KERB, _WALL = (176, 206, 228), (96, 98, 104), (190, 188, 180), (222, 212, 196)
_MARKS = {"01": (120, 92, 50), "02": (200, 60, 60), "03": (200, 160, 70), "04": (60, 110, 190), "05": (40, 70, 130), "06": (190, 90, 30),
          "07": (70, 120, 90), "08": (90, 130, 50), "09": (130, 130, 140), "10": (150, 90, 140)}  # fmt: skip

Write = Callable[[Callable[[sa.Connection], Any]], Any]


class Album:
    """Gives out stored pictures. Each is drawn and kept once; a case gets an attachment of its own. `write` runs in the log's writer."""

    def __init__(self, folder: Path, write: Write) -> None:
        self._folder, self._write = folder, write
        self._drawn: dict[tuple[str, str, int], Photo] = {}
        self._rows: list[dict[str, Any]] = []

    def take(self, type_code: str, kinds: Iterable[str], pick: float, at: datetime) -> tuple[str, ...]:
        """Ids of new attachments, one of each kind. They are known to the log after `flush`."""
        return tuple(self._one(type_code[:2], kind, int(pick * 3), at) for kind in kinds)

    def flush(self) -> None:
        """Write what has been given out."""
        rows, self._rows = self._rows, []
        if rows:
            self._write(lambda connection: connection.execute(schema.attachment.insert(), rows))

    def _one(self, name: str, kind: str, variant: int, at: datetime) -> str:
        shown = "after" if kind == "after" else "before"
        if (name, shown, variant) not in self._drawn:
            self._drawn[name, shown, variant] = keep(draw(name, variant, cleared=shown == "after"), "near", self._folder)
        photo = self._drawn[name, shown, variant]
        number = uuid.uuid4().hex
        self._rows.append(
            {
                "id": number, "incident": None, "kind": kind, "media_type": photo.media_type, "size": photo.size, "sha256": photo.sha256,
                "at": ms(at), "by": "演示",
            }
        )  # fmt: skip
        return number


def draw(name: str, variant: int, *, cleared: bool) -> bytes:
    """A street with something on it in the colour of its class, or without."""
    rng = np.random.default_rng([int(name) if name.isdigit() else 0, variant])
    picture = Image.new("RGB", SIZE, _SKY)
    pen = ImageDraw.Draw(picture)
    for k in range(4):
        left = k * 125 - int(rng.integers(0, 30))
        pen.rectangle((left, 60 + int(rng.integers(0, 50)), left + 110, 200), fill=_WALL, outline=_KERB)
        for row in range(3):
            pen.rectangle((left + 20, 120 + 26 * row, left + 42, 136 + 26 * row), fill=(128, 150, 170))
            pen.rectangle((left + 62, 120 + 26 * row, left + 84, 136 + 26 * row), fill=(128, 150, 170))
    pen.rectangle((0, 200, SIZE[0], 216), fill=_KERB)
    pen.rectangle((0, 216, SIZE[0], SIZE[1]), fill=_ROAD)
    if not cleared:
        for _ in range(14):
            x, y, size = int(rng.integers(120, 340)), int(rng.integers(205, 285)), int(rng.integers(10, 34))
            pen.ellipse((x, y, x + size, y + size * 0.7), fill=_MARKS.get(name, (120, 120, 120)), outline=(30, 30, 30))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
