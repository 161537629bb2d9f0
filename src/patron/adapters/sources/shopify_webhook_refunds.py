"""What Shopify says was given back of an order: which lines, how much, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources.payloads import each_of
from patron.adapters.sources.payloads_json import each, instant, sum_of
from patron.adapters.sources.shopify_orders import share
from patron.collect import amounts, ids

if TYPE_CHECKING:
    import ibis.expr.types as ir

_AMOUNT = "decimal(18, 6)"
_NO_UNITS = ibis.literal(0).cast("decimal(18, 3)")
_REFUND = {"one": "", "id": "id", "created": "created_at", "processed": "processed_at"}
_MOVE = {"kind": "kind", "status": "status", "amount": "amount", "move_currency": "currency"}
_ADJUSTMENT = {"kind": "kind", "amount": "amount", "tax": "tax_amount"}
_ITEM = {"item": "id", "line": "line_item_id", "units": "quantity", "subtotal": "subtotal", "total_tax": "total_tax"}


def line_id(order: ir.IntegerValue, number: ir.StringValue) -> ir.IntegerValue:
    """The id of a line item: its number within its order."""
    return ids.named("line", order.cast("string"), number)


def given_back(known: ir.Table) -> ir.Table:
    """One row per refund of each delivery of an order, amounts in minor units.

    Args:
        known: `record`, `key`, `refunds` (JSON), `currency`, `created_at`, `taxes_included`, `total` and `current_total` (minor units).

    Returns:
        `record`, `key`, `currency`, `taxes_included`, `refund` (its number), `refunded_at`, `is_dated`, `paid` (money that went back),
        `shipping` (of it, for carriage), `goods` (what its lines were worth), and `one`, the refund as JSON.
    """
    kept = ("record", "key", "currency", "taxes_included", "total", "current_total", "created_at")
    told = each_of(known, kept, each(known.refunds), _REFUND, name="_refunds")
    at = ibis.coalesce(instant(told.processed), instant(told.created))
    told = told.mutate(
        refund=ibis.coalesce(told.id, told.created, ibis.literal("")),
        refunded_at=ibis.coalesce(at, told.created_at),
        is_dated=at.notnull(),
        goods=_taxed(told, sum_of(told.one, "refund_line_items", "subtotal"), sum_of(told.one, "refund_line_items", "total_tax")),
    ).alias("_refunds_told")
    carried = each_of(
        told, ("record", "refund", "currency", "taxes_included"), each(told.one, "order_adjustments"), _ADJUSTMENT, name="_adjustments"
    )
    carried = carried.filter(carried.kind == "shipping_refund")
    sent = carried.select("record", "refund", shipping=_taxed(carried, _amount(carried.amount), _amount(carried.tax)).abs())
    shipping = sent.group_by("record", "refund").agg(shipping=sent.shipping.sum().cast("int64"))
    met = told.left_join(shipping, ["record", "refund"]).drop("record_right", "refund_right")
    met = met.left_join(money_moved(told), ["record", "refund"]).drop("record_right", "refund_right")
    return _paid(met.mutate(**{name: ibis.coalesce(met[name], 0) for name in ("shipping", "moved", "moves", "foreign_moves")}))


def money_moved(told: ir.Table) -> ir.Table:
    """The money that refunds moved.

    Args:
        told: `record`, `refund` (its number), `currency` and `one`, the refund as JSON.

    Returns:
        One row per refund that moved any: `record`, `refund`, `moved` (minor units of the currency), `moves` (transactions that gave back),
        `foreign_moves` (those of them in another currency).
    """
    moves = each_of(told, ("record", "refund", "currency"), each(told.one, "transactions"), _MOVE, name="_moves")
    is_done = ibis.coalesce(moves.status.lower() == "success", ibis.literal(value=True))
    moves = moves.filter(moves.kind.lower() == "refund", is_done)
    is_own = ibis.coalesce(moves.move_currency.upper(), moves.currency) == moves.currency
    every = moves.select(
        "record", "refund", is_own=is_own, moved=ibis.ifelse(is_own, amounts.minor(_amount(moves.amount), moves.currency), 0)
    )
    return every.group_by("record", "refund").agg(
        moved=every.moved.sum().cast("int64"),
        moves=every.count().cast("int64"),
        foreign_moves=(~every.is_own).sum().cast("int64"),
    )


def _amount(text: ir.StringValue) -> ir.DecimalValue:
    return ibis.coalesce(text.try_cast(_AMOUNT), ibis.literal(0).cast(_AMOUNT))


def _taxed(rows: ir.Table, amount: ir.DecimalValue, tax: ir.DecimalValue) -> ir.IntegerValue:
    """An amount in minor units, with its tax where that is not in it."""
    on_top = ibis.ifelse(rows.taxes_included, ibis.literal(0).cast(_AMOUNT), tax)
    return amounts.minor_or_zero((amount + on_top).try_cast(_AMOUNT), rows.currency)


def _paid(told: ir.Table) -> ir.Table:
    """What went back by each refund: the money that moved; in another currency, what was given back is worth.

    Where no money moved, lines were taken out of the order: they count as far as the order's total of now is less than that of then.
    """
    so_far = told.moved.sum().over(ibis.window(group_by="record"))
    less = ibis.coalesce(ibis.greatest(told.total - told.current_total - so_far, 0), 0)
    paid = ibis.cases(
        (told.moves == 0, ibis.least(told.goods, less)),
        (told.foreign_moves > 0, told.goods + told.shipping),
        else_=told.moved,
    ).cast("int64")
    known = told.select(
        *("record", "key", "currency", "taxes_included", "refund", "refunded_at", "is_dated", "goods", "one"),
        _carriage=told.shipping,
        _moves=told.moves,
        paid=paid,
    )
    carriage = ibis.ifelse(known._moves == 0, 0, ibis.least(known._carriage, known.paid)).cast("int64")
    return known.mutate(shipping=carriage).drop("_carriage", "_moves").alias("_given_back")


def refund_rows(back: ir.Table, lines: ir.Table, orders: ir.Table) -> ir.Table:
    """Rows of `refunds`: a row per line given back, one for carriage, and one for what was given beyond both; together what was paid.

    Args:
        back: `given_back`.
        lines: one row per line item: `_order`, `_block`, `number` (Shopify's id), `code`.
        orders: rows of `orders` with `_block`.
    """
    own = orders.filter(orders.kind == "sale").select(
        "_block", "order_number", "buyer_id", _net=orders.net_revenue, _tax=orders.tax, _all=orders.total
    )
    met = back.join(own, back.record == own._block)
    in_time = ibis.window(group_by="record", order_by=["refunded_at", "refund"], preceding=None, following=0)
    until = met.paid.sum().over(in_time)
    sold = met.mutate(of_goods=ibis.greatest(met.paid - met.shipping, 0), is_full=(until >= met._all) & (met._all > 0)).alias("_sold")
    extra = sold.mutate(rest=ibis.greatest(sold.of_goods - sold.goods, 0))
    whole = extra._net + extra._tax
    nothing = {"line_id": ibis.null("int64"), "product_id": ibis.null("int64"), "quantity": _NO_UNITS}
    carriage = extra.mutate(**nothing, part=ibis.literal("shipping"), net=ibis.literal(0, type="int64"), amount=extra.shipping)
    beyond = extra.mutate(
        **nothing, part=ibis.literal("adjustment"), net=share(extra._net, ibis.least(extra.rest, whole), whole), amount=extra.rest
    )
    goods = _rows(_of_lines(sold, lines), kind="product")
    others = [_rows(of.filter(of.amount > 0), kind=kind) for of, kind in ((carriage, "shipping"), (beyond, "adjustment"))]
    return goods.union(others[0]).union(others[1])


def _of_lines(sold: ir.Table, lines: ir.Table) -> ir.Table:
    """A row per line given back; where less was paid than the lines were worth, each gives back its share of it."""
    kept = [c for c in sold.columns if c != "one"]
    told = each_of(sold, kept, each(sold.one, "refund_line_items"), _ITEM, name="_items_back")
    net = amounts.minor(_amount(told.subtotal), told.currency)
    tax = ibis.ifelse(told.taxes_included, 0, amounts.minor(_amount(told.total_tax), told.currency))
    worth = told.select(
        *kept, "line", item_net=net, worth=(net + tax).cast("int64"), part=ibis.coalesce(told.item, told.line, ibis.literal("")),
        quantity=ibis.coalesce(told.units.try_cast("decimal(18, 3)"), _NO_UNITS),
    ).alias("_worth")  # fmt: skip
    of_refund = ibis.window(group_by=["record", "refund"], order_by=["part"], preceding=None, following=0)
    of_order = ibis.window(group_by=["record"], order_by=["refunded_at", "refund", "part"], preceding=None, following=0)
    laid = worth.mutate(
        until=worth.worth.sum().over(of_refund).cast("int64"), until_of_order=worth.worth.sum().over(of_order).cast("int64")
    ).alias("_laid")  # fmt: skip
    whole = laid._net + laid._tax
    included = share(laid._net, laid.until_of_order, whole) - share(laid._net, laid.until_of_order - laid.worth, whole)
    part = share(laid.of_goods, laid.until, laid.goods) - share(laid.of_goods, laid.until - laid.worth, laid.goods)
    shared = laid.mutate(
        amount=ibis.ifelse(laid.of_goods < laid.goods, part, laid.worth),
        full_net=ibis.ifelse(laid.taxes_included, included, laid.item_net),
    ).alias("_shared")  # fmt: skip
    named = lines.select(
        _of=lines._block, _number=lines.number, product_id=ids.product_id(lines.code), line_id=line_id(lines._order, lines.number)
    )
    met = shared.left_join(named, [shared.record == named._of, shared.line == named._number])
    return met.mutate(net=ibis.ifelse(met.worth == 0, 0, share(met.full_net, met.amount, met.worth)))


def _rows(of: ir.Table, *, kind: str) -> ir.Table:
    return of.select(
        *("line_id", "buyer_id", "product_id", "refunded_at", "is_dated", "is_full", "quantity", "currency"),
        refund_id=ids.named("refund", of.key.cast("string"), of.refund, kind, of.part),
        document_number=of.order_number,
        order_id=of.key,
        kind=ibis.literal(kind),
        net_revenue=ibis.coalesce(of.net, 0).cast("int64"),
        total=ibis.coalesce(of.amount, 0).cast("int64"),
        _block=of.record,
    )
