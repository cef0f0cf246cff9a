"""How often what happens where, at which hour, and who notices it: the figures of domain section 8.2, made to agree with one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

Floats = npt.NDArray[np.float64]

PER_DAY = 200.0  # incidents that are real, in a town of PEOPLE
PEOPLE = 296_000
AI_ACCURACY = 0.83
WEEKDAYS = (1.35, 1.15, 1.10, 1.05, 1.00, 0.70, 0.65)  # Monday first; mean 1
STORM_EVERY = 45  # days; a storm doubles what happens
SOURCES = {
    "patrol": 0.45, "camera": 0.18, "hotline": 0.20, "public": 0.08, "iot": 0.03, "inspection": 0.04, "department": 0.01, "leader": 0.005,
    "petition": 0.005,
}  # fmt: skip
CLASSES = {"01": 0.34, "05": 0.27, "09": 0.12, "06": 0.09, "03": 0.05, "02": 0.05, "07": 0.03, "08": 0.02, "10": 0.02, "04": 0.01}
REST = 0.01  # of a class that the town has added
HOT_SHARE, HOT_TEAMS = 0.45, 0.10  # 10 % of the teams carry 45 % of the cases

# How readily a source notices a class; what is not named is 1. Camera and sensors see what their types allow.
_SEES: Mapping[str, Mapping[str, float]] = {
    "patrol": {"09": 0.2, "10": 0.3, "04": 0.8},
    "camera": {"09": 0.0, "10": 0.0, "06": 0.1, "08": 0.0, "03": 0.6, "07": 0.6},
    "hotline": {"09": 3.0, "10": 3.0, "06": 1.5, "03": 2.0, "02": 0.5, "08": 0.5},
    "public": {"09": 1.5, "10": 0.3, "06": 0.5},
    "iot": {"01": 0.3, "05": 0.0, "09": 0.0, "10": 0.0, "08": 0.0, "02": 0.0, "06": 2.0, "04": 6.0, "07": 3.0},
    "inspection": {"06": 3.0, "03": 2.0, "09": 0.3, "10": 0.2},
}
_SENSED = ("0151", "0302", "0451", "0653", "0752", "0753", "0402", "0404")  # types of which sensors tell
_TYPES = {
    "0102": 30, "0104": 18, "0155": 12, "0103": 10, "0106": 8, "0152": 6, "0153": 5, "0101": 4, "0156": 4, "0157": 4, "0105": 3, "0151": 3,
    "0154": 3, "0505": 35, "0552": 15, "0501": 12, "0551": 12, "0504": 10, "0553": 10, "0554": 4, "0555": 2, "0556": 2, "0503": 2,
    "0502": 1,
    "0951": 40, "0953": 15, "0952": 10, "0954": 12, "0955": 10, "0956": 13, "0653": 30, "0652": 25, "0651": 15, "0654": 15, "0655": 5,
    "0301": 40, "0302": 25, "0303": 15, "0304": 10, "0351": 10, "0201": 50, "0202": 15, "0203": 25, "0204": 10, "0751": 50,
    "0404": 35, "0402": 25, "0452": 10, "0451": 10, "0401": 8, "0403": 5, "0453": 3, "1051": 60, "1054": 15, "1052": 15, "1053": 10,
}  # fmt: skip
_STORMY = {"0151": 20.0, "0404": 8.0, "0401": 4.0, "0152": 2.0}
# Share of a day's cases in each local hour: peaks at 8–10, 14–16 and 18–20.
_HOURS = (12, 9, 7, 6, 8, 14, 22, 34, 85, 80, 48, 42, 32, 34, 76, 72, 48, 44, 68, 62, 30, 22, 12, 7)
_GARBAGE_HOURS = (9, 7, 6, 6, 12, 30, 95, 90, 55, 45, 34, 30, 24, 24, 44, 42, 30, 28, 42, 38, 20, 14, 8, 5)
_GARBAGE = ("0102", "0103", "0104", "0155")


def hours(code: str) -> Floats:
    """Share of the cases of a type in each local hour of the day."""
    shares = np.array(_GARBAGE_HOURS if code in _GARBAGE else _HOURS, float)
    return np.asarray(shares / shares.sum(), float)


def per_day(people: int, weekday: int, storm: bool) -> float:
    """Real incidents expected on a day."""
    return PER_DAY * people / PEOPLE * WEEKDAYS[weekday] * (2.0 if storm else 1.0)


def is_storm(seed: int, ordinal: int) -> bool:
    """Whether a day has a storm: one day in STORM_EVERY, by the seed."""
    return bool(np.random.default_rng([seed, ordinal, 3]).random() < 1 / STORM_EVERY)


def weights_of_teams(number: int, rng: np.random.Generator) -> Floats:
    """Share of each team: gamma-distributed, so that the first tenth carries 45 %; which teams these are is chance."""
    top = max(1, round(number * HOT_TEAMS))
    if number < 3:
        return np.full(number, 1 / number)

    def quantiles(shape: float) -> Floats:
        found = np.asarray(stats.gamma.ppf((np.arange(number) + 0.5) / number, shape), float)
        return np.asarray(found / found.sum(), float)

    even = 20.0  # in a very small town the first tenth may be more than that anyway
    uneven = quantiles(even)[-top:].sum() < HOT_SHARE
    shape = optimize.brentq(lambda k: quantiles(k)[-top:].sum() - HOT_SHARE, 0.05, even) if uneven else even
    return np.asarray(rng.permutation(quantiles(shape)), float)


def joint(kinds: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[list[str], list[str], Floats]:
    """Sources, classes and the share of each pair, fitted to both margins. `kinds`: the town's types by class."""
    classes = sorted(kinds)
    sources = list(SOURCES)
    seen = np.array([[_readiness(source, name, kinds[name]) for name in classes] for source in sources])
    rows = np.array([SOURCES[source] for source in sources])
    columns = np.array([CLASSES.get(name, REST) for name in classes])
    return sources, classes, _fitted(seen, rows / rows.sum(), columns / columns.sum())


def _readiness(source: str, name: str, kinds: Sequence[Mapping[str, Any]]) -> float:
    return _SEES.get(source, {}).get(name, 1.0) * (1.0 if choices(source, kinds, strict=True) else 0.0)


def _fitted(seen: Floats, rows: Floats, columns: Floats) -> Floats:
    """Iterative proportional fitting."""
    table = seen.copy()
    for _ in range(200):
        table *= (rows / np.maximum(table.sum(axis=1), 1e-12))[:, None]
        table *= columns / np.maximum(table.sum(axis=0), 1e-12)
    return np.asarray(table / table.sum(), float)


def choices(source: str, kinds: Sequence[Mapping[str, Any]], *, strict: bool = False) -> list[Mapping[str, Any]]:
    """The types of a class that a source can tell of; all of them where it can tell of none, unless `strict`."""
    if source == "camera":
        found = [kind for kind in kinds if kind["ai"]]
    elif source == "iot":
        found = [kind for kind in kinds if kind["code"] in _SENSED]
    elif source == "public":
        found = [kind for kind in kinds if kind["public"]]
    else:
        found = list(kinds)
    return found if found or strict else list(kinds)


@lru_cache(maxsize=512)
def shares(codes: tuple[str, ...], storm: bool) -> Floats:
    """Share of each type among those of its class."""
    found = np.array([_TYPES.get(code, 5) * (_STORMY.get(code, 1.0) if storm else 1.0) for code in codes], float)
    return np.asarray(found / found.sum(), float)
