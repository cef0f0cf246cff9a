"""Households: who lives together, how old they are, and which of their rooms each takes.

Shares are those of the domain report, section 8.2: resident households of 1 27 %, 2 33 %, 3 21 %, 4 11 %, 5 and more 8 %; local ages
0-14 8 %, 15-59 52 %, 60-79 34 %, 80 and over 6 %; migrants 0-14 9 %, 15-59 86 %, 60 and over 5 %, male 55 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

HEAD, SPOUSE, SON, DAUGHTER, GRANDCHILD, PARENT, SIBLING, NOT_KIN = 2, 10, 20, 30, 40, 50, 70, 99
_CHILD = -1  # son or daughter, by sex


@dataclass(frozen=True, slots=True)
class Member:
    """One seat in a kind of household. `age` is a range of years, or years to add to the head's age; `room` counts inside the household."""

    relation: int
    room: int
    age: tuple[int, int] | None = None
    gap: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of household and its share of all households."""

    share: float
    members: tuple[Member, ...]

    @property
    def rooms(self) -> int:
        """Rooms that it takes when nobody but a couple, two children or two elders shares one."""
        return 1 + max(member.room for member in self.members)


ELDER, MIDDLE, ADULT = (60, 97), (30, 58), (22, 59)
_WIFE = Member(SPOUSE, 0, gap=(-4, 2))
_GRANDPARENT = Member(PARENT, 1, gap=(23, 31))

LOCAL = (
    Kind(0.078, (Member(HEAD, 0, ELDER),)),
    Kind(0.192, (Member(HEAD, 0, ADULT),)),
    Kind(0.245, (Member(HEAD, 0, ELDER), _WIFE)),
    Kind(0.065, (Member(HEAD, 0, MIDDLE), _WIFE)),
    Kind(0.020, (Member(HEAD, 0, (34, 80)), Member(_CHILD, 1, gap=(-32, -23)))),
    Kind(0.110, (Member(HEAD, 0, (26, 52)), _WIFE, Member(_CHILD, 1, gap=(-31, -23)))),
    Kind(0.100, (Member(HEAD, 0, (60, 80)), _WIFE, Member(_CHILD, 1, gap=(-32, -24)))),
    Kind(0.050, (Member(HEAD, 0, (36, 59)), _WIFE, Member(_CHILD, 1, gap=(-31, -23)), Member(PARENT, 2, gap=(23, 31)))),
    Kind(0.030, (Member(HEAD, 0, (28, 46)), _WIFE, Member(_CHILD, 1, gap=(-28, -23)), Member(_CHILD, 1, gap=(-33, -29)))),
    Kind(0.030, (Member(HEAD, 0, (60, 80)), _WIFE, Member(SON, 1, gap=(-30, -24)), Member(97, 1, gap=(-32, -26)))),
    Kind(0.055, (Member(HEAD, 0, (34, 58)), _WIFE, _GRANDPARENT, Member(PARENT, 1, gap=(22, 29)), Member(_CHILD, 2, gap=(-30, -23)))),
    Kind(0.025, (Member(HEAD, 0, (62, 80)), _WIFE, Member(SON, 1, gap=(-30, -24)), Member(97, 1, gap=(-31, -26)),
                 Member(GRANDCHILD, 2, gap=(-58, -50)), Member(GRANDCHILD, 2, gap=(-62, -56)))),
)  # fmt: skip

WORKING = (18, 61)
MIGRANT_KINDS = (
    Kind(0.49, (Member(HEAD, 0, WORKING),)),
    Kind(0.205, (Member(HEAD, 0, (22, 66)), _WIFE)),
    Kind(0.11, (Member(HEAD, 0, WORKING), Member(NOT_KIN, 0, WORKING))),
    Kind(0.12, (Member(HEAD, 0, (24, 41)), _WIFE, Member(_CHILD, 0, gap=(-36, -23)))),
    Kind(0.05, (Member(HEAD, 0, (34, 46)), _WIFE, Member(_CHILD, 0, gap=(-31, -25)), Member(PARENT, 0, gap=(22, 29)))),
    Kind(0.010, (Member(HEAD, 0, (60, 80)),)),
    Kind(0.015, (Member(HEAD, 0, (60, 80)), _WIFE)),
)

ALONE, SHARED = 0, 2  # positions in MIGRANT_KINDS
CROWD_SIZES = (3, 4, 5, 6)
CROWDS = tuple(Kind(0.0, (Member(HEAD, 0, WORKING),) + (Member(NOT_KIN, 0, WORKING),) * (size - 1)) for size in CROWD_SIZES)  # group rental


def mean_size(kinds: tuple[Kind, ...]) -> float:
    """Mean number of people in a household."""
    return sum(kind.share * len(kind.members) for kind in kinds) / sum(kind.share for kind in kinds)


def draw_kinds(rng: np.random.Generator, kinds: tuple[Kind, ...], count: int) -> np.ndarray:
    """Kinds of `count` households in their exact shares, shuffled."""
    shares = np.cumsum([kind.share for kind in kinds])
    points = (np.arange(count) + rng.random()) / max(count, 1) * shares[-1]
    return rng.permutation(np.minimum(np.searchsorted(shares, points, side="right"), len(kinds) - 1))


def members(rng: np.random.Generator, kinds: tuple[Kind, ...], chosen: np.ndarray, male_share: float) -> pd.DataFrame:
    """The people of the chosen households: columns household (position in `chosen`), relation, room, age in years and male."""
    parts = [_seat(rng, np.flatnonzero(chosen == number), kind, male_share) for number, kind in enumerate(kinds)]
    people = pd.concat(parts, ignore_index=True).sort_values(["household", "seat"], kind="stable", ignore_index=True)
    child = people["relation"].to_numpy() == _CHILD
    people.loc[child, "relation"] = np.where(people["male"].to_numpy()[child], SON, DAUGHTER)
    return people


def _seat(rng: np.random.Generator, households: np.ndarray, kind: Kind, male_share: float) -> pd.DataFrame:
    head_age = _elderly(rng, kind.members[0].age or ELDER, len(households))
    head_male = rng.random(len(households)) < (male_share if len(kind.members) == 1 else male_share + 0.25)
    seats = []
    for seat, member in enumerate(kind.members):
        spread = rng.integers(member.gap[0], member.gap[1] + 1, len(households))
        age = _elderly(rng, member.age, len(households)) if member.age and seat else head_age + (spread if seat else 0)
        male = head_male if seat == 0 else ~head_male if member.relation == SPOUSE else rng.random(len(households)) < male_share
        columns = {
            "household": households,
            "seat": seat,
            "relation": member.relation,
            "room": member.room,
            "age": np.clip(age, 0, 101),
            "male": male,
        }
        seats.append(pd.DataFrame(columns))
    return pd.concat(seats, ignore_index=True)


def _elderly(rng: np.random.Generator, ages: tuple[int, int], count: int) -> np.ndarray:
    """Ages in a range; above 60 the old are fewer the older."""
    low, high = ages
    if high <= 60:
        return rng.integers(low, high + 1, count)
    return (low + (high - low) * rng.beta(1.1, 2.35, count)).astype(int)
