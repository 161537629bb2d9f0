"""Orders as the sums of their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

MERGED = ("buyer_id", "coupon_code", "channel", "country", "region", "city", "postal_code")
"""What an order has besides its lines; of two values the greater holds, so that the order of loading does not matter."""


def sums(order_lines: ir.Table) -> ir.Table:
    """The money, units and kind of orders.

    Args:
        order_lines: `facts.ORDER_LINES`.

    Returns:
        One row per order: order_id, kind, the amounts of `facts.ORDERS`, units, line_count.
    """
    rows = order_lines
    zero = ibis.literal(0, type="int64")

    def of(*kinds: str) -> ir.IntegerValue:
        return ibis.ifelse(rows.kind.isin(kinds), rows.net_revenue, zero).sum().cast("int64")

    is_product = rows.kind == "product"
    is_sold = (rows.quantity >= 0) & (rows.net_revenue > 0) & (rows.kind != "adjustment")
    grouped = rows.group_by("order_id").agg(
        is_sale=is_sold.any(),
        every=rows.net_revenue.sum().cast("int64"),
        net_revenue=of("product", "discount"),
        shipping=of("shipping"),
        discount=rows.discount.sum().cast("int64"),
        coupon_discount=rows.coupon_discount.sum().cast("int64"),
        tax=rows.tax.sum().cast("int64"),
        units=ibis.ifelse(is_product, rows.quantity, ibis.literal(0).cast("decimal(18, 3)")).sum().cast("decimal(18, 3)"),
        line_count=is_product.sum().cast("int64"),
        cost=ibis.ifelse(is_product, rows.cost, zero).sum().cast("int64"),
        uncosted=(is_product & rows.cost.isnull()).any(),
    )
    return grouped.select(
        "order_id", "net_revenue", "shipping", "discount", "coupon_discount", "tax", "units", "line_count",
        kind=ibis.ifelse(grouped.is_sale, "sale", "adjustment"),
        fees=grouped.every - grouped.net_revenue - grouped.shipping,
        total=grouped.every + grouped.tax,
        cost=ibis.ifelse(grouped.uncosted | (grouped.line_count == 0), ibis.null("int64"), grouped.cost),
    )  # fmt: skip


def orders(numbers: ir.Table, summed: ir.Table) -> ir.Table:
    """`facts.ORDERS`, without what the loading adds.

    Args:
        numbers: order_id, order_number, ordered_at, currency and the columns `MERGED`.
        summed: `sums` of their lines.
    """
    joined = numbers.join(summed, "order_id")
    return joined.select(*summed.columns, "order_number", "ordered_at", "currency", *MERGED, updated_at=joined.ordered_at)


def heads(numbers: ir.Table, known: ir.Table) -> ir.Table:
    """What documents have besides their lines: the earliest instant, of everything else the greatest, so that no order of loading matters.

    Args:
        numbers: `Lines.numbers` of a file.
        known: order_id, ordered_at, currency and `MERGED` of documents that earlier files told of.

    Returns:
        One row per document of the file: order_id, order_number, ordered_at, currency and `MERGED`.
    """
    columns = ["order_id", "ordered_at", "currency", *MERGED]
    every = numbers.select(*columns, "order_number").union(known.select(*columns, order_number=ibis.null("string")))
    return every.group_by("order_id").agg(
        ordered_at=every.ordered_at.min(), **{c: every[c].max() for c in ("order_number", "currency", *MERGED)}
    )


def known_of_orders(orders: ir.Table) -> ir.Table:
    """What orders say in `heads`.

    Args:
        orders: `facts.ORDERS`.
    """
    return orders.select("order_id", "ordered_at", "currency", *MERGED)


def known_of_credits(credits_: ir.Table, numbers: ir.Table) -> ir.Table:
    """What credits say in `heads`: whose they are and when they were given.

    Args:
        credits_: `facts.CREDITS` of the numbers' scope.
        numbers: `Lines.numbers` of a file.
    """
    ids = numbers.select("order_id", "order_number").distinct()
    met = credits_.join(ids, credits_.document_number == ids.order_number)
    unknown = {c: ibis.null("string") for c in MERGED if c != "buyer_id"}
    return met.select("order_id", "currency", "buyer_id", ordered_at=met.refunded_at, **unknown)
