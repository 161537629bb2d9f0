"""Counts beside a model's: how many bought how often, what those who bought so often did next, and orders week by week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from patron.predictions.histories import as_floats
from patron.predictions.judging.ranks import columns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats
    from patron.predictions.model import PurchaseModel

_LEAST = 5.0  # expected customers of a row of a chi-square test


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many customers made how many repeat purchases, beside what a model expects of customers of their ages.

    Attributes:
        actual: customers with 0, 1, 2 … repeat purchases; the last row is "that many or more".
        expected: by the model.
        chi_square: of the two, rows at the end joined until five are expected in each.
        degrees: rows less one less the parameters of the model.
        p_value: how often a true model would look as bad or worse; None when there are too few rows to tell.
    """

    actual: tuple[float, ...]
    expected: tuple[float, ...]
    chi_square: float
    degrees: int
    p_value: float | None


@dataclass(frozen=True, slots=True)
class OfFrequency:
    """Customers with the same number of repeat purchases; `x` of the last row means "that many or more"."""

    x: int
    customers: float
    expected: float
    actual: float


@dataclass(frozen=True, slots=True)
class Tracking:
    """Repeat orders of all customers up to each point of time, counted and expected."""

    until: tuple[float, ...]
    actual: tuple[float, ...]
    expected: tuple[float, ...]


def histogram(model: PurchaseModel, x: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None, *, most: int = 7) -> Histogram:  # noqa: N803
    """Repeat purchases counted, and expected by summing the model's probabilities over the ages of the customers.

    Args:
        model: fitted to these customers.
        x: repeat purchases.
        T: ages, in the unit of time of the model.
        weights: how many customers each row stands for.
        most: customers with as many repeat purchases or more are one row.

    Source: Fader, Hardie and Lee (2005), figure 2.
    """
    given, n = columns({"x": x, "T": T}, weights)
    actual: Floats = np.bincount(np.minimum(given["x"], most).astype(np.int64), weights=n, minlength=most + 1).astype(
        np.float64, copy=False
    )
    ages, place = np.unique(given["T"], return_inverse=True)
    of_ages = np.bincount(place, weights=n)
    fewer = sum((w * model.pmf_of_new(t, most - 1) for t, w in zip(ages.tolist(), of_ages.tolist(), strict=True)), np.zeros(most))
    expected = np.append(fewer, max(float(n.sum() - fewer.sum()), 0.0))
    joined = _joined(actual, expected)
    chi_square = float((((joined[0] - joined[1]) ** 2) / joined[1]).sum())
    degrees = len(joined[0]) - 1 - len(getattr(model, "names", ()))
    p_value = float(chdtrc(degrees, chi_square)) if degrees > 0 else None
    return Histogram(tuple(actual.tolist()), tuple(expected.tolist()), chi_square, degrees, p_value)


def by_frequency(
    expected: ArrayLike, actual: ArrayLike, x: ArrayLike, weights: ArrayLike | None = None, *, most: int = 7
) -> tuple[OfFrequency, ...]:
    """Mean purchases in the horizon, expected and actual, of customers by their repeat purchases before; rows nobody is in are left out.

    Source: Fader, Hardie and Lee (2005), figure 5.
    """
    given, n = columns({"expected": expected, "actual": actual, "x": x}, weights)
    place = np.minimum(given["x"], most).astype(np.int64)
    customers, of_expected, of_actual = (np.bincount(place, weights=n * w) for w in (1.0, given["expected"], given["actual"]))
    return tuple(
        OfFrequency(i, float(customers[i]), float(of_expected[i] / customers[i]), float(of_actual[i] / customers[i]))
        for i in np.flatnonzero(customers).tolist()
    )


def tracking(model: PurchaseModel, born: ArrayLike, repeats: ArrayLike, until: ArrayLike) -> Tracking:
    """Repeat orders of all customers up to points of time, and what a model expects of customers of their ages then.

    Args:
        model: fitted in the same unit of time.
        born: when each customer ordered first, counted from any origin, in the unit of time of the model.
        repeats: when each repeat order was made, counted from the same origin.
        until: the points of time, such as the ends of weeks.
    """
    begun, ends = as_floats({"born": born})["born"], as_floats({"until": until})["until"]
    made = np.sort(np.asarray(repeats, dtype=np.float64))
    births, customers = np.unique(begun, return_counts=True)
    ages = np.maximum(ends[:, None] - births[None, :], 0.0)
    distinct, place = np.unique(ages, return_inverse=True)
    expected: Floats = model.expected_of_new(distinct)[place.reshape(ages.shape)] @ customers
    actual = np.searchsorted(made, ends)  # spans are half-open
    return Tracking(tuple(ends.tolist()), tuple(actual.astype(np.float64).tolist()), tuple(expected.tolist()))


def _joined(actual: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Rows, those at the end joined until enough customers are expected in each."""
    rows = len(expected)
    while rows > 1 and expected[rows - 1 :].sum() < _LEAST:
        rows -= 1
    return tuple(np.append(v[: rows - 1], v[rows - 1 :].sum()) for v in (actual, expected))  # type: ignore[return-value]
