"""The cases of one day: drawn from the seed and the day alone, so that a simulation that is started again goes on where it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from incidents.core.spec import Report
from incidents.simulate import mix, words
from incidents.simulate.ground import Ground, Team
from incidents.simulate.plan import STUBBORN, Plan, draw

PREFIX = "sim"
FEEDS = {"hotline": "hotline", "public": "report"}  # the way in of a source; others come by the native one
SPOTS = 3  # of a team at which its cases gather
GATHERED = 0.7  # share of its cases that happen there
NEAR_M = 12.0


@dataclass(frozen=True, slots=True)
class Case:
    """Something that happens: its number, when, the report that will tell of it, and its plan."""

    key: str
    at: datetime
    report: Report
    plan: Plan


class Days:
    """Draws days. `now` is the day that figures are of: what lies a year before takes longer to handle."""

    def __init__(self, ground: Ground, kinds: Sequence[Mapping[str, Any]], zone: ZoneInfo, seed: int, now: date, rate: float = 1.0) -> None:
        self._ground, self._zone, self._seed, self._now, self._rate = ground, zone, seed, now, rate
        self._kinds: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for kind in sorted(kinds, key=lambda one: str(one["code"])):
            self._kinds[str(kind["code"])[:2]].append(kind)
        self._sources, self._classes, self._pairs = mix.joint(self._kinds)
        rng = np.random.default_rng([seed, 1])
        self._shares = mix.weights_of_teams(len(ground.teams), rng)
        villages = ground.villages
        some = round(len(villages) * STUBBORN)  # none in a town of a few: one would be half of it
        self.stubborn = frozenset(str(code) for code in rng.permutation(villages)[:some])
        self._spots = [rng.integers(0, len(team.points), SPOTS) for team in ground.teams]
        self._walkers = _by_village(ground)

    def cases(self, day: date) -> list[Case]:
        """Everything that happens on a local day, in order."""
        ordinal = day.toordinal()
        rng = np.random.default_rng([self._seed, ordinal, 2])
        storm = mix.is_storm(self._seed, ordinal)
        false = mix.SOURCES["camera"] * (1 / mix.AI_ACCURACY - 1)  # alarms of cameras that will turn out to be none
        expected = mix.per_day(self._ground.people, day.weekday(), storm) * self._rate * (1 + false)
        drawn = [self._drawn(rng, day, storm) for _ in range(int(rng.poisson(expected)))]
        drawn.sort(key=lambda one: one[0])
        return [self._case(day, number, *one) for number, one in enumerate(drawn, 1)]

    def staff(self, village: str) -> tuple[str, ...]:
        """Numbers of those on duty in a village."""
        return self._walkers.get(village, ())

    def plan(self, key: str, village: str) -> Plan | None:
        """The plan of a case by its number; None for a number that is not ours."""
        try:
            prefix, seed, day, number = key.split("-")
            on = date.fromisoformat(day)
            if prefix != PREFIX or int(seed) != self._seed:
                return None
            return self._planned(on, int(number), village)
        except ValueError:
            return None

    def _planned(self, day: date, number: int, village: str) -> Plan:
        months = (self._now - day).days // 30  # whole ones: tomorrow the plan of a case is still the same
        return draw(self._seed, day.toordinal(), number, stubborn=village in self.stubborn, months_ago=months)

    def _drawn(self, rng: np.random.Generator, day: date, storm: bool) -> tuple[datetime, str, Mapping[str, Any], int, np.random.Generator]:
        pair = int(rng.choice(self._pairs.size, p=self._camera_more(self._pairs)))
        source, name = self._sources[pair // len(self._classes)], self._classes[pair % len(self._classes)]
        kinds = mix.choices(source, self._kinds[name])
        kind = kinds[int(rng.choice(len(kinds), p=mix.shares(tuple(str(one["code"]) for one in kinds), storm)))]
        hour = int(rng.choice(24, p=mix.hours(str(kind["code"]))))
        local = datetime(day.year, day.month, day.day, hour, tzinfo=self._zone) + timedelta(seconds=float(rng.random() * 3600))
        team = int(rng.choice(len(self._ground.teams), p=self._shares))
        return local, source, kind, team, np.random.default_rng(rng.integers(2**63))

    def _camera_more(self, pairs: mix.Floats) -> mix.Floats:
        """Cameras raise more alarms than are true."""
        raised = pairs.copy()
        raised[self._sources.index("camera")] /= mix.AI_ACCURACY
        return np.asarray((raised / raised.sum()).ravel(), float)

    def _case(
        self, day: date, number: int, at: datetime, source: str, kind: Mapping[str, Any], at_team: int, rng: np.random.Generator
    ) -> Case:
        key = f"{PREFIX}-{self._seed}-{day:%Y%m%d}-{number:04d}"
        team = self._ground.teams[at_team]
        plan = self._planned(day, number, team.village)
        return Case(key, at, self._report(key, at, source, kind, team, at_team, rng), plan)

    def _report(
        self, key: str, at: datetime, source: str, kind: Mapping[str, Any], team: Team, at_team: int, rng: np.random.Generator
    ) -> Report:
        lon, lat = self._place(team, at_team, rng)
        name, phone = words.caller(rng) if source in ("hotline", "public") else ("", "")
        seen = self._seen(source, kind, team, rng)
        return Report(
            feed=FEEDS.get(source, "native"), source=source, type=str(kind["code"]), lon=lon, lat=lat,
            address=f"{team.name}附近" if source == "hotline" else "", description=words.said(source, team.name, str(kind["zh"]), rng),
            reporter=name, phone=phone, external_id=key, at=at, **seen,
        )  # fmt: skip

    def _seen(self, source: str, kind: Mapping[str, Any], team: Team, rng: np.random.Generator) -> dict[str, Any]:
        if source != "camera":
            return {}
        cameras = self._ground.cameras.get(team.code, ())
        camera = cameras[int(rng.integers(len(cameras)))] if cameras else ""
        return {"camera": camera, "vendor": "demo", "label": str(kind["zh"]), "confidence": round(0.6 + 0.39 * float(rng.beta(3, 1.5)), 3)}

    def _place(self, team: Team, at_team: int, rng: np.random.Generator) -> tuple[float, float]:
        """Near a building of the team, mostly at its few bad spots."""
        spots = self._spots[at_team]
        chosen = spots[int(rng.integers(len(spots)))] if rng.random() < GATHERED else int(rng.integers(len(team.points)))
        lon, lat = team.points[chosen]
        north, east = rng.normal(0, NEAR_M, 2) / 111_320.0
        return round(float(lon + east / max(np.cos(np.radians(lat)), 0.01)), 6), round(float(lat + north), 6)


def _by_village(ground: Ground) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for person in ground.staff:
        found[person.village].append(person.number)
    return {village: tuple(numbers) for village, numbers in found.items()}
