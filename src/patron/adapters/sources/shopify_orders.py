"""Shopify's export of orders: a row per line item, the order's own columns in the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import amounts, ids, people
from patron.collect.places import country
from patron.ports.source import Check, Field, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("order_number", "text", ("name",), needed=True, filled=True),
    Field("created_at", "instant", needed=True, filled=True),
    Field("financial_status", "text", needed=True),
    Field("total", "amount", needed=True),
    Field("subtotal", "amount"),
    Field("shipping", "amount"),
    Field("taxes", "amount"),
    Field("currency", "text"),
    Field("discount_code", "text"),
    Field("discount_amount", "amount"),
    Field("refunded_amount", "amount"),
    Field("paid_at", "instant"),
    Field("fulfilled_at", "instant"),
    Field("cancelled_at", "instant"),
    Field("fulfillment_status", "text"),
    Field("accepts_marketing", "flag"),
    Field("email", "email"),
    Field("phone", "phone"),
    Field("source_name", "text", ("source",)),
    Field("quantity", "quantity", ("lineitem quantity",), needed=True),
    Field("item", "text", ("lineitem name",)),
    Field("price", "amount", ("lineitem price",)),
    Field("compare_at_price", "amount", ("lineitem compare at price",)),
    Field("sku", "text", ("lineitem sku",)),
    Field("item_discount", "amount", ("lineitem discount",)),
    Field("vendor", "text"),
    *(Field(f"{whose}_{what}", "text") for whose in ("shipping", "billing") for what in ("name", "city", "zip", "province", "country")),
)
_UNPAID = ("pending", "voided", "expired", "unpaid")
_HEAD = ("financial_status", "currency", "discount_code", "fulfillment_status", "source_name", "email", "phone", "accepts_marketing")
_HEAD_AMOUNTS = ("total", "subtotal", "shipping", "taxes", "discount_amount", "refunded_amount")
_HEAD_INSTANTS = ("created_at", "paid_at", "fulfilled_at", "cancelled_at")
_PLACES = tuple(f"{whose}_{what}" for whose in ("shipping", "billing") for what in ("name", "city", "zip", "province", "country"))


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    lines = _items(records, intake)
    heads = _heads(lines, intake)
    person = people.identified(heads, intake, email=heads.email, phone=heads.phone)
    orders = order_rows(heads, person)
    return {
        "orders": orders,
        "order_lines": _order_lines(lines, orders),
        "refunds": _refunds(orders),
        "consents": consent_rows(heads, person),
        "listings": listing_rows(lines, intake),
        **people.observed(person, intake, seen_at=heads.created_at, kind="orders", profile=profile_of(heads)),
    }


def _items(records: ir.Table, intake: Intake) -> ir.Table:
    """Records with `_block`, which tells two copies of one order in a file apart, and the amount of the line item."""
    of_order = ibis.window(group_by=records.key, order_by=records.record, preceding=None, following=0)
    block = records.total.notnull().cast("int64").sum().over(of_order).cast("int64")
    code = ibis.coalesce(
        records.currency, records.currency.max().over(ibis.window(group_by=records.key)), ibis.literal(intake.currency)
    ).upper()
    code = code if "currency" in intake.has else intake.currency
    gross = amounts.minor_of_product(records.price, ibis.coalesce(records.quantity, ibis.literal(0).cast("decimal(18, 3)")), code)
    marked = records.mutate(
        _block=block, _gross=ibis.coalesce(gross, ibis.literal(0)), _off=amounts.minor_or_zero(records.item_discount, code).abs()
    )
    name = ibis.coalesce(marked.sku, marked.item)
    return marked.mutate(code=name, _order=marked.key)


def _heads(lines: ir.Table, intake: Intake) -> ir.Table:
    """One row per order and copy: the order's own columns, amounts in minor units."""
    columns = {c: lines[c].max() for c in (*_HEAD, *_HEAD_AMOUNTS, *_HEAD_INSTANTS[1:], *_PLACES)}
    items = lines._gross - lines._off
    grouped = lines.group_by("_order", "_block").agg(
        order_number=lines.order_number.max(), created_at=lines.created_at.min(), _items=items.sum().cast("int64"),
        _item_discounts=lines._off.sum().cast("int64"), units=lines.quantity.sum().cast("decimal(18, 3)"),
        line_count=lines.code.count().cast("int64"), **columns,
    )  # fmt: skip
    named = grouped.mutate(currency=ibis.coalesce(grouped.currency.upper(), ibis.literal(intake.currency)))
    return named.mutate(**{c: amounts.minor(named[c], named.currency) for c in _HEAD_AMOUNTS}, email=named.email)


