"""Orders as Shopify's webhooks tell of them: the whole order each time, with lines, discounts, tax, carriage and refunds with their dates.

Its amounts follow the same rules as the export's (`shopify_orders`), so an order has the same money whichever way it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import shopify_orders as export
from patron.adapters.sources.payloads import EVERY_LINE_HAS_AN_ID, Payload, each_of, is_one_of
from patron.adapters.sources.payloads_json import amounts_of, each, instant, sum_of, texts_of
from patron.adapters.sources.shopify_webhook_refunds import given_back, line_id, refund_rows
from patron.collect import amounts, ids, people
from patron.kernel.money import CURRENCIES
from patron.ports.source import Check, Field, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

TOPICS = (
    "orders/create", "orders/updated", "orders/paid", "orders/partially_paid", "orders/cancelled", "orders/edited", "orders/fulfilled",
    "orders/partially_fulfilled",
)  # fmt: skip
"""Topics whose payload is a whole order."""
_WHERE = ("shipping", "billing")
_UTM = {"source": "source", "medium": "medium", "name": "campaign"}
_AMOUNTS = ("total", "current_total", "subtotal", "taxes", "discount_amount")
_FIELDS = (
    Field("order_number", "text", ("name",), filled=True),
    Field("created", "text", ("created_at",), filled=True),
    Field("updated", "text", ("updated_at",), filled=True),
    Field("cancelled", "text", ("cancelled_at",)),
    Field("currency", "text"),
    Field("financial_status", "text"),
    Field("fulfillment_status", "text"),
    Field("total", "amount", ("total_price",), filled=True),
    Field("current_total", "amount", ("current_total_price",)),
    Field("subtotal", "amount", ("subtotal_price",)),
    Field("taxes", "amount", ("total_tax",)),
    Field("discount_amount", "amount", ("total_discounts",)),
    Field("taxes_included", "flag"),
    Field("test", "flag"),
    Field("discount_codes", "json"),
    Field("email", "email"),
    Field("contact_email", "email"),
    Field("phone", "phone"),
    Field("customer_number", "reference", ("customer.id",)),
    Field("customer_email", "email", ("customer.email",)),
    Field("cart_token", "reference"),
    Field("checkout_token", "reference"),
    Field("accepts_marketing", "flag", ("buyer_accepts_marketing",)),
    Field("source_name", "text"),
    Field("landing_site", "text"),
    Field("line_items", "json", filled=True),
    Field("shipping_lines", "json"),
    Field("fulfillments", "json"),
    Field("refunds", "json"),
    *(Field(f"{whose}_{what}", "text", (f"{whose}_address.{what}",)) for whose in _WHERE for what in ("name", "city", "zip")),
    *(Field(f"{whose}_{what}", "text", (f"{whose}_address.{what}_code",)) for whose in _WHERE for what in ("province", "country")),
)  # fmt: skip
_LINE = {
    "number": "id", "sku": "sku", "name": "name", "title": "title", "vendor": "vendor", "price": "price", "units": "quantity",
    "total_discount": "total_discount", "discounts": "discount_allocations", "taxes": "tax_lines",
}  # fmt: skip


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    known = _known(records, intake)
    person = people.identified(
        known, intake, customer_number=known.customer_number, email=known.email, phone=known.phone, anonymous_id=known.cart
    )
    lines, back = _lines(known), given_back(known)
    heads = _heads(known, back)
    buyer = people.identified(heads, intake, customer_number=heads.customer_number, email=heads.email, phone=heads.phone)
    orders = _orders(heads, buyer).alias("_orders")
    profile = {**export.profile_of(known), "customer_number": known.customer_number}
    return {
        "orders": orders,
        "order_lines": _order_lines(lines, orders),
        "refunds": refund_rows(back, lines, orders),
        "consents": export.consent_rows(known, people.identified(known, intake, email=known.email, phone=known.phone)),
        "listings": export.listing_rows(lines, intake),
        "events": _completed(known, intake),
        **people.observed(person, intake, seen_at=known.created_at, updated_at=known.updated_at, kind="orders", profile=profile),
    }


def _known(records: ir.Table, intake: Intake) -> ir.Table:
    """Records with instants, a currency, amounts in minor units, and the buyer's address and cart."""
    code = records.mutate(
        currency=ibis.coalesce(records.currency.upper(), ibis.literal(intake.currency)),
        created_at=instant(records.created),
        updated_at=instant(records.updated),
        cancelled_at=instant(records.cancelled),
        email=ibis.coalesce(records.email, records.contact_email, records.customer_email),
        cart=ibis.coalesce(records.cart_token, records.checkout_token).re_replace(r"\?.*$", "").nullif(""),
        taxes_included=ibis.coalesce(records.taxes_included, ibis.literal(value=False)),
    ).alias("_orders_read")
    return code.mutate(**{name: amounts.minor(code[name], code.currency) for name in _AMOUNTS}).alias("_orders_known")


def _heads(known: ir.Table, back: ir.Table) -> ir.Table:
    """One row per delivery, as `shopify_orders.order_rows` takes it."""
    sums = back.group_by("record").agg(refunded_amount=back.paid.sum().cast("int64"), last_refund_at=back.refunded_at.max())
    met = known.left_join(sums, "record").drop("record_right")
    reduced, full = (sum_of(met.shipping_lines, "", name) for name in ("discounted_price", "price"))
    is_reduced = texts_of(met.shipping_lines, "", "discounted_price").length() > 0
    sent_at = texts_of(met.fulfillments, "", "created_at").try_cast("array<timestamp('UTC')>").maxs().cast("timestamp(6)")
    none = ibis.literal(0, type="int64")
    heads = met.mutate(
        _order=met.key,
        _block=met.record,
        discount_code=texts_of(met.discount_codes, "", "code")[0],
        shipping=amounts.minor(ibis.ifelse(is_reduced, reduced, full), met.currency),
        paid_at=ibis.null("timestamp(6)"),
        fulfilled_at=ibis.ifelse(met.fulfillment_status.lower() == "fulfilled", sent_at, ibis.null("timestamp(6)")),
        units=sum_of(met.line_items, "", "quantity").cast("decimal(18, 3)"),
        line_count=each(met.line_items).length().cast("int64"),
        _items=none,
        _item_discounts=none,
    )
    return heads.alias("_heads")


