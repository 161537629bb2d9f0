"""All topics of Shopify's webhooks, each record a topic and a payload, in any mixture.

Orders, customers, consents and products become facts; carts, checkouts and refunds become events. Every other topic is kept as an event of
its own kind, `shopify_` and the topic: privacy requests (`shopify_customers_redact`, …) without the address and number they name. Whom
`customers/redact` names is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import shopify_webhook_carts as carts
from patron.adapters.sources import shopify_webhook_customers as customers
from patron.adapters.sources import shopify_webhook_orders as orders
from patron.adapters.sources import shopify_webhook_products as products
from patron.adapters.sources.payloads import Payload, enveloped, is_any, is_one_of
from patron.adapters.sources.payloads_json import instant, texts_of, without
from patron.adapters.sources.shopify_webhook_refunds import money_moved
from patron.collect import amounts, ids, people
from patron.collect.events import snake_case
from patron.ports.source import Check, Field, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

PRIVACY = ("customers/data_request", "customers/redact", "customers/delete", "shop/redact")
"""Topics that ask for, or tell of, the end of what is known about somebody."""
_REDACT = "customers/redact"
_PERSONAL = (
    '{"email":null,"phone":null,"first_name":null,"last_name":null,"addresses":null,"default_address":null,'
    '"customer":{"email":null,"phone":null}}'
)
_WHO = '{"customer":null}'
_FIELDS = (
    Field("id", "reference"),
    Field("customer_id", "reference"),
    Field("customer_number", "reference", ("customer.id",)),
    Field("email", "email"),
    Field("customer_email", "email", ("customer.email",)),
    Field("phone", "phone"),
    Field("customer_phone", "phone", ("customer.phone",)),
    Field("created", "text", ("created_at",)),
    Field("updated", "text", ("updated_at",)),
)
_REFUND = (
    Field("refund", "reference", ("id",), filled=True),
    Field("created", "text", ("created_at",), filled=True),
    Field("transactions", "json", needed=True),
)


def _key(records: ir.Table, _: Intake) -> ir.IntegerValue:
    """By topic and content, whichever delivery brought them."""
    return ids.named("event", "shopify", records.topic.lower(), records.payload)


def _events(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    """Each record as an event of its topic."""
    topic = records.topic.lower()
    is_customer = topic.startswith("customers/") & records.customer_number.isnull()
    known = records.mutate(
        number=ibis.coalesce(records.customer_id, records.customer_number, ibis.ifelse(is_customer, records.id, ibis.null("string"))),
        address=ibis.coalesce(records.email, records.customer_email),
        digits=ibis.coalesce(records.phone, records.customer_phone),
        at=ibis.coalesce(*(instant(records[c]) for c in ("triggered_at", "updated", "created", "received_at")), intake.exported),
    ).alias("_others_known")
    is_private, is_redact = known.topic.lower().isin(PRIVACY), known.topic.lower() == _REDACT
    found = known.select(
        event_id=known.key,
        visitor_id=ibis.ifelse(is_redact, ibis.null("int64"), _person(known, intake).id),
        kind=ibis.literal("shopify_") + snake_case(known.topic.lower()),
        occurred_at=known.at,
        channel=ibis.literal("shop"),
        properties=ibis.cases(
            (is_redact, without(known.payload, _WHO)), (is_private, without(known.payload, _PERSONAL)), else_=known.payload
        ),
    )
    named, gone = known.filter(~is_redact), known.filter(is_redact)
    return {
        "events": found,
        **people.observed(_person(named, intake), intake, seen_at=named.at),
        "forgotten": people.forgotten(_person(gone, intake), gone.at),
    }


def _person(known: ir.Table, intake: Intake) -> people.Person:
    return people.identified(known, intake, customer_number=known.number, email=known.address, phone=known.digits)


def _refunds(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    """A refund alone names neither order number nor buyer: it is an event, and the order's own delivery brings the money."""
    stated = texts_of(records.transactions, "", "currency")[0].upper()
    code = ibis.ifelse(amounts.is_code(stated), stated, ibis.literal(intake.currency))
    told = records.mutate(currency=ibis.coalesce(code, ibis.literal(intake.currency)), one=records.payload).alias("_refunds_read")
    met = told.left_join(money_moved(told), ["record", "refund"])
    found = met.select(
        event_id=ids.named("event", "shopify", intake.scope, "order_refunded", met.refund),
        kind=ibis.literal("order_refunded"),
        occurred_at=instant(met.created),
        channel=ibis.literal("shop"),
        value=ibis.coalesce(met.moved, 0).cast("int64"),
        currency=met.currency,
        properties=met.payload,
    )
    return {"events": found}


_REFUNDS = Layout(
    name="Shopify refund as JSON",
    fields=_REFUND,
    primary="events",
    key=_key,
    facts=_refunds,
    checks=(Check("created", lambda r: r.created.notnull() & instant(r.created).isnull(), "an instant such as 2026-01-31T10:00:00Z"),),
)
_OTHERS = Layout(name="Shopify payload of any topic", fields=_FIELDS, primary="events", key=_key, facts=_events)
LAYOUT = enveloped(
    "Shopify webhooks",
    (
        orders.PAYLOAD,
        Payload(is_one_of("refunds/create"), _REFUNDS),
        customers.CUSTOMERS,
        customers.CONSENTS,
        carts.CARTS,
        carts.CHECKOUTS,
        products.PAYLOAD,
        Payload(is_any, _OTHERS),
    ),
    notes=(
        Note("{count:,} orders are pending, voided, expired or tests and do not count as sales.", "orders", lambda r: r.kind == "unpaid"),
        Note("{count:,} orders have no customer.", "orders", lambda r: r.buyer_id.isnull()),
    ),
)
