"""Every fact table: what a row is, and the type, unit and meaning of its columns.

Facts are kept in the currency they happened in. Instants are UTC without a zone. A `customer_id` that is null is a guest or a visitor
nobody knows yet; `buyer_id`, `visitor_id` … are identifiers as they were received, so that a merge or its undoing can resolve them anew.
"""

from __future__ import annotations

from patron.facts import columns as c
from patron.facts.ledger import (
    CREDITS,
    DOCUMENTS,
    FORGOTTEN,
    IDENTIFIERS,
    IDENTITIES,
    LINKS,
    LISTINGS,
    LOADS,
    MERGES,
    PROFILES,
    REFUSED,
    RESOLVED,
)
from patron.kernel.tables import Column, Table

__all__ = [
    "BY_NAME",
    "CONSENTS",
    "CREDITS",
    "CUSTOMERS",
    "DOCUMENTS",
    "EVENTS",
    "FACTS",
    "FORGOTTEN",
    "IDENTIFIERS",
    "IDENTITIES",
    "LEDGER",
    "LINKS",
    "LISTINGS",
    "LIST_MEMBERS",
    "LOADS",
    "MERGES",
    "MESSAGES",
    "ORDERS",
    "ORDER_LINES",
    "PERSONS",
    "PRODUCTS",
    "PROFILES",
    "RATES",
    "REDEMPTIONS",
    "REFUNDS",
    "REFUSED",
    "RESOLVED",
    "REVIEWS",
    "SPEND",
    "TICKETS",
]

CUSTOMERS = Table(
    "customers",
    "one row per resolved person",
    ("customer_id",),
    (
        Column("customer_id", "id", "the resolved customer", required=True),
        Column("first_seen_at", "instant", "the earliest instant anything is known about the person"),
        *c.PERSON,
        *c.LOAD,
    ),
)

PRODUCTS = Table(
    "products",
    "one row per product or variant that can be bought",
    ("product_id",),
    (
        *c.PRODUCT,
        *c.LOAD,
    ),
)

ORDERS = Table(
    "orders",
    "one row per purchase; what was given back is in `refunds`",
    ("order_id",),
    (
        Column("order_id", "id", "hash of source and order number", required=True),
        Column("order_number", "text", "what the shop calls the order", required=True),
        c.CUSTOMER,
        Column("buyer_id", "id", "the buyer's strongest identifier as received; null for guests"),
        Column(
            "kind",
            "text",
            "sale; unpaid (pending, failed, voided); or adjustment (bad debt, stock corrections). Only sales are orders",
            required=True,
        ),
        Column("status", "text", "paid, pending, cancelled, refunded, partially_refunded, voided …"),
        Column("ordered_at", "instant", "when it was placed", required=True),
        Column(
            "cancelled_at",
            "instant",
            "when the whole order was called off or given back: from then on it is no order; its money is in `refunds`",
        ),
        Column("delivered_at", "instant", "when it was fulfilled or delivered"),
        Column("updated_at", "instant", "the version: a later one replaces an earlier one"),
        c.CURRENCY,
        Column("net_revenue", "money", "products after discounts, without tax and shipping, before refunds", required=True),
        Column("discount", "money", "taken off the list price, a positive amount", required=True),
        Column("tax", "money", "tax on top of net revenue", required=True),
        Column("shipping", "money", "carriage paid by the buyer", required=True),
        Column("fees", "money", "everything that is neither product, tax nor carriage: bank charges, manual amounts", required=True),
        Column("total", "money", "net revenue + tax + shipping + fees", required=True),
        Column("cost", "money", "cost of goods where it is known for every product line, else null"),
        Column("units", "quantity", "units of products", required=True),
        Column("line_count", "count", "lines of products", required=True),
        Column("coupon_code", "text", "the first code used"),
        Column("coupon_discount", "money", "the part of the discount that a code gave", required=True),
        Column("country", "text", "where it was sent to"),
        Column("region", "text", "state or province it was sent to"),
        Column("city", "text", "city it was sent to"),
        Column("postal_code", "text", "postal code it was sent to"),
        Column("channel", "text", "web, pos, phone, app …"),
        Column("campaign_source", "text", "utm_source of the visit that led to it"),
        Column("campaign_medium", "text", "utm_medium"),
        Column("campaign_name", "text", "utm_campaign"),
        *c.LOAD,
    ),
)