def _orders(heads: ir.Table, buyer: people.Person) -> ir.Table:
    """As the export's, but the version is Shopify's own, the last refund dates an order given back, and a test order is no sale."""
    rows = export.order_rows(heads, buyer)
    utm = {f"campaign_{what}": heads.landing_site.re_extract(rf"[?&]utm_{word}=([^&#]*)", 1).nullif("") for what, word in _UTM.items()}
    own = heads.select(
        _own=heads._block, _cancelled_at=heads.cancelled_at, _back_at=heads.last_refund_at, _version=heads.updated_at,
        _is_test=ibis.coalesce(heads.test, ibis.literal(value=False)), **utm,
    )  # fmt: skip
    met = rows.join(own, rows._block == own._own)
    ended_at = ibis.coalesce(met._cancelled_at, met._back_at, met.cancelled_at)
    return met.mutate(
        cancelled_at=ibis.ifelse(met.cancelled_at.notnull(), ended_at, ibis.null("timestamp(6)")),
        updated_at=met._version,
        kind=ibis.ifelse(met._is_test, ibis.literal("unpaid"), met.kind),
        status=ibis.ifelse(met._is_test, ibis.literal("test"), met.status),
    ).drop("_own", "_cancelled_at", "_back_at", "_version", "_is_test", "_called_off_at")


def _lines(known: ir.Table) -> ir.Table:
    """One row per line item of each delivery."""
    items = each_of(known, ("record", "key", "currency", "created_at"), each(known.line_items), _LINE, name="_line_items")
    price, quantity = items.price.try_cast("decimal(18, 6)"), items.units.try_cast("decimal(18, 3)")
    is_shared = each(items.discounts).length() > 0
    off = ibis.ifelse(is_shared, sum_of(items.discounts, "", "amount"), ibis.coalesce(items.total_discount.try_cast("decimal(18, 6)"), 0))
    return items.select(
        "number",
        "vendor",
        "created_at",
        _order=items.key,
        _block=items.record,
        record=ids.named("line item", items.number),
        code=ibis.coalesce(items.sku, items.name, items.title),
        item=ibis.coalesce(items.name, items.title),
        quantity=quantity,
        price=price,
        tax=amounts.minor(sum_of(items.taxes, "", "price"), items.currency),
        _gross=ibis.coalesce(amounts.minor_of_product(price, quantity, items.currency), ibis.literal(0, type="int64")),
        _off=amounts.minor(off.cast("decimal(18, 6)"), items.currency).abs(),
    ).alias("_lines")


def _order_lines(lines: ir.Table, orders: ir.Table) -> ir.Table:
    laid = export.spread(lines, orders)
    return laid.select(
        "_block", "tax", "quantity", line_id=line_id(laid._order, laid.number), order_id=laid._order, product_id=ids.product_id(laid.code),
        kind=ibis.literal("product"), ordered_at=laid._at, unit_price=laid.price, currency=laid._currency, net_revenue=laid._net,
        discount=laid._off,
    )  # fmt: skip


def _completed(known: ir.Table, intake: Intake) -> ir.Table:
    """That a cart or checkout has become an order, as an event of it: told once, by the topic that comes once."""
    new = known.filter(known.topic.lower() == "orders/create", known.cart.notnull())
    person = people.identified(new, intake, anonymous_id=new.cart)
    return new.select(
        event_id=ids.named("event", "shopify", "order_completed", new.key.cast("string")),
        visitor_id=person.id,
        kind=ibis.literal("order_completed"),
        occurred_at=new.created_at,
        session_id=ids.named("session", intake.scope, new.cart),
        channel=ibis.literal("web"),
        value=new.total,
        currency=new.currency,
    )


def _outside(name: str, most: int) -> Callable[[ir.Table], ir.BooleanValue]:
    """Whether a line item has a number of that name that nothing could cost, or nobody could buy."""

    def bad(records: ir.Table) -> ir.BooleanValue:
        found = amounts_of(records.line_items, "", name)
        return (found.mins() < 0) | (found.maxs() > most)

    return bad


def _unread(name: str) -> Callable[[ir.Table], ir.BooleanValue]:
    return lambda records: records[name].notnull() & instant(records[name]).isnull()


_INSTANT = "an instant such as 2026-01-31T10:00:00Z"
LAYOUT = Layout(
    name="Shopify order as JSON",
    fields=_FIELDS,
    primary="orders",
    key=lambda records, intake: ids.order_id(intake.source, intake.scope, records.order_number),
    facts=_facts,
    checks=(
        *(Check(name, _unread(name), _INSTANT) for name in ("created", "updated", "cancelled")),
        Check("currency", lambda r: ~r.currency.upper().isin(sorted(CURRENCIES)), "an ISO 4217 code such as EUR"),
        Check("total", lambda r: r.total < 0, "an amount that is not negative"),
        EVERY_LINE_HAS_AN_ID,
        Check("line_items", _outside("price", 100_000_000), "a price between 0 and a hundred million for every line item"),
        Check("line_items", _outside("quantity", 10_000_000), "a quantity between 0 and ten million for every line item"),
    ),
)
PAYLOAD = Payload(is_one_of(*TOPICS), LAYOUT)
