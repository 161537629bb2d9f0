"""Orders without their lines: one row per order, from any shop system, CSV, JSON Lines or Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import amounts, ids, people
from patron.ports.source import Check, Field, FileSource, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field(
        "order_number",
        "reference",
        ("order id", "order no", "order nr", "number", "id", "name", "increment id", "order"),
        needed=True,
        filled=True,
    ),
    Field(
        "ordered_at",
        "instant",
        ("order date", "date", "created at", "purchase date", "purchased at", "timestamp"),
        needed=True,
        filled=True,
    ),
    Field("total", "amount", ("order total", "grand total", "amount", "total price", "revenue", "value"), needed=True, filled=True),
    Field("customer_number", "reference", ("customer id", "customer no", "customer", "client id", "user id", "buyer id")),
    Field("email", "email", ("customer email", "e-mail", "email address", "billing email")),
    Field("phone", "phone", ("telephone", "mobile", "billing phone")),
    Field("subtotal", "amount", ("net revenue", "net", "net total", "products total", "items total")),
    Field("discount", "amount", ("discount amount", "discount total", "total discount", "discounts")),
    Field("shipping", "amount", ("shipping amount", "shipping total", "delivery", "postage", "freight")),
    Field("tax", "amount", ("taxes", "tax amount", "total tax", "vat")),
    Field("refunded", "amount", ("refunded amount", "total refunded", "refund", "refunds")),
    Field("refunded_at", "instant", ("refund date", "refunded on")),
    Field("currency", "text", ("currency code", "order currency")),
    Field("status", "text", ("order status", "state", "financial status", "payment status")),
    Field("cancelled_at", "instant", ("canceled at", "cancellation date")),
    Field("delivered_at", "instant", ("delivery date", "fulfilled at", "shipped at")),
    Field("updated_at", "instant", ("modified at", "last modified", "date modified")),
    Field("coupon_code", "text", ("coupon", "discount code", "voucher", "promo code")),
    Field("units", "quantity", ("items", "item count", "quantity", "qty", "items sold")),
    Field("first_name", "text", ("firstname", "given name")),
    Field("last_name", "text", ("lastname", "surname", "family name")),
    Field("country", "text", ("country code", "shipping country", "billing country")),
    Field("region", "text", ("state or province", "province", "county")),
    Field("city", "text", ("shipping city", "billing city", "town")),
    Field("postal_code", "text", ("zip", "zip code", "postcode", "shipping zip")),
    Field("channel", "text", ("sales channel", "source name")),
    Field("campaign_source", "text", ("utm source",)),
    Field("campaign_medium", "text", ("utm medium",)),
    Field("campaign_name", "text", ("utm campaign", "campaign")),
)
UNPAID = (
    "pending",
    "unpaid",
    "failed",
    "voided",
    "expired",
    "authorized",
    "on-hold",
    "on hold",
    "pending payment",
    "draft",
    "checkout-draft",
)
CANCELLED = ("cancelled", "canceled", "refunded", "closed", "trash")


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = people.identified(records, intake, customer_number=records.customer_number, email=records.email, phone=records.phone)
    orders = _orders(records, intake, person)
    return {
        "orders": orders,
        "refunds": _refunds(orders),
        **people.observed(
            person,
            intake,
            seen_at=records.ordered_at,
            profile={
                c: records[c]
                for c in ("customer_number", "email", "phone", "first_name", "last_name", "country", "region", "city", "postal_code")
            },
        ),
    }


def _orders(records: ir.Table, intake: Intake, person: people.Person) -> ir.Table:
    code = ibis.coalesce(records.currency.upper(), ibis.literal(intake.currency)) if "currency" in intake.has else intake.currency
    total, tax = amounts.minor(records.total, code), amounts.minor_or_zero(records.tax, code)
    shipping, discount = amounts.minor_or_zero(records.shipping, code), amounts.minor_or_zero(records.discount, code)
    net = amounts.minor(records.subtotal, code) if "subtotal" in intake.has else None
    net = total - tax - shipping if net is None else ibis.coalesce(net, total - tax - shipping)
    status = records.status.lower()
    latest = ibis.greatest(
        *(ibis.coalesce(records[c], records.ordered_at) for c in ("updated_at", "cancelled_at", "delivered_at", "ordered_at"))
    )
    refunded = amounts.minor_or_zero(records.refunded, code).abs()
    is_off = records.cancelled_at.notnull() | ibis.coalesce(status.isin(CANCELLED), ibis.literal(value=False))
    return records.select(
        order_id=records.key,
        order_number=records.order_number,
        buyer_id=person.id,
        kind=ibis.ifelse(ibis.coalesce(status.isin(UNPAID), ibis.literal(value=False)), "unpaid", "sale"),
        status=status,
        ordered_at=records.ordered_at,
        cancelled_at=ibis.ifelse(is_off, ibis.coalesce(records.cancelled_at, records.ordered_at), ibis.null("timestamp(6)")),
        delivered_at=records.delivered_at,
        updated_at=latest,
        currency=code if isinstance(code, ibis.Expr) else ibis.literal(code),
        net_revenue=net,
        discount=discount.abs(),
        tax=tax,
        shipping=shipping,
        fees=total - net - tax - shipping,
        total=total,
        units=ibis.coalesce(records.units, ibis.literal(0).cast("decimal(18, 3)")),
        coupon_code=records.coupon_code,
        coupon_discount=ibis.ifelse(records.coupon_code.notnull(), discount.abs(), 0),
        **{
            c: records[c]
            for c in ("country", "region", "city", "postal_code", "channel", "campaign_source", "campaign_medium", "campaign_name")
        },
        _amount=ibis.ifelse(is_off & (refunded == 0), total, refunded),
        _refunded_at=records.refunded_at,
        _block=records.record,
    )


def _refunds(orders: ir.Table) -> ir.Table:
    """What was given back of each order; one that was called off, and does not say how much, gives back all of it."""
    back = orders.filter(orders._amount != 0, orders.kind == "sale")
    whole = back._amount >= back.total  # what goes beyond is money given back, but no revenue
    return back.select(
        refund_id=ids.named("refund", back.order_id.cast("string")),
        document_number=back.order_number,
        order_id=back.order_id,
        buyer_id=back.buyer_id,
        kind=ibis.literal("product"),
        refunded_at=ibis.coalesce(back._refunded_at, back.cancelled_at, back.ordered_at),
        is_dated=back._refunded_at.notnull() | (back.cancelled_at != back.ordered_at).fill_null(False),
        is_full=whole,
        quantity=ibis.ifelse(whole, back.units, ibis.literal(0).cast("decimal(18, 3)")),
        currency=back.currency,
        net_revenue=ibis.ifelse(whole, back.net_revenue, ibis.least(back._amount, back.net_revenue)),
        total=back._amount,
        _block=back._block,
    )


LAYOUT = Layout(
    name="orders, one row each",
    fields=_FIELDS,
    primary="orders",
    key=lambda records, intake: ids.order_id(intake.source, intake.scope, records.order_number),
    facts=_facts,
    checks=(
        Check("total", lambda r: r.total < 0, "an amount that is not negative", "what is given back belongs in a column for refunds"),
        Check("currency", lambda r: ~amounts.is_code(r.currency.upper()), "an ISO 4217 code such as EUR"),
    ),
    notes=(
        Note("{count:,} refunds have no date of their own; the order's was taken.", "refunds", lambda r: ~r.is_dated),
        Note("{count:,} orders are not paid and do not count as sales.", "orders", lambda r: r.kind == "unpaid"),
        Note("{count:,} orders have no customer.", "orders", lambda r: r.buyer_id.isnull()),
    ),
)  # fmt: skip
SOURCE = FileSource("orders", "Orders of any shop, one row each, without their lines.", (LAYOUT,))
