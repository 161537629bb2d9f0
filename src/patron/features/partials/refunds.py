"""Partials of refunds: what was given back, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.features.partials.orders import WINDOWS
from patron.features.partials.partial import Partial, earliest, first_in, leaves, since, total, within

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


def _refunds(facts: Facts) -> ir.Table:
    rows = _with_margin(facts)
    at = rows.refunded_at
    before = at < since(facts, 365)
    previous = ~within(at, facts, 365) & within(at, facts, 2 * 365)
    columns: dict[str, ir.Value] = {
        "revenue": rows.net_revenue.sum().cast("int64"),
        "margin": rows.margin.sum().cast("int64"),
        "units": rows.units.sum().cast("decimal(18, 3)"),
        "last_refund_at": at.max(),
        "revenue_previous_365d": total(previous, rows.net_revenue),
        "margin_365d": ibis.ifelse(before, 0, rows.margin).sum().cast("int64"),
        "edge_previous_365d": earliest(leaves(first_in(previous, at), 730), leaves(first_in(~before, at), 365)),
    }
    for days in WINDOWS:
        inside = within(at, facts, days)
        columns[f"revenue_{days}d"] = total(inside, rows.net_revenue)
        columns[f"edge_{days}d"] = leaves(first_in(inside, at), days)
    return rows.group_by("customer_id").aggregate(**columns)


REFUNDS = Partial(
    "refunds",
    _refunds,
    zeros=frozenset("revenue margin units margin_365d revenue_30d revenue_90d revenue_365d revenue_previous_365d".split()),
)


def _with_margin(facts: Facts) -> ir.Table:
    """Refunds of customers with the contribution margin they took back: goods come home at cost, what handling cost does not."""
    refunds = facts.refunds.filter(facts.refunds.customer_id.notnull())
    rate = ibis.null("float64") if facts.shop.margin_rate is None else ibis.literal(facts.shop.margin_rate)
    columns = ("customer_id", "refunded_at", "net_revenue")
    units = ibis.ifelse(refunds.kind == "product", refunds.quantity, 0)
    if not facts.costed:
        back = (refunds.net_revenue.cast("float64") * rate).round().cast("int64")
        return refunds.select(*columns, units=units, margin=back)
    orders = facts.orders
    known = orders.filter(orders.net_revenue > 0, orders.cost.notnull())
    revenue = known.net_revenue.cast("float64")
    shares = known.select(_order="order_id", _share=(revenue - known.cost.cast("float64")) / revenue)
    rows = refunds.mutate(units=units).left_join(shares, refunds.order_id == shares._order)
    return rows.select(
        *columns, "units", margin=(rows.net_revenue.cast("float64") * ibis.coalesce(rows._share, rate)).round().cast("int64")
    )


def _documents(facts: Facts) -> ir.Table:
    refunds = facts.refunds.filter(facts.refunds.customer_id.notnull())
    documents = refunds.select("customer_id", "document_number").distinct()
    return documents.group_by("customer_id").aggregate(refund_count=documents.count().cast("int64"))


REFUND_DOCUMENTS = Partial("refund_documents", _documents, zeros=frozenset({"refund_count"}))
