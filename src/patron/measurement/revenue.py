"""Net revenue by month, from new and from returning customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.measurement.months import month_of
from patron.measurement.movements import FIRST_ORDERS, MOVEMENTS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


def revenue_by_month() -> ir.Table:
    """Net revenue of each of the shop's months by who bought.

    Returns:
        One row per month in which money moved, in order: month (number), new_net_revenue, returning_net_revenue, guest_net_revenue,
        net_revenue (money). The three parts sum to the whole.
    """
    rows = MOVEMENTS.unbound()
    return (
        rows.group_by("month")
        .aggregate(
            new_net_revenue=rows.net_revenue.sum(where=rows.buyer == "new").fill_null(0).cast("int64"),
            returning_net_revenue=rows.net_revenue.sum(where=rows.buyer == "returning").fill_null(0).cast("int64"),
            guest_net_revenue=rows.net_revenue.sum(where=rows.buyer == "guest").fill_null(0).cast("int64"),
            net_revenue=rows.net_revenue.sum().cast("int64"),
        )
        .order_by("month")
    )


def orders_by_month(facts: Facts) -> ir.Table:
    """Orders and buyers of each month.

    Returns:
        One row per month with an order, in order: month (number), order_count, new_customer_count (customers whose first order was in
        it), returning_customer_count (customers with an order in it whose first was in an earlier month).
    """
    sales = facts.sales.mutate(month=month_of(facts.sales.ordered_at, facts.shop.calendar))
    buyers = sales.group_by("month", "customer_id").aggregate(orders=sales.count())
    first = FIRST_ORDERS.unbound().select(_customer="customer_id", cohort="cohort")
    rows = buyers.left_join(first, buyers.customer_id == first._customer)
    return (
        rows.group_by("month")
        .aggregate(
            order_count=rows.orders.sum().cast("int64"),
            new_customer_count=rows.count(where=rows.cohort == rows.month),
            returning_customer_count=rows.count(where=rows.cohort < rows.month),
        )
        .order_by("month")
    )