ORDER_LINES = Table(
    "order_lines",
    "one row per line of an order",
    ("line_id",),
    (
        Column("line_id", "id", "hash of order, content and repetition", required=True),
        Column("order_id", "id", "its order", required=True),
        c.CUSTOMER,
        Column("product_id", "id", "its product; null for what is no product"),
        Column("kind", "text", "product, shipping, fee, discount, voucher or adjustment", required=True),
        Column("ordered_at", "instant", "when the order was placed", required=True),
        Column("quantity", "quantity", "units", required=True),
        Column("unit_price", "price", "price of a unit as received"),
        Column("list_price", "price", "price of a unit before reduction"),
        c.CURRENCY,
        Column("net_revenue", "money", "the line's total after discounts, without tax", required=True),
        Column("discount", "money", "taken off, a positive amount", required=True),
        Column("coupon_discount", "money", "the part of the discount that a code gave", required=True),
        Column("tax", "money", "tax on top", required=True),
        Column("cost", "money", "cost of goods of the line, if known"),
        *c.LOAD,
    ),
)

REFUNDS = Table(
    "refunds",
    "one row per line or amount given back: returns, credit notes, cancellations",
    ("refund_id",),
    (
        Column("refund_id", "id", "hash of document, content and repetition", required=True),
        Column("document_number", "text", "number of the credit note, or of the order when it has none", required=True),
        Column("order_id", "id", "the order it gives back; null when none could be found"),
        Column("line_id", "id", "the line it gives back, if known"),
        c.CUSTOMER,
        Column("buyer_id", "id", "the buyer's strongest identifier as received"),
        Column("product_id", "id", "the product, if known"),
        Column("kind", "text", "product, shipping, fee, discount or adjustment: what the amount was for", required=True),
        Column("refunded_at", "instant", "when it was given back", required=True),
        Column("is_dated", "flag", "false when the source gives no date and the order's was taken", required=True),
        Column("is_full", "flag", "whether it, with those before it, gives back the whole order", required=True),
        Column("quantity", "quantity", "units, positive", required=True),
        c.CURRENCY,
        Column("net_revenue", "money", "given back of products, positive", required=True),
        Column("total", "money", "given back in all, positive", required=True),
        *c.LOAD,
    ),
)

EVENTS = Table(
    "events",
    "one row per thing that happened on the site, in the app, on social media or in the shop",
    ("event_id",),
    (
        Column("event_id", "id", "hash of the message id, else of the content", required=True),
        c.CUSTOMER,
        Column("visitor_id", "id", "the identifier it came with"),
        Column("kind", "text", "what happened, in snake case: product_viewed, product_added, order_completed …", required=True),
        Column("occurred_at", "instant", "when it happened", required=True),
        Column("session_id", "id", "the visit it belongs to"),
        Column("channel", "text", "web, app, social, shop"),
        Column("product_id", "id", "the product it is about"),
        Column("category", "text", "the category it is about"),
        Column("quantity", "quantity", "units"),
        Column("value", "money", "the amount it is about"),
        Column("currency", "text", "ISO 4217 code of the value"),
        Column("query", "text", "what was searched for"),
        Column("page", "text", "path of the page"),
        Column("referrer", "text", "the page before"),
        Column("campaign_source", "text", "utm_source"),
        Column("campaign_medium", "text", "utm_medium"),
        Column("campaign_name", "text", "utm_campaign"),
        Column("device", "text", "desktop, mobile, tablet"),
        Column("properties", "text", "everything else, as a JSON object"),
        *c.LOAD,
    ),
)

MESSAGES = Table(
    "messages",
    "one row per message to one customer, with the first instant of each receipt",
    ("message_id",),
    (
        Column("message_id", "id", "hash of the message id", required=True),
        c.CUSTOMER,
        Column("person_id", "id", "the identifier it was sent to"),
        Column("channel", "text", "email, sms, whatsapp, push …", required=True),
        Column("purpose", "text", "marketing or transactional"),
        Column("campaign_name", "text", "the campaign or journey step"),
        Column("sent_at", "instant", "when it was handed over", required=True),
        Column("opened_at", "instant", "first opened by a person"),
        Column("machine_opened_at", "instant", "first opened by a machine"),
        Column("clicked_at", "instant", "first clicked"),
        Column("bounced_at", "instant", "when it came back"),
        Column("complained_at", "instant", "when it was marked as spam"),
        Column("unsubscribed_at", "instant", "when it led to an unsubscription"),
        c.UPDATED,
        *c.LOAD,
    ),
)

CONSENTS = Table(
    "consents",
    "one row per change of a permission",
    ("consent_id",),
    (
        Column("consent_id", "id", "hash of person, channel, purpose, status and date", required=True),
        c.CUSTOMER,
        Column("person_id", "id", "the identifier it was given for", required=True),
        Column("channel", "text", "email, sms, whatsapp, push", required=True),
        Column("purpose", "text", "marketing or transactional", required=True),
        Column("status", "text", "granted, denied, withdrawn, or pending", required=True),
        Column("occurred_at", "instant", "since when it holds; when not dated, when Patron learned it", required=True),
        Column("is_dated", "flag", "false: permission exists but nobody knows since when", required=True),
        Column("method", "text", "how it was given: double_opt_in, form, import …"),
        *c.LOAD,
    ),
)

