"""How many orders may come, not only how many on average: tails of the distribution, and the interval that holds most of it.

Of a customer who is here now, more than n orders come within t if the customer stays after each of the first n and the n + 1st is in time.
For (M)BG/NBD the two are independent: B(a, stay + n) / B(a, stay) times I_z(n + 1, r + x), z = t / (α + T + t), I the regularised
incomplete beta function. For Pareto/NBD the n + 1st order comes at y, before leaving: an integral over y of the density of its time times
((β + T)/(β + T + y))^s. Both depend on x and T alone. For (M)BG/CNBD-k it is as for (M)BG/NBD, of k events for an order, of which some
may have passed. For other models it is the negative binomial with the same mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaln

from patron.predictions.bgnbd import BGNBD
from patron.predictions.cnbd import CNBD
from patron.predictions.histories import checked, horizon
from patron.predictions.pairs import pairs_of
from patron.predictions.paretonbd import ParetoNBD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from patron.predictions.histories import Flags, Floats, Integers
    from patron.predictions.model import PurchaseModel
    from patron.predictions.pairs import Pairs

_NODES, _WEIGHTS = (np.asarray(v) for v in np.polynomial.legendre.leggauss(24))
_LARGEST = 100_000
_SAME = 1e-12


def orders_within(  # noqa: PLR0913  # a history is three arrays
    models: Sequence[PurchaseModel],
    t: float,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,  # noqa: N803
    *,
    level: float = 0.8,
) -> tuple[Floats, Floats]:
    """The lower and upper end of how many orders each customer makes from T to T + t.

    Args:
        models: equally likely ones, such as `[model]`, or `model.draws(20)` to take in that parameters are estimates.
        t: the horizon, in the models' unit of time.
        x: repeat purchases.
        t_x: age at the last.
        T: age now.
        level: the probability to lie between the ends, these included; counts are whole, so it is this much at least.

    Returns:
        For each customer the smallest count that is not exceeded with probability (1 − level)/2, and with (1 + level)/2.
    """
    span = horizon(t)
    of_x, of_t, of_end, _ = checked(x, t_x, T)
    pairs = pairs_of(of_x, of_end)
    ahead = [_Ahead(m, span, pairs.x, pairs.T) for m in models]
    here = [m.p_alive(of_x, of_t, of_end) for m in models]
    ways = [p * m.passed(of_x, of_t, of_end) if isinstance(m, CNBD) else p[None, :] for m, p in zip(models, here, strict=True)]
    out = (1.0 - level) / 2
    low, high = _smallest(ahead, ways, pairs, (1.0 - out, out))
    return low, high


def _smallest(ahead: Sequence[_Ahead], ways: Sequence[Floats], pairs: Pairs, tails: tuple[float, float]) -> tuple[Floats, Floats]:
    """For each customer the smallest n that is exceeded with a probability of at most each of two tails, the greater first.

    Args:
        ahead: of each model.
        ways: of each model, how likely each customer is here, having passed 0, 1, … events.
        pairs: of x and T.
        tails: two probabilities.
    """
    low, high = np.zeros(len(pairs.place)), np.zeros(len(pairs.place))
    rows, place = np.arange(len(pairs.place)), pairs.place
    asked, of_pair = np.zeros(len(pairs.x), dtype=bool), np.zeros(len(pairs.x))
    for n in range(_LARGEST):
        asked[:] = False
        asked[place] = True
        some = np.flatnonzero(asked)
        more = np.zeros(len(rows))
        for model, of_model in zip(ahead, ways, strict=True):
            for passed, likely in enumerate(of_model):
                of_pair[some] = model.more_than(n, some, passed)
                more += likely[rows] * of_pair[place]
        more /= len(ahead)
        low[rows[more > tails[0] + _SAME]] = n + 1
        open_ = more > tails[1] + _SAME
        rows, place = rows[open_], place[open_]
        if not len(rows):
            break
        high[rows] = n + 1
    return low, high


class _Ahead:
    """The tails of what customers who are here now will order, by pairs of x and T."""

    def __init__(self, model: PurchaseModel, t: float, x: Integers, T: Floats) -> None:  # noqa: N803
        self.model, self.t, self.x, self.T = model, t, x, T
        self._mean = None if isinstance(model, (BGNBD, CNBD, ParetoNBD)) else _mean_while_here(model, t, x, T)

    def more_than(self, n: int, pairs: Integers, passed: int = 0) -> Floats:
        """The probability of more than n orders, for some of the pairs, of customers who have passed so many events of (M)BG/CNBD-k."""
        x, age, model = self.x[pairs], self.T[pairs], self.model
        if self.t == 0:
            return np.zeros(len(x))
        if isinstance(model, CNBD):
            return model.more_while_here(self.t, n, x, age, passed)
        if isinstance(model, BGNBD):
            stay = model.b + x + model.first
            stays = np.exp(betaln(model.a, stay + n) - betaln(model.a, stay)) if n else 1.0
            come: Floats = stays * betainc(n + 1.0, model.r + x, self.t / (model.alpha + age + self.t))
            return come
        if isinstance(model, ParetoNBD):
            return _before_leaving(model, self.t, n, x, age)
        shape = x + 0.5
        mean = np.zeros(len(x)) if self._mean is None else self._mean[pairs]
        other: Floats = betainc(n + 1.0, shape, mean / (mean + shape))
        return other


def _before_leaving(model: ParetoNBD, t: float, n: int, x: Integers, T: Floats) -> Floats:  # noqa: N803
    """That the n + 1st order comes within t and before leaving: an integral over the share of its distribution that has passed.

    With w = y / (α + T + y) the time of the n + 1st order is w ~ Beta(n + 1, r + x), so the integral is of w^n (1 − w)^(r + x − 1) over
    its beta function, times the probability to have stayed; the nodes are laid where that beta distribution is.
    """
    rate, of_a, of_b = model.r + x, model.alpha + T, model.beta + T
    end = t / (of_a + t)
    mean = (n + 1.0) / (n + 1.0 + rate)
    spread = np.sqrt(mean * (1 - mean) / (n + 2.0 + rate))
    begin = np.clip(mean - 12 * spread, 0.0, end)
    until = np.minimum(end, np.maximum(mean + 36 * spread, begin))
    constant = -betaln(n + 1.0, rate)
    found = np.zeros(len(x))
    for low, high in ((0.0, 0.1), (0.1, 0.25), (0.25, 0.5), (0.5, 1.0)):
        for node, weight in zip(_NODES.tolist(), _WEIGHTS.tolist(), strict=True):
            w = begin + (until - begin) * ((high - low) / 2 * node + (low + high) / 2)
            y = of_a * w / (1 - w)
            logs = constant + n * np.log(np.maximum(w, 1e-300)) + (rate - 1) * np.log1p(-w) - model.s * np.log1p(y / of_b)
            found += (high - low) / 2 * weight * np.exp(logs)
    result: Floats = np.clip(found * (until - begin), 0.0, 1.0)
    return result


def _mean_while_here(model: PurchaseModel, t: float, x: Integers, T: Floats) -> Floats:  # noqa: N803
    """Expected orders within t of customers who are here: of those who have just ordered, over the chance that they are here."""
    last = np.where(x > 0, T, 0.0)
    valid: Flags = (x == 0) | (T > 0)
    here = model.p_alive(x, last, T)
    return np.where(valid & (here > 0), model.expected_purchases(t, x, last, T) / np.maximum(here, 1e-300), 0.0)
