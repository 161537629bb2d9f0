"""BG/BB: customers who may buy at set opportunities, such as campaigns, and may leave before any of them (Fader, Hardie and Shang 2010).

Assumptions: at each opportunity a customer who is still here buys with probability p ~ Beta(alpha, beta), and before each opportunity
leaves with probability θ ~ Beta(gamma, delta). From "Customer-Base Analysis in a Discrete-Time Noncontractual Setting" (Marketing
Science 29): a history is x purchases at n opportunities, the last purchase at the t_x-th of them (0 when there is none).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betaln, digamma, polygamma

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions.beta import discounted_stays
from patron.predictions.histories import as_floats, horizon, refuse
from patron.predictions.model import NO_SIGNAL, TOO_FEW, Fitted, arguments
from patron.predictions.optimum import Prior, maximum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats, Integers

__all__ = ["BGBB", "fit", "weak_prior"]

_WAYS = 1 << 20
_MOST = 100_000  # opportunities
_WIDE = _MOST + 1


@dataclass(frozen=True)
class BGBB(Fitted):
    """A fitted BG/BB: p ~ Beta(alpha, beta), θ ~ Beta(gamma, delta)."""

    name: ClassVar[str] = "bgbb"
    names: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")

    @property
    def alpha(self) -> float:
        """First parameter of the probabilities of buying."""
        return self.values[0]

    @property
    def beta(self) -> float:
        """Second parameter of the probabilities of buying."""
        return self.values[1]

    @property
    def gamma(self) -> float:
        """First parameter of the probabilities of leaving."""
        return self.values[2]

    @property
    def delta(self) -> float:
        """Second parameter of the probabilities of leaving."""
        return self.values[3]

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, n: ArrayLike) -> Floats:
        """The probability of each customer to be still a customer at opportunity n + 1.

        Source: Fader, Hardie and Shang (2010), equation 11.
        """
        of_x, of_t, of_n = _checked(x, t_x, n)
        return self._here(of_x, of_t, of_n) * (self.delta + of_n) / (self.gamma + self.delta + of_n)

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, n: ArrayLike) -> Floats:
        """Expected purchases of each customer at the t opportunities after n.

        Source: Fader, Hardie and Shang (2010), equation 13, as a sum of probabilities: it has no 0/0 at gamma = 1.
        """
        of_x, of_t, of_n = _checked(x, t_x, n)
        count = horizon(t)
        refuse({"t": np.array([count])}, {"t": [(np.array([count != np.floor(count)]), "a whole number of opportunities")]})
        each, place = np.unique(of_n, return_inverse=True)
        stays = self.delta + each[:, None] + np.arange(count)[None, :]
        lasts = np.cumprod(stays / (self.gamma + stays), axis=1).sum(axis=1)
        return self._buys(of_x, of_t, of_n) * lasts[place]

    def discounted_purchases(self, x: ArrayLike, t_x: ArrayLike, n: ArrayLike, rate: float) -> Floats:
        """Expected purchases of each customer after n without end, the one at opportunity n + j worth 1 / (1 + rate)^j (DERT).

        Args:
            x: purchases.
            t_x: opportunity of the last of them.
            n: opportunities so far.
            rate: of discounting, per opportunity.

        Source: Fader, Hardie and Shang (2010), equation 14.
        """
        of_x, of_t, of_n = _checked(x, t_x, n)
        refuse({"rate": np.array([rate])}, {"rate": [(np.array([not rate > 0]), "a rate above 0")]})
        each, place = np.unique(of_n.astype(np.float64), return_inverse=True)
        return self._buys(of_x, of_t, of_n) * discounted_stays(self.gamma, self.delta + each, rate)[place]

    def simulate(self, n: ArrayLike, *, seed: int) -> tuple[Integers, Integers]:
        """Histories of new customers with n opportunities: x and t_x."""
        counts = as_floats({"n": n})["n"]
        refuse({"n": counts}, {"n": [((counts < 0) | (counts != np.floor(counts)), "a whole number of opportunities")]})
        rng = np.random.default_rng(seed)
        buys, leaves = rng.beta(self.alpha, self.beta, len(counts)), rng.beta(self.gamma, self.delta, len(counts))
        x, t_x = np.zeros(len(counts), dtype=np.int64), np.zeros(len(counts), dtype=np.int64)
        here = np.ones(len(counts), dtype=bool)
        for opportunity in range(1, int(counts.max()) + 1):
            here &= (rng.random(len(counts)) >= leaves) & (counts >= opportunity)
            bought = here & (rng.random(len(counts)) < buys)
            x += bought
            t_x[bought] = opportunity
        return x, t_x

    def _here(self, x: Integers, t_x: Integers, n: Integers) -> Floats:
        """The probability to be still a customer after opportunity n, worked out once for each history there is."""
        _, rows, place = np.unique((x * _WIDE + t_x) * _WIDE + n, return_index=True, return_inverse=True)
        found = np.empty(len(rows))
        ways = np.cumsum(n[rows] - t_x[rows] + 1)
        edges = np.unique([0, *np.searchsorted(ways, np.arange(_WAYS, ways[-1], _WAYS)), len(rows)])
        for low, high in pairwise(edges.tolist()):  # what fits into memory
            part = rows[low:high]
            terms = _Terms(x[part], t_x[part], n[part])
            logs = terms.logs(np.asarray(self.values))
            found[low:high] = np.exp(logs[terms.starts + (n[part] - t_x[part])] - np.logaddexp.reduceat(logs, terms.starts))
        return found[place]

    def _buys(self, x: Integers, t_x: Integers, n: Integers) -> Floats:
        """What is expected of the next opportunity, were leaving over."""
        return self._here(x, t_x, n) * (self.alpha + x) / (self.alpha + self.beta + n)


def fit(x: ArrayLike, t_x: ArrayLike, n: ArrayLike, *, weights: ArrayLike | None = None, prior: Prior | None = None) -> BGBB:
    """A BG/BB fitted by maximum likelihood, or with a prior to the highest posterior.

    Args:
        x: purchases of each customer.
        t_x: opportunity of the last of them, counted from 1; 0 when there is none.
        n: opportunities there were.
        weights: how many customers each row stands for.
        prior: of the logarithms of alpha, beta, gamma and delta; see `weak_prior`.

    Raises:
        InputError: rows that are no histories, all of them named; or nobody bought and there is no prior.
    """
    of_x, of_t, of_n, count = _grouped(x, t_x, n, weights)
    if prior is None and not of_x.any():
        problem = Problem("x", "0 in every row", "customers who bought", "with a prior there is an answer: `prior=weak_prior()`")
        raise InputError("Nobody bought, so nothing can be learned about buying.", [problem])
    terms = _Terms(of_x, of_t, of_n)
    starts = [(1.0, 1.0, 0.5, 3.0), (1.0, 2.0, 1.0, 10.0)]
    found = maximum(lambda parameters: _likelihood(terms, count, parameters), starts, prior)
    doubt = ""
    if not found.is_inside or found.covariance is None:
        doubt = NO_SIGNAL if found.parameters[2] / found.parameters[3] < 1e-3 else TOO_FEW
    return BGBB(**arguments(found, float(count.sum()), doubt))


def weak_prior() -> Prior:
    """What is usual: so wide that a few hundred customers outweigh it."""
    return Prior((0.0, float(np.log(2.0)), float(np.log(0.7)), float(np.log(4.0))), (1.0, 1.0, 0.75, 1.0))


class _Terms:
    """For each history the ways it may have come about, a row each: gone after opportunity t_x, …, n − 1, or still a customer after n."""

    def __init__(self, x: Integers, t_x: Integers, n: Integers) -> None:
        """Lay the rows out, those of a history one after the other."""
        ways = n - t_x + 1
        self.starts = np.cumsum(ways) - ways
        self.history = np.repeat(np.arange(len(x)), ways)
        seen = t_x[self.history] + np.arange(len(self.history)) - self.starts[self.history]
        self.bought = x[self.history].astype(np.float64)
        self.seen = seen.astype(np.float64)  # opportunities as a customer
        self.gone = (seen < n[self.history]).astype(np.float64)

    def logs(self, parameters: Floats) -> Floats:
        """The logarithm of the probability of each way."""
        alpha, beta, gamma, delta = parameters
        buys = betaln(alpha + self.bought, beta + (self.seen - self.bought)) - betaln(alpha, beta)
        result: Floats = buys + betaln(gamma + self.gone, delta + self.seen) - betaln(gamma, delta)
        return result


def _likelihood(terms: _Terms, count: Floats, parameters: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood of (alpha, beta, gamma, delta), gradient and Hessian: each term's, averaged by how likely it is.

    Source: Fader, Hardie and Shang (2010), equation 5.
    """
    logs = terms.logs(parameters)
    whole = np.logaddexp.reduceat(logs, terms.starts)
    likely = np.exp(logs - whole[terms.history])
    first, second = (
        (parameters[0] + terms.bought, parameters[2] + terms.gone),
        (parameters[1] + (terms.seen - terms.bought), parameters[3] + terms.seen),
    )
    slopes, hessian = [], np.zeros((4, 4))
    weight = likely * count[terms.history]
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        at, bt = parameters[2 * i], parameters[2 * i + 1]
        both, prior = digamma(a + b), digamma(at + bt)
        slopes += [digamma(a) - both - digamma(at) + prior, digamma(b) - both - digamma(bt) + prior]
        curve, flat = polygamma(1, a + b), polygamma(1, at + bt)
        hessian[2 * i, 2 * i] = (weight * (polygamma(1, a) - curve - polygamma(1, at) + flat)).sum()
        hessian[2 * i + 1, 2 * i + 1] = (weight * (polygamma(1, b) - curve - polygamma(1, bt) + flat)).sum()
        hessian[2 * i, 2 * i + 1] = hessian[2 * i + 1, 2 * i] = (weight * (flat - curve)).sum()
    means = [np.add.reduceat(likely * s, terms.starts) for s in slopes]
    away = [s - mean[terms.history] for s, mean in zip(slopes, means, strict=True)]
    for i in range(4):
        for j in range(4):
            hessian[i, j] += (weight * away[i] * away[j]).sum()
    return float((count * whole).sum()), np.array([(count * mean).sum() for mean in means]), hessian


