"""Whether customers order again: the probability of at least one order within a horizon, or ever."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.bgnbd import BGNBD
from patron.predictions.cnbd import CNBD
from patron.predictions.histories import checked, horizon
from patron.predictions.pairs import by_pair

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats, Integers
    from patron.predictions.paretonbd import ParetoNBD

_NODES, _WEIGHTS = (np.asarray(v) for v in np.polynomial.legendre.leggauss(32))
_PANELS = np.array([0.0, 0.06, 0.3, 1.0])
_TAIL = 42.0  # e to the minus of it is below rounding


def p_order(model: BGNBD | CNBD | ParetoNBD, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
    """The probability of each customer to order at least once from T to T + t.

    For (M)BG/NBD, who leave only after an order, of those still here λ ~ Gamma(r + x, α + T), so that nothing is ordered within t with
    probability ((α + T)/(α + T + t))^(r + x). For Pareto/NBD the first order comes at y, before leaving, with density
    (r + x)/(α + T + y) ((α + T)/(α + T + y))^(r + x) ((β + T)/(β + T + y))^s. For (M)BG/CNBD-k of those still here so many more events
    are needed as the last order was not followed by yet.

    Args:
        model: fitted.
        t: the horizon.
        x: repeat purchases.
        t_x: age at the last purchase.
        T: age now.
    """
    return _within(model, horizon(t), x, t_x, T)


def p_ever(model: BGNBD | CNBD | ParetoNBD, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
    """The probability of each customer to order ever again."""
    return _within(model, np.inf, x, t_x, T)


def order_if_here(model: BGNBD | CNBD | ParetoNBD, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
    """The probability of an order from T to T + t, of customers who are still here at T."""
    of_x, of_t, of_end, _ = checked(x, t_x, T)
    if isinstance(model, CNBD):
        likely = model.passed(of_x, of_t, of_end)
        soon = [by_pair(of_x, of_end, partial(_any, model, t, j)) for j in range(model.k)]
        return sum((share * of for share, of in zip(likely, soon, strict=True)), np.zeros(len(of_x)))
    if isinstance(model, BGNBD):
        return by_pair(of_x, of_end, lambda a, b: -np.expm1(-(model.r + a) * np.log1p(t / (model.alpha + b))))
    return by_pair(of_x, of_end, lambda a, b: _before_leaving(model, t, a, b))


def _within(model: BGNBD | CNBD | ParetoNBD, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
    return np.clip(model.p_alive(x, t_x, T) * order_if_here(model, t, x, t_x, T), 0.0, 1.0)


def _any(model: CNBD, t: float, passed: int, x: Integers, T: Floats) -> Floats:  # noqa: N803
    return model.more_while_here(t, 0, x, T, passed)


def _before_leaving(model: ParetoNBD, t: float, x: Integers, T: Floats) -> Floats:  # noqa: N803
    """Of customers who are here, the probability to order within t and before leaving, by Gauss and Legendre in u = ln((α+T+y)/(α+T))."""
    rate, of_a, of_b = model.r + x, model.alpha + T, model.beta + T
    end = np.minimum(np.log1p(t / of_a), _TAIL / rate)
    found = np.zeros(len(x))
    for a, b in pairwise(_PANELS.tolist()):
        for node, weight in zip(_NODES.tolist(), _WEIGHTS.tolist(), strict=True):
            u = end * ((b - a) / 2 * node + (a + b) / 2)
            found += (b - a) / 2 * weight * np.exp(-rate * u - model.s * np.log1p(of_a / of_b * np.expm1(u)))
    result: Floats = found * rate * end
    return result
