"""Calls in Segment's form, one JSON object a line: track, page and screen are events, identify describes a person, alias links two."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import events_rows as rows
from patron.collect import events, ids, people
from patron.ports.source import Check, Field, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_CALLS = ("track", "page", "screen", "identify", "group", "alias")
_TIMES = ("timestamp", "original_timestamp", "sent_at", "taken_at")

# What stands inside `properties` may be anything in an unknown event: it is read as text, and never a reason to refuse one.
_FIELDS = (
    Field("type", "text"),
    Field("event", "text", ("event name",)),
    Field("message_id", "reference", ("messageId", "uuid")),
    Field("user_id", "reference", ("userId",)),
    Field("anonymous_id", "reference", ("anonymousId",)),
    Field("previous_id", "reference", ("previousId",)),
    Field("timestamp", "instant"),
    Field("original_timestamp", "instant", ("originalTimestamp",)),
    Field("sent_at", "instant", ("sentAt",)),
    Field("taken_at", "instant", ("receivedAt",)),
    Field("properties", "json", needed=True),
    Field("context", "json"),
    Field("traits", "json"),
    Field("context_traits", "json", ("context.traits",)),
    Field("name", "text"),
    Field("product_code", "reference", ("properties.sku",)),
    Field("product_number", "reference", ("properties.product_id",)),
    Field("category", "text", ("properties.category",)),
    Field("products", "json", ("properties.products",)),
    Field("quantity", "text", ("properties.quantity",)),
    Field("price", "text", ("properties.price",)),
    Field("value", "text", ("properties.value",)),
    Field("total", "text", ("properties.total",)),
    Field("revenue", "text", ("properties.revenue",)),
    Field("currency", "text", ("properties.currency",)),
    Field("query", "text", ("properties.query",)),
    Field("page", "text", ("context.page.path", "properties.path")),
    Field("referrer", "text", ("context.page.referrer", "properties.referrer")),
    Field("session", "reference", ("context.sessionId", "context.session_id", "properties.session_id")),
    Field("channel", "text", ("context.channel",)),
    Field("device", "text", ("context.device.type",)),
    Field("campaign_source", "text", ("context.campaign.source",)),
    Field("campaign_medium", "text", ("context.campaign.medium",)),
    Field("campaign_name", "text", ("context.campaign.name",)),
)  # fmt: skip


def _call(records: ir.Table) -> ir.StringValue:
    return ibis.coalesce(records.type.lower(), ibis.literal("track"))


def _key(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    texts = ("type", "event", "name", "user_id", "anonymous_id", "previous_id", *_TIMES, "properties", "context", "traits")
    return rows.event_id(records, intake, tuple(records[c] for c in texts))


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    is_alias = (_call(records) == "alias") & (records.previous_id != records.user_id)
    known = records.mutate(
        _call=_call(records),
        _at=ibis.coalesce(*(records[c] for c in _TIMES), intake.exported),
        _anonymous=ibis.coalesce(records.anonymous_id, ibis.ifelse(is_alias, records.previous_id, ibis.null("string"))),
        **{f"_{name}": _trait(records, *paths) for name, paths in _TRAITS.items()},
    )
    known = known.mutate(_email=_address(known._email), _phone=_digits(known._phone))
    person = _person(known, intake)
    told = known.filter(known._call == "identify")
    return {
        "events": _events(known.filter(known._call.isin(("track", "page", "screen"))), intake),
        **people.observed(person, intake, seen_at=known._at),
        "profiles": people.observed(
            _person(told, intake),
            intake,
            seen_at=told._at,
            profile={"customer_number": told.user_id, **{name: told[f"_{name}"] for name in _TRAITS}, "traits": _traits(told)},
        )["profiles"],
    }


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(
        records,
        intake,
        customer_number=records.user_id,
        email=records._email,
        phone=records._phone,
        anonymous_id=records._anonymous,
    )


def _events(records: ir.Table, intake: Intake) -> ir.Table:
    records = _with_amount(events.spelled(records, "event"), intake)  # what is asked for more than once is worked out once
    by_call = ibis.cases(
        (records._call == "page", ibis.literal("page_viewed")),
        (records._call == "screen", ibis.literal("screen_viewed")),
        else_=events.kind(records),
    )
    product = ibis.coalesce(records.product_code, records.product_number, _of_first(records, "sku"), _of_first(records, "product_id"))
    return records.select(
        event_id=records.key,
        visitor_id=_person(records, intake).id,
        kind=by_call,
        occurred_at=records._at,
        session_id=rows.session_id(records.session, intake),
        channel=ibis.coalesce(records.channel.lower(), ibis.ifelse(records._call == "screen", "app", "web")),
        product_id=ids.product_id(product),
        category=ibis.coalesce(records.category, _of_first(records, "category")),
        quantity=records._quantity,
        value=records._value,
        currency=ibis.ifelse(records._value.notnull(), records._code, ibis.null("string")),
        query=records.query,
        page=records.page,
        referrer=records.referrer,
        campaign_source=records.campaign_source,
        campaign_medium=records.campaign_medium,
        campaign_name=records.campaign_name,
        device=_device(records.device),
        properties=_everything(records),
    )


def _with_amount(records: ir.Table, intake: Intake) -> ir.Table:
    """Records with `_quantity`, `_code` (of a currency) and `_value` (minor units): as told, else the price of so many."""
    told = records.mutate(
        _code=rows.currency(records.currency, intake),
        _quantity=records.quantity.try_cast("decimal(18, 3)"),
        _price=records.price.try_cast("decimal(18, 6)"),
    )
    by_price = rows.price_of(told._price, told._quantity)
    told = told.mutate(_amount=ibis.coalesce(*(told[c].try_cast("decimal(18, 6)") for c in ("value", "total", "revenue")), by_price))
    return told.mutate(_value=rows.money(told._amount, told._code))


def _of_first(records: ir.Table, name: str) -> ir.StringValue:
    """A property of the first product of a list: what a cart or an order is about above all."""
    return rows.json_extract_string(records.products, f"$[0].{name}").nullif("")


def _everything(records: ir.Table) -> ir.StringValue:
    """The properties as received, with the name of the page and the context under keys of their own."""
    own = ibis.coalesce(records.properties, ibis.literal("{}"))
    context = ibis.coalesce(ibis.literal('"context":') + records.context, ibis.literal(""))
    inner = own.substr(1, own.length() - 2)
    parts = ibis.ifelse((inner.strip() != "") & (context != ""), inner + "," + context, inner.strip() + context)
    return (ibis.literal("{") + parts + "}").nullif("{}")


def _device(text: ir.StringValue) -> ir.StringValue:
    lower = text.lower()
    return ibis.ifelse(lower.isin(("ios", "android", "phone")), ibis.literal("mobile"), lower)


_TRAITS: dict[str, tuple[str, ...]] = {
    "email": ("email",),
    "phone": ("phone",),
    "first_name": ("firstName", "first_name"),
    "last_name": ("lastName", "last_name"),
    "gender": ("gender",),
    "country": ("address.country", "country"),
    "region": ("address.state", "state"),
    "city": ("address.city", "city"),
    "postal_code": ("address.postalCode", "postalCode"),
    "language": ("locale", "language"),
}


def _trait(records: ir.Table, *paths: str) -> ir.StringValue:
    """What is said of a person: by the call's traits, else by the traits of its context."""
    found = [rows.json_extract_string(records[c], f"$.{path}") for c in ("traits", "context_traits") for path in paths]
    return ibis.coalesce(*found).strip().nullif("")


