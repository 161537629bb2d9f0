"""All topics of WooCommerce's webhooks, each record a topic and a payload, in any mixture.

A payload is the object that the REST API gives, so it is read as such. Every other topic, coupons and deletions among them, is kept as an
event of its own kind, `woocommerce_` and the topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import woocommerce_orders as orders
from patron.adapters.sources.payloads import Payload, enveloped, is_any, is_one_of
from patron.adapters.sources.payloads_json import instant
from patron.collect import ids, people
from patron.collect.events import snake_case
from patron.ports.source import Field, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake


def _key(records: ir.Table, _: Intake) -> ir.IntegerValue:
    """By topic and content, whichever delivery brought them."""
    return ids.named("event", "woocommerce", records.topic.lower(), records.payload)


def _events(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    """Each record as an event of its topic."""
    told = (instant(records[c]) for c in ("modified_gmt", "triggered_at", "received_at"))
    at = ibis.coalesce(*told, intake.exported)
    is_customer = records.topic.lower().startswith("customer.")
    number = ibis.ifelse(is_customer, records.id, records.customer_id.nullif("0"))
    known = records.mutate(at=at, number=number, address=ibis.coalesce(records.email, records.billing_email)).alias("_others_known")
    person = people.identified(known, intake, customer_number=known.number, email=known.address)
    found = known.select(
        event_id=known.key,
        visitor_id=person.id,
        kind=ibis.literal("woocommerce_") + snake_case(known.topic.lower()),
        occurred_at=known.at,
        channel=ibis.literal("shop"),
        properties=known.payload,
    )
    return {"events": found, **people.observed(person, intake, seen_at=known.at)}


_OTHERS = Layout(
    name="WooCommerce payload of any topic",
    fields=(
        Field("id", "reference"),
        Field("customer_id", "reference"),
        Field("email", "email"),
        Field("billing_email", "email", ("billing.email",)),
        Field("modified_gmt", "text", ("date_modified_gmt",)),
    ),
    primary="events",
    key=_key,
    facts=_events,
)


def layout(customers: Layout, products: Layout) -> Layout:
    """The layout of deliveries.

    Args:
        customers: of the REST API's customers.
        products: of the REST API's products.
    """
    return enveloped(
        "WooCommerce webhooks",
        (
            Payload(is_one_of("order.created", "order.updated", "order.restored"), orders.REST),
            Payload(is_one_of("customer.created", "customer.updated"), customers),
            Payload(is_one_of("product.created", "product.updated", "product.restored"), products),
            Payload(is_any, _OTHERS),
        ),
        notes=orders.REST.notes,
    )
