"""MBG/CNBD-k and BG/CNBD-k: as MBG/NBD and BG/NBD, for customers who buy more regularly than by chance (Platzer and Reutterer 2016).

Gaps between purchases are Erlang-k: with k = 1 any moment is as good as another, which is (M)BG/NBD; the greater k, the more like
clockwork, and the sooner a customer who is late has probably left. In continuous time k is chosen by likelihood, which needs the gaps:
the sum of their logarithms for each customer. Parameters: r and alpha of the rates of events, of which every k-th is a purchase; a and b
of the probabilities of leaving.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import digamma, gammaln

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions import bgnbd, erlang
from patron.predictions.histories import as_floats, cells, checked, dot, horizon, refuse
from patron.predictions.model import LeavingAfterPurchase, arguments, doubt_of, refuse_without_repeats, thinned
from patron.predictions.optimum import Prior, maximum
from patron.predictions.pairs import by_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from patron.predictions.histories import Cells, Floats, Integers

__all__ = ["BGCNBD", "CNBD", "MBGCNBD", "fit", "most_likely", "regularity", "weak_prior"]

LARGEST_K = 6
_REGULAR = (0.05, 50.0)
_HALVINGS = 48


@dataclass(frozen=True)
class CNBD(LeavingAfterPurchase):
    """A fitted CNBD-k: events at rate λ ~ Gamma(r, alpha), every k-th a purchase, p ~ Beta(a, b).

    Attributes:
        first: 1 when customers may leave after the first purchase too (MBG), 0 when not (BG).
        k: how regular purchases are, 1 for not at all.
    """

    first: ClassVar[int]
    k: int = 1

    @property
    def parameters(self) -> dict[str, float]:
        """The values by name, k among them."""
        return {**dict(zip(self.names, self.values, strict=True)), "k": float(self.k)}

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """The probability of each customer to be still a customer at T."""
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        return erlang.p_alive(np.asarray(self.values), of_x, of_t, of_end, self.k, self.first)

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases of each customer from T to T + t: exact, for each number of events that may have passed since the last one."""
        here: Floats = self.while_here([horizon(t)], x, t_x, T)[0] * self.p_alive(x, t_x, T)
        return here

    def while_here(self, times: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases from T on of customers who are still here at T: a row for each span of time, a column for each customer."""
        spans = as_floats({"times": times})["times"]
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        values = np.asarray(self.values)
        likely, found = self.passed(of_x, of_t, of_end), np.zeros((len(spans), len(of_x)))
        for j, share in enumerate(likely):

            def here(a: Integers, b: Floats, j: int = j) -> Floats:
                return erlang.purchases_while_here(values, spans, a, b, self.k, self.first, j)

            found += share * by_pair(of_x, of_end, here)
        return found

    def passed(self, x: Integers, t_x: Floats, T: Floats) -> Floats:  # noqa: N803
        """How likely customers who are still here at T have passed 0 … k − 1 events since the last purchase: a row for each."""
        return erlang.shares(np.asarray(self.values), x, t_x, T, self.k)

    def more_while_here(self, t: float, n: int, x: Integers, T: Floats, passed: int) -> Floats:  # noqa: N803
        """The probability of more than n purchases from T to T + t, of customers who are here at T and have passed so many events."""
        return erlang.more_while_here(np.asarray(self.values), t, n, x, T, self.k, self.first, passed)

    def expected_of_new(self, t: ArrayLike) -> Floats:
        """Expected repeat purchases of a customer from the first purchase to age t."""
        ages = as_floats({"t": t})["t"]
        values, zero, start = np.asarray(self.values), np.zeros(1, dtype=np.int64), np.zeros(1)
        return self._stays * np.asarray(erlang.purchases_while_here(values, ages, zero, start, self.k, self.first, 0)[:, 0])

    def pmf_of_new(self, t: float, largest: int) -> Floats:
        """Probabilities of 0 … `largest` repeat purchases by age t."""
        found = self._stays * erlang.pmf_of_new(np.asarray(self.values), horizon(t), self.k, self.first, largest)
        found[0] += 1.0 - self._stays
        return found

    def simulate(self, T: ArrayLike, *, seed: int) -> tuple[Integers, Floats]:  # noqa: N803
        """Histories of new customers observed until T, in continuous time: x and t_x."""
        x, t_x, _ = self.simulate_gaps(T, seed=seed)
        return x, t_x

    def simulate_gaps(self, T: ArrayLike, *, seed: int) -> tuple[Integers, Floats, Floats]:  # noqa: N803
        """Histories as `simulate`, with the sum of the logarithms of each customer's gaps."""
        ends = as_floats({"T": T})["T"]
        rng = np.random.default_rng(seed)
        rate = np.maximum(rng.gamma(self.r, 1.0 / self.alpha, len(ends)), 1e-300)
        leaves = rng.beta(self.a, self.b, len(ends))
        x, t_x, logs = np.zeros(len(ends), dtype=np.int64), np.zeros(len(ends)), np.zeros(len(ends))
        rows = np.flatnonzero(rng.random(len(ends)) >= leaves * self.first)
        while len(rows):
            gap = rng.gamma(self.k, 1.0, len(rows)) / rate[rows]
            bought = t_x[rows] + gap <= ends[rows]
            rows, gap = rows[bought], gap[bought]
            x[rows] += 1
            t_x[rows] += gap
            logs[rows] += np.log(gap)
            rows = rows[rng.random(len(rows)) >= leaves[rows]]
        return x, t_x, logs

    @property
    def _stays(self) -> float:
        return self.b / (self.a + self.b) if self.first else 1.0


@dataclass(frozen=True)
class BGCNBD(CNBD):
    """A fitted BG/CNBD-k: customers may leave after any repeat purchase."""

    name: ClassVar[str] = "bgcnbd"
    first: ClassVar[int] = 0


@dataclass(frozen=True)
class MBGCNBD(CNBD):
    """A fitted MBG/CNBD-k: customers may leave after the first purchase too."""

    name: ClassVar[str] = "mbgcnbd"
    first: ClassVar[int] = 1


def fit(  # noqa: PLR0913
    x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, k: int, sum_log_gaps: ArrayLike | None = None,  # noqa: N803
    weights: ArrayLike | None = None, prior: Prior | None = None, leaves_at_first: bool = True,
) -> CNBD:  # fmt: skip
    """An (M)BG/CNBD-k fitted by maximum likelihood, or with a prior to the highest posterior.

    Args:
        x: repeat purchases of each customer.
        t_x: age at the last purchase, 0 when there is none but the first.
        T: age at the end of observation; any unit of time, the same for both.
        k: how regular purchases are, 1 to 6.
        sum_log_gaps: the sum of the logarithms of the gaps between a customer's purchases, 0 where there is none. The parameters do not
            need it; without it the log-likelihood is NaN for k above 1, for it could not be compared.
        weights: how many customers each row stands for.
        prior: of the logarithms of r, alpha, a and b; see `weak_prior`.
        leaves_at_first: whether customers may leave after the first purchase too (MBG), or only after a repeat purchase (BG).

    Raises:
        InputError: rows that are no histories, all of them named; or nobody bought again and there is no prior.
    """
    if k not in range(1, LARGEST_K + 1):
        raise InputError("There is no such model.", [Problem("k", str(k), f"a whole number from 1 to {LARGEST_K}")])
    histories, gaps = cells(x, t_x, T, weights), _gaps(x, t_x, sum_log_gaps, weights)
    refuse_without_repeats(histories, prior)
    return _fitted(histories, gaps, k, int(leaves_at_first), prior)


def most_likely(  # noqa: PLR0913
    x: ArrayLike, t_x: ArrayLike, T: ArrayLike, sum_log_gaps: ArrayLike, *,  # noqa: N803
    weights: ArrayLike | None = None, leaves_at_first: bool = True, largest: int = LARGEST_K,
) -> CNBD:  # fmt: skip
    """The (M)BG/CNBD-k with the highest likelihood of k = 1, 2, …; arguments and errors as `fit`."""
    best = fit(x, t_x, T, k=1, sum_log_gaps=sum_log_gaps, weights=weights, leaves_at_first=leaves_at_first)
    for k in range(2, largest + 1):
        there = fit(x, t_x, T, k=k, sum_log_gaps=sum_log_gaps, weights=weights, leaves_at_first=leaves_at_first)
        if not there.log_likelihood > best.log_likelihood:
            break
        best = there
    return best


def regularity(x: ArrayLike, t_x: ArrayLike, sum_log_gaps: ArrayLike, *, weights: ArrayLike | None = None) -> float | None:
    """How regular purchases are: the k, not only a whole one, under which the gaps of each customer share t_x as they do.

    Whatever a customer's own rate is, gaps that are Erlang-k share the time between the first and the last purchase as a Dirichlet
    distribution with k for each does, so nothing but the gaps is needed. 1 is no regularity, and gaps in whole days of customers who buy
    every few days are more regular than in truth.

    Args:
        x: repeat purchases of each customer.
        t_x: age at the last of them.
        sum_log_gaps: the sum of the logarithms of the gaps between a customer's purchases.
        weights: how many customers each row stands for.

    Returns:
        From 0.05 to 50; None where nobody has two gaps.
    """
    histories = cells(x, t_x, t_x, weights)
    gaps, some = _gaps(x, t_x, sum_log_gaps, weights), histories.x > 1
    once = histories.x == 1
    if gaps is None or not some.any():
        return None
    shared = gaps - dot(histories.n[once], np.log(histories.t_x[once]))
    shared -= dot(histories.n[some] * histories.x[some], np.log(histories.t_x[some]))
    distinct, place = np.unique(histories.x[some], return_inverse=True)
    n = np.bincount(place, weights=histories.n[some]).astype(np.float64, copy=False)
    of_x = distinct.astype(np.float64)

    def slope(k: float) -> float:
        return dot(n, of_x * (digamma(of_x * k) - digamma(k))) + shared

    low, high = _REGULAR
    if slope(low) <= 0:
        return low
    if slope(high) >= 0:
        return high
    for _ in range(_HALVINGS):  # the slope falls
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return (low + high) / 2


def weak_prior(T: ArrayLike, k: int = 1) -> Prior:  # noqa: N803
    """What is usual of shops, as `bgnbd.weak_prior`; events are k times as frequent as purchases."""
    usual = bgnbd.weak_prior(T)
    r, alpha, a, b = usual.centre
    return Prior((r, alpha - float(np.log(k)), a, b), usual.spread)


def _fitted(histories: Cells, gaps: float | None, k: int, first: int, prior: Prior | None) -> CNBD:
    typical = float((histories.n * histories.T).sum() / histories.n.sum()) or 1.0
    starts: Sequence[Sequence[float]] = [(0.5, typical / 4 / k, 0.8, 2.5), (1.0, typical / k, 0.3, 8.0)]
    usual, few = starts[0], thinned(histories)
    if few is not None:
        near = maximum(lambda p: erlang.likelihood(few, p, k, first), starts, prior)
        starts = [near.parameters.tolist()]
    found = maximum(lambda p: erlang.likelihood(histories, p, k, first), starts, prior, usual=usual)
    doubt = ""
    if not found.is_inside or found.covariance is None:
        doubt = doubt_of(float(found.parameters[2] / found.parameters[3]), 1e-3, histories.back)
    said = arguments(found, histories.customers, doubt)
    if k > 1:
        of_gaps = float("nan") if gaps is None else (k - 1) * gaps - float((histories.n * histories.x).sum()) * float(gammaln(k))
        said["log_likelihood"] = found.value + of_gaps
    return (MBGCNBD if first else BGCNBD)(**said, k=k)


def _gaps(x: ArrayLike, t_x: ArrayLike, sum_log_gaps: ArrayLike | None, weights: ArrayLike | None) -> float | None:
    """The sum over customers of the logarithms of their gaps."""
    if sum_log_gaps is None:
        return None
    arrays = as_floats({"x": x, "t_x": t_x, "sum_log_gaps": sum_log_gaps} | ({} if weights is None else {"weights": weights}))
    of_x, logs = arrays["x"], arrays["sum_log_gaps"]
    most = of_x * np.log(np.maximum(arrays["t_x"], 1e-300) / np.maximum(of_x, 1))  # equal gaps have the greatest sum
    refuse(arrays, {"sum_log_gaps": [
        ((of_x == 0) & (logs != 0), "0, for there is no gap"),
        ((of_x > 0) & (logs > most + 1e-6 * (1 + np.abs(most))), "at most x ln(t_x / x), that of equal gaps"),
    ]})  # fmt: skip
    return float(np.sort(arrays.get("weights", np.ones(len(logs))) * logs).sum())  # whatever the order of rows
