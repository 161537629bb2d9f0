"""How good the data are: what was read and refused, what is missing, and what cannot be matched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.facts import tables as t

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


def files() -> ir.Table:
    """Every file that was loaded: file, source, read_count, kept_count, unchanged_count, refused_count; the oldest first."""
    loads = t.LOADS.unbound()
    ordered = loads.order_by("loaded_at", "file")
    return ordered.select("file", "source", "read_count", "kept_count", "unchanged_count", "refused_count")


def order_quality(facts: Facts) -> ir.Table:
    """Counts of orders that need a word.

    Returns:
        One row: sale_count, guest_count (sales without a customer), cancelled_count, unpaid_count, adjustment_count, adjustment_total
        (money), other_currency_count (sales not in the shop's currency).
    """
    orders = facts.orders
    raw = t.ORDERS.unbound()
    here = raw.filter(raw.ordered_at < facts.now, raw.kind == "sale")
    is_sale = orders.kind == "sale"
    counts = orders.aggregate(
        sale_count=orders.count(where=is_sale),
        guest_count=orders.count(where=is_sale & orders.customer_id.isnull()),
        cancelled_count=orders.count(where=is_sale & orders.cancelled_at.notnull()),
        unpaid_count=orders.count(where=orders.kind == "unpaid"),
        adjustment_count=orders.count(where=orders.kind == "adjustment"),
        adjustment_total=orders.total.sum(where=orders.kind == "adjustment"),
    )
    return counts.cross_join(here.aggregate(other_currency_count=here.count(where=here.currency != facts.shop.currency)))


def refund_quality(facts: Facts) -> ir.Table:
    """One row: refund_count, undated_count, unmatched_count (no order found), unmatched_net_revenue (money)."""
    refunds = facts.refunds
    return refunds.aggregate(
        refund_count=refunds.count(),
        undated_count=refunds.count(where=~refunds.is_dated),
        unmatched_count=refunds.count(where=refunds.order_id.isnull()),
        unmatched_net_revenue=refunds.net_revenue.sum(where=refunds.order_id.isnull()),
    )


def repeated_lines(facts: Facts) -> ir.Table:
    """One row: repeated_count, lines that say exactly what another line of the same order says. They are kept: money is conserved."""
    lines = facts.order_lines
    same = lines.group_by("order_id", "product_id", "kind", "quantity", "unit_price", "net_revenue").aggregate(n=lines.count())
    return same.aggregate(repeated_count=(same.n - 1).sum())


def future_orders(facts: Facts) -> ir.Table:
    """One row: future_count, orders at or after the instant of the answers, which are not read."""
    orders = t.ORDERS.unbound()
    return orders.aggregate(future_count=orders.count(where=orders.ordered_at >= facts.now))
