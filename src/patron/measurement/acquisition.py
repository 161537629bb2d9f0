"""What was spent to win customers, what coupons did, and where orders go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.kernel.time import local_date
from patron.measurement.movements import FIRST_ORDERS

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


def spend_by_channel(facts: Facts) -> ir.Table:
    """Advertising cost by channel: channel, cost (money), clicks, impressions, starts_on, ends_on; the dearest first."""
    spend = facts.spend
    return (
        spend.group_by("channel")
        .aggregate(
            cost=spend.cost.sum().cast("int64"),
            clicks=spend.clicks.sum().cast("int64"),
            impressions=spend.impressions.sum().cast("int64"),
            starts_on=spend.starts_on.min(),
            ends_on=spend.ends_on.max(),
        )
        .order_by(ibis.desc("cost"), "channel")
    )


def new_customers(facts: Facts, *, starts_on: date, ends_on: date) -> ir.Table:
    """How many customers had their first order in a span of the shop's days, both ends included: one row, customer_count."""
    first = FIRST_ORDERS.unbound()
    day = local_date(first.first_order_at, facts.shop.calendar)
    return first.aggregate(customer_count=first.count(where=(day >= ibis.literal(starts_on)) & (day <= ibis.literal(ends_on))))


def coupon_use(facts: Facts, *, limit: int) -> ir.Table:
    """The coupons that were used most.

    Returns:
        At most `limit` rows, most used first: coupon_code, uses (orders with it, and redemptions that came without an order), customers,
        discount (money that orders with the code say it gave).
    """
    orders = facts.sales.filter(facts.sales.coupon_code.notnull())
    redeemed = facts.redemptions
    both = ibis.union(
        orders.select("coupon_code", "customer_id", discount=orders.coupon_discount),
        redeemed.select("coupon_code", "customer_id", discount=ibis.literal(0, "int64")),
    )
    by_customer = both.group_by("coupon_code", "customer_id").aggregate(uses=both.count(), discount=both.discount.sum())
    return (
        by_customer.group_by("coupon_code")
        .aggregate(
            uses=by_customer.uses.sum().cast("int64"),
            customers=by_customer.count(where=by_customer.customer_id.notnull()),
            discount=by_customer.discount.sum().cast("int64"),
        )
        .order_by(ibis.desc("uses"), "coupon_code")
        .limit(limit)
    )


def coupon_totals(facts: Facts) -> ir.Table:
    """One row: order_count, coupon_order_count, coupon_discount (money), redemption_count."""
    sales, redeemed = facts.sales, facts.redemptions
    has_coupon = sales.coupon_code.notnull() | (sales.coupon_discount > 0)
    counts = sales.aggregate(
        order_count=sales.count(), coupon_order_count=sales.count(where=has_coupon), coupon_discount=sales.coupon_discount.sum()
    )
    return counts.cross_join(redeemed.aggregate(redemption_count=redeemed.count()))


def by_country(facts: Facts) -> ir.Table:
    """Where orders were sent to.

    Returns:
        One row per country, most net revenue first: country (null where it is not known), order_count, customers, net_revenue (money, after
        what was given back). Net revenue sums to the shop's.
    """
    orders = facts.orders
    sold = orders.filter(orders.kind == "sale")
    counted = sold.cancelled_at.isnull().cast("int64")
    origins = orders.select(_order="order_id", _country="country")
    back = facts.refunds.left_join(origins, facts.refunds.order_id == origins._order)
    both = ibis.union(
        sold.select("country", "customer_id", "net_revenue", orders=counted),
        back.select(country=back._country, customer_id=back.customer_id, net_revenue=-back.net_revenue, orders=ibis.literal(0, "int64")),
    )
    by_customer = both.group_by("country", "customer_id").aggregate(net_revenue=both.net_revenue.sum(), orders=both.orders.sum())
    is_customer = by_customer.customer_id.notnull() & (by_customer.orders > 0)
    return (
        by_customer.group_by("country")
        .aggregate(
            order_count=by_customer.orders.sum().cast("int64"),
            customers=by_customer.count(where=is_customer),
            net_revenue=by_customer.net_revenue.sum().cast("int64"),
        )
        .order_by(ibis.desc("net_revenue"), "country")
    )