REDEMPTIONS = Table(
    "redemptions",
    "one row per coupon redeemed that the order lines do not carry themselves",
    ("redemption_id",),
    (
        Column("redemption_id", "id", "hash of person, coupon, date and repetition", required=True),
        c.CUSTOMER,
        Column("person_id", "id", "the identifier it came with", required=True),
        Column("coupon_code", "text", "the coupon", required=True),
        Column("campaign_name", "text", "the campaign it came from"),
        Column("redeemed_at", "instant", "when it was redeemed", required=True),
        *c.LOAD,
    ),
)

REVIEWS = Table(
    "reviews",
    "one row per review",
    ("review_id",),
    (
        Column("review_id", "id", "hash of the review's number, else of its content", required=True),
        c.CUSTOMER,
        Column("person_id", "id", "the identifier it came with"),
        Column("product_id", "id", "the product"),
        Column("rating", "number", "stars, 1 worst to 5 best"),
        Column("title", "text", "title"),
        Column("body", "text", "text"),
        Column("is_recommended", "flag", "whether the reviewer recommends the product"),
        Column("helpful_count", "count", "people who found it helpful"),
        Column("reviewed_at", "instant", "when it was written; null when the source does not say"),
        c.UPDATED,
        *c.LOAD,
    ),
)

TICKETS = Table(
    "tickets",
    "one row per request to support",
    ("ticket_id",),
    (
        Column("ticket_id", "id", "hash of source and number", required=True),
        c.CUSTOMER,
        Column("person_id", "id", "the identifier it came with"),
        Column("channel", "text", "email, chat, phone, social"),
        Column("topic", "text", "what it is about: delivery, product, return, payment …"),
        Column("opened_at", "instant", "when it was opened", required=True),
        Column("closed_at", "instant", "when it was solved"),
        Column("satisfaction", "number", "rating of the answer, 1 worst to 5 best"),
        c.UPDATED,
        *c.LOAD,
    ),
)

SPEND = Table(
    "spend",
    "one row per span, channel and campaign of advertising cost",
    ("spend_id",),
    (
        Column("spend_id", "id", "hash of source, span, channel, campaign and repetition", required=True),
        Column("starts_on", "date", "first day", required=True),
        Column("ends_on", "date", "last day", required=True),
        Column("channel", "text", "meta, google, tv …", required=True),
        Column("campaign_name", "text", "campaign"),
        c.CURRENCY,
        Column("cost", "money", "what it cost", required=True),
        Column("impressions", "count", "times shown"),
        Column("clicks", "count", "clicks"),
        Column("conversions", "number", "conversions that the platform claims"),
        c.UPDATED,
        *c.LOAD,
    ),
)

RATES = Table(
    "rates",
    "one row per currency and day: what a unit of it is worth in the shop's currency from that day on",
    ("rate_id",),
    (
        Column("rate_id", "id", "hash of currency and day", required=True),
        c.CURRENCY,
        Column("starts_on", "date", "the first day the rate is used", required=True),
        Column("rate", "number", "shop currency per unit, major units", required=True),
        c.UPDATED,
        *c.LOAD,
    ),
)

LIST_MEMBERS = Table(
    "list_members",
    "one row per customer on a static list",
    ("list_name", "customer_id"),
    (
        Column("list_name", "text", "the list", required=True),
        Column("customer_id", "id", "the customer", required=True),
        Column("added_at", "instant", "when the customer was put on it", required=True),
    ),
)

FACTS: tuple[Table, ...] = (
    CUSTOMERS,
    PRODUCTS,
    ORDERS,
    ORDER_LINES,
    REFUNDS,
    EVENTS,
    MESSAGES,
    CONSENTS,
    REDEMPTIONS,
    REVIEWS,
    TICKETS,
    SPEND,
    RATES,
    LIST_MEMBERS,
)  # fmt: skip
"""What is true of the shop: the tables that features, segments and measurement read."""

LEDGER: tuple[Table, ...] = (
    PROFILES,
    IDENTIFIERS,
    LINKS,
    IDENTITIES,
    MERGES,
    FORGOTTEN,
    RESOLVED,
    LISTINGS,
    CREDITS,
    DOCUMENTS,
    LOADS,
    REFUSED,
)  # fmt: skip
"""How it became known: identity and loading."""

BY_NAME = {table.name: table for table in (*FACTS, *LEDGER)}
"""Every table by its name."""

PERSONS = {
    "orders": "buyer_id",
    "refunds": "buyer_id",
    "events": "visitor_id",
    "messages": "person_id",
    "consents": "person_id",
    "redemptions": "person_id",
    "reviews": "person_id",
    "tickets": "person_id",
}
"""The column that holds the identifier of the person, by the facts that are about one."""
