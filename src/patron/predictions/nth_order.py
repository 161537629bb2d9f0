"""The next order by number: of customers with one order, two, three …, how many come to have another, by counting and by a model.

Counting alone is unfair to the young, who had no time yet. A model knows what those may still do who wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.again import p_ever, p_order
from patron.predictions.histories import checked

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.bgnbd import BGNBD
    from patron.predictions.paretonbd import ParetoNBD


@dataclass(frozen=True, slots=True)
class NthOrder:
    """Customers who have reached a number of orders.

    Attributes:
        order_count: that number.
        customers: who have reached it.
        counted_share: of them, who have ordered again by now.
        waiting: who have exactly so many orders.
        p_within: mean probability of the waiting to order within the horizon.
        p_ever: mean probability of the waiting to order ever again.
        expected_share: of all who have reached it, who have ordered again or, by the model, ever will.
    """

    order_count: int
    customers: float
    counted_share: float
    waiting: float
    p_within: float
    p_ever: float
    expected_share: float


def nth_orders(
    model: BGNBD | ParetoNBD,
    t: float,
    histories: tuple[ArrayLike, ArrayLike, ArrayLike],
    weights: ArrayLike | None = None,
    *,
    most: int = 10,
) -> tuple[NthOrder, ...]:
    """For each number of orders up to `most`, the share who order again: counted so far, within the horizon and ever by the model.

    Args:
        model: fitted in the same unit of time.
        t: the horizon.
        histories: x, t_x and T of each customer.
        weights: how many customers each row stands for.
        most: the last row.

    Returns:
        A row for each number of orders that anyone has reached and somebody waits at.
    """
    x, t_x, age, n = checked(*histories, weights)
    place = np.minimum(x, most)  # those beyond the last row are counted as having reached it
    waiting = np.bincount(place, weights=n, minlength=most + 1)
    within = np.bincount(place, weights=n * p_order(model, t, x, t_x, age), minlength=most + 1)
    ever = np.bincount(place, weights=n * p_ever(model, x, t_x, age), minlength=most + 1)
    reached = np.cumsum(waiting[::-1])[::-1]
    return tuple(
        NthOrder(
            order_count=i + 1,
            customers=float(reached[i]),
            counted_share=float(reached[i + 1] / reached[i]),
            waiting=float(waiting[i]),
            p_within=float(within[i] / waiting[i]),
            p_ever=float(ever[i] / waiting[i]),
            expected_share=float((reached[i + 1] + ever[i]) / reached[i]),
        )
        for i in range(most)
        if waiting[i] > 0
    )
