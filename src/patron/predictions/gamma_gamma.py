"""Gamma-Gamma: what an order of a customer is worth on average, however few there were (Fader and Hardie 2013).

Assumptions: the orders of a customer are worth z ~ Gamma(p, ν), and ν ~ Gamma(q, v) differs between customers, whatever number of orders
they make. From "The Gamma-Gamma Model of Monetary Value" (2013), equations 1a and 5. x and m may count all orders or the repeat orders
only: say which. m is the mean value of the x orders, not their sum; refunds, and orders worth nothing, are to be left out beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions.histories import as_floats, refuse
from patron.predictions.model import TOO_FEW, Fitted, arguments
from patron.predictions.optimum import Prior, maximum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Flags, Floats

__all__ = ["GammaGamma", "fit", "weak_prior"]

NO_MEAN = "no mean: values are spread so wide (q of 1 or less) that the mean value of an order is infinite"
_CORRELATED = 0.3


@dataclass(frozen=True)
class GammaGamma(Fitted):
    """A fitted Gamma-Gamma: z ~ Gamma(p, ν), ν ~ Gamma(q, v).

    Attributes:
        mean_seen: mean value of the orders that were learned from.
        correlation: between the number of orders and their mean value; the model takes it to be nothing.
    """

    name: ClassVar[str] = "gamma_gamma"
    names: ClassVar[tuple[str, ...]] = ("p", "q", "v")
    mean_seen: float = 0.0
    correlation: float = 0.0

    @property
    def p(self) -> float:
        """Shape of the values of a customer's orders."""
        return self.values[0]

    @property
    def q(self) -> float:
        """Shape of what differs between customers."""
        return self.values[1]

    @property
    def v(self) -> float:
        """Scale of what differs between customers, in money."""
        return self.values[2]

    @property
    def population_mean(self) -> float | None:
        """Expected value of an order of a customer of whom nothing is known; None where it is infinite, for q is 1 or less."""
        return self.p * self.v / (self.q - 1.0) if self.q > 1.0 else None

    def expected_value(self, x: ArrayLike, m: ArrayLike) -> Floats:
        """Expected value of an order of each customer: between the customer's own mean and the population's.

        Where that is infinite (p x + q of 1 or less) the answer is `mean_seen`.

        Args:
            x: number of orders m is the mean of; 0 where there are none.
            m: mean value of these orders; not looked at where x is 0.

        Raises:
            InputError: rows that are no numbers of orders, or worth nothing or less.

        Source: Fader and Hardie (2013), equation 5.
        """
        arrays = as_floats({"x": x, "m": m})
        of_x, of_m = arrays["x"], arrays["m"]
        refuse(arrays, _rules(of_x, of_m, fewest=0))
        below = self.p * of_x + (self.q - 1.0)
        spent = np.where(of_x > 0, of_x * of_m, 0.0)
        return np.where(below > 0, self.p * (self.v + spent) / np.where(below > 0, below, 1.0), self.mean_seen)

    def simulate(self, x: ArrayLike, *, seed: int) -> Floats:
        """Mean values of x orders of new customers."""
        of_x = as_floats({"x": x})["x"]
        refuse({"x": of_x}, {"x": [(of_x < 1, "1 or more")]})
        rng = np.random.default_rng(seed)
        scale = rng.gamma(self.q, 1.0 / self.v, len(of_x))
        drawn: Floats = rng.gamma(self.p * of_x) / (np.maximum(scale, 1e-300) * of_x)
        return drawn


def fit(x: ArrayLike, m: ArrayLike, *, weights: ArrayLike | None = None, prior: Prior | None = None) -> GammaGamma:
    """A Gamma-Gamma fitted by maximum likelihood, or with a prior to the highest posterior.

    Args:
        x: number of orders of each customer, 1 or more.
        m: mean value of these orders, above 0.
        weights: how many customers each row stands for.
        prior: of the logarithms of p, q and v; see `weak_prior`.

    Raises:
        InputError: rows without orders, or worth nothing or less, all of them named.
    """
    of_x, of_m, n = _grouped(x, m, weights)
    mean = float((n * of_x * of_m).sum() / (n * of_x).sum())
    starts = [(4.0, 4.0, 0.75 * mean), (1.0, 2.0, mean), (10.0, 3.0, 0.2 * mean)]
    found = maximum(lambda parameters: _likelihood(of_x, of_m, n, parameters), starts, prior)
    is_told = found.is_inside and found.covariance is not None
    fitted = GammaGamma(
        **arguments(found, float(n.sum()), "" if is_told else TOO_FEW), mean_seen=mean, correlation=_correlation(of_x, of_m, n)
    )
    doubts = [fitted.doubt] if fitted.doubt else []
    if fitted.q <= 1.0:
        doubts.append(NO_MEAN)
    if abs(fitted.correlation) > _CORRELATED:
        doubts.append(f"not independent: the value of orders goes with their number (correlation {fitted.correlation:.2f})")
    return replace(fitted, doubt="; ".join(doubts))


