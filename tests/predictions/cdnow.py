"""The CDNOW sample: 2,357 customers of early 1997, learned from until the end of September and followed for 39 weeks more."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from patron.predictions.histories import Floats, Integers

FILE = Path(__file__).resolve().parents[2] / "../shared/data/cdnow_sample/CDNOW_sample.txt"
_START, _SPLIT = date(1997, 1, 1), date(1997, 9, 30)


@dataclass(frozen=True)
class Sample:
    """One row per customer, by number: the customer numbered 1 is row 0. Ages in days; orders of a day are one order."""

    x: Integers
    last: Floats
    age: Floats
    born: Floats
    spend: Floats
    later: Integers

    @property
    def weeks(self) -> tuple[Integers, Floats, Floats]:
        """x, t_x and T in weeks of 7 days."""
        return self.x, self.last / 7, self.age / 7

    @property
    def rounded(self) -> tuple[Integers, Floats, Floats]:
        """The same to 2 decimals, as lifetimes ships it."""
        return self.x, np.round(self.last / 7, 2), np.round(self.age / 7, 2)

    @property
    def rounded_spend(self) -> Floats:
        """Mean spend of repeat orders to the cent, halves up, as lifetimes ships it."""
        return np.floor(self.spend * 100 + 0.5 + 1e-7) / 100


@cache
def sample() -> Sample:
    """The sample."""
    days: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for line in FILE.read_text().splitlines():
        _, number, day, _, dollars = line.split()
        days[int(number)][date(int(day[:4]), int(day[4:6]), int(day[6:]))] += round(float(dollars) * 100)
    rows = []
    for customer in sorted(days):
        first, *rest = sorted(days[customer])
        seen = [d for d in rest if d <= _SPLIT]
        spend = sum(days[customer][d] for d in seen) / len(seen) / 100 if seen else 0.0
        last = (seen[-1] - first).days if seen else 0
        rows.append((len(seen), last, (_SPLIT - first).days, (first - _START).days, spend, len(rest) - len(seen)))
    x, last_at, age, born, mean, later = (np.array(column) for column in zip(*rows, strict=True))
    return Sample(x, last_at.astype(np.float64), age.astype(np.float64), born.astype(np.float64), mean, later)
