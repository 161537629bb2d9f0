"""When the next order comes, if one comes: gaps between orders, learned from the customer as far as known, and from the shop for the rest.

A customer's gaps are log-normal around an own mean with an own variance. Means differ between customers as a normal does, variances as an
inverse gamma; both are estimated from all customers (empirical Bayes), so the fewer gaps a customer has, the more the shop's count. What is
not known widens the answer: the next gap is a Student t in logarithms. Some of it has passed already: the answer is of a gap longer than
the time since the last order. It holds for customers who have not left, and is told with the probability of that.

Source: Gelman and others, "Bayesian Data Analysis" (2013), sections 5.4 and 3.3; the variance between by Paule and Mandel (1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, stdtr, stdtrit

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions.histories import as_floats, dot, refuse

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Flags, Floats

_SURE = np.geomspace(1.0, 1024.0, 21)
_USUAL = (np.log(8.0), 1.5)  # what is believed of the logarithm of `certainty` before the data
_LEAST_VARIANCE = 1e-4  # a hundredth of the gap: no clock is finer
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class NextOrder:
    """When the next order comes, from now, of customers who have not left; the unit of time is that of the gaps.

    Attributes:
        after: as likely sooner as later.
        low: the lower end of the interval.
        high: the upper end.
        p_alive: the probability that the customer has not left, without which the rest means nothing.
        is_told: whether that is high enough to speak of a next order.
    """

    after: Floats
    low: Floats
    high: Floats
    p_alive: Floats
    is_told: Flags


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of a shop, in logarithms.

    Attributes:
        centre: mean of the customers' own means.
        between: variance of the own means.
        within: what the variance of one customer's gaps usually is.
        certainty: how many gaps' worth the usual variance counts against the own one; large when all customers are alike.
    """

    centre: float
    between: float
    within: float
    certainty: float

    def usual(self, gap_count: ArrayLike, mean_log: ArrayLike, variance_log: ArrayLike) -> Floats:
        """The gap of each customer that is as likely exceeded as not, whatever has passed of it.

        Args:
            gap_count: how many gaps between orders each has; 0 for who has ordered once.
            mean_log: mean of their logarithms; of no account where there are none.
            variance_log: their sample variance; of no account where there are fewer than two.
        """
        found: Floats = np.exp(self._predictive(*_checked(gap_count, mean_log, variance_log)[:3])[0])
        return found

    def next_order(
        self, gaps: tuple[ArrayLike, ArrayLike, ArrayLike], since: ArrayLike, p_alive: ArrayLike, *, level: float = 0.8, least: float = 0.5
    ) -> NextOrder:
        """When the next order of each customer comes, from now.

        Args:
            gaps: number, mean and sample variance of the logarithms of each customer's gaps, as for `usual`.
            since: time since the last order.
            p_alive: of each customer.
            level: how often the interval holds the next order.
            least: with a lower probability of being a customer still, nothing is told.

        Raises:
            InputError: arrays of different length, negative numbers, probabilities outside 0 to 1.
        """
        n, mean, variance, _ = _checked(*gaps)
        given = as_floats({"gap_count": n, "since": since, "p_alive": p_alive})
        here = given["p_alive"]
        refuse(given, {"since": [(given["since"] < 0, "0 or more")], "p_alive": [((here < 0) | (here > 1), "from 0 to 1")]})
        centre, scale, sure = self._predictive(n, mean, variance)
        passed = (np.log(np.maximum(given["since"], 1e-9)) - centre) / scale
        left = stdtr(sure, -passed)  # the share of gaps that are longer than what has passed
        ends = [_beyond(sure, passed, left * (1 - q)) for q in (0.5, (1 - level) / 2, (1 + level) / 2)]
        after, low, high = (np.maximum(np.exp(np.minimum(centre + scale * e, 700.0)) - given["since"], 0.0) for e in ends)
        return NextOrder(after, low, high, here, here >= least)

    def _predictive(self, n: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
        """Centre, scale and degrees of freedom of the logarithm of the next gap."""
        own = _own_variance(n, variance, self.within, self.certainty)
        known = n * self.between / (n * self.between + own)
        centre = self.centre + known * (mean - self.centre)
        return centre, np.sqrt(own + self.between * (1 - known)), self.certainty + np.maximum(n - 1, 0.0)


def fit(gap_count: ArrayLike, mean_log: ArrayLike, variance_log: ArrayLike, *, weights: ArrayLike | None = None) -> Gaps:
    """The gaps of a shop from those of its customers.

    Args:
        gap_count: how many gaps between orders each customer has, orders of one day being one.
        mean_log: mean of their natural logarithms.
        variance_log: their sample variance (divided by one less than the number), 0 where there are fewer than two.
        weights: how many customers each row stands for.

    Raises:
        InputError: nobody has a gap; arrays of different length; negative counts or variances.
    """
    n, mean, variance, w = _checked(gap_count, mean_log, variance_log, weights)
    some = (n > 0) & (w > 0)
    if not some.any():
        raise InputError(
            "There is no gap between orders to learn from.", [Problem("gap_count", "0 in every row", "customers with two orders")]
        )
    n, mean, variance, w = n[some], mean[some], variance[some], w[some]
    twice = n > 1
    if twice.any():
        within, certainty = _variances(n[twice] - 1, variance[twice], w[twice])
    else:  # one gap each: how much of the difference is within a customer cannot be seen
        spread = dot(w, (mean - dot(w, mean) / w.sum()) ** 2) / float(w.sum())
        within, certainty = max(spread / 2, _LEAST_VARIANCE), float(np.exp(_USUAL[0]))
    freedom = certainty + n - 1
    mean_variance = _own_variance(n, variance, within, certainty) * freedom / np.maximum(freedom - 2, freedom / 3)  # of an inverse gamma
    centre, between = _means(mean, mean_variance / n, w)
    return Gaps(centre, between, within, certainty)


def _checked(
    gap_count: ArrayLike, mean_log: ArrayLike, variance_log: ArrayLike, weights: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats, Floats]:
    given = {"gap_count": gap_count, "mean_log": mean_log, "variance_log": variance_log} | ({} if weights is None else {"weights": weights})
    arrays = as_floats(given)
    n, variance = arrays["gap_count"], arrays["variance_log"]
    whole = (n < 0) | (n % 1 != 0)
    rules = {"gap_count": [(whole, "a whole number, 0 or more")], "variance_log": [(variance < 0, "0 or more")]}
    if weights is not None:
        rules["weights"] = [(arrays["weights"] < 0, "0 or more")]
    refuse(arrays, rules)
    return n, arrays["mean_log"], variance, arrays.get("weights", np.ones(len(n)))


def _own_variance(n: Floats, variance: Floats, within: float, certainty: float) -> Floats:
    """The variance of each customer's gaps: the own one and the usual one, each counting as much as is known of it."""
    degrees = np.maximum(n - 1, 0.0)
    found: Floats = (certainty * within + degrees * variance) / (certainty + degrees)
    return found


def _variances(degrees: Floats, variance: Floats, w: Floats) -> tuple[float, float]:
    """The usual variance and its certainty: the most likely ones under which own variances are scaled F (Smyth 2004, section 3)."""
    degrees, variance, w = _rounded(degrees, variance, w)
    best = (-np.inf, 0.0, 0.0)
    within = max(dot(w, variance) / float(w.sum()), _LEAST_VARIANCE)
    for sure in _SURE.tolist():
        for _ in range(_ROUNDS):
            precision = (sure + degrees) / (sure * within + degrees * variance)
            before, within = within, max(float(w.sum()) / dot(w, precision), _LEAST_VARIANCE)
            if abs(within - before) <= 1e-9 * within:
                break
        total = sure * within
        of_each = sure / 2 * np.log(total) - (sure + degrees) / 2 * np.log(total + degrees * variance)
        of_each += gammaln((sure + degrees) / 2) - gammaln(sure / 2)
        value = dot(w, of_each) - 0.5 * ((np.log(sure) - _USUAL[0]) / _USUAL[1]) ** 2
        best = max(best, (value, within, sure))
    return best[1], best[2]


def _rounded(degrees: Floats, variance: Floats, w: Floats) -> tuple[Floats, Floats, Floats]:
    """Customers with about the same variance as one row, when there are many: to a fiftieth, which no estimate notices."""
    if len(w) < 20_000:
        return degrees, variance, w
    logs = np.rint(np.log(np.maximum(variance, _LEAST_VARIANCE / 100)) * 50)
    wide = float(logs.max() - logs.min()) + 1.0
    _, first, place = np.unique(degrees * wide + (logs - logs.min()), return_index=True, return_inverse=True)
    return degrees[first], np.exp(logs[first] / 50), np.bincount(place, weights=w).astype(np.float64, copy=False)


def _means(mean: Floats, noise: Floats, w: Floats) -> tuple[float, float]:
    """Mean and variance of the customers' own means, of which each is known with its noise (Paule and Mandel 1982)."""
    total, between = float(w.sum()), 0.0
    for _ in range(_ROUNDS):  # Newton's method from below: what is left over falls and bends up, so no step goes too far
        precision = w / (between + noise)
        centre = dot(precision, mean) / float(precision.sum())
        apart = precision * (mean - centre) ** 2
        left_over = float(apart.sum()) - (total - 1)
        if left_over <= 0:
            break
        step = left_over / float((apart / (between + noise)).sum())
        between += step
        if step <= 1e-11 * between:  # the next would be below rounding
            break
    return centre, between


def _beyond(sure: Floats, passed: Floats, share: Floats) -> Floats:
    """Where only this share of all gaps is longer; where none is left to tell, what has passed."""
    told = share > 1e-280
    found: Floats = np.where(told, -stdtrit(sure, np.where(told, share, 0.5)), passed)
    return np.maximum(found, passed)
