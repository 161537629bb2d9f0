"""Which order lines the lines of credit notes give back: set-wise, by buyer and product.

First a credit meets the latest earlier sale of the same number of units. What is left over is matched like units on a shelf: the units
that a buyer bought of a product in order of time, and those given back in order of time, each unit once, and never one that was bought
later. The second is an approximation where someone returned part of a later purchase and kept an earlier one; quantities and amounts
are exact in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect.ids import named
from patron.kernel.time import type_of_instant

if TYPE_CHECKING:
    import ibis.expr.types as ir

MATCHED_KINDS = ("product", "shipping")
_SHIPPING = -1


def subject(rows: ir.Table) -> ir.IntegerValue:
    """What a sale and a credit must have in common besides the buyer: the product, or being carriage; null for anything else."""
    return ibis.cases((rows.kind == "product", rows.product_id), (rows.kind == "shipping", _SHIPPING), else_=ibis.null("int64")).cast(
        "int64"
    )


def sales(order_lines: ir.Table, orders: ir.Table) -> ir.Table:
    """Lines that can be given back: sale_id, order_id, buyer_id, subject, at, units (thousandths)."""
    buyers = orders.filter(orders.buyer_id.notnull()).select("order_id", "buyer_id")
    rows = order_lines.filter(order_lines.quantity > 0, order_lines.kind.isin(MATCHED_KINDS)).join(buyers, "order_id")
    return rows.select(
        "order_id", "buyer_id", sale_id=rows.line_id, subject=subject(rows), at=rows.ordered_at, units=_thousandths(rows.quantity)
    ).filter(lambda t: t.subject.notnull())


def returns(credits_: ir.Table) -> ir.Table:
    """Credits that can be matched: credit_id, buyer_id, subject, at, units (thousandths), total (minor units)."""
    rows = credits_.select(
        "credit_id", "buyer_id", "total", subject=subject(credits_), at=credits_.refunded_at, units=_thousandths(credits_.quantity)
    )
    return rows.filter(rows.buyer_id.notnull(), rows.subject.notnull(), rows.units > 0)


def matches_of_equal_size(sold: ir.Table, given_back: ir.Table) -> ir.Table:
    """Credits that meet the latest earlier sale of the same number of units.

    Args:
        sold: `sales`.
        given_back: `returns`.

    Returns:
        credit_id, sale_id, order_id, begins, ends: the whole credit, in thousandths of units. Each credit and each sale once.
    """
    key = ["buyer_id", "subject", "units"]
    numbered = sold.mutate(place=ibis.row_number().over(ibis.window(group_by=key, order_by=[sold.at, sold.sale_id])) + 1)
    every = sold.select(*key, "at", id=sold.sale_id, is_sale=ibis.literal(1)).union(
        given_back.select(*key, "at", id=given_back.credit_id, is_sale=ibis.literal(0))
    )
    in_time = ibis.window(group_by=key, order_by=[every.at, ibis.desc(every.is_sale), every.id], preceding=None, following=0)
    before = every.mutate(place=every.is_sale.sum().over(in_time)).filter(lambda t: t.is_sale == 0)
    candidates = before.select(*key, "place", credit_id=before.id, credited_at=before.at).join(
        numbered.select(*key, "place", "sale_id", "order_id"), [*key, "place"]
    )
    first = ibis.window(group_by=candidates.sale_id, order_by=[candidates.credited_at, candidates.credit_id])
    chosen = candidates.mutate(_n=ibis.row_number().over(first)).filter(lambda t: t._n == 0)
    return chosen.select("credit_id", "sale_id", "order_id", begins=ibis.literal(0, type="int64"), ends=chosen.units)


def matches_of_units(sold: ir.Table, given_back: ir.Table) -> ir.Table:
    """Credits matched unit by unit, in order of time, to sales before them; each unit sold is given back once at most.

    Args:
        sold: `sales` that are not matched yet.
        given_back: `returns` that are not matched yet.

    Returns:
        credit_id, sale_id, order_id, begins, ends: a part of the credit, in thousandths of units.
    """
    key = ["buyer_id", "subject"]
    first_at = sold.group_by(key).agg(first_at=sold.at.min())
    late = given_back.join(first_at, key).filter(lambda t: t.at >= t.first_at)
    shelf, taken = _laid_out(sold, key, "sale_id"), _laid_out(late, key, "credit_id")
    left = shelf.select(*key, "sale_id", "order_id", sold_at=shelf.at, sold_low=shelf.low, sold_high=shelf.high)
    met = taken.join(left, key).filter(lambda t: (t.low < t.sold_high) & (t.sold_low < t.high) & (t.sold_at <= t.at))
    return met.select(
        "credit_id",
        "sale_id",
        "order_id",
        begins=ibis.greatest(met.low, met.sold_low) - met.low,
        ends=ibis.least(met.high, met.sold_high) - met.low,
    )


def refunds(credits_: ir.Table, matches: ir.Table) -> ir.Table:
    """`facts.REFUNDS` of credits, without `is_full`: a row per match, and one for what met no sale.

    Args:
        credits_: `facts.CREDITS`.
        matches: of both kinds together.
    """
    joined = credits_.join(matches, "credit_id")
    parts = joined.select(
        *_of_credit(joined), "credit_id", "order_id", line_id=joined.sale_id, part=joined.ends - joined.begins, **_amounts(joined)
    )
    used = parts.group_by("credit_id").agg(
        _units=parts.part.sum().cast("int64"), _net=parts.net_revenue.sum().cast("int64"), _total=parts.total.sum().cast("int64")
    )
    rest = credits_.left_join(used, "credit_id")
    units = _thousandths(rest.quantity) - ibis.coalesce(rest._units, 0)
    left_over = rest.filter((units > 0) | rest._units.isnull())
    unmatched = left_over.select(
        *_of_credit(left_over),
        "credit_id",
        order_id=ibis.null("int64"),
        line_id=ibis.null("int64"),
        part=_thousandths(left_over.quantity) - ibis.coalesce(left_over._units, 0),
        net_revenue=left_over.net_revenue - ibis.coalesce(left_over._net, 0),
        total=left_over.total - ibis.coalesce(left_over._total, 0),
    )
    every = parts.union(unmatched)
    return every.select(
        *_of_credit(every),
        "order_id",
        "line_id",
        "net_revenue",
        "total",
        refund_id=refund_id(every.credit_id, every.line_id),
        is_dated=ibis.literal(value=True),
        quantity=(every.part.cast("decimal(18, 3)") / 1000).cast("decimal(18, 3)"),
    )


def refund_id(credit: ir.IntegerValue, sale: ir.IntegerValue | None = None) -> ir.IntegerValue:
    """The id of the refund by which a credit gives back a line, or of what is left of it."""
    line = "" if sale is None else ibis.coalesce(sale.cast("string"), ibis.literal(""))
    return named("refund", credit.cast("string"), line)


def called_off(order_lines: ir.Table, given_back: ir.Table) -> ir.Table:
    """Orders that were given back as a whole: order_id, cancelled_at (the instant of the refund that completed it).

    Args:
        order_lines: `facts.ORDER_LINES` of the orders in question.
        given_back: `facts.REFUNDS` of the orders in question.
    """
    sold = order_lines.filter(order_lines.quantity > 0, order_lines.kind == "product")
    units = sold.group_by("order_id").agg(_sold=sold.quantity.sum())
    of_products = given_back.filter(given_back.order_id.notnull(), given_back.kind == "product")
    back = of_products.group_by("order_id").agg(_back=of_products.quantity.sum(), cancelled_at=of_products.refunded_at.max())
    met = units.join(back, "order_id")
    return met.filter(met._back >= met._sold).select("order_id", cancelled_at=met.cancelled_at.cast(type_of_instant))


def _thousandths(quantity: ir.DecimalValue) -> ir.IntegerValue:
    return (quantity * 1000).cast("int64")


def _laid_out(rows: ir.Table, key: list[str], last: str) -> ir.Table:
    """Units of each row as a span on one line per key, in order of time."""
    in_time = ibis.window(group_by=key, order_by=[rows.at, rows[last]], preceding=None, following=0)
    high = rows.mutate(high=rows.units.sum().over(in_time).cast("int64"))
    return high.mutate(low=high.high - high.units)


def _of_credit(rows: ir.Table) -> list[ir.Value]:
    return [rows[c] for c in ("document_number", "buyer_id", "product_id", "kind", "refunded_at", "currency", "source", "received_at")]


def _amounts(rows: ir.Table) -> dict[str, ir.IntegerValue]:
    """The part of an amount that belongs to a span of units; parts that touch sum up exactly."""

    def up_to(amount: ir.IntegerValue, units: ir.IntegerValue) -> ir.IntegerValue:
        whole = _thousandths(rows.quantity)
        share = (amount.cast("float64") * units.cast("float64") / whole.cast("float64")).round().cast("int64")
        return ibis.ifelse(units == whole, amount, share)

    return {name: up_to(rows[name], rows.ends) - up_to(rows[name], rows.begins) for name in ("net_revenue", "total")}
