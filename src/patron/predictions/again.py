"""Whether customers order again: the probability of at least one order within a horizon, or ever."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.bgnbd import BGNBD
from patron.predictions.histories import checked, horizon
from patron.predictions.pairs import by_pair

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats, Integers
    from patron.predictions.paretonbd import ParetoNBD

_NODES, _WEIGHTS = (np.asarray(v) for v in np.polynomial.legendre.leggauss(32))
_PANELS = np.array([0.0, 0.06, 0.3, 1.0])
_TAIL = 42.0  # e to the minus of it is below rounding


def p_order(model: BGNBD | ParetoNBD, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
    """The probability of each customer to order at least once from T to T + t.

    For (M)BG/NBD, who leave only after an order, of those still here λ ~ Gamma(r + x, α + T), so that nothing is ordered within t with
    probability ((α + T)/(α + T + t))^(r + x). For Pareto/NBD the first order comes at y, before leaving, with density
    (r + x)/(α + T + y) ((α + T)/(α + T + y))^(r + x) ((β + T)/(β + T + y))^s.

    Args:
        model: fitted.
        t: the horizon.
        x: repeat purchases.
        t_x: age at the last purchase.
        T: age now.
    """
    return _within(model, horizon(t), x, t_x, T)


def p_ever(model: BGNBD | ParetoNBD, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
    """The probability of each customer to order ever again."""
    return _within(model, np.inf, x, t_x, T)


def order_if_here(model: BGNBD | ParetoNBD, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
    """The probability of an order from T to T + t, of customers who are still here at T."""
    of_x, _, of_end, _ = checked(x, t_x, T)
    if isinstance(model, BGNBD):
        return by_pair(of_x, of_end, lambda a, b: -np.expm1(-(model.r + a) * np.log1p(t / (model.alpha + b))))
    return by_pair(of_x, of_end, lambda a, b: _before_leaving(model, t, a, b))


def _within(model: BGNBD | ParetoNBD, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
    return np.clip(model.p_alive(x, t_x, T) * order_if_here(model, t, x, t_x, T), 0.0, 1.0)


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
