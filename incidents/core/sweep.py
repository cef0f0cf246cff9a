"""Pictures that no incident has taken: senders store them before their report is judged, and again at each attempt. They go after a day."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from incidents.core import schema
from incidents.core.photos import path_of

KEPT_MS = 24 * 3_600_000  # so long a phone without a network may take to send the report that a picture belongs to
MOST = 500  # pictures of one sweep: the writer has other work
_photo = schema.attachment


def due(connection: sa.Connection, now: int) -> bool:
    """Whether there are any: without them the writer is left alone."""
    return connection.execute(sa.select(_photo.c.id).where(*_left(now)).limit(1)).scalar() is not None


def _left(now: int) -> tuple[sa.ColumnElement[bool], ...]:
    return _photo.c.incident.is_(None), _photo.c.at < now - KEPT_MS


def sweep(connection: sa.Connection, folder: Path, now: int) -> int:
    """Forget pictures that have hung on no incident for a day, and their files unless another row names the same picture. How many went.

    To be done by the writer alone, so that no incident takes a picture meanwhile.
    """
    column = _photo.c
    asked = sa.select(column.id, column.sha256, column.media_type).where(*_left(now))
    gone = connection.execute(asked.order_by(column.at).limit(MOST)).all()
    if not gone:
        return 0
    connection.execute(_photo.delete().where(column.id.in_([row.id for row in gone])))
    hashes = {row.sha256: row.media_type for row in gone}
    kept = set(connection.execute(sa.select(column.sha256).where(column.sha256.in_(list(hashes)))).scalars())
    for sha256, media_type in hashes.items():
        if sha256 not in kept:
            path_of(folder, sha256, media_type).unlink(missing_ok=True)
    return len(gone)
