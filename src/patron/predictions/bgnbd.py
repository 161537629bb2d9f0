"""BG/NBD: customers buy at a rate of their own and may leave after any repeat purchase (Fader, Hardie and Lee 2005).

It says of everyone without a repeat purchase that they are still customers: for who has left take MBG/NBD or Pareto/NBD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from patron.predictions import geometric
from patron.predictions.histories import as_floats, cells, checked, horizon
from patron.predictions.model import TOO_FEW, LeavingAfterPurchase, arguments, doubt_of, refuse_without_repeats, thinned
from patron.predictions.optimum import Prior, maximum
from patron.predictions.pairs import by_pair
from patron.predictions.whole import WholeRows, whole_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Cells, Floats, Integers

_ROWS = 1 << 17


@dataclass(frozen=True)
class BGNBD(LeavingAfterPurchase):
    """A fitted BG/NBD: λ ~ Gamma(r, alpha), p ~ Beta(a, b)."""

    name: ClassVar[str] = "bgnbd"
    first: ClassVar[int] = 0

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """The probability of each customer to be still a customer at T."""
        many = whole_rows(x, t_x, T)
        if many is not None:
            return many.alive_and(*self._by_number(many), None)
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        return self._alive(of_x, of_t, of_end)

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases of each customer from T to T + t.

        Source: Fader, Hardie and Lee (2005), equation 10, as an average over the posterior of p.
        """
        values, span = np.asarray(self.values), np.array([horizon(t)])

        def answer(x: Integers, T: Floats) -> Floats:  # noqa: N803
            found: Floats = geometric.purchases_while_here(values, span, x, T, self.first)[0]
            return found

        many = whole_rows(x, t_x, T)
        if many is not None:
            return many.alive_and(*self._by_number(many), answer)
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        return self._alive(of_x, of_t, of_end) * by_pair(of_x, of_end, answer)

    def while_here(self, times: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases from T on of customers who are still here at T: a row for each span of time, a column for each customer."""
        spans = as_floats({"times": times})["times"]
        of_x, _, of_end, _ = checked(x, t_x, T)
        values = np.asarray(self.values)
        return by_pair(of_x, of_end, lambda a, b: geometric.purchases_while_here(values, spans, a, b, self.first))

    def expected_of_new(self, t: ArrayLike) -> Floats:
        """Expected repeat purchases of a customer from the first purchase to age t.

        Source: Fader, Hardie and Lee (2005), equation 9.
        """
        ages = as_floats({"t": t})["t"]
        values = np.asarray(self.values)
        stays = self.b / (self.a + self.b) if self.first else 1.0
        zero, start = np.zeros(1, dtype=np.int64), np.zeros(1)
        found: Floats = stays * geometric.purchases_while_here(values, ages, zero, start, self.first)[:, 0]
        return found

    def pmf_of_new(self, t: float, largest: int) -> Floats:
        """Probabilities of 0 … `largest` repeat purchases by age t.

        Source: Fader, Hardie and Lee (2005), equation 8.
        """
        stays = self.b / (self.a + self.b) if self.first else 1.0
        found = stays * geometric.pmf_while_here(np.asarray(self.values), horizon(t), 0, 0.0, self.first, largest)
        found[0] += 1.0 - stays
        return found

    def pmf(self, t: float, x: int, t_x: float, T: float, largest: int) -> Floats:  # noqa: N803
        """Probabilities of 0 … `largest` purchases from T to T + t of a customer with this history."""
        here = float(self.p_alive([x], [t_x], [T])[0])
        found = here * geometric.pmf_while_here(np.asarray(self.values), horizon(t), x, T, self.first, largest)
        found[0] += 1.0 - here
        return found

    def simulate(self, T: ArrayLike, *, seed: int) -> tuple[Integers, Floats]:  # noqa: N803
        """Histories of new customers observed until T, in continuous time: x and t_x."""
        ends = as_floats({"T": T})["T"]
        rng = np.random.default_rng(seed)
        rate = rng.gamma(self.r, 1.0 / self.alpha, len(ends))
        leaves = rng.beta(self.a, self.b, len(ends))
        x, t_x = np.zeros(len(ends), dtype=np.int64), np.zeros(len(ends))
        here = rng.random(len(ends)) >= leaves if self.first else np.ones(len(ends), dtype=bool)
        rows = np.flatnonzero(here)
        while len(rows):
            at = t_x[rows] + rng.exponential(1.0, len(rows)) / np.maximum(rate[rows], 1e-300)
            bought = at <= ends[rows]
            rows = rows[bought]
            x[rows] += 1
            t_x[rows] = at[bought]
            rows = rows[rng.random(len(rows)) >= leaves[rows]]
        return x, t_x

    def _by_number(self, rows: WholeRows) -> tuple[Floats, Floats, Floats]:
        """Logarithm of the odds of having left and rate by x, and logarithm of α and age by age."""
        x = np.arange(rows.most + 1, dtype=np.float64)
        with np.errstate(divide="ignore"):
            odds = np.log(self.a) - np.log(np.maximum(self.b + (x - 1 + self.first), 0.0))
        if not self.first:
            odds[0] = -np.inf
        return odds, self.r + x, np.log(self.alpha + np.arange(rows.oldest + 1, dtype=np.float64))

    def _alive(self, x: Integers, t_x: Floats, T: Floats) -> Floats:  # noqa: N803
        values = np.asarray(self.values)
        found = np.empty(len(x))
        for begin in range(0, len(x), _ROWS):  # what fits into the processor's memory
            rows = slice(begin, begin + _ROWS)
            found[rows] = geometric.p_alive(values, x[rows], t_x[rows], T[rows], self.first)
        return found


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, weights: ArrayLike | None = None, prior: Prior | None = None) -> BGNBD:  # noqa: N803
    """A BG/NBD fitted by maximum likelihood, or with a prior to the highest posterior.

    Args:
        x: repeat purchases of each customer.
        t_x: age at the last purchase, 0 when there is none but the first.
        T: age at the end of observation; any unit of time, the same for both.
        weights: how many customers each row stands for.
        prior: of the logarithms of r, alpha, a and b; see `weak_prior`.

    Raises:
        InputError: rows that are no histories, all of them named; or nobody bought again and there is no prior.
    """
    return fitted(BGNBD, cells(x, t_x, T, weights), prior)


def bootstrap(  # noqa: PLR0913
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,  # noqa: N803
    *,
    weights: ArrayLike | None = None,
    count: int = 200,
    seed: int = 0,
) -> tuple[BGNBD, ...]:
    """Fits to as many customers drawn anew with replacement (Poisson weights of cells): how much the fit owes to chance.

    Args:
        x: repeat purchases of each customer.
        t_x: age at the last purchase.
        T: age at the end of observation.
        weights: how many customers each row stands for, whole numbers.
        count: how many fits.
        seed: of the draws.
    """
    return refitted(BGNBD, cells(x, t_x, T, weights), count, seed)


def weak_prior(T: ArrayLike) -> Prior:  # noqa: N803
    """What is usual of shops: so wide that a few hundred customers outweigh it, and enough for fifty to get sane answers.

    Args:
        T: ages, in the unit of time of the fit.
    """
    typical = float(np.mean(np.asarray(T, dtype=np.float64))) or 1.0
    return Prior((float(np.log(0.5)), float(np.log(typical / 4)), float(np.log(0.8)), float(np.log(2.5))), (1.0, 1.5, 0.75, 0.75))


M = TypeVar("M", bound=BGNBD)


def fitted(model: type[M], histories: Cells, prior: Prior | None) -> M:
    """A model of this family, fitted to cells."""
    refuse_without_repeats(histories, prior)
    typical = float((histories.n * histories.T).sum() / histories.n.sum()) or 1.0
    starts: list[tuple[float, ...]] = [(0.5, typical / 4, 0.8, 2.5), (1.0, typical, 0.3, 8.0)]
    usual, few = starts[0], thinned(histories)
    if few is not None:
        near = maximum(lambda p: geometric.likelihood(few, p, model.first), starts, prior)
        starts = [tuple(near.parameters.tolist())]
    found = maximum(lambda p: geometric.likelihood(histories, p, model.first), starts, prior, usual=usual)
    doubt = ""
    if not found.is_inside or found.covariance is None:
        doubt = doubt_of(float(found.parameters[2] / found.parameters[3]), 1e-3, histories.back)
    return model(**arguments(found, histories.customers, doubt))


def refitted(model: type[M], histories: Cells, count: int, seed: int) -> tuple[M, ...]:
    """Models of this family fitted to cells with weights drawn anew."""
    best = fitted(model, histories, None)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        drawn = histories.with_weights(rng.poisson(histories.n).astype(np.float64))

        def likelihood(parameters: Floats, drawn: Cells = drawn) -> tuple[float, Floats, Floats]:
            return geometric.likelihood(drawn, parameters, model.first)

        there = maximum(likelihood, [best.values])
        found.append(model(**arguments(there, drawn.customers, "" if there.is_inside else TOO_FEW)))
    return tuple(found)
