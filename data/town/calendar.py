"""The dates of the three deliveries; every date of the town derives from `today`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

AGES_DAYS = (60, 30, 1)  # age of each delivery, today
FOLDERS = ("1-base", "2-update", "3-update")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days as numpy datetime64[D]."""

    today: np.datetime64

    @classmethod
    def of(cls, today: date) -> Calendar:
        """The calendar of a town generated for `today`."""
        return cls(np.datetime64(today, "D"))

    def delivered(self, delivery: int) -> np.datetime64:
        """Day of delivery 1, 2 or 3."""
        return self.today - AGES_DAYS[delivery - 1]

    @property
    def year(self) -> int:
        """Calendar year of today."""
        return int(self.today.astype("M8[Y]").astype(int)) + 1970

    def before(self, rng: np.random.Generator, count: int, oldest: int, newest: int = 1, delivery: int = 1) -> np.ndarray:
        """`count` days, `oldest` to `newest` days before a delivery."""
        return np.asarray(self.delivered(delivery) - rng.integers(newest, oldest + 1, count))
