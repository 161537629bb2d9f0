"""What customers are worth after their first order, and which first products and categories bring the ones that are worth most.

Only customers who have been known for the whole horizon are read, so that an old product has no more time than a new one. One giant
customer does not decide: values count up to the 99 % quantile, and means are drawn towards the shop's mean the more, the fewer people
are behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import ibis

from patron.kernel.time import days_between
from patron.measurement.movements import FIRST_ORDERS, FIRST_THINGS, MOVEMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

HORIZONS = (365, 180, 90, 30)
_Z = 1.959964  # of a 95 % interval
_CAP = 0.99
_BLEND = 10  # people
FEWEST = 10
"""Customers below which nothing is said about a group."""

By = Literal["product", "category"]


@dataclass(frozen=True, slots=True)
class Group:
    """Customers whose first order held one thing: how many, and sum and sum of squares of what they brought later."""

    label: str
    customers: int
    returned: int
    total: float
    squares: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean later value of a group, shrunk, with its 95 % interval."""

    label: str
    customers: int
    returned: int
    mean: float
    low: float
    high: float


def followed(facts: Facts) -> ir.Table:
    """How many customers have been known for each horizon: one row with customer_count and followed_<days>."""
    first = FIRST_ORDERS.unbound()
    age = days_between(facts.now, first.first_order_at)
    return first.aggregate(customer_count=first.count(), **{f"followed_{d}": first.count(where=age >= float(d)) for d in HORIZONS})


def later_values(facts: Facts, *, days: int) -> ir.Table:
    """What each customer brought within so many days of the first order, without that order.

    Returns:
        One row per customer known for that long: customer_id, first_order_at, later_value (float, minor units, at most the 99 %
        quantile), has_returned (flag: an order within the days).
    """
    first = FIRST_ORDERS.unbound().filter(lambda t: days_between(facts.now, t.first_order_at) >= float(days))
    rows = MOVEMENTS.unbound().filter(lambda t: t.buyer == "returning", lambda t: t.first_order_at.notnull())
    rows = rows.filter(days_between(rows.happened_at, rows.first_order_at) < float(days))
    sums = rows.group_by("customer_id").aggregate(_value=rows.net_revenue.sum(), _bought=(rows.net_revenue > 0).any())
    sums = sums.rename(_id="customer_id")
    values = first.left_join(sums, first.customer_id == sums._id)
    values = values.select(
        "customer_id",
        "first_order_at",
        value=values._value.fill_null(0).cast("float64"),
        has_returned=values._bought.fill_null(False),
    )
    cap = values.aggregate(_cap=values.value.quantile(_CAP))
    capped = values.cross_join(cap)
    return capped.select("customer_id", "first_order_at", "has_returned", later_value=ibis.least(capped.value, capped._cap))


def by_first(facts: Facts, *, by: By, days: int) -> ir.Table:
    """Customers by what their first order held, with sums of what they brought later.

    Returns:
        One row per product or category: label, customers, returned (counts), total, squares (floats). Who bought several at first
        stands in several rows.
    """
    values = later_values(facts, days=days)
    held = first_held(by=by).rename(_id="customer_id")
    rows = held.join(values, held._id == values.customer_id)
    grouped = rows.group_by("key", "label").aggregate(
        customers=rows.count(),
        returned=rows.count(where=rows.has_returned),
        total=rows.later_value.sum(),
        squares=(rows.later_value * rows.later_value).sum(),
    )
    return grouped.drop("key")


def first_held(*, by: By) -> ir.Table:
    """What each customer's first order held: one row per customer and product or category, with customer_id, key (text) and label."""
    held = FIRST_THINGS.unbound()
    key = held.product_id.cast("string") if by == "product" else held.category  # several products may bear one name
    return held.select("customer_id", key=key, label=held[by]).filter(lambda t: t.label.notnull()).distinct()


def horizon(followed_counts: dict[str, int]) -> int | None:
    """The longest horizon that at least half of the customers have been known for; None when no horizon has any."""
    customers = followed_counts["customer_count"]
    fitting = [d for d in HORIZONS if followed_counts[f"followed_{d}"] * 2 >= customers > 0]
    return fitting[0] if fitting else None


def shrunk(groups: Sequence[Group]) -> tuple[Estimate, ...]:
    """Each group's mean drawn towards the mean of all, the one most surely high first; groups of fewer than `FEWEST` are left out.

    Notes:
        Normal-normal empirical Bayes. A group's own variance is blended with that within all groups, as if `_BLEND` people more had been
        seen; the variance between groups is by the method of moments (DerSimonian and Laird 1986). Groups share customers, so intervals
        are a little too narrow.
    """
    kept = [g for g in groups if g.customers >= FEWEST]
    people = sum(g.customers for g in kept)
    if not people:
        return ()
    mean = sum(g.total for g in kept) / people
    pooled = sum(_spread(g) for g in kept) / max(people - len(kept), 1)
    noises = [max((_spread(g) + _BLEND * pooled) / (g.customers - 1 + _BLEND), 1e-9) / g.customers for g in kept]
    between = _between(kept, noises)
    found = [_estimate(g, mean, noise, between) for g, noise in zip(kept, noises, strict=True)]
    return tuple(sorted(found, key=lambda e: (-e.low, e.label)))


def _spread(group: Group) -> float:
    return max(group.squares - group.total**2 / group.customers, 0.0)


def _between(groups: Sequence[Group], noises: Sequence[float]) -> float:
    weights = [1 / noise for noise in noises]
    means = [g.total / g.customers for g in groups]
    centre = sum(w * m for w, m in zip(weights, means, strict=True)) / sum(weights)
    spread = sum(w * (m - centre) ** 2 for w, m in zip(weights, means, strict=True))
    scale = sum(weights) - sum(w * w for w in weights) / sum(weights)
    return max(0.0, (spread - (len(groups) - 1)) / scale) if scale > 0 else 0.0


def _estimate(group: Group, mean: float, noise: float, between: float) -> Estimate:
    kept = between / (between + noise)
    centre = mean + kept * (group.total / group.customers - mean)
    half = _Z * (kept * noise) ** 0.5
    return Estimate(group.label, group.customers, group.returned, centre, centre - half, centre + half)
