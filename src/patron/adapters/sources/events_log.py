"""A log with a row per event, as shops and analytics tools export it: CSV, Parquet or flat JSON Lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import events_rows as rows
from patron.collect import events, ids, people
from patron.ports.source import Field, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("event", "text", ("event type", "event name", "action", "type", "kind"), needed=True, filled=True),
    Field("occurred_at", "instant", ("event time", "timestamp", "time", "event timestamp", "created at", "date"), needed=True, filled=True),
    Field("message_id", "reference", ("event id", "message id")),
    Field("user_id", "reference", ("customer id", "customer number", "customer no", "member id")),
    Field("email", "email", ("e-mail", "email address")),
    Field("visitor", "reference", ("anonymous id", "visitor id", "client id", "device id", "cookie id", "user pseudo id")),
    Field("session", "reference", ("session id", "user session", "visit id", "ga session id")),
    Field("product_code", "reference", ("sku", "product id", "item id", "product", "variant id")),
    Field("category", "text", ("category code", "product category", "category name", "item category")),
    Field("quantity", "quantity", ("qty", "units")),
    Field("price", "amount", ("unit price", "item price")),
    Field("value", "amount", ("revenue", "total", "amount", "event value")),
    Field("currency", "text", ("currency code",)),
    Field("query", "text", ("search query", "search term", "keyword", "keywords")),
    Field("page", "text", ("page path", "path", "url", "page url", "page location")),
    Field("referrer", "text", ("referer", "page referrer")),
    Field("device", "text", ("platform", "device type", "device category")),
    Field("channel", "text", ("event channel",)),
    Field("campaign_source", "text", ("utm source", "source")),
    Field("campaign_medium", "text", ("utm medium", "medium", "acquisition channel", "traffic channel")),
    Field("campaign_name", "text", ("utm campaign", "campaign")),
)  # fmt: skip


def _key(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    return rows.event_id(records, intake, (*(records[f.name] for f in _FIELDS), records.rest))


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    records = _with_value(events.spelled(records, "event"), intake)  # what is asked for more than once is worked out once
    person = people.identified(records, intake, customer_number=records.user_id, email=records.email, anonymous_id=records.visitor)
    found = records.select(
        event_id=records.key,
        visitor_id=person.id,
        kind=_kind(records, intake),
        occurred_at=records.occurred_at,
        session_id=rows.session_id(records.session, intake),
        channel=ibis.coalesce(records.channel.lower(), ibis.ifelse(records.device.lower().isin(("app", "ios", "android")), "app", "web")),
        product_id=ids.product_id(records.product_code),
        category=records.category,
        quantity=records.quantity,
        value=records._value,
        currency=ibis.ifelse(records._value.notnull(), records._code, ibis.null("string")),
        query=records.query,
        page=records.page,
        referrer=records.referrer,
        campaign_source=records.campaign_source,
        campaign_medium=records.campaign_medium,
        campaign_name=records.campaign_name,
        device=records.device.lower(),
        properties=records.rest,
    )
    return {"events": found, **people.observed(person, intake, seen_at=records.occurred_at)}


def _with_value(records: ir.Table, intake: Intake) -> ir.Table:
    """Records with `_code` (of a currency) and `_value` (minor units): as told, else the price of so many."""
    amount = ibis.coalesce(records.value, rows.price_of(records.price, records.quantity))
    told = records.mutate(_code=rows.currency(records.currency, intake), _amount=amount)
    return told.mutate(_value=rows.money(told._amount, told._code))


def _kind(records: ir.Table, intake: Intake) -> ir.StringValue:
    """What each event is called here; the mapping's `[values]` win over everything."""
    stated = intake.settings.get("values")
    own = {str(word): str(meaning) for word, meaning in stated.items()} if isinstance(stated, dict) else {}
    plain = events.kind(records, others={**events.SHORT_NAMES, **own})
    if events.CART in own:
        return plain
    tells_adding = records.aggregate(n=(events.kind(records, others=events.SHORT_NAMES) == "product_added").sum()).n.as_scalar()
    cart = ibis.ifelse(ibis.coalesce(tells_adding, 0) > 0, ibis.literal("cart_viewed"), ibis.literal("product_added"))
    return ibis.ifelse(records._snake == events.CART, cart, plain)


LAYOUT = Layout(
    name="log of events",
    fields=_FIELDS,
    primary="events",
    key=_key,
    facts=_facts,
    rest=True,
    notes=(Note("{count:,} events name nobody, not even a browser.", "events", lambda r: r.visitor_id.isnull()),),
)
