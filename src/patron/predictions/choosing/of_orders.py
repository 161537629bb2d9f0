"""Origins from a list of orders: who was known at a day of the past, and what they did after, for whoever has orders and no project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions import gamma_gamma
from patron.predictions.choosing.origins import Origin
from patron.predictions.histories import as_floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats


def origin_of_orders(customers: ArrayLike, days: ArrayLike, at: float, horizon: float, values: ArrayLike | None = None) -> Origin:
    """What was known at the end of a day, and what happened within the horizon after it.

    Args:
        customers: number of the customer of each order, any whole numbers; orders in any order.
        days: the day of each order, counted from anywhere; orders of a customer on one day are one.
        at: the day; its own orders are known.
        horizon: in days.
        values: what each order was worth; tells revenue, with the worth of an order to come by Gamma-Gamma from what was known.

    Raises:
        InputError: arrays of different length, or nobody had ordered by then.
    """
    given = as_floats({"customers": customers, "days": days} | ({} if values is None else {"values": values}))
    _, who = np.unique(given["customers"], return_inverse=True)
    order = np.lexsort((given["days"], who))
    who, day, worth = who[order], given["days"][order], given.get("values", np.zeros(len(order)))[order]
    starts = np.flatnonzero(np.concatenate(([True], (who[1:] != who[:-1]) | (day[1:] != day[:-1]))))
    who, day, worth = who[starts], day[starts], np.add.reduceat(worth, starts)
    before, after = day <= at, (day > at) & (day <= at + horizon)
    if not before.any():
        raise InputError("Nobody had ordered by then.", [Problem("at", f"{at:g}", f"the day of the first order or later ({day.min():g})")])
    size = int(who.max()) + 1
    first, last = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(first, who[before], day[before])
    np.maximum.at(last, who[before], day[before])
    orders = np.bincount(who[before], minlength=size)
    rows = np.flatnonzero(orders)
    gaps = np.diff(day[before])
    own = np.diff(who[before]) == 0
    logs = np.bincount(who[before][1:][own], weights=np.log(gaps[own]), minlength=size)[rows].astype(np.float64, copy=False)
    spent = np.bincount(who[before], weights=worth[before], minlength=size)[rows].astype(np.float64, copy=False)
    return Origin(
        name=f"day {at:g}",
        x=orders[rows] - 1,
        t_x=last[rows] - first[rows],
        T=at - first[rows],
        orders=np.bincount(who[after], minlength=size)[rows],
        customers=rows,
        order_value=None if values is None else _order_values(orders[rows].astype(np.float64), spent),
        revenue=None if values is None else np.bincount(who[after], weights=worth[after], minlength=size)[rows],
        spend=None if values is None else spent,
        log_gaps=logs,
    )


def _order_values(orders: Floats, spent: Floats) -> Floats:
    """What an order to come is worth; who has paid nothing so far is not learned from, and given the shop's mean."""
    paid = spent > 0
    if not paid.any():
        return np.zeros(len(orders))
    mean = spent / orders
    model = gamma_gamma.fit(orders[paid], mean[paid], prior=gamma_gamma.weak_prior(mean[paid]))
    return model.expected_value(np.where(paid, orders, 0.0), np.where(paid, mean, 1.0))
