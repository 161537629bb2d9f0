"""What the exports of WooCommerce share: text with HTML entities, codes of products, and values inside JSON."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import orders
from patron.collect import amounts, ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_ENTITIES = {
    name: html.unescape(name)
    for name in (
        "&ndash; &#8211; &mdash; &times; &nbsp; &quot; &#34; &#8220; &#8221; &#039; &#39; &apos; &#8217; &lt; &gt; &#038; &amp;".split()
    )
}
"""Entities that WordPress writes into names, the ampersand last."""


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "string"), "string"))
def text_at(json, path):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The text at a path of a JSON text."""


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "string"), "array<string>"))
def texts_at(json, path):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The texts at a path with a * of a JSON text."""


def plain(text: ir.StringValue) -> ir.StringValue:
    """A name without HTML entities."""
    bare = text
    for entity, sign in _ENTITIES.items():
        bare = bare.replace(entity, sign)
    return ibis.ifelse(text.contains("&"), bare, text)


def utc(text: ir.StringValue) -> ir.TimestampValue:
    """An instant of a `_gmt` field, which carries no offset."""
    return text.re_replace(r"Z$", "").try_cast("timestamp(6)")


def code(sku: ir.StringValue, variation: ir.StringValue, product: ir.StringValue) -> ir.StringValue:
    """What a product is called: its SKU, else the number of the variation, else that of the product."""
    return ibis.coalesce(sku.strip().nullif(""), variation.nullif("0").nullif(""), product.nullif("0").nullif(""))


def order_facts(records: ir.Table, intake: Intake, values: Mapping[str, ir.Value]) -> dict[str, ir.Table]:
    """Orders, refunds and people, by the rules for orders without lines.

    Args:
        records: with `key` and `record`.
        intake: the file's.
        values: by field of `orders.LAYOUT`; the others are not known.
    """
    kinds = {f.name: f.kind for f in orders.LAYOUT.fields}
    types = {"instant": "timestamp(6)", "amount": "decimal(18, 6)", "quantity": "decimal(18, 3)"}
    every = {name: values.get(name, ibis.null(types.get(kind, "string"))) for name, kind in kinds.items()}
    shaped = records.select("key", "record", **every)
    return dict(orders.LAYOUT.facts(shaped, replace(intake, has=frozenset(values))))


def line_rows(lines: ir.Table, intake: Intake) -> dict[str, ir.Table]:
    """Rows of `order_lines` and of `listings`.

    Args:
        lines: key, record, item (text, one per line of an order), product_code, name, quantity, subtotal and total (decimals, without tax),
            tax, currency, coupon_code, ordered_at.
        intake: the file's.
    """
    net, before = amounts.minor_or_zero(lines.total, lines.currency), amounts.minor_or_zero(lines.subtotal, lines.currency)
    discount = ibis.greatest(before - net, ibis.literal(0, type="int64"))
    units = ibis.ifelse(lines.quantity == 0, ibis.null("float64"), lines.quantity.cast("float64"))
    rows = lines.select(
        line_id=ids.named("line", lines.key.cast("string"), lines.item),
        order_id=lines.key,
        product_id=ids.product_id(lines.product_code),
        kind=ibis.literal("product"),
        ordered_at=lines.ordered_at,
        quantity=lines.quantity,
        unit_price=(lines.total.cast("float64") / units).round(6).cast("decimal(18, 6)"),
        list_price=(lines.subtotal.cast("float64") / units).round(6).cast("decimal(18, 6)"),
        currency=lines.currency,
        net_revenue=net,
        discount=discount,
        coupon_discount=ibis.ifelse(lines.coupon_code.notnull(), discount, ibis.literal(0, type="int64")),
        tax=amounts.minor_or_zero(lines.tax, lines.currency),
        _block=lines.record,
    )
    named = lines.filter(lines.product_code.notnull(), lines.name.notnull())
    found = named.group_by("product_code", name=plain(named.name)).agg(
        first_sold_at=named.ordered_at.min(), updated_at=named.ordered_at.max()
    )
    product = ids.product_id(found.product_code)
    listings = found.mutate(
        listing_id=ids.named(f"listing/{intake.source}", product.cast("string"), found.name),
        is_listed=ibis.literal(value=False),
        product_id=product,
    )
    return {"order_lines": rows, "listings": listings}


def with_lines(found: Mapping[str, ir.Table], lines: Mapping[str, ir.Table]) -> dict[str, ir.Table]:
    """Facts of orders together with those of their lines; orders count their lines and units."""
    rows = lines["order_lines"]
    counted = rows.group_by("order_id", "_block").agg(_lines=rows.count().cast("int64"), _units=rows.quantity.sum())
    orders_ = found["orders"].drop("units")
    joined = orders_.left_join(counted, ["order_id", "_block"])
    no_units = ibis.literal(0).cast("decimal(18, 3)")
    counted_orders = joined.select(
        *(joined[c] for c in orders_.columns),
        units=ibis.coalesce(joined._units.cast("decimal(18, 3)"), no_units),
        line_count=ibis.coalesce(joined._lines, ibis.literal(0, type="int64")),
    )
    return {**found, **lines, "orders": counted_orders}


def status(text: ir.StringValue, paid: ir.BooleanValue) -> ir.StringValue:
    """The status of an order; one that was called off before it was paid never was a sale."""
    lower = text.lower().re_replace("^wc-", "")
    return ibis.ifelse((lower == "cancelled") & ~paid, ibis.literal("voided"), lower)


def medium(said: ir.StringValue, source_type: ir.StringValue) -> ir.StringValue:
    """The medium of the visit that led to an order: as said, else what the kind of source tells."""
    told = ibis.cases(
        (source_type == "organic", ibis.literal("organic")),
        (source_type == "referral", ibis.literal("referral")),
        else_=ibis.null("string"),
    )
    return ibis.coalesce(said, told)
