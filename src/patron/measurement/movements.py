"""The ledger of net revenue: what sales brought and refunds took back, each told apart by who bought.

Every figure about money is a sum over these rows, so that parts add up to the whole. A sale that was called off stays, and so does the
refund that gives it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.measurement.months import month_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


def first_orders(facts: Facts) -> ir.Table:
    """The first order of each customer, and how many followed.

    Returns:
        One row per customer with an order: customer_id, first_order_at, last_order_at (instant), cohort (month number), order_count.
    """
    sales = facts.sales
    by_customer = (
        sales.filter(sales.customer_id.notnull())
        .group_by("customer_id")
        .aggregate(
            first_order_at=lambda s: s.ordered_at.min(),
            last_order_at=lambda s: s.ordered_at.max(),
            order_count=lambda s: s.count().cast("int64"),
        )
    )
    return by_customer.mutate(cohort=month_of(by_customer.first_order_at, facts.shop.calendar))


def movements(facts: Facts) -> ir.Table:
    """Every amount of net revenue that came in or went back.

    Returns:
        One row per sale and per refund: order_id, customer_id, happened_at, month (number), buyer (`guest`; `new` for a customer's
        first order and what was given back of it; else `returning`), net_revenue and margin (money; negative when given back), and
        of the customer first_order_at and cohort (null for guests and for customers without an order that counts).

    Notes:
        Orders at the very instant of the first are first orders too: sources that know only the day cannot order them. An order that was
        called off before the first that counts is part of the first purchase. A refund whose order is not known is of a returning
        customer: what was bought lies before the facts.
    """
    both = ibis.union(_sold(facts), _given_back(facts))
    first = first_orders(facts).select(_customer="customer_id", first_order_at="first_order_at", cohort="cohort")
    rows = both.left_join(first, both.customer_id == first._customer)
    is_first = rows.bought_at.notnull() & (rows.first_order_at.isnull() | (rows.bought_at <= rows.first_order_at))
    return rows.select(
        "order_id",
        "customer_id",
        "happened_at",
        month=month_of(rows.happened_at, facts.shop.calendar),
        buyer=ibis.cases((rows.customer_id.isnull(), "guest"), (is_first, "new"), else_="returning"),
        net_revenue=rows.net_revenue,
        margin=rows.margin,
        first_order_at=rows.first_order_at,
        cohort=rows.cohort,
    )


def _sold(facts: Facts) -> ir.Table:
    orders = facts.orders
    return orders.filter(orders.kind == "sale").select(
        "order_id",
        "customer_id",
        "net_revenue",
        "margin",
        happened_at="ordered_at",
        bought_at="ordered_at",
    )


def _given_back(facts: Facts) -> ir.Table:
    """Refunds as negative amounts; the margin given back is the order's own share of margin in its net revenue."""
    orders = facts.orders
    kept = ibis.ifelse(orders.net_revenue > 0, _goods_margin(facts, orders) / orders.net_revenue.cast("float64"), ibis.null("float64"))
    origins = orders.select(_order="order_id", bought_at="ordered_at", _share=kept)
    rows = facts.refunds.left_join(origins, facts.refunds.order_id == origins._order)
    rate = ibis.null("float64") if facts.shop.margin_rate is None else ibis.literal(facts.shop.margin_rate)
    share = ibis.coalesce(rows._share, rate)
    return rows.select(
        "order_id",
        "customer_id",
        net_revenue=(-rows.net_revenue).cast("int64"),
        margin=(-(rows.net_revenue.cast("float64") * share).round()).cast("int64"),
        happened_at=rows.refunded_at,
        bought_at=rows.bought_at,
    )


def _goods_margin(facts: Facts, orders: ir.Table) -> ir.Value:
    """Net revenue less cost of goods: what handling an order cost is not won back by a refund."""
    revenue = orders.net_revenue.cast("float64")
    rate = ibis.null("float64") if facts.shop.margin_rate is None else revenue * facts.shop.margin_rate
    return ibis.coalesce(revenue - orders.cost.cast("float64"), rate)
