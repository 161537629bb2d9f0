"""What can be said without a model: nothing happens, everyone goes on as before, or a rule of thumb for who has left.

They stand beside the models in every back-test, for a model that is no better is not worth its trouble.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from patron.predictions.histories import cells, checked, horizon

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats, Integers

_SETTLING = 0.1
"""How much time at the shop's mean rate everyone is given beforehand, as a part of the mean age."""


@dataclass(frozen=True, slots=True)
class Zero:
    """Nobody orders again."""

    name: ClassVar[str] = "zero"

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Purchases of each customer from T to T + t: none."""
        horizon(t)
        return np.zeros(len(checked(x, t_x, T)[0]))

    def p_order(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """The probability of each customer to order from T to T + t: 0."""
        return self.expected_purchases(t, x, t_x, T)


@dataclass(frozen=True, slots=True)
class NaiveRate:
    """Everyone goes on at the own rate so far.

    The own rate is x/T with a little time at the shop's mean rate added to both, so that a newcomer, of whom nothing is known, has the
    shop's rate, and anybody known for long the own.

    Attributes:
        rate: repeat purchases of all customers over the time they were observed.
        settling: how much time at that rate everyone is given.
    """

    name: ClassVar[str] = "naive_rate"
    rate: float
    settling: float

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases of each customer from T to T + t."""
        of_x, _, of_end, _ = checked(x, t_x, T)
        return horizon(t) * self._own(of_x, of_end)

    def p_order(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """The probability of each customer to order from T to T + t, as if orders came at random at the own rate."""
        return -np.expm1(-self.expected_purchases(t, x, t_x, T))

    def _own(self, x: Integers, T: Floats) -> Floats:  # noqa: N803
        found: Floats = (x + self.rate * self.settling) / (T + self.settling)
        return found


@dataclass(frozen=True, slots=True)
class RecencyRule:
    """Who has waited longer than twice the own mean gap has left; the others go on at the own rate.

    Who has ordered once has no gap yet; the shop's mean gap takes its place.

    Attributes:
        going_on: the own rates.
        gap: mean time between orders of the shop.
    """

    name: ClassVar[str] = "recency_rule"
    going_on: NaiveRate
    gap: float

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """1 for who is active by the rule, 0 for who is not."""
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        gap = np.where(of_x > 0, of_t / np.maximum(of_x, 1), self.gap)
        return (of_end - of_t < 2 * gap).astype(np.float64)

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases of each customer from T to T + t."""
        return self.p_alive(x, t_x, T) * self.going_on.expected_purchases(t, x, t_x, T)

    def p_order(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """The probability of each customer to order from T to T + t."""
        return self.p_alive(x, t_x, T) * self.going_on.p_order(t, x, t_x, T)


def naive_rate(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, weights: ArrayLike | None = None) -> NaiveRate:  # noqa: N803
    """The shop's mean rate, and how much it counts for each customer."""
    of = cells(x, t_x, T, weights)
    observed = float(of.n @ of.T)
    if not observed > 0:
        return NaiveRate(0.0, 1.0)
    return NaiveRate(float(of.n @ of.x) / observed, _SETTLING * observed / of.customers)


def recency_rule(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, weights: ArrayLike | None = None) -> RecencyRule:  # noqa: N803
    """The rule with the shop's mean gap; where nobody came back, a newcomer is active."""
    of = cells(x, t_x, T, weights)
    gaps = float(of.n @ of.x)
    return RecencyRule(naive_rate(x, t_x, T, weights=weights), float(of.n @ of.t_x) / gaps if gaps else np.inf)
