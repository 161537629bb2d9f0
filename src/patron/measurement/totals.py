"""The shop in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.measurement.movements import FIRST_ORDERS, MOVEMENTS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


def totals(facts: Facts) -> ir.Table:
    """Customers, orders and money of the whole shop.

    Returns:
        One row: customer_count, repeat_count (customers with a second order), order_count, guest_order_count (counts); sold, refunded,
        net_revenue, new_net_revenue, returning_net_revenue, guest_net_revenue, margin (money; null where nothing happened, margin also
        where it is not known); first_order_at, last_order_at (instants of all orders).
    """
    return _customers().cross_join(_orders(facts)).cross_join(_money(facts))


def _customers() -> ir.Table:
    first = FIRST_ORDERS.unbound()
    return first.aggregate(customer_count=first.count(), repeat_count=first.count(where=first.order_count > 1))


def _orders(facts: Facts) -> ir.Table:
    sales = facts.sales
    return sales.aggregate(
        order_count=sales.count(),
        guest_order_count=sales.count(where=sales.customer_id.isnull()),
        first_order_at=sales.ordered_at.min(),
        last_order_at=sales.ordered_at.max(),
    )


def _money(facts: Facts) -> ir.Table:
    rows = MOVEMENTS.unbound()
    sold = facts.orders.filter(facts.orders.kind == "sale")
    refunds = facts.refunds
    money = rows.aggregate(
        net_revenue=rows.net_revenue.sum(),
        new_net_revenue=rows.net_revenue.sum(where=rows.buyer == "new"),
        returning_net_revenue=rows.net_revenue.sum(where=rows.buyer == "returning"),
        guest_net_revenue=rows.net_revenue.sum(where=rows.buyer == "guest"),
        margin=rows.margin.sum(),
    )
    return money.cross_join(sold.aggregate(sold=sold.net_revenue.sum())).cross_join(refunds.aggregate(refunded=refunds.net_revenue.sum()))