def order_rows(heads: ir.Table, person: people.Person) -> ir.Table:
    """Rows of `orders`.

    Args:
        heads: a row per order and copy of it: `_order` (its id), `_block`, the order's own columns as in the export with amounts in minor
            units, `_items` and `_item_discounts` (of its lines, minor units), `units` and `line_count`.
        person: the buyer of each.
    """
    zero = ibis.literal(0, type="int64")
    shipping, taxes = heads.shipping.fill_null(0), heads.taxes.fill_null(0)
    total = ibis.coalesce(heads.total, heads._items)  # the first row of an order may be in another file
    subtotal = ibis.coalesce(heads.subtotal, total - shipping - taxes)
    has_tax = (taxes != 0) & (total == subtotal + shipping)
    net = ibis.ifelse(has_tax, subtotal - taxes, subtotal)
    status = heads.financial_status.lower()
    refunded = heads.refunded_amount.fill_null(0).abs()
    is_back = (refunded >= total) & (total > 0)
    discount = ibis.greatest(heads.discount_amount.fill_null(0).abs(), heads._item_discounts)
    latest = ibis.greatest(*(ibis.coalesce(heads[c], heads.created_at) for c in _HEAD_INSTANTS))
    is_unpaid = ibis.coalesce(status.isin(_UNPAID), ibis.literal(value=False))
    return heads.select(
        "_block", "order_number", "currency", "units", "line_count",
        order_id=heads._order, buyer_id=person.id, kind=ibis.ifelse(is_unpaid, "unpaid", "sale"), status=status,
        ordered_at=heads.created_at,
        cancelled_at=ibis.coalesce(heads.cancelled_at, ibis.ifelse(is_back, heads.created_at, ibis.null("timestamp(6)"))),
        delivered_at=heads.fulfilled_at,
        updated_at=ibis.ifelse(heads.total.isnull(), ibis.null("timestamp(6)"), latest),
        net_revenue=net, discount=discount, tax=taxes, shipping=shipping, fees=total - net - taxes - shipping, total=total,
        coupon_code=heads.discount_code.split(",")[0].strip(),
        coupon_discount=ibis.ifelse(heads.discount_code.notnull(), discount, zero),
        country=country(ibis.coalesce(heads.shipping_country, heads.billing_country)),
        region=ibis.coalesce(heads.shipping_province, heads.billing_province),
        city=ibis.coalesce(heads.shipping_city, heads.billing_city),
        postal_code=ibis.coalesce(heads.shipping_zip, heads.billing_zip),
        channel=heads.source_name.lower(), _amount=refunded, _called_off_at=heads.cancelled_at,
    )  # fmt: skip


def spread(lines: ir.Table, orders: ir.Table) -> ir.Table:
    """Line items with `_net`: what was taken off the whole order is spread over them, so that they sum up to it.

    Args:
        lines: `_order`, `_block`, `code`, `_gross` and `_off` (minor units), and `record`, which orders those of an order.
        orders: `order_rows`.
    """
    items = lines.filter(lines.code.notnull())
    known = orders.select(
        _id=orders.order_id, _copy=orders._block, _net=orders.net_revenue, _at=orders.ordered_at, _currency=orders.currency
    )
    met = items.join(known, [items._order == known._id, items._block == known._copy])
    left = met._gross - met._off
    of_order = ibis.window(group_by=[met._order, met._block])
    so_far = ibis.window(group_by=[met._order, met._block], order_by=met.record, preceding=None, following=0)
    laid = met.mutate(_left=left, _until=left.sum().over(so_far).cast("int64"), _all=left.sum().over(of_order).cast("int64"))
    net = share(laid._net, laid._until, laid._all) - share(laid._net, laid._until - laid._left, laid._all)
    return laid.mutate(_net=ibis.ifelse(laid._all == 0, laid._left, net))


def _order_lines(lines: ir.Table, orders: ir.Table) -> ir.Table:
    met = spread(lines, orders)
    content = [met._order, met._block, met.code, met.quantity, met.price, met._off]
    laid = met.mutate(_copy_number=ibis.row_number().over(ibis.window(group_by=content, order_by=met.record)))
    parts = [laid._order, laid.quantity, laid.price, laid._off, laid._copy_number]
    texts = [ibis.coalesce(p.cast("string"), ibis.literal("")) for p in parts]
    return laid.select(
        _block=laid._block, line_id=ids.named("line", laid.code, *texts), order_id=laid._order, product_id=ids.product_id(laid.code),
        kind=ibis.literal("product"), ordered_at=laid._at, quantity=laid.quantity, unit_price=laid.price, list_price=laid.compare_at_price,
        currency=laid._currency, net_revenue=laid._net, discount=laid._off,
    )  # fmt: skip


