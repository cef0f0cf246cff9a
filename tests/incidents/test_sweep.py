"""Pictures that no incident has taken go after a day; those that one has, and their files, stay."""

import io

import sqlalchemy as sa
from hands import Hands, apart
from PIL import Image

from data.policy import Actor
from incidents.core import schema

FEED = Actor("feed", "gateway", "key")


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 2, 3)).save(out, "PNG")
    return out.getvalue()


def keep(hands: Hands, shade: int) -> str:
    return apart(hands.network.keep_photo(picture(shade), "near", FEED)).id


def left(hands: Hands) -> tuple[set[str], int]:
    """The pictures that are known, and how many files there are."""
    rows = hands.network.asked(lambda connection: connection.execute(sa.select(schema.attachment.c.id)).scalars().all())
    return set(rows), sum(path.is_file() for path in hands.network.settings.attachments.rglob("*"))


def test_pictures_without_an_incident_go_after_a_day_with_files_that_nobody_else_names(hands: Hands) -> None:
    taken, again, alone = keep(hands, 1), keep(hands, 1), keep(hands, 90)
    done = hands.report(photos=(taken,))
    assert done.error is None, done.error
    assert left(hands) == ({taken, again, alone}, 2)
    hands.later(hours=23)
    young = keep(hands, 200)
    apart(hands.network.sweep())
    assert left(hands) == ({taken, again, alone, young}, 3), "a phone may still send its report"
    hands.later(hours=2)
    apart(hands.network.sweep())
    assert left(hands) == ({taken, young}, 2)
    assert keep(hands, 90) and left(hands)[1] == 3, "the same picture sent again is stored again"
