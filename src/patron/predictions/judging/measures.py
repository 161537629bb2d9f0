"""How near predictions came to what happened: sum, error of each customer, order, and error of each tenth.

All measures are of expected beside actual amounts, orders or revenue, of the same customers. They are worked out from groups of customers
with the same prediction, so that asking again under other weights, as a bootstrap does hundreds of times, costs little.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.histories import dot
from patron.predictions.judging.ranks import at_shares, columns, gini, ranked

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats
    from patron.predictions.judging.ranks import Ranked

FLOOR = 0.05
"""Tenths with less than this share of the mean count as having it, when an error is divided by what happened."""

_TENTHS = np.arange(11) / 10
_TOP = np.array([0.9])


@dataclass(frozen=True, slots=True)
class Measures:
    """How near predictions came. None where the question has no answer, for nothing happened, or the same to all.

    Attributes:
        sum_ratio: expected over actual sum; 1 is right.
        mean_absolute_error: of one customer.
        root_mean_squared_error: of one customer.
        spearman: correlation of ranks, ties averaged; 0 for a prediction that is the same for all.
        gini: area under the curve of concentration over the best possible; 1 is the order of what happened.
        top_tenth_share: share of the actual sum that the tenth with the highest predictions had.
        decile_error: mean over tenths by prediction of |expected − actual| / actual, the actual mean of a tenth taken to be at least
            5 % of the mean of all.
    """

    sum_ratio: float | None
    mean_absolute_error: float | None
    root_mean_squared_error: float | None
    spearman: float | None
    gini: float | None
    top_tenth_share: float | None
    decile_error: float | None


NAMES = tuple(f.name for f in fields(Measures))


@dataclass(frozen=True, slots=True)
class Decile:
    """A tenth of all customers by prediction, 10 the highest.

    Attributes:
        number: 1 to 10.
        customers: a tenth of all; customers with equal predictions are shared out among the tenths they stand in.
        expected: mean prediction.
        actual: mean of what happened.
    """

    number: int
    customers: float
    expected: float
    actual: float


@dataclass(frozen=True, slots=True)
class Weighing:
    """What happened to customers, under one weighting of them.

    Attributes:
        weights: of each row.
        amounts: weight times what happened.
        ranks: weight times rank by what happened, counted from the middle.
        spread: of these ranks.
        best_gini: of what happened in its own order.
    """

    weights: Floats
    amounts: Floats
    ranks: Floats
    spread: float
    best_gini: float


def weighed(actual: Floats, by_actual: Ranked, weights: Floats) -> Weighing:
    """What happened, made ready for the measures of any number of predictions."""
    ranks, amounts = by_actual.middle_ranks(weights), weights * actual
    of_groups = by_actual.sums(weights)
    spread = dot(of_groups, ranks**2)
    return Weighing(weights, amounts, weights * ranks[by_actual.place], spread, gini(of_groups, by_actual.values * of_groups))


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was expected of customers, beside what happened.

    Attributes:
        by_expected: rows grouped by what was expected.
        misses: |expected − actual| of each row.
        squares: of the misses.
    """

    by_expected: Ranked
    misses: Floats
    squares: Floats

    def measured(self, of: Weighing) -> Floats:
        """The measures in the order of `NAMES`; NaN where there is no answer."""
        weights, amounts = self.by_expected.sums(of.weights), self.by_expected.sums(of.amounts)
        expected = weights * self.by_expected.values
        total, happened = float(weights.sum()), float(amounts.sum())
        error = dot(of.weights, self.misses) / total
        squared = dot(of.weights, self.squares) / total
        sum_ratio = float(expected.sum()) / happened if happened > 0 else np.nan
        top = 1.0 - float(at_shares(_TOP, weights, amounts)[0]) / happened if happened > 0 else np.nan
        best = gini(weights, amounts) / of.best_gini if of.best_gini > 0 else np.nan
        return np.array(
            [sum_ratio, error, np.sqrt(squared), self._spearman(of, weights), best, top, _decile_error(weights, expected, amounts)]
        )

    def _spearman(self, of: Weighing, weights: Floats) -> float:
        ranks = np.cumsum(weights) - weights / 2 - weights.sum() / 2
        spread = dot(weights, ranks**2)
        if not of.spread > 0:
            return float("nan")
        return dot(ranks, self.by_expected.sums(of.ranks)) / np.sqrt(spread * of.spread) if spread > 0 else 0.0


def prediction(expected: Floats, actual: Floats) -> Prediction:
    """A prediction made ready to be measured."""
    misses = np.abs(expected - actual)
    return Prediction(ranked(expected), misses, misses**2)


def measures(expected: ArrayLike, actual: ArrayLike, weights: ArrayLike | None = None) -> Measures:
    """How near predictions came to what happened.

    Args:
        expected: of each customer, orders or revenue.
        actual: of the same customers.
        weights: how many customers each row stands for; 1 when not given.

    Raises:
        InputError: arrays of different length, or something is missing.
    """
    given, n = columns({"expected": expected, "actual": actual}, weights)
    of = weighed(given["actual"], ranked(given["actual"]), n)
    return as_measures(prediction(given["expected"], given["actual"]).measured(of))


def as_measures(values: Floats) -> Measures:
    """Measures from an array in the order of `NAMES`."""
    return Measures(*(float(v) if np.isfinite(v) else None for v in values))


def deciles(expected: ArrayLike, actual: ArrayLike, weights: ArrayLike | None = None) -> tuple[Decile, ...]:
    """Tenths of all customers by prediction, the lowest first, with what was expected of them and what happened."""
    given, n = columns({"expected": expected, "actual": actual}, weights)
    by_expected = ranked(given["expected"])
    of_groups = by_expected.sums(n)
    parts = _tenths(of_groups, of_groups * by_expected.values, by_expected.sums(n * given["actual"]))
    tenth = float(n.sum()) / 10
    return tuple(Decile(i + 1, tenth, e, a) for i, (e, a) in enumerate(zip(*(p.tolist() for p in parts), strict=True)))


def _tenths(weights: Floats, expected: Floats, amounts: Floats) -> tuple[Floats, Floats]:
    tenth = float(weights.sum()) / 10
    of_expected = np.diff(at_shares(_TENTHS, weights, expected)) / tenth
    return of_expected, np.diff(at_shares(_TENTHS, weights, amounts)) / tenth


def _decile_error(weights: Floats, expected: Floats, amounts: Floats) -> float:
    mean = float(amounts.sum()) / float(weights.sum())
    if not mean > 0:
        return float("nan")
    of_expected, of_actual = _tenths(weights, expected, amounts)
    return float(np.mean(np.abs(of_expected - of_actual) / np.maximum(of_actual, FLOOR * mean)))
