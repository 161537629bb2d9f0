"""Orders as the sums of their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    from collections.abc import Collection

    import ibis.expr.types as ir

MERGED = ("buyer_id", "coupon_code", "channel", "country", "region", "city", "postal_code")
"""What an order has besides its lines; of two values the greater holds, so that the order of loading does not matter."""


SUMMED = ("kind", "net_revenue", "shipping", "fees", "discount", "coupon_discount", "tax", "total", "cost", "units", "line_count")
"""What an order has of its lines."""
AMOUNTS = frozenset({"discount", "coupon_discount", "tax", "cost"})
"""The amounts that lines may tell besides their revenue."""


def sums(order_lines: ir.Table) -> ir.Table:
    """The money, units and kind of orders.

    Args:
        order_lines: `facts.ORDER_LINES`.

    Returns:
        One row per order: order_id and `SUMMED`.
    """
    grouped = order_lines.group_by("order_id").agg(**parts(order_lines))
    return grouped.select("order_id", **summed(grouped))


def parts(rows: ir.Table, where: ir.BooleanValue | None = None, told: Collection[str] = AMOUNTS) -> dict[str, ir.Value]:
    """What is added up over the lines of an order, for `summed`.

    Args:
        rows: lines, with kind, quantity, net_revenue and what they tell.
        where: which of them belong to the order; all, if not given.
        told: those of `AMOUNTS` that they tell.
    """
    zero = ibis.literal(0, type="int64")

    def of(*kinds: str) -> ir.IntegerValue:
        return ibis.ifelse(rows.kind.isin(kinds), rows.net_revenue, zero).sum(where=where).cast("int64")

    is_product = rows.kind == "product"
    is_sold = (rows.quantity >= 0) & (rows.net_revenue > 0) & (rows.kind != "adjustment")
    costs = {}
    if "cost" in told:
        costs["_cost"] = ibis.ifelse(is_product, rows.cost, zero).sum(where=where).cast("int64")
        costs["_uncosted"] = (is_product & rows.cost.isnull()).any(where=where)
    return {
        "_is_sale": is_sold.any(where=where),
        "_every": rows.net_revenue.sum(where=where).cast("int64"),
        "_net_revenue": of("product", "discount"),
        "_shipping": of("shipping"),
        **{f"_{c}": rows[c].sum(where=where).cast("int64") for c in ("discount", "coupon_discount", "tax") if c in told},
        "_units": ibis.ifelse(is_product, rows.quantity, ibis.literal(0).cast("decimal(18, 3)")).sum(where=where).cast("decimal(18, 3)"),
        "_line_count": is_product.sum(where=where).cast("int64"),
        **costs,
    }


def summed(grouped: ir.Table, told: Collection[str] = AMOUNTS) -> dict[str, ir.Value]:
    """The columns `SUMMED`.

    Args:
        grouped: orders, with their `parts`.
        told: those of `AMOUNTS` that their lines tell; of the others nothing is known, or there is none.
    """
    same = {c: grouped[f"_{c}"] for c in ("net_revenue", "shipping", "units", "line_count")}
    taken = {c: grouped[f"_{c}"] if c in told else ibis.literal(0, type="int64") for c in ("discount", "coupon_discount", "tax")}
    cost = ibis.null("int64")
    if "cost" in told:
        cost = ibis.ifelse(grouped._uncosted | (grouped._line_count == 0), cost, grouped._cost)
    return {
        **same,
        **taken,
        "kind": ibis.ifelse(grouped._is_sale, "sale", "adjustment"),
        "fees": grouped._every - grouped._net_revenue - grouped._shipping,
        "total": grouped._every + taken["tax"],
        "cost": cost,
    }


def orders(numbers: ir.Table, summed: ir.Table) -> ir.Table:
    """`facts.ORDERS`, without what the loading adds.

    Args:
        numbers: order_id, order_number, ordered_at, currency and the columns `MERGED`.
        summed: `sums` of their lines.
    """
    return complete(numbers.join(summed, "order_id"))


def complete(rows: ir.Table) -> ir.Table:
    """`facts.ORDERS`, without what the loading adds.

    Args:
        rows: order_id, order_number, ordered_at, currency and the columns `MERGED` and `SUMMED`.
    """
    return rows.select("order_id", *SUMMED, "order_number", "ordered_at", "currency", *MERGED, updated_at=rows.ordered_at)


def heads(numbers: ir.Table, known: ir.Table) -> ir.Table:
    """What documents have besides their lines: the earliest instant, of everything else the greatest, so that no order of loading matters.

    Args:
        numbers: `Lines.numbers` of a file.
        known: order_id, ordered_at, currency and `MERGED` of documents that earlier files told of.

    Returns:
        One row per document of the file: order_id, order_number, ordered_at, currency and `MERGED`; is_new: whether all that is known of
        it stands in the file, under one way to write its number; is_plain: whether it is new and no two of its lines are equal.
    """
    columns = ["order_id", "ordered_at", "currency", *MERGED]
    no = ibis.literal(value=False)
    said = known.select(*columns, order_number=ibis.null("string"), is_new=no, is_plain=no)
    every = numbers.select(*columns, "order_number", "is_new", "is_plain").union(said)
    once = every.count() == 1
    return every.group_by("order_id").agg(
        ordered_at=every.ordered_at.min(),
        is_new=every.is_new.all() & once,
        is_plain=every.is_plain.all() & once,
        **{c: every[c].max() for c in ("order_number", "currency", *MERGED)},
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