def share(amount: ir.IntegerValue, part: ir.IntegerValue, whole: ir.IntegerValue) -> ir.IntegerValue:
    """The part of an amount that falls to a part of a whole; shares of parts that touch sum up exactly."""
    portion = (amount.cast("float64") * part.cast("float64") / whole.nullif(0).cast("float64")).round().cast("int64")
    return ibis.ifelse(part == whole, amount, portion)


def _refunds(orders: ir.Table) -> ir.Table:
    """What was given back of each order: the export says how much, but neither of what nor, unless it was called off, when."""
    back = orders.filter(orders._amount > 0, orders.kind == "sale")
    goods = ibis.least(back._amount, back.net_revenue + back.tax)
    net = share(back.net_revenue, goods, back.net_revenue + back.tax)
    whole = back._amount >= back.total
    return back.select(
        "order_id", "buyer_id", "currency", "_block",
        refund_id=ids.named("refund", back.order_id.cast("string")), document_number=back.order_number, kind=ibis.literal("product"),
        refunded_at=ibis.coalesce(back._called_off_at, back.ordered_at), is_dated=back._called_off_at.notnull(), is_full=whole,
        quantity=ibis.ifelse(whole, back.units, ibis.literal(0).cast("decimal(18, 3)")),
        net_revenue=ibis.ifelse(whole, back.net_revenue, net), total=back._amount,
    )  # fmt: skip


def consent_rows(heads: ir.Table, person: people.Person) -> ir.Table:
    """A tick at the checkout allows e-mail; no tick denies nothing."""
    rows = heads.select(person_id=person.id, occurred_at=heads.created_at, accepts=heads.accepts_marketing)
    said = rows.filter(rows.person_id.notnull(), rows.accepts)
    day = said.occurred_at.cast("string")
    return said.select(
        "person_id", "occurred_at",
        consent_id=ids.named("consent/email/marketing/granted", said.person_id.cast("string"), day),
        channel=ibis.literal("email"), purpose=ibis.literal("marketing"), status=ibis.literal("granted"),
        is_dated=ibis.literal(value=False), method=ibis.literal("checkout"),
    ).distinct()  # fmt: skip


def listing_rows(lines: ir.Table, intake: Intake) -> ir.Table:
    """Rows of `listings` for the products that were sold: of lines with `code`, `item`, `vendor` and `created_at`."""
    sold = lines.filter(lines.code.notnull())
    grouped = sold.group_by("code", "item").agg(
        first_sold_at=sold.created_at.min(), updated_at=sold.created_at.max(), brand=sold.vendor.max()
    )
    name = ibis.coalesce(grouped.item, ibis.literal(""))
    return grouped.select(
        "first_sold_at", "updated_at", "brand",
        listing_id=ids.named(f"listing/{intake.source}", grouped.code, name), is_listed=ibis.literal(value=False),
        product_id=ids.product_id(grouped.code), product_code=grouped.code, name=grouped.item,
    )  # fmt: skip


def profile_of(heads: ir.Table) -> dict[str, ir.Value]:
    """What an order says about its buyer."""
    name = ibis.coalesce(heads.billing_name, heads.shipping_name)
    rest = name.re_extract(r"^\S+\s+(.+)$", 1).nullif("")
    return {
        "email": heads.email,
        "phone": heads.phone,
        "first_name": name.re_extract(r"^(\S+)", 1).nullif(""),
        "last_name": rest,
        "country": country(ibis.coalesce(heads.billing_country, heads.shipping_country)),
        "region": ibis.coalesce(heads.billing_province, heads.shipping_province),
        "city": ibis.coalesce(heads.billing_city, heads.shipping_city),
        "postal_code": ibis.coalesce(heads.billing_zip, heads.shipping_zip),
    }


LAYOUT = Layout(
    name="Shopify orders export",
    fields=_FIELDS,
    primary="orders",
    key=lambda records, intake: ids.order_id(intake.source, intake.scope, records.order_number),
    facts=_facts,
    checks=(
        Check("total", lambda r: r.total < 0, "an amount that is not negative"),
        Check("quantity", lambda r: ~r.quantity.between(0, 10_000_000), "a quantity between 0 and ten million"),
        Check("price", lambda r: ~r.price.between(0, 100_000_000), "a price between 0 and a hundred million"),
        Check("currency", lambda r: ~amounts.is_code(r.currency.upper()), "an ISO 4217 code such as EUR"),
    ),
    notes=(
        Note("{count:,} refunds have no date in this export; the order's was taken.", "refunds", lambda r: ~r.is_dated),
        Note("{count:,} orders are pending, voided or expired and do not count as sales.", "orders", lambda r: r.kind == "unpaid"),
        Note("{count:,} orders have no customer.", "orders", lambda r: r.buyer_id.isnull()),
    ),
)
