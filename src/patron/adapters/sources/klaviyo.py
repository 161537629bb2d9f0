"""List exports of Klaviyo: profiles with their consent to e-mail and SMS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources.customers_rows import consents
from patron.collect import people, places
from patron.ports.source import Field, FileSource, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("email", "email", needed=True),
    Field("klaviyo_id", "reference", ("Klaviyo ID", "Profile ID"), needed=True, filled=True),
    Field("phone", "phone", ("phone number",)),
    Field("first_name", "text"),
    Field("last_name", "text"),
    Field("city", "text"),
    Field("region", "text", ("State / Region",)),
    Field("country", "text"),
    Field("postal_code", "text", ("Zip Code",)),
    Field("language", "text", ("locale",)),
    Field("email_consent", "text", ("Email Marketing Consent",)),
    Field("email_consent_at", "instant", ("Email Marketing Consent Timestamp", "Email Marketing Consent Date")),
    Field("sms_consent", "text", ("SMS Marketing Consent", "SMS Consent")),
    Field("sms_consent_at", "instant", ("SMS Marketing Consent Timestamp", "SMS Consent Timestamp")),
    Field("created_at", "instant", ("Profile Created On",)),
    Field("changed_at", "instant", ("Last Updated", "Profile Updated On")),
)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = _person(records, intake)
    given = [
        consents(person, intake, channel=channel, status=_status(records[f"{channel}_consent"]), since=records[f"{channel}_consent_at"])
        for channel in ("email", "sms")
    ]
    profile = {
        **{c: records[c] for c in ("email", "phone", "first_name", "last_name", "city", "region", "postal_code", "language", "created_at")},
        "country": places.country(records.country),
        "traits": records.rest,
    }
    return {
        "consents": given[0].union(given[1]),
        **people.observed(person, intake, seen_at=records.created_at, updated_at=records.changed_at, kind="klaviyo", profile=profile),
    }


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(records, intake, email=records.email, phone=records.phone)


def _status(text: ir.StringValue) -> ir.StringValue:
    """Someone who never subscribed said nothing: that is no refusal, and no permission."""
    word = text.upper()
    return ibis.cases(
        (word.isin(("SUBSCRIBED", "TRUE", "YES")), ibis.literal("granted")),
        (word.isin(("UNSUBSCRIBED", "SUPPRESSED")), ibis.literal("withdrawn")),
        else_=ibis.null("string"),
    )


LAYOUT = Layout(
    name="Klaviyo list export",
    fields=_FIELDS,
    primary="profiles",
    key=lambda records, intake: people.profile_id(_person(records, intake), intake, kind="klaviyo"),
    facts=_facts,
    rest=True,
    notes=(
        Note("{count:,} permissions have no date: they are known to exist, not since when.", "consents", lambda r: ~r.is_dated),
        Note("{count:,} profiles have neither e-mail address nor phone number.", "records", lambda r: r.email.isnull() & r.phone.isnull()),
    ),
)
SOURCE = FileSource("klaviyo", "Profiles of a Klaviyo list, with their consent to e-mail and SMS.", (LAYOUT,))
