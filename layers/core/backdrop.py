"""Classes of the backdrop: kind, rank and width decide the look, so tiles hold the class instead of the ordinal."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from layers.core.palette import draw_order, stroke

# Widths are rounded up to one of these, so that a town has dozens of classes and not hundreds.
WIDTHS_M = (3, 5, 8, 12, 16, 24, 32, 48, 64, 96, 128, 200, 400)
_KIND = "coalesce(b.kind, 'green')"
_RANK = "least(greatest(coalesce(b.rank, 3), 1), 5)"
_WIDTH = f"CASE WHEN b.width_m > 0 THEN coalesce(list_min(list_filter({list(WIDTHS_M)}, w -> w >= b.width_m)), {WIDTHS_M[-1]}) ELSE 0 END"
# Features with their class as id; valid after `classify`.
RELATION = f"""(SELECT b.ordinal, b.lonlat, c.class FROM backdrop b
JOIN backdrop_class c ON c.kind = {_KIND} AND c.rank = {_RANK} AND c.width_m = {_WIDTH})"""


@dataclass(frozen=True, slots=True)
class Class:
    """One class; its place in the list is its id, and the drawing order."""

    kind: str
    rank: int
    width_m: int


def classify(connection: duckdb.DuckDBPyConnection) -> list[Class]:
    """Classes present, from the ground up, and the scratch table `backdrop_class(kind, rank, width_m, class)`."""
    rows = connection.execute(f"SELECT DISTINCT {_KIND}, {_RANK}, {_WIDTH} FROM backdrop b").fetchall()
    found = (Class(kind, int(rank), int(width)) for kind, rank, width in rows)
    classes = sorted(found, key=lambda c: (*draw_order(c.kind, c.rank), c.kind, c.width_m))
    connection.execute("CREATE OR REPLACE TEMP TABLE backdrop_class(kind VARCHAR, rank BIGINT, width_m BIGINT, class BIGINT)")
    if classes:
        connection.executemany(
            "INSERT INTO backdrop_class VALUES (?, ?, ?, ?)", [[c.kind, c.rank, c.width_m, number] for number, c in enumerate(classes)]
        )
    return classes


def styles(classes: list[Class]) -> list[dict[str, object]]:
    """The manifest's `classes` of the backdrop tilesets."""
    return [_style(cls) for cls in classes]


def _style(cls: Class) -> dict[str, object]:
    look = stroke(cls.kind, cls.rank)
    return {
        "kind": cls.kind, "rank": cls.rank, "width_m": cls.width_m, "from": look.first,
        "dark": list(look.dark), "light": list(look.light), "width": [list(stop) for stop in look.width],
    }  # fmt: skip
