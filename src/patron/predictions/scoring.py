"""What models say of distinct purchase histories: the columns that every customer with such a history is given.

Ages are in days. Histories may come in pieces, so that however many there are, little is held at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.again import order_if_here
from patron.predictions.ahead import orders_within
from patron.predictions.bgnbd import BGNBD
from patron.predictions.clv import continuous_rate
from patron.predictions.cnbd import CNBD
from patron.predictions.paretonbd import ParetoNBD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patron.predictions.histories import Cells, Floats, Integers
    from patron.predictions.naive import NaiveRate, RecencyRule, Zero
    from patron.predictions.seasonality import OnDay

    Model = BGNBD | CNBD | ParetoNBD
    Predictor = Model | NaiveRate | OnDay | RecencyRule | Zero
    """Says how many orders to expect: a model of buying and leaving, or what can be said without one."""

MODELS = (BGNBD, CNBD, ParetoNBD)
"""Models of buying and leaving."""
PIECE = 1 << 16
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
        nodes, weights = self._discounts()
        here = {m: m.p_alive(x, t_x, T) for m in dict.fromkeys((self.alive, self.chances))}
        expected = self._expected([30.0, 90.0, _YEAR, *nodes], x, t_x, T, here)
        return {
            "p_alive": here[self.alive],
            "p_order_90d": np.clip(here[self.chances] * order_if_here(self.chances, 90.0, x, t_x, T), 0.0, 1.0),
            "orders_30d": expected[0],
            "orders_90d": expected[1],
            "orders_365d": expected[2],
            "orders_90d_low": low,
            "orders_90d_high": high,
            "orders_365d_if_here": self.alive.while_here([_YEAR], x, t_x, T)[0],
            "discounted_orders_365d": sum((w * of for w, of in zip(weights, expected[2:], strict=True)), np.zeros(len(x))),
        }

    def answers(self, histories: Cells) -> dict[str, Floats | Integers]:
        """The answers for histories, beside the histories: x, t_x, age_days."""
        x, t_x, age = histories.x, histories.t_x, histories.T
        return {"x": x, "t_x": t_x, "age_days": age, **self.columns(x, t_x, age)}

    def _expected(self, times: list[float], x: Integers, t_x: Floats, T: Floats, here: Mapping[Model, Floats]) -> Floats:  # noqa: N803
        """Expected orders within each of some times, a row for each."""
        if isinstance(self.orders, MODELS):
            alive = here[self.orders] if self.orders in here else self.orders.p_alive(x, t_x, T)
            found: Floats = self.orders.while_here(times, x, t_x, T) * alive
            return found
        return np.stack([self.orders.expected_purchases(t, x, t_x, T) for t in times])

    def _discounts(self) -> tuple[list[float], list[float]]:
        """Times within a year, and what expected orders within a year and within each of these times count for, discounted.

        By parts it is e^(−δ H) E(H) + δ ∫ e^(−δ t) E(t) dt up to H; the integral is small beside the rest, so four nodes are plenty.
        """
        rate = continuous_rate(self.yearly_rate)
        at_end = float(np.exp(-rate * _YEAR))
        if rate == 0:
            return [], [at_end]
        nodes, weights = np.polynomial.legendre.leggauss(4)
        times = _YEAR / 2 * (nodes + 1)
        return times.tolist(), [at_end, *(rate * _YEAR / 2 * weights * np.exp(-rate * times)).tolist()]


def pieces(histories: Cells) -> Iterator[Cells]:
    """Histories in pieces."""
    for begin in range(0, len(histories), PIECE):
        yield histories.rows(begin, begin + PIECE)


def likely(model: Model) -> Sequence[Model]:
    """Models that an interval is drawn from: those that are as likely, or where customers are many, the model itself."""
    return (model,) if model.customers >= _SURE else model.draws(_DRAWS)
