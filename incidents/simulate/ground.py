"""What the simulation knows of the town on show: its teams with places where things happen, its cameras, its people on duty."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from data.errors import StoreError
from data.store.serving import ServingStore

Points = npt.NDArray[np.float64]
PER_HOUSE = 8.7  # people to a building, where no person is delivered (domain 8.2: 296 000 people, 34 000 buildings)
SENT = ("grid", "property", "emergency", "duty")  # teams of those who are sent, and whose positions are known


@dataclass(frozen=True, slots=True)
class Team:
    """A deepest area: its code, that of its village, its name with the village's, and points (lon, lat) where something may happen."""

    code: str
    village: str
    name: str
    points: Points


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on duty: number, village, and where she starts."""

    number: str
    village: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Ground:
    """The town of a simulation."""

    people: int
    teams: tuple[Team, ...]
    cameras: Mapping[str, tuple[str, ...]]  # by team
    staff: tuple[Person, ...]

    @property
    def villages(self) -> tuple[str, ...]:
        """Codes of all villages, in order."""
        return tuple(sorted({team.village for team in self.teams}))


def read_ground(store: ServingStore) -> Ground:
    """The town on show. Raises StoreError where nothing has been published, or the town is not a synthetic one."""
    with store.read() as cursor:
        _check_synthetic(cursor)
        teams = _teams(cursor)
        return Ground(_people(cursor), teams, _cameras(cursor), _staff(cursor))


def _check_synthetic(cursor: duckdb.DuckDBPyConnection) -> None:
    told = cursor.execute("SELECT value FROM town WHERE key = 'synthetic'").fetchone()
    if not told or not json.loads(told[0]):
        raise StoreError(
            "The town on show is a real one: nothing is made up about it.", remedy="Load the demonstration town: make demo.",
            zh="当前是真实城镇，不为其编造事件。", zh_remedy="请加载示范镇：make demo。",
        )  # fmt: skip


def _teams(cursor: duckdb.DuckDBPyConnection) -> tuple[Team, ...]:
    rows = cursor.execute(
        "SELECT code, parent_code, level, name, ST_X(ST_PointOnSurface(lonlat)), ST_Y(ST_PointOnSurface(lonlat))"
        " FROM area WHERE lonlat IS NOT NULL ORDER BY code"
    ).fetchall()
    parents = {row[0]: row[1] for row in rows}
    names = {row[0]: row[3] or row[0] for row in rows}
    levels = {row[0]: row[2] for row in rows}
    above = set(parents.values())
    points = _house_points(cursor)
    made = []
    for code, _, level, name, lon, lat in rows:
        if code not in above and level:
            village = _village(code, parents, levels)
            full = name if village == code else f"{names[village]}{name.removeprefix(names[village])}"
            made.append(Team(code, village, full, np.array(points.get(code) or [(lon, lat)])))
    return tuple(made)


def _village(code: str, parents: Mapping[str, Any], levels: Mapping[str, int]) -> str:
    while levels[code] > 1 and parents.get(code) in levels:
        code = parents[code]
    return code


def _house_points(cursor: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[float, float]]]:
    rows = cursor.execute(
        "SELECT area_code, (west + east) / 2, (south + north) / 2 FROM house"
        " WHERE area_code IS NOT NULL AND west IS NOT NULL ORDER BY house_id"
    ).fetchall()
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for code, lon, lat in rows:
        points[code].append((lon, lat))
    return points


def _people(cursor: duckdb.DuckDBPyConnection) -> int:
    known = {row[0] for row in cursor.execute("SHOW TABLES").fetchall()}
    persons = cursor.execute("SELECT count(*) FROM person").fetchone() if "person" in known else None
    houses = cursor.execute("SELECT count(*) FROM house").fetchone()
    return int(persons[0]) if persons and persons[0] else round(PER_HOUSE * houses[0]) if houses else 0


def _cameras(cursor: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    rows = cursor.execute(
        "SELECT area_code, list(facility_id ORDER BY facility_id) FROM facility"
        " WHERE kind = 'camera' AND area_code IS NOT NULL AND west IS NOT NULL GROUP BY 1"
    ).fetchall()
    return {code: tuple(numbers) for code, numbers in rows}


def _staff(cursor: duckdb.DuckDBPyConnection) -> tuple[Person, ...]:
    rows = cursor.execute(
        "WITH above AS (SELECT a.code, coalesce(nullif(p.parent_code, t.code), nullif(a.parent_code, t.code), a.code) AS village"
        " FROM area a LEFT JOIN area p ON p.code = a.parent_code, (SELECT code FROM area WHERE level = 0 LIMIT 1) t)"
        " SELECT responder_id, coalesce(village, r.area_code), (west + east) / 2, (south + north) / 2 FROM responder r"
        f" LEFT JOIN above ON above.code = r.area_code WHERE duty = 'on' AND team_kind IN {SENT} AND west IS NOT NULL ORDER BY responder_id"
    ).fetchall()
    return tuple(Person(number, village or "", lon, lat) for number, village, lon, lat in rows)
