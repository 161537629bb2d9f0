"""sBG: how long contracts last that are renewed or not, period by period (Fader and Hardie 2007).

Assumptions: at the end of each period a contract ends with probability θ ~ Beta(alpha, beta), its own and always the same. From "How to
Project Customer Retention" (Journal of Interactive Marketing 21), equations 5 to 7. Survivors fall ever more slowly for those likely to
leave leave first, not because anyone becomes more loyal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betaln, digamma, polygamma

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions.beta import discounted_stays
from patron.predictions.histories import as_floats, refuse
from patron.predictions.model import NO_SIGNAL, TOO_FEW, Fitted, arguments
from patron.predictions.optimum import Prior, maximum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Flags, Floats, Integers

__all__ = ["SBG", "fit", "fit_contracts", "weak_prior"]


@dataclass(frozen=True)
class SBG(Fitted):
    """A fitted sBG: θ ~ Beta(alpha, beta)."""

    name: ClassVar[str] = "sbg"
    names: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @property
    def alpha(self) -> float:
        """First parameter of the probabilities of ending."""
        return self.values[0]

    @property
    def beta(self) -> float:
        """Second parameter of the probabilities of ending."""
        return self.values[1]

    @property
    def expected_lifetime(self) -> float | None:
        """Expected periods of a new contract, the last included, however long; None where that is infinite, for alpha is 1 or less."""
        return (self.alpha + self.beta - 1.0) / (self.alpha - 1.0) if self.alpha > 1.0 else None

    def survival(self, t: ArrayLike) -> Floats:
        """The share of contracts that outlast t periods."""
        periods = _whole({"t": t})["t"]
        found: Floats = np.exp(betaln(self.alpha, self.beta + periods) - betaln(self.alpha, self.beta))
        return found

    def retention(self, t: ArrayLike) -> Floats:
        """The share of the contracts there are in period t that are renewed at its end, t counted from 1."""
        periods = _whole({"t": t})["t"]
        refuse({"t": periods}, {"t": [(periods < 1, "1 or more")]})
        return (self.beta + (periods - 1.0)) / (self.alpha + self.beta + (periods - 1.0))

    def expected_periods(self, periods: int, renewed: ArrayLike = 0) -> Floats:
        """Expected renewals at the next `periods` ends of a period, of contracts that were renewed so often."""
        of = _whole({"renewed": renewed, "periods": np.full(np.shape(np.atleast_1d(np.asarray(renewed))), periods)})["renewed"]
        each, place = np.unique(of, return_inverse=True)
        stays = self.beta + each[:, None] + np.arange(int(periods))[None, :]
        lasts: Floats = np.cumprod(stays / (self.alpha + stays), axis=1).sum(axis=1)
        return lasts[place]

    def discounted_periods(self, rate: float, renewed: ArrayLike = 0) -> Floats:
        """Expected renewals without end of contracts that were renewed so often, the j-th to come worth 1 / (1 + rate)^j.

        Args:
            rate: of discounting, per period.
            renewed: how often each was renewed.

        Source: Fader and Hardie (2010), "Customer-Base Valuation in a Contractual Setting", equation 8, the next renewal a period away.
        """
        of = _whole({"renewed": renewed})["renewed"]
        refuse({"rate": np.array([rate])}, {"rate": [(np.array([not rate > 0]), "a rate above 0")]})
        each, place = np.unique(of, return_inverse=True)
        return discounted_stays(self.alpha, self.beta + each, rate)[place]

    def simulate(self, count: int, *, seed: int) -> Integers:
        """In which period each of so many new contracts ends, counted from 1."""
        rng = np.random.default_rng(seed)
        ends = np.maximum(rng.beta(self.alpha, self.beta, count), 1e-15)
        return np.ceil(np.log1p(-rng.random(count)) / np.log1p(-ends)).clip(min=1).astype(np.int64)


def fit(survivors: ArrayLike, *, prior: Prior | None = None) -> SBG:
    """An sBG fitted to one cohort by maximum likelihood, or with a prior to the highest posterior.

    Args:
        survivors: how many contracts there are at the start and after 1, 2, … periods.
        prior: of the logarithms of alpha and beta; see `weak_prior`.

    Raises:
        InputError: survivors that are missing, negative, or become more.
    """
    left = as_floats({"survivors": survivors})["survivors"]
    grows = np.concatenate(([False], left[1:] > left[:-1]))
    refuse({"survivors": left}, {"survivors": [(left < 0, "0 or more"), (grows, "no more than there were before")]})
    if len(left) < 2 or not left[0] > 0:
        raise InputError(
            "Nothing can be learned without time passing.",
            [Problem("survivors", f"{len(left)} rows", "some at the start, and those left later")],
        )
    periods = np.arange(1, len(left))
    return _fitted(
        np.append(periods, len(left) - 1),
        np.append(np.ones(len(periods), dtype=bool), [False]),
        np.append(left[:-1] - left[1:], left[-1]),
        prior,
    )


def fit_contracts(periods: ArrayLike, is_over: ArrayLike, *, weights: ArrayLike | None = None, prior: Prior | None = None) -> SBG:
    """An sBG fitted to contracts of any age by maximum likelihood, or with a prior to the highest posterior.

    Args:
        periods: of a contract that is over, the period it ended after, 1 or more; of one that is not, the periods it has outlasted.
        is_over: which are over.
        weights: how many contracts each row stands for.
        prior: of the logarithms of alpha and beta; see `weak_prior`.

    Raises:
        InputError: rows that are no contracts, all of them named; or none is over and there is no prior.
    """
    given = {"periods": periods, "is_over": is_over} | ({} if weights is None else {"weights": weights})
    arrays = _whole({name: given[name] for name in ("periods", "is_over")}) | as_floats(given)
    over = arrays["is_over"]
    rules = {
        "is_over": [((over != 0) & (over != 1), "0 or 1")],
        "periods": [((over == 1) & (arrays["periods"] < 1), "1 or more, for the contract is over")],
    }
    if weights is not None:
        rules["weights"] = [(arrays["weights"] < 0, "0 or more")]
    refuse(arrays, rules)
    return _fitted(arrays["periods"], over == 1, arrays.get("weights", np.ones(len(over))), prior)


def weak_prior() -> Prior:
    """What is usual: so wide that a few hundred contracts outweigh it."""
    return Prior((0.0, float(np.log(3.0))), (0.75, 1.0))


def _fitted(periods: Floats | Integers, over: Flags, count: Floats, prior: Prior | None) -> SBG:
    key = 2 * np.asarray(periods).astype(np.int64) + over
    distinct, place = np.unique(key, return_inverse=True)
    order = np.argsort(place, kind="stable")
    n = np.add.reduceat(count[order], np.searchsorted(place[order], np.arange(len(distinct))))
    of, ended = (distinct // 2).astype(np.float64), (distinct % 2).astype(np.float64)
    if prior is None and not (n * ended).any():
        problem = Problem("is_over", "no contract that is over", "some that ended", "with a prior there is an answer: `prior=weak_prior()`")
        raise InputError("No contract has ended, so nothing can be learned about ending.", [problem])
    found = maximum(lambda parameters: _likelihood(of, ended, n, parameters), [(1.0, 3.0), (0.5, 1.0)], prior)
    doubt = ""
    if not found.is_inside or found.covariance is None:
        doubt = NO_SIGNAL if found.parameters[0] / found.parameters[1] < 1e-3 else TOO_FEW
    return SBG(**arguments(found, float(n.sum()), doubt))


def _likelihood(periods: Floats, over: Floats, n: Floats, parameters: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood of (alpha, beta), gradient and Hessian: B(α + 1, β + t − 1) of those that ended, B(α, β + t) of the others."""
    alpha, beta = parameters
    a, b = alpha + over, beta + (periods - over)
    value = float((n * (betaln(a, b) - betaln(alpha, beta))).sum())
    both, prior = digamma(a + b), digamma(alpha + beta)
    slopes = [(n * (digamma(a) - both - digamma(alpha) + prior)).sum(), (n * (digamma(b) - both - digamma(beta) + prior)).sum()]
    bends, flat = polygamma(1, a + b), polygamma(1, alpha + beta)
    cross = (n * (flat - bends)).sum()
    of_a = (n * (polygamma(1, a) - polygamma(1, alpha))).sum() + cross
    of_b = (n * (polygamma(1, b) - polygamma(1, beta))).sum() + cross
    return value, np.array(slopes), np.array([[of_a, cross], [cross, of_b]])


def _whole(given: dict[str, ArrayLike]) -> dict[str, Floats]:
    arrays = as_floats(given)
    refuse(arrays, {name: [(a < 0, "0 or more"), (a != np.floor(a), "a whole number")] for name, a in arrays.items()})
    return arrays
