"""Lists of customers: a plain table with a row per person, and the exports of Mailchimp and Klaviyo, which are known by their headers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import klaviyo, mailchimp
from patron.adapters.sources.customers_rows import consents, gender, granted
from patron.collect import people, places
from patron.ports.source import Check, Field, FileSource, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_NUMBER = (
    "customer id", "customer no", "customer nr", "customer", "customer code", "household id", "client id", "user id", "member id",
    "account number", "contact id", "id", "number",
)  # fmt: skip
_FIELDS = (
    Field("customer_number", "reference", _NUMBER),
    Field("email", "email", ("e-mail", "email address", "e-mail address", "mail", "customer email")),
    Field("phone", "phone", ("phone number", "telephone", "mobile", "mobile phone", "tel")),
    Field("first_name", "text", ("firstname", "given name", "forename", "vorname")),
    Field("last_name", "text", ("lastname", "surname", "family name", "nachname")),
    Field("gender", "text", ("sex", "salutation")),
    Field("birth_on", "date", ("birthday", "birth date", "date of birth", "birthdate", "dob")),
    Field("country", "text", ("country code", "default address country code")),
    Field("region", "text", ("state", "province", "county", "state or province")),
    Field("city", "text", ("town",)),
    Field("postal_code", "text", ("zip", "zip code", "postcode", "plz")),
    Field("language", "text", ("locale", "lang")),
    Field("tags", "text", ("labels", "groups", "segments")),
    Field("created_at", "instant", ("created", "registered at", "registration date", "signup date", "date created", "customer since")),
    Field("updated_at", "instant", ("modified at", "last modified", "date modified", "last changed")),
    Field("email_consent", "flag", ("accepts marketing", "accepts email marketing", "newsletter", "email opt in", "opt in", "consent")),
    Field("email_consent_at", "instant", ("opt in date", "consent date", "subscribed at", "newsletter since", "email consent date")),
    Field("sms_consent", "flag", ("accepts sms marketing", "sms opt in")),
    Field("sms_consent_at", "instant", ("sms consent date",)),
)  # fmt: skip


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(records, intake, customer_number=records.customer_number, email=records.email, phone=records.phone)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = _person(records, intake)
    given = [
        consents(person, intake, channel=channel, status=_status(records, channel), since=records[f"{channel}_consent_at"])
        for channel in ("email", "sms")
    ]
    as_received = (
        "customer_number", "email", "phone", "first_name", "last_name", "birth_on", "region", "city", "postal_code", "language", "tags",
        "created_at",
    )  # fmt: skip
    profile = {
        **{c: records[c] for c in as_received},
        "gender": gender(records.gender),
        "country": places.country(records.country),
        "traits": records.rest,
    }
    return {
        "consents": given[0].union(given[1]),
        **people.observed(person, intake, seen_at=records.created_at, updated_at=records.updated_at, profile=profile),
    }


def _status(records: ir.Table, channel: str) -> ir.StringValue:
    """A date alone says yes."""
    dated = ibis.ifelse(records[f"{channel}_consent_at"].notnull(), ibis.literal("granted"), ibis.null("string"))
    return ibis.coalesce(granted(records[f"{channel}_consent"]), dated)


def _layout(name: str, by: str) -> Layout:
    return Layout(
        name=name,
        fields=tuple(replace(f, needed=f.name == by) for f in _FIELDS),
        primary="profiles",
        key=lambda records, intake: people.profile_id(_person(records, intake), intake),
        facts=_facts,
        checks=(
            Check(
                by,
                lambda r: r.customer_number.isnull() & r.email.isnull() & r.phone.isnull(),
                "a customer number, an e-mail address or a phone number",
            ),
        ),
        rest=True,
        notes=(Note("{count:,} permissions have no date: they are known to exist, not since when.", "consents", lambda r: ~r.is_dated),),
    )


SOURCE = FileSource(
    "customers",
    "Customers, one row each, or the exports of Mailchimp and Klaviyo.",
    (
        mailchimp.LAYOUT,
        klaviyo.LAYOUT,
        _layout("customers, one row each", "customer_number"),
        _layout("customers by e-mail address", "email"),
        _layout("customers by phone number", "phone"),
    ),
)