def _traits(records: ir.Table) -> ir.StringValue:
    return ibis.coalesce(records.traits, records.context_traits)


def _address(text: ir.StringValue) -> ir.StringValue:
    lower = text.lower()
    return ibis.ifelse(lower.re_search(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"), lower, ibis.null("string"))


def _digits(text: ir.StringValue) -> ir.StringValue:
    bare = text.re_replace(r"[^\d+]", "").re_replace(r"^00", "+")
    return ibis.ifelse(bare.re_search(r"^\+?\d{7,15}$"), bare, ibis.null("string"))


def _nameless(records: ir.Table) -> ir.BooleanValue:
    return (_call(records) == "track") & records.event.isnull()


def _names_somebody(records: ir.Table) -> ir.BooleanValue:
    """More than a browser."""
    return reduce(lambda a, b: a | b, (records[c].notnull() for c in ("user_id", "previous_id", "traits", "context_traits")))


LAYOUT = Layout(
    name="calls in Segment's form",
    fields=_FIELDS,
    primary="events",
    key=_key,
    facts=_facts,
    only_from=(("links", _names_somebody), ("profiles", lambda r: _call(r) == "identify")),
    checks=(
        Check("type", lambda r: ~_call(r).isin(_CALLS), f"one of {', '.join(_CALLS)}"),
        Check("event", _nameless, "the name of what happened"),
    ),
    notes=(
        Note(
            "{count:,} events have no time of their own; the file's was taken.",
            "records",
            lambda r: reduce(lambda a, b: a & b, (r[c].isnull() for c in _TIMES)),
        ),
        Note("{count:,} events name nobody, not even a browser.", "events", lambda r: r.visitor_id.isnull()),
    ),
)
