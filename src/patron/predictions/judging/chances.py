"""Whether things said to happen with a probability happened that often, and whether intervals held what they were to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.histories import refuse
from patron.predictions.judging.ranks import columns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Chance:
    """Customers with about the same probability.

    Attributes:
        low: the least probability in this row of the table, included.
        high: the end, excluded but for 1.
        customers: how many.
        expected: their mean probability.
        actual: the share of them to whom it happened.
    """

    low: float
    high: float
    customers: float
    expected: float
    actual: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Probabilities beside what happened.

    Attributes:
        rows: by probability, without rows that nobody is in.
        brier: mean of (probability − happened)²; 0 is best.
        brier_of_base: what it would be had everyone been given the share of all; a useful probability is below it.
    """

    rows: tuple[Chance, ...]
    brier: float
    brier_of_base: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where what happened lay, as shares of customers.

    Attributes:
        inside: between the ends of the interval, these included.
        below: under its lower end.
        above: over its upper end.
    """

    inside: float
    below: float
    above: float


def reliability(p: ArrayLike, happened: ArrayLike, weights: ArrayLike | None = None, *, rows: int = 10) -> Reliability:
    """How often that happened which was given a probability.

    Args:
        p: probability of each customer.
        happened: whether it came true, 0 or 1, such as "ordered within the horizon".
        weights: how many customers each row stands for.
        rows: into how many equal parts 0 to 1 is cut.

    Raises:
        InputError: arrays of different length, a probability outside 0 to 1, something else than 0 or 1.
    """
    given, n = columns({"p": p, "happened": happened}, weights)
    of_p, came = given["p"], given["happened"]
    refuse(given, {"p": [((of_p < 0) | (of_p > 1), "from 0 to 1")], "happened": [((came != 0) & (came != 1), "0 or 1")]})
    place = np.minimum((of_p * rows).astype(np.int64), rows - 1)
    customers, expected, actual = (np.bincount(place, weights=w, minlength=rows) for w in (n, n * of_p, n * came))
    table = tuple(
        Chance(i / rows, (i + 1) / rows, float(customers[i]), float(expected[i] / customers[i]), float(actual[i] / customers[i]))
        for i in np.flatnonzero(customers).tolist()
    )
    total = float(n.sum())
    share = float(n @ came) / total
    return Reliability(table, float(n @ (of_p - came) ** 2) / total, share * (1 - share))


def coverage(low: ArrayLike, high: ArrayLike, actual: ArrayLike, weights: ArrayLike | None = None) -> Coverage:
    """The shares of customers for whom what happened lay inside, below and above their intervals.

    Raises:
        InputError: arrays of different length, or a lower end above the upper.
    """
    given, n = columns({"low": low, "high": high, "actual": actual}, weights)
    refuse(given, {"low": [(given["low"] > given["high"], "at most the upper end")]})
    total = float(n.sum())
    below = float(n @ (given["actual"] < given["low"])) / total
    above = float(n @ (given["actual"] > given["high"])) / total
    return Coverage(1.0 - below - above, below, above)
