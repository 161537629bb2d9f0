"""Customers and their consents as Shopify's webhooks tell of them; consents have the date that Shopify knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources.customers_rows import consents, granted
from patron.adapters.sources.payloads import Payload, is_one_of
from patron.adapters.sources.payloads_json import instant, without
from patron.collect import ids, people
from patron.collect.places import country
from patron.ports.source import Check, Field, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_STATES = {
    "granted": ("subscribed",),
    "pending": ("pending",),
    "denied": ("not_subscribed", "invalid"),
    "withdrawn": ("unsubscribed", "redacted"),
}
_METHODS = {"double_opt_in": ("confirmed_opt_in",), "single_opt_in": ("single_opt_in",)}
_CHANNELS = {"email": "email_marketing_consent", "sms": "sms_marketing_consent"}
_CONSENT_FIELDS = tuple(
    field
    for channel, path in _CHANNELS.items()
    for field in (
        Field(f"{channel}_state", "text", (f"{path}.state",)),
        Field(f"{channel}_level", "text", (f"{path}.opt_in_level",)),
        Field(f"{channel}_since", "text", (f"{path}.consent_updated_at",)),
    )
)
_PROFILE = ("first_name", "last_name", "email", "phone", "region", "city", "postal_code", "tags", "customer_number", "created_at")
_STATED_ELSEWHERE = '{"email":null,"phone":null,"first_name":null,"last_name":null,"addresses":null,"default_address":null,"tags":null}'
_FIELDS = (
    Field("customer_number", "reference", ("id",), filled=True),
    Field("email", "email"),
    Field("phone", "phone"),
    Field("first_name", "text", needed=True),
    Field("last_name", "text"),
    Field("region", "text", ("default_address.province_code",)),
    Field("city", "text", ("default_address.city",)),
    Field("postal_code", "text", ("default_address.zip",)),
    Field("country", "text", ("default_address.country_code",)),
    Field("tags", "text"),
    Field("created", "text", ("created_at",)),
    Field("updated", "text", ("updated_at",), filled=True),
    Field("accepts_marketing", "flag"),
    Field("accepts_since", "text", ("accepts_marketing_updated_at",)),
    *_CONSENT_FIELDS,
)


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(records, intake, customer_number=records.customer_number, email=records.email, phone=records.phone)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    known = records.mutate(
        country=country(records.country),
        traits=without(records.payload, _STATED_ELSEWHERE),
        email_state=ibis.coalesce(records.email_state, _state_of_flag(records.accepts_marketing)),
        created_at=instant(records.created),
        updated_at=instant(records.updated),
        email_since=ibis.coalesce(records.email_since, records.accepts_since),
    ).alias("_customers_known")
    person = _person(known, intake)
    profile = {name: known[name] for name in (*_PROFILE, "country", "traits")}
    return {
        **people.observed(
            person, intake, seen_at=known.created_at, updated_at=known.updated_at, kind="customers", profile=profile
        ),
        "consents": _consents(known, person, intake, known.updated_at),
    }  # fmt: skip


def _consents(records: ir.Table, person: people.Person, intake: Intake, known_at: ir.TimestampValue) -> ir.Table:
    email, sms = (
        consents(
            person,
            intake,
            channel=channel,
            status=_worded(records[f"{channel}_state"], _STATES),
            since=instant(records[f"{channel}_since"]),
            method=ibis.coalesce(_worded(records[f"{channel}_level"], _METHODS), ibis.literal("shopify")),
            known_at=known_at,
        )
        for channel in _CHANNELS
    )
    return email.union(sms)


def _worded(text: ir.StringValue, words: Mapping[str, tuple[str, ...]]) -> ir.StringValue:
    return ibis.cases(*[(text.lower().isin(said), ibis.literal(word)) for word, said in words.items()], else_=ibis.null("string"))


def _state_of_flag(accepts: ir.BooleanValue) -> ir.StringValue:
    """Old versions of the payload say yes or no only."""
    return ibis.ifelse(granted(accepts) == "granted", ibis.literal("subscribed"), ibis.ifelse(accepts.notnull(), "not_subscribed", None))


def _profile_id(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    return people.profile_id(_person(records, intake), intake, kind="customers")


def _unread(name: str) -> Check:
    return Check(name, lambda r: r[name].notnull() & instant(r[name]).isnull(), "an instant such as 2026-01-31T10:00:00Z")


CUSTOMERS = Payload(
    is_one_of("customers/create", "customers/update", "customers/enable", "customers/disable"),
    Layout(
        name="Shopify customer as JSON",
        fields=_FIELDS,
        primary="profiles",
        key=_profile_id,
        facts=_facts,
        checks=(_unread("updated"), _unread("email_since"), _unread("sms_since")),
    ),
)


def _consent_facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    known = records.mutate(customer_number=ibis.coalesce(records.customer_number, records.id))
    person = _person(known, intake)
    at = instant(ibis.coalesce(known.email_since, known.sms_since, known.triggered_at, known.received_at))
    return {**people.observed(person, intake, seen_at=at), "consents": _consents(known, person, intake, at)}


CONSENTS = Payload(
    is_one_of("customers_marketing_consent/update", "customers_email_marketing_consent/update"),
    Layout(
        name="Shopify consent as JSON",
        fields=(
            Field("id", "reference"),
            Field("customer_number", "reference", ("customer_id",)),
            Field("email", "email", ("email_address",)),
            Field("phone", "phone"),
            *_CONSENT_FIELDS,
        ),
        primary="consents",
        key=lambda records, _: ids.named("consent", records.customer_number),
        facts=_consent_facts,
        checks=(
            Check(
                "customer_number",
                lambda r: ibis.coalesce(r.id, r.customer_number, r.email, r.phone).isnull(),
                "a customer's id, e-mail address or phone number",
            ),
            _unread("email_since"),
            _unread("sms_since"),
        ),
    ),
)
