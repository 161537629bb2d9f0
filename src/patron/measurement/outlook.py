"""What is to be expected of all customers together, and how good such expectations were before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from patron.kernel.time import local_date

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.kernel.money import Money

TENTHS = 10


@dataclass(frozen=True, slots=True)
class ValueTenth:
    """A tenth of the customers by the value expected of them, the most valuable first."""

    number: int
    customers: int
    value: Money
    share: float | None


@dataclass(frozen=True, slots=True)
class Band:
    """Customers by the chance that they still are ones; `at_risk` is what is lost if those have left who may have."""

    band: str
    customers: int
    expected_net_revenue: Money
    at_risk: Money | None


@dataclass(frozen=True, slots=True)
class PastTenth:
    """A tenth of the customers of a past day by the orders then expected, the fewest first: means of one customer."""

    number: int
    customers: float
    expected: float
    actual: float


@dataclass(frozen=True, slots=True)
class Chances:
    """Customers of past days with about the same probability to order, and the share of them who did."""

    customers: float
    expected: float
    actual: float


@dataclass(frozen=True, slots=True)
class Tracked:
    """Repeat orders of all customers up to and with a day: counted, and expected by the model."""

    until: date
    actual: int
    expected: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be expected.

    Attributes:
        model: its name.
        why: why it was chosen; empty when the owner named it.
        doubt: what the data leave in doubt about it.
        warnings: of whom it expected too much or too little.
        customers: of whom something is expected.
        orders: expected within 30, 90 and 365 days.
        net_revenue: the same.
        measure: of `value`: margin where it is known (`expected_clv`), else net_revenue.
        value: expected within 365 days.
        tenths: of whom.
        bands: by churn band.
        past_day: a day of the past, from which was forecast.
        horizon_days: how far.
        past: tenths of the customers of that day.
        chances: over all past days.
        tracking: by week.
    """

    model: str
    why: str
    doubt: str
    warnings: tuple[str, ...]
    customers: int
    orders: tuple[float, ...]
    net_revenue: tuple[Money, ...]
    measure: str
    value: Money
    tenths: tuple[ValueTenth, ...]
    bands: tuple[Band, ...]
    past_day: str
    horizon_days: int
    past: tuple[PastTenth, ...]
    chances: tuple[Chances, ...]
    tracking: tuple[Tracked, ...]


def totals(features: ir.Table) -> ir.Table:
    """One row: customers with an answer, and the sums of what is expected of them; unknown money stays unknown."""
    known = features.filter(features.p_alive.notnull())
    return known.aggregate(
        customers=known.count(),
        **{f"orders_{d}": known[f"expected_orders_{d}d"].sum() for d in (30, 90, 365)},
        **{f"revenue_{d}": known[f"expected_net_revenue_{d}d"].sum() for d in (30, 90, 365)},
        clv=known.expected_clv.sum(),
    )


def by_tenth(features: ir.Table, value: str) -> ir.Table:
    """Customers in tenths by a column, the greatest first: number (1 to 10), customers, total."""
    known = features.filter(features.p_alive.notnull(), features[value].notnull())
    ranked = known.select("customer_id", value=known[value])
    order = ibis.window(order_by=[ibis.desc(ranked.value), ranked.customer_id])
    placed = ranked.mutate(number=ibis.ntile(TENTHS).over(order) + 1)
    return placed.group_by("number").agg(customers=placed.count(), total=placed.value.sum()).order_by("number")


def by_band(features: ir.Table) -> ir.Table:
    """Customers by churn band: band, customers, revenue (expected within 365 days), at_risk."""
    known = features.filter(features.churn_band.notnull())
    return known.group_by(band=known.churn_band).agg(
        customers=known.count(), revenue=known.expected_net_revenue_365d.sum(), at_risk=known.expected_value_at_risk.sum()
    )


def order_days(facts: Facts) -> ir.Table:
    """Each of the shop's days with orders: day, begun (customers who ordered first), repeats (customers who had ordered before)."""
    sales = facts.sales.filter(facts.sales.customer_id.notnull())
    days = sales.select("customer_id", day=local_date(sales.ordered_at, facts.shop.calendar)).distinct()
    first = days.group_by("customer_id").agg(first=days.day.min())
    both = days.join(first, "customer_id")
    is_first = both.day == both.first
    return both.group_by("day").agg(begun=both.count(where=is_first), repeats=both.count(where=~is_first)).order_by("day")