def _checked(x: ArrayLike, t_x: ArrayLike, n: ArrayLike, weights: ArrayLike | None = None) -> tuple[Integers, Integers, Integers]:
    arrays = as_floats({"x": x, "t_x": t_x, "n": n} | ({} if weights is None else {"weights": weights}))
    of_x, of_t, of_n = arrays["x"], arrays["t_x"], arrays["n"]
    rules = {
        name: [(arrays[name] < 0, "0 or more"), (arrays[name] != np.floor(arrays[name]), "a whole number")] for name in ("x", "t_x", "n")
    }
    rules["x"] += [(of_x > of_t, "at most t_x, for there is at most one purchase an opportunity")]
    rules["t_x"] += [(of_t > of_n, "at most n, the opportunities there were"), ((of_x == 0) & (of_t != 0), "0, for there is no purchase")]
    rules["n"] += [(of_n > _MOST, "at most a hundred thousand")]
    if weights is not None:
        rules["weights"] = [(arrays["weights"] < 0, "0 or more")]
    refuse(arrays, rules)
    return of_x.astype(np.int64), of_t.astype(np.int64), of_n.astype(np.int64)


def _grouped(x: ArrayLike, t_x: ArrayLike, n: ArrayLike, weights: ArrayLike | None) -> tuple[Integers, Integers, Integers, Floats]:
    """Distinct histories, sorted, and how many customers have each."""
    of_x, of_t, of_n = _checked(x, t_x, n, weights)
    count = np.ones(len(of_x)) if weights is None else as_floats({"weights": weights})["weights"]
    order = np.lexsort((of_n, of_t, of_x))
    order = order[count[order] > 0]
    if not len(order):
        raise InputError(
            "There are no customers to learn from.", [Problem("x", f"{len(count)} rows", "at least one customer with a weight above 0")]
        )
    parts = of_x[order], of_t[order], of_n[order]
    differs = np.ones(len(order), dtype=bool)
    differs[1:] = np.logical_or.reduce([p[1:] != p[:-1] for p in parts])
    starts = np.flatnonzero(differs)
    return parts[0][starts], parts[1][starts], parts[2][starts], np.add.reduceat(count[order], starts)
