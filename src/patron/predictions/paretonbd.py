"""Pareto/NBD: customers buy at a rate of their own and leave at a rate of their own, unseen (Schmittlein, Morrison and Colombo 1987)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from patron.predictions import exponential
from patron.predictions.histories import as_floats, cells, checked, horizon, refuse
from patron.predictions.model import Buying, arguments, doubt_of, refuse_without_repeats, thinned
from patron.predictions.optimum import Prior, maximum
from patron.predictions.pairs import by_pair

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Cells, Floats, Integers

__all__ = ["ParetoNBD", "fit", "weak_prior"]


@dataclass(frozen=True)
class ParetoNBD(Buying):
    """A fitted Pareto/NBD: λ ~ Gamma(r, alpha), μ ~ Gamma(s, beta)."""

    name: ClassVar[str] = "paretonbd"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    @property
    def s(self) -> float:
        """Shape of the rates of leaving."""
        return self.values[2]

    @property
    def beta(self) -> float:
        """Rate parameter of the rates of leaving, in units of time."""
        return self.values[3]

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """The probability of each customer to be still a customer at T."""
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        return exponential.p_alive(np.asarray(self.values), of_x, of_t, of_end)

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases of each customer from T to T + t.

        Source: Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD Model", equation 41; at s = 1 its limit.
        """
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        rate = (self.r + of_x) / (self.alpha + of_end)
        lasts = _lasting(self.s, self.beta + of_end, horizon(t))
        return exponential.p_alive(np.asarray(self.values), of_x, of_t, of_end) * rate * lasts

    def while_here(self, times: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases from T on of customers who are still here at T: a row for each span of time, a column for each customer."""
        spans = as_floats({"times": times})["times"]
        of_x, _, of_end, _ = checked(x, t_x, T)
        lasts = by_pair(np.zeros(len(of_x), dtype=np.int64), of_end, lambda _, b: _lasting(self.s, self.beta + b, spans[:, None]))
        found: Floats = (self.r + of_x) / (self.alpha + of_end) * lasts
        return found

    def expected_of_new(self, t: ArrayLike) -> Floats:
        """Expected repeat purchases of a customer from the first purchase to age t."""
        ages = as_floats({"t": t})["t"]
        return self.r / self.alpha * _lasting(self.s, np.full(len(ages), self.beta), ages)

    def discounted_purchases(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, rate: float) -> Floats:  # noqa: N803
        """Expected purchases after T of each customer, each discounted from its time to T (DERT), without end.

        Args:
            x: repeat purchases.
            t_x: age at the last purchase.
            T: age now.
            rate: of discounting, continuous, per unit of time: ln(1.15)/52 is 15 % a year in weeks.

        Source: Fader, Hardie and Lee (2005), "RFM and CLV", equation 2, as an integral over time.
        """
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        refuse({"rate": np.array([rate])}, {"rate": [(np.array([not rate > 0]), "a rate above 0")]})
        ages, place = np.unique(of_end, return_inverse=True)
        lasts = exponential.discounted_time(self.s, self.beta + ages, rate)[place]
        return exponential.p_alive(np.asarray(self.values), of_x, of_t, of_end) * (self.r + of_x) / (self.alpha + of_end) * lasts

    def pmf_of_new(self, t: float, largest: int) -> Floats:
        """Probabilities of 0 … `largest` repeat purchases by age t."""
        return exponential.pmf(np.asarray(self.values), horizon(t), largest)

    def simulate(self, T: ArrayLike, *, seed: int) -> tuple[Integers, Floats]:  # noqa: N803
        """Histories of new customers observed until T, in continuous time: x and t_x."""
        ends = as_floats({"T": T})["T"]
        rng = np.random.default_rng(seed)
        rate = rng.gamma(self.r, 1.0 / self.alpha, len(ends))
        stays = rng.exponential(1.0, len(ends)) / np.maximum(rng.gamma(self.s, 1.0 / self.beta, len(ends)), 1e-300)
        seen = np.minimum(stays, ends)
        x = rng.poisson(rate * seen).astype(np.int64)
        last = rng.random(len(ends)) ** (1.0 / np.maximum(x, 1))  # the latest of x uniform instants
        return x, np.where(x > 0, seen * last, 0.0)


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, weights: ArrayLike | None = None, prior: Prior | None = None) -> ParetoNBD:  # noqa: N803
    """A Pareto/NBD fitted by maximum likelihood, or with a prior to the highest posterior.

    Args:
        x: repeat purchases of each customer.
        t_x: age at the last purchase, 0 when there is none but the first.
        T: age at the end of observation; any unit of time, the same for both.
        weights: how many customers each row stands for.
        prior: of the logarithms of r, alpha, s and beta; see `weak_prior`.

    Raises:
        InputError: rows that are no histories, all of them named; or nobody bought again and there is no prior.
    """
    return fitted(cells(x, t_x, T, weights), prior)


def fitted(histories: Cells, prior: Prior | None) -> ParetoNBD:
    """A Pareto/NBD fitted to cells."""
    refuse_without_repeats(histories, prior)
    typical = float((histories.n * histories.T).sum() / histories.n.sum()) or 1.0
    starts = [(1.0, typical / 4, 1.0, typical / 4), (0.5, typical / 4, 0.5, typical / 2), (0.5, typical / 2, 0.2, typical / 20)]
    usual, few = starts[0], thinned(histories)
    if few is not None:
        near = maximum(lambda p: exponential.likelihood(few, p), starts, prior)
        starts = [tuple(near.parameters.tolist())]
    found = maximum(lambda p: exponential.likelihood(histories, p), starts, prior, usual=usual)
    doubt = ""
    if not found.is_inside or found.covariance is None:
        leaves_a_year = found.parameters[2] * typical / found.parameters[3]
        doubt = doubt_of(float(leaves_a_year), 1e-2, histories.back)
    return ParetoNBD(**arguments(found, histories.customers, doubt))


def weak_prior(T: ArrayLike) -> Prior:  # noqa: N803
    """What is usual of shops: so wide that a few hundred customers outweigh it, and enough for fifty to get sane answers.

    Args:
        T: ages, in the unit of time of the fit.
    """
    typical = float(np.mean(np.asarray(T, dtype=np.float64))) or 1.0
    centre = tuple(float(np.log(v)) for v in (0.5, typical / 4, 0.6, typical / 4))
    return Prior(centre, (1.0, 1.5, 0.75, 1.5))


def _lasting(s: float, age: Floats, t: float | Floats) -> Floats:
    """Expected time as a customer within t, of those who are here: (1 − (age/(age + t))^(s − 1)) age / (s − 1)."""
    shrinks = -np.log1p(t / age)
    if abs(s - 1) < 1e-12:
        return age * -shrinks
    result: Floats = age * -np.expm1((s - 1) * shrinks) / (s - 1)
    return result
