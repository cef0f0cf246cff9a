"""Where the people on duty are: each walks about her village, or to the case that she was sent to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from incidents.core.place import Places, metres
from incidents.simulate.ground import Ground, Points

SPEED_M_S = 2.5  # on foot and by bicycle
THERE_M = 8.0
PARTS = 3  # of the staff, of which one at a time tells its position


class Walk:
    """Positions of everybody on duty."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 5])
        self._at = {person.number: (person.lon, person.lat) for person in ground.staff}
        self._village = {person.number: person.village for person in ground.staff}
        self._goal: dict[str, tuple[float, float]] = {}
        self._points = _points(ground)
        self._turn = 0

    def all(self, at_ms: int, sent: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
        """Everybody's position."""
        return [self._row(number, at_ms, sent) for number in self._at]

    def step(self, seconds: float, at_ms: int, sent: Mapping[str, tuple[float, float]], places: Places) -> list[dict[str, Any]]:
        """Everybody moves on; the positions of a third of them. `sent`: who has been sent where."""
        numbers = list(self._at)
        for number in numbers:
            self._move(number, seconds, sent)
        self._turn = (self._turn + 1) % PARTS
        rows = [self._row(number, at_ms, sent) for number in numbers[self._turn :: PARTS]]
        return [row for row in rows if places.holds(row["lon"], row["lat"])]

    def _row(self, number: str, at_ms: int, sent: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
        lon, lat = self._at[number]
        return {"responder": number, "lon": round(lon, 6), "lat": round(lat, 6), "at": at_ms, "duty": "busy" if number in sent else "on"}

    def _move(self, number: str, seconds: float, sent: Mapping[str, tuple[float, float]]) -> None:
        lon, lat = self._at[number]
        goal = sent.get(number) or self._goal.get(number)
        if goal is None or (metres(lon, lat, *goal) < THERE_M and number not in sent):
            goal = self._goal[number] = self._somewhere(number)
        left = metres(lon, lat, *goal)
        share = min(1.0, SPEED_M_S * seconds / left) if left > 0 else 1.0
        self._at[number] = (lon + (goal[0] - lon) * share, lat + (goal[1] - lat) * share)

    def _somewhere(self, number: str) -> tuple[float, float]:
        points = self._points.get(self._village[number])
        if points is None or not len(points):
            return self._at[number]
        lon, lat = points[int(self._rng.integers(len(points)))]
        return float(lon), float(lat)


def _points(ground: Ground) -> dict[str, Points]:
    found: dict[str, list[Points]] = {}
    for team in ground.teams:
        found.setdefault(team.village, []).append(team.points)
    return {village: np.vstack(parts) for village, parts in found.items()}