def weak_prior(m: ArrayLike) -> Prior:
    """What is usual of shops: enough for a few dozen customers to get sane answers.

    Args:
        m: mean values of orders, above 0.
    """
    values = as_floats({"m": m})["m"]
    refuse({"m": values}, {"m": [(values <= 0, "more than 0")]})
    return Prior((float(np.log(4.0)), float(np.log(4.0)), float(np.log(0.75 * values.mean()))), (1.0, 0.5, 1.0))


def _rules(x: Floats, m: Floats, *, fewest: int) -> dict[str, list[tuple[Flags, str]]]:
    worthless = "more than 0: leave refunds, and orders worth nothing, out of the mean beforehand"
    return {
        "x": [(x < fewest, f"{fewest} or more orders"), (x != np.floor(x), "a whole number of orders")],
        "m": [((m <= 0) & (x > 0), worthless)],
    }


def _grouped(x: ArrayLike, m: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """Checked rows, those with the same x and m added up, sorted."""
    arrays = as_floats({"x": x, "m": m} | ({} if weights is None else {"weights": weights}))
    rules = _rules(arrays["x"], arrays["m"], fewest=1)
    if weights is not None:
        rules["weights"] = [(arrays["weights"] < 0, "0 or more")]
    refuse(arrays, rules)
    n = arrays.get("weights", np.ones(len(arrays["x"])))
    if not n.sum() > 0:
        raise InputError(
            "There are no customers to learn from.", [Problem("x", f"{len(n)} rows", "at least one customer with a weight above 0")]
        )
    order = np.lexsort((arrays["m"], arrays["x"]))
    order = order[n[order] > 0]
    of_x, of_m = arrays["x"][order], arrays["m"][order]
    starts = np.flatnonzero(np.concatenate(([True], (of_x[1:] != of_x[:-1]) | (of_m[1:] != of_m[:-1]))))
    return of_x[starts], of_m[starts], np.add.reduceat(n[order], starts)


def _likelihood(x: Floats, m: Floats, n: Floats, parameters: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood of (p, q, v), gradient and Hessian; what only x decides is worked out once for each x, which are sorted."""
    p, q, v = parameters
    spent, total = x * m, float(n.sum())
    log_share, log_whole, inverse = -np.log1p(v / spent), np.log(v + spent), 1.0 / (v + spent)
    starts = np.flatnonzero(np.concatenate(([True], x[1:] != x[:-1])))
    of_n, of_x = np.add.reduceat(n, starts), x[starts]
    shape = p * of_x
    value = float((of_n * (gammaln(shape + q) - gammaln(shape))).sum()) + total * (q * np.log(v) - gammaln(q))
    value += float((n * (p * x * log_share - q * log_whole - np.log(m))).sum())
    gradient = np.array(
        [
            float((of_n * of_x * (digamma(shape + q) - digamma(shape))).sum() + (n * x * log_share).sum()),
            float((of_n * digamma(shape + q)).sum() + total * (np.log(v) - digamma(q)) - (n * log_whole).sum()),
            float(total * q / v - (n * (p * x + q) * inverse).sum()),
        ]
    )
    whole, own = polygamma(1, shape + q), polygamma(1, shape)
    pp, pq, pv = (of_n * of_x**2 * (whole - own)).sum(), (of_n * of_x * whole).sum(), -(n * x * inverse).sum()
    qq, qv = (of_n * whole).sum() - total * polygamma(1, q), total / v - (n * inverse).sum()
    vv = (n * (p * x + q) * inverse**2).sum() - total * q / v**2
    return value, gradient, np.array([[pp, pq, pv], [pq, qq, qv], [pv, qv, vv]], dtype=np.float64)


def _correlation(x: Floats, m: Floats, n: Floats) -> float:
    """Pearson's, each customer counting the same; 0 where either does not vary."""
    share = n / n.sum()
    from_x, from_m = x - (share * x).sum(), m - (share * m).sum()
    spread = float(np.sqrt((share * from_x**2).sum() * (share * from_m**2).sum()))
    return float((share * from_x * from_m).sum()) / spread if spread > 1e-12 * max(1.0, float(np.abs(m).max())) else 0.0
