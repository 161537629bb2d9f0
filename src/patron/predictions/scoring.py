"""What models say of distinct purchase histories: the columns that every customer with such a history is given.

Ages are in days. Histories may come in pieces, so that however many there are, little is held at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.again import p_order
from patron.predictions.ahead import orders_within
from patron.predictions.clv import continuous_rate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patron.predictions.bgnbd import BGNBD
    from patron.predictions.histories import Cells, Floats, Integers
    from patron.predictions.naive import NaiveRate, RecencyRule, Zero
    from patron.predictions.paretonbd import ParetoNBD

    Model = BGNBD | ParetoNBD
    Predictor = Model | NaiveRate | RecencyRule | Zero
    """Says how many orders to expect: a model of buying and leaving, or what can be said without one."""

PIECE = 1 << 18
"""Histories that are best answered at a time."""
LEVEL = 0.8
"""The probability that an interval holds what will happen."""
_YEAR = 365.0
_SURE = 10_000
_DRAWS = 20


@dataclass(frozen=True, slots=True)
class Scorer:
    """Who answers what.

    Attributes:
        orders: expects orders.
        chances: gives the probability to order, and intervals.
        alive: tells who is still a customer, of those with one order too.
        yearly_rate: of discounting; 0.1 makes what comes in a year worth 1/1.1.
    """

    orders: Predictor
    chances: Model
    alive: Model
    yearly_rate: float = 0.1

    def columns(self, x: Integers, t_x: Floats, T: Floats) -> dict[str, Floats]:  # noqa: N803
        """The answers for some histories, by the names of the columns that are kept.

        Args:
            x: repeat purchases.
            t_x: age at the last, in days.
            T: age now, in days.
        """
        low, high = orders_within(likely(self.chances), 90.0, x, t_x, T, level=LEVEL)
        of_year = self.orders.expected_purchases(_YEAR, x, t_x, T)
        return {
            "p_alive": self.alive.p_alive(x, t_x, T),
            "p_order_90d": p_order(self.chances, 90.0, x, t_x, T),
            "orders_30d": self.orders.expected_purchases(30.0, x, t_x, T),
            "orders_90d": self.orders.expected_purchases(90.0, x, t_x, T),
            "orders_365d": of_year,
            "orders_90d_low": low,
            "orders_90d_high": high,
            "orders_365d_if_here": orders_if_here(self.alive, _YEAR, x, T),
            "discounted_orders_365d": self._discounted(of_year, x, t_x, T),
        }

    def answers(self, histories: Cells) -> dict[str, Floats | Integers]:
        """The answers for histories, beside the histories: x, t_x, age_days."""
        x, t_x, age = histories.x, histories.t_x, histories.T
        return {"x": x, "t_x": t_x, "age_days": age, **self.columns(x, t_x, age)}

    def _discounted(self, of_year: Floats, x: Integers, t_x: Floats, T: Floats) -> Floats:  # noqa: N803
        """By parts: e^(−δ H) E(H) + δ ∫ e^(−δ t) E(t) dt up to H; the integral is small beside the rest, so four nodes are plenty."""
        rate = continuous_rate(self.yearly_rate)
        found = of_year * np.exp(-rate * _YEAR)
        if rate == 0:
            return found
        nodes, weights = np.polynomial.legendre.leggauss(4)
        for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
            t = _YEAR / 2 * (node + 1)
            found = found + rate * _YEAR / 2 * weight * np.exp(-rate * t) * self.orders.expected_purchases(t, x, t_x, T)
        return found


def pieces(histories: Cells) -> Iterator[Cells]:
    """Histories in pieces."""
    for begin in range(0, len(histories), PIECE):
        yield histories.rows(begin, begin + PIECE)


def orders_if_here(model: Model, t: float, x: Integers, T: Floats) -> Floats:  # noqa: N803
    """Expected orders within t of customers who are still here at T, whenever they bought last.

    Of who is here only x and T matter: it is what whoever has just bought may expect, over the chance to be here.
    """
    last = np.where(x > 0, T, 0.0)
    here = model.p_alive(x, last, T)
    found: Floats = model.expected_purchases(t, x, last, T) / np.maximum(here, 1e-300)
    return found


def likely(model: Model) -> Sequence[Model]:
    """Models that an interval is drawn from: those that are as likely, or where customers are many, the model itself."""
    return (model,) if model.customers >= _SURE else model.draws(_DRAWS)
